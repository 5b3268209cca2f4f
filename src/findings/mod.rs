//! The one type that every finding ends as, and what happens to findings before they are reported: deduplication,
//! fingerprints, inline suppressions, baseline.
//! Must not know how a finding was made, nor any output format.

mod finding;

pub use finding::{Examined, Finding, FindingState, Step, StepKind, Suppression};
