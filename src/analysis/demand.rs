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

use super::COMPONENTS_AT_ONCE;
use super::given::{LIMIT, given, limit, limit_by_name};
use crate::base::{FastMap, FastSet};
use crate::ir::{
    BinOp, Body, Call, Callee, Const, LocalId, LocalKind, Operand, Place, PlaceBase, Proj, Rvalue, StmtKind, Terminator, Ty,
};
use crate::program::{CallTarget, FuncId, Program};
use crate::rules::{Models, RuleSet, SourceKinds};

/// Kinds of taint as bits, and two more for "whatever the caller passed" and "whatever static fields held on entry".
pub(super) type Mask = u32;
const PASSED: Mask = 1 << 31;
const HELD: Mask = 1 << 29;

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
        let mut within: IndexVec<FuncId, Within> = index_vec::index_vec![Within::default(); count];
        for level in &program.components.levels {
            let found: Vec<Vec<(FuncId, Out, Within)>> =
                level.par_iter().with_max_len(COMPONENTS_AT_ONCE).map(|component| flow.upwards(component, &outs)).collect();
            for (func, out, inside) in found.into_iter().flatten() {
                (outs[func], within[func]) = (out, inside);
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
            for component in level {
                hand_down(component, &within, &mut arrives, &mut sees);
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

/// What happens to data inside of a function, whatever is passed in: sets of kinds, with [`PASSED`] and [`HELD`] for what
/// the caller decides. The flow only ever adds, so that putting the caller's kinds in afterwards gives the same as going
/// through the function again with them.
#[derive(Debug, Clone, Default)]
struct Within {
    /// All that is ever in it.
    seen: Mask,
    /// What arrives at the functions that it calls or makes.
    handed: Box<[(FuncId, Mask)]>,
}

struct Flow<'p> {
    program: &'p Program,
    rules: &'p RuleSet,
}

impl Flow<'_> {
    fn is_recursive(&self, component: &[FuncId]) -> bool {
        component.iter().any(|func| self.program.components.recursive[*func])
    }

    fn upwards(&self, component: &[FuncId], outs: &IndexVec<FuncId, Out>) -> Vec<(FuncId, Out, Within)> {
        let mut own: FastMap<FuncId, Out> = FastMap::default();
        let mut found: Vec<(FuncId, Out, Within)> = Vec::with_capacity(component.len());
        let recursive = self.is_recursive(component);
        loop {
            let mut changed = false;
            found.clear();
            for &func in component {
                let Some(body) = self.program.body(func) else { continue };
                let mut pass = Pass::new(self, func, &body, outs, &own);
                pass.run();
                let (out, within) = (pass.out(), pass.within());
                changed |= recursive && own.insert(func, out).unwrap_or_default() != out;
                found.push((func, out, within));
            }
            if !changed {
                return found;
            }
        }
    }
}

/// What arrives at a component, handed on to what it calls.
fn hand_down(
    component: &[FuncId],
    within: &IndexVec<FuncId, Within>,
    arrives: &mut IndexVec<FuncId, Mask>,
    sees: &mut IndexVec<FuncId, bool>,
) {
    // Functions that call each other are gone through until nothing more arrives at any.
    let mut open: Vec<FuncId> = component.to_vec();
    let members: FastSet<FuncId> = if component.len() > 1 { component.iter().copied().collect() } else { FastSet::default() };
    while let Some(func) = open.pop() {
        let (inside, given) = (&within[func], arrives[func]);
        let seen = settle(inside.seen, given);
        sees[func] = seen & !LIMIT != 0;
        if seen == 0 {
            continue;
        }
        for (callee, kinds) in &inside.handed {
            let (known, more) = (arrives[*callee], settle(*kinds, given));
            if known | more != known {
                arrives[*callee] = known | more;
                if members.contains(callee) {
                    open.push(*callee);
                }
            }
        }
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
    ) -> Pass<'f> {
        let program = flow.program;
        let (unit, function) = program.function(func);
        let models = Program::models(unit, flow.rules);
        let inputs = body.locals.iter().map(|local| match local.kind {
            LocalKind::Receiver | LocalKind::Param | LocalKind::Captured => PASSED,
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
        Pass { flow, outs, own, body, func, models, receiver, carries, filled, result: 0, globals: HELD, changed: false }
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
        // What static fields hold is handed on as such, and not by who reads it.
        Out { result: self.result & !HELD, objects: objects & !HELD, globals: self.globals & !HELD }
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

    fn within(&self) -> Within {
        let types = &self.flow.program.types[self.func];
        let mut handed: Vec<(FuncId, Mask)> = Vec::new();
        for (call, target) in self.body.calls.iter().zip(&types.calls) {
            let passed = self.passed(call) | self.globals;
            handed.extend(target.callees.iter().map(|callee| (*callee, passed)));
        }
        let seen = self.seen();
        handed.extend(types.made.iter().map(|func| (*func, seen)));
        handed.sort_unstable_by_key(|(func, _)| *func);
        handed.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 |= next.1;
            }
            same
        });
        Within { seen, handed: handed.into_boxed_slice() }
    }
}

/// What comes out of a callee, with what was passed in.
fn resolve(out: Mask, passed: Mask) -> Mask {
    if out & PASSED == 0 { out } else { out & !PASSED | passed }
}

/// What a set of kinds is where the caller passes these. What a static field holds on entry came from a caller, too.
fn settle(kinds: Mask, given: Mask) -> Mask {
    let decided = kinds & !(PASSED | HELD);
    if decided == kinds { kinds } else { decided | given }
}
