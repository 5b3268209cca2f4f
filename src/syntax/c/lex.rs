//! Bytes to C's preprocessing tokens. Must not know macros or directives.

/// What a token is: punctuation by its ASCII byte, the rest by the constants here.
pub(super) type Kind = u8;

/// Identifier or keyword.
pub(super) const IDENT: Kind = b'a';
/// Number.
pub(super) const NUMBER: Kind = b'0';
/// String literal, prefix included.
pub(super) const STRING: Kind = b'"';
/// Character literal, prefix included.
pub(super) const CHAR: Kind = b'\'';
/// `->`.
pub(super) const ARROW: Kind = 0x80;
/// `&&`.
pub(super) const AND_AND: Kind = 0x81;
/// `...`.
pub(super) const ELLIPSIS: Kind = 0x82;
/// `##`.
pub(super) const PASTE: Kind = 0x83;
/// `||`.
pub(super) const OR_OR: Kind = 0x84;
/// `==`, `!=`, `<=`, `>=`, `<<`, `>>`.
pub(super) const BINARY: Kind = 0x85;
/// `+=` and its like.
pub(super) const ASSIGN: Kind = 0x86;
/// `++`, `--`.
pub(super) const STEP: Kind = 0x87;
/// The end of the text.
pub(super) const END: Kind = 0;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) lo: u32,
    pub(super) hi: u32,
}

impl Token {
    /// Its text.
    pub(super) fn text(self, source: &str) -> &str {
        source.get(self.lo as usize..self.hi as usize).unwrap_or_default()
    }
}

const fn ident_table() -> [u8; 256] {
    let mut table = [0u8; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = if b.is_ascii_alphabetic() || b == b'_' || b == b'$' || b >= 0x80 {
            3
        } else if b.is_ascii_digit() {
            1
        } else {
            0
        };
        byte += 1;
    }
    table
}
/// Bit 0: may go on an identifier; bit 1: may start one.
static IDENT_BYTES: [u8; 256] = ident_table();

/// Whether an identifier may start with the byte.
pub(super) fn is_ident_start(byte: u8) -> bool {
    IDENT_BYTES[byte as usize] & 2 != 0
}

/// Whether an identifier may go on with the byte.
pub(super) fn is_ident_byte(byte: u8) -> bool {
    IDENT_BYTES[byte as usize] != 0
}

/// The end of the identifier that starts at `at`.
pub(super) fn ident_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|&byte| is_ident_byte(byte)) {
        at += 1;
    }
    at
}

/// The end of the preprocessing number that starts at `at`.
pub(super) fn number_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        let signed = matches!(byte, b'e' | b'E' | b'p' | b'P') && matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        // A hexadecimal `0xE+1` is no exponent in practice; C says otherwise, and no one writes it.
        if signed && !is_hex(bytes, at) {
            at += 2;
        } else if is_ident_byte(byte) || byte == b'.' {
            at += 1;
        } else {
            break;
        }
    }
    at
}

fn is_hex(bytes: &[u8], at: usize) -> bool {
    let mut lo = at;
    while lo > 0 && bytes.get(lo - 1).is_some_and(|&byte| is_ident_byte(byte) || byte == b'.') {
        lo -= 1;
    }
    matches!(bytes.get(lo..lo + 2), Some([b'0', b'x' | b'X'])) && !matches!(bytes.get(at), Some(b'p' | b'P'))
}

/// The end of the string or character literal whose quote stands at `at`; ends at a line's end if not closed.
pub(super) fn literal_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes.get(at).copied().unwrap_or(b'"');
    let mut i = at + 1;
    while let Some(&byte) = bytes.get(i) {
        match byte {
            b'\\' => {
                i += if bytes.get(i + 1) == Some(&b'\r') && bytes.get(i + 2) == Some(&b'\n') { 3 } else { 2 };
            }
            b'\n' => return i,
            _ if byte == quote => return i + 1,
            _ => i += 1,
        }
    }
    bytes.len()
}

/// The end of the comment that starts at `at`, or `None` if none does. A line comment ends before its newline.
pub(super) fn comment_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at + 1)? {
        b'*' => {
            let mut i = at + 2;
            loop {
                let star = i + memchr::memchr(b'*', bytes.get(i..)?).unwrap_or(bytes.len());
                match bytes.get(star + 1) {
                    Some(b'/') => return Some(star + 2),
                    Some(_) => i = star + 1,
                    None => return Some(bytes.len()),
                }
            }
        }
        b'/' => {
            let mut i = at + 2;
            loop {
                let Some(step) = memchr::memchr(b'\n', bytes.get(i..)?) else { return Some(bytes.len()) };
                let newline = i + step;
                let before = if newline > 0 && bytes.get(newline - 1) == Some(&b'\r') { newline - 1 } else { newline };
                if before > 0 && bytes.get(before - 1) == Some(&b'\\') {
                    i = newline + 1;
                } else {
                    return Some(newline);
                }
            }
        }
        _ => None,
    }
}

/// The end of a directive's logical line that starts at `at`: past continued lines and comments, before the newline.
pub(super) fn directive_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' => return at,
            b'\\' => at += if bytes.get(at + 1) == Some(&b'\r') && bytes.get(at + 2) == Some(&b'\n') { 3 } else { 2 },
            b'/' => at = comment_end(bytes, at).unwrap_or(at + 1),
            b'"' | b'\'' => at = literal_end(bytes, at),
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The next token from `at` on, white space, comments and continued lines skipped.
pub(super) fn next_token(text: &str, mut at: usize) -> Token {
    let bytes = text.as_bytes();
    loop {
        let Some(&byte) = bytes.get(at) else { return token(END, at, at) };
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => at += 1,
            b'\\' if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => at += 2,
            b'/' => match comment_end(bytes, at) {
                Some(end) => at = end,
                None => break,
            },
            _ => break,
        }
    }
    let byte = bytes.get(at).copied().unwrap_or(0);
    if is_ident_start(byte) {
        let end = ident_end(bytes, at);
        return match bytes.get(end) {
            Some(b'"' | b'\'') if end - at <= 2 && matches!(bytes.get(at..end), Some(b"L" | b"u" | b"U" | b"u8")) => {
                let kind = if bytes.get(end) == Some(&b'"') { STRING } else { CHAR };
                token(kind, at, literal_end(bytes, end))
            }
            _ => token(IDENT, at, end),
        };
    }
    let second = bytes.get(at + 1).copied().unwrap_or(0);
    let third = bytes.get(at + 2).copied().unwrap_or(0);
    match (byte, second) {
        (b'0'..=b'9', _) => token(NUMBER, at, number_end(bytes, at)),
        (b'.', b'0'..=b'9') => token(NUMBER, at, number_end(bytes, at)),
        (b'"', _) => token(STRING, at, literal_end(bytes, at)),
        (b'\'', _) => token(CHAR, at, literal_end(bytes, at)),
        (b'-', b'>') => token(ARROW, at, at + 2),
        (b'&', b'&') => token(AND_AND, at, at + 2),
        (b'|', b'|') => token(OR_OR, at, at + 2),
        (b'.', b'.') if third == b'.' => token(ELLIPSIS, at, at + 3),
        (b'#', b'#') => token(PASTE, at, at + 2),
        (b'+', b'+') | (b'-', b'-') => token(STEP, at, at + 2),
        (b'<', b'<') | (b'>', b'>') if third == b'=' => token(ASSIGN, at, at + 3),
        (b'<', b'<') | (b'>', b'>') | (b'=' | b'!' | b'<' | b'>', b'=') => token(BINARY, at, at + 2),
        (b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^', b'=') => token(ASSIGN, at, at + 2),
        _ => token(byte, at, at + 1),
    }
}

/// Calls for each identifier and each one-character token of a text, comments, literals and numbers left out.
pub(crate) fn each_word<'t>(text: &'t str, mut each: impl FnMut(&'t str)) {
    let mut at = 0;
    loop {
        let token = next_token(text, at);
        match token.kind {
            END => return,
            NUMBER | STRING | CHAR => {}
            _ => each(token.text(text)),
        }
        at = token.hi as usize;
    }
}

fn token(kind: Kind, lo: usize, hi: usize) -> Token {
    Token { kind, lo: u32::try_from(lo).unwrap_or(u32::MAX), hi: u32::try_from(hi).unwrap_or(u32::MAX) }
}
