//! The embedded set is whole, and every way to get a rule or model wrong is told with its place.

use std::fs;
use std::path::Path;

use super::*;
use crate::base::Symbol;

/// The set with one or more users' files, written to a folder of their own.
fn with_files(files: &[(&str, &str)]) -> Result<RuleSet, RulesError> {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    RuleSet::with_dir(dir.path())
}

const RULE: &str = "id: java/own
items: [J1-01]
cwe: [89]
severity: high
confidence: high
since: \"0.1\"
title: { ko: \"제목\", en: \"title\" }
message: { ko: \"{name}\", en: \"{name}\" }
remedy: { ko: \"조치\", en: \"remedy\" }
";

fn rule_with(kind: &str) -> Result<RuleSet, RulesError> {
    with_files(&[("java/input-validation/own.yaml", &format!("{RULE}{kind}\n"))])
}

fn error_of(result: Result<RuleSet, RulesError>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn the_repositorys_rules_load_with_every_name_checked() {
    // Through the YAML, so that an error names its line.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let set = RuleSet::from_dir_alone(&root).unwrap_or_else(|error| panic!("rules/{error}"));
    let embedded = RuleSet::builtin().unwrap();
    assert_eq!(format!("{:?}", set.rules), format!("{:?}", embedded.rules));
    assert_eq!(set.catalog.items.len(), 83 + 58);
    assert_eq!(set.catalog.standard.len(), 49);
    assert_eq!(set.catalog.categories.len(), 7);
}

#[test]
fn a_users_rule_joins_the_set() {
    let set = rule_with("call:\n  - { type: a.B, method: [c, d*] }").unwrap();
    let (id, rule) = set.find("java/own").unwrap();
    assert_eq!(set.rules[id].id, "java/own");
    let RuleKind::Call(matchers) = &rule.kind else { panic!("a call rule") };
    let CallTarget::Method { types, names } = &matchers[0].target else { panic!("a method") };
    assert_eq!((types[..].to_vec(), names[..].to_vec()), (vec![Symbol::new("a.B")], vec![Symbol::new("c"), Symbol::new("d*")]));
    assert_eq!(set.java.simple_names.get(&Symbol::new("B")), Some(&vec![Symbol::new("a.B")]));
}

#[test]
fn wrong_keys_and_names_are_told_with_line_and_nearest_name() {
    assert_eq!(
        error_of(rule_with("chek: null-dereference")),
        "java/input-validation/own.yaml:10: unknown key `chek`, did you mean `check`?"
    );
    assert_eq!(
        error_of(rule_with("check: null-derefrence")),
        "java/input-validation/own.yaml:10: `check`: unknown check `null-derefrence`, did you mean `null-dereference`?"
    );
}

#[test]
fn an_unknown_operation_is_told_with_its_line() {
    let text = "language: java\ncalls:\n  - { type: a.B, method: c, op: string.substrng }\n";
    let error = error_of(with_files(&[("models/java/own.yaml", text)]));
    assert!(error.ends_with("unknown operation `string.substrng`, did you mean `string.substring`?"), "{error}");
    assert!(error.starts_with("models/java/own.yaml:3:"), "{error}");
}
