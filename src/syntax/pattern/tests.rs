//! Rules on snippets, in both languages.

use std::fmt::Write as _;

use super::*;
use crate::rules::{CheckKind, Confidence, LocalText, Severity};
use crate::syntax::{DEFAULT_PARSE_TIME, parser};

fn rule(id: &str, yaml: &str) -> Rule {
    let value: serde_json::Value = serde_yaml::from_str(yaml).unwrap();
    let kind = if yaml.is_empty() { RuleKind::Check(CheckKind::EmptyCatch) } else { RuleKind::Pattern(value.to_string()) };
    Rule {
        id: id.to_owned(),
        language: if id.starts_with("c/") { Language::C } else { Language::Java },
        is_web: id.starts_with("web/"),
        file: format!("{id}.yaml"),
        items: Vec::new(),
        cwe: vec![1],
        category: 1,
        severity: Severity::Low,
        confidence: Confidence::High,
        since: "0.1".to_owned(),
        title: LocalText::default(),
        message: LocalText::default(),
        remedy: LocalText::default(),
        kind,
    }
}

fn compile(rules: &[Rule]) -> Result<PatternRules, PatternError> {
    PatternRules::compile(rules.iter().enumerate().map(|(index, rule)| (RuleId::from(index), rule)))
}

/// The texts that the rule marks, and how many places it examined.
fn run(id: &str, yaml: &str, target: PatternTarget, text: &str) -> (Vec<String>, u32) {
    let rules = [rule(id, yaml)];
    let compiled = compile(&rules).unwrap_or_else(|error| panic!("{error}"));
    let grammar = if target == PatternTarget::C { Grammar::C } else { Grammar::Java };
    let tree = parser::parse(grammar, text, DEFAULT_PARSE_TIME).unwrap();
    let matches = compiled.run(target, text, tree).1;
    let texts = matches.hits.iter().map(|(_, span)| span.text(text).to_owned()).collect();
    (texts, matches.examined.first().map_or(0, |(_, count)| *count))
}

fn java(yaml: &str, text: &str) -> (Vec<String>, u32) {
    run("java/x", yaml, PatternTarget::Java, text)
}

fn c(yaml: &str, text: &str) -> (Vec<String>, u32) {
    run("c/x", yaml, PatternTarget::C, text)
}

#[test]
fn java_patterns_match_calls_with_metavariables() {
    let text = "class A { void f() { System.exit(1); System.out.println(\"exit\"); lock.notify(); } }";
    assert_eq!(java("rule: { pattern: System.exit($CODE) }", text).0, ["System.exit(1)"]);
    assert_eq!(java("rule: { pattern: $LOCK.notify() }", text).0, ["lock.notify()"]);
    assert_eq!(java("rule: { pattern: $F($$$) }\nconstraints: { F: { regex: '^exit$' } }", text).0, Vec::<String>::new());
    assert_eq!(
        java("rule: { kind: string_literal, inside: { pattern: System.out.println($$$), stopBy: end } }", text).0,
        ["\"exit\""]
    );
}

#[test]
fn c_patterns_get_the_context_that_they_need() {
    let text = "int f(char *p) { if (p == p) free(p); return 0; }\nint g(int a) { a = a; return a; }";
    assert_eq!(c("rule: { pattern: free($P) }", text).0, ["free(p)"]);
    assert_eq!(c("rule: { pattern: 'free($P);' }", text).0, ["free(p);"]);
    assert_eq!(c("rule: { pattern: $A == $A }", text).0, ["p == p"]);
    assert_eq!(c("rule: { pattern: $A = $A }", text).0, ["a = a"]);
    assert_eq!(c("rule: { kind: return_statement, has: { pattern: $A, regex: '^a$' } }", text).0, ["return a;"]);
    assert_eq!(c("rule: { pattern: 'if ($$$) free($P);' }", text).0, ["if (p == p) free(p);"]);
}

#[test]
fn what_is_examined_is_counted_by_its_own_rule_or_by_kind() {
    let text = "class A { void f() { try { g(); } catch (E e) { } try { g(); } catch (E e) { log(e); } } }";
    let empty = "rule: { kind: catch_clause, has: { field: body, regex: '^[{]\\s*[}]$' } }";
    assert_eq!(java(empty, text), (vec!["catch (E e) { }".to_owned()], 2));
    assert_eq!(java(&format!("{empty}\nexamined: {{ kind: try_statement }}"), text).1, 2);
    assert_eq!(java(&format!("{empty}\nexamined: {{ kind: block }}"), text).1, 5);
}

#[test]
fn the_place_of_a_metavariable_can_be_reported_instead() {
    let yaml = "rule: { kind: class_declaration, has: { field: name, pattern: $NAME } }\nat: NAME";
    assert_eq!(java(yaml, "class Outer { int a; }").0, ["Outer"]);
}

#[test]
fn rules_run_on_their_own_target_alone() {
    let rules = [rule("java/a", "rule: { pattern: f($A) }"), rule("web/a", "rule: { pattern: f($A) }"), rule("java/b", "")];
    let compiled = compile(&rules).unwrap();
    let text = "class A { void g() { f(1); } }";
    let tree = || parser::parse(Grammar::Java, text, DEFAULT_PARSE_TIME).unwrap();
    let ids = |target| compiled.run(target, text, tree()).1.hits.iter().map(|(rule, _)| rule.raw()).collect::<Vec<_>>();
    assert_eq!((ids(PatternTarget::Java), ids(PatternTarget::Web)), (vec![0], vec![1]));
}

#[test]
fn wrong_rules_are_told() {
    let cases = [
        "rule: { kind: catch_claus }",
        "rule: { kind: catch_clause, has: { stopby: end, kind: block } }",
        "rule: { patern: f($A) }",
        "rule: { pattern: 'f($A' }",
        "rule: { pattern: f($A) }\nconstraints: { B: { regex: x } }",
        "rule: { pattern: f($A) }\nat: B",
        "rule: { any: [] }",
        "rule: { matches: unknown, kind: block }",
        "rule: { pattern: f($A) }\nexamined: { kind: nothing }",
    ];
    let mut said = String::new();
    for case in cases {
        writeln!(said, "{}", compile(&[rule("java/x", case)]).err().map_or_else(String::new, |error| error.to_string())).unwrap();
    }
    insta::assert_snapshot!(said);
}

#[test]
fn very_deep_trees_are_walked_without_overflow_and_in_time() {
    let deep = format!("class A {{ int f() {{ return {}1{}; }} }}", "(".repeat(20_000), ")".repeat(20_000));
    let (hits, _) = java("rule: { kind: decimal_integer_literal, inside: { kind: method_declaration, stopBy: end } }", &deep);
    assert!(hits.is_empty());
}

#[test]
fn the_embedded_rules_compile() {
    let set = crate::rules::RuleSet::builtin().unwrap();
    PatternRules::compile(set.rules.iter_enumerated()).unwrap_or_else(|error| panic!("{error}"));
}
