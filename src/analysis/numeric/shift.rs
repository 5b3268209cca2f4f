//! C: distances of shifts. One below zero, or not below the width of the promoted left operand, is undefined.
//! Must not know where values came from.

use super::arithmetic::Side;
use super::{Demand, Limit, Subject};
use crate::analysis::frame::Frame;
use crate::analysis::integers::limits;
use crate::analysis::state::State;
use crate::base::Span;
use crate::ir::{BinOp, Const, Operand, Rvalue, Stmt, StmtKind};
use crate::rules::CheckKind;

/// What narrower operands are promoted to.
const PROMOTED: u8 = 32;
/// So many constants that are too great may be slips.
const SLIPS: usize = 2;

impl Frame<'_> {
    /// A number is shifted by another.
    pub(in crate::analysis) fn check_shift(&mut self, state: &State, a: Side<'_>, b: Side<'_>, span: Span) {
        let (operand, value, own) = b;
        if !self.is_c() || !self.may_be_decided(value) {
            return;
        }
        let bits = match a.0 {
            Operand::Const(Const::Int(_, ty)) => self.int_type(*ty),
            Operand::Const(_) => None,
            Operand::Local(_) => self.int_type(a.2),
        };
        let Some((bits, _)) = bits else { return };
        let most = i64::from(bits.max(PROMOTED)) - 1;
        if self.values[value].bounds().is_some_and(|(lo, hi)| lo >= 0 && hi <= most) {
            return;
        }
        if let Operand::Const(_) = operand {
            if self.is_for_wider_types(most) {
                return;
            }
        } else if self.is_rest_of_width(operand) {
            return;
        }
        let within = self.int_type(own).map_or((i64::MIN, i64::MAX), |(bits, signed)| limits(bits, signed));
        let demand = Demand {
            subject: Subject::Check(CheckKind::ShiftDistance),
            limit: Limit::Between(0, most),
            within,
            cleared: 0,
            name: self.name_of(operand),
            ty: a.2,
            constants: true,
        };
        self.demand(state, value, demand, span);
    }

    /// Whether the function shifts too far in several places: it was written for a type that is wider than the one in view,
    /// which a macro or a setting of the build decides.
    fn is_for_wider_types(&self, most: i64) -> bool {
        let is_far = |stmt: &&Stmt| match &stmt.kind {
            StmtKind::Assign(_, Rvalue::Binary(BinOp::Shl | BinOp::Shr, _, Operand::Const(Const::Int(by, _)))) => {
                by.get() > i128::from(most)
            }
            _ => false,
        };
        self.body.stmts.iter().filter(is_far).nth(SLIPS).is_some()
    }

    /// A rotation: what is left of the width, which is the width itself only where nothing is rotated.
    fn is_rest_of_width(&self, operand: &Operand) -> bool {
        let Some(local) = operand.local() else { return false };
        self.body.stmts_of(self.block).iter().any(
            |stmt| matches!(&stmt.kind, StmtKind::Assign(dst, Rvalue::Binary(BinOp::Sub, Operand::Const(_), _)) if *dst == local),
        )
    }
}
