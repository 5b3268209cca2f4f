//! Macro definitions as they are written: parsing `#define`, and what kind of text a body is.
//! Must not know where a definition comes from or when it is expanded.

use std::borrow::Cow;

use super::lex::{self, Kind, Token};

/// A macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Macro<'t> {
    /// Parameters of a function-like macro.
    pub(super) params: Option<Box<[Cow<'t, str>]>>,
    /// Whether the last parameter takes the rest.
    pub(super) variadic: bool,
    /// The replacement, continued lines and comments taken out.
    pub(super) body: Cow<'t, str>,
    /// What the replacement looks like.
    pub(super) shape: Shape,
}

/// What a replacement looks like, which decides whether a use must be expanded to be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing.
    Empty,
    /// An expression: a use in place of it parses as an identifier or a call.
    Expr,
    /// A function-like macro that is a statement expression and assigns none of its parameters: type checks around an
    /// access, as a rule. A use reads as a call; its expansion costs much and says little.
    Block,
    /// Anything else.
    Other,
}

impl Macro<'_> {
    /// The same, owning its text.
    pub(super) fn into_owned(self) -> Macro<'static> {
        Macro {
            params: self.params.map(|params| params.iter().map(|param| Cow::Owned(param.clone().into_owned())).collect()),
            variadic: self.variadic,
            body: Cow::Owned(self.body.into_owned()),
            shape: self.shape,
        }
    }
}

/// Parses what follows `#define`: name and macro.
pub(super) fn parse_define(text: &str) -> Option<(&str, Macro<'_>)> {
    let name = lex::next_token(text, 0);
    if name.kind != lex::IDENT {
        return None;
    }
    let mut at = name.hi as usize;
    let mut params = None;
    let mut variadic = false;
    if text.as_bytes().get(at) == Some(&b'(') {
        let mut list = Vec::new();
        at += 1;
        loop {
            let token = lex::next_token(text, at);
            at = token.hi as usize;
            match token.kind {
                lex::IDENT => list.push(Cow::Borrowed(token.text(text))),
                lex::ELLIPSIS => {
                    variadic = true;
                    // GNU: `args...` names the rest.
                    let before = text.get(..token.lo as usize).unwrap_or_default().trim_end().as_bytes().last().copied();
                    if !before.is_some_and(lex::is_ident_byte) {
                        list.push(Cow::Borrowed("__VA_ARGS__"));
                    }
                }
                b',' => {}
                b')' => break,
                _ => return None,
            }
        }
        params = Some(list.into_boxed_slice());
    }
    let body = clean(text.get(at..)?);
    let mut shape = shape(&body, params.is_some());
    if let Some(params) = &params
        && shape == Shape::Expr
        && memchr::memmem::find(body.as_bytes(), b"({").is_some()
        && !assigns(&body, params)
    {
        shape = Shape::Block;
    }
    Some((name.text(text), Macro { params, variadic, body, shape }))
}

/// Takes comments and continued lines out.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    // Continued lines without anything at the very end leave their backslashes.
    let text = text.trim_start().trim_end_matches(|c: char| c == '\\' || c.is_whitespace());
    let bytes = text.as_bytes();
    if memchr::memchr2(b'\\', b'\n', bytes).is_none()
        && memchr::memmem::find(bytes, b"/*").is_none()
        && memchr::memmem::find(bytes, b"//").is_none()
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut copied = 0;
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b'"' | b'\'' => {
                at = lex::literal_end(bytes, at);
                continue;
            }
            b'/' => lex::comment_end(bytes, at),
            b'\\' if bytes.get(at + 1) == Some(&b'\n') => Some(at + 2),
            b'\\' if bytes.get(at + 1) == Some(&b'\r') => Some(at + 2),
            b'\n' => Some(at + 1),
            _ => None,
        };
        match end {
            Some(end) => {
                out.push_str(text.get(copied..at).unwrap_or_default());
                out.push(' ');
                at = end;
                copied = end;
            }
            None => at += 1,
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out.trim().to_owned())
}

fn shape(body: &str, function_like: bool) -> Shape {
    if body.is_empty() {
        return Shape::Empty;
    }
    let mut stack: smallvec::SmallVec<[Kind; 16]> = smallvec::SmallVec::new();
    let mut previous: Kind = lex::END;
    let mut at = 0;
    let mut first = true;
    loop {
        let token: Token = lex::next_token(body, at);
        at = token.hi as usize;
        match token.kind {
            lex::END => break,
            b'(' | b'[' => stack.push(token.kind),
            b')' if stack.pop() != Some(b'(') => return Shape::Other,
            b']' if stack.pop() != Some(b'[') => return Shape::Other,
            // A statement expression is an expression; so is a compound literal.
            b'{' if previous == b'(' || previous == b')' => stack.push(b'{'),
            b'}' if stack.pop() != Some(b'{') => return Shape::Other,
            b'{' => return Shape::Other,
            b';' if !stack.contains(&b'{') => return Shape::Other,
            b'#' | lex::PASTE => return Shape::Other,
            b',' | b'?' | b':' | b'=' | b'/' | b'<' | b'|' | lex::ASSIGN | lex::BINARY | lex::OR_OR if first => {
                return Shape::Other;
            }
            lex::IDENT if !stack.contains(&b'{') && stack.is_empty() && is_no_expr_word(token.text(body)) => return Shape::Other,
            // Two operands side by side: a type and a name, a macro and its operand.
            lex::IDENT | lex::NUMBER if matches!(previous, lex::IDENT | lex::NUMBER) && stack.is_empty() => return Shape::Other,
            lex::STRING if previous == lex::IDENT => return Shape::Other,
            lex::IDENT if previous == lex::STRING => return Shape::Other,
            lex::IDENT if previous == b')' && stack.is_empty() && !function_like => {}
            _ => {}
        }
        previous = token.kind;
        first = false;
    }
    let ends_open = matches!(
        previous,
        b',' | b'?'
            | b':'
            | b'='
            | b'+'
            | b'-'
            | b'*'
            | b'/'
            | b'<'
            | b'|'
            | b'&'
            | b'.'
            | b'!'
            | b'~'
            | lex::ARROW
            | lex::ASSIGN
            | lex::BINARY
            | lex::OR_OR
            | lex::AND_AND
    );
    if stack.is_empty() && !ends_open { Shape::Expr } else { Shape::Other }
}

impl Macro<'_> {
    /// Whether what it does changes what it is given.
    pub(super) fn assigns_params(&self) -> bool {
        self.params.as_ref().is_some_and(|params| assigns(&self.body, params))
    }
}

/// Whether an expansion assigns one of a use's arguments that are names.
pub(super) fn assigns_any(expansion: &str, args: &[&str]) -> bool {
    let is_name = |arg: &&&str| {
        lex::ident_end(arg.as_bytes(), 0) == arg.len() && arg.as_bytes().first().is_some_and(|&first| lex::is_ident_start(first))
    };
    let names: smallvec::SmallVec<[Cow<'_, str>; 8]> = args.iter().filter(is_name).map(|arg| Cow::Borrowed(*arg)).collect();
    !names.is_empty() && assigns(expansion, &names)
}

/// Whether the body assigns one of the parameters, as far as the tokens beside its name tell.
fn assigns(body: &str, params: &[Cow<'_, str>]) -> bool {
    let mut at = 0;
    let (mut before, mut last): (Token, Token) = (lex::next_token(body, 0), lex::next_token(body, 0));
    loop {
        let token = lex::next_token(body, at);
        if token.kind == lex::END {
            return false;
        }
        at = token.hi as usize;
        let steps = |by: &Token| matches!(by.text(body), "++" | "--");
        let assigns = |by: &Token| matches!(by.kind, b'=' | lex::ASSIGN) || steps(by);
        let is_param = |of: &Token| of.kind == lex::IDENT && params.iter().any(|param| param == of.text(body));
        // `x = …`, `(x) = …`, `x++`; `++x`, `++(x)`
        let left = if last.kind == b')' { &before } else { &last };
        let operator = if last.kind == b'(' { &before } else { &last };
        if assigns(&token) && is_param(left) || is_param(&token) && steps(operator) {
            return true;
        }
        before = last;
        last = token;
    }
}

fn is_no_expr_word(word: &str) -> bool {
    matches!(
        word,
        "if" | "else"
            | "for"
            | "while"
            | "do"
            | "switch"
            | "case"
            | "default"
            | "return"
            | "goto"
            | "break"
            | "continue"
            | "static"
            | "extern"
            | "inline"
            | "__inline"
            | "__inline__"
            | "const"
            | "volatile"
            | "struct"
            | "union"
            | "enum"
            | "typedef"
            | "register"
            | "int"
            | "char"
            | "long"
            | "short"
            | "unsigned"
            | "signed"
            | "void"
            | "float"
            | "double"
            | "__attribute__"
            | "__attribute"
            | "__extension__"
            | "__declspec"
            | "asm"
            | "__asm__"
            | "__asm"
            | "_Pragma"
            | "restrict"
            | "__restrict"
            | "auto"
            | "_Noreturn"
            | "__thread"
            | "_Thread_local"
            | "_Static_assert"
            | "typeof"
            | "__typeof__"
            | "__volatile__"
            | "__label__"
    )
}

/// The literal text `#` makes of an argument.
pub(super) fn stringify(argument: &str, out: &mut String) {
    out.push('"');
    let mut at = 0;
    let mut previous: Option<Token> = None;
    loop {
        let token = lex::next_token(argument, at);
        if token.kind == lex::END {
            break;
        }
        at = token.hi as usize;
        if previous.is_some_and(|previous| previous.hi < token.lo) {
            out.push(' ');
        }
        let text = token.text(argument);
        if matches!(token.kind, lex::STRING | lex::CHAR) {
            for c in text.chars() {
                if matches!(c, '"' | '\\') {
                    out.push('\\');
                }
                out.push(c);
            }
        } else {
            out.push_str(text);
        }
        previous = Some(token);
    }
    out.push('"');
}
