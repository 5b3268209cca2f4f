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
/// The window rolls over the text once; a line's hash is the window's when it begins where the line does.
pub(super) fn line_hashes(text: &str, wanted: &BTreeSet<u32>) -> BTreeMap<u32, String> {
    let Some(last) = wanted.last() else { return BTreeMap::new() };
    let Units { list, starts } = Units::of(text, *last as usize);
    let leaving = (0..WINDOW).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let roll = |hash: u64, unit: u16| hash.wrapping_mul(BASE).wrapping_add(u64::from(unit));
    let mut hash = list.iter().take(WINDOW).fold(0, |hash, unit| roll(hash, *unit));
    let mut next = list.iter().zip(list.get(WINDOW..).unwrap_or_default());
    let mut at = 0;
    let mut counts: FastMap<u64, u32> = FastMap::with_capacity_and_hasher(starts.len(), Default::default());
    let mut hashes = BTreeMap::new();
    // Every line up to the last wanted one counts towards the occurrence number, wanted or not.
    for (line, start) in (1..=*last).zip(starts) {
        for (out, unit) in next.by_ref().take(start - at) {
            hash = roll(hash, *unit).wrapping_sub(u64::from(*out).wrapping_mul(leaving));
        }
        at = start;
        let count = counts.entry(hash).or_default();
        *count += 1;
        if wanted.contains(&line) {
            hashes.insert(line, format!("{hash:x}:{count}"));
        }
    }
    hashes
}

/// What counts in a text.
struct Units {
    /// Behind the text's end there are as many zeros as a window is long.
    list: Vec<u16>,
    /// Where in `list` each line begins, ascending.
    starts: Vec<usize>,
}

impl Units {
    /// Of the text as far as the window of its line of that number (from 1) reaches.
    fn of(text: &str, last: usize) -> Units {
        let mut units = Units { list: Vec::with_capacity(text.len() + WINDOW + 1), starts: vec![0] };
        let whole = if text.is_ascii() {
            units.take_until(text.bytes().map(u16::from), last)
        } else {
            units.take_until(text.encode_utf16(), last)
        };
        if whole {
            units.list.push(END_OF_FILE);
            units.list.resize(units.list.len() + WINDOW, 0);
        }
        units
    }

    /// Whether the text ended before that window did.
    fn take_until(&mut self, text: impl Iterator<Item = u16>, last: usize) -> bool {
        let mut after_cr = false;
        let mut enough = usize::MAX;
        for unit in text {
            after_cr = self.take(unit, after_cr);
            if enough == usize::MAX
                && let Some(start) = self.starts.get(last.saturating_sub(1))
            {
                enough = start + WINDOW;
            }
            if self.list.len() > enough {
                return false;
            }
        }
        true
    }

    /// Takes a unit of the text unless it is blank; gives whether it was a carriage return.
    #[inline]
    fn take(&mut self, unit: u16, after_cr: bool) -> bool {
        if unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_cr && unit == LF) {
            return false;
        }
        if unit == LF || unit == CR {
            self.list.push(LF);
            self.starts.push(self.list.len());
        } else {
            self.list.push(unit);
        }
        unit == CR
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
    fn what_lies_behind_the_last_wanted_line_changes_nothing() {
        let text = "int a;\n  int b;\r\nint a;\n".repeat(40);
        let every = super::line_hashes(&text, &(1..=1000).collect());
        for line in 1..=every.len() as u32 {
            let one = super::line_hashes(&text, &[line].into());
            assert_eq!(one.into_iter().collect::<Vec<_>>(), [(line, every[&line].clone())]);
        }
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
