//! Which kinds of tainted data a caller can ever hand a function: found out once, before any function is analysed, so
//! that a function whose callers have no source below or above them neither follows marks of its inputs nor keeps
//! latent sinks. Must not know values or states.
//!
//! A mark gets into a function by a source of its own, out of a callee, or from a caller. So the *supply* of a function is
//! the kinds of all sources in it and in its callees, and its *demand* the supply and demand of all its callers. Both
//! only err towards more: a source is recognised by the called name alone.

use index_vec::IndexVec;

use crate::base::{FastMap, Symbol};
use crate::ir::{Callee, Const};
use crate::program::{FuncId, Program};
use crate::rules::{ApiModel, Models, RuleSet, SourceKinds};

/// Demand, by function.
pub(super) struct Demand {
    of: IndexVec<FuncId, SourceKinds>,
}

impl Demand {
    pub(super) fn of(program: &Program, rules: &RuleSet) -> Demand {
        let (java, c) = (sources_by_name(&rules.java), sources_by_name(&rules.c));
        let mut supply: IndexVec<FuncId, SourceKinds> = index_vec::index_vec![SourceKinds::empty(); program.functions.len()];
        let mut demand = supply.clone();
        for level in &program.components.levels {
            for component in level {
                let mut kinds = SourceKinds::empty();
                for &func in component {
                    let (unit, function) = program.function(func);
                    let Some(body) = &function.body else { continue };
                    let (names, models) = match unit.language {
                        crate::ir::Language::C => (&c, &rules.c),
                        crate::ir::Language::Java | crate::ir::Language::Jsp => (&java, &rules.java),
                    };
                    for call in &body.calls {
                        let name = match &call.callee {
                            Callee::Method { name, .. } | Callee::Function(name) => *name,
                            Callee::Constructor(_) => names.constructor,
                            Callee::Value(_) => continue,
                        };
                        kinds |= names.kinds(models, name);
                    }
                    for source in program.entries.get(&func).into_iter().flatten() {
                        kinds |= source.kinds;
                    }
                    for &callee in callees(program, func) {
                        kinds |= supply[callee];
                    }
                }
                for &func in component {
                    supply[func] = kinds;
                }
            }
        }
        // Who calls a function through a table is not known.
        let pointers = program.constant_globals.values().filter_map(|constant| match constant {
            Const::Func(name) => Some(program.c_functions_named(*name)),
            _ => None,
        });
        pointers.flatten().for_each(|func| demand[*func] = SourceKinds::all());
        for level in program.components.levels.iter().rev() {
            for component in level {
                let mut kinds = SourceKinds::empty();
                for &func in component {
                    kinds |= demand[func];
                }
                if component.iter().any(|func| program.components.recursive[*func]) {
                    component.iter().for_each(|func| kinds |= supply[*func]);
                }
                for &func in component {
                    demand[func] = kinds;
                    let handed = kinds | supply[func];
                    for &callee in callees(program, func) {
                        if component.binary_search(&callee).is_err() {
                            demand[callee] |= handed;
                        }
                    }
                }
            }
        }
        Demand { of: demand }
    }

    /// The kinds of tainted data that some caller may hand this function.
    pub(super) fn kinds(&self, func: FuncId) -> SourceKinds {
        self.of.get(func).copied().unwrap_or(SourceKinds::all())
    }
}

fn callees(program: &Program, func: FuncId) -> impl Iterator<Item = &FuncId> {
    let types = &program.types[func];
    types.calls.iter().flat_map(|target| &target.callees).chain(&types.made)
}

/// Kinds of sources by called name.
struct ByName {
    exact: FastMap<Symbol, SourceKinds>,
    has_prefixes: bool,
    constructor: Symbol,
}

impl ByName {
    fn kinds(&self, models: &Models, name: Symbol) -> SourceKinds {
        let known = self.exact.get(&name).copied().unwrap_or_default();
        if self.has_prefixes {
            return models.calls_named(name).flat_map(|model| &model.sources).fold(known, |all, (_, kinds)| all | *kinds);
        }
        known
    }
}

fn sources_by_name(models: &Models) -> ByName {
    let given = |entries: &[ApiModel]| {
        entries.iter().flat_map(|model| &model.sources).fold(SourceKinds::empty(), |all, (_, kinds)| all | *kinds)
    };
    let exact =
        models.calls.iter().map(|(name, entries)| (*name, given(entries))).filter(|(_, kinds)| !kinds.is_empty()).collect();
    let has_prefixes = models.prefixes.iter().flat_map(|(_, entries)| entries).any(|model| !model.sources.is_empty());
    ByName { exact, has_prefixes, constructor: Symbol::new("<init>") }
}
