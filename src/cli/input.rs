//! Arguments and settings to the options of a scan: the command line wins, then haechi.toml, then what is built in.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use super::args::{ConfidenceArg, InputArgs, LangArg, SeverityArg, ShowArgs};
use super::changes::{Ask, narrow};
use super::error::{Failure, Outcome};
use super::{list, locale, select};
use crate::base::RuleId;
use crate::pipeline::ScanOptions;
use crate::rules::{Confidence, Locale, RuleSet, Severity};
use crate::settings::{Settings, parse_size};
use crate::source::{PathFilter, ReadLimits, WalkOptions};

/// Everything a scan needs.
pub(super) struct Input {
    pub(super) settings: Settings,
    pub(super) locale: Locale,
    pub(super) rules: RuleSet,
    pub(super) selected: BTreeSet<RuleId>,
    pub(super) options: ScanOptions,
}

/// Puts it together. `paths` are the ones to scan, without SARIF files.
pub(super) fn prepare(args: &InputArgs, show: &ShowArgs, paths: &[PathBuf]) -> Outcome<Input> {
    let start = paths.first().cloned().unwrap_or_else(|| PathBuf::from("."));
    let settings = Settings::find(&start)?;
    let locale = match (show.lang, settings.lang.as_deref()) {
        (Some(LangArg::Ko), _) | (None, Some("ko")) => Locale::Ko,
        (Some(LangArg::En), _) | (None, Some(_)) => Locale::En,
        (None, None) => locale::from_environment(),
    };
    let dirs: Vec<PathBuf> = settings.rules.dirs.iter().chain(&args.rules).cloned().collect();
    let rules = list::load(&dirs)?;
    let or_settings = |given: &[String], set: &[String]| if given.is_empty() { set.to_vec() } else { given.to_vec() };
    let only = or_settings(&args.only, &settings.rules.only);
    let skip: Vec<String> = settings.rules.skip.iter().chain(&args.skip).cloned().collect();
    let selected = select::select(&rules, &only, &skip)?;
    let options = options(args, &settings, paths)?;
    Ok(Input { settings, locale, rules, selected, options })
}

fn options(args: &InputArgs, settings: &Settings, paths: &[PathBuf]) -> Outcome<ScanOptions> {
    let mut roots = paths.to_vec();
    if roots.is_empty() {
        roots.clone_from(&settings.scan.paths);
    }
    if roots.is_empty() {
        roots.push(PathBuf::from("."));
    }
    if let Some(missing) = roots.iter().find(|root| std::fs::symlink_metadata(root).is_err()) {
        return Err(Failure::new(format!("{} does not exist", missing.display()), "name files or folders that do"));
    }
    let include: Vec<&String> = settings.scan.include.iter().chain(&args.include).collect();
    let exclude: Vec<&String> = settings.scan.exclude.iter().chain(&args.exclude).collect();
    let filter = PathFilter::new(&include, &exclude)
        .map_err(|error| Failure::new(error.to_string(), "globs are like those of .gitignore: `**/generated/**`, `*.java`"))?;
    let threads = args.threads.or(settings.scan.threads).unwrap_or(0);
    let mut limits = ReadLimits::default();
    if let Some(size) = &args.max_file_size {
        limits.max_bytes = parse_size(size)
            .map_err(|error| Failure::new(format!("--max-file-size: {error}"), "say 5MiB, 800KiB or a number of bytes"))?;
    } else if let Some(size) = &settings.scan.max_file_size {
        limits.max_bytes = size.bytes()?;
    }
    let mut options = ScanOptions {
        walk: WalkOptions { base: base(&roots), roots, filter, threads, ..WalkOptions::default() },
        limits,
        threads,
        ..ScanOptions::default()
    };
    options.min_severity = level(args.severity.map(SeverityArg::level), settings.report.severity.as_deref());
    options.min_confidence = level(args.confidence.map(ConfidenceArg::level), settings.report.confidence.as_deref());
    options.defines = settings.c.define.iter().chain(&args.define).cloned().collect();
    options.include_dirs = settings.c.include_dirs.iter().chain(&args.include_dir).cloned().collect();
    options.compile_commands = args.compile_commands.clone().or_else(|| settings.c.compile_commands.clone());
    if let Some(file) = options.compile_commands.as_ref().filter(|file| !file.is_file()) {
        return Err(Failure::new(
            format!("{} is no file", file.display()),
            "CMake writes it with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON, others through `bear -- make`",
        ));
    }
    if args.staged {
        narrow(&mut options, Ask::Staged)?;
    } else if let Some(rev) = &args.changed {
        narrow(&mut options, Ask::Changed(rev))?;
    }
    Ok(options)
}

/// Paths in reports are relative to the current folder, as a consumer in a repository's root expects, where all of
/// what is scanned lies in it; else to what is scanned.
fn base(roots: &[PathBuf]) -> Option<PathBuf> {
    let current = std::env::current_dir().and_then(|folder| folder.canonicalize()).ok()?;
    let inside = roots.iter().all(|root| root.canonicalize().is_ok_and(|root| root.starts_with(&current)));
    inside.then_some(current)
}

/// The argument's, else the settings', which are checked already.
fn level<T: FromStr>(given: Option<T>, set: Option<&str>) -> Option<T> {
    given.or_else(|| set.and_then(|name| name.parse().ok()))
}

impl SeverityArg {
    pub(super) fn level(self) -> Severity {
        match self {
            SeverityArg::Info => Severity::Info,
            SeverityArg::Low => Severity::Low,
            SeverityArg::Medium => Severity::Medium,
            SeverityArg::High => Severity::High,
            SeverityArg::Critical => Severity::Critical,
        }
    }
}

impl ConfidenceArg {
    fn level(self) -> Confidence {
        match self {
            ConfidenceArg::Low => Confidence::Low,
            ConfidenceArg::Medium => Confidence::Medium,
            ConfidenceArg::High => Confidence::High,
        }
    }
}
