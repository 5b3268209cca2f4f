//! Which files git says are changed or staged, and what the staged ones hold. Reads the repository only: neither the
//! work tree nor the index is ever written. Must not know what is scanned.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gix::bstr::{BStr, ByteSlice};

use super::error::{Failure, Outcome};

/// A repository and where its work tree stands.
pub(super) struct Git {
    repo: gix::Repository,
    root: PathBuf,
}

/// Largest staged file that is read; the scan's own limit comes later and is usually lower.
const MAX_BLOB: u64 = 256 << 20;

impl Git {
    /// The repository around `start`. Inside a hook, git's environment variables say which index counts.
    pub(super) fn open(start: &Path) -> Outcome<Git> {
        let folder = if start.is_dir() { start } else { start.parent().unwrap_or(start) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let cure = "run it inside a git work tree, or leave out --changed and --staged";
        let repo = gix::discover_with_environment_overrides(folder)
            .map_err(|error| Failure::new(format!("{} is in no git repository: {error}", folder.display()), cure))?;
        let root = repo
            .workdir()
            .and_then(|root| root.canonicalize().ok())
            .ok_or_else(|| Failure::new(format!("the git repository of {} has no work tree", folder.display()), cure))?;
        Ok(Git { repo, root })
    }

    /// The staged files, by absolute path, and their content in the index. Deleted ones are left out.
    pub(super) fn staged(&self) -> Outcome<BTreeMap<PathBuf, Vec<u8>>> {
        let index = self.repo.index_or_empty().map_err(|error| broken("the index", &error))?;
        let head = self.repo.head_tree_id_or_empty().map_err(|error| broken("HEAD", &error))?;
        let before = self.repo.index_from_tree(&head).map_err(|error| broken("HEAD's tree", &error))?;
        let mut staged = BTreeMap::new();
        for entry in index.entries() {
            let path = entry.path(&index);
            let is_file = entry.mode.contains(gix::index::entry::Mode::FILE);
            if !is_file || entry.stage_raw() != 0 || before.entry_by_path(path).is_some_and(|old| old.id == entry.id) {
                continue;
            }
            let too_large = self.repo.find_header(entry.id).is_ok_and(|header| header.size() > MAX_BLOB);
            if too_large {
                continue;
            }
            let blob = self.repo.find_object(entry.id).map_err(|error| broken(&path.to_string(), &error))?;
            staged.insert(self.absolute(path), blob.data.clone());
        }
        Ok(staged)
    }

    /// Of `candidates` (absolute paths), those that differ from a revision; where it has a merge base with HEAD, from
    /// that, so that what others pushed meanwhile does not count.
    pub(super) fn changed(&self, rev: &str, candidates: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
        let tree = self.base_tree(rev)?;
        let before = self.repo.index_from_tree(&tree).map_err(|error| broken(rev, &error))?;
        let index = self.repo.index_or_empty().map_err(|error| broken("the index", &error))?;
        let mut changed = Vec::new();
        for candidate in candidates {
            let same = self.relative(candidate).is_some_and(|path| {
                let path: &BStr = path.as_bytes().as_bstr();
                let old = before.entry_by_path(path).map(|entry| entry.id);
                old.is_some() && old == self.work_tree_id(candidate, index.entry_by_path(path))
            });
            if !same {
                changed.push(candidate.clone());
            }
        }
        Ok(changed)
    }

    fn base_tree(&self, rev: &str) -> Outcome<gix::ObjectId> {
        let unknown = |error: &dyn std::fmt::Display| {
            Failure::new(format!("git does not know the revision {rev}: {error}"), "name a commit, branch or tag: --changed=main")
        };
        let is_unborn = self.repo.head().map(|head| head.is_unborn()).unwrap_or(false);
        if rev == "HEAD" && is_unborn {
            return Ok(self.repo.empty_tree().id);
        }
        let named = self.repo.rev_parse_single(rev).map_err(|error| unknown(&error))?;
        let head = self.repo.head_id().map_err(|error| broken("HEAD", &error))?;
        let commit = self.repo.merge_base(named, head).ok().flatten().map_or(named.detach(), gix::Id::detach);
        let object = self.repo.find_object(commit).map_err(|error| broken(rev, &error))?;
        Ok(object.peel_to_tree().map_err(|error| unknown(&error))?.id)
    }

    /// The id of a work-tree file: the index's where its time and size say it is untouched, else of its content.
    /// A file that git would convert (line ends) may count as changed; that is the safe side.
    fn work_tree_id(&self, path: &Path, entry: Option<&gix::index::Entry>) -> Option<gix::ObjectId> {
        if let Some(entry) = entry {
            let metadata = gix::index::fs::Metadata::from_path_no_follow(path).ok()?;
            let stat = gix::index::entry::Stat::from_fs(&metadata).ok()?;
            if stat.mtime == entry.stat.mtime && stat.size == entry.stat.size {
                return Some(entry.id);
            }
        }
        let content = std::fs::read(path).ok()?;
        gix::objs::compute_hash(self.repo.object_hash(), gix::objs::Kind::Blob, &content).ok()
    }

    fn relative(&self, path: &Path) -> Option<String> {
        let relative = path.strip_prefix(&self.root).ok()?;
        Some(relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
    }

    fn absolute(&self, path: &BStr) -> PathBuf {
        gix::path::from_bstr(path).map_or_else(|_| self.root.join(path.to_string()), |path| self.root.join(path))
    }
}

fn broken(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("git cannot read {what}: {error}"), "see what `git status` and `git fsck` say")
}
