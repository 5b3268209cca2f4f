//! Texts to trees, with a time limit a file: by `lr`, and where that gives up by tree-sitter's parsers, one a thread and
//! grammar. Must not know what a tree means.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use super::{Nodes, lr};
use crate::base::Span;

/// Time for one parse unless set otherwise. The grammars need some 0.2 s for the largest file that is read.
pub const DEFAULT_PARSE_TIME: Duration = Duration::from_secs(10);

/// The clock is asked once in so many reports of progress.
const CLOCK_STRIDE: u32 = 32;

/// A language with a grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// Java.
    Java,
    /// C.
    C,
}

thread_local! {
    static JAVA: RefCell<Option<Parser>> = const { RefCell::new(None) };
    static C: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// The tree of a text, laid out. `None`: out of time.
///
/// What is without errors is read by `lr`, all else by tree-sitter; the tree is the same.
#[must_use]
pub fn parse(grammar: Grammar, text: &str, time: Duration) -> Option<Nodes> {
    let start = Instant::now();
    lr::parse(grammar, text, start + time)
        .or_else(|| tree(grammar, text, time.saturating_sub(start.elapsed())).map(|tree| Nodes::new(grammar, &tree)))
}

/// tree-sitter's own tree of a text, by this thread's parser. `None`: out of time.
#[must_use]
pub fn tree(grammar: Grammar, text: &str, time: Duration) -> Option<Tree> {
    let slot = match grammar {
        Grammar::Java => &JAVA,
        Grammar::C => &C,
    };
    slot.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = new_parser(grammar);
        }
        parse_with(slot.as_mut()?, text, time)
    })
}

fn new_parser(grammar: Grammar) -> Option<Parser> {
    let language = match grammar {
        Grammar::Java => tree_sitter_java::LANGUAGE,
        Grammar::C => tree_sitter_c::LANGUAGE,
    };
    let mut parser = Parser::new();
    // Fails only where grammar and runtime are of different ages; a test sees to that.
    parser.set_language(&language.into()).ok()?;
    Some(parser)
}

fn parse_with(parser: &mut Parser, text: &str, time: Duration) -> Option<Tree> {
    let bytes = text.as_bytes();
    let start = Instant::now();
    let mut calls = 0u32;
    let mut progress = |_: &ParseState| {
        calls = calls.wrapping_add(1);
        if calls.is_multiple_of(CLOCK_STRIDE) && start.elapsed() > time {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let tree = parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
    if tree.is_none() {
        // Else the next parse would go on where this one was stopped.
        parser.reset();
    }
    tree
}

/// The regions that could not be parsed, in order, none inside another: error nodes, and missing tokens as empty
/// ranges. Costs nothing where there are none, and does not recurse.
#[must_use]
pub fn error_regions(nodes: &Nodes) -> Vec<Span> {
    let mut regions = Vec::new();
    let mut at = 0;
    while let Some(node) = nodes.get(at) {
        if node.is_error() || node.is_missing() {
            regions.push(Span::new(node.start_byte(), node.end_byte()));
            at = node.next_index();
        } else {
            at = if node.has_error() { at + 1 } else { node.next_index() };
        }
    }
    regions
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DEFAULT_PARSE_TIME, Grammar, error_regions, parse, tree};

    #[test]
    fn both_grammars_load_and_parse() {
        let java = tree(Grammar::Java, "class A { void f() { g(\"한글\"); } }", DEFAULT_PARSE_TIME).unwrap();
        assert_eq!((java.root_node().kind(), java.root_node().has_error()), ("program", false));
        let c = tree(Grammar::C, "int f(void) { return 0; }", DEFAULT_PARSE_TIME).unwrap();
        assert_eq!((c.root_node().kind(), c.root_node().has_error()), ("translation_unit", false));
        assert!(error_regions(&parse(Grammar::C, "int f(void) { return 0; }", DEFAULT_PARSE_TIME).unwrap()).is_empty());
    }

    #[test]
    fn broken_regions_are_found_and_the_rest_is_whole() {
        let text = "class A { void f() { int = ; } void g() { h(1); } }";
        let tree = parse(Grammar::Java, text, DEFAULT_PARSE_TIME).unwrap();
        let regions = error_regions(&tree);
        assert!(!regions.is_empty());
        assert!(regions.iter().all(|region| (region.hi as usize) < text.find("void g").unwrap()), "{regions:?}");
        let truncated = parse(Grammar::C, "int f(void) { if (x) { y();", DEFAULT_PARSE_TIME).unwrap();
        assert!(!error_regions(&truncated).is_empty());
    }

    #[test]
    fn out_of_time_is_no_tree_and_the_next_parse_starts_afresh() {
        let long = format!("class A {{ {} }}", "void f() { g(1 + 2); } ".repeat(20_000));
        assert!(parse(Grammar::Java, &long, Duration::ZERO).is_none());
        let tree = parse(Grammar::Java, "class B {}", DEFAULT_PARSE_TIME).unwrap();
        assert_eq!(tree.root().end_byte(), 10);
    }

    #[test]
    fn deep_nesting_is_survived() {
        let deep = format!("class A {{ int f() {{ return {}1{}; }} }}", "(".repeat(50_000), ")".repeat(50_000));
        let tree = parse(Grammar::Java, &deep, DEFAULT_PARSE_TIME).unwrap();
        assert!(error_regions(&tree).is_empty());
        let cut = parse(Grammar::Java, &deep[..60_000], DEFAULT_PARSE_TIME).unwrap();
        assert!(!error_regions(&cut).is_empty());
    }
}
