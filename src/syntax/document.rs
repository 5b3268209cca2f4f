//! XML, properties and YAML files as one small typed document each: elements, keys, values and where they stand.
//! Must not know what a document means (a mapper, a Spring context): that is the program's business.

mod parse;
mod properties;
#[cfg(test)]
mod tests;
mod xml;
mod yaml;

use crate::base::{FileId, Span};

pub use parse::parse;

/// A parsed document.
#[derive(Debug, Default)]
pub struct Document {
    /// The file.
    pub file: FileId,
    /// Its path, as reports name it; filled by who knows it.
    pub path: String,
    /// What is in it.
    pub content: DocumentContent,
}

/// The content of a document.
#[derive(Debug, Default)]
pub enum DocumentContent {
    /// XML.
    Xml(Element),
    /// Properties, and YAML flattened to dotted keys (`spring.datasource.password`, lists as `key[0]`).
    Entries(Vec<Entry>),
    /// Not readable; a problem was reported.
    #[default]
    Broken,
}

/// An XML element.
#[derive(Debug, Default, Clone)]
pub struct Element {
    /// Its name, prefix left out.
    pub name: String,
    /// Attributes in order.
    pub attributes: Vec<Attribute>,
    /// Children: elements and text in order; comments are left out.
    pub children: Vec<Node>,
    /// From `<` of the start tag to its `>`.
    pub span: Span,
}

/// An attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name, prefix kept.
    pub name: String,
    /// Its value, entities resolved.
    pub value: String,
    /// The value's place, quotes left out.
    pub span: Span,
}

/// A child of an element.
#[derive(Debug, Clone)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text or CDATA, entities resolved, and its place.
    Text(String, Span),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value, escapes resolved.
    pub value: String,
    /// Of key and value.
    pub span: Span,
    /// Of the value.
    pub value_span: Span,
}

impl Element {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The child elements.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(..) => None,
        })
    }
}
