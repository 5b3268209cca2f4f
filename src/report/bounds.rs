//! Functions over a bound of the analysis: told in one notification, listed one by one where tools read.
//! Must not know any format.

use super::texts;
use crate::base::{Problem, ProblemKind};
use crate::findings::ScanResult;
use crate::rules::Locale;

/// Names that the notification gives.
const NAMED: usize = 5;

/// Whether a problem is told with the others of its kind.
pub(super) fn is_grouped(problem: &Problem) -> bool {
    problem.kind == ProblemKind::BoundHit
}

/// The functions that reached a bound, in the scan's order.
pub(super) fn functions(result: &ScanResult) -> impl Iterator<Item = (Option<&str>, &str)> {
    result
        .problems
        .iter()
        .filter(|problem| is_grouped(problem))
        .map(|problem| (problem.file.map(|file| result.path(file)), problem.detail.as_str()))
}

/// The one sentence for all of them; `None` if there are none.
pub(super) fn sentence(result: &ScanResult, locale: Locale) -> Option<String> {
    let count = functions(result).count();
    if count == 0 {
        return None;
    }
    let names: Vec<&str> = functions(result).take(NAMED).map(|(_, name)| name).collect();
    let more = if count > names.len() { ", …" } else { "" };
    let (names, what) = (names.join(", "), texts::problem(ProblemKind::BoundHit, "", locale));
    Some(match locale {
        Locale::Ko => format!("{what}: 함수 {count}개({names}{more})"),
        Locale::En if count == 1 => format!("{what}: 1 function ({names})"),
        Locale::En => format!("{what}: {count} functions ({names}{more})"),
    })
}
