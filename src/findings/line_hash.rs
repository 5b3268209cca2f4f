//! GitHub's `primaryLocationLineHash`: a rolling hash over the hundred characters from a line's start on, the same
//! as its upload action computes, so that a report that carries it needs no checkout to be matched.
//! Must not know findings.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::FastMap;

const WINDOW: usize = 100;
const BASE: u64 = 37;
const END_OF_FILE: u16 = 65535;
const LF: u16 = 10;
const CR: u16 = 13;

/// The hashes of the wanted lines (from 1).
pub(super) fn line_hashes(text: &str, wanted: &BTreeSet<u32>) -> BTreeMap<u32, String> {
    let mut roller = Roller::new(wanted);
    let mut after_cr = false;
    for unit in text.encode_utf16() {
        let skipped = unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_cr && unit == LF);
        after_cr = !skipped && unit == CR;
        if !skipped {
            roller.unit(if unit == CR { LF } else { unit });
        }
    }
    roller.unit(END_OF_FILE);
    for _ in 0..WINDOW {
        roller.flush();
        roller.push(0);
    }
    roller.hashes
}

struct Roller<'w> {
    wanted: &'w BTreeSet<u32>,
    window: [u16; WINDOW],
    /// The line that began at a slot of the window and is not yet put out; 0: none.
    lines: [u32; WINDOW],
    at: usize,
    hash: u64,
    /// `BASE` to the power of the window's length: the weight of the unit that leaves.
    leaving: u64,
    line: u32,
    at_line_start: bool,
    counts: FastMap<u64, u32>,
    hashes: BTreeMap<u32, String>,
}

impl<'w> Roller<'w> {
    fn new(wanted: &'w BTreeSet<u32>) -> Self {
        let leaving = (0..WINDOW).fold(1u64, |power, _| power.wrapping_mul(BASE));
        Roller {
            wanted,
            window: [0; WINDOW],
            lines: [0; WINDOW],
            at: 0,
            hash: 0,
            leaving,
            line: 0,
            at_line_start: true,
            counts: FastMap::default(),
            hashes: BTreeMap::new(),
        }
    }

    fn unit(&mut self, unit: u16) {
        self.flush();
        if self.at_line_start {
            self.at_line_start = false;
            self.line += 1;
            if let Some(slot) = self.lines.get_mut(self.at) {
                *slot = self.line;
            }
        }
        self.at_line_start = unit == LF;
        self.push(unit);
    }

    /// Puts out the line whose window is full. Every line counts towards the occurrence number, wanted or not.
    fn flush(&mut self) {
        let Some(slot) = self.lines.get_mut(self.at) else { return };
        let line = std::mem::take(slot);
        if line != 0 {
            let count = self.counts.entry(self.hash).or_default();
            *count += 1;
            if self.wanted.contains(&line) {
                self.hashes.insert(line, format!("{:x}:{count}", self.hash));
            }
        }
    }

    fn push(&mut self, unit: u16) {
        if let Some(slot) = self.window.get_mut(self.at) {
            let gone = std::mem::replace(slot, unit);
            self.hash = self
                .hash
                .wrapping_mul(BASE)
                .wrapping_add(u64::from(unit))
                .wrapping_sub(self.leaving.wrapping_mul(u64::from(gone)));
        }
        self.at = (self.at + 1) % WINDOW;
    }
}

#[cfg(test)]
mod tests {
    use super::line_hashes;

    fn all(text: &str) -> Vec<String> {
        line_hashes(text, &(1..=1000).collect()).into_values().collect()
    }

    // Expected values: what GitHub's upload action is tested to give for these texts.
    #[test]
    fn hashes_equal_githubs() {
        assert_eq!(all(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            all(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        let mixed = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        assert_eq!(all(" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n"), mixed);
        assert_eq!(all(" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n"), mixed);
    }

    #[test]
    fn equal_lines_are_numbered() {
        let hashes = all(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(hashes[0], "a7f2ff13bc495cf2:1");
        assert_eq!(hashes[5], "a7f2ff13bc495cf2:6");
        assert_eq!(hashes[6], "a7f2ff1481e87703:1");
        assert_eq!(hashes[10], "c129715d7a2bc9a3:1");
    }
}
