//! Regular expressions as objects: a compiled pattern is its text, and a matcher knows pattern and subject, so that its
//! tests and replacements are those of a string. Must not know what a context's dangerous characters are.

use smallvec::SmallVec;

use super::string::{allowed_kinds, removed_kinds};
use crate::analysis::call::CallView;
use crate::analysis::frame::Frame;
use crate::analysis::state::{Cell, State};
use crate::analysis::value::{Predicate, Value, ValueId};
use crate::base::Symbol;

impl Frame<'_> {
    /// Operations on `Pattern` and `Matcher`.
    pub(super) fn pattern_op(&mut self, state: &mut State, name: &str, view: &CallView<'_>) -> Option<ValueId> {
        match name {
            "compile" => {
                let text = *view.args.first()?;
                self.text_of(text).map(|_| text)
            }
            "matcher" => {
                let (pattern, subject) = (view.receiver?, *view.args.first()?);
                self.text_of(pattern)?;
                let object = self.allocation(view.span, 0, view.ty.name());
                state.drop_cells(object, |_| true);
                state.set_cell(object, pattern_cell(), pattern);
                state.set_cell(object, subject_cell(), subject);
                let marks = self.values[subject].marks.clone();
                let objects = SmallVec::from_buf([object]);
                let matcher = self.reference(object);
                let matcher = Value { marks, objects, ..self.values[matcher].clone() };
                Some(self.value(matcher))
            }
            "matches" | "find" | "lookingAt" => {
                let (pattern, subject) = self.matched(state, view)?;
                self.test_of_pattern(name, &pattern, subject)
            }
            "replaceAll" => {
                let (pattern, subject) = self.matched(state, view)?;
                let pattern = self.string(&pattern);
                let args = SmallVec::from_iter([pattern, *view.args.first()?]);
                self.string_op(state, name, &CallView { receiver: Some(subject), args, ..*view })
            }
            // A group is part of the subject, with what has been learnt of it since.
            "group" => {
                let (_, subject) = self.matched(state, view)?;
                let marks = self.values[subject].marks.clone();
                Some(self.value(Value { marks, ..Value::default() }))
            }
            _ => None,
        }
    }

    /// A static method on a text that is its first argument: `StringUtils.replace(text, a, b)`.
    pub(super) fn text_op(&mut self, state: &mut State, name: &str, view: &CallView<'_>) -> Option<ValueId> {
        let (subject, rest) = view.args.split_first()?;
        self.string_op(state, name, &CallView { receiver: Some(*subject), args: SmallVec::from(rest), ..*view })
    }

    fn matched(&mut self, state: &State, view: &CallView<'_>) -> Option<(String, ValueId)> {
        let [object] = self.values[view.receiver?].objects.as_slice() else { return None };
        let pattern = self.text_of(state.cell(*object, pattern_cell())?)?;
        Some((pattern, state.cell(*object, subject_cell())?))
    }

    fn test_of_pattern(&mut self, name: &str, pattern: &str, subject: ValueId) -> Option<ValueId> {
        let whole = name == "matches" || name == "find" && pattern.starts_with('^') && pattern.ends_with('$');
        if let Some(text) = self.text_of(subject) {
            let full = if whole { format!("^(?:{pattern})$") } else { pattern.to_owned() };
            let regex = regex::Regex::new(&full).ok().filter(|_| name != "lookingAt")?;
            return Some(self.bool(regex.is_match(&text)));
        }
        if whole {
            let cleared = allowed_kinds(pattern);
            return (cleared != 0).then(|| self.checked(subject, cleared));
        }
        // Nothing found of what would be taken out: as good as taken out.
        let cleared = if name == "find" { removed_kinds("replaceAll", pattern, "") } else { 0 };
        let none = Predicate::Not(Box::new(Predicate::Checked(subject, cleared)));
        let found = Value { predicate: Some(Box::new(none)), null: crate::analysis::value::Null::No, ..Value::default() };
        (cleared != 0).then(|| self.value(found))
    }
}

fn pattern_cell() -> Cell {
    Cell::Property(Symbol::new("<pattern>"))
}

fn subject_cell() -> Cell {
    Cell::Property(Symbol::new("<subject>"))
}
