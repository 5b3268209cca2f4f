//! The checklist's fixed words in both languages. Must not know a format.

use super::{Checklist, EvidenceFinding, Remark, Row, Totals, Verdict};
use crate::report::Rulebook;
use crate::report::texts::pick;
use crate::rules::{Language, Locale};

pub(super) fn verdict(verdict: Verdict, locale: Locale) -> &'static str {
    match verdict {
        Verdict::Good => pick(locale, "양호", "good"),
        Verdict::Weak => pick(locale, "취약", "weak"),
        Verdict::NotApplicable => pick(locale, "해당없음", "not applicable"),
        Verdict::Review => pick(locale, "검토필요", "to be reviewed"),
    }
}

pub(super) fn remark(remark: Remark, locale: Locale) -> String {
    match (remark, locale) {
        (Remark::NoRule, Locale::Ko) => "규칙 없음".to_owned(),
        (Remark::NoRule, Locale::En) => "no rule".to_owned(),
        (Remark::NotRun, Locale::Ko) => "규칙 실행 안 함".to_owned(),
        (Remark::NotRun, Locale::En) => "rule not run".to_owned(),
        (Remark::NoEvidence, Locale::Ko) => "점검 근거 없음".to_owned(),
        (Remark::NoEvidence, Locale::En) => "no evidence of what was examined".to_owned(),
        (Remark::Undecided(count), Locale::Ko) => format!("분석 한도로 판정하지 못한 개소 {count}"),
        (Remark::Undecided(count), Locale::En) => format!("{count} places undecided at an analysis limit"),
        (Remark::NoFiles, Locale::Ko) => "해당 언어의 파일 없음".to_owned(),
        (Remark::NoFiles, Locale::En) => "no file of the language".to_owned(),
        (Remark::Accepted(count), Locale::Ko) => format!("승인된 예외 {count}건"),
        (Remark::Accepted(count), Locale::En) => format!("{count} accepted exceptions"),
    }
}

pub(super) fn remarks(row: &Row, locale: Locale) -> String {
    row.remarks.iter().map(|one| remark(*one, locale)).collect::<Vec<_>>().join(", ")
}

pub(super) fn title(language: Language, locale: Locale) -> &'static str {
    match language {
        Language::Java => pick(locale, "시큐어코딩 점검표 (Java)", "Secure-coding checklist (Java)"),
        Language::C => pick(locale, "시큐어코딩 점검표 (C)", "Secure-coding checklist (C)"),
    }
}

/// The columns' heads.
pub(super) fn columns(locale: Locale) -> [&'static str; 7] {
    match locale {
        Locale::Ko => ["유형", "항목", "체크사항", "체크 여부", "점검 개소 수", "취약 개소", "비고"],
        Locale::En => ["Category", "Item", "Question", "Result", "Places examined", "Weak places", "Remarks"],
    }
}

pub(super) fn totals_word(locale: Locale) -> &'static str {
    pick(locale, "합계", "Total")
}

pub(super) fn totals(totals: &Totals, locale: Locale) -> String {
    let Totals { rows, good, weak, not_applicable, review, places, findings } = totals;
    match locale {
        Locale::Ko => format!(
            "{rows}개 항목: 양호 {good}, 취약 {weak}, 해당없음 {not_applicable}, 검토필요 {review} / 점검 개소 {places}, 취약 개소 {findings}"
        ),
        Locale::En => format!(
            "{rows} rows: {good} good, {weak} weak, {not_applicable} not applicable, {review} to be reviewed / {places} places examined, {findings} weak"
        ),
    }
}

/// What a reader must know before the rows.
pub(super) fn facts(list: &Checklist, locale: Locale) -> Vec<String> {
    let mut facts = match locale {
        Locale::Ko => vec![format!("점검 파일 {}개", list.files)],
        Locale::En => vec![format!("{} files examined", list.files)],
    };
    if list.incomplete_files > 0 {
        facts.push(match locale {
            Locale::Ko => format!(
                "점검하지 못했거나 일부만 점검한 파일이 {}개 있습니다. 해당 파일은 사람이 확인해야 합니다.",
                list.incomplete_files
            ),
            Locale::En => {
                format!("{} files were not or only partly analysed: a person must look at them.", list.incomplete_files)
            }
        });
    }
    facts
}

pub(super) fn accepted_title(locale: Locale) -> &'static str {
    pick(locale, "승인된 예외", "Accepted exceptions")
}

pub(super) fn accepted_columns(locale: Locale) -> [&'static str; 4] {
    match locale {
        Locale::Ko => ["위치", "약점", "사유", "기한"],
        Locale::En => ["Place", "Weakness", "Reason", "Until"],
    }
}

pub(super) fn beyond_title(locale: Locale) -> &'static str {
    pick(locale, "점검표 밖의 발견 사항", "Findings beyond the checklist")
}

pub(super) fn place(finding: &EvidenceFinding) -> String {
    format!("{}:{}", finding.path, finding.line)
}

/// `SQL injection (java/sql-injection)`.
pub(super) fn weakness(finding: &EvidenceFinding, book: &Rulebook<'_>, locale: Locale) -> String {
    match book.rule_id(&finding.rule).and_then(|id| book.rule(id)) {
        Some(rule) => format!("{} ({})", rule.title.get(locale), finding.rule),
        None => finding.rule.clone(),
    }
}

/// The row's items and names: `J1-11a 상대 디렉터리 경로 조작`.
pub(super) fn items(row: &Row, locale: Locale) -> Vec<String> {
    row.items.iter().zip(&row.names).map(|(id, name)| format!("{id} {}", name.get(locale))).collect()
}
