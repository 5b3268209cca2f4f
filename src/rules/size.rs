//! Size expressions of buffer facts: `strlen(1)+1`, `2*0`, `min(sizeof(0),#16)`.

use super::SizeExpr;

/// Deep enough for any real fact, shallow enough for the stack.
const MAX_DEPTH: u8 = 16;

struct Parser<'a> {
    rest: &'a str,
    depth: u8,
}

/// Parses an expression; the error says what is wrong.
pub(super) fn parse(text: &str) -> Result<SizeExpr, String> {
    let mut parser = Parser { rest: text, depth: 0 };
    let expr = parser.sum()?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(format!("`{}` is left over in the size `{text}`", parser.rest.trim())),
    }
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        }
        found
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        if self.eat(c) { Ok(()) } else { Err(format!("expected `{c}` before `{}`", self.rest)) }
    }

    fn sum(&mut self) -> Result<SizeExpr, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("nested too deep".to_owned());
        }
        let mut left = self.product()?;
        while self.eat('+') {
            // `strlen(1)+1` is what everybody writes: right of a plus a lone number is itself.
            let right = match self.product()? {
                SizeExpr::Arg(number) => SizeExpr::Const(i64::from(number)),
                other => other,
            };
            left = SizeExpr::Add(Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn product(&mut self) -> Result<SizeExpr, String> {
        let mut left = self.atom()?;
        while self.eat('*') {
            left = SizeExpr::Mul(Box::new(left), Box::new(self.atom()?));
        }
        Ok(left)
    }

    fn word(&mut self) -> &str {
        self.peek();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn argument(&mut self) -> Result<u8, String> {
        let word = self.word();
        word.parse().map_err(|_| format!("`{word}` is no argument's number"))
    }

    fn atom(&mut self) -> Result<SizeExpr, String> {
        if self.eat('(') {
            let inner = self.sum()?;
            self.expect(')')?;
            return Ok(inner);
        }
        if self.eat('#') {
            let word = self.word();
            return word.parse().map(SizeExpr::Const).map_err(|_| format!("`#{word}` is no number"));
        }
        if self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return self.argument().map(SizeExpr::Arg);
        }
        let name = self.word().to_owned();
        let make: fn(u8) -> SizeExpr = match name.as_str() {
            "strlen" => SizeExpr::StrLen,
            "sizeof" => SizeExpr::SizeOf,
            "format" => SizeExpr::Format,
            "min" => {
                self.expect('(')?;
                let left = self.sum()?;
                self.expect(',')?;
                let right = self.sum()?;
                self.expect(')')?;
                return Ok(SizeExpr::Min(Box::new(left), Box::new(right)));
            }
            _ => return Err(format!("`{name}` is none of strlen, sizeof, format, min")),
        };
        self.expect('(')?;
        let argument = self.argument()?;
        self.expect(')')?;
        Ok(make(argument))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_usual_precedence() {
        use SizeExpr::{Add, Arg, Const, Min, Mul, SizeOf, StrLen};
        let b = |expr| Box::new(expr);
        assert_eq!(parse("strlen(1)+1"), Ok(Add(b(StrLen(1)), b(Const(1)))));
        assert_eq!(parse("1 * 2 + #4"), Ok(Add(b(Mul(b(Arg(1)), b(Arg(2)))), b(Const(4)))));
        assert_eq!(parse("min(sizeof(0), #16)"), Ok(Min(b(SizeOf(0)), b(Const(16)))));
        assert_eq!(parse("strlen(x)"), Err("`x` is no argument's number".to_owned()));
        assert_eq!(parse("1 2"), Err("`2` is left over in the size `1 2`".to_owned()));
        assert!(parse(&"(".repeat(1000)).is_err());
    }
}
