//! The rules of the house that a compiler does not check.

use crate::tree;

/// Lines a file may have.
const MAX_LINES: usize = 500;
/// Lines no file may have, listed or not.
const HARD_LIMIT: usize = 1000;
/// Files over the limit, with what they may have at most. This list only shrinks.
const LONG_FILES: &[(&str, usize)] = &[];

fn rust_files() -> Vec<std::path::PathBuf> {
    ["src", "tests", "benches", "fuzz"].iter().flat_map(|folder| tree::files(folder, ".rs")).collect()
}

#[test]
fn every_module_says_what_it_is_for() {
    let wrong: Vec<String> = rust_files()
        .iter()
        .filter(|file| !tree::text(file).trim_start_matches("#![no_main]\n").starts_with("//! "))
        .map(|file| tree::name(file))
        .collect();
    assert!(wrong.is_empty(), "no `//!` on the first line: {wrong:#?}");
}

#[test]
fn files_stay_short() {
    let mut wrong = Vec::new();
    for file in rust_files() {
        let name = tree::name(&file);
        let lines = tree::text(&file).lines().count();
        let listed = LONG_FILES.iter().find(|(known, _)| *known == name).map(|(_, lines)| *lines);
        match listed {
            _ if lines >= HARD_LIMIT => wrong.push(format!("{name}: {lines} lines, over the hard limit of {HARD_LIMIT}")),
            Some(limit) if lines > limit => wrong.push(format!("{name}: {lines} lines, grew over its {limit}")),
            Some(_) if lines <= MAX_LINES => wrong.push(format!("{name}: {lines} lines, take it off the list")),
            None if lines > MAX_LINES => wrong.push(format!("{name}: {lines} lines, over {MAX_LINES}")),
            _ => {}
        }
    }
    for (name, _) in LONG_FILES {
        if !tree::root().join(name).is_file() {
            wrong.push(format!("{name}: listed, but gone"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_to_do_and_no_machine_is_named() {
    // Put together here so that this file does not find itself.
    let marks = [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"], ["todo", "!("], ["/ro", "ot/"], ["/wo", "rk/"], ["/home", "/"]];
    let mut wrong = Vec::new();
    let texts = ["src", "tests", "benches", "fuzz", "rules", "docs", ".ci"].iter().flat_map(|folder| tree::files(folder, ""));
    for file in texts.chain(["README.md", "README.ko.md", "Cargo.toml", "deny.toml"].map(|name| tree::root().join(name))) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for (number, line) in text.lines().enumerate() {
            for mark in &marks {
                let mark = mark.concat();
                // Korean public-sector paths and test data may be absolute; those three folders are machines' own.
                if line.contains(&mark) && !(mark.starts_with('/') && tree::name(&file).starts_with("rules/")) {
                    wrong.push(format!("{}:{}: {}", tree::name(&file), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let allow = ["#[al", "low("].concat();
    let allow_all = ["#![al", "low("].concat();
    let wrong: Vec<String> = rust_files()
        .iter()
        .filter(|file| {
            let text = tree::text(file);
            text.contains(&allow) || text.contains(&allow_all)
        })
        .map(|file| tree::name(file))
        .collect();
    assert!(wrong.is_empty(), "use #[expect(…, reason = \"…\")]: {wrong:#?}");
}

#[test]
fn every_snapshot_has_its_test() {
    let code: Vec<String> = rust_files().iter().map(|file| tree::text(file)).collect();
    for snapshot in tree::files("", ".snap").into_iter().filter(|file| !tree::name(file).starts_with("target/")) {
        let stem = snapshot.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let last = stem.rsplit("__").next().unwrap_or_default().split('@').next().unwrap_or_default().to_owned();
        // A numbered snapshot (`name-2`) belongs to the test of that name.
        let test = last.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-').to_owned();
        assert!(
            code.iter().any(|text| text.contains(&last) || text.contains(&test)),
            "{}: no test names it",
            tree::name(&snapshot)
        );
    }
}
