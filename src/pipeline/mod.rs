//! Runs the boxes in order: files in parallel, then the whole program, then what becomes of the findings.
//! Must not know any output format, nor where its options come from.

mod options;
mod progress;
mod timing;
mod workers;

pub use options::ScanOptions;
pub use progress::{Progress, Silent, Stage};
pub use timing::peak_memory;
