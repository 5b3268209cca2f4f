//! What a scan hands to the reports: findings with their places resolved, files, evidence, problems, figures.
//! Must not know any output format.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use index_vec::IndexVec;

use super::{Allow, Examined, Finding, FindingState};
use crate::base::{FileId, FileSpan, FileStatus, Problem, RuleId};
use crate::rules::Severity;
use crate::source::FileKind;

/// A file of the scan and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecord {
    /// Relative to the scan's base, `/` between the parts.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Its encoding's label; empty where it was not read.
    pub encoding: &'static str,
    /// How it ended; [`finish`](super::finish) lowers it to what its problems allow.
    pub status: FileStatus,
    /// Bytes on disk.
    pub size: u64,
    /// Function bodies in it.
    pub bodies: u32,
    /// Of those, bodies with a region left out because it does not parse.
    pub broken_bodies: u32,
    /// In a test folder or named like a test.
    pub is_test: bool,
}

/// The scan's figures. Only what is the same in every run reaches a report unasked; durations do not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScanStats {
    /// Files looked at.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Function bodies.
    pub bodies: u64,
    /// Of those, with a region left out because it does not parse.
    pub broken_bodies: u64,
    /// Constructs that the IR has no statement for, kept as opaque ones.
    pub opaque: u64,
    /// Functions over a bound of the analysis.
    pub bounds_hit: u64,
    /// Wall time of each stage, in their order.
    pub stages: Vec<(&'static str, Duration)>,
    /// Threads used.
    pub threads: usize,
    /// Peak memory in bytes, where the system tells it.
    pub peak_memory: Option<u64>,
}

/// A range in lines and columns: lines from 1, columns in UTF-16 units from 1, the end column one past the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Place {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

impl Default for Place {
    fn default() -> Self {
        Place { line: 1, column: 1, end_line: 1, end_column: 1 }
    }
}

/// A step's place and the code there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepPlace {
    /// Where.
    pub place: Place,
    /// Its first line, trimmed and cut to a readable length.
    pub code: String,
}

/// A finding with all that a report says about its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// The finding.
    pub finding: Finding,
    /// Where, in lines and columns.
    pub place: Place,
    /// The lines of code it marks, from the first to the last or to the limit; without a final line end.
    pub code: String,
    /// Byte offset in `code` where the marked range begins.
    pub code_lo: usize,
    /// Byte offset in `code` where it ends.
    pub code_hi: usize,
    /// Places of the trace's steps, one each.
    pub steps: Vec<StepPlace>,
    /// GitHub's `primaryLocationLineHash`; empty where the text could not be read.
    pub line_hash: String,
    /// Whether a baseline was given and holds it.
    pub known: bool,
}

impl Reported {
    /// Whether it counts against the gate and makes a checklist row weak: not suppressed. A known one is open still.
    #[must_use]
    pub fn is_suppressed(&self) -> bool {
        matches!(self.finding.state, FindingState::Suppressed(_))
    }

    /// Whether it is new and not suppressed: what a gate counts.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.finding.state == FindingState::Open
    }
}

/// Something to say about a suppression in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowNote {
    /// Where it is written.
    pub at: FileSpan,
    /// Its line.
    pub line: u32,
    /// The rule it names; empty where it names none.
    pub rule: String,
    /// What.
    pub kind: AllowNoteKind,
}

/// What there is to say about a suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowNoteKind {
    /// It suppresses nothing.
    Unused,
    /// Its date has passed, so its findings count again.
    Expired(String),
    /// It gives no reason and is not honoured.
    NoReason,
    /// Its date is none.
    BadDate(String),
    /// It names a rule that does not exist.
    UnknownRule,
    /// It names no rule.
    NoRule,
}

/// What the comparison with a baseline gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BaselineCounts {
    /// Findings not in the baseline.
    pub new: u64,
    /// Findings in it.
    pub known: u64,
    /// Findings of the baseline that are gone.
    pub absent: u64,
}

/// All that a report may say.
#[derive(Debug, Default)]
pub struct ScanResult {
    /// The files, sorted by path.
    pub files: IndexVec<FileId, FileRecord>,
    /// The findings in their total order: path, place, rule, arguments.
    pub findings: Vec<Reported>,
    /// What each rule looked at. A rule that was evaluated has an entry, be it of no place: without one the checklist
    /// cannot tell "there is no such code" from "nobody looked".
    pub examined: BTreeMap<RuleId, Examined>,
    /// The rules that ran.
    pub selected: BTreeSet<RuleId>,
    /// What went wrong with inputs, sorted by file and place.
    pub problems: Vec<Problem>,
    /// What there is to say about suppressions, sorted by place.
    pub allow_notes: Vec<AllowNote>,
    /// Figures.
    pub stats: ScanStats,
    /// Present where a baseline was given.
    pub baseline: Option<BaselineCounts>,
}

impl ScanResult {
    /// The path of a file; empty for an id that is none.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.files.get(file).map_or("", |record| record.path.as_str())
    }

    /// How many files are of certain kinds, and how many of those were not or not wholly analysed.
    #[must_use]
    pub fn files_of(&self, wanted: impl Fn(FileKind) -> bool) -> (u64, u64) {
        let of_kind = self.files.iter().filter(|file| wanted(file.kind));
        of_kind.fold((0, 0), |(all, incomplete), file| (all + 1, incomplete + u64::from(file.status != FileStatus::Analysed)))
    }

    /// Findings that are neither suppressed nor in the baseline, by severity.
    #[must_use]
    pub fn open_by_severity(&self) -> BTreeMap<Severity, u64> {
        let mut counts = BTreeMap::new();
        for reported in self.findings.iter().filter(|reported| reported.is_open()) {
            *counts.entry(reported.finding.severity).or_default() += 1;
        }
        counts
    }

    /// Whether an open finding is at or above a severity: the gate.
    #[must_use]
    pub fn has_open_at_least(&self, severity: Severity) -> bool {
        self.findings.iter().any(|reported| reported.is_open() && reported.finding.severity >= severity)
    }
}

/// What the stages before produced, in any order: the input of [`finish`](super::finish).
#[derive(Debug, Default)]
pub struct RawScan {
    /// The files, sorted by path.
    pub files: IndexVec<FileId, FileRecord>,
    /// Findings in any order, with repeats.
    pub findings: Vec<Finding>,
    /// What each rule looked at. A rule that was evaluated has an entry, be it of no place: without one the checklist
    /// cannot tell "there is no such code" from "nobody looked".
    pub examined: BTreeMap<RuleId, Examined>,
    /// The rules that ran.
    pub selected: BTreeSet<RuleId>,
    /// Problems in any order.
    pub problems: Vec<Problem>,
    /// Suppressions found by [`scan_allows`](super::scan_allows) while each file's text was in memory.
    pub allows: Vec<Allow>,
    /// Figures.
    pub stats: ScanStats,
}
