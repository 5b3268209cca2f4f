//! Checks of C functions: `sizeof` of a pointer, addresses of locals that leave, `chroot`, files checked by name, binds.
//! Must not know values.

use super::facts::{Facts, callee_name};
use super::{Checker, Subject};
use crate::base::{FastSet, Symbol};
use crate::ir::{
    BinOp, BlockId, Call, CallId, Callee, Const, LocalKind, Operand, PlaceBase, Proj, Rvalue, StmtKind, Terminator, Ty, TyId,
};
use crate::rules::CheckKind;

const ALLOCATORS: &[&str] = &["malloc", "calloc", "realloc", "alloca"];
/// Functions that fill or read memory: the pointer arguments and the size.
const SIZED: &[(&str, &[usize], usize)] = &[
    ("memset", &[0], 2),
    ("memcpy", &[0, 1], 2),
    ("memmove", &[0, 1], 2),
    ("memcmp", &[0, 1], 2),
    ("strncpy", &[0], 2),
    ("strncmp", &[0, 1], 2),
    ("snprintf", &[0], 1),
    ("fgets", &[0], 1),
    ("read", &[1], 2),
    ("recv", &[1], 2),
];
const FILE_CHECKS: &[&str] = &["access", "stat", "lstat", "stat64", "lstat64", "faccessat", "_access", "_stat"];
const FILE_USES: &[&str] = &[
    "open", "open64", "fopen", "fopen64", "creat", "freopen", "chmod", "chown", "truncate", "unlink", "remove", "opendir",
    "_open",
];
const DROPS: &[&str] = &["setuid", "seteuid", "setreuid", "setresuid"];

impl<'a> Checker<'a> {
    pub(super) fn check_c(&mut self, subject: &Subject<'a>) {
        self.stack_address(subject);
        self.jails(subject);
        self.binds(subject);
        for (index, stmt) in subject.facts.body.stmts.iter().enumerate() {
            let StmtKind::Call(id) = stmt.kind else { continue };
            let Some(call) = subject.facts.body.calls.get(id) else { continue };
            let Callee::Function(name) = call.callee else { continue };
            self.pointer_size(subject, id, call, name.as_str(), stmt.span);
            if FILE_CHECKS.contains(&name.as_str()) {
                self.checked_by_name(subject, index, call);
            }
        }
    }

    fn pointer_size(&mut self, subject: &Subject<'a>, id: CallId, call: &Call, name: &str, span: crate::base::Span) {
        let facts = &subject.facts;
        let sizes = |operand: &Operand| measured(facts, operand);
        let found = if ALLOCATORS.contains(&name) {
            let Some(ty) = call.args.iter().find_map(sizes) else { return };
            // The size of a pointer of the very type that the memory is held by: `T *p = malloc(sizeof(p))`.
            matches!(ty.get(), Ty::Pointer(_)) && call.dst.is_some_and(|dst| held_by(facts, dst) == Some(ty))
        } else {
            let Some((_, pointers, size)) = SIZED.iter().find(|(sized, ..)| *sized == name) else { return };
            let Some(ty) = call.args.get(*size).and_then(sizes) else { return };
            let target = call.args.first().map_or(TyId::UNKNOWN, |first| unconverted(facts, first));
            let holds_pointers = matches!(target.get(), Ty::Pointer(inner) if matches!(inner.get(), Ty::Pointer(_)));
            let of_argument = pointers.iter().filter_map(|at| call.args.get(*at)).any(|arg| unconverted(facts, arg) == ty);
            matches!(ty.get(), Ty::Pointer(_)) && of_argument && (!holds_pointers || target == ty)
        };
        let _ = id;
        self.examine(CheckKind::SizeOfPointer);
        if found {
            self.report_named(CheckKind::SizeOfPointer, span, Some(subject.id), name);
        }
    }

    fn stack_address(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        if !matches!(subject.function.ret.get(), Ty::Pointer(_)) {
            return;
        }
        for block in &facts.body.blocks {
            let Terminator::Return(Some(value)) = &block.term else { continue };
            self.examine(CheckKind::ReturnOfStackAddress);
            let Some(place) = facts.address_of(value) else { continue };
            let PlaceBase::Local(local) = place.base else { continue };
            let Some(local) = facts.body.locals.get(local) else { continue };
            // A parameter of array type is a pointer of the caller's.
            let own = local.kind == LocalKind::User || local.kind == LocalKind::Param && !matches!(local.ty.get(), Ty::Array(..));
            if own && !place.proj.contains(&Proj::Deref) {
                let name = local.name.map_or("", |name| name.as_str());
                self.report_named(CheckKind::ReturnOfStackAddress, block.term_span, Some(subject.id), name);
            }
        }
    }

    /// `chroot` with no `chdir` after it, and with no change of user after it.
    fn jails(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        for (index, stmt) in facts.body.stmts.iter().enumerate() {
            let StmtKind::Call(id) = stmt.kind else { continue };
            let Some(call) = facts.body.calls.get(id) else { continue };
            if callee_name(call) != Some("chroot") {
                continue;
            }
            self.examine(CheckKind::ChrootWithoutChdir);
            self.examine(CheckKind::LeastPrivilege);
            let later = self.called_after(subject, index);
            if !later.contains("chdir") && !later.contains("fchdir") {
                self.report_named(CheckKind::ChrootWithoutChdir, stmt.span, Some(subject.id), "chroot");
            }
            let drops = DROPS.iter().any(|drop| later.contains(drop)) || self.caller_drops(subject);
            if !drops {
                self.report_named(CheckKind::LeastPrivilege, stmt.span, Some(subject.id), "chroot");
            }
        }
    }

    /// Names of the functions that may run after a statement, and of those that they call.
    fn called_after(&self, subject: &Subject<'a>, index: usize) -> FastSet<&'static str> {
        let facts = &subject.facts;
        let mut names: FastSet<&'static str> = FastSet::default();
        let Some(at) = facts.block_of(index) else { return names };
        let later: FastSet<BlockId> =
            facts.body.blocks.get(at).map(|block| facts.reachable(&block.term.successors(), false)).unwrap_or_default();
        for (other, stmt) in facts.body.stmts.iter().enumerate() {
            let StmtKind::Call(id) = stmt.kind else { continue };
            let block = facts.block_of(other);
            if !(block == Some(at) && other > index || block.is_some_and(|block| later.contains(&block))) {
                continue;
            }
            names.extend(facts.body.calls.get(id).and_then(callee_name));
            for callee in facts.target(id).into_iter().flat_map(|target| &target.callees) {
                let Some(body) = self.program.body(*callee) else { continue };
                names.extend(body.calls.iter().filter_map(callee_name));
            }
        }
        names
    }

    /// Whether a direct caller gives privileges up itself.
    fn caller_drops(&self, subject: &Subject<'a>) -> bool {
        // Bodies of callers only: unpacking all of a large program takes many seconds.
        let calls_it = |func: &crate::program::FuncId| {
            let types = self.program.types.get(*func);
            types.is_some_and(|types| types.calls.iter().any(|target| target.callees.contains(&subject.id)))
        };
        self.program.functions.indices().filter(calls_it).filter_map(|func| self.program.body(func)).any(|body| {
            let mut names = body.calls.iter().filter_map(callee_name);
            names.any(|name| DROPS.contains(&name))
        })
    }

    /// A file checked by its name and then used by the same name.
    fn checked_by_name(&mut self, subject: &Subject<'a>, index: usize, check: &Call) {
        let facts = &subject.facts;
        self.examine(CheckKind::TimeOfCheckTimeOfUse);
        let path_at = usize::from(callee_name(check) == Some("faccessat"));
        let Some(path) = check.args.get(path_at) else { return };
        let Some(at) = facts.block_of(index) else { return };
        let Some(block) = facts.body.blocks.get(at) else { return };
        let later = facts.reachable(&block.term.successors(), false);
        for (other, stmt) in facts.body.stmts.iter().enumerate().skip(index + 1) {
            let StmtKind::Call(id) = stmt.kind else { continue };
            let Some(call) = facts.body.calls.get(id) else { continue };
            let Some(name) = callee_name(call).filter(|name| FILE_USES.contains(name)) else { continue };
            let reached = facts.block_of(other).is_some_and(|block| block == at || later.contains(&block));
            let same = call.args.first().is_some_and(|arg| same_path(facts, arg, path));
            if reached && same {
                let args = vec![("callee", name.to_owned())];
                self.report(CheckKind::TimeOfCheckTimeOfUse, stmt.span, Some(subject.id), args);
            }
        }
    }

    /// A socket whose address may be shared and that is bound to every address.
    fn binds(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        let mut shared: Vec<&Operand> = Vec::new();
        for (_, call, span) in facts.calls() {
            match callee_name(call) {
                Some("setsockopt") => {
                    let option = call.args.get(2).and_then(|option| global(facts, option));
                    if matches!(option, Some("SO_REUSEADDR" | "SO_REUSEPORT")) {
                        shared.extend(call.args.first());
                    }
                }
                Some("bind") if call.args.len() == 3 => {
                    self.examine(CheckKind::MultipleBinds);
                    let Some((socket, address)) = call.args.first().zip(call.args.get(1)) else { continue };
                    let reuses = shared.iter().any(|other| facts.same(other, socket));
                    if reuses && is_any_address(facts, address) {
                        self.report_named(CheckKind::MultipleBinds, span, Some(subject.id), "bind");
                    }
                }
                _ => {}
            }
        }
    }
}

/// The type whose size an operand is, alone or times something.
fn measured(facts: &Facts<'_>, operand: &Operand) -> Option<TyId> {
    match &facts.source(operand)?.kind {
        StmtKind::Assign(_, Rvalue::SizeOf(ty)) => Some(*ty),
        StmtKind::Assign(_, Rvalue::Binary(BinOp::Mul, a, b)) => {
            [a, b].into_iter().find_map(|side| match &facts.source(side)?.kind {
                StmtKind::Assign(_, Rvalue::SizeOf(ty)) => Some(*ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// The type of the variable that a call's result is kept in.
fn held_by(facts: &Facts<'_>, result: crate::ir::LocalId) -> Option<TyId> {
    let of = |local: crate::ir::LocalId| facts.body.locals.get(local).filter(|it| it.kind != LocalKind::Temp).map(|it| it.ty);
    of(result).or_else(|| {
        facts.body.stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Assign(local, Rvalue::Use(value) | Rvalue::Cast(_, value)) => {
                (facts.origin(value) == Operand::Local(result)).then(|| of(*local)).flatten()
            }
            _ => None,
        })
    })
}

/// The type of an argument before conversions.
fn unconverted(facts: &Facts<'_>, operand: &Operand) -> TyId {
    facts.ty(&facts.origin(operand))
}

/// Whether two operands name the same file: one variable, one literal, one array.
fn same_path(facts: &Facts<'_>, a: &Operand, b: &Operand) -> bool {
    facts.same(a, b) || facts.address_of(a).zip(facts.address_of(b)).is_some_and(|(a, b)| facts.same_place(a, b))
}

/// The global that an operand reads: a macro or constant that no header in view defines.
fn global(facts: &Facts<'_>, operand: &Operand) -> Option<&'static str> {
    let place = facts.load_of(operand)?;
    match place.base {
        PlaceBase::Global(name) if place.proj.is_empty() => Some(name.as_str()),
        _ => None,
    }
}

/// Whether an address structure's `s_addr` is given `INADDR_ANY`, in network order or not.
fn is_any_address(facts: &Facts<'_>, address: &Operand) -> bool {
    let Some(structure) = facts.address_of(address) else { return false };
    let is_address = |name: &Symbol| matches!(name.as_str(), "s_addr" | "sin_addr" | "sin6_addr");
    facts.body.stmts.iter().any(|stmt| {
        let StmtKind::Store(place, value) = &stmt.kind else { return false };
        let Some(place) = facts.body.places.get(*place).filter(|place| place.base == structure.base) else { return false };
        let of_address = place.proj.iter().any(|step| matches!(step, Proj::Field(name) if is_address(name)));
        let value = match facts.call_of(value) {
            Some((_, call)) if callee_name(call) == Some("htonl") => {
                call.args.first().cloned().unwrap_or(Operand::Const(Const::Unknown))
            }
            _ => value.clone(),
        };
        of_address
            && (matches!(global(facts, &value), Some("INADDR_ANY" | "in6addr_any"))
                || matches!(facts.origin(&value), Operand::Const(zero) if zero.is_zero()))
    })
}
