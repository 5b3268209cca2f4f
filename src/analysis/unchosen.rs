//! C: ways that the text has and the program may not: past a `switch` of which no case fits, and by names whose value is
//! not in view. What stands null or without a value on them proves nothing. Must not know what is reported.

use super::frame::Frame;
use super::mem::Home;
use super::state::State;
use super::value::{Ends, Null, Value, ValueId};
use crate::base::{FastSet, Span};
use crate::ir::{BinOp, BlockId, Body, LocalId, LocalKind, Operand, PlaceBase, Rvalue, Terminator, TyId};

/// The blocks that a `switch` without `default` goes to where no case fits: empty ones at its very place.
pub(super) fn unmatched(body: &Body) -> FastSet<BlockId> {
    let switches = body.blocks.iter().filter(|data| matches!(data.term, Terminator::Switch { .. }));
    let places: FastSet<Span> = switches.map(|data| data.term_span).collect();
    let is_way_past = |(block, data): &(BlockId, &crate::ir::Block)| {
        matches!(data.term, Terminator::Goto(_)) && places.contains(&data.term_span) && body.stmts_of(*block).is_empty()
    };
    body.blocks.iter_enumerated().filter(is_way_past).map(|(block, _)| block).collect()
}

impl Frame<'_> {
    /// Nulls and missing values are no longer evidence.
    pub(super) fn quieten(&mut self, state: &mut State) {
        let quiet = |value: &Value| Value {
            null: if value.null.evidence().is_some() && matches!(value.null, Null::Yes(_)) { Null::QUIET } else { value.null },
            ends: value.ends - Ends::UNSET,
            ..value.clone()
        };
        let held: Vec<ValueId> =
            state.slots.iter().flatten().copied().chain(state.heap.entries().iter().map(|it| it.2)).collect();
        for value in held {
            let quiet = quiet(&self.values[value]);
            if quiet != self.values[value] {
                let quiet = self.value(quiet);
                state.replace(value, quiet);
            }
        }
        let body = self.body;
        let kept = |frame: &Self, local: LocalId, kind: LocalKind| {
            frame.homes.get(&local).is_some_and(|home| *home == Home::Scalar)
                || kind == LocalKind::User && frame.is_aggregate(frame.local_type(local))
        };
        for (local, declared) in body.locals.iter_enumerated() {
            if kept(self, local, declared.kind) {
                let object = self.storage(local);
                self.expose(state, object);
            }
        }
    }

    /// Whether a condition compares what is known with a name whose value nothing in view tells.
    pub(super) fn rests_on_unknown(&mut self, state: &State, block: BlockId, cond: &Operand) -> bool {
        let body = self.body;
        let stmts = body.stmts_of(block);
        let defined = |local: LocalId| super::recall::defined(stmts, local);
        let Some(Rvalue::Binary(BinOp::Eq | BinOp::Ne, a, b)) = cond.local().and_then(defined) else { return false };
        for (name, other) in [(a, b), (b, a)] {
            let Some(Rvalue::Load(place)) = name.local().and_then(defined) else { continue };
            let Some(place) = body.places.get(*place) else { continue };
            let PlaceBase::Global(global) = place.base else { continue };
            if !place.proj.is_empty() || self.ctx.program.global_type(self.unit, global) != TyId::UNKNOWN {
                continue;
            }
            let Some(name) = name.local() else { continue };
            let name = self.read_local(state, name);
            let value = self.operand(state, other, body.blocks[block].term_span);
            let known = &self.values[value];
            if self.values[name].consts.is_none() && (known.only_constant().is_some() || matches!(known.null, Null::Yes(_))) {
                return true;
            }
        }
        false
    }
}
