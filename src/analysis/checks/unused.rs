//! Values computed for a variable that nothing reads any more. Must not know values.
//!
//! Only what is computed counts, and constants given later than the declaration: initial and final `0` and `null`,
//! results of Java calls and loop variables are left alone, because nobody computed them in vain. In C the reader may be
//! code that the preprocessor left out: where it chose, only variables that the text reads nowhere are told of.

use super::Bodies;
use super::{Checker, Subject};
use crate::analysis::liveness::{self, Liveness, address_taken};
use crate::base::{FastSet, Span, Symbol};
use crate::ir::{Body, Const, Language, LocalId, LocalKind, Operand, PlaceBase, Rvalue, Stmt, StmtKind};
use crate::rules::CheckKind;

/// Names of variables that lambdas, local and anonymous classes of a unit take from around them.
pub(super) fn captured_names(bodies: &Bodies<'_>) -> FastSet<Symbol> {
    let captured = bodies.iter().flatten().flat_map(|body| &body.locals).filter(|local| local.kind == LocalKind::Captured);
    captured.filter_map(|local| local.name).collect()
}

impl<'a> Checker<'a> {
    pub(super) fn check_unused(&mut self, subject: &Subject<'a>, captured: &FastSet<Symbol>) {
        let body = subject.facts.body;
        if self.unit.language == Language::C {
            self.check_idle(subject);
            if body.conditional {
                return;
            }
        }
        let candidates = candidates(subject, self.unit.language == Language::C);
        if !self.wants(CheckKind::UnusedValue) || candidates.is_empty() || body.broken || body.opaque_count > 0 {
            return;
        }
        let (dead, live) = dead_stores(body, &candidates);
        for (local, span) in candidates {
            let Some(name) = body.locals.get(local).and_then(|local| local.name) else { continue };
            self.examine(CheckKind::UnusedValue);
            // A `finally` block is lowered several times; the value may be read after another copy.
            let is_dead = dead.contains(&(local, span)) && !live.contains(&span);
            // A variable that nothing reads is told of as a whole, if at all.
            let has_reader = self.unit.language != Language::C || liveness::is_read(body, local);
            if is_dead && has_reader && !captured.contains(&name) && !name.as_str().starts_with(['_', '$']) {
                self.report_named(CheckKind::UnusedValue, span, Some(subject.id), name.as_str());
            }
        }
    }

    /// C variables that the source reads nowhere.
    fn check_idle(&mut self, subject: &Subject<'a>) {
        let body = subject.facts.body;
        if body.broken || body.opaque_count > 0 {
            return;
        }
        for local in &body.idle {
            let Some(declared) = body.locals.get(*local) else { continue };
            let Some(name) = declared.name.filter(|name| !name.as_str().starts_with('_')) else { continue };
            let write = body.stmts.iter().find(|stmt| is_write(body, stmt, *local));
            let (check, span) = match write {
                Some(stmt) => (CheckKind::UnusedValue, stmt.span),
                None => (CheckKind::UnusedVariable, declared.span),
            };
            if self.wants(check) {
                self.examine(check);
                self.report_named(check, span, Some(subject.id), name.as_str());
            }
        }
    }
}

/// Whether a statement gives a local or a part of it a value.
fn is_write(body: &Body, stmt: &Stmt, local: LocalId) -> bool {
    match &stmt.kind {
        StmtKind::Assign(to, _) => *to == local,
        StmtKind::Call(call) => body.calls.get(*call).is_some_and(|call| call.dst == Some(local)),
        StmtKind::Store(place, _) => body.places.get(*place).is_some_and(|place| place.base == PlaceBase::Local(local)),
        _ => false,
    }
}

/// Characters between a declared name and its initial value.
const AROUND_EQUALS: u32 = 3;

/// Assignments that count: see the module.
fn candidates(subject: &Subject<'_>, is_c: bool) -> Vec<(LocalId, Span)> {
    let body = subject.facts.body;
    let mut declared: FastSet<LocalId> = FastSet::default();
    let mut found = Vec::new();
    for stmt in &body.stmts {
        let (local, rvalue) = match &stmt.kind {
            StmtKind::Assign(local, rvalue) => (local, rvalue),
            StmtKind::Call(call) if is_c => {
                let result = body.calls.get(*call).and_then(|call| call.dst);
                let is_user = |local: &LocalId| body.locals.get(*local).is_some_and(|it| it.kind == LocalKind::User);
                found.extend(result.filter(is_user).map(|local| (local, stmt.span)));
                continue;
            }
            _ => continue,
        };
        let Some(variable) = body.locals.get(*local).filter(|it| it.kind == LocalKind::User && it.name.is_some()) else {
            continue;
        };
        let is_first = if is_c {
            variable.span.lo <= stmt.span.hi && stmt.span.lo <= variable.span.hi
        } else {
            declared.insert(*local) && stmt.span.lo.saturating_sub(variable.span.hi) <= AROUND_EQUALS
        };
        let counts = match rvalue {
            Rvalue::Binary(_, a, b) => !is_update(subject, *local, [a, b]),
            Rvalue::Use(Operand::Const(constant)) => !is_first && !is_trivial(constant),
            Rvalue::Use(operand @ Operand::Local(_)) => match subject.facts.source(operand).map(|stmt| &stmt.kind) {
                Some(StmtKind::Assign(_, Rvalue::Binary(_, a, b))) => !is_update(subject, *local, [a, b]),
                _ => false,
            },
            _ => false,
        };
        if counts {
            found.push((*local, stmt.span));
        }
    }
    if found.is_empty() {
        return found;
    }
    let addressed = address_taken(body);
    found.retain(|(local, _)| !addressed.contains(local));
    found
}

/// `i = i + 1`: the last step of a walk is read by nobody.
fn is_update(subject: &Subject<'_>, local: LocalId, operands: [&Operand; 2]) -> bool {
    operands.into_iter().any(|operand| subject.facts.origin(operand) == Operand::Local(local))
}

fn is_trivial(constant: &Const) -> bool {
    match constant {
        Const::Null | Const::Bool(_) | Const::Unknown => true,
        Const::Int(value, _) => matches!(value.get(), -1..=1),
        Const::Char(value) => *value == 0,
        Const::Float(bits) => *bits == 0,
        Const::Str(text) => text.as_str().is_empty(),
        Const::Class(_) | Const::Func(_) => false,
    }
}

/// The local that a statement assigns.
fn assigned(body: &Body, stmt: &Stmt) -> Option<LocalId> {
    match stmt.kind {
        StmtKind::Assign(local, _) => Some(local),
        StmtKind::Call(call) => body.calls.get(call)?.dst,
        _ => None,
    }
}

/// Of some assignments, those after which nothing reads the variable, and the places of those after which something does.
fn dead_stores(body: &Body, candidates: &[(LocalId, Span)]) -> (FastSet<(LocalId, Span)>, FastSet<Span>) {
    let wanted: FastSet<(LocalId, Span)> = candidates.iter().copied().collect();
    let liveness = Liveness::of(body);
    let live_at = |block: crate::ir::BlockId, live: &mut FastSet<LocalId>| {
        let locals = liveness.slots.iter_enumerated().filter_map(|(local, slot)| Some((local, (*slot)? as usize)));
        live.extend(locals.filter(|(_, slot)| liveness.is_live(block, *slot)).map(|(local, _)| local));
    };
    let (mut dead, mut read) = (FastSet::default(), FastSet::default());
    for (id, block) in body.blocks.iter_enumerated() {
        let stmts = body.stmts_of(id);
        let holds = |stmt: &Stmt| assigned(body, stmt).is_some_and(|local| wanted.contains(&(local, stmt.span)));
        if !stmts.iter().any(holds) {
            continue;
        }
        let mut live: FastSet<LocalId> = FastSet::default();
        block.term.successors().into_iter().for_each(|next| live_at(next, &mut live));
        let mut caught: FastSet<LocalId> = FastSet::default();
        block.unwind.into_iter().for_each(|handler| live_at(handler, &mut caught));
        liveness::visit_term(&block.term, &mut |local, is_write| {
            if !is_write {
                live.insert(local);
            }
        });
        for stmt in stmts.iter().rev() {
            if let Some(local) = assigned(body, stmt)
                && wanted.contains(&(local, stmt.span))
            {
                if live.contains(&local) || caught.contains(&local) {
                    read.insert(stmt.span);
                } else {
                    dead.insert((local, stmt.span));
                }
            }
            let mut reads: smallvec::SmallVec<[LocalId; 6]> = smallvec::SmallVec::new();
            liveness::visit_stmt(body, stmt, &mut |local, is_write| {
                if is_write {
                    live.remove(&local);
                } else {
                    reads.push(local);
                }
            });
            live.extend(reads);
        }
    }
    (dead, read)
}
