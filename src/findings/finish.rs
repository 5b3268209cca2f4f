//! From what the stages found to what is reported: one order, no repeats, suppressions, fingerprints, baseline.
//! Must not know any output format, nor the clock: the day comes in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use index_vec::{IndexSlice, IndexVec};
use jiff::civil::Date;
use rayon::prelude::*;

use super::allow::Allow;
use super::fingerprint::{FingerprintKey, tokens};
use super::line_hash::line_hashes;
use super::result::{AllowNote, AllowNoteKind, BaselineCounts, Place, RawScan, Reported, ScanResult, StepPlace};
use super::sources::{SourceLookup, SourceView};
use super::{Baseline, Examined, Finding, FindingState, Suppression};
use crate::base::{FastMap, FileId, Problem, ProblemKind, RuleId, Span, Symbol};
use crate::rules::{CheckKind, Confidence, Language, Rule, RuleKind};
use crate::source::{FileKind, Position};

/// Files with findings that a thread takes at once: some are large, and at the end no thread should wait long for another.
const FILES_AT_ONCE: usize = 4;
/// Lines of code kept with a finding; what is marked beyond is cut.
const MAX_CODE_LINES: u32 = 6;
/// Bytes of code kept with a finding: a minified line must not fill a report.
const MAX_CODE_BYTES: usize = 2_000;
/// Characters of code kept with a step.
const MAX_STEP_CHARS: usize = 160;

/// What [`finish`] needs besides the scan.
#[derive(Debug, Clone, Copy)]
pub struct FinishOptions<'a> {
    /// All loaded rules, run or not.
    pub rules: &'a IndexSlice<RuleId, [Rule]>,
    /// The day by which suppressions expire; `None`: none does.
    pub today: Option<Date>,
    /// An earlier scan to compare with.
    pub baseline: Option<&'a Baseline>,
}

/// Orders, merges, suppresses and marks what was found.
#[must_use]
pub fn finish(raw: RawScan, options: &FinishOptions<'_>, sources: &dyn SourceLookup) -> ScanResult {
    let RawScan { mut files, mut findings, mut examined, selected, mut problems, mut allows, stats } = raw;
    allows.sort_by_key(|allow| allow.at);
    let mut judge = Judge::new(options, &selected, &files);
    for allow in &allows {
        judge.admit(allow, &mut findings, &mut problems, &mut examined);
    }
    doubt_tests(&mut findings, &files);
    let findings = merge(findings);
    let mut reported = resolve(findings, sources);
    fingerprint(&mut reported, options.rules, &files);
    for one in &mut reported {
        judge.apply(one);
    }
    let baseline = options.baseline.map(|baseline| compare(&mut reported, baseline));

    problems.sort_by(|a, b| (a.file, a.span, a.kind, &a.detail).cmp(&(b.file, b.span, b.kind, &b.detail)));
    problems.dedup();
    for problem in &problems {
        if let Some(record) = problem.file.and_then(|file| files.get_mut(file)) {
            record.status = record.status.max(problem.kind.status());
        }
    }
    let mut allow_notes = judge.notes();
    place_notes(&mut allow_notes, sources);
    ScanResult { files, findings: reported, examined, selected, problems, allow_notes, stats, baseline }
}

/// What happens in test code, or with data that comes from it, happens to nobody else.
fn doubt_tests(findings: &mut [Finding], files: &IndexVec<FileId, super::FileRecord>) {
    let is_test = |file: FileId| files.get(file).is_some_and(|record| record.is_test);
    for finding in findings {
        let start = finding.trace.first().map_or(finding.at.file, |step| step.at.file);
        if is_test(finding.at.file) || is_test(start) {
            finding.confidence = Confidence::Low;
        }
    }
}

/// One finding a sink and cause: of those with the same rule, place and arguments the one with the shortest way.
fn merge(mut findings: Vec<Finding>) -> Vec<Finding> {
    fn steps(finding: &Finding) -> impl Ord + '_ {
        finding.trace.iter().map(|step| (step.at, step.kind as u8, step.name.as_str())).collect::<Vec<_>>()
    }
    findings.sort_by(|a, b| {
        (a.at, a.rule, &a.args)
            .cmp(&(b.at, b.rule, &b.args))
            .then_with(|| b.confidence.cmp(&a.confidence))
            .then_with(|| b.severity.cmp(&a.severity))
            .then_with(|| a.trace.len().cmp(&b.trace.len()))
            .then_with(|| steps(a).cmp(&steps(b)))
            .then_with(|| a.function.map(Symbol::as_str).cmp(&b.function.map(Symbol::as_str)))
    });
    findings.dedup_by(|later, kept| later.at == kept.at && later.rule == kept.rule && later.args == kept.args);
    findings
}

/// Lines, columns and code of every finding, file by file, in parallel; the order stays.
fn resolve(findings: Vec<Finding>, sources: &dyn SourceLookup) -> Vec<Reported> {
    let groups: Vec<Vec<Finding>> = {
        let mut groups: Vec<Vec<Finding>> = Vec::new();
        for finding in findings {
            match groups.last_mut() {
                Some(group) if group.last().is_some_and(|last| last.at.file == finding.at.file) => group.push(finding),
                _ => groups.push(vec![finding]),
            }
        }
        groups
    };
    let resolved: Vec<Vec<Reported>> =
        groups.into_par_iter().with_max_len(FILES_AT_ONCE).map(|group| resolve_file(group, sources)).collect();
    resolved.into_iter().flatten().collect()
}

fn resolve_file(findings: Vec<Finding>, sources: &dyn SourceLookup) -> Vec<Reported> {
    // A way seldom leaves its file by more than a few others; their texts are kept for this file's findings only.
    let mut views: FastMap<FileId, Option<Arc<SourceView>>> = FastMap::default();
    let mut view = |file: FileId| views.entry(file).or_insert_with(|| sources.source(file)).clone();
    let mut reported: Vec<Reported> = Vec::with_capacity(findings.len());
    let mut anchor = None;
    for finding in findings {
        let steps = finding
            .trace
            .iter()
            .map(|step| view(step.at.file).map_or_else(StepPlace::default, |view| step_place(&view, step.at.span)))
            .collect();
        let own = view(finding.at.file);
        let place = own.as_ref().map_or_else(Place::default, |view| place_from(view, &mut anchor, finding.at.span));
        let (code, code_lo, code_hi) = own.as_ref().map_or_else(Default::default, |view| code(view, finding.at.span, place));
        reported.push(Reported { finding, place, code, code_lo, code_hi, steps, line_hash: String::new(), known: false });
    }
    if let Some(view) = reported.first().and_then(|first| view(first.finding.at.file)) {
        let wanted: BTreeSet<u32> = reported.iter().map(|one| one.place.line).collect();
        let hashes = line_hashes(&view.text, &wanted);
        for one in &mut reported {
            one.line_hash = hashes.get(&one.place.line).cloned().unwrap_or_default();
        }
    }
    reported
}

fn place(view: &SourceView, span: Span) -> Place {
    place_from(view, &mut None, span)
}

/// The place of a range; `anchor` is where the last range began. Findings come in order, so that on one endless line
/// columns are counted on from there and not from the line's start each time.
fn place_from(view: &SourceView, anchor: &mut Option<(u32, Position)>, span: Span) -> Place {
    let lo = position(view, *anchor, span.lo);
    *anchor = Some((span.lo, lo));
    // A range that ends with a line's end is shown to end on that line.
    let trimmed = span.text(&view.text).trim_end_matches(['\n', '\r']).len();
    let hi = span.lo.saturating_add(u32::try_from(trimmed).unwrap_or(u32::MAX));
    let hi = position(view, *anchor, hi);
    Place { line: lo.line, column: lo.utf16_column, end_line: hi.line, end_column: hi.utf16_column }
}

fn position(view: &SourceView, anchor: Option<(u32, Position)>, offset: u32) -> Position {
    let between = anchor.filter(|(from, at)| *from <= offset && view.lines.line(offset) == at.line);
    let text = between.and_then(|(from, at)| Some((at, view.text.get(from as usize..offset as usize)?)));
    match text {
        Some((at, text)) => {
            let count = |sum: usize| u32::try_from(sum).unwrap_or(u32::MAX);
            Position {
                line: at.line,
                utf16_column: at.utf16_column.saturating_add(count(text.chars().map(char::len_utf16).sum())),
                char_column: at.char_column.saturating_add(count(text.chars().count())),
            }
        }
        None => view.lines.position(&view.text, offset),
    }
}

fn step_place(view: &SourceView, span: Span) -> StepPlace {
    let place = place(view, span);
    let line = view.lines.line_text(&view.text, place.line).trim();
    StepPlace { place, code: line.chars().take(MAX_STEP_CHARS).collect() }
}

fn code(view: &SourceView, span: Span, place: Place) -> (String, usize, usize) {
    let first = view.lines.line_span(&view.text, place.line);
    let last = view.lines.line_span(&view.text, place.end_line.min(place.line.saturating_add(MAX_CODE_LINES - 1)));
    let mut start = first.lo as usize;
    let mut end = (last.hi as usize).max(start);
    // Of a very long line keep what is around the marked range.
    if end - start > MAX_CODE_BYTES {
        start = start.max((span.lo as usize).saturating_sub(MAX_CODE_BYTES / 4));
        end = end.min(start + MAX_CODE_BYTES);
    }
    while start > 0 && !view.text.is_char_boundary(start) {
        start -= 1;
    }
    while end < view.text.len() && !view.text.is_char_boundary(end) {
        end += 1;
    }
    let text = view.text.get(start..end).unwrap_or_default().to_owned();
    let boundary = |at: usize| {
        let mut at = at.saturating_sub(start).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let lo = boundary(span.lo as usize);
    let hi = boundary(span.hi as usize).max(lo);
    (text, lo, hi)
}

fn fingerprint(reported: &mut [Reported], rules: &IndexSlice<RuleId, [Rule]>, files: &IndexVec<FileId, super::FileRecord>) {
    let mut seen: FastMap<FingerprintKey<'_>, u32> = FastMap::default();
    for one in reported {
        let path = files.get(one.finding.at.file).map_or("", |record| record.path.as_str());
        let first_line = one.code.split(['\n', '\r']).next().unwrap_or_default();
        let key = FingerprintKey {
            rule: rules.get(one.finding.rule).map_or("", |rule| rule.id.as_str()),
            file_name: path.rsplit('/').next().unwrap_or(path),
            function: one.finding.function.map_or("", Symbol::as_str),
            tokens: tokens(first_line),
        };
        let occurrence = match seen.get_mut(&key) {
            Some(count) => {
                *count += 1;
                *count
            }
            None => {
                seen.insert(key.clone(), 0);
                0
            }
        };
        one.finding.fingerprint = key.digest(occurrence);
    }
}

fn compare(reported: &mut [Reported], baseline: &Baseline) -> BaselineCounts {
    let mut counts = BaselineCounts::default();
    let mut met: BTreeSet<&str> = BTreeSet::new();
    for one in reported.iter_mut() {
        one.known = baseline.contains(&one.finding.fingerprint);
        if one.known && one.finding.state == FindingState::Open {
            one.finding.state = FindingState::Baseline;
        }
    }
    for one in reported.iter() {
        if one.known {
            met.insert(&one.finding.fingerprint);
        }
        match one.finding.state {
            FindingState::Open => counts.new += 1,
            FindingState::Baseline => counts.known += 1,
            FindingState::Suppressed(_) => {}
        }
    }
    counts.absent = baseline.len().saturating_sub(met.len()) as u64;
    counts
}

/// Which suppressions hold, and which of them did something.
struct Judge<'a> {
    options: &'a FinishOptions<'a>,
    selected: &'a BTreeSet<RuleId>,
    by_id: BTreeMap<&'a str, RuleId>,
    kinds: IndexVec<FileId, FileKind>,
    /// Those that are honoured, by file and rule.
    honoured: BTreeMap<(FileId, RuleId), Vec<Honoured>>,
    notes: Vec<AllowNote>,
}

struct Honoured {
    allow: Allow,
    expired: bool,
    used: bool,
}

impl<'a> Judge<'a> {
    fn new(options: &'a FinishOptions<'a>, selected: &'a BTreeSet<RuleId>, files: &IndexVec<FileId, super::FileRecord>) -> Self {
        let by_id = options.rules.iter_enumerated().map(|(id, rule)| (rule.id.as_str(), id)).collect();
        let kinds = files.iter().map(|record| record.kind).collect();
        Judge { options, selected, by_id, kinds, honoured: BTreeMap::new(), notes: Vec::new() }
    }

    /// Takes up one suppression: honours it, or says what is wrong with it, as a finding where a rule for that runs.
    fn admit(
        &mut self,
        allow: &Allow,
        findings: &mut Vec<Finding>,
        problems: &mut Vec<Problem>,
        examined: &mut BTreeMap<RuleId, Examined>,
    ) {
        let invalid_rule = self.invalid_rule(allow.at.file);
        if let Some(rule) = invalid_rule {
            examined.entry(rule).or_default().places += 1;
        }
        let date = allow.until.as_deref().map(str::parse::<Date>);
        let mut wrong = Vec::new();
        if allow.rules.is_empty() {
            wrong.push((String::new(), AllowNoteKind::NoRule));
        }
        for rule in allow.rules.iter().filter(|rule| !self.by_id.contains_key(rule.as_str())) {
            wrong.push((rule.clone(), AllowNoteKind::UnknownRule));
        }
        if allow.reason.is_empty() {
            wrong.push((allow.rules.join(" "), AllowNoteKind::NoReason));
        }
        if let Some(Err(_)) = date {
            wrong.push((allow.rules.join(" "), AllowNoteKind::BadDate(allow.until.clone().unwrap_or_default())));
        }
        let unusable = allow.reason.is_empty() || matches!(date, Some(Err(_)));
        if !unusable {
            let expired = matches!((self.options.today, &date), (Some(today), Some(Ok(until))) if *until < today);
            for rule in allow.rules.iter().filter_map(|rule| self.by_id.get(rule.as_str())) {
                let entry = Honoured { allow: allow.clone(), expired, used: false };
                self.honoured.entry((allow.at.file, *rule)).or_default().push(entry);
            }
        }
        if wrong.is_empty() {
            return;
        }
        match invalid_rule {
            Some(rule) => findings.extend(self.invalid_finding(rule, allow)),
            None => problems.push(Problem {
                file: Some(allow.at.file),
                span: Some(allow.at.span),
                kind: ProblemKind::BadSuppression,
                detail: allow.rules.join(" "),
            }),
        }
        self.notes.extend(wrong.into_iter().map(|(rule, kind)| AllowNote { at: allow.at, line: 0, rule, kind }));
    }

    fn invalid_finding(&self, rule: RuleId, allow: &Allow) -> Option<Finding> {
        let texts = self.options.rules.get(rule)?;
        Some(Finding {
            rule,
            at: allow.at,
            function: None,
            severity: texts.severity,
            confidence: texts.confidence,
            args: vec![("name", allow.rules.join(" ")), ("value", allow.until.clone().unwrap_or_default())],
            trace: Vec::new(),
            fingerprint: String::new(),
            state: FindingState::Open,
        })
    }

    /// The selected rule about bad suppressions for a file's language.
    fn invalid_rule(&self, file: FileId) -> Option<RuleId> {
        let kind = *self.kinds.get(file)?;
        let c = matches!(kind, FileKind::C | FileKind::CHeader);
        let web = !c && kind != FileKind::Java;
        let mut fitting = self.options.rules.iter_enumerated().filter(|(id, rule)| {
            matches!(rule.kind, RuleKind::Check(CheckKind::InvalidSuppression))
                && self.selected.contains(id)
                && (rule.language == Language::C) == c
        });
        let first = fitting.next()?;
        let same_folder = std::iter::once(first).chain(fitting).find(|(_, rule)| rule.id.starts_with("web/") == web);
        Some(same_folder.map_or(first.0, |(id, _)| id))
    }

    fn apply(&mut self, reported: &mut Reported) {
        let finding = &mut reported.finding;
        let Some(candidates) = self.honoured.get_mut(&(finding.at.file, finding.rule)) else { return };
        for honoured in candidates.iter_mut().filter(|honoured| honoured.allow.covers(finding.at.span)) {
            honoured.used = true;
            if !honoured.expired && finding.state == FindingState::Open {
                finding.state = FindingState::Suppressed(Suppression {
                    at: honoured.allow.at,
                    reason: honoured.allow.reason.clone(),
                    until: honoured.allow.until.clone(),
                });
            }
        }
    }

    /// What is to be said: what was wrong, what has expired, what suppressed nothing (of rules that ran).
    fn notes(mut self) -> Vec<AllowNote> {
        for ((_, rule), list) in &self.honoured {
            if !self.selected.contains(rule) {
                continue;
            }
            let id = self.options.rules.get(*rule).map(|rule| rule.id.clone()).unwrap_or_default();
            for honoured in list {
                let kind = match (honoured.used, honoured.expired) {
                    (false, _) => AllowNoteKind::Unused,
                    (true, true) => AllowNoteKind::Expired(honoured.allow.until.clone().unwrap_or_default()),
                    (true, false) => continue,
                };
                self.notes.push(AllowNote { at: honoured.allow.at, line: 0, rule: id.clone(), kind });
            }
        }
        self.notes.sort_by(|a, b| (a.at, &a.rule).cmp(&(b.at, &b.rule)));
        self.notes
    }
}

fn place_notes(notes: &mut [AllowNote], sources: &dyn SourceLookup) {
    let mut last: Option<(FileId, Option<Arc<SourceView>>)> = None;
    for note in notes {
        if last.as_ref().is_none_or(|(file, _)| *file != note.at.file) {
            last = Some((note.at.file, sources.source(note.at.file)));
        }
        if let Some((_, Some(view))) = &last {
            note.line = view.lines.line(note.at.span.lo);
        }
    }
}
