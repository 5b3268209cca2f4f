//! The expression language of JSP to Java expressions. Must not know where an expression stands.
//!
//! What cannot be parsed becomes `__el.unknown(…)` of all names in it: nothing that flows in is lost.

use super::java_text::{is_java_name, java_string};

/// Deeper nesting is given up as unknown.
const MAX_DEPTH: u32 = 64;

/// The Java expression of the inside of `${…}`.
pub(super) fn to_java(text: &str) -> String {
    let tokens = tokenize(text);
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    match parser.ternary() {
        Some(java) if parser.at == tokens.len() => java,
        _ => unknown(&tokens),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Number(String),
    Sign(&'static str),
    Other,
}

const SIGNS: [&str; 29] = [
    "==", "!=", "<=", ">=", "&&", "||", "+=", "->", "(", ")", "[", "]", ".", ",", "?", ":", "+", "-", "*", "/", "%", "<", ">",
    "!", "=", ";", "{", "}", "|",
];

fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = rest.trim_start();
        } else if first == '"' || first == '\'' {
            let (value, after) = string(rest.get(1..).unwrap_or_default(), first);
            tokens.push(Token::Text(value));
            rest = after;
        } else if first.is_ascii_digit() {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            tokens.push(Token::Number(number.to_owned()));
            rest = after;
        } else if first.is_alphabetic() || first == '_' || first == '$' || first == '#' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || "_$#".contains(c))).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            tokens.push(match name {
                "eq" => Token::Sign("=="),
                "ne" => Token::Sign("!="),
                "lt" => Token::Sign("<"),
                "gt" => Token::Sign(">"),
                "le" => Token::Sign("<="),
                "ge" => Token::Sign(">="),
                "and" => Token::Sign("&&"),
                "or" => Token::Sign("||"),
                "not" => Token::Sign("!"),
                "div" => Token::Sign("/"),
                "mod" => Token::Sign("%"),
                _ => Token::Name(name.to_owned()),
            });
            rest = after;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = rest.get(sign.len()..).unwrap_or_default();
        } else {
            tokens.push(Token::Other);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    tokens
}

fn string(text: &str, quote: char) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            _ if character == quote => return (value, text.get(at + 1..).unwrap_or_default()),
            _ => value.push(character),
        }
    }
    (value, "")
}

fn unknown(tokens: &[Token]) -> String {
    let mut names = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let after_dot = index.checked_sub(1).and_then(|index| tokens.get(index)) == Some(&Token::Sign("."));
        if let Token::Name(name) = token
            && !after_dot
        {
            names.push(variable(name));
        }
    }
    format!("__el.unknown({})", names.join(", "))
}

fn variable(name: &str) -> String {
    match name {
        "pageContext" => String::from("pageContext"),
        "true" | "false" | "null" => name.to_owned(),
        _ => format!("pageContext.findAttribute({})", java_string(name)),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: u32,
}

impl Parser<'_> {
    fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(found);
        found
    }

    fn any_of(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        signs.iter().find(|sign| self.eat(sign)).copied()
    }

    fn ternary(&mut self) -> Option<String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let condition = self.or();
        let java = match condition {
            Some(condition) if self.eat("?") => {
                let then = self.ternary()?;
                if !self.eat(":") {
                    return None;
                }
                let otherwise = self.ternary()?;
                Some(format!("(__el.test({condition}) ? {then} : {otherwise})"))
            }
            other => other,
        };
        self.depth -= 1;
        java
    }

    fn or(&mut self) -> Option<String> {
        let mut java = self.and()?;
        while self.eat("||") {
            java = format!("(__el.test({java}) || __el.test({}))", self.and()?);
        }
        Some(java)
    }

    fn and(&mut self) -> Option<String> {
        let mut java = self.comparison()?;
        while self.eat("&&") {
            java = format!("(__el.test({java}) && __el.test({}))", self.comparison()?);
        }
        Some(java)
    }

    fn comparison(&mut self) -> Option<String> {
        let mut java = self.concatenation()?;
        while let Some(sign) = self.any_of(&["==", "!=", "<=", ">=", "<", ">"]) {
            let right = self.concatenation()?;
            java = match sign {
                "==" => format!("__el.equal({java}, {right})"),
                "!=" => format!("!__el.equal({java}, {right})"),
                _ => format!("(__el.number({java}) {sign} __el.number({right}))"),
            };
        }
        Some(java)
    }

    fn concatenation(&mut self) -> Option<String> {
        let mut java = self.sum()?;
        while self.eat("+=") {
            java = format!("(\"\" + {java} + {})", self.sum()?);
        }
        Some(java)
    }

    fn sum(&mut self) -> Option<String> {
        let mut java = self.product()?;
        while let Some(sign) = self.any_of(&["+", "-"]) {
            java = format!("(__el.number({java}) {sign} __el.number({}))", self.product()?);
        }
        Some(java)
    }

    fn product(&mut self) -> Option<String> {
        let mut java = self.unary()?;
        while let Some(sign) = self.any_of(&["*", "/", "%"]) {
            java = format!("(__el.number({java}) {sign} __el.number({}))", self.unary()?);
        }
        Some(java)
    }

    fn unary(&mut self) -> Option<String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let java = if self.eat("!") {
            format!("!__el.test({})", self.unary()?)
        } else if self.eat("-") {
            format!("-__el.number({})", self.unary()?)
        } else if matches!(self.tokens.get(self.at), Some(Token::Name(name)) if name == "empty") {
            self.at += 1;
            format!("__el.empty({})", self.unary()?)
        } else {
            self.value()?
        };
        self.depth -= 1;
        Some(java)
    }

    /// A primary expression and what hangs on it.
    fn value(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        let mut java = match token {
            Token::Text(text) => java_string(text),
            Token::Number(number) => number.clone(),
            Token::Sign("(") => {
                let inner = self.ternary()?;
                if !self.eat(")") {
                    return None;
                }
                format!("({inner})")
            }
            Token::Name(name) => self.named(name)?,
            _ => return None,
        };
        loop {
            if self.eat(".") {
                let Some(Token::Name(name)) = self.tokens.get(self.at) else { return None };
                self.at += 1;
                java = match self.eat("(") {
                    true => invoke(&java, name, &self.arguments(")")?),
                    false => property(&java, name),
                };
            } else if self.eat("[") {
                let key = self.ternary()?;
                if !self.eat("]") {
                    return None;
                }
                java = format!("__el.property({java}, {key})");
            } else {
                return Some(java);
            }
        }
    }

    /// A name: a function of a tag library, an implicit object, or an attribute of some scope.
    fn named(&mut self, name: &str) -> Option<String> {
        if matches!(self.tokens.get(self.at), Some(Token::Sign(":"))) {
            // `a ? b : c` has no parenthesis after the name that follows.
            let function = match (self.tokens.get(self.at + 1), self.tokens.get(self.at + 2)) {
                (Some(Token::Name(function)), Some(Token::Sign("("))) => Some(function),
                _ => None,
            };
            if let Some(function) = function {
                self.at += 3;
                return Some(call(name, function, &self.arguments(")")?));
            }
        }
        let scope = match name {
            "param" => Some("request.getParameter"),
            "paramValues" => Some("request.getParameterValues"),
            "header" => Some("request.getHeader"),
            "headerValues" => Some("request.getHeaders"),
            "cookie" => Some("__el.cookie"),
            "requestScope" => Some("request.getAttribute"),
            "sessionScope" => Some("session.getAttribute"),
            "applicationScope" => Some("application.getAttribute"),
            "pageScope" => Some("pageContext.getAttribute"),
            "initParam" => Some("application.getInitParameter"),
            _ => None,
        };
        let Some(scope) = scope else { return Some(variable(name)) };
        if self.eat(".") {
            let Some(Token::Name(key)) = self.tokens.get(self.at) else { return None };
            self.at += 1;
            return Some(format!("{scope}({})", java_string(key)));
        }
        if self.eat("[") {
            let key = self.ternary()?;
            return self.eat("]").then(|| format!("{scope}({key})"));
        }
        // The whole map, `${param}` or `items="${param}"`.
        Some(match name {
            "param" | "paramValues" => String::from("request.getParameterMap()"),
            _ => format!("__el.scope({})", java_string(name)),
        })
    }

    fn arguments(&mut self, end: &str) -> Option<Vec<String>> {
        let mut arguments = Vec::new();
        if self.eat(end) {
            return Some(arguments);
        }
        loop {
            arguments.push(self.ternary()?);
            if self.eat(end) {
                return Some(arguments);
            }
            if !self.eat(",") {
                return None;
            }
        }
    }
}

fn property(base: &str, name: &str) -> String {
    match (base, name) {
        ("pageContext", "request") => String::from("request"),
        ("pageContext", "response") => String::from("response"),
        ("pageContext", "session") => String::from("session"),
        ("pageContext", "servletContext") => String::from("application"),
        ("pageContext", "exception") => String::from("exception"),
        // Their types are known, so the getter is.
        ("request" | "response" | "session" | "application" | "exception", _) => {
            let mut letters = name.chars();
            let first = letters.next().map(char::to_uppercase).into_iter().flatten();
            format!("{base}.get{}()", first.chain(letters).collect::<String>())
        }
        _ => format!("__el.property({base}, {})", java_string(name)),
    }
}

fn invoke(base: &str, name: &str, arguments: &[String]) -> String {
    if is_java_name(name) {
        let arguments: String = arguments.iter().map(|argument| format!(", {argument}")).collect();
        format!("__el.invoke({base}, {}{arguments})", java_string(name))
    } else {
        format!("__el.unknown({base}, {})", arguments.join(", "))
    }
}

/// A function of a tag library. JSTL's are known by name; for the others the program has the TLD.
fn call(prefix: &str, name: &str, arguments: &[String]) -> String {
    let list = arguments.join(", ");
    match (prefix, name) {
        ("fn", "escapeXml") => format!("__el.escapeXml({list})"),
        ("fn", "length" | "indexOf") => format!("__el.number({list})"),
        ("fn", "contains" | "containsIgnoreCase" | "startsWith" | "endsWith") => format!("__el.equal({list})"),
        (
            "fn",
            "join" | "replace" | "split" | "substring" | "substringAfter" | "substringBefore" | "toLowerCase" | "toUpperCase"
            | "trim",
        ) => {
            format!("__el.{name}({list})")
        }
        _ if arguments.is_empty() => format!("__el.function({})", java_string(&format!("{prefix}:{name}"))),
        _ => format!("__el.function({}, {list})", java_string(&format!("{prefix}:{name}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::to_java;

    #[test]
    fn names_and_properties() {
        assert_eq!(to_java("result.zip"), "__el.property(pageContext.findAttribute(\"result\"), \"zip\")");
        assert_eq!(to_java(" a['b-c'][0] "), "__el.property(__el.property(pageContext.findAttribute(\"a\"), \"b-c\"), 0)");
        assert_eq!(to_java("pageContext.request.contextPath"), "request.getContextPath()");
        assert_eq!(to_java("list.get(0)"), "__el.invoke(pageContext.findAttribute(\"list\"), \"get\", 0)");
    }

    #[test]
    fn implicit_objects() {
        assert_eq!(to_java("param.id"), "request.getParameter(\"id\")");
        assert_eq!(to_java("param['a.b']"), "request.getParameter(\"a.b\")");
        assert_eq!(to_java("header['User-Agent']"), "request.getHeader(\"User-Agent\")");
        assert_eq!(to_java("sessionScope.user.name"), "__el.property(session.getAttribute(\"user\"), \"name\")");
        assert_eq!(to_java("cookie.a.value"), "__el.property(__el.cookie(\"a\"), \"value\")");
        assert_eq!(to_java("param"), "request.getParameterMap()");
    }

    #[test]
    fn operators_and_functions() {
        assert_eq!(
            to_java("empty a or a eq 'x\\'y'"),
            concat!(
                "(__el.test(__el.empty(pageContext.findAttribute(\"a\"))) || ",
                "__el.test(__el.equal(pageContext.findAttribute(\"a\"), \"x'y\")))"
            )
        );
        assert_eq!(
            to_java("a ? fn:escapeXml(b) : 'c'"),
            "(__el.test(pageContext.findAttribute(\"a\")) ? __el.escapeXml(pageContext.findAttribute(\"b\")) : \"c\")"
        );
        assert_eq!(
            to_java("a ? b : c"),
            concat!(
                "(__el.test(pageContext.findAttribute(\"a\")) ? pageContext.findAttribute(\"b\") : ",
                "pageContext.findAttribute(\"c\"))"
            )
        );
        assert_eq!(
            to_java("1 + 2 * n"),
            "(__el.number(1) + __el.number((__el.number(2) * __el.number(pageContext.findAttribute(\"n\")))))"
        );
        assert_eq!(to_java("x:clean(param.a)"), "__el.function(\"x:clean\", request.getParameter(\"a\"))");
    }

    #[test]
    fn what_is_not_understood_keeps_its_names() {
        assert_eq!(to_java("a -> b.c"), "__el.unknown(pageContext.findAttribute(\"a\"), pageContext.findAttribute(\"b\"))");
        assert_eq!(to_java(""), "__el.unknown()");
        let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(to_java(&deep), "__el.unknown(pageContext.findAttribute(\"a\"))");
    }
}
