//! Runs the boxes in order: files in parallel, then the whole program, then what becomes of the findings.
//! Must not know any output format, nor where its options come from.

mod comments;
mod compile_commands;
mod files;
mod markup;
mod options;
mod progress;
mod texts;
mod timing;
mod workers;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use index_vec::IndexVec;
use rayon::ThreadPool;

use comments::CommentRules;
pub use files::FileOutcome;
use files::Front;
use markup::MarkupRules;
pub use options::ScanOptions;
pub use progress::{Progress, Silent, Stage};
pub use texts::Texts;
use timing::PartTimes;
pub use timing::peak_memory;

use crate::analysis;
use crate::analysis::config::ConfigRules;
use crate::base::{FileId, FileStatus, Problem, ProblemKind, RuleId};
use crate::findings::{Baseline, FileRecord, FinishOptions, RawScan, ScanResult, ScanStats, finish};
use crate::ir::Unit;
use crate::program::Program;
use crate::rules::RuleSet;
use crate::source::{FileKind, SourceFile, walk};
use crate::syntax::c::{CppOptions, Preprocessor};
use crate::syntax::document::Document;
use crate::syntax::pattern::{PatternError, PatternRules};
use crate::syntax::{Grammar, Tree, jsp, parser};

/// A finished scan.
#[derive(Debug)]
pub struct Scan {
    /// What was found.
    pub result: ScanResult,
    /// The files' texts, for reports that quote them.
    pub texts: Texts,
    /// Calls without a body and without a model, most often met first.
    pub unmodelled: Vec<(String, u64)>,
}

/// Why there is no scan at all.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The system gives no threads.
    #[error("cannot start worker threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A glob of a rule on documents.
    #[error("a rule's `files`: {0}")]
    Glob(String),
    /// A pattern of a rule that does not compile.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A compilation database that cannot be used.
    #[error("{path}: {1}", path = .0.display())]
    CompileCommands(PathBuf, String),
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

/// The files read and lowered: what comes before the program.
#[derive(Debug)]
pub struct Lowered {
    /// The files' texts.
    pub texts: Texts,
    /// Java, C and JSP.
    pub units: Vec<Unit>,
    /// XML, properties and YAML.
    pub documents: Vec<Document>,
    raw: RawScan,
}

/// Scans.
///
/// # Errors
/// Only where nothing could be scanned at all; what is wrong with a file is in the result.
pub fn scan(options: &ScanOptions, wanted: Wanted<'_>, progress: &dyn Progress) -> Result<Scan, PipelineError> {
    let mut clock = Clock::default();
    let pool = workers::pool(options.threads)?;
    let Lowered { texts, units, documents, mut raw } = lower_files(&pool, options, wanted, progress, &mut clock)?;

    progress.stage(Stage::Program, 0);
    let program = guarded(|| pool.install(|| Program::build(units, documents, wanted.rules)))?;
    clock.lap(Stage::Program.name());
    progress.stage(Stage::Analysis, 0);
    let outcome = guarded(|| pool.install(|| analysis::run(&program, wanted.rules, &analysis::Options::default())))?;
    clock.lap(Stage::Analysis.name());
    raw.findings.extend(outcome.findings);
    for (rule, counted) in outcome.examined {
        let entry = raw.examined.entry(rule).or_default();
        entry.places += counted.places;
        entry.undecided += counted.undecided;
    }
    raw.problems.extend(outcome.problems);
    raw.stats.bounds_hit = outcome.stats.bound_hits;

    progress.stage(Stage::Findings, 0);
    keep_wanted(&mut raw, options, &texts);
    raw.stats.threads = pool.current_num_threads();
    let finish_options = FinishOptions { rules: &wanted.rules.rules, today: wanted.today, baseline: wanted.baseline };
    let ((), mut result) = pool.install(|| rayon::join(|| drop(program), || finish(raw, &finish_options, &texts)));
    clock.lap(Stage::Findings.name());
    result.stats.stages = clock.laps;
    result.stats.peak_memory = peak_memory();
    Ok(Scan { result, texts, unmodelled: outcome.stats.unmodelled })
}

/// The first half of a scan: everything up to the program.
///
/// # Errors
/// See [`scan`].
pub fn lower(options: &ScanOptions, wanted: Wanted<'_>, progress: &dyn Progress) -> Result<Lowered, PipelineError> {
    lower_files(&workers::pool(options.threads)?, options, wanted, progress, &mut Clock::default())
}

/// What is parsed of a file (C after preprocessing, JSP as Java) and its tree: for looking at.
///
/// # Errors
/// See [`scan`].
pub fn parsed_text(options: &ScanOptions, lowered: &Lowered, file: FileId) -> Result<Option<(String, Tree)>, PipelineError> {
    let preprocessor = headers(&workers::pool(options.threads)?, options, &lowered.texts)?;
    let Some(source) = lowered.texts.files().get(file) else { return Ok(None) };
    let Ok(text) = lowered.texts.read(file) else { return Ok(None) };
    let (grammar, made) = match source.kind {
        FileKind::Java => (Grammar::Java, text.text),
        FileKind::Jsp => (Grammar::Java, jsp::translate(&text.text, &source.path).java.text),
        FileKind::C | FileKind::CHeader => (Grammar::C, preprocessor.preprocess(&source.path, &text.text).mapped.text),
        FileKind::Xml | FileKind::Properties | FileKind::Yaml => return Ok(None),
    };
    Ok(parser::tree(grammar, &made, options.parse_time).map(|tree| (made, tree)))
}

/// One text's way, as if it were a file of that path: for tests and fuzzing.
#[must_use]
pub fn lower_text(kind: FileKind, path: &str, text: &str, parse_time: Duration) -> FileOutcome {
    let (times, preprocessor) = (PartTimes::default(), Preprocessor::new(&CppOptions::default()));
    let (patterns, rules) = (PatternRules::default(), IndexVec::new());
    // No rules, no globs: this cannot fail.
    let Ok(configs) = ConfigRules::compile(std::iter::empty()) else { return FileOutcome::default() };
    let front = Front {
        times: &times,
        parse_time,
        pack: false,
        preprocessor: &preprocessor,
        rules: &rules,
        patterns: &patterns,
        configs: &configs,
        comments: &CommentRules::default(),
        markup: &MarkupRules::default(),
    };
    let mut outcome = FileOutcome::default();
    front.text(FileId::default(), kind, path, text, Instant::now(), &mut outcome);
    outcome
}

fn lower_files(
    pool: &ThreadPool,
    options: &ScanOptions,
    wanted: Wanted<'_>,
    progress: &dyn Progress,
    clock: &mut Clock,
) -> Result<Lowered, PipelineError> {
    progress.stage(Stage::Walk, 0);
    let chosen = wanted.selected.iter().filter_map(|id| Some((*id, wanted.rules.rules.get(*id)?)));
    let (sources, (patterns, configs)) = pool.install(|| {
        rayon::join(
            || walk(&options.walk),
            || rayon::join(|| PatternRules::compile(chosen.clone()), || ConfigRules::compile(chosen.clone())),
        )
    });
    let patterns = patterns?;
    let configs = configs.map_err(|error| PipelineError::Glob(error.to_string()))?;
    let texts = Texts::new(sources.files, options.overlay.clone(), options.limits);
    clock.lap(Stage::Walk.name());

    let preprocessor = headers(pool, options, &texts)?;
    clock.lap("headers");

    let times = PartTimes::default();
    let front = Front {
        times: &times,
        parse_time: options.parse_time,
        pack: texts.files().iter().map(|file| file.size).sum::<u64>() > options.pack_above,
        preprocessor: &preprocessor,
        rules: &wanted.rules.rules,
        patterns: &patterns,
        configs: &configs,
        comments: &CommentRules::of(&wanted.rules.rules),
        markup: &MarkupRules::of(&wanted.rules.rules),
    };
    let sizes: IndexVec<FileId, u64> = texts.files().iter().map(|file| file.size).collect();
    progress.stage(Stage::Files, sizes.len() as u64);
    let outcomes = workers::for_each_file(pool, &sizes, |file| {
        let outcome = texts.files().get(file).map_or_else(FileOutcome::default, |source| front.run(&texts, file, source));
        progress.step(1);
        outcome
    });
    pool.install(|| drop(preprocessor));
    clock.lap(Stage::Files.name());
    clock.laps.extend(times.sums());

    let raw = RawScan { selected: wanted.selected.clone(), problems: sources.problems, ..RawScan::default() };
    let mut lowered = Lowered { texts, units: Vec::new(), documents: Vec::new(), raw };
    for (file, outcome) in outcomes.into_iter_enumerated() {
        lowered.take(file, outcome);
    }
    Ok(lowered)
}

/// A preprocessor that knows the options, the compilation database and every header of the scan.
fn headers(pool: &ThreadPool, options: &ScanOptions, texts: &Texts) -> Result<Preprocessor, PipelineError> {
    let mut cpp = CppOptions { defines: options.defines.clone(), ..CppOptions::default() };
    let mut dirs: Vec<PathBuf> = options.include_dirs.clone();
    if let Some(file) = &options.compile_commands {
        let wrong = |error: &dyn std::fmt::Display| PipelineError::CompileCommands(file.clone(), error.to_string());
        let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
        let flags = compile_commands::parse(&text).map_err(|error| wrong(&error))?;
        // What the command line says comes last and wins.
        cpp.defines.splice(0..0, flags.defines);
        dirs.extend(flags.include_dirs.into_iter().map(PathBuf::from));
    }
    cpp.include_dirs = dirs.iter().filter_map(|dir| relative(dir, options, texts)).collect();
    let mut preprocessor = Preprocessor::new(&cpp);
    let is_header = |source: &SourceFile| source.kind == FileKind::CHeader;
    let wanted: Vec<FileId> = texts.files().iter_enumerated().filter(|(_, file)| is_header(file)).map(|(id, _)| id).collect();
    let sizes: IndexVec<FileId, u64> = wanted.iter().filter_map(|id| texts.files().get(*id)).map(|file| file.size).collect();
    let scanned = workers::for_each_file(pool, &sizes, |index| {
        let (file, source) = wanted.get(index.index()).and_then(|file| Some((*file, texts.files().get(*file)?)))?;
        let text = texts.read(file).ok()?;
        Some((source.path.clone(), preprocessor.scan_header(&source.path, &text.text)))
    });
    // A header that cannot be read or scanned is told when its own turn comes.
    let found = scanned.into_iter().filter_map(|header| header.ok().flatten()).collect();
    pool.install(|| preprocessor.set_headers(found));
    Ok(preprocessor)
}

/// A folder relative to what the files' paths are relative to; `None` where it lies outside.
fn relative(dir: &Path, options: &ScanOptions, texts: &Texts) -> Option<String> {
    let dir = dir.canonicalize().ok()?;
    let base = match &options.walk.base {
        Some(base) => base.canonicalize().ok()?,
        // The part of any file's absolute path before its relative one.
        None => texts.files().first().and_then(|file| {
            let absolute = file.absolute.to_str()?;
            absolute.strip_suffix(file.path.as_str()).map(PathBuf::from)
        })?,
    };
    let inside = dir.strip_prefix(base).ok()?;
    Some(inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
}

/// A panic outside of the work on one file ends the scan, as an error.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, PipelineError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| PipelineError::Internal(crate::base::panic_message(panic.as_ref())))
}

/// Leaves out findings that nobody asked for. Those of a rule that ran but whose findings are not shown (too low, or in
/// a file that only informs) make their places undecided: a checklist must not call them good.
fn keep_wanted(raw: &mut RawScan, options: &ScanOptions, texts: &Texts) {
    let reported: Option<BTreeSet<&Path>> =
        options.report_only.as_ref().map(|paths| paths.iter().map(PathBuf::as_path).collect());
    let RawScan { findings, examined, selected, .. } = raw;
    findings.retain(|finding| {
        if !selected.contains(&finding.rule) {
            return false;
        }
        let is_reported = reported.as_ref().is_none_or(|reported| {
            texts.files().get(finding.at.file).is_some_and(|file| reported.contains(file.absolute.as_path()))
        });
        let is_shown = is_reported
            && options.min_severity.is_none_or(|least| finding.severity >= least)
            && options.min_confidence.is_none_or(|least| finding.confidence >= least);
        if !is_shown {
            examined.entry(finding.rule).or_default().undecided += 1;
        }
        is_shown
    });
    examined.retain(|rule, _| selected.contains(rule));
}

impl Lowered {
    /// Adds a file's outcome to the whole.
    fn take(&mut self, file: FileId, outcome: Result<FileOutcome, String>) {
        let Some(source) = self.texts.files().get(file) else { return };
        let raw = &mut self.raw;
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
        raw.findings.extend(outcome.findings);
        for (rule, places) in outcome.examined {
            raw.examined.entry(rule).or_default().places += u64::from(places);
        }
        self.units.extend(outcome.unit);
        self.documents.extend(outcome.document);
    }

    /// What went wrong with files.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.raw.problems
    }
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
