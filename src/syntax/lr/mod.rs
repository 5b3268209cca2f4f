//! A faster driver of tree-sitter's own tables: the same grammar, the same tree, a fraction of the time.
//!
//! tree-sitter's runtime is made for editors: it counts references, keeps trees that can be changed and reused, prepares to
//! mend errors, and weighs stack versions against each other at every token. A scan needs each tree once, and most files have
//! no errors. This driver runs the generated tables and lexers (`tables`, `lexer`) over a stack that forks and merges as
//! tree-sitter's does (`stack`, after Tomita's graph-structured stack), and lays the tree out flat at the end (`layout`). Where a
//! text has an error, or anything else comes up that it does not know, it gives up, and tree-sitter itself parses the text: errors
//! are mended in one place. Tests hold both to the same tree. Must not know what a kind means.

mod driver;
mod layout;
mod lexer;
mod quick;
mod stack;
mod tables;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;
use std::time::Instant;

use super::{Grammar, Nodes};
use driver::Driver;
use tables::Tables;

static JAVA: LazyLock<Option<Tables>> = LazyLock::new(|| Tables::read(tree_sitter_java::LANGUAGE.into_raw()));
static C: LazyLock<Option<Tables>> = LazyLock::new(|| Tables::read(tree_sitter_c::LANGUAGE.into_raw()));

/// The tree of a text without errors. `None`: the text has one, or time is up; tree-sitter is to be asked.
pub(super) fn parse(grammar: Grammar, text: &str, deadline: Instant) -> Option<Nodes> {
    let tables = match grammar {
        Grammar::Java => JAVA.as_ref(),
        Grammar::C => C.as_ref(),
    }?;
    let (forest, root) = Driver::new(tables, text, deadline)?.run()?;
    Some(layout::lay_out(tables, &forest, root))
}
