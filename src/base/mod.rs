//! What every other folder stands on: interned names and types' ids, spans, typed indices.
//! Must not know: any language, any file, any rule.

mod id;
mod problem;
mod span;
mod symbol;

pub use id::{FileId, RuleId};
pub use problem::{FileStatus, Problem, ProblemKind, panic_message};
pub use span::{FileSpan, Span};
pub use symbol::Symbol;

/// The hasher of every in-memory table whose keys are small ids or interned names.
/// Its order must never reach any output: sort before printing.
pub type FastMap<K, V> = rustc_hash::FxHashMap<K, V>;
/// See [`FastMap`].
pub type FastSet<K> = rustc_hash::FxHashSet<K>;
