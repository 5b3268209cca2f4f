//! Calls: which functions, model or default they run. Must not know what a model's facts do.

use smallvec::SmallVec;

use super::frame::{Frame, ObjectKind};
use super::instantiate::Passed;
use super::merge::Widen;
use super::state::State;
use super::stmt::Alternative;
use super::value::{Konst, Null, ObjId, Value, ValueId};
use crate::base::{Span, Symbol};
use crate::findings::StepKind;
use crate::ir::{Call, CallId, CallKind, Callee, Ty, TyId};
use crate::program::{CallTarget, FuncId};

/// How a call may end.
pub(super) enum Ways {
    /// It does not return.
    Never,
    /// In the state at hand, with a result.
    One(ValueId),
    /// In one of these instead, each with its result.
    Several(Vec<(State, ValueId)>),
}

/// A call with its values.
pub(super) struct CallView<'c> {
    pub(super) call: &'c Call,
    pub(super) target: &'c CallTarget,
    pub(super) receiver: Option<ValueId>,
    pub(super) args: SmallVec<[ValueId; 6]>,
    /// The whole call.
    pub(super) span: Span,
    /// The called name.
    pub(super) name: Symbol,
    /// The type of the result.
    pub(super) ty: TyId,
}

impl<'a> Frame<'a> {
    pub(super) fn call(&mut self, state: &mut State, id: CallId, span: Span, more: &mut Vec<Alternative>) -> bool {
        let body = self.body;
        let Some(call) = body.calls.get(id) else { return true };
        let unknown_target = CallTarget::default();
        let types = self.types;
        let target = types.calls.get(id).unwrap_or(&unknown_target);
        // No function can use a variable without a value: what is not in view and is given one is a macro that sets it.
        if let (Callee::Function(name), true, None, true) =
            (&call.callee, target.callees.is_empty(), target.model, self.wants_init && self.is_c())
            && !self.unit.functions.iter().any(|function| function.name == *name)
        {
            for local in call.args.iter().filter_map(crate::ir::Operand::local) {
                if self.is_variable_of(local) {
                    self.take_as_set(state, local);
                }
            }
        }
        let receiver = call.receiver.as_ref().map(|receiver| self.operand(state, receiver, span));
        let args: SmallVec<[ValueId; 6]> = call
            .args
            .iter()
            .enumerate()
            .map(|(at, arg)| self.operand(state, arg, call.arg_spans.get(at).copied().unwrap_or(span)))
            .collect();
        let name = match &call.callee {
            Callee::Method { name, .. } | Callee::Function(name) => *name,
            Callee::Constructor(_) => self.ctx.names.init,
            Callee::Value(operand) => {
                let value = self.operand(state, operand, span);
                match self.values[value].only_constant() {
                    Some(Konst::Func(name)) => name,
                    _ => self.ctx.names.empty,
                }
            }
        };
        if let (CallKind::Virtual, Some(receiver)) = (call.kind, receiver) {
            self.check_null(state, receiver, call.name_span);
        }
        let ty = call.dst.map_or(TyId::UNKNOWN, |dst| self.local_type(dst));
        let receiver = receiver.map(|receiver| self.current(state, call.receiver.as_ref(), receiver));
        let view = CallView { call, target, receiver, args, span, name, ty };
        self.match_calls(state, &view);
        let mut ways = match self.dispatch(state, &view) {
            Ways::Never => return false,
            Ways::One(result) => {
                if let Some(dst) = call.dst {
                    self.write_local(state, dst, result);
                }
                return true;
            }
            Ways::Several(ways) => ways,
        };
        if ways.len() > 1 {
            match self.splits_left.checked_sub(ways.len() - 1) {
                Some(left) => self.splits_left = left,
                None => ways = self.join_ways(ways).into_iter().collect(),
            }
        }
        let Some((first, result)) = ways.pop() else { return false };
        *state = first;
        if let Some(dst) = call.dst {
            self.write_local(state, dst, result);
        }
        for (mut other, result) in ways {
            let mut scratch = self.scratch.clone();
            if let Some(dst) = call.dst {
                match self.slots.get(dst).copied().flatten() {
                    Some(_) => self.write_local(&mut other, dst, result),
                    None => {
                        if let Some(place) = scratch.get_mut(dst) {
                            *place = Some(result);
                        }
                    }
                }
            }
            more.push((other, scratch));
        }
        true
    }

    fn is_variable_of(&self, local: crate::ir::LocalId) -> bool {
        self.body.locals.get(local).is_some_and(|local| local.kind == crate::ir::LocalKind::User)
    }

    /// The receiver again, after a null check may have refined it.
    fn current(&mut self, state: &State, operand: Option<&crate::ir::Operand>, before: ValueId) -> ValueId {
        match operand {
            Some(crate::ir::Operand::Local(local)) => self.read_local(state, *local),
            _ => before,
        }
    }

    fn dispatch(&mut self, state: &mut State, view: &CallView<'_>) -> Ways {
        let callees = self.callees(view);
        let stops = self.is_c() && self.ctx.program.no_return.stops(&callees, view.name);
        if !callees.is_empty() {
            let ways = self.call_program(state, view, &callees);
            return if stops { Ways::Never } else { ways };
        }
        if stops {
            return Ways::Never;
        }
        if let Some(ways) = self.call_lambda(state, view) {
            return ways;
        }
        if let Some(hit) = view.target.model
            && let Some(model) = self.models.model(hit.name, hit.index)
        {
            if model.noreturn {
                return Ways::Never;
            }
            // An assertion: behind it the condition holds.
            if model.op.is_some_and(|op| op.as_str() == "condition.assert")
                && let Some(&condition) = view.args.first()
            {
                self.demand_asserted(state, view, condition);
                if !self.assume(state, condition, true) {
                    return Ways::Never;
                }
            }
            if model.op.is_some_and(|op| op.as_str() == "control.again") {
                self.quieten(state);
            }
            let model = self.exact_model(view).unwrap_or(model);
            return Ways::One(self.call_model(state, view, model, hit.loose));
        }
        if self.is_c()
            && let Some(ways) = self.told_by_name(state, view)
        {
            return ways;
        }
        let mapped = if self.is_c() { None } else { self.call_mapper(state, view) };
        let result = mapped.or_else(|| self.accessor(state, view));
        Ways::One(result.unwrap_or_else(|| self.call_unknown(state, view)))
    }

    /// The functions a call may run, narrowed by what the receiver is known to be.
    fn callees(&mut self, view: &CallView<'_>) -> SmallVec<[FuncId; 1]> {
        let program = self.ctx.program;
        if let (Callee::Value(_), false) = (&view.call.callee, view.name.as_str().is_empty()) {
            return program.c_function(view.name, self.unit).into_iter().collect();
        }
        if view.call.kind != CallKind::Virtual {
            return view.target.callees.clone();
        }
        let Some(receiver) = view.receiver else { return view.target.callees.clone() };
        let objects: SmallVec<[ObjId; 1]> = self.values[receiver].objects.clone();
        let [object] = objects.as_slice() else { return view.target.callees.clone() };
        let object = &self.objects[*object];
        if let (ObjectKind::Allocated(_), Some(class)) = (&object.kind, object.class)
            && let Some(class) = program.class(class)
        {
            let found = program.find_methods(class, view.name, view.args.len());
            let exact: SmallVec<[FuncId; 1]> = match found.as_slice() {
                [_] => found.into(),
                _ => found.into_iter().filter(|func| view.target.callees.contains(func)).collect(),
            };
            if exact.iter().any(|func| program.has_body(*func)) {
                return exact;
            }
        }
        view.target.callees.clone()
    }

    /// The model of the class that the receiver is known to be, where that is narrower than its declared type.
    fn exact_model(&self, view: &CallView<'_>) -> Option<&'a crate::rules::ApiModel> {
        let [object] = self.values[view.receiver?].objects.as_slice() else { return None };
        let object = &self.objects[*object];
        let class = object.class.filter(|class| object.is_made() && Some(*class) != view.target.owner)?;
        let arity = u8::try_from(view.args.len()).ok()?;
        let models = self.models;
        let mut found = None;
        self.ctx.program.walk_supers(class, models, |current| {
            found = models.calls_named(view.name).find(|model| {
                model.owner == Some(current) && model.arity.is_none_or(|wanted| wanted == arity) && model.params.is_empty()
            });
            found.is_some()
        });
        found
    }

    fn call_program(&mut self, state: &mut State, view: &CallView<'_>, callees: &[FuncId]) -> Ways {
        let made = (view.call.kind == CallKind::New).then(|| {
            let object = self.allocation(view.span, 0, view.target.owner);
            self.objects[object].class = view.target.owner;
            state.drop_cells(object, |_| true);
            self.reference(object)
        });
        let receiver = made.or(view.receiver).or_else(|| self.receiver(state));
        let mut ways = if let [callee] = *callees {
            self.call_one(state, view, callee, receiver)
        } else if let Some(result) = self.gather_callees(state, view, callees, receiver) {
            Ways::One(result)
        } else {
            let mut all: Vec<(State, ValueId)> = Vec::with_capacity(callees.len());
            self.one_of_several = true;
            for &callee in callees {
                let mut after = state.clone();
                match self.call_one(&mut after, view, callee, receiver) {
                    Ways::Never => {}
                    Ways::One(result) => all.push((after, result)),
                    Ways::Several(ways) => all.extend(self.join_ways(ways)),
                }
            }
            self.one_of_several = false;
            match self.join_ways(all) {
                Some((joined, result)) => {
                    *state = joined;
                    Ways::One(result)
                }
                None => Ways::Never,
            }
        };
        if matches!(view.ty.get(), Ty::Bool) {
            match &mut ways {
                Ways::Never => {}
                Ways::One(result) => *result = self.ask_about_nulls(view, *result),
                Ways::Several(ways) => {
                    ways.iter_mut().for_each(|(_, result)| *result = self.ask_about_nulls(view, *result));
                }
            }
        }
        if let Some(made) = made {
            match &mut ways {
                Ways::Never => {}
                Ways::One(result) => *result = made,
                Ways::Several(ways) => ways.iter_mut().for_each(|(_, result)| *result = made),
            }
        }
        ways
    }

    fn call_one(&mut self, state: &mut State, view: &CallView<'_>, callee: FuncId, receiver: Option<ValueId>) -> Ways {
        match self.ctx.summary(callee, self.id) {
            Some(summary) => {
                let spread = self.spread(view);
                let passed = Passed { callee, receiver, args: &view.args, captured: &[], span: view.span, spread };
                let mut ways = self.instantiate(state, summary, &passed);
                if self.is_c() {
                    match &mut ways {
                        Ways::Never => {}
                        Ways::One(_) => self.pass_raw(state, &view.args),
                        Ways::Several(ways) => ways.iter_mut().for_each(|(state, _)| self.pass_raw(state, &view.args)),
                    }
                }
                ways
            }
            None => Ways::One(self.call_unknown(state, view)),
        }
    }

    /// Whether the last argument is declared an array; `None` where its type is not known.
    pub(super) fn spread(&self, view: &CallView<'_>) -> Option<bool> {
        match view.call.args.last()? {
            crate::ir::Operand::Local(local) => match self.local_type(*local).get() {
                Ty::Unknown => None,
                ty => Some(matches!(ty, Ty::Array(..))),
            },
            crate::ir::Operand::Const(_) => Some(false),
        }
    }

    pub(super) fn join_ways(&mut self, ways: Vec<(State, ValueId)>) -> Option<(State, ValueId)> {
        let mut ways = ways.into_iter();
        let first = ways.next()?;
        Some(ways.fold(first, |(state, value), (other, result)| {
            let joined = self.join_values(value, result, Widen::No);
            (self.join_states(&state, &other, Widen::No), joined)
        }))
    }

    /// A call of a functional interface's method on a lambda in view.
    fn call_lambda(&mut self, state: &mut State, view: &CallView<'_>) -> Option<Ways> {
        let receiver = view.receiver?;
        let [object] = self.values[receiver].objects.as_slice() else { return None };
        let ObjectKind::Lambda(func, captured) = self.objects[*object].kind.clone() else { return None };
        let summary = self.ctx.summary(func, self.id)?;
        let mut after = state.clone();
        let passed =
            Passed { callee: func, receiver: None, args: &view.args, captured: &captured, span: view.span, spread: None };
        let ways = self.instantiate(&mut after, summary, &passed);
        match ways {
            Ways::Never => return None,
            Ways::One(_) => *state = after,
            Ways::Several(_) => {}
        }
        Some(ways)
    }

    /// Runs the lambdas among a library call's arguments on what the receiver holds: their defects show, and their
    /// results flow to the call's.
    pub(super) fn apply_lambdas(&mut self, state: &mut State, view: &CallView<'_>) -> SmallVec<[ValueId; 2]> {
        let mut results = SmallVec::new();
        for &arg in &view.args {
            let [object] = self.values[arg].objects.as_slice() else { continue };
            let ObjectKind::Lambda(func, captured) = self.objects[*object].kind.clone() else { continue };
            let Some(summary) = self.ctx.summary(func, self.id) else { continue };
            let params = self.ctx.program.function(func).1.params.len();
            let marks = view.receiver.map(|receiver| self.deep_marks(state, receiver)).unwrap_or_default();
            let element = {
                let mut value = Value::default();
                marks.iter().for_each(|mark| value.add_mark(*mark));
                self.value(value)
            };
            let inputs: SmallVec<[ValueId; 6]> = (0..params).map(|_| element).collect();
            let mut after = state.clone();
            let passed =
                Passed { callee: func, receiver: None, args: &inputs, captured: &captured, span: view.span, spread: None };
            match self.instantiate(&mut after, summary, &passed) {
                Ways::Never => {}
                Ways::One(result) => {
                    *state = after;
                    results.push(result);
                }
                Ways::Several(ways) => {
                    if let Some((after, result)) = self.join_ways(ways) {
                        *state = after;
                        results.push(result);
                    }
                }
            }
        }
        results
    }

    /// A call of which nothing is known: data flows from receiver and arguments to the result.
    pub(super) fn call_unknown(&mut self, state: &mut State, view: &CallView<'_>) -> ValueId {
        if !self.is_c() {
            self.set_property(state, view);
        }
        let lambdas = self.apply_lambdas(state, view);
        // What a lambda opens and returns is the library's to close.
        for lambda in &lambdas {
            self.let_go(state, *lambda);
        }
        for &arg in &view.args {
            self.let_go(state, arg);
            self.may_be_filled(state, arg);
            self.may_be_written(state, arg);
        }
        let mut result = Value::default();
        let boolean = matches!(view.ty.get(), Ty::Bool | Ty::Void);
        if !boolean {
            let slots: SmallVec<[ValueId; 8]> = view.receiver.iter().chain(&view.args).copied().chain(lambdas).collect();
            for slot in slots {
                // The receiver itself is no data, unless it is tainted as a whole.
                for mut mark in self.deep_marks(state, slot) {
                    let hop = self.hop(view.span, StepKind::Through, view.name);
                    mark.path = self.traces.extend(mark.path, hop);
                    mark.at_start = false;
                    let counts = view.args.is_empty() && matches!(view.name.as_str(), "size" | "length" | "count");
                    if self.is_number(view.ty) || counts {
                        // A number that unknown code makes of data is seldom the data.
                        let model = view.target.model.and_then(|hit| self.models.model(hit.name, hit.index));
                        let read = model.is_some_and(|model| !model.clears.is_empty());
                        let made = if read { 0 } else { super::kinds::COMPUTED };
                        mark.cleared |= super::kinds::NUMBER | made;
                    }
                    result.add_mark(mark);
                }
            }
        }
        if view.call.kind == CallKind::New {
            let object = self.allocation(view.span, 0, view.target.owner);
            self.objects[object].class = view.target.owner;
            state.drop_cells(object, |_| true);
            self.objects[object].marks = result.marks.clone();
            result.objects.push(object);
            result.null = Null::No;
        }
        let result = self.value(result);
        if matches!(view.ty.get(), Ty::Bool | Ty::Unknown) { self.ask_about_nulls(view, result) } else { result }
    }

    /// An array passed to unknown code may come back filled.
    fn may_be_filled(&mut self, state: &mut State, value: ValueId) {
        let [object] = self.values[value].objects.as_slice() else { return };
        let object = *object;
        if state.cell(object, super::state::Cell::Size).is_some() && state.cell(object, super::state::Cell::Elements).is_none() {
            let unknown = self.unknown();
            if state.cells(object).count() == 1 {
                state.set_cell(object, super::state::Cell::Elements, unknown);
            }
        }
    }

    /// C: code that nothing is known of may write what it is given the address of. Taint stays.
    pub(super) fn may_be_written(&mut self, state: &mut State, value: ValueId) {
        if !self.is_c() {
            return;
        }
        for object in self.values[value].objects.clone() {
            let cells: SmallVec<[(super::state::Cell, ValueId); 8]> =
                state.cells(object).filter(|(cell, _)| !matches!(cell, super::state::Cell::Status(_))).collect();
            for (cell, held) in cells {
                let weak = self.weaken_for_store(held);
                state.set_cell(object, cell, weak);
            }
        }
    }

    pub(super) fn is_number(&self, ty: TyId) -> bool {
        match ty.get() {
            Ty::Int { .. } | Ty::Float { .. } | Ty::Char { .. } => true,
            Ty::Named { name, .. } => self.untaintable(*name),
            _ => false,
        }
    }

    /// A step of a trace in this file.
    pub(super) fn hop(&self, span: Span, kind: StepKind, name: Symbol) -> super::trace::Hop {
        super::trace::Hop { at: self.at(span), kind, name }
    }

    /// A step of the trace for a call that is entered.
    pub(super) fn pass_hop(&self, span: Span, callee: FuncId) -> super::trace::Hop {
        let name = self.ctx.program.function(callee).1.name;
        self.hop(span, StepKind::Pass, name)
    }
}
