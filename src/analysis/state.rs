//! The state at a program point: what each slot and each known heap cell holds, and under which condition on the
//! function's inputs. Must not know statements or rules.

use std::rc::Rc;

use super::value::{InputId, Konst, ObjId, ValueId};
use crate::base::Symbol;

/// A cell of an abstract object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cell {
    /// A field or member.
    Field(Symbol),
    /// Any element of an array or collection that has no cell of its own.
    Elements,
    /// An element by index.
    Index(i64),
    /// A map's value by a constant key.
    Key(Symbol),
    /// A property that a setter stored: `secure`, `feature:…`.
    Property(Symbol),
    /// The number of elements.
    Size,
    /// The contents of a builder or a C string.
    Text,
    /// The status of a resource kind: an integer constant, see `typestate`.
    Status(Symbol),
}

/// A condition on an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Is(Konst),
    IsNot(Konst),
    Null,
    NotNull,
    AtLeast(i64),
    AtMost(i64),
}

/// A state. Cloning copies the slots and shares the heap.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    /// By slot; `None`: not assigned or dead.
    pub(super) slots: Vec<Option<ValueId>>,
    #[expect(clippy::rc_buffer, reason = "grown in place where it is not shared")]
    /// Sorted by nothing: searched from the end, where the newest are. One entry a cell.
    pub(super) heap: Rc<Vec<(ObjId, Cell, ValueId)>>,
    #[expect(clippy::rc_buffer, reason = "grown in place where it is not shared")]
    /// All hold on the way here.
    pub(super) conditions: Rc<Vec<(InputId, Test)>>,
    /// The exception in flight, in handlers.
    pub(super) exception: Option<ValueId>,
}

/// More conditions than this are not remembered: dropping one only makes the summary less exact.
const MAX_CONDITIONS: usize = 12;

impl State {
    pub(super) fn new(slot_count: usize) -> State {
        State { slots: vec![None; slot_count], heap: Rc::default(), conditions: Rc::default(), exception: None }
    }

    /// A heap cell.
    pub(super) fn cell(&self, object: ObjId, cell: Cell) -> Option<ValueId> {
        self.heap.iter().rev().find(|(o, c, _)| *o == object && *c == cell).map(|(_, _, value)| *value)
    }

    /// Writes a heap cell.
    pub(super) fn set_cell(&mut self, object: ObjId, cell: Cell, value: ValueId) {
        if let Some(at) = self.heap.iter().rposition(|(o, c, _)| *o == object && *c == cell) {
            if self.heap[at].2 != value {
                Rc::make_mut(&mut self.heap)[at].2 = value;
            }
        } else {
            Rc::make_mut(&mut self.heap).push((object, cell, value));
        }
    }

    /// Drops cells of an object that a test picks.
    pub(super) fn drop_cells(&mut self, object: ObjId, mut pick: impl FnMut(Cell) -> bool) {
        if self.heap.iter().any(|(o, c, _)| *o == object && pick(*c)) {
            Rc::make_mut(&mut self.heap).retain(|(o, c, _)| *o != object || !pick(*c));
        }
    }

    /// The cells of an object.
    pub(super) fn cells(&self, object: ObjId) -> impl Iterator<Item = (Cell, ValueId)> + '_ {
        self.heap.iter().filter(move |(o, _, _)| *o == object).map(|(_, cell, value)| (*cell, *value))
    }

    /// Every place that holds `old` now holds `new`.
    pub(super) fn replace(&mut self, old: ValueId, new: ValueId) {
        for slot in &mut self.slots {
            if *slot == Some(old) {
                *slot = Some(new);
            }
        }
        if self.heap.iter().any(|(_, _, value)| *value == old) {
            for (_, _, value) in Rc::make_mut(&mut self.heap) {
                if *value == old {
                    *value = new;
                }
            }
        }
    }

    /// Remembers a condition on an input. `false`: it contradicts one that is known.
    pub(super) fn assume(&mut self, input: InputId, test: Test) -> bool {
        for (known_input, known) in self.conditions.iter() {
            if *known_input != input {
                continue;
            }
            if *known == test {
                return true;
            }
            let contradicts = match (*known, test) {
                (Test::Is(a), Test::Is(b)) => a != b,
                (Test::Is(a), Test::IsNot(b)) | (Test::IsNot(a), Test::Is(b)) => a == b,
                (Test::Null, Test::NotNull | Test::Is(_)) | (Test::NotNull | Test::Is(_), Test::Null) => true,
                _ => false,
            };
            if contradicts {
                return false;
            }
        }
        if self.conditions.len() < MAX_CONDITIONS {
            Rc::make_mut(&mut self.conditions).push((input, test));
        }
        true
    }
}
