//! What a call that names a mapper statement hands to it: passwords among the parameters. Must not know SQL.

use super::call::CallView;
use super::frame::Frame;
use super::state::{Cell, State};
use super::value::Konst;

impl Frame<'_> {
    /// `insert("Members.add", member)`: what the statement takes of the object under a password's name is stored so.
    pub(super) fn mapper_store(&mut self, state: &mut State, view: &CallView<'_>) {
        let [id, given, ..] = view.args.as_slice() else { return };
        let Some(Konst::Str(id)) = self.values[*id].only_constant() else { return };
        let ctx = self.ctx;
        for name in ctx.program.statement_passwords(id) {
            for object in self.objects_of(*given) {
                let known = [Cell::Field(*name), Cell::Key(*name)];
                let cell = known.into_iter().find(|cell| state.cell(object, *cell).is_some()).unwrap_or(Cell::Field(*name));
                let value = self.load_cell(state, &[object], cell, Some(*given), crate::ir::TyId::STRING);
                self.sink_value(state, value, "password-store", view.name.as_str(), view.span);
            }
        }
    }
}
