//! `--changed` and `--staged`: the files that are reported, and those read beside them so that they are understood.
//!
//! Beside a changed file are read: the files of its folder in the same language, the Java files it imports by name, the
//! headers it includes (and those include), and all documents. One step far, so that a hook answers at once; what lies
//! further off counts as a library without a model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::error::Outcome;
use super::git::Git;
use crate::pipeline::ScanOptions;
use crate::source::{FileKind, SourceFile, decode, read, walk};

/// Headers and imports followed at most, for one run.
const MAX_CONTEXT: usize = 4_000;

/// What git is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ask<'a> {
    /// The index against HEAD.
    Staged,
    /// The work tree against a revision.
    Changed(&'a str),
}

/// Narrows a scan to what git says. The walk's roots, filters and limits hold as before.
pub(super) fn narrow(options: &mut ScanOptions, ask: Ask<'_>) -> Outcome<()> {
    let start = options.walk.roots.first().cloned().unwrap_or_else(|| PathBuf::from("."));
    let git = Git::open(&start)?;
    let all: Vec<SourceFile> = walk(&options.walk).files.into_iter().collect();
    let known: BTreeMap<&Path, &SourceFile> = all.iter().map(|file| (file.absolute.as_path(), file)).collect();
    let reported: BTreeSet<PathBuf> = match ask {
        Ask::Staged => {
            let staged = git.staged()?;
            let kept: BTreeMap<PathBuf, Vec<u8>> =
                staged.into_iter().filter(|(path, _)| known.contains_key(path.as_path())).collect();
            let paths = kept.keys().cloned().collect();
            options.overlay = kept;
            paths
        }
        Ask::Changed(rev) => {
            let candidates: Vec<PathBuf> = all.iter().map(|file| file.absolute.clone()).collect();
            git.changed(rev, &candidates)?.into_iter().collect()
        }
    };
    let needed = if reported.is_empty() { BTreeSet::new() } else { context(&all, &known, &reported, options) };
    options.walk.only = Some(needed.union(&reported).cloned().collect());
    options.report_only = Some(reported.into_iter().collect());
    Ok(())
}

fn context(
    all: &[SourceFile],
    known: &BTreeMap<&Path, &SourceFile>,
    reported: &BTreeSet<PathBuf>,
    options: &ScanOptions,
) -> BTreeSet<PathBuf> {
    let folders: BTreeSet<(&Path, bool)> = reported
        .iter()
        .filter_map(|path| known.get(path.as_path()))
        .filter_map(|file| Some((file.absolute.parent()?, is_c(file.kind))))
        .collect();
    let mut needed: BTreeSet<PathBuf> = all
        .iter()
        .filter(|file| {
            let beside = file.absolute.parent().is_some_and(|folder| folders.contains(&(folder, is_c(file.kind))));
            beside || matches!(file.kind, FileKind::Xml | FileKind::Properties | FileKind::Yaml)
        })
        .map(|file| file.absolute.clone())
        .collect();

    // By the last part of the path: what an import or include names ends with it.
    let mut by_name: BTreeMap<&str, Vec<&SourceFile>> = BTreeMap::new();
    for file in all {
        by_name.entry(file.path.rsplit('/').next().unwrap_or_default()).or_default().push(file);
    }
    let mut queue: Vec<&SourceFile> = reported.iter().filter_map(|path| known.get(path.as_path()).copied()).collect();
    while let Some(file) = queue.pop() {
        let bytes = options.overlay.get(&file.absolute).cloned();
        let text = match bytes {
            Some(bytes) => decode(bytes, file.kind),
            None => read(file, &options.limits),
        };
        let Ok(text) = text else { continue };
        for name in named(&text.text, file.kind) {
            let last = name.rsplit('/').next().unwrap_or_default();
            for found in by_name.get(last).into_iter().flatten() {
                let fits = found.path == name || found.path.ends_with(&format!("/{name}"));
                if fits && needed.len() < MAX_CONTEXT && needed.insert(found.absolute.clone()) && is_c(found.kind) {
                    queue.push(found);
                }
            }
        }
    }
    needed
}

fn is_c(kind: FileKind) -> bool {
    matches!(kind, FileKind::C | FileKind::CHeader)
}

/// Paths (or their ends) of the files that a text imports or includes by name.
fn named(text: &str, kind: FileKind) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    match kind {
        FileKind::Java => lines
            .filter_map(|line| line.strip_prefix("import "))
            .map(|rest| rest.trim_start_matches("static ").trim_end_matches(';').trim())
            .filter(|name| !name.ends_with('*'))
            .map(|name| {
                // A static import or a nested class ends in more than the file's name: the first capital part is it.
                let mut parts = Vec::new();
                for part in name.split('.') {
                    parts.push(part);
                    if part.starts_with(char::is_uppercase) {
                        break;
                    }
                }
                parts.join("/") + ".java"
            })
            .collect(),
        FileKind::C | FileKind::CHeader => lines
            .filter_map(|line| {
                line.strip_prefix('#')?.trim_start().strip_prefix("include")?.trim_start().strip_prefix(['"', '<'])
            })
            .filter_map(|rest| rest.split(['"', '>']).next())
            .map(|name| name.trim_start_matches("../").trim_start_matches("./").to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_imports_and_includes() {
        let java = "package a;\nimport java.util.*;\nimport static kr.shop.Util.Inner.f;\nimport kr.shop.Dao;\n";
        assert_eq!(named(java, FileKind::Java), ["kr/shop/Util.java", "kr/shop/Dao.java"]);
        let c = "#include <stdio.h>\n #  include \"../inc/a.h\"\nint x;\n";
        assert_eq!(named(c, FileKind::C), ["stdio.h", "inc/a.h"]);
    }
}
