//! Every dependency's licence is one that a public body can accept beside Apache-2.0. The same list stands in
//! deny.toml, whose tool also checks advisories, for which it needs the network.

use std::process::Command;

use crate::tree;

/// Licences that may be linked.
const ALLOWED: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "0BSD",
];

/// Whether an SPDX expression can be met with allowed licences: one arm of every OR, all parts of every AND.
fn is_met(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    let arms = split(expression, " OR ");
    if arms.len() > 1 {
        return arms.iter().any(|arm| is_met(arm));
    }
    let parts = split(expression, " AND ");
    if parts.len() > 1 {
        return parts.iter().all(|part| is_met(part));
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => is_met(inner),
        None => ALLOWED.contains(&expression),
    }
}

/// Splits outside of parentheses.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut at) = (0i32, 0, 0);
    while at < text.len() {
        match text.as_bytes()[at] {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 && text[at..].starts_with(separator) {
            parts.push(text[start..at].trim());
            at += separator.len();
            start = at;
        } else {
            at += 1;
        }
    }
    parts.push(text[start..].trim());
    parts
}

#[test]
fn every_dependency_has_an_accepted_licence() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(tree::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "only {} packages", packages.len());
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_met))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_list_in_deny_toml_is_this_one() {
    let text = tree::text(&tree::root().join("deny.toml"));
    let parsed: toml::Table = toml::from_str(&text).unwrap();
    let mut listed: Vec<&str> = parsed["licenses"]["allow"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    listed.sort_unstable();
    let mut allowed = ALLOWED.to_vec();
    allowed.sort_unstable();
    assert_eq!(listed, allowed);
}

#[test]
fn expressions_are_read() {
    assert!(is_met("MIT OR GPL-3.0"));
    assert!(is_met("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!is_met("MIT AND GPL-3.0"));
    assert!(!is_met("LGPL-2.1-or-later"));
    assert!(is_met("MIT/Apache-2.0"));
}
