//! Words of a declaration that no macro in view explains: all but a type and a name are blanked.
//! Must not know what the words mean.

use super::Adapter;
use crate::syntax::c::lex;
use crate::syntax::c::words::{Word, is_decoration};

/// Tokens of one declaration's head that are looked at.
const HEAD_LIMIT: usize = 2_000;

impl Adapter<'_> {
    /// What follows a struct's closing brace: decorations before the name or the semicolon.
    pub(super) fn after_record(&mut self, at: usize) {
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
        for decorations in [true, false] {
            for &name in names {
                if excess == 0 {
                    return;
                }
                if is_decoration(self.text_of(name)) == decorations {
                    self.blank(name, name + 1);
                    excess -= 1;
                }
            }
        }
    }

    /// Blanks the unknown words of a declaration's specifiers and of its parameters. Gives the first token after the specifiers.
    pub(super) fn decorations(&mut self, at: usize, file_scope: bool) -> usize {
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
                        if more
                            && (is_decoration(self.text_of(end)) || !typed)
                            && self.kind(close + 2) != b';'
                            && self.kind(close + 2) != b'{'
                        {
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
        let named = terminator != b'*' && (terminator != b'(' || function);
        self.drop_names(&names, usize::from(!base) + usize::from(named));
        let specified = base || names.len() > usize::from(named);
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
            // `*MACRO(name)(parameters)`: the macro makes the name.
            let made = self.close(end).filter(|close| *close == end + 2 && self.is_name(end + 1) && self.kind(close + 1) == b'(');
            match made {
                Some(close) if function => {
                    self.drop_names(&names, 0);
                    end = close + 1;
                }
                _ => self.drop_names(&names, 1),
            }
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
        let keep = usize::from(!base) + usize::from(!starred && (self.kind(at) != b'(' || at >= to));
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
