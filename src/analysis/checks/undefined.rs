//! C: what the language leaves undefined, or lets the compiler drop, whatever the values are: a result that a function
//! does not give, memory that is wiped when nobody can read it any more, variables too large for a stack, and elements
//! that are freed. Must not know values.

use super::facts::callee_name;
use super::{Checker, Subject};
use crate::base::FastSet;
use crate::ir::{
    BlockId, Call, Callee, Const, LocalId, LocalKind, Operand, PlaceBase, Proj, Rvalue, StmtKind, Terminator, Ty, TyId,
};
use crate::rules::CheckKind;

/// Functions that fill memory and that a compiler may leave out where nobody reads it.
const FILLS: &[&str] = &["memset", "bzero", "ZeroMemory", "RtlZeroMemory", "FillMemory"];
const FREES: &[&str] = &["free"];
/// Bytes of a variable that a thread's stack may not have: the smallest default in use is 128 KiB.
const LARGE: u64 = 128 * 1024;

impl<'a> Checker<'a> {
    pub(super) fn check_undefined(&mut self, subject: &Subject<'a>) {
        self.missing_return(subject);
        self.large_variables(subject);
        for (index, stmt) in subject.facts.body.stmts.iter().enumerate() {
            let StmtKind::Call(id) = stmt.kind else { continue };
            let Some(call) = subject.facts.body.calls.get(id) else { continue };
            let Callee::Function(name) = call.callee else { continue };
            self.check_format(subject, call, name.as_str(), stmt.span);
            if FILLS.contains(&name.as_str()) {
                self.wiped_late(subject, index, call);
            }
            if FREES.contains(&name.as_str()) {
                self.freed_element(subject, index, call);
            }
        }
    }

    /// A way through a function with a result that reaches its end without one.
    fn missing_return(&mut self, subject: &Subject<'a>) {
        let (body, ret) = (subject.facts.body, subject.function.ret);
        let gives = body.blocks.iter().any(|block| matches!(block.term, Terminator::Return(Some(_))));
        if matches!(ret.get(), Ty::Void | Ty::Unknown) || subject.function.name.as_str() == "main" || !gives {
            return;
        }
        self.examine(CheckKind::MissingReturn);
        // What the preprocessor left out may return.
        if body.broken || body.opaque_count > 0 || !body.elsewhere.is_empty() {
            return;
        }
        let is_end = |at: BlockId| body.blocks.get(at).is_some_and(|block| matches!(block.term, Terminator::Return(None)));
        let mut seen: FastSet<BlockId> = FastSet::default();
        let mut queue = vec![BlockId::from_raw(0)];
        while let Some(at) = queue.pop() {
            let Some(block) = body.blocks.get(at).filter(|_| seen.insert(at)) else { continue };
            if self.stops_within(subject, at) {
                continue;
            }
            match &block.term {
                Terminator::Return(None) => {
                    if !self.ends_unknown(subject, at) {
                        let name = subject.function.name.as_str();
                        self.report_named(CheckKind::MissingReturn, block.term_span, Some(subject.id), name);
                    }
                }
                Terminator::If { cond: Operand::Const(cond), then, els } => {
                    let holds = !cond.is_zero() && !matches!(cond, Const::Bool(false) | Const::Null);
                    queue.push(if holds { *then } else { *els });
                }
                // A case for each value that there is needs no default.
                Terminator::Switch { arms, default, .. } => {
                    queue.extend(arms.iter().map(|(_, to)| *to));
                    let ends = is_end(*default) || self.leads_to_end(subject, *default);
                    queue.extend((!ends).then_some(*default));
                }
                Terminator::Goto(next) if self.leads_to_end(subject, *next) && self.ends_unknown(subject, at) => {}
                term => queue.extend(term.successors()),
            }
        }
    }

    /// Whether a block holds a call that does not come back.
    fn stops_within(&self, subject: &Subject<'a>, at: BlockId) -> bool {
        let facts = &subject.facts;
        facts.body.stmts_of(at).iter().any(|stmt| {
            let StmtKind::Call(id) = stmt.kind else { return false };
            let (Some(call), Some(target)) = (facts.body.calls.get(id), facts.target(id)) else { return false };
            let modelled = target.model.and_then(|hit| self.models.model(hit.name, hit.index));
            let declared = callee_name(call).is_some_and(|name| {
                self.program.no_return.stops(&target.callees, crate::base::Symbol::new(name)) || name.contains("unreachable")
            });
            // `assert(0)` says that control does not get there.
            let asserted = modelled.is_some_and(|model| model.op.is_some_and(|op| op.as_str() == "condition.assert"))
                && matches!(call.args.first(), Some(Operand::Const(_)));
            let asserted = asserted || callee_name(call).is_some_and(|name| name.to_ascii_lowercase().ends_with("assert"));
            declared || asserted || target.callees.is_empty() && modelled.is_some_and(|model| model.noreturn)
        })
    }

    /// Whether nothing happens from a block to the function's end.
    fn leads_to_end(&self, subject: &Subject<'a>, from: BlockId) -> bool {
        let body = subject.facts.body;
        let mut at = from;
        for _ in 0..8 {
            let Some(block) = body.blocks.get(at).filter(|_| body.stmts_of(at).is_empty()) else { return false };
            at = match &block.term {
                Terminator::Return(None) => return true,
                Terminator::Goto(next) => *next,
                Terminator::If { cond: Operand::Const(cond), then, els } => {
                    if cond.is_zero() || matches!(cond, Const::Bool(false)) { *els } else { *then }
                }
                _ => return false,
            };
        }
        false
    }

    /// Whether a block's last statement calls something of which nothing is known: it may never return.
    fn ends_unknown(&self, subject: &Subject<'a>, at: BlockId) -> bool {
        let Some(stmt) = subject.facts.body.stmts_of(at).last() else { return false };
        let StmtKind::Call(id) = stmt.kind else { return false };
        subject.facts.target(id).is_none_or(|target| target.callees.is_empty() && target.model.is_none())
    }

    fn large_variables(&mut self, subject: &Subject<'a>) {
        for local in subject.facts.body.locals.iter().filter(|local| local.kind == LocalKind::User) {
            if !matches!(self.program.c_type(local.ty).get(), Ty::Array(..) | Ty::Record { .. }) {
                continue;
            }
            self.examine(CheckKind::LargeVariable);
            let size = self.program.size_of(self.unit, local.ty).map_or(0, |(size, _)| size);
            if size >= LARGE {
                let name = local.name.map_or("", |name| name.as_str());
                self.report_named(CheckKind::LargeVariable, local.span, Some(subject.id), name);
            }
        }
    }

    /// A local's memory is filled where nothing reads it afterwards.
    fn wiped_late(&mut self, subject: &Subject<'a>, index: usize, call: &Call) {
        let facts = &subject.facts;
        self.examine(CheckKind::RemovableWipe);
        let Some(place) = call.args.first().and_then(|to| facts.address_of(to)) else { return };
        let PlaceBase::Local(local) = place.base else { return };
        let Some(declared) = facts.body.locals.get(local).filter(|it| it.kind == LocalKind::User) else { return };
        let own = matches!(self.program.c_type(declared.ty).get(), Ty::Array(..) | Ty::Record { .. });
        if !own || !place.proj.is_empty() || facts.body.elsewhere.contains(&local) || facts.body.broken {
            return;
        }
        let Some(at) = facts.block_of(index) else { return };
        let later = facts.body.blocks.get(at).map(|block| facts.reachable(&block.term.successors(), false)).unwrap_or_default();
        let mut before = false;
        for (other, stmt) in facts.body.stmts.iter().enumerate() {
            if other == index || !names(subject, &stmt.kind, local) {
                continue;
            }
            // The address that the very call is given.
            let own = matches!(&stmt.kind, StmtKind::Assign(dst, Rvalue::AddrOf(_))
                if call.args.first().and_then(Operand::local) == Some(*dst));
            let block = facts.block_of(other);
            if block == Some(at) && other > index || block.is_some_and(|block| later.contains(&block)) {
                return;
            }
            // One that is kept somewhere may be followed for as long as the function runs.
            if matches!(stmt.kind, StmtKind::Store(..)) && !own && stores_address(subject, &stmt.kind, local) {
                return;
            }
            before |= !own;
        }
        if before {
            let name = declared.name.map_or("", |name| name.as_str());
            let span = facts.body.stmts.get(index).map(|stmt| stmt.span).unwrap_or_default();
            self.report_named(CheckKind::RemovableWipe, span, Some(subject.id), name);
        }
    }

    /// `free(&table[i])`.
    fn freed_element(&mut self, subject: &Subject<'a>, index: usize, call: &Call) {
        let facts = &subject.facts;
        let Some(place) = call.args.first().and_then(|arg| facts.address_of(arg)) else { return };
        let Some(Proj::Index(at)) = place.proj.last() else { return };
        if matches!(at, Operand::Const(zero) if zero.is_zero()) {
            return;
        }
        let span = facts.body.stmts.get(index).map(|stmt| stmt.span).unwrap_or_default();
        self.report_named(CheckKind::FreeNotHeap, span, Some(subject.id), "free");
    }
}

/// Whether a statement names a local, in a place or as an operand.
fn names(subject: &Subject<'_>, kind: &StmtKind, local: LocalId) -> bool {
    let body = subject.facts.body;
    let is = |operand: &Operand| operand.local() == Some(local);
    let within = |place: crate::ir::PlaceId| {
        body.places.get(place).is_some_and(|place| {
            place.base == PlaceBase::Local(local) || place.proj.iter().any(|step| matches!(step, Proj::Index(at) if is(at)))
        })
    };
    match kind {
        StmtKind::Assign(dst, rvalue) => {
            *dst == local
                || match rvalue {
                    Rvalue::Use(a) | Rvalue::Unary(_, a) | Rvalue::Cast(_, a) => is(a),
                    Rvalue::Binary(_, a, b) => is(a) || is(b),
                    Rvalue::Load(place) | Rvalue::AddrOf(place) => within(*place),
                    Rvalue::ArrayLit(_, items) => items.iter().any(is),
                    Rvalue::Opaque => true,
                    _ => false,
                }
        }
        StmtKind::Store(place, value) => within(*place) || is(value) || stores_address(subject, kind, local),
        StmtKind::Call(id) => body.calls.get(*id).is_some_and(|call| call.dst == Some(local) || call.args.iter().any(is)),
        StmtKind::Opaque => true,
        _ => false,
    }
}

/// Whether a statement stores the address of a local.
fn stores_address(subject: &Subject<'_>, kind: &StmtKind, local: LocalId) -> bool {
    let StmtKind::Store(_, value) = kind else { return false };
    subject.facts.address_of(value).is_some_and(|place| place.base == PlaceBase::Local(local))
}

/// The type of what a pointer points at.
pub(super) fn pointee(ty: TyId) -> Option<TyId> {
    match ty.get() {
        Ty::Pointer(inner) | Ty::Array(inner, _) => Some(*inner),
        _ => None,
    }
}
