//! Reads a log of haechi's back, as far as a checklist needs it. Must not know the checklist.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::findings::Examined;
use crate::report::ReportError;
use crate::report::escape::from_uri;

/// What a log says of a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SarifScan {
    /// Results, suppressed ones too.
    pub results: Vec<SarifFinding>,
    /// Rules that ran, by id.
    pub rules: BTreeSet<String>,
    /// What each looked at.
    pub examined: BTreeMap<String, Examined>,
    /// Files of Java (with JSP, XML, properties, YAML), and of those the ones not or not wholly analysed.
    pub java_files: (u64, u64),
    /// The same of C.
    pub c_files: (u64, u64),
}

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SarifFinding {
    /// The rule's id.
    pub rule: String,
    /// The file.
    pub path: String,
    /// The line.
    pub line: u32,
    /// The justification, where it is suppressed.
    pub suppressed: Option<String>,
    /// Until when it is suppressed.
    pub until: Option<String>,
}

/// Reads a log.
///
/// # Errors
/// Where it is no SARIF, or no log of haechi's in the full profile.
pub fn read(text: &str) -> Result<SarifScan, ReportError> {
    let log: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
    let runs = log.get("runs").and_then(Value::as_array).ok_or_else(|| ReportError::NotHaechi("not a SARIF log".to_owned()))?;
    let mut scan = SarifScan::default();
    for run in runs {
        read_run(run, &mut scan)?;
    }
    Ok(scan)
}

fn read_run(run: &Value, scan: &mut SarifScan) -> Result<(), ReportError> {
    let name = run.pointer("/tool/driver/name").and_then(Value::as_str).unwrap_or_default();
    let facts = run.pointer("/properties/haechi").filter(|_| name == "haechi").ok_or_else(|| {
        ReportError::NotHaechi(format!("a SARIF log of `{name}`, which does not say what was examined: not one of haechi"))
    })?;
    let number = |pointer: &str| facts.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    scan.java_files.0 += number("/languages/java/files");
    scan.java_files.1 += number("/languages/java/incomplete");
    scan.c_files.0 += number("/languages/c/files");
    scan.c_files.1 += number("/languages/c/incomplete");
    for (rule, examined) in facts.get("examined").and_then(Value::as_object).into_iter().flatten() {
        let field = |name: &str| examined.get(name).and_then(Value::as_u64).unwrap_or_default();
        let entry = scan.examined.entry(rule.clone()).or_default();
        entry.places += field("places");
        entry.undecided += field("undecided");
    }
    let rules = run.pointer("/tool/driver/rules").and_then(Value::as_array);
    scan.rules.extend(rules.into_iter().flatten().filter_map(|rule| Some(rule.get("id")?.as_str()?.to_owned())));
    for result in run.get("results").and_then(Value::as_array).into_iter().flatten() {
        scan.results.extend(read_result(result));
    }
    Ok(())
}

fn read_result(result: &Value) -> Option<SarifFinding> {
    if result.get("baselineState").and_then(Value::as_str) == Some("absent") {
        return None;
    }
    let text = |pointer: &str| result.pointer(pointer).and_then(Value::as_str);
    let suppression =
        result.pointer("/suppressions/0").filter(|one| one.get("status").and_then(Value::as_str) != Some("rejected"));
    let of_suppression = |pointer: &str| suppression.and_then(|one| one.pointer(pointer)).and_then(Value::as_str);
    let line = result.pointer("/locations/0/physicalLocation/region/startLine").and_then(Value::as_u64).unwrap_or(1);
    Some(SarifFinding {
        rule: text("/ruleId")?.to_owned(),
        path: from_uri(text("/locations/0/physicalLocation/artifactLocation/uri")?),
        line: u32::try_from(line).unwrap_or(u32::MAX),
        suppressed: suppression.map(|_| of_suppression("/justification").unwrap_or_default().to_owned()),
        until: of_suppression("/properties/until").map(str::to_owned),
    })
}
