//! What happens to findings between the engine and the reports.

use super::testing::TestScan;
use super::{AllowNoteKind, Baseline, FindingState, Place, ScanResult, StepKind};
use crate::base::{FileStatus, Problem, ProblemKind};
use crate::source::FileKind;

const DAO: &str =
    "class OrderDao {\n  void find(String id) {\n    st.executeQuery(\"한글\" + id);\n    st.executeQuery(q);\n  }\n}\n";

fn states(result: &ScanResult) -> Vec<(u32, FindingState)> {
    result.findings.iter().map(|one| (one.place.line, one.finding.state.clone())).collect()
}

fn scan(text: &str) -> TestScan {
    TestScan::new(&[("src/OrderDao.java", FileKind::Java, text)])
}

#[test]
fn one_finding_a_place_rule_and_cause_with_the_shortest_way() {
    let mut made = scan(DAO);
    let long = [(0, "String id", StepKind::Source, "id"), (0, "id)", StepKind::Sink, "executeQuery")];
    made.find("java/sql-injection", 0, "st.executeQuery(q)", &[]);
    made.find("java/sql-injection", 0, "id)", &long);
    made.find("java/sql-injection", 0, "id)", &long[..1]);
    made.find("java/path-traversal", 0, "id)", &[]);
    let (result, rules) = made.finish();
    let order: Vec<_> = result
        .findings
        .iter()
        .map(|one| (one.place.line, rules[one.finding.rule].id.as_str(), one.finding.trace.len()))
        .collect();
    assert_eq!(order, [(2, "java/path-traversal", 0), (2, "java/sql-injection", 1), (4, "java/sql-injection", 0)]);
}

#[test]
fn columns_count_utf16_units_and_code_is_kept() {
    let mut made = scan(DAO);
    made.find("java/sql-injection", 0, "+ id", &[(0, "find(String", StepKind::Source, "id")]);
    let (result, _) = made.finish();
    let one = &result.findings[0];
    assert_eq!(one.place, Place { line: 3, column: 26, end_line: 3, end_column: 30 });
    assert_eq!(one.code, "    st.executeQuery(\"한글\" + id);");
    assert_eq!(&one.code[one.code_lo..one.code_hi], "+ id");
    assert_eq!(one.steps[0].code, "void find(String id) {");
    assert!(one.line_hash.ends_with(":1"));
}

#[test]
fn a_suppression_silences_its_line_until_its_date() {
    let text = DAO.replace("(q);", "(q); // haechi:allow java/sql-injection until 2026-11-23 -- 고정 질의");
    let make = |text: &str| {
        let mut made = scan(text);
        made.find("java/sql-injection", 0, "+ id", &[]);
        made.find("java/sql-injection", 0, "st.executeQuery(q)", &[]);
        made
    };
    let (result, _) = make(&text).finish_with("2026-11-23", None);
    assert_eq!(result.findings[0].finding.state, FindingState::Open);
    let FindingState::Suppressed(suppression) = &result.findings[1].finding.state else { panic!("{:?}", states(&result)) };
    assert_eq!(suppression.reason, "고정 질의");
    assert_eq!(result.allow_notes, []);

    let (result, _) = make(&text).finish_with("2026-11-24", None);
    assert_eq!(states(&result), [(3, FindingState::Open), (4, FindingState::Open)]);
    assert_eq!(result.allow_notes[0].kind, AllowNoteKind::Expired("2026-11-23".to_owned()));
    assert_eq!(result.allow_notes[0].line, 4);
}

#[test]
fn a_suppression_that_does_nothing_is_told() {
    let (result, _) = scan("// haechi:allow-file java/path-traversal -- 배치 전용\nclass A {}").finish();
    assert_eq!(result.allow_notes.len(), 1);
    assert_eq!(result.allow_notes[0].kind, AllowNoteKind::Unused);
}

#[test]
fn a_suppression_without_reason_is_a_finding_and_silences_nothing() {
    let text = DAO.replace("(q);", "(q); // haechi:allow java/sql-injection");
    let mut made = scan(&text);
    made.find("java/sql-injection", 0, "st.executeQuery(q)", &[]);
    let invalid = made.rule("java/invalid-suppression");
    let (result, rules) = made.finish();
    let found: Vec<_> = result.findings.iter().map(|one| rules[one.finding.rule].id.as_str()).collect();
    assert_eq!(found, ["java/sql-injection", "java/invalid-suppression"]);
    assert!(result.findings.iter().all(super::Reported::is_open));
    assert_eq!(result.examined[&invalid].places, 1);
    assert_eq!(result.allow_notes[0].kind, AllowNoteKind::NoReason);
}

#[test]
fn an_unknown_rule_is_named_where_no_rule_reports_it() {
    let mut made = scan("f(); // haechi:allow java/sql-injektion -- x");
    made.raw.selected.remove(&made.rule("java/invalid-suppression"));
    let (result, _) = made.finish();
    assert!(result.findings.is_empty());
    assert_eq!(
        (result.problems[0].kind, result.problems[0].detail.as_str()),
        (ProblemKind::BadSuppression, "java/sql-injektion")
    );
    assert_eq!(result.allow_notes[0].kind, AllowNoteKind::UnknownRule);
}

#[test]
fn fingerprints_survive_shifts_and_edits_elsewhere() {
    let prints = |path: &str, text: &str| {
        let mut made = TestScan::new(&[(path, FileKind::Java, text)]);
        made.find("java/sql-injection", 0, "st.executeQuery(q)", &[]);
        made.finish().0.findings.remove(0).finding.fingerprint
    };
    let first = prints("src/OrderDao.java", DAO);
    assert_eq!(first, prints("src/OrderDao.java", &format!("// note\n\n{}", DAO.replace("String id", "Long id"))));
    assert_eq!(first, prints("OrderDao.java", &DAO.replace("    st.executeQuery(q)", "\tst.executeQuery(q)")));
    assert_ne!(first, prints("src/OtherDao.java", DAO));
    assert_ne!(first, prints("src/OrderDao.java", &DAO.replace("(q);", "(q); g();")));
}

#[test]
fn equal_lines_have_fingerprints_of_their_own() {
    let mut made = scan("a(); f(x);\nf(x);\n");
    made.find("java/sql-injection", 0, "f(x);\nf", &[]);
    made.find("java/sql-injection", 0, "a()", &[]);
    made.find("java/sql-injection", 0, "f(x)", &[]);
    let (result, _) = made.finish();
    let mut prints: Vec<_> = result.findings.iter().map(|one| one.finding.fingerprint.clone()).collect();
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), 3);
}

#[test]
fn a_baseline_parts_new_from_known_and_counts_what_is_gone() {
    let make = || {
        let mut made = scan(DAO);
        made.find("java/sql-injection", 0, "+ id", &[]);
        made.find("java/sql-injection", 0, "st.executeQuery(q)", &[]);
        made
    };
    let (before, _) = make().finish();
    let known = [before.findings[1].finding.fingerprint.clone(), "gone".to_owned()];
    let (result, _) = make().finish_with("2026-11-23", Some(&known.into_iter().collect::<Baseline>()));
    assert_eq!(states(&result), [(3, FindingState::Open), (4, FindingState::Baseline)]);
    let counts = result.baseline.unwrap();
    assert_eq!((counts.new, counts.known, counts.absent), (1, 1, 1));
}

#[test]
fn a_file_is_no_better_than_its_problems() {
    let mut made = TestScan::new(&[("a.c", FileKind::C, "int x;"), ("b.c", FileKind::C, "")]);
    let problem = |file: usize, kind| Problem { file: Some(file.into()), span: None, kind, detail: String::new() };
    made.raw.problems =
        vec![problem(1, ProblemKind::Binary), problem(0, ProblemKind::SyntaxError), problem(0, ProblemKind::SyntaxError)];
    let (result, _) = made.finish();
    assert_eq!(result.files.iter().map(|file| file.status).collect::<Vec<_>>(), [FileStatus::Partly, FileStatus::Failed]);
    assert_eq!(result.problems.len(), 2);
}

#[test]
fn columns_on_one_long_line_are_counted_on() {
    let text = format!("한글; {}", "f(x); ".repeat(500));
    let mut made = scan(&text);
    let first = made.at(0, "f(x)").span.lo;
    for index in 0..500u32 {
        made.find("java/sql-injection", 0, "f(x)", &[]);
        let last = made.raw.findings.last_mut().unwrap();
        last.at.span = crate::base::Span { lo: first + index * 6, hi: first + index * 6 + 4 };
    }
    let (result, _) = made.finish();
    for (index, one) in (0u32..).zip(&result.findings) {
        assert_eq!((one.place.line, one.place.column, one.place.end_column), (1, 5 + index * 6, 9 + index * 6));
        assert_eq!(&one.code[one.code_lo..one.code_hi], "f(x)");
    }
}
