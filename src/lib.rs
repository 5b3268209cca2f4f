//! haechi finds security weaknesses in Java and C source code and proves, item by item of the secure-coding
//! guideline, what was looked at and what was found.
//!
//! The flow is one line, and each box is a folder that knows only those to its left (and `rules`, and `base`):
//! `source → syntax → lower → program → analysis → findings → report`. `pipeline` runs the boxes in order; `cli` is
//! the command. See docs/ARCHITECTURE.md.

pub mod analysis;
pub mod base;
pub mod cli;
pub mod findings;
pub mod harness;
pub mod ir;
pub mod lower;
pub mod pipeline;
pub mod program;
pub mod report;
pub mod rules;
pub mod settings;
pub mod source;
pub mod syntax;
