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
///
/// A window's hash is the difference of two prefixes' hashes, so that all windows together cost one pass.
pub(super) fn line_hashes(text: &str, wanted: &BTreeSet<u32>) -> BTreeMap<u32, String> {
    let (prefixes, starts) = prefixes(text);
    let leaving = (0..WINDOW).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let mut counts: FastMap<u64, u32> = FastMap::with_capacity_and_hasher(starts.len(), Default::default());
    let mut hashes = BTreeMap::new();
    // Every line counts towards the occurrence number, wanted or not.
    for (line, start) in (1u32..).zip(starts) {
        let (Some(before), Some(after)) = (prefixes.get(start), prefixes.get(start + WINDOW)) else { continue };
        let hash = after.wrapping_sub(before.wrapping_mul(leaving));
        let count = counts.entry(hash).or_default();
        *count += 1;
        if wanted.contains(&line) {
            hashes.insert(line, format!("{hash:x}:{count}"));
        }
    }
    hashes
}

/// The hash of each prefix of what counts in the text, and after how many units each line begins.
fn prefixes(text: &str) -> (Vec<u64>, Vec<usize>) {
    let mut units = Units { prefixes: Vec::with_capacity(text.len() + WINDOW + 2), starts: Vec::new(), hash: 0 };
    units.prefixes.push(0);
    units.starts.push(0);
    let mut after_cr = false;
    if text.is_ascii() {
        text.bytes().for_each(|byte| after_cr = units.take(u16::from(byte), after_cr));
    } else {
        text.encode_utf16().for_each(|unit| after_cr = units.take(unit, after_cr));
    }
    units.push(END_OF_FILE);
    (0..WINDOW).for_each(|_| units.push(0));
    (units.prefixes, units.starts)
}

struct Units {
    prefixes: Vec<u64>,
    starts: Vec<usize>,
    hash: u64,
}

impl Units {
    /// Takes a unit of the text unless it is blank; gives whether it was a carriage return.
    #[inline]
    fn take(&mut self, unit: u16, after_cr: bool) -> bool {
        if unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_cr && unit == LF) {
            return false;
        }
        if unit == LF || unit == CR {
            self.push(LF);
            self.starts.push(self.prefixes.len() - 1);
        } else {
            self.push(unit);
        }
        unit == CR
    }

    #[inline]
    fn push(&mut self, unit: u16) {
        self.hash = self.hash.wrapping_mul(BASE).wrapping_add(u64::from(unit));
        self.prefixes.push(self.hash);
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
