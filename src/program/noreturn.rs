//! C functions that never return, by declaration or because every way through them ends in a call that does not.
//! The engine needs them before it has summaries: an error exit inside a recursive component has none in time.
//! Must not know values.

use index_vec::IndexVec;
use rayon::prelude::*;

use super::{FuncId, Program};
use crate::base::{FastSet, Symbol};
use crate::ir::{BlockId, Body, Callee, Language, Modifiers, StmtKind};
use crate::rules::RuleSet;

/// Callers of callers are looked at so often.
const MAX_ROUNDS: usize = 6;

/// See the module.
#[derive(Debug, Default)]
pub struct NoReturn {
    declared: FastSet<Symbol>,
    found: FastSet<FuncId>,
}

impl NoReturn {
    /// Those that are declared so: all that is known before the targets of calls are.
    pub(super) fn declared(program: &Program) -> NoReturn {
        let mut known = NoReturn::default();
        for unit in program.units.iter().filter(|unit| unit.language == Language::C) {
            let declared = unit.functions.iter().filter(|function| function.modifiers.contains(Modifiers::NORETURN));
            known.declared.extend(declared.map(|function| function.name));
        }
        known
    }

    pub(super) fn find(program: &Program, rules: &RuleSet) -> NoReturn {
        let mut known = NoReturn { declared: program.no_return.declared.clone(), found: FastSet::default() };
        let candidates: Vec<FuncId> = program
            .functions
            .indices()
            .filter(|id| program.function(*id).0.language == Language::C && program.has_body(*id))
            .collect();
        // In later rounds only callers of what the last one found can change.
        let mut last: Option<FastSet<FuncId>> = None;
        for _ in 0..MAX_ROUNDS {
            let calls_found = |id: FuncId, found: &FastSet<FuncId>| {
                let calls = program.types.get(id).map(|types| types.calls.iter());
                calls.into_iter().flatten().any(|target| target.callees.iter().any(|callee| found.contains(callee)))
            };
            let more: Vec<FuncId> = candidates
                .par_iter()
                .copied()
                .filter(|id| !known.found.contains(id))
                .filter(|id| match &last {
                    None => program.types.get(*id).is_some_and(|types| types.stops),
                    Some(last) => calls_found(*id, last),
                })
                .filter(|id| program.body(*id).is_some_and(|body| never_returns(program, rules, &known, *id, &body)))
                .collect();
            if more.is_empty() {
                break;
            }
            known.found.extend(more.iter().copied());
            last = Some(more.into_iter().collect());
        }
        known
    }

    /// Whether a call of a name, resolved to these functions, comes back.
    #[must_use]
    pub fn stops(&self, callees: &[FuncId], name: Symbol) -> bool {
        match callees {
            [] => self.declared.contains(&name),
            callees => callees.iter().all(|callee| self.found.contains(callee)),
        }
    }

    /// Whether a function never returns.
    #[must_use]
    pub fn contains(&self, id: FuncId) -> bool {
        self.found.contains(&id)
    }
}

fn never_returns(program: &Program, rules: &RuleSet, known: &NoReturn, id: FuncId, body: &Body) -> bool {
    let Some(types) = program.types.get(id) else { return false };
    let mut seen: IndexVec<BlockId, bool> = index_vec::index_vec![false; body.blocks.len()];
    let mut work = vec![BlockId::from_raw(0)];
    let mut stopped = false;
    while let Some(block) = work.pop() {
        let Some(data) = body.blocks.get(block) else { return false };
        if std::mem::replace(&mut seen[block], true) {
            continue;
        }
        let stops = body.stmts_of(block).iter().any(|stmt| {
            let StmtKind::Call(call) = stmt.kind else { return false };
            let (Some(target), Some(call)) = (types.calls.get(call), body.calls.get(call)) else { return false };
            let Callee::Function(name) = call.callee else { return false };
            let modelled = || target.model.and_then(|hit| rules.c.model(hit.name, hit.index)).is_some_and(|model| model.noreturn);
            known.stops(&target.callees, name) || target.callees.is_empty() && modelled()
        });
        if stops {
            stopped = true;
            continue;
        }
        if matches!(data.term, crate::ir::Terminator::Return(_)) {
            return false;
        }
        work.extend(data.term.successors());
    }
    // One that loops for ever may be a main loop: nothing follows from it.
    stopped
}
