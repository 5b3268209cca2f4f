//! Loops: what changes from one time around to the next is only known to go so far where the loop's end is known.
//! Must not know memory.

use smallvec::SmallVec;

use crate::analysis::frame::Frame;
use crate::analysis::state::State;
use crate::analysis::value::{Ends, Null, Predicate, Value, ValueId};
use crate::ir::{BlockId, LocalKind, Ty};

impl Frame<'_> {
    /// Whether a condition compares a counter with a constant: the loop that it ends is known to run so often.
    pub(in crate::analysis) fn is_counted(&self, value: ValueId) -> bool {
        let mut predicate = self.values[value].predicate.as_deref();
        while let Some(Predicate::Not(inner)) = predicate {
            predicate = Some(inner);
        }
        let counter = |value: ValueId| {
            let known = &self.values[value];
            // No more than its type: nothing is known of it.
            let open = known.consts.is_none()
                && !known.ends.intersects(Ends::COUNTS | Ends::LOW | Ends::HIGH)
                && known
                    .bounds()
                    .is_some_and(|(_, high)| high >= i64::from(i16::MAX) && crate::analysis::numeric::is_type_end(high));
            known.bounds().is_some() && !open && !known.ends.contains(Ends::GUARDED)
        };
        match predicate {
            Some(Predicate::Less(a, b, _) | Predicate::Same(a, b)) => counter(*a) && counter(*b),
            Some(Predicate::Is(a, constant)) => constant.as_int().is_some() && counter(*a),
            _ => false,
        }
    }

    /// Whether a condition ends the rounds of a counter that is known to reach its bound: both answers come to pass.
    pub(in crate::analysis) fn ends_rounds(&self, value: ValueId) -> bool {
        let mut predicate = self.values[value].predicate.as_deref();
        while let Some(Predicate::Not(inner)) = predicate {
            predicate = Some(inner);
        }
        let counts = |value: ValueId| self.values[value].ends.contains(Ends::COUNTS);
        let ends = |value: ValueId| self.values[value].reached().intersects(Ends::LOW | Ends::HIGH);
        match predicate {
            Some(Predicate::Less(a, b, _) | Predicate::Same(a, b)) => counts(*a) && ends(*b) || ends(*a) && counts(*b),
            Some(Predicate::Is(a, _)) => counts(*a),
            _ => false,
        }
    }

    /// Whether a condition asks only if a call has failed: both answers are possible whatever else holds.
    pub(in crate::analysis) fn is_failure_check(&self, value: ValueId) -> bool {
        let mut value = value;
        let mut predicate = self.values[value].predicate.as_deref();
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
    pub(in crate::analysis) fn enter_loop(&mut self, state: &mut State, head: BlockId, seen: &[State], again: bool) {
        if !again {
            state.doubt = false;
            return;
        }
        let doubt = state.doubt;
        let Some(first) = seen.first() else { return };
        // What changed, and what each state in which the loop was entered held there.
        type Changed = (Option<usize>, ValueId, SmallVec<[ValueId; 4]>);
        let changed: SmallVec<[Changed; 8]> = state
            .slots
            .iter()
            .zip(&first.slots)
            .enumerate()
            .filter_map(|(slot, (now, before))| {
                let now = now.filter(|now| Some(*now) != *before)?;
                Some((Some(slot), now, seen.iter().filter_map(|other| other.slots.get(slot).copied().flatten()).collect()))
            })
            .chain(state.heap.entries().iter().filter_map(|(object, cell, now)| {
                let is_element = matches!(cell, crate::analysis::state::Cell::Index(_));
                first.cell(*object, *cell).filter(|before| is_element && before != now)?;
                Some((None, *now, seen.iter().filter_map(|other| other.cell(*object, *cell)).collect()))
            }))
            .collect();
        for (slot, value, before) in changed {
            let known = &self.values[value];
            let round = |value: ValueId| self.values[value].only_int();
            if let (Some(slot), Some(now)) = (slot, round(value)) {
                // From the nearest round before.
                let step = before
                    .iter()
                    .filter_map(|before| round(*before))
                    .map(|before| now.saturating_sub(before))
                    .min_by_key(|step| step.unsigned_abs());
                if step.is_some_and(|step| step.unsigned_abs() > 1) {
                    self.memory.strides.insert((head, slot));
                }
            }
            // How far a pointer walks is seldom what ends the loop; one that is set anew each time around does not walk.
            let walks = known.offset.is_some_and(|offset| offset != (0, 0))
                && before.iter().any(|before| self.values[*before].objects == known.objects);
            let moves = doubt && known.bounds().is_some() || walks;
            let from_known = before.first().is_some_and(|before| self.values[*before].only_int().is_some());
            let counts = !walks && from_known && known.bounds().is_some_and(|(low, high)| low < high);
            let mut more = Ends::empty();
            more.set(Ends::GUARDED, moves);
            more.set(Ends::COUNTS, counts);
            more.set(Ends::STRIDES, counts && slot.is_some_and(|slot| self.memory.strides.contains(&(head, slot))));
            if !known.ends.contains(more) {
                let guarded = Value { ends: known.ends | more, ..known.clone() };
                let guarded = self.value(guarded);
                state.replace(value, guarded);
            }
        }
    }

    /// Variables that are live where the function starts have no value yet.
    pub(in crate::analysis) fn unset_locals(&mut self, state: &mut State, entry: BlockId) {
        for (id, local) in self.body.locals.iter_enumerated() {
            let Some(slot) = self.slots.get(id).copied().flatten() else { continue };
            let ty = self.ctx.program.c_type(self.local_type(id));
            let scalar =
                matches!(ty.get(), Ty::Int { .. } | Ty::Char { .. } | Ty::Float { .. } | Ty::Pointer(_) | Ty::Bool | Ty::Enum(_));
            if local.kind != LocalKind::User || !scalar || !self.liveness.is_live(entry, slot as usize) || self.has_home(id) {
                continue;
            }
            let value = self.value(Value { ends: Ends::UNSET, ..Value::default() });
            self.write_local(state, id, value);
            self.unset.insert(id);
        }
    }
}
