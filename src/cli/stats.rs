//! `--stats`: what was read and where the time went.

use std::fmt::Write as _;
use std::time::Duration;

use crate::findings::ScanStats;
use crate::rules::Locale;

/// Wall time of what the command does before and after a scan.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Around {
    /// Arguments, settings, rules.
    pub(super) prepare: Duration,
    /// The reports.
    pub(super) report: Duration,
}

/// The figures as text.
pub(super) fn text(stats: &ScanStats, around: Around, unmodelled: &[(String, u64)], locale: Locale) -> String {
    let names = match locale {
        Locale::Ko => {
            ["파일", "크기", "함수", "깨진 구간이 있는 함수", "모르는 구문", "한도에 닿은 함수", "스레드", "최대 메모리"]
        }
        Locale::En => {
            ["files", "size", "functions", "functions with a broken region", "opaque", "over a bound", "threads", "peak memory"]
        }
    };
    let share = if stats.bodies == 0 { 0.0 } else { stats.broken_bodies as f64 * 100.0 / stats.bodies as f64 };
    let values = [
        stats.files.to_string(),
        megabytes(stats.bytes),
        stats.bodies.to_string(),
        format!("{} ({share:.2} %)", stats.broken_bodies),
        stats.opaque.to_string(),
        stats.bounds_hit.to_string(),
        stats.threads.to_string(),
        stats.peak_memory.map_or_else(|| "-".to_owned(), megabytes),
    ];
    let mut text = String::new();
    for (name, value) in names.iter().zip(values) {
        let _ = writeln!(text, "{name}: {value}");
    }
    let before = ("rules", around.prepare);
    let stages: Vec<_> = std::iter::once(&before).chain(&stats.stages).copied().chain([("report", around.report)]).collect();
    let total: Duration = stages.iter().filter(|(name, _)| !name.contains(':')).map(|(_, time)| *time).sum();
    for (name, time) in stages.iter().chain([&("total", total)]) {
        let _ = writeln!(text, "  {name:16} {:9.3} s", time.as_secs_f64());
    }
    if !unmodelled.is_empty() {
        let title = match locale {
            Locale::Ko => "모델이 없는 라이브러리 호출 (자주 만난 순서)",
            Locale::En => "library calls without a model, most often met first",
        };
        let _ = writeln!(text, "{title}:");
        for (name, count) in unmodelled {
            let _ = writeln!(text, "  {count:>7}  {name}");
        }
    }
    text
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
