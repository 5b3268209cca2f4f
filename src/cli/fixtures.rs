//! `haechi test DIR`: scans each fixture folder as a project of its own and compares what was found with its marks.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::args::TestArgs;
use super::error::{Failure, Outcome};
use super::{CLEAN, FINDINGS, list, output};
use crate::harness::{Expected, Mismatch, Reported, collect_marks, compare, fixture_folders};
use crate::pipeline::{ScanOptions, Silent, Wanted, scan};
use crate::rules::{Locale, RuleSet};
use crate::source::WalkOptions;

/// Runs it.
pub(super) fn run(args: &TestArgs) -> Outcome<u8> {
    let locale = list::language(&args.show);
    let unreadable = |error: std::io::Error| {
        let cure = "name a folder of fixtures: LANGUAGE/NAME/… or any folder of marked files";
        Failure::new(format!("cannot read {}: {error}", args.dir.display()), cure)
    };
    if !args.dir.is_dir() {
        return Err(unreadable(std::io::ErrorKind::NotADirectory.into()));
    }
    let rules = list::load(&args.rules)?;
    let mut folders = fixture_folders(&args.dir).map_err(unreadable)?;
    if folders.is_empty() {
        folders.push((String::new(), args.dir.clone()));
    }
    let (mut marks, mut text, mut failed) = (0, String::new(), 0);
    for (name, folder) in &folders {
        let outcome = check(&rules, name, folder)?;
        marks += outcome.0;
        failed += outcome.1.len();
        for mismatch in outcome.1 {
            let _ = writeln!(text, "{}{mismatch}", if name.is_empty() { String::new() } else { format!("{name}: ") });
        }
    }
    let _ = match locale {
        Locale::Ko => writeln!(text, "폴더 {}개, 표시 {marks}개, 어긋남 {failed}개", folders.len()),
        Locale::En => writeln!(text, "{} folders, {marks} marks, {failed} mismatches", folders.len()),
    };
    output::print(&text)?;
    Ok(if failed == 0 { CLEAN } else { FINDINGS })
}

/// Of one folder: how many marks, and where they and the scan disagree.
fn check(rules: &RuleSet, name: &str, folder: &Path) -> Outcome<(usize, Vec<Mismatch>)> {
    let marks = collect_marks(folder).map_err(|error| Failure::plain(format!("cannot read {}: {error}", folder.display())))?;
    let selected: BTreeSet<_> = rules.rules.indices().collect();
    let walk = WalkOptions { base: Some(folder.to_owned()), ..WalkOptions::new(vec![folder.to_owned()]) };
    let options = ScanOptions { walk, ..ScanOptions::default() };
    let wanted = Wanted { rules, selected: &selected, baseline: None, today: None };
    let done = scan(&options, wanted, &Silent).map_err(Failure::plain)?;
    let reported: Vec<Reported> = done
        .result
        .findings
        .iter()
        .filter(|one| one.is_open())
        .filter_map(|one| {
            let rule = rules.rules.get(one.finding.rule)?;
            let path = done.result.path(one.finding.at.file).to_owned();
            Some(Reported { path, line: one.place.line, rule: rule.id.clone() })
        })
        .collect();
    // In a plain folder every rule that a BAD mark names is the folder's own.
    let own: BTreeSet<&str> = if name.is_empty() {
        marks.iter().filter(|mark| mark.expected == Expected::Bad).map(|mark| mark.rule.as_str()).collect()
    } else {
        BTreeSet::from([name])
    };
    let own: Vec<&str> = own.into_iter().collect();
    let mismatches = compare(&marks, &reported, &own, |id| rules.find(id).is_some());
    Ok((marks.len(), mismatches))
}
