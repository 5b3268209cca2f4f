//! What a number is after an operation with a constant, or before a test. Must not know where values came from.

use crate::analysis::frame::Frame;
use crate::analysis::kinds;
use crate::analysis::value::{Value, ValueId};
use crate::ir::{BinOp, BlockId, LocalId, Operand, Rvalue, StmtKind, Terminator};

/// Conditions on the way to a place that are looked at.
const MAX_CONDITIONS: usize = 8;

impl Frame<'_> {
    /// C: a number that a constant moves or multiplies, maybe beyond its type. Where it was checked it stays so; as a size
    /// it is as much the outside's as before. `false`: it is no such operation.
    pub(in crate::analysis) fn scale(&self, op: BinOp, a: ValueId, b: ValueId, result: &mut Value) -> bool {
        let (x, y) = (&self.values[a], &self.values[b]);
        let (number, by) = match (x.only_int(), y.only_int()) {
            (None, Some(by)) => (x, by),
            (Some(by), None) if op != BinOp::Sub => (y, by),
            _ => return false,
        };
        if !matches!(op, BinOp::Add | BinOp::Sub | BinOp::Mul) || by <= 0 || number.consts.is_some() {
            return false;
        }
        if result.range.is_none()
            && let Some((lo, hi)) = number.bounds()
            && lo >= 0
            && super::is_checked_high(hi)
        {
            result.range = Some((0, i64::MAX - 1));
        }
        result.marks.iter_mut().for_each(|mark| mark.cleared |= kinds::SCALED);
        true
    }

    /// Whether every way here passes a condition by which one variable is not above another, and neither changes after it.
    pub(super) fn is_not_above(&self, small: &Operand, great: &Operand) -> bool {
        let (Some(small), Some(great)) = (small.local(), great.local()) else { return false };
        let body = self.body;
        let assigns = |block: BlockId| {
            body.stmts_of(block).iter().any(|stmt| match &stmt.kind {
                StmtKind::Assign(dst, _) => *dst == small || *dst == great,
                StmtKind::Call(call) => {
                    body.calls.get(*call).and_then(|call| call.dst).is_some_and(|dst| dst == small || dst == great)
                }
                _ => false,
            })
        };
        let mut at = self.block;
        for _ in 0..MAX_CONDITIONS {
            let leads = |(_, data): &(BlockId, &crate::ir::Block)| data.term.successors().contains(&at);
            let mut before = body.blocks.iter_enumerated().filter(leads);
            let (Some((block, data)), None, false) = (before.next(), before.next(), assigns(at)) else { return false };
            if let Terminator::If { cond, then, els } = &data.term
                && then != els
                && let Some(found) = body.stmts_of(block).iter().rev().find_map(|stmt| match &stmt.kind {
                    StmtKind::Assign(dst, Rvalue::Binary(op, a, b)) if Some(*dst) == cond.local() => {
                        Some((*op, a.local(), b.local()))
                    }
                    _ => None,
                })
            {
                let holds = *then == at;
                let (op, a, b) = found;
                let says = match (a == Some(small) && b == Some(great), a == Some(great) && b == Some(small)) {
                    (true, _) => {
                        matches!((op, holds), (BinOp::Lt | BinOp::Le | BinOp::Eq, true) | (BinOp::Gt | BinOp::Ge, false))
                    }
                    (_, true) => {
                        matches!((op, holds), (BinOp::Gt | BinOp::Ge | BinOp::Eq, true) | (BinOp::Lt | BinOp::Le, false))
                    }
                    _ => false,
                };
                if says {
                    return true;
                }
            }
            at = block;
        }
        false
    }

    /// Whether a variable adds up what a loop goes through: that it is nothing at first says nothing of what it comes to.
    pub(super) fn adds_up(&self, operand: &Operand) -> bool {
        let Some(variable) = operand.local() else { return false };
        let value_of = |local: LocalId| {
            self.body.stmts.iter().any(|stmt| {
                matches!(&stmt.kind, StmtKind::Assign(dst, Rvalue::Binary(_, a, b))
                    if *dst == local && [a, b].iter().any(|side| side.local() == Some(variable)))
            })
        };
        self.body.stmts.iter().any(|stmt| match &stmt.kind {
            StmtKind::Assign(dst, Rvalue::Use(Operand::Local(from)) | Rvalue::Cast(_, Operand::Local(from))) => {
                *dst == variable && value_of(*from)
            }
            StmtKind::Assign(dst, Rvalue::Binary(_, a, b)) => {
                *dst == variable && [a, b].iter().any(|side| side.local() == Some(variable))
            }
            _ => false,
        })
    }

    /// Whether the block at hand keeps what the operand is and ends in a branch on that: the number that `while (n--)`
    /// leaves is of no use to anyone.
    pub(super) fn is_tested_after(&self, operand: &Operand) -> bool {
        let Some(variable) = operand.local() else { return false };
        let Some(Terminator::If { cond, .. }) = self.body.blocks.get(self.block).map(|block| &block.term) else { return false };
        let Some(tested) = cond.local() else { return false };
        let stmts = self.body.stmts_of(self.block);
        let keeps = |local: LocalId| {
            stmts.iter().any(|stmt| {
                matches!(&stmt.kind, StmtKind::Assign(dst, Rvalue::Use(Operand::Local(from))) if *dst == local && *from == variable)
            })
        };
        keeps(tested)
            || stmts.iter().any(|stmt| match &stmt.kind {
                StmtKind::Assign(dst, Rvalue::Binary(BinOp::Ne | BinOp::Eq | BinOp::Gt | BinOp::Lt, a, b)) if *dst == tested => {
                    [a, b].into_iter().filter_map(Operand::local).any(keeps)
                }
                _ => false,
            })
    }
}
