//! Which locks are certainly held where, over the whole C program: locks taken in opposite orders, waits under a lock,
//! variables that several threads change without one. Must not know values.
//!
//! Functions are walked callees first; a function without locks and without calls of ones that have some costs a look at
//! its calls. A lock is the global that it lies in, or, until a caller says which, what a parameter points at.

mod flow;
mod races;
mod threads;

use std::collections::BTreeMap;

use index_vec::IndexVec;
use rayon::prelude::*;
use smallvec::SmallVec;

pub(in crate::analysis) use threads::Threads;

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

/// What a call does to locks.
enum Op {
    Take { lock: Option<Lock>, shared: bool },
    Give(Option<Lock>),
    Call(Box<Effects>),
    Sleep(Symbol),
}

/// What the calls of a function do to locks; most do nothing.
type Ops = FastMap<CallId, Op>;

/// A callee's summary in terms of its caller; see [`Summary`].
struct Effects {
    callee: FuncId,
    /// With each, whether it is taken on every way before any is given back.
    taken: Vec<(Lock, bool)>,
    first: Vec<Lock>,
    left: Vec<Lock>,
    /// `None`: one that cannot be told.
    given: Vec<Option<Lock>>,
    gives_any: bool,
    sleeps: Option<(FuncId, Span, Symbol)>,
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

/// Summaries by function.
type Summaries = FastMap<FuncId, Summary>;

struct Locksets<'a> {
    ctx: &'a Context<'a>,
    program: &'a Program,
    /// Globals that are a file's own.
    statics: FastMap<FileId, FastSet<Symbol>>,
    /// Of functions of earlier levels.
    summaries: Summaries,
}

/// What one function's walk notes beside its summary.
#[derive(Default)]
struct Notes {
    edges: Vec<Edge>,
    examined: Vec<CheckKind>,
    reports: Vec<Report>,
}

/// Something to tell of: the check, where, and its arguments.
struct Report {
    check: CheckKind,
    func: FuncId,
    span: Span,
    args: Vec<(&'static str, String)>,
}

/// What is told, each place once a check.
struct Told<'a> {
    ctx: &'a Context<'a>,
    found: Found,
    seen: FastSet<(CheckKind, FileId, Span)>,
}

/// Runs the checks of locks over the program.
pub(super) fn check(ctx: &Context<'_>) -> Found {
    let mut told = Told { ctx, found: Found::default(), seen: FastSet::default() };
    let wanted = [CheckKind::LockOrder, CheckKind::SleepUnderLock, CheckKind::DataRace, CheckKind::DoubleLock];
    if !wanted.iter().any(|check| ctx.check_rules.contains_key(&(*check, Language::C))) {
        return told.found;
    }
    let mut sets = Locksets { ctx, program: ctx.program, statics: FastMap::default(), summaries: Summaries::default() };
    let own = sets.functions_with_locks();
    sets.statics = sets.statics();
    if own.iter().any(|has| *has) {
        let mut edges = Vec::new();
        for level in &ctx.program.components.levels {
            let walked: Vec<(Summaries, Notes)> =
                level.par_iter().filter_map(|component| sets.component(component, &own)).collect();
            for (summaries, notes) in walked {
                sets.summaries.extend(summaries);
                edges.extend(notes.edges);
                notes.examined.into_iter().for_each(|check| told.examine(check));
                notes.reports.into_iter().for_each(|report| told.report(report));
            }
        }
        sets.report_orders(&edges, &mut told);
    }
    sets.races(&mut told);
    told.found
}

impl Locksets<'_> {
    /// Functions that call each other, in order, each with the summaries of those before; `None`: none has to do with locks.
    fn component(&self, component: &[FuncId], own: &IndexVec<FuncId, bool>) -> Option<(Summaries, Notes)> {
        let mut summaries = Summaries::default();
        let mut notes = Notes::default();
        let mut walked = false;
        for &func in component {
            if own.get(func).copied().unwrap_or(false) || self.calls_known(func, &summaries) {
                walked = true;
                if let Some(summary) = self.walk(func, &summaries, &mut notes) {
                    summaries.insert(func, summary);
                }
            }
        }
        walked.then_some((summaries, notes))
    }

    /// The globals that are their file's own, of C.
    fn statics(&self) -> FastMap<FileId, FastSet<Symbol>> {
        let is_static = |global: &&crate::ir::Global| global.modifiers.contains(crate::ir::Modifiers::STATIC);
        let units = self.program.units.iter().filter(|unit| unit.language == crate::ir::Language::C);
        units.map(|unit| (unit.file, unit.globals.iter().filter(is_static).map(|global| global.name).collect())).collect()
    }

    /// A callee's summary: of an earlier level, or of the component at hand.
    fn summary<'s>(&'s self, func: FuncId, near: &'s Summaries) -> Option<&'s Summary> {
        near.get(&func).or_else(|| self.summaries.get(&func))
    }

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
    fn calls_known(&self, func: FuncId, near: &Summaries) -> bool {
        let Some(types) = self.program.types.get(func) else { return false };
        types.calls.iter().any(|target| target.callees.iter().any(|callee| self.summary(*callee, near).is_some()))
            || types.calls.iter().any(|target| self.model(target).is_some_and(sleeps))
    }

    fn model(&self, target: &crate::program::CallTarget) -> Option<&ApiModel> {
        let hit = target.model.filter(|hit| !hit.loose)?;
        self.ctx.rules.c.model(hit.name, hit.index)
    }

    /// What the calls of a function do to locks: decided once, read at each visit of a block.
    fn ops(&self, func: FuncId, facts: &Facts<'_>, near: &Summaries) -> Ops {
        facts.body.calls.indices().filter_map(|id| Some((id, self.op(func, facts, id, near)?))).collect()
    }

    fn op(&self, func: FuncId, facts: &Facts<'_>, id: CallId, near: &Summaries) -> Option<Op> {
        let target = facts.target(id)?;
        let call = facts.body.calls.get(id)?;
        let Callee::Function(name) = call.callee else { return None };
        // By its name: a project may bring a stub of it.
        let waits = self.ctx.rules.c.calls.get(&name).and_then(|models| models.first()).filter(|model| sleeps(model));
        if let (None, [callee]) = (waits, target.callees.as_slice()) {
            let summary = self.summary(*callee, near)?;
            let here = |lock: &Lock| self.translate(func, facts, id, lock);
            return Some(Op::Call(Box::new(Effects {
                callee: *callee,
                taken: summary.taken.iter().filter_map(|lock| Some((here(lock)?, summary.first.contains(lock)))).collect(),
                first: summary.first.iter().filter_map(here).collect(),
                left: summary.left.iter().filter_map(here).collect(),
                given: summary.given.iter().map(here).collect(),
                gives_any: summary.gives_any,
                sleeps: summary.sleeps,
            })));
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
    fn lock_of(&self, func: FuncId, facts: &Facts<'_>, operand: &Operand) -> Option<Lock> {
        self.pointee(func, facts, operand, 0)
    }

    fn pointee(&self, func: FuncId, facts: &Facts<'_>, operand: &Operand, depth: u8) -> Option<Lock> {
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

    fn lock_at(&self, func: FuncId, facts: &Facts<'_>, place: &crate::ir::Place, depth: u8) -> Option<Lock> {
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
    fn file_of_static(&self, func: FuncId, name: Symbol) -> Option<FileId> {
        let file = self.program.function(func).0.file;
        self.statics.get(&file)?.contains(&name).then_some(file)
    }

    /// A callee's lock as its caller names it.
    fn translate(&self, func: FuncId, facts: &Facts<'_>, id: CallId, lock: &Lock) -> Option<Lock> {
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

    fn report_orders(&self, edges: &[Edge], told: &mut Told<'_>) {
        let mut by_pair: BTreeMap<(&Lock, &Lock), Vec<&Edge>> = BTreeMap::new();
        for edge in edges {
            by_pair.entry((&edge.held, &edge.taken)).or_default().push(edge);
        }
        for ((held, taken), ways) in &by_pair {
            let Some(others) = by_pair.get(&(*taken, *held)) else { continue };
            // A third lock that all of them hold keeps them apart.
            let apart = |a: &Edge, b: &Edge| a.all.iter().any(|lock| lock != *held && lock != *taken && b.all.contains(lock));
            if let Some(way) = ways.iter().find(|way| others.iter().any(|other| !apart(way, other))) {
                let (name, value) = (taken.name(self.program, way.func), held.name(self.program, way.func));
                let args = vec![("name", name), ("value", value)];
                told.report(Report { check: CheckKind::LockOrder, func: way.func, span: way.span, args });
            }
        }
    }
}

impl Told<'_> {
    fn examine(&mut self, check: CheckKind) {
        for rule in self.ctx.check_rules.get(&(check, Language::C)).into_iter().flatten() {
            self.found.examined.entry(*rule).or_default().places += 1;
        }
    }

    fn report(&mut self, report: Report) {
        let Report { check, func, span, args } = report;
        let file = self.ctx.program.function(func).0.file;
        if !self.seen.insert((check, file, span)) {
            return;
        }
        let around = Some(Symbol::new(&self.ctx.program.qualified_name(func)));
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
