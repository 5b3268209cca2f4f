//! Macro expansion on text: arguments, `#`, `##`, `__VA_ARGS__`, recursive stop, and a bound on the work.
//! Must not know files or directives.

use std::borrow::Cow;

use super::lex::{self, Token};
use super::macros::{Macro, Shape, stringify};
use super::predefined;

/// Bytes one use may expand to.
const EXPANSION_LIMIT: usize = 32 * 1024;
/// Macros one use may expand.
const STEP_LIMIT: u32 = 4_000;
/// Arguments of one use.
const ARGUMENT_LIMIT: usize = 256;
/// Macros within macros; a level costs a few hundred bytes of stack.
const DEPTH_LIMIT: usize = 200;

/// Where macros are found.
pub(super) trait Lookup {
    /// The macro of a name that is in force, and the name as the table keeps it.
    fn lookup(&self, name: &str) -> Option<(&str, &Macro<'_>)>;
}

/// One use's expansion in progress.
pub(super) struct Expander<'s, L: Lookup> {
    scope: &'s L,
    /// Names being expanded: they are not expanded again.
    active: Vec<&'s str>,
    steps: u32,
}

/// The bound was hit, or the use has no end: the use is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overflow;

/// A use's arguments and where it ends.
pub(super) struct Arguments<'t> {
    pub(super) list: Vec<&'t str>,
    pub(super) end: usize,
}

/// The arguments after a function-like macro's name that ends at `at`: `None` if no parenthesis follows or none closes.
/// No use may hold a directive.
pub(super) fn arguments(text: &str, at: usize) -> Option<Arguments<'_>> {
    let open = lex::next_token(text, at);
    if open.kind != b'(' {
        return None;
    }
    let mut list = Vec::new();
    let mut depth = 1u32;
    let mut start = open.hi as usize;
    let mut at = start;
    loop {
        let token = lex::next_token(text, at);
        at = token.hi as usize;
        match token.kind {
            lex::END => return None,
            b'#' if starts_line(text, token.lo as usize) => return None,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    list.push(text.get(start..token.lo as usize)?.trim());
                    return Some(Arguments { list, end: at });
                }
            }
            b',' if depth == 1 => {
                list.push(text.get(start..token.lo as usize)?.trim());
                start = at;
                if list.len() > ARGUMENT_LIMIT {
                    return None;
                }
            }
            _ => {}
        }
    }
}

/// Whether only blanks stand before `at` on its line.
pub(super) fn starts_line(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t')).is_none_or(|&byte| byte == b'\n')
}

impl<'s, L: Lookup> Expander<'s, L> {
    /// Ready for one use.
    pub(super) fn new(scope: &'s L) -> Self {
        Expander { scope, active: Vec::new(), steps: 0 }
    }

    /// Expands one use of a macro.
    pub(super) fn use_of(&mut self, name: &'s str, mac: &'s Macro<'_>, args: &[&str], out: &mut String) -> Result<(), Overflow> {
        self.steps += 1;
        if self.steps > STEP_LIMIT || self.active.len() >= DEPTH_LIMIT || out.len() > EXPANSION_LIMIT {
            return Err(Overflow);
        }
        let body = match &mac.params {
            None if memchr::memchr(b'#', mac.body.as_bytes()).is_none() => Cow::Borrowed(&*mac.body),
            _ => Cow::Owned(self.substitute(mac, args)?),
        };
        self.active.push(name);
        let done = self.text(&body, out);
        self.active.pop();
        done
    }

    /// Expands all macros in a text.
    pub(super) fn text(&mut self, text: &str, out: &mut String) -> Result<(), Overflow> {
        let bytes = text.as_bytes();
        let mut copied = 0;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if !lex::is_ident_start(byte) {
                at = match byte {
                    b'0'..=b'9' => lex::number_end(bytes, at),
                    b'"' | b'\'' => lex::literal_end(bytes, at),
                    b'/' => lex::comment_end(bytes, at).unwrap_or(at + 1),
                    _ => at + 1,
                };
                continue;
            }
            let end = lex::ident_end(bytes, at);
            let name = text.get(at..end).unwrap_or_default();
            let found = self.scope.lookup(name).filter(|(name, _)| !self.active.contains(name));
            let Some((name, mac)) = found else {
                at = end;
                continue;
            };
            let (args, next) = match &mac.params {
                None => (Vec::new(), end),
                Some(_) => match arguments(text, end) {
                    Some(args) => (args.list, args.end),
                    None => {
                        at = end;
                        continue;
                    }
                },
            };
            if mac.shape == Shape::Block && args.iter().all(|arg| is_plain_argument(arg)) {
                at = end;
                continue;
            }
            out.push_str(text.get(copied..at).unwrap_or_default());
            separate(out, mac.body.as_bytes().first().copied());
            self.use_of(name, mac, &args, out)?;
            separate(out, bytes.get(next).copied());
            at = next;
            copied = next;
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        if out.len() > EXPANSION_LIMIT { Err(Overflow) } else { Ok(()) }
    }

    /// The body with the arguments put in.
    fn substitute(&mut self, mac: &Macro<'_>, args: &[&str]) -> Result<String, Overflow> {
        let body = &*mac.body;
        let empty: &[Cow<'_, str>] = &[];
        let params = mac.params.as_deref().unwrap_or(empty);
        let rest: Option<String> =
            (mac.variadic && !params.is_empty()).then(|| args.get(params.len() - 1..).unwrap_or_default().join(", "));
        let raw = |name: &str| -> Option<&str> {
            let index = params.iter().position(|param| param == name)?;
            match &rest {
                Some(rest) if index + 1 == params.len() => Some(rest),
                _ => Some(args.get(index).copied().unwrap_or_default()),
            }
        };
        let mut expanded: Vec<(&str, String)> = Vec::new();
        let mut out = String::with_capacity(body.len() + 16);
        let mut previous: Option<Token> = None;
        let mut after_paste = false;
        let mut token = lex::next_token(body, 0);
        while token.kind != lex::END {
            let mut next = lex::next_token(body, token.hi as usize);
            let text = token.text(body);
            if token.kind == lex::PASTE {
                while out.ends_with(' ') {
                    out.pop();
                }
                after_paste = true;
                previous = Some(token);
                token = next;
                continue;
            }
            if !after_paste && previous.is_some_and(|previous| previous.hi < token.lo) {
                out.push(' ');
            }
            if token.kind == b'#'
                && mac.params.is_some()
                && next.kind == lex::IDENT
                && let Some(argument) = raw(next.text(body))
            {
                stringify(argument, &mut out);
                after_paste = false;
                previous = Some(next);
                token = lex::next_token(body, next.hi as usize);
                continue;
            }
            if token.kind == lex::IDENT && text == "__VA_OPT__" && next.kind == b'(' {
                let inner = arguments(body, token.hi as usize).ok_or(Overflow)?;
                if rest.as_ref().is_some_and(|rest| !rest.is_empty()) {
                    out.push_str(body.get(next.hi as usize..inner.end - 1).unwrap_or_default());
                }
                previous = Some(token);
                token = lex::next_token(body, inner.end);
                continue;
            }
            match raw(text).filter(|_| token.kind == lex::IDENT) {
                Some(argument) if after_paste || next.kind == lex::PASTE => {
                    // `, ## __VA_ARGS__` without variable arguments drops the comma.
                    let is_rest = mac.variadic && params.last().is_some_and(|param| param == text);
                    if is_rest && after_paste && out.trim_end().ends_with(',') {
                        if argument.is_empty() {
                            let keep = out.trim_end().len() - 1;
                            out.truncate(keep);
                        } else {
                            out.push(' ');
                            out.push_str(argument);
                        }
                    } else {
                        out.push_str(argument);
                    }
                }
                Some(argument) => match expanded.iter().position(|(name, _)| *name == text) {
                    Some(index) => out.push_str(expanded.get(index).map_or("", |(_, text)| text)),
                    None => {
                        let mut buffer = String::new();
                        self.text(argument, &mut buffer)?;
                        out.push_str(&buffer);
                        expanded.push((text, buffer));
                    }
                },
                None => out.push_str(text),
            }
            if out.len() > EXPANSION_LIMIT {
                return Err(Overflow);
            }
            after_paste = false;
            previous = Some(token);
            std::mem::swap(&mut token, &mut next);
        }
        Ok(out)
    }
}

/// Keeps two tokens from running together.
fn separate(out: &mut String, next: Option<u8>) {
    let Some(&last) = out.as_bytes().last() else { return };
    let Some(next) = next else { return };
    let words = lex::is_ident_byte(last) && (lex::is_ident_byte(next) || matches!(next, b'"' | b'\''));
    if words || (last == next && matches!(last, b'-' | b'+' | b'&' | b'|' | b'<' | b'>')) {
        out.push(' ');
    }
}

/// Whether an argument of an unexpanded call would parse: an expression, as far as its first and last token tell.
pub(super) fn is_plain_argument(argument: &str) -> bool {
    let first = lex::next_token(argument, 0);
    let starts_well = match first.kind {
        lex::END | b'{' | b'=' | b'/' | b'<' | b'>' | b'|' | b',' | b'.' | lex::BINARY | lex::ASSIGN | lex::ARROW | b'#' => false,
        lex::IDENT => !predefined::is_type_word(first.text(argument)),
        _ => true,
    };
    let last = argument.trim_end().as_bytes().last().copied().unwrap_or(b' ');
    starts_well && !matches!(last, b'*' | b'=' | b'<' | b'>' | b'+' | b'-' | b'/' | b'|' | b'&' | b';')
}
