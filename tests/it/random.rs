//! The fuzz targets' property, bounded: seeded mutations of real files parse and lower without a panic, to IR that
//! verifies; whole projects of them are analysed without one, the same on one thread and on three.

use std::time::{Duration, Instant};

use haechi::ir::verify_unit;
use haechi::pipeline::lower_text;
use haechi::source::FileKind;

use crate::command::{project, run, stderr};
use crate::tree;

/// Mutants of each file.
const MUTANTS: u64 = 12;
/// For one mutant, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A small generator whose whole state is its seed: a failure names it.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

/// Cuts, repeats, swaps and inserts pieces at character boundaries.
fn mutate(text: &str, random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "(",
        ")",
        "{",
        "}",
        "\"",
        "'",
        "/*",
        "*/",
        "<%",
        "%>",
        "${",
        "#if",
        "\n#endif\n",
        ";",
        "한",
        "\u{0}",
        "->",
        "::",
        "case",
        "...",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(6) {
        let at = random.below(chars.len() + 1);
        let end = (at + random.below(40)).min(chars.len());
        match random.below(4) {
            0 => drop(chars.drain(at..end)),
            1 => {
                let piece: Vec<char> = chars[at..end].to_vec();
                let to = random.below(chars.len() + 1);
                chars.splice(to..to, piece);
            }
            2 => {
                let piece = PIECES[random.below(PIECES.len())].repeat(1 + random.below(3));
                chars.splice(at..at, piece.chars());
            }
            _ => chars.truncate(at),
        }
    }
    chars.into_iter().collect()
}

#[test]
fn mutated_files_lower_without_a_panic_to_sound_ir() {
    let kinds = [
        (".java", FileKind::Java),
        (".c", FileKind::C),
        (".h", FileKind::CHeader),
        (".jsp", FileKind::Jsp),
        (".xml", FileKind::Xml),
        (".properties", FileKind::Properties),
    ];
    let mut tried = 0;
    for (ending, kind) in kinds {
        for (number, file) in tree::files("fixtures/shop", ending).into_iter().enumerate() {
            let text = tree::text(&file);
            for seed in 0..MUTANTS {
                let mutant = mutate(&text, &mut Random(seed * 7919 + number as u64));
                let start = Instant::now();
                let outcome = lower_text(kind, &tree::name(&file), &mutant, Duration::from_secs(10));
                assert!(start.elapsed() < PATIENCE, "{} seed {seed} took {:?}", tree::name(&file), start.elapsed());
                if let Some(unit) = &outcome.unit {
                    let wrong = verify_unit(unit);
                    assert!(wrong.is_empty(), "{} seed {seed}: {wrong:?}\n{mutant}", tree::name(&file));
                }
                tried += 1;
            }
        }
    }
    assert!(tried >= 80, "only {tried} mutants");
}

/// Projects of mutants.
const PROJECTS: u64 = 3;

#[test]
fn projects_of_mutated_files_are_analysed_alike_on_any_number_of_threads() {
    for seed in 0..PROJECTS {
        let endings = [".java", ".c", ".h", ".jsp", ".xml", ".properties"];
        let files = endings.iter().flat_map(|ending| tree::files("fixtures", ending));
        let files: Vec<(String, String)> = files
            .enumerate()
            .filter(|(number, _)| *number as u64 % PROJECTS == seed)
            .map(|(number, file)| {
                let mut random = Random(seed * 104_729 + number as u64);
                (format!("{number}/{}", file.file_name().unwrap().to_string_lossy()), mutate(&tree::text(&file), &mut random))
            })
            .collect();
        assert!(files.len() > 50, "only {} files", files.len());
        let given: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        let dir = project(&given);
        let logs = ["1", "3"].map(|threads| {
            let output = run(dir.path(), &["scan", ".", "--threads", threads, "--format", "json"]);
            assert_eq!(output.status.code(), Some(1), "seed {seed}: {}", stderr(&output));
            String::from_utf8(output.stdout).unwrap()
        });
        assert!(logs[0] == logs[1], "seed {seed}: one thread and three do not find the same");
        for kind in ["\"internal\"", "\"function-failed\""] {
            assert!(!logs[0].contains(kind), "seed {seed}: {kind}");
        }
    }
}
