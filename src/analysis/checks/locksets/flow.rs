//! Locks held in one function: a forward pass over its blocks that keeps what holds on every way.
//! Must not know which rules there are beyond the ones it reports.

use super::{Edge, Lock, Locksets, MAX_STMTS, MAX_TAKEN, Op, Summary};
use crate::analysis::checks::facts::Facts;
use crate::base::Span;
use crate::ir::{BlockId, CallId, StmtKind, Terminator};
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

impl<'a> Locksets<'a> {
    /// What is held at the start of each block that control reaches.
    pub(super) fn held_at_blocks(&mut self, func: FuncId, facts: &Facts<'_>) -> Vec<Option<Held>> {
        let body = facts.body;
        let mut starts: Vec<Option<Held>> = vec![None; body.blocks.len()];
        let mut work = vec![BlockId::from_raw(0)];
        if let Some(entry) = starts.first_mut() {
            *entry = Some(Held::default());
        }
        while let Some(at) = work.pop() {
            let Some(mut held) = starts.get(at.index()).cloned().flatten() else { continue };
            let Some(block) = body.blocks.get(at) else { continue };
            for stmt in body.stmts_of(at) {
                if let StmtKind::Call(id) = stmt.kind {
                    self.apply(func, facts, id, &mut held);
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

    /// A call's effect.
    pub(super) fn apply(&mut self, func: FuncId, facts: &Facts<'_>, id: CallId, held: &mut Held) {
        match self.op(func, facts, id) {
            Some(Op::Take { lock: Some(lock), .. }) => held.take(&lock),
            Some(Op::Give(lock)) => held.give(lock.as_ref()),
            Some(Op::Call(callee)) => {
                let Some(summary) = self.summaries.get(&callee) else { return };
                let (first, left, given) = (summary.first.clone(), summary.left.clone(), summary.given.clone());
                let any = summary.gives_any;
                for lock in &first {
                    if let Some(lock) = self.translate(func, facts, id, lock)
                        && !held.gives_any
                        && !held.given.contains(&lock)
                    {
                        add(&mut held.first, lock);
                    }
                }
                if any {
                    held.give(None);
                }
                for lock in &given {
                    let lock = self.translate(func, facts, id, lock);
                    held.give(lock.as_ref());
                }
                for lock in &left {
                    if let Some(lock) = self.translate(func, facts, id, lock) {
                        add(&mut held.held, lock);
                    }
                }
            }
            _ => {}
        }
    }

    /// Walks a function: leaves its summary, notes in which order it takes locks.
    pub(super) fn walk(&mut self, func: FuncId) {
        let program = self.program;
        let (Some(body), Some(types)) = (program.body(func), program.types.get(func)) else { return };
        if body.stmts.len() > MAX_STMTS {
            return;
        }
        let facts = Facts::new(&body, types);
        let starts = self.held_at_blocks(func, &facts);
        let mut summary = Summary::default();
        let mut out: Option<Held> = None;
        for (at, start) in body.blocks.indices().zip(&starts) {
            let Some(mut held) = start.clone() else { continue };
            for stmt in body.stmts_of(at) {
                let StmtKind::Call(id) = stmt.kind else { continue };
                self.note(func, &facts, (id, stmt.span), &held, &mut summary);
                self.apply(func, &facts, id, &mut held);
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
        }
        let says = !summary.taken.is_empty() || !summary.given.is_empty() || summary.gives_any || summary.sleeps.is_some();
        if says {
            self.summaries.insert(func, summary);
        }
    }

    fn note(&mut self, func: FuncId, facts: &Facts<'_>, (id, span): (CallId, Span), held: &Held, summary: &mut Summary) {
        match self.op(func, facts, id) {
            Some(Op::Take { lock: Some(lock), shared }) => {
                self.examine(CheckKind::LockOrder);
                self.edges_to(func, span, &lock, held);
                if !shared {
                    add(&mut summary.taken, lock);
                }
            }
            Some(Op::Sleep(name)) => {
                self.examine(CheckKind::SleepUnderLock);
                summary.sleeps = summary.sleeps.or(Some((func, span, name)));
                self.waits(func, func, span, name, held);
            }
            Some(Op::Call(callee)) => {
                let Some(known) = self.summaries.get(&callee) else { return };
                let (taken, first, sleeps) = (known.taken.clone(), known.first.clone(), known.sleeps);
                for lock in &taken {
                    let is_first = first.contains(lock);
                    let Some(lock) = self.translate(func, facts, id, lock) else { continue };
                    if is_first && held.held.contains(&lock) {
                        self.taken_again(func, span, callee);
                    }
                    self.edges_to(func, span, &lock, held);
                    add(&mut summary.taken, lock);
                }
                if let Some((inner, at, name)) = sleeps {
                    summary.sleeps = summary.sleeps.or(sleeps);
                    self.waits(func, inner, at, name, held);
                }
            }
            _ => {}
        }
    }

    fn edges_to(&mut self, func: FuncId, span: Span, lock: &Lock, held: &Held) {
        if !lock.is_global() {
            return;
        }
        for other in held.held.iter().filter(|other| other.is_global() && *other != lock) {
            let (other, taken) = (other.clone(), lock.clone());
            self.edges.push(Edge { held: other, taken, func, span, all: held.held.clone() });
        }
    }

    /// A callee takes a lock that is held at the call.
    fn taken_again(&mut self, func: FuncId, span: Span, callee: FuncId) {
        let threads = self.ctx.threads.get_or_init(|| crate::analysis::locks::Threads::of(self.ctx));
        if !threads.recursive {
            let name = self.program.function(callee).1.name.as_str().to_owned();
            self.report(CheckKind::DoubleLock, func, span, vec![("callee", name)]);
        }
    }

    fn waits(&mut self, holder: FuncId, func: FuncId, span: Span, name: crate::base::Symbol, held: &Held) {
        let Some(lock) = held.held.first() else { return };
        let lock = lock.name(self.program, holder);
        self.report(CheckKind::SleepUnderLock, func, span, vec![("name", lock), ("callee", name.as_str().to_owned())]);
    }
}
