//! What is wrong with a syntactic rule.

/// A syntactic rule that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: `{key}`: {message}")]
pub struct PatternError {
    /// The rule's file in its rule folder.
    pub file: String,
    /// The key to blame: `rule`, `constraints`, `examined` …
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
}

/// An error and its causes in one sentence: ast-grep's own messages say little without them.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
