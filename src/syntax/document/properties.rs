//! `.properties` files as `java.util.Properties` reads them, with positions.

use super::Entry;
use crate::base::Span;

/// The entries in order, and the places of malformed `\u` escapes.
pub(super) fn parse(text: &str) -> (Vec<Entry>, Vec<Span>) {
    let mut reader = Reader { text, at: 0, bad: Vec::new() };
    let mut entries = Vec::new();
    while reader.at < text.len() {
        reader.blanks();
        match reader.peek() {
            Some(b'\n' | b'\r') => reader.at += 1,
            Some(b'#' | b'!') => reader.comment(),
            Some(_) => entries.push(reader.entry()),
            None => break,
        }
    }
    (entries, reader.bad)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    bad: Vec<Span>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Blanks; line ends are none.
    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | 0x0C)) {
            self.at += 1;
        }
    }

    /// Comments have no continuation.
    fn comment(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    }

    fn entry(&mut self) -> Entry {
        let start = self.at;
        let key = self.part(true);
        let key_end = self.at;
        self.blanks();
        self.continuations();
        if matches!(self.peek(), Some(b'=' | b':')) {
            self.at += 1;
            self.blanks();
            self.continuations();
        }
        let value_start = if matches!(self.peek(), None | Some(b'\n' | b'\r')) { self.at.max(key_end) } else { self.at };
        let value = self.part(false);
        Entry { key, value, span: Span::new(start, self.at), value_span: Span::new(value_start, self.at) }
    }

    /// A line end after a backslash, and the blanks after it.
    fn continuations(&mut self) {
        while self.peek() == Some(b'\\') && matches!(self.text.as_bytes().get(self.at + 1), Some(b'\n' | b'\r')) {
            self.at += 1;
            self.line_end();
            self.blanks();
        }
    }

    fn line_end(&mut self) {
        let crlf = self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\r\n"));
        self.at += if crlf { 2 } else { 1 };
    }

    /// A key, to its separator, or a value, to the line's end; escapes resolved.
    fn part(&mut self, is_key: bool) -> String {
        let mut part = String::new();
        while let Some(character) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            match character {
                '\n' | '\r' => break,
                '=' | ':' | ' ' | '\t' | '\u{c}' if is_key => break,
                '\\' => {
                    self.at += 1;
                    self.escape(&mut part);
                }
                other => {
                    part.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        part
    }

    /// What follows a backslash.
    fn escape(&mut self, part: &mut String) {
        let Some(character) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else { return };
        match character {
            '\n' | '\r' => {
                self.line_end();
                self.blanks();
                return;
            }
            'u' => return self.unicode(part),
            't' => part.push('\t'),
            'n' => part.push('\n'),
            'r' => part.push('\r'),
            'f' => part.push('\u{c}'),
            other => part.push(other),
        }
        self.at += character.len_utf8();
    }

    /// `u` and four hexadecimal digits; two surrogates in a row make one character.
    fn unicode(&mut self, part: &mut String) {
        let start = self.at - 1;
        let Some(first) = self.code_unit() else {
            self.bad.push(Span::new(start, self.at + 1));
            part.push('u');
            self.at += 1;
            return;
        };
        let mut units = vec![first];
        if (0xD800..0xDC00).contains(&first) && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
            self.at += 1;
            match self.code_unit() {
                Some(second) => units.push(second),
                None => self.at -= 1,
            }
        }
        part.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }

    fn code_unit(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at + 1..self.at + 5)?;
        let unit =
            digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()?;
        self.at += 5;
        Some(unit)
    }
}
