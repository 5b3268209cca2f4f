//! A small HTML and JavaScript state machine: in what context does output at this point of the template land?
//! Must not know JSP: it is fed the literal template text and told where something dynamic stands.

use super::OutputContext;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Html {
    state: State,
    /// The element being opened, lower case; the first bytes are enough to tell those that matter.
    element: Name,
    closing: bool,
    attribute: Name,
    /// The start of the attribute value, for `javascript:` and a script's type.
    value: Name,
    /// Something dynamic stood in the attribute value.
    value_dynamic: bool,
    quote: Option<u8>,
    /// What a `<script>` being opened holds is not JavaScript.
    foreign_script: bool,
    script: Script,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After `<` or `</`: in the element's name.
    TagName,
    /// Between attributes.
    InTag,
    AttributeName,
    /// After `=`, before the value.
    BeforeValue,
    Value,
    /// `<!-- … -->`.
    Comment,
    /// `<!DOCTYPE …>`, `<?xml …?>`.
    Declaration,
    Script,
    Style,
}

/// Where in JavaScript.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Js {
    #[default]
    Code,
    Single,
    Double,
    Template,
    LineComment,
    BlockComment,
    Regex,
}

/// The state of a stretch of JavaScript.
#[derive(Debug, Default, Clone, Copy)]
struct Script {
    js: Js,
    escaped: bool,
    /// The byte before, and the last one that is no blank: tells a regular expression from a division.
    previous: u8,
    significant: u8,
}

/// A short lower-case name; longer ones are cut.
#[derive(Debug, Default, Clone, Copy)]
struct Name {
    bytes: [u8; 24],
    len: u8,
}

impl Name {
    fn clear(&mut self) {
        self.len = 0;
    }

    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.len as usize) {
            *slot = byte.to_ascii_lowercase();
            self.len += 1;
        }
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(..self.len as usize).unwrap_or_default()
    }
}

const URL_ATTRIBUTES: [&[u8]; 12] = [
    b"href",
    b"src",
    b"action",
    b"formaction",
    b"data",
    b"background",
    b"cite",
    b"poster",
    b"longdesc",
    b"codebase",
    b"manifest",
    b"xlink:href",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum AttributeKind {
    Plain,
    Url,
    Event,
    Style,
}

impl Html {
    /// Goes on over literal template text.
    pub(super) fn feed(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at = self.step(bytes, at, byte);
        }
    }

    /// Something dynamic is output here.
    pub(super) fn dynamic(&mut self) {
        match self.state {
            State::BeforeValue => {
                self.quote = None;
                self.start_value();
                self.value_dynamic = true;
            }
            State::Value => {
                self.value_dynamic = true;
                if self.kind() == AttributeKind::Event || self.is_javascript_url() {
                    self.script.significant = b'x';
                }
            }
            State::Script => (self.script.previous, self.script.significant) = (b'x', b'x'),
            _ => {}
        }
    }

    /// The context of output at this point.
    pub(super) fn context(&self) -> OutputContext {
        match self.state {
            State::Text | State::Declaration => OutputContext::Html,
            State::TagName | State::InTag | State::AttributeName => OutputContext::Tag,
            State::Comment => OutputContext::Comment,
            State::Style => OutputContext::Style,
            State::Script => match self.script.js {
                Js::Single => OutputContext::ScriptSingleQuoted,
                Js::Double => OutputContext::ScriptDoubleQuoted,
                Js::Template => OutputContext::ScriptTemplate,
                Js::LineComment | Js::BlockComment => OutputContext::ScriptComment,
                Js::Code | Js::Regex => OutputContext::Script,
            },
            State::BeforeValue => match self.kind() {
                AttributeKind::Event => OutputContext::Event,
                _ => OutputContext::AttributeUnquoted,
            },
            State::Value if self.quote.is_none() => OutputContext::AttributeUnquoted,
            State::Value => match self.kind() {
                AttributeKind::Event => self.event_context(),
                AttributeKind::Style => OutputContext::Style,
                AttributeKind::Url if self.is_javascript_url() => self.event_context(),
                AttributeKind::Url if self.value.len == 0 && !self.value_dynamic => OutputContext::Url,
                AttributeKind::Url => OutputContext::UrlPart,
                AttributeKind::Plain => OutputContext::Attribute,
            },
        }
    }

    fn event_context(&self) -> OutputContext {
        match self.script.js {
            Js::Code | Js::Regex => OutputContext::Event,
            _ => OutputContext::EventString,
        }
    }

    fn is_javascript_url(&self) -> bool {
        self.kind() == AttributeKind::Url && self.value.get().starts_with(b"javascript:")
    }

    fn kind(&self) -> AttributeKind {
        let name = self.attribute.get();
        match () {
            () if name.len() > 2 && name.starts_with(b"on") => AttributeKind::Event,
            () if name == b"style" => AttributeKind::Style,
            () if URL_ATTRIBUTES.contains(&name) => AttributeKind::Url,
            () => AttributeKind::Plain,
        }
    }

    /// One step from `at`; gives where to go on.
    fn step(&mut self, bytes: &[u8], at: usize, byte: u8) -> usize {
        match self.state {
            State::Text => return self.text(bytes, at),
            State::Comment => {
                if byte == b'-' && starts(bytes, at, b"-->") {
                    self.state = State::Text;
                    return at + 3;
                }
            }
            State::Declaration => {
                if byte == b'>' {
                    self.state = State::Text;
                }
            }
            State::TagName => match byte {
                b'>' => self.close_tag(),
                b'/' if self.element.len == 0 => self.closing = true,
                _ if byte.is_ascii_whitespace() || byte == b'/' => self.state = State::InTag,
                _ => self.element.push(byte),
            },
            State::InTag => match byte {
                b'>' => self.close_tag(),
                b'=' => self.state = State::BeforeValue,
                _ if byte.is_ascii_whitespace() || byte == b'/' => {}
                _ => {
                    self.attribute.clear();
                    self.attribute.push(byte);
                    self.state = State::AttributeName;
                }
            },
            State::AttributeName => match byte {
                b'>' => self.close_tag(),
                b'=' => self.state = State::BeforeValue,
                // A blank before `=` leaves the name in place for it.
                _ if byte.is_ascii_whitespace() || byte == b'/' => self.state = State::InTag,
                _ => self.attribute.push(byte),
            },
            State::BeforeValue => match byte {
                b'>' => self.close_tag(),
                b'"' | b'\'' => {
                    self.quote = Some(byte);
                    self.start_value();
                }
                _ if byte.is_ascii_whitespace() => {}
                _ => {
                    self.quote = None;
                    self.start_value();
                    self.value_byte(byte);
                }
            },
            State::Value => {
                let ends = self.quote.map_or_else(|| byte.is_ascii_whitespace() || byte == b'>', |quote| byte == quote);
                if !ends {
                    self.value_byte(byte);
                } else {
                    self.end_value();
                    self.state = State::InTag;
                    if byte == b'>' && self.quote.is_none() {
                        self.close_tag();
                    }
                }
            }
            State::Script => {
                if byte == b'<' && starts_ignoring_case(bytes, at, b"</script") {
                    self.open_tag(true);
                    return at + 2;
                }
                self.script.step(bytes, at, byte);
            }
            State::Style => {
                if byte == b'<' && starts_ignoring_case(bytes, at, b"</style") {
                    self.open_tag(true);
                    return at + 2;
                }
            }
        }
        at + 1
    }

    fn text(&mut self, bytes: &[u8], at: usize) -> usize {
        let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(b'<', rest)) else { return bytes.len() };
        let at = at + found;
        if starts(bytes, at, b"<!--") {
            self.state = State::Comment;
            return at + 4;
        }
        match bytes.get(at + 1) {
            Some(b'!' | b'?') => self.state = State::Declaration,
            Some(b'/') => {
                self.open_tag(true);
                return at + 2;
            }
            Some(byte) if byte.is_ascii_alphabetic() => self.open_tag(false),
            // `<${name}`: the name itself is dynamic.
            None => self.open_tag(false),
            Some(_) => {}
        }
        at + 1
    }

    fn open_tag(&mut self, closing: bool) {
        self.state = State::TagName;
        self.element.clear();
        self.attribute.clear();
        self.closing = closing;
        self.foreign_script = false;
    }

    fn close_tag(&mut self) {
        self.state = State::Text;
        if self.closing {
            return;
        }
        match self.element.get() {
            b"script" if !self.foreign_script => {
                self.state = State::Script;
                self.script = Script::default();
            }
            b"style" => self.state = State::Style,
            _ => {}
        }
    }

    fn start_value(&mut self) {
        self.state = State::Value;
        self.value.clear();
        self.value_dynamic = false;
        self.script = Script::default();
    }

    fn value_byte(&mut self, byte: u8) {
        if !(self.value.len == 0 && byte.is_ascii_whitespace()) {
            self.value.push(byte);
        }
        if self.kind() == AttributeKind::Event || self.is_javascript_url() {
            self.script.step(&[byte], 0, byte);
        }
    }

    fn end_value(&mut self) {
        if self.element.get() == b"script" && self.attribute.get() == b"type" && !self.value_dynamic {
            let kind = self.value.get();
            let known: [&[u8]; 5] = [b"javascript", b"ecmascript", b"jscript", b"module", b"json"];
            self.foreign_script = !kind.is_empty() && !known.iter().any(|known| memchr::memmem::find(kind, known).is_some());
        }
    }
}

impl Script {
    fn step(&mut self, bytes: &[u8], at: usize, byte: u8) {
        if self.escaped {
            self.escaped = false;
            return;
        }
        match self.js {
            Js::Code => self.code(bytes, at, byte),
            Js::Single | Js::Double | Js::Template | Js::Regex => {
                let end = match self.js {
                    Js::Single => b'\'',
                    Js::Double => b'"',
                    Js::Template => b'`',
                    _ => b'/',
                };
                if byte == b'\\' {
                    self.escaped = true;
                } else if byte == end || (byte == b'\n' && self.js != Js::Template) {
                    self.js = Js::Code;
                    self.significant = b'x';
                }
            }
            Js::LineComment => {
                if byte == b'\n' {
                    self.js = Js::Code;
                }
            }
            Js::BlockComment => {
                if byte == b'/' && self.previous == b'*' {
                    self.js = Js::Code;
                    self.previous = b' ';
                    return;
                }
            }
        }
        self.previous = byte;
    }

    fn code(&mut self, bytes: &[u8], at: usize, byte: u8) {
        match byte {
            b'\'' => self.js = Js::Single,
            b'"' => self.js = Js::Double,
            b'`' => self.js = Js::Template,
            b'/' if self.previous == b'/' => self.js = Js::LineComment,
            b'*' if self.previous == b'/' => {
                self.js = Js::BlockComment;
                return;
            }
            // The old way to hide scripts: the rest of the line is a comment.
            b'<' if starts(bytes, at, b"<!--") => self.js = Js::LineComment,
            b'/' => {
                let comment = matches!(bytes.get(at + 1), Some(b'/' | b'*'));
                if !comment && bytes.len() > at + 1 && b"(,=:[!&|?{};+\n\0".contains(&self.significant) {
                    self.js = Js::Regex;
                }
                return;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            self.significant = byte;
        }
    }
}

fn starts(bytes: &[u8], at: usize, with: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|rest| rest.starts_with(with))
}

fn starts_ignoring_case(bytes: &[u8], at: usize, with: &[u8]) -> bool {
    bytes.get(at..at + with.len()).is_some_and(|part| part.eq_ignore_ascii_case(with))
}

#[cfg(test)]
mod tests {
    use super::Html;
    use crate::syntax::jsp::OutputContext::{self, *};

    /// The context at each `$`, something dynamic standing there.
    fn contexts(template: &str) -> Vec<OutputContext> {
        let mut html = Html::default();
        let mut parts = template.split('$');
        html.feed(parts.next().unwrap_or_default());
        parts
            .map(|part| {
                let context = html.context();
                html.dynamic();
                html.feed(part);
                context
            })
            .collect()
    }

    #[test]
    fn text_and_attributes() {
        assert_eq!(
            contexts("<p class=\"a $\">$</p><b title='$' $ x=$>$"),
            [Attribute, Html, Attribute, Tag, AttributeUnquoted, Html]
        );
        assert_eq!(contexts("<!-- $ --> $ <!DOCTYPE html> $ 1 < 2 $"), [Comment, Html, Html, Html]);
        assert_eq!(contexts("<input value = \"$\" name=a$b>$"), [Attribute, AttributeUnquoted, Html]);
        assert_eq!(contexts("<td style=\"width:$\">$<style>p{color:$}</style>$"), [Style, Html, Style, Html]);
    }

    #[test]
    fn addresses() {
        assert_eq!(contexts("<a href=\"$\">$</a>"), [Url, Html]);
        assert_eq!(contexts("<a href='$/b?c=$&d=$'>"), [Url, UrlPart, UrlPart]);
        assert_eq!(contexts("<a href=\"/b/$\"><img SRC='$'>"), [UrlPart, Url]);
        assert_eq!(contexts("<a href=\"javascript:go('$', $)\">$"), [EventString, Event, Html]);
    }

    #[test]
    fn events() {
        assert_eq!(contexts("<a onclick=\"go('$'); f($)\" onX='\"$\"'>$"), [EventString, Event, EventString, Html]);
    }

    #[test]
    fn scripts() {
        assert_eq!(
            contexts("<script type=\"text/javascript\">var a = '$', b = \"it's $\", c = $; d = `$`; // $\n/* $ */ $</script>$"),
            [ScriptSingleQuoted, ScriptDoubleQuoted, Script, ScriptTemplate, ScriptComment, ScriptComment, Script, Html]
        );
        assert_eq!(contexts("<script>\n<!-- it's\nvar a = \"$\";\n//-->\n</script>$"), [ScriptDoubleQuoted, Html]);
        assert_eq!(
            contexts("<script>x = a.replace(/['\"]/g, '$'); y = 4 / 2; z = '$'</script>"),
            [ScriptSingleQuoted, ScriptSingleQuoted]
        );
        assert_eq!(contexts("<script>s = 'a\\'$'</script>$<SCRIPT src='$'></SCRIPT>$"), [ScriptSingleQuoted, Html, Url, Html]);
        assert_eq!(contexts("<script type=\"text/x-template\"><p title='$'>$</p></script>$"), [Attribute, Html, Html]);
    }
}
