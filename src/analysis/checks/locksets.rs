//! Which locks are certainly held where, over the whole C program: locks taken in opposite orders, waits under a lock,
//! variables that several threads change without one. Must not know values.
//!
//! Functions are walked callees first; a function without locks and without calls of ones that have some costs a look at
//! its calls. A lock is the global that it lies in, or, until a caller says which, what a parameter points at.

mod flow;
mod races;

use std::collections::BTreeMap;

use index_vec::IndexVec;
use smallvec::SmallVec;

use super::facts::Facts;
use super::{Found, finding, place};
use crate::analysis::Context;
use crate::base::{FastMap, FastSet, FileId, Span, Symbol};
use crate::ir::{Body, CallId, Callee, Const, LocalId, Operand, PlaceBase, Proj, Rvalue, StmtKind};
use crate::program::{FuncId, Program};
use crate::rules::{ApiModel, CheckKind, Language, Slot};

/// Kinds of resources that are locks.
const LOCKS: &[&str] = &["lock", "kernel-lock"];
/// Locks that one function hands its callers are followed up to this number.
const MAX_TAKEN: usize = 16;
/// Larger functions are left alone.
const MAX_STMTS: usize = 20_000;

/// A lock.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Lock {
    root: Root,
    path: SmallVec<[Step; 2]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Root {
    /// A global; the file where it is that file's own.
    Global(&'static str, Option<FileId>),
    /// What a parameter points at.
    Param(u16),
    /// A variable of the function, or what it points at.
    Local(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    Field(&'static str),
    Deref,
}

impl Lock {
    fn is_global(&self) -> bool {
        matches!(self.root, Root::Global(..))
    }

    /// How the source would call it.
    fn name(&self, program: &Program, func: FuncId) -> String {
        let mut name = match self.root {
            Root::Global(name, _) => name.to_owned(),
            Root::Param(at) => {
                program.function(func).1.params.get(usize::from(at)).map_or_else(String::new, |it| it.name.as_str().to_owned())
            }
            Root::Local(local) => program
                .body(func)
                .and_then(|body| body.locals.get(crate::ir::LocalId::from_raw(local))?.name)
                .map_or_else(String::new, |name| name.as_str().to_owned()),
        };
        for step in &self.path {
            if let Step::Field(field) = step {
                name.push('.');
                name.push_str(field);
            }
        }
        name
    }
}

/// What a statement does to locks.
enum Op {
    Take { lock: Option<Lock>, shared: bool },
    Give(Option<Lock>),
    Call(FuncId),
    Sleep(Symbol),
}

/// What a function leaves its callers, in terms of globals and its parameters.
#[derive(Debug, Default)]
struct Summary {
    /// Locks that it or its callees may take.
    taken: Vec<Lock>,
    /// Those that it takes on every way before it gives any back.
    first: Vec<Lock>,
    /// Held on every way out.
    left: Vec<Lock>,
    /// Given back on some way.
    given: Vec<Lock>,
    /// Some lock that cannot be told is given back.
    gives_any: bool,
    /// Where it waits.
    sleeps: Option<(FuncId, Span, Symbol)>,
}

/// The second lock is taken while the first is held.
struct Edge {
    held: Lock,
    taken: Lock,
    func: FuncId,
    span: Span,
    /// All that is held there.
    all: Vec<Lock>,
}

struct Locksets<'a> {
    ctx: &'a Context<'a>,
    program: &'a Program,
    summaries: FastMap<FuncId, Summary>,
    statics: FastMap<FileId, FastSet<Symbol>>,
    edges: Vec<Edge>,
    found: Found,
    seen: FastSet<(CheckKind, FileId, Span)>,
}

/// Runs the checks of locks over the program.
pub(super) fn check(ctx: &Context<'_>) -> Found {
    let mut sets = Locksets {
        ctx,
        program: ctx.program,
        summaries: FastMap::default(),
        statics: FastMap::default(),
        edges: Vec::new(),
        found: Found::default(),
        seen: FastSet::default(),
    };
    let wanted = [CheckKind::LockOrder, CheckKind::SleepUnderLock, CheckKind::DataRace, CheckKind::DoubleLock];
    if !wanted.iter().any(|check| ctx.check_rules.contains_key(&(*check, Language::C))) {
        return sets.found;
    }
    let own = sets.functions_with_locks();
    if own.iter().any(|has| *has) {
        for func in ctx.program.components.levels.iter().flatten().flatten() {
            if own.get(*func).copied().unwrap_or(false) || sets.calls_known(*func) {
                sets.walk(*func);
            }
        }
        sets.report_orders();
    }
    sets.races();
    sets.found
}

impl<'a> Locksets<'a> {
    /// Functions of C that take or give back a lock themselves.
    fn functions_with_locks(&self) -> IndexVec<FuncId, bool> {
        let has = |types: &crate::program::FunctionTypes| {
            types.calls.iter().filter_map(|target| target.model).any(|hit| {
                let model = self.ctx.rules.c.model(hit.name, hit.index);
                model.is_some_and(|model| !hit.loose && (takes(model).is_some() || gives(model).is_some()))
            })
        };
        let program = self.program;
        let is_c = |func: FuncId| program.function(func).0.language == crate::ir::Language::C;
        program.types.iter_enumerated().map(|(func, types)| is_c(func) && has(types)).collect()
    }

    /// Whether a function calls one that does something to locks, or waits.
    fn calls_known(&self, func: FuncId) -> bool {
        let Some(types) = self.program.types.get(func) else { return false };
        types.calls.iter().any(|target| target.callees.iter().any(|callee| self.summaries.contains_key(callee)))
            || types.calls.iter().any(|target| self.model(target).is_some_and(sleeps))
    }

    fn model(&self, target: &crate::program::CallTarget) -> Option<&'a ApiModel> {
        let hit = target.model.filter(|hit| !hit.loose)?;
        self.ctx.rules.c.model(hit.name, hit.index)
    }

    /// What a call does to locks.
    fn op(&mut self, func: FuncId, facts: &Facts<'_>, id: CallId) -> Option<Op> {
        let target = facts.target(id)?;
        let call = facts.body.calls.get(id)?;
        let Callee::Function(name) = call.callee else { return None };
        // By its name: a project may bring a stub of it.
        let waits = self.ctx.rules.c.calls.get(&name).and_then(|models| models.first()).filter(|model| sleeps(model));
        if let (None, [callee]) = (waits, target.callees.as_slice()) {
            return Some(Op::Call(*callee));
        }
        let model = waits.or_else(|| self.model(target))?;
        if let Some(slot) = takes(model) {
            let shared = model.op.is_some_and(|op| matches!(op.as_str(), "lock.shared" | "lock.recursive"));
            let lock = call.args.get(slot).and_then(|arg| self.lock_of(func, facts, arg));
            return Some(Op::Take { lock, shared });
        }
        if let Some(slot) = gives(model) {
            return Some(Op::Give(call.args.get(slot).and_then(|arg| self.lock_of(func, facts, arg))));
        }
        let long = match call.args.first().map(|arg| facts.origin(arg)) {
            Some(Operand::Const(Const::Int(time, _))) => is_long(model.name.as_str(), time.get()),
            _ => true,
        };
        (sleeps(model) && long).then_some(Op::Sleep(model.name))
    }

    /// The lock that an operand points at.
    fn lock_of(&mut self, func: FuncId, facts: &Facts<'_>, operand: &Operand) -> Option<Lock> {
        self.pointee(func, facts, operand, 0)
    }

    fn pointee(&mut self, func: FuncId, facts: &Facts<'_>, operand: &Operand, depth: u8) -> Option<Lock> {
        if depth > 4 {
            return None;
        }
        let origin = facts.origin(operand);
        if let Some(place) = facts.address_of(&origin) {
            return self.lock_at(func, facts, place, depth);
        }
        if let Some(place) = facts.load_of(&origin) {
            let mut lock = self.lock_at(func, facts, place, depth)?;
            lock.path.push(Step::Deref);
            return Some(lock);
        }
        let local = origin.local()?;
        let at = self.program.function(func).1.params.iter().position(|param| param.local == local)?;
        // One that is given another value points elsewhere then.
        let assigned = facts.body.stmts.iter().any(|stmt| match &stmt.kind {
            StmtKind::Assign(to, _) => *to == local,
            StmtKind::Call(id) => facts.body.calls.get(*id).is_some_and(|call| call.dst == Some(local)),
            _ => false,
        });
        (!assigned).then_some(Lock { root: Root::Param(u16::try_from(at).ok()?), path: SmallVec::new() })
    }

    fn lock_at(&mut self, func: FuncId, facts: &Facts<'_>, place: &crate::ir::Place, depth: u8) -> Option<Lock> {
        let mut steps = place.proj.as_slice();
        let mut lock = match place.base {
            PlaceBase::Global(name) => {
                let file = self.file_of_static(func, name);
                Lock { root: Root::Global(name.as_str(), file), path: SmallVec::new() }
            }
            PlaceBase::Local(local) => match steps.split_first() {
                Some((Proj::Deref, rest)) => {
                    steps = rest;
                    self.pointee(func, facts, &Operand::Local(local), depth + 1)?
                }
                _ => Lock { root: Root::Local(local.raw()), path: SmallVec::new() },
            },
            PlaceBase::Static(_) | PlaceBase::Inherited => return None,
        };
        for step in steps {
            lock.path.push(match step {
                Proj::Field(name) => Step::Field(name.as_str()),
                Proj::Deref => Step::Deref,
                Proj::Index(_) => return None,
            });
        }
        Some(lock)
    }

    /// The file of a function where a global is that file's own.
    fn file_of_static(&mut self, func: FuncId, name: Symbol) -> Option<FileId> {
        let unit = self.program.function(func).0;
        let own = self.statics.entry(unit.file).or_insert_with(|| {
            let is_static = |global: &&crate::ir::Global| global.modifiers.contains(crate::ir::Modifiers::STATIC);
            unit.globals.iter().filter(is_static).map(|global| global.name).collect()
        });
        own.contains(&name).then_some(unit.file)
    }

    /// A callee's lock as its caller names it.
    fn translate(&mut self, func: FuncId, facts: &Facts<'_>, id: CallId, lock: &Lock) -> Option<Lock> {
        match lock.root {
            Root::Global(..) => Some(lock.clone()),
            Root::Local(_) => None,
            Root::Param(at) => {
                let arg = facts.body.calls.get(id)?.args.get(usize::from(at))?;
                let mut own = self.lock_of(func, facts, arg)?;
                own.path.extend(lock.path.iter().copied());
                Some(own)
            }
        }
    }

    fn report_orders(&mut self) {
        let edges = std::mem::take(&mut self.edges);
        let mut by_pair: BTreeMap<(&Lock, &Lock), Vec<&Edge>> = BTreeMap::new();
        for edge in &edges {
            by_pair.entry((&edge.held, &edge.taken)).or_default().push(edge);
        }
        for ((held, taken), ways) in &by_pair {
            let Some(others) = by_pair.get(&(*taken, *held)) else { continue };
            // A third lock that all of them hold keeps them apart.
            let apart = |a: &Edge, b: &Edge| a.all.iter().any(|lock| lock != *held && lock != *taken && b.all.contains(lock));
            if let Some(way) = ways.iter().find(|way| others.iter().any(|other| !apart(way, other))) {
                let (name, value) = (taken.name(self.program, way.func), held.name(self.program, way.func));
                self.report(CheckKind::LockOrder, way.func, way.span, vec![("name", name), ("value", value)]);
            }
        }
    }

    fn examine(&mut self, check: CheckKind) {
        for rule in self.ctx.check_rules.get(&(check, Language::C)).into_iter().flatten() {
            self.found.examined.entry(*rule).or_default().places += 1;
        }
    }

    fn report(&mut self, check: CheckKind, func: FuncId, span: Span, args: Vec<(&'static str, String)>) {
        let file = self.program.function(func).0.file;
        if !self.seen.insert((check, file, span)) {
            return;
        }
        let around = Some(Symbol::new(&self.program.qualified_name(func)));
        for rule in self.ctx.check_rules.get(&(check, Language::C)).into_iter().flatten() {
            self.found.findings.push(finding(self.ctx, *rule, place(file, span), around, args.clone()));
        }
    }
}

/// The argument whose lock a call takes.
fn takes(model: &ApiModel) -> Option<usize> {
    match model.acquires {
        Some((Slot::Arg(at), kind)) if LOCKS.contains(&kind.as_str()) => Some(usize::from(at)),
        _ => None,
    }
}

/// The argument whose lock a call gives back.
fn gives(model: &ApiModel) -> Option<usize> {
    model.releases.iter().find_map(|(slot, kind)| match slot {
        Slot::Arg(at) if LOCKS.contains(&kind.as_str()) => Some(usize::from(*at)),
        _ => None,
    })
}

/// Whether a call does nothing but wait.
fn sleeps(model: &ApiModel) -> bool {
    matches!(model.name.as_str(), "sleep" | "usleep" | "Sleep" | "SleepEx")
}

/// Whether a constant time is one that others notice: half a second.
fn is_long(function: &str, time: i128) -> bool {
    match function {
        "sleep" => time > 0,
        "usleep" => time >= 500_000,
        _ => time >= 500,
    }
}

/// Whether an operand's value is made of what a place holds.
fn is_made_of(facts: &Facts<'_>, value: &Operand, place: &crate::ir::Place) -> bool {
    let body: &Body = facts.body;
    let is_it = |from| body.places.get(from).is_some_and(|from| facts.same_place(from, place));
    let loaded: SmallVec<[LocalId; 4]> = body
        .stmts
        .iter()
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Assign(to, Rvalue::Load(from)) if is_it(*from) => Some(*to),
            _ => None,
        })
        .collect();
    !loaded.is_empty() && facts.depends(value, |local| loaded.contains(&local))
}
