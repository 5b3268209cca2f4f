//! Makes a function's summary from the states it was left in. Must not know callers.

use smallvec::SmallVec;

use super::frame::{Frame, ObjectKind};
use super::interp::Exits;
use super::merge::Widen;
use super::state::{Cell, State, Test};
use super::summary::{MAX_OUTCOMES, NON_NULL, Outcome, SumMark, SumObject, SumValue, Summary, UNKNOWN};
use super::value::{InputId, Null, ObjId, Origin, Value, ValueId};
use crate::base::{FastMap, Symbol};

/// Objects beyond this depth from a result are not handed up.
const MAX_OBJECT_DEPTH: u8 = 4;
/// Returns told apart before outcomes are joined.
const MAX_KEPT: usize = 12;
/// Cells of inputs' objects that an outcome writes.
const MAX_WRITES: usize = 32;
/// Cells of an object handed up.
const MAX_CELLS: usize = 24;

struct Exporter<'f, 'a> {
    frame: &'f mut Frame<'a>,
    /// Objects of the state at hand that something outside the function refers to: others see to them.
    owned: Vec<ObjId>,
    summary: Summary,
    values: FastMap<ValueId, u32>,
    objects: FastMap<ObjId, u32>,
    /// Whether objects that were not made in view are told too: pages read their properties by name.
    opaque: bool,
}

impl Frame<'_> {
    /// The function's summary.
    pub(super) fn summarise(&mut self, exits: Exits) -> Summary {
        let latent = self.take_latent();
        let no_return = exits.returns.is_empty() && !exits.exhausted;
        let partial = exits.exhausted;
        let ways = self.merge(exits.returns);
        let many = ways.iter().any(|(state, _)| self.written(state).count() > MAX_WRITES);
        let mut exporter = Exporter::new(self, false);
        for (state, result) in &ways {
            let outcome = exporter.outcome(state, *result);
            exporter.summary.outcomes.push(outcome);
            exporter.values.clear();
            exporter.objects.clear();
        }
        let mut summary = exporter.summary;
        if self.is_c() {
            self.blur_conditional_releases(&mut summary);
        }
        summary.latent = latent;
        summary.keep_used_inputs(&self.inputs.raw);
        summary.no_return = no_return;
        summary.shrink();
        summary.partial = partial || many;
        if summary.outcomes.is_empty() && !no_return {
            summary.outcomes.push(Outcome::default());
        }
        summary
    }

    /// Values of a state, for code that is no caller.
    pub(super) fn export_values(&mut self, state: &State, values: &[(Symbol, ValueId)]) -> (Summary, Vec<(Symbol, u32)>) {
        let mut exporter = Exporter::new(self, true);
        let named = values.iter().map(|(name, value)| (*name, exporter.value(state, *value, 0))).collect();
        (exporter.summary, named)
    }

    /// Returns that give and write the same become one; too many become one anyway.
    fn merge(&mut self, returns: Vec<(State, Option<ValueId>)>) -> Vec<(State, Option<ValueId>)> {
        let mut kept: Vec<(State, Option<ValueId>)> = Vec::new();
        for (state, result) in returns {
            let known = kept.iter().position(|(other, value)| {
                let same_result = match (value, result) {
                    (Some(a), Some(b)) => self.same_value(*a, b),
                    (None, None) => true,
                    _ => false,
                };
                same_result && self.same_writes(other, &state)
            });
            match known {
                Some(at) => {
                    if let Some((other, _)) = kept.get_mut(at) {
                        let both: Vec<(InputId, Test)> =
                            other.conditions.iter().filter(|condition| state.conditions.contains(condition)).copied().collect();
                        other.conditions = std::rc::Rc::new(both);
                    }
                }
                None if kept.len() < MAX_KEPT => kept.push((state, result)),
                None => {
                    let Some((other, value)) = kept.pop() else { continue };
                    let joined = self.join_states(&other, &state, Widen::No);
                    let result = match (value, result) {
                        (Some(a), Some(b)) => Some(self.join_values(a, b, Widen::No)),
                        _ => None,
                    };
                    kept.push((joined, result));
                }
            }
        }
        if kept.len() <= MAX_OUTCOMES {
            return kept;
        }
        // In C the result mostly tells success from failure: what goes with each is kept apart.
        if self.is_c() && self.acquired.is_empty() {
            kept = self.merge_by_result(kept);
            if kept.len() <= MAX_OUTCOMES {
                return kept;
            }
        }
        let mut all = kept.into_iter();
        let Some((mut state, mut result)) = all.next() else { return Vec::new() };
        for (other, value) in all {
            state = self.join_states(&state, &other, Widen::No);
            result = match (result, value) {
                (Some(a), Some(b)) => Some(self.join_values(a, b, Widen::No)),
                _ => None,
            };
        }
        vec![(state, result)]
    }

    fn written<'s>(&'s self, state: &'s State) -> impl Iterator<Item = (InputId, ObjId, Cell, ValueId)> + 's {
        state.heap.entries().iter().filter_map(|(object, cell, value)| {
            let ObjectKind::Input(input) = self.objects[*object].kind else { return None };
            // A cell that was only read holds its own input.
            let read_only = self.values[*value].input.is_some_and(|own| {
                let (own, base) = (&self.inputs[own], &self.inputs[input]);
                own.root == base.root && own.path.len() == base.path.len() + 1 && own.path.last() == Some(cell)
            });
            (!read_only).then_some((input, *object, *cell, *value))
        })
    }

    fn same_writes(&self, a: &State, b: &State) -> bool {
        let count = self.written(a).count();
        count == self.written(b).count()
            && self
                .written(a)
                .all(|(_, object, cell, value)| b.cell(object, cell).is_some_and(|other| self.same_value(value, other)))
    }
}

impl<'f, 'a> Exporter<'f, 'a> {
    fn new(frame: &'f mut Frame<'a>, opaque: bool) -> Exporter<'f, 'a> {
        Exporter {
            frame,
            owned: Vec::new(),
            summary: Summary::default(),
            values: FastMap::default(),
            objects: FastMap::default(),
            opaque,
        }
    }
}

impl Exporter<'_, '_> {
    fn outcome(&mut self, state: &State, result: Option<ValueId>) -> Outcome {
        self.owned = if self.frame.is_c() { self.frame.owned_elsewhere(state) } else { Vec::new() };
        let ret = result.map(|value| self.value(state, value, 0));
        let written: Vec<_> = self.frame.written(state).take(MAX_WRITES).collect();
        let mut writes = Vec::with_capacity(written.len());
        for (input, _, cell, value) in written {
            let value = self.value(state, value, 0);
            writes.push((input.raw(), cell, value));
        }
        let conditions = state.conditions.iter().map(|(input, test)| (input.raw(), *test)).collect();
        Outcome { conditions, ret, writes }
    }

    fn value(&mut self, state: &State, id: ValueId, depth: u8) -> u32 {
        if let Some(plain) = self.plain(id) {
            return plain;
        }
        if let Some(&known) = self.values.get(&id) {
            return known;
        }
        let at = u32::try_from(self.summary.values.len()).unwrap_or(u32::MAX);
        self.values.insert(id, at);
        self.summary.values.push(SumValue::default());
        let value = self.frame.values[id].clone();
        let mut out = SumValue {
            consts: value.consts.as_deref().map(Box::from),
            null: value.null,
            range: value.range,
            prefix: value.prefix,
            offset: value.offset,
            ends: value.ends,
            // Nobody passes inputs to what is no caller.
            input: value.input.filter(|_| value.consts.is_none() && !self.opaque).map(InputId::raw),
            ..SumValue::default()
        };
        let mut marks = Vec::with_capacity(value.marks.len());
        for mark in &value.marks {
            let (input, source) = match mark.origin {
                Origin::Input(input) => (Some(input.raw()), None),
                Origin::Source(at) => (None, Some(at)),
            };
            marks.push(SumMark {
                input,
                source,
                kinds: mark.kinds,
                name: mark.name,
                cleared: mark.cleared,
                hops: self.frame.traces.hops(mark.path).into(),
                at_start: mark.at_start,
            });
        }
        out.marks = marks.into();
        let (mut objects, mut input_objects): (SmallVec<[u32; 8]>, SmallVec<[u32; 8]>) = (SmallVec::new(), SmallVec::new());
        for object in &value.objects {
            match self.frame.objects[*object].kind {
                ObjectKind::Input(input) => input_objects.push(input.raw()),
                ObjectKind::Opaque if self.opaque && depth < MAX_OBJECT_DEPTH => {
                    let object = self.object(state, *object, depth + 1);
                    objects.push(object);
                }
                ObjectKind::Allocated(_) | ObjectKind::Lambda(..) if depth < MAX_OBJECT_DEPTH => {
                    let object = self.object(state, *object, depth + 1);
                    objects.push(object);
                }
                _ => {}
            }
        }
        (out.objects, out.input_objects) = (objects.as_slice().into(), input_objects.as_slice().into());
        if let Some(place) = self.summary.values.get_mut(at as usize) {
            *place = out;
        }
        at
    }

    /// A value of which nothing is known needs no entry: half of all that functions hand up.
    fn plain(&self, id: ValueId) -> Option<u32> {
        let value = &self.frame.values[id];
        if !value.marks.is_empty() || value.consts.is_some() || value.input.is_some() {
            return None;
        }
        let opaque = value.objects.iter().all(|object| self.frame.objects[*object].kind == ObjectKind::Opaque);
        let place = match value.null {
            Null::Unknown => UNKNOWN,
            Null::No => NON_NULL,
            Null::Maybe(_) | Null::Yes(_) => return None,
        };
        let rest = Value { null: Null::Unknown, objects: smallvec::SmallVec::new(), predicate: None, ..value.clone() };
        (opaque && rest == Value::default()).then_some(place)
    }

    fn object(&mut self, state: &State, id: ObjId, depth: u8) -> u32 {
        if let Some(&known) = self.objects.get(&id) {
            return known;
        }
        let at = u32::try_from(self.summary.objects.len()).unwrap_or(u32::MAX);
        self.objects.insert(id, at);
        let object = &self.frame.objects[id];
        let lambda = match &object.kind {
            ObjectKind::Lambda(func, _) => Some(*func),
            _ => None,
        };
        let opaque = object.kind == ObjectKind::Opaque;
        let owned = self.owned.contains(&id);
        self.summary.objects.push(SumObject { class: object.class, cells: Vec::new(), owned, lambda, opaque });
        let cells: Vec<(Cell, ValueId)> =
            state.cells(id).filter(|(cell, _)| !(owned && matches!(cell, Cell::Status(_)))).take(MAX_CELLS).collect();
        let mut out = Vec::with_capacity(cells.len());
        for (cell, value) in cells {
            out.push((cell, self.value(state, value, depth)));
        }
        if let Some(place) = self.summary.objects.get_mut(at as usize) {
            place.cells = out;
        }
        at
    }
}
