//! Loops whose number of rounds the outside decides: a condition that compares what the loop counts with a number that
//! it does not change. Must not know what bodies of loops do.

use super::is_type_end;
use crate::analysis::frame::Frame;
use crate::analysis::kinds;
use crate::analysis::state::State;
use crate::analysis::value::ValueId;
use crate::base::{FastSet, Span, Symbol};
use crate::ir::{BinOp, BlockId, Body, LocalId, LocalKind, Operand, Rvalue, StmtKind, Ty};

impl Frame<'_> {
    /// A condition at the end of a block.
    pub(in crate::analysis) fn check_loop_bound(&mut self, state: &State, block: BlockId, cond: &Operand, span: Span) {
        let body = self.body;
        let Some(last) = body.stmts_of(block).last() else { return };
        let StmtKind::Assign(dst, Rvalue::Binary(op, a, b)) = &last.kind else { return };
        if cond.local() != Some(*dst) {
            return;
        }
        if let Some(counter) = counted_down(body, block, a, b) {
            let value = self.read_local(state, counter);
            if self.may_harm_value(value) {
                self.demand_of_bound(state, (counter, value), false, span);
            }
            return;
        }
        let (counter, bound) = match op {
            BinOp::Lt | BinOp::Le => (a, b),
            BinOp::Gt | BinOp::Ge => (b, a),
            BinOp::Ne => match (self.may_harm(state, a, span), self.may_harm(state, b, span)) {
                (true, false) => (b, a),
                (false, true) => (a, b),
                _ => return,
            },
            _ => return,
        };
        if !self.may_harm(state, bound, span) {
            return;
        }
        let (Some(bound_local), Some(counter)) = (bound.local(), counter.local()) else { return };
        let Some(only_exit) = counts_up_to(body, block, counter, bound_local) else { return };
        let value = self.operand(state, bound, span);
        // A loop with another way out has no bound to speak of: `n < Integer.MAX_VALUE && more()`.
        self.demand_of_bound(state, (bound_local, value), only_exit, span);
    }

    fn demand_of_bound(&mut self, state: &State, (bound, value): (LocalId, ValueId), constants: bool, span: Span) {
        let name = self.body.locals.get(bound).and_then(|local| local.name).unwrap_or(self.ctx.names.empty);
        let sink = Symbol::new("loop-bound");
        let Some(rules) = self.ctx.sink_rules.get(&(sink, self.language())) else { return };
        for rule in rules {
            self.examine(*rule, span);
        }
        self.sink_number(state, value, (sink, name), span, constants);
    }

    /// Whether a number comes from outside, or from a caller, or is the end of a type.
    fn may_harm(&mut self, state: &State, operand: &Operand, span: Span) -> bool {
        let Operand::Local(_) = operand else { return false };
        // Where a loop over memory ends, memory decides.
        if matches!(self.operand_type(operand).get(), Ty::Pointer(_) | Ty::Array(..)) {
            return false;
        }
        let value = self.operand(state, operand, span);
        self.may_harm_value(value)
    }

    fn may_harm_value(&self, value: ValueId) -> bool {
        let known = &self.values[value];
        known.marks.iter().any(|mark| mark.cleared & (kinds::COMPUTED | kinds::SCALED | kinds::ASSEMBLED) == 0)
            || known.only_int().is_some_and(|int| int >= super::HARMFUL && is_type_end(int))
    }
}

/// The temporary that a loop's condition compares with a constant, where it is what a variable was before one was taken
/// from it: `while (n-- > 0)`.
fn counted_down(body: &Body, test: BlockId, a: &Operand, b: &Operand) -> Option<LocalId> {
    let (Operand::Local(kept), Operand::Const(_)) = (a, b) else { return None };
    let stmts = body.stmts_of(test);
    let variable = stmts.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Assign(dst, Rvalue::Use(Operand::Local(from))) if dst == kept => Some(*from),
        _ => None,
    })?;
    let taken = stmts.iter().any(|stmt| {
        matches!(&stmt.kind, StmtKind::Assign(_, Rvalue::Binary(BinOp::Sub, Operand::Local(from), Operand::Const(_))) if *from == variable)
    });
    let inside = loop_of(body, test).filter(|_| taken)?;
    let others = inside
        .iter()
        .filter(|block| **block != test)
        .any(|block| body.stmts_of(*block).iter().any(|stmt| matches!(&stmt.kind, StmtKind::Assign(dst, _) if *dst == variable)));
    (!others).then_some(*kept)
}

/// Whether the block tests a loop that changes the counter and not the bound; and whether the loop ends there alone.
fn counts_up_to(body: &Body, test: BlockId, counter: LocalId, bound: LocalId) -> Option<bool> {
    let inside = loop_of(body, test)?;
    let assigned = |local: LocalId| {
        inside.iter().any(|block| {
            body.stmts_of(*block).iter().any(|stmt| match &stmt.kind {
                StmtKind::Assign(dst, _) => *dst == local,
                StmtKind::Call(call) => body.calls.get(*call).is_some_and(|call| call.dst == Some(local)),
                _ => false,
            })
        })
    };
    // A bound computed anew in each round: a conversion of a variable is that variable.
    let source = |local: LocalId| {
        if body.locals.get(local).is_some_and(|local| local.kind != LocalKind::Temp) {
            return Some(local);
        }
        body.stmts_of(test).iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Assign(dst, Rvalue::Cast(_, Operand::Local(from)) | Rvalue::Use(Operand::Local(from))) if *dst == local => {
                Some(*from)
            }
            _ => None,
        })
    };
    let is_temp = |local: LocalId| body.locals.get(local).is_some_and(|local| local.kind == LocalKind::Temp);
    let counts = source(bound).is_some_and(|bound| !assigned(bound) && !is_temp(bound))
        && source(counter).map_or_else(|| is_temp(counter), assigned);
    let leaves = |block: &BlockId| successors(body, *block).iter().any(|next| !inside.contains(next));
    counts.then(|| !inside.iter().any(|block| *block != test && leaves(block)))
}

/// The blocks of the loop that a block tests at its head or its foot.
fn loop_of(body: &Body, test: BlockId) -> Option<FastSet<BlockId>> {
    let leaves = |inside: &FastSet<BlockId>| successors(body, test).iter().any(|next| !inside.contains(next));
    let predecessors = |of: BlockId| {
        body.blocks.iter_enumerated().filter(move |(_, block)| block.term.successors().contains(&of)).map(|(id, _)| id)
    };
    // All that gets to an edge back to the head without passing the head.
    let natural = |head: BlockId, backs: Vec<BlockId>| {
        let mut inside: FastSet<BlockId> = FastSet::default();
        inside.insert(head);
        let mut work = backs;
        while let Some(block) = work.pop() {
            if inside.insert(block) {
                work.extend(predecessors(block));
            }
        }
        inside
    };
    let before = reached_without(body, test);
    let backs: Vec<BlockId> = predecessors(test).filter(|block| !before.contains(block)).collect();
    if !backs.is_empty() {
        let inside = natural(test, backs);
        return leaves(&inside).then_some(inside);
    }
    successors(body, test).into_iter().find_map(|head| {
        let back = head != test && !reached_without(body, head).contains(&test);
        let inside = back.then(|| natural(head, vec![test]))?;
        leaves(&inside).then_some(inside)
    })
}

fn successors(body: &Body, block: BlockId) -> smallvec::SmallVec<[BlockId; 4]> {
    body.blocks.get(block).map(|block| block.term.successors()).unwrap_or_default()
}

/// The blocks that control gets to without passing one.
fn reached_without(body: &Body, without: BlockId) -> FastSet<BlockId> {
    let mut seen: FastSet<BlockId> = FastSet::default();
    let mut work = vec![BlockId::from_raw(0)];
    while let Some(block) = work.pop() {
        if block != without && seen.insert(block) {
            work.extend(successors(body, block));
            work.extend(body.blocks.get(block).and_then(|block| block.unwind));
        }
    }
    seen
}
