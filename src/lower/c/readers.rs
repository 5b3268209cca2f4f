//! Which variables the original text of a function reads nowhere, not even where the preprocessor left code out.
//! Must not know rules.
//!
//! The IR holds what was parsed: a branch of `#if`, or the argument of a macro that expands to nothing, may read a variable
//! all the same. So the words of the text decide: a variable that nothing reads is named by its declaration and its
//! assignments, and no more often.

use crate::base::{FastMap, FastSet, Span, Symbol};
use crate::ir::{Body, Callee, Code, LocalId, LocalKind, Operand, Place, PlaceBase, Proj, Rvalue, StmtKind, Terminator, Unit};
use crate::syntax::PosMap;
use crate::syntax::c::each_word;

/// Notes [`Body::idle`], [`Body::elsewhere`] and [`Body::conditional`] of each function; `original` is the text before
/// preprocessing, and `map` the way back to it.
pub fn note(unit: &mut Unit, original: &str, map: &PosMap) {
    let mut macros: Option<FastSet<String>> = None;
    for function in &mut unit.functions {
        let span = function.span;
        let Some(body) = function.code.as_mut().and_then(Code::open_mut) else { continue };
        let Some(text) = original.get(span.lo as usize..span.hi as usize) else { continue };
        let chosen = has_directive(text);
        if chosen {
            body.elsewhere = elsewhere(body, original, map.left_out(span));
        }
        body.conditional = chosen || memchr::memmem::find(text.as_bytes(), b"volatile").is_some();
        let candidates = unread(body);
        if !candidates.is_empty() {
            body.idle = idle(body, &candidates, text, span.lo);
        }
        if !body.idle.is_empty() {
            let in_macros = macros.get_or_insert_with(|| macro_words(original));
            let is_idle = |local: &LocalId| name_of(body, *local).is_some_and(|name| !in_macros.contains(name.as_str()));
            body.idle = body.idle.iter().copied().filter(is_idle).collect();
        }
    }
}

/// Variables that what was left out names: it may write them.
fn elsewhere(body: &Body, original: &str, gaps: impl Iterator<Item = Span>) -> Box<[LocalId]> {
    let mut words: FastSet<&str> = FastSet::default();
    for gap in gaps {
        let Some(text) = original.get(gap.lo as usize..gap.hi as usize) else { continue };
        if !text.trim().is_empty() {
            each_word(text, |word| {
                words.insert(word);
            });
        }
    }
    let is_named = |local: &LocalId| name_of(body, *local).is_some_and(|name| words.contains(name.as_str()));
    let is_user = |local: &LocalId| body.locals.get(*local).is_some_and(|it| it.kind == LocalKind::User);
    body.locals.indices().filter(|local| is_user(local) && is_named(local)).collect()
}

/// The words of a text's macro definitions: a macro may read the variables of whoever uses it.
fn macro_words(text: &str) -> FastSet<String> {
    let mut found = FastSet::default();
    let mut continues = false;
    for line in text.lines() {
        let is_definition = line.trim_start().strip_prefix('#').is_some_and(|rest| rest.trim_start().starts_with("define"));
        if is_definition || continues {
            each_word(line, |word| {
                if word.len() > 1 || word.starts_with(|first: char| first.is_ascii_alphabetic()) {
                    found.insert(word.to_owned());
                }
            });
            continues = line.trim_end().ends_with('\\');
        }
    }
    found
}

/// Whether some line of a text is a directive.
fn has_directive(text: &str) -> bool {
    memchr::memchr_iter(b'#', text.as_bytes())
        .any(|at| text.get(..at).is_some_and(|before| before.trim_end_matches([' ', '\t']).ends_with('\n')))
}

/// Named variables that nothing in the IR reads.
fn unread(body: &Body) -> Vec<LocalId> {
    let mut reads = Reads { body, unread: index_vec::index_vec![true; body.locals.len()] };
    for stmt in &body.stmts {
        reads.stmt(&stmt.kind);
    }
    for block in &body.blocks {
        match &block.term {
            Terminator::If { cond: operand, .. }
            | Terminator::Switch { value: operand, .. }
            | Terminator::Return(Some(operand))
            | Terminator::Throw(operand) => reads.operand(operand),
            _ => {}
        }
    }
    let is_candidate = |local: &LocalId| {
        body.locals.get(*local).is_some_and(|it| it.kind == LocalKind::User && it.name.is_some())
            && reads.unread.get(*local) == Some(&true)
    };
    body.locals.indices().filter(is_candidate).collect()
}

struct Reads<'a> {
    body: &'a Body,
    unread: index_vec::IndexVec<LocalId, bool>,
}

impl Reads<'_> {
    fn local(&mut self, local: LocalId) {
        if let Some(unread) = self.unread.get_mut(local) {
            *unread = false;
        }
    }

    fn operand(&mut self, operand: &Operand) {
        if let Operand::Local(local) = operand {
            self.local(*local);
        }
    }

    /// A place that is read, or, with `written`, written: its own variable is not read by that.
    fn place(&mut self, place: &Place, written: bool) {
        let direct = written && !place.proj.contains(&Proj::Deref);
        if let (PlaceBase::Local(local), false) = (place.base, direct) {
            self.local(local);
        }
        for step in &place.proj {
            if let Proj::Index(operand) = step {
                self.operand(operand);
            }
        }
    }

    fn stmt(&mut self, stmt: &StmtKind) {
        let body = self.body;
        match stmt {
            StmtKind::Assign(_, rvalue) => match rvalue {
                Rvalue::Use(operand) | Rvalue::Unary(_, operand) | Rvalue::Cast(_, operand) | Rvalue::InstanceOf(operand, _) => {
                    self.operand(operand);
                }
                Rvalue::Load(place) | Rvalue::AddrOf(place) => {
                    body.places.get(*place).into_iter().for_each(|place| self.place(place, false));
                }
                Rvalue::Binary(_, a, b) => [a, b].into_iter().for_each(|operand| self.operand(operand)),
                Rvalue::NewArray(_, operands) | Rvalue::ArrayLit(_, operands) => {
                    operands.iter().for_each(|operand| self.operand(operand));
                }
                Rvalue::Lambda(_, captured) => captured.iter().for_each(|local| self.local(*local)),
                Rvalue::MethodRef { receiver, .. } => receiver.iter().for_each(|operand| self.operand(operand)),
                Rvalue::SizeOf(_) | Rvalue::Opaque => {}
            },
            StmtKind::Store(place, operand) => {
                self.operand(operand);
                body.places.get(*place).into_iter().for_each(|place| self.place(place, true));
            }
            StmtKind::Call(call) => {
                let Some(call) = body.calls.get(*call) else { return };
                call.receiver.iter().chain(&call.args).for_each(|operand| self.operand(operand));
                if let Callee::Value(operand) = &call.callee {
                    self.operand(operand);
                }
            }
            StmtKind::MonitorEnter(operand) | StmtKind::MonitorExit(operand) => self.operand(operand),
            StmtKind::Dead(_) | StmtKind::Opaque => {}
        }
    }
}

/// Of variables that nothing in the IR reads, those that the text names only to declare and to write them.
fn idle(body: &Body, candidates: &[LocalId], text: &str, start: u32) -> Box<[LocalId]> {
    let mut named: FastMap<&'static str, u32> = FastMap::default();
    for local in candidates {
        named.extend(name_of(body, *local).map(|name| (name.as_str(), 0)));
    }
    // Names declared with a word that says that nothing will be read, or that everything counts.
    let mut excused: FastSet<&'static str> = FastSet::default();
    let mut met: smallvec::SmallVec<[&'static str; 4]> = smallvec::SmallVec::new();
    let mut excuses = false;
    each_word(text, |word| {
        if matches!(word, ";" | "{" | "}") {
            if excuses {
                excused.extend(met.iter().copied());
            }
            met.clear();
            excuses = false;
        } else if let Some(name) = named.get_key_value(word).map(|(name, _)| *name) {
            met.push(name);
            named.entry(name).and_modify(|count| *count += 1);
        } else {
            excuses |= word == "volatile" || word.len() >= 6 && word.to_ascii_lowercase().contains("unused");
        }
    });
    let writes = writes(body, candidates);
    let is_idle = |local: &&LocalId| {
        let Some(name) = name_of(body, **local).map(Symbol::as_str) else { return false };
        let declared = body.locals.get(**local).map(|local| local.span).unwrap_or_default();
        let later = writes.iter().filter(|(of, span)| of == *local && !overlap(*span, declared)).count();
        declared.lo >= start
            && !excused.contains(name)
            && named.get(name).is_some_and(|count| *count as usize == 1 + later)
            && !candidates.iter().any(|other| other != *local && name_of(body, *other).is_some_and(|it| it.as_str() == name))
    };
    candidates.iter().filter(is_idle).copied().collect()
}

fn name_of(body: &Body, local: LocalId) -> Option<Symbol> {
    body.locals.get(local)?.name
}

fn overlap(a: Span, b: Span) -> bool {
    a.lo < b.hi && b.lo < a.hi
}

/// Where variables are written, each place of the text once.
fn writes(body: &Body, of: &[LocalId]) -> FastSet<(LocalId, Span)> {
    let target = |stmt: &StmtKind| match stmt {
        StmtKind::Assign(local, _) => Some(*local),
        StmtKind::Call(call) => body.calls.get(*call)?.dst,
        StmtKind::Store(place, _) => match body.places.get(*place)?.base {
            PlaceBase::Local(local) => Some(local),
            _ => None,
        },
        _ => None,
    };
    let all = body.stmts.iter().filter_map(|stmt| Some((target(&stmt.kind)?, stmt.span)));
    all.filter(|(local, _)| of.contains(local)).collect()
}
