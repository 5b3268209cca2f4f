//! Globals that several threads change and that some thread changes under no lock. Must not know values.
//!
//! Only a change that is made of the old value counts (`n++`, `t = n; …; n = t + 1`): a flag that is set loses nothing.

use super::flow::{Held, held_at_blocks};
use super::{Locksets, Ops, Report, Summaries, Told, is_made_of};
use crate::analysis::checks::facts::Facts;
use crate::base::{FastMap, FastSet, FileId, Span, Symbol};
use crate::ir::{BlockId, Modifiers, Place, PlaceBase, Proj, Rvalue, StmtKind, Ty};
use crate::program::FuncId;
use crate::rules::{CheckKind, Language};

/// Functions that one thread is followed into.
const MAX_REACHED: usize = 64;
/// Calls that one is followed down, within its file: what lies further off knows of threads as well as their own code does, or
/// runs in them under conditions that are not in view.
const MAX_DEPTH: u8 = 2;
/// Threads that are looked at.
const MAX_ROOTS: usize = 1000;

/// A variable: its global and members.
type Variable = (&'static str, Option<FileId>, Vec<&'static str>);

/// What one thread does to a variable.
#[derive(Default)]
struct Uses {
    /// Changes under no lock.
    changes: Vec<(FuncId, Span)>,
}

impl Locksets<'_> {
    pub(super) fn races(&self, told: &mut Told<'_>) {
        if !self.ctx.check_rules.contains_key(&(CheckKind::DataRace, Language::C)) {
            return;
        }
        let roots = &self.ctx.threads().started;
        if roots.is_empty() || roots.len() > MAX_ROOTS {
            return;
        }
        let mut uses: Vec<(bool, FastMap<Variable, Uses>)> = Vec::new();
        for (root, several) in roots {
            uses.push((*several, self.uses_of(*root)));
        }
        for (at, (several, own)) in uses.iter().enumerate() {
            let mut changed: Vec<(&Variable, &Uses)> = own.iter().filter(|(_, uses)| !uses.changes.is_empty()).collect();
            changed.sort_by(|a, b| a.0.cmp(b.0));
            for (variable, own) in changed {
                let elsewhere = uses.iter().enumerate().any(|(other, (_, uses))| other != at && uses.contains_key(variable));
                if !several && !elsewhere {
                    continue;
                }
                for (func, span) in &own.changes {
                    let name = std::iter::once(&variable.0).chain(&variable.2).copied().collect::<Vec<_>>().join(".");
                    let args = vec![("name", name)];
                    told.report(Report { check: CheckKind::DataRace, func: *func, span: *span, args });
                }
            }
        }
    }

    /// The globals that a thread uses.
    fn uses_of(&self, root: FuncId) -> FastMap<Variable, Uses> {
        let mut uses: FastMap<Variable, Uses> = FastMap::default();
        // With or without a lock around the whole call.
        let mut seen: FastSet<(FuncId, bool)> = FastSet::default();
        let home = self.program.function(root).0.file;
        let mut queue = vec![(root, false, 0)];
        while let Some((func, covered, depth)) = queue.pop() {
            if seen.len() >= MAX_REACHED || !seen.insert((func, covered)) {
                continue;
            }
            let program = self.program;
            let (Some(body), Some(types)) = (program.body(func), program.types.get(func)) else { continue };
            if body.stmts.len() > super::MAX_STMTS {
                continue;
            }
            let facts = Facts::new(&body, types);
            let ops = self.ops(func, &facts, &Summaries::default());
            let starts = held_at_blocks(&body, &ops);
            let mut called: Vec<(FuncId, bool)> = Vec::new();
            for (at, start) in body.blocks.indices().zip(starts) {
                let Some(held) = start else { continue };
                self.uses_in(func, (&facts, &ops), (at, held, covered), &mut uses, &mut called);
            }
            called.retain(|(callee, _)| depth < MAX_DEPTH && program.function(*callee).0.file == home);
            queue.extend(called.into_iter().map(|(callee, covered)| (callee, covered, depth + 1)));
        }
        uses
    }

    fn uses_in(
        &self,
        func: FuncId,
        (facts, ops): (&Facts<'_>, &Ops),
        (at, mut held, covered): (BlockId, Held, bool),
        uses: &mut FastMap<Variable, Uses>,
        called: &mut Vec<(FuncId, bool)>,
    ) {
        let body = facts.body;
        for stmt in body.stmts_of(at) {
            match &stmt.kind {
                StmtKind::Call(id) => {
                    if let Some([callee]) = facts.target(*id).map(|target| target.callees.as_slice()) {
                        called.push((*callee, covered || !held.held.is_empty()));
                    }
                    if let Some(op) = ops.get(id) {
                        op.apply(&mut held);
                    }
                }
                StmtKind::Assign(_, Rvalue::Load(place)) => {
                    if let Some(variable) = body.places.get(*place).and_then(|place| self.variable(func, place)) {
                        uses.entry(variable).or_default();
                    }
                }
                StmtKind::Store(place, value) => {
                    let Some(place) = body.places.get(*place) else { continue };
                    let Some(variable) = self.variable(func, place) else { continue };
                    let entry = uses.entry(variable).or_default();
                    // Where the preprocessor left something out, it may have been the lock.
                    let change = !covered && !body.conditional && held.held.is_empty() && is_made_of(facts, value, place);
                    if change && !entry.changes.contains(&(func, stmt.span)) {
                        entry.changes.push((func, stmt.span));
                    }
                }
                _ => {}
            }
        }
    }

    /// The global, or a member of one, that a place is: a number that threads share.
    fn variable(&self, func: FuncId, place: &Place) -> Option<Variable> {
        let PlaceBase::Global(name) = place.base else { return None };
        let mut path = Vec::new();
        for step in &place.proj {
            match step {
                Proj::Field(field) => path.push(field.as_str()),
                Proj::Index(_) | Proj::Deref => return None,
            }
        }
        let (unit, _) = self.program.function(func);
        let private = Modifiers::FINAL | Modifiers::ATOMIC | Modifiers::THREAD_LOCAL;
        let declared = |name: Symbol| unit.globals.iter().find(move |global| global.name == name);
        if declared(name).is_some_and(|global| global.modifiers.intersects(private)) {
            return None;
        }
        let ty = self.program.c_type(self.program.global_type(unit, name));
        let shared = matches!(ty.get(), Ty::Int { .. } | Ty::Float { .. } | Ty::Char { .. } | Ty::Record { .. });
        shared.then(|| (name.as_str(), self.file_of_static(func, name), path))
    }
}
