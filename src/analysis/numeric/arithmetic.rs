//! Sums, differences and products that their type may not hold, and divisors that may be zero.
//! Must not know where values came from.

use super::{Demand, Limit, Subject, integer_type};
use crate::analysis::frame::Frame;
use crate::analysis::integers::limits;
use crate::analysis::kinds;
use crate::analysis::state::State;
use crate::analysis::value::{Konst, ValueId};
use crate::base::Span;
use crate::ir::{BinOp, Operand, Rvalue, StmtKind, Ty, TyId};
use crate::rules::CheckKind;

/// An operand: as written, its value and type.
pub(in crate::analysis) type Side<'o> = (&'o Operand, ValueId, TyId);

impl Frame<'_> {
    /// The type in which an operation is done: Java's promotion is not in the IR.
    pub(in crate::analysis) fn operation_type(&self, a: TyId, b: TyId, dst: TyId) -> TyId {
        let number = |ty: TyId| match ty.get() {
            Ty::Char { bits } => Some((*bits, self.is_c())),
            _ => integer_type(ty),
        };
        let promoted = |(bits, signed): (u8, bool)| if bits < 32 { (32, true) } else { (bits, signed) };
        match (number(a).map(promoted), number(b).map(promoted)) {
            (Some(a), Some(b)) => {
                let (bits, signed) = if a.0 == b.0 { (a.0, a.1 && b.1) } else { a.max(b) };
                TyId::new(Ty::Int { bits, signed })
            }
            _ => dst,
        }
    }

    /// A binary operation on numbers, before its result is known.
    pub(in crate::analysis) fn check_arithmetic(
        &mut self,
        state: &State,
        op: BinOp,
        a: Side<'_>,
        b: Side<'_>,
        ty: TyId,
        span: Span,
    ) {
        match op {
            // Where something lies, and how far from something else, memory decides.
            BinOp::Add | BinOp::Sub if self.is_place(a) || self.is_place(b) => {}
            BinOp::Add | BinOp::Sub | BinOp::Mul if !self.is_typed(a) || !self.is_typed(b) => {}
            // The last round of `while (n--)`.
            BinOp::Sub if self.is_c() && self.is_tested_after(a.0) => {}
            BinOp::Add | BinOp::Sub | BinOp::Mul => {
                let hot = (self.is_hot(a.1) || self.is_least(op, a, ty), self.is_hot(b.1));
                if (hot.0 || hot.1) && self.int_type(ty).is_some() {
                    self.check_range(state, op, a, b, hot, ty, span);
                    if op == BinOp::Mul && self.is_c() {
                        self.check_signed_factor(state, a, ty, span);
                        self.check_signed_factor(state, b, ty, span);
                    }
                }
            }
            BinOp::Div | BinOp::Rem => self.check_divisor(state, b, ty, span),
            BinOp::Shl | BinOp::Shr => self.check_shift(state, a, b, span),
            _ => {}
        }
    }

    /// C: a pointer, or a number made of one.
    fn is_place(&self, (_, value, ty): Side<'_>) -> bool {
        self.is_c() && (matches!(ty.get(), Ty::Pointer(_) | Ty::Array(..)) || !self.values[value].objects.is_empty())
    }

    /// C: a number of a type in view: what else it is cannot overflow as far as we know.
    fn is_typed(&self, (_, value, ty): Side<'_>) -> bool {
        !self.is_c() || self.int_type(ty).is_some() || self.values[value].consts.is_some()
    }

    /// C: zero, of an unsigned type, that something is taken from.
    fn is_least(&self, op: BinOp, (operand, value, _): Side<'_>, ty: TyId) -> bool {
        op == BinOp::Sub
            && self.is_c()
            && matches!(ty.get(), Ty::Int { signed: false, .. })
            && self.values[value].only_int() == Some(0)
            && operand.local().is_some()
    }

    #[expect(clippy::too_many_arguments, reason = "one operation's facts, used here alone")]
    fn check_range(&mut self, state: &State, op: BinOp, a: Side<'_>, b: Side<'_>, hot: (bool, bool), ty: TyId, span: Span) {
        if op == BinOp::Mul && a.1 == b.1 {
            return self.check_square(state, a, ty, span);
        }
        // Where the left one was found not to be less, nothing goes below.
        if op == BinOp::Sub && self.is_c() && self.is_not_above(b.0, a.0) {
            return;
        }
        if hot.0 {
            self.check_operand(state, op, a, b.1, ty, span);
        }
        if hot.1 && (op != BinOp::Sub || matches!(ty.get(), Ty::Int { signed: false, .. })) {
            self.check_operand(state, if op == BinOp::Sub { BinOp::Rem } else { op }, b, a.1, ty, span);
        }
    }

    /// One operand's demands, given the other. `Rem` stands for the right side of a difference.
    fn check_operand(&mut self, state: &State, op: BinOp, side: Side<'_>, other: ValueId, ty: TyId, span: Span) {
        let Some((bits, signed)) = self.int_type(ty) else { return };
        let (min, max) = limits(bits, signed);
        let (c, d) = self.values[other].bounds().unwrap_or((min, max));
        // An end that nothing bounds says little: any check of the operand is as good as another.
        let nobody = |end: i64| super::is_type_end(end) && self.values[other].consts.is_none();
        let (open_low, open_high) = ((c <= min.saturating_add(1) || nobody(c)) && c < 0, d >= max - 1 || nobody(d) && d > 0);
        let unknown = self.values[other].consts.is_none() && open_high;
        let exact = self.values[other].consts.is_some();
        let (mut lo, mut hi) = (i64::MIN, i64::MAX);
        match op {
            BinOp::Add => {
                if unknown {
                    hi = max - 1;
                } else if d > 0 {
                    hi = max - d;
                }
                if c < 0 && !open_low {
                    lo = min.saturating_sub(c);
                }
            }
            BinOp::Sub => {
                if unknown {
                    lo = min.saturating_add(1);
                } else if d > 0 {
                    lo = min.saturating_add(d);
                }
                if c < 0 && !open_low {
                    hi = max.saturating_add(c);
                }
            }
            BinOp::Rem => hi = if unknown { max - 1 } else { c.max(0) },
            _ if unknown => {
                hi = max - 1;
            }
            _ => {
                let factor = d.max(c.saturating_neg());
                if factor > 1 {
                    hi = max / factor;
                    if signed {
                        lo = min / factor;
                    }
                }
            }
        }
        // Below the end of an unsigned type is a matter of its own.
        let over = (hi < i64::MAX).then_some((CheckKind::IntegerOverflow, Limit::Between(i64::MIN, hi)));
        let under = (lo > i64::MIN).then_some((CheckKind::IntegerUnderflow, Limit::Between(lo, i64::MAX)));
        let over = if op == BinOp::Rem { over.map(|(_, limit)| (CheckKind::IntegerUnderflow, limit)) } else { over };
        for (check, limit) in over.into_iter().chain(under) {
            self.demand_number(state, (check, limit, exact), side, ty, span);
        }
    }

    /// A signed number that was converted for an unsigned product, as `n * sizeof(T)`: below zero it is huge, and the
    /// product wraps.
    fn check_signed_factor(&mut self, state: &State, side: Side<'_>, ty: TyId, span: Span) {
        let Some(from) = side.0.local().and_then(|local| super::conversion::converted_from(self.body, local)) else { return };
        let own = self.operand_type(from);
        if let (Some((_, true)), Some((_, false))) = (self.int_type(own), self.int_type(ty)) {
            let value = self.operand(state, from, span);
            let limit = Limit::Between(0, i64::MAX);
            self.demand_number(state, (CheckKind::IntegerOverflow, limit, true), (from, value, own), ty, span);
        }
    }

    fn check_square(&mut self, state: &State, side: Side<'_>, ty: TyId, span: Span) {
        let Some((bits, signed)) = self.int_type(ty) else { return };
        let (_, max) = limits(bits, signed);
        let root = max.isqrt();
        self.demand_number(state, (CheckKind::IntegerOverflow, Limit::Between(-root, root), true), side, ty, span);
    }

    /// A demand on a variable, or, for numbers from outside, on any operand.
    pub(super) fn demand_number(
        &mut self,
        state: &State,
        (check, limit, constants): (CheckKind, Limit, bool),
        side: Side<'_>,
        ty: TyId,
        span: Span,
    ) {
        let (operand, value, _) = side;
        if self.values[value].consts.is_none() || self.is_variable(operand) {
            self.demand_of_all(state, (check, limit, constants), side, ty, span);
        }
    }

    /// The same, of constants too that no variable holds.
    fn demand_of_all(
        &mut self,
        state: &State,
        (check, limit, constants): (CheckKind, Limit, bool),
        side: Side<'_>,
        ty: TyId,
        span: Span,
    ) {
        let (operand, value, own) = side;
        let held = if matches!(own.get(), Ty::Float { .. }) { None } else { self.int_type(own).or(self.int_type(ty)) };
        let within = held.map_or((i64::MIN, i64::MAX), |(bits, signed)| limits(bits, signed));
        let (subject, name) = (Subject::Check(check), self.name_of(operand));
        let demand = Demand { subject, limit, within, cleared: 0, name, ty, constants };
        self.demand(state, value, demand, span);
    }

    fn check_divisor(&mut self, state: &State, side: Side<'_>, ty: TyId, span: Span) {
        let (operand, value, own) = side;
        if self.is_c() && self.values[value].consts.is_some() && self.adds_up(operand) {
            return;
        }
        // One that is written out is a mistake in C alone: Java's compilers and readers take it for a test of exceptions.
        if let Operand::Const(constant) = operand {
            if self.is_c() && constant.is_zero() && self.is_sure(state) {
                self.demand_of_all(state, (CheckKind::DivisionByZero, Limit::NotZero, true), side, ty, span);
            }
            return;
        }
        let is_float = matches!(own.get(), Ty::Float { .. }) || matches!(ty.get(), Ty::Float { .. });
        if !self.may_be_decided(value) {
            return;
        }
        let known = &self.values[value];
        if is_float {
            // Only a divisor that is a real number itself: an integer's zero shows in its own type.
            // Found to be zero before: the sign of it may be asked for.
            if known.only_constant().is_some_and(|constant| !matches!(constant, Konst::Float(_)) || known.input.is_some()) {
                return;
            }
        } else if self.int_type(own).or(self.int_type(ty)).is_none() {
            return;
        }
        // What is read from memory or given by a call is as good as a variable; what adds up on the spot is not.
        if self.is_c() && self.values[value].consts.is_some() && self.is_computed_here(operand) {
            return;
        }
        self.demand_of_all(state, (CheckKind::DivisionByZero, Limit::NotZero, true), side, ty, span);
    }

    /// Whether an operand is a sum or the like of constants alone: what a macro makes of a build's settings.
    fn is_computed_here(&self, operand: &Operand) -> bool {
        operand.local().is_some_and(|local| {
            self.body.stmts.iter().any(|stmt| match &stmt.kind {
                StmtKind::Assign(dst, Rvalue::Binary(_, a, b)) if *dst == local => {
                    ![a, b].into_iter().any(|side| self.is_of_variables(side, 4))
                }
                StmtKind::Assign(dst, Rvalue::SizeOf(_)) => *dst == local,
                _ => false,
            })
        })
    }

    /// Whether some variable has a part in an operand.
    fn is_of_variables(&self, operand: &Operand, depth: u8) -> bool {
        self.is_variable(operand)
            || depth > 0
                && operand.local().is_some_and(|local| {
                    self.body.stmts.iter().any(|stmt| match &stmt.kind {
                        StmtKind::Assign(dst, Rvalue::Binary(_, a, b)) if *dst == local => {
                            [a, b].into_iter().any(|side| self.is_of_variables(side, depth - 1))
                        }
                        _ => false,
                    })
                })
    }

    /// A number compared with a constant that parts it from zero is not zero.
    pub(in crate::analysis) fn is_positive_constant(&self, value: ValueId, or_equal: bool) -> bool {
        match self.values[value].only_constant() {
            Some(Konst::Float(bits)) => {
                let number = f64::from_bits(bits);
                number > 0.0 || number == 0.0 && !or_equal
            }
            Some(constant) => constant.as_int().is_some_and(|int| int > 0 || int == 0 && !or_equal),
            None => false,
        }
    }

    /// The bit of a real number's zero, for conditions.
    pub(in crate::analysis) fn is_zero(constant: Konst) -> bool {
        match constant {
            Konst::Float(bits) => f64::from_bits(bits) == 0.0,
            other => other.as_int() == Some(0),
        }
    }

    /// A value is known not to be zero.
    pub(in crate::analysis) fn clear_zero(&mut self, state: &mut State, value: ValueId) {
        if !self.values[value].marks.is_empty() {
            self.clear(state, value, kinds::NOT_ZERO);
        }
    }
}
