//! What can be wrong with rules and models, said so that it can be mended: file, line, key, nearest right name.

use std::fmt;

/// Where in a rule folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Relative to the rule folder: `java/input-validation/sql-injection.yaml`.
    pub file: String,
    /// From 1; 0 where no line is to blame.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        Ok(())
    }
}

/// The nearest right name, if any is near: prints as `, did you mean …?` or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suggestion(pub Option<String>);

impl Suggestion {
    /// The nearest of the known names.
    pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Suggestion {
        let best = known.into_iter().map(|known| (strsim::jaro_winkler(name, known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
        Suggestion(best.filter(|(score, _)| *score > 0.75).map(|(_, known)| known.to_owned()))
    }
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(f, ", did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

/// Why rules or models cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RulesError {
    #[error("cannot read {path}: {message}")]
    Unreadable { path: String, message: String },
    #[error("{at}: {message}{suggestion}")]
    Yaml { at: Place, message: String, suggestion: Suggestion },
    #[error("{at}: `{key}`: unknown {what} `{name}`{suggestion}")]
    UnknownName { at: Place, key: String, what: &'static str, name: String, suggestion: Suggestion },
    #[error("{at}: the id `{id}` is also that of {other}")]
    DuplicateId { at: Place, id: String, other: String },
    #[error("{at}: the id `{id}` is a built-in rule's; say `replaces: true` to take its place")]
    ReplacesBuiltin { at: Place, id: String },
    #[error("{at}: `replaces`: there is no built-in rule `{id}`{suggestion}")]
    ReplacesNothing { at: Place, id: String, suggestion: Suggestion },
    #[error("{at}: the id `{id}` does not fit the file: expected `{expected}`")]
    IdNotFileName { at: Place, id: String, expected: String },
    #[error("{at}: {message}")]
    Misplaced { at: Place, message: String },
    #[error("{at}: `{key}`: {message}")]
    Invalid { at: Place, key: String, message: String },
    #[error("{at}: `{key}`: can never match: {message}")]
    NeverMatches { at: Place, key: String, message: String },
    #[error("{at}: `{key}`: unknown placeholder `{{{name}}}`{suggestion}")]
    UnknownPlaceholder { at: Place, key: String, name: String, suggestion: Suggestion },
}

/// A file being compiled: finds the line to blame.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// Relative to the rule folder.
    pub(super) file: &'a str,
    /// The YAML.
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// The first line that holds `needle` as a whole word, preferably with `key:` before it on the same or an earlier
    /// line. Compiled values have lost their places; a wrong name is all but unique in its file, so this finds it.
    pub(super) fn at(&self, key: &str, needle: &str) -> Place {
        let key_colon = format!("{key}:");
        let mut key_seen = false;
        let mut fallback = 0;
        for (index, line) in self.text.lines().enumerate() {
            key_seen |= holds_word(line, &key_colon);
            if !needle.is_empty() && holds_word(line, needle) || needle.is_empty() && holds_word(line, &key_colon) {
                if key_seen {
                    return Place { file: self.file.to_owned(), line: index + 1 };
                }
                if fallback == 0 {
                    fallback = index + 1;
                }
            }
        }
        if fallback == 0 && !needle.is_empty() {
            return self.at(key, "");
        }
        Place { file: self.file.to_owned(), line: fallback }
    }

    /// The file as a whole.
    pub(super) fn whole(&self) -> Place {
        Place { file: self.file.to_owned(), line: 0 }
    }

    pub(super) fn unknown<'n>(
        &self,
        key: &str,
        what: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> RulesError {
        RulesError::UnknownName {
            at: self.at(key, name),
            key: key.to_owned(),
            what,
            name: name.to_owned(),
            suggestion: Suggestion::nearest(name, known),
        }
    }

    pub(super) fn invalid(&self, key: &str, needle: &str, message: impl Into<String>) -> RulesError {
        RulesError::Invalid { at: self.at(key, needle), key: key.to_owned(), message: message.into() }
    }

    pub(super) fn never(&self, key: &str, needle: &str, message: impl Into<String>) -> RulesError {
        RulesError::NeverMatches { at: self.at(key, needle), key: key.to_owned(), message: message.into() }
    }

    /// serde_yaml's error; for an unknown key its list of expected ones becomes a suggestion.
    pub(super) fn yaml(&self, error: &serde_yaml::Error) -> RulesError {
        let line = error.location().map_or(0, |location| location.line());
        let full = error.to_string();
        let message = full.split(" at line ").next().unwrap_or(&full).to_owned();
        let mut quoted = message.split('`').skip(1).step_by(2);
        let is_unknown = message.contains("unknown field") || message.contains("unknown variant");
        let suggestion = match quoted.next() {
            Some(name) if is_unknown => Suggestion::nearest(name, quoted),
            _ => Suggestion::default(),
        };
        let message = match (is_unknown, message.find(", expected")) {
            (true, Some(end)) => message.get(..end).unwrap_or(&message).replace("unknown field", "unknown key"),
            _ => message.replace("missing field", "missing key"),
        };
        RulesError::Yaml { at: Place { file: self.file.to_owned(), line }, message, suggestion }
    }
}

/// Whether the line holds the text with no letter, digit, `-`, `_` or `.` on either side.
fn holds_word(line: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part_of_word) && (word.ends_with(':') || !after.is_some_and(part_of_word))
    })
}
