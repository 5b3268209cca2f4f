//! The demo shop: what is planted is found, what is clean is not, and the output is the same however the scan ran.

use std::collections::BTreeSet;

use haechi::pipeline::{ScanOptions, Silent, Wanted, scan as scan_project};
use haechi::rules::RuleSet;
use haechi::source::WalkOptions;

use crate::command::{run, stdout};
use crate::tree;

#[test]
fn every_planted_weakness_is_found_and_nothing_clean_is_reported() {
    let output = run(tree::root(), &["test", "fixtures/shop"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn one_and_many_threads_and_any_order_of_paths_give_the_same_bytes() {
    let scan = |args: &[&str]| run(tree::root(), &[&["scan", "--format", "sarif"], args].concat()).stdout;
    let one = scan(&["--threads", "1", "fixtures/shop/src", "fixtures/shop/stock"]);
    assert!(one.len() > 10_000);
    assert_eq!(one, scan(&["--threads", "4", "fixtures/shop/stock", "fixtures/shop/src"]));
    assert_eq!(one, scan(&["--threads", "3", "fixtures/shop/src", "fixtures/shop/stock", "fixtures/shop/src/main"]));
}

/// The C fixtures and the shop as one project: bodies kept open and kept packed, the same is found at the same places.
#[test]
fn packed_bodies_lead_to_the_same_findings() {
    let set = RuleSet::builtin().unwrap();
    let all: BTreeSet<_> = set.rules.indices().collect();
    let found = |pack_above| {
        let walk = WalkOptions::new(vec![tree::root().join("fixtures/c"), tree::root().join("fixtures/shop")]);
        let options = ScanOptions { walk, pack_above, ..ScanOptions::default() };
        let wanted = Wanted { rules: &set, selected: &all, baseline: None, today: None };
        let done = scan_project(&options, wanted, &Silent).unwrap();
        let findings = done.result.findings.iter();
        findings.map(|one| format!("{:?} {:?}", one.finding, one.place)).collect::<Vec<_>>()
    };
    let open = found(u64::MAX);
    assert!(open.len() > 200, "{}", open.len());
    assert_eq!(open, found(0));
}
