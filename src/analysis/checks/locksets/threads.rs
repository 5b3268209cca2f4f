//! What the whole C program says of its threads: which functions they run, whether locks may be taken several times.
//! Must not know which locks there are.

use crate::analysis::Context;
use crate::analysis::checks::facts::Facts;
use crate::base::{FastSet, Symbol};
use crate::ir::{Callee, Const, Language, Operand, StmtKind};
use crate::program::FuncId;
use crate::rules::ApiModel;

/// Calls by which a program asks for locks that one thread may take several times.
const SETS_KIND: &[&str] = &["pthread_mutexattr_settype", "pthread_mutexattr_setkind_np"];

/// See the module.
pub(in crate::analysis) struct Threads {
    /// What is given to calls that start a thread, in order, and whether several of it may run at a time.
    pub(super) started: Vec<(FuncId, bool)>,
    /// Functions that the system starts: those, and `main`.
    pub(in crate::analysis) roots: FastSet<FuncId>,
    /// Whether some locks may be taken several times.
    pub(in crate::analysis) recursive: bool,
}

impl Threads {
    pub(in crate::analysis) fn of(ctx: &Context<'_>) -> Threads {
        let program = ctx.program;
        let starts = |model: &&ApiModel| model.op.is_some_and(|op| op.as_str() == "thread.start");
        let starters: FastSet<Symbol> = ctx.rules.c.calls.values().flatten().filter(starts).map(|model| model.name).collect();
        let kinds: FastSet<Symbol> = SETS_KIND.iter().map(|name| Symbol::new(name)).collect();
        let mut threads = Threads { started: Vec::new(), roots: FastSet::default(), recursive: false };
        for (func, types) in program.types.iter_enumerated() {
            // Few functions deal with threads: only their bodies are unpacked. By the names called: a project may bring stubs.
            let calls = |names: &FastSet<Symbol>| {
                types.calls.iter().any(|target| {
                    target.model.is_some_and(|hit| names.contains(&hit.name))
                        || target.callees.iter().any(|callee| names.contains(&program.function(*callee).1.name))
                })
            };
            if program.function(func).0.language != Language::C {
                continue;
            }
            threads.recursive |= calls(&kinds);
            if calls(&starters) {
                threads.add_started(ctx, func, &starters);
            }
        }
        threads.roots.extend(program.c_functions_named(Symbol::new("main")));
        threads.roots.extend(threads.started.iter().map(|(func, _)| *func));
        threads
    }

    fn add_started(&mut self, ctx: &Context<'_>, func: FuncId, starters: &FastSet<Symbol>) {
        let program = ctx.program;
        let (Some(body), Some(types)) = (program.body(func), program.types.get(func)) else { return };
        let facts = Facts::new(&body, types);
        for (index, stmt) in body.stmts.iter().enumerate() {
            let StmtKind::Call(id) = stmt.kind else { continue };
            let Some(call) = body.calls.get(id) else { continue };
            if !matches!(call.callee, Callee::Function(name) if starters.contains(&name)) {
                continue;
            }
            let again = facts.block_of(index).is_some_and(|at| {
                let next = body.blocks.get(at).map(|block| block.term.successors()).unwrap_or_default();
                facts.reachable(&next, false).contains(&at)
            });
            for arg in &call.args {
                let Operand::Const(Const::Func(name)) = facts.origin(arg) else { continue };
                let Some(root) = program.c_function(name, program.function(func).0) else { continue };
                match self.started.iter_mut().find(|(known, _)| *known == root) {
                    Some((_, several)) => *several = true,
                    None => self.started.push((root, again)),
                }
            }
        }
    }
}
