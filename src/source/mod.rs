//! Which files, in which language and encoding, and where a byte is in lines and columns.
//! Must not know trees, rules or findings. The only folder that reads scanned files.

mod file;
mod filter;
mod lines;
mod output;
mod read;
mod tracked;
mod walk;

pub use file::{FileKind, SourceFile, SourceSet, SourceText};
pub use filter::{FilterError, PathFilter};
pub use lines::{LineIndex, Position};
pub use read::{DEFAULT_MAX_FILE_SIZE, ReadError, ReadLimits, decode, read};
pub use walk::{WalkOptions, walk};
