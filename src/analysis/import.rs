//! A summary's values and objects as the caller's. Must not know how the summary was made, nor which of its outcomes hold.

use smallvec::SmallVec;

use super::frame::{Frame, ObjectKind};
use super::instantiate::{Binding, FIRST_OBJECT};
use super::state::{Cell, State};
use super::summary::{NON_NULL, Summary, UNKNOWN};
use super::value::{Mark, Null, ObjId, Origin, Value, ValueId};
use crate::base::Span;
use crate::findings::StepKind;
use crate::program::FuncId;

impl Frame<'_> {
    /// A value that a function which is no callee has left.
    pub(super) fn import_value(&mut self, state: &mut State, summary: &Summary, from: FuncId, at: u32, span: Span) -> ValueId {
        let mut binding = Binding {
            summary,
            callee: from,
            receiver: None,
            args: SmallVec::new(),
            captured: &[],
            span,
            inputs: smallvec::smallvec![None; summary.inputs.len()],
            values: smallvec::smallvec![None; summary.values.len()],
            objects: smallvec::smallvec![None; summary.objects.len()],
            decided: false,
            first_object: FIRST_OBJECT,
        };
        self.import(state, &mut binding, at)
    }

    /// A summary's value as the caller's.
    pub(super) fn import(&mut self, state: &mut State, binding: &mut Binding<'_>, at: u32) -> ValueId {
        match at {
            UNKNOWN => return self.unknown(),
            NON_NULL => return self.non_null(),
            _ => {}
        }
        if let Some(known) = binding.values.get(at as usize).copied().flatten() {
            return known;
        }
        let summary = binding.summary;
        let Some(described) = summary.values.get(at as usize) else { return self.unknown() };
        if let Some(input) = described.input {
            let value = self.bound(state, binding, input);
            let value = self.checked_below(value, described);
            if let Some(place) = binding.values.get_mut(at as usize) {
                *place = Some(value);
            }
            return value;
        }
        let mut value = Value {
            consts: described.consts.as_deref().map(SmallVec::from),
            null: match described.null {
                Null::Yes(_) if !binding.decided => Null::QUIET,
                null => null,
            },
            range: described.range,
            prefix: described.prefix,
            offset: described.offset,
            ends: described.ends,
            ..Value::default()
        };
        // What the callee did to the text of one input, the beginning of an address stays that of the argument.
        if let [mark] = &*described.marks
            && let (Some(input), true, None) = (mark.input, mark.at_start, described.prefix)
        {
            let actual = self.bound(state, binding, input);
            value.prefix = self.values[actual].prefix.filter(|prefix| prefix.as_str().contains("://"));
        }
        for mark in &described.marks {
            match mark.input {
                None => {
                    let Some(source) = mark.source else { continue };
                    let path = mark.hops.iter().fold(None, |before, hop| Some(self.traces.push(before, *hop)));
                    let path = path.unwrap_or_default();
                    let back = self.hop(binding.span, StepKind::Return, self.ctx.program.function(binding.callee).1.name);
                    let path = self.traces.extend(path, back);
                    value.add_mark(Mark {
                        origin: Origin::Source(source),
                        kinds: mark.kinds,
                        name: mark.name,
                        cleared: mark.cleared,
                        path,
                        at_start: mark.at_start,
                    });
                }
                Some(input) => {
                    let actual = self.bound(state, binding, input);
                    for own in self.deep_marks(state, actual) {
                        let pass = self.pass_hop(binding.span, binding.callee);
                        let path = self.traces.extend(own.path, pass);
                        let path = self.traces.append(path, &mark.hops);
                        value.add_mark(Mark {
                            cleared: own.cleared | mark.cleared,
                            path,
                            at_start: own.at_start && mark.at_start,
                            ..own
                        });
                    }
                }
            }
        }
        for input in &described.input_objects {
            let actual = self.bound(state, binding, *input);
            // Several inputs may be one object here. Kept twice, it would come back four times from the next call.
            for object in self.objects_of(actual) {
                if !value.objects.contains(&object) {
                    value.objects.push(object);
                }
            }
            let (moved, start) = (value.offset, self.values[actual].offset);
            value.offset = moved.zip(start).map(|((a, b), (c, d))| (a.saturating_add(c), b.saturating_add(d)));
        }
        let id = self.value(value);
        if let Some(place) = binding.values.get_mut(at as usize) {
            *place = Some(id);
        }
        for described_object in &described.objects {
            if let Some(object) = self.import_object(state, binding, *described_object) {
                if !self.values[id].objects.contains(&object) {
                    self.values[id].objects.push(object);
                }
                if summary.objects.get(*described_object as usize).is_some_and(|object| object.opaque) {
                    self.objects[object].marks = self.values[id].marks.clone();
                    self.objects[object].kind = ObjectKind::Opaque;
                }
            }
        }
        id
    }

    fn import_object(&mut self, state: &mut State, binding: &mut Binding<'_>, at: u32) -> Option<ObjId> {
        if let Some(known) = binding.objects.get(at as usize).copied().flatten() {
            return Some(known);
        }
        let summary = binding.summary;
        let described = summary.objects.get(at as usize)?;
        let object = match described.lambda {
            Some(func) => self.new_object(ObjectKind::Lambda(func, Vec::new()), None),
            None if described.opaque => self.new_object(ObjectKind::Opaque, described.class),
            None => self.allocation(binding.span, binding.first_object + at, described.class),
        };
        if let Some(place) = binding.objects.get_mut(at as usize) {
            *place = Some(object);
        }
        if self.is_c() {
            self.renew(state, object);
        }
        if described.owned {
            self.objects[object].kind = ObjectKind::Opaque;
        }
        state.drop_cells(object, |_| true);
        for (cell, value) in &described.cells {
            let value = self.import(state, binding, *value);
            state.set_cell(object, *cell, value);
            if let Cell::Status(kind) = cell {
                let at = self.at(binding.span);
                self.acquired.entry((object, *kind)).or_insert(at);
            }
        }
        Some(object)
    }
}
