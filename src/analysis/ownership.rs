//! Whose a C resource is after a call: what a callee keeps, or frees on some ways only, is its own business.
//! Must not know which resources there are.

use super::frame::{Frame, ObjectKind};
use super::merge::Widen;
use super::state::{Cell, State, Test};
use super::summary::Root;
use super::typestate::UNKNOWN;
use super::value::{ObjId, ValueId};

/// How many objects are let go of with one.
const MAX_LET_GO: usize = 8;

impl Frame<'_> {
    /// Ways out of a function joined where their results say the same of success: none, null, zero, less, anything else.
    pub(super) fn merge_by_result(&mut self, ways: Vec<(State, Option<ValueId>)>) -> Vec<(State, Option<ValueId>)> {
        let mut kept: Vec<(State, Option<ValueId>)> = Vec::new();
        for (state, result) in ways {
            let alike = |(other, value): &(State, Option<ValueId>)| {
                self.class_of_result(*value) == self.class_of_result(result) && self.same_statuses(other, &state)
            };
            match kept.iter().position(alike) {
                Some(at) => {
                    let Some((other, value)) = kept.get(at).map(|(other, value)| (other.clone(), *value)) else { continue };
                    let joined = self.join_states(&other, &state, Widen::No);
                    let value = match (value, result) {
                        (Some(a), Some(b)) => Some(self.join_values(a, b, Widen::No)),
                        _ => None,
                    };
                    if let Some(place) = kept.get_mut(at) {
                        *place = (joined, value);
                    }
                }
                None => kept.push((state, result)),
            }
        }
        kept
    }

    /// What a result says, and the objects that it is.
    fn class_of_result(&self, result: Option<ValueId>) -> (u8, &[ObjId]) {
        let Some(result) = result else { return (0, &[]) };
        let known = &self.values[result];
        let says = match (known.null, known.bounds()) {
            (super::value::Null::Yes(_), _) => 1,
            (_, Some((0, 0))) => 2,
            (_, Some((_, high))) if high < 0 => 3,
            (_, Some((low, _))) if low > 0 => 4,
            _ => 5,
        };
        (says, &known.objects)
    }

    /// Whether the resources of two states have the same statuses.
    fn same_statuses(&self, a: &State, b: &State) -> bool {
        let of = |state: &State| -> smallvec::SmallVec<[(ObjId, Cell, Option<i64>); 4]> {
            let statuses = state.heap.entries().iter().filter(|(_, cell, _)| matches!(cell, Cell::Status(_)));
            statuses.map(|(object, cell, status)| (*object, *cell, self.values[*status].only_int())).collect()
        };
        of(a) == of(b)
    }

    /// What a callee gives a status; a C descriptor is a number, and what was passed on is the caller's.
    pub(super) fn status_holders(&mut self, target: ValueId) -> smallvec::SmallVec<[ObjId; 1]> {
        let holders = if self.is_c() { self.resource_objects(target) } else { smallvec::SmallVec::new() };
        if holders.is_empty() { self.objects_of(target).into_iter().collect() } else { holders }
    }

    /// Passed to code whose doings are unknown, a resource may be released or kept there, and in C so may what it holds.
    pub(super) fn let_go(&mut self, state: &mut State, value: ValueId) {
        if self.is_c() {
            let objects = self.values[value].objects.clone();
            self.pass_memory(state, &objects);
        }
        let objects = self.resource_objects(value);
        self.let_go_status(state, &objects);
    }

    /// The same of objects.
    pub(super) fn let_go_of(&mut self, state: &mut State, objects: &[ObjId]) {
        if self.is_c() {
            self.pass_memory(state, objects);
        }
        self.let_go_status(state, objects);
    }

    fn let_go_status(&mut self, state: &mut State, objects: &[ObjId]) {
        let mut objects: smallvec::SmallVec<[ObjId; 8]> = smallvec::SmallVec::from_slice(objects);
        let mut next = 0;
        while let Some(&object) = objects.get(next) {
            next += 1;
            state.drop_cells(object, |cell| matches!(cell, Cell::Status(_)));
            if !self.is_c() {
                continue;
            }
            if matches!(self.objects[object].kind, ObjectKind::Input(_)) {
                // The callers have to know.
                let unknown = self.int(UNKNOWN);
                state.set_cell(object, Cell::Status(self.ctx.names.any), unknown);
            }
            for (_, held) in state.cells(object) {
                for inner in &self.values[held].objects {
                    if objects.len() < MAX_LET_GO && !objects.contains(inner) {
                        objects.push(*inner);
                    }
                }
            }
        }
    }

    /// A function that frees its argument on some ways only (the last reference, a flag) decides for itself: callers can
    /// neither count on it nor be blamed. A null argument is no such way, nor is a descriptor that is none.
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
            consts: Some(Box::new([super::value::Konst::Int(UNKNOWN)])),
            ..super::summary::SumValue::default()
        });
        for input in statuses {
            let counts = |outcome: &&mut super::summary::Outcome| {
                !outcome.conditions.iter().any(|(on, test)| *on == input && is_nothing(*test))
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

/// Whether what passes a test holds no resource.
fn is_nothing(test: Test) -> bool {
    match test {
        Test::Null => true,
        Test::Is(constant) => constant.as_int().is_some_and(|int| int < 0),
        Test::AtMost(most) => most < 0,
        _ => false,
    }
}
