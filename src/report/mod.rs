//! Each output format one file; none computes anything that is not in the findings.
//! Must not know the engine or the IR, nor the clock, nor where output goes.

mod book;
mod bounds;
pub mod checklist;
mod escape;
pub mod json;
pub mod junit;
pub mod sarif;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod text;
mod texts;

pub use book::Rulebook;
pub use texts::{fill, message};

use crate::findings::ScanResult;
use crate::rules::Locale;

/// What every report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was found.
    pub result: &'a ScanResult,
    /// Rules and catalogue.
    pub book: &'a Rulebook<'a>,
    /// The language of its texts.
    pub locale: Locale,
}

/// Why a report could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// JSON could not be made or read.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// CSV could not be made.
    #[error("CSV: {0}")]
    Csv(#[from] csv::Error),
    /// JUnit's XML could not be made.
    #[error("JUnit: {0}")]
    Junit(#[from] quick_junit::SerializeError),
    /// Input that is no SARIF of haechi's.
    #[error("{0}")]
    NotHaechi(String),
}
