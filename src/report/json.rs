//! JSON lines: first what the scan was, then one finding a line. The keys are a promise: docs/formats.md.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use super::texts::{self, confidence_id, severity_id, status_id};
use super::{Report, ReportError, bounds};
use crate::base::{FileStatus, ProblemKind};
use crate::findings::{FindingState, Place, Reported};
use crate::rules::{Locale, Rule};

/// Raised when a key is renamed, removed or changes its meaning; new keys do not raise it.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Header<'a> {
    haechi: &'static str,
    format: u32,
    language: &'static str,
    rules: usize,
    files: Files,
    bytes: u64,
    bodies: u64,
    broken_bodies: u64,
    opaque: u64,
    bounds_hit: u64,
    open: BTreeMap<&'static str, u64>,
    suppressed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<BaselineLine>,
    examined: BTreeMap<&'a str, ExaminedLine>,
    problems: Vec<ProblemLine<'a>>,
    bounded: Vec<BoundedLine<'a>>,
    suppressions: Vec<AllowLine<'a>>,
    incomplete: Vec<FileLine<'a>>,
}

#[derive(Serialize)]
struct Files {
    analysed: usize,
    partly: usize,
    failed: usize,
}

#[derive(Serialize)]
struct BaselineLine {
    new: u64,
    known: u64,
    absent: u64,
}

#[derive(Serialize)]
struct ExaminedLine {
    places: u64,
    undecided: u64,
}

/// A function that reached a bound of the analysis.
#[derive(Serialize)]
struct BoundedLine<'a> {
    file: Option<&'a str>,
    function: &'a str,
}

#[derive(Serialize)]
struct ProblemLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    kind: &'static str,
    message: String,
}

#[derive(Serialize)]
struct AllowLine<'a> {
    file: &'a str,
    line: u32,
    message: String,
}

#[derive(Serialize)]
struct FileLine<'a> {
    file: &'a str,
    status: &'static str,
}

#[derive(Serialize)]
struct FindingLine<'a> {
    rule: &'a str,
    items: &'a [String],
    cwe: &'a [u32],
    severity: &'static str,
    confidence: &'static str,
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'static str>,
    message: String,
    code: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trace: Vec<StepLine<'a>>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppression: Option<SuppressionLine<'a>>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct StepLine<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    message: String,
    code: &'a str,
}

#[derive(Serialize)]
struct SuppressionLine<'a> {
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'a str>,
}

/// Writes the lines.
///
/// # Errors
/// Where writing fails.
pub fn render(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    serde_json::to_writer(&mut *out, &header(report))?;
    writeln!(out)?;
    for reported in &report.result.findings {
        let Some(rule) = report.book.rule(reported.finding.rule) else { continue };
        serde_json::to_writer(&mut *out, &finding(report, reported, rule))?;
        writeln!(out)?;
    }
    Ok(())
}

fn header<'a>(report: &Report<'a>) -> Header<'a> {
    let result = report.result;
    let count = |status| result.files.iter().filter(|file| file.status == status).count();
    let grouped = bounds::sentence(result, report.locale);
    let problems = result.problems.iter().filter(|problem| !bounds::is_grouped(problem)).map(|problem| ProblemLine {
        file: problem.file.map(|file| result.path(file)),
        kind: problem.kind.into(),
        message: texts::problem(problem.kind, &problem.detail, report.locale),
    });
    let suppressions = result.allow_notes.iter().map(|note| AllowLine {
        file: result.path(note.at.file),
        line: note.line,
        message: texts::allow_note(&note.kind, &note.rule, report.locale),
    });
    let incomplete = result.files.iter().filter(|file| file.status != FileStatus::Analysed);
    let examined = result.examined.iter().filter_map(|(id, examined)| {
        let line = ExaminedLine { places: examined.places, undecided: examined.undecided };
        Some((report.book.rule(*id)?.id.as_str(), line))
    });
    Header {
        haechi: env!("CARGO_PKG_VERSION"),
        format: FORMAT,
        language: if report.locale == Locale::Ko { "ko" } else { "en" },
        rules: result.selected.len(),
        files: Files {
            analysed: count(FileStatus::Analysed),
            partly: count(FileStatus::Partly),
            failed: count(FileStatus::Failed),
        },
        bytes: result.stats.bytes,
        bodies: result.stats.bodies,
        broken_bodies: result.stats.broken_bodies,
        opaque: result.stats.opaque,
        bounds_hit: result.stats.bounds_hit,
        open: result.open_by_severity().into_iter().map(|(severity, count)| (severity_id(severity), count)).collect(),
        suppressed: result.findings.iter().filter(|one| one.is_suppressed()).count(),
        baseline: result.baseline.map(|it| BaselineLine { new: it.new, known: it.known, absent: it.absent }),
        examined: examined.collect(),
        problems: problems
            .chain(grouped.map(|message| ProblemLine { file: None, kind: ProblemKind::BoundHit.into(), message }))
            .collect(),
        bounded: bounds::functions(result).map(|(file, function)| BoundedLine { file, function }).collect(),
        suppressions: suppressions.collect(),
        incomplete: incomplete.map(|file| FileLine { file: &file.path, status: status_id(file.status) }).collect(),
    }
}

fn finding<'a>(report: &Report<'a>, reported: &'a Reported, rule: &'a Rule) -> FindingLine<'a> {
    let result = report.result;
    let finding = &reported.finding;
    let Place { line, column, end_line, end_column } = reported.place;
    let steps = finding.trace.iter().zip(&reported.steps).map(|(step, place)| StepLine {
        file: result.path(step.at.file),
        line: place.place.line,
        column: place.place.column,
        message: texts::step(step, report.locale),
        code: &place.code,
    });
    let (state, suppression) = match &finding.state {
        FindingState::Open => ("open", None),
        FindingState::Baseline => ("baseline", None),
        FindingState::Suppressed(it) => ("suppressed", Some(SuppressionLine { reason: &it.reason, until: it.until.as_deref() })),
    };
    FindingLine {
        rule: &rule.id,
        items: &rule.items,
        cwe: &rule.cwe,
        severity: severity_id(finding.severity),
        confidence: confidence_id(finding.confidence),
        file: result.path(finding.at.file),
        line,
        column,
        end_line,
        end_column,
        function: finding.function.map(crate::base::Symbol::as_str),
        message: texts::message(rule, finding, report.locale),
        code: &reported.code,
        trace: steps.collect(),
        state,
        suppression,
        fingerprint: &finding.fingerprint,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::render;
    use crate::findings::Baseline;
    use crate::report::testing::{Shop, as_text, pretty};
    use crate::rules::Locale;

    #[test]
    fn lines_are_json_with_the_keys_promised() {
        let text = Shop::new().with(Locale::En, |report| as_text(|out| render(report, out)));
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0]["haechi"], env!("CARGO_PKG_VERSION"));
        insta::assert_snapshot!("json_header", pretty(&lines[0]).replace(env!("CARGO_PKG_VERSION"), "[version]"));
        insta::assert_snapshot!("json_finding", pretty(&lines[1]));
        assert_eq!(lines[2]["state"], "suppressed");
        assert!(Baseline::parse(&text).unwrap().contains(lines[3]["fingerprint"].as_str().unwrap()));
    }
}
