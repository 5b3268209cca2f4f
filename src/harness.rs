//! Fixtures that carry their expected findings in place: collecting the marks, comparing them with a scan's findings.
//!
//! `// BAD java/sql-injection` at the end of a line: that rule must report the line. `// GOOD …`: it must not.
//! Used by `haechi test` and by the repository's own test of its rules. Must not know how a scan is made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

/// What must hold at a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// The rule reports it.
    Bad,
    /// The rule does not.
    Good,
}

/// A mark in a fixture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Relative to the fixture's folder, `/` between the parts.
    pub path: String,
    /// The marked line, from 1.
    pub line: u32,
    /// The rule.
    pub rule: String,
    /// What must hold.
    pub expected: Expected,
}

/// A finding of the scan: as much of it as a mark tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reported {
    /// Relative to the fixture's folder, `/` between the parts.
    pub path: String,
    /// The line it starts at, from 1.
    pub line: u32,
    /// The rule.
    pub rule: String,
}

/// Where marks and findings disagree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mismatch {
    /// Marked BAD, not reported.
    Missing(Reported),
    /// Marked GOOD, reported.
    OnGood(Reported),
    /// Reported by the folder's own rule at a line without a BAD mark of it.
    Extra(Reported),
    /// A mark names a rule that there is not.
    UnknownRule(Reported),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, at) = match self {
            Mismatch::Missing(at) => ("missing: marked BAD, not reported", at),
            Mismatch::OnGood(at) => ("wrong: marked GOOD, reported", at),
            Mismatch::Extra(at) => ("extra: reported, not marked BAD", at),
            Mismatch::UnknownRule(at) => ("unknown rule in a mark", at),
        };
        write!(f, "{}:{}: {}: {what}", at.path, at.line, at.rule)
    }
}

/// How many marks a rule has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MarkCount {
    /// BAD.
    pub bad: usize,
    /// GOOD.
    pub good: usize,
}

/// The marks of all files below a folder, sorted. Binary files have none.
///
/// # Errors
/// A file or folder that cannot be read.
pub fn collect_marks(folder: &Path) -> io::Result<Vec<Mark>> {
    let mut marks = Vec::new();
    collect_below(folder, "", &mut marks)?;
    marks.sort();
    marks.dedup();
    Ok(marks)
}

fn collect_below(folder: &Path, prefix: &str, marks: &mut Vec<Mark>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect_below(&entry.path(), &path, marks)?;
        } else if kind.is_file() {
            // Marks are ASCII: they are found in a text of any encoding.
            marks.extend(marks_of(&path, &String::from_utf8_lossy(&fs::read(entry.path())?)));
        }
    }
    Ok(())
}

/// The marks of one text. A comment alone on its line in properties and YAML speaks of the next line that is none.
#[must_use]
pub fn marks_of(path: &str, text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut waiting: Vec<(Expected, String)> = Vec::new();
    for (line, number) in text.lines().zip(1u32..) {
        let found = marks_in(line);
        let hash_comment = line.trim_start().starts_with('#') && !path.ends_with(".c") && !path.ends_with(".h");
        if hash_comment {
            waiting.extend(found);
            continue;
        }
        let here = found.into_iter().chain(waiting.drain(..));
        marks.extend(here.map(|(expected, rule)| Mark { path: path.to_owned(), line: number, rule, expected }));
    }
    marks
}

/// `BAD id id…` and `GOOD id…` behind the start of a comment.
fn marks_in(line: &str) -> Vec<(Expected, String)> {
    let mut marks = Vec::new();
    let Some(start) = ["//", "/*", "<!--", "<%--", "#"].iter().filter_map(|open| line.find(open)).min() else { return marks };
    let mut expected = None;
    for word in line.get(start..).unwrap_or_default().split_whitespace() {
        let is_id = |word: &str| {
            let (language, name) = word.split_once('/').unwrap_or_default();
            let letters =
                |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            letters(language) && letters(name)
        };
        // `/*BAD`, `<!--BAD` without a blank count too; so does an id right before `*/` or `-->`.
        let word = word.trim_start_matches(['/', '*', '<', '!', '-', '%', '#']).trim_end_matches(['*', '/', '-', '>', '%', ',']);
        match (word, expected) {
            ("BAD", _) => expected = Some(Expected::Bad),
            ("GOOD", _) => expected = Some(Expected::Good),
            (id, Some(mark)) if is_id(id) => marks.push((mark, id.to_owned())),
            _ => expected = None,
        }
    }
    marks
}

/// Where marks and findings disagree, sorted. Findings of `own` rules must all be marked BAD; of other rules' findings
/// only those at marks of theirs are judged. `known`: whether there is such a rule.
#[must_use]
pub fn compare(marks: &[Mark], reported: &[Reported], own: &[&str], known: impl Fn(&str) -> bool) -> Vec<Mismatch> {
    let reported: BTreeSet<&Reported> = reported.iter().collect();
    let mut mismatches = BTreeSet::new();
    let mut bad = BTreeSet::new();
    let mut good = BTreeSet::new();
    for mark in marks {
        let at = Reported { path: mark.path.clone(), line: mark.line, rule: mark.rule.clone() };
        if !known(&mark.rule) {
            mismatches.insert(Mismatch::UnknownRule(at));
            continue;
        }
        match mark.expected {
            Expected::Bad if !reported.contains(&at) => {
                mismatches.insert(Mismatch::Missing(at));
            }
            Expected::Bad => {
                bad.insert(at);
            }
            Expected::Good => {
                good.insert(at);
            }
        }
    }
    for at in reported {
        if good.contains(at) {
            mismatches.insert(Mismatch::OnGood(at.clone()));
        } else if own.contains(&at.rule.as_str()) && !bad.contains(at) {
            mismatches.insert(Mismatch::Extra(at.clone()));
        }
    }
    mismatches.into_iter().collect()
}

/// The marks of each rule, counted.
#[must_use]
pub fn count_marks(marks: &[Mark]) -> BTreeMap<String, MarkCount> {
    let mut counts: BTreeMap<String, MarkCount> = BTreeMap::new();
    for mark in marks {
        let count = counts.entry(mark.rule.clone()).or_default();
        match mark.expected {
            Expected::Bad => count.bad += 1,
            Expected::Good => count.good += 1,
        }
    }
    counts
}

/// The folders `LANGUAGE/NAME` below a folder of fixtures, sorted, each with its path; empty names for the folder itself
/// where it holds no such folders (a user's plain folder of fixtures).
///
/// # Errors
/// A folder that cannot be read.
pub fn fixture_folders(fixtures: &Path) -> io::Result<Vec<(String, std::path::PathBuf)>> {
    let mut folders = Vec::new();
    for language in ["java", "c", "web"] {
        let below = fixtures.join(language);
        if !below.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&below)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push((format!("{language}/{}", entry.file_name().to_string_lossy()), entry.path()));
            }
        }
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, line: u32, rule: &str) -> Reported {
        Reported { path: path.to_owned(), line, rule: rule.to_owned() }
    }

    #[test]
    fn marks_stand_in_the_comments_of_every_language() {
        let text = "run(x); // BAD java/a java/b GOOD java/c\n<a> <!-- BAD web/d -->\n<% x %> <%-- GOOD web/e --%>\nf(); /* BAD c/f */\n\
                    String s = \"BAD java/no\";\n// BAD in general is bad/ness\n// the BAD: java/no\n";
        let marks = marks_of("a", text);
        let told: Vec<_> = marks.iter().map(|mark| (mark.line, mark.expected, mark.rule.as_str())).collect();
        use Expected::{Bad, Good};
        assert_eq!(
            told,
            [(1, Bad, "java/a"), (1, Bad, "java/b"), (1, Good, "java/c"), (2, Bad, "web/d"), (3, Good, "web/e"), (4, Bad, "c/f")]
        );
    }

    #[test]
    fn a_hash_comment_speaks_of_the_next_line() {
        let marks = marks_of("a.properties", "# GOOD web/a\n# BAD web/b\n# plain\npassword=x\nother=y\n");
        assert_eq!(marks.iter().map(|mark| mark.line).collect::<Vec<_>>(), [4, 4]);
        assert_eq!(marks_of("a.c", "#define A 1 // BAD c/a\n")[0].line, 1);
    }

    #[test]
    fn both_directions_are_told() {
        let marks = marks_of("A.java", "a // BAD java/x\nb // BAD java/x\nc // GOOD java/x\nd // GOOD java/y\ne // BAD java/z\n");
        let reported =
            [at("A.java", 1, "java/x"), at("A.java", 3, "java/x"), at("A.java", 5, "java/x"), at("A.java", 1, "java/y")];
        let told: Vec<String> =
            compare(&marks, &reported, &["java/x"], |rule| rule != "java/z").iter().map(Mismatch::to_string).collect();
        assert_eq!(
            told,
            [
                "A.java:2: java/x: missing: marked BAD, not reported",
                "A.java:3: java/x: wrong: marked GOOD, reported",
                "A.java:5: java/x: extra: reported, not marked BAD",
                "A.java:5: java/z: unknown rule in a mark",
            ]
        );
        assert!(compare(&marks[..1], &reported[..1], &["java/x"], |_| true).is_empty());
    }
}
