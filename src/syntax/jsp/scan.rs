//! The pieces of JSP syntax: where an expression ends, what attributes a tag has. Must not know what they mean.

use crate::base::Span;

/// An expression longer than this is literal text: the bound keeps unclosed ones from costing quadratic time.
const MAX_EL_BYTES: usize = 4096;
/// The same for the value of an attribute of an action.
const MAX_ATTRIBUTE_BYTES: usize = 64 * 1024;

/// A start or end tag of an action, or a directive.
#[derive(Debug)]
pub(super) struct Tag<'t> {
    /// `prefix:name` for actions, the bare name for directives.
    pub name: &'t str,
    pub attributes: Vec<RawAttribute<'t>>,
    /// `</prefix:name>`.
    pub closing: bool,
    /// `<prefix:name … />`.
    pub empty: bool,
    /// From `<` to one past `>`.
    pub span: Span,
}

#[derive(Debug)]
pub(super) struct RawAttribute<'t> {
    pub name: &'t str,
    /// The value, quotes left out.
    pub value: Span,
}

impl<'t> Tag<'t> {
    pub(super) fn attribute(&self, name: &str) -> Option<&RawAttribute<'t>> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The text of an attribute.
    pub(super) fn text<'s>(&self, source: &'s str, name: &str) -> Option<&'s str> {
        self.attribute(name).map(|attribute| attribute.value.text(source))
    }
}

/// The end of the expression whose inside starts at `at`: the offset of its `}`.
pub(super) fn el_end(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let inside = bytes.get(at..bytes.len().min(at + MAX_EL_BYTES))?;
    let (mut quote, mut escaped, mut depth) = (None, false, 0usize);
    for (index, &byte) in inside.iter().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (_, b'\\') => escaped = true,
            (Some(open), _) if byte == open => quote = None,
            // No string goes over a line's end: the quote is a stray one.
            (Some(_), b'\n') => break,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth == 0 => return Some(at + index),
            (None, b'}') => depth -= 1,
            (None, _) => {}
        }
    }
    // Up to the first brace, if one comes on the same line.
    let line = memchr::memchr(b'\n', inside).unwrap_or(inside.len());
    inside.get(..line).and_then(|line| memchr::memchr(b'}', line)).map(|index| at + index)
}

/// The end of a `<% … %>` whose inside starts at `at`: offsets of `%>` and of what follows. To the text's end where
/// it is not closed.
pub(super) fn scriptlet_end(text: &str, at: usize) -> (usize, usize) {
    find(text, at, "%>").map_or((text.len(), text.len()), |end| (end, end + 2))
}

/// The first occurrence from `at` on.
pub(super) fn find(text: &str, at: usize, what: &str) -> Option<usize> {
    memchr::memmem::find(text.as_bytes().get(at..)?, what.as_bytes()).map(|found| at + found)
}

/// At most so many bytes of the text, whole characters.
pub(super) fn prefix(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The `prefix:name` of the tag whose `<` is at `at`, if its prefix is one that `known` tells.
pub(super) fn action_name(text: &str, at: usize, known: impl Fn(&str) -> bool) -> Option<&str> {
    let after = text.get(at + 1..)?;
    let name = after.strip_prefix('/').unwrap_or(after);
    // Long enough for every name there is, so that a stretch of text without blanks is not read again and again.
    let end = name.bytes().take(100).position(|byte| !(byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte)))?;
    let name = name.get(..end)?;
    let (prefix, local) = name.split_once(':')?;
    (!local.is_empty() && known(prefix)).then_some(name)
}

/// Reads the tag at `at`, whose name is known already; `None` where it is not closed.
pub(super) fn tag<'t>(text: &'t str, at: usize, name: &'t str) -> Option<Tag<'t>> {
    let closing = text.as_bytes().get(at + 1) == Some(&b'/');
    let inside = at + 1 + usize::from(closing) + name.len();
    let (attributes, end) = attributes(text, inside);
    let rest = text.get(end..)?;
    let empty = rest.starts_with("/>");
    let close = if empty { 2 } else { usize::from(rest.starts_with('>')) };
    (close > 0).then(|| Tag { name, attributes, closing, empty, span: Span::new(at, end + close) })
}

/// Reads attributes from `at` to the first thing that is none; gives where that is.
pub(super) fn attributes(text: &str, mut at: usize) -> (Vec<RawAttribute<'_>>, usize) {
    let bytes = text.as_bytes();
    let mut list = Vec::new();
    let blanks = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    };
    loop {
        at = blanks(at);
        // A scriptlet or comment between attributes, which containers let pass.
        if text.get(at..).is_some_and(|rest| rest.starts_with("<%")) {
            at = scriptlet_end(text, at).1;
            continue;
        }
        let start = at;
        while bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(byte)) {
            at += 1;
        }
        let name = text.get(start..at).unwrap_or_default();
        if name.is_empty() {
            match bytes.get(at) {
                None | Some(b'>' | b'<') => return (list, at),
                Some(b'/' | b'%') if bytes.get(at + 1) == Some(&b'>') => return (list, at),
                // Garbage: over it, a whole character at a time.
                Some(_) => {
                    at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
                    continue;
                }
            }
        }
        let equals = blanks(at);
        if bytes.get(equals) != Some(&b'=') {
            continue;
        }
        at = blanks(equals + 1);
        match bytes.get(at) {
            Some(&quote @ (b'"' | b'\'')) => {
                let end = value_end(text, at + 1, quote);
                list.push(RawAttribute { name, value: Span::new(at + 1, end) });
                at = (end + 1).min(text.len());
            }
            _ => {
                let start = at;
                while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && *byte != b'>') {
                    at += 1;
                }
                list.push(RawAttribute { name, value: Span::new(start, at) });
            }
        }
    }
}

/// The closing quote of an attribute's value: not one inside an expression, nor an escaped one.
fn value_end(text: &str, start: usize, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match byte {
            _ if at > start + MAX_ATTRIBUTE_BYTES => break,
            _ if byte == quote => return at,
            b'\\' => at += 2,
            b'$' | b'#' if next == Some(&b'{') => at = el_end(text, at + 2).map_or(at + 2, |end| end + 1),
            b'<' if next == Some(&b'%') => at = scriptlet_end(text, at).1,
            _ => at += 1,
        }
    }
    // Not closed: to the end of the line at most.
    let rest = bytes.get(start..).unwrap_or_default();
    start + memchr::memchr2(b'\n', quote, rest).unwrap_or(rest.len())
}

/// How a stretch of Java ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// The last byte that is neither blank nor comment; 0: none.
    pub last: u8,
    /// A comment is open: `/*`.
    pub open_comment: bool,
}

/// Reads over a scriptlet's tokens.
pub(super) fn java_tail(code: &str) -> Tail {
    let bytes = code.as_bytes();
    let mut tail = Tail::default();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match byte {
            b'/' if next == Some(&b'/') => {
                at = bytes.get(at..).and_then(|rest| memchr::memchr2(b'\n', b'\r', rest)).map_or(bytes.len(), |end| at + end);
                continue;
            }
            b'/' if next == Some(&b'*') => match find(code, at + 2, "*/") {
                Some(end) => {
                    at = end + 2;
                    continue;
                }
                None => {
                    tail.open_comment = true;
                    return tail;
                }
            },
            b'"' | b'\'' => {
                tail.last = byte;
                at += 1;
                while let Some(&inside) = bytes.get(at) {
                    match inside {
                        b'\\' => at += 1,
                        b'\n' => break,
                        _ if inside == byte => break,
                        _ => {}
                    }
                    at += 1;
                }
            }
            _ if byte.is_ascii_whitespace() => {}
            _ => tail.last = byte,
        }
        at += 1;
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::{Tail, el_end, java_tail, tag};

    #[test]
    fn expressions_end_at_their_own_brace() {
        fn end(text: &str) -> Option<&str> {
            el_end(text, 2).map(|end| &text[2..end])
        }
        assert_eq!(end("${a['}'].b} }"), Some("a['}'].b"));
        assert_eq!(end("${ {1,2} }x"), Some(" {1,2} "));
        assert_eq!(end("${it's} and\n'}"), Some("it's"));
        assert_eq!(end("${never"), None);
        assert_eq!(end("${a\n"), None);
    }

    #[test]
    fn tags_have_attributes_with_expressions_in_them() {
        let text = "<c:out value=\"${m[\"x\"]}\" default='<%= a(\"'\") %>'\n escapeXml = \"fal\\\"se\" 가 />rest";
        let tag = tag(text, 0, "c:out").unwrap();
        let values: Vec<_> = tag.attributes.iter().map(|one| (one.name, one.value.text(text))).collect();
        assert_eq!(values, [("value", "${m[\"x\"]}"), ("default", "<%= a(\"'\") %>"), ("escapeXml", "fal\\\"se")]);
        assert!(tag.empty);
        assert_eq!(&text[tag.span.hi as usize..], "rest");
    }

    #[test]
    fn a_tag_that_is_not_closed_is_none() {
        assert!(tag("<c:out value=\"${x}\"", 0, "c:out").is_none());
        assert!(tag("<c:out <p>", 0, "c:out").is_none());
    }

    #[test]
    fn scriptlets_tell_how_they_end() {
        assert_eq!(java_tail("if (a) // {\n"), Tail { last: b')', open_comment: false });
        assert_eq!(java_tail("f(\"; /* \\\" \"); /* x */ "), Tail { last: b';', open_comment: false });
        assert_eq!(java_tail("a; /* open"), Tail { last: b';', open_comment: true });
        assert_eq!(java_tail(" // only"), Tail::default());
    }
}
