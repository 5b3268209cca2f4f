//! Entry points: functions whose callers the program does not contain, and what those callers control.
//! Must not know how the data is used.

use super::{FuncId, Program, callers};
use crate::base::{FastMap, Symbol};
use crate::ir::{AnnotationUse, Language, Ty, TyId};
use crate::rules::{EntryModel, Models, RuleSet, SourceKinds};

/// A parameter that a caller outside controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntrySource {
    /// Which, from 0.
    pub param: usize,
    /// What kind of input.
    pub kinds: SourceKinds,
}

pub(super) fn find_entries(program: &Program, rules: &RuleSet) -> FastMap<FuncId, Vec<EntrySource>> {
    let mut entries = FastMap::default();
    for id in program.functions.indices() {
        let (unit, function) = program.function(id);
        if function.code.is_none() || function.params.is_empty() {
            continue;
        }
        let models = Program::models(unit, rules);
        let owner = program.owner_name(id);
        let sources: Vec<EntrySource> = models
            .entries
            .iter()
            .filter(|entry| matches_function(program, entry, models, owner, function.name, &function.annotations, unit.language))
            .flat_map(|entry| {
                function.params.iter().enumerate().filter_map(move |(param, decl)| {
                    let ty =
                        program.types.get(id).and_then(|types| types.locals.get(decl.local)).copied().unwrap_or(TyId::UNKNOWN);
                    let annotated = entry.param_annotations.is_empty()
                        || decl
                            .annotations
                            .iter()
                            .any(|used| entry.param_annotations.iter().any(|wanted| same_name(used.name, *wanted)));
                    let excepted = ty
                        .name()
                        .is_some_and(|ty| entry.except_types.iter().any(|except| program.is_subtype(ty, *except, models)));
                    // How many arguments there are, the system limits.
                    let counts = unit.language == Language::C && matches!(ty.get(), Ty::Int { .. });
                    let own = decl.annotations.iter().any(|used| is_not_request_data(program, used.name));
                    (annotated && !excepted && !counts && !own).then_some(EntrySource { param, kinds: entry.source })
                })
            })
            .collect();
        if !sources.is_empty() {
            entries.insert(id, sources);
        }
    }
    callers::add(program, rules, &mut entries);
    entries
}

fn matches_function(
    program: &Program,
    entry: &EntryModel,
    models: &Models,
    owner: Option<Symbol>,
    name: Symbol,
    annotations: &[AnnotationUse],
    language: Language,
) -> bool {
    if !entry.annotations.is_empty() {
        return annotations.iter().any(|used| entry.annotations.iter().any(|wanted| same_name(used.name, *wanted)));
    }
    if !entry.functions.contains(&name) {
        return false;
    }
    if entry.types.is_empty() {
        return language == Language::C || name.as_str() == "main";
    }
    owner.is_some_and(|owner| entry.types.iter().any(|ty| program.is_subtype(owner, *ty, models)))
}

/// Whether a parameter's annotation says that the framework fills it with something of its own: the user logged in, what
/// the session holds. An annotation of the program may stand for such a one.
fn is_not_request_data(program: &Program, name: Symbol) -> bool {
    let is_own = |name: Symbol| {
        matches!(
            name.simple_name(),
            "AuthenticationPrincipal"
                | "CurrentSecurityContext"
                | "SessionAttribute"
                | "RequestAttribute"
                | "Value"
                | "Autowired"
        )
    };
    is_own(name)
        || program.class(name).is_some_and(|id| {
            let class = &program.classes[id];
            let decl = program.units[class.unit].types.get(class.decl);
            decl.is_some_and(|decl| decl.annotations.iter().any(|used| is_own(used.name)))
        })
}

/// Annotation names are full where the file's imports tell, else as written; the simple name then has to do.
fn same_name(used: Symbol, wanted: Symbol) -> bool {
    used == wanted || !used.as_str().contains('.') && used.as_str() == wanted.simple_name()
}
