//! Finds the files of a scan. Must not read them.

use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder, WalkState};
use index_vec::IndexVec;
use parking_lot::Mutex;

use super::filter::looks_like_test;
use super::output::is_build_output;
use super::tracked::{is_ignored_by, tracked};
use super::{FileKind, PathFilter, SourceFile, SourceSet};
use crate::base::{FastSet, Problem, ProblemKind};

/// What to walk.
#[derive(Debug, Clone)]
pub struct WalkOptions {
    /// Folders and files. A file named here is taken whatever the filters and ignore files say.
    pub roots: Vec<PathBuf>,
    /// The folder that paths are relative to; roots outside of it keep paths relative to themselves.
    /// `None`: the deepest folder that holds all roots.
    pub base: Option<PathBuf>,
    /// Includes and excludes.
    pub filter: PathFilter,
    /// Only these files, as far as they lie under a root and the filters admit them: the changed or staged ones.
    /// No folder is walked then.
    pub only: Option<Vec<PathBuf>>,
    /// Whether .gitignore and .ignore files count, but for what git tracks; .haechiignore always does.
    pub git_ignore: bool,
    /// Whether build output (`target`, `build` … beside their build files) is walked too.
    pub build_output: bool,
    /// Threads; 0: as many as there are cores.
    pub threads: usize,
}

impl Default for WalkOptions {
    fn default() -> Self {
        WalkOptions {
            roots: Vec::new(),
            base: None,
            filter: PathFilter::default(),
            only: None,
            git_ignore: true,
            build_output: false,
            threads: 0,
        }
    }
}

impl WalkOptions {
    /// Everything under the roots.
    #[must_use]
    pub fn new(roots: Vec<PathBuf>) -> WalkOptions {
        WalkOptions { roots, ..WalkOptions::default() }
    }
}

/// The name of haechi's own ignore files.
const IGNORE_FILE: &str = ".haechiignore";

/// Finds the files: every one once, sorted by path, however many threads walk.
#[must_use]
pub fn walk(options: &WalkOptions) -> SourceSet {
    let mut found = Found::default();
    let mut roots: Vec<PathBuf> = Vec::new();
    for root in &options.roots {
        match root.canonicalize() {
            Ok(path) => roots.push(path),
            Err(error) => found.problem(ProblemKind::Unreadable, &root.to_string_lossy(), &error.to_string()),
        }
    }
    roots.sort();
    roots.dedup();
    let base = options.base.as_ref().and_then(|base| base.canonicalize().ok()).or_else(|| common_folder(&roots));
    let scope = Scope { base: base.as_deref(), options };

    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = roots.iter().cloned().partition(|root| root.is_dir());
    for file in &files {
        take_named(&scope, file, &mut found);
    }
    match &options.only {
        Some(only) => only.iter().for_each(|path| take_only(&scope, &folders, path, &mut found)),
        None => walk_folders(&scope, &folders, &mut found),
    }

    // Roots may lie in one another; the file system's path tells one file from another.
    found.files.sort_by(|a, b| a.absolute.cmp(&b.absolute).then_with(|| a.path.len().cmp(&b.path.len()).reverse()));
    found.files.dedup_by(|a, b| a.absolute == b.absolute);
    found.files.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| a.absolute.cmp(&b.absolute)));
    found.problems.sort_by(|a, b| a.detail.cmp(&b.detail).then_with(|| a.kind.cmp(&b.kind)));
    found.problems.dedup();
    SourceSet { files: IndexVec::from_vec(found.files), problems: found.problems }
}

#[derive(Default)]
struct Found {
    files: Vec<SourceFile>,
    problems: Vec<Problem>,
}

impl Found {
    fn problem(&mut self, kind: ProblemKind, path: &str, reason: &str) {
        self.problems.push(Problem { file: None, span: None, kind, detail: format!("{path}: {reason}") });
    }
}

struct Scope<'o> {
    base: Option<&'o Path>,
    options: &'o WalkOptions,
}

impl Scope<'_> {
    /// How a path under `root` is named in reports.
    fn relative(&self, root: &Path, path: &Path) -> String {
        let relative = self.base.and_then(|base| path.strip_prefix(base).ok()).or_else(|| path.strip_prefix(root).ok());
        let parts: Vec<_> = relative.unwrap_or(path).components().map(|part| part.as_os_str().to_string_lossy()).collect();
        parts.join("/")
    }
}

fn common_folder(roots: &[PathBuf]) -> Option<PathBuf> {
    let folder = |root: &PathBuf| if root.is_dir() { Some(root.clone()) } else { root.parent().map(Path::to_path_buf) };
    let mut common = folder(roots.first()?)?;
    for root in roots {
        while !root.starts_with(&common) {
            common = common.parent()?.to_path_buf();
        }
    }
    Some(common)
}

/// A file that was named as a root.
fn take_named(scope: &Scope<'_>, path: &Path, found: &mut Found) {
    let root = path.parent().unwrap_or(path);
    let relative = scope.relative(root, path);
    let Some(kind) = FileKind::of_path(&relative) else {
        return found.problem(ProblemKind::NotFollowed, &relative, "unknown kind of file");
    };
    match path.metadata() {
        Ok(metadata) => found.files.push(source_file(relative, path, kind, metadata.len())),
        Err(error) => found.problem(ProblemKind::Unreadable, &relative, &error.to_string()),
    }
}

/// A file of the list of changed ones. Deleted files are in such lists too and are no problem.
fn take_only(scope: &Scope<'_>, folders: &[PathBuf], path: &Path, found: &mut Found) {
    let Ok(path) = path.canonicalize() else { return };
    let Some(root) = folders.iter().find(|root| path.starts_with(root)) else { return };
    let relative = scope.relative(root, &path);
    let Some(kind) = FileKind::of_path(&relative) else { return };
    if !scope.options.filter.admits(&relative) {
        return;
    }
    let inside = path.strip_prefix(root).unwrap_or(&path);
    let mut folder = root.clone();
    for part in inside.parent().into_iter().flat_map(Path::components) {
        folder.push(part);
        let hidden = part.as_os_str().as_encoded_bytes().starts_with(b".");
        if hidden || (!scope.options.build_output && is_build_output(&folder)) {
            return;
        }
    }
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => found.files.push(source_file(relative, &path, kind, metadata.len())),
        Ok(_) => {}
        Err(error) => found.problem(ProblemKind::Unreadable, &relative, &error.to_string()),
    }
}

fn walk_folders(scope: &Scope<'_>, folders: &[PathBuf], found: &mut Found) {
    for root in folders {
        // A root inside another is walked twice, because the outer one may ignore it; doubles are dropped at the end.
        let before = found.files.len();
        walk_folder(scope, root, scope.options.git_ignore, found);
        if scope.options.git_ignore {
            take_tracked(scope, root, found);
            if found.files.len() == before {
                take_ignored(scope, root, found);
            }
        }
    }
}

/// A folder that was named and whose ignore files leave out everything is walked without them: packagers ship trees with
/// such a file (`/*`), and a scan of nothing must not look like a clean one.
fn take_ignored(scope: &Scope<'_>, root: &Path, found: &mut Found) {
    let before = found.files.len();
    walk_folder(scope, root, false, found);
    if found.files.len() > before {
        let shown = scope.relative(root, root);
        let shown = if shown.is_empty() { "." } else { shown.as_str() };
        found.problem(ProblemKind::NotFollowed, shown, "ignore files leave out every file here; they were not heeded");
    }
}

/// What an ignore file matches and git tracks all the same is part of the project.
fn take_tracked(scope: &Scope<'_>, root: &Path, found: &mut Found) {
    let paths = tracked(root, |path| FileKind::of_path(&path.to_string_lossy()).is_some());
    if paths.is_empty() {
        return;
    }
    let known: FastSet<PathBuf> = found.files.iter().map(|file| file.absolute.clone()).collect();
    for path in paths {
        let is_file = || path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        if !known.contains(&path) && is_file() && !is_ignored_by(IGNORE_FILE, root, &path) {
            take_only(scope, &[root.to_path_buf()], &path, found);
        }
    }
}

fn walk_folder(scope: &Scope<'_>, root: &Path, git_ignore: bool, found: &mut Found) {
    let options = scope.options;
    let mut builder = WalkBuilder::new(root);
    builder
        .hidden(true)
        .follow_links(false)
        .ignore(git_ignore)
        .git_ignore(git_ignore)
        .parents(git_ignore)
        .require_git(false)
        // What is scanned must not depend on who runs the scan.
        .git_global(false)
        .git_exclude(false)
        .threads(options.threads)
        .add_custom_ignore_filename(IGNORE_FILE);
    let (filter, base, walk_root, build_output) =
        (options.filter.clone(), scope.base.map(Path::to_path_buf), root.to_path_buf(), options.build_output);
    builder.filter_entry(move |entry| {
        if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
            return true;
        }
        if !build_output && is_build_output(entry.path()) {
            return false;
        }
        let relative = base.as_ref().and_then(|base| entry.path().strip_prefix(base).ok());
        let relative = relative.or_else(|| entry.path().strip_prefix(&walk_root).ok());
        !relative.is_some_and(|path| filter.prunes(&path.to_string_lossy().replace('\\', "/")))
    });
    let shared = Mutex::new(found);
    builder.build_parallel().run(|| {
        let mut mine = Batch { found: Found::default(), shared: &shared };
        Box::new(move |entry| {
            match entry {
                Ok(entry) => take_entry(scope, root, &entry, &mut mine.found),
                Err(error) => walk_error(scope, root, &error, &mut mine.found),
            }
            WalkState::Continue
        })
    });
}

/// What one thread found; handed over when the thread is done.
struct Batch<'a, 'f> {
    found: Found,
    shared: &'a Mutex<&'f mut Found>,
}

impl Drop for Batch<'_, '_> {
    fn drop(&mut self) {
        let mut shared = self.shared.lock();
        shared.files.append(&mut self.found.files);
        shared.problems.append(&mut self.found.problems);
    }
}

fn take_entry(scope: &Scope<'_>, root: &Path, entry: &DirEntry, found: &mut Found) {
    let Some(file_type) = entry.file_type() else { return };
    if file_type.is_dir() {
        return;
    }
    let path = entry.path();
    if file_type.is_symlink() {
        return note_link(scope, root, path, found);
    }
    let relative = scope.relative(root, path);
    let Some(kind) = FileKind::of_path(&relative) else { return };
    if !scope.options.filter.admits(&relative) {
        return;
    }
    if !file_type.is_file() {
        return found.problem(ProblemKind::Unreadable, &relative, "not a regular file");
    }
    match entry.metadata() {
        Ok(metadata) => found.files.push(source_file(relative, path, kind, metadata.len())),
        Err(error) => found.problem(ProblemKind::Unreadable, &relative, &error.to_string()),
    }
}

/// Links are not followed: what they lead to inside the tree is found at its own place. The others are told.
fn note_link(scope: &Scope<'_>, root: &Path, path: &Path, found: &mut Found) {
    let relative = scope.relative(root, path);
    match path.canonicalize() {
        Ok(target) if target.starts_with(root) => {}
        Ok(target) if target.is_dir() || FileKind::of_path(&relative).is_some() => {
            found.problem(ProblemKind::NotFollowed, &relative, "link out of the tree");
        }
        Ok(_) => {}
        Err(error) if FileKind::of_path(&relative).is_some() => {
            found.problem(ProblemKind::Unreadable, &relative, &error.to_string());
        }
        Err(_) => {}
    }
}

fn walk_error(scope: &Scope<'_>, root: &Path, error: &ignore::Error, found: &mut Found) {
    let (mut path, mut inner) = (None, error);
    loop {
        match inner {
            ignore::Error::WithPath { path: at, err } => (path, inner) = (Some(at), err.as_ref()),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => inner = err.as_ref(),
            _ => break,
        }
    }
    let relative = path.map(|path| scope.relative(root, path)).unwrap_or_default();
    // A folder that is itself unreadable; its name is the root's where nothing is left of it.
    let shown = if relative.is_empty() { String::from(".") } else { relative };
    let reason = inner.io_error().map_or_else(|| inner.to_string(), ToString::to_string);
    found.problem(ProblemKind::Unreadable, &shown, &reason);
}

fn source_file(path: String, absolute: &Path, kind: FileKind, size: u64) -> SourceFile {
    let is_test = looks_like_test(&path);
    SourceFile { path, absolute: absolute.to_path_buf(), kind, size, is_test }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{WalkOptions, walk};
    use crate::base::ProblemKind;
    use crate::source::{FileKind, PathFilter, SourceSet};

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::Builder::new().prefix("walk").tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        dir
    }

    fn paths(set: &SourceSet) -> Vec<&str> {
        set.files.iter().map(|file| file.path.as_str()).collect()
    }

    fn problems(set: &SourceSet) -> Vec<(ProblemKind, &str)> {
        set.problems.iter().map(|problem| (problem.kind, problem.detail.split(':').next().unwrap())).collect()
    }

    fn options(root: &Path) -> WalkOptions {
        WalkOptions::new(vec![root.to_path_buf()])
    }

    #[test]
    fn files_of_known_kinds_are_found_sorted_with_relative_paths() {
        let dir =
            tree(&["b/B.java", "a/z.c", "a/y.H", "w/web.xml", "w/i.jsp", "r/a.properties", "r/b.yaml", "r/c.txt", ".h/X.java"]);
        let one = walk(&WalkOptions { threads: 1, ..options(dir.path()) });
        assert_eq!(paths(&one), ["a/y.H", "a/z.c", "b/B.java", "r/a.properties", "r/b.yaml", "w/i.jsp", "w/web.xml"]);
        assert_eq!(one.files.iter().map(|file| file.kind).next(), Some(FileKind::CHeader));
        assert_eq!(one.files.iter().map(|file| file.size).sum::<u64>(), 7);
        let many = walk(&WalkOptions { threads: 4, ..options(dir.path()) });
        assert_eq!(paths(&one), paths(&many));
    }

    #[test]
    fn ignore_files_and_filters_count() {
        let dir = tree(&["keep/A.java", "skip/B.java", "keep/gen/C.java", "keep/D.java", "keep/E.jsp"]);
        fs::write(dir.path().join(".gitignore"), "skip/\n").unwrap();
        fs::write(dir.path().join("keep/.haechiignore"), "D.java\n").unwrap();
        let filter = PathFilter::new(&["*.java"], &["gen"]).unwrap();
        let set = walk(&WalkOptions { filter: filter.clone(), ..options(dir.path()) });
        assert_eq!(paths(&set), ["keep/A.java"]);
        let set = walk(&WalkOptions { filter, git_ignore: false, ..options(dir.path()) });
        assert_eq!(paths(&set), ["keep/A.java", "skip/B.java"]);
    }

    #[test]
    fn a_folder_whose_ignore_file_leaves_out_everything_is_walked_all_the_same() {
        let dir = tree(&["a/A.java", "own/B.java", "build.xml"]);
        fs::write(dir.path().join(".gitignore"), "/*\n!/packaging/\n").unwrap();
        fs::write(dir.path().join(".haechiignore"), "own/\n").unwrap();
        let set = walk(&options(dir.path()));
        assert_eq!((paths(&set), problems(&set)), (vec!["a/A.java", "build.xml"], vec![(ProblemKind::NotFollowed, ".")]));
    }

    #[test]
    fn what_git_tracks_is_taken_though_an_ignore_file_matches_it() {
        let dir =
            tree(&["a/A.java", "a/conf/app.properties", "a/conf/own.properties", "b/target/B.java", "b/pom.xml", "b/C.java"]);
        let git = |args: &[&str]| {
            let mut command = std::process::Command::new("git");
            for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
                command.env_remove(name);
            }
            let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
            assert!(command.args(identity).args(args).current_dir(dir.path()).output().unwrap().status.success());
        };
        git(&["init", "-q"]);
        git(&["add", "-A"]);
        fs::write(dir.path().join(".gitignore"), "conf/\nC.java\ntarget/\nnew.properties\n").unwrap();
        fs::write(dir.path().join("a/.haechiignore"), "own.properties\n").unwrap();
        fs::write(dir.path().join("a/conf/new.properties"), "x").unwrap();
        let expected = ["a/A.java", "a/conf/app.properties", "b/C.java", "b/pom.xml"];
        assert_eq!(paths(&walk(&options(dir.path()))), expected);
        // A part of the tree, and a repository whose index has not been written.
        assert_eq!(paths(&walk(&options(&dir.path().join("a")))), ["A.java", "conf/app.properties"]);
        git(&["commit", "-q", "-m", "all"]);
        fs::remove_file(dir.path().join(".git/index")).unwrap();
        assert_eq!(paths(&walk(&options(dir.path()))), expected);
    }

    #[test]
    fn build_output_is_left_out_where_a_build_file_says_that_it_is_one() {
        let dir =
            tree(&["m/pom.xml", "m/target/A.java", "c/build/b.c", "g/build.gradle", "g/build/G.java", "w/node_modules/n.c"]);
        assert_eq!(paths(&walk(&options(dir.path()))), ["c/build/b.c", "m/pom.xml"]);
        let all = walk(&WalkOptions { build_output: true, ..options(dir.path()) });
        assert_eq!(paths(&all), ["c/build/b.c", "g/build/G.java", "m/pom.xml", "m/target/A.java", "w/node_modules/n.c"]);
    }

    #[test]
    fn several_roots_are_named_from_their_common_folder_and_doubles_are_dropped() {
        let dir = tree(&["p/a/A.java", "p/b/B.java", "p/b/skip/C.java", "p/c/D.java"]);
        fs::write(dir.path().join(".gitignore"), "skip/\n").unwrap();
        let at = |path: &str| dir.path().join(path);
        let roots = vec![at("p/b"), at("p/a"), at("p/b/skip/C.java"), at("p/a"), at("nothing")];
        let set = walk(&WalkOptions::new(roots.clone()));
        assert_eq!(paths(&set), ["a/A.java", "b/B.java", "b/skip/C.java"]);
        assert!(matches!(set.problems.as_slice(), [problem] if problem.kind == ProblemKind::Unreadable));
        let based = walk(&WalkOptions { base: Some(dir.path().to_path_buf()), ..WalkOptions::new(roots) });
        assert_eq!(paths(&based), ["p/a/A.java", "p/b/B.java", "p/b/skip/C.java"]);
    }

    #[test]
    fn a_file_named_outright_is_taken_whatever_ignores_it() {
        let dir = tree(&["target/A.java", "pom.xml", "notes.txt"]);
        fs::write(dir.path().join(".gitignore"), "*.java\n").unwrap();
        let set = walk(&WalkOptions::new(vec![dir.path().join("target/A.java"), dir.path().join("notes.txt")]));
        assert_eq!(paths(&set), ["target/A.java"]);
        assert_eq!(problems(&set), [(ProblemKind::NotFollowed, "notes.txt")]);
    }

    #[test]
    fn only_the_listed_files_are_taken_and_deleted_ones_are_no_problem() {
        let dir = tree(&["a/A.java", "a/B.java", "a/c.txt", "m/pom.xml", "m/target/T.java"]);
        let only = ["a/B.java", "a/Gone.java", "a/c.txt", "m/target/T.java"].map(|path| dir.path().join(path)).to_vec();
        let set = walk(&WalkOptions { only: Some(only), ..options(dir.path()) });
        assert_eq!((paths(&set), problems(&set)), (vec!["a/B.java"], vec![]));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        use std::os::unix::fs::symlink;
        let outside = tree(&["O.java", "folder/P.java"]);
        let dir = tree(&["a/A.java"]);
        let at = |path: &str| dir.path().join(path);
        symlink(outside.path().join("O.java"), at("Out.java")).unwrap();
        symlink(outside.path().join("folder"), at("outfolder")).unwrap();
        symlink(at("a/A.java"), at("Inside.java")).unwrap();
        symlink(dir.path(), at("a/loop")).unwrap();
        symlink(at("gone"), at("Dangling.java")).unwrap();
        let set = walk(&options(dir.path()));
        assert_eq!(paths(&set), ["a/A.java"]);
        assert_eq!(
            problems(&set),
            [
                (ProblemKind::Unreadable, "Dangling.java"),
                (ProblemKind::NotFollowed, "Out.java"),
                (ProblemKind::NotFollowed, "outfolder"),
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_told() {
        let dir = tree(&["a/A.java"]);
        std::os::unix::net::UnixListener::bind(dir.path().join("s.java")).unwrap();
        let set = walk(&options(dir.path()));
        assert_eq!((paths(&set), problems(&set)), (vec!["a/A.java"], vec![(ProblemKind::Unreadable, "s.java")]));
    }
}
