//! A file's text to its document and what is wrong with it.

use super::{Document, DocumentContent, properties, xml, yaml};
use crate::base::{FileId, Problem, ProblemKind, Span};
use crate::source::FileKind;

/// Reads a document: as much of it as can be read, and a problem for what cannot. Other kinds of files are no
/// documents and give a broken one without a problem.
#[must_use]
pub fn parse(file: FileId, kind: FileKind, text: &str) -> (Document, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut problem = |kind: ProblemKind, span: Option<Span>, detail: String| {
        problems.push(Problem { file: Some(file), span, kind, detail });
    };
    let content = match kind {
        FileKind::Xml => {
            let reading = xml::parse(text);
            if let Some((span, detail)) = reading.complaint {
                problem(ProblemKind::BadDocument, Some(span), detail);
            }
            if reading.too_deep {
                problem(ProblemKind::TooDeep, None, xml::MAX_DEPTH.to_string());
            }
            reading.root.map_or(DocumentContent::Broken, DocumentContent::Xml)
        }
        FileKind::Properties => {
            let (entries, bad) = properties::parse(text);
            for span in bad {
                problem(ProblemKind::BadDocument, Some(span), span.text(text).to_owned());
            }
            DocumentContent::Entries(entries)
        }
        FileKind::Yaml => {
            let reading = yaml::parse(text);
            if let Some((span, detail)) = reading.complaint {
                problem(ProblemKind::BadDocument, Some(span), detail);
            }
            if reading.too_deep {
                problem(ProblemKind::TooDeep, None, String::new());
            }
            DocumentContent::Entries(reading.entries)
        }
        FileKind::Java | FileKind::C | FileKind::CHeader | FileKind::Jsp => DocumentContent::Broken,
    };
    (Document { file, path: String::new(), content }, problems)
}
