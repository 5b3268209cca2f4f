//! Imports go one way along the line of docs/ARCHITECTURE.md.

use std::collections::BTreeSet;

use crate::tree;

/// Each folder (or file) of src/ and the ones it may use.
///
/// `findings` stands left of `analysis` here although the data flows the other way: its types are what the arrow
/// between them carries, and it must not know how a finding was made.
const MAY_USE: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("rules", &["base"]),
    ("source", &["base"]),
    ("ir", &["base"]),
    ("syntax", &["base", "rules", "source"]),
    ("lower", &["base", "rules", "source", "ir", "syntax"]),
    ("program", &["base", "rules", "source", "ir", "syntax"]),
    ("findings", &["base", "rules", "source", "ir"]),
    ("analysis", &["base", "rules", "source", "ir", "syntax", "program", "findings"]),
    ("report", &["base", "rules", "source", "findings"]),
    ("settings", &[]),
    ("harness", &[]),
    ("pipeline", &["base", "rules", "source", "ir", "syntax", "lower", "program", "findings", "analysis"]),
    (
        "cli",
        &[
            "base", "rules", "source", "ir", "syntax", "lower", "program", "findings", "analysis", "report", "settings",
            "pipeline", "harness",
        ],
    ),
];

/// What follows each `crate::` of a file; groups (`crate::{a, b::c}`) are opened.
fn uses(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let preceded = code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
        let rest = &code[at + "crate::".len()..];
        if preceded {
            continue;
        }
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0usize;
            let mut name = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.insert(std::mem::take(&mut name));
                    }
                    _ if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            found.insert(name);
        } else {
            found.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
        .iter()
        .map(|name| name.trim().split("::").next().unwrap_or_default().trim().to_owned())
        .filter(|n| !n.is_empty())
        .collect()
}

#[test]
fn modules_use_only_what_lies_to_their_left() {
    let mut wrong = Vec::new();
    for file in tree::files("src", ".rs") {
        let name = tree::name(&file);
        let part = name.trim_start_matches("src/").split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        // A folder's own tests make what they need from text, and so may use anything.
        if name.contains("/tests/") || name.ends_with("/tests.rs") || name.ends_with("/testing.rs") {
            continue;
        }
        if part == "lib" || part == "main" {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == part) else {
            wrong.push(format!("{name}: `{part}` has no place on the line (tests/it/layers.rs, docs/ARCHITECTURE.md)"));
            continue;
        };
        // Unit tests may use any helper.
        let code = tree::code(&tree::text(&file));
        let code = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for used in uses(code) {
            let is_part = MAY_USE.iter().any(|(known, _)| *known == used);
            if is_part && used != part && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{name}: uses `{used}`, which `{part}` must not know"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn tree_sitter_is_known_to_syntax_and_lower_only() {
    let mut wrong = Vec::new();
    for file in tree::files("src", ".rs") {
        let name = tree::name(&file);
        let code = tree::code(&tree::text(&file));
        let knows = code.contains("tree_sitter") || code.contains("ast_grep");
        // `haechi dump syntax` prints what syntax hands out, and so needs no name of the crate either.
        if knows && !name.starts_with("src/syntax/") && !name.starts_with("src/lower/") {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "tree-sitter is used in {wrong:?}");
}

#[test]
fn uses_are_found_in_every_form() {
    let code = "use crate::base::Span;\nuse crate::{rules::Rule, ir::{self, Unit}};\nfn f() { crate::source::read() } $crate::no";
    let found = uses(code);
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["base", "ir", "rules", "source"]);
}
