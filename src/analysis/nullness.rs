//! Where a call that may return null does not: by its arguments, its receiver, or the statement that it names.
//! Must not know what happens where a null is used.

use super::call::CallView;
use super::frame::Frame;
use super::state::State;
use super::value::Konst;
use crate::rules::{ApiModel, SourceKinds};

/// System properties that every virtual machine sets.
const STANDARD_PROPERTIES: &[&str] = &["java.", "os.", "user.", "file.separator", "path.separator", "line.separator"];

impl Frame<'_> {
    /// Whether a result that the model says may be null is worth a look, given this very call.
    pub(super) fn null_is_likely(&mut self, state: &State, view: &CallView<'_>, model: &ApiModel) -> bool {
        let first = view.args.first().and_then(|arg| match self.values[*arg].only_constant() {
            Some(Konst::Str(text)) => Some(text.as_str()),
            _ => None,
        });
        match view.name.as_str() {
            // Whoever asks for a key mostly knows that it is there; what a request brings may always be left out.
            "get" if model.op.is_some_and(|op| op.as_str() == "map.get") => {
                let Some(receiver) = view.receiver else { return false };
                let of_request = SourceKinds::WEB | SourceKinds::SOCKET;
                self.deep_marks(state, receiver)
                    .iter()
                    .any(|mark| mark.kinds.intersects(of_request) && mark.kinds != SourceKinds::all())
            }
            // What is named outright is shipped with the program.
            "getResource" | "getResourceAsStream" | "getSystemResource" | "getRequestDispatcher" => first.is_none(),
            "getProperty" => !first.is_some_and(|key| STANDARD_PROPERTIES.iter().any(|standard| key.starts_with(standard))),
            // A statement that counts or sums up has a row whatever the table holds.
            "selectOne" | "selectByPk" | "select" | "queryForObject" => {
                !first.is_some_and(|id| self.ctx.program.statement_always_returns(id))
            }
            _ => true,
        }
    }
}
