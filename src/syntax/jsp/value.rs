//! Values of attributes: literals, expressions of either language, and mixtures, as Java.
//! Must not know which action they belong to.

use super::el::to_java;
use super::java_text::java_string;
use super::scan::{RawAttribute, Tag, el_end, scriptlet_end};
use super::translate::{Piece, Translator};
use crate::base::Span;

/// An attribute's value as a Java expression.
pub(super) struct Value {
    pub(super) java: Vec<Piece>,
    /// Literal text only.
    pub(super) constant: bool,
}

impl Translator<'_> {
    pub(super) fn value_of(&self, tag: &Tag<'_>, name: &str) -> Option<Value> {
        tag.attribute(name).map(|attribute| self.value(attribute))
    }

    /// Splits a value into literal text, `${…}`, `#{…}` and `<%= … %>`.
    pub(super) fn value(&self, attribute: &RawAttribute<'_>) -> Value {
        let (start, end) = (attribute.value.lo as usize, attribute.value.hi as usize);
        let inside = self.text.get(..end).unwrap_or_default();
        let mut parts: Vec<Vec<Piece>> = Vec::new();
        let mut literal = String::new();
        let (mut at, mut is_constant) = (start, true);
        while let Some(character) = inside.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = inside.get(at..).unwrap_or_default();
            let dynamic = if rest.starts_with("${") || rest.starts_with("#{") {
                el_end(inside, at + 2).map(|close| {
                    let java = to_java(&unescape(inside.get(at + 2..close).unwrap_or_default()));
                    (vec![Piece::Made(java, Span::new(at, close + 1))], close + 1)
                })
            } else if rest.starts_with("<%=") {
                let (close, after) = scriptlet_end(inside, at + 3);
                self.java_of(Span::new(at + 3, close)).map(|java| (joined("(", vec![java], ")", Span::new(at, after)), after))
            } else {
                None
            };
            match dynamic {
                Some((java, after)) => {
                    if !literal.is_empty() {
                        parts.push(constant(&unescape(&literal), attribute.value));
                        literal.clear();
                    }
                    parts.push(java);
                    is_constant = false;
                    at = after;
                }
                None => {
                    literal.push(character);
                    at += character.len_utf8();
                    // `\${` is no expression.
                    if character == '\\'
                        && let Some(escaped) = inside.get(at..).and_then(|rest| rest.chars().next())
                    {
                        literal.push(escaped);
                        at += escaped.len_utf8();
                    }
                }
            }
        }
        if !literal.is_empty() || parts.is_empty() {
            parts.push(constant(&unescape(&literal), attribute.value));
        }
        if parts.len() == 1 {
            return Value { java: parts.pop().unwrap_or_default(), constant: is_constant };
        }
        let mut java = vec![Piece::Made(String::from("(\"\""), attribute.value)];
        for part in parts {
            java.push(Piece::Made(String::from(" + "), attribute.value));
            java.extend(part);
        }
        java.push(Piece::Made(String::from(")"), attribute.value));
        Value { java, constant: false }
    }
}

pub(super) fn constant(text: &str, span: Span) -> Vec<Piece> {
    vec![Piece::Made(java_string(text), span)]
}

/// `before a, b, c after`.
pub(super) fn joined(before: &str, parts: Vec<Vec<Piece>>, after: &str, span: Span) -> Vec<Piece> {
    let mut pieces = vec![Piece::Made(before.to_owned(), span)];
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            pieces.push(Piece::Made(String::from(", "), span));
        }
        pieces.extend(part);
    }
    pieces.push(Piece::Made(after.to_owned(), span));
    pieces
}

/// The escapes of an attribute of an action.
fn unescape(text: &str) -> std::borrow::Cow<'_, str> {
    if memchr::memchr2(b'\\', b'&', text.as_bytes()).is_none() {
        return text.into();
    }
    let mut plain = text.to_owned();
    for (escape, meaning) in [
        ("\\\"", "\""),
        ("\\'", "'"),
        ("\\$", "$"),
        ("&quot;", "\""),
        ("&#034;", "\""),
        ("&#34;", "\""),
        ("&apos;", "'"),
        ("&#039;", "'"),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        if plain.contains(escape) {
            plain = plain.replace(escape, meaning);
        }
    }
    plain.into()
}
