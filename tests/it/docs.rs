//! What the documents say about the repository is true.

use crate::tree;

/// Longest that docs/ARCHITECTURE.md may be.
const MAX_ARCHITECTURE: usize = 200;

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Whether a quoted text is meant as a path of the repository.
fn is_path(quoted: &str) -> bool {
    let first = ["src", "rules", "docs", "fixtures", "tests", "benches", "fuzz", ".ci"];
    !quoted.contains([' ', '*', '<', '…', '{']) && first.iter().any(|folder| quoted.starts_with(&format!("{folder}/")))
}

#[test]
fn every_path_that_the_architecture_names_exists() {
    let text = tree::text(&tree::root().join("docs/ARCHITECTURE.md"));
    let missing: Vec<&str> =
        quoted(&text).filter(|name| is_path(name)).filter(|name| !tree::root().join(name).exists()).collect();
    assert!(missing.is_empty(), "docs/ARCHITECTURE.md names what is not there: {missing:#?}");
    assert!(quoted(&text).filter(|name| is_path(name)).count() > 15, "it names hardly any path");
}

#[test]
fn the_architecture_lists_every_part_of_src_and_stays_short() {
    let text = tree::text(&tree::root().join("docs/ARCHITECTURE.md"));
    assert!(text.lines().count() <= MAX_ARCHITECTURE, "{} lines", text.lines().count());
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(tree::root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = tree::name(&path);
        let listed = text.contains(&format!("`{name}`")) || text.contains(&format!("`{name}/`"));
        if !listed {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "docs/ARCHITECTURE.md does not list {missing:?}");
}

#[test]
fn the_readmes_name_the_commands_that_the_ci_runs() {
    let ci = tree::text(&tree::root().join(".ci/run"));
    for name in ["README.md", "README.ko.md"] {
        let readme = tree::text(&tree::root().join(name));
        let test = readme.lines().map(str::trim).find(|line| line.starts_with("cargo test")).unwrap_or_default().to_owned();
        assert!(!test.is_empty(), "{name} names no test command");
        assert!(ci.lines().any(|line| line.trim() == test), ".ci/run does not run `{test}` of {name}");
    }
}

#[test]
fn the_settings_in_the_readmes_are_accepted() {
    for name in ["README.md", "README.ko.md"] {
        let readme = tree::text(&tree::root().join(name));
        let block = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
        let settings = haechi::settings::Settings::parse(block, name.as_ref()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(settings.scan.paths, [std::path::Path::new("src")], "{name}");
    }
}
