//! The texts of the scanned files: the file's own, or the one that stands for it (staged content).
//! Must not know what is done with them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use index_vec::IndexVec;

use crate::base::FileId;
use crate::findings::{SourceLookup, SourceView};
use crate::source::{ReadError, ReadLimits, SourceFile, SourceText, decode, read};

/// Reads texts, the same bytes each time as long as nobody writes the files.
#[derive(Debug)]
pub struct Texts {
    files: IndexVec<FileId, SourceFile>,
    overlay: BTreeMap<PathBuf, Vec<u8>>,
    limits: ReadLimits,
}

impl Texts {
    pub(super) fn new(files: IndexVec<FileId, SourceFile>, overlay: BTreeMap<PathBuf, Vec<u8>>, limits: ReadLimits) -> Texts {
        Texts { files, overlay, limits }
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> &IndexVec<FileId, SourceFile> {
        &self.files
    }

    /// The text of a file.
    ///
    /// # Errors
    /// It cannot be read, is too large, or is no text.
    pub fn read(&self, file: FileId) -> Result<SourceText, ReadError> {
        let Some(source) = self.files.get(file) else {
            return Err(ReadError { kind: crate::base::ProblemKind::Unreadable, detail: String::new() });
        };
        match self.overlay.get(&source.absolute) {
            None => read(source, &self.limits),
            Some(bytes) if bytes.len() as u64 > self.limits.max_bytes => {
                Err(ReadError { kind: crate::base::ProblemKind::TooLarge, detail: self.limits.max_bytes.to_string() })
            }
            Some(bytes) => decode(bytes.clone(), source.kind),
        }
    }
}

impl SourceLookup for Texts {
    fn source(&self, file: FileId) -> Option<Arc<SourceView>> {
        self.read(file).ok().map(|text| Arc::new(SourceView::new(text.text)))
    }
}
