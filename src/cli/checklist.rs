//! `haechi checklist`: the guideline's questions answered, from a scan made now or from SARIF of earlier ones.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::args::{ChecklistArgs, ChecklistFormatArg};
use super::error::{Failure, Outcome};
use super::input::prepare;
use super::scan::{finish, rulebook, run_scan};
use super::{CLEAN, output};
use crate::report::checklist::{Evidence, checklists, csv, html, markdown};
use crate::report::{Report, ReportError, Rulebook, sarif};
use crate::rules::Locale;

/// Runs it.
pub(super) fn run(args: &ChecklistArgs) -> Outcome<u8> {
    let (logs, paths): (Vec<PathBuf>, Vec<PathBuf>) = args.input.paths.iter().cloned().partition(|path| is_sarif(path));
    if !logs.is_empty() && !paths.is_empty() {
        let cure = "give either SARIF files or what is to be scanned";
        return Err(Failure::new("a checklist is made from a scan or from SARIF files, not both", cure));
    }
    let input = prepare(&args.input, &args.show, &paths)?;
    let book = rulebook(&input);
    let evidence = if logs.is_empty() {
        let done = run_scan(&input, &args.show, None)?;
        Evidence::of_scan(&Report { result: &done.result, book: &book, locale: input.locale })
    } else {
        Evidence::of_sarif(logs.iter().map(|log| read(log)).collect::<Outcome<Vec<_>>>()?)
    };
    let form = form_of(args.format, args.output.as_deref());
    let mut text = Vec::new();
    finish(render(&evidence, &book, input.locale, form, &mut text), "the checklist")?;
    match &args.output {
        None => output::print(&String::from_utf8_lossy(&text))?,
        Some(file) => {
            let name = file.display().to_string();
            let made = std::fs::File::create(file).and_then(|created| {
                let mut out = BufWriter::new(created);
                out.write_all(&text)?;
                out.flush()
            });
            made.map_err(|error| Failure::new(format!("cannot write {name}: {error}"), "name a file in a folder that is yours"))?;
        }
    }
    Ok(CLEAN)
}

fn is_sarif(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    path.is_file() && (name.ends_with(".sarif") || name.ends_with(".sarif.json") || name.ends_with(".json"))
}

fn read(log: &Path) -> Outcome<crate::report::sarif::SarifScan> {
    let cure = "give SARIF that `haechi scan -o FILE.sarif` wrote, in the full profile";
    let text =
        std::fs::read_to_string(log).map_err(|error| Failure::new(format!("cannot read {}: {error}", log.display()), cure))?;
    sarif::read(&text).map_err(|error| Failure::new(format!("{}: {error}", log.display()), cure))
}

/// The form asked for, else what the file's ending says, else Markdown.
pub(super) fn form_of(asked: Option<ChecklistFormatArg>, file: Option<&Path>) -> ChecklistFormatArg {
    let ending = file.and_then(Path::extension).map(|ending| ending.to_string_lossy().to_lowercase());
    asked.unwrap_or(match ending.as_deref() {
        Some("html" | "htm") => ChecklistFormatArg::Html,
        Some("csv") => ChecklistFormatArg::Csv,
        _ => ChecklistFormatArg::Md,
    })
}

/// Renders it.
pub(super) fn render(
    evidence: &Evidence,
    book: &Rulebook<'_>,
    locale: Locale,
    form: ChecklistFormatArg,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let lists = checklists(evidence, book);
    match form {
        ChecklistFormatArg::Md => markdown::render(&lists, book, locale, out),
        ChecklistFormatArg::Html => html::render(&lists, book, locale, out),
        ChecklistFormatArg::Csv => csv::render(&lists, book, locale, out),
    }
}
