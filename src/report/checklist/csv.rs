//! The checklist as CSV, for spreadsheets: with a byte-order mark, without which Korean text is misread by them.

use std::io::Write;

use super::{Checklist, words};
use crate::report::escape::csv as escape;
use crate::report::texts::pick;
use crate::report::{ReportError, Rulebook};
use crate::rules::{Language, Locale};

/// Writes one table: both languages' rows, then the accepted exceptions as rows of their own.
///
/// # Errors
/// Where writing fails.
pub fn render(lists: &[Checklist], book: &Rulebook<'_>, locale: Locale, out: &mut dyn Write) -> Result<(), ReportError> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(out);
    let mut head = vec![pick(locale, "언어", "Language")];
    head.extend(words::columns(locale));
    writer.write_record(&head)?;
    for list in lists {
        let language = match list.language {
            Language::Java => "Java",
            Language::C => "C",
        };
        for section in &list.sections {
            for row in &section.rows {
                let places: Vec<_> = row.findings.iter().map(words::place).collect();
                let record = [
                    language.to_owned(),
                    section.name.get(locale).to_owned(),
                    words::items(row, locale).join("\n"),
                    row.question.clone(),
                    words::verdict(row.verdict, locale).to_owned(),
                    row.places.to_string(),
                    places.join("\n"),
                    words::remarks(row, locale),
                ];
                writer.write_record(record.iter().map(|cell| escape(cell)))?;
            }
        }
        for finding in &list.accepted {
            let exception = finding.accepted.as_ref();
            let reason = exception.map_or("", |it| it.reason.as_str());
            let until = exception.and_then(|it| it.until.as_deref()).map_or(String::new(), |until| format!(" (~ {until})"));
            let record = [
                language.to_owned(),
                words::accepted_title(locale).to_owned(),
                words::weakness(finding, book, locale),
                String::new(),
                String::new(),
                String::new(),
                words::place(finding),
                format!("{reason}{until}"),
            ];
            writer.write_record(record.iter().map(|cell| escape(cell)))?;
        }
    }
    writer.flush()?;
    Ok(())
}
