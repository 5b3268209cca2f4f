//! The fuzz targets' property, bounded: seeded mutations of real files parse and lower without a panic, to IR that
//! verifies.

use std::time::{Duration, Instant};

use haechi::ir::verify_unit;
use haechi::pipeline::lower_text;
use haechi::source::FileKind;

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
