//! Whatever a scanned text holds and wherever a range lies, every report is made, and is what its format says.

use proptest::prelude::*;

use super::sarif::{SarifOptions, SarifProfile};
use super::testing::{Shop, as_text};
use super::text::TextOptions;
use super::{Report, checklist, json, junit, sarif, text};
use crate::base::{FileId, FileSpan, Span};
use crate::findings::StepKind;
use crate::findings::testing::TestScan;
use crate::rules::Locale;
use crate::source::FileKind;

fn all(report: &Report<'_>) -> Vec<String> {
    let lists = checklist::checklists(&checklist::Evidence::of_scan(report), report.book);
    let (book, locale) = (report.book, report.locale);
    vec![
        as_text(|out| text::render(report, &TextOptions { all: true, ..TextOptions::default() }, out)),
        as_text(|out| sarif::render(report, &SarifOptions::default(), out)),
        as_text(|out| sarif::render(report, &SarifOptions { profile: SarifProfile::Jenkins, ..SarifOptions::default() }, out)),
        as_text(|out| json::render(report, out)),
        as_text(|out| junit::render(report, out)),
        as_text(|out| checklist::markdown::render(&lists, book, locale, out)),
        as_text(|out| checklist::html::render(&lists, book, locale, out)),
        as_text(|out| checklist::csv::render(&lists, book, locale, out)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn hostile_texts_and_ranges_break_no_report(
        source in "(\\PC|[\\x00-\\x1f]|\r\n|한|😀|//|/\\*|\"|<%|haechi:allow java/sql-injection -- x){0,60}",
        lo in 0u32..300,
        length in 0u32..300,
        kind in prop::sample::select(vec![FileKind::Java, FileKind::C, FileKind::Jsp, FileKind::Xml, FileKind::Yaml]),
    ) {
        let mut scan = TestScan::new(&[("a.x", kind, &source)]);
        let at = FileSpan { file: FileId::from(0usize), span: Span { lo, hi: lo + length } };
        scan.find("java/sql-injection", 0, "", &[(0, "", StepKind::Source, "\u{1b}[2J|<b>")]);
        scan.raw.findings[0].at = at;
        scan.raw.findings[0].trace[0].at = at;
        scan.raw.findings[0].args = vec![("source", source)];
        let shop = Shop::of(scan, None);
        for locale in [Locale::Ko, Locale::En] {
            let made = shop.with(locale, all);
            prop_assert!(!made[0].contains('\u{1b}'), "an escape reached the terminal");
            prop_assert!(made[3].lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
            prop_assert!(sarif::read(&made[1]).is_ok());
            prop_assert!(roxmltree::Document::parse(&made[4]).is_ok(), "{}", made[4]);
            prop_assert!(!made[6].contains("<b>"));
        }
    }
}
