//! Locks held in one function: a forward pass over its blocks that keeps what holds on every way.
//! Must not know which rules there are beyond the ones it reports.

use super::{Edge, Lock, Locksets, MAX_STMTS, MAX_TAKEN, Notes, Op, Ops, Report, Summaries, Summary};
use crate::analysis::checks::facts::Facts;
use crate::base::{Span, Symbol};
use crate::ir::{BlockId, Body, StmtKind, Terminator};
use crate::program::FuncId;
use crate::rules::CheckKind;

/// What is known at a point.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Held {
    /// Held on every way here.
    pub(super) held: Vec<Lock>,
    /// Taken on every way here, before any was given back that cannot be told.
    first: Vec<Lock>,
    /// Given back on some way here.
    given: Vec<Lock>,
    gives_any: bool,
}

impl Held {
    fn join(&mut self, other: &Held) -> bool {
        let before = (self.held.len(), self.first.len(), self.given.len(), self.gives_any);
        self.held.retain(|lock| other.held.contains(lock));
        self.first.retain(|lock| other.first.contains(lock));
        for lock in &other.given {
            add(&mut self.given, lock.clone());
        }
        self.gives_any |= other.gives_any;
        before != (self.held.len(), self.first.len(), self.given.len(), self.gives_any)
    }

    fn take(&mut self, lock: &Lock) {
        if !self.gives_any && !self.given.contains(lock) {
            add(&mut self.first, lock.clone());
        }
        add(&mut self.held, lock.clone());
    }

    fn give(&mut self, lock: Option<&Lock>) {
        match lock {
            Some(lock) => {
                self.held.retain(|held| held != lock);
                add(&mut self.given, lock.clone());
            }
            None => {
                self.held.clear();
                self.gives_any = true;
            }
        }
    }
}

fn add(locks: &mut Vec<Lock>, lock: Lock) {
    if locks.len() < MAX_TAKEN && !locks.contains(&lock) {
        locks.push(lock);
    }
}

impl Op {
    /// What it changes in what is held.
    pub(super) fn apply(&self, held: &mut Held) {
        match self {
            Op::Take { lock: Some(lock), .. } => held.take(lock),
            Op::Give(lock) => held.give(lock.as_ref()),
            Op::Call(effects) => {
                for lock in &effects.first {
                    if !held.gives_any && !held.given.contains(lock) {
                        add(&mut held.first, lock.clone());
                    }
                }
                if effects.gives_any {
                    held.give(None);
                }
                effects.given.iter().for_each(|lock| held.give(lock.as_ref()));
                effects.left.iter().for_each(|lock| add(&mut held.held, lock.clone()));
            }
            Op::Take { lock: None, .. } | Op::Sleep(_) => {}
        }
    }
}

/// What is held at the start of each block that control reaches.
pub(super) fn held_at_blocks(body: &Body, ops: &Ops) -> Vec<Option<Held>> {
    let mut starts: Vec<Option<Held>> = vec![None; body.blocks.len()];
    let mut work = vec![BlockId::from_raw(0)];
    if let Some(entry) = starts.first_mut() {
        *entry = Some(Held::default());
    }
    while let Some(at) = work.pop() {
        let Some(mut held) = starts.get(at.index()).cloned().flatten() else { continue };
        let Some(block) = body.blocks.get(at) else { continue };
        for stmt in body.stmts_of(at) {
            if let StmtKind::Call(id) = stmt.kind
                && let Some(op) = ops.get(&id)
            {
                op.apply(&mut held);
            }
        }
        for target in block.term.successors() {
            let Some(start) = starts.get_mut(target.index()) else { continue };
            let changed = match start {
                Some(known) => known.join(&held),
                None => {
                    *start = Some(held.clone());
                    true
                }
            };
            if changed {
                work.push(target);
            }
        }
    }
    starts
}

impl Locksets<'_> {
    /// Walks a function: gives its summary where it says anything, notes in which order it takes locks.
    pub(super) fn walk(&self, func: FuncId, near: &Summaries, notes: &mut Notes) -> Option<Summary> {
        let program = self.program;
        let (body, types) = (program.body(func)?, program.types.get(func)?);
        if body.stmts.len() > MAX_STMTS {
            return None;
        }
        let ops = self.ops(func, &Facts::new(&body, types), near);
        if ops.is_empty() {
            return None;
        }
        let mut summary = Summary::default();
        let mut out: Option<Held> = None;
        for (at, start) in body.blocks.indices().zip(held_at_blocks(&body, &ops)) {
            let Some(mut held) = start else { continue };
            for stmt in body.stmts_of(at) {
                let StmtKind::Call(id) = stmt.kind else { continue };
                let Some(op) = ops.get(&id) else { continue };
                self.note((func, stmt.span), op, &held, &mut summary, notes);
                op.apply(&mut held);
            }
            if let Some(Terminator::Return(_)) = body.blocks.get(at).map(|block| &block.term) {
                match &mut out {
                    Some(known) => {
                        known.join(&held);
                    }
                    None => out = Some(held),
                }
            }
        }
        if let Some(out) = out {
            (summary.left, summary.first, summary.given, summary.gives_any) = (out.held, out.first, out.given, out.gives_any);
        }
        for locks in [&mut summary.left, &mut summary.first, &mut summary.given, &mut summary.taken] {
            locks.retain(|lock| !matches!(lock.root, super::Root::Local(_)));
            locks.shrink_to_fit();
        }
        let says = !summary.taken.is_empty() || !summary.given.is_empty() || summary.gives_any || summary.sleeps.is_some();
        says.then_some(summary)
    }

    fn note(&self, (func, span): (FuncId, Span), op: &Op, held: &Held, summary: &mut Summary, notes: &mut Notes) {
        match op {
            Op::Take { lock: Some(lock), shared } => {
                notes.examined.push(CheckKind::LockOrder);
                notes.edges_to(func, span, lock, held);
                if !shared {
                    add(&mut summary.taken, lock.clone());
                }
            }
            Op::Sleep(name) => {
                notes.examined.push(CheckKind::SleepUnderLock);
                summary.sleeps = summary.sleeps.or(Some((func, span, *name)));
                self.waits(func, (func, span, *name), held, notes);
            }
            Op::Call(effects) => {
                for (lock, is_first) in &effects.taken {
                    if *is_first && held.held.contains(lock) {
                        self.taken_again(func, span, effects.callee, notes);
                    }
                    notes.edges_to(func, span, lock, held);
                    add(&mut summary.taken, lock.clone());
                }
                if let Some(sleep) = effects.sleeps {
                    summary.sleeps = summary.sleeps.or(Some(sleep));
                    self.waits(func, sleep, held, notes);
                }
            }
            _ => {}
        }
    }

    /// A callee takes a lock that is held at the call.
    fn taken_again(&self, func: FuncId, span: Span, callee: FuncId, notes: &mut Notes) {
        if !self.ctx.threads().recursive {
            let args = vec![("callee", self.program.function(callee).1.name.as_str().to_owned())];
            notes.reports.push(Report { check: CheckKind::DoubleLock, func, span, args });
        }
    }

    /// A wait that lies in a function or below it, where the holder holds something.
    fn waits(&self, holder: FuncId, (func, span, name): (FuncId, Span, Symbol), held: &Held, notes: &mut Notes) {
        let Some(lock) = held.held.first() else { return };
        let args = vec![("name", lock.name(self.program, holder)), ("callee", name.as_str().to_owned())];
        notes.reports.push(Report { check: CheckKind::SleepUnderLock, func, span, args });
    }
}

impl Notes {
    fn edges_to(&mut self, func: FuncId, span: Span, lock: &Lock, held: &Held) {
        if !lock.is_global() {
            return;
        }
        for other in held.held.iter().filter(|other| other.is_global() && *other != lock) {
            let (other, taken) = (other.clone(), lock.clone());
            self.edges.push(Edge { held: other, taken, func, span, all: held.held.clone() });
        }
    }
}
