//! SARIF 2.1.0, in the shape that each consumer reads best. Must not know the clock: times come in.

mod profile;
mod read;
mod results;
mod rules;

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Message, MultiformatMessageString, Notification, PropertyBag, ReportingDescriptor,
    ReportingDescriptorReference, Result as SarifResult, Run, RunAutomationDetails, Sarif, Tool,
};

pub use profile::SarifProfile;
pub use read::{SarifScan, read};

use super::texts::{self, pick};
use super::{Report, ReportError, bounds};
use crate::base::{FileStatus, Problem, ProblemKind};
use crate::rules::{Language, Locale};
use crate::source::FileKind;

/// The only version of the format this writes.
const VERSION: &str = "2.1.0";
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What every location's `uriBaseId` names: the folder that was scanned.
const BASE: &str = "SRCROOT";

/// What a SARIF log says besides the findings.
#[derive(Debug, Clone, Default)]
pub struct SarifOptions {
    /// The consumer.
    pub profile: SarifProfile,
    /// The scanned folder's absolute `file:` URI, ending with `/`; left out, the log names no machine's folder.
    pub base_uri: Option<String>,
    /// `category/run-id` of `automationDetails`.
    pub automation_id: Option<String>,
    /// When the scan began, `2026-11-23T13:00:00Z`.
    pub start_time: Option<String>,
    /// When it ended.
    pub end_time: Option<String>,
    /// Whether the scan as a whole failed.
    pub failed: bool,
}

/// Writes the log.
///
/// # Errors
/// Where writing fails.
pub fn render(report: &Report<'_>, options: &SarifOptions, out: &mut dyn Write) -> Result<(), ReportError> {
    let rules = rules::Rules::new(report, options.profile);
    let (shown, cut) = results::shown(report, options);
    let frame = serde_json::to_string(&log_of(report, options, &rules, Vec::new(), cut))?;
    // A quote within a string is escaped, so what is found is the run's own array.
    if let Some((before, after)) = frame.split_once(NO_RESULTS) {
        out.write_all(before.as_bytes())?;
        out.write_all(b"\"results\":[")?;
        let texts = results::elements(report, options, &rules, &shown)?;
        for (index, text) in texts.iter().filter(|text| !text.is_empty()).enumerate() {
            out.write_all(if index > 0 { b"," } else { b"" })?;
            out.write_all(text)?;
        }
        out.write_all(b"]")?;
        out.write_all(after.as_bytes())?;
    } else {
        serde_json::to_writer(&mut *out, &log(report, options))?;
    }
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// What stands in the log of a scan that found nothing.
const NO_RESULTS: &str = "\"results\":[]";

/// The log as a value.
#[must_use]
pub fn log(report: &Report<'_>, options: &SarifOptions) -> Sarif {
    let rules = rules::Rules::new(report, options.profile);
    let (shown, cut) = results::shown(report, options);
    log_of(report, options, &rules, results::results(report, options, &rules, &shown), cut)
}

fn log_of(report: &Report<'_>, options: &SarifOptions, rules: &rules::Rules<'_>, results: Vec<SarifResult>, cut: usize) -> Sarif {
    Sarif {
        schema: Some(SCHEMA.to_owned()),
        inline_external_properties: None,
        properties: None,
        runs: vec![run(report, options, rules, results, cut)],
        version: Value::from(VERSION),
    }
}

fn run(report: &Report<'_>, options: &SarifOptions, rules: &rules::Rules<'_>, results: Vec<SarifResult>, cut: usize) -> Run {
    let mut invocation = invocation(report, options);
    if cut > 0 {
        let text = match report.locale {
            Locale::Ko => format!("결과가 너무 많아 심각도가 낮은 {cut}건을 제외했습니다"),
            Locale::En => format!("too many results for the consumer: the {cut} least severe were left out"),
        };
        let note = Notification { message: plain(text), level: Some(Value::from("warning")), ..notification("results-cut") };
        invocation.tool_execution_notifications.get_or_insert_default().push(note);
    }
    let mut base_ids = BTreeMap::new();
    if base_id(options).is_some() {
        let description = pick(report.locale, "점검한 폴더", "The folder that was scanned");
        base_ids.insert(
            BASE.to_owned(),
            ArtifactLocation {
                uri: options.base_uri.clone(),
                description: Some(plain(description)),
                ..ArtifactLocation::default()
            },
        );
    }
    Run {
        tool: Tool { driver: rules.driver(report), extensions: None, properties: None },
        results: Some(results),
        invocations: Some(vec![invocation]),
        automation_details: options
            .automation_id
            .clone()
            .map(|id| RunAutomationDetails { id: Some(id), ..RunAutomationDetails::default() }),
        taxonomies: (options.profile == SarifProfile::Full).then(|| rules.taxonomies(report)),
        column_kind: Some(Value::from("utf16CodeUnits")),
        language: Some(pick(report.locale, "ko", "en").to_owned()),
        original_uri_base_ids: (!base_ids.is_empty()).then_some(base_ids),
        properties: Some(run_properties(report)),
        ..empty_run()
    }
}

/// A run without anything: serde-sarif's has no default, for a run must have a tool.
fn empty_run() -> Run {
    Run::builder().tool(rules::empty_component("haechi")).build()
}

/// The base id that locations name. Jenkins puts the base's URI before every path, so it gets one only where that is known.
fn base_id(options: &SarifOptions) -> Option<String> {
    (options.profile != SarifProfile::Jenkins || options.base_uri.is_some()).then(|| BASE.to_owned())
}

fn invocation(report: &Report<'_>, options: &SarifOptions) -> Invocation {
    let problems = report.result.problems.iter().filter(|problem| !bounds::is_grouped(problem));
    let mut notes: Vec<Notification> = problems.map(|problem| told(report, options, problem)).collect();
    if let Some(sentence) = bounds::sentence(report.result, report.locale) {
        notes.push(Notification {
            level: Some(Value::from("warning")),
            message: plain(sentence),
            ..notification(ProblemKind::BoundHit.into())
        });
    }
    Invocation {
        execution_successful: !options.failed,
        start_time_utc: options.start_time.clone(),
        end_time_utc: options.end_time.clone(),
        tool_execution_notifications: Some(notes),
        ..Invocation::builder().execution_successful(true).build()
    }
}

fn told(report: &Report<'_>, options: &SarifOptions, problem: &Problem) -> Notification {
    let level = match problem.kind.status() {
        FileStatus::Failed => "error",
        FileStatus::Partly => "warning",
        FileStatus::Analysed => "note",
    };
    let locations = problem.file.map(|file| vec![results::file_location(report.result.path(file), options)]);
    Notification {
        level: Some(Value::from(level)),
        message: plain(texts::problem(problem.kind, &problem.detail, report.locale)),
        locations,
        ..notification(problem.kind.into())
    }
}

fn notification(id: &str) -> Notification {
    let descriptor = ReportingDescriptorReference { id: Some(id.to_owned()), ..ReportingDescriptorReference::default() };
    Notification { descriptor: Some(descriptor), ..Notification::builder().message("").build() }
}

/// The descriptors of the notifications that a log uses.
fn notification_descriptors(report: &Report<'_>) -> Vec<ReportingDescriptor> {
    let mut kinds: Vec<ProblemKind> = report.result.problems.iter().map(|problem| problem.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
        .into_iter()
        .map(|kind| {
            let id: &str = kind.into();
            ReportingDescriptor {
                short_description: Some(multi(texts::problem(kind, "", report.locale))),
                ..ReportingDescriptor::builder().id(id).build()
            }
        })
        .collect()
}

/// What the checklist can be made from again, and the scan's figures. Durations are left out: equal scans, equal bytes.
fn run_properties(report: &Report<'_>) -> PropertyBag {
    let result = report.result;
    let count = |status| result.files.iter().filter(|file| file.status == status).count();
    let language_files = |language| {
        let (files, incomplete) = result.files_of(|kind| language_of(kind) == language);
        json!({ "files": files, "incomplete": incomplete })
    };
    let examined: BTreeMap<&str, Value> = result
        .examined
        .iter()
        .filter_map(|(id, examined)| {
            let rule = report.book.rule(*id)?;
            Some((rule.id.as_str(), json!({ "places": examined.places, "undecided": examined.undecided })))
        })
        .collect();
    let open: BTreeMap<&str, u64> =
        result.open_by_severity().into_iter().map(|(severity, count)| (texts::severity_id(severity), count)).collect();
    let mut properties = json!({
        "files": { "analysed": count(FileStatus::Analysed), "partly": count(FileStatus::Partly), "failed": count(FileStatus::Failed) },
        "languages": { "java": language_files(Language::Java), "c": language_files(Language::C) },
        "bytes": result.stats.bytes,
        "bodies": result.stats.bodies,
        "brokenBodies": result.stats.broken_bodies,
        "opaqueConstructs": result.stats.opaque,
        "boundsHit": result.stats.bounds_hit,
        "bounded": bounds::functions(result).map(|(file, name)| json!({ "file": file, "function": name })).collect::<Vec<_>>(),
        "open": open,
        "suppressed": result.findings.iter().filter(|one| one.is_suppressed()).count(),
        "examined": examined,
    });
    if let (Some(baseline), Some(map)) = (result.baseline, properties.as_object_mut()) {
        map.insert("baseline".to_owned(), json!({ "new": baseline.new, "unchanged": baseline.known, "absent": baseline.absent }));
    }
    bag([("haechi", properties)])
}

/// The language a file counts for in the checklist.
pub(in crate::report) fn language_of(kind: FileKind) -> Language {
    match kind {
        FileKind::C | FileKind::CHeader => Language::C,
        FileKind::Java | FileKind::Jsp | FileKind::Xml | FileKind::Properties | FileKind::Yaml => Language::Java,
    }
}

fn plain(text: impl Into<String>) -> Message {
    Message { text: Some(text.into()), ..Message::default() }
}

fn multi(text: impl Into<String>) -> MultiformatMessageString {
    MultiformatMessageString { text: text.into(), markdown: None, properties: None }
}

fn bag<const N: usize>(entries: [(&str, Value); N]) -> PropertyBag {
    let additional = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    PropertyBag { tags: None, additional_properties: additional }
}

#[cfg(test)]
mod tests;
