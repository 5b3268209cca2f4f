//! Rewrites what the grammar cannot read. Must not know macros in view: those are expanded already.
use crate::syntax::MappedText;
pub(super) fn adapt(mapped: MappedText) -> MappedText { mapped }
