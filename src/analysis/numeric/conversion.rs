//! Conversions to an integer type that may not hold the number. Must not know where values came from.

use super::arithmetic::Side;
use super::{Limit, integer_type};
use crate::analysis::frame::Frame;
use crate::analysis::integers::limits;
use crate::analysis::state::State;
use crate::analysis::value::ValueId;
use crate::base::Span;
use crate::ir::{BinOp, Body, LocalId, LocalKind, Operand, Rvalue, StmtKind, Ty, TyId};
use crate::rules::CheckKind;

impl<'a> Frame<'a> {
    /// A conversion of a number to a type.
    pub(in crate::analysis) fn check_conversion(&mut self, state: &State, side: Side<'_>, to: TyId, span: Span) {
        let (operand, value, own) = side;
        if matches!(own.get(), Ty::Float { .. }) {
            return self.check_real_conversion(state, side, to, span);
        }
        let (Some((from_bits, from_signed)), Some((bits, signed))) = (self.int_type(own), self.int_type(to)) else { return };
        // A sum or product of the narrow type is not cut off but overflows: `(byte) (b + 1)`.
        if bits < from_bits
            && let Some((op, a, b)) = operand.local().and_then(|local| self.sum_of(local, bits))
        {
            let sides = [a, b].map(|operand| (self.operand(state, operand, span), self.operand_type(operand)));
            let [(left, left_ty), (right, right_ty)] = sides;
            if self.may_be_decided(left) || self.may_be_decided(right) {
                self.check_arithmetic(state, op, (a, left, left_ty), (b, right, right_ty), to, span);
            }
            return;
        }
        if !self.may_be_decided(value) {
            return;
        }
        let known = &self.values[value];
        let (min, max) = limits(bits, signed);
        let (lo, hi) = known.bounds().unwrap_or(limits(from_bits, from_signed));
        if lo >= min && hi <= max {
            return;
        }
        if bits >= from_bits {
            if self.is_c() && bits == from_bits && !from_signed && signed {
                let limit = Limit::Between(min, max);
                self.demand_number(state, (CheckKind::UnsignedToSigned, limit, true), side, to, span);
            }
            return;
        }
        // The bits of an unsigned number are often kept in a signed type: `(byte) 0xff`. Where the number is in view, the
        // constant decides; elsewhere only what no such reading explains counts.
        let constant = known.marks.is_empty();
        let most = if constant || !signed { max } else { limits(bits, false).1 };
        // And those of a signed one in an unsigned type: `isspace((unsigned char) c)`.
        let least = if constant || signed { min } else { limits(bits, true).0 };
        self.demand_number(state, (CheckKind::IntegerTruncation, Limit::Between(least, most), true), side, to, span);
    }

    /// What gave a temporary of the block at hand, if it is a sum, difference or product of variables of at most so many
    /// bits.
    fn sum_of(&self, local: LocalId, most: u8) -> Option<(BinOp, &'a Operand, &'a Operand)> {
        let body = self.body;
        if body.locals.get(local).is_none_or(|local| local.kind != LocalKind::Temp) {
            return None;
        }
        let types = self.types;
        let narrow = |operand: &Operand| {
            operand.local().is_none_or(|local| {
                types.locals.get(local).is_some_and(|ty| match ty.get() {
                    Ty::Char { bits } => *bits <= most,
                    _ => integer_type(*ty).is_some_and(|(bits, _)| bits <= most),
                })
            })
        };
        body.stmts_of(self.block).iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Assign(dst, Rvalue::Binary(op @ (BinOp::Add | BinOp::Sub | BinOp::Mul), a, b))
                if *dst == local && narrow(a) && narrow(b) =>
            {
                Some((*op, a, b))
            }
            _ => None,
        })
    }

    /// C: a real number becomes an integer.
    fn check_real_conversion(&mut self, state: &State, side: Side<'_>, to: TyId, span: Span) {
        let Some((bits, signed)) = self.int_type(to) else { return };
        if !self.is_c() || self.values[side.1].marks.is_empty() {
            return;
        }
        let (min, max) = limits(bits, signed);
        self.demand_number(state, (CheckKind::IntegerTruncation, Limit::Between(min, max), false), side, to, span);
    }

    /// A number is passed as a size: the call takes an unsigned one.
    pub(in crate::analysis) fn check_size_argument(&mut self, state: &State, operand: &Operand, value: ValueId, span: Span) {
        let own = self.operand_type(operand);
        let Some((bits, true)) = self.int_type(own) else { return };
        if !self.may_be_decided(value) {
            return;
        }
        let check = if bits < 32 { CheckKind::SignExtension } else { CheckKind::SignedToUnsigned };
        self.demand_number(state, (check, Limit::Between(0, i64::MAX), true), (operand, value, own), own, span);
    }
}

/// What a temporary is a conversion of.
pub(super) fn converted_from(body: &Body, local: LocalId) -> Option<&Operand> {
    if body.locals.get(local).is_none_or(|local| local.kind != LocalKind::Temp) {
        return None;
    }
    body.stmts.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Assign(dst, Rvalue::Cast(_, from)) if *dst == local => Some(from),
        _ => None,
    })
}
