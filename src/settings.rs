//! `haechi.toml`: what a project says once so that nobody has to type it. Every key is checked; an unknown one is an
//! error with its line and the nearest right name.
//! Must not know the command line; where both say something, the command line wins, and `cli` decides that.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The file's name, looked for in the scanned folder and then upwards.
pub const FILE_NAME: &str = "haechi.toml";

/// What a `haechi.toml` may hold. Paths in it are relative to its folder.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// `ko` or `en`.
    pub lang: Option<String>,
    /// What is scanned.
    pub scan: ScanSection,
    /// Which rules run.
    pub rules: RulesSection,
    /// What is reported, and what fails.
    pub report: ReportSection,
    /// How C is read.
    pub c: CSection,
    /// The folder of the file; not a key.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// `[scan]`.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ScanSection {
    /// Files and folders to scan when the command names none.
    pub paths: Vec<PathBuf>,
    /// Only files that fit one of these globs.
    pub include: Vec<String>,
    /// No file that fits one of these globs.
    pub exclude: Vec<String>,
    /// Largest file read: `"5MiB"` or a number of bytes.
    pub max_file_size: Option<SizeText>,
    /// Worker threads; 0: one a core.
    pub threads: Option<usize>,
}

/// `[rules]`.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RulesSection {
    /// Folders of own rules and models.
    pub dirs: Vec<PathBuf>,
    /// Only these: rule, item, category or CWE.
    pub only: Vec<String>,
    /// All but these.
    pub skip: Vec<String>,
}

/// `[report]`.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ReportSection {
    /// Least severity reported.
    pub severity: Option<String>,
    /// Least confidence reported.
    pub confidence: Option<String>,
    /// Least severity that fails the run; `never`.
    pub fail_on: Option<String>,
    /// Findings already known: SARIF of an earlier scan.
    pub baseline: Option<PathBuf>,
    /// `full`, `github`, `gitlab` or `jenkins`.
    pub sarif_profile: Option<String>,
}

/// `[c]`.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CSection {
    /// Macros: `NAME` or `NAME=VALUE`.
    pub define: Vec<String>,
    /// Folders searched for included files.
    pub include_dirs: Vec<PathBuf>,
    /// A compilation database.
    pub compile_commands: Option<PathBuf>,
}

/// A size in bytes, as a number or as text with a unit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SizeText {
    /// Bytes.
    Bytes(u64),
    /// `5MiB`, `500k`.
    Text(String),
}

/// Why settings could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no TOML, has an unknown key, or a value of the wrong type.
    #[error("{path}:{line}:{column}: {message}", path = path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
        /// The name that may have been meant, or the names there are.
        cure: Option<String>,
    },
    /// A size that is none.
    #[error("\"{0}\" is no size")]
    Size(String),
}

impl Settings {
    /// The settings of the nearest `haechi.toml` at or above `start`; defaults where there is none.
    ///
    /// # Errors
    /// The file is there and cannot be read or is wrong.
    pub fn find(start: &Path) -> Result<Settings, SettingsError> {
        let absolute = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
        match absolute.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file()) {
            Some(file) => Settings::read(&file),
            None => Ok(Settings::default()),
        }
    }

    /// Reads one file.
    ///
    /// # Errors
    /// It cannot be read or is wrong.
    pub fn read(file: &Path) -> Result<Settings, SettingsError> {
        let text = std::fs::read_to_string(file).map_err(|source| SettingsError::Unreadable { path: file.to_owned(), source })?;
        let mut settings = Settings::parse(&text, file)?;
        settings.folder = file.parent().unwrap_or(Path::new(".")).to_owned();
        settings.anchor();
        Ok(settings)
    }

    /// Parses the text of a file; `file` is for messages only.
    ///
    /// # Errors
    /// It is wrong.
    pub fn parse(text: &str, file: &Path) -> Result<Settings, SettingsError> {
        let invalid = |offset: usize, message: String, cure: Option<String>| {
            let before = text.get(..offset.min(text.len())).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            SettingsError::Invalid {
                path: file.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
                message,
                cure,
            }
        };
        let settings: Settings = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let (message, cure) = explain(error.message());
            invalid(offset, message, cure)
        })?;
        // Values that are texts with few right answers: said here with the line, not later without.
        for (key, value, allowed) in [
            ("lang", &settings.lang, &["ko", "en"][..]),
            ("severity", &settings.report.severity, SEVERITIES),
            ("confidence", &settings.report.confidence, &["low", "medium", "high"]),
            ("fail-on", &settings.report.fail_on, &["info", "low", "medium", "high", "critical", "never"]),
            ("sarif-profile", &settings.report.sarif_profile, &["full", "github", "gitlab", "jenkins"]),
        ] {
            if let Some(value) = value
                && !allowed.contains(&value.as_str())
            {
                let cure = nearest(value, allowed.iter().copied()).map_or_else(
                    || format!("one of {}", allowed.join(", ")),
                    |name| format!("did you mean \"{name}\"? ({})", allowed.join(", ")),
                );
                let at = text.find(&format!("\"{value}\"")).unwrap_or(0);
                return Err(invalid(at, format!("\"{value}\" is no value of `{key}`"), Some(cure)));
            }
        }
        if let Some(size) = &settings.scan.max_file_size {
            size.bytes().map_err(|error| {
                let at = text.find("max-file-size").unwrap_or(0);
                invalid(at, error.to_string(), Some("a number of bytes, or a text such as \"5MiB\" or \"500KiB\"".to_owned()))
            })?;
        }
        Ok(settings)
    }

    /// Makes the paths in the file relative to where the file is.
    fn anchor(&mut self) {
        let folder = self.folder.clone();
        let single = [&mut self.report.baseline, &mut self.c.compile_commands];
        for path in single.into_iter().flatten() {
            *path = folder.join(&*path);
        }
        for paths in [&mut self.scan.paths, &mut self.rules.dirs, &mut self.c.include_dirs] {
            for path in paths {
                *path = folder.join(&*path);
            }
        }
    }
}

/// Severities, least first.
const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];

impl SizeText {
    /// In bytes.
    ///
    /// # Errors
    /// The text is no size.
    pub fn bytes(&self) -> Result<u64, SettingsError> {
        match self {
            SizeText::Bytes(bytes) => Ok(*bytes),
            SizeText::Text(text) => parse_size(text),
        }
    }
}

/// `5MiB`, `5M`, `500k`, `1234`: binary units, in any case.
///
/// # Errors
/// It is none of those.
pub fn parse_size(text: &str) -> Result<u64, SettingsError> {
    let wrong = || SettingsError::Size(text.to_owned());
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).ok_or_else(wrong)
}

/// The name nearest to a misspelt one, if any is near.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(f64, &str)> = None;
    for name in names {
        let score = strsim::jaro_winkler(wrong, name);
        if score > 0.75 && best.is_none_or(|(known, _)| score > known) {
            best = Some((score, name));
        }
    }
    best.map(|(_, name)| name)
}

/// serde's message for an unknown key names the key and all right ones in backticks; a person needs the nearest.
fn explain(message: &str) -> (String, Option<String>) {
    let Some(rest) = message.strip_prefix("unknown field ") else {
        return (message.trim_end().replace('\n', " "), None);
    };
    let mut names = rest.split('`').skip(1).step_by(2);
    let wrong = names.next().unwrap_or_default();
    let right: Vec<&str> = names.collect();
    let cure = match nearest(wrong, right.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("keys here: {}", right.join(", ")),
    };
    (format!("unknown key `{wrong}`"), Some(cure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> (String, Option<String>) {
        match Settings::parse(text, Path::new("haechi.toml")) {
            Err(error @ SettingsError::Invalid { .. }) => {
                let text = error.to_string();
                let SettingsError::Invalid { cure, .. } = error else { unreachable!() };
                (text, cure)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn unknown_keys_are_named_with_line_and_nearest_right_one() {
        let (text, cure) = error_of("lang = \"ko\"\n\n[scan]\nexlude = [\"gen/**\"]\n");
        assert_eq!(text, "haechi.toml:4:1: unknown key `exlude`");
        assert_eq!(cure.as_deref(), Some("did you mean `exclude`?"));
        let (text, cure) = error_of("[reprot]\n");
        assert_eq!(text, "haechi.toml:1:2: unknown key `reprot`");
        assert_eq!(cure.as_deref(), Some("did you mean `report`?"));
    }

    #[test]
    fn a_key_like_nothing_lists_the_keys() {
        let (_, cure) = error_of("[c]\nzzz = 1\n");
        assert_eq!(cure.as_deref(), Some("keys here: define, include-dirs, compile-commands"));
    }

    #[test]
    fn values_are_checked_too() {
        let (text, cure) = error_of("[report]\nfail-on = \"hihg\"\n");
        assert_eq!(text, "haechi.toml:2:11: \"hihg\" is no value of `fail-on`");
        assert!(cure.is_some_and(|cure| cure.starts_with("did you mean \"high\"?")));
        let (text, _) = error_of("[scan]\nmax-file-size = \"big\"\n");
        assert_eq!(text, "haechi.toml:2:1: \"big\" is no size");
    }

    #[test]
    fn a_wrong_type_says_so() {
        let (text, _) = error_of("[scan]\nthreads = \"two\"\n");
        assert!(text.starts_with("haechi.toml:2:11: invalid type: string \"two\""), "{text}");
    }

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(parse_size("5MiB").unwrap(), 5 << 20);
        assert_eq!(parse_size("12 k").unwrap(), 12 << 10);
        assert_eq!(parse_size("77").unwrap(), 77);
        assert!(parse_size("5 miles").is_err());
        assert!(parse_size("99999999999G").is_err());
    }

    #[test]
    fn the_nearest_file_upwards_is_read_and_its_paths_are_its_own() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(root.path().join(FILE_NAME), "[report]\nbaseline = \"known.sarif\"\n").unwrap();
        let settings = Settings::find(&deep).unwrap();
        assert_eq!(settings.report.baseline, Some(root.path().join("known.sarif")));
    }
}
