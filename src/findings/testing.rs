//! Hand-made rules, texts and findings for the tests of this folder and of the reports.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use index_vec::IndexVec;

use super::{Baseline, finish, scan_allows};
use super::{Examined, FileRecord, Finding, FindingState, FinishOptions, RawScan, ScanResult, SourceView, Step, StepKind};
use crate::base::{FileId, FileSpan, FileStatus, RuleId, Span, Symbol};
use crate::rules::{CheckKind, Confidence, Language, LocalText, Rule, RuleKind, Severity};
use crate::source::FileKind;

/// A scan in the making.
pub(crate) struct TestScan {
    pub(crate) rules: IndexVec<RuleId, Rule>,
    pub(crate) texts: Vec<String>,
    pub(crate) raw: RawScan,
}

fn text(ko: &str, en: &str) -> LocalText {
    LocalText { ko: ko.to_owned(), en: en.to_owned() }
}

pub(crate) fn rule(id: &str, items: &[&str], cwe: u32, severity: Severity) -> Rule {
    let language = if id.starts_with("c/") { Language::C } else { Language::Java };
    Rule {
        id: id.to_owned(),
        language,
        is_web: id.starts_with("web/"),
        file: format!("{id}.yaml"),
        items: items.iter().map(|&item| item.to_owned()).collect(),
        cwe: vec![cwe],
        category: 1,
        severity,
        confidence: Confidence::High,
        since: "0.1".to_owned(),
        title: text(&format!("{id} 약점"), &format!("Weakness {id}")),
        message: text("{source}이(가) 검증 없이 사용됩니다", "{source} is used unchecked"),
        remedy: text("값을 검증하십시오.", "Validate the value."),
        kind: RuleKind::Check(CheckKind::NullDereference),
    }
}

impl TestScan {
    /// Files of the given paths and texts, and rules sorted by id, all selected.
    pub(crate) fn new(files: &[(&str, FileKind, &str)]) -> TestScan {
        let mut rules: IndexVec<RuleId, Rule> = IndexVec::new();
        rules.push(rule("c/gets", &["C7-02"], 242, Severity::High));
        let mut invalid = rule("java/invalid-suppression", &[], 1164, Severity::Low);
        invalid.kind = RuleKind::Check(CheckKind::InvalidSuppression);
        invalid.message = text("사유 없는 예외 처리입니다: {name}", "Suppression without a reason: {name}");
        rules.push(invalid);
        rules.push(rule("java/path-traversal", &["J1-11a", "J1-11b"], 22, Severity::Medium));
        rules.push(rule("java/sql-injection", &["J1-01"], 89, Severity::Critical));
        let mut raw = RawScan::default();
        for (index, (path, kind, text)) in files.iter().enumerate() {
            raw.files.push(FileRecord {
                path: (*path).to_owned(),
                kind: *kind,
                encoding: "UTF-8",
                status: FileStatus::Analysed,
                size: text.len() as u64,
                bodies: 1,
                broken_bodies: 0,
                is_test: false,
            });
            raw.allows.extend(scan_allows(FileId::from(index), *kind, text));
            raw.stats.files += 1;
            raw.stats.bytes += text.len() as u64;
        }
        raw.selected = rules.indices().collect::<BTreeSet<_>>();
        raw.examined = BTreeMap::new();
        TestScan { rules, texts: files.iter().map(|(_, _, text)| (*text).to_owned()).collect(), raw }
    }

    pub(crate) fn rule(&self, id: &str) -> RuleId {
        self.rules.iter_enumerated().find(|(_, rule)| rule.id == id).map(|(id, _)| id).unwrap()
    }

    /// The place of the first `needle` in a file.
    pub(crate) fn at(&self, file: usize, needle: &str) -> FileSpan {
        let lo = self.texts[file].find(needle).unwrap_or_else(|| panic!("{needle} is not in file {file}"));
        FileSpan { file: FileId::from(file), span: Span::new(lo, lo + needle.len()) }
    }

    /// Adds a finding of a rule at the first `needle` of a file, with a way from the places given.
    pub(crate) fn find(&mut self, rule: &str, file: usize, needle: &str, way: &[(usize, &str, StepKind, &str)]) {
        let id = self.rule(rule);
        let finding = Finding {
            rule: id,
            at: self.at(file, needle),
            function: Some(Symbol::new("shop.OrderDao.find")),
            severity: self.rules[id].severity,
            confidence: self.rules[id].confidence,
            args: vec![("source", "HTTP 요청 파라미터".to_owned())],
            trace: way
                .iter()
                .map(|(file, needle, kind, name)| Step { at: self.at(*file, needle), kind: *kind, name: (*name).to_owned() })
                .collect(),
            fingerprint: String::new(),
            state: FindingState::Open,
        };
        self.raw.findings.push(finding);
    }

    pub(crate) fn examine(&mut self, rule: &str, places: u64, undecided: u64) {
        let id = self.rule(rule);
        self.raw.examined.insert(id, Examined { places, undecided });
    }

    pub(crate) fn finish(self) -> (ScanResult, IndexVec<RuleId, Rule>) {
        self.finish_with("2026-11-23", None)
    }

    pub(crate) fn finish_with(self, today: &str, baseline: Option<&Baseline>) -> (ScanResult, IndexVec<RuleId, Rule>) {
        let TestScan { rules, texts, raw } = self;
        let lookup = |file: FileId| texts.get(file.index()).map(|text| Arc::new(SourceView::new(text.clone())));
        let options = FinishOptions { rules: &rules, today: Some(today.parse().unwrap()), baseline };
        let result = finish(raw, &options, &lookup);
        (result, rules)
    }
}
