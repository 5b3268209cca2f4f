//! Resources: what a call acquires must be released on every way out, once, and not be used afterwards.
//! Must not know which resources there are: models name them.

use super::call::CallView;
use super::frame::{Frame, ObjectKind};
use super::interp::Exits;
use super::state::{Cell, State};
use super::trace::{Hop, steps};
use super::value::{ObjId, ValueId};
use crate::base::{FileSpan, Span, Symbol};
use crate::findings::StepKind;
use crate::rules::{ApiModel, Slot, TypestateKind};

/// Status of a resource.
const OPEN: i64 = 1;
const RELEASED: i64 = 2;

impl Frame<'_> {
    /// What a modelled call does to resources.
    pub(super) fn resources(&mut self, state: &mut State, view: &CallView<'_>, model: &ApiModel, result: ValueId) {
        for (slot, kind) in &model.releases {
            for (value, _) in self.slot_values(view, *slot) {
                for object in self.values[value].objects.clone() {
                    self.release(state, object, *kind, view, 0);
                }
            }
        }
        let Some((slot, kind)) = model.acquires else { return };
        let targets: Vec<ValueId> = match slot {
            Slot::Return => vec![result],
            other => self.slot_values(view, other).into_iter().map(|(value, _)| value).collect(),
        };
        for target in targets {
            let object = match self.values[target].objects.as_slice() {
                [only] => *only,
                _ => {
                    let object = self.allocation(view.span, 2, view.ty.name());
                    self.values[target].objects = smallvec::SmallVec::from_buf([object]);
                    object
                }
            };
            // A wrapper takes over what it wraps.
            for &arg in &view.args {
                for inner in self.values[arg].objects.clone() {
                    if state.cells(inner).any(|(cell, _)| matches!(cell, Cell::Status(_))) {
                        state.drop_cells(inner, |cell| matches!(cell, Cell::Status(_)));
                        state.set_cell(object, Cell::Field(self.ctx.names.wrapped), arg);
                    }
                }
            }
            let status = self.int(OPEN);
            state.set_cell(object, Cell::Status(kind), status);
            self.acquired.insert((object, kind), self.at(view.span));
            for rule in self.ctx.typestate_rules(TypestateKind::Leak, kind, self.language()) {
                self.examine(rule, view.span);
            }
        }
    }

    fn release(&mut self, state: &mut State, object: ObjId, kind: Symbol, view: &CallView<'_>, depth: u8) {
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

    fn life(&self, object: ObjId, kind: Symbol, here: Span) -> Vec<Hop> {
        let mut steps = Vec::new();
        if let Some(at) = self.acquired.get(&(object, kind)) {
            steps.push(Hop { at: *at, kind: StepKind::Acquire, name: kind });
        }
        if let Some(at) = self.released.get(&(object, kind)) {
            steps.push(Hop { at: *at, kind: StepKind::Release, name: kind });
        }
        steps.push(self.hop(here, StepKind::Sink, kind));
        steps
    }

    /// A value is used: not if what it points to has been released.
    pub(super) fn check_released(&mut self, state: &State, value: ValueId, span: Span, name: &str) {
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

    /// Passed to code whose doings are unknown, a resource may be released or kept there.
    pub(super) fn let_go(&mut self, state: &mut State, value: ValueId) {
        for object in self.values[value].objects.clone() {
            state.drop_cells(object, |cell| matches!(cell, Cell::Status(_)));
        }
    }

    /// Resources still open where the function returns, and that nobody outside can reach.
    pub(super) fn check_leaks(&mut self, exits: &Exits) {
        if self.acquired.is_empty() {
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
                    leaks.push((*at, *kind));
                }
            }
        }
        leaks.sort_by_key(|(at, kind)| (*at, kind.as_str()));
        leaks.dedup();
        for (at, kind) in leaks {
            for rule in self.ctx.typestate_rules(TypestateKind::Leak, kind, self.language()) {
                let step = Hop { at, kind: StepKind::Acquire, name: kind };
                self.report(rule, at, self.id, None, vec![("name", kind.as_str().to_owned())], steps(&[step], &None));
            }
        }
    }

    /// Objects that the result or anything outside the function refers to.
    fn escaping(&self, state: &State, result: Option<ValueId>) -> Vec<ObjId> {
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
            if matches!(self.objects[*object].kind, ObjectKind::Input(_) | ObjectKind::Opaque) && !matches!(cell, Cell::Status(_))
            {
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
