//! What went wrong with an input, told rather than thrown: every file ends as analysed, partly analysed or failed.
//! Must not know how it is shown.

use super::{FileId, Span};

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub enum FileStatus {
    /// Read and analysed to the end.
    #[default]
    Analysed,
    /// Analysed, but regions or functions were left out; a [`Problem`] says which and why.
    Partly,
    /// Not analysed; a [`Problem`] says why.
    Failed,
}

/// A notification about an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, where there is one.
    pub file: Option<FileId>,
    /// The region, where there is one.
    pub span: Option<Span>,
    /// What.
    pub kind: ProblemKind,
    /// Details that a text names: an encoding, a limit, an operating-system error. Language-neutral.
    pub detail: String,
}

/// What can be wrong with an input. `report::texts` has a sentence for each in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ProblemKind {
    /// It could not be opened or read.
    Unreadable,
    /// It is no text.
    Binary,
    /// It is over the size limit.
    TooLarge,
    /// Bytes that the encoding does not have were replaced.
    BadEncoding,
    /// A region does not parse; the rest is analysed.
    SyntaxError,
    /// Nested deeper than the limit; the function is left out.
    TooDeep,
    /// A function is over a bound of the analysis; its findings may be incomplete.
    BoundHit,
    /// The file took longer than its time limit.
    TimedOut,
    /// An internal error was caught; the file is left out.
    Internal,
    /// An internal error was caught while one function was analysed; that function is left out.
    FunctionFailed,
    /// A conditional without end, or an end without one (C).
    UnbalancedConditional,
    /// A document (XML, properties, YAML) that is not well-formed.
    BadDocument,
    /// A suppression that cannot be understood.
    BadSuppression,
    /// A directory or link was not followed.
    NotFollowed,
}

impl ProblemKind {
    /// What the file's status is at best with such a problem.
    #[must_use]
    pub fn status(self) -> FileStatus {
        match self {
            ProblemKind::Unreadable
            | ProblemKind::Binary
            | ProblemKind::TooLarge
            | ProblemKind::Internal
            | ProblemKind::TimedOut => FileStatus::Failed,
            ProblemKind::BadEncoding
            | ProblemKind::SyntaxError
            | ProblemKind::TooDeep
            | ProblemKind::BoundHit
            | ProblemKind::FunctionFailed
            | ProblemKind::UnbalancedConditional
            | ProblemKind::BadDocument => FileStatus::Partly,
            ProblemKind::BadSuppression | ProblemKind::NotFollowed => FileStatus::Analysed,
        }
    }
}

/// What a caught panic said.
#[must_use]
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown".to_owned())
}
