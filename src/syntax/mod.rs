//! Texts to trees: tree-sitter for Java and C, JSP translated to Java, C preprocessed, XML, properties and YAML as
//! small typed documents, and the syntactic rules, which need the tree.
//! Must not know the IR or anything about other files.

pub mod document;
mod mapped;

pub use mapped::{MappedText, PosMap};
