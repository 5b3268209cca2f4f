//! Comparing, joining and trimming states. Must not know blocks or statements.

use super::frame::{Frame, ObjectKind};
use super::numeric::is_type_end;
use super::state::{Cell, Entry, Heap, State};
use super::value::{Null, ObjId, Value, ValueId};
use crate::ir::BlockId;
use index_vec::IndexVec;

/// Heaps smaller than this are not searched for garbage.
const GARBAGE_THRESHOLD: usize = 40;
/// Cells of a heap; beyond it the oldest are forgotten and the bound is reported.
pub(super) const MAX_HEAP: usize = 400;

/// What becomes of what differs where states are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Widen {
    /// The least that covers both.
    No,
    /// Ends of ranges that move are lost, and sets that grow.
    Ends,
    /// All is lost but taint and the ends that do not move: the next time around nothing is left to differ.
    All,
}

impl Frame<'_> {
    /// A state is reached again under other conditions: only what both have holds. What follows was seen under conditions
    /// that are none, and waits to be seen again without them; `true` if so. States kept apart wait before joined ones.
    pub(super) fn meet_again(&self, known: &mut State, state: &State, pending: &mut Vec<State>, is_joined: bool) -> bool {
        if known.conditions == state.conditions {
            return false;
        }
        let kept: Vec<_> = known.conditions.iter().filter(|condition| state.conditions.contains(condition)).copied().collect();
        if kept.len() == known.conditions.len() {
            return false;
        }
        known.conditions = std::rc::Rc::new(kept);
        if let Some(waiting) = pending.iter_mut().find(|waiting| self.same(waiting, known, false)) {
            waiting.conditions = known.conditions.clone();
            return false;
        }
        pending.insert(if is_joined { pending.len() } else { 0 }, known.clone());
        true
    }

    /// Forgets cells of objects that nothing live refers to. Statuses of resources stay: an object that nobody refers to
    /// any more may be a leak.
    pub(super) fn collect_garbage(&mut self, state: &mut State) {
        // What the last search left is not searched again before it has grown by half.
        if state.heap.entries().len() < GARBAGE_THRESHOLD.max(state.swept as usize / 2 * 3) {
            return;
        }
        self.steps += u32::try_from(state.heap.entries().len() / 16).unwrap_or(u32::MAX);
        let mut marked: IndexVec<ObjId, bool> = index_vec::index_vec![false; self.objects.len()];
        let mut reached: Vec<ObjId> = Vec::new();
        let mut reach = |objects: &[ObjId], reached: &mut Vec<ObjId>| {
            for &object in objects {
                if let Some(mark) = marked.get_mut(object)
                    && !std::mem::replace(mark, true)
                {
                    reached.push(object);
                }
            }
        };
        for (object, ..) in state.heap.entries() {
            if matches!(self.objects[*object].kind, ObjectKind::Input(_)) {
                reach(&[*object], &mut reached);
            }
        }
        for value in state.slots.iter().chain(&self.scratch).flatten().chain(&state.exception) {
            reach(&self.values[*value].objects, &mut reached);
        }
        while let Some(object) = reached.pop() {
            for (.., value) in state.heap.of_object(object) {
                reach(&self.values[*value].objects, &mut reached);
            }
            // What lambdas captured is referred to by the lambda.
            if let ObjectKind::Lambda(_, captured) = &self.objects[object].kind {
                for value in captured {
                    reach(&self.values[*value].objects, &mut reached);
                }
            }
        }
        let objects = &self.objects;
        state.heap.retain(|object, cell| {
            marked[object]
                || matches!(cell, Cell::Status(_))
                || matches!(objects[object].kind, ObjectKind::Storage(_) | ObjectKind::Answers)
        });
        let count = state.heap.entries().len();
        if count > MAX_HEAP {
            // The newest cells are the ones that code at hand works on.
            state.heap.drop_first(count - MAX_HEAP / 4 * 3);
            self.out.bound_hits += 1;
        }
        state.swept = u32::try_from(state.heap.entries().len()).unwrap_or(u32::MAX);
    }

    /// Whether two states say the same, whatever the ids of their values. `loosely`: also whatever opaque objects they
    /// refer to, since a loop makes new ones each time around.
    pub(super) fn same(&self, a: &State, b: &State, loosely: bool) -> bool {
        let same = |a: ValueId, b: ValueId| self.same_value(a, b) || loosely && self.same_loosely(a, b);
        a.slots.len() == b.slots.len()
            && a.slots.iter().zip(&b.slots).all(|pair| match pair {
                (Some(a), Some(b)) => same(*a, *b),
                (None, None) => true,
                _ => false,
            })
            && (a.heap.is_shared_with(&b.heap) || self.same_heap(a, b, loosely))
    }

    fn same_heap(&self, a: &State, b: &State, loosely: bool) -> bool {
        let same = |a: ValueId, b: ValueId| self.same_value(a, b) || loosely && self.same_loosely(a, b);
        if !loosely && a.heap.entries().len() != b.heap.entries().len() {
            return false;
        }
        let mut groups_b = Groups::of(b);
        Groups::of(a).all(|(object, cells)| {
            let others = groups_b.find(object);
            cells.iter().enumerate().all(|(at, (_, cell, value))| {
                loosely && self.objects[object].kind == ObjectKind::Opaque
                    || find_cell(others, *cell, at).is_some_and(|other| same(*value, other))
            })
        })
    }

    fn same_loosely(&self, a: ValueId, b: ValueId) -> bool {
        let opaque = |value: &Value| value.objects.iter().all(|object| self.objects[*object].kind == ObjectKind::Opaque);
        let (a, b) = (&self.values[a], &self.values[b]);
        opaque(a) && opaque(b) && same_range(a.range, b.range) && self.same_but_objects(a, b)
    }

    /// Whether two states say the same of what is live at a block.
    pub(super) fn same_at(&self, a: &State, b: &State, block: BlockId) -> bool {
        a.slots.len() == b.slots.len()
            && a.slots.iter().zip(&b.slots).enumerate().all(|(slot, pair)| match pair {
                (Some(a), Some(b)) if a != b => !self.liveness.is_live(block, slot) || self.same_value(*a, *b),
                (Some(_), Some(_)) | (None, None) => true,
                _ => !self.liveness.is_live(block, slot),
            })
            && (a.heap.is_shared_with(&b.heap) || self.same_heap(a, b, false))
    }

    pub(super) fn same_value(&self, a: ValueId, b: ValueId) -> bool {
        if a == b {
            return true;
        }
        let (a, b) = (&self.values[a], &self.values[b]);
        a.range == b.range && a.objects == b.objects && self.same_but_objects(a, b)
    }

    fn same_but_objects(&self, a: &Value, b: &Value) -> bool {
        a.consts == b.consts
            && std::mem::discriminant(&a.null) == std::mem::discriminant(&b.null)
            && a.not == b.not
            && a.prefix == b.prefix
            && a.offset == b.offset
            && a.ends == b.ends
            && a.input == b.input
            && a.marks.len() == b.marks.len()
            && a.marks.iter().zip(&b.marks).all(|(a, b)| a.origin == b.origin && a.kinds == b.kinds && a.cleared == b.cleared)
    }

    pub(super) fn join_states(&mut self, a: &State, b: &State, widen: Widen) -> State {
        let mut joined = State::new(a.slots.len());
        for (slot, place) in joined.slots.iter_mut().enumerate() {
            let (a, b) = (a.slots.get(slot).copied().flatten(), b.slots.get(slot).copied().flatten());
            *place = match (a, b) {
                (Some(a), Some(b)) => Some(self.join_values(a, b, widen)),
                _ => None,
            };
        }
        self.steps += 1;
        joined.swept = a.swept.max(b.swept);
        joined.heap = if a.heap.is_shared_with(&b.heap) { a.heap.clone() } else { self.join_heaps(a, b, widen) };
        joined.doubt = a.doubt || b.doubt;
        joined.uncertain = a.uncertain || b.uncertain;
        joined.conditions = if a.conditions == b.conditions {
            a.conditions.clone()
        } else {
            std::rc::Rc::new(a.conditions.iter().filter(|condition| b.conditions.contains(condition)).copied().collect())
        };
        joined
    }

    fn join_heaps(&mut self, a: &State, b: &State, widen: Widen) -> Heap {
        let cells = a.heap.entries().len().max(b.heap.entries().len());
        self.steps += u32::try_from(cells / 16).unwrap_or(u32::MAX);
        let mut heap: Vec<Entry> = Vec::with_capacity(cells + 8);
        let (mut groups_a, mut groups_b) = (Groups::of(a).peekable(), Groups::of(b).peekable());
        loop {
            let first = match (groups_a.peek(), groups_b.peek()) {
                (Some((a, _)), Some((b, _))) => *a.min(b),
                (Some((only, _)), None) | (None, Some((only, _))) => *only,
                (None, None) => break,
            };
            let cells_a = groups_a.next_if(|(object, _)| *object == first).map(|(_, cells)| cells).unwrap_or_default();
            let cells_b = groups_b.next_if(|(object, _)| *object == first).map(|(_, cells)| cells).unwrap_or_default();
            // Made on one way only: seen from a place that both ways reach, that object is as it was made.
            let as_made = (cells_a.is_empty() || cells_b.is_empty())
                && !matches!(self.objects[first].kind, ObjectKind::Input(_) | ObjectKind::Storage(_) | ObjectKind::Answers);
            // But whether it is there to be closed, no variable of the joined state tells.
            let forgets_status = as_made && !self.is_c();
            for (at, (object, cell, value)) in cells_a.iter().enumerate() {
                if forgets_status && matches!(cell, Cell::Status(_)) {
                    continue;
                }
                let value = match find_cell(cells_b, *cell, at) {
                    Some(other) => self.join_values(*value, other, widen),
                    None if as_made || self.has_no_other(first, *cell, cells_a, cells_b) => *value,
                    None => self.weaken(*value),
                };
                heap.push((*object, *cell, value));
            }
            for (at, (object, cell, value)) in cells_b.iter().enumerate() {
                if forgets_status && matches!(cell, Cell::Status(_)) {
                    continue;
                }
                if find_cell(cells_a, *cell, at).is_none() {
                    let value =
                        if as_made || self.has_no_other(first, *cell, cells_b, cells_a) { *value } else { self.weaken(*value) };
                    heap.push((*object, *cell, value));
                }
            }
        }
        Heap::of(heap)
    }

    /// The value, or something unknown: what a cell holds that only one of two joined states wrote.
    pub(super) fn weaken(&mut self, value: ValueId) -> ValueId {
        let known = &self.values[value];
        if known.consts.is_none()
            && known.null == Null::Unknown
            && known.range.is_none()
            && known.prefix.is_none()
            && known.input.is_none()
        {
            return value;
        }
        let weak = Value { marks: known.marks.clone(), objects: known.objects.clone(), ..Value::default() };
        self.value(weak)
    }

    pub(super) fn join_values(&mut self, a: ValueId, b: ValueId, widen: Widen) -> ValueId {
        if a == b || self.same_value(a, b) {
            return a;
        }
        let joined = match widen {
            Widen::All => self.values[a].forget_different(&self.values[b]),
            Widen::No | Widen::Ends => self.values[a].join(&self.values[b], widen == Widen::Ends),
        };
        if joined == self.values[a] {
            return a;
        }
        self.value(joined)
    }
}

/// Whether two ranges say the same, where an expression may have noted the ends of a type in a value of which nothing was known.
fn same_range(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> bool {
    let open = |range: Option<(i64, i64)>| {
        range.is_none_or(|(low, high)| {
            low <= i64::from(i32::MIN) && high >= i64::from(i32::MAX) && is_type_end(low) && is_type_end(high)
        })
    };
    a == b || open(a) && open(b)
}

/// A heap's cells, object after object.
struct Groups<'s> {
    rest: &'s [Entry],
}

impl<'s> Groups<'s> {
    fn of(state: &'s State) -> Groups<'s> {
        Groups { rest: state.heap.entries() }
    }

    /// The cells of an object; objects must be asked for in their order.
    fn find(&mut self, wanted: ObjId) -> &'s [Entry] {
        let skip = self.rest.iter().take_while(|(object, ..)| *object < wanted).count();
        self.rest = self.rest.get(skip..).unwrap_or_default();
        match self.rest.first() {
            Some((object, ..)) if *object == wanted => self.next().map(|(_, cells)| cells).unwrap_or_default(),
            _ => &[],
        }
    }
}

impl<'s> Iterator for Groups<'s> {
    type Item = (ObjId, &'s [Entry]);

    fn next(&mut self) -> Option<Self::Item> {
        let (first, ..) = *self.rest.first()?;
        let count = self.rest.iter().take_while(|(object, ..)| *object == first).count();
        let (cells, rest) = self.rest.split_at(count);
        self.rest = rest;
        Some((first, cells))
    }
}

/// A cell among an object's; two states' cells mostly stand at the same place.
fn find_cell(cells: &[Entry], wanted: Cell, likely: usize) -> Option<ValueId> {
    match cells.get(likely) {
        Some((_, cell, value)) if *cell == wanted => Some(*value),
        _ => cells.iter().find(|(_, cell, _)| *cell == wanted).map(|(.., value)| *value),
    }
}
