//! Rewrites what the grammar cannot read: attributes, `asm`, `typeof`, types as arguments, and uses of macros that are
//! not in view (decorations, loop heads, statements without a semicolon, function heads).
//! Must not know macros in view: those are expanded already.

mod argument;
mod declaration;
mod decoration;
mod extension;
mod statement;
mod tokens;

use std::borrow::Cow;

use super::lex::{self, Token};
use super::words::{Word, word};
use crate::syntax::MappedText;

/// Tokens of a label or the target of a jump that are looked at.
const LABEL_LIMIT: usize = 200;

/// Rewrites.
pub(super) fn adapt(mapped: MappedText) -> MappedText {
    let edited = {
        let mut adapter = Adapter::new(&mapped.text);
        adapter.run();
        let mut edits = adapter.edits;
        edits.sort_by_key(|(lo, hi, _)| (*lo, *hi));
        (!edits.is_empty()).then(|| mapped.edited(&edits))
    };
    edited.unwrap_or(mapped)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brace {
    Extern,
    Record,
    Enum,
    Init,
    Block,
}

#[derive(Debug, Clone, Copy)]
struct Paren {
    control: bool,
    call: bool,
}

struct Adapter<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    /// The partner of each bracket, token by token; `tokens::NO_MATE` for all else.
    mates: Vec<u32>,
    edits: Vec<(usize, usize, Cow<'t, str>)>,
    braces: Vec<Brace>,
    /// How many of the open braces are blocks, and how many are not of `extern "C"`.
    blocks: usize,
    others: usize,
    parens: Vec<Paren>,
    /// Whether a statement, member or declaration may start here.
    start: bool,
}

impl<'t> Adapter<'t> {
    fn new(text: &'t str) -> Self {
        let (tokens, mates) = tokens::tokenize(text);
        Adapter {
            text,
            tokens,
            mates,
            edits: Vec::new(),
            braces: Vec::new(),
            blocks: 0,
            others: 0,
            parens: Vec::new(),
            start: true,
        }
    }

    fn at_file_scope(&self) -> bool {
        self.parens.is_empty() && self.others == 0
    }

    fn in_block(&self) -> bool {
        self.braces.last() == Some(&Brace::Block)
    }

    fn run(&mut self) {
        let mut at = 0;
        while self.kind(at) != lex::END {
            at = self.step(at).max(at + 1);
        }
    }

    /// Handles the token at `at`; gives the next to look at.
    fn step(&mut self, at: usize) -> usize {
        let start = std::mem::replace(&mut self.start, false);
        match self.kind(at) {
            lex::IDENT => return self.identifier(at, start),
            b'{' => {
                let brace = self.brace(at);
                self.blocks += usize::from(brace == Brace::Block);
                self.others += usize::from(brace != Brace::Extern);
                self.braces.push(brace);
                self.start = true;
            }
            b'}' => {
                self.parens.clear();
                if let Some(brace) = self.braces.pop() {
                    self.blocks -= usize::from(brace == Brace::Block);
                    self.others -= usize::from(brace != Brace::Extern);
                    if brace == Brace::Record {
                        self.after_record(at + 1);
                    }
                }
                self.start = true;
            }
            b';' => {
                self.start = self.parens.last().is_none_or(|paren| !paren.control);
            }
            b'(' => {
                let control = self.word(at.wrapping_sub(1)) == Some(Word::Control);
                let call = !control && self.is_call(at);
                self.parens.push(Paren { control, call });
                if call {
                    return self.argument(at + 1);
                }
            }
            b')' => {
                self.start = self.parens.pop().is_some_and(|paren| paren.control);
            }
            b',' if self.parens.last().is_some_and(|paren| paren.call) => return self.argument(at + 1),
            // A bit-field without a name, which only pads, or asserts by its width.
            b':' if self.braces.last() == Some(&Brace::Record) && self.word(at.wrapping_sub(1)) == Some(Word::Type) => {
                self.before(at, " __unnamed ");
            }
            b':' => {
                // `label: }` lacks a statement.
                if self.kind(at + 1) == b'}' && self.in_block() {
                    self.after(at, ";");
                }
                self.start = self.in_block() && self.parens.is_empty();
            }
            lex::AND_AND
                if self.kind(at + 1) == lex::IDENT
                    && matches!(self.kind_before(at), b'=' | b'(' | b',' | b'{' | b'[' | b'?' | b':') =>
            {
                let label = self.text_of(at + 1);
                self.replace(at, at + 2, format!("__label_address({label})"));
                return at + 2;
            }
            // `(x) && y`: the grammar may see a cast of the address of a label.
            lex::AND_AND if self.kind(at.wrapping_sub(1)) == b')' && self.kind(at.wrapping_sub(2)) == lex::IDENT => {
                let open = at.wrapping_sub(3);
                let before = open.wrapping_sub(1);
                let is_operand = match self.kind_before(open) {
                    lex::IDENT => self.word(before) == Some(Word::Jump),
                    b')' | b']' => false,
                    _ => true,
                };
                if self.kind(open) == b'(' && is_operand {
                    self.blank(open, open + 1);
                    self.blank(at - 1, at);
                }
            }
            b'#' => {
                // What is left of a directive that is no directive here.
                self.blank(at, at + 1);
            }
            _ => {}
        }
        at + 1
    }

    fn brace(&self, at: usize) -> Brace {
        let before = at.wrapping_sub(1);
        let tag = |at: usize| match self.text_of(at) {
            "enum" => Some(Brace::Enum),
            "struct" | "union" => Some(Brace::Record),
            _ => None,
        };
        if let Some(brace) = tag(before).or_else(|| tag(at.wrapping_sub(2)).filter(|_| self.is_name(before))) {
            return brace;
        }
        match self.kind(before) {
            lex::STRING => Brace::Extern,
            b'=' | b',' | b']' => Brace::Init,
            b'{' | b'(' if matches!(self.braces.last(), Some(Brace::Init)) => Brace::Init,
            _ => Brace::Block,
        }
    }

    /// Whether the parenthesis opens the arguments of a call in an expression.
    fn is_call(&self, at: usize) -> bool {
        let name = at.wrapping_sub(1);
        if !self.is_name(name) || self.blocks == 0 && self.braces.last() != Some(&Brace::Init) {
            return false;
        }
        match self.kind_before(name) {
            lex::IDENT => {
                matches!(self.word(name.wrapping_sub(1)), Some(Word::Jump | Word::Opens | Word::Label | Word::Operator))
            }
            _ => true,
        }
    }

    fn identifier(&mut self, at: usize, start: bool) -> usize {
        let text = self.text_of(at);
        match word(text) {
            Word::Attribute => {
                let end = self.arguments(at).map_or(at + 1, |(_, close)| close + 1);
                let noreturn = self.source(at, end).contains("noreturn") && self.kind(end) == lex::IDENT;
                self.replace(at, end, if noreturn && self.at_file_scope() { "_Noreturn " } else { " " });
                self.start = start;
                return end;
            }
            Word::Blank => {
                self.blank(at, at + 1);
                self.start = start;
                return at + 1;
            }
            Word::Asm => return self.assembly(at),
            Word::Typeof => return self.type_of(at),
            Word::Label if text == "case" => {
                self.case(at);
                return at + 1;
            }
            Word::Label => return at + 1,
            Word::Jump if text == "goto" && self.kind(at + 1) == b'*' => {
                let mut end = at;
                while !matches!(self.kind(end), b';' | b'}' | lex::END) && end - at < LABEL_LIMIT {
                    end += 1;
                }
                self.replace(at, at + 2, "__computed_goto(");
                self.before(end, ")");
                return at + 2;
            }
            Word::Opens => {
                self.start = true;
                return at + 1;
            }
            Word::Qualifier if text == "_Atomic" && self.kind(at + 1) == b'(' => {
                if let Some((open, close)) = self.arguments(at) {
                    self.blank(at, open + 1);
                    self.blank(close, close + 1);
                }
                return at + 2;
            }
            _ => {}
        }
        match text {
            "va_arg" | "__builtin_va_arg" => {
                if let Some((open, close)) = self.arguments(at)
                    && let [list, (from, to)] = self.split(open, close).as_slice()
                {
                    let replaced = format!("(*({} *)va_arg({}))", self.source(*from, *to), self.source(list.0, list.1));
                    self.replace(at, close + 1, replaced);
                    return close + 1;
                }
            }
            "offsetof" | "__builtin_offsetof" => {
                if let Some((open, close)) = self.arguments(at)
                    && let [(from, to), member] = self.split(open, close).as_slice()
                {
                    let of_type = self.word(*from) == Some(Word::Typeof);
                    if member.1 - member.0 == 1 && text == "offsetof" && !of_type {
                        return close + 1;
                    }
                    let replaced =
                        format!("((unsigned long)&(({} *)0)->{})", self.type_text(*from, *to), self.source(member.0, member.1));
                    self.replace(at, close + 1, replaced);
                    return close + 1;
                }
            }
            "__builtin_types_compatible_p" => {
                if let Some((open, close)) = self.arguments(at) {
                    self.replace(open, close + 1, "()");
                    return close + 1;
                }
            }
            "_Static_assert" | "static_assert" | "__label__" => {
                let mut end = self.arguments(at).map_or(at + 1, |(_, close)| close + 1);
                while text == "__label__" && !matches!(self.kind(end), b';' | lex::END) {
                    end += 1;
                }
                self.blank(at, end);
                self.start = start;
                return end;
            }
            "__const" | "__const__" => self.replace(at, at + 1, "const"),
            "__volatile__" | "__volatile" => self.replace(at, at + 1, "volatile"),
            "__signed__" | "__signed" => self.replace(at, at + 1, "signed"),
            "_Thread_local" => self.replace(at, at + 1, "__thread"),
            _ => {}
        }
        if start {
            if self.at_file_scope() {
                return self.declaration(at);
            }
            match self.braces.last() {
                Some(Brace::Block) => return self.statement(at),
                Some(Brace::Record) => return self.member(at),
                _ => {}
            }
        }
        at + 1
    }
}
