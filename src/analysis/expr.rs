//! What assignments compute: operators, conversions, allocations. Must not know calls.

use smallvec::SmallVec;

use super::compare::ends_of;
use super::frame::{Frame, ObjectKind};
use super::integers::{fold, limits, range_of, wrap};
use super::kinds;
use super::merge::Widen;
use super::state::{Cell, State};
use super::value::{Ends, Konst, MAX_CONSTS, Mark, Null, Predicate, Value, ValueId};
use crate::base::Span;
use crate::ir::{BinOp, LocalId, Operand, Rvalue, Ty, TyId, UnOp};
use crate::rules::SourceKinds;

/// Elements of an array written out in the source that have a cell each.
const MAX_INDEXED: usize = 64;
/// Longer known beginnings of strings are cut.
const MAX_PREFIX: usize = 512;

impl Frame<'_> {
    pub(super) fn rvalue(&mut self, state: &mut State, dst: LocalId, rvalue: &Rvalue, span: Span) -> ValueId {
        match rvalue {
            Rvalue::Use(operand) => self.operand(state, operand, span),
            Rvalue::Load(place) => {
                let ty = self.local_type(dst);
                self.load(state, *place, ty, span)
            }
            Rvalue::AddrOf(place) => self.c_address(state, *place, span),
            Rvalue::Unary(op, operand) => {
                let value = self.operand(state, operand, span);
                let ty = self.operand_type(operand);
                if *op != UnOp::BitNot || !self.is_c() {
                    return self.unary(*op, value, ty);
                }
                // The same number inverted again is the same: what is asked of its bits is asked again.
                if let Some(&known) = self.memory.inverted.get(&value) {
                    return known;
                }
                let inverted = self.unary(*op, value, ty);
                self.memory.inverted.insert(value, inverted);
                inverted
            }
            Rvalue::Binary(op, a, b) => {
                let (a_ty, b_ty) = (self.operand_type(a), self.operand_type(b));
                let (left, right) = (self.operand(state, a, span), self.operand(state, b, span));
                let ty = self.operation_type(a_ty, b_ty, self.local_type(dst));
                match op {
                    BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge | BinOp::Eq | BinOp::Ne => {
                        self.bound_by_type(left, a_ty);
                        self.bound_by_type(right, b_ty);
                    }
                    _ => self.check_arithmetic(state, *op, (a, left, a_ty), (b, right, b_ty), ty, span),
                }
                let result = self.binary(state, *op, (left, a_ty), (right, b_ty), ty);
                self.recall(state, dst, (left, right), result)
            }
            Rvalue::Cast(ty, operand) => {
                let value = self.operand(state, operand, span);
                let from = self.operand_type(operand);
                self.check_conversion(state, (operand, value, from), *ty, span);
                self.cast(value, from, *ty)
            }
            Rvalue::InstanceOf(operand, ty) => {
                let value = self.operand(state, operand, span);
                if matches!(self.values[value].null, Null::Yes(_)) {
                    return self.bool(false);
                }
                match ty.name() {
                    Some(class) => self.value(Value {
                        predicate: Some(Box::new(Predicate::Class(value, class))),
                        null: Null::No,
                        ..Value::default()
                    }),
                    None => self.unknown(),
                }
            }
            Rvalue::NewArray(ty, dims) => {
                let object = self.allocation(span, 0, ty.name());
                state.drop_cells(object, |_| true);
                if let Some(first) = dims.first() {
                    let size = self.operand(state, first, span);
                    self.sink_value(state, size, "alloc-size", "new[]", span);
                    state.set_cell(object, Cell::Size, size);
                }
                self.reference(object)
            }
            Rvalue::ArrayLit(_, elements) => {
                let object = self.allocation(span, 0, None);
                state.drop_cells(object, |_| true);
                for (index, element) in elements.iter().enumerate() {
                    let value = self.operand(state, element, span);
                    if index >= MAX_INDEXED {
                        // A table: its entries are not told apart.
                        let joined = match state.cell(object, Cell::Elements) {
                            Some(before) => self.join_values(before, value, Widen::Ends),
                            None => value,
                        };
                        state.set_cell(object, Cell::Elements, joined);
                        continue;
                    }
                    state.set_cell(object, Cell::Index(i64::try_from(index).unwrap_or(i64::MAX)), value);
                }
                let size = self.int(i64::try_from(elements.len()).unwrap_or(i64::MAX));
                state.set_cell(object, Cell::Size, size);
                self.reference(object)
            }
            Rvalue::Lambda(func, captures) => {
                let captured = captures.iter().map(|local| self.read_local(state, *local)).collect();
                let (unit, _) = self.ctx.program.functions[self.id];
                let id = self.ctx.program.func_id(unit, *func);
                let object = self.new_object(ObjectKind::Lambda(id, captured), None);
                self.reference(object)
            }
            Rvalue::MethodRef { receiver, .. } => {
                if let Some(receiver) = receiver {
                    self.operand(state, receiver, span);
                }
                self.non_null()
            }
            Rvalue::SizeOf(ty) => match self.c_size(*ty) {
                Some(size) => self.int(size),
                None => self.value(Value { range: Some((1, i64::MAX)), ..Value::default() }),
            },
            Rvalue::Opaque => self.unknown(),
        }
    }

    pub(super) fn operand_type(&self, operand: &Operand) -> TyId {
        match operand {
            Operand::Local(local) => self.local_type(*local),
            Operand::Const(crate::ir::Const::Int(_, ty)) => *ty,
            Operand::Const(crate::ir::Const::Str(_)) if !self.is_c() => TyId::STRING,
            Operand::Const(_) => TyId::UNKNOWN,
        }
    }

    fn unary(&mut self, op: UnOp, value: ValueId, ty: TyId) -> ValueId {
        let known = self.values[value].clone();
        match op {
            UnOp::Not => match known.only_constant() {
                Some(Konst::Bool(truth)) => self.bool(!truth),
                Some(Konst::Int(number)) => self.int(i64::from(number == 0)),
                _ => {
                    let predicate = match known.predicate.map(|predicate| *predicate) {
                        Some(Predicate::Not(inner)) => *inner,
                        Some(other) => Predicate::Not(Box::new(other)),
                        None => Predicate::Is(value, Konst::Bool(false)),
                    };
                    self.value(Value { predicate: Some(Box::new(predicate)), null: Null::No, ..Value::default() })
                }
            },
            UnOp::Neg | UnOp::BitNot => {
                // Below the end of an unsigned type it goes on from the other.
                if let Ty::Int { bits: bits @ 32.., signed: false } = ty.get() {
                    let number =
                        known.only_int().map(|number| if op == UnOp::Neg { -i128::from(number) } else { !i128::from(number) });
                    if let Some(number) = number {
                        return self.int(wrap(number, *bits, false));
                    }
                    let range = (*bits < 64).then(|| limits(*bits, false));
                    let mut result = Value { range, marks: known.marks, null: Null::No, ..Value::default() };
                    self.computed(&mut result);
                    return self.value(result);
                }
                let number = known.only_int();
                match (op, number) {
                    (UnOp::Neg, Some(number)) => self.int(number.wrapping_neg()),
                    (UnOp::BitNot, Some(number)) => self.int(!number),
                    _ => {
                        let range = match (op, known.bounds()) {
                            (UnOp::Neg, Some((lo, hi))) => Some((hi.saturating_neg(), lo.saturating_neg())),
                            _ => None,
                        };
                        let mut result = Value { range, marks: known.marks, null: Null::No, ..Value::default() };
                        if op == UnOp::BitNot {
                            self.computed(&mut result);
                        }
                        self.value(result)
                    }
                }
            }
        }
    }

    fn binary(&mut self, state: &mut State, op: BinOp, a: (ValueId, TyId), b: (ValueId, TyId), ty: TyId) -> ValueId {
        let ((a, a_ty), (b, b_ty)) = (a, b);
        let is_string = |ty: TyId| ty == TyId::STRING;
        match op {
            BinOp::Concat => self.concat(state, a, b),
            BinOp::Add if is_string(a_ty) || is_string(b_ty) || is_string(ty) => self.concat(state, a, b),
            BinOp::Eq | BinOp::Ne => self.equates((a, a_ty), (b, b_ty), op == BinOp::Ne),
            BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => {
                let is_real =
                    |value: ValueId, ty: TyId| matches!(ty.get(), Ty::Float { .. }) && self.values[value].consts.is_none();
                let real = is_real(a, a_ty) || is_real(b, b_ty);
                self.comparison(op, a, b, real)
            }
            BinOp::And if self.is_c() => {
                let bits = self.arithmetic(op, a, b, ty);
                self.note_bits(bits, a, b);
                bits
            }
            BinOp::Add if self.is_c() => {
                let sum = self.arithmetic(op, a, b, ty);
                self.note_sum(sum, a, b);
                sum
            }
            _ => self.arithmetic(op, a, b, ty),
        }
    }

    /// String concatenation: constants fold, taint of both sides stays; data on the left stands at the start.
    pub(super) fn concat(&mut self, state: &State, a: ValueId, b: ValueId) -> ValueId {
        let texts = |value: &Value| -> Option<SmallVec<[String; 2]>> {
            match value.null {
                Null::Yes(_) => Some(SmallVec::from_iter(["null".to_owned()])),
                _ => value.consts.as_ref()?.iter().map(|constant| constant.text()).collect(),
            }
        };
        let (left, right) = (texts(&self.values[a]), texts(&self.values[b]));
        if let (Some(left), Some(right)) = (&left, &right)
            && left.len() * right.len() <= MAX_CONSTS
        {
            let all: Vec<String> = left.iter().flat_map(|l| right.iter().map(move |r| format!("{l}{r}"))).collect();
            return self.strings(&all);
        }
        let empty_left = left.as_ref().is_some_and(|left| left.iter().all(String::is_empty));
        let prefix = match left.as_deref() {
            // All of the left is known: the right's beginning goes on from there.
            Some([only]) if !only.is_empty() => {
                let more = self.values[b].prefix.map_or("", crate::base::Symbol::as_str);
                Some(if more.is_empty() || only.len() + more.len() > MAX_PREFIX {
                    crate::base::Symbol::new(only)
                } else {
                    crate::base::Symbol::new(&format!("{only}{more}"))
                })
            }
            Some([_]) => self.values[b].prefix,
            _ => self.values[a].prefix,
        };
        let mut result = Value { null: Null::No, prefix, ..Value::default() };
        for mark in self.text_marks(state, a) {
            result.add_mark(mark);
        }
        for mark in self.text_marks(state, b) {
            result.add_mark(Mark { at_start: mark.at_start && empty_left, ..mark });
        }
        self.value(result)
    }

    /// The marks that a value's text carries: its own, and a builder's contents.
    pub(super) fn text_marks(&mut self, state: &State, value: ValueId) -> SmallVec<[Mark; 4]> {
        if self.values[value].objects.is_empty() {
            return self.values[value].marks.iter().copied().collect();
        }
        self.deep_marks(state, value)
    }

    fn arithmetic(&mut self, op: BinOp, a: ValueId, b: ValueId, ty: TyId) -> ValueId {
        let (x, y) = (&self.values[a], &self.values[b]);
        if let (Some(Konst::Bool(p)), Some(Konst::Bool(q))) = (x.only_constant(), y.only_constant()) {
            let truth = match op {
                BinOp::And => Some(p & q),
                BinOp::Or => Some(p | q),
                BinOp::Xor => Some(p ^ q),
                _ => None,
            };
            if let Some(truth) = truth {
                return self.bool(truth);
            }
        }
        let (bits, signed) = match ty.get() {
            Ty::Int { bits, signed } => (*bits, *signed),
            Ty::Char { bits } => (*bits, false),
            _ => (32, true),
        };
        // A constant of the library, whose type is not in view: `LLONG_MAX / 1000`.
        let wide = |side: &Value| side.only_int().is_some_and(|int| !(i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&int));
        let (bits, signed) = if bits < 64 && self.is_c() && (wide(x) || wide(y)) { (64, true) } else { (bits, signed) };
        if let (Some(p), Some(q)) = (&x.consts, &y.consts)
            && p.len() * q.len() <= MAX_CONSTS
        {
            let all: Option<SmallVec<[i64; 4]>> =
                p.iter().flat_map(|p| q.iter().map(|q| fold(op, p.as_int()?, q.as_int()?, bits, signed))).collect();
            if let Some(all) = all {
                let ends = (x.ends | y.ends) & Ends::GUARDED;
                if let ([only], true) = (all.as_slice(), ends.is_empty()) {
                    return self.int(*only);
                }
                let consts = all.into_iter().map(Konst::Int).collect();
                return self.value(Value { consts: Some(consts), null: Null::No, ends, ..Value::default() });
            }
        }
        let range = match (x.bounds(), y.bounds()) {
            (Some(p), Some(q)) => range_of(op, p, q, bits, signed),
            (None, Some((lo, hi))) if op == BinOp::And && lo >= 0 => Some((0, hi)),
            (Some((lo, hi)), None) if op == BinOp::And && lo >= 0 => Some((0, hi)),
            (None, Some((lo, hi))) if op == BinOp::Rem && lo > 0 => Some((-(hi - 1), hi - 1)),
            _ => None,
        };
        let mut result = Value { range, null: Null::No, ..Value::default() };
        // Moved by a constant within its type, it is as much the outside's number as before.
        let moved = result.range.is_some()
            && matches!(op, BinOp::Add | BinOp::Sub | BinOp::Mul)
            && (x.consts.is_some() || y.consts.is_some());
        let marks: SmallVec<[Mark; 4]> = x.marks.iter().chain(&y.marks).copied().collect();
        if self.is_c() {
            result.ends = ends_of(op, x, y, &result);
            // Pointer arithmetic stays in the object.
            if matches!(op, BinOp::Add | BinOp::Sub) && matches!(ty.get(), Ty::Pointer(_)) {
                let (pointer, by) = if x.objects.is_empty() { (b, a) } else { (a, b) };
                result.objects = self.values[pointer].objects.clone();
                (result.offset, result.ends) = self.pointer_moved(pointer, by, ty, op == BinOp::Sub);
            }
        }
        for mark in marks {
            result.add_mark(mark);
        }
        // Bits of random numbers put together are a random number.
        let mixed = matches!(op, BinOp::Xor | BinOp::Or | BinOp::Shl)
            && result.marks.iter().all(|mark| (SourceKinds::RANDOM | SourceKinds::ARBITRARY).contains(mark.kinds));
        if mixed {
            result.marks.iter_mut().for_each(|mark| mark.cleared |= kinds::MIXED);
        }
        let scaled = !moved && self.is_c() && self.scale(op, a, b, &mut result);
        if !moved && !mixed && !scaled {
            self.computed_by(op, &mut result);
        }
        if result.range.is_none() && self.is_c() && signed && bits >= 32 {
            result.range = self.within_type(op, a, b, bits);
        }
        let result = self.value(result);
        if self.is_c() && matches!(op, BinOp::Add | BinOp::Sub) {
            if matches!(ty.get(), Ty::Pointer(_)) {
                self.note_moved((a, b), ty, op == BinOp::Sub, result);
            } else {
                self.note_link((a, b), op == BinOp::Sub, result);
            }
        }
        if self.is_c() && matches!(op, BinOp::Div | BinOp::Shr) && self.values[a].consts.is_none() {
            self.link_part(a, result);
        }
        if !self.memory.lengths.is_empty() {
            self.note_length(op, a, b, result);
        }
        result
    }

    pub(super) fn cast(&mut self, value: ValueId, from: TyId, ty: TyId) -> ValueId {
        self.bound_by_type(value, from);
        let known = &self.values[value];
        let (bits, signed) = match ty.get() {
            Ty::Int { bits, signed } => (*bits, *signed),
            Ty::Char { bits } => (*bits, !self.is_java_char(*bits)),
            Ty::Bool => return value,
            Ty::Float { .. } => {
                if let Some(number) = known.only_int() {
                    #[expect(clippy::cast_precision_loss, reason = "as the language converts")]
                    return self.constant(Konst::Float((number as f64).to_bits()));
                }
                // A real number stays what it is: `fabs(x) > 0.0001` is said of `x`, whatever its width.
                if matches!(known.only_constant(), Some(Konst::Float(_))) || matches!(from.get(), Ty::Float { .. }) {
                    return value;
                }
                let marks = known.marks.clone();
                return self.value(Value { marks, null: Null::No, ..Value::default() });
            }
            // A checked reference cast gives the same reference.
            _ => return value,
        };
        // The truth of a condition is 0 or 1 in any type.
        if known.predicate.as_deref().is_some_and(|predicate| !matches!(predicate, Predicate::Magnitude(_))) {
            return value;
        }
        if let Some(Konst::Float(number)) = known.only_constant() {
            let (min, max) = limits(bits, signed);
            #[expect(clippy::cast_possible_truncation, reason = "saturates, as Java does")]
            return self.int((f64::from_bits(number) as i64).clamp(min, max));
        }
        if let Some(number) = known.only_int() {
            let wrapped = wrap(i128::from(number), bits, signed);
            return match known.only_constant() {
                Some(Konst::Char(unit)) if i64::from(unit) == wrapped && matches!(ty.get(), Ty::Char { .. }) => value,
                Some(_) if matches!(ty.get(), Ty::Char { bits: 16 }) => {
                    self.constant(Konst::Char(u32::try_from(wrapped).unwrap_or_default()))
                }
                _ => self.int(wrapped),
            };
        }
        let (min, max) = limits(bits, signed);
        // Where something lies is not the number that came from outside.
        let made = if matches!(from.get(), Ty::Pointer(_) | Ty::Array(..)) { kinds::COMPUTED } else { 0 };
        // Half of the widest unsigned type is negative.
        let halved = signed && bits == 64 && matches!(from.get(), Ty::Int { bits: 64, signed: false });
        match known.bounds() {
            Some((lo, hi)) if lo >= min && hi <= max && !(halved && hi == i64::MAX) => value,
            _ => {
                let marks: super::marks::Marks =
                    known.marks.iter().map(|mark| Mark { cleared: mark.cleared | kinds::NUMBER | made, ..*mark }).collect();
                let (range, ends) = ((bits < 64).then_some((min, max)), known.ends & Ends::GUARDED);
                self.value(Value { marks, null: Null::No, range, ends, ..Value::default() })
            }
        }
    }

    fn is_java_char(&self, bits: u8) -> bool {
        bits == 16
    }
}
