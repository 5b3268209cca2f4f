//! Access to a scanned file's text after the analysis. Must not know where texts come from.

use std::sync::Arc;

use crate::base::FileId;
use crate::source::LineIndex;

/// A text and its lines.
#[derive(Debug)]
pub struct SourceView {
    /// Decoded; spans count bytes of this.
    pub text: String,
    /// Its lines.
    pub lines: LineIndex,
}

impl SourceView {
    /// Indexes a text.
    #[must_use]
    pub fn new(text: String) -> SourceView {
        let lines = LineIndex::new(&text);
        SourceView { text, lines }
    }
}

/// Gives a file's text again, the same that the spans were made from; `None` where it cannot.
pub trait SourceLookup: Sync {
    /// The text of a file.
    fn source(&self, file: FileId) -> Option<Arc<SourceView>>;
}

impl<F: Fn(FileId) -> Option<Arc<SourceView>> + Sync> SourceLookup for F {
    fn source(&self, file: FileId) -> Option<Arc<SourceView>> {
        self(file)
    }
}
