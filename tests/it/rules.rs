//! The repository's rules: each has its fixtures, and those that need no engine hold on theirs to the line.

use std::collections::BTreeMap;
use std::path::Path;

use haechi::analysis::config::ConfigRules;
use haechi::base::{FileId, Span};
use haechi::harness::{self, Reported};
use haechi::rules::{RuleKind, RuleSet};
use haechi::source::FileKind;
use haechi::syntax::document;
use haechi::syntax::pattern::{PatternRules, PatternTarget};
use haechi::syntax::{DEFAULT_PARSE_TIME, Grammar, jsp, parser};

use crate::tree;

/// Rules that have not two BAD and two GOOD marks yet. This list only shrinks.
const WITHOUT_FIXTURES: &[&str] = &[];

fn rule_set() -> RuleSet {
    RuleSet::builtin().unwrap_or_else(|error| panic!("rules/{error}"))
}

/// What the syntactic and config rules report in the files below a folder, as the pipeline would run them.
fn scan(folder: &Path, patterns: &PatternRules, configs: &ConfigRules<'_>, set: &RuleSet) -> Vec<Reported> {
    let mut reported = Vec::new();
    for path in tree::files_below(folder, "") {
        let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
        let text = tree::text(&path);
        let mut report = |rule: haechi::base::RuleId, span: Span| {
            let line = text[..span.lo as usize].matches('\n').count() + 1;
            let rule = set.rules[rule].id.clone();
            reported.push(Reported { path: name.clone(), line: u32::try_from(line).unwrap(), rule });
        };
        let mut syntactic = |grammar: Grammar, target: PatternTarget, made: &str, back: &dyn Fn(Span) -> Span| {
            let tree = parser::parse(grammar, made, DEFAULT_PARSE_TIME).unwrap();
            let matches = patterns.run(target, made, tree).1;
            matches.hits.into_iter().for_each(|(rule, span)| report(rule, back(span)));
        };
        let kind = match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
            "java" => {
                syntactic(Grammar::Java, PatternTarget::Java, &text, &|span| span);
                continue;
            }
            "c" | "h" => {
                syntactic(Grammar::C, PatternTarget::C, &text, &|span| span);
                continue;
            }
            "jsp" | "tag" => {
                let page = jsp::translate(&text, &name).java;
                syntactic(Grammar::Java, PatternTarget::Web, &page.text, &|span| page.map.to_original(span));
                continue;
            }
            "xml" => FileKind::Xml,
            "properties" => FileKind::Properties,
            "yml" | "yaml" => FileKind::Yaml,
            _ => continue,
        };
        let (document, problems) = document::parse(FileId::from(0), kind, &text);
        assert!(problems.is_empty(), "{}: {problems:?}", tree::name(&path));
        configs.run(&name, &document).hits.into_iter().for_each(|hit| report(hit.rule, hit.at.span));
    }
    reported
}

#[test]
fn syntactic_and_config_rules_report_their_fixtures_to_the_line() {
    let set = rule_set();
    let patterns = PatternRules::compile(set.rules.iter_enumerated()).unwrap_or_else(|error| panic!("rules/{error}"));
    let configs = ConfigRules::compile(set.rules.iter_enumerated()).unwrap();
    let needs_no_engine =
        |id: &str| set.find(id).is_some_and(|(_, rule)| matches!(rule.kind, RuleKind::Pattern(_) | RuleKind::Config(_)));
    let mut wrong = Vec::new();
    let mut judged = 0;
    for (id, folder) in harness::fixture_folders(&tree::root().join("fixtures")).unwrap() {
        let mut marks = harness::collect_marks(&folder).unwrap();
        marks.retain(|mark| needs_no_engine(&mark.rule));
        judged += marks.len();
        let reported = scan(&folder, &patterns, &configs, &set);
        let own = [id.as_str()];
        wrong.extend(harness::compare(&marks, &reported, &own, |_| true).iter().map(|mismatch| format!("{id}/{mismatch}")));
    }
    assert!(wrong.is_empty(), "{} of {judged}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged > 0);
}

#[test]
fn every_mark_names_a_rule() {
    let set = rule_set();
    let folders = harness::fixture_folders(&tree::root().join("fixtures")).unwrap();
    let marks: Vec<_> = folders.iter().flat_map(|(_, folder)| harness::collect_marks(folder).unwrap()).collect();
    let unknown: Vec<_> = marks.iter().filter(|mark| set.find(&mark.rule).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_rule_has_two_bad_and_two_good_fixtures_in_its_own_folder() {
    let set = rule_set();
    let mut wrong = Vec::new();
    for rule in &set.rules {
        let folder = tree::root().join("fixtures").join(&rule.id);
        let marks = if folder.is_dir() { harness::collect_marks(&folder).unwrap() } else { Vec::new() };
        let count = harness::count_marks(&marks).get(&rule.id).copied().unwrap_or_default();
        if (count.bad < 2 || count.good < 2) && !WITHOUT_FIXTURES.contains(&rule.id.as_str()) {
            wrong.push(format!("{}: {} BAD, {} GOOD", rule.id, count.bad, count.good));
        }
    }
    assert!(wrong.is_empty(), "too few marks:\n{}", wrong.join("\n"));
}

#[test]
fn every_text_is_in_its_language() {
    let set = rule_set();
    let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
    let mut wrong = Vec::new();
    for rule in &set.rules {
        for (key, text) in [("title", &rule.title), ("message", &rule.message), ("remedy", &rule.remedy)] {
            if !hangul(&text.ko) || hangul(&text.en) {
                wrong.push(format!("{}: {key}", rule.id));
            }
        }
        let polite = |text: &str| text.contains("니다") || text.contains("시오");
        if !polite(&rule.remedy.ko) {
            wrong.push(format!("{}: remedy is not in 합니다체", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Items that no rule serves: each is told as "no rule yet" in the checklist. This list only shrinks.
const UNCOVERED: &[&str] = &["TOM-204", "TOM-403"];

#[test]
fn every_item_has_a_rule_or_is_listed_as_uncovered() {
    let set = rule_set();
    let mut rules_of: BTreeMap<&str, usize> = BTreeMap::new();
    for id in set.rules.iter().flat_map(|rule| &rule.items) {
        *rules_of.entry(id).or_default() += 1;
    }
    let host_only = |id: &str| set.catalog.server_check(id).is_some_and(|check| !check.in_files);
    // An item of the national standard is served through the guideline's items that name it.
    let through = |id: &str| {
        let mut items = set.catalog.items.iter().filter(|item| item.kisa49.as_deref() == Some(id));
        items.any(|item| rules_of.contains_key(item.id.as_str()))
    };
    let served = |id: &str| rules_of.contains_key(id) || through(id) || host_only(id);
    let uncovered: Vec<&str> = set.catalog.item_ids().filter(|id| !served(id)).collect();
    assert_eq!(uncovered, UNCOVERED);
}
