//! Memory that code which is not in view may have written: what is no longer known of it. Must not know calls or models.

use smallvec::SmallVec;

use crate::analysis::frame::{Frame, ObjectKind};
use crate::analysis::state::{Cell, Entry, State};
use crate::analysis::value::{ObjId, Value, ValueId};

impl Frame<'_> {
    /// What a pointer points to is written by code whose result is not known.
    pub(super) fn overwrite(&mut self, state: &mut State, pointer: ValueId) {
        for object in self.values[pointer].objects.clone() {
            self.forget_memory(state, object, |_, cell, held| match cell {
                Cell::Index(_) | Cell::Field(_) => None,
                _ => Some(held),
            });
        }
    }

    /// An object may hold anything from here on.
    pub(in crate::analysis) fn expose(&mut self, state: &mut State, object: ObjId) {
        if matches!(self.objects[object].kind, ObjectKind::Storage(_) | ObjectKind::Input(_))
            || state.cell(object, Cell::Written).is_some()
        {
            let yes = self.int(1);
            state.set_cell(object, Cell::Exposed, yes);
        }
    }

    /// Memory passed to code that is not in view: it may be written, and what it points to.
    pub(in crate::analysis) fn pass_memory(&mut self, state: &mut State, objects: &[ObjId]) {
        for object in self.led_to(state, objects) {
            self.forget_memory(state, object, |frame, cell, held| match cell {
                Cell::Index(_) | Cell::Elements | Cell::Field(_) => Some(frame.weakened(held)),
                _ => Some(held),
            });
        }
    }

    /// An object may hold anything from here on, and its text is no longer known; what becomes of its parts is told, `None`:
    /// nothing is known of it. One walk over its cells, for this is done at most calls.
    fn forget_memory(
        &mut self,
        state: &mut State,
        object: ObjId,
        mut part: impl FnMut(&mut Self, Cell, ValueId) -> Option<ValueId>,
    ) {
        let (outside, own) = match self.objects[object].kind {
            ObjectKind::Input(_) => (true, true),
            ObjectKind::Storage(_) => (false, true),
            _ => (false, false),
        };
        // What is shared with other states stays so, where there is nothing to forget.
        if !own && state.heap.of_object(object).iter().all(|(_, cell, _)| matches!(cell, Cell::Status(_) | Cell::Bytes)) {
            return;
        }
        let (entries, place) = state.heap.edit(object);
        let (mut length, mut filled, mut exposed, mut text) = (None, None, None, None);
        let mut kept = place.start;
        for at in place.clone() {
            let Some(&(_, cell, held)) = entries.get(at) else { break };
            if matches!(cell, Cell::Written | Cell::Open) {
                continue;
            }
            let Some(held) = part(self, cell, held) else { continue };
            match cell {
                Cell::Length => length = Some(kept),
                Cell::Filled => filled = Some(kept),
                Cell::Exposed => exposed = Some(kept),
                Cell::Text => text = Some(kept),
                _ => {}
            }
            entries[kept] = (object, cell, held);
            kept += 1;
        }
        let mut more: SmallVec<[Entry; 3]> = SmallVec::new();
        for (cell, known) in [(Cell::Length, length), (Cell::Filled, filled)] {
            match known {
                Some(at) => entries[at].2 = self.unknown(),
                None if outside => more.push((object, cell, self.unknown())),
                None => {}
            }
        }
        if let Some(at) = text {
            entries[at].2 = self.without_beginning(entries[at].2);
        }
        if own {
            let yes = self.int(1);
            match exposed {
                Some(at) => entries[at].2 = yes,
                None => more.push((object, Cell::Exposed, yes)),
            }
        }
        entries.splice(kept..place.end, more);
    }

    fn weakened(&mut self, value: ValueId) -> ValueId {
        let known = &self.values[value];
        let weak = Value { marks: known.marks.clone(), objects: known.objects.clone(), ..Value::default() };
        self.value(weak)
    }
}
