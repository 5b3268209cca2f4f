//! A file of the scanned project. Must not know how it was found.

use std::path::PathBuf;

use index_vec::IndexVec;

use crate::base::{FileId, Problem};

/// What a file is, by name and, where a name says too little (`.xml`, `.h`), by content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `.java`.
    Java,
    /// `.c`.
    C,
    /// `.h`.
    CHeader,
    /// `.jsp`, `.jspf`, `.jspx`, `.tag`, `.tagx`.
    Jsp,
    /// Any other XML: web.xml, Spring, mappers, poms.
    Xml,
    /// `.properties`.
    Properties,
    /// `.yml`, `.yaml`.
    Yaml,
}

/// A file to scan.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Relative to its root, `/` between the parts; how every report names it.
    pub path: String,
    /// Where it is on this machine.
    pub absolute: PathBuf,
    /// What it is.
    pub kind: FileKind,
    /// Bytes on disk.
    pub size: u64,
    /// In a test folder or named like a test.
    pub is_test: bool,
}

/// All files of a scan, sorted by path: [`FileId`]s are the same however the walk went.
#[derive(Debug, Default)]
pub struct SourceSet {
    /// The files.
    pub files: IndexVec<FileId, SourceFile>,
    /// What could not be walked.
    pub problems: Vec<Problem>,
}

/// A file's text.
#[derive(Debug, Clone)]
pub struct SourceText {
    /// Decoded; a leading byte-order mark is gone. Spans count bytes of this.
    pub text: String,
    /// The encoding's label: `UTF-8`, `EUC-KR`, …
    pub encoding: &'static str,
    /// Whether bytes had to be replaced.
    pub lossy: bool,
}
