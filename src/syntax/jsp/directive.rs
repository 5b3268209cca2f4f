//! Directives: pages, tag libraries, includes, namespaces. Must not know actions.

use super::IncludeKind;
use super::java_text::java_string;
use super::scan::{self, Tag, attributes, find};
use super::translate::{Piece, Translator};
use crate::base::Span;

impl Translator<'_> {
    pub(super) fn directive(&mut self, tag: &Tag<'_>) {
        match tag.name {
            "page" | "tag" => self.page_directive(tag),
            "include" => {
                if let Some(path) = tag.text(self.text, "file") {
                    self.include(path.to_owned(), tag.span, IncludeKind::Static);
                    self.statement(format!("__el.includeStatic({});", java_string(path)), tag.span);
                }
            }
            "taglib" => {
                let uri = tag.text(self.text, "uri").or_else(|| tag.text(self.text, "tagdir"));
                if let (Some(prefix), Some(uri)) = (tag.text(self.text, "prefix"), uri) {
                    self.taglib(prefix, uri, tag.span);
                }
            }
            _ => {}
        }
    }

    pub(super) fn page_directive(&mut self, tag: &Tag<'_>) {
        for attribute in &tag.attributes {
            let value = attribute.value.text(self.text);
            match attribute.name {
                "import" => {
                    let mut at = attribute.value.lo as usize;
                    for part in value.split([',', ';']) {
                        let start = at + (part.len() - part.trim_start().len());
                        let name = part.trim();
                        if name.chars().all(|c| c.is_alphanumeric() || "_$.* ".contains(c)) && !name.is_empty() {
                            let span = Span::new(start, start + name.len());
                            self.imports.push(Piece::Made(String::from("import "), span));
                            self.imports.push(Piece::Copy(span));
                            self.imports.push(Piece::Made(String::from(";\n"), Span { lo: span.hi, hi: span.hi }));
                        }
                        at += part.len() + 1;
                    }
                }
                "contentType" => {
                    let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                    let markup = ["html", "xml", "svg", "{", "<%"].iter().any(|known| kind.contains(known));
                    self.plain = !markup && !kind.is_empty();
                }
                "isELIgnored" => self.el_ignored = value.trim().eq_ignore_ascii_case("true"),
                _ => {}
            }
        }
    }

    pub(super) fn taglib(&mut self, prefix: &str, uri: &str, span: Span) {
        if self.result.taglibs.iter().any(|(known, _)| known == prefix) {
            return;
        }
        self.result.taglibs.push((prefix.to_owned(), uri.to_owned()));
        // The standard ones are known by name; for the others the program must find the library.
        if !["http://java.sun.com/", "http://xmlns.jcp.org/", "jakarta.tags", "http://www.springframework.org/"]
            .iter()
            .any(|standard| uri.starts_with(standard))
        {
            self.statement(format!("__el.taglib({}, {});", java_string(prefix), java_string(uri)), span);
        }
    }

    /// Namespaces of XML syntax declare tag libraries as well.
    pub(super) fn declared_namespaces(&mut self) {
        let head = scan::prefix(self.text, 8192);
        let mut at = 0;
        while let Some(found) = find(head, at, "xmlns:") {
            at = found + 6;
            let (list, _) = attributes(head, found);
            for attribute in list {
                let uri = attribute.value.text(head);
                let Some(prefix) = attribute.name.strip_prefix("xmlns:") else { continue };
                let html = uri.contains("www.w3.org") || uri.contains("schemas-microsoft-com") || uri.contains("/JSP/Page");
                if !html {
                    self.taglib(prefix, uri.strip_prefix("urn:jsptagdir:").unwrap_or(uri), attribute.value);
                }
            }
        }
    }
}
