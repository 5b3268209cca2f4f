//! Whole small programs through the engine: which rule reports which line.

mod c;
mod java;

use std::time::Duration;

use crate::base::FileId;
use crate::ir::Unit;
use crate::lower::{self, LowerInput};
use crate::program::Program;
use crate::rules::RuleSet;
use crate::syntax;

/// `rule:line` of every finding of the named rules, sorted; a trailing `*` matches any rest.
fn findings(units: Vec<(Unit, &str)>, wanted: &[&str]) -> Vec<String> {
    let rules = RuleSet::builtin().expect("the embedded rules load");
    let texts: Vec<&str> = units.iter().map(|(_, text)| *text).collect();
    let units = units.into_iter().map(|(unit, _)| unit).collect();
    let program = Program::build(units, Vec::new(), &rules);
    let outcome = super::run(&program, &rules, &super::Options::default());
    let mut found: Vec<String> = outcome
        .findings
        .iter()
        .filter_map(|finding| {
            let id = &rules.rules[finding.rule].id;
            let fits = wanted.iter().any(|wanted| match wanted.strip_suffix('*') {
                Some(prefix) => id.starts_with(prefix),
                None => id == wanted,
            });
            let text = texts.get(finding.at.file.index())?;
            let line = text.get(..finding.at.span.lo as usize)?.lines().count().max(1);
            let at_start = text.get(..finding.at.span.lo as usize)?.ends_with('\n');
            fits.then(|| format!("{id}:{}", if at_start { line + 1 } else { line }))
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn c_unit(file: u32, text: &str) -> Unit {
    let preprocessor = syntax::c::Preprocessor::new(&syntax::c::CppOptions::default());
    let made = preprocessor.preprocess("test.c", text);
    let tree = syntax::parser::parse(syntax::Grammar::C, &made.mapped.text, Duration::from_secs(5)).expect("parses");
    let input = LowerInput { file: FileId::from_raw(file), text: &made.mapped.text, map: Some(&made.mapped.map) };
    lower::c::lower(&input, &tree)
}

fn c(text: &str, wanted: &[&str]) -> Vec<String> {
    findings(vec![(c_unit(0, text), text)], wanted)
}

fn java_unit(file: u32, text: &str) -> Unit {
    let tree = syntax::parser::parse(syntax::Grammar::Java, text, Duration::from_secs(5)).expect("parses");
    lower::java::lower(&LowerInput { file: FileId::from_raw(file), text, map: None }, &tree)
}

fn java(texts: &[&str], wanted: &[&str]) -> Vec<String> {
    let units = texts.iter().zip(0..).map(|(text, file)| (java_unit(file, text), *text)).collect();
    findings(units, wanted)
}

#[test]
fn a_summary_ends_with_its_last_caller_unless_the_address_is_taken() {
    let rules = RuleSet::builtin().expect("the embedded rules load");
    let text = "int (*held)(int);\nint leaf(int n) { return n; }\nint taken(int n) { return n; }\n\
                int middle(int n) { return leaf(n) + taken(n); }\nint top(int n) { held = taken; return middle(n) + leaf(n); }\n";
    let program = Program::build(vec![c_unit(0, text)], Vec::new(), &rules);
    let mut lifetimes = super::lifetimes::Lifetimes::of(&program);
    let ended: Vec<Vec<String>> = (0..program.components.levels.len())
        .map(|level| lifetimes.ending_with(level).into_iter().map(|func| program.qualified_name(func)).collect())
        .collect();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(ended, [names(&[]), names(&[]), names(&["leaf", "middle"])]);
}
