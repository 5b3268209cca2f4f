//! The log against the official schema, and field by field where a consumer depends on it.

use serde_json::Value;

use super::{SarifOptions, SarifProfile, read, render};
use crate::findings::testing::TestScan;
use crate::findings::{Baseline, StepKind};
use crate::report::testing::{Shop, as_text, pretty, shop_scan};
use crate::rules::Locale;
use crate::source::FileKind;

const SCHEMA: &str = include_str!("../../../tests/schemas/sarif-2.1.0.json");

/// The official schema. Of its patterns one holds a lone `]`, which browsers read as the sign itself and stricter
/// readers refuse: it is escaped here, the file stays as published.
fn validator() -> jsonschema::Validator {
    let text = SCHEMA.replace("{2}]?$", "{2}\\\\]?$");
    assert_ne!(text, SCHEMA);
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn log_of(shop: &Shop, options: &SarifOptions, locale: Locale) -> Value {
    let text = shop.with(locale, |report| as_text(|out| render(report, options, out)));
    let log: Value = serde_json::from_str(&text).unwrap();
    let errors: Vec<String> = validator().iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    log
}

fn options(profile: SarifProfile) -> SarifOptions {
    SarifOptions {
        profile,
        base_uri: Some("file:///srv/shop/".to_owned()),
        automation_id: Some("haechi/7".to_owned()),
        start_time: Some("2026-11-23T13:00:00Z".to_owned()),
        end_time: Some("2026-11-23T13:00:01Z".to_owned()),
        failed: false,
    }
}

#[test]
fn every_profile_and_language_is_valid() {
    let shop = Shop::new();
    for profile in [SarifProfile::Full, SarifProfile::Github, SarifProfile::Gitlab, SarifProfile::Jenkins] {
        for locale in [Locale::Ko, Locale::En] {
            let log = log_of(&shop, &options(profile), locale);
            assert_eq!(log["version"], "2.1.0");
            log_of(&shop, &SarifOptions { profile, ..SarifOptions::default() }, locale);
        }
    }
}

#[test]
fn the_schema_check_can_fail() {
    let valid = serde_json::json!({ "version": "2.1.0", "runs": [] });
    let broken = serde_json::json!({ "version": "2.1.1", "runs": [] });
    assert!(validator().is_valid(&valid) && !validator().is_valid(&broken));
}

#[test]
fn a_result() {
    let log = log_of(&Shop::new(), &options(SarifProfile::Full), Locale::Ko);
    insta::assert_snapshot!("sarif_result", pretty(&log["runs"][0]["results"][0]));
    insta::assert_snapshot!("sarif_rule", pretty(&log["runs"][0]["tool"]["driver"]["rules"][3]));
    insta::assert_snapshot!("sarif_invocation", pretty(&log["runs"][0]["invocations"][0]));
    insta::assert_snapshot!("sarif_properties", pretty(&log["runs"][0]["properties"]));
}

#[test]
fn every_result_names_its_rule_and_one_relative_location() {
    let log = log_of(&Shop::new(), &options(SarifProfile::Full), Locale::En);
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert!(!artifact["uri"].as_str().unwrap().starts_with('/'));
        assert!(artifact.get("index").is_none());
    }
    assert_eq!(
        results[2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "src/native/%EB%A0%88%EA%B1%B0%EC%8B%9C%20%3Cb%3E.c"
    );
}

#[test]
fn suppressed_results_are_told_in_full_and_left_out_for_those_who_cannot_read_them() {
    let shop = Shop::new();
    let full = log_of(&shop, &options(SarifProfile::Full), Locale::En);
    let suppression = &full["runs"][0]["results"][1]["suppressions"][0];
    assert_eq!(suppression["kind"], "inSource");
    assert_eq!(suppression["status"], "accepted");
    assert_eq!(suppression["justification"], "고정 질의 | <관리자>");
    assert_eq!(full["runs"][0]["results"][0]["suppressions"], serde_json::json!([]));
    for profile in [SarifProfile::Github, SarifProfile::Gitlab, SarifProfile::Jenkins] {
        let log = log_of(&shop, &options(profile), Locale::En);
        assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 2, "{profile:?}");
        assert!(log["runs"][0]["invocations"][0].get("toolConfigurationNotifications").is_none());
    }
}

#[test]
fn jenkins_gets_a_base_only_where_its_uri_is_known() {
    let shop = Shop::new();
    let bare = SarifOptions { profile: SarifProfile::Jenkins, ..SarifOptions::default() };
    let log = log_of(&shop, &bare, Locale::En);
    assert!(log["runs"][0].get("originalUriBaseIds").is_none());
    let artifact = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert!(artifact.get("uriBaseId").is_none());
}

#[test]
fn the_state_against_a_baseline_is_told_only_where_there_is_one() {
    let plain = Shop::new();
    let log = log_of(&plain, &options(SarifProfile::Full), Locale::En);
    assert!(log["runs"][0]["results"][0].get("baselineState").is_none());
    let text = serde_json::to_string(&log).unwrap();
    let baseline = Baseline::parse(&text).unwrap();
    let mut scan = shop_scan();
    scan.find("java/path-traversal", 1, "rows.getString", &[]);
    let log = log_of(&Shop::of(scan, Some(&baseline)), &options(SarifProfile::Full), Locale::En);
    let states: Vec<_> = log["runs"][0]["results"].as_array().unwrap().iter().map(|one| one["baselineState"].clone()).collect();
    assert_eq!(states, ["unchanged", "unchanged", "new", "unchanged"]);
    assert_eq!(log["runs"][0]["properties"]["haechi"]["baseline"]["absent"], 0);
}

#[test]
fn quoted_code_makes_no_link_in_a_message() {
    let mut scan = TestScan::new(&[("a.c", FileKind::C, "f();")]);
    scan.find("c/gets", 0, "f()", &[(0, "f()", StepKind::Source, "x")]);
    scan.raw.findings[0].args = vec![("source", "[here](http://evil)".to_owned())];
    let log = log_of(&Shop::of(scan, None), &options(SarifProfile::Full), Locale::En);
    assert_eq!(log["runs"][0]["results"][0]["message"]["text"], "\\[here\\](http://evil) is used unchecked");
}

#[test]
fn github_gets_no_more_than_it_takes_and_the_worst_first() {
    let text = "f();\n".repeat(25_010);
    let mut scan = TestScan::new(&[("a.c", FileKind::C, &text)]);
    let at = scan.at(0, "f()");
    for line in 0..25_010u32 {
        scan.find("c/gets", 0, "f()", &[]);
        let last = scan.raw.findings.last_mut().unwrap();
        last.at.span.lo = at.span.lo + line * 5;
        last.at.span.hi = at.span.hi + line * 5;
        if line == 25_009 {
            last.severity = crate::rules::Severity::Critical;
        }
    }
    let log = {
        let shop = Shop::of(scan, None);
        let text = shop.with(Locale::En, |report| as_text(|out| render(report, &options(SarifProfile::Github), out)));
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    assert_eq!(results[24_999]["locations"][0]["physicalLocation"]["region"]["startLine"], 25_010);
    let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["message"]["text"].as_str().unwrap().contains("the 10 least severe")));
}

#[test]
fn a_log_reads_back() {
    let shop = Shop::new();
    let text = shop.with(Locale::Ko, |report| as_text(|out| render(report, &SarifOptions::default(), out)));
    let scan = read(&text).unwrap();
    assert_eq!((scan.java_files, scan.c_files), ((3, 1), (1, 0)));
    assert_eq!(scan.examined["java/sql-injection"].places, 7);
    assert_eq!(scan.rules.len(), 4);
    let lines: Vec<_> = scan.results.iter().map(|one| (one.path.as_str(), one.line, one.suppressed.as_deref())).collect();
    assert_eq!(
        lines,
        [
            ("src/main/java/shop/OrderDao.java", 4, None),
            ("src/main/java/shop/OrderDao.java", 5, Some("고정 질의 | <관리자>")),
            ("src/native/레거시 <b>.c", 2, None),
        ]
    );
    assert_eq!(scan.results[1].until.as_deref(), Some("2027-01-31"));
}

#[test]
fn others_logs_are_refused() {
    assert!(read("{}").is_err());
    assert!(read(r#"{"runs":[{"tool":{"driver":{"name":"other"}}}]}"#).is_err());
}

#[test]
fn the_log_written_in_pieces_is_the_log_as_a_value() {
    let shop = Shop::new();
    for profile in [SarifProfile::Full, SarifProfile::Github] {
        let options = options(profile);
        let value = shop.with(Locale::En, |report| serde_json::to_value(super::log(report, &options)).unwrap());
        assert!(value["runs"][0]["results"].as_array().is_some_and(|results| results.len() > 1), "{profile:?}");
        assert_eq!(log_of(&shop, &options, Locale::En), value, "{profile:?}");
    }
}
