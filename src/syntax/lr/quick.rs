//! The commonest tokens without the generated lexer: runs of blanks, words, comments.
//!
//! A generated lexer asks for one character at a time, through a pointer. What it does with these tokens is the same in nearly all of
//! its states; in which, it is asked once. Must not know which grammar it is.

use super::lexer::{Found, LexFn, Lexer};
use super::tables::Tables;
use crate::base::FastMap;

/// Characters behind a word that may make it part of another token: a prefix of a literal, a word with a hyphen, an escape.
const NO_END: &[u8] = b"\"'-\\@#";

const BLANKS: [u8; 4] = [b' ', b'\t', b'\n', b'\r'];

/// Texts that begin with about every sort of token.
const STARTS: [&str; 9] = ["a", ";", "(", "\"", "0", "/**/", "<", "}", ""];

/// Longer words are no keywords.
const MAX_KEYWORD: usize = 24;

/// What the lexer does in one of its states.
#[derive(Debug, Default, Clone)]
struct Facts {
    /// Blanks that it passes over.
    blanks: u128,
    /// ASCII characters that begin a word.
    words: u128,
    /// What a comment up to the end of the line is; 0: none.
    line: u16,
    /// What a comment up to `*/` is; 0: none.
    block: u16,
}

/// What a grammar's lexer does.
#[derive(Default)]
pub(super) struct Quick {
    facts: Vec<Facts>,
    /// The number of each keyword.
    keywords: FastMap<Vec<u8>, u16>,
    /// Whether a backslash says that a comment goes on in the next line.
    is_continued: bool,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

fn bit(byte: u8) -> u128 {
    if byte < 128 { 1 << byte } else { 0 }
}

/// The blanks that a lexer passes over before whatever comes; a carriage return only where it also passes over line ends.
fn blanks(ask: impl Fn(&str) -> Option<Found>) -> u128 {
    let is_skipped = |blank: &u8| {
        let found: Vec<Found> = STARTS.iter().filter_map(|start| ask(&format!("{}{start}", char::from(*blank)))).collect();
        !found.is_empty() && found.iter().all(|found| found.start == 1)
    };
    let skipped: u128 = BLANKS.iter().filter(|blank| is_skipped(blank)).map(|blank| bit(*blank)).sum();
    if skipped & bit(b'\n') == 0 { skipped & !bit(b'\r') } else { skipped }
}

/// All words that a lexer of keywords takes, found by following it letter by letter.
fn keywords(lex: LexFn) -> FastMap<Vec<u8>, u16> {
    let mut keywords = FastMap::default();
    let mut prefixes = vec![String::new()];
    while let Some(prefix) = prefixes.pop() {
        for next in (0..128u8).filter(|next| is_word(*next)) {
            let word = format!("{prefix}{}", char::from(next));
            let mut lexer = Lexer::new(&word);
            let found = lexer.find(lex, 0, 0).filter(|found| found.end == word.len());
            let goes_on = lexer.place() == word.len() && word.len() < MAX_KEYWORD;
            if let Some(found) = found {
                keywords.insert(word.clone().into_bytes(), found.symbol);
            }
            if goes_on {
                prefixes.push(word);
            }
        }
    }
    keywords
}

impl Quick {
    /// Asks the lexer in each of its states; `names` are the texts of all tokens.
    pub(super) fn learn(tables: &Tables, names: &[&str]) -> Quick {
        let ask = |text: &str, state: u16| Lexer::new(text).find(tables.lex, state, 0);
        let keywords = tables.keyword_lex.map(keywords).unwrap_or_default();
        let mut quick = Quick { keywords, ..Quick::default() };
        let word_like = |name: &&&str| !name.is_empty() && name.bytes().all(is_word);
        for state in tables.lexer_states() {
            let mut facts = Facts { blanks: blanks(|text| ask(text, state)), ..Facts::default() };
            // Behind a blank the lexer is in another state; both must do the same.
            let same = |text: &str, end: usize| {
                let plain = ask(text, state)?;
                let is_moved = |found: Found| (found.symbol, found.start, found.end) == (plain.symbol, 1, end + 1);
                let mut blanks = BLANKS.iter().filter(|blank| facts.blanks & bit(**blank) != 0);
                let is_same = blanks.all(|blank| ask(&format!("{}{text}", char::from(*blank)), state).is_some_and(is_moved));
                (is_same && (plain.start, plain.end) == (0, end)).then_some(plain.symbol)
            };
            let mut words = 0;
            for first in (0..128u8).filter(|first| is_word(*first) && !first.is_ascii_digit()) {
                let first_char = char::from(first);
                // Tokens of words that the lexer itself tells from others.
                let mut own = names.iter().filter(word_like).filter(|name| name.as_bytes().first() == Some(&first));
                let is_plain = |text: &str, end: usize| same(text, end) == Some(tables.word);
                if is_plain(&format!("{first_char} "), 1)
                    && is_plain(&format!("{first_char}q0_Z;"), 5)
                    && own.all(|name| is_plain(&format!("{name} "), name.len()))
                {
                    words |= bit(first);
                }
            }
            let comment = |texts: [(&str, usize); 3]| {
                let symbols = texts.map(|(text, end)| same(text, end).unwrap_or(0));
                if symbols.iter().all(|symbol| *symbol == symbols[0]) { symbols[0] } else { 0 }
            };
            let line = comment([("//\n", 2), ("// a\rb*/ \"c\n", 11), ("///*\u{d55c}\n", 7)]);
            let block = comment([("/**/ ", 4), ("/* a\n// *b\r\"c'**/ */", 17), ("/***\u{d55c}/*/ ", 10)]);
            quick.is_continued |= line != 0 && same("// a\\\nb\n", 5).is_none();
            (facts.words, facts.line, facts.block) = (words, line, block);
            let index = usize::from(state);
            if quick.facts.len() <= index {
                quick.facts.resize(index + 1, Facts::default());
            }
            if let Some(slot) = quick.facts.get_mut(index) {
                *slot = facts;
            }
        }
        quick
    }

    /// Where to start looking for the token behind a place: the last of a run of blanks, which says what may follow.
    pub(super) fn skip(&self, text: &[u8], state: u16, from: usize) -> usize {
        let blanks = self.facts.get(usize::from(state)).map_or(0, |facts| facts.blanks);
        let rest = text.get(from..).unwrap_or_default();
        let count = rest.iter().position(|byte| blanks & bit(*byte) == 0).unwrap_or(rest.len());
        from + count.saturating_sub(1)
    }

    /// The token from a place on, if it is a word or a comment.
    pub(super) fn find(&self, text: &[u8], state: u16, from: usize, word: u16) -> Option<Found> {
        let facts = self.facts.get(usize::from(state))?;
        let start = if text.get(from).is_some_and(|byte| facts.blanks & bit(*byte) != 0) { from + 1 } else { from };
        let rest = text.get(start..)?;
        let first = *rest.first()?;
        if facts.words & bit(first) != 0 {
            let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
            let is_whole = rest.get(length).is_none_or(|byte| byte.is_ascii() && !NO_END.contains(byte));
            return is_whole.then_some(Found { symbol: word, start, end: start + length });
        }
        if first != b'/' {
            return None;
        }
        match *rest.get(1)? {
            b'/' if facts.line != 0 => {
                let length = memchr::memchr(b'\n', rest)?;
                let is_continued = self.is_continued && memchr::memchr(b'\\', rest.get(..length)?).is_some();
                (!is_continued).then_some(Found { symbol: facts.line, start, end: start + length })
            }
            b'*' if facts.block != 0 => {
                let length = memchr::memmem::find(rest.get(2..)?, b"*/")? + 4;
                Some(Found { symbol: facts.block, start, end: start + length })
            }
            _ => None,
        }
    }

    /// Of the lexer's states: in how many words, comments to the line's end and other comments are found here.
    #[cfg(test)]
    pub(super) fn learnt(&self) -> [usize; 3] {
        let count = |is: fn(&&Facts) -> bool| self.facts.iter().filter(is).count();
        [count(|facts| facts.words != 0), count(|facts| facts.line != 0), count(|facts| facts.block != 0)]
    }

    /// What a word is as a keyword.
    pub(super) fn keyword(&self, word: &[u8]) -> Option<u16> {
        if word.len() > MAX_KEYWORD {
            return None;
        }
        self.keywords.get(word).copied()
    }
}
