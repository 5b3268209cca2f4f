//! Extensions of compilers: `asm`, `typeof`, ranges in `case`, builtins that take types.
//! Must not know declarations beyond the words before them.

use super::{Adapter, Brace, LABEL_LIMIT};
use crate::syntax::c::lex;
use crate::syntax::c::words::Word;

/// Words between `asm` and what it holds: `volatile`, `goto`, `inline`.
const MAX_ASM_WORDS: usize = 4;

impl Adapter<'_> {
    /// `case A ... B:`
    pub(super) fn case(&mut self, at: usize) {
        let mut end = at + 1;
        let mut dots = None;
        let mut depth = 0usize;
        loop {
            match self.kind(end) {
                b'(' => depth += 1,
                b')' => depth = depth.saturating_sub(1),
                lex::ELLIPSIS if depth == 0 => dots = Some(end),
                b':' | b';' | b'{' | b'}' | lex::END => break,
                _ if end - at > LABEL_LIMIT => break,
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
    pub(super) fn assembly(&mut self, at: usize) -> usize {
        let mut open = at + 1;
        while self.kind(open) == lex::IDENT && open - at <= MAX_ASM_WORDS {
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

    /// `typeof(…)`, as a type the grammar reads.
    pub(super) fn type_of(&mut self, at: usize) -> usize {
        let Some((made, end)) = self.type_of_text(at) else { return at + 1 };
        self.replace(at, end, made);
        self.start = false;
        end
    }

    /// A type in an argument: `typeof` in front is made readable.
    pub(super) fn type_text(&self, from: usize, to: usize) -> String {
        if self.word(from) == Some(Word::Typeof)
            && let Some((made, end)) = self.type_of_text(from)
            && end <= to
        {
            return if end == to { made } else { format!("{made} {}", self.source(end, to)) };
        }
        self.source(from, to).to_owned()
    }

    /// What stands for the `typeof` at `at`, and the first token after it.
    fn type_of_text(&self, at: usize) -> Option<(String, usize)> {
        let (open, close) = self.arguments(at)?;
        let (mut from, mut to) = (open + 1, close);
        while self.kind(from) == b'(' && self.close(from) == Some(to.wrapping_sub(1)) {
            (from, to) = (from + 1, to - 1);
        }
        // `*(x)`, `&(x)`
        let mut name = (from + 1, to);
        while self.kind(name.0) == b'(' && self.close(name.0) == Some(name.1.wrapping_sub(1)) {
            name = (name.0 + 1, name.1 - 1);
        }
        let named = name.1.saturating_sub(name.0) == 1 && self.is_name(name.0);
        let made = match (to.saturating_sub(from), self.kind(from)) {
            (1, lex::IDENT) if self.is_name(from) => format!("typeof({})", self.text_of(from)),
            (_, b'*') if named => format!("__typeof_deref({})", self.text_of(name.0)),
            (_, b'&') if named => format!("__typeof_address({})", self.text_of(name.0)),
            _ if matches!(self.word(from), Some(Word::Type | Word::Tag | Word::Qualifier)) && self.kind(to - 1) != b'}' => {
                format!("typeof({})", self.source(from, to))
            }
            _ => "__typeof_unknown".to_owned(),
        };
        Some((made, close + 1))
    }
}
