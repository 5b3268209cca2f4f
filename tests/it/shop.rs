//! The demo shop: what is planted is found, what is clean is not, and the output is the same however the scan ran.

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
