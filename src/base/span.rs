//! Byte ranges of source text. Must not know lines or columns: those are computed where they are printed.

use serde::{Deserialize, Serialize};

use super::FileId;

/// A half-open byte range `[lo, hi)` of a file's decoded (UTF-8) text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(into = "(u32, u32)", from = "(u32, u32)")]
pub struct Span {
    /// First byte.
    pub lo: u32,
    /// One past the last byte.
    pub hi: u32,
}

/// Start and length, which most often fits into a byte.
impl From<Span> for (u32, u32) {
    fn from(span: Span) -> Self {
        (span.lo, span.hi.wrapping_sub(span.lo))
    }
}

impl From<(u32, u32)> for Span {
    fn from((lo, len): (u32, u32)) -> Self {
        Span { lo, hi: lo.wrapping_add(len) }
    }
}

impl Span {
    /// The range `[lo, hi)`; texts over 4 GiB are rejected long before this.
    #[must_use]
    pub fn new(lo: usize, hi: usize) -> Self {
        Span { lo: u32::try_from(lo).unwrap_or(u32::MAX), hi: u32::try_from(hi).unwrap_or(u32::MAX) }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// Whether `other` lies inside.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.hi.saturating_sub(self.lo) as usize
    }

    /// Whether the range holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.hi <= self.lo
    }

    /// The text it marks; empty where the range does not fit the text.
    #[must_use]
    pub fn text(self, source: &str) -> &str {
        source.get(self.lo as usize..self.hi as usize).unwrap_or_default()
    }
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.lo, self.hi)
    }
}

/// A [`Span`] and the file it lies in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileSpan {
    /// The file.
    pub file: FileId,
    /// The range.
    pub span: Span,
}
