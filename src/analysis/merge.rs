//! Comparing, joining and trimming states. Must not know blocks or statements.

use super::frame::{Frame, ObjectKind};
use super::state::{Cell, State};
use super::value::{Null, ObjId, Value, ValueId};
use crate::base::{FastMap, FastSet};

/// Heaps smaller than this are not searched for garbage.
const GARBAGE_THRESHOLD: usize = 40;
/// Cells of a heap; beyond it the oldest are forgotten and the bound is reported.
const MAX_HEAP: usize = 600;

impl Frame<'_> {
    /// Forgets cells of objects that nothing live refers to. Statuses of resources stay: an object that nobody refers to
    /// any more may be a leak.
    pub(super) fn collect_garbage(&mut self, state: &mut State) {
        if state.heap.len() < GARBAGE_THRESHOLD {
            return;
        }
        self.steps += u32::try_from(state.heap.len() / 4).unwrap_or(u32::MAX);
        let mut cells: FastMap<ObjId, smallvec::SmallVec<[ValueId; 4]>> = FastMap::default();
        let mut reached: Vec<ObjId> = Vec::new();
        let mut marked: FastSet<ObjId> = FastSet::default();
        for (object, _, value) in state.heap.iter() {
            cells.entry(*object).or_default().push(*value);
            if matches!(self.objects[*object].kind, ObjectKind::Input(_)) && marked.insert(*object) {
                reached.push(*object);
            }
        }
        for value in state.slots.iter().flatten().chain(&state.exception) {
            reached.extend(self.values[*value].objects.iter().copied().filter(|object| marked.insert(*object)));
        }
        let mut next = 0;
        while let Some(&object) = reached.get(next) {
            next += 1;
            // What lambdas captured is referred to by the lambda.
            let captured = match &self.objects[object].kind {
                ObjectKind::Lambda(_, captured) => captured.as_slice(),
                _ => &[],
            };
            for value in cells.get(&object).into_iter().flatten().chain(captured) {
                reached.extend(self.values[*value].objects.iter().copied().filter(|object| marked.insert(*object)));
            }
        }
        let objects = &self.objects;
        let keep = |object: ObjId, cell: Cell| {
            marked.contains(&object) || matches!(cell, Cell::Status(_)) || matches!(objects[object].kind, ObjectKind::Storage(_))
        };
        if state.heap.iter().any(|(object, cell, _)| !keep(*object, *cell)) {
            std::rc::Rc::make_mut(&mut state.heap).retain(|(object, cell, _)| keep(*object, *cell));
        }
        if state.heap.len() > MAX_HEAP {
            // The newest cells are the ones that code at hand works on.
            let surplus = state.heap.len() - MAX_HEAP;
            std::rc::Rc::make_mut(&mut state.heap).drain(..surplus);
            self.out.bound_hits += 1;
        }
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
            && (std::rc::Rc::ptr_eq(&a.heap, &b.heap)
                || !loosely
                    && a.heap.len() == b.heap.len()
                    && a.heap.iter().zip(b.heap.iter()).all(|(x, y)| x.0 == y.0 && x.1 == y.1 && same(x.2, y.2))
                || (loosely || a.heap.len() == b.heap.len()) && {
                    let cells = Cells::of(b);
                    a.heap.iter().all(|(object, cell, value)| {
                        loosely && self.objects[*object].kind == ObjectKind::Opaque
                            || cells.get(b, *object, *cell).is_some_and(|other| same(*value, other))
                    })
                })
    }

    fn same_loosely(&self, a: ValueId, b: ValueId) -> bool {
        let opaque = |value: &Value| value.objects.iter().all(|object| self.objects[*object].kind == ObjectKind::Opaque);
        let (a, b) = (&self.values[a], &self.values[b]);
        opaque(a) && opaque(b) && self.same_but_objects(a, b)
    }

    pub(super) fn same_value(&self, a: ValueId, b: ValueId) -> bool {
        if a == b {
            return true;
        }
        let (a, b) = (&self.values[a], &self.values[b]);
        a.objects == b.objects && self.same_but_objects(a, b)
    }

    fn same_but_objects(&self, a: &Value, b: &Value) -> bool {
        a.consts == b.consts
            && std::mem::discriminant(&a.null) == std::mem::discriminant(&b.null)
            && a.range == b.range
            && a.prefix == b.prefix
            && a.input == b.input
            && a.marks.len() == b.marks.len()
            && a.marks.iter().zip(&b.marks).all(|(a, b)| a.origin == b.origin && a.kinds == b.kinds && a.cleared == b.cleared)
    }

    pub(super) fn join_states(&mut self, a: &State, b: &State, widen: bool) -> State {
        let mut joined = State::new(a.slots.len());
        for (slot, place) in joined.slots.iter_mut().enumerate() {
            let (a, b) = (a.slots.get(slot).copied().flatten(), b.slots.get(slot).copied().flatten());
            *place = match (a, b) {
                (Some(a), Some(b)) => Some(self.join_values(a, b, widen)),
                _ => None,
            };
        }
        self.steps += 1 + u32::try_from((a.heap.len() + b.heap.len()) / 4).unwrap_or(u32::MAX);
        let mut heap = Vec::with_capacity(a.heap.len());
        let (cells_a, cells_b) = (Cells::of(a), Cells::of(b));
        for (object, cell, value) in a.heap.iter() {
            match cells_b.get(b, *object, *cell) {
                Some(other) => {
                    let value = self.join_values(*value, other, widen);
                    heap.push((*object, *cell, value));
                }
                // Made on one way only: seen from a place that both ways reach, that object is as it was made.
                None if matches!(self.objects[*object].kind, ObjectKind::Allocated(_) | ObjectKind::Lambda(..)) => {
                    let value = if cells_b.has(b, *object) { self.weaken(*value) } else { *value };
                    heap.push((*object, *cell, value));
                }
                None => {
                    let value = self.weaken(*value);
                    heap.push((*object, *cell, value));
                }
            }
        }
        for (object, cell, value) in b.heap.iter() {
            if cells_a.get(a, *object, *cell).is_none() {
                let fresh = !cells_a.has(a, *object);
                let value = if fresh { *value } else { self.weaken(*value) };
                heap.push((*object, *cell, value));
            }
        }
        joined.heap = std::rc::Rc::new(heap);
        joined.conditions = if a.conditions == b.conditions {
            a.conditions.clone()
        } else {
            std::rc::Rc::new(a.conditions.iter().filter(|condition| b.conditions.contains(condition)).copied().collect())
        };
        joined
    }

    /// The value, or something unknown: what a cell holds that only one of two joined states wrote.
    fn weaken(&mut self, value: ValueId) -> ValueId {
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

    pub(super) fn join_values(&mut self, a: ValueId, b: ValueId, widen: bool) -> ValueId {
        if a == b || self.same_value(a, b) {
            return a;
        }
        let joined = self.values[a].join(&self.values[b], widen);
        if joined == self.values[a] {
            return a;
        }
        self.value(joined)
    }
}

/// Cells by object and cell, and the objects that have any.
type ByKey = (FastMap<(ObjId, Cell), ValueId>, FastSet<ObjId>);

/// A heap's cells by key, where there are too many to search one after another.
struct Cells {
    by_key: Option<ByKey>,
}

impl Cells {
    fn of(state: &State) -> Cells {
        let large = state.heap.len() > 48;
        Cells {
            by_key: large.then(|| {
                let cells = state.heap.iter().map(|(object, cell, value)| ((*object, *cell), *value)).collect();
                (cells, state.heap.iter().map(|(object, ..)| *object).collect())
            }),
        }
    }

    fn get(&self, state: &State, object: ObjId, cell: Cell) -> Option<ValueId> {
        match &self.by_key {
            Some((cells, _)) => cells.get(&(object, cell)).copied(),
            None => state.cell(object, cell),
        }
    }

    fn has(&self, state: &State, object: ObjId) -> bool {
        match &self.by_key {
            Some((_, objects)) => objects.contains(&object),
            None => state.heap.iter().any(|(other, ..)| *other == object),
        }
    }
}
