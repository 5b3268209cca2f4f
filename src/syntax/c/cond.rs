//! `#if` expressions in three-valued logic: what cannot be known from the source stays unknown.
//! Must not know how a branch is chosen when it does.

use super::expand::{Expander, Lookup, arguments};
use super::lex;

/// Nested parentheses, unary operators and macros of one expression.
const DEPTH_LIMIT: u32 = 64;

/// What the conditions ask about a name.
pub(super) trait Names: Lookup {
    /// Whether it is defined, where that is known.
    fn is_defined(&self, name: &str) -> Option<bool>;
    /// The integer value of a predefined name that is no macro of the source.
    fn predefined(&self, name: &str) -> Option<i128>;
}

/// The value of an `#if` expression; `None`: unknown.
pub(super) fn evaluate(text: &str, names: &impl Names) -> Option<bool> {
    let mut parser = Parser { text, at: 0, names, depth: 0 };
    parser.ternary().map(|value| value != 0)
}

struct Parser<'a, N> {
    text: &'a str,
    at: usize,
    names: &'a N,
    depth: u32,
}

type Value = Option<i128>;

impl<N: Names> Parser<'_, N> {
    fn peek(&self) -> lex::Token {
        lex::next_token(self.text, self.at)
    }

    fn bump(&mut self) -> lex::Token {
        let token = self.peek();
        self.at = token.hi as usize;
        token
    }

    fn ternary(&mut self) -> Value {
        let cond = self.binary(0);
        if self.peek().kind != b'?' {
            return cond;
        }
        self.bump();
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return None;
        }
        let then = self.ternary();
        if self.peek().kind == b':' {
            self.bump();
        }
        let els = self.ternary();
        self.depth -= 1;
        match cond {
            Some(0) => els,
            Some(_) => then,
            None => None,
        }
    }

    fn binary(&mut self, min: u8) -> Value {
        let mut left = self.unary();
        loop {
            let token = self.peek();
            let op = token.text(self.text);
            let level = match op {
                "||" => 1,
                "&&" => 2,
                "|" => 3,
                "^" => 4,
                "&" => 5,
                "==" | "!=" => 6,
                "<" | ">" | "<=" | ">=" => 7,
                "<<" | ">>" => 8,
                "+" | "-" => 9,
                "*" | "/" | "%" => 10,
                _ => return left,
            };
            if level <= min {
                return left;
            }
            self.bump();
            let right = self.binary(level);
            left = apply(op, left, right);
        }
    }

    fn unary(&mut self) -> Value {
        self.depth += 1;
        let value = if self.depth > DEPTH_LIMIT { self.give_up() } else { self.primary() };
        self.depth -= 1;
        value
    }

    fn give_up(&mut self) -> Value {
        self.at = self.text.len();
        None
    }

    fn primary(&mut self) -> Value {
        let token = self.bump();
        match token.kind {
            b'!' => self.unary().map(|value| i128::from(value == 0)),
            b'-' => self.unary().map(i128::wrapping_neg),
            b'+' => self.unary(),
            b'~' => self.unary().map(|value| !value),
            b'(' => {
                let value = self.ternary();
                if self.peek().kind == b')' {
                    self.bump();
                }
                value
            }
            lex::NUMBER => integer(token.text(self.text)),
            lex::CHAR => token.text(self.text).trim_matches('\'').bytes().next().map(i128::from),
            lex::IDENT => self.identifier(token),
            _ => self.give_up(),
        }
    }

    fn identifier(&mut self, token: lex::Token) -> Value {
        let name = token.text(self.text);
        if name == "defined" {
            let open = self.peek().kind == b'(';
            if open {
                self.bump();
            }
            let name = self.bump();
            if open && self.peek().kind == b')' {
                self.bump();
            }
            return self.names.is_defined(name.text(self.text)).map(i128::from);
        }
        if let Some((name, mac)) = self.names.lookup(name) {
            let args = match &mac.params {
                None => Vec::new(),
                Some(_) => {
                    let args = arguments(self.text, self.at)?;
                    self.at = args.end;
                    args.list
                }
            };
            let mut out = String::new();
            if Expander::new(self.names).use_of(name, mac, &args, &mut out).is_err() {
                return None;
            }
            // The expansion holds no macro any more, save unknown names and `defined`.
            let mut inner = Parser { text: &out, at: 0, names: self.names, depth: self.depth + 1 };
            return if inner.depth > DEPTH_LIMIT { None } else { inner.ternary() };
        }
        if let Some(args) = arguments(self.text, self.at) {
            self.at = args.end;
            return self.names.predefined(name).filter(|_| name.ends_with("_PREREQ"));
        }
        match self.names.predefined(name) {
            Some(value) => Some(value),
            None if self.names.is_defined(name) == Some(false) => Some(0),
            None => None,
        }
    }
}

fn apply(op: &str, left: Value, right: Value) -> Value {
    match (op, left, right) {
        ("||", Some(l), _) if l != 0 => return Some(1),
        ("||", _, Some(r)) if r != 0 => return Some(1),
        ("&&", Some(0), _) | ("&&", _, Some(0)) => return Some(0),
        _ => {}
    }
    let (l, r) = (left?, right?);
    let truth = |value: bool| Some(i128::from(value));
    let shift = u32::try_from(r).ok().filter(|&by| by < 64);
    match op {
        "||" => truth(l != 0 || r != 0),
        "&&" => truth(l != 0 && r != 0),
        "|" => Some(l | r),
        "^" => Some(l ^ r),
        "&" => Some(l & r),
        "==" => truth(l == r),
        "!=" => truth(l != r),
        "<" => truth(l < r),
        ">" => truth(l > r),
        "<=" => truth(l <= r),
        ">=" => truth(l >= r),
        "<<" => l.checked_shl(shift?),
        ">>" => l.checked_shr(shift?),
        "+" => l.checked_add(r),
        "-" => l.checked_sub(r),
        "*" => l.checked_mul(r),
        "/" => l.checked_div(r),
        "%" => l.checked_rem(r),
        _ => None,
    }
}

/// The value of an integer literal, suffix left out.
pub(crate) fn integer(text: &str) -> Option<i128> {
    let digits = text.trim_end_matches(['u', 'U', 'l', 'L', 'z', 'Z']);
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..)?.trim_end_matches(['u', 'U', 'l', 'L']), 16),
        [b'0', b'b' | b'B', ..] => (digits.get(2..)?, 2),
        [b'0', _, ..] => (digits.get(1..)?, 8),
        _ => (digits, 10),
    };
    if digits.contains('\'') {
        return i128::from_str_radix(&digits.replace('\'', ""), radix).ok();
    }
    i128::from_str_radix(digits, radix).ok()
}
