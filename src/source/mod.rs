//! Which files, in which language and encoding, and where a byte is in lines and columns.
//! Must not know trees, rules or findings. The only folder that reads scanned files.

mod file;

pub use file::{FileKind, SourceFile, SourceSet, SourceText};
