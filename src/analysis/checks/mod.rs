//! Built-in checks that need no data flow: what the program's index and the shape of one function decide.
//!
//! Units are checked in parallel, each by itself; the results are joined in the units' order.
//! Must not know files' texts, nor abstract values.

mod arrays;
mod c;
mod classes;
mod containment;
mod facts;
mod fields;
mod files;
mod flow;
mod formats;
mod literals;
mod locking;
mod locksets;
mod loops;
mod mapper;
mod methods;
pub(super) mod names;
mod results;
mod secrets;
mod undefined;
mod unused;
mod uploads;
mod web;

use std::collections::BTreeMap;

use index_vec::IndexVec;
use rayon::prelude::*;

pub(super) use locksets::Threads;

use super::{Context, unmodelled};
use crate::base::{FastSet, FileId, FileSpan, RuleId, Span, Symbol};
use crate::findings::{Examined, Finding, FindingState};
use crate::ir::{self, FuncIdx, TypeDecl, Unit};
use crate::program::{FuncId, Program, UnitId};
use crate::rules::{CheckKind, Language, Models, RuleKind};
use facts::Facts;

/// What the checks of this folder decide; a rule with another check is decided elsewhere.
const DECIDED: &[CheckKind] = &[
    CheckKind::EqualsWithoutHashCode,
    CheckKind::EmptyCatch,
    CheckKind::ReferenceComparison,
    CheckKind::ReturnsInternalArray,
    CheckKind::StoresExternalArray,
    CheckKind::MutablePublicStatic,
    CheckKind::UnsynchronizedOverride,
    CheckKind::SingletonField,
    CheckKind::DoubleCheckedLocking,
    CheckKind::ThreadRunCall,
    CheckKind::ReturnInFinally,
    CheckKind::SerialVersionUid,
    CheckKind::SensitiveInnerClass,
    CheckKind::HeapInspection,
    CheckKind::DebugMain,
    CheckKind::UnusedField,
    CheckKind::MissingReturnAfterRedirect,
    CheckKind::ClassComparisonByName,
    CheckKind::HardCodedPassword,
    CheckKind::HardCodedAccount,
    CheckKind::HardCodedKey,
    CheckKind::HardCodedSalt,
    CheckKind::MissingSalt,
    CheckKind::UncontrolledRecursion,
    CheckKind::MissingNullParameterCheck,
    CheckKind::StateChangingGet,
    CheckKind::MissingAuthorization,
    CheckKind::MapperInjection,
    CheckKind::UncheckedReturnValue,
    CheckKind::UncheckedOutput,
    CheckKind::SizeOfPointer,
    CheckKind::ReturnOfStackAddress,
    CheckKind::MultipleBinds,
    CheckKind::ChrootWithoutChdir,
    CheckKind::LeastPrivilege,
    CheckKind::TimeOfCheckTimeOfUse,
    CheckKind::EndlessLoop,
    CheckKind::UnusedValue,
    CheckKind::UnusedVariable,
    CheckKind::UnrestrictedUpload,
    CheckKind::PartialPathComparison,
    CheckKind::LockOrder,
    CheckKind::SleepUnderLock,
    CheckKind::DataRace,
    CheckKind::MissingReturn,
    CheckKind::FormatArguments,
    CheckKind::RemovableWipe,
    CheckKind::LargeVariable,
];

/// What the checks leave.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) examined: BTreeMap<RuleId, Examined>,
    /// Calls that no model tells of; counted here, where each body is at hand.
    pub(super) unmodelled: Vec<(String, u64)>,
}

/// Runs every check that a rule asks for.
pub(super) fn run_checks(context: &Context<'_>) -> Found {
    let mut found = Found::default();
    for (id, rule) in context.rules.rules.iter_enumerated() {
        if matches!(&rule.kind, RuleKind::Check(check) if DECIDED.contains(check)) {
            found.examined.insert(id, Examined::default());
        }
    }
    let shared = web::Guards::of(context);
    let parts: Vec<(Found, unmodelled::Met)> = (0..context.program.units.len())
        .into_par_iter()
        .with_max_len(crate::program::UNITS_AT_ONCE)
        .map(|unit| {
            let unit = UnitId::from_usize(unit);
            let bodies = context.program.units[unit].functions.iter().map(ir::Function::body).collect();
            let mut checker = Checker::new(context, unit, &bodies);
            checker.run(&shared);
            (checker.found, unmodelled::of_unit(context.program, unit, &bodies))
        })
        .collect();
    let (parts, met): (Vec<Found>, Vec<unmodelled::Met>) = parts.into_iter().unzip();
    for part in parts.into_iter().chain([mapper::check_documents(context), locksets::check(context)]) {
        found.add(part);
    }
    found.unmodelled = unmodelled::most_met(met);
    found
}

impl Found {
    fn add(&mut self, part: Found) {
        self.findings.extend(part.findings);
        for (rule, counted) in part.examined {
            let entry = self.examined.entry(rule).or_default();
            entry.places += counted.places;
            entry.undecided += counted.undecided;
        }
    }
}

/// The bodies of a unit, unpacked once for all of its checks.
pub(super) type Bodies<'a> = IndexVec<FuncIdx, Option<ir::BodyRef<'a>>>;

/// The checks of one unit.
struct Checker<'a> {
    ctx: &'a Context<'a>,
    program: &'a Program,
    models: &'a Models,
    unit_id: UnitId,
    unit: &'a Unit,
    bodies: &'a Bodies<'a>,
    language: Language,
    found: Found,
    seen: FastSet<(RuleId, Span, String)>,
}

/// One function under check.
struct Subject<'a> {
    id: FuncId,
    function: &'a ir::Function,
    owner: Option<&'a TypeDecl>,
    facts: Facts<'a>,
}

impl<'a> Checker<'a> {
    fn new(ctx: &'a Context<'a>, unit_id: UnitId, bodies: &'a Bodies<'a>) -> Checker<'a> {
        let unit = &ctx.program.units[unit_id];
        let language = if unit.language == ir::Language::C { Language::C } else { Language::Java };
        let models = Program::models(unit, ctx.rules);
        Checker {
            ctx,
            program: ctx.program,
            models,
            unit_id,
            unit,
            bodies,
            language,
            found: Found::default(),
            seen: FastSet::default(),
        }
    }

    fn run(&mut self, guards: &web::Guards) {
        if self.unit.language == ir::Language::Java {
            self.check_classes();
            self.check_fields();
            mapper::check_annotations(self);
        }
        if self.language == Language::C {
            self.check_output();
        }
        let captured = unused::captured_names(self.bodies);
        for index in self.unit.functions.indices() {
            let Some(subject) = self.subject(index) else { continue };
            self.check_results(&subject);
            self.check_recursion(&subject);
            self.check_loops(&subject);
            self.check_unused(&subject, &captured);
            if self.language == Language::C {
                self.check_c(&subject);
                self.check_undefined(&subject);
                continue;
            }
            self.check_arrays(&subject);
            self.check_methods(&subject);
            self.check_flow(&subject);
            self.check_locking(&subject);
            self.check_literals(&subject);
            self.check_salt(&subject);
            self.check_files(&subject);
            self.check_containment(&subject);
            self.check_uploads(&subject);
            self.check_web(&subject, guards);
        }
    }

    fn subject(&self, index: FuncIdx) -> Option<Subject<'a>> {
        let function = self.unit.functions.get(index)?;
        let body = self.bodies.get(index)?.as_deref()?;
        let id = self.program.func_id(self.unit_id, index);
        let owner = function.owner.and_then(|owner| self.unit.types.get(owner));
        Some(Subject { id, function, owner, facts: Facts::new(body, &self.program.types[id]) })
    }

    /// Whether some rule wants the check.
    fn wants(&self, check: CheckKind) -> bool {
        self.ctx.check_rules.contains_key(&(check, self.language))
    }

    /// Counts a place that a check looked at.
    fn examine(&mut self, check: CheckKind) {
        for rule in self.ctx.check_rules.get(&(check, self.language)).into_iter().flatten() {
            self.found.examined.entry(*rule).or_default().places += 1;
        }
    }

    /// Reports once a rule, place and arguments.
    fn report(&mut self, check: CheckKind, span: Span, function: Option<FuncId>, args: Vec<(&'static str, String)>) {
        let around = function.map(|function| Symbol::new(&self.program.qualified_name(function)));
        for rule in self.ctx.check_rules.get(&(check, self.language)).into_iter().flatten() {
            let key = args.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("\0");
            if self.seen.insert((*rule, span, key)) {
                let at = place(self.unit.file, span);
                self.found.findings.push(finding(self.ctx, *rule, at, around, args.clone()));
            }
        }
    }

    /// The common case: one argument, the name of what is reported.
    fn report_named(&mut self, check: CheckKind, span: Span, function: Option<FuncId>, name: &str) {
        self.report(check, span, function, vec![("name", name.to_owned())]);
    }

    /// Whether a class is, extends or implements one of these.
    fn is_any(&self, class: Symbol, of: &[&str]) -> bool {
        self.program.walk_supers(class, self.models, |current| of.contains(&current.as_str()))
    }
}

fn place(file: FileId, span: Span) -> FileSpan {
    FileSpan { file, span }
}

fn finding(
    ctx: &Context<'_>,
    rule: RuleId,
    at: FileSpan,
    function: Option<Symbol>,
    args: Vec<(&'static str, String)>,
) -> Finding {
    let info = &ctx.rules.rules[rule];
    Finding {
        rule,
        at,
        function,
        severity: info.severity,
        confidence: info.confidence,
        args,
        trace: Vec::new(),
        fingerprint: String::new(),
        state: FindingState::Open,
    }
}
