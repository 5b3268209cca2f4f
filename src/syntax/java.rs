//! Java text to a tree, and the texts in it.

use std::sync::LazyLock;
use std::time::Duration;

use tree_sitter::Language;

use super::parser::{Grammar, parse as parse_grammar};
use super::{MappedText, Nodes};

/// Parses Java. `None`: out of time.
#[must_use]
pub fn parse(text: &str, time: Duration) -> Option<Nodes> {
    parse_grammar(Grammar::Java, text, time)
}

struct Kinds {
    literal: u16,
    bodies: [u16; 3],
}

static KINDS: LazyLock<Kinds> = LazyLock::new(|| {
    let language: Language = tree_sitter_java::LANGUAGE.into();
    let kind = |name| language.id_for_node_kind(name, true);
    let bodies = ["method_declaration", "constructor_declaration", "static_initializer"].map(kind);
    Kinds { literal: kind("string_literal"), bodies }
});

/// The string literals of each method, one after the other, as the text that they make if they are printed in this order.
#[must_use]
pub fn printed(nodes: &Nodes, text: &str) -> Vec<MappedText> {
    let mut all = vec![MappedText::default()];
    let mut end = 0;
    for node in nodes.iter() {
        if KINDS.bodies.contains(&node.kind_id()) || node.start_byte() >= end {
            end = if KINDS.bodies.contains(&node.kind_id()) { node.end_byte() } else { usize::MAX };
            if all.last().is_some_and(|last| !last.text.is_empty()) {
                all.push(MappedText::default());
            }
        }
        if node.kind_id() == KINDS.literal
            && let Some(made) = all.last_mut()
        {
            unquoted(text, node.start_byte(), node.end_byte(), made);
        }
    }
    all.retain(|made| !made.text.is_empty());
    all
}

/// Adds what a literal stands for; white space written as an escape is a blank.
fn unquoted(text: &str, start: usize, end: usize, made: &mut MappedText) {
    let literal = text.get(start..end).unwrap_or_default();
    let quotes = if literal.starts_with("\"\"\"") { 3 } else { 1 };
    let (mut at, end) = (start + quotes, end.saturating_sub(quotes));
    while let Some(rest) = text.get(at..end).filter(|rest| !rest.is_empty()) {
        let Some(escape) = memchr::memchr(b'\\', rest.as_bytes()) else {
            return made.copy(rest, at);
        };
        made.copy(rest.get(..escape).unwrap_or_default(), at);
        at += escape + 1;
        if matches!(text.as_bytes().get(at), Some(b'n' | b'r' | b't' | b's' | b'f')) {
            made.copy(" ", at);
            at += 1;
        } else {
            // The sign itself, whatever its length.
            let sign = text.get(at..end).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            made.copy(text.get(at..at + sign).unwrap_or_default(), at);
            at += sign;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    #[test]
    fn literals_of_a_method_are_one_text_with_positions() {
        let text = r#"class A { String a = "x"; void f() { p("<a b=\"c\">" + q + "\n\\한</a>"); } void g() { p("y"); } }"#;
        let tree = parse(text, Duration::from_secs(5)).unwrap();
        let made = printed(&tree, text);
        let texts: Vec<&str> = made.iter().map(|made| made.text.as_str()).collect();
        assert_eq!(texts, ["x", "<a b=\"c\"> \\한</a>", "y"]);
        let at = made[1].text.find("</a").unwrap();
        assert_eq!(made[1].map.to_original(Span::new(at, at + 3)).text(text), "</a");
    }
}
