//! Calls without a body and without a model that all the same say how they go on: assertions by their name, and handlers
//! whose default never returns. Must not know models.

use super::call::{CallView, Ways};
use super::frame::Frame;
use super::state::State;
use crate::ir::{Callee, Const, Operand, PlaceBase, Rvalue, StmtKind};

impl Frame<'_> {
    /// How a C call goes on that only its name or the variable it goes through tells of.
    pub(super) fn told_by_name(&mut self, state: &mut State, view: &CallView<'_>) -> Option<Ways> {
        if let Callee::Value(operand) = &view.call.callee {
            return self.stops_by_default(operand).then_some(Ways::Never);
        }
        let (name, [condition]) = (view.name.as_str(), view.args.as_slice()) else { return None };
        let start = name.len().checked_sub("assert".len())?;
        if !name.get(start..)?.eq_ignore_ascii_case("assert") {
            return None;
        }
        // One that gives something gives the condition: who asks goes on with a false one.
        if view.call.dst.is_some() {
            return Some(Ways::One(*condition));
        }
        let holds = self.assume(state, *condition, true);
        let result = self.unknown();
        Some(if holds { Ways::One(result) } else { Ways::Never })
    }

    /// Whether a function pointer is a global one whose initial value is a function that never returns: who puts another
    /// in its place is expected to keep to that.
    fn stops_by_default(&self, pointer: &Operand) -> bool {
        let Operand::Local(pointer) = pointer else { return false };
        let body = self.body;
        // The load stands right before the call.
        let loaded = body.stmts_of(self.block).iter().rev().find_map(|stmt| match &stmt.kind {
            StmtKind::Assign(to, Rvalue::Load(place)) if to == pointer => body.places.get(*place),
            _ => None,
        });
        let Some(PlaceBase::Global(name)) = loaded.filter(|place| place.proj.is_empty()).map(|place| place.base) else {
            return false;
        };
        let handler = self.unit.globals.iter().find(|global| global.name == name).and_then(|global| global.init);
        let Some(Const::Func(handler)) = handler else { return false };
        let program = self.ctx.program;
        program.c_function(handler, self.unit).is_some_and(|id| program.no_return.contains(id))
    }
}
