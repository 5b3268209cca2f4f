//! Every rule on its fixtures, scanned as a user's project is: exactly the marked lines, no other of the folder's rule.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use haechi::harness::{self, Mismatch, Reported};
use haechi::pipeline::{ScanOptions, Silent, Wanted, scan};
use haechi::rules::RuleSet;
use haechi::source::WalkOptions;

use crate::tree;

/// Rules that do not hold on their fixtures yet, and why. This list only shrinks: a rule that holds must leave it.
const NOT_YET: &[(&str, &str)] = &[];

/// Where the scan of a folder, as one project with all rules, disagrees with its marks.
fn mismatches(set: &RuleSet, all: &BTreeSet<haechi::base::RuleId>, id: &str, folder: &Path) -> Vec<Mismatch> {
    let walk = WalkOptions { base: Some(folder.to_owned()), ..WalkOptions::new(vec![folder.to_owned()]) };
    let options = ScanOptions { walk, threads: 1, ..ScanOptions::default() };
    let wanted = Wanted { rules: set, selected: all, baseline: None, today: None };
    let done = scan(&options, wanted, &Silent).unwrap();
    let reported: Vec<Reported> = done
        .result
        .findings
        .iter()
        .filter(|one| one.is_open())
        .map(|one| Reported {
            path: done.result.path(one.finding.at.file).to_owned(),
            line: one.place.line,
            rule: set.rules[one.finding.rule].id.clone(),
        })
        .collect();
    // Marks of other rules beside the folder's own are judged in their own folders.
    let mut marks = harness::collect_marks(folder).unwrap();
    marks.retain(|mark| mark.rule == id);
    harness::compare(&marks, &reported, &[id], |rule| set.find(rule).is_some())
}

#[test]
fn every_rule_reports_its_fixtures_to_the_line_and_nothing_else_of_them() {
    let set = RuleSet::builtin().unwrap();
    let all: BTreeSet<_> = set.rules.indices().collect();
    let folders = harness::fixture_folders(&tree::root().join("fixtures")).unwrap();
    assert!(folders.len() > 200, "{} folders", folders.len());
    // Plain threads: a rayon worker that waits for a scan's own pool would start the next folder on the same stack.
    let next = AtomicUsize::new(0);
    let part = || {
        let mut done = Vec::new();
        while let Some((id, folder)) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((id.as_str(), mismatches(&set, &all, id, folder)));
        }
        done
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut wrong: Vec<(&str, Vec<Mismatch>)> = thread::scope(|scope| {
        let parts: Vec<_> = (0..cores).map(|_| scope.spawn(part)).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    wrong.sort();
    let mut text = String::new();
    for (id, mismatches) in &wrong {
        let listed = NOT_YET.iter().any(|(rule, _)| rule == id);
        match (mismatches.is_empty(), listed) {
            (true, true) => text += &format!("{id} holds: take it off the list\n"),
            (false, false) => mismatches.iter().for_each(|one| text += &format!("{id}/{one}\n")),
            _ => {}
        }
    }
    for (rule, _) in NOT_YET.iter().filter(|(rule, _)| !folders.iter().any(|(id, _)| id == rule)) {
        text += &format!("{rule} is listed and has no fixtures\n");
    }
    assert!(text.is_empty(), "{text}");
}
