//! What a statement does to a state. Must not know how values are computed.

use index_vec::IndexVec;

use super::frame::Frame;
use super::state::State;
use super::value::ValueId;
use crate::findings::StepKind;
use crate::ir::{LocalId, LocalKind, Operand, Rvalue, Stmt, StmtKind};

/// Another way a statement may end: the state and the block-local temporaries.
pub(super) type Alternative = (State, IndexVec<LocalId, Option<ValueId>>);

impl Frame<'_> {
    /// Runs a statement. `false`: it does not end normally. `more`: further ways it may end.
    pub(super) fn stmt(&mut self, state: &mut State, stmt: &Stmt, more: &mut Vec<Alternative>) -> bool {
        match &stmt.kind {
            // `int last = last;` says that whoever wrote it knows better than the compiler that it has a value in time.
            StmtKind::Assign(dst, Rvalue::Use(Operand::Local(from))) if dst == from && self.is_c() => {
                self.take_as_set(state, *dst);
            }
            StmtKind::Assign(dst, rvalue) => {
                let value = self.rvalue(state, *dst, rvalue, stmt.span);
                if let Rvalue::Use(operand) = rvalue {
                    self.bound_by_type(value, self.operand_type(operand));
                }
                self.note_store(*dst, value, stmt.span);
                self.write_local(state, *dst, value);
            }
            StmtKind::Store(place, operand) => {
                let value = self.operand(state, operand, stmt.span);
                self.store(state, *place, value, stmt.span);
            }
            StmtKind::Call(call) => return self.call(state, *call, stmt.span, more),
            StmtKind::MonitorEnter(operand) => {
                let value = self.operand(state, operand, stmt.span);
                self.check_null(state, value, stmt.span);
            }
            StmtKind::MonitorExit(_) | StmtKind::Dead(_) | StmtKind::Opaque => {}
        }
        true
    }

    /// Tainted data stored in a variable of the source is a step of its way.
    fn note_store(&mut self, dst: LocalId, value: ValueId, span: crate::base::Span) {
        if self.values[value].marks.is_empty() {
            return;
        }
        let Some(local) = self.body.locals.get(dst) else { return };
        let (LocalKind::User, Some(name)) = (local.kind, local.name) else { return };
        // The value keeps its identity: only the way of its marks grows, and only the first time.
        let step = self.hop(span, StepKind::Store, name);
        for mark in &mut self.values[value].marks {
            mark.path = self.traces.extend(mark.path, step);
        }
    }
}
