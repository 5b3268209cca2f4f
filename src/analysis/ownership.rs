//! Whose a C resource is after a call: what a callee keeps, or frees on some ways only, is its own business.
//! Must not know which resources there are.

use super::frame::{Frame, ObjectKind};
use super::state::{Cell, State};
use super::summary::Root;
use super::typestate::UNKNOWN;
use super::value::{ObjId, ValueId};

impl Frame<'_> {
    /// A function that frees its argument on some ways only (the last reference, a flag) decides for itself: callers can
    /// neither count on it nor be blamed. A null argument is no such way.
    pub(super) fn blur_conditional_releases(&mut self, summary: &mut super::summary::Summary) {
        let any = self.ctx.names.any;
        let mut statuses: Vec<u32> = Vec::new();
        for (input, cell, _) in summary.outcomes.iter().flat_map(|outcome| &outcome.writes) {
            if matches!(cell, Cell::Status(_)) && !statuses.contains(input) {
                statuses.push(*input);
            }
        }
        if statuses.is_empty() || summary.outcomes.len() < 2 {
            return;
        }
        let unknown = u32::try_from(summary.values.len()).unwrap_or(u32::MAX);
        summary.values.push(super::summary::SumValue {
            consts: Some(smallvec::SmallVec::from_buf([super::value::Konst::Int(UNKNOWN)])),
            ..super::summary::SumValue::default()
        });
        for input in statuses {
            let counts = |outcome: &&mut super::summary::Outcome| {
                !outcome.conditions.iter().any(|(on, test)| *on == input && *test == super::state::Test::Null)
            };
            let writes = |outcome: &super::summary::Outcome| {
                outcome.writes.iter().any(|(on, cell, _)| *on == input && matches!(cell, Cell::Status(_)))
            };
            if summary.outcomes.iter_mut().filter(counts).all(|outcome| writes(outcome)) {
                continue;
            }
            for outcome in summary.outcomes.iter_mut().filter(counts) {
                outcome.writes.retain(|(on, cell, _)| *on != input || !matches!(cell, Cell::Status(_)));
                outcome.writes.push((input, Cell::Status(any), unknown));
            }
        }
    }

    /// What a C function was given and keeps in something that is no local of it is no longer the caller's to free.
    pub(super) fn note_kept(&mut self, state: &mut State, holders: &[ObjId], value: ValueId) {
        if self.values[value].input.is_none() {
            return;
        }
        let [object] = self.resource_objects(value)[..] else { return };
        let given = |frame: &Frame<'_>, object: ObjId| match frame.objects[object].kind {
            ObjectKind::Input(input) => frame.inputs[input].path.is_empty().then_some(frame.inputs[input].root),
            _ => None,
        };
        let Some(Root::Param(_)) = given(self, object) else { return };
        let local = |holder: &ObjId| matches!(self.objects[*holder].kind, ObjectKind::Storage(_)) || *holder == object;
        if holders.iter().all(local) {
            return;
        }
        let unknown = self.int(UNKNOWN);
        state.set_cell(object, Cell::Status(self.ctx.names.any), unknown);
    }
}
