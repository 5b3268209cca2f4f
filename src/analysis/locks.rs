//! C: locks as resources: one that is taken while it is held, one that is given back by who does not hold it.
//! Must not know which locks there are: models name them.

use super::call::CallView;
use super::frame::{Frame, ObjectKind};
use super::state::{Cell, State};
use super::summary::Root;
use super::trace::steps;
use super::typestate::{OPEN, RELEASED};
use super::value::{ObjId, ValueId};
use crate::base::{FastMap, Symbol};
use crate::findings::StepKind;
use crate::rules::{ApiModel, CheckKind};

/// The kind of resource that a lock is.
pub(super) const LOCK: &str = "lock";
/// What a model's `op` says of a lock that several may hold, or one thread several times.
const SHARED: &[&str] = &["lock.shared", "lock.recursive"];

/// What one function's analysis remembers of locks.
#[derive(Default)]
pub(super) struct Locks {
    /// Results of calls that take a lock: anything but zero says that they have not.
    results: FastMap<ValueId, ObjId>,
}

impl Frame<'_> {
    /// A call takes a lock.
    pub(super) fn check_lock(
        &mut self,
        state: &State,
        (object, kind): (ObjId, Symbol),
        model: &ApiModel,
        view: &CallView<'_>,
        result: ValueId,
    ) {
        if !self.is_c() || kind.as_str() != LOCK {
            return;
        }
        self.locks.results.insert(result, object);
        if model.op.is_some_and(|op| SHARED.contains(&op.as_str())) {
            return;
        }
        let held = state.cell(object, Cell::Status(kind)).and_then(|status| self.values[status].only_int()) == Some(OPEN);
        let report = held && !self.may_be_several(state, object) && !self.ctx.threads().recursive;
        self.tell_of_lock(CheckKind::DoubleLock, report, (object, kind), view);
    }

    /// A call gives a lock back.
    pub(super) fn check_unlock(&mut self, state: &State, (object, kind): (ObjId, Symbol), view: &CallView<'_>) {
        if !self.is_c() || kind.as_str() != LOCK {
            return;
        }
        let report = match state.cell(object, Cell::Status(kind)) {
            Some(status) => self.values[status].only_int() == Some(RELEASED) && !self.ctx.threads().recursive,
            None => self.is_never_held(state, object),
        };
        let report = report && !self.may_be_several(state, object);
        self.tell_of_lock(CheckKind::UnlockNotHeld, report, (object, kind), view);
    }

    /// Whether nobody can have taken a lock for this function: the system starts it, and the lock is the program's own.
    fn is_never_held(&mut self, state: &State, object: ObjId) -> bool {
        let ObjectKind::Input(input) = self.objects[object].kind else { return false };
        let of_program = matches!(self.inputs[input].root, Root::Global(_));
        of_program
            && !self.lossy
            && !state.uncertain
            && state.cells(object).all(|(cell, _)| !matches!(cell, Cell::Status(_) | Cell::Exposed))
            && self.ctx.threads().roots.contains(&self.id)
    }

    fn tell_of_lock(&mut self, check: CheckKind, report: bool, (object, kind): (ObjId, Symbol), view: &CallView<'_>) {
        let Some(rules) = self.ctx.check_rules.get(&(check, self.language())) else { return };
        for &rule in rules {
            self.examine(rule, view.span);
            if !report {
                continue;
            }
            let mut way = self.life_before(object, kind);
            way.push(self.hop(view.span, StepKind::Sink, kind));
            let args = vec![("callee", view.name.as_str().to_owned())];
            let at = self.at(view.span);
            self.report(rule, at, self.id, None, args, steps(&way, &None));
        }
    }

    /// A result is not zero: what took a lock has failed.
    pub(super) fn lock_failed(&mut self, state: &mut State, result: ValueId) {
        if let Some(&object) = self.locks.results.get(&result) {
            self.not_acquired(state, object);
        }
    }
}
