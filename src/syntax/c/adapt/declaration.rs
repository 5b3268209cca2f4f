//! Declarations at file scope, and heads of functions that macros make.
//! Must not know statements.

use super::Adapter;
use crate::syntax::c::lex;
use crate::syntax::c::words::{Word, is_upper};

/// Tokens of the parameters' declarations before a body that are looked at.
const OLD_STYLE_LIMIT: usize = 400;

impl Adapter<'_> {
    /// A declaration or definition at file scope; gives the token to go on with.
    pub(super) fn declaration(&mut self, at: usize) -> usize {
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
                    let between =
                        self.text.get(self.token(close).hi as usize..self.token(close + 1).lo as usize).unwrap_or_default();
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
    pub(super) fn is_old_style(&self, at: usize) -> bool {
        let mut any = false;
        for at in at..at + OLD_STYLE_LIMIT {
            match self.kind(at) {
                b';' => any = true,
                b'{' => return any && self.kind_before(at) == b';',
                lex::IDENT if matches!(self.word(at), Some(Word::Storage)) && self.text_of(at) != "register" => return false,
                lex::IDENT | b'*' | b',' | b'[' | b']' | lex::NUMBER => {}
                b'(' | b')' => {}
                _ => return false,
            }
        }
        false
    }

    /// `MACRO(args) {`: a function whose head a macro makes, or one without a result type.
    fn macro_head(&mut self, at: usize, open: usize, close: usize) -> usize {
        let name = self.text_of(at);
        let arguments = self.split(open, close);
        let plain = arguments.iter().all(|(from, to)| to - from == 1 && self.is_name(*from));
        let declared: Vec<&(usize, usize)> =
            arguments.iter().filter(|(from, to)| to - from >= 2 || matches!(self.word(*from), Some(Word::Type))).collect();
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
        let turns = name.contains("DEFINE")
            && !rest.is_empty()
            && rest.len() % 2 == 0
            && rest.chunks(2).all(|pair| pair.last().is_some_and(single));
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
}
