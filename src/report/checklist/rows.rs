//! From evidence to rows and verdicts. Must not know a format.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checklist, Evidence, EvidenceFinding, Remark, Row, Section, Totals, Verdict};
use crate::report::Rulebook;
use crate::rules::{Item, Language, Rule};

pub(super) fn checklist(evidence: &Evidence, book: &Rulebook<'_>, language: Language) -> Checklist {
    let mut by_rule: BTreeMap<&str, Vec<&EvidenceFinding>> = BTreeMap::new();
    for finding in &evidence.findings {
        by_rule.entry(&finding.rule).or_default().push(finding);
    }
    let maker = Maker { evidence, book, language, by_rule };
    let mut sections = Vec::new();
    let mut totals = Totals::default();
    for category in book.categories {
        let rows = maker.rows(category.number);
        if rows.is_empty() {
            continue;
        }
        let own = Totals::of(&rows);
        totals.add(own);
        sections.push(Section { number: category.number, name: category.name.clone(), rows, totals: own });
    }
    let of_language = |finding: &&EvidenceFinding| maker.rule(finding).is_some_and(|rule| rule.language == language);
    let item_ids: BTreeSet<&str> = book.items.iter().map(|item| item.id.as_str()).collect();
    let beyond = |finding: &&EvidenceFinding| {
        maker.rule(finding).is_some_and(|rule| !rule.items.iter().any(|item| item_ids.contains(item.as_str())))
    };
    let (accepted, open): (Vec<_>, Vec<_>) =
        evidence.findings.iter().filter(of_language).partition(|finding| finding.accepted.is_some());
    Checklist {
        language,
        sections,
        totals,
        accepted: accepted.into_iter().cloned().collect(),
        beyond: open.into_iter().filter(beyond).cloned().collect(),
        files: evidence.files(language).0,
        incomplete_files: evidence.files(language).1,
    }
}

struct Maker<'a> {
    evidence: &'a Evidence,
    book: &'a Rulebook<'a>,
    language: Language,
    by_rule: BTreeMap<&'a str, Vec<&'a EvidenceFinding>>,
}

impl<'a> Maker<'a> {
    fn rule(&self, finding: &EvidenceFinding) -> Option<&'a Rule> {
        self.book.rule(self.book.rule_id(&finding.rule)?)
    }

    /// One row a question, in the order of the items.
    fn rows(&self, category: u8) -> Vec<Row> {
        let mut questions: Vec<(&str, Vec<&Item>)> = Vec::new();
        for item in self.book.items.iter().filter(|item| item.language == self.language && item.category == category) {
            match questions.iter_mut().find(|(question, _)| *question == item.question) {
                Some((_, items)) => items.push(item),
                None => questions.push((&item.question, vec![item])),
            }
        }
        questions.into_iter().map(|(_, items)| self.row(&items)).collect()
    }

    fn row(&self, items: &[&Item]) -> Row {
        let serves = |rule: &&Rule, item: &Item| rule.items.contains(&item.id);
        let rules: Vec<&Rule> = self.book.rules.iter().filter(|rule| items.iter().any(|item| serves(rule, item))).collect();
        let found = rules.iter().flat_map(|rule| self.by_rule.get(rule.id.as_str()).into_iter().flatten());
        let (accepted, open): (Vec<&EvidenceFinding>, Vec<&EvidenceFinding>) =
            found.copied().partition(|finding| finding.accepted.is_some());
        let mut findings: Vec<EvidenceFinding> = open.into_iter().cloned().collect();
        findings.sort();
        let places = rules.iter().filter_map(|rule| self.evidence.examined.get(&rule.id)).map(|it| it.places).sum();

        let mut remarks = self.doubts(items, &rules);
        let verdict = if !findings.is_empty() {
            Verdict::Weak
        } else if !remarks.is_empty() {
            Verdict::Review
        } else if places > 0 {
            Verdict::Good
        } else {
            Verdict::NotApplicable
        };
        if !accepted.is_empty() {
            remarks.push(Remark::Accepted(accepted.len() as u64));
        }
        Row {
            items: items.iter().map(|item| item.id.clone()).collect(),
            names: items.iter().map(|item| item.name.clone()).collect(),
            question: items.first().map(|item| item.question.clone()).unwrap_or_default(),
            verdict,
            remarks,
            places,
            findings,
        }
    }

    /// What keeps a row without findings from being called good.
    fn doubts(&self, items: &[&Item], rules: &[&Rule]) -> Vec<Remark> {
        let mut doubts = BTreeSet::new();
        if self.evidence.files(self.language).0 == 0 {
            doubts.insert(Remark::NoFiles);
        }
        for item in items {
            if !rules.iter().any(|rule| rule.items.contains(&item.id)) {
                doubts.insert(Remark::NoRule);
            }
        }
        let mut undecided = 0;
        for rule in rules {
            if !self.evidence.ran.contains(&rule.id) {
                doubts.insert(Remark::NotRun);
                continue;
            }
            match self.evidence.examined.get(&rule.id) {
                Some(examined) => undecided += examined.undecided,
                None => {
                    doubts.insert(Remark::NoEvidence);
                }
            }
        }
        if undecided > 0 {
            doubts.insert(Remark::Undecided(undecided));
        }
        doubts.into_iter().collect()
    }
}

impl Totals {
    fn of(rows: &[Row]) -> Totals {
        let mut totals = Totals::default();
        for row in rows {
            totals.rows += 1;
            totals.places += row.places;
            totals.findings += row.findings.len() as u64;
            *match row.verdict {
                Verdict::Good => &mut totals.good,
                Verdict::Weak => &mut totals.weak,
                Verdict::NotApplicable => &mut totals.not_applicable,
                Verdict::Review => &mut totals.review,
            } += 1;
        }
        totals
    }

    fn add(&mut self, other: Totals) {
        self.rows += other.rows;
        self.good += other.good;
        self.weak += other.weak;
        self.not_applicable += other.not_applicable;
        self.review += other.review;
        self.places += other.places;
        self.findings += other.findings;
    }
}
