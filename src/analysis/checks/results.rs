//! Results that tell failure and that nobody looks at: dropped, or handed on to library calls only.
//! Must not know which values mean failure.

use super::facts::{Facts, callee_name};
use super::{Checker, Subject};
use crate::base::FastSet;
use crate::ir::{Call, CallId, LocalId, LocalKind, Operand, PlaceBase, Rvalue, StmtKind, Terminator};
use crate::rules::{ApiModel, CheckKind, Language};

/// How many copies of a result are followed.
const MAX_COPIES: usize = 16;

impl<'a> Checker<'a> {
    pub(super) fn check_results(&mut self, subject: &Subject<'a>) {
        if !self.wants(CheckKind::UncheckedReturnValue) {
            return;
        }
        for (id, call, span) in subject.facts.calls() {
            let Some(model) = self.model_of(&subject.facts, id).filter(|model| model.must_check) else { continue };
            self.examine(CheckKind::UncheckedReturnValue);
            let unchecked = match call.dst {
                None => true,
                Some(result) => self.language == Language::C && self.is_only_handed_on(subject, result),
            };
            if unchecked {
                let name = callee_name(call).unwrap_or(model.name.as_str()).to_owned();
                self.report(CheckKind::UncheckedReturnValue, span, Some(subject.id), vec![("callee", name)]);
            }
        }
    }

    /// The library model that a call surely goes to.
    fn model_of(&self, facts: &Facts<'a>, call: CallId) -> Option<&'a ApiModel> {
        let hit = facts.target(call)?.model.filter(|hit| !hit.loose)?;
        self.models.model(hit.name, hit.index)
    }

    /// Whether a result is kept in a variable of its own that is passed to library calls and is looked at nowhere.
    fn is_only_handed_on(&self, subject: &Subject<'a>, result: LocalId) -> bool {
        let facts = &subject.facts;
        let body = facts.body;
        if body.broken || body.opaque_count > 0 || body.conditional {
            return false;
        }
        let mut copies: Vec<LocalId> = vec![result];
        let mut known: FastSet<LocalId> = FastSet::default();
        let mut passed = false;
        while let Some(local) = copies.pop() {
            if !known.insert(local) {
                continue;
            }
            if known.len() > MAX_COPIES || !body.locals.get(local).is_some_and(|it| is_own(it.kind)) {
                return false;
            }
            let is_it = |operand: &Operand| *operand == Operand::Local(local);
            for stmt in &body.stmts {
                match &stmt.kind {
                    StmtKind::Assign(to, Rvalue::Use(from) | Rvalue::Cast(_, from)) if is_it(from) => copies.push(*to),
                    StmtKind::Assign(_, rvalue) if reads(facts, rvalue, local) => return false,
                    StmtKind::Store(place, value) => {
                        let based = body.places.get(*place).is_some_and(|place| place.base == PlaceBase::Local(local));
                        if based || is_it(value) {
                            return false;
                        }
                    }
                    StmtKind::Call(id) => {
                        let Some(call) = body.calls.get(*id) else { return false };
                        if !call.args.iter().any(is_it) {
                            continue;
                        }
                        if !self.is_library(facts, *id, call) {
                            return false;
                        }
                        passed = true;
                    }
                    _ => {}
                }
            }
            let ends = body.blocks.iter().any(|block| match &block.term {
                Terminator::If { cond: operand, .. }
                | Terminator::Switch { value: operand, .. }
                | Terminator::Return(Some(operand)) => is_it(operand),
                _ => false,
            });
            if ends {
                return false;
            }
        }
        passed
    }

    /// Whether a call goes to a library that is modelled, and not to code of the program, which may look for itself.
    fn is_library(&self, facts: &Facts<'a>, id: CallId, call: &Call) -> bool {
        callee_name(call).is_some()
            && facts.target(id).is_some_and(|target| target.callees.is_empty())
            && self.model_of(facts, id).is_some()
    }
}

fn is_own(kind: LocalKind) -> bool {
    matches!(kind, LocalKind::User | LocalKind::Temp)
}

/// Whether a computation reads a local or its memory.
fn reads(facts: &Facts<'_>, rvalue: &Rvalue, local: LocalId) -> bool {
    let is_it = |operand: &Operand| *operand == Operand::Local(local);
    match rvalue {
        Rvalue::Use(a) | Rvalue::Cast(_, a) | Rvalue::Unary(_, a) | Rvalue::InstanceOf(a, _) => is_it(a),
        Rvalue::Binary(_, a, b) => is_it(a) || is_it(b),
        Rvalue::NewArray(_, items) | Rvalue::ArrayLit(_, items) => items.iter().any(is_it),
        Rvalue::Load(place) | Rvalue::AddrOf(place) => facts.body.places.get(*place).is_none_or(|place| {
            place.base == PlaceBase::Local(local)
                || place.proj.iter().any(|step| matches!(step, crate::ir::Proj::Index(operand) if is_it(operand)))
        }),
        _ => false,
    }
}
