//! Loops: what changes from one time around to the next is only known to go so far where the loop's end is known.
//! Must not know memory.

use crate::analysis::frame::Frame;
use crate::analysis::state::State;
use crate::analysis::value::{Ends, Null, Predicate, Value, ValueId};
use crate::ir::{LocalKind, Ty};

impl Frame<'_> {
    /// Whether a condition compares a counter with a constant: the loop that it ends is known to run so often.
    pub(in crate::analysis) fn is_counted(&self, value: ValueId) -> bool {
        let mut predicate = self.values[value].predicate.as_ref();
        while let Some(Predicate::Not(inner)) = predicate {
            predicate = Some(inner);
        }
        let counter = |value: ValueId| {
            let known = &self.values[value];
            known.bounds().is_some() && !known.ends.contains(Ends::GUARDED)
        };
        match predicate {
            Some(Predicate::Less(a, b, _) | Predicate::Same(a, b)) => counter(*a) && counter(*b),
            Some(Predicate::Is(a, constant)) => constant.as_int().is_some() && counter(*a),
            _ => false,
        }
    }

    /// Whether a condition asks only if a call has failed: both answers are possible whatever else holds.
    pub(in crate::analysis) fn is_failure_check(&self, value: ValueId) -> bool {
        let mut value = value;
        let mut predicate = self.values[value].predicate.as_ref();
        while let Some(Predicate::Not(inner)) = predicate {
            predicate = Some(inner);
        }
        if let Some(Predicate::IsNull(tested)) = predicate {
            value = *tested;
        }
        matches!(self.values[value].null, Null::Maybe(_))
    }

    /// A state enters a loop, or goes around once more (`again`). A pointer that has moved since the first time, and after
    /// an undecided branch on the way around a number too, may or may not get further.
    pub(in crate::analysis) fn enter_loop(&mut self, state: &mut State, first: Option<&State>, again: bool) {
        if !again {
            state.doubt = false;
            return;
        }
        let doubt = state.doubt;
        let Some(first) = first else { return };
        let changed: Vec<ValueId> = state
            .slots
            .iter()
            .zip(&first.slots)
            .filter_map(|(now, before)| now.filter(|now| Some(*now) != *before))
            .chain(state.heap.entries().iter().filter_map(|(object, cell, now)| {
                let is_element = matches!(cell, crate::analysis::state::Cell::Index(_));
                (is_element && first.cell(*object, *cell).is_some_and(|before| before != *now)).then_some(*now)
            }))
            .collect();
        for value in changed {
            let known = &self.values[value];
            // How far a pointer walks is seldom what ends the loop.
            let walks = known.offset.is_some_and(|offset| offset != (0, 0));
            let moves = doubt && known.bounds().is_some() || walks;
            if moves && !known.ends.contains(Ends::GUARDED) {
                let guarded = Value { ends: known.ends | Ends::GUARDED, ..known.clone() };
                let guarded = self.value(guarded);
                state.replace(value, guarded);
            }
        }
    }

    /// Variables that are live where the function starts have no value yet.
    pub(in crate::analysis) fn unset_locals(&mut self, state: &mut State, is_live: impl Fn(usize) -> bool) {
        for (id, local) in self.body.locals.iter_enumerated() {
            let Some(slot) = self.slots.get(id).copied().flatten() else { continue };
            let ty = self.ctx.program.c_type(self.local_type(id));
            let scalar =
                matches!(ty.get(), Ty::Int { .. } | Ty::Char { .. } | Ty::Float { .. } | Ty::Pointer(_) | Ty::Bool | Ty::Enum(_));
            if local.kind != LocalKind::User || !scalar || !is_live(slot as usize) || self.has_home(id) {
                continue;
            }
            let value = self.value(Value { ends: Ends::UNSET, ..Value::default() });
            self.write_local(state, id, value);
            self.unset.insert(id);
        }
    }
}
