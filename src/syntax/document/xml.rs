//! XML to elements with positions: roxmltree where the text is well-formed, a lenient reading where it is not, so
//! that one stray `<` in a mapper costs nothing but a notification. Must not know what a document means.

use std::borrow::Cow;

use roxmltree::{NodeType, ParsingOptions};

use super::{Attribute, Element, Node};
use crate::base::Span;

/// Elements nested deeper are hung on the last one that is not: nothing is lost, and nobody recurses too deep.
pub(super) const MAX_DEPTH: usize = 200;

/// What was read, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct XmlReading {
    /// `None`: no element at all.
    pub root: Option<Element>,
    pub complaint: Option<(Span, String)>,
    pub too_deep: bool,
}

pub(super) fn parse(text: &str) -> XmlReading {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    match roxmltree::Document::parse_with_options(text, options) {
        Ok(document) => strict(&document, text),
        Err(error) => {
            let mut reading = Loose::new(text).read();
            let harmless = matches!(
                error,
                // A prefix whose declaration was forgotten, and entities of a DTD that is not read.
                roxmltree::Error::UnknownNamespace(..) | roxmltree::Error::UnknownEntityReference(..)
            );
            if !harmless {
                let at = byte_of(text, error.pos());
                reading.complaint = Some((Span::new(at, at), error.to_string()));
            }
            reading
        }
    }
}

/// The byte of roxmltree's row and column, which count characters from 1.
fn byte_of(text: &str, at: roxmltree::TextPos) -> usize {
    let rows_before = (at.row as usize).saturating_sub(1);
    let start = match rows_before {
        0 => 0,
        rows => memchr::memchr_iter(b'\n', text.as_bytes()).nth(rows - 1).map_or(text.len(), |end| end + 1),
    };
    let line = text.get(start..).unwrap_or_default();
    start + line.char_indices().nth((at.col as usize).saturating_sub(1)).map_or(0, |(column, _)| column)
}

fn strict(document: &roxmltree::Document<'_>, text: &str) -> XmlReading {
    let mut builder = Builder::default();
    let root = document.root_element();
    let mut current = Some(root);
    while let Some(node) = current {
        match node.node_type() {
            NodeType::Element => {
                builder.start(element_of(node, text));
                if let Some(child) = node.first_child() {
                    current = Some(child);
                    continue;
                }
                builder.end();
            }
            NodeType::Text => {
                builder.text(node.text().unwrap_or_default(), text_span(node, text));
            }
            NodeType::Root | NodeType::Comment | NodeType::PI => {}
        }
        // On to the next one, closing what ends here.
        let mut at = node;
        current = loop {
            if at == root {
                break None;
            }
            if let Some(next) = at.next_sibling() {
                break Some(next);
            }
            match at.parent_element() {
                Some(parent) => {
                    builder.end();
                    at = parent;
                }
                None => break None,
            }
        };
    }
    builder.finish()
}

/// The whole of a text node: roxmltree's range is that of its first stretch, up to a section of character data.
fn text_span(node: roxmltree::Node<'_, '_>, text: &str) -> Span {
    let start = node.range().start;
    let end = match (node.next_sibling(), node.parent_element()) {
        (Some(next), _) => next.range().start,
        // An end tag has no other `<` in it.
        (None, Some(parent)) => {
            text.get(..parent.range().end).and_then(|before| memchr::memrchr(b'<', before.as_bytes())).unwrap_or(start)
        }
        (None, None) => node.range().end,
    };
    Span::new(start, end.max(start))
}

fn element_of(node: roxmltree::Node<'_, '_>, text: &str) -> Element {
    let attributes = node.attributes().map(|attribute| {
        let (name, value) = (attribute.range_qname(), attribute.range_value());
        let qualified = text.get(name).filter(|name| !name.is_empty()).unwrap_or_else(|| attribute.name());
        Attribute { name: qualified.to_owned(), value: attribute.value().to_owned(), span: Span::new(value.start, value.end) }
    });
    let attributes: Vec<Attribute> = attributes.collect();
    let range = node.range();
    // The node's range goes to its end tag; quotes may hide a `>`.
    let after = attributes.last().map_or(range.start, |last| last.span.hi as usize + 1);
    let end = tag_end(text.as_bytes(), after.min(range.end), range.end);
    Element { name: node.tag_name().name().to_owned(), attributes, children: Vec::new(), span: Span::new(range.start, end) }
}

/// One past the `>` that ends the tag in which `at` lies, outside quotes.
fn tag_end(bytes: &[u8], mut at: usize, limit: usize) -> usize {
    let mut quote = None;
    while let Some(&byte) = bytes.get(at).filter(|_| at < limit) {
        at += 1;
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if byte == b'>' => break,
            None if byte == b'"' || byte == b'\'' => quote = Some(byte),
            None => {}
        }
    }
    at
}

/// Builds the tree without recursion.
#[derive(Default)]
struct Builder {
    open: Vec<Element>,
    /// Open elements beyond the depth limit: they are closed leaves already.
    beyond: usize,
    root: Option<Element>,
    too_deep: bool,
}

impl Builder {
    fn start(&mut self, element: Element) {
        if self.open.len() >= MAX_DEPTH {
            self.too_deep = true;
            self.beyond += 1;
            self.attach(element);
        } else {
            self.open.push(element);
        }
    }

    fn text(&mut self, text: &str, span: Span) {
        // Line breaks between elements say nothing; a blank on one line may part two words.
        let layout = text.contains('\n') && text.trim().is_empty();
        if let Some(parent) = self.open.last_mut()
            && !layout
            && !text.is_empty()
        {
            parent.children.push(Node::Text(text.to_owned(), span));
        }
    }

    fn end(&mut self) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else if let Some(element) = self.open.pop() {
            self.attach(element);
        }
    }

    fn attach(&mut self, element: Element) {
        match self.open.last_mut().or(self.root.as_mut()) {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn finish(mut self) -> XmlReading {
        self.beyond = 0;
        while !self.open.is_empty() {
            self.end();
        }
        XmlReading { root: self.root, complaint: None, too_deep: self.too_deep }
    }
}

/// Reads what is not well-formed: tags as they come, an end tag closes the nearest element of its name, `<` that
/// begins no tag is text.
struct Loose<'t> {
    text: &'t str,
    builder: Builder,
    /// Qualified names of the open elements.
    names: Vec<&'t str>,
}

impl<'t> Loose<'t> {
    fn new(text: &'t str) -> Self {
        Loose { text, builder: Builder::default(), names: Vec::new() }
    }

    fn read(mut self) -> XmlReading {
        let bytes = self.text.as_bytes();
        let (mut at, mut literal) = (0, 0);
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(b'<', rest)) {
            at += found;
            match self.markup(at) {
                Some((end, Markup::Nothing)) => {
                    self.literal(literal, at);
                    (at, literal) = (end, end);
                }
                Some((end, Markup::Data(data))) => {
                    self.literal(literal, at);
                    self.builder.text(data.text(self.text), data);
                    (at, literal) = (end, end);
                }
                Some((end, Markup::End(name))) => {
                    self.literal(literal, at);
                    self.close(name);
                    (at, literal) = (end, end);
                }
                Some((end, Markup::Start(name, element, empty))) => {
                    self.literal(literal, at);
                    self.builder.start(element);
                    if empty {
                        self.builder.end();
                    } else {
                        self.names.push(name);
                    }
                    (at, literal) = (end, end);
                }
                None => at += 1,
            }
        }
        self.literal(literal, bytes.len());
        self.builder.finish()
    }

    fn literal(&mut self, from: usize, to: usize) {
        let raw = self.text.get(from..to).unwrap_or_default();
        self.builder.text(&decoded(raw), Span::new(from, to));
    }

    fn close(&mut self, name: &str) {
        // Farther back than this no one looks: an end tag without a start must not cost a walk over all of them.
        let depth = self.names.iter().rev().take(MAX_DEPTH).position(|open| *open == name);
        for _ in 0..depth.map_or(0, |depth| depth + 1) {
            self.names.pop();
            self.builder.end();
        }
    }

    /// What begins with the `<` at `at`, and where it ends.
    fn markup(&self, at: usize) -> Option<(usize, Markup<'t>)> {
        let rest = self.text.get(at..)?;
        let to = |end: &str, from: usize| {
            memchr::memmem::find(rest.as_bytes().get(from..)?, end.as_bytes()).map(|found| at + from + found)
        };
        if rest.starts_with("<!--") {
            return Some((to("-->", 4).map_or(self.text.len(), |end| end + 3), Markup::Nothing));
        }
        if rest.starts_with("<![CDATA[") {
            let end = to("]]>", 9);
            let data = Span::new(at + 9, end.unwrap_or(self.text.len()));
            return Some((end.map_or(self.text.len(), |end| end + 3), Markup::Data(data)));
        }
        if rest.starts_with("<?") {
            return Some((to("?>", 2)? + 2, Markup::Nothing));
        }
        if rest.starts_with("<!") {
            let close = to(">", 2)?;
            let subset = to("[", 2).filter(|open| *open < close);
            let end = if subset.is_some() { to("]>", 2).map_or(close + 1, |end| end + 2) } else { close + 1 };
            return Some((end, Markup::Nothing));
        }
        if let Some(after) = rest.strip_prefix("</") {
            let name = name_at(after)?;
            let end = to(">", 2)?;
            return Some((end + 1, Markup::End(name)));
        }
        let name = name_at(rest.get(1..)?)?;
        let (attributes, end, empty) = self.attributes(at + 1 + name.len())?;
        let local = name.rsplit(':').next().unwrap_or(name).to_owned();
        let element = Element { name: local, attributes, children: Vec::new(), span: Span::new(at, end) };
        Some((end, Markup::Start(name, element, empty)))
    }

    /// The attributes from `at` to the tag's end; `None` where it is no tag after all.
    fn attributes(&self, mut at: usize) -> Option<(Vec<Attribute>, usize, bool)> {
        let bytes = self.text.as_bytes();
        let mut attributes = Vec::new();
        loop {
            match bytes.get(at)? {
                b'>' => return Some((attributes, at + 1, false)),
                b'/' if bytes.get(at + 1) == Some(&b'>') => return Some((attributes, at + 2, true)),
                // The next tag begins: this one was cut off.
                b'<' => return None,
                byte if byte.is_ascii_whitespace() || *byte == b'/' => at += 1,
                _ => {
                    let start = at;
                    while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && !b"=<>/".contains(byte)) {
                        at += 1;
                    }
                    if at == start {
                        at += 1;
                        continue;
                    }
                    let name = self.text.get(start..at).unwrap_or_default();
                    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                        at += 1;
                    }
                    if bytes.get(at) != Some(&b'=') {
                        continue;
                    }
                    at += 1;
                    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                        at += 1;
                    }
                    let quote = bytes.get(at).copied().filter(|byte| *byte == b'"' || *byte == b'\'')?;
                    let end = at + 1 + memchr::memchr(quote, bytes.get(at + 1..)?)?;
                    let span = Span::new(at + 1, end);
                    attributes.push(Attribute { name: name.to_owned(), value: decoded(span.text(self.text)).into_owned(), span });
                    at = end + 1;
                }
            }
        }
    }
}

enum Markup<'t> {
    /// Comments, instructions, declarations.
    Nothing,
    Data(Span),
    Start(&'t str, Element, bool),
    End(&'t str),
}

fn name_at(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    if !(first.is_alphabetic() || first == '_') {
        return None;
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || "_-.:".contains(c))).unwrap_or(text.len());
    text.get(..end)
}

/// Resolves the five entities of XML and numeric ones; others stay as they are.
fn decoded(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        // The longest one is `&#x10FFFF;`.
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        let name = end.and_then(|end| rest.get(1..end));
        let character = match name {
            Some("lt") => Some('<'),
            Some("gt") => Some('>'),
            Some("amp") => Some('&'),
            Some("quot") => Some('"'),
            Some("apos") => Some('\''),
            Some(other) => {
                let code = match other.strip_prefix("#x") {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => other.strip_prefix('#').and_then(|decimal| decimal.parse().ok()),
                };
                code.and_then(char::from_u32)
            }
            None => None,
        };
        let taken = match (character, end) {
            (Some(character), Some(end)) => {
                out.push(character);
                end + 1
            }
            _ => {
                out.push('&');
                1
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}
