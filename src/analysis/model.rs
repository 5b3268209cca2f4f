//! Applies a library model to a call: sources, sinks, sanitizers, flows, nullness, properties, resources.
//! Must not know which library it is.

use smallvec::SmallVec;

use super::call::CallView;
use super::frame::{Frame, Object, ObjectKind};
use super::hosts::{is_address, names_host};
use super::kinds;
use super::marks::Marks;
use super::state::{Cell, State};
use super::value::{Konst, Mark, Null, Origin, Predicate, Value, ValueId};
use crate::findings::StepKind;
use crate::ir::{CallKind, Ty};
use crate::rules::{Access, ApiModel, ReturnType, Slot};

/// Names of static methods that make their result.
fn is_factory(name: &str) -> bool {
    name.starts_with("new") || name.starts_with("create") || matches!(name, "getInstance" | "builder")
}

/// The range of Java's primitives narrower than `long`.
fn range_of_primitive(ty: ReturnType) -> Option<(i64, i64)> {
    let ReturnType::Named(name) = ty else { return None };
    match name.as_str() {
        "byte" => Some((i64::from(i8::MIN), i64::from(i8::MAX))),
        "short" => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
        "int" => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        _ => None,
    }
}

/// Streams wrapped in one another that data is followed through.
const MAX_WRAPPERS: usize = 4;

impl Frame<'_> {
    pub(super) fn call_model(&mut self, state: &mut State, view: &CallView<'_>, model: &ApiModel, loose: bool) -> ValueId {
        if view.name == self.ctx.names.starts_with
            && let Some(result) = self.rooted(state, view)
        {
            return result;
        }
        for (slot, sink) in &model.sinks {
            if let (true, Slot::Arg(index), "alloc-size" | "copy-size") = (self.is_c(), slot, sink.as_str())
                && let Some(operand) = view.call.args.get(usize::from(*index))
                && let Some(value) = view.args.get(usize::from(*index))
            {
                self.check_size_argument(state, operand, *value, view.span);
            }
            if let (false, Slot::Arg(index), "alloc-size") = (self.is_c(), slot, sink.as_str())
                && let (Some(operand), Some(value)) =
                    (view.call.args.get(usize::from(*index)), view.args.get(usize::from(*index)))
                && self.is_no_size(operand, *value)
            {
                continue;
            }
            let listed = *slot == Slot::Rest(0) && view.args.len() > 1 || self.is_c() && *slot == Slot::Arg(1);
            let program = view.args.first().filter(|_| listed);
            if sink.as_str() == "command" && program.is_some_and(|program| self.is_plain_program(*program)) {
                continue;
            }
            for (value, span) in self.slot_values(view, *slot) {
                // Reported at the call, where the reader looks; the argument is in the trace.
                self.sink(state, value, *sink, view.name, view.span, span);
            }
        }
        self.note_required(state, view, model);
        if self.is_c() && model.releases.is_empty() {
            for &arg in &view.args {
                self.check_released(state, arg, view.span, view.name.as_str());
            }
        }
        let texts = if self.is_c() { self.memory_facts(state, view, model) } else { Vec::new() };
        for &arg in &view.args {
            self.may_be_set(state, arg);
        }
        if self.is_c()
            && model.op.is_some_and(|op| op.as_str() == "string.compare-bounded")
            && let &[path, base, ..] = view.args.as_slice()
            && let Some(result) = self.rooted_at(state, path, base).or_else(|| self.rooted_at(state, base, path))
        {
            return result;
        }
        self.set_property(state, view);
        let asked = if self.is_c() { None } else { self.asked_before(state, view, model) };
        if let Some(known) = asked.and_then(|asked| self.answered(state, asked)) {
            return known;
        }
        let lambdas = self.apply_lambdas(state, view);
        let mut result = match model.op.and_then(|op| self.op(state, op.as_str(), view)) {
            Some(result) => result,
            None => self.flow_model(state, view, model, &lambdas),
        };
        result = self.finish_result(state, view, model, result, loose);
        if let Some((object, cell)) = asked {
            state.set_cell(object, cell, result);
        }
        if self.is_c() {
            result = self.note_count(state, view, model, result);
            result = self.allocate(state, view, model, result);
            self.pass_modelled(state, view, model);
            self.leave_texts(state, texts);
        }
        self.note_opened(state, view, model);
        self.resources(state, view, model, result);
        result
    }

    /// C: a library function given a variable's address may set it, whether or not the model says so.
    fn may_be_set(&mut self, state: &mut State, value: ValueId) {
        let [object] = self.values[value].objects.as_slice() else { return };
        let object = *object;
        if !matches!(self.objects[object].kind, ObjectKind::Storage(_)) {
            return;
        }
        if let Some(held) = state.cell(object, Cell::Index(0)) {
            let weak = self.weaken_for_store(held);
            state.set_cell(object, Cell::Index(0), weak);
        }
    }

    /// The values in a slot, with their spans.
    pub(super) fn slot_values(&self, view: &CallView<'_>, slot: Slot) -> SmallVec<[(ValueId, crate::base::Span); 4]> {
        let arg = |index: usize| {
            let value = view.args.get(index).copied()?;
            Some((value, view.call.arg_spans.get(index).copied().unwrap_or(view.span)))
        };
        match slot {
            Slot::This => view.receiver.map(|receiver| (receiver, view.span)).into_iter().collect(),
            Slot::Arg(index) => arg(usize::from(index)).into_iter().collect(),
            Slot::Rest(from) => (usize::from(from)..view.args.len()).filter_map(arg).collect(),
            Slot::Return => SmallVec::new(),
        }
    }

    fn note_required(&mut self, state: &mut State, view: &CallView<'_>, model: &ApiModel) {
        for slot in &model.requires_nonnull {
            for (value, _) in self.slot_values(view, *slot) {
                if !self.takes_nothing(state, view, model, (*slot, value)) {
                    self.check_null(state, value, view.span);
                }
            }
        }
    }

    /// The result by the model's flows, or by the default one.
    fn flow_model(&mut self, state: &mut State, view: &CallView<'_>, model: &ApiModel, lambdas: &[ValueId]) -> ValueId {
        let Some(flows) = &model.flows else {
            // Nothing said: as an unmodelled call.
            return self.call_unknown_result(state, view, lambdas);
        };
        let mut result = Value::default();
        let mut same: Option<ValueId> = None;
        for flow in flows {
            for (from, _) in self.slot_values(view, flow.from) {
                let carried = match flow.access {
                    Access::FromElement | Access::Elements => {
                        let objects = self.objects_of(from);
                        let element = self.load_cell(state, &objects, Cell::Elements, Some(from), crate::ir::TyId::UNKNOWN);
                        let is_read = model.op.is_some_and(|op| matches!(op.as_str(), "scan.format" | "number.parse"));
                        if is_read && self.is_c() { self.number_of_text(element) } else { element }
                    }
                    Access::Value | Access::IntoElement => from,
                };
                match (flow.to, flow.access) {
                    (Slot::Return, Access::Value | Access::FromElement) => {
                        if flow.access == Access::FromElement {
                            same = Some(carried);
                        }
                        for mut mark in self.text_marks(state, carried) {
                            let hop = self.hop(view.span, StepKind::Through, view.name);
                            mark.path = self.traces.extend(mark.path, hop);
                            mark.at_start &= flow.access == Access::FromElement || is_address(view);
                            result.add_mark(mark);
                        }
                    }
                    (Slot::Return, _) => {
                        for mark in self.deep_marks(state, carried) {
                            result.add_mark(mark);
                        }
                    }
                    (to, access) => {
                        for (target, _) in self.targets(view, model, to) {
                            let objects = self.objects_of(target);
                            for object in objects {
                                match access {
                                    Access::Value => {
                                        self.taint_text(state, object, carried);
                                        for inner in self.wrapped_by(state, object) {
                                            self.taint_text(state, inner, carried);
                                        }
                                    }
                                    _ => self.store_any_element(state, object, carried),
                                }
                            }
                        }
                    }
                }
            }
        }
        // One element and nothing else: the element itself, with what it points to.
        if let (Some(same), [_]) = (same, flows.as_slice()) {
            return same;
        }
        for lambda in lambdas {
            for mark in self.deep_marks(state, *lambda) {
                result.add_mark(mark);
            }
        }
        self.value(result)
    }

    fn call_unknown_result(&mut self, state: &mut State, view: &CallView<'_>, lambdas: &[ValueId]) -> ValueId {
        let value = self.call_unknown(state, view);
        for lambda in lambdas {
            for mark in self.deep_marks(state, *lambda) {
                self.values[value].add_mark(mark);
            }
        }
        value
    }

    /// What an object writes through to: a writer's writer.
    fn wrapped_by(&self, state: &State, object: super::value::ObjId) -> SmallVec<[super::value::ObjId; 1]> {
        let wrapped = state.cell(object, Cell::Field(self.ctx.names.wrapped));
        wrapped.map(|wrapped| self.values[wrapped].objects.clone()).unwrap_or_default()
    }

    /// Data becomes part of an object's contents.
    pub(super) fn taint_text(&mut self, state: &mut State, object: super::value::ObjId, from: ValueId) {
        let mut value = match state.cell(object, Cell::Text) {
            Some(before) => Value { marks: self.values[before].marks.clone(), ..Value::default() },
            None => Value::default(),
        };
        for mark in self.deep_marks(state, from) {
            value.add_mark(mark);
        }
        let value = self.value(value);
        state.set_cell(object, Cell::Text, value);
        // What a wrapper is given goes on to the stream that it wraps.
        let wrapped = Cell::Property(self.ctx.names.wrapped);
        let mut outer = object;
        for _ in 0..MAX_WRAPPERS {
            let Some(inner) = state.cell(outer, wrapped) else { break };
            let [inner] = self.values[inner].objects.as_slice() else { break };
            outer = *inner;
            state.set_cell(outer, Cell::Text, value);
        }
    }

    /// Sources, sanitizing, nullness, type of the result.
    fn finish_result(
        &mut self,
        state: &mut State,
        view: &CallView<'_>,
        model: &ApiModel,
        result: ValueId,
        loose: bool,
    ) -> ValueId {
        let result = match model.returns {
            ReturnType::This => view.receiver.unwrap_or(result),
            // The type of that argument, where an operation gave the result.
            ReturnType::Arg(_) if model.op.is_some_and(|op| op.as_str().starts_with("int.")) => result,
            ReturnType::Arg(index) => view.args.get(usize::from(index)).copied().unwrap_or(result),
            _ => result,
        };
        for (slot, source) in &model.sources {
            match slot {
                Slot::Return => {}
                _ if !self.is_source(view, *source) => {}
                slot => {
                    for (target, _) in self.targets(view, model, *slot) {
                        let mark = self.source_mark(view, *source);
                        let tainted = self.value(Value { marks: Marks::one(mark), ..Value::default() });
                        for object in self.objects_of(target) {
                            state.drop_cells(object, |cell| matches!(cell, Cell::Index(_) | Cell::Text | Cell::Elements));
                            state.set_cell(object, Cell::Elements, tainted);
                            for inner in self.wrapped_by(state, object) {
                                self.taint_text(state, inner, tainted);
                            }
                        }
                    }
                }
            }
        }
        let mut value = self.values[result].clone();
        let mut changed = false;
        let number = self.is_number(view.ty);
        if matches!(view.ty.get(), Ty::Bool) && !value.marks.is_empty() {
            value.marks.clear();
            changed = true;
        }
        let resolved = model.op.is_some_and(|op| op.as_str() == "path.canonical");
        if let (true, Some(&target)) = (resolved && self.is_c(), view.args.get(1)) {
            self.make_canonical(state, target);
        }
        let canonical =
            resolved || matches!(view.name.as_str(), "getCanonicalPath" | "getCanonicalFile" | "toRealPath" | "normalize");
        let cleared =
            kinds::bits(&model.clears) | if number { kinds::NUMBER } else { 0 } | if canonical { kinds::CANONICAL } else { 0 };
        let host = model.owner.is_some_and(|owner| owner.as_str().starts_with("java.net.")) && names_host(view.name.as_str());
        let cleared = cleared | if host { kinds::HOST } else { 0 };
        if cleared != 0 && value.marks.iter().any(|mark| mark.cleared & cleared != cleared) {
            for mark in &mut value.marks {
                mark.cleared |= cleared;
            }
            value.objects.clear();
            changed = true;
        }
        let decided = model.source_if.as_ref().filter(|given| {
            let arg = view.args.get(usize::from(given.arg)).and_then(|arg| self.text_of(*arg));
            arg.is_some_and(|text| given.fits(&text))
        });
        let usual = model.sources.iter().find(|(slot, kinds)| *slot == Slot::Return && self.is_source(view, *kinds));
        if let Some(kinds) = decided.map(|given| given.kinds).or(usual.map(|(_, kinds)| *kinds)) {
            let mut mark = self.source_mark(view, kinds);
            mark.cleared |= cleared;
            value = Value { null: value.null, range: value.range, marks: value.marks, ..Value::default() };
            value.add_mark(mark);
            let object = self.objects.push(Object { kind: ObjectKind::Opaque, class: view.ty.name(), marks: Marks::one(mark) });
            if !number && view.ty != crate::ir::TyId::STRING {
                value.objects.push(object);
            }
            changed = true;
        }
        match model.may_return_null {
            Some(true)
                if value.null == Null::Unknown && value.consts.is_none() && !loose && self.null_is_likely(state, view, model) =>
            {
                value.null = Null::Maybe(self.at(view.span));
                changed = true;
            }
            Some(false) if value.null == Null::Unknown => {
                value.null = Null::No;
                changed = true;
            }
            _ => {}
        }
        if value.range.is_none() && value.consts.is_none() {
            value.range = model.range.or_else(|| range_of_primitive(model.returns));
            changed |= value.range.is_some();
        }
        if view.call.kind == CallKind::New
            && (value.objects.is_empty() || value.consts.is_some() || self.is_argument(view, result))
        {
            let object = self.allocation(view.span, 0, view.target.owner);
            self.objects[object].class = match model.returns {
                ReturnType::Named(narrower) => Some(narrower),
                _ => view.target.owner,
            };
            state.drop_cells(object, |_| true);
            self.keep_text(state, object, view, model);
            if view.target.owner.is_some_and(|owner| owner.as_str() == "java.io.File")
                && state.cell(object, Cell::Text).is_none()
                && !value.marks.is_empty()
            {
                // A file's name is its text, and what is learnt of the one holds for the other.
                let text = self.value(Value { marks: value.marks.clone(), ..Value::default() });
                state.set_cell(object, Cell::Text, text);
            }
            self.keep_wrapped(state, object, view);
            // Marks of the object itself are for good; its text's can still be checked.
            self.objects[object].marks =
                if state.cell(object, Cell::Text).is_some() { Marks::default() } else { value.marks.clone() };
            value = Value { marks: value.marks, ..Value::default() };
            value.objects.push(object);
            value.null = Null::No;
            changed = true;
        } else if value.objects.is_empty() && value.consts.is_none() && view.receiver.is_none() && is_factory(view.name.as_str())
        {
            // A factory's result is as new as a constructor's.
            let object = self.allocation(view.span, 0, view.ty.name());
            self.objects[object].class = view.ty.name();
            self.objects[object].marks = value.marks.clone();
            state.drop_cells(object, |_| true);
            value.objects.push(object);
            changed = true;
        }
        let result = if changed { self.value(value) } else { result };
        self.note_resource(state, view, result);
        result
    }

    /// A generator that came from elsewhere may be a secure one, whatever its declared type.
    fn is_source(&self, view: &CallView<'_>, kinds: crate::rules::SourceKinds) -> bool {
        if kinds == crate::rules::SourceKinds::FILE && self.memory.opened == super::opened::Opened::Kernels {
            return false;
        }
        if kinds != crate::rules::SourceKinds::RANDOM {
            return true;
        }
        view.receiver.is_none_or(|receiver| match self.values[receiver].objects.as_slice() {
            [object] => self.objects[*object].is_made(),
            _ => false,
        })
    }

    /// C `strncmp(path, base, n)` of a canonical path: zero where data of that origin stays under the base.
    fn rooted_at(&mut self, state: &State, path: ValueId, base: ValueId) -> Option<ValueId> {
        let predicate = self.rooted_by(state, path, base)?;
        let predicate = Predicate::Not(Box::new(predicate));
        Some(self.value(Value { predicate: Some(Box::new(predicate)), null: Null::No, ..Value::default() }))
    }

    /// What a C call wrote there is a canonical path.
    fn make_canonical(&mut self, state: &mut State, target: ValueId) {
        for object in self.values[target].objects.clone() {
            let cells: SmallVec<[(Cell, ValueId); 8]> =
                state.cells(object).filter(|(cell, _)| matches!(cell, Cell::Elements | Cell::Index(_) | Cell::Text)).collect();
            for (cell, held) in cells {
                let mut value = self.values[held].clone();
                value.marks.iter_mut().for_each(|mark| mark.cleared |= kinds::CANONICAL);
                let value = self.value(value);
                state.set_cell(object, cell, value);
            }
        }
    }

    /// `path.startsWith(base)` of a canonical path: where it holds, data of that origin stays under the base.
    fn rooted(&mut self, state: &State, view: &CallView<'_>) -> Option<ValueId> {
        let predicate = self.rooted_by(state, view.receiver?, *view.args.first()?)?;
        Some(self.value(Value { predicate: Some(Box::new(predicate)), null: Null::No, ..Value::default() }))
    }

    fn rooted_by(&mut self, state: &State, path: ValueId, base: ValueId) -> Option<Predicate> {
        let marks = self.deep_marks(state, path);
        let canonical = !marks.is_empty() && marks.iter().all(|mark| mark.cleared & kinds::CANONICAL != 0);
        // A base made of the same data decides nothing.
        let own = self.deep_marks(state, base);
        let other_data = marks.iter().any(|mark| own.iter().all(|base| base.origin != mark.origin));
        (canonical && other_data).then_some(Predicate::Rooted(path))
    }

    /// A stream knows the constant name of the class-path resource that it reads, for property files of the project. A
    /// file opened by its path is outside data: others may have changed it.
    fn note_resource(&mut self, state: &mut State, view: &CallView<'_>, result: ValueId) {
        let opens = matches!(view.name.as_str(), "getResourceAsStream" | "getResource")
            || view.call.kind == CallKind::New
                && view.target.owner.is_some_and(|owner| owner.simple_name() == "ClassPathResource");
        let Some(&first) = view.args.first() else { return };
        if opens
            && self.text_of(first).is_some()
            && let [object] = self.values[result].objects.as_slice()
        {
            state.set_cell(*object, Cell::Property(self.ctx.names.resource), first);
        }
    }

    fn is_argument(&self, view: &CallView<'_>, value: ValueId) -> bool {
        view.args.contains(&value)
    }

    /// What a new object was given is its text: a builder's, a file's name, a wrapped stream's origin.
    fn keep_text(&mut self, state: &mut State, object: super::value::ObjId, view: &CallView<'_>, model: &ApiModel) {
        let given = model.op.is_some() || model.flows.as_ref().is_none_or(|flows| !flows.is_empty());
        if let (true, [only]) = (given, view.args.as_slice()) {
            let is_text =
                self.values[*only].consts.as_ref().is_some_and(|consts| consts.iter().all(|c| matches!(c, Konst::Str(_))));
            if is_text || !self.values[*only].marks.is_empty() && self.values[*only].objects.is_empty() {
                state.set_cell(object, Cell::Text, *only);
            } else if !self.values[*only].objects.is_empty() {
                let source = self.values[*only].objects.clone();
                for source in source {
                    if let Some(resource) = state.cell(source, Cell::Property(self.ctx.names.resource)) {
                        state.set_cell(object, Cell::Property(self.ctx.names.resource), resource);
                    }
                }
            } else if self.values[*only].objects.is_empty() && self.values[*only].consts.is_none() {
                state.set_cell(object, Cell::Text, *only);
            }
        }
    }

    /// An output stream or writer made of another passes on what it is given.
    fn keep_wrapped(&mut self, state: &mut State, object: super::value::ObjId, view: &CallView<'_>) {
        let is_sink = view.target.owner.is_some_and(|owner| {
            let name = owner.simple_name();
            name.ends_with("OutputStream") || name.ends_with("Writer") || name == "PrintStream"
        });
        if let (true, Some(&inner)) = (is_sink, view.args.first())
            && !self.values[inner].objects.is_empty()
            && self.values[inner].consts.is_none()
        {
            state.set_cell(object, Cell::Property(self.ctx.names.wrapped), inner);
        }
    }

    pub(super) fn source_mark(&mut self, view: &CallView<'_>, kinds: crate::rules::SourceKinds) -> Mark {
        let step = self.hop(view.span, StepKind::Source, view.name);
        let path = self.traces.push(None, step);
        // `getParameter("password")`: what is asked for by such a name is secret.
        let asked = view.args.first().and_then(|arg| self.text_of(*arg));
        let secret =
            kinds.contains(crate::rules::SourceKinds::WEB) && asked.is_some_and(|name| super::checks::names::is_secret(&name));
        let kinds = if secret { kinds | crate::rules::SourceKinds::SECRET } else { kinds };
        Mark { origin: Origin::Source(self.at(view.span)), kinds, name: view.name, cleared: 0, path, at_start: true }
    }
}
