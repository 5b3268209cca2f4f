//! The checklist as one self-contained page that prints well: no script, nothing loaded.

use std::io::Write;

use super::{Checklist, Row, Section, Verdict, words};
use crate::report::escape::html as escape;
use crate::report::texts::pick;
use crate::report::{ReportError, Rulebook};
use crate::rules::Locale;

const STYLE: &str = "\
body{font-family:'Noto Sans KR','Malgun Gothic','Apple SD Gothic Neo',sans-serif;margin:2rem;color:#1b1b1b;line-height:1.5}
h1{font-size:1.4rem;border-bottom:2px solid #1b1b1b;padding-bottom:.3rem}h2{font-size:1.1rem;margin-top:1.6rem}
table{border-collapse:collapse;width:100%;font-size:.85rem}th,td{border:1px solid #8a8a8a;padding:.35rem .5rem;vertical-align:top;text-align:left}
th{background:#eceff3}td.n{text-align:right}td.v{white-space:nowrap;font-weight:700;text-align:center}
.good{background:#e6f4ea}.weak{background:#fde7e7}.na{background:#f1f1f1}.review{background:#fff4d6}
td ul{margin:0;padding-left:1.1rem}code{font-family:'D2Coding',Consolas,monospace;word-break:break-all}
@media print{body{margin:0}@page{size:A4 landscape;margin:12mm}tr{break-inside:avoid}thead{display:table-header-group}.list{break-before:page}.list:first-of-type{break-before:auto}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
";

/// Writes the page.
///
/// # Errors
/// Where writing fails.
pub fn render(lists: &[Checklist], book: &Rulebook<'_>, locale: Locale, out: &mut dyn Write) -> Result<(), ReportError> {
    let title = pick(locale, "시큐어코딩 점검표", "Secure-coding checklist");
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>", pick(locale, "ko", "en"))?;
    writeln!(out, "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">")?;
    // Nothing in the page may load or run anything, even if an escape were missed.
    writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")?;
    writeln!(out, "<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>")?;
    for list in lists {
        one(list, book, locale, out)?;
    }
    writeln!(out, "</body>\n</html>")?;
    Ok(())
}

fn one(list: &Checklist, book: &Rulebook<'_>, locale: Locale, out: &mut dyn Write) -> Result<(), ReportError> {
    writeln!(out, "<section class=\"list\">\n<h1>{}</h1>\n<ul>", words::title(list.language, locale))?;
    for fact in words::facts(list, locale) {
        writeln!(out, "<li>{}</li>", escape(&fact))?;
    }
    writeln!(out, "<li>{}</li>\n</ul>", words::totals(&list.totals, locale))?;
    for section in &list.sections {
        table(section, locale, out)?;
    }
    if !list.accepted.is_empty() {
        writeln!(out, "<h2>{}</h2>\n<table>\n<thead><tr>", words::accepted_title(locale))?;
        for column in words::accepted_columns(locale) {
            write!(out, "<th>{column}</th>")?;
        }
        writeln!(out, "</tr></thead>\n<tbody>")?;
        for finding in &list.accepted {
            let exception = finding.accepted.as_ref();
            writeln!(
                out,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(&words::place(finding)),
                escape(&words::weakness(finding, book, locale)),
                escape(exception.map_or("", |it| it.reason.as_str())),
                escape(exception.and_then(|it| it.until.as_deref()).unwrap_or_default()),
            )?;
        }
        writeln!(out, "</tbody>\n</table>")?;
    }
    if !list.beyond.is_empty() {
        writeln!(out, "<h2>{}</h2>\n<ul>", words::beyond_title(locale))?;
        for finding in &list.beyond {
            let place = escape(&words::place(finding));
            writeln!(out, "<li><code>{place}</code> {}</li>", escape(&words::weakness(finding, book, locale)))?;
        }
        writeln!(out, "</ul>")?;
    }
    writeln!(out, "</section>")?;
    Ok(())
}

fn table(section: &Section, locale: Locale, out: &mut dyn Write) -> Result<(), ReportError> {
    let name = escape(section.name.get(locale));
    writeln!(out, "<h2>{}. {name}</h2>\n<table>\n<thead><tr>", section.number)?;
    for column in words::columns(locale) {
        write!(out, "<th>{column}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for (index, row) in section.rows.iter().enumerate() {
        write!(out, "<tr>")?;
        if index == 0 {
            write!(out, "<td rowspan=\"{}\">{name}</td>", section.rows.len())?;
        }
        cells(row, locale, out)?;
        writeln!(out, "</tr>")?;
    }
    let total = words::totals_word(locale);
    writeln!(
        out,
        "</tbody>\n<tfoot><tr><th>{total}</th><td colspan=\"6\">{}</td></tr></tfoot>\n</table>",
        words::totals(&section.totals, locale)
    )?;
    Ok(())
}

fn cells(row: &Row, locale: Locale, out: &mut dyn Write) -> Result<(), ReportError> {
    let class = match row.verdict {
        Verdict::Good => "good",
        Verdict::Weak => "weak",
        Verdict::NotApplicable => "na",
        Verdict::Review => "review",
    };
    let items: Vec<_> = words::items(row, locale).iter().map(|item| escape(item)).collect();
    write!(
        out,
        "<td>{}</td><td>{}</td><td class=\"v {class}\">{}</td><td class=\"n\">{}</td><td>",
        items.join("<br>"),
        escape(&row.question),
        words::verdict(row.verdict, locale),
        row.places,
    )?;
    if !row.findings.is_empty() {
        write!(out, "<ul>")?;
        for finding in &row.findings {
            write!(out, "<li><code>{}</code></li>", escape(&words::place(finding)))?;
        }
        write!(out, "</ul>")?;
    }
    write!(out, "</td><td>{}</td>", escape(&words::remarks(row, locale)))?;
    Ok(())
}
