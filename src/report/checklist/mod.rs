//! The guideline's checklist (attachment 2), filled in: which question was judged how, on what evidence. The rows are
//! made here once; the formats beside only write them. Must not know a format.

pub mod csv;
pub mod html;
pub mod markdown;
mod rows;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use super::sarif::{SarifScan, language_of};
use super::{Report, Rulebook};
use crate::findings::{Examined, FindingState};
use crate::rules::{Language, LocalText};

/// What a checklist is made from: a scan, or SARIF logs of one or several.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Findings.
    pub findings: Vec<EvidenceFinding>,
    /// Rules that ran, by id.
    pub ran: BTreeSet<String>,
    /// What each looked at; a rule that was evaluated has an entry, be it of no place.
    pub examined: BTreeMap<String, Examined>,
    /// Files of Java (with JSP, XML, properties, YAML), and of those the ones not or not wholly analysed.
    pub java_files: (u64, u64),
    /// The same of C.
    pub c_files: (u64, u64),
}

/// A finding as a checklist sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EvidenceFinding {
    /// The file.
    pub path: String,
    /// The line.
    pub line: u32,
    /// The rule's id.
    pub rule: String,
    /// The exception, where one was accepted.
    pub accepted: Option<Exception>,
}

/// An accepted exception.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exception {
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: Option<String>,
}

impl Evidence {
    /// Of a scan.
    #[must_use]
    pub fn of_scan(report: &Report<'_>) -> Evidence {
        let result = report.result;
        let files = |language| result.files_of(|kind| language_of(kind) == language);
        let id = |rule| report.book.rule(rule).map(|rule| rule.id.clone());
        let findings = result.findings.iter().filter_map(|one| {
            let accepted = match &one.finding.state {
                FindingState::Suppressed(it) => Some(Exception { reason: it.reason.clone(), until: it.until.clone() }),
                // A weakness that was known before is a weakness.
                FindingState::Open | FindingState::Baseline => None,
            };
            let path = result.path(one.finding.at.file).to_owned();
            Some(EvidenceFinding { path, line: one.place.line, rule: id(one.finding.rule)?, accepted })
        });
        Evidence {
            findings: findings.collect(),
            ran: result.selected.iter().filter_map(|rule| id(*rule)).collect(),
            examined: result.examined.iter().filter_map(|(rule, examined)| Some((id(*rule)?, *examined))).collect(),
            java_files: files(Language::Java),
            c_files: files(Language::C),
        }
    }

    /// Of SARIF logs: their scans together.
    #[must_use]
    pub fn of_sarif(scans: impl IntoIterator<Item = SarifScan>) -> Evidence {
        let mut evidence = Evidence::default();
        for scan in scans {
            evidence.findings.extend(scan.results.into_iter().map(|one| EvidenceFinding {
                path: one.path,
                line: one.line,
                rule: one.rule,
                accepted: one.suppressed.map(|reason| Exception { reason, until: one.until }),
            }));
            evidence.ran.extend(scan.rules);
            for (rule, examined) in scan.examined {
                let entry = evidence.examined.entry(rule).or_default();
                entry.places += examined.places;
                entry.undecided += examined.undecided;
            }
            for (sum, own) in [(&mut evidence.java_files, scan.java_files), (&mut evidence.c_files, scan.c_files)] {
                *sum = (sum.0 + own.0, sum.1 + own.1);
            }
        }
        evidence.findings.sort();
        evidence.findings.dedup();
        evidence
    }

    fn files(&self, language: Language) -> (u64, u64) {
        match language {
            Language::Java => self.java_files,
            Language::C => self.c_files,
        }
    }
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// 양호: places examined, none weak.
    Good,
    /// 취약: weak places found.
    Weak,
    /// 해당없음: the code has no such place.
    NotApplicable,
    /// 검토필요: a person must look.
    Review,
}

/// Why a row is as it is; several may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remark {
    /// No rule covers the item yet.
    NoRule,
    /// The item's rules, or some of them, did not run.
    NotRun,
    /// A rule ran but tells nothing about what it looked at.
    NoEvidence,
    /// So many places were not decided because a limit was hit.
    Undecided(u64),
    /// The scan holds no file of the language.
    NoFiles,
    /// So many findings are accepted exceptions.
    Accepted(u64),
}

/// A row: one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The items that share it.
    pub items: Vec<String>,
    /// Their names.
    pub names: Vec<LocalText>,
    /// The question, exactly as in the guideline.
    pub question: String,
    /// The answer.
    pub verdict: Verdict,
    /// Why.
    pub remarks: Vec<Remark>,
    /// Places examined.
    pub places: u64,
    /// The findings that count.
    pub findings: Vec<EvidenceFinding>,
}

/// A category's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// 1 to 7.
    pub number: u8,
    /// Its name.
    pub name: LocalText,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Its totals.
    pub totals: Totals,
}

/// How many rows were answered how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Totals {
    pub rows: u64,
    pub good: u64,
    pub weak: u64,
    pub not_applicable: u64,
    pub review: u64,
    pub places: u64,
    pub findings: u64,
}

/// The checklist of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checklist {
    /// Java or C.
    pub language: Language,
    /// The categories that have items, in order.
    pub sections: Vec<Section>,
    /// Over all of them.
    pub totals: Totals,
    /// Findings accepted as exceptions.
    pub accepted: Vec<EvidenceFinding>,
    /// Findings of rules of this language that no item of the guideline covers.
    pub beyond: Vec<EvidenceFinding>,
    /// Files of the language.
    pub files: u64,
    /// Of those, the ones not or not wholly analysed.
    pub incomplete_files: u64,
}

/// The checklists of Java and of C.
#[must_use]
pub fn checklists(evidence: &Evidence, book: &Rulebook<'_>) -> Vec<Checklist> {
    [Language::Java, Language::C].into_iter().map(|language| rows::checklist(evidence, book, language)).collect()
}
