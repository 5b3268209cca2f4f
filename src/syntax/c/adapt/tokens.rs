//! The tokens of a text with their brackets matched, so that no look ahead is ever a search.
//! Must not know what is rewritten.

use std::borrow::Cow;

use super::Adapter;
use crate::syntax::c::lex::{self, Token};
use crate::syntax::c::words::{Word, word};

/// Of a token that is no bracket, or one without a partner.
const NO_MATE: u32 = u32::MAX;

/// The tokens of a text, the end among them, and the partner of each bracket. Brackets of all kinds pair with one another:
/// the text is not checked here.
pub(super) fn tokenize(text: &str) -> (Vec<Token>, Vec<u32>) {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut at = 0;
    loop {
        let token = lex::next_token(text, at);
        at = token.hi as usize;
        tokens.push(token);
        if token.kind == lex::END {
            break;
        }
    }
    let mut mates = vec![NO_MATE; tokens.len()];
    let mut opened: Vec<u32> = Vec::new();
    for (at, token) in (0_u32..).zip(&tokens) {
        match token.kind {
            b'(' | b'[' | b'{' => opened.push(at),
            b')' | b']' | b'}' => {
                if let Some(open) = opened.pop() {
                    if let Some(mate) = mates.get_mut(open as usize) {
                        *mate = at;
                    }
                    if let Some(mate) = mates.get_mut(at as usize) {
                        *mate = open;
                    }
                }
            }
            _ => {}
        }
    }
    (tokens, mates)
}

impl<'t> Adapter<'t> {
    pub(super) fn token(&self, at: usize) -> Token {
        self.tokens.get(at).copied().unwrap_or(Token { kind: lex::END, lo: u32::MAX, hi: u32::MAX })
    }

    pub(super) fn kind(&self, at: usize) -> lex::Kind {
        self.token(at).kind
    }

    pub(super) fn kind_before(&self, at: usize) -> lex::Kind {
        at.checked_sub(1).map_or(lex::END, |at| self.kind(at))
    }

    pub(super) fn text_of(&self, at: usize) -> &'t str {
        self.token(at).text(self.text)
    }

    pub(super) fn word(&self, at: usize) -> Option<Word> {
        (self.kind(at) == lex::IDENT).then(|| word(self.text_of(at)))
    }

    pub(super) fn is_name(&self, at: usize) -> bool {
        self.word(at) == Some(Word::Name)
    }

    /// Replaces tokens `[from, to)`.
    pub(super) fn replace(&mut self, from: usize, to: usize, text: impl Into<Cow<'t, str>>) {
        if from < to {
            let (lo, hi) = (self.token(from).lo as usize, self.token(to - 1).hi as usize);
            self.edits.push((lo, hi, text.into()));
        }
    }

    pub(super) fn blank(&mut self, from: usize, to: usize) {
        self.replace(from, to, " ");
    }

    pub(super) fn before(&mut self, at: usize, text: impl Into<Cow<'t, str>>) {
        let lo = self.token(at).lo as usize;
        self.edits.push((lo, lo, text.into()));
    }

    pub(super) fn after(&mut self, at: usize, text: impl Into<Cow<'t, str>>) {
        let hi = self.token(at).hi as usize;
        self.edits.push((hi, hi, text.into()));
    }

    /// The closing bracket of the one at `open`; `None` if there is none.
    pub(super) fn close(&self, open: usize) -> Option<usize> {
        self.mates.get(open).map(|mate| *mate as usize).filter(|mate| *mate > open && *mate != NO_MATE as usize)
    }

    /// The opening bracket of the closing one at `close`.
    pub(super) fn open(&self, close: usize) -> Option<usize> {
        self.mates.get(close).map(|mate| *mate as usize).filter(|mate| *mate < close)
    }

    /// The parenthesis pair after the word at `at`.
    pub(super) fn arguments(&self, at: usize) -> Option<(usize, usize)> {
        (self.kind(at + 1) == b'(').then(|| self.close(at + 1).map(|close| (at + 1, close))).flatten()
    }

    /// As [`Adapter::arguments`], of a macro in a declaration: `type (*name)(…)` and `type (name)` have none.
    pub(super) fn macro_arguments(&self, at: usize) -> Option<(usize, usize)> {
        self.arguments(at).filter(|(open, close)| {
            self.kind(open + 1) != b'*' && !(self.kind(close + 1) == b'(' && self.kind(close + 2) != b'(')
        })
    }

    /// The arguments within a pair, as token ranges.
    pub(super) fn split(&self, open: usize, close: usize) -> Vec<(usize, usize)> {
        let mut list = Vec::new();
        let (mut from, mut at) = (open + 1, open + 1);
        while at < close {
            if self.kind(at) == b',' {
                list.push((from, at));
                from = at + 1;
            }
            // Whole groups are passed over, so that nested uses stay linear.
            at = self.close(at).filter(|end| *end < close).unwrap_or(at) + 1;
        }
        if open + 1 < close {
            list.push((from, close));
        }
        list
    }

    pub(super) fn source(&self, from: usize, to: usize) -> &'t str {
        if from >= to {
            return "";
        }
        self.text.get(self.token(from).lo as usize..self.token(to - 1).hi as usize).unwrap_or_default()
    }
}
