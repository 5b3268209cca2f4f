//! `haechi scan`: prepares, scans, writes each asked output, and says by its exit code whether the gate holds.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::args::{FailArg, FormatArg, ProfileArg, ScanArgs, ShowArgs};
use super::error::{Failure, Outcome};
use super::input::{Input, prepare};
use super::progress::Bar;
use super::{CLEAN, FINDINGS, checklist, output, stats};
use crate::findings::Baseline;
use crate::pipeline::{Scan, Wanted, scan};
use crate::report::checklist::Evidence;
use crate::report::sarif::{SarifOptions, SarifProfile};
use crate::report::text::TextOptions;
use crate::report::{Report, ReportError, Rulebook, json, junit, sarif, text};
use crate::rules::Severity;

/// Runs it.
pub(super) fn run(args: &ScanArgs) -> Outcome<u8> {
    let start = Instant::now();
    let targets = targets(&args.format, &args.output)?;
    let input = prepare(&args.input, &args.show, &args.input.paths)?;
    let gate = gate(args.fail_on, input.settings.report.fail_on.as_deref());
    let baseline_file = args.baseline.as_ref().or(input.settings.report.baseline.as_ref());
    let baseline = baseline_file.map(|file| read_baseline(file)).transpose()?;
    let prepare = start.elapsed();
    let done = run_scan(&input, &args.show, baseline.as_ref())?;

    // Reports keep to the number of threads too. Where such a pool stands already, that one serves.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(input.options.threads).build_global();
    let scanned = Instant::now();
    let book = rulebook(&input);
    let report = Report { result: &done.result, book: &book, locale: input.locale };
    let profile = profile(args.sarif_profile, input.settings.report.sarif_profile.as_deref());
    for target in &targets {
        let look = Look { show: &args.show, profile };
        target.write(&report, &look)?;
    }
    if args.stats {
        let around = stats::Around { prepare, report: scanned.elapsed() };
        output::tell(&stats::text(&done.result.stats, around, &done.unmodelled, input.locale));
    }
    let fails = gate.is_some_and(|gate| done.result.has_open_at_least(gate));
    // The process ends: the system takes its memory back faster than all of it can be dropped.
    std::mem::forget((done, input));
    Ok(if fails { FINDINGS } else { CLEAN })
}

/// Scans with a progress bar.
pub(super) fn run_scan(input: &Input, show: &ShowArgs, baseline: Option<&Baseline>) -> Outcome<Scan> {
    let bar = Bar::new(show.quiet, input.locale);
    let today = jiff::Zoned::now().date();
    let wanted = Wanted { rules: &input.rules, selected: &input.selected, baseline, today: Some(today) };
    let done = scan(&input.options, wanted, &bar);
    bar.finish();
    done.map_err(Failure::plain)
}

/// Rules and catalogue for the reports.
pub(super) fn rulebook(input: &Input) -> Rulebook<'_> {
    let catalog = &input.rules.catalog;
    let standard = catalog.standard.iter().map(|item| (item.id.as_str(), &item.name));
    Rulebook::new(&input.rules.rules, &catalog.categories, &catalog.items, standard)
}

/// What all outputs of a run share.
struct Look<'a> {
    show: &'a ShowArgs,
    profile: SarifProfile,
}

/// One output: a format and where it goes.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    format: FormatArg,
    file: Option<PathBuf>,
}

/// The outputs of a run. The n-th format belongs to the n-th file; a file without one says it by its ending; formats
/// without a file go to standard output; with nothing asked, text does.
fn targets(formats: &[FormatArg], files: &[PathBuf]) -> Outcome<Vec<Target>> {
    let mut targets = Vec::new();
    for (index, file) in files.iter().enumerate() {
        // With fewer formats than files the formats go to the files whose endings say nothing or the same.
        let format = if formats.len() >= files.len() { formats.get(index).copied() } else { None };
        let format = match format.or_else(|| guess(file)) {
            Some(format) => format,
            None => formats.first().copied().filter(|_| formats.len() == 1).ok_or_else(|| unknown_ending(file))?,
        };
        targets.push(Target { format, file: Some(file.clone()) });
    }
    let rest = if formats.len() >= files.len() { formats.get(files.len()..).unwrap_or_default() } else { &[] };
    targets.extend(rest.iter().map(|format| Target { format: *format, file: None }));
    if targets.is_empty() {
        targets.push(Target { format: FormatArg::Text, file: None });
    }
    Ok(targets)
}

fn unknown_ending(file: &Path) -> Failure {
    Failure::new(
        format!("the ending of {} names no format", file.display()),
        "use .sarif, .jsonl, .xml, .md, .html, .csv or .txt, or say it with --format",
    )
}

fn guess(file: &Path) -> Option<FormatArg> {
    let name = file.file_name()?.to_string_lossy().to_lowercase();
    Some(match name.rsplit('.').next()? {
        "sarif" => FormatArg::Sarif,
        "json" if name.ends_with(".sarif.json") => FormatArg::Sarif,
        "json" | "jsonl" | "ndjson" => FormatArg::Json,
        "xml" => FormatArg::Junit,
        "md" | "markdown" | "html" | "htm" | "csv" => FormatArg::Checklist,
        "txt" | "text" | "log" => FormatArg::Text,
        _ => return None,
    })
}

impl Target {
    fn write(&self, report: &Report<'_>, look: &Look<'_>) -> Outcome<()> {
        let Some(file) = &self.file else {
            let mut out = BufWriter::new(std::io::stdout().lock());
            return finish(self.render(report, look, &mut out).and_then(|()| Ok(out.flush()?)), "standard output");
        };
        let name = file.display().to_string();
        let created = std::fs::File::create(file).map_err(|error| {
            Failure::new(format!("cannot write {name}: {error}"), "name a file in a folder that exists and is yours to write")
        })?;
        let mut out = BufWriter::new(created);
        finish(self.render(report, look, &mut out).and_then(|()| Ok(out.flush()?)), &name)
    }

    fn render(&self, report: &Report<'_>, look: &Look<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        match self.format {
            FormatArg::Text => {
                let colour = self.file.is_none() && output::is_coloured(look.show.color);
                text::render(report, &TextOptions { colour, quiet: look.show.quiet, ..TextOptions::default() }, out)
            }
            FormatArg::Sarif => sarif::render(report, &SarifOptions { profile: look.profile, ..SarifOptions::default() }, out),
            FormatArg::Json => json::render(report, out),
            FormatArg::Junit => junit::render(report, out),
            FormatArg::Checklist => {
                let form = checklist::form_of(None, self.file.as_deref());
                checklist::render(&Evidence::of_scan(report), report.book, report.locale, form, out)
            }
        }
    }
}

/// A reader that closed the pipe has what it wanted.
pub(super) fn finish(result: Result<(), ReportError>, name: &str) -> Outcome<()> {
    match result {
        Err(error) if !is_closed_pipe(&error) => Err(Failure::plain(format!("cannot write {name}: {error}"))),
        _ => Ok(()),
    }
}

fn is_closed_pipe(error: &ReportError) -> bool {
    match error {
        ReportError::Io(error) => error.kind() == ErrorKind::BrokenPipe,
        ReportError::Json(error) => error.io_error_kind() == Some(ErrorKind::BrokenPipe),
        _ => false,
    }
}

fn gate(given: Option<FailArg>, set: Option<&str>) -> Option<Severity> {
    match given {
        Some(FailArg::Never) => None,
        Some(FailArg::Info) => Some(Severity::Info),
        Some(FailArg::Low) => Some(Severity::Low),
        Some(FailArg::Medium) => Some(Severity::Medium),
        Some(FailArg::High) => Some(Severity::High),
        Some(FailArg::Critical) => Some(Severity::Critical),
        None => match set {
            Some("never") => None,
            Some(name) => name.parse().ok(),
            None => Some(Severity::Low),
        },
    }
}

fn profile(given: Option<ProfileArg>, set: Option<&str>) -> SarifProfile {
    match (given, set) {
        (Some(ProfileArg::Github), _) | (None, Some("github")) => SarifProfile::Github,
        (Some(ProfileArg::Gitlab), _) | (None, Some("gitlab")) => SarifProfile::Gitlab,
        (Some(ProfileArg::Jenkins), _) | (None, Some("jenkins")) => SarifProfile::Jenkins,
        _ => SarifProfile::Full,
    }
}

fn read_baseline(file: &Path) -> Outcome<Baseline> {
    let cure = "a baseline is what an earlier `haechi scan -o known.sarif` wrote";
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("cannot read the baseline {}: {error}", file.display()), cure))?;
    Baseline::parse(&text).map_err(|error| Failure::new(format!("{}: {error}", file.display()), cure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(formats: &[FormatArg], files: &[&str]) -> Vec<(FormatArg, Option<String>)> {
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        let targets = targets(formats, &files).unwrap();
        targets.into_iter().map(|target| (target.format, target.file.map(|file| file.display().to_string()))).collect()
    }

    #[test]
    fn formats_and_files_find_each_other() {
        assert_eq!(asked(&[], &[]), [(FormatArg::Text, None)]);
        assert_eq!(asked(&[FormatArg::Sarif], &[]), [(FormatArg::Sarif, None)]);
        assert_eq!(
            asked(&[], &["a.sarif", "b.html", "c.xml"]),
            [
                (FormatArg::Sarif, Some("a.sarif".to_owned())),
                (FormatArg::Checklist, Some("b.html".to_owned())),
                (FormatArg::Junit, Some("c.xml".to_owned()))
            ]
        );
        assert_eq!(
            asked(&[FormatArg::Sarif, FormatArg::Text], &["report.out"]),
            [(FormatArg::Sarif, Some("report.out".to_owned())), (FormatArg::Text, None)]
        );
        assert_eq!(asked(&[FormatArg::Json], &["a.sarif.json"]), [(FormatArg::Json, Some("a.sarif.json".to_owned()))]);
        assert_eq!(asked(&[], &["a.sarif.json"]), [(FormatArg::Sarif, Some("a.sarif.json".to_owned()))]);
    }

    #[test]
    fn an_ending_that_says_nothing_is_an_error() {
        assert!(targets(&[], &[PathBuf::from("report.out")]).is_err());
    }

    #[test]
    fn the_gate_is_the_arguments_then_the_settings_then_low() {
        assert_eq!(gate(None, None), Some(Severity::Low));
        assert_eq!(gate(None, Some("high")), Some(Severity::High));
        assert_eq!(gate(None, Some("never")), None);
        assert_eq!(gate(Some(FailArg::Medium), Some("never")), Some(Severity::Medium));
    }
}
