//! The state at a program point: what each slot and each known heap cell holds, and under which condition on the
//! function's inputs. Must not know statements or rules.

use std::rc::Rc;

use super::relations::{Relation, contradict};
use super::value::{Cleared, InputId, Konst, ObjId, ValueId};
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
    /// C: bytes of allocated memory.
    Bytes,
    /// C: characters before the terminator, from the start of the memory.
    Length,
    /// C: so many characters from the start are no terminators, and none is known behind them.
    Filled,
    /// C: what a call has read into it may leave no room for a terminator.
    Open,
    /// C: elements from the start that have a value, of memory that had none when it was made.
    Written,
    /// C: code that is not in view may have written it.
    Exposed,
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
    /// It has passed a check: no more is in it than such a sanitizer leaves.
    Checked(Cleared),
    /// C: some of these bits are set, or none is.
    Bits(i64, bool),
    /// C: how it stands to another input.
    Against(Relation, InputId),
}

/// What a heap cell holds.
pub(super) type Entry = (ObjId, Cell, ValueId);

/// Heap cells, one entry a cell, ordered by object and, within one, by when they were first written. Cloning shares;
/// the first write to a shared heap copies it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Heap {
    #[expect(clippy::rc_buffer, reason = "grown in place where it is not shared")]
    entries: Rc<Vec<Entry>>,
}

impl Heap {
    /// Of entries in order.
    pub(super) fn of(entries: Vec<Entry>) -> Heap {
        Heap { entries: Rc::new(entries) }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether both are one allocation, and so surely equal.
    pub(super) fn is_shared_with(&self, other: &Heap) -> bool {
        Rc::ptr_eq(&self.entries, &other.entries)
    }

    /// Where an object's cells start. Most work is on the newest objects, which stand at the end.
    fn start(&self, object: ObjId) -> usize {
        match self.entries.last() {
            Some((last, ..)) if *last < object => self.entries.len(),
            _ => self.entries.partition_point(|(other, ..)| *other < object),
        }
    }

    /// The cells of an object.
    pub(super) fn of_object(&self, object: ObjId) -> &[Entry] {
        let rest = self.entries.get(self.start(object)..).unwrap_or_default();
        let count = rest.iter().take_while(|(other, ..)| *other == object).count();
        rest.get(..count).unwrap_or_default()
    }

    fn set(&mut self, object: ObjId, cell: Cell, value: ValueId) {
        let start = self.start(object);
        let mut end = start;
        while let Some((other, known, held)) = self.entries.get(end)
            && *other == object
        {
            if *known == cell {
                if *held != value {
                    Rc::make_mut(&mut self.entries)[end].2 = value;
                }
                return;
            }
            end += 1;
        }
        self.own().insert(end, (object, cell, value));
    }

    /// The cells to change. What is shared is copied with some room: what is written once is mostly written again.
    fn own(&mut self) -> &mut Vec<Entry> {
        const ROOM: usize = 8;
        if Rc::get_mut(&mut self.entries).is_none() {
            let mut copy = Vec::with_capacity(self.entries.len() + ROOM);
            copy.extend_from_slice(&self.entries);
            self.entries = Rc::new(copy);
        }
        Rc::make_mut(&mut self.entries)
    }

    /// All cells, to change those of one object, and where these are. The order of [`Heap`] must stay.
    pub(super) fn edit(&mut self, object: ObjId) -> (&mut Vec<Entry>, std::ops::Range<usize>) {
        let start = self.start(object);
        let count = self.entries.iter().skip(start).take_while(|(other, ..)| *other == object).count();
        (self.own(), start..start + count)
    }

    /// Drops so many cells of the oldest objects.
    pub(super) fn drop_first(&mut self, count: usize) {
        let count = count.min(self.entries.len());
        Rc::make_mut(&mut self.entries).drain(..count);
    }

    /// Keeps the cells that a test picks.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(ObjId, Cell) -> bool) {
        if self.entries.iter().any(|(object, cell, _)| !keep(*object, *cell)) {
            Rc::make_mut(&mut self.entries).retain(|(object, cell, _)| keep(*object, *cell));
        }
    }
}

/// A state. Cloning copies the slots and shares the heap.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    /// By slot; `None`: not assigned or dead.
    pub(super) slots: Vec<Option<ValueId>>,
    pub(super) heap: Heap,
    #[expect(clippy::rc_buffer, reason = "grown in place where it is not shared")]
    /// All hold on the way here.
    pub(super) conditions: Rc<Vec<(InputId, Test)>>,
    /// The exception in flight, in handlers.
    pub(super) exception: Option<ValueId>,
    /// Since the loop at hand was entered, some branch was not decided.
    pub(super) doubt: bool,
    /// C: some branch on the way here was decided by what no input tells.
    pub(super) uncertain: bool,
    /// How many heap cells the last search for garbage left.
    pub(super) swept: u32,
}

/// More conditions than this are not remembered: dropping one only makes the summary less exact.
const MAX_CONDITIONS: usize = 12;

impl State {
    pub(super) fn new(slot_count: usize) -> State {
        State {
            slots: vec![None; slot_count],
            heap: Heap::default(),
            conditions: Rc::default(),
            exception: None,
            doubt: false,
            uncertain: false,
            swept: 0,
        }
    }

    /// A heap cell.
    pub(super) fn cell(&self, object: ObjId, cell: Cell) -> Option<ValueId> {
        self.heap.of_object(object).iter().find(|(_, known, _)| *known == cell).map(|(.., value)| *value)
    }

    /// Writes a heap cell.
    pub(super) fn set_cell(&mut self, object: ObjId, cell: Cell, value: ValueId) {
        self.heap.set(object, cell, value);
    }

    /// Drops cells of an object that a test picks.
    pub(super) fn drop_cells(&mut self, object: ObjId, mut pick: impl FnMut(Cell) -> bool) {
        if !self.heap.of_object(object).iter().any(|(_, cell, _)| pick(*cell)) {
            return;
        }
        let (entries, place) = self.heap.edit(object);
        let mut kept = place.start;
        for at in place.clone() {
            if entries.get(at).is_some_and(|(_, cell, _)| !pick(*cell)) {
                entries.swap(kept, at);
                kept += 1;
            }
        }
        entries.drain(kept..place.end);
    }

    /// The cells of an object.
    pub(super) fn cells(&self, object: ObjId) -> impl Iterator<Item = (Cell, ValueId)> + '_ {
        self.heap.of_object(object).iter().map(|(_, cell, value)| (*cell, *value))
    }

    /// Every place that holds `old` now holds `new`.
    pub(super) fn replace(&mut self, old: ValueId, new: ValueId) {
        for slot in &mut self.slots {
            if *slot == Some(old) {
                *slot = Some(new);
            }
        }
        if self.heap.entries.iter().any(|(_, _, value)| *value == old) {
            for (_, _, value) in Rc::make_mut(&mut self.heap.entries) {
                if *value == old {
                    *value = new;
                }
            }
        }
    }

    /// How many conditions say something of one input by itself.
    pub(super) fn told(&self) -> usize {
        self.conditions.iter().filter(|(_, test)| !matches!(test, Test::Against(..))).count()
    }

    /// Whether what is known of an input's bits, or how it stands to others, contradicts a test.
    pub(super) fn denies(&self, input: InputId, test: Test) -> bool {
        self.conditions.iter().any(|(known, other)| *known == input && contradict(*other, test))
    }

    /// What was put in the place of any element of something goes back to what it was.
    pub(super) fn restore_elements(&mut self, new: ValueId, old: ValueId) {
        let of_elements = |(_, cell, value): &(ObjId, Cell, ValueId)| *cell == Cell::Elements && *value == new;
        if self.heap.entries.iter().any(of_elements) {
            Rc::make_mut(&mut self.heap.entries).iter_mut().filter(|entry| of_elements(entry)).for_each(|entry| entry.2 = old);
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
                (Test::AtMost(most), Test::AtLeast(least)) | (Test::AtLeast(least), Test::AtMost(most)) => most < least,
                (Test::Null, Test::NotNull | Test::Is(_)) | (Test::NotNull | Test::Is(_), Test::Null) => true,
                (a, b) => contradict(a, b),
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
