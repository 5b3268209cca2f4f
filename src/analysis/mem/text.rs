//! C strings: how many characters lie before the terminator, and where none is known. Counted in characters from the
//! start of the memory. Must not know library calls.

use super::Bytes;
use super::place::Location;
use crate::analysis::frame::Frame;
use crate::analysis::state::{Cell, State};
use crate::analysis::value::{ObjId, Value, ValueId};

/// Lengths beyond what is known.
const MANY: i64 = i64::MAX / 8;

impl Frame<'_> {
    /// Characters of a size before the terminator, from where a pointer points. Unknown: any number.
    pub(super) fn text_length(&self, state: &State, value: ValueId, width: i64) -> Bytes {
        let any = Bytes { range: Some((0, MANY)), low: false, high: false, guarded: false };
        let known = &self.values[value];
        if known.consts.is_some() {
            let Some(longest) = self.literal_length(value) else { return any };
            let exact = known.consts.as_ref().is_some_and(|consts| consts.len() == 1);
            return Bytes { range: Some((if exact { longest } else { 0 }, longest)), low: exact, high: true, guarded: false };
        }
        let [object] = known.objects.as_slice() else { return any };
        let Some((low, high)) = known.offset else { return any };
        if low != high || low % width != 0 {
            return any;
        }
        // Read as narrower characters, a wide one that is plain ASCII ends the text behind its first byte.
        if let Some(own) = self.memory.text_widths.get(object)
            && *own != width
        {
            return if width < *own && low == 0 { Bytes { range: Some((0, *own - 1)), high: true, ..any } } else { any };
        }
        let start = low / width;
        let cell = |cell: Cell| state.cell(*object, cell).map(|held| Bytes::of_number(&self.values[held]));
        if let Some(length) = cell(Cell::Length)
            && let Some((least, _)) = length.range
            && start <= least
        {
            return length.plus(-start);
        }
        match cell(Cell::Filled).and_then(|filled| filled.range) {
            Some((filled, _)) if filled > start => Bytes { range: Some((filled - start, MANY)), ..any },
            _ => any,
        }
    }

    /// A character before the end of a text is no terminator.
    pub(super) fn inside_text(&mut self, state: &State, here: &Location, value: ValueId) -> ValueId {
        let ([object], Some((low, high)), Some(size)) = (here.objects.as_slice(), here.at.range, self.c_size(here.ty)) else {
            return value;
        };
        let known = &self.values[value];
        if known.consts.is_some() || known.not.is_some() || low < 0 || !matches!(size, 1 | 2 | 4) {
            return value;
        }
        let least = |cell: Cell| state.cell(*object, cell).and_then(|held| self.values[held].bounds()).map(|(low, _)| low);
        let inside = least(Cell::Length).max(least(Cell::Filled)).is_some_and(|characters| high / size < characters);
        if !inside {
            return value;
        }
        let refined = Value { not: Some(0), range: None, ..known.clone() };
        self.value(refined)
    }

    /// Sets or forgets a fact of a text. A caller has to learn that it is forgotten, so it is made unknown.
    pub(super) fn set_text(&mut self, state: &mut State, object: ObjId, cell: Cell, known: Option<Bytes>) {
        match known.filter(|known| known.range.is_some_and(|(low, high)| low >= 0 && high < MANY)) {
            Some(known) => {
                let value = self.number(known);
                state.set_cell(object, cell, value);
            }
            None if state.cell(object, cell).is_some() || self.is_outside(object) => {
                let value = self.unknown();
                state.set_cell(object, cell, value);
            }
            None => {}
        }
    }

    /// A number as a value.
    pub(super) fn number(&mut self, known: Bytes) -> ValueId {
        use crate::analysis::value::Ends;
        match known.range {
            Some((low, high)) if low == high => self.int(low),
            Some(range) => {
                let mut ends = Ends::empty();
                ends.set(Ends::LOW, known.low);
                ends.set(Ends::HIGH, known.high);
                ends.set(Ends::GUARDED, known.guarded);
                self.value(Value { range: Some(range), ends, ..Value::default() })
            }
            None => self.unknown(),
        }
    }

    /// Whether callers see what is written to an object.
    pub(super) fn is_outside(&self, object: ObjId) -> bool {
        matches!(self.objects[object].kind, crate::analysis::frame::ObjectKind::Input(_))
    }

    /// One element is written: a terminator ends the text, anything else may take its terminator away.
    pub(super) fn element_written(&mut self, state: &mut State, object: ObjId, cell: Cell, value: ValueId) {
        if self.values[value].only_int().is_none_or(|written| written == 0) {
            state.drop_cells(object, |cell| cell == Cell::Open);
        }
        let length = state.cell(object, Cell::Length);
        let filled = state.cell(object, Cell::Filled);
        if length.is_none() && filled.is_none() && !matches!(cell, Cell::Index(0)) {
            return;
        }
        let written = self.values[value].only_int();
        let at = match cell {
            Cell::Index(at) => at,
            _ => {
                if written == Some(0) {
                    // A terminator somewhere: the text ends there, or before.
                    let known = length.and_then(|length| self.values[length].bounds());
                    self.set_text(state, object, Cell::Length, None);
                    if known.is_none() {
                        self.set_text(state, object, Cell::Filled, None);
                    }
                } else {
                    self.set_text(state, object, Cell::Length, None);
                    self.set_text(state, object, Cell::Filled, None);
                }
                return;
            }
        };
        let known = |frame: &Self, held: Option<ValueId>| held.and_then(|held| frame.values[held].bounds());
        let exact = |length: i64| Some(Bytes::exactly(length));
        match (written, known(self, length), known(self, filled)) {
            (Some(0), Some((low, high)), _) => {
                let range = (low.min(at), high.min(at));
                self.set_text(state, object, Cell::Length, Some(Bytes { range: Some(range), ..Bytes::exactly(0) }));
            }
            (Some(0), None, Some((filled, _))) if at <= filled => {
                self.set_text(state, object, Cell::Length, exact(at));
                self.set_text(state, object, Cell::Filled, None);
            }
            (Some(0), None, _) if at == 0 => {
                self.set_text(state, object, Cell::Length, exact(0));
                self.set_text(state, object, Cell::Filled, None);
            }
            // Behind what is known to be filled: where the text ends is not known, but it does.
            (Some(0), None, _) => self.set_text(state, object, Cell::Filled, None),
            (_, Some((low, _)), _) if at >= low => self.set_text(state, object, Cell::Length, None),
            (Some(_), None, Some((filled, _))) if at == filled => self.set_text(state, object, Cell::Filled, exact(filled + 1)),
            (None, None, Some((filled, _))) if at < filled => self.set_text(state, object, Cell::Filled, exact(at)),
            _ => {}
        }
    }
}
