//! Syntax trees to the IR, one function at a time; the tree is dropped right after.
//! Must not know rules (beyond the ids of syntactic hits it hands on), other files, or the engine.

pub mod c;
mod comments;
pub mod java;
pub mod jsp;

use crate::base::FileId;
use crate::syntax::PosMap;

/// What a lowering reads.
#[derive(Debug, Clone, Copy)]
pub struct LowerInput<'a> {
    /// The file.
    pub file: FileId,
    /// The text that was parsed.
    pub text: &'a str,
    /// The way back from that text to the original's positions; `None` where they are the same.
    pub map: Option<&'a PosMap>,
}
