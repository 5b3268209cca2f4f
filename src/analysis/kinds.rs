//! Sanitizer kinds as bits of a mark's cleared set. Must not know rules.

use super::value::Cleared;
use crate::base::Symbol;

/// Parsed to, or declared as, a number.
pub(super) const NUMBER: Cleared = 1;

/// Not a sanitizer's: a path without `..` and links, which a check of its beginning then decides.
const CANONICAL_NAME: &str = "canonical";
/// The bit of it.
pub(super) const CANONICAL: Cleared = 1 << 19;

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
