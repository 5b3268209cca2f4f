//! Resources: what a call acquires must be released on every way out, once, and not be used afterwards.
//! Must not know which resources there are: models name them.

use super::call::CallView;
use super::frame::{Frame, ObjectKind};
use super::interp::Exits;
use super::nullness::is_answer;
use super::state::{Cell, State};
use super::summary::Root;
use super::trace::{Hop, steps};
use super::value::{ObjId, ValueId};
use crate::base::{FileSpan, Span, Symbol};
use crate::findings::StepKind;
use crate::ir::{CallId, CallKind};
use crate::program::FuncId;
use crate::rules::{ApiModel, Confidence, Slot, TypestateKind};

/// Status of a resource.
pub(super) const OPEN: i64 = 1;
pub(super) const RELEASED: i64 = 2;
/// Of any kind: code whose doings are unknown has had it.
pub(super) const UNKNOWN: i64 = 3;
/// In a C function of more blocks, joined states are no proof of a leak.
const MANY_BLOCKS: usize = 40;
impl Frame<'_> {
    /// What a modelled call does to resources.
    pub(super) fn resources(&mut self, state: &mut State, view: &CallView<'_>, model: &ApiModel, result: ValueId) {
        let mut replaced: Option<ValueId> = None;
        for (slot, kind) in &model.releases {
            for (value, _) in self.slot_values(view, *slot) {
                if self.is_c() {
                    self.check_freed(state, value, *kind, view.span, view.name);
                }
                let objects = self.resource_objects(value);
                if let [_, _, ..] = objects.as_slice() {
                    // One of several: which one is not known.
                    self.let_go(state, value);
                    continue;
                }
                for object in objects {
                    self.release(state, object, *kind, view, 0);
                    replaced = Some(value);
                }
            }
        }
        if view.call.kind == CallKind::New && model.acquires.is_none() {
            self.wrap(state, view, result);
        }
        let Some((slot, kind)) = model.acquires else { return };
        if view.call.kind == CallKind::Special && view.name == self.ctx.names.init {
            // `super(…)`: the resource is the object under construction, and whoever makes it has it.
            return;
        }
        // `realloc(p, 0)` frees.
        if replaced.is_some() && view.args.get(1).is_some_and(|size| self.values[*size].only_int() == Some(0)) {
            return;
        }
        let targets: Vec<ValueId> = match slot {
            Slot::Return => vec![result],
            other => self.slot_values(view, other).into_iter().map(|(value, _)| value).collect(),
        };
        for target in targets {
            let target = if self.is_c() && matches!(slot, Slot::Arg(_)) && kind.as_str() != "lock" {
                match self.out_parameter(state, target, view) {
                    Some(made) => {
                        // Whether there is anything is told by the result: a condition on it decides.
                        let objects = self.values[made].objects.clone();
                        self.values[result].objects.extend(objects);
                        made
                    }
                    None => continue,
                }
            } else {
                target
            };
            let object = match self.values[target].objects.as_slice() {
                [only] if !(self.is_c() && slot == Slot::Return) || model.allocates.is_some() => *only,
                _ => {
                    let object = self.allocation(view.span, 2, view.ty.name());
                    if self.is_c() {
                        self.renew(state, object);
                    }
                    self.values[target].objects = smallvec::SmallVec::from_buf([object]);
                    object
                }
            };
            // A wrapper takes over what it wraps.
            let wrapping = if self.is_c() { &[][..] } else { view.args.as_slice() };
            for &arg in wrapping {
                for inner in self.values[arg].objects.clone() {
                    if state.cells(inner).any(|(cell, _)| matches!(cell, Cell::Status(_))) {
                        state.drop_cells(inner, |cell| matches!(cell, Cell::Status(_)));
                        state.set_cell(object, Cell::Field(self.ctx.names.wrapped), arg);
                    }
                }
            }
            if let Some(replaced) = replaced {
                state.set_cell(object, Cell::Field(self.ctx.names.replaced), replaced);
            }
            if model.op.is_some_and(|op| op.as_str() == "resource.part")
                && let Some(receiver) = view.receiver
                && let [whole] = self.objects_of(receiver).as_slice()
                && *whole != object
            {
                // Closed with what it was got from, it is as if that were made of it.
                state.set_cell(*whole, Cell::Field(self.ctx.names.wrapped), target);
            }
            self.check_lock(state, (object, kind), model, view, result);
            let status = self.int(OPEN);
            state.set_cell(object, Cell::Status(kind), status);
            self.acquired.insert((object, kind), self.at(view.span));
            for rule in self.ctx.typestate_rules(TypestateKind::Leak, kind, self.language()) {
                self.examine(rule, view.span);
            }
        }
    }

    /// What a call stores through a C out-parameter: a new pointer in the variable whose address it was given.
    fn out_parameter(&mut self, state: &mut State, target: ValueId, view: &CallView<'_>) -> Option<ValueId> {
        let [holder] = self.values[target].objects.as_slice() else { return None };
        let holder = *holder;
        let ObjectKind::Storage(local) = self.objects[holder].kind else { return None };
        if matches!(self.local_type(local).get(), crate::ir::Ty::Record { .. } | crate::ir::Ty::Array(..)) {
            return Some(target);
        }
        let object = self.allocation(view.span, 2, None);
        self.renew(state, object);
        let made = self.value(super::value::Value { objects: smallvec::SmallVec::from_buf([object]), ..Default::default() });
        state.set_cell(holder, Cell::Index(0), made);
        Some(made)
    }

    /// A new object made of an open resource: closing the one closes the other.
    fn wrap(&mut self, state: &mut State, view: &CallView<'_>, result: ValueId) {
        let [object] = self.values[result].objects.as_slice() else { return };
        let object = *object;
        for &arg in &view.args {
            let open = |inner: &ObjId| {
                state
                    .cells(*inner)
                    .any(|(cell, _)| matches!(cell, Cell::Status(_)) || cell == Cell::Field(self.ctx.names.wrapped))
            };
            let writes = self.objects[object].class.is_some_and(|class| class.as_str().ends_with("Writer"));
            if writes && !self.values[arg].objects.is_empty() || self.values[arg].objects.iter().any(open) {
                state.set_cell(object, Cell::Field(self.ctx.names.wrapped), arg);
            }
        }
    }

    fn release(&mut self, state: &mut State, object: ObjId, kind: Symbol, view: &CallView<'_>, depth: u8) {
        self.check_unlock(state, (object, kind), view);
        if let Some(status) = state.cell(object, Cell::Status(kind)) {
            let rules = self.ctx.typestate_rules(TypestateKind::DoubleRelease, kind, self.language());
            for rule in rules {
                self.examine(rule, view.span);
                if self.values[status].only_int() == Some(RELEASED) {
                    let steps = steps(&self.life(object, kind, view.span), &None);
                    let at = self.at(view.span);
                    self.report(rule, at, self.id, None, vec![("callee", view.name.as_str().to_owned())], steps);
                }
            }
        }
        if self.may_be_several(state, object) {
            state.drop_cells(object, |cell| matches!(cell, Cell::Status(_)));
            return;
        }
        let released = self.int(RELEASED);
        state.set_cell(object, Cell::Status(kind), released);
        self.released.insert((object, kind), self.at(view.span));
        if depth < 8
            && let Some(wrapped) = state.cell(object, Cell::Field(self.ctx.names.wrapped))
        {
            for inner in self.values[wrapped].objects.clone() {
                self.release(state, inner, kind, view, depth + 1);
            }
        }
    }

    /// An acquisition turns out to have failed: nothing was opened, and what it would have taken the place of is as it was.
    pub(super) fn not_acquired(&mut self, state: &mut State, object: ObjId) {
        state.drop_cells(object, |cell| matches!(cell, Cell::Status(_)));
        let link = Cell::Field(self.ctx.names.replaced);
        let Some(replaced) = state.cell(object, link) else { return };
        state.drop_cells(object, |cell| cell == link);
        let open = self.int(OPEN);
        for before in self.values[replaced].objects.clone() {
            let kinds: Vec<Cell> =
                state.cells(before).map(|(cell, _)| cell).filter(|cell| matches!(cell, Cell::Status(_))).collect();
            for kind in kinds {
                state.set_cell(before, kind, open);
            }
        }
    }

    /// A callee changed the status of what it was passed.
    pub(super) fn set_status(&mut self, state: &mut State, objects: &[ObjId], kind: Symbol, status: ValueId, span: Span) {
        if kind == self.ctx.names.any {
            self.let_go_of(state, objects);
            return;
        }
        let several = objects.len() > 1 || objects.iter().any(|object| self.may_be_several(state, *object));
        for &object in objects {
            // Released on some ways only, it is no longer for certain open, and nor is what it wraps.
            if let Some(wrapped) = state.cell(object, Cell::Field(self.ctx.names.wrapped))
                && self.values[status].only_int() != Some(OPEN)
            {
                // What closes one closes what it is made of; the open ones only, so that this ends.
                let is_open = |inner: &ObjId| {
                    state.cell(*inner, Cell::Status(kind)).is_some_and(|known| self.values[known].only_int() == Some(OPEN))
                        || state.cell(*inner, Cell::Status(kind)).is_none()
                            && state.cell(*inner, Cell::Field(self.ctx.names.wrapped)).is_some()
                };
                let inner: Vec<ObjId> =
                    self.values[wrapped].objects.iter().copied().filter(|inner| *inner != object && is_open(inner)).collect();
                if several {
                    inner.iter().for_each(|inner| state.drop_cells(*inner, |cell| matches!(cell, Cell::Status(_))));
                } else {
                    // Set before going on, so that a ring of wrappers ends.
                    state.set_cell(object, Cell::Status(kind), status);
                    self.set_status(state, &inner, kind, status, span);
                }
            }
            if several {
                state.drop_cells(object, |cell| matches!(cell, Cell::Status(_)));
                continue;
            }
            state.set_cell(object, Cell::Status(kind), status);
            let at = self.at(span);
            let is_released = self.values[status].only_int() == Some(RELEASED);
            if !is_released && matches!(self.objects[object].kind, ObjectKind::Input(_)) {
                continue;
            }
            let known = if is_released { &mut self.released } else { &mut self.acquired };
            known.entry((object, kind)).or_insert(at);
        }
    }

    fn life(&self, object: ObjId, kind: Symbol, here: Span) -> Vec<Hop> {
        let mut steps = self.life_before(object, kind);
        steps.push(self.hop(here, StepKind::Sink, kind));
        steps
    }

    /// A value is used: not if what it points to has been released.
    pub(super) fn check_released(&mut self, state: &State, value: ValueId, span: Span, name: &str) {
        if self.memory.addresses.contains(&value) {
            return;
        }
        for object in self.values[value].objects.clone() {
            let statuses: Vec<(Symbol, ValueId)> = state
                .cells(object)
                .filter_map(|(cell, value)| match cell {
                    Cell::Status(kind) => Some((kind, value)),
                    _ => None,
                })
                .collect();
            for (kind, status) in statuses {
                for rule in self.ctx.typestate_rules(TypestateKind::UseAfterRelease, kind, self.language()) {
                    self.examine(rule, span);
                    if self.values[status].only_int() == Some(RELEASED) {
                        let steps = steps(&self.life(object, kind, span), &None);
                        let at = self.at(span);
                        self.report(
                            rule,
                            at,
                            self.id,
                            self.released.get(&(object, kind)).copied(),
                            vec![("name", name.to_owned())],
                            steps,
                        );
                    }
                }
            }
        }
    }

    /// What a value stands for as a resource; a C number that was passed in may be a descriptor.
    pub(super) fn resource_objects(&mut self, value: ValueId) -> smallvec::SmallVec<[ObjId; 1]> {
        let known = &self.values[value];
        if let (true, true, Some(input)) = (self.is_c(), known.objects.is_empty() && known.consts.is_none(), known.input)
            && matches!(self.inputs[input].path.as_slice(), [] | [Cell::Index(0)])
            && !matches!(known.null, super::value::Null::Yes(_))
        {
            let object = self.input_object(input);
            self.values[value].objects.push(object);
        }
        self.values[value].objects.clone()
    }

    /// Resources still open where the function returns, and that nobody outside can reach.
    pub(super) fn check_leaks(&mut self, exits: &Exits) {
        // Joined states of C no longer tell which way out goes with which resource.
        if self.acquired.is_empty() || self.is_c() && self.lossy && self.body.blocks.len() > MANY_BLOCKS {
            return;
        }
        let mut leaks: Vec<(FileSpan, Symbol)> = Vec::new();
        for (state, result) in &exits.returns {
            let reachable = self.escaping(state, *result);
            for (object, cell, status) in state.heap.entries().iter() {
                let Cell::Status(kind) = cell else { continue };
                if self.values[*status].only_int() != Some(OPEN) || reachable.contains(object) {
                    continue;
                }
                if let Some(at) = self.acquired.get(&(*object, *kind)) {
                    if self.is_c() && kind.as_str() == "lock" && !self.locks_here(*object, *kind) {
                        continue;
                    }
                    leaks.push((*at, *kind));
                }
            }
        }
        leaks.sort_by_key(|(at, kind)| (*at, kind.as_str()));
        leaks.dedup();
        let certain = leaks.len();
        // Closed on the normal way, but left open where an exception goes out.
        for (object, kind) in std::mem::take(&mut self.open_on_exception) {
            let meant_to_close = self.released.contains_key(&(object, kind));
            if let (Some(at), true) = (self.acquired.get(&(object, kind)), meant_to_close)
                && !leaks.contains(&(*at, kind))
            {
                leaks.push((*at, kind));
            }
        }
        leaks.get_mut(certain..).unwrap_or_default().sort_by_key(|(at, kind)| (*at, kind.as_str()));
        for (index, (at, kind)) in leaks.into_iter().enumerate() {
            for rule in self.ctx.typestate_rules(TypestateKind::Leak, kind, self.language()) {
                let step = Hop { at, kind: StepKind::Acquire, name: kind };
                let args = vec![("name", kind.as_str().to_owned())];
                if let Some(finding) = self.report(rule, at, self.id, None, args, steps(&[step], &None))
                    && index >= certain
                {
                    finding.confidence = finding.confidence.min(Confidence::Medium);
                }
            }
        }
    }

    /// A helper that closes what it is given does so for all of it: the way on which its loop finds nothing is for
    /// callers that give nothing.
    pub(super) fn settle_closing(&mut self, callee: FuncId, ways: &mut [(State, ValueId)]) {
        let name = self.ctx.program.function(callee).1.name.as_str().to_ascii_lowercase();
        if !["close", "release", "dispose", "cleanup"].iter().any(|word| name.contains(word)) {
            return;
        }
        // Closed as one of several, it has no status any more.
        let mut settled: Vec<(ObjId, Cell)> = Vec::new();
        for (state, _) in ways.iter() {
            for (object, cell, status) in state.heap.entries().iter() {
                if matches!(cell, Cell::Status(_))
                    && self.values[*status].only_int() == Some(OPEN)
                    && ways.iter().any(|(other, _)| other.cell(*object, *cell).is_none())
                {
                    settled.push((*object, *cell));
                }
            }
        }
        for (object, cell) in settled {
            ways.iter_mut().for_each(|(state, _)| state.drop_cells(object, |known| known == cell));
        }
        let mut released: Vec<(ObjId, Cell, ValueId)> = Vec::new();
        for (state, _) in ways.iter() {
            let closed = |(_, cell, status): &&(ObjId, Cell, ValueId)| {
                matches!(cell, Cell::Status(_)) && self.values[*status].only_int() != Some(OPEN)
            };
            released.extend(state.heap.entries().iter().filter(closed));
        }
        for (state, _) in ways {
            for (object, cell, status) in &released {
                if state.cell(*object, *cell).is_some() {
                    state.set_cell(*object, *cell, *status);
                }
            }
        }
    }

    /// What is released in one state counts as released in another.
    pub(super) fn keep_released(&mut self, before: &mut State, after: &State) {
        for (object, cell, status) in after.heap.entries().iter() {
            if matches!(cell, Cell::Status(_))
                && self.values[*status].only_int() == Some(RELEASED)
                && before.cell(*object, *cell).is_some()
            {
                before.set_cell(*object, *cell, *status);
            }
        }
    }

    /// An exception leaves the function here: what is open stays open.
    pub(super) fn note_open(&mut self, state: &State) {
        if self.is_c() {
            return;
        }
        let reachable = self.escaping(state, None);
        for (object, cell, status) in state.heap.entries().iter() {
            let Cell::Status(kind) = cell else { continue };
            let known = self.open_on_exception.contains(&(*object, *kind));
            if !known && self.values[*status].only_int() == Some(OPEN) && !reachable.contains(object) {
                self.open_on_exception.push((*object, *kind));
            }
        }
    }

    /// The same where a call may throw what the language makes its callers expect.
    pub(super) fn note_open_at_call(&mut self, state: &State, call: CallId) {
        if !self.is_c() && self.throws_checked(call) {
            self.note_open(state);
        }
    }

    /// C: objects that something outside the function refers to: that, not the caller, is asked to free them.
    pub(super) fn owned_elsewhere(&self, state: &State) -> Vec<ObjId> {
        self.reachable(state, None, |cell| !matches!(cell, Cell::Status(_)))
    }

    /// Whether a lock is this function's own business: it releases it on some way, or it is one global lock. A function
    /// that only locks what it is given is a lock function.
    fn locks_here(&self, object: ObjId, kind: Symbol) -> bool {
        self.released.contains_key(&(object, kind))
            || match self.objects[object].kind {
                ObjectKind::Input(input) => {
                    let input = &self.inputs[input];
                    matches!(input.root, Root::Global(_)) && input.path.len() <= 1
                }
                _ => true,
            }
    }

    /// Objects that the result or anything outside the function refers to.
    fn escaping(&self, state: &State, result: Option<ValueId>) -> Vec<ObjId> {
        self.reachable(state, result, |cell| !matches!(cell, Cell::Status(_)))
    }

    fn reachable(&self, state: &State, result: Option<ValueId>, counts: impl Fn(&Cell) -> bool) -> Vec<ObjId> {
        let mut reached: Vec<ObjId> = Vec::new();
        let push = |reached: &mut Vec<ObjId>, value: ValueId| {
            for object in &self.values[value].objects {
                if !reached.contains(object) {
                    reached.push(*object);
                }
            }
        };
        if let Some(result) = result {
            push(&mut reached, result);
        }
        for (object, cell, value) in state.heap.entries().iter() {
            let outside = match self.objects[*object].kind {
                ObjectKind::Input(_) => !is_answer(*cell),
                // What is not known holds nothing that was got from it.
                ObjectKind::Opaque => *cell != Cell::Field(self.ctx.names.wrapped),
                _ => false,
            };
            if outside && counts(cell) {
                push(&mut reached, *value);
            }
        }
        let mut next = 0;
        while let Some(&object) = reached.get(next) {
            next += 1;
            for (_, value) in state.cells(object) {
                push(&mut reached, value);
            }
        }
        reached
    }
}
