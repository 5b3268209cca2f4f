//! Texts to trees: tree-sitter for Java and C, JSP translated to Java, C preprocessed, XML, properties and YAML as
//! small typed documents, and the syntactic rules, which need the tree.
//! Must not know the IR or anything about other files.

pub mod c;
pub mod document;
pub mod java;
pub mod jsp;
mod lr;
mod mapped;
pub mod markup;
mod nodes;
pub mod parser;
pub mod pattern;

pub use mapped::{MappedText, PosMap};
pub use nodes::{Node, Nodes};
pub use parser::{DEFAULT_PARSE_TIME, Grammar, error_regions};
pub use tree_sitter::Tree;
