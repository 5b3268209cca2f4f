//! Sanitizer kinds as bits of a mark's cleared set. Must not know rules.

use super::value::Cleared;
use crate::base::Symbol;

/// Parsed to, or declared as, a number.
pub(super) const NUMBER: Cleared = 1;

/// Not a sanitizer's: a path without `..` and links, which a check of its beginning then decides.
const CANONICAL_NAME: &str = "canonical";
/// The bit of it.
pub(super) const CANONICAL: Cleared = 1 << 19;

/// Not a sanitizer's: a number that a computation gave, no longer the one that came from outside.
pub(super) const COMPUTED: Cleared = 1 << 40;
/// Not a sanitizer's: a number put together of shifted parts, still as large as the outside makes it.
pub(super) const ASSEMBLED: Cleared = 1 << 45;
/// Not a sanitizer's: a number that was compared with zero.
pub(super) const NOT_ZERO: Cleared = 1 << 41;
/// Not a sanitizer's: a number that was multiplied or moved by a constant beyond what its range tells: still as large as
/// the outside makes it.
pub(super) const SCALED: Cleared = 1 << 43;
/// Not a sanitizer's: bits of random numbers put together; nobody minds which of them is the sign.
pub(super) const MIXED: Cleared = 1 << 44;
/// Not a sanitizer's: a number that was written in a text: what is known of the text's characters says nothing of it.
pub(super) const PARSED: Cleared = 1 << 46;

/// Not a sanitizer's: the host of the address that the data is.
pub(super) const HOST: Cleared = 1 << 47;
/// Not a sanitizer's: the address leads to a host that was checked.
pub(super) const HOST_CHECKED: Cleared = 1 << 48;

/// The kinds of docs/rules.md, in bit order.
const KINDS: [&str; 20] = [
    "number",
    "html",
    "html-attr",
    "js",
    "url",
    "sql",
    "command",
    "path",
    "ldap-filter",
    "ldap-name",
    "xpath",
    "http-header",
    "log",
    "regex",
    "xml",
    "base-name",
    "hash",
    "trust",
    "secret",
    CANONICAL_NAME,
];

/// The bits of a list of kinds; `any` is all of them.
pub(super) fn bits(kinds: &[Symbol]) -> Cleared {
    kinds.iter().fold(0, |bits, kind| bits | bit(kind.as_str()))
}

/// The bit of one kind; 0 for a name nobody knows (rules are checked when loaded).
pub(super) fn bit(kind: &str) -> Cleared {
    if kind == "any" {
        return Cleared::MAX;
    }
    KINDS.iter().position(|known| *known == kind).map_or(0, |at| 1 << at)
}

/// Characters that checks and replacements take out one by one, in bit order after the kinds.
const CHARACTERS: [char; 11] = ['<', '>', '"', '\'', '\r', '\n', '/', '\\', '*', '(', ')'];
const FIRST_CHARACTER: usize = KINDS.len();

/// No `..` is left: harmless in a path that begins with something else.
pub(super) const NO_PARENT: Cleared = 1 << 31;

/// Checked to be made of what directory names are made of: harmless as a whole name, though not as a part of one.
pub(super) const PLAIN_NAME: Cleared = 1 << 42;
/// What no such name needs.
pub(super) const OUTSIDE_OF_NAMES: &str = "*()\\+\"<>;#/&|";

/// Characters that matter in each context: a text without them is harmless there.
pub(super) const DANGEROUS: [(&str, &str); 9] = [
    ("html", "<>"),
    ("html-attr", "<>\"'"),
    ("sql", "'"),
    ("path", "/\\"),
    ("http-header", "\r\n"),
    ("log", "\r\n"),
    ("ldap-filter", "*()\\"),
    ("ldap-name", ",=+\"\\<>;#/"),
    ("command", " ;&|$`<>\"'\\\r\n()*?~#"),
];

/// The bits of the characters that a test says are taken out.
pub(super) fn characters(mut removed: impl FnMut(char) -> bool) -> Cleared {
    let bits = CHARACTERS.iter().enumerate().filter(|(_, c)| removed(**c));
    bits.fold(0, |all, (at, _)| all | 1 << (FIRST_CHARACTER + at))
}

/// With the kinds that the characters taken out so far add up to.
pub(super) fn complete(cleared: Cleared) -> Cleared {
    if cleared >> FIRST_CHARACTER == 0 {
        return cleared;
    }
    let gone =
        |c: char| CHARACTERS.iter().position(|known| *known == c).is_some_and(|at| cleared >> (FIRST_CHARACTER + at) & 1 == 1);
    DANGEROUS.iter().filter(|(_, all)| all.chars().all(gone)).fold(cleared, |all, (kind, _)| all | bit(kind))
}

#[cfg(test)]
mod tests {
    /// Two facts in one bit would each clear what the other stands for.
    #[test]
    fn facts_of_marks_have_bits_of_their_own() {
        let facts = [
            super::COMPUTED,
            super::ASSEMBLED,
            super::NOT_ZERO,
            super::SCALED,
            super::MIXED,
            super::PARSED,
            super::NO_PARENT,
            super::PLAIN_NAME,
            super::CANONICAL,
            super::HOST,
            super::HOST_CHECKED,
        ];
        assert_eq!(facts.iter().fold(0, |all, bit| all | bit).count_ones() as usize, facts.len());
        let characters = super::characters(|_| true);
        assert!(facts.iter().all(|bit| bit & characters == 0));
    }
}
