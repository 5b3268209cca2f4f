//! The files that git tracks under a folder: an ignore file says nothing about a file that is already in the repository.
//! Reads the index (or HEAD's tree where there is none), never writes. Must not know what a scan takes.

use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;
use ignore::gitignore::GitignoreBuilder;

/// Absolute paths of the tracked files under `root`; none where `root` lies in no readable repository.
pub(super) fn tracked(root: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let Ok(repo) = gix::discover(root) else { return Vec::new() };
    let Some(top) = repo.workdir().and_then(|top| top.canonicalize().ok()) else { return Vec::new() };
    // A folder that is merely below some work tree (a mounted or ignored one) has no entries there.
    let Ok(inside) = root.strip_prefix(&top) else { return Vec::new() };
    let prefix: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let prefix = if prefix.is_empty() { String::new() } else { prefix.join("/") + "/" };
    let Ok(index) = repo.index_or_load_from_head_or_empty() else { return Vec::new() };
    let entries = index.prefixed_entries(prefix.as_bytes().as_bstr()).unwrap_or_default();
    let files = entries.iter().filter(|entry| entry.mode.contains(gix::index::entry::Mode::FILE) && entry.stage_raw() == 0);
    files
        .filter_map(|entry| gix::path::from_bstr(entry.path(&index)).ok())
        .filter(|path| wanted(path))
        .map(|path| top.join(path))
        .collect()
}

/// Whether an ignore file of this name in a folder from `root` down to the file leaves the file out.
pub(super) fn is_ignored_by(name: &str, root: &Path, file: &Path) -> bool {
    let folders = file.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    // The nearest file that says anything decides, as in git.
    for folder in folders {
        let at = folder.join(name);
        if !at.is_file() {
            continue;
        }
        let mut builder = GitignoreBuilder::new(folder);
        builder.add(&at);
        let Ok(rules) = builder.build() else { continue };
        let verdict = rules.matched_path_or_any_parents(file, false);
        if !verdict.is_none() {
            return verdict.is_ignore();
        }
    }
    false
}
