//! Java text to a tree.

use std::time::Duration;

use tree_sitter::Tree;

use super::parser::{Grammar, parse as parse_grammar};

/// Parses Java. `None`: out of time.
#[must_use]
pub fn parse(text: &str, time: Duration) -> Option<Tree> {
    parse_grammar(Grammar::Java, text, time)
}
