//! Verdicts one by one, and the three formats.

use super::{Checklist, Evidence, EvidenceFinding, Exception, Remark, Verdict, checklists, csv, html, markdown};
use crate::findings::Examined;
use crate::report::sarif::{SarifOptions, read};
use crate::report::testing::{Shop, as_text, catalog};
use crate::report::{Rulebook, sarif};
use crate::rules::{Language, Locale};

fn shop_lists(locale: Locale, write: impl FnOnce(&[Checklist], &Rulebook<'_>) -> String) -> String {
    Shop::new().with(locale, |report| write(&checklists(&Evidence::of_scan(report), report.book), report.book))
}

/// The verdict and remarks of the Java row of an item, on evidence made from nothing but what is given.
fn judged(item: &str, change: impl FnOnce(&mut Evidence)) -> (Verdict, Vec<Remark>) {
    let shop = Shop::new();
    let mut evidence = Evidence { java_files: (1, 0), c_files: (1, 0), ..Evidence::default() };
    evidence.ran = shop.rules.iter().map(|rule| rule.id.clone()).collect();
    change(&mut evidence);
    shop.with(Locale::Ko, |report| {
        let lists = checklists(&evidence, report.book);
        let rows = lists.iter().flat_map(|list| &list.sections).flat_map(|section| &section.rows);
        let row = rows.into_iter().find(|row| row.items.iter().any(|id| id == item)).unwrap();
        (row.verdict, row.remarks.clone())
    })
}

fn examined(places: u64, undecided: u64) -> (String, Examined) {
    ("java/sql-injection".to_owned(), Examined { places, undecided })
}

fn finding(accepted: Option<&str>) -> EvidenceFinding {
    let accepted = accepted.map(|reason| Exception { reason: reason.to_owned(), until: None });
    EvidenceFinding { path: "A.java".to_owned(), line: 3, rule: "java/sql-injection".to_owned(), accepted }
}

#[test]
fn good_needs_places_and_no_doubt() {
    assert_eq!(judged("J1-01", |it| it.examined.extend([examined(5, 0)])), (Verdict::Good, vec![]));
    assert_eq!(judged("J1-01", |it| it.examined.extend([examined(0, 0)])), (Verdict::NotApplicable, vec![]));
    assert_eq!(judged("J1-01", |it| it.examined.extend([examined(5, 2)])), (Verdict::Review, vec![Remark::Undecided(2)]));
    assert_eq!(judged("J1-01", |_| {}), (Verdict::Review, vec![Remark::NoEvidence]));
}

#[test]
fn a_finding_makes_weak_whatever_else_holds() {
    let (verdict, _) = judged("J1-01", |it| {
        it.examined.extend([examined(5, 2)]);
        it.findings.push(finding(None));
    });
    assert_eq!(verdict, Verdict::Weak);
    let accepted = judged("J1-01", |it| {
        it.examined.extend([examined(5, 0)]);
        it.findings.push(finding(Some("고정 질의")));
    });
    assert_eq!(accepted, (Verdict::Good, vec![Remark::Accepted(1)]));
}

#[test]
fn what_was_not_looked_at_is_for_review() {
    assert_eq!(judged("J1-02", |_| {}), (Verdict::Review, vec![Remark::NoRule]));
    let not_run = judged("J1-01", |it| {
        it.ran.clear();
        it.examined.extend([examined(5, 0)]);
    });
    assert_eq!(not_run, (Verdict::Review, vec![Remark::NotRun]));
    let no_files = judged("J1-01", |it| {
        it.java_files = (0, 0);
        it.examined.extend([examined(0, 0)]);
    });
    assert_eq!(no_files, (Verdict::Review, vec![Remark::NoFiles]));
}

#[test]
fn items_with_one_question_share_one_row_and_totals_add_up() {
    let shop = Shop::new();
    shop.with(Locale::Ko, |report| {
        let [java, c] = checklists(&Evidence::of_scan(report), report.book).try_into().unwrap();
        assert_eq!((java.language, c.language), (Language::Java, Language::C));
        let rows = &java.sections[0].rows;
        assert_eq!(rows.iter().map(|row| row.items.len()).collect::<Vec<_>>(), [1, 1, 2]);
        assert_eq!(rows[2].verdict, Verdict::Good);
        assert_eq!((java.totals.rows, java.totals.weak, java.totals.good, java.totals.review), (3, 1, 1, 1));
        assert_eq!(java.totals.places, 10);
        assert_eq!((java.accepted.len(), java.beyond.len()), (1, 0));
        assert_eq!(c.totals.weak, 1);
    });
}

#[test]
fn the_same_from_sarif_as_from_the_scan() {
    let shop = Shop::new();
    shop.with(Locale::Ko, |report| {
        let log = as_text(|out| sarif::render(report, &SarifOptions::default(), out));
        let from_sarif = checklists(&Evidence::of_sarif([read(&log).unwrap()]), report.book);
        assert_eq!(from_sarif, checklists(&Evidence::of_scan(report), report.book));
    });
}

#[test]
fn markdown_korean_and_english() {
    for (name, locale) in [("checklist_ko", Locale::Ko), ("checklist_en", Locale::En)] {
        let text = shop_lists(locale, |lists, book| as_text(|out| markdown::render(lists, book, locale, out)));
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn html_quotes_what_it_shows() {
    let text = shop_lists(Locale::Ko, |lists, book| as_text(|out| html::render(lists, book, Locale::Ko, out)));
    insta::assert_snapshot!("checklist_html", text);
    assert!(text.contains("레거시 &lt;b&gt;.c:2"));
    assert!(text.contains("고정 질의 | &lt;관리자&gt;"));
    assert!(!text.contains("<script") && !text.contains("http://") && !text.contains("https://"));
}

#[test]
fn csv_is_read_back_by_columns_and_has_no_formula() {
    let shop = Shop::new();
    let (categories, items) = catalog();
    let book = Rulebook::new(&shop.rules, &categories, &items, []);
    let mut evidence = Evidence { java_files: (1, 0), ..Evidence::default() };
    evidence.findings.push(finding(Some("=cmd|' /C calc'!A0")));
    evidence.findings.push(EvidenceFinding { path: "@a.java".to_owned(), ..finding(None) });
    let text = as_text(|out| csv::render(&checklists(&evidence, &book), &book, Locale::Ko, out));
    let text = text.strip_prefix('\u{feff}').unwrap();
    let records: Vec<Vec<String>> = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(records[0], ["언어", "유형", "항목", "체크사항", "체크 여부", "점검 개소 수", "취약 개소", "비고"]);
    assert_eq!(records[1][4], "취약");
    assert_eq!(records[1][6], "'@a.java:3");
    let accepted = records.iter().find(|record| record[1] == "승인된 예외").unwrap();
    assert_eq!(accepted[7], "'=cmd|' /C calc'!A0");
}

#[test]
fn the_whole_catalogue_has_its_rows() {
    let set = crate::rules::RuleSet::builtin().unwrap();
    let book = Rulebook::of(&set);
    let evidence = Evidence { java_files: (1, 0), c_files: (1, 0), ..Evidence::default() };
    let lists = checklists(&evidence, &book);
    let rows: Vec<_> = lists.iter().flat_map(|list| &list.sections).flat_map(|section| &section.rows).collect();
    let items: Vec<_> = rows.iter().flat_map(|row| &row.items).collect();
    assert_eq!(items.len(), set.catalog.items.len());
    assert_eq!(lists[0].sections.len(), 7);
    assert_eq!(lists[0].totals.rows + lists[1].totals.rows, rows.len() as u64);
    // Nothing ran, so nothing may be called good or not applicable.
    assert!(rows.iter().all(|row| row.verdict == Verdict::Review && row.places == 0));
    assert!(rows.iter().all(|row| set.catalog.items.iter().any(|item| item.question == row.question)));
    assert_eq!(
        lists[0].sections[0].rows[0].question,
        "데이터베이스와 연동된 웹 어플리케이션에서 입력된 데이터에 대한 유효성 검증 절차가 있는가"
    );
}
