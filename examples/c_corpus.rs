//! Reads all C files of a folder and prints how well: bodies, broken bodies, opaque statements, and the time of each step
//! beside the pure parse. `SHOW=n` prints n broken regions in full.
#![expect(clippy::print_stdout, reason = "a tool for developers")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use haechi::base::FileId;
use haechi::lower::{LowerInput, c::lower};
use haechi::syntax::c::{CppOptions, Preprocessor};
use haechi::syntax::{DEFAULT_PARSE_TIME, Grammar, parser};
use rayon::prelude::*;

#[derive(Default)]
struct Totals {
    files: usize,
    bytes: usize,
    made: usize,
    bodies: u64,
    broken: u64,
    skipped: u64,
    opaque: u64,
    pure: Duration,
    preprocess: Duration,
    parse: Duration,
    lower: Duration,
    regions: Vec<(String, String)>,
}

impl Totals {
    fn add(mut self, other: Totals) -> Totals {
        self.files += other.files;
        self.bytes += other.bytes;
        self.made += other.made;
        self.bodies += other.bodies;
        self.broken += other.broken;
        self.skipped += other.skipped;
        self.opaque += other.opaque;
        self.pure += other.pure;
        self.preprocess += other.preprocess;
        self.parse += other.parse;
        self.lower += other.lower;
        self.regions.extend(other.regions);
        self
    }
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            files(&path, out);
        } else if kind.is_file() && path.extension().is_some_and(|end| end == "c" || end == "h") {
            out.push(path);
        }
    }
}

fn read(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    (bytes.len() <= 5 << 20).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn main() {
    let root = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let show: usize = std::env::var("SHOW").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.sort();
    let relative = |path: &Path| path.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let mut preprocessor = Preprocessor::new(&CppOptions::default());
    let start = Instant::now();
    let headers: Vec<_> = paths
        .par_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "h"))
        .filter_map(|path| {
            let name = relative(path);
            read(path).map(|text| (name.clone(), preprocessor.scan_header(&name, &text)))
        })
        .collect();
    let count = headers.len();
    preprocessor.set_headers(headers);
    println!("{count} headers in {:.2} s (wall)", start.elapsed().as_secs_f64());
    let done = paths
        .par_iter()
        .enumerate()
        .map(|(index, path)| one(&preprocessor, index, &relative(path), path))
        .reduce(Totals::default, Totals::add);
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("files {} bytes {} made {}", done.files, done.bytes, done.made);
    println!(
        "bodies {} broken {} ({:.2} %) skipped {} opaque {}",
        done.bodies,
        done.broken,
        done.broken as f64 * 100.0 / done.bodies.max(1) as f64,
        done.skipped,
        done.opaque
    );
    println!(
        "pure parse {:.0} ms, preprocess {:.0} ({:.1} %), parse {:.0} ({:.2} x), lower {:.0} ({:.1} %)",
        ms(done.pure),
        ms(done.preprocess),
        ms(done.preprocess) * 100.0 / ms(done.pure),
        ms(done.parse),
        ms(done.parse) / ms(done.pure),
        ms(done.lower),
        ms(done.lower) * 100.0 / ms(done.pure)
    );
    let mut by_key = std::collections::BTreeMap::<&str, usize>::new();
    for (key, _) in &done.regions {
        *by_key.entry(key).or_default() += 1;
    }
    let mut keys: Vec<_> = by_key.into_iter().collect();
    keys.sort_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
    for (key, count) in keys.iter().take(if show > 0 { 25 } else { 0 }) {
        println!("{count:6} {key}");
    }
    let step = (done.regions.len() / show.max(1)).max(1);
    for (_, text) in done.regions.iter().step_by(step).take(show) {
        println!("--- {text}");
    }
}

fn one(preprocessor: &Preprocessor, index: usize, name: &str, path: &Path) -> Totals {
    let Some(text) = read(path) else { return Totals::default() };
    let start = Instant::now();
    drop(parser::tree(Grammar::C, &text, DEFAULT_PARSE_TIME));
    let pure = start.elapsed();
    let start = Instant::now();
    let made = preprocessor.preprocess(name, &text);
    let preprocess = start.elapsed();
    let start = Instant::now();
    let Some(tree) = parser::parse(Grammar::C, &made.mapped.text, DEFAULT_PARSE_TIME) else { return Totals::default() };
    let parse = start.elapsed();
    let start = Instant::now();
    let input = LowerInput { file: FileId::from_usize(index), text: &made.mapped.text, map: Some(&made.mapped.map) };
    let unit = lower(&input, &tree);
    let lower = start.elapsed();
    let mut regions = Vec::new();
    if std::env::var_os("SHOW").is_some()
        && let Some(tree) = parser::tree(Grammar::C, &made.mapped.text, DEFAULT_PARSE_TIME)
    {
        errors(tree.root_node(), &made.mapped.text, name, &mut regions);
    }
    if std::env::var("DUMP").is_ok_and(|wanted| name.ends_with(&wanted)) {
        println!("{}", made.mapped.text);
    }
    Totals {
        files: 1,
        bytes: text.len(),
        made: made.mapped.text.len(),
        bodies: unit.stats.bodies.into(),
        broken: unit.stats.broken_bodies.into(),
        skipped: unit.stats.skipped_bodies.into(),
        opaque: unit.stats.opaque.into(),
        pure,
        preprocess,
        parse,
        lower,
        regions,
    }
}

fn errors(node: tree_sitter::Node<'_>, text: &str, name: &str, out: &mut Vec<(String, String)>) {
    if !node.has_error() {
        return;
    }
    if node.is_error() || node.is_missing() {
        let inside = std::iter::successors(node.parent(), |node| node.parent()).any(|node| node.kind() == "compound_statement");
        let region: String = text.get(node.byte_range()).unwrap_or_default().chars().take(60).collect();
        let from = node.start_byte().saturating_sub(160);
        let from = (from..=node.start_byte()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let to = (node.start_byte() + 200).min(text.len());
        let to = (to..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        let here = text.get(from..node.start_byte()).unwrap_or_default();
        let after = text.get(node.start_byte()..to).unwrap_or_default();
        let place = if inside { "body" } else { "top" };
        let kind = if node.is_missing() { format!("missing {}", node.kind()) } else { "error".into() };
        out.push((
            format!(
                "{place} {kind} in {} [{}]",
                node.parent().map_or("", |node| node.kind()),
                region.replace('\n', " ").chars().take(25).collect::<String>()
            ),
            format!("{place} {name}:{} {kind} [{region}]\n{here}<<HERE>>{after}", node.start_position().row + 1),
        ));
        return;
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        errors(child, text, name, out);
    }
}
