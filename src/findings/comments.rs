//! Where a file's comments are, found by a small scanner of its own for each kind of file: suppressions are looked
//! for in few files, after the tree is gone. Must not know what a comment says.

use crate::base::Span;
use crate::source::FileKind;

/// The comments of a text, delimiters included, in order.
pub(super) fn comments(kind: FileKind, text: &str) -> Vec<Span> {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, found: Vec::new() };
    match kind {
        FileKind::Java => scanner.code(None, true),
        FileKind::C | FileKind::CHeader => scanner.code(None, false),
        FileKind::Jsp => scanner.jsp(),
        FileKind::Xml => scanner.xml(),
        FileKind::Properties => scanner.lines(false),
        FileKind::Yaml => scanner.lines(true),
    }
    scanner.found
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    found: Vec<Span>,
}

impl Scanner<'_> {
    fn starts(&self, prefix: &str) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(prefix.as_bytes()))
    }

    /// The position after the next `needle`, or the end.
    fn after(&self, from: usize, needle: &str) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        memchr::memmem::find(rest, needle.as_bytes()).map_or(self.bytes.len(), |found| from + found + needle.len())
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        memchr::memchr2(b'\n', b'\r', rest).map_or(self.bytes.len(), |found| from + found)
    }

    fn comment_to(&mut self, end: usize) {
        self.found.push(Span::new(self.at, end));
        self.at = end;
    }

    /// Java or C, up to `stop` (which is passed over) or the end.
    fn code(&mut self, stop: Option<&str>, text_blocks: bool) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if stop.is_some_and(|stop| self.starts(stop)) {
                self.at += stop.map_or(0, str::len);
                return;
            }
            match byte {
                b'/' if self.starts("//") => {
                    let mut end = self.line_end(self.at);
                    if let Some(stop) = stop {
                        let rest = self.bytes.get(self.at..end).unwrap_or_default();
                        end = memchr::memmem::find(rest, stop.as_bytes()).map_or(end, |found| self.at + found);
                    }
                    self.comment_to(end);
                }
                b'/' if self.starts("/*") => self.comment_to(self.after(self.at + 2, "*/")),
                b'"' if text_blocks && self.starts("\"\"\"") => self.at = self.after(self.at + 3, "\"\"\""),
                b'"' | b'\'' => self.skip_literal(byte),
                _ => self.at += 1,
            }
        }
    }

    /// A string or character; one that does not end on its line is none.
    fn skip_literal(&mut self, quote: u8) {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'\n' | b'\r' => return,
                _ => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
        }
    }

    fn jsp(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte != b'<' {
                self.at += memchr::memchr(b'<', self.bytes.get(self.at..).unwrap_or_default()).unwrap_or(self.bytes.len());
            } else if self.starts("<%--") {
                self.comment_to(self.after(self.at + 4, "--%>"));
            } else if self.starts("<!--") {
                self.comment_to(self.after(self.at + 4, "-->"));
            } else if self.starts("<%") {
                self.at += 2;
                self.code(Some("%>"), true);
            } else {
                self.at += 1;
            }
        }
    }

    fn xml(&mut self) {
        while let Some(found) = memchr::memchr(b'<', self.bytes.get(self.at..).unwrap_or_default()) {
            self.at += found;
            if self.starts("<!--") {
                self.comment_to(self.after(self.at + 4, "-->"));
            } else if self.starts("<![CDATA[") {
                self.at = self.after(self.at, "]]>");
            } else {
                self.at += 1;
            }
        }
    }

    /// Comments from a sign to the line's end: `#` and `!` at the start (properties), or `#` after a blank (YAML).
    fn lines(&mut self, yaml: bool) {
        while self.at < self.bytes.len() {
            let end = self.line_end(self.at);
            let line = self.text.get(self.at..end).unwrap_or_default();
            if let Some(start) = if yaml { yaml_comment(line) } else { properties_comment(line) } {
                self.found.push(Span::new(self.at + start, end));
            }
            self.at = end + 1;
        }
    }
}

fn properties_comment(line: &str) -> Option<usize> {
    let trimmed = line.trim_start();
    trimmed.starts_with(['#', '!']).then(|| line.len() - trimmed.len())
}

fn yaml_comment(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut after_blank = true;
    for (at, byte) in line.bytes().enumerate() {
        match (quote, byte) {
            (None, b'#') if after_blank => return Some(at),
            (None, b'"' | b'\'') if after_blank => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
        after_blank = matches!(byte, b' ' | b'\t' | b'[' | b'{' | b',' | b':') && (byte != b':');
    }
    None
}

#[cfg(test)]
mod tests {
    use super::comments;
    use crate::source::FileKind;

    fn texts(kind: FileKind, text: &str) -> Vec<&str> {
        comments(kind, text).into_iter().map(|span| span.text(text)).collect()
    }

    #[test]
    fn comments_are_told_from_strings() {
        let java =
            "String s = \"// no\"; // yes\nchar q = '\"'; /* and\nthis */ var t = \"\"\"\n // no \"quoted\" \"\"\"; // end";
        assert_eq!(texts(FileKind::Java, java), ["// yes", "/* and\nthis */", "// end"]);
        assert_eq!(texts(FileKind::C, "#error don't\n/* a */ x = \"\\\"/*\"; // b"), ["/* a */", "// b"]);
    }

    #[test]
    fn jsp_has_three_forms() {
        let jsp = "<p>// no</p><%-- one --%><!-- two --><% int a; // three %><b/><%= \"%\" /* four */ %>";
        assert_eq!(texts(FileKind::Jsp, jsp), ["<%-- one --%>", "<!-- two -->", "// three ", "/* four */"]);
    }

    #[test]
    fn documents_have_theirs() {
        assert_eq!(texts(FileKind::Xml, "<a><![CDATA[<!-- no -->]]><!-- yes\n--></a>"), ["<!-- yes\n-->"]);
        assert_eq!(texts(FileKind::Properties, "# a\nk = v # no\n ! b\r\n"), ["# a", "! b"]);
        assert_eq!(texts(FileKind::Yaml, "a: 'x # no' # yes\nb: c#no\n# z"), ["# yes", "# z"]);
    }
}
