//! What a scan is asked for. Must not know where the wishes come from.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::rules::{Confidence, Severity};
use crate::source::{ReadLimits, WalkOptions};
use crate::syntax::DEFAULT_PARSE_TIME;

/// Options of a scan.
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// What is walked.
    pub walk: WalkOptions,
    /// Limits of reading.
    pub limits: ReadLimits,
    /// Contents that stand for files' own: staged texts, by absolute path.
    pub overlay: BTreeMap<PathBuf, Vec<u8>>,
    /// Where set, only findings in these files (absolute paths) are reported; the others only inform.
    pub report_only: Option<Vec<PathBuf>>,
    /// Findings below are counted as undecided, not reported.
    pub min_severity: Option<Severity>,
    /// See `min_severity`.
    pub min_confidence: Option<Confidence>,
    /// C macros, `NAME` or `NAME=VALUE`.
    pub defines: Vec<String>,
    /// Folders searched for included C files.
    pub include_dirs: Vec<PathBuf>,
    /// A compilation database.
    pub compile_commands: Option<PathBuf>,
    /// Worker threads; 0: one a core.
    pub threads: usize,
    /// Time for one parse.
    pub parse_time: Duration,
    /// Bodies are kept packed where the files hold more bytes than this: less memory, some percent more time.
    pub pack_above: u64,
}

/// Files of more bytes than this hold a large program.
pub(super) const LARGE_PROGRAM: u64 = 320 * 1024 * 1024;

impl Default for ScanOptions {
    fn default() -> Self {
        ScanOptions {
            walk: WalkOptions::default(),
            limits: ReadLimits::default(),
            overlay: BTreeMap::new(),
            report_only: None,
            min_severity: None,
            min_confidence: None,
            defines: Vec::new(),
            include_dirs: Vec::new(),
            compile_commands: None,
            threads: 0,
            parse_time: DEFAULT_PARSE_TIME,
            pack_above: LARGE_PROGRAM,
        }
    }
}
