//! Literals to constants. Must not know trees.

use crate::base::Symbol;
use crate::ir::{Const, TyId};
use crate::syntax::c::integer;

use super::types::int;

/// A number literal, sign included where the grammar took one in.
pub(super) fn number(text: &str) -> Const {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    if let Some(value) = integer(digits) {
        let lower = digits.to_ascii_lowercase();
        let hex = lower.starts_with('0');
        let suffix = lower.rsplit(|c: char| !matches!(c, 'u' | 'l')).next().unwrap_or_default();
        let (unsigned, long) = (suffix.contains('u'), suffix.contains('l'));
        let ty = match (unsigned, long) {
            (true, true) => int(64, false),
            (true, false) => int(if value > i128::from(u32::MAX) { 64 } else { 32 }, false),
            (false, true) => int(64, value <= i128::from(i64::MAX)),
            (false, false) if value <= i128::from(i32::MAX) => TyId::INT,
            (false, false) if hex && value <= i128::from(u32::MAX) => int(32, false),
            (false, false) => int(64, value <= i128::from(i64::MAX)),
        };
        return Const::int(if negative { -value } else { value }, ty);
    }
    let plain = text.trim_end_matches(['f', 'F', 'l', 'L']);
    plain.parse::<f64>().map_or(Const::Unknown, |value| Const::Float(value.to_bits()))
}

/// A character literal's value.
pub(super) fn character(text: &str) -> Option<u32> {
    let start = text.find('\'')? + 1;
    let end = text.rfind('\'').filter(|end| *end >= start)?;
    let mut value: Option<u32> = None;
    unescape(text.get(start..end)?, |c| {
        value = Some(match value {
            None => c,
            // `'ab'`: gcc takes the bytes in order.
            Some(before) => (before << 8) | (c & 0xff),
        });
    });
    // Plain `char` is signed; the value is kept as the unit, sign is the conversion's business.
    value
}

/// A string literal's text; quotes and prefix left out.
pub(super) fn string(text: &str) -> Symbol {
    let mut out = String::with_capacity(text.len());
    string_into(text, &mut out);
    Symbol::new(&out)
}

/// Appends a string literal's text.
pub(super) fn string_into(text: &str, out: &mut String) {
    let Some(start) = text.find('"').map(|at| at + 1) else { return };
    let end = text.rfind('"').filter(|end| *end >= start).unwrap_or(text.len());
    let inner = text.get(start..end).unwrap_or_default();
    if !inner.contains('\\') {
        out.push_str(inner);
        return;
    }
    unescape(inner, |c| out.push(char::from_u32(c).unwrap_or('\u{fffd}')));
}

fn unescape(text: &str, mut push: impl FnMut(u32)) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            push(u32::from(c));
            continue;
        }
        let Some(escape) = chars.next() else { return };
        let digits = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, most: usize, first: u32| {
            let mut value = first;
            let mut count = 0;
            while count < most
                && let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix))
            {
                value = value.wrapping_mul(radix).wrapping_add(digit);
                chars.next();
                count += 1;
            }
            value
        };
        match escape {
            'n' => push(10),
            't' => push(9),
            'r' => push(13),
            'a' => push(7),
            'b' => push(8),
            'f' => push(12),
            'v' => push(11),
            'e' => push(27),
            '0'..='7' => {
                let first = escape.to_digit(8).unwrap_or(0);
                push(digits(&mut chars, 8, 2, first));
            }
            'x' => push(digits(&mut chars, 16, 8, 0)),
            'u' => push(digits(&mut chars, 16, 4, 0)),
            'U' => push(digits(&mut chars, 16, 8, 0)),
            '\n' => {}
            '\r' => {
                chars.next_if_eq(&'\n');
            }
            other => push(u32::from(other)),
        }
    }
}
