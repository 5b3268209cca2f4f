//! The engine: abstract values and states over the IR, summaries, and the rules that are decided on them.
//!
//! Functions are analysed once each, callees before callers, in parallel over the levels of the call graph; each leaves
//! a summary in terms of its inputs. docs/engine.md explains the domain with worked examples.
//! Must not know files' texts, output formats or settings.

mod asserted;
mod build;
mod call;
mod checks;
mod commands;
mod compare;
mod conditions;
pub mod config;
mod declared;
mod defect;
mod demand;
mod encoders;
mod expr;
mod frame;
mod gather;
mod given;
mod holds;
mod hosts;
mod import;
mod inputs;
mod instantiate;
mod integers;
mod interp;
mod kinds;
mod lifetimes;
mod liveness;
mod locks;
mod mapper;
mod marks;
mod matcher;
mod mem;
mod memory;
mod merge;
mod model;
mod nullness;
mod numeric;
mod opened;
mod ops;
mod order;
mod ownership;
mod properties;
mod recall;
mod recency;
mod refine;
mod relations;
mod scan;
mod sinks;
mod state;
mod stmt;
mod stops;
mod store;
mod summary;
#[cfg(test)]
mod tests;
mod texts;
mod throwing;
mod trace;
mod typestate;
mod unchosen;
mod unmodelled;
mod value;
mod varargs;
mod views;
mod waiting;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use index_vec::IndexVec;
use rayon::prelude::*;

use crate::base::{FastMap, Problem, ProblemKind, RuleId, Symbol, panic_message};
use crate::findings::{Examined, Finding};
use crate::ir::{Body, LocalId, Unit};
use crate::program::{FuncId, Program};
use crate::rules::{CallTarget, CheckKind, Language, RuleKind, RuleSet, SourceKinds, TypestateKind};
use frame::Frame;
use summary::Summary;
use value::Cleared;

/// What the caller may choose.
#[derive(Debug, Default, Clone)]
pub struct Options {}

/// What the engine found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Findings, in no particular order; `findings::finish` orders them.
    pub findings: Vec<Finding>,
    /// What each rule examined.
    pub examined: BTreeMap<RuleId, Examined>,
    /// Bounds that were hit.
    pub problems: Vec<Problem>,
    /// Counts.
    pub stats: EngineStats,
}

/// Counts of a run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EngineStats {
    /// Functions analysed.
    pub functions: u64,
    /// Statements executed on abstract states.
    pub steps: u64,
    /// Functions in which a bound was hit.
    pub bound_hits: u64,
    /// Calls without a body and without a model: name and number, most often met first.
    pub unmodelled: Vec<(String, u64)>,
}

/// Names the engine asks for.
struct Names {
    init: Symbol,
    wrapped: Symbol,
    /// The cell that tells what a reallocation took the place of.
    replaced: Symbol,
    /// The cell that leads from a member to what it is a member of.
    whole: Symbol,
    /// Any kind of resource.
    any: Symbol,
    resource: Symbol,
    empty: Symbol,
    starts_with: Symbol,
    contains_key: Symbol,
    /// The cell that holds what is known of a map's keys.
    keys: Symbol,
}

/// Components of a level that a thread takes at once, see [`crate::program::UNITS_AT_ONCE`].
const COMPONENTS_AT_ONCE: usize = 16;

/// `call` rules by the called name.
#[derive(Default)]
struct CallRules {
    exact: FastMap<Symbol, Vec<(RuleId, usize)>>,
    /// By how names begin, until all are added.
    prefixes: Vec<(&'static str, RuleId, usize)>,
}

impl CallRules {
    fn candidates(&self, name: Symbol) -> Option<&[(RuleId, usize)]> {
        self.exact.get(&name).map(Vec::as_slice)
    }
}

/// What every function's analysis shares, read-only.
struct Context<'p> {
    program: &'p Program,
    rules: &'p RuleSet,
    names: Names,
    /// Taint rules by sink kind.
    sink_rules: FastMap<(Symbol, Language), Vec<RuleId>>,
    /// What clears a taint rule.
    cleared_by: FastMap<RuleId, Cleared>,
    /// Rules of built-in checks.
    check_rules: FastMap<(CheckKind, Language), Vec<RuleId>>,
    java_calls: CallRules,
    c_calls: CallRules,
    annotation_rules: Vec<(RuleId, usize)>,
    typestate: FastMap<(TypestateKind, Symbol, Language), Vec<RuleId>>,
    /// What kinds of input the rules on a sink kind count, together.
    sink_kinds: FastMap<(Symbol, Language), SourceKinds>,
    demand: demand::Demand,
    /// Of Java's functions, and of C's that some code calls or takes the address of: nobody asks for the others'.
    summaries: IndexVec<FuncId, Option<OnceLock<Box<Summary>>>>,
    /// What the project escapes before any handler sees it.
    encoder: encoders::Encoder,
    /// What the program says of threads, once asked for.
    threads: OnceLock<checks::Threads>,
    /// What controllers leave for pages; empty until all code but the pages' is analysed.
    views: views::Views,
}

impl<'p> Context<'p> {
    fn new(program: &'p Program, rules: &'p RuleSet) -> Context<'p> {
        let mut context = Context {
            program,
            rules,
            names: Names {
                init: Symbol::new("<init>"),
                wrapped: Symbol::new("<wrapped>"),
                replaced: Symbol::new("<replaced>"),
                whole: Symbol::new("<whole>"),
                any: Symbol::new("*"),
                resource: Symbol::new("<resource>"),
                empty: Symbol::new(""),
                starts_with: Symbol::new("startsWith"),
                contains_key: Symbol::new("containsKey"),
                keys: Symbol::new("<keys>"),
            },
            sink_rules: FastMap::default(),
            cleared_by: FastMap::default(),
            check_rules: FastMap::default(),
            java_calls: CallRules::default(),
            c_calls: CallRules::default(),
            annotation_rules: Vec::new(),
            typestate: FastMap::default(),
            sink_kinds: FastMap::default(),
            demand: demand::Demand::of(program, rules),
            summaries: called(program).into_iter().map(|called| called.then(OnceLock::new)).collect(),
            encoder: encoders::Encoder::of(program),
            threads: OnceLock::new(),
            views: views::Views::default(),
        };
        for (id, rule) in rules.rules.iter_enumerated() {
            match &rule.kind {
                RuleKind::Taint(taint) => {
                    for sink in &taint.to {
                        context.sink_rules.entry((*sink, rule.language)).or_default().push(id);
                        *context.sink_kinds.entry((*sink, rule.language)).or_default() |= taint.from;
                    }
                    context.cleared_by.insert(id, kinds::bits(&taint.cleared_by));
                }
                RuleKind::Call(matchers) => {
                    for (at, matcher) in matchers.iter().enumerate() {
                        match &matcher.target {
                            CallTarget::Method { names, .. } => {
                                for name in names {
                                    context.java_calls.add(*name, id, at);
                                }
                            }
                            CallTarget::Function(names) => {
                                for name in names {
                                    context.c_calls.add(*name, id, at);
                                }
                            }
                            CallTarget::Annotation(_) => context.annotation_rules.push((id, at)),
                        }
                    }
                }
                RuleKind::Typestate(typestate) => {
                    for resource in &typestate.resources {
                        context.typestate.entry((typestate.kind, *resource, rule.language)).or_default().push(id);
                    }
                }
                RuleKind::Check(CheckKind::MapperInjection) => {
                    let sink = (Symbol::new(mapper::PASTE), rule.language);
                    context.sink_rules.entry(sink).or_default().push(id);
                    *context.sink_kinds.entry(sink).or_default() |= mapper::PASTED_KINDS;
                    context.cleared_by.insert(id, kinds::bit("sql") | kinds::bit("number"));
                    context.check_rules.entry((CheckKind::MapperInjection, rule.language)).or_default().push(id);
                }
                RuleKind::Check(check) => context.check_rules.entry((*check, rule.language)).or_default().push(id),
                RuleKind::Pattern(_) | RuleKind::Config(_) => {}
            }
        }
        rayon::join(|| context.java_calls.find_prefixed(), || context.c_calls.find_prefixed());
        context
    }

    /// A callee's summary, if it stands while the caller is analysed, whatever the other threads do.
    fn summary(&self, func: FuncId, caller: FuncId) -> Option<&Summary> {
        let place = self.summaries.get(func).filter(|_| self.program.components.is_settled_for(func, caller));
        place?.as_ref()?.get().map(Box::as_ref)
    }

    /// What the program says of its threads.
    fn threads(&self) -> &checks::Threads {
        self.threads.get_or_init(|| checks::Threads::of(self))
    }

    fn typestate_rules(&self, kind: TypestateKind, resource: Symbol, language: Language) -> Vec<RuleId> {
        self.typestate.get(&(kind, resource, language)).cloned().unwrap_or_default()
    }

    /// A class name as a unit means it, where it is not full yet.
    fn resolve(&self, unit: &Unit, name: Symbol) -> Option<Symbol> {
        self.program.resolve_name(unit, name, &self.rules.java)
    }

    /// Whether some statement reads a local.
    fn used_locals(&self, body: &Body, local: LocalId) -> bool {
        liveness::is_read(body, local)
    }
}

/// Which functions some code calls or takes the address of; of Java all, for objects in view decide calls too.
fn called(program: &Program) -> IndexVec<FuncId, bool> {
    let is_java = |func: FuncId| program.function(func).0.language != crate::ir::Language::C;
    let mut called: IndexVec<FuncId, bool> = program.functions.indices().map(is_java).collect();
    for types in &program.types {
        let callees = types.calls.iter().flat_map(|target| &target.callees);
        for func in callees.chain(&types.made) {
            if let Some(called) = called.get_mut(*func) {
                *called = true;
            }
        }
    }
    called
}

impl CallRules {
    fn add(&mut self, name: Symbol, rule: RuleId, at: usize) {
        match name.as_str().strip_suffix('*') {
            None => self.exact.entry(name).or_default().push((rule, at)),
            Some(prefix) => self.prefixes.push((prefix, rule, at)),
        }
    }

    /// Finds the names that begin as rules say, of all that were ever met; which of them are called shows when a call is.
    fn find_prefixed(&mut self) {
        let prefixes = std::mem::take(&mut self.prefixes);
        if prefixes.is_empty() {
            return;
        }
        let names: Vec<Symbol> = Symbol::all().collect();
        let begun_so = |name: &Symbol| {
            let (name, text) = (*name, name.as_str());
            let fits = prefixes.iter().filter(move |(prefix, ..)| text.starts_with(prefix));
            fits.map(move |(_, rule, at)| (name, (*rule, *at)))
        };
        let found: Vec<(Symbol, (RuleId, usize))> = names.par_iter().flat_map_iter(begun_so).collect();
        for (name, wanted) in found {
            let entry = self.exact.entry(name).or_default();
            if !entry.contains(&wanted) {
                entry.push(wanted);
            }
        }
    }
}

/// What one function's analysis leaves beside its summary.
struct Leaf {
    findings: Vec<Finding>,
    examined: Vec<(RuleId, Examined)>,
    bound_hits: u32,
    steps: u32,
    func: FuncId,
    views: Vec<views::ViewFact>,
    pastes: Vec<mapper::PasteFact>,
    /// What went wrong with the analysis of this function itself: it counts as one without a body then.
    failed: Option<String>,
}

impl Leaf {
    fn failed(func: FuncId, reason: String) -> Leaf {
        Leaf {
            findings: Vec::new(),
            examined: Vec::new(),
            bound_hits: 0,
            steps: 0,
            func,
            views: Vec::new(),
            pastes: Vec::new(),
            failed: Some(reason),
        }
    }
}

/// Analyses the program with all rules of the set.
#[must_use]
pub fn run(program: &Program, rules: &RuleSet, _options: &Options) -> Outcome {
    let mut context = Context::new(program, rules);
    let mut outcome = Outcome::default();
    let checked = checks::run_checks(&context);
    outcome.findings.extend(checked.findings);
    outcome.examined.extend(checked.examined);
    outcome.stats.unmodelled = checked.unmodelled;
    let is_page =
        |component: &Vec<FuncId>| component.iter().any(|func| program.function(*func).0.language == crate::ir::Language::Jsp);
    let mut facts: Vec<views::ViewFact> = Vec::new();
    let mut pastes: Vec<mapper::PasteFact> = Vec::new();
    // Pages call other code, never the other way, and know what controllers put into their models: they come last.
    let mut lifetimes = lifetimes::Lifetimes::of(program);
    for (pages, (at, level)) in
        [false, true].iter().flat_map(|pages| program.components.levels.iter().enumerate().map(move |level| (*pages, level)))
    {
        if pages && !facts.is_empty() {
            context.views = views::Views::link(program, std::mem::take(&mut facts));
        }
        let leaves: Vec<Leaf> = level
            .par_iter()
            .with_max_len(COMPONENTS_AT_ONCE)
            .filter(|component| is_page(component) == pages)
            .flat_map_iter(|component| analyse_component(&context, component))
            .collect();
        for mut leaf in leaves {
            facts.append(&mut leaf.views);
            pastes.append(&mut leaf.pastes);
            if let Some(reason) = leaf.failed.take() {
                let (unit, function) = program.function(leaf.func);
                outcome.problems.push(Problem {
                    file: Some(unit.file),
                    span: Some(function.name_span),
                    kind: ProblemKind::FunctionFailed,
                    detail: format!("{}: {reason}", program.qualified_name(leaf.func)),
                });
                continue;
            }
            outcome.stats.functions += 1;
            outcome.stats.steps += u64::from(leaf.steps);
            if leaf.bound_hits > 0 {
                outcome.stats.bound_hits += 1;
                let (unit, function) = program.function(leaf.func);
                outcome.problems.push(Problem {
                    file: Some(unit.file),
                    span: Some(function.name_span),
                    kind: ProblemKind::BoundHit,
                    detail: program.qualified_name(leaf.func),
                });
            }
            outcome.findings.extend(leaf.findings);
            for (rule, count) in leaf.examined {
                let entry = outcome.examined.entry(rule).or_default();
                entry.places += count.places;
                entry.undecided += count.undecided;
            }
        }
        let over = lifetimes.ending_with(at);
        let over: Vec<_> = over.into_iter().filter_map(|func| context.summaries.get_mut(func)?.take()).collect();
        over.into_par_iter().for_each(drop);
    }
    mapper::settle(&context, &pastes, &mut outcome.findings);
    // As many as functions, each of many small parts: one thread would take long to drop them.
    std::mem::take(&mut context.summaries).raw.into_par_iter().for_each(drop);
    outcome
}

/// Runs the work on one function: a defect of haechi that shows on one must not cost the findings of all others.
fn isolated<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // What the work leaves behind when it is cut off is its own frame, and the arenas of the thread, which it took with it.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_message(panic.as_ref()))
}

/// Functions that call each other: each is analysed twice, in order, the second time with the others' first summaries.
fn analyse_component(context: &Context<'_>, component: &[FuncId]) -> Vec<Leaf> {
    let mut leaves = Vec::with_capacity(component.len());
    for &func in component {
        match isolated(|| analyse(context, func)) {
            Ok(Some((leaf, summary))) => {
                leaves.push(leaf);
                if let Some(Some(place)) = context.summaries.get(func) {
                    let _ = place.set(Box::new(summary));
                }
            }
            Ok(None) => {}
            Err(reason) => leaves.push(Leaf::failed(func, reason)),
        }
    }
    leaves
}

fn analyse(context: &Context<'_>, func: FuncId) -> Option<(Leaf, Summary)> {
    let body = context.program.body(func)?;
    let mut frame = Frame::new(context, func, &body);
    frame.match_annotations();
    let exits = frame.run();
    frame.drop_doubtful_nulls();
    frame.drop_chosen();
    frame.check_leaks(&exits);
    frame.report_conditions(exits.exhausted);
    frame.report_raw_reads(exits.exhausted);
    let views = if frame.is_entry { frame.view_facts(&exits) } else { Vec::new() };
    let summary = frame.summarise(exits);
    let steps = frame.steps;
    let out = frame.finish();
    let mut examined: Vec<(RuleId, Examined)> = out.examined.into_iter().collect();
    examined.sort_by_key(|(rule, _)| *rule);
    let leaf = Leaf {
        findings: out.findings,
        examined,
        bound_hits: out.bound_hits,
        steps,
        func,
        views,
        pastes: out.pastes,
        failed: None,
    };
    Some((leaf, summary))
}

#[cfg(test)]
mod isolation {
    use super::isolated;

    #[test]
    fn a_panic_stays_with_its_function() {
        assert_eq!(isolated(|| 7), Ok(7));
        assert_eq!(isolated(|| -> u32 { panic!("at {}", 3) }), Err("at 3".to_owned()));
    }
}
