//! Which kinds of tainted data a caller can ever hand a function: found out once, before any function is analysed, so
//! that a function that never sees tainted data neither follows marks of its inputs nor keeps latent sinks, and is
//! analysed more cheaply. Must not know values or states.
//!
//! A data flow without order or conditions, in two passes over the call graph. Upwards: what a function hands out, of
//! its own sources and of its callees' (by its result, by the objects it was given, by static fields), and whether it
//! hands out what it was given. Downwards: what arrives at each function. Both err towards more: what is stored into an
//! object taints all of it.

use index_vec::IndexVec;
use rayon::prelude::*;

use super::given::{LIMIT, given, limit, limit_by_name};
use crate::base::FastMap;
use crate::ir::{
    BinOp, Body, Call, Callee, Const, LocalId, LocalKind, Operand, Place, PlaceBase, Proj, Rvalue, StmtKind, Terminator, Ty,
};
use crate::program::{CallTarget, FuncId, Program};
use crate::rules::{Models, RuleSet, SourceKinds};

/// Kinds of taint as bits, and one more for "whatever the caller passed".
pub(super) type Mask = u32;
const PASSED: Mask = 1 << 31;

/// What each function may be handed, and whether it ever sees tainted data.
pub(super) struct Demand {
    arrives: IndexVec<FuncId, Mask>,
    sees: IndexVec<FuncId, bool>,
}

/// What a function hands out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Out {
    result: Mask,
    /// Into the objects it was given.
    objects: Mask,
    /// Into static fields and globals.
    globals: Mask,
}

impl Demand {
    pub(super) fn of(program: &Program, rules: &RuleSet) -> Demand {
        let flow = Flow { program, rules };
        let count = program.functions.len();
        let mut outs: IndexVec<FuncId, Out> = index_vec::index_vec![Out::default(); count];
        for level in &program.components.levels {
            let found: Vec<Vec<(FuncId, Out)>> = level.par_iter().map(|component| flow.upwards(component, &outs)).collect();
            for (func, out) in found.into_iter().flatten() {
                outs[func] = out;
            }
        }
        let mut arrives: IndexVec<FuncId, Mask> = index_vec::index_vec![0; count];
        let mut sees: IndexVec<FuncId, bool> = index_vec::index_vec![false; count];
        // Who calls a function through a table is not known.
        let pointers = program.constant_globals.values().filter_map(|constant| match constant {
            Const::Func(name) => Some(program.c_functions_named(*name)),
            _ => None,
        });
        pointers.flatten().for_each(|func| arrives[*func] = mask(SourceKinds::all()));
        for level in program.components.levels.iter().rev() {
            let found: Vec<Down> = level.par_iter().map(|component| flow.downwards(component, &outs, &arrives)).collect();
            for down in found {
                for (func, seen) in down.members {
                    sees[func] = seen;
                }
                for (func, kinds) in down.handed {
                    arrives[func] |= kinds;
                }
            }
        }
        Demand { arrives, sees }
    }

    /// The kinds of tainted data that some caller may hand this function.
    pub(super) fn kinds(&self, func: FuncId) -> SourceKinds {
        let kinds = self.arrives.get(func).map_or(SourceKinds::all(), |mask| kinds(*mask));
        // What of a request is a secret, names tell.
        if kinds.intersects(SourceKinds::WEB) { kinds | SourceKinds::SECRET } else { kinds }
    }

    /// Whether some caller may hand this function the least or greatest number of a type.
    pub(super) fn takes_limits(&self, func: FuncId) -> bool {
        self.arrives.get(func).is_some_and(|mask| mask & LIMIT != 0)
    }

    /// Whether tainted data is ever in this function, from wherever.
    pub(super) fn sees_taint(&self, func: FuncId) -> bool {
        self.sees.get(func).copied().unwrap_or(true)
    }
}

pub(super) fn mask(kinds: SourceKinds) -> Mask {
    Mask::from(kinds.bits())
}

fn kinds(mask: Mask) -> SourceKinds {
    SourceKinds::from_bits_truncate(u16::try_from(mask & Mask::from(u16::MAX)).unwrap_or(u16::MAX))
}

/// What the second pass finds out about a component.
struct Down {
    members: Vec<(FuncId, bool)>,
    handed: Vec<(FuncId, Mask)>,
}

struct Flow<'p> {
    program: &'p Program,
    rules: &'p RuleSet,
}

impl Flow<'_> {
    fn is_recursive(&self, component: &[FuncId]) -> bool {
        component.iter().any(|func| self.program.components.recursive[*func])
    }

    fn upwards(&self, component: &[FuncId], outs: &IndexVec<FuncId, Out>) -> Vec<(FuncId, Out)> {
        let mut own: FastMap<FuncId, Out> = FastMap::default();
        let recursive = self.is_recursive(component);
        loop {
            let mut changed = false;
            for &func in component {
                let Some(body) = self.program.body(func) else { continue };
                let mut pass = Pass::new(self, func, &body, outs, &own, PASSED);
                pass.run();
                let out = pass.out();
                changed |= own.insert(func, out).unwrap_or_default() != out;
            }
            if !changed || !recursive {
                return component.iter().filter_map(|func| Some((*func, *own.get(func)?))).collect();
            }
        }
    }

    fn downwards(&self, component: &[FuncId], outs: &IndexVec<FuncId, Out>, arrives: &IndexVec<FuncId, Mask>) -> Down {
        let known = FastMap::default();
        let mut down = Down { members: Vec::with_capacity(component.len()), handed: Vec::new() };
        // Functions that call each other are gone through until nothing more arrives at any.
        let mut own: FastMap<FuncId, Mask> = component.iter().map(|func| (*func, arrives[*func])).collect();
        let mut seen_by: FastMap<FuncId, Mask> = FastMap::default();
        let mut open: Vec<FuncId> = component.to_vec();
        let recursive = self.is_recursive(component);
        let mut handed: Vec<(FuncId, Mask)> = Vec::new();
        while let Some(func) = open.pop() {
            let given = own.get(&func).copied().unwrap_or_default();
            let Some(body) = self.program.body(func) else { continue };
            let mut pass = Pass::new(self, func, &body, outs, &known, given);
            pass.run();
            let seen = pass.seen();
            seen_by.insert(func, seen);
            if seen == 0 {
                continue;
            }
            handed.clear();
            pass.hand_down(&mut handed);
            for &(callee, kinds) in &handed {
                match own.get_mut(&callee).filter(|_| recursive) {
                    Some(known) if *known | kinds != *known => {
                        *known |= kinds;
                        open.push(callee);
                    }
                    Some(_) => {}
                    None => down.handed.push((callee, kinds)),
                }
            }
        }
        for func in component {
            down.members.push((*func, seen_by.get(func).is_some_and(|seen| *seen & !LIMIT != 0)));
            down.handed.push((*func, own.get(func).copied().unwrap_or_default()));
        }
        down
    }
}

/// One function's flow.
struct Pass<'f> {
    flow: &'f Flow<'f>,
    outs: &'f IndexVec<FuncId, Out>,
    /// Functions of the component at hand.
    own: &'f FastMap<FuncId, Out>,
    body: &'f Body,
    func: FuncId,
    models: &'f Models,
    receiver: Option<LocalId>,
    /// What a local's value carries.
    carries: IndexVec<LocalId, Mask>,
    /// What was put into the object a local refers to, after it was made.
    filled: IndexVec<LocalId, Mask>,
    result: Mask,
    globals: Mask,
    changed: bool,
}

impl<'f> Pass<'f> {
    fn new(
        flow: &'f Flow<'f>,
        func: FuncId,
        body: &'f Body,
        outs: &'f IndexVec<FuncId, Out>,
        own: &'f FastMap<FuncId, Out>,
        passed: Mask,
    ) -> Pass<'f> {
        let program = flow.program;
        let (unit, function) = program.function(func);
        let models = Program::models(unit, flow.rules);
        let inputs = body.locals.iter().map(|local| match local.kind {
            LocalKind::Receiver | LocalKind::Param | LocalKind::Captured => passed,
            LocalKind::User | LocalKind::Temp => 0,
        });
        let mut carries: IndexVec<LocalId, Mask> = inputs.collect();
        if unit.language == crate::ir::Language::Jsp {
            // What handlers put into the model of a page comes by its name: any variable may hold it.
            let attributes = mask(SourceKinds::WEB | SourceKinds::DB | SourceKinds::PAGE);
            carries.iter_mut().for_each(|carried| *carried |= attributes);
        }
        for source in program.entries.get(&func).into_iter().flatten() {
            let local = function.params.get(source.param).map(|param| param.local);
            if let Some(place) = local.and_then(|local| carries.get_mut(local)) {
                *place |= mask(source.kinds);
            }
        }
        let receiver = body.locals.iter_enumerated().find(|(_, local)| local.kind == LocalKind::Receiver).map(|(id, _)| id);
        let filled = index_vec::index_vec![0; body.locals.len()];
        // What a static field holds on entry came from a caller, too.
        let globals = passed & !PASSED;
        Pass { flow, outs, own, body, func, models, receiver, carries, filled, result: 0, globals, changed: false }
    }

    fn run(&mut self) {
        loop {
            self.changed = false;
            for stmt in &self.body.stmts {
                match &stmt.kind {
                    StmtKind::Assign(dst, rvalue) => self.assign(*dst, rvalue),
                    StmtKind::Store(place, operand) => {
                        if let Some(place) = self.body.places.get(*place) {
                            let stored = self.operand(operand);
                            self.put_into(place, stored);
                        }
                    }
                    StmtKind::Call(call) => {
                        if let (Some(target), Some(call)) = (self.target(*call), self.body.calls.get(*call)) {
                            self.call(call, target);
                        }
                    }
                    StmtKind::MonitorEnter(_) | StmtKind::MonitorExit(_) | StmtKind::Dead(_) | StmtKind::Opaque => {}
                }
            }
            for block in &self.body.blocks {
                if let Terminator::Return(Some(operand)) = &block.term {
                    self.result |= self.operand(operand);
                }
            }
            if !self.changed {
                return;
            }
        }
    }

    fn target(&self, call: crate::ir::CallId) -> Option<&'f CallTarget> {
        self.flow.program.types[self.func].calls.get(call)
    }

    fn out(&self) -> Out {
        let given = self
            .body
            .locals
            .iter_enumerated()
            .filter(|(_, local)| matches!(local.kind, LocalKind::Receiver | LocalKind::Param | LocalKind::Captured));
        let objects = given.fold(0, |all, (local, _)| all | self.filled.get(local).copied().unwrap_or_default());
        Out { result: self.result, objects, globals: self.globals }
    }

    /// All that is ever in it.
    fn seen(&self) -> Mask {
        self.carries.iter().fold(self.globals, |all, carried| all | carried)
    }

    fn local(&self, local: LocalId) -> Mask {
        self.carries.get(local).copied().unwrap_or_default()
    }

    fn operand(&self, operand: &Operand) -> Mask {
        operand.local().map_or_else(|| limit(operand), |local| self.local(local))
    }

    fn carry(&mut self, local: LocalId, more: Mask) {
        if let Some(place) = self.carries.get_mut(local)
            && *place | more != *place
        {
            *place |= more;
            self.changed = true;
        }
    }

    fn fill(&mut self, local: LocalId, more: Mask) {
        if let Some(place) = self.filled.get_mut(local)
            && *place | more != *place
        {
            *place |= more;
            self.changed = true;
        }
        self.carry(local, more);
    }

    fn fill_operand(&mut self, operand: &Operand, more: Mask) {
        if let Some(local) = operand.local() {
            self.fill(local, more);
        }
    }

    fn spread(&mut self, more: Mask) {
        if self.globals | more != self.globals {
            self.globals |= more;
            self.changed = true;
        }
    }

    fn base(&self, place: &Place) -> Mask {
        match place.base {
            PlaceBase::Local(local) => self.local(local),
            PlaceBase::Static(_) | PlaceBase::Global(_) => self.globals,
            PlaceBase::Inherited => self.globals | self.receiver.map_or(0, |receiver| self.local(receiver)),
        }
    }

    fn put_into(&mut self, place: &Place, more: Mask) {
        if more == 0 {
            return;
        }
        match place.base {
            PlaceBase::Local(local) => self.fill(local, more),
            PlaceBase::Static(_) | PlaceBase::Global(_) => self.spread(more),
            PlaceBase::Inherited => {
                self.spread(more);
                if let Some(receiver) = self.receiver {
                    self.fill(receiver, more);
                }
            }
        }
    }

    fn assign(&mut self, dst: LocalId, rvalue: &Rvalue) {
        let filled = self.filled.get(dst).copied().unwrap_or_default();
        let carried = match rvalue {
            Rvalue::Use(operand) | Rvalue::Cast(_, operand) => {
                // Both refer to one object.
                self.fill_operand(operand, filled);
                self.operand(operand)
            }
            Rvalue::Unary(_, operand) => self.operand(operand),
            Rvalue::Load(place) | Rvalue::AddrOf(place) => match self.body.places.get(*place) {
                Some(place) => {
                    // What is put into a part is in the whole.
                    self.put_into(place, filled);
                    self.base(place) | self.library_field(place)
                }
                None => 0,
            },
            Rvalue::Binary(BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge, ..)
            | Rvalue::InstanceOf(..)
            | Rvalue::SizeOf(_)
            | Rvalue::Opaque => 0,
            Rvalue::Binary(_, a, b) => {
                // C: a pointer moved on stays in its memory, and what is put there is in all of it.
                let types = &self.flow.program.types[self.func];
                if types.locals.get(dst).is_some_and(|ty| matches!(ty.get(), Ty::Pointer(_) | Ty::Array(..))) {
                    self.fill_operand(a, filled);
                    self.fill_operand(b, filled);
                }
                self.operand(a) | self.operand(b)
            }
            Rvalue::NewArray(_, operands) | Rvalue::ArrayLit(_, operands) => {
                for operand in operands {
                    self.fill_operand(operand, filled);
                }
                operands.iter().fold(0, |all, operand| all | self.operand(operand))
            }
            Rvalue::Lambda(func, captures) => {
                let (unit, _) = self.flow.program.functions[self.func];
                let out = self.out_of(self.flow.program.func_id(unit, *func));
                let captured = captures.iter().fold(0, |all, local| all | self.local(*local));
                // Who calls it passes anything that is about.
                let about = captured | if out.objects & PASSED == 0 { 0 } else { self.seen() };
                let objects = resolve(out.objects, about);
                for local in captures {
                    self.fill(*local, objects);
                }
                self.spread(resolve(out.globals, about));
                captured | resolve(out.result, captured)
            }
            Rvalue::MethodRef { receiver, .. } => receiver.as_ref().map_or(0, |receiver| self.operand(receiver)),
        };
        self.carry(dst, carried);
    }

    /// What a library's static field brings in: `System.in`.
    fn library_field(&self, place: &Place) -> Mask {
        if let (PlaceBase::Global(name), []) = (place.base, place.proj.as_slice()) {
            return limit_by_name(self.models, name);
        }
        let (PlaceBase::Static(_), [Proj::Field(name)]) = (place.base, place.proj.as_slice()) else { return 0 };
        self.models.fields.get(name).into_iter().flatten().fold(0, |all, field| all | mask(field.source))
    }

    /// What a function hands out, as far as it is known yet.
    fn out_of(&self, func: FuncId) -> Out {
        let own = if self.own.is_empty() { None } else { self.own.get(&func) };
        own.or_else(|| self.outs.get(func)).copied().unwrap_or_default()
    }

    /// The local that a call's receiver is, written or not.
    fn receiver_of(&self, call: &Call) -> Option<LocalId> {
        match &call.receiver {
            Some(receiver) => receiver.local(),
            None => self.receiver.filter(|_| matches!(call.callee, Callee::Method { .. })),
        }
    }

    fn fill_passed(&mut self, call: &Call, more: Mask) {
        if more != 0 {
            let args = call.args.iter().filter_map(Operand::local);
            self.receiver_of(call).into_iter().chain(args).for_each(|local| self.fill(local, more));
        }
    }

    fn passed(&self, call: &Call) -> Mask {
        let receiver = self.receiver_of(call).map_or(0, |receiver| self.local(receiver));
        let through = if let Callee::Value(operand) = &call.callee { self.operand(operand) } else { 0 };
        call.args.iter().fold(receiver | through, |all, arg| all | self.operand(arg))
    }

    fn call(&mut self, call: &Call, target: &CallTarget) {
        let passed = self.passed(call);
        let mut result = 0;
        let mut objects = 0;
        if target.callees.is_empty() {
            let model = target.model.and_then(|hit| self.models.model(hit.name, hit.index));
            let given = model.map(given).unwrap_or_default();
            let pastes = &self.flow.program.pastes;
            let rows = model.is_none() && target.owner.is_some_and(|owner| pastes.is_mapper(owner));
            result = given.result | passed | if rows { mask(SourceKinds::DB) } else { 0 };
            objects = given.objects | if given.fills { passed } else { 0 };
        } else {
            for &callee in &target.callees {
                let out = self.out_of(callee);
                result |= resolve(out.result, passed);
                objects |= resolve(out.objects, passed);
                let globals = resolve(out.globals, passed);
                self.spread(globals);
            }
            // A library's model may stand for what has no body here.
            if matches!(call.callee, Callee::Constructor(_)) {
                result |= objects;
            }
        }
        self.fill_passed(call, objects);
        if let Some(dst) = call.dst {
            let types = &self.flow.program.types[self.func];
            let is_truth = types.locals.get(dst).is_some_and(|ty| matches!(ty.get(), Ty::Bool));
            if !is_truth {
                self.carry(dst, result);
            }
            // A builder returns its receiver.
            let filled = self.filled.get(dst).copied().unwrap_or_default();
            self.fill_passed(call, filled);
        }
    }

    /// What arrives at the functions that this one calls or makes.
    fn hand_down(&self, handed: &mut Vec<(FuncId, Mask)>) {
        let types = &self.flow.program.types[self.func];
        for (call, target) in self.body.calls.iter().zip(&types.calls) {
            let passed = self.passed(call) | self.globals;
            if passed != 0 {
                handed.extend(target.callees.iter().map(|callee| (*callee, passed)));
            }
        }
        let seen = self.seen();
        handed.extend(types.made.iter().map(|func| (*func, seen)));
    }
}

/// What comes out of a callee, with what was passed in.
fn resolve(out: Mask, passed: Mask) -> Mask {
    if out & PASSED == 0 { out } else { out & !PASSED | passed }
}
