//! Whether values are equal or one is below the other, and which ends of computed ranges are taken.
//! Must not know statements.

use super::frame::{Frame, ObjectKind};
use super::integers::limits;
use super::value::{Ends, Konst, Null, ObjId, Predicate, Value, ValueId};
use crate::ir::{BinOp, Ty, TyId};

impl Frame<'_> {
    /// A sum that would leave its signed type comes to nothing that the language knows: what it is, it is within the type.
    /// Told only where one of the operands is known better than by its type.
    pub(super) fn within_type(&self, op: BinOp, a: ValueId, b: ValueId, bits: u8) -> Option<(i64, i64)> {
        let ((a, b), (c, d)) = (self.values[a].bounds()?, self.values[b].bounds()?);
        let (min, max) = limits(bits, true);
        let open = |low: i64, high: i64| low <= min && high >= max;
        let (low, high) = match op {
            BinOp::Add => (a.saturating_add(c), b.saturating_add(d)),
            BinOp::Sub => (a.saturating_sub(d), b.saturating_sub(c)),
            _ => return None,
        };
        let kept = (low.max(min), high.min(max));
        (!open(a, b) && !open(c, d) && kept.0 <= kept.1).then_some(kept)
    }

    /// `==` and `!=` of operands of these types.
    pub(super) fn equates(&mut self, (a, a_ty): (ValueId, TyId), (b, b_ty): (ValueId, TyId), negate: bool) -> ValueId {
        let points =
            |ty: TyId| matches!(ty.get(), Ty::Named { .. }) && matches!(self.ctx.program.c_type(ty).get(), Ty::Pointer(_));
        let zero = |value: ValueId| self.values[value].only_int() == Some(0);
        // A pointer by another name is asked whether it is null.
        if self.is_c() && (zero(b) && points(a_ty) || zero(a) && points(b_ty)) {
            let pointer = if zero(b) { a } else { b };
            let null = self.value(Value { null: Null::QUIET, ..Value::default() });
            return self.equality(pointer, null, negate);
        }
        self.equality(a, b, negate)
    }

    pub(super) fn equality(&mut self, a: ValueId, b: ValueId, negate: bool) -> ValueId {
        let truth = self.equal(a, b);
        if let Some(truth) = truth {
            return self.bool(truth != negate);
        }
        let (x, y) = (&self.values[a], &self.values[b]);
        let predicate = match (x.null, y.null, x.only_constant(), y.only_constant()) {
            (_, Null::Yes(_), ..) => Predicate::IsNull(a),
            (Null::Yes(_), ..) => Predicate::IsNull(b),
            (_, _, _, Some(constant)) => Predicate::Is(a, constant),
            (_, _, Some(constant), _) => Predicate::Is(b, constant),
            _ => Predicate::Same(a, b),
        };
        let predicate = if negate { Predicate::Not(Box::new(predicate)) } else { predicate };
        self.value(Value { predicate: Some(Box::new(predicate)), null: Null::No, ..Value::default() })
    }

    /// Whether two values are equal, where that is certain.
    pub(super) fn equal(&self, a: ValueId, b: ValueId) -> Option<bool> {
        let (x, y) = (&self.values[a], &self.values[b]);
        if self.is_c() {
            // Of a pointer whose type is not known where it is compared: `if (text)` asks whether it is 0.
            let zero = |value: &Value| value.only_int() == Some(0);
            let null = |value: &Value| matches!(value.null, Null::Yes(_));
            if null(x) && zero(y) || zero(x) && null(y) {
                return Some(true);
            }
            // Copies of one pointer to one object.
            let own = |object: &ObjId| matches!(self.objects[*object].kind, ObjectKind::Storage(_) | ObjectKind::Allocated(_));
            if a == b && matches!(x.objects.as_slice(), [object] if own(object)) {
                return Some(true);
            }
        }
        match (x.null, y.null) {
            (Null::Yes(_), Null::Yes(_)) => return Some(true),
            (Null::Yes(_), Null::No) | (Null::No, Null::Yes(_)) => return Some(false),
            _ => {}
        }
        if self.is_c() && self.surely_apart(x, y) {
            return Some(false);
        }
        if self.is_c()
            && let Some(same) = self.same_address(x, y)
        {
            return Some(same);
        }
        if let (Some(p), Some(q)) = (x.only_constant(), y.only_constant()) {
            return match (p.as_int(), q.as_int()) {
                (Some(p), Some(q)) => Some(p == q),
                _ if matches!((p, q), (Konst::Float(_), _) | (_, Konst::Float(_))) => Some(p.as_real()? == q.as_real()?),
                _ => Some(p == q),
            };
        }
        if let (Some(p), Some(q)) = (&x.consts, &y.consts)
            && matches!((x.null, y.null), (Null::No, Null::No))
            && !p.iter().any(|p| q.iter().any(|q| p == q || p.as_int().is_some() && p.as_int() == q.as_int()))
        {
            return Some(false);
        }
        if x.not.is_some() && x.not == y.only_int() || y.not.is_some() && y.not == x.only_int() {
            return Some(false);
        }
        if let (Some((a, b)), Some((c, d))) = (x.bounds(), y.bounds())
            && (b < c || d < a)
        {
            return Some(false);
        }
        None
    }

    pub(super) fn comparison(&mut self, op: BinOp, a: ValueId, b: ValueId, real: bool) -> ValueId {
        if let (Some((a_lo, a_hi)), Some((b_lo, b_hi))) = (self.values[a].bounds(), self.values[b].bounds()) {
            let truth = match op {
                BinOp::Lt if a_hi < b_lo => Some(true),
                BinOp::Lt if a_lo >= b_hi => Some(false),
                BinOp::Le if a_hi <= b_lo => Some(true),
                BinOp::Le if a_lo > b_hi => Some(false),
                BinOp::Gt if a_lo > b_hi => Some(true),
                BinOp::Gt if a_hi <= b_lo => Some(false),
                BinOp::Ge if a_lo >= b_hi => Some(true),
                BinOp::Ge if a_hi < b_lo => Some(false),
                _ => None,
            };
            if let Some(truth) = truth {
                return self.bool(truth);
            }
        }
        if let (Some(p), Some(q)) = (self.values[a].only_constant(), self.values[b].only_constant())
            && let (Some(p), Some(q)) = (p.as_real(), q.as_real())
        {
            return self.bool(match op {
                BinOp::Lt => p < q,
                BinOp::Le => p <= q,
                BinOp::Gt => p > q,
                _ => p >= q,
            });
        }
        let (low, high, or_equal) = match op {
            BinOp::Lt => (a, b, false),
            BinOp::Le => (a, b, true),
            BinOp::Gt => (b, a, false),
            _ => (b, a, true),
        };
        let predicate = if real { Predicate::LessReal(low, high, or_equal) } else { Predicate::Less(low, high, or_equal) };
        self.value(Value { predicate: Some(Box::new(predicate)), null: Null::No, ..Value::default() })
    }
}

/// Whether the ends of a computed range are taken: where those that it comes from are.
pub(super) fn ends_of(op: BinOp, x: &Value, y: &Value, result: &Value) -> Ends {
    let (a, b) = (x.reached(), y.reached());
    let guarded = (a | b) & (Ends::GUARDED | Ends::UNSET);
    if result.range.is_none() {
        return guarded;
    }
    let both = |own: Ends, other: Ends, gives: Ends| if a.contains(own) && b.contains(other) { gives } else { Ends::empty() };
    guarded
        | match op {
            BinOp::Add | BinOp::Mul | BinOp::Shl => {
                both(Ends::LOW, Ends::LOW, Ends::LOW) | both(Ends::HIGH, Ends::HIGH, Ends::HIGH)
            }
            BinOp::Sub => both(Ends::LOW, Ends::HIGH, Ends::LOW) | both(Ends::HIGH, Ends::LOW, Ends::HIGH),
            // Halved, an odd end is taken only if the number may be odd.
            BinOp::Div | BinOp::Shr => {
                let by = y
                    .only_int()
                    .and_then(|by| if op == BinOp::Shr { 1i64.checked_shl(u32::try_from(by).ok()?) } else { Some(by) });
                let whole = |end: i64| by.is_none_or(|by| end.checked_rem(by) == Some(0));
                let (low, high) = x.bounds().map_or((false, false), |(low, high)| (whole(low), whole(high)));
                let mut kept = both(Ends::LOW, Ends::HIGH, Ends::LOW) | both(Ends::HIGH, Ends::LOW, Ends::HIGH);
                kept.set(Ends::LOW, kept.contains(Ends::LOW) && low);
                kept.set(Ends::HIGH, kept.contains(Ends::HIGH) && high);
                kept
            }
            _ => Ends::empty(),
        }
}

/// The bounds of what a number is compared with from below; a real number stands for the next integer.
pub(super) fn above(value: &Value, gap: i64, real: bool) -> Option<(i64, i64)> {
    value.bounds().or_else(|| whole(value, if gap == 0 && !real { f64::floor } else { f64::ceil }))
}

/// The same from above.
pub(super) fn below(value: &Value, gap: i64, real: bool) -> Option<(i64, i64)> {
    value.bounds().or_else(|| whole(value, if gap == 0 && !real { f64::ceil } else { f64::floor }))
}

#[expect(clippy::cast_possible_truncation, reason = "saturates at the ends of the type")]
fn whole(value: &Value, round: fn(f64) -> f64) -> Option<(i64, i64)> {
    match value.only_constant() {
        Some(Konst::Float(bits)) => {
            let number = round(f64::from_bits(bits)) as i64;
            Some((number, number))
        }
        _ => None,
    }
}
