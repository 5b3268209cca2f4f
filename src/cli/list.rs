//! `haechi rules` and `haechi models`: what haechi looks for and what it knows of libraries.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use strum::IntoEnumIterator;

use super::args::{LangArg, ModelsArgs, RulesArgs, ShowArgs};
use super::error::{Failure, Outcome};
use super::select::meant;
use super::{CLEAN, locale, output};
use crate::rules::{ApiModel, CheckKind, Language, Locale, Models, Rule, RuleKind, RuleSet, Slot, SourceKinds};

/// The rules built in and those of folders.
pub(super) fn load(dirs: &[PathBuf]) -> Outcome<RuleSet> {
    let dirs: Vec<&Path> = dirs.iter().map(PathBuf::as_path).collect();
    RuleSet::with_dirs(&dirs)
        .map_err(|error| Failure::new(error.to_string(), "docs/rules.md says what rules and models may hold"))
}

/// The language asked for, else the environment's.
pub(super) fn language(show: &ShowArgs) -> Locale {
    match show.lang {
        Some(LangArg::Ko) => Locale::Ko,
        Some(LangArg::En) => Locale::En,
        None => locale::from_environment(),
    }
}

/// `haechi rules`.
pub(super) fn rules(args: &RulesArgs) -> Outcome<u8> {
    let locale = language(&args.show);
    if args.checks {
        let mut names: Vec<&'static str> = CheckKind::iter().map(<&'static str>::from).collect();
        names.sort_unstable();
        output::print(&(names.join("\n") + "\n"))?;
        return Ok(CLEAN);
    }
    let rules = load(&args.rules)?;
    let text = match &args.what {
        None => list(&rules, rules.rules.indices().map(|id| &rules.rules[id]), locale),
        Some(what) => {
            let found = meant(&rules, what)?;
            match found.as_slice() {
                [one] => show(&rules, &rules.rules[*one], locale),
                _ => list(&rules, found.iter().map(|id| &rules.rules[*id]), locale),
            }
        }
    };
    output::print(&text)?;
    Ok(CLEAN)
}

/// One line a rule, grouped by language and category.
fn list<'a>(rules: &RuleSet, chosen: impl Iterator<Item = &'a Rule>, locale: Locale) -> String {
    let mut chosen: Vec<&Rule> = chosen.collect();
    chosen.sort_by_key(|rule| (rule.language, rule.category, rule.id.as_str()));
    let width = chosen.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut group = None;
    for rule in &chosen {
        if group != Some((rule.language, rule.category)) {
            group = Some((rule.language, rule.category));
            let category = rules.catalog.category(rule.category).map_or("", |category| category.name.get(locale));
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{} {}. {category}", language_name(rule.language), rule.category);
        }
        let items = if rule.items.is_empty() { "-".to_owned() } else { rule.items.join(",") };
        let cwe = rule.cwe.first().map_or_else(String::new, |cwe| format!("CWE-{cwe}"));
        let severity = severity_name(rule.severity);
        let _ = writeln!(text, "  {:width$}  {items:12} {cwe:9} {severity:8}  {}", rule.id, rule.title.get(locale));
    }
    let total = match locale {
        Locale::Ko => format!("\n규칙 {}개\n", chosen.len()),
        Locale::En => format!("\n{} rules\n", chosen.len()),
    };
    text + &total
}

/// All about one rule, in both languages: the one asked for first.
fn show(rules: &RuleSet, rule: &Rule, locale: Locale) -> String {
    let other = match locale {
        Locale::Ko => Locale::En,
        Locale::En => Locale::Ko,
    };
    let mut text = format!("{}\n", rule.id);
    for locale in [locale, other] {
        let (title, message, remedy) = match locale {
            Locale::Ko => ("제목", "내용", "조치"),
            Locale::En => ("title", "message", "remedy"),
        };
        let _ = writeln!(text, "  {title}: {}", rule.title.get(locale));
        let _ = writeln!(text, "  {message}: {}", rule.message.get(locale).trim());
        let _ = writeln!(text, "  {remedy}: {}", rule.remedy.get(locale).trim());
    }
    let (item_label, standard, labels) = match locale {
        Locale::Ko => ("항목", "구현단계 보안약점", ["심각도", "신뢰도", "종류", "추가된 버전"]),
        Locale::En => ("item", "national standard", ["severity", "confidence", "kind", "since"]),
    };
    for id in &rule.items {
        if let Some(item) = rules.catalog.item(id) {
            let _ = writeln!(text, "  {item_label}: {id} {}", item.name.get(locale));
            let _ = writeln!(text, "    {}", item.question);
            if let Some(k) = item.kisa49.as_deref().and_then(|k| rules.catalog.standard_item(k)) {
                let _ = writeln!(text, "  {standard}: {} {}", k.id, k.name.get(locale));
            }
        } else if let Some(item) = rules.catalog.standard_item(id) {
            let _ = writeln!(text, "  {standard}: {id} {}", item.name.get(locale));
        } else {
            let _ = writeln!(text, "  {item_label}: {id}");
        }
    }
    let cwe: Vec<String> = rule.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect();
    let _ = writeln!(text, "  CWE: {}", cwe.join(", "));
    let [severity, confidence, kind, since] = labels;
    let _ = writeln!(text, "  {severity}: {}", severity_name(rule.severity));
    let _ = writeln!(text, "  {confidence}: {}", format!("{:?}", rule.confidence).to_lowercase());
    let _ = writeln!(text, "  {kind}: {}", kind_name(&rule.kind));
    let _ = writeln!(text, "  {since}: {}", rule.since);
    text
}

fn kind_name(kind: &RuleKind) -> String {
    match kind {
        RuleKind::Taint(taint) => {
            let to: BTreeSet<&str> = taint.to.iter().map(|kind| kind.as_str()).collect();
            format!("taint ({} -> {})", sources(taint.from), to.into_iter().collect::<Vec<_>>().join(", "))
        }
        RuleKind::Call(_) => "call".to_owned(),
        RuleKind::Typestate(_) => "typestate".to_owned(),
        RuleKind::Pattern(_) => "pattern".to_owned(),
        RuleKind::Config(_) => "config".to_owned(),
        RuleKind::Check(check) => format!("check ({})", <&'static str>::from(*check)),
    }
}

fn severity_name(severity: crate::rules::Severity) -> String {
    format!("{severity:?}").to_lowercase()
}

fn language_name(language: Language) -> &'static str {
    match language {
        Language::Java => "Java",
        Language::C => "C",
    }
}

fn sources(kinds: SourceKinds) -> String {
    kinds.iter_names().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>().join(", ")
}

/// `haechi models`.
pub(super) fn models(args: &ModelsArgs) -> Outcome<u8> {
    let rules = load(&args.rules)?;
    let mut lines = BTreeSet::new();
    for (language, models) in [("c", &rules.c), ("java", &rules.java)] {
        lines.extend(all_calls(models).map(|model| format!("{language:4}  {}", line(model))));
    }
    let wanted = args.text.as_deref().unwrap_or_default().to_lowercase();
    let mut text = String::new();
    let mut count = 0usize;
    for line in lines.iter().filter(|line| line.to_lowercase().contains(&wanted)) {
        count += 1;
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "\n{count} of {} modelled calls", lines.len());
    output::print(&text)?;
    Ok(CLEAN)
}

fn all_calls(models: &Models) -> impl Iterator<Item = &ApiModel> {
    models.calls.values().flatten().chain(models.prefixes.iter().flat_map(|(_, entries)| entries))
}

fn slot(slot: Slot) -> String {
    match slot {
        Slot::This => "this".to_owned(),
        Slot::Arg(n) => format!("arg{n}"),
        Slot::Rest(n) => format!("arg{n}.."),
        Slot::Return => "return".to_owned(),
    }
}

/// `java.sql.Statement.execute  sink arg0 sql`.
fn line(model: &ApiModel) -> String {
    let mut text = model.owner.map_or_else(String::new, |owner| format!("{owner}."));
    let _ = write!(text, "{}", model.name);
    if let Some(arity) = model.arity {
        let _ = write!(text, "/{arity}");
    }
    let facts = |text: &mut String, label: &str, facts: Vec<String>| {
        if !facts.is_empty() {
            let _ = write!(text, "  {label} {}", facts.join(", "));
        }
    };
    facts(&mut text, "source", model.sources.iter().map(|(at, kinds)| format!("{} {}", slot(*at), sources(*kinds))).collect());
    facts(&mut text, "sink", model.sinks.iter().map(|(at, kind)| format!("{} {kind}", slot(*at))).collect());
    facts(&mut text, "clears", model.clears.iter().map(|kind| kind.as_str().to_owned()).collect());
    facts(&mut text, "acquires", model.acquires.iter().map(|(at, kind)| format!("{} {kind}", slot(*at))).collect());
    facts(&mut text, "releases", model.releases.iter().map(|(at, kind)| format!("{} {kind}", slot(*at))).collect());
    facts(&mut text, "op", model.op.iter().map(|op| op.as_str().to_owned()).collect());
    text
}
