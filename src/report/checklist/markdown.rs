//! The checklist as Markdown.

use std::io::Write;

use super::{Checklist, words};
use crate::report::escape::markdown as escape;
use crate::report::{ReportError, Rulebook};
use crate::rules::Locale;

/// Writes the checklists, one after the other.
///
/// # Errors
/// Where writing fails.
pub fn render(lists: &[Checklist], book: &Rulebook<'_>, locale: Locale, out: &mut dyn Write) -> Result<(), ReportError> {
    for (index, list) in lists.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        one(list, book, locale, out)?;
    }
    Ok(())
}

fn one(list: &Checklist, book: &Rulebook<'_>, locale: Locale, out: &mut dyn Write) -> Result<(), ReportError> {
    writeln!(out, "# {}\n", words::title(list.language, locale))?;
    for fact in words::facts(list, locale) {
        writeln!(out, "- {}", escape(&fact))?;
    }
    writeln!(out, "- {}", words::totals(&list.totals, locale))?;
    for section in &list.sections {
        let category = format!("{}. {}", section.number, section.name.get(locale));
        writeln!(out, "\n## {}\n", escape(&category))?;
        writeln!(out, "| {} |", words::columns(locale).join(" | "))?;
        writeln!(out, "|---|---|---|---|---:|---|---|")?;
        for row in &section.rows {
            let items: Vec<_> = words::items(row, locale).iter().map(|item| escape(item)).collect();
            let places: Vec<_> = row.findings.iter().map(|finding| escape(&words::place(finding))).collect();
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} |",
                escape(section.name.get(locale)),
                items.join("<br>"),
                escape(&row.question),
                words::verdict(row.verdict, locale),
                row.places,
                places.join("<br>"),
                escape(&words::remarks(row, locale)),
            )?;
        }
        writeln!(out, "\n{}: {}", words::totals_word(locale), words::totals(&section.totals, locale))?;
    }
    if !list.accepted.is_empty() {
        writeln!(out, "\n## {}\n", words::accepted_title(locale))?;
        writeln!(out, "| {} |", words::accepted_columns(locale).join(" | "))?;
        writeln!(out, "|---|---|---|---|")?;
        for finding in &list.accepted {
            let exception = finding.accepted.as_ref();
            writeln!(
                out,
                "| {} | {} | {} | {} |",
                escape(&words::place(finding)),
                escape(&words::weakness(finding, book, locale)),
                escape(exception.map_or("", |it| it.reason.as_str())),
                escape(exception.and_then(|it| it.until.as_deref()).unwrap_or_default()),
            )?;
        }
    }
    if !list.beyond.is_empty() {
        writeln!(out, "\n## {}\n", words::beyond_title(locale))?;
        for finding in &list.beyond {
            writeln!(out, "- {}: {}", escape(&words::place(finding)), escape(&words::weakness(finding, book, locale)))?;
        }
    }
    Ok(())
}
