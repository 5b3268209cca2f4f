//! Operations that the engine evaluates on constants and containers, by the names that models give them (`op:`).
//! Must not know which library a name comes from.

mod collection;
mod keys;
mod patterns;
mod string;

use super::call::CallView;
use super::frame::Frame;
use super::state::State;
use super::value::{Konst, Null, Predicate, Value, ValueId};
use crate::base::Symbol;

impl Frame<'_> {
    /// The result of an operation; `None`: not decided here, the model's flows say.
    pub(super) fn op(&mut self, state: &mut State, op: &str, view: &CallView<'_>) -> Option<ValueId> {
        let (family, name) = op.split_once('.').unwrap_or((op, ""));
        match family {
            "string" if matches!(name, "getBytes" | "toCharArray") => {
                // Of a constant: an array that holds it.
                let receiver = view.receiver?;
                self.text_of(receiver)?;
                let object = self.allocation(view.span, 0, None);
                state.drop_cells(object, |_| true);
                state.set_cell(object, super::state::Cell::Text, receiver);
                Some(self.reference(object))
            }
            "arrays" if name == "fill" => {
                // What the array held is gone; what it holds now is not known.
                let filled = self.unknown();
                for object in self.objects_of(*view.args.first()?) {
                    state.drop_cells(object, |cell| cell != super::state::Cell::Size);
                    state.set_cell(object, super::state::Cell::Elements, filled);
                }
                None
            }
            "string" => self.string_op(state, name, view),
            "text" => self.text_op(state, name, view),
            "pattern" => self.pattern_op(state, name, view),
            "props" | "bundle" if name == "load" => self.load_properties(state, family, view),
            "map" | "list" | "queue" | "set" | "iterator" | "optional" | "arrays" | "session" | "props" | "bundle" => {
                self.collection_op(state, family, name, view)
            }
            "page" if name == "find" => {
                self.page_attribute(state, view).or_else(|| self.collection_op(state, "session", "get", view))
            }
            "page" if name == "property" => self.page_property(state, view),
            "view" => {
                self.view_name(state, *view.args.first()?, view.span);
                (name == "new").then(|| self.new_view(state, view))
            }
            "settings" => Some(self.with_settings(state, view)),
            "uri" => {
                let marks = self.deep_marks(state, view.receiver?);
                let prefix = Some(Symbol::new("file:"));
                Some(self.value(Value { prefix, marks: marks.into_iter().collect(), null: Null::No, ..Value::default() }))
            }
            "host" => Some(self.is_internal(view.receiver?)),
            "mapper" => {
                self.mapper_pastes(state, view);
                if name == "store" {
                    self.mapper_store(state, view);
                }
                None
            }
            "test" => self.test_op(state, name, *view.args.first()?),
            "int" => self.int_op(name, view),
            "bool" => {
                let text = self.text_of(*view.args.first()?)?;
                Some(self.bool(text.eq_ignore_ascii_case("true")))
            }
            "box" | "unbox" => view.args.first().copied().or(view.receiver),
            "objects" => view.args.first().copied().map(|value| {
                if self.values[value].null == Null::No {
                    return value;
                }
                let mut known = self.values[value].clone();
                known.null = Null::No;
                self.value(known)
            }),
            "object" if name == "equals" => {
                let (a, b) = match view.receiver {
                    Some(receiver) => (receiver, *view.args.first()?),
                    None => (*view.args.first()?, *view.args.get(1)?),
                };
                Some(self.equality(a, b, false))
            }
            "class" => {
                let text = self.text_of(*view.args.first()?)?;
                Some(self.constant(Konst::Class(Symbol::new(&text))))
            }
            _ => None,
        }
    }

    /// Library calls that test for null, or for nothing in a text or collection.
    fn test_op(&mut self, state: &mut State, name: &str, value: ValueId) -> Option<ValueId> {
        let predicate = match name {
            "null" => Predicate::IsNull(value),
            "nonnull" => Predicate::Not(Box::new(Predicate::IsNull(value))),
            "present" => Predicate::Present(value),
            "absent" => Predicate::Not(Box::new(Predicate::Present(value))),
            "plain" => Predicate::Checked(value, super::value::Cleared::MAX),
            "require" => {
                self.assume_null(state, value, false);
                return None;
            }
            _ => return None,
        };
        Some(self.value(Value { predicate: Some(Box::new(predicate)), null: Null::No, ..Value::default() }))
    }

    /// The one string a value must be.
    pub(super) fn text_of(&self, value: ValueId) -> Option<String> {
        match self.values[value].only_constant()? {
            Konst::Str(text) => Some(text.as_str().to_owned()),
            _ => None,
        }
    }

    fn int_op(&mut self, name: &str, view: &CallView<'_>) -> Option<ValueId> {
        let first = *view.args.first().or(view.receiver.as_ref())?;
        match name {
            "parse" | "valueOf" if self.values[first].range.is_some() && !self.values[first].marks.is_empty() => {
                // A text of few characters: the number it writes is as small.
                let known = &self.values[first];
                let mut value = Value { range: known.range, marks: known.marks.clone(), null: Null::No, ..Value::default() };
                value.marks.iter_mut().for_each(|mark| mark.cleared |= super::kinds::NUMBER);
                Some(self.value(value))
            }
            "parse" => {
                let text = self.text_of(first)?;
                let radix = match view.args.get(1) {
                    Some(radix) => {
                        u32::try_from(self.values[*radix].only_int()?).ok().filter(|radix| (2..=36).contains(radix))?
                    }
                    None => 10,
                };
                let number = i64::from_str_radix(text.trim(), radix).ok()?;
                Some(self.int(number))
            }
            "valueOf" => Some(first),
            "toString" => {
                let number = self.values[first].only_int()?;
                Some(self.string(&number.to_string()))
            }
            "abs" => {
                if let Some(Konst::Float(bits)) = self.values[first].only_constant() {
                    return Some(self.constant(Konst::Float(f64::from_bits(bits).abs().to_bits())));
                }
                if let Some(number) = self.values[first].only_int() {
                    return Some(self.int(number.checked_abs()?));
                }
                let range = super::numeric::integer_type(view.ty).map(|_| (0, self.number_limits(view).1));
                let marks = self.values[first].marks.clone();
                let magnitude = Some(Predicate::Magnitude(first));
                Some(self.value(Value { range, predicate: magnitude.map(Box::new), marks, null: Null::No, ..Value::default() }))
            }
            "exact" => {
                let mut value = Value { null: Null::No, ..Value::default() };
                for arg in &view.args {
                    let marks = self.values[*arg].marks.clone();
                    marks.into_iter().for_each(|mark| value.add_mark(mark));
                }
                self.computed(&mut value);
                Some(self.value(value))
            }
            "below" => {
                let most = self.values[first].bounds().map_or(i64::MAX, |(_, hi)| hi);
                let mut value = self.values[first].clone();
                value = Value {
                    range: Some((0, most.saturating_sub(1).max(0))),
                    null: Null::No,
                    marks: value.marks,
                    ..Value::default()
                };
                self.computed(&mut value);
                Some(self.value(value))
            }
            "sqrt" => {
                let known = &self.values[first];
                if let Some(number) = known.only_constant() {
                    return Some(self.constant(Konst::Float(number.as_real()?.sqrt().to_bits())));
                }
                // Of a number that may be below zero there is none.
                let mut value = Value { null: Null::No, marks: known.marks.clone(), ..Value::default() };
                if known.bounds().is_some_and(|(least, _)| least >= 0) {
                    self.computed(&mut value);
                }
                Some(self.value(value))
            }
            "min" | "max" => {
                let (least, most) = self.number_limits(view);
                let second = *view.args.get(1)?;
                let of = |value: ValueId| self.values[value].bounds().unwrap_or((least, most));
                let (a, b) = (of(first), of(second));
                let mut range = if name == "min" { (a.0.min(b.0), a.1.min(b.1)) } else { (a.0.max(b.0), a.1.max(b.1)) };
                if range.0 == range.1 {
                    return Some(self.int(range.0));
                }
                // Bounded by something unknown, it is bounded.
                if name == "min" && range.1 == most {
                    range.1 -= 1;
                } else if name == "max" && range.0 == least {
                    range.0 += 1;
                }
                let mut value = Value { range: Some(range), null: Null::No, ..Value::default() };
                let marks: smallvec::SmallVec<[super::value::Mark; 4]> =
                    self.values[first].marks.iter().chain(&self.values[second].marks).copied().collect();
                marks.into_iter().for_each(|mark| value.add_mark(mark));
                Some(self.value(value))
            }
            _ => None,
        }
    }

    /// The limits of a call's result type.
    fn number_limits(&self, view: &CallView<'_>) -> (i64, i64) {
        let (bits, signed) = super::numeric::integer_type(view.ty).unwrap_or((64, true));
        super::integers::limits(bits, signed)
    }

    /// A boolean that says a value equals one of several constants, or was checked to.
    pub(super) fn checked(&mut self, value: ValueId, cleared: super::value::Cleared) -> ValueId {
        self.value(Value { predicate: Some(Box::new(Predicate::Checked(value, cleared))), null: Null::No, ..Value::default() })
    }
}
