//! Wall time of stages, and the time threads spent in the parts of the file stage. Must not know what is timed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A part of the work on one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Reading and decoding.
    Read,
    /// Preprocessing C, translating JSP.
    Prepare,
    /// Parsing.
    Parse,
    /// Syntactic rules.
    Patterns,
    /// Lowering.
    Lower,
}

const PARTS: [(Part, &str); 5] = [
    (Part::Read, "files: read"),
    (Part::Prepare, "files: prepare"),
    (Part::Parse, "files: parse"),
    (Part::Patterns, "files: patterns"),
    (Part::Lower, "files: lower"),
];

/// Sums over all threads.
#[derive(Debug, Default)]
pub(super) struct PartTimes {
    nanos: [AtomicU64; 5],
}

impl PartTimes {
    /// Adds the time since `start` to a part, and gives the time it is now.
    pub(super) fn add(&self, part: Part, start: Instant) -> Instant {
        let now = Instant::now();
        let nanos = u64::try_from((now - start).as_nanos()).unwrap_or(u64::MAX);
        if let Some(sum) = self.nanos.get(part as usize) {
            sum.fetch_add(nanos, Ordering::Relaxed);
        }
        now
    }

    /// The sums by name.
    pub(super) fn sums(&self) -> Vec<(&'static str, Duration)> {
        let load = |part: Part| self.nanos.get(part as usize).map_or(0, |sum| sum.load(Ordering::Relaxed));
        PARTS.iter().map(|&(part, name)| (name, Duration::from_nanos(load(part)))).collect()
    }
}

/// Peak resident memory of this process in bytes, where the system tells it.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
