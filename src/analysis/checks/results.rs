//! Results that tell failure and that nobody looks at: dropped, or handed on to library calls only.
//! Must not know which values mean failure.

use super::facts::{Facts, callee_name};
use super::{Checker, Subject};
use crate::base::{FastSet, Span};
use crate::ir::{
    BinOp, Body, Call, CallId, Callee, FuncIdx, LocalId, LocalKind, Operand, PlaceBase, PlaceId, Rvalue, StmtKind, Terminator,
};
use crate::rules::{ApiModel, CheckKind, Language};

/// How many copies of a result are followed.
const MAX_COPIES: usize = 16;

/// What a call gives that counts what it did and says -1 at the end. A single byte or character may well be zero.
const COUNT_OR_END: (i64, i64) = (-1, i32::MAX as i64);

/// Statements of a function whose results are followed; each result costs a walk over all of them.
const MAX_STMTS: usize = 20_000;

/// Functions that write to a stream, and which argument that is; none: standard output.
const OUTPUT: &[(&str, Option<usize>)] = &[
    ("fprintf", Some(0)),
    ("vfprintf", Some(0)),
    ("fwprintf", Some(0)),
    ("fputs", Some(1)),
    ("fputws", Some(1)),
    ("fputc", Some(1)),
    ("putc", Some(1)),
    ("fputwc", Some(1)),
    ("putwc", Some(1)),
    ("printf", None),
    ("wprintf", None),
    ("puts", None),
    ("putchar", None),
    ("putwchar", None),
];

impl<'a> Checker<'a> {
    pub(super) fn check_results(&mut self, subject: &Subject<'a>) {
        if !self.wants(CheckKind::UncheckedReturnValue) && !self.wants(CheckKind::WrongReturnValueCheck) {
            return;
        }
        // Results that nothing is done with but in the expression that the call stands in.
        let mut counts: FastSet<LocalId> = FastSet::default();
        for (id, call, span) in subject.facts.calls() {
            let Some(model) = self.model_of(&subject.facts, id).filter(|model| model.must_check) else { continue };
            if model.range == Some(COUNT_OR_END)
                && let Some(result) = call.dst
                && subject.facts.body.locals.get(result).is_some_and(|local| local.kind == LocalKind::Temp)
            {
                counts.insert(result);
            }
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
        if !counts.is_empty() {
            self.check_compared(subject, &counts);
        }
    }

    /// A count that is -1 at the end and is compared with zero: `in.read(block) == 0`.
    fn check_compared(&mut self, subject: &Subject<'a>, counts: &FastSet<LocalId>) {
        if !self.wants(CheckKind::WrongReturnValueCheck) {
            return;
        }
        let is_count = |operand: &Operand| operand.local().is_some_and(|local| counts.contains(&local));
        let is_zero = |operand: &Operand| matches!(operand, Operand::Const(number) if number.is_zero());
        for stmt in &subject.facts.body.stmts {
            let StmtKind::Assign(_, Rvalue::Binary(op, a, b)) = &stmt.kind else { continue };
            if !is_count(a) && !is_count(b) {
                continue;
            }
            self.examine(CheckKind::WrongReturnValueCheck);
            if *op == BinOp::Eq && (is_zero(a) || is_zero(b)) {
                self.report(CheckKind::WrongReturnValueCheck, stmt.span, Some(subject.id), Vec::new());
            }
        }
    }

    /// A C file that writes to streams and asks none whether it worked: told of once, at the first result that is dropped.
    pub(super) fn check_output(&mut self) {
        if !self.wants(CheckKind::UncheckedOutput) {
            return;
        }
        let mut first: Option<(FuncIdx, Span, &'static str)> = None;
        for (index, body) in self.bodies.iter_enumerated() {
            let Some(body) = body else { continue };
            // Variables that are the stream for errors: there is nobody to tell that it failed.
            let mut errors: FastSet<LocalId> = FastSet::default();
            for stmt in &body.stmts {
                let id = match &stmt.kind {
                    StmtKind::Call(id) => *id,
                    StmtKind::Assign(to, Rvalue::Load(place)) if is_stderr(body, *place) => {
                        errors.insert(*to);
                        continue;
                    }
                    _ => continue,
                };
                let Some(call) = body.calls.get(id) else { continue };
                let Callee::Function(name) = call.callee else { continue };
                let name = name.as_str();
                if name == "ferror" || matches!(name, "fclose" | "fflush") && call.dst.is_some() {
                    return;
                }
                if first.is_none()
                    && call.dst.is_none()
                    && let Some((_, stream)) = OUTPUT.iter().find(|(output, _)| *output == name)
                    && !stream.and_then(|at| call.args.get(at)?.local()).is_some_and(|stream| errors.contains(&stream))
                {
                    first = Some((index, stmt.span, name));
                }
            }
        }
        if let Some((index, span, name)) = first {
            let function = self.program.func_id(self.unit_id, index);
            self.examine(CheckKind::UncheckedOutput);
            self.report(CheckKind::UncheckedOutput, span, Some(function), vec![("callee", name.to_owned())]);
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
        if body.broken || body.opaque_count > 0 || body.conditional || body.stmts.len() > MAX_STMTS {
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

fn is_stderr(body: &Body, place: PlaceId) -> bool {
    body.places.get(place).is_some_and(|place| matches!(place.base, PlaceBase::Global(name) if name.as_str() == "stderr"))
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
