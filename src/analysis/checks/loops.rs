//! Recursion and loops without a way out. Must not know values: only what cannot end whatever the values are.

use super::facts::{callee_name, leaves};
use super::{Checker, Subject};
use crate::base::{FastSet, Span, Symbol};
use crate::ir::{
    BlockId, Body, Call, CallId, Const, Language, LocalId, LocalKind, Modifiers, Operand, Proj, Rvalue, StmtKind, Terminator,
    TyId,
};
use crate::program::FuncId;
use crate::rules::CheckKind;

/// C functions that return, without waiting for anything.
const RETURNING: &[&str] = &[
    "printf", "fprintf", "puts", "fputs", "putchar", "putc", "fputc", "snprintf", "sprintf", "strlen", "strcmp", "strncmp",
    "strcpy", "strncpy", "strcat", "strncat", "memset", "memcpy", "memmove", "memcmp", "abs", "labs", "rand", "srand", "tolower",
    "toupper", "isdigit", "isalpha", "isspace", "fflush", "wprintf", "fputws", "putwchar", "wcslen",
];

/// Java classes whose methods return, without waiting for anything.
const RETURNING_TYPES: &[&str] = &[
    "java.lang.StringBuilder",
    "java.lang.StringBuffer",
    "java.lang.String",
    "java.lang.Math",
    "java.lang.Integer",
    "java.lang.Long",
    "java.io.PrintStream",
    "java.util.List",
    "java.util.ArrayList",
    "java.util.Map",
    "java.util.HashMap",
    "java.util.Random",
];

/// How many calls deep a function of the program is looked into.
const MAX_DEPTH: usize = 2;

impl<'a> Checker<'a> {
    /// A function that calls itself on every way through.
    pub(super) fn check_recursion(&mut self, subject: &Subject<'a>) {
        if !self.program.components.recursive.get(subject.id).copied().unwrap_or(false) {
            return;
        }
        self.examine(CheckKind::UncontrolledRecursion);
        let body = subject.facts.body;
        let is_self = |call: CallId| {
            let target = subject.facts.target(call);
            target.is_some_and(|target| target.callees.as_slice() == [subject.id] && target.model.is_none())
                && body.calls.get(call).is_some_and(|call| self.fits(subject, call))
        };
        // An overload that the types could not tell apart may be meant instead.
        let overloaded = subject.owner.is_some_and(|owner| {
            let others = owner.functions.iter().filter_map(|func| self.unit.functions.get(*func));
            let same = |other: &crate::ir::Function| {
                other.name == subject.function.name && other.params.len() == subject.function.params.len()
            };
            others.filter(|other| same(other)).count() > 1
        });
        // C++ in a header reads as C with holes.
        let c_body =
            self.unit.language == Language::C && (body.broken || body.opaque_count > 0 || subject.function.ret == TyId::UNKNOWN);
        if overloaded || c_body {
            return;
        }
        let mut calls: Vec<Span> = Vec::new();
        let mut seen: FastSet<BlockId> = FastSet::default();
        let mut queue = vec![BlockId::from_raw(0)];
        while let Some(at) = queue.pop() {
            if !seen.insert(at) {
                continue;
            }
            let Some(block) = body.blocks.get(at) else { return };
            let own = body.stmts_of(at).iter().find(|stmt| matches!(stmt.kind, StmtKind::Call(call) if is_self(call)));
            // Where an exception may be caught there is a way out.
            queue.extend(block.unwind);
            if let Some(call) = own {
                calls.push(call.span);
                continue;
            }
            let ends = body.stmts_of(at).iter().any(|stmt| match stmt.kind {
                StmtKind::Call(call) => self.never_returns(subject, call),
                _ => false,
            });
            if ends || leaves(&block.term) {
                return;
            }
            queue.extend(block.term.successors());
        }
        calls.sort_unstable();
        for span in calls {
            let name = subject.function.name;
            self.report_named(CheckKind::UncontrolledRecursion, span, Some(subject.id), name.as_str());
        }
    }

    /// Whether arguments fit the function's own parameters: a method of a library's superclass may be meant instead.
    fn fits(&self, subject: &Subject<'a>, call: &Call) -> bool {
        let params = &subject.function.params;
        // What is inherited from a library may have an overload that fits better.
        let inherits = self.program.owner_name(subject.id).is_some_and(|owner| {
            let is_library = |part: Symbol| self.program.class(part).is_none() && part.as_str() != "java.lang.Object";
            self.program.walk_supers(owner, self.models, is_library)
        });
        !subject.function.modifiers.contains(Modifiers::VARARGS)
            && params.len() == call.args.len()
            && params.iter().zip(&call.args).all(|(param, arg)| {
                let (own, given) = (subject.facts.ty(&Operand::Local(param.local)), subject.facts.ty(arg));
                match (own.name(), subject.facts.class(arg)) {
                    (Some(own), Some(given)) if inherits => {
                        self.program.is_subtype(given, own, self.models) && (own.simple_name() != "Object" || given == own)
                    }
                    (Some(own), Some(given)) => self.program.is_subtype(given, own, self.models) || own.simple_name() == "Object",
                    _ => !inherits || own == given && own != TyId::UNKNOWN,
                }
            })
    }

    fn never_returns(&self, subject: &Subject<'a>, call: CallId) -> bool {
        let hit = subject.facts.target(call).and_then(|target| target.model);
        hit.and_then(|hit| self.models.model(hit.name, hit.index)).is_some_and(|model| model.noreturn)
    }

    /// A loop that nothing leaves, or only a test of what the loop does not change.
    pub(super) fn check_loops(&mut self, subject: &Subject<'a>) {
        if !self.wants(CheckKind::EndlessLoop) {
            return;
        }
        let body = subject.facts.body;
        for cycle in cycles(body) {
            self.examine(CheckKind::EndlessLoop);
            let inside: FastSet<BlockId> = cycle.iter().copied().collect();
            if let Some(span) = self.endless(subject, &cycle, &inside) {
                self.report_named(CheckKind::EndlessLoop, span, Some(subject.id), "loop");
            }
        }
    }

    /// Where to report a loop, if it cannot end.
    fn endless(&self, subject: &Subject<'a>, cycle: &[BlockId], inside: &FastSet<BlockId>) -> Option<Span> {
        let body = subject.facts.body;
        let mut tests: Vec<Span> = Vec::new();
        let mut jumps: Vec<Span> = Vec::new();
        let mut works = false;
        for at in cycle {
            let block = body.blocks.get(*at)?;
            for stmt in body.stmts_of(*at) {
                works = true;
                let fine = match &stmt.kind {
                    StmtKind::Call(id) => {
                        let call = body.calls.get(*id)?;
                        self.returns(call, *id, subject.id, 0)
                    }
                    StmtKind::MonitorEnter(_) | StmtKind::MonitorExit(_) | StmtKind::Opaque => false,
                    StmtKind::Assign(_, Rvalue::Opaque) => false,
                    _ => true,
                };
                if !fine {
                    return None;
                }
            }
            if block.term.successors().iter().all(|next| inside.contains(next)) {
                if matches!(block.term, Terminator::Goto(_)) && !block.term_span.is_empty() {
                    jumps.push(block.term_span);
                }
                continue;
            }
            let Terminator::If { cond, .. } = &block.term else { return None };
            if !unchanged(subject, cond, inside) {
                return None;
            }
            let test = subject.facts.source(cond).map_or(block.term_span, |stmt| stmt.span);
            tests.push(test);
        }
        // `for (;;);` stops the program on purpose.
        if !works {
            return None;
        }
        tests.into_iter().min().or_else(|| jumps.into_iter().min_by_key(|span| (span.lo, span.hi)))
    }

    /// Whether a call is known to come back, without waiting and without an exception that the program throws.
    fn returns(&self, call: &Call, id: CallId, caller: FuncId, depth: usize) -> bool {
        let Some(target) = self.program.types.get(caller).and_then(|types| types.calls.get(id)) else { return false };
        if !target.callees.is_empty() {
            return depth < MAX_DEPTH
                && target.callees.iter().all(|callee| {
                    let Some(body) = self.program.body(*callee) else { return false };
                    body.blocks.iter().all(|block| !matches!(block.term, Terminator::Throw(_) | Terminator::Unreachable))
                        && body.stmts.iter().all(|stmt| match stmt.kind {
                            StmtKind::Call(id) => {
                                body.calls.get(id).is_some_and(|call| self.returns(call, id, *callee, depth + 1))
                            }
                            _ => true,
                        })
                });
        }
        if self.unit.language == Language::C {
            return callee_name(call).is_some_and(|name| RETURNING.contains(&name));
        }
        target.owner.is_some_and(|owner| RETURNING_TYPES.contains(&owner.as_str()))
    }
}

/// Whether a condition depends only on locals and constants that the loop leaves alone.
fn unchanged(subject: &Subject<'_>, cond: &Operand, inside: &FastSet<BlockId>) -> bool {
    let body = subject.facts.body;
    let mut queue: Vec<LocalId> = cond.local().into_iter().collect();
    // A constant false would leave at once.
    if matches!(cond, Operand::Const(_)) {
        return matches!(cond, Operand::Const(Const::Bool(true)))
            || matches!(cond, Operand::Const(Const::Int(value, _)) if value.get() != 0);
    }
    let mut seen: FastSet<LocalId> = FastSet::default();
    let mut variables = 0;
    while let Some(local) = queue.pop() {
        if !seen.insert(local) {
            continue;
        }
        let Some(declared) = body.locals.get(local) else { return false };
        if declared.kind != LocalKind::Temp {
            variables += 1;
            // One that is assigned nowhere had its assignment in a branch that the preprocessor left out.
            let known = declared.kind != LocalKind::User || assigned_in(body, local, body.blocks.indices());
            if !known || assigned_in(body, local, inside.iter().copied()) || address_taken(body, local) {
                return false;
            }
            continue;
        }
        let Some(stmt) = subject.facts.definition(local) else { return false };
        let mut add = |operand: &Operand| queue.extend(operand.local());
        match &stmt.kind {
            StmtKind::Assign(_, Rvalue::Use(a) | Rvalue::Cast(_, a) | Rvalue::Unary(_, a)) => add(a),
            StmtKind::Assign(_, Rvalue::Binary(_, a, b)) => {
                add(a);
                add(b);
            }
            _ => return false,
        }
    }
    variables > 0
}

fn assigned_in(body: &Body, local: LocalId, blocks: impl IntoIterator<Item = BlockId>) -> bool {
    blocks.into_iter().flat_map(|at| body.stmts_of(at)).any(|stmt| match &stmt.kind {
        StmtKind::Assign(dst, _) => *dst == local,
        StmtKind::Call(call) => body.calls.get(*call).is_some_and(|call| call.dst == Some(local)),
        _ => false,
    })
}

fn address_taken(body: &Body, local: LocalId) -> bool {
    body.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Assign(_, Rvalue::AddrOf(place)) => body
            .places
            .get(*place)
            .is_some_and(|place| place.base == crate::ir::PlaceBase::Local(local) && !place.proj.contains(&Proj::Deref)),
        _ => false,
    })
}

/// The strongly connected components of the blocks that normal control reaches from the entry, those that are loops.
fn cycles(body: &Body) -> Vec<Vec<BlockId>> {
    const UNSEEN: u32 = u32::MAX;
    let count = body.blocks.len();
    let mut index = vec![UNSEEN; count];
    let mut low = vec![0u32; count];
    let mut on_stack = vec![false; count];
    let mut stack: Vec<BlockId> = Vec::new();
    let mut work: Vec<(BlockId, usize)> = vec![(BlockId::from_raw(0), 0)];
    let mut next = 0;
    let mut found = Vec::new();
    if count == 0 {
        return found;
    }
    while let Some((node, edge)) = work.pop() {
        let at = node.index();
        if edge == 0 {
            index[at] = next;
            low[at] = next;
            next += 1;
            stack.push(node);
            on_stack[at] = true;
        }
        let successors = body.blocks[node].term.successors();
        let mut descended = false;
        for (offset, target) in successors.iter().enumerate().skip(edge) {
            if index[target.index()] == UNSEEN {
                work.push((node, offset + 1));
                work.push((*target, 0));
                descended = true;
                break;
            }
            if on_stack[target.index()] {
                low[at] = low[at].min(index[target.index()]);
            }
        }
        if descended {
            continue;
        }
        if low[at] == index[at] {
            let mut component = Vec::new();
            while let Some(member) = stack.pop() {
                on_stack[member.index()] = false;
                component.push(member);
                if member == node {
                    break;
                }
            }
            if component.len() > 1 || successors.contains(&node) {
                component.sort_unstable();
                found.push(component);
            }
        }
        if let Some(&(parent, _)) = work.last() {
            low[parent.index()] = low[parent.index()].min(low[at]);
        }
    }
    found
}
