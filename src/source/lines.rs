//! From byte offsets to lines and columns. Must not know files.
//!
//! Lines end at LF, CR LF or a lone CR, as Java's and SARIF's do. Columns are counted from 1, in UTF-16 units (what
//! SARIF and editors use) and in characters (what a terminal shows); a tab is one column.

use crate::base::Span;

/// Where a byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in UTF-16 code units, from 1.
    pub utf16_column: u32,
    /// Column in characters, from 1.
    pub char_column: u32,
}

/// The starts of a text's lines.
#[derive(Debug, Clone)]
pub struct LineIndex {
    /// Byte offset of each line's first byte; never empty, ascending.
    starts: Vec<u32>,
}

impl LineIndex {
    /// Indexes a text in one pass.
    #[must_use]
    pub fn new(text: &str) -> LineIndex {
        let bytes = text.as_bytes();
        // Source code averages some 30 to 40 bytes a line.
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
        starts.push(0);
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let crlf = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
            if !crlf {
                starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        LineIndex { starts }
    }

    /// How many lines there are; the part after a final line end counts as one.
    #[must_use]
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// The line of a byte offset, from 1. An offset beyond the text is on the last line.
    #[must_use]
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts.partition_point(|&start| start <= offset)).unwrap_or(u32::MAX)
    }

    /// Line and columns of a byte offset of the indexed text. An offset inside a character is that character's; one
    /// beyond the text is the text's end.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.start(line);
        let mut end = (offset as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(start as usize..end).unwrap_or_default();
        let (mut utf16, mut chars) = (1, 1);
        if before.is_ascii() {
            let columns = u32::try_from(before.len()).unwrap_or(u32::MAX - 1);
            (utf16, chars) = (columns + 1, columns + 1);
        } else {
            for character in before.chars() {
                utf16 += if character.len_utf16() == 2 { 2 } else { 1 };
                chars += 1;
            }
        }
        Position { line, utf16_column: utf16, char_column: chars }
    }

    /// A line's text without its end; empty for a line that does not exist.
    #[must_use]
    pub fn line_text<'t>(&self, text: &'t str, line: u32) -> &'t str {
        self.line_span(text, line).text(text)
    }

    /// The range of a line without its end.
    #[must_use]
    pub fn line_span(&self, text: &str, line: u32) -> Span {
        if line == 0 || line > self.line_count() {
            return Span::default();
        }
        let start = self.start(line) as usize;
        let end = self.starts.get(line as usize).map_or(text.len(), |&next| next as usize);
        let whole = text.get(start..end).unwrap_or_default();
        let trimmed = whole.strip_suffix('\n').unwrap_or(whole);
        let trimmed = trimmed.strip_suffix('\r').unwrap_or(trimmed);
        Span::new(start, start + trimmed.len())
    }

    /// The byte offset of a line and UTF-16 column, both from 1; a column beyond the line is the line's end.
    #[must_use]
    pub fn offset(&self, text: &str, line: u32, utf16_column: u32) -> Option<u32> {
        if line == 0 || line > self.line_count() || utf16_column == 0 {
            return None;
        }
        let span = self.line_span(text, line);
        let mut column = 1;
        for (at, character) in span.text(text).char_indices() {
            if column >= utf16_column {
                return Some(span.lo + u32::try_from(at).unwrap_or(u32::MAX));
            }
            column += if character.len_utf16() == 2 { 2 } else { 1 };
        }
        Some(span.hi)
    }

    fn start(&self, line: u32) -> u32 {
        (line as usize).checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{LineIndex, Position};

    fn at(text: &str, needle: &str) -> (u32, u32, u32) {
        let offset = u32::try_from(text.find(needle).unwrap()).unwrap();
        let Position { line, utf16_column, char_column } = LineIndex::new(text).position(text, offset);
        (line, utf16_column, char_column)
    }

    #[test]
    fn every_line_end_counts_once() {
        let text = "a\nb\r\nc\rd\r\r\ne";
        assert_eq!(LineIndex::new(text).line_count(), 6);
        assert_eq!(at(text, "a"), (1, 1, 1));
        assert_eq!(at(text, "b"), (2, 1, 1));
        assert_eq!(at(text, "c"), (3, 1, 1));
        assert_eq!(at(text, "d"), (4, 1, 1));
        assert_eq!(at(text, "e"), (6, 1, 1));
        let index = LineIndex::new(text);
        let lines: Vec<_> = (1..=6).map(|line| index.line_text(text, line)).collect();
        assert_eq!(lines, ["a", "b", "c", "d", "", "e"]);
    }

    #[test]
    fn line_ends_belong_to_the_line_they_end() {
        let text = "ab\r\ncd";
        let index = LineIndex::new(text);
        assert_eq!(index.line(2), 1);
        assert_eq!(index.line(3), 1);
        assert_eq!(index.line(4), 2);
    }

    #[test]
    fn columns_are_utf16_units_and_characters() {
        assert_eq!(at("\t한글 = x;", "x"), (1, 7, 7));
        // A character beyond the basic plane is two units and one character.
        assert_eq!(at("\"😀가\" + y", "y"), (1, 9, 8));
    }

    #[test]
    fn offsets_inside_characters_and_beyond_the_text_are_harmless() {
        let text = "가나";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 4), Position { line: 1, utf16_column: 2, char_column: 2 });
        assert_eq!(index.position(text, 999), Position { line: 1, utf16_column: 3, char_column: 3 });
        assert_eq!(index.line_text(text, 0), "");
        assert_eq!(index.line_text(text, 9), "");
    }

    #[test]
    fn offset_is_the_inverse_of_position() {
        let text = "int a;\r\n\t// 한글 주석 😀\r\nint b;\n";
        let index = LineIndex::new(text);
        for (at, character) in text.char_indices().filter(|(_, character)| !character.is_control()) {
            let offset = u32::try_from(at).unwrap();
            let position = index.position(text, offset);
            assert_eq!(index.offset(text, position.line, position.utf16_column), Some(offset), "{character}");
        }
        assert_eq!(index.offset(text, 9, 1), None);
    }
}
