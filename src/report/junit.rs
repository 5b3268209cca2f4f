//! JUnit's XML for pipelines that read nothing else: a suite a category of the guideline, a case a rule that ran.

use std::collections::BTreeMap;
use std::io::Write;

use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

use super::escape::terminal;
use super::texts::{self, either, severity_id};
use super::{Report, ReportError};
use crate::base::RuleId;
use crate::findings::Reported;
use crate::rules::{Locale, Rule};

/// Writes the report. Only findings that a gate counts fail a case: not suppressed ones, nor those of the baseline.
///
/// # Errors
/// Where writing fails.
pub fn render(report: &Report<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut by_rule: BTreeMap<RuleId, Vec<&Reported>> = report.result.selected.iter().map(|id| (*id, Vec::new())).collect();
    for one in &report.result.findings {
        by_rule.entry(one.finding.rule).or_default().push(one);
    }
    let mut suites: BTreeMap<u8, TestSuite> = BTreeMap::new();
    for (id, found) in by_rule {
        let Some(rule) = report.book.rule(id) else { continue };
        let suite = suites.entry(rule.category).or_insert_with(|| {
            let name = report.book.category_name(rule.category, report.locale);
            TestSuite::new(format!("{}. {name}", rule.category))
        });
        suite.add_test_case(case(report, rule, id, &found));
    }
    let mut junit = JunitReport::new("haechi");
    junit.add_test_suites(suites.into_values());
    junit.serialize(out)?;
    Ok(())
}

fn case(report: &Report<'_>, rule: &Rule, id: RuleId, found: &[&Reported]) -> TestCase {
    let open: Vec<&Reported> = found.iter().copied().filter(|one| one.is_open()).collect();
    let status = if open.is_empty() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(match report.locale {
            Locale::Ko => format!("{} {}건", either(&rule.title, report.locale), open.len()),
            Locale::En => format!("{}: {} findings", either(&rule.title, report.locale), open.len()),
        });
        status.set_type(severity_id(rule.severity));
        let lines: Vec<String> = open.iter().map(|one| line(report, rule, one)).collect();
        status.set_description(terminal(&format!("{}\n{}", lines.join("\n"), rule.remedy.get(report.locale))));
        status
    };
    let mut case = TestCase::new(rule.id.as_str(), status);
    case.set_classname(report.book.category_label(rule, report.locale));
    let examined = report.result.examined.get(&id).copied().unwrap_or_default();
    case.set_assertions(usize::try_from(examined.places).unwrap_or(usize::MAX));
    let others = found.len() - open.len();
    if others > 0 {
        case.set_system_out(match report.locale {
            Locale::Ko => format!("예외 처리되었거나 이전 점검에서 확인된 결과 {others}건"),
            Locale::En => format!("{others} suppressed or known findings"),
        });
    }
    case
}

fn line(report: &Report<'_>, rule: &Rule, one: &Reported) -> String {
    let path = report.result.path(one.finding.at.file);
    let message = texts::message(rule, &one.finding, report.locale);
    format!("{path}:{}:{}: {message}", one.place.line, one.place.column)
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::report::testing::{Shop, as_text};
    use crate::rules::Locale;

    #[test]
    fn a_case_a_rule_and_only_open_findings_fail() {
        let text = Shop::new().with(Locale::Ko, |report| as_text(|out| render(report, out)));
        insta::assert_snapshot!("junit", text);
        assert!(roxmltree::Document::parse(&text).is_ok());
    }
}
