//! Where a call that may return null does not: by its arguments, its receiver, or the statement that it names.
//! Must not know what happens where a null is used.

use super::call::CallView;
use super::frame::{Frame, Pending};
use super::state::{Cell, State};
use super::summary::LatentKind;
use super::value::{InputId, Konst, Null, ObjId, ValueId};
use crate::base::Symbol;
use crate::rules::{ApiModel, SourceKinds};

/// System properties that every virtual machine sets.
const STANDARD_PROPERTIES: &[&str] = &["java.", "os.", "user.", "file.separator", "path.separator", "line.separator"];

/// Nulls in fields and elements that one function leaves to its callers; what is beyond is dropped.
const MAX_INNER: usize = 6;

/// The cell of what a getter gave for a constant argument.
fn answer(getter: Symbol, key: Symbol) -> Cell {
    Cell::Property(Symbol::new(&format!("{getter} {key}")))
}

impl Frame<'_> {
    /// Whether a dereference of an input of which nothing is known is left to the callers, and if so, whether every way
    /// through the function gets there. What a field or an element holds is asked for only where it does.
    pub(super) fn asks_callers(&mut self, input: InputId) -> Option<bool> {
        if self.inputs[input].path.is_empty() {
            return Some(!self.is_c() || self.is_inevitable());
        }
        if self.is_c() {
            return None;
        }
        let inner = |(known, pending, _): &&(InputId, Pending, Vec<_>)| {
            matches!(pending.kind, LatentKind::NullDeref { .. }) && !self.inputs[*known].path.is_empty()
        };
        (self.latent.iter().filter(inner).count() < MAX_INNER && self.is_inevitable()).then_some(true)
    }

    /// Where the answer of a getter is kept that gives the same one each time it is asked: `getParameter("id")`, or a map's
    /// value by a constant key. What is learnt of the first answer holds for the second.
    pub(super) fn asked_before(&mut self, state: &State, view: &CallView<'_>, model: &ApiModel) -> Option<(ObjId, Cell)> {
        let [key] = view.args.as_slice() else { return None };
        let getter = matches!(view.name.as_str(), "get" | "getAttribute" | "getParameter" | "getHeader");
        if !getter || model.may_return_null != Some(true) {
            return None;
        }
        let Some(Konst::Str(key)) = self.values[*key].only_constant() else { return None };
        let objects = self.objects_of(view.receiver?);
        let [object] = objects.as_slice() else { return None };
        let asked = match (model.op.map(|op| op.as_str()), view.name.as_str()) {
            // What was put there is known better.
            (Some("map.get" | "session.get"), "get" | "getAttribute") => {
                !self.objects[*object].is_made() && state.cell(*object, Cell::Key(key)).is_none()
            }
            (None, "getParameter" | "getHeader") => true,
            _ => false,
        };
        asked.then(|| (*object, answer(view.name, key)))
    }

    /// The answer kept, unless it is a null: who finds nothing there mostly sees to it that there is something.
    pub(super) fn answered(&self, state: &State, (object, cell): (ObjId, Cell)) -> Option<ValueId> {
        state.cell(object, cell).filter(|known| !matches!(self.values[*known].null, Null::Yes(_)))
    }

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
