//! Runs the boxes in order: files in parallel, then the whole program, then what becomes of the findings.
//! Must not know any output format, nor where its options come from.

mod files;
mod options;
mod progress;
mod texts;
mod timing;
mod workers;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use index_vec::IndexVec;

use files::{FileOutcome, Front};
pub use options::ScanOptions;
pub use progress::{Progress, Silent, Stage};
pub use texts::Texts;
use timing::PartTimes;
pub use timing::peak_memory;

use crate::base::{FileId, FileStatus, Problem, ProblemKind, RuleId};
use crate::findings::{Baseline, FileRecord, FinishOptions, RawScan, ScanResult, ScanStats, finish};
use crate::rules::RuleSet;
use crate::source::{SourceFile, walk};

/// A finished scan.
#[derive(Debug)]
pub struct Scan {
    /// What was found.
    pub result: ScanResult,
    /// The files' texts, for reports that quote them.
    pub texts: Texts,
}

/// Why there is no scan at all.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The system gives no threads.
    #[error("cannot start worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A defect of haechi outside of the work on one file.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What a scan runs: the rules, which of them, and what is known already.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// All rules.
    pub rules: &'a RuleSet,
    /// The rules that run.
    pub selected: &'a BTreeSet<RuleId>,
    /// An earlier scan.
    pub baseline: Option<&'a Baseline>,
    /// The day by which suppressions expire.
    pub today: Option<jiff::civil::Date>,
}

/// Scans.
///
/// # Errors
/// Only where nothing could be scanned at all; what is wrong with a file is in the result.
pub fn scan(options: &ScanOptions, wanted: Wanted<'_>, progress: &dyn Progress) -> Result<Scan, PipelineError> {
    let pool = workers::pool(options.threads)?;
    let mut clock = Clock::default();

    progress.stage(Stage::Walk, 0);
    let sources = walk(&options.walk);
    let texts = Texts::new(sources.files, options.overlay.clone(), options.limits);
    clock.lap(Stage::Walk.name());

    let times = PartTimes::default();
    let front = Front { texts: &texts, times: &times, parse_time: options.parse_time };
    let sizes: IndexVec<FileId, u64> = texts.files().iter().map(|file| file.size).collect();
    progress.stage(Stage::Files, sizes.len() as u64);
    let outcomes = workers::for_each_file(&pool, &sizes, |file| {
        let outcome = texts.files().get(file).map_or_else(FileOutcome::default, |source| front.run(file, source));
        progress.step(1);
        outcome
    });
    clock.lap(Stage::Files.name());
    clock.laps.extend(times.sums());

    let mut raw = RawScan { selected: wanted.selected.clone(), problems: sources.problems, ..RawScan::default() };
    for (file, outcome) in outcomes.into_iter_enumerated() {
        take(&mut raw, &texts.files()[file], file, outcome);
    }

    progress.stage(Stage::Findings, 0);
    raw.stats.threads = pool.current_num_threads();
    let finish_options = FinishOptions { rules: &wanted.rules.rules, today: wanted.today, baseline: wanted.baseline };
    let mut result = pool.install(|| finish(raw, &finish_options, &texts));
    clock.lap(Stage::Findings.name());
    result.stats.stages = clock.laps;
    result.stats.peak_memory = peak_memory();
    Ok(Scan { result, texts })
}

/// Adds a file's outcome to the whole.
fn take(raw: &mut RawScan, source: &SourceFile, file: FileId, outcome: Result<FileOutcome, String>) {
    let outcome = outcome.unwrap_or_else(|panic| FileOutcome {
        problems: vec![Problem { file: Some(file), span: None, kind: ProblemKind::Internal, detail: panic }],
        ..FileOutcome::default()
    });
    let stats = outcome.unit.as_ref().map(|unit| unit.stats).unwrap_or_default();
    count(&mut raw.stats, source.size, &stats);
    raw.files.push(FileRecord {
        path: source.path.clone(),
        kind: source.kind,
        encoding: outcome.encoding,
        status: FileStatus::Analysed,
        size: source.size,
        bodies: stats.bodies,
        broken_bodies: stats.broken_bodies,
        is_test: source.is_test,
    });
    raw.problems.extend(outcome.problems);
    raw.allows.extend(outcome.allows);
}

fn count(stats: &mut ScanStats, size: u64, unit: &crate::ir::UnitStats) {
    stats.files += 1;
    stats.bytes += size;
    stats.bodies += u64::from(unit.bodies);
    stats.broken_bodies += u64::from(unit.broken_bodies);
    stats.opaque += u64::from(unit.opaque);
}

/// Wall time since the lap before, a stage.
struct Clock {
    last: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Default for Clock {
    fn default() -> Self {
        Clock { last: Instant::now(), laps: Vec::new() }
    }
}

impl Clock {
    fn lap(&mut self, name: &'static str) {
        let now = Instant::now();
        self.laps.push((name, now - self.last));
        self.last = now;
    }
}
