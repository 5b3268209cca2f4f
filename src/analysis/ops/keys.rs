//! The keys of maps made in view, kept apart from what the maps hold under them: a map of fixed keys and tainted values
//! has no tainted keys. Must not know strings.

use super::super::call::CallView;
use super::super::frame::Frame;
use super::super::state::{Cell, State};
use super::super::value::{ObjId, Value, ValueId};

/// What one call makes: `for (… : map.entrySet())` asks for the set and its iterator at one place.
const SET: u32 = 8;
const ENTRY: u32 = 9;

impl Frame<'_> {
    /// Where a map's keys are kept that are no constants.
    fn keys_cell(&self) -> Cell {
        Cell::Property(self.ctx.names.keys)
    }

    /// A map was made with nothing in it.
    pub(super) fn begin_keys(&mut self, state: &mut State, map: ValueId) {
        if let [object] = self.values[map].objects.as_slice() {
            let object = *object;
            let none = self.unknown();
            state.set_cell(object, self.keys_cell(), none);
        }
    }

    /// Puts a value under a key that is no constant.
    pub(super) fn put_under_unknown(&mut self, state: &mut State, object: ObjId, key: ValueId, value: ValueId) {
        let keys = state.cell(object, self.keys_cell());
        self.store_any_element(state, object, value);
        let marks = self.values[key].marks.clone();
        match keys {
            Some(keys) => {
                let mut known = self.values[keys].clone();
                marks.into_iter().for_each(|mark| known.add_mark(mark));
                let known = self.value(known);
                state.set_cell(object, self.keys_cell(), known);
            }
            None if marks.is_empty() => {}
            None => {
                let value = self.value(Value { marks, ..Value::default() });
                self.store_any_element(state, object, value);
            }
        }
    }

    /// What is stored in a map otherwise than under a key in view: nothing is known of its keys any more.
    pub(in crate::analysis) fn forget_keys(&self, state: &mut State, object: ObjId) {
        let keys = self.keys_cell();
        if state.cell(object, keys).is_some() {
            state.drop_cells(object, |cell| cell == keys);
        }
    }

    /// `keySet` and `entrySet`, of a map whose keys are known; `None`: not decided here.
    pub(super) fn keys_op(&mut self, state: &mut State, object: ObjId, name: &str, view: &CallView<'_>) -> Option<ValueId> {
        let keys = state.cell(object, self.keys_cell())?;
        let element = if name == "entries" {
            let value = self.load_cell(state, &[object], Cell::Elements, None, crate::ir::TyId::UNKNOWN);
            let entry = self.allocation(view.span, ENTRY, None);
            state.drop_cells(entry, |_| true);
            state.set_cell(entry, Cell::Elements, value);
            state.set_cell(entry, self.keys_cell(), keys);
            self.reference(entry)
        } else {
            keys
        };
        let set = self.allocation(view.span, SET, view.ty.name());
        state.drop_cells(set, |_| true);
        state.set_cell(set, Cell::Elements, element);
        Some(self.reference(set))
    }

    /// `getKey` of an entry.
    pub(super) fn key_of_entry(&self, state: &State, entry: ObjId) -> Option<ValueId> {
        state.cell(entry, self.keys_cell())
    }

    /// What a map holds under a constant key that nobody in view put there, while others were: what was there before.
    pub(super) fn under_another_key(&mut self, state: &State, object: ObjId) -> Option<ValueId> {
        let mut has_keys = false;
        for (cell, _) in state.cells(object) {
            match cell {
                Cell::Key(_) => has_keys = true,
                Cell::Elements | Cell::Index(_) => return None,
                _ => {}
            }
        }
        let marks = self.objects[object].marks.clone();
        has_keys.then(|| self.value(Value { marks: marks.into_iter().collect(), ..Value::default() }))
    }
}
