//! The command: arguments and settings to a scan, results to reports, errors to people, exit codes.
//! Must not analyse anything itself.

mod args;
mod error;
mod git;
