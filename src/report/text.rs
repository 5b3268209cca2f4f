//! The report for people: each finding with its code, the way of the data and the remedy, then a summary to act on.
//! Must not know whether it goes to a terminal: colours and width are asked for.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::escape::{terminal, terminal_line};
use super::texts::{self, pick};
use super::{Report, ReportError, bounds};
use crate::base::{FileId, FileStatus, ProblemKind};
use crate::findings::{FindingState, Reported, StepPlace};
use crate::rules::{Locale, Rule, Severity};

/// How the text report looks.
#[derive(Debug, Clone, Copy)]
pub struct TextOptions {
    /// With colours.
    pub colour: bool,
    /// One line a finding and no summary.
    pub quiet: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Findings that are suppressed or in the baseline too.
    pub all: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        TextOptions { colour: false, quiet: false, width: 120, all: false }
    }
}

/// Writes the report.
///
/// # Errors
/// Where writing fails.
pub fn render(report: &Report<'_>, options: &TextOptions, out: &mut dyn Write) -> Result<(), ReportError> {
    let renderer = if options.colour { Renderer::styled() } else { Renderer::plain() }.term_width(options.width);
    for reported in &report.result.findings {
        let Some(rule) = report.book.rule(reported.finding.rule) else { continue };
        if !reported.is_open() && !options.all {
            continue;
        }
        if options.quiet {
            line(report, reported, rule, out)?;
        } else {
            finding(report, reported, rule, &renderer, out)?;
        }
    }
    if !options.quiet {
        summary(report, out)?;
    }
    Ok(())
}

fn line(report: &Report<'_>, reported: &Reported, rule: &Rule, out: &mut dyn Write) -> Result<(), ReportError> {
    let message = texts::message(rule, &reported.finding, report.locale);
    writeln!(
        out,
        "{}:{}:{}: {} [{}] {}",
        terminal_line(report.result.path(reported.finding.at.file)),
        reported.place.line,
        reported.place.column,
        texts::severity(reported.finding.severity, report.locale),
        rule.id,
        terminal_line(&message),
    )?;
    Ok(())
}

fn finding(
    report: &Report<'_>,
    reported: &Reported,
    rule: &Rule,
    renderer: &Renderer,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let locale = report.locale;
    let finding = &reported.finding;
    let level = match finding.severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low | Severity::Info => Level::INFO,
    }
    .with_name(texts::severity(finding.severity, locale));
    let (code, lo, hi) = marked_code(reported);
    let path = terminal_line(report.result.path(finding.at.file));
    let title = terminal_line(&texts::message(rule, finding, locale));
    let snippet = Snippet::source(code)
        .line_start(reported.place.line as usize)
        .path(path)
        .annotation(AnnotationKind::Primary.span(lo..hi).label(rule.title.get(locale)));
    let group = level.primary_title(title).id(rule.id.as_str()).element(snippet);
    writeln!(out, "{}", renderer.render(&[group]))?;

    for (step, place) in finding.trace.iter().zip(&reported.steps) {
        writeln!(out, "  {}", step_line(report, step, place))?;
    }
    for (label, value) in facts(report, reported, rule) {
        writeln!(out, "  {label}: {value}")?;
    }
    writeln!(out)?;
    Ok(())
}

/// The code without characters that a terminal obeys, and where the mark is in it.
fn marked_code(reported: &Reported) -> (String, usize, usize) {
    let part = |range: std::ops::Range<usize>| {
        let text = reported.code.get(range).unwrap_or_default();
        terminal(&text.replace("\r\n", "\n").replace('\r', "\n"))
    };
    let mut code = part(0..reported.code_lo);
    let lo = code.len();
    code.push_str(&part(reported.code_lo..reported.code_hi));
    let hi = code.len();
    code.push_str(&part(reported.code_hi..reported.code.len()));
    (code, lo, hi)
}

fn step_line(report: &Report<'_>, step: &crate::findings::Step, place: &StepPlace) -> String {
    let path = terminal_line(report.result.path(step.at.file));
    let sentence = terminal_line(&texts::step(step, report.locale));
    format!("→ {path}:{}: {sentence}\n      {}", place.place.line, terminal_line(&place.code))
}

fn facts(report: &Report<'_>, reported: &Reported, rule: &Rule) -> Vec<(&'static str, String)> {
    let locale = report.locale;
    let mut facts = Vec::new();
    let items: Vec<_> =
        rule.items.iter().map(|item| format!("{item} {}", report.book.item_name(item, locale)).trim_end().to_owned()).collect();
    if !items.is_empty() {
        facts.push((pick(locale, "점검 항목", "guideline"), items.join(", ")));
    }
    let cwe: Vec<_> = rule.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect();
    if !cwe.is_empty() {
        facts.push(("CWE", cwe.join(", ")));
    }
    facts.push((pick(locale, "신뢰도", "confidence"), texts::confidence(reported.finding.confidence, locale).to_owned()));
    facts.push((pick(locale, "조치 방법", "remedy"), terminal_line(rule.remedy.get(locale))));
    match &reported.finding.state {
        FindingState::Open => {}
        FindingState::Baseline => {
            facts.push((
                pick(locale, "상태", "state"),
                pick(locale, "이전 점검에서 확인된 결과", "known from the baseline").to_owned(),
            ));
        }
        FindingState::Suppressed(suppression) => {
            let mut text = terminal_line(&suppression.reason);
            if let Some(until) = &suppression.until {
                text = format!("{text} (~ {})", terminal_line(until));
            }
            facts.push((pick(locale, "예외 사유", "suppressed"), text));
        }
    }
    facts
}

fn summary(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let locale = report.locale;
    let result = report.result;
    notes(report, out)?;

    let open: Vec<&Reported> = result.findings.iter().filter(|one| one.is_open()).collect();
    let suppressed = result.findings.iter().filter(|one| one.is_suppressed()).count();
    if !open.is_empty() {
        let mut by_rule: BTreeMap<(Reverse<Severity>, &str), (u64, &Rule)> = BTreeMap::new();
        for one in &open {
            if let Some(rule) = report.book.rule(one.finding.rule) {
                // Of one rule, some findings may weigh less than others.
                by_rule.entry((Reverse(one.finding.severity), &rule.id)).or_insert((0, rule)).0 += 1;
            }
        }
        writeln!(out, "{}", pick(locale, "규칙별 결과", "By rule"))?;
        for ((severity, id), (count, rule)) in &by_rule {
            let severity = texts::severity(severity.0, locale);
            writeln!(out, "  {count:>6}  {}  {id}  {}", padded(severity, SEVERITY_WIDTH), rule.title.get(locale))?;
        }
        writeln!(out)?;
    }
    let severities: Vec<String> = result
        .open_by_severity()
        .iter()
        .rev()
        .map(|(severity, count)| format!("{} {count}", texts::severity(*severity, locale)))
        .collect();
    let known = result.findings.iter().filter(|one| one.finding.state == FindingState::Baseline).count();
    let partly = result.files.iter().filter(|file| file.status == FileStatus::Partly).count();
    let failed = result.files.iter().filter(|file| file.status == FileStatus::Failed).count();
    let counts = Counts { open: open.len(), severities: severities.join(", "), suppressed, known, partly, failed };
    for line in counts.lines(report) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Notes of one sort shown at the end: more bury the summary.
const MAX_NOTES: usize = 40;
/// Columns of the longest severity's name in either language.
const SEVERITY_WIDTH: usize = 9;

/// Pads to a width on a terminal, where Korean characters take two columns.
fn padded(text: &str, width: usize) -> String {
    let taken: usize = text.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(taken)))
}

struct Counts {
    open: usize,
    severities: String,
    suppressed: usize,
    known: usize,
    partly: usize,
    failed: usize,
}

impl Counts {
    fn lines(&self, report: &Report<'_>) -> Vec<String> {
        let Counts { open, severities, suppressed, known, partly, failed } = self;
        let files = report.result.files.len();
        let rules = report.result.selected.len();
        let baseline = report.result.baseline;
        let mut lines = Vec::new();
        let in_brackets = |text: &str| if text.is_empty() { String::new() } else { format!(" ({text})") };
        match report.locale {
            Locale::Ko => {
                lines.push(format!("발견 {open}건{}, 예외 처리 {suppressed}건", in_brackets(severities)));
                if let Some(baseline) = baseline {
                    lines.push(format!("이전 점검 대비: 신규 {}건, 기존 {known}건, 해소 {}건", baseline.new, baseline.absent));
                }
                lines.push(format!("파일 {files}개를 규칙 {rules}개로 점검: 일부만 점검 {partly}개, 점검 실패 {failed}개"));
                if files == 0 {
                    lines.push(String::from("점검한 파일이 없습니다: 경로, --include/--exclude, .haechiignore를 확인하십시오"));
                }
            }
            Locale::En => {
                lines.push(format!("{open} findings{}, {suppressed} suppressed", in_brackets(severities)));
                if let Some(baseline) = baseline {
                    lines.push(format!("against the baseline: {} new, {known} known, {} gone", baseline.new, baseline.absent));
                }
                lines.push(format!("{files} files checked by {rules} rules: {partly} partly, {failed} failed"));
                if files == 0 {
                    lines.push(String::from(
                        "nothing was checked: look at the paths, the includes and excludes, and .haechiignore",
                    ));
                }
            }
        }
        lines
    }
}

/// What kept a file from being analysed comes first.
type NoteKey = (Reverse<FileStatus>, Option<FileId>, ProblemKind);

/// What happened to inputs and suppressions: whoever reads "no findings" must know what was not looked at.
fn notes(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let locale = report.locale;
    let result = report.result;
    if !result.problems.is_empty() {
        writeln!(out, "{}", pick(locale, "입력 파일 알림", "About the input"))?;
        // One line a file and kind; what kept a file from being analysed at all comes first.
        let mut seen: BTreeMap<NoteKey, (u64, &str)> = BTreeMap::new();
        for problem in result.problems.iter().filter(|problem| !bounds::is_grouped(problem)) {
            let key = (Reverse(problem.kind.status()), problem.file, problem.kind);
            seen.entry(key).or_insert((0, problem.detail.as_str())).0 += 1;
        }
        for ((_, file, kind), (count, detail)) in seen.iter().take(MAX_NOTES) {
            let path = file.map_or(String::new(), |file| format!("{}: ", terminal_line(result.path(file))));
            let times = if *count > 1 { format!(" ×{count}") } else { String::new() };
            writeln!(out, "  {path}{}{times}", terminal_line(&texts::problem(*kind, detail, locale)))?;
        }
        more(seen.len(), locale, out)?;
        if let Some(sentence) = bounds::sentence(result, locale) {
            writeln!(out, "  {}", terminal_line(&sentence))?;
        }
        writeln!(out)?;
    }
    if !result.allow_notes.is_empty() {
        writeln!(out, "{}", pick(locale, "예외 처리 알림", "About suppressions"))?;
        for note in result.allow_notes.iter().take(MAX_NOTES) {
            let path = terminal_line(result.path(note.at.file));
            let sentence = terminal_line(&texts::allow_note(&note.kind, &note.rule, locale));
            writeln!(out, "  {path}:{}: {sentence}", note.line)?;
        }
        more(result.allow_notes.len(), locale, out)?;
        writeln!(out)?;
    }
    Ok(())
}

/// Says how many notes were not shown.
fn more(all: usize, locale: Locale, out: &mut dyn Write) -> Result<(), ReportError> {
    let hidden = all.saturating_sub(MAX_NOTES);
    match locale {
        _ if hidden == 0 => {}
        Locale::Ko => writeln!(out, "  그 밖에 {hidden}건은 SARIF 또는 JSON 보고서에 있습니다")?,
        Locale::En => writeln!(out, "  and {hidden} more, in the SARIF and JSON reports")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{TextOptions, render};
    use crate::report::testing::{Shop, as_text};
    use crate::rules::Locale;

    fn text(locale: Locale, options: TextOptions) -> String {
        let shop = Shop::new();
        shop.with(locale, |report| as_text(|out| render(report, &options, out)))
    }

    #[test]
    fn korean() {
        insta::assert_snapshot!("text_ko", text(Locale::Ko, TextOptions { all: true, ..TextOptions::default() }));
    }

    #[test]
    fn english() {
        insta::assert_snapshot!("text_en", text(Locale::En, TextOptions::default()));
    }

    #[test]
    fn quiet_is_one_line_a_finding() {
        insta::assert_snapshot!("text_quiet", text(Locale::En, TextOptions { quiet: true, ..TextOptions::default() }));
    }

    #[test]
    fn colours_only_if_asked() {
        assert!(!text(Locale::En, TextOptions::default()).contains('\u{1b}'));
        assert!(text(Locale::En, TextOptions { colour: true, ..TextOptions::default() }).contains('\u{1b}'));
    }
}
