//! The one type that every finding ends as, and what happens to findings before they are reported: deduplication,
//! fingerprints, inline suppressions, baseline.
//! Must not know how a finding was made, nor any output format.

mod allow;
mod baseline;
mod comments;
mod finding;
mod fingerprint;
mod finish;
mod line_hash;
mod result;
mod sources;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use allow::{Allow, AllowScope, scan_allows};
pub use baseline::{Baseline, BaselineError, FINGERPRINT_KEY};
pub use finding::{Examined, Finding, FindingState, Step, StepKind, Suppression};
pub use finish::{FinishOptions, finish};
pub use result::{
    AllowNote, AllowNoteKind, BaselineCounts, FileRecord, Place, RawScan, Reported, ScanResult, ScanStats, StepPlace,
};
pub use sources::{SourceLookup, SourceView};
