//! Where a call that may return null does not: by its arguments, its receiver, or the statement that it names; and what
//! becomes of a null that a callee uses. Must not know statements.

use smallvec::SmallVec;

use super::call::CallView;
use super::frame::{Frame, Pending};
use super::state::{Cell, State};
use super::summary::{Latent, LatentKind, Root};
use super::trace::{Hop, before, steps};
use super::value::{InputId, Konst, Null, ObjId, Predicate, Value, ValueId};
use crate::base::Symbol;
use crate::findings::StepKind;
use crate::rules::{ApiModel, CheckKind, SourceKinds};

/// Nulls are not handed up further than this many calls: who passes one that far is seldom the one to blame.
const MAX_NULL_DEPTH: u8 = 4;

/// When a callee gets to where it uses a null.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    pub(super) check: CheckKind,
    /// On every way.
    pub(super) always: bool,
    /// On the way that this call takes.
    pub(super) given: bool,
    /// What it uses is not passed itself: a member, or what lies behind a pointer.
    pub(super) inner: bool,
}

/// System properties that every virtual machine sets.
const STANDARD_PROPERTIES: &[&str] = &["java.", "os.", "user.", "file.separator", "path.separator", "line.separator"];

/// Nulls in fields and elements that one function leaves to its callers; what is beyond is dropped.
const MAX_INNER: usize = 6;

/// The cell of what a getter gave for a constant argument.
fn answer(getter: Symbol, key: Symbol) -> Cell {
    Cell::Property(Symbol::new(&format!("{getter} {key}")))
}

/// Whether a cell keeps what a getter gave: nobody holds it for that.
pub(super) fn is_answer(cell: Cell) -> bool {
    matches!(cell, Cell::Property(name) if name.as_str().ends_with(' '))
}

impl Frame<'_> {
    /// Whether a dereference of an input of which nothing is known is left to the callers, and if so, whether every way
    /// through the function gets there, and whether the conditions at hand say all of when. What a field or an element
    /// holds is asked for only where every way does, in C one step from what is passed.
    pub(super) fn asks_callers(&mut self, state: &State, input: InputId) -> Option<(bool, bool)> {
        if self.is_c() {
            if !self.hands_up_null(input) {
                return None;
            }
            let (always, given) = (self.is_inevitable(), !state.uncertain);
            return (always || given).then_some((always, given));
        }
        if self.conditions.looked_at.contains(&input) {
            return None;
        }
        if self.inputs[input].path.is_empty() {
            return Some((true, false));
        }
        let inner = |(known, pending, _): &&(InputId, Pending, Vec<_>)| {
            matches!(pending.kind, LatentKind::NullDeref { .. }) && !self.inputs[*known].path.is_empty()
        };
        (self.latent.iter().filter(inner).count() < MAX_INNER && self.is_inevitable()).then_some((true, false))
    }

    /// Somebody looks whether a value is null: where it is used, callers need not be asked any more, for what the look told may
    /// be lost by then.
    pub(super) fn note_look(&mut self, value: ValueId) {
        if let (false, Some(input)) = (self.is_c(), self.values[value].input) {
            self.conditions.looked_at.insert(input);
        }
    }

    /// Code of which nothing is known, or that answers under conditions nobody here decides, was asked about its arguments
    /// (`isNotEmpty(name)`): whether they are null, its answer may have told.
    pub(super) fn ask_about_nulls(&mut self, view: &CallView<'_>, answer: ValueId) -> ValueId {
        if self.is_c() {
            return answer;
        }
        let known = &self.values[answer];
        let decided = known.predicate.is_some() || known.only_constant().is_some();
        let mut asked: SmallVec<[ValueId; 1]> = SmallVec::new();
        for &arg in &view.args {
            match self.values[arg].null {
                Null::Yes(_) | Null::Maybe(_) => asked.push(arg),
                Null::Unknown => self.note_look(arg),
                Null::No => {}
            }
        }
        if decided || asked.is_empty() {
            return answer;
        }
        let told = Value { predicate: Some(Box::new(Predicate::Asked(asked))), ..self.values[answer].clone() };
        self.value(told)
    }

    /// The answer was looked at: nothing is known of these values' nulls any more.
    pub(super) fn doubt_nulls(&mut self, state: &mut State, values: &[ValueId]) -> bool {
        for value in values {
            let undecided = self.value(Value { null: Null::Unknown, ..self.values[*value].clone() });
            self.replace(state, *value, undecided);
        }
        true
    }

    /// Where the answer of a getter is kept that gives the same one each time it is asked: `getParameter("id")`, or a map's
    /// value by a constant key, or a part that never changes (`readLock()`). What is learnt of the first answer holds for the
    /// second.
    pub(super) fn asked_before(&mut self, state: &State, view: &CallView<'_>, model: &ApiModel) -> Option<(ObjId, Cell)> {
        if model.op.is_some_and(|op| op.as_str() == "object.part") {
            let objects = self.objects_of(view.receiver?);
            let [object] = objects.as_slice() else { return None };
            return Some((*object, answer(view.name, self.ctx.names.empty)));
        }
        if model.may_return_null != Some(true) {
            return None;
        }
        let [key] = view.args.as_slice() else {
            // `getCause()`: what moves on to the next each time is called otherwise.
            let plain = view.args.is_empty() && view.name.as_str().starts_with("get") && model.op.is_none();
            if !plain || view.name.as_str().starts_with("getNext") {
                return None;
            }
            let objects = self.objects_of(view.receiver?);
            let [object] = objects.as_slice() else { return None };
            return Some((*object, answer(view.name, self.ctx.names.empty)));
        };
        if !matches!(view.name.as_str(), "get" | "getAttribute" | "getParameter" | "getHeader") {
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

    /// Whether `containsKey` was asked of the same table, with the same key, on the way here.
    fn has_asked_for(&self, state: &State, view: &CallView<'_>) -> bool {
        let objects = view.receiver.map(|receiver| self.values[receiver].objects.as_slice());
        let (Some([object]), Some(key)) = (objects, view.args.first()) else { return false };
        state.cell(*object, answer(self.ctx.names.contains_key, self.ctx.names.empty)) == Some(*key)
    }

    /// Remembers a key that a table was asked for.
    pub(super) fn note_asked_for(&self, state: &mut State, object: ObjId, key: ValueId) {
        state.set_cell(object, answer(self.ctx.names.contains_key, self.ctx.names.empty), key);
    }

    /// Whether a null of an input is a caller's business: what is passed, and in C what is one step from there.
    pub(super) fn hands_up_null(&self, input: InputId) -> bool {
        let input = &self.inputs[input];
        let far = match input.root {
            Root::Param(_) | Root::Global(_) if self.is_c() => 1,
            _ => 0,
        };
        input.path.len() <= far
    }

    /// A callee uses what it finds in an input.
    pub(super) fn wake_null(&mut self, state: &mut State, value: ValueId, reach: Reach, latent: &Latent, pass: Hop) {
        // Which of several functions runs may depend on what it is given.
        if latent.depth >= MAX_NULL_DEPTH || self.one_of_several && !self.is_c() {
            return;
        }
        let sure = reach.always || reach.given;
        let known = &self.values[value];
        let (origin, check) = match known.null {
            Null::Yes(at) => (at, CheckKind::NullDereference),
            Null::Maybe(at) => (at, CheckKind::NullDereferenceOfResult),
            Null::Unknown => {
                if let Some(input) = known.input
                    && sure
                    && let Some((always, given)) = self.asks_callers(state, input)
                {
                    let trail = before(pass, latent.trail.clone());
                    let depth = latent.depth + 1;
                    let always = reach.always && always;
                    let kind = LatentKind::NullDeref { check: reach.check, always, given };
                    let pending = Pending { kind, at: latent.at, function: latent.function, trail, depth };
                    if always || given {
                        self.leave_latent(state, input, pending);
                    }
                }
                return;
            }
            Null::No => return,
        };
        // Of what callees may have changed only a null that was put there counts, not one that was found there.
        let found = self.is_c() && reach.inner && known.input.is_some();
        if known.null.evidence().is_none() || !sure || found {
            return;
        }
        let Some(rules) = self.ctx.check_rules.get(&(check, self.language())) else { return };
        let null = Hop { at: origin, kind: StepKind::Null, name: self.ctx.names.empty };
        let trace = steps(&[null, pass], &latent.trail);
        for rule in rules.clone() {
            self.report(rule, latent.at, latent.function, Some(origin), Vec::new(), trace.clone());
        }
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
                let marks = self.deep_marks(state, receiver);
                // A key that is not written out is mostly one of the map's own.
                let own = view.args.first().is_some_and(|key| {
                    self.values[*key].marks.iter().any(|of_key| marks.iter().any(|mark| mark.origin == of_key.origin))
                });
                !own && marks.iter().any(|mark| mark.kinds.intersects(of_request) && mark.kinds != SourceKinds::all())
            }
            // What is named outright is shipped with the program.
            "getResource" | "getResourceAsStream" | "getSystemResource" | "getRequestDispatcher" => first.is_none(),
            // A page is shown by a handler that has put there what it asks for.
            "getAttribute" if self.unit.language == crate::ir::Language::Jsp => {
                view.target.owner.is_some_and(|owner| owner.as_str().ends_with("HttpSession"))
            }
            "getProperty" if self.has_asked_for(state, view) => false,
            "getProperty" => !first.is_some_and(|key| STANDARD_PROPERTIES.iter().any(|standard| key.starts_with(standard))),
            // A statement that counts or sums up has a row whatever the table holds.
            "selectOne" | "selectByPk" | "select" | "queryForObject" => {
                !first.is_some_and(|id| self.ctx.program.statement_always_returns(id))
            }
            _ => true,
        }
    }
}
