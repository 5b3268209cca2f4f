//! One file's way from bytes to a unit or a document, while its text is in cache. Must not know other files.

use std::time::{Duration, Instant};

use super::comments::CommentRules;
use super::markup::MarkupRules;
use super::texts::Texts;
use super::timing::{Part, PartTimes};
use index_vec::IndexSlice;

use crate::analysis::config::ConfigRules;
use crate::base::{FileId, FileSpan, Problem, ProblemKind, RuleId, Span, Symbol};
use crate::findings::{Allow, Finding, FindingState, scan_allows};
use crate::ir::{Language, Unit};
use crate::lower::{self, LowerInput};
use crate::rules::Rule;
use crate::source::{FileKind, SourceFile};
use crate::syntax::c::Preprocessor;
use crate::syntax::document::Document;
use crate::syntax::pattern::{PatternRules, PatternTarget};
use crate::syntax::{Grammar, MappedText, Nodes, PosMap, document, error_regions, jsp, parser};

/// Broken regions of one file that are told one by one; the file's status and the counts tell the rest.
const MAX_REGIONS: usize = 20;

/// What a file became.
#[derive(Debug, Default)]
pub struct FileOutcome {
    /// Java, C and JSP.
    pub unit: Option<Unit>,
    /// XML, properties and YAML.
    pub document: Option<Document>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// What the rules on syntax and documents found.
    pub findings: Vec<Finding>,
    /// What they looked at.
    pub examined: Vec<(RuleId, u32)>,
    /// Suppressions in it.
    pub allows: Vec<Allow>,
    /// Its encoding; empty where it could not be read.
    pub encoding: &'static str,
}

/// What all files share.
#[derive(Debug)]
pub(super) struct Front<'a> {
    pub(super) times: &'a PartTimes,
    pub(super) parse_time: Duration,
    /// Whether bodies are kept packed.
    pub(super) pack: bool,
    pub(super) preprocessor: &'a Preprocessor,
    pub(super) rules: &'a IndexSlice<RuleId, [Rule]>,
    pub(super) patterns: &'a PatternRules,
    pub(super) configs: &'a ConfigRules<'a>,
    pub(super) comments: &'a CommentRules,
    pub(super) markup: &'a MarkupRules,
}

/// A file under way.
struct Job<'a> {
    file: FileId,
    /// What is parsed.
    text: &'a str,
    /// The way back from it to the file's own text.
    map: Option<&'a PosMap>,
    start: Instant,
}

impl Front<'_> {
    /// The whole way of one file.
    pub(super) fn run(&self, texts: &Texts, file: FileId, source: &SourceFile) -> FileOutcome {
        let start = Instant::now();
        let text = match texts.read(file) {
            Ok(text) => text,
            Err(error) => return FileOutcome { problems: vec![error.into_problem(file)], ..FileOutcome::default() },
        };
        let mut outcome = FileOutcome { encoding: text.encoding, ..FileOutcome::default() };
        if text.lossy {
            outcome.problems.push(problem(file, None, ProblemKind::BadEncoding, text.encoding));
        }
        let start = self.times.add(Part::Read, start);
        self.text(file, source.kind, &source.path, &text.text, start, &mut outcome);
        outcome
    }

    /// The way from the text on.
    pub(super) fn text(&self, file: FileId, kind: FileKind, path: &str, text: &str, start: Instant, outcome: &mut FileOutcome) {
        match kind {
            FileKind::Java => {
                let job = Job { file, text, map: None, start };
                self.code(&job, Grammar::Java, PatternTarget::Java, outcome);
            }
            FileKind::C | FileKind::CHeader => {
                let mut done = self.preprocessor.preprocess(path, text);
                let start = self.times.add(Part::Prepare, start);
                done.problems.iter_mut().for_each(|problem| problem.file = Some(file));
                outcome.problems.append(&mut done.problems);
                let MappedText { text: made, map } = &done.mapped;
                let job = Job { file, text: made, map: Some(map), start };
                self.code(&job, Grammar::C, PatternTarget::C, outcome);
                if let Some(unit) = &mut outcome.unit {
                    lower::c::note_readers(unit, text, map);
                }
            }
            FileKind::Jsp => {
                let found = self.markup.page(text);
                outcome.examined.extend(found.examined);
                for (rule, span) in found.hits {
                    self.find(rule, FileSpan { file, span }, None, Vec::new(), outcome);
                }
                let page = jsp::translate(text, path);
                let start = self.times.add(Part::Prepare, start);
                let MappedText { text, map } = &page.java;
                broken(file, page.broken.iter().copied(), outcome);
                let job = Job { file, text, map: Some(map), start };
                self.code(&job, Grammar::Java, PatternTarget::Web, outcome);
                if let Some(unit) = &mut outcome.unit {
                    unit.language = Language::Jsp;
                }
            }
            FileKind::Xml | FileKind::Properties | FileKind::Yaml => {
                let (mut document, mut problems) = document::parse(file, kind, text);
                path.clone_into(&mut document.path);
                let start = self.times.add(Part::Parse, start);
                outcome.problems.append(&mut problems);
                let found = self.configs.run(path, &document);
                self.times.add(Part::Patterns, start);
                outcome.examined = found.examined;
                for hit in found.hits {
                    self.find(hit.rule, hit.at, None, hit.args, outcome);
                }
                outcome.document = Some(document);
            }
        }
        if let Some(unit) = &outcome.unit {
            let found = self.comments.run(unit, text);
            outcome.examined.extend(found.examined);
            for (rule, span) in found.hits {
                self.find(rule, FileSpan { file, span }, None, Vec::new(), outcome);
            }
        }
        if let Some(unit) = outcome.unit.as_mut().filter(|_| self.pack) {
            unit.pack();
        }
        outcome.allows = scan_allows(file, kind, text);
    }

    /// Parses, matches, lowers.
    fn code(&self, job: &Job<'_>, grammar: Grammar, target: PatternTarget, outcome: &mut FileOutcome) {
        let Some(nodes) = parser::parse(grammar, job.text, self.parse_time) else {
            let detail = format!("{} s", self.parse_time.as_secs());
            outcome.problems.push(problem(job.file, None, ProblemKind::TimedOut, &detail));
            return;
        };
        let start = self.times.add(Part::Parse, job.start);
        broken(job.file, error_regions(&nodes).into_iter().map(|region| job.original(region)), outcome);
        let (nodes, mut found) = self.patterns.run(target, job.text, nodes);
        if grammar == Grammar::Java {
            let printed = self.markup.printed(&nodes, job.text);
            found.hits.extend(printed.hits);
            found.examined.extend(printed.examined);
        }
        let start = self.times.add(Part::Patterns, start);
        let unit = lowered(job, grammar, &nodes);
        self.times.add(Part::Lower, start);
        outcome.examined = found.examined;
        for (rule, span) in found.hits {
            let span = job.original(span);
            self.find(rule, FileSpan { file: job.file, span }, function_at(&unit, span), Vec::new(), outcome);
        }
        if unit.stats.skipped_bodies > 0 {
            let detail = unit.stats.skipped_bodies.to_string();
            outcome.problems.push(problem(job.file, None, ProblemKind::TooDeep, &detail));
        }
        outcome.unit = Some(unit);
    }

    /// Adds a finding with its rule's severity and confidence.
    fn find(
        &self,
        rule: RuleId,
        at: FileSpan,
        function: Option<Symbol>,
        args: Vec<(&'static str, String)>,
        outcome: &mut FileOutcome,
    ) {
        let Some(known) = self.rules.get(rule) else { return };
        outcome.findings.push(Finding {
            rule,
            at,
            function,
            severity: known.severity,
            confidence: known.confidence,
            args,
            trace: Vec::new(),
            fingerprint: String::new(),
            state: FindingState::Open,
        });
    }
}

/// The innermost function around a range, qualified.
fn function_at(unit: &Unit, span: Span) -> Option<Symbol> {
    let around = unit.functions.iter().filter(|function| function.span.contains(span) && !function.span.is_empty());
    let function = around.min_by_key(|function| function.span.len())?;
    let owner = function.owner.and_then(|owner| unit.types.get(owner));
    Some(owner.map_or(function.name, |owner| Symbol::new(&format!("{}.{}", owner.name, function.name))))
}

impl Job<'_> {
    fn original(&self, span: Span) -> Span {
        self.map.map_or(span, |map| map.to_original(span))
    }
}

fn lowered(job: &Job<'_>, grammar: Grammar, nodes: &Nodes) -> Unit {
    let input = LowerInput { file: job.file, text: job.text, map: job.map };
    match grammar {
        Grammar::Java => lower::java::lower(&input, nodes),
        Grammar::C => lower::c::lower(&input, nodes),
    }
}

fn problem(file: FileId, span: Option<Span>, kind: ProblemKind, detail: &str) -> Problem {
    Problem { file: Some(file), span, kind, detail: detail.to_owned() }
}

/// Tells the first broken regions.
fn broken(file: FileId, regions: impl Iterator<Item = Span>, outcome: &mut FileOutcome) {
    for region in regions.take(MAX_REGIONS) {
        outcome.problems.push(problem(file, Some(region), ProblemKind::SyntaxError, ""));
    }
}
