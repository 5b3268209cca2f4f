//! Arguments of calls that are no expressions: types, operators, statements, nothing at all.
//! Must not know declarations.

use super::Adapter;
use crate::syntax::c::lex;
use crate::syntax::c::words::{Word, word};

/// Tokens of an argument that are looked at.
const ARGUMENT_LIMIT: usize = 200;

impl Adapter<'_> {
    /// An argument of a call that starts at `at`: types, operators and statements are no expressions.
    pub(super) fn argument(&mut self, at: usize) -> usize {
        let mut end = at;
        let mut depth = 0usize;
        loop {
            match self.kind(end) {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth == 0 => break,
                b')' | b']' | b'}' => depth -= 1,
                b',' if depth == 0 => break,
                lex::END => return at,
                _ => {}
            }
            end += 1;
            // A plain first token needs no look at the end, which keeps nested calls linear.
            if end == at + 1 && depth == 0 && !self.is_odd_start(at) {
                return at;
            }
            if end == at + 1 && depth > 0 {
                return at;
            }
            if end - at > ARGUMENT_LIMIT {
                return at;
            }
        }
        if end == at {
            // `f(a, , b)`; `f()` has no argument.
            if self.kind(at) == b',' || self.kind_before(at) == b',' {
                self.before(at, "0");
            }
            return at;
        }
        match self.word(at) {
            Some(Word::Jump) => {
                self.before(at, "{ ");
                self.after(end - 1, "; }");
                return at;
            }
            Some(Word::Storage | Word::Opens | Word::Label) => {
                self.replace(at, end, "0");
                return end;
            }
            Some(Word::Type | Word::Tag | Word::Qualifier) => {
                // `int x = 5` and the like declare; a cast-free type does not end in a value.
                let declares = (at..end).any(|at| matches!(self.kind(at), b'=' | b';'));
                let names = (at..end).filter(|at| self.is_name(*at)).count();
                let tag = (at..end).filter(|at| self.word(*at) == Some(Word::Tag)).count();
                if declares || names > tag + 1 || (at..end).any(|at| matches!(self.kind(at), b'{' | lex::STRING | lex::NUMBER)) {
                    self.replace(at, end, "0");
                } else {
                    self.before(at, "sizeof(");
                    self.after(end - 1, ")");
                }
                return end;
            }
            Some(Word::Name)
                if self.kind(end - 1) == b'*'
                    && (at + 1..end).all(|at| self.kind(at) == b'*' || self.word(at) == Some(Word::Qualifier)) =>
            {
                self.before(at, "sizeof(");
                self.after(end - 1, ")");
                return end;
            }
            None if end == at + 1 && !matches!(self.kind(at), lex::NUMBER | lex::STRING | lex::CHAR) => {
                let operator = format!("\"{}\"", self.text_of(at));
                self.replace(at, end, operator);
                return end;
            }
            // Two names side by side: a declaration for a macro that makes one.
            Some(Word::Name) if self.is_name(at + 1) && end == at + 2 => {
                self.blank(at, at + 1);
                return end;
            }
            _ => {}
        }
        at
    }

    fn is_odd_start(&self, at: usize) -> bool {
        match self.kind(at) {
            lex::IDENT => match word(self.text_of(at)) {
                Word::Name => matches!(self.kind(at + 1), b'*' | lex::IDENT),
                Word::Operator | Word::Typeof | Word::Asm | Word::Attribute | Word::Blank => false,
                _ => true,
            },
            lex::NUMBER | lex::STRING | lex::CHAR => false,
            _ => matches!(self.kind(at + 1), b',' | b')'),
        }
    }
}
