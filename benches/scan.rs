//! `cargo bench`: a scan beside the pure tree-sitter parse of the same files, on the same number of threads.
//! `HAECHI_BENCH_DIR` names the folder (default: the repository's fixtures), `HAECHI_BENCH_RUNS` the number of runs.
//! Each measured run is a process of its own, so that its peak memory is its own too.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and may stop")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use haechi::pipeline::{ScanOptions, Silent, Wanted, peak_memory, scan};
use haechi::rules::RuleSet;
use haechi::source::{FileKind, ReadLimits, SourceFile, WalkOptions, read, walk};
use haechi::syntax::{Grammar, parser};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let dir = std::env::var_os("HAECHI_BENCH_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), PathBuf::from);
    match std::env::var("HAECHI_BENCH_WHAT").as_deref() {
        Ok("parse") => parse(&dir, false),
        Ok("pages") => parse(&dir, true),
        Ok("scan") => whole(&dir),
        _ => compare(&dir),
    }
}

fn sources(dir: &Path) -> Vec<SourceFile> {
    walk(&WalkOptions::new(vec![dir.to_owned()])).files.into_iter().collect()
}

fn report(seconds: f64) {
    println!("{seconds} {}", peak_memory().unwrap_or_default());
}

/// Reads all texts, then times parsing Java and C alone, largest first, as the scan does it. With `pages`, also the Java that
/// JSP pages become, for they have no grammar of their own; becoming it is not timed.
fn parse(dir: &Path, pages: bool) {
    let grammar = |kind| match kind {
        FileKind::Java => Some(Grammar::Java),
        FileKind::C | FileKind::CHeader => Some(Grammar::C),
        _ => None,
    };
    let mut texts: Vec<(Grammar, String)> = sources(dir)
        .iter()
        .filter_map(|file| Some((grammar(file.kind)?, read(file, &ReadLimits::default()).ok()?.text)))
        .collect();
    if pages {
        let jsp = sources(dir).into_iter().filter(|file| file.kind == FileKind::Jsp);
        texts.extend(jsp.filter_map(|file| {
            let text = read(&file, &ReadLimits::default()).ok()?.text;
            Some((Grammar::Java, haechi::syntax::jsp::translate(&text, &file.path).java.text))
        }));
    }
    texts.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((grammar, text)) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    std::hint::black_box(parser::tree(*grammar, text, haechi::syntax::DEFAULT_PARSE_TIME));
                }
            });
        }
    });
    report(start.elapsed().as_secs_f64());
}

fn whole(dir: &Path) {
    let start = Instant::now();
    let rules = RuleSet::builtin().unwrap();
    let selected = rules.rules.indices().collect();
    let options = ScanOptions { walk: WalkOptions::new(vec![dir.to_owned()]), ..ScanOptions::default() };
    let wanted = Wanted { rules: &rules, selected: &selected, baseline: None, today: None };
    std::hint::black_box(scan(&options, wanted, &Silent).unwrap());
    report(start.elapsed().as_secs_f64());
}

/// Median seconds and largest peak of several processes.
fn measure(what: &str, runs: usize) -> (f64, u64) {
    let mut seconds = Vec::new();
    let mut peak = 0;
    for _ in 0..runs {
        let output = Command::new(std::env::current_exe().unwrap()).env("HAECHI_BENCH_WHAT", what).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (time, memory) = text.trim().split_once(' ').unwrap();
        seconds.push(time.parse::<f64>().unwrap());
        peak = peak.max(memory.parse().unwrap());
    }
    seconds.sort_by(f64::total_cmp);
    (seconds[seconds.len() / 2], peak)
}

fn compare(dir: &Path) {
    let runs = std::env::var("HAECHI_BENCH_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(3);
    let files = sources(dir);
    let bytes: u64 = files.iter().map(|file| file.size).sum();
    println!("{}: {} files, {:.1} MB, median of {runs} runs", dir.display(), files.len(), bytes as f64 / 1e6);
    let (parse, parse_peak) = measure("parse", runs);
    let (scan, scan_peak) = measure("scan", runs);
    println!("pure parse {parse:9.3} s  peak {:7.1} MB", parse_peak as f64 / 1e6);
    if files.iter().any(|file| file.kind == FileKind::Jsp) {
        let (with_pages, peak) = measure("pages", runs);
        println!("with pages {with_pages:9.3} s  peak {:7.1} MB, ratio {:9.2}", peak as f64 / 1e6, scan / with_pages);
    }
    println!("full scan  {scan:9.3} s  peak {:7.1} MB", scan_peak as f64 / 1e6);
    println!("ratio      {:9.2}", scan / parse);
}
