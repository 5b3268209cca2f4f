//! Which relative paths are wanted, and what a path alone says about a file. Must not touch the disk.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::FileKind;

/// Includes and excludes over relative paths with `/`.
///
/// As in .gitignore, a pattern without a `/` but at its end matches at any depth, and a folder's name stands for all in it.
#[derive(Debug, Clone, Default)]
pub struct PathFilter {
    /// `None`: everything.
    include: Option<GlobSet>,
    exclude: GlobSet,
}

/// A pattern that is no glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pattern}: {reason}")]
pub struct FilterError {
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl PathFilter {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// When one of them is no glob.
    pub fn new<S: AsRef<str>>(include: &[S], exclude: &[S]) -> Result<PathFilter, FilterError> {
        let include = if include.is_empty() { None } else { Some(compile(include)?) };
        Ok(PathFilter { include, exclude: compile(exclude)? })
    }

    /// Whether a file is wanted.
    #[must_use]
    pub fn admits(&self, path: &str) -> bool {
        self.include.as_ref().is_none_or(|include| include.is_match(path)) && !self.exclude.is_match(path)
    }

    /// Whether all of a folder is excluded.
    #[must_use]
    pub fn prunes(&self, folder: &str) -> bool {
        self.exclude.is_match(folder)
    }
}

fn compile<S: AsRef<str>>(patterns: &[S]) -> Result<GlobSet, FilterError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let pattern = pattern.as_ref();
        let error = |error: &globset::Error| FilterError { pattern: pattern.to_owned(), reason: error.kind().to_string() };
        let body = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/');
        let rooted = body.strip_prefix('/');
        let body = match rooted {
            Some(body) => body.to_owned(),
            None if body.contains('/') => body.to_owned(),
            None => format!("**/{body}"),
        };
        for glob in [body.clone(), format!("{body}/**")] {
            set.add(GlobBuilder::new(&glob).literal_separator(true).build().map_err(|e| error(&e))?);
        }
    }
    set.build().map_err(|error| FilterError { pattern: String::new(), reason: error.kind().to_string() })
}

impl FileKind {
    /// What a file is by its name, in any case; `None` for what is not scanned.
    #[must_use]
    pub fn of_path(path: &str) -> Option<FileKind> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let (stem, extension) = name.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        let kinds: [(&str, FileKind); 12] = [
            ("java", FileKind::Java),
            ("c", FileKind::C),
            ("h", FileKind::CHeader),
            ("jsp", FileKind::Jsp),
            ("jspf", FileKind::Jsp),
            ("jspx", FileKind::Jsp),
            ("tag", FileKind::Jsp),
            ("tagx", FileKind::Jsp),
            ("xml", FileKind::Xml),
            ("properties", FileKind::Properties),
            ("yml", FileKind::Yaml),
            ("yaml", FileKind::Yaml),
        ];
        kinds.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known)).map(|(_, kind)| *kind)
    }
}

/// Whether a relative path lies in a test folder or is named like a test.
pub(super) fn looks_like_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let test_folder = |folder: &str| ["test", "tests", "androidTest", "integrationTest", "testFixtures"].contains(&folder);
    // Below src/main a package may well be called test.
    let in_main = folders.split('/').zip(folders.split('/').skip(1)).any(|pair| pair == ("src", "main"));
    if !in_main && folders.split('/').any(test_folder) {
        return true;
    }
    match FileKind::of_path(name) {
        Some(FileKind::Java) => {
            let prefixed = stem.strip_prefix("Test").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
            prefixed
                || (!in_main
                    && ["Test", "Tests", "TestCase", "IT"].iter().any(|end| stem.len() > end.len() && stem.ends_with(end)))
        }
        // Settings of a profile: `application-test.yml`.
        Some(FileKind::Yaml | FileKind::Properties) => ["-test", "-tests", "_test"].iter().any(|end| stem.ends_with(end)),
        Some(FileKind::C | FileKind::CHeader) => stem.starts_with("test_") || stem.ends_with("_test"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{PathFilter, looks_like_test};
    use crate::source::FileKind;

    #[test]
    fn patterns_match_as_in_gitignore() {
        let filter = PathFilter::new(&["*.java", "web/**"], &["legacy", "/gen/", "src/*/Old*.java"]).unwrap();
        for (path, wanted) in [
            ("src/a/A.java", true),
            ("web/index.jsp", true),
            ("other/index.jsp", false),
            ("src/legacy/A.java", false),
            ("legacy/A.java", false),
            ("gen/A.java", false),
            ("src/gen/A.java", true),
            ("src/a/OldA.java", false),
            ("src/a/b/OldA.java", true),
        ] {
            assert_eq!(filter.admits(path), wanted, "{path}");
        }
        assert!(filter.prunes("src/legacy"));
        assert!(!filter.prunes("src"));
    }

    #[test]
    fn a_bad_pattern_is_named() {
        assert_eq!(PathFilter::new(&["a[b"], &[]).unwrap_err().pattern, "a[b");
    }

    #[test]
    fn kinds_go_by_extension_in_any_case() {
        assert_eq!(FileKind::of_path("a/B.JAVA"), Some(FileKind::Java));
        assert_eq!(FileKind::of_path("a/x.Jspf"), Some(FileKind::Jsp));
        assert_eq!(FileKind::of_path("a/.c"), None);
        assert_eq!(FileKind::of_path("a/page.xhtml"), None);
        assert_eq!(FileKind::of_path("java"), None);
    }

    #[test]
    fn tests_are_known_by_folder_and_name() {
        for (path, test) in [
            ("src/test/java/a/B.java", true),
            ("src/main/java/a/test/B.java", false),
            ("src/main/java/a/BTest.java", false),
            ("a/BTest.java", true),
            ("a/TestB.java", true),
            ("a/Testament.java", false),
            ("a/ContestTest00001.java", false),
            ("tests/x.c", true),
            ("lib/test_list.c", true),
            ("lib/latest.c", false),
        ] {
            assert_eq!(looks_like_test(path), test, "{path}");
        }
    }
}
