//! Rewrites what the grammar cannot read: attributes, `asm`, `typeof`, types as arguments, and uses of macros that are
//! not in view (decorations, loop heads, statements without a semicolon, function heads).
//! Must not know macros in view: those are expanded already.

use std::borrow::Cow;

use super::lex::{self, Token};
use super::words::{Word, is_decoration, is_loop, is_upper, word};
use crate::syntax::MappedText;

/// Tokens of one declaration's head that are looked at.
const HEAD_LIMIT: usize = 2_000;

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
    edits: Vec<(usize, usize, Cow<'t, str>)>,
    braces: Vec<Brace>,
    parens: Vec<Paren>,
    /// Whether a statement, member or declaration may start here.
    start: bool,
}

impl<'t> Adapter<'t> {
    fn new(text: &'t str) -> Self {
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
        Adapter { text, tokens, edits: Vec::new(), braces: Vec::new(), parens: Vec::new(), start: true }
    }

    fn token(&self, at: usize) -> Token {
        self.tokens.get(at).copied().unwrap_or(Token { kind: lex::END, lo: u32::MAX, hi: u32::MAX })
    }

    fn kind(&self, at: usize) -> lex::Kind {
        self.token(at).kind
    }

    fn kind_before(&self, at: usize) -> lex::Kind {
        at.checked_sub(1).map_or(lex::END, |at| self.kind(at))
    }

    fn text_of(&self, at: usize) -> &'t str {
        self.token(at).text(self.text)
    }

    fn word(&self, at: usize) -> Option<Word> {
        (self.kind(at) == lex::IDENT).then(|| word(self.text_of(at)))
    }

    fn is_name(&self, at: usize) -> bool {
        self.word(at) == Some(Word::Name)
    }

    /// Replaces tokens `[from, to)`.
    fn replace(&mut self, from: usize, to: usize, text: impl Into<Cow<'t, str>>) {
        if from < to {
            let (lo, hi) = (self.token(from).lo as usize, self.token(to - 1).hi as usize);
            self.edits.push((lo, hi, text.into()));
        }
    }

    fn blank(&mut self, from: usize, to: usize) {
        self.replace(from, to, " ");
    }

    fn before(&mut self, at: usize, text: impl Into<Cow<'t, str>>) {
        let lo = self.token(at).lo as usize;
        self.edits.push((lo, lo, text.into()));
    }

    fn after(&mut self, at: usize, text: impl Into<Cow<'t, str>>) {
        let hi = self.token(at).hi as usize;
        self.edits.push((hi, hi, text.into()));
    }

    /// The closing bracket of the one at `open`; `None` if there is none.
    fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        let mut at = open;
        loop {
            match self.kind(at) {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                lex::END => return None,
                _ => {}
            }
            at += 1;
        }
    }

    /// The parenthesis pair after the word at `at`.
    fn arguments(&self, at: usize) -> Option<(usize, usize)> {
        (self.kind(at + 1) == b'(').then(|| self.close(at + 1).map(|close| (at + 1, close))).flatten()
    }

    /// As [`Adapter::arguments`], of a macro in a declaration: `type (*name)(…)` and `type (name)` have none.
    fn macro_arguments(&self, at: usize) -> Option<(usize, usize)> {
        self.arguments(at).filter(|(open, close)| self.kind(open + 1) != b'*' && !(self.kind(close + 1) == b'(' && self.kind(close + 2) != b'('))
    }

    /// The arguments within a pair, as token ranges.
    fn split(&self, open: usize, close: usize) -> Vec<(usize, usize)> {
        let mut list = Vec::new();
        let mut from = open + 1;
        let mut depth = 0usize;
        for at in open + 1..close {
            match self.kind(at) {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b',' if depth == 0 => {
                    list.push((from, at));
                    from = at + 1;
                }
                _ => {}
            }
        }
        if open + 1 < close {
            list.push((from, close));
        }
        list
    }

    fn source(&self, from: usize, to: usize) -> &'t str {
        if from >= to {
            return "";
        }
        self.text.get(self.token(from).lo as usize..self.token(to - 1).hi as usize).unwrap_or_default()
    }

    fn at_file_scope(&self) -> bool {
        self.parens.is_empty() && self.braces.iter().all(|brace| *brace == Brace::Extern)
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
                self.braces.push(brace);
                self.start = true;
            }
            b'}' => {
                self.parens.clear();
                if self.braces.pop() == Some(Brace::Record) {
                    self.after_record(at + 1);
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
                if self.parens.pop().is_some_and(|paren| paren.control) {
                    self.start = true;
                }
            }
            b',' if self.parens.last().is_some_and(|paren| paren.call) => return self.argument(at + 1),
            b':' => {
                // `label: }` lacks a statement.
                if self.kind(at + 1) == b'}' && self.in_block() {
                    self.after(at, ";");
                }
                self.start = self.in_block() && self.parens.is_empty();
            }
            lex::AND_AND if self.kind(at + 1) == lex::IDENT && matches!(self.kind_before(at), b'=' | b'(' | b',' | b'{' | b'[' | b'?' | b':') => {
                let label = self.text_of(at + 1);
                self.replace(at, at + 2, format!("__label_address({label})"));
                return at + 2;
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
        if !self.is_name(name) || !self.in_block() && !self.braces.contains(&Brace::Block) && self.braces.last() != Some(&Brace::Init) {
            return false;
        }
        match self.kind_before(name) {
            lex::IDENT => matches!(self.word(name.wrapping_sub(1)), Some(Word::Jump | Word::Opens | Word::Label | Word::Operator)),
            _ => true,
        }
    }

    /// An argument of a call that starts at `at`: types, operators and statements are no expressions.
    fn argument(&mut self, at: usize) -> usize {
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
            if end - at > 200 {
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
            Some(Word::Name) if self.kind(end - 1) == b'*' && (at + 1..end).all(|at| self.kind(at) == b'*' || self.word(at) == Some(Word::Qualifier)) => {
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

    fn identifier(&mut self, at: usize, start: bool) -> usize {
        let text = self.text_of(at);
        match word(text) {
            Word::Attribute => {
                let end = self.arguments(at).map_or(at + 1, |(_, close)| close + 1);
                let noreturn = self.source(at, end).contains("noreturn") && self.kind(end) == lex::IDENT;
                self.replace(at, end, if noreturn { "_Noreturn " } else { " " });
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
                while !matches!(self.kind(end), b';' | lex::END) {
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
                    if member.1 - member.0 == 1 && text == "offsetof" {
                        return close + 1;
                    }
                    let replaced = format!("((unsigned long)&(({} *)0)->{})", self.source(*from, *to), self.source(member.0, member.1));
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

    /// `case A ... B:`
    fn case(&mut self, at: usize) {
        let mut end = at + 1;
        let mut dots = None;
        let mut depth = 0usize;
        loop {
            match self.kind(end) {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                lex::ELLIPSIS if depth == 0 => dots = Some(end),
                b':' | b';' | b'{' | b'}' | lex::END => break,
                _ => {}
            }
            end += 1;
        }
        if let Some(dots) = dots {
            self.after(at, " __case_range(");
            self.replace(dots, dots + 1, ",");
            self.before(end, ")");
        }
    }

    /// `asm`: template, constraints and clobbers go; outputs and inputs stay.
    fn assembly(&mut self, at: usize) -> usize {
        let mut open = at + 1;
        while self.kind(open) == lex::IDENT {
            open += 1;
        }
        if self.kind(open) == b'{' {
            let end = self.close(open).map_or(open, |close| close + 1);
            self.replace(at, end, ";");
            self.start = true;
            return end;
        }
        let Some(close) = (self.kind(open) == b'(').then(|| self.close(open)).flatten() else { return at + 1 };
        // `int x asm("name")`, `register int r asm("eax")`: a name, no code.
        if matches!(self.kind_before(at), lex::IDENT | b')') && self.braces.last() != Some(&Brace::Block)
            || (self.kind_before(at) == lex::IDENT && self.is_name(at - 1))
        {
            self.blank(at, close + 1);
            return close + 1;
        }
        let mut sections: Vec<Vec<(usize, usize)>> = vec![Vec::new()];
        let mut from = open + 1;
        let mut depth = 0usize;
        for token in open + 1..=close {
            match self.kind(token) {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if token < close => depth = depth.saturating_sub(1),
                b':' | b',' | b')' if depth == 0 => {
                    if let Some(section) = sections.last_mut().filter(|_| from < token) {
                        section.push((from, token));
                    }
                    from = token + 1;
                    if self.kind(token) == b':' {
                        sections.push(Vec::new());
                    }
                }
                _ => {}
            }
        }
        let operands = |section: Option<&Vec<(usize, usize)>>| -> String {
            let mut list = String::new();
            for (_, to) in section.into_iter().flatten() {
                if self.kind(to - 1) != b')' {
                    continue;
                }
                let Some(start) = self.open(to - 1) else { continue };
                if !list.is_empty() {
                    list.push_str(", ");
                }
                list.push_str("\"\"");
                list.push_str(self.source(start, *to));
            }
            list
        };
        let outputs = operands(sections.get(1));
        let inputs = operands(sections.get(2));
        let mut made = String::from("__asm__(\"\"");
        if !outputs.is_empty() || !inputs.is_empty() {
            made.push_str(" : ");
            made.push_str(&outputs);
        }
        if !inputs.is_empty() {
            made.push_str(" : ");
            made.push_str(&inputs);
        }
        made.push(')');
        self.replace(at, close + 1, made);
        close + 1
    }

    /// The opening bracket of the closing one at `close`.
    fn open(&self, close: usize) -> Option<usize> {
        let mut depth = 0usize;
        let mut at = close;
        loop {
            match self.kind(at) {
                b')' | b']' | b'}' => depth += 1,
                b'(' | b'[' | b'{' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
            at = at.checked_sub(1)?;
        }
    }

    /// `typeof(…)`, as a type the grammar reads.
    fn type_of(&mut self, at: usize) -> usize {
        let Some((open, close)) = self.arguments(at) else { return at + 1 };
        let (mut from, mut to) = (open + 1, close);
        while self.kind(from) == b'(' && self.close(from) == Some(to.wrapping_sub(1)) {
            (from, to) = (from + 1, to - 1);
        }
        let made = match (to.saturating_sub(from), self.kind(from)) {
            (1, lex::IDENT) if self.is_name(from) => format!("typeof({})", self.text_of(from)),
            (2, b'*') if self.is_name(from + 1) => format!("__typeof_deref({})", self.text_of(from + 1)),
            (2, b'&') if self.is_name(from + 1) => format!("__typeof_address({})", self.text_of(from + 1)),
            _ if matches!(self.word(from), Some(Word::Type | Word::Tag | Word::Qualifier)) && self.kind(to - 1) != b'}' => {
                format!("typeof({})", self.source(from, to))
            }
            _ => "__typeof_unknown".to_owned(),
        };
        self.replace(at, close + 1, made);
        self.start = false;
        close + 1
    }

    /// A declaration or definition at file scope; gives the token to go on with.
    fn declaration(&mut self, at: usize) -> usize {
        // A macro's use on its own line: with a semicolon or without, or as the head of a function.
        if self.is_name(at)
            && let Some((open, close)) = self.macro_arguments(at)
        {
            match self.kind(close + 1) {
                b';' => {
                    self.blank(at, close + 2);
                    self.start = true;
                    return close + 2;
                }
                b'{' => return self.macro_head(at, open, close),
                lex::END => {
                    self.blank(at, close + 1);
                    return close + 1;
                }
                b'=' => {
                    let name = (open..close).rev().find(|at| self.is_name(*at)).map_or("unnamed", |at| self.text_of(at));
                    self.replace(at, close + 1, format!("int {name}[]"));
                    return close + 1;
                }
                lex::IDENT => {
                    let between = self.text.get(self.token(close).hi as usize..self.token(close + 1).lo as usize).unwrap_or_default();
                    let starts = matches!(self.word(close + 1), Some(Word::Storage | Word::Tag));
                    let old_style = self.is_old_style(close + 1);
                    if old_style {
                        self.before(at, "int ");
                        return close + 1;
                    }
                    if starts || between.contains('\n') || self.word(close + 1) == Some(Word::Type) {
                        self.blank(at, close + 1);
                        self.start = true;
                        return close + 1;
                    }
                }
                _ => {}
            }
        }
        // `static MACRO(args);`, `static MACRO(args) = …;`
        if matches!(self.word(at), Some(Word::Storage | Word::Qualifier)) {
            let mut name = at;
            while matches!(self.word(name), Some(Word::Storage | Word::Qualifier)) {
                name += 1;
            }
            if self.is_name(name)
                && let Some((open, close)) = self.macro_arguments(name)
            {
                match self.kind(close + 1) {
                    b';' if is_upper(self.text_of(name)) => {
                        self.blank(at, close + 2);
                        self.start = true;
                        return close + 2;
                    }
                    b'=' => {
                        let variable = (open..close).rev().find(|at| self.is_name(*at)).map_or("unnamed", |at| self.text_of(at));
                        self.replace(name, close + 1, format!("int {variable}[]"));
                        return close + 1;
                    }
                    b'{' if self.word(at) == Some(Word::Storage) => return self.macro_head(name, open, close),
                    _ => {}
                }
            }
        }
        self.decorations(at, true)
    }

    /// Whether declarations of parameters start at `at`: they end in semicolons and a body follows.
    fn is_old_style(&self, at: usize) -> bool {
        let mut at = at;
        let mut any = false;
        for _ in 0..400 {
            match self.kind(at) {
                b';' => any = true,
                b'{' => return any && self.kind_before(at) == b';',
                lex::IDENT if matches!(self.word(at), Some(Word::Storage)) && self.text_of(at) != "register" => return false,
                lex::IDENT | b'*' | b',' | b'[' | b']' | lex::NUMBER => {}
                b'(' | b')' => {}
                _ => return false,
            }
            at += 1;
        }
        false
    }

    /// `MACRO(args) {`: a function whose head a macro makes, or one without a result type.
    fn macro_head(&mut self, at: usize, open: usize, close: usize) -> usize {
        let name = self.text_of(at);
        let arguments = self.split(open, close);
        let plain = arguments.iter().all(|(from, to)| to - from == 1 && self.is_name(*from));
        let declared: Vec<&(usize, usize)> = arguments.iter().filter(|(from, to)| to - from >= 2 || matches!(self.word(*from), Some(Word::Type))).collect();
        if (plain || declared.len() == arguments.len()) && !is_upper(name) {
            // K&R without a type.
            self.before(at, "int ");
            return close + 1;
        }
        let single = |(from, to): &(usize, usize)| to - from == 1 && self.is_name(*from);
        let mut made = format!("long {name}");
        for argument in arguments.iter().filter(|argument| single(argument)).take(2) {
            made.push('_');
            made.push_str(self.text_of(argument.0));
            if name.contains("DEFINE") {
                break;
            }
        }
        made.push('(');
        // `SYSCALL_DEFINE3(name, type, parameter, …)`: types and names in turn.
        let rest = arguments.get(1..).unwrap_or_default();
        let turns = name.contains("DEFINE") && !rest.is_empty() && rest.len() % 2 == 0 && rest.chunks(2).all(|pair| pair.last().is_some_and(single));
        let mut first = true;
        let mut push = |made: &mut String, text: &str| {
            if !std::mem::replace(&mut first, false) {
                made.push_str(", ");
            }
            made.push_str(text);
        };
        if turns {
            for pair in rest.chunks(2) {
                if let [ty, parameter] = pair {
                    let ty: Vec<&str> = (ty.0..ty.1).map(|at| self.text_of(at)).filter(|text| !text.starts_with("__")).collect();
                    push(&mut made, &format!("{} {}", ty.join(" "), self.text_of(parameter.0)));
                }
            }
        } else {
            for (from, to) in declared {
                if self.kind(*from) == lex::IDENT && self.is_name(to - 1) {
                    push(&mut made, self.source(*from, *to));
                }
            }
        }
        if first {
            made.push_str("void");
        }
        made.push(')');
        self.replace(at, close + 1, made);
        close + 1
    }

    /// A statement in a block.
    fn statement(&mut self, at: usize) -> usize {
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
    fn member(&mut self, at: usize) -> usize {
        if self.is_name(at)
            && let Some((open, close)) = self.macro_arguments(at)
        {
            let next = self.kind(close + 1);
            if next == b';' || next == b'}' || next == lex::IDENT && self.is_odd_member(close + 1) {
                let name = self.split(open, close).iter().find(|(from, to)| to - from == 1 && self.is_name(*from)).map(|(from, _)| self.text_of(*from));
                let made = name.map_or_else(|| " ".to_owned(), |name| format!("int {name}"));
                let blank = name.is_none();
                self.replace(at, close + 1 + usize::from(blank && next == b';'), if next == b';' { made } else { format!("{made};") });
                self.start = true;
                return close + 1 + usize::from(next == b';');
            }
        }
        self.decorations(at, false)
    }

    fn is_odd_member(&self, at: usize) -> bool {
        !self.is_name(at)
    }

    /// What follows a struct's closing brace: decorations before the name or the semicolon.
    fn after_record(&mut self, at: usize) {
        let mut end = at;
        let mut names = Vec::new();
        loop {
            match self.kind(end) {
                lex::IDENT if self.is_name(end) => match self.arguments(end) {
                    Some((_, close)) => {
                        self.blank(end, close + 1);
                        end = close;
                    }
                    None => names.push(end),
                },
                lex::IDENT => {}
                _ => break,
            }
            end += 1;
        }
        let keep = if matches!(self.kind(end), b'*' | b'(') { 0 } else { 1 };
        self.drop_names(&names, keep);
    }

    /// Blanks names until only so many are left: those that look like decorations first.
    fn drop_names(&mut self, names: &[usize], keep: usize) {
        let mut excess = names.len().saturating_sub(keep);
        let mut dropped = Vec::new();
        for decorations in [true, false] {
            for &name in names {
                if excess > 0 && !dropped.contains(&name) && is_decoration(self.text_of(name)) == decorations {
                    self.blank(name, name + 1);
                    dropped.push(name);
                    excess -= 1;
                }
            }
        }
    }

    /// Blanks the unknown words of a declaration's specifiers and of its parameters. Gives the first token after the specifiers.
    fn decorations(&mut self, at: usize, file_scope: bool) -> usize {
        let mut end = at;
        let mut names = Vec::new();
        let mut base = false;
        let mut function = false;
        while end < at + HEAD_LIMIT {
            match self.word(end) {
                Some(Word::Name) => {
                    // `__printf(1, 2) int f(…)`: more specifiers follow the parenthesis.
                    if let Some((_, close)) = self.macro_arguments(end) {
                        let more = self.kind(close + 1) == lex::IDENT && !self.is_old_style(close + 1);
                        let typed = base || !names.is_empty();
                        if more && (is_decoration(self.text_of(end)) || !typed) && self.kind(close + 2) != b';' && self.kind(close + 2) != b'{' {
                            if typed || self.word(close + 1) != Some(Word::Name) || self.is_name(close + 2) {
                                self.blank(end, close + 1);
                            } else {
                                base = true;
                            }
                            end = close + 1;
                            continue;
                        }
                        if self.kind(close + 1) == b'*' && !typed && file_scope {
                            // `STACK_OF(X) *f(…)`
                            base = true;
                            end = close + 1;
                            continue;
                        }
                        names.push(end);
                        function = true;
                        end += 1;
                        break;
                    }
                    names.push(end);
                }
                Some(Word::Tag) => {
                    base = true;
                    // `struct __packed foo`, `enum foo`
                    while self.word(end + 1) == Some(Word::Attribute) {
                        let close = self.arguments(end + 1).map_or(end + 1, |(_, close)| close);
                        self.blank(end + 1, close + 1);
                        end = close;
                    }
                    if self.is_name(end + 1) {
                        end += 1;
                    }
                    if self.kind(end + 1) == b'{' {
                        self.drop_names(&names, 0);
                        return end + 1;
                    }
                }
                Some(Word::Type) => base = true,
                Some(Word::Storage | Word::Qualifier) => {
                    if self.text_of(end) == "extern" && self.kind(end + 1) == lex::STRING {
                        return end + 1;
                    }
                }
                Some(Word::Blank) => self.blank(end, end + 1),
                Some(Word::Attribute) => {
                    let close = self.arguments(end).map_or(end, |(_, close)| close);
                    let noreturn = self.source(end, close + 1).contains("noreturn");
                    self.replace(end, close + 1, if noreturn { "_Noreturn " } else { " " });
                    end = close;
                }
                _ => break,
            }
            end += 1;
        }
        if self.word(end) == Some(Word::Typeof) || self.word(end) == Some(Word::Asm) {
            return end;
        }
        let terminator = self.kind(end);
        // An expression statement: `a = b;`, `a * b`, `a->b`.
        if !base && names.len() < 2 && !file_scope && !matches!(self.word(at), Some(Word::Storage | Word::Qualifier)) {
            return if function { end } else { end.max(at + 1) };
        }
        let named = terminator != b'*' && !(terminator == b'(' && !function);
        self.drop_names(&names, usize::from(!base) + usize::from(named));
        let specified = base || names.len() >= 1 + usize::from(named);
        if !specified && file_scope && named && function && !names.is_empty() {
            // `static f(void) {`: an implicit int.
            if let Some(&name) = names.last() {
                self.before(name, "int ");
            }
        }
        self.declarators(end, file_scope, function)
    }

    /// The part of a declaration after its specifiers: pointers with qualifiers, parameters, trailing words.
    fn declarators(&mut self, at: usize, file_scope: bool, mut function: bool) -> usize {
        let mut end = at;
        // `* __restrict name`
        if self.kind(end) == b'*' {
            let mut names = Vec::new();
            while matches!(self.kind(end), b'*' | lex::IDENT) {
                if self.is_name(end) {
                    names.push(end);
                    if self.kind(end + 1) == b'(' {
                        function = true;
                        end += 1;
                        break;
                    }
                } else if self.word(end) == Some(Word::Blank) {
                    self.blank(end, end + 1);
                } else if !matches!(self.word(end), None | Some(Word::Qualifier)) {
                    break;
                }
                end += 1;
            }
            self.drop_names(&names, 1);
        }
        if function && self.kind(end) == b'(' && file_scope {
            let Some(close) = self.close(end) else { return end };
            for (from, to) in self.split(end, close) {
                self.parameter(from, to);
            }
            let mut after = close + 1;
            if !self.is_old_style(after) {
                // Trailing decorations.
                while self.is_name(after) {
                    let next = self.arguments(after).map_or(after + 1, |(_, close)| close + 1);
                    self.blank(after, next);
                    after = next;
                }
            }
            return after;
        }
        // `x[4] __aligned(8)`
        while self.kind(end) == b'[' {
            let Some(close) = self.close(end) else { return end };
            end = close + 1;
            while self.is_name(end) {
                let next = self.arguments(end).map_or(end + 1, |(_, close)| close + 1);
                self.blank(end, next);
                end = next;
            }
        }
        end
    }

    /// One parameter of a function's declarator.
    fn parameter(&mut self, from: usize, to: usize) {
        let mut names = Vec::new();
        let mut base = false;
        let mut at = from;
        while at < to {
            match self.word(at) {
                Some(Word::Name) => match self.macro_arguments(at).filter(|(_, close)| *close < to) {
                    Some((_, close)) => {
                        if close + 1 < to && (base || !names.is_empty() || self.kind(close + 1) != b'*') {
                            self.blank(at, close + 1);
                        } else {
                            base = true;
                        }
                        at = close;
                    }
                    None => names.push(at),
                },
                Some(Word::Type) => base = true,
                Some(Word::Tag) => {
                    base = true;
                    at += usize::from(self.is_name(at + 1));
                }
                Some(Word::Blank) => self.blank(at, at + 1),
                Some(Word::Attribute) => {
                    let close = self.arguments(at).map_or(at, |(_, close)| close);
                    self.blank(at, close + 1);
                    at = close;
                }
                Some(Word::Typeof) => {
                    at = self.type_of(at) - 1;
                    base = true;
                }
                Some(_) => {}
                None => break,
            }
            at += 1;
        }
        let starred = self.kind(at) == b'*' && at < to;
        let keep = usize::from(!base) + usize::from(!starred && !(self.kind(at) == b'(' && at < to));
        self.drop_names(&names, keep);
        if starred {
            let mut names = Vec::new();
            while at < to && matches!(self.kind(at), b'*' | lex::IDENT) {
                match self.word(at) {
                    Some(Word::Name) => names.push(at),
                    Some(Word::Attribute) => {
                        let close = self.arguments(at).map_or(at, |(_, close)| close);
                        self.blank(at, close + 1);
                        at = close;
                    }
                    Some(Word::Blank) => self.blank(at, at + 1),
                    _ => {}
                }
                at += 1;
            }
            self.drop_names(&names, 1);
        }
        // Attributes after the name.
        while at < to {
            if self.word(at) == Some(Word::Attribute) {
                let close = self.arguments(at).map_or(at, |(_, close)| close);
                self.blank(at, close + 1);
                at = close;
            }
            at += 1;
        }
    }
}
