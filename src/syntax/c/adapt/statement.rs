//! Uses of macros in blocks and records: loop heads, statements without a semicolon, members.
//! Must not know declarations at file scope.

use super::Adapter;
use crate::syntax::c::lex;
use crate::syntax::c::words::{Word, is_loop, is_upper};

/// Tokens of a declaration in a block that are looked at.
const HEAD_LIMIT: usize = 80;

impl Adapter<'_> {
    /// A statement in a block.
    pub(super) fn statement(&mut self, at: usize) -> usize {
        if self.is_name(at)
            && let Some((open, close)) = self.arguments(at)
        {
            let name = self.text_of(at);
            let next = self.kind(close + 1);
            let looping = next == b'{' || (next == lex::IDENT && is_loop(name));
            if looping {
                self.before(at, "while (");
                for (from, to) in self.split(open, close) {
                    if to - from == 1 && self.is_name(from) {
                        self.before(from, "&");
                    }
                }
                self.after(close, ")");
                self.start = false;
                // The inner tokens are looked at as a call's; the body after it is a statement.
                return at + 1;
            }
            let ends = match next {
                b'}' => true,
                lex::IDENT => !matches!(self.word(close + 1), Some(Word::Name)) || is_upper(name) || self.kind(close + 2) != b';',
                _ => false,
            };
            if ends && self.kind(close + 1) != lex::END {
                self.after(close, ";");
            }
            return at + 1;
        }
        // A function declared in a block: no value, and often none but an assertion for the compiler.
        if self.text_of(at) == "extern"
            && let Some(end) = (at + 1..at + HEAD_LIMIT).find(|at| matches!(self.kind(*at), b';' | b'{' | b'}' | b'=' | lex::END))
            && self.kind(end) == b';'
            && (at..end).any(|at| self.kind(at) == b'(')
        {
            self.blank(at, end);
            return end;
        }
        // A label is no declaration.
        if self.is_name(at) && self.kind(at + 1) == b':' {
            return at + 1;
        }
        // A macro's name alone before a statement.
        if self.is_name(at) && is_upper(self.text_of(at)) {
            match self.word(at + 1) {
                Some(Word::Control | Word::Jump | Word::Opens | Word::Label) => {
                    self.after(at, ";");
                    self.start = true;
                    return at + 1;
                }
                None if self.kind(at + 1) == b'}' => {
                    self.after(at, ";");
                    return at + 1;
                }
                _ => {}
            }
        }
        match self.word(at) {
            Some(Word::Name | Word::Storage | Word::Qualifier | Word::Type | Word::Tag) => self.decorations(at, false),
            _ => at + 1,
        }
    }

    /// A member of a struct or union.
    pub(super) fn member(&mut self, at: usize) -> usize {
        if self.is_name(at)
            && let Some((open, close)) = self.macro_arguments(at)
        {
            let next = self.kind(close + 1);
            if next == b';' || next == b'}' || next == lex::IDENT && self.is_odd_member(close + 1) {
                let name = self
                    .split(open, close)
                    .iter()
                    .find(|(from, to)| to - from == 1 && self.is_name(*from))
                    .map(|(from, _)| self.text_of(*from));
                let made = name.map_or_else(|| " ".to_owned(), |name| format!("int {name}"));
                let blank = name.is_none();
                self.replace(
                    at,
                    close + 1 + usize::from(blank && next == b';'),
                    if next == b';' { made } else { format!("{made};") },
                );
                self.start = true;
                return close + 1 + usize::from(next == b';');
            }
        }
        self.decorations(at, false)
    }

    fn is_odd_member(&self, at: usize) -> bool {
        !self.is_name(at)
    }
}
