//! How a C text begins: a path that starts with `/proc/`, a command that starts with its program. Data that stands behind
//! something fixed decides less. Must not know sinks.

use crate::analysis::call::CallView;
use crate::analysis::frame::Frame;
use crate::analysis::state::{Cell, State};
use crate::analysis::value::{Mark, ObjId, Value, ValueId};
use crate::base::Symbol;
use crate::rules::{ApiModel, SizeExpr};

/// Longer beginnings are cut.
const MAX_BEGINNING: usize = 256;

impl Frame<'_> {
    /// How the text begins that a modelled call leaves in its first argument's memory.
    pub(super) fn beginning_left(&self, state: &State, view: &CallView<'_>, model: &ApiModel) -> Option<(ObjId, Symbol)> {
        let target = *view.args.first()?;
        let known = &self.values[target];
        let ([object], Some((0, 0))) = (known.objects.as_slice(), known.offset) else { return None };
        let text = match model.op?.as_str() {
            "print.format" => {
                let fact = model.buffers.iter().find(|fact| fact.writes && fact.arg == 0)?;
                let at = format_of(&fact.size)?;
                let format = self.text_of(*view.args.get(at)?)?;
                match format.split('%').next() {
                    Some("") if format.starts_with("%s") => self.begins(state, *view.args.get(at + 1)?)?,
                    start => Symbol::new(cut(start?)),
                }
            }
            "string.copy" | "string.copy-bounded" => self.begins(state, *view.args.get(1)?)?,
            "string.append" | "string.append-bounded" => self.begins(state, target)?,
            _ => return None,
        };
        (!text.as_str().is_empty()).then_some((*object, text))
    }

    /// How a text begins, a constant one too.
    fn begins(&self, state: &State, value: ValueId) -> Option<Symbol> {
        let whole = self.text_of(value).map(|text| Symbol::new(cut(&text)));
        whole.or_else(|| self.beginning(state, value))
    }

    /// The text in an object begins so: what data is in it stands further on.
    pub(super) fn set_beginning(&mut self, state: &mut State, object: ObjId, text: Symbol) {
        for cell in [Cell::Text, Cell::Elements] {
            let held = state.cell(object, cell);
            let marks = held.map(|held| self.values[held].marks.clone()).unwrap_or_default();
            if cell == Cell::Elements && marks.is_empty() {
                continue;
            }
            let known = held.map(|held| self.values[held].clone()).unwrap_or_default();
            let marks = marks.into_iter().map(|mark| Mark { at_start: false, ..mark }).collect();
            let prefix = if cell == Cell::Text { Some(text) } else { known.prefix };
            let value = self.value(Value { marks, prefix, ..known });
            state.set_cell(object, cell, value);
        }
    }

    /// A text without what is known of how it begins.
    pub(super) fn without_beginning(&mut self, text: ValueId) -> ValueId {
        if self.values[text].prefix.is_none() {
            return text;
        }
        self.value(Value { prefix: None, ..self.values[text].clone() })
    }
}

/// The argument that is the format of what is printed.
fn format_of(size: &SizeExpr) -> Option<usize> {
    match size {
        SizeExpr::Format(at) => Some(usize::from(*at)),
        SizeExpr::Add(a, b) | SizeExpr::Min(a, b) => format_of(a).or_else(|| format_of(b)),
        _ => None,
    }
}

fn cut(text: &str) -> &str {
    let end = (0..=MAX_BEGINNING.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
