//! The tags and comments of HTML, wherever it is written: pages, and texts that a program prints.
//! Must not know what is looked for, nor what a page's own language means: scriptlets are passed over.

use crate::base::Span;

/// A piece of markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Markup<'t> {
    /// `<name attribute="value" …>` or `</name>`.
    Tag(Tag<'t>),
    /// `<!-- … -->`, whole.
    Comment(Span),
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'t> {
    /// Its name as written, a prefix included.
    pub name: &'t str,
    /// Whether it ends an element.
    pub closing: bool,
    /// From `<` to behind `>`.
    pub span: Span,
    attributes: Vec<(&'t str, &'t str)>,
}

impl<'t> Tag<'t> {
    /// The value of an attribute, without quotes; names count in any letter case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'t str> {
        self.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// Whether it is one of these elements, in any letter case.
    #[must_use]
    pub fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.eq_ignore_ascii_case(name))
    }
}

/// The markup of a text in order. Scripts, style sheets, scriptlets and a page's own comments hold none.
pub fn markup(text: &str) -> impl Iterator<Item = Markup<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let open = at + memchr::memchr(b'<', text.as_bytes().get(at..)?)?;
            let rest = text.get(open..)?;
            if rest.starts_with("<!--") {
                at = end_of(text, open + 4, "-->");
                return Some(Markup::Comment(Span::new(open, at)));
            }
            if let Some(end) = scriptlet(text, open) {
                at = end;
                continue;
            }
            let Some(tag) = tag(text, open) else {
                at = open + 1;
                continue;
            };
            at = tag.span.hi as usize;
            let raw = ["script", "style"].iter().find(|name| tag.is(&[name])).filter(|_| !tag.closing);
            if let Some(name) = raw {
                at = raw_end(text, at, name);
            }
            return Some(Markup::Tag(tag));
        }
    })
}

/// Behind the next `end` from `from` on, or the text's end.
fn end_of(text: &str, from: usize, end: &str) -> usize {
    let found = text.get(from..).and_then(|rest| rest.find(end));
    found.map_or(text.len(), |found| from + found + end.len())
}

/// The end of a scriptlet, an expression or a page's comment that starts at `open`.
fn scriptlet(text: &str, open: usize) -> Option<usize> {
    let rest = text.get(open..)?;
    let end = if rest.starts_with("<%--") { "--%>" } else { "%>" };
    rest.starts_with("<%").then(|| end_of(text, open + 2, end))
}

/// Where `</name` stands after `from`.
fn raw_end(text: &str, from: usize, name: &str) -> usize {
    let mut at = from;
    while let Some(found) = text.as_bytes().get(at..).and_then(|rest| memchr::memmem::find(rest, b"</")) {
        at += found;
        if text.get(at + 2..at + 2 + name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name)) {
            return at;
        }
        at += 2;
    }
    text.len()
}

fn tag(text: &str, open: usize) -> Option<Tag<'_>> {
    let bytes = text.as_bytes();
    let closing = bytes.get(open + 1) == Some(&b'/');
    let from = open + 1 + usize::from(closing);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.');
    let until = |from: usize, stop: &dyn Fn(u8) -> bool| {
        bytes.get(from..).and_then(|rest| rest.iter().position(|byte| stop(*byte))).map_or(bytes.len(), |at| from + at)
    };
    let mut at = until(from, &|byte| !is_name(byte));
    let name = text.get(from..at).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))?;
    let mut attributes = Vec::new();
    loop {
        at = until(at, &|byte| !byte.is_ascii_whitespace() && byte != b'/');
        match bytes.get(at) {
            Some(b'>') | None => break,
            // Another tag starts where this one was not closed: pieces of a printed text.
            Some(b'<') => match scriptlet(text, at) {
                Some(end) => {
                    at = end;
                    continue;
                }
                None => return Some(Tag { name, closing, span: Span::new(open, at), attributes }),
            },
            Some(_) => {}
        }
        let end = until(at, &|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'>' | b'<' | b'/')).max(at + 1);
        let attribute = text.get(at..end).unwrap_or_default();
        at = until(end, &|byte| !byte.is_ascii_whitespace());
        if bytes.get(at) != Some(&b'=') {
            attributes.push((attribute, ""));
            continue;
        }
        at = until(at + 1, &|byte| !byte.is_ascii_whitespace());
        let quote = bytes.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\''));
        let start = at + usize::from(quote.is_some());
        at = start;
        while let Some(&byte) = bytes.get(at) {
            match quote {
                Some(quote) if byte == quote => break,
                None if byte.is_ascii_whitespace() || byte == b'>' => break,
                // Quotes inside of an expression end nothing.
                _ => at = scriptlet(text, at).unwrap_or(at + 1),
            }
        }
        attributes.push((attribute, text.get(start..at).unwrap_or_default()));
        at += usize::from(quote.is_some() && at < bytes.len());
    }
    Some(Tag { name, closing, span: Span::new(open, (at + 1).min(bytes.len())), attributes })
}

#[cfg(test)]
mod tests {
    use super::{Markup, markup};

    fn told(text: &str) -> Vec<String> {
        markup(text)
            .map(|one| match one {
                Markup::Comment(span) => span.text(text).to_owned(),
                Markup::Tag(tag) => {
                    let slash = if tag.closing { "/" } else { "" };
                    let attributes: Vec<String> = tag.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
                    format!("{slash}{} {}", tag.name, attributes.join(" ")).trim_end().to_owned()
                }
            })
            .collect()
    }

    #[test]
    fn tags_and_comments_in_order() {
        assert_eq!(
            told("a < b <p class='x y' hidden>t</p><!-- <b> --><br/>"),
            ["p class=x y hidden=", "/p", "<!-- <b> -->", "br"]
        );
        assert_eq!(
            told("<INPUT Type = text name=\"a>b\"><form:form path=c/>"),
            ["INPUT Type=text name=a>b", "form:form path=c/"]
        );
    }

    #[test]
    fn scripts_and_scriptlets_hold_no_markup() {
        assert_eq!(told("<script>if (a <b) x = '<p>';</SCRIPT><%-- <i> --%><% if (a <b) { %><u>"), ["script", "/SCRIPT", "u"]);
        assert_eq!(told("<a href=\"<%= f(\"x\") %>\" <%= more %> id=1>"), ["a href=<%= f(\"x\") %> id=1"]);
    }

    #[test]
    fn what_is_not_closed_ends() {
        assert_eq!(told("<p <b x='1"), ["p", "b x=1"]);
        assert_eq!(told("<!-- open"), ["<!-- open"]);
        assert_eq!(told("<% open"), Vec::<String>::new());
        assert_eq!(told("<"), Vec::<String>::new());
    }
}
