//! The whole program's index: types and hierarchy, members, calls, frameworks, documents' meaning.
//! Must not know tree-sitter or findings.
