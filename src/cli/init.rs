//! `haechi init`: writes haechi.toml and a pre-commit entry, from what the project's folder shows, without a question.

use std::fmt::Write as _;
use std::path::Path;

use super::args::InitArgs;
use super::error::{Failure, Outcome};
use super::{CLEAN, locale, output};
use crate::rules::Locale;
use crate::settings::{FILE_NAME, Settings};
use crate::source::{FileKind, WalkOptions, walk};

const HOOKS_FILE: &str = ".pre-commit-config.yaml";

/// Where build tools leave a compilation database.
const DATABASES: &[&str] = &["compile_commands.json", "build/compile_commands.json", "out/compile_commands.json"];

/// Runs it.
pub(super) fn run(args: &InitArgs) -> Outcome<u8> {
    if !args.dir.is_dir() {
        return Err(Failure::new(format!("{} is no folder", args.dir.display()), "name the project's folder"));
    }
    let mut said = String::new();
    let settings = args.dir.join(FILE_NAME);
    if settings.exists() && !args.force {
        Settings::read(&settings)?;
        let _ = writeln!(said, "{} is there already and is fine; left as it is", settings.display());
    } else {
        output::write(&settings, &settings_text(&args.dir))?;
        let _ = writeln!(said, "wrote {}", settings.display());
    }
    let hooks = args.dir.join(HOOKS_FILE);
    let before = std::fs::read_to_string(&hooks).ok();
    match before.as_deref().map_or_else(|| Hooks::Write(format!("repos:\n{}", entry(2))), add_entry) {
        Hooks::Write(text) => {
            output::write(&hooks, &text)?;
            let _ = writeln!(said, "wrote an entry to {}; `pre-commit install` sets it up", hooks.display());
        }
        Hooks::Present => {
            let _ = writeln!(said, "{} has an entry for haechi already", hooks.display());
        }
        Hooks::ByHand => {
            let _ = writeln!(said, "{} is laid out unusually; add this under `repos:` by hand:\n{}", hooks.display(), entry(2));
        }
    }
    output::print(&said)?;
    Ok(CLEAN)
}

fn settings_text(dir: &Path) -> String {
    let sources = walk(&WalkOptions::new(vec![dir.to_owned()]));
    let count = |wanted: &[FileKind]| sources.files.iter().filter(|file| wanted.contains(&file.kind)).count();
    let c = count(&[FileKind::C, FileKind::CHeader]);
    let lang = match locale::from_environment() {
        Locale::Ko => "ko",
        Locale::En => "en",
    };
    let mut text = format!(
        "# Settings of haechi for this project. Paths are relative to this file; the command line wins.\n\
         # Found by `haechi init`: {} Java, {} JSP, {c} C files.\n\
         lang = \"{lang}\"\n\n\
         [scan]\n\
         # .gitignore and .haechiignore count as well.\n\
         exclude = []\n\
         max-file-size = \"5MiB\"\n\n\
         [rules]\n\
         # Rule (java/sql-injection), item (J1-01), category (input-validation) or CWE-89.\n\
         skip = []\n\n\
         [report]\n\
         fail-on = \"medium\"\n\
         # Findings already known: `haechi scan -o known.sarif`, then:\n\
         # baseline = \"known.sarif\"\n",
        count(&[FileKind::Java]),
        count(&[FileKind::Jsp]),
    );
    if c > 0 {
        text.push_str("\n[c]\ndefine = []\n");
        let include = ["include", "inc"].iter().find(|name| dir.join(name).is_dir());
        let _ = writeln!(text, "include-dirs = [{}]", include.map_or(String::new(), |name| format!("\"{name}\"")));
        if let Some(database) = DATABASES.iter().find(|name| dir.join(name).is_file()) {
            let _ = writeln!(text, "compile-commands = \"{database}\"");
        }
    }
    text
}

/// The entry, indented as the file's others are.
fn entry(indent: usize) -> String {
    let pad = " ".repeat(indent);
    [
        "- repo: local",
        "  hooks:",
        "    - id: haechi",
        "      name: haechi",
        "      entry: haechi scan --staged --quiet",
        "      language: system",
        "      pass_filenames: false",
        "      files: '\\.(java|jsp|jspf|jspx|tag|tagx|c|h|xml|properties|ya?ml)$'",
    ]
    .iter()
    .fold(String::new(), |text, line| text + &pad + line + "\n")
}

enum Hooks {
    Write(String),
    Present,
    ByHand,
}

/// The file with the entry put first under `repos:`, or why not.
fn add_entry(text: &str) -> Hooks {
    if text.contains("haechi scan") {
        return Hooks::Present;
    }
    let repos = text.lines().position(|line| line.trim_end() == "repos:");
    let indent =
        text.lines().find(|line| line.trim_start().starts_with("- repo:")).map(|line| line.len() - line.trim_start().len());
    let Some(repos) = repos else { return Hooks::ByHand };
    let mut new = String::new();
    for (number, line) in text.lines().enumerate() {
        new.push_str(line);
        new.push('\n');
        if number == repos {
            new.push_str(&entry(indent.unwrap_or(2)));
        }
    }
    // Never leave a file behind that pre-commit cannot read.
    let entries = |text: &str| -> Option<usize> {
        let value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
        let repos = value.get("repos")?;
        Some(repos.as_sequence().map_or(0, Vec::len))
    };
    match (entries(text), entries(&new)) {
        (Some(before), Some(after)) if after == before + 1 => Hooks::Write(new),
        _ => Hooks::ByHand,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_goes_into_a_file_that_is_there_with_its_indentation() {
        let before = "default_stages: [pre-commit]\nrepos:\n- repo: https://example.org/x\n  rev: v1\n  hooks:\n    - id: x\nci:\n  skip: [x]\n";
        let Hooks::Write(after) = add_entry(before) else { panic!() };
        assert!(after.contains("repos:\n- repo: local\n  hooks:\n    - id: haechi\n"), "{after}");
        assert!(after.ends_with("ci:\n  skip: [x]\n"));
        assert!(matches!(add_entry(&after), Hooks::Present));
    }

    #[test]
    fn a_file_laid_out_otherwise_is_left_alone() {
        assert!(matches!(add_entry("repos: [{repo: local, hooks: []}]\n"), Hooks::ByHand));
        assert!(matches!(add_entry("other: 1\n"), Hooks::ByHand));
    }

    #[test]
    fn what_init_writes_is_accepted_by_the_settings() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("include")).unwrap();
        std::fs::write(dir.path().join("a.c"), "int x;\n").unwrap();
        std::fs::write(dir.path().join("compile_commands.json"), "[]").unwrap();
        let text = settings_text(dir.path());
        let settings = Settings::parse(&text, Path::new("haechi.toml")).unwrap();
        assert_eq!(settings.c.compile_commands.as_deref(), Some(Path::new("compile_commands.json")));
        assert_eq!(settings.c.include_dirs, [Path::new("include")]);
    }
}
