//! Lowers every Java file under the folders given and prints counts: files, bodies, broken bodies, opaque statements
//! by the node they stand for, and lowering's time beside the parse's.
#![expect(clippy::print_stdout, reason = "a tool for a person at a terminal")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use haechi::base::FileId;
use haechi::ir::{StmtKind, verify_unit};
use haechi::lower::{LowerInput, java};
use haechi::syntax::{DEFAULT_PARSE_TIME, Grammar, parser};

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            collect(&entry, files);
        } else if entry.extension().is_some_and(|it| it == "java") {
            files.push(entry);
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let show = std::env::var_os("SHOW").is_some();
    for folder in std::env::args().skip(1) {
        let mut files = Vec::new();
        collect(Path::new(&folder), &mut files);
        let (mut parse, mut lower, mut bytes) = (Duration::ZERO, Duration::ZERO, 0);
        let (mut bodies, mut broken, mut skipped, mut opaque, mut regions, mut faults) = (0, 0, 0, 0, 0, 0);
        let (mut functions, mut stmts, mut blocks, mut locals) = (0, 0, 0, 0);
        let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
        for file in &files {
            let raw = std::fs::read(file)?;
            let text = String::from_utf8_lossy(&raw);
            bytes += text.len();
            let start = Instant::now();
            let Some(nodes) = parser::parse(Grammar::Java, &text, DEFAULT_PARSE_TIME) else { continue };
            parse += start.elapsed();
            let start = Instant::now();
            let unit = java::lower(&LowerInput { file: FileId::from_usize(0), text: &text, map: None }, &nodes);
            lower += start.elapsed();
            if std::env::var_os("DUMP").is_some() {
                println!("{}", haechi::ir::print::unit_text(&unit));
            }
            bodies += unit.stats.bodies;
            broken += unit.stats.broken_bodies;
            skipped += unit.stats.skipped_bodies;
            opaque += unit.stats.opaque;
            regions += unit.stats.error_regions;
            functions += unit.functions.len();
            for fault in verify_unit(&unit) {
                faults += 1;
                println!("FAULT {}: {fault}", file.display());
            }
            for body in unit.functions.iter().filter_map(haechi::ir::Function::body) {
                stmts += body.stmts.len();
                blocks += body.blocks.len();
                locals += body.locals.len();
                for stmt in body.stmts.iter().filter(|stmt| matches!(stmt.kind, StmtKind::Opaque)) {
                    let (lo, hi) = (stmt.span.lo as usize, stmt.span.hi as usize);
                    let Some(tree) = parser::tree(Grammar::Java, &text, DEFAULT_PARSE_TIME) else { continue };
                    let node = tree.root_node().descendant_for_byte_range(lo, hi);
                    let kind = node.map_or("?", |node| if node.has_error() { "(unreadable)" } else { node.kind() });
                    *kinds.entry(kind.to_owned()).or_default() += 1;
                    if show {
                        let line = text.get(..lo).unwrap_or_default().lines().count();
                        println!(
                            "{kind} {}:{line} {:?}",
                            file.display(),
                            stmt.span.text(&text).chars().take(80).collect::<String>()
                        );
                    }
                }
            }
        }
        println!(
            "{folder}: {} files, {bytes} bytes, {functions} functions, {bodies} bodies, {broken} broken, {skipped} skipped, {regions} regions, {opaque} opaque {kinds:?}, {faults} faults",
            files.len()
        );
        println!(
            "  {stmts} statements, {blocks} blocks, {locals} locals; parse {parse:?}, lower {lower:?}, ratio {:.3}",
            lower.as_secs_f64() / parse.as_secs_f64()
        );
    }
    Ok(())
}
