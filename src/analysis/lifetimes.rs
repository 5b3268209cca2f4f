//! When summaries are asked for the last time: those of a large program take as much memory as all of its code, and most are
//! needed by a few functions of the same file only. Must not know what is in a summary.

use index_vec::IndexVec;

use crate::base::FastSet;
use crate::ir::{Const, Language};
use crate::program::{FuncId, Program};

/// The functions whose summaries nobody asks for after a level of the call graph, by level.
pub(super) struct Lifetimes {
    ending: Vec<Vec<FuncId>>,
}

impl Lifetimes {
    /// Of C only: what Java calls, objects in view decide too. Functions whose address is taken, anyone may call.
    pub(super) fn of(program: &Program) -> Lifetimes {
        let mut last: IndexVec<FuncId, Option<u32>> = index_vec::index_vec![None; program.functions.len()];
        let mut taken: FastSet<FuncId> = FastSet::default();
        for (caller, types) in program.types.iter_enumerated() {
            taken.extend(types.made.iter().copied());
            let level = program.components.level(caller);
            for callee in types.calls.iter().flat_map(|target| &target.callees) {
                if let Some(known) = last.get_mut(*callee) {
                    *known = (*known).max(level);
                }
            }
        }
        let constants = program.constant_globals.values().chain(program.constant_statics.values());
        let named = constants.filter_map(|constant| match constant {
            Const::Func(name) => Some(program.c_functions_named(*name)),
            _ => None,
        });
        taken.extend(named.flatten().copied());
        let mut ending: Vec<Vec<FuncId>> = program.components.levels.iter().map(|_| Vec::new()).collect();
        for (func, level) in last.iter_enumerated() {
            let of_level = level.and_then(|level| ending.get_mut(level as usize));
            if let Some(of_level) =
                of_level.filter(|_| !taken.contains(&func) && program.function(func).0.language == Language::C)
            {
                of_level.push(func);
            }
        }
        Lifetimes { ending }
    }

    /// Those that end with a level.
    pub(super) fn ending_with(&mut self, level: usize) -> Vec<FuncId> {
        self.ending.get_mut(level).map(std::mem::take).unwrap_or_default()
    }
}
