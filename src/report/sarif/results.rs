//! Findings as SARIF results. Must not know the run around them.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactContent, ArtifactLocation, CodeFlow, Location, LogicalLocation, PhysicalLocation, PropertyBag, Region,
    Result as SarifResult, ResultKind, ResultLevel, Suppression, ThreadFlow, ThreadFlowLocation,
};

use super::rules::{self, CWE, GUIDELINE, Rules, taxon};
use super::{SarifOptions, SarifProfile, base_id, plain};
use crate::base::Symbol;
use crate::findings::{FINGERPRINT_KEY, FindingState, Place, Reported, Step, StepKind, StepPlace};
use crate::report::Report;
use crate::report::escape::uri;
use crate::report::texts::{self, confidence_id, severity_id};
use crate::rules::{Rule, Severity};

/// Marks a step's number in code flows.
const RELATED_SOURCE: i64 = 1;

/// Results made by one task: enough to be worth handing out; in tests one, so that there are several.
const CHUNK: usize = if cfg!(test) { 1 } else { 256 };

/// The findings that go into the log, in order, and how many were cut because the consumer takes no more.
pub(super) fn shown<'r>(report: &Report<'r>, options: &SarifOptions) -> (Vec<&'r Reported>, usize) {
    let mut shown: Vec<(usize, &Reported)> = report
        .result
        .findings
        .iter()
        .enumerate()
        .filter(|(_, one)| options.profile.with_suppressed() || !one.is_suppressed())
        .collect();
    let most = options.profile.max_results();
    let cut = shown.len().saturating_sub(most);
    if cut > 0 {
        shown.sort_by_key(|(index, one)| (std::cmp::Reverse(one.finding.severity), *index));
        shown.truncate(most);
        shown.sort_by_key(|(index, _)| *index);
    }
    (shown.into_iter().map(|(_, one)| one).collect(), cut)
}

/// Those findings as SARIF results.
pub(super) fn results(report: &Report<'_>, options: &SarifOptions, rules: &Rules<'_>, shown: &[&Reported]) -> Vec<SarifResult> {
    let made = shown.iter().filter_map(|one| {
        let rule = report.book.rule(one.finding.rule)?;
        let index = rules.index(one.finding.rule)?;
        Some(Maker { report, options, one, rule }.result(index))
    });
    made.collect()
}

/// Those findings as the elements of a JSON array, with commas between them and no brackets: made in parallel and in
/// pieces, for the results of a large project are the better part of its log, and as values several times their text.
///
/// # Errors
/// Where a result cannot be written as JSON.
pub(super) fn elements(
    report: &Report<'_>,
    options: &SarifOptions,
    rules: &Rules<'_>,
    shown: &[&Reported],
) -> Result<Vec<Vec<u8>>, serde_json::Error> {
    let chunk = |findings: &[&Reported]| {
        let mut text = Vec::new();
        for result in results(report, options, rules, findings) {
            if !text.is_empty() {
                text.push(b',');
            }
            serde_json::to_writer(&mut text, &result)?;
        }
        Ok(text)
    };
    shown.par_chunks(CHUNK).map(chunk).collect()
}

/// A file without a region.
pub(super) fn file_location(path: &str, options: &SarifOptions) -> Location {
    let physical = PhysicalLocation { artifact_location: Some(artifact(path, options)), ..PhysicalLocation::default() };
    Location { physical_location: Some(physical), ..Location::default() }
}

fn artifact(path: &str, options: &SarifOptions) -> ArtifactLocation {
    ArtifactLocation { uri: Some(uri(path)), uri_base_id: base_id(options), ..ArtifactLocation::default() }
}

struct Maker<'a, 'r> {
    report: &'a Report<'r>,
    options: &'a SarifOptions,
    one: &'a Reported,
    rule: &'a Rule,
}

impl Maker<'_, '_> {
    fn result(&self, index: i64) -> SarifResult {
        let finding = &self.one.finding;
        let full = self.options.profile == SarifProfile::Full;
        let text = texts::message(self.rule, finding, self.report.locale);
        SarifResult {
            rule_id: Some(self.rule.id.clone()),
            rule_index: Some(index),
            level: Some(level(finding.severity)),
            kind: Some(ResultKind::Fail),
            rank: Some(rules::rank(finding.confidence)),
            locations: Some(vec![self.location()]),
            code_flows: self.code_flow().map(|flow| vec![flow]),
            related_locations: self.source_location().map(|location| vec![location]),
            partial_fingerprints: Some(self.fingerprints()),
            suppressions: full.then(|| self.suppressions()),
            baseline_state: self.baseline_state(),
            taxa: full.then(|| self.taxa()),
            properties: Some(self.properties()),
            ..SarifResult::builder().message(plain(unlinked(&text))).build()
        }
    }

    fn location(&self) -> Location {
        let path = self.report.result.path(self.one.finding.at.file);
        let code = ArtifactContent { text: Some(self.one.code.clone()), ..ArtifactContent::default() };
        let logical = self.one.finding.function.map(|function| {
            let name: &str = Symbol::simple_name(function);
            vec![LogicalLocation {
                name: Some(name.to_owned()),
                fully_qualified_name: Some(function.as_str().to_owned()),
                kind: Some("function".to_owned()),
                ..LogicalLocation::default()
            }]
        });
        let mut location = self.place(path, self.one.place);
        if let Some(physical) = &mut location.physical_location {
            // The marked range itself is the region; the lines around it are the context.
            let marked = self.one.code.get(self.one.code_lo..self.one.code_hi).unwrap_or_default();
            if let Some(region) = &mut physical.region {
                region.snippet = Some(ArtifactContent { text: Some(marked.to_owned()), ..ArtifactContent::default() });
            }
            physical.context_region = Some(Region {
                start_line: Some(i64::from(self.one.place.line)),
                end_line: Some(i64::from(self.one.place.end_line)),
                snippet: Some(code),
                ..Region::default()
            });
        }
        Location { logical_locations: logical, ..location }
    }

    fn place(&self, path: &str, place: Place) -> Location {
        let region = Region {
            start_line: Some(i64::from(place.line)),
            start_column: Some(i64::from(place.column)),
            end_line: Some(i64::from(place.end_line)),
            end_column: Some(i64::from(place.end_column)),
            ..Region::default()
        };
        let physical = PhysicalLocation {
            artifact_location: Some(artifact(path, self.options)),
            region: Some(region),
            ..PhysicalLocation::default()
        };
        Location { physical_location: Some(physical), ..Location::default() }
    }

    fn step_location(&self, step: &Step, place: &StepPlace) -> Location {
        let mut location = self.place(self.report.result.path(step.at.file), place.place);
        location.message = Some(plain(unlinked(&texts::step(step, self.report.locale))));
        if let Some(region) = location.physical_location.as_mut().and_then(|physical| physical.region.as_mut()) {
            region.snippet = Some(ArtifactContent { text: Some(place.code.clone()), ..ArtifactContent::default() });
        }
        location
    }

    fn code_flow(&self) -> Option<CodeFlow> {
        let trace = &self.one.finding.trace;
        if trace.is_empty() {
            return None;
        }
        // Of a way over the limit the two ends say most.
        let most = self.options.profile.max_steps();
        let left_out = trace.len().saturating_sub(most);
        let head = most / 2;
        let mut depth = 0i64;
        let mut locations = Vec::with_capacity(trace.len().min(most));
        for (index, (step, place)) in trace.iter().zip(&self.one.steps).enumerate() {
            if step.kind == StepKind::Return {
                depth -= 1;
            }
            let skipped = left_out > 0 && index >= head && index < head + left_out;
            if !skipped {
                locations.push(self.flow_location(index, step, place, depth.max(0)));
            }
            if step.kind == StepKind::Pass {
                depth += 1;
            }
        }
        Some(CodeFlow { thread_flows: vec![ThreadFlow::builder().locations(locations).build()], message: None, properties: None })
    }

    fn flow_location(&self, index: usize, step: &Step, place: &StepPlace, depth: i64) -> ThreadFlowLocation {
        let essential = matches!(step.kind, StepKind::Source | StepKind::Sink | StepKind::Null | StepKind::Release);
        ThreadFlowLocation {
            location: Some(self.step_location(step, place)),
            execution_order: i64::try_from(index + 1).ok(),
            nesting_level: Some(depth),
            importance: Some(Value::from(if essential { "essential" } else { "important" })),
            ..ThreadFlowLocation::default()
        }
    }

    /// Where the way begins.
    fn source_location(&self) -> Option<Location> {
        let first = self.one.finding.trace.first()?;
        let place = self.one.steps.first()?;
        (first.at != self.one.finding.at).then(|| Location { id: Some(RELATED_SOURCE), ..self.step_location(first, place) })
    }

    fn fingerprints(&self) -> BTreeMap<String, String> {
        let mut prints = BTreeMap::from([(FINGERPRINT_KEY.to_owned(), self.one.finding.fingerprint.clone())]);
        if !self.one.line_hash.is_empty() {
            prints.insert("primaryLocationLineHash".to_owned(), self.one.line_hash.clone());
        }
        prints
    }

    /// Empty for a result that counts: without the array, a viewer cannot tell "not suppressed" from "not known".
    fn suppressions(&self) -> Vec<Suppression> {
        let FindingState::Suppressed(suppression) = &self.one.finding.state else { return Vec::new() };
        let until = suppression.until.as_ref().map(|until| PropertyBag {
            tags: None,
            additional_properties: BTreeMap::from([("until".to_owned(), Value::from(until.as_str()))]),
        });
        vec![Suppression {
            justification: Some(suppression.reason.clone()),
            status: Some(Value::from("accepted")),
            properties: until,
            ..Suppression::builder().kind("inSource").build()
        }]
    }

    fn baseline_state(&self) -> Option<Value> {
        self.report.result.baseline.map(|_| Value::from(if self.one.known { "unchanged" } else { "new" }))
    }

    fn taxa(&self) -> Vec<serde_sarif::sarif::ReportingDescriptorReference> {
        let cwe = self.rule.cwe.iter().map(|number| taxon(format!("CWE-{number}"), CWE));
        cwe.chain(self.rule.items.iter().map(|item| taxon(item.clone(), GUIDELINE))).collect()
    }

    fn properties(&self) -> PropertyBag {
        let finding = &self.one.finding;
        let cwe: Vec<String> = self.rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
        let mut tags = vec!["security".to_owned()];
        tags.extend(self.rule.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}")));
        tags.truncate(self.options.profile.max_tags());
        let entries = [
            ("cwe", json!(cwe)),
            ("category", json!(self.report.book.category_label(self.rule, self.report.locale))),
            ("confidence", json!(confidence_id(finding.confidence))),
            ("severity", json!(severity_id(finding.severity))),
        ];
        PropertyBag { tags: Some(tags), ..super::bag(entries) }
    }
}

fn level(severity: Severity) -> ResultLevel {
    match rules::level(severity) {
        "error" => ResultLevel::Error,
        "warning" => ResultLevel::Warning,
        _ => ResultLevel::Note,
    }
}

/// In SARIF's messages `[text](target)` is a link: quoted code must not make one.
fn unlinked(text: &str) -> String {
    if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text.to_owned() }
}
