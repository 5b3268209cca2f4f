//! One file's way from bytes to a unit or a document, while its text is in cache. Must not know other files.

use std::time::{Duration, Instant};

use super::texts::Texts;
use super::timing::{Part, PartTimes};
use crate::base::{FileId, Problem, ProblemKind, Span};
use crate::findings::{Allow, scan_allows};
use crate::ir::Unit;
use crate::source::{FileKind, SourceFile};
use crate::syntax::document::Document;
use crate::syntax::error_regions;

/// Broken regions of one file that are told one by one; the file's status and the counts tell the rest.
const MAX_REGIONS: usize = 20;

/// What a file became.
#[derive(Debug, Default)]
pub(super) struct FileOutcome {
    /// Java, C and JSP.
    pub(super) unit: Option<Unit>,
    /// XML, properties and YAML.
    pub(super) document: Option<Document>,
    /// What went wrong.
    pub(super) problems: Vec<Problem>,
    /// Suppressions in it.
    pub(super) allows: Vec<Allow>,
    /// Its encoding; empty where it could not be read.
    pub(super) encoding: &'static str,
}

/// What all files share.
#[derive(Debug)]
pub(super) struct Front<'a> {
    pub(super) texts: &'a Texts,
    pub(super) times: &'a PartTimes,
    pub(super) parse_time: Duration,
}

impl Front<'_> {
    /// The whole way of one file.
    pub(super) fn run(&self, file: FileId, source: &SourceFile) -> FileOutcome {
        let mut outcome = FileOutcome::default();
        let start = Instant::now();
        let text = match self.texts.read(file) {
            Ok(text) => text,
            Err(error) => {
                outcome.problems.push(error.into_problem(file));
                return outcome;
            }
        };
        outcome.encoding = text.encoding;
        if text.lossy {
            outcome.problems.push(problem(file, None, ProblemKind::BadEncoding, text.encoding));
        }
        let now = self.times.add(Part::Read, start);
        match source.kind {
            FileKind::Java => self.java(file, &text.text, now, &mut outcome),
            FileKind::C | FileKind::CHeader | FileKind::Jsp | FileKind::Xml | FileKind::Properties | FileKind::Yaml => {}
        }
        outcome.allows = scan_allows(file, source.kind, &text.text);
        outcome
    }

    fn java(&self, file: FileId, text: &str, start: Instant, outcome: &mut FileOutcome) {
        let Some(tree) = crate::syntax::java::parse(text, self.parse_time) else {
            outcome.problems.push(timed_out(file, self.parse_time));
            return;
        };
        self.times.add(Part::Parse, start);
        broken(file, &error_regions(&tree), outcome);
    }
}

fn problem(file: FileId, span: Option<Span>, kind: ProblemKind, detail: &str) -> Problem {
    Problem { file: Some(file), span, kind, detail: detail.to_owned() }
}

fn timed_out(file: FileId, limit: Duration) -> Problem {
    problem(file, None, ProblemKind::TimedOut, &format!("{} s", limit.as_secs()))
}

/// Tells the first broken regions.
fn broken(file: FileId, regions: &[Span], outcome: &mut FileOutcome) {
    for region in regions.iter().take(MAX_REGIONS) {
        outcome.problems.push(problem(file, Some(*region), ProblemKind::SyntaxError, ""));
    }
}
