//! JSP, JSPX and tag files to Java: what a container would compile, plus a call for each output that says where in
//! the page it lands. docs/jsp.md has the scheme. Must not know other files: includes and tag libraries are recorded.

mod actions;
mod directive;
mod el;
mod html;
mod java_text;
mod scan;
#[cfg(test)]
mod tests;
mod translate;
mod value;

use super::MappedText;
use crate::base::Span;

pub use translate::{class_of, translate};

/// A JSP as Java.
#[derive(Debug, Default)]
pub struct JspTranslation {
    /// The compilation unit, and the way back to the JSP.
    pub java: MappedText,
    /// The fully qualified name of its class, made from the path.
    pub class: String,
    /// Pages that this one includes or forwards to, as far as they are written out.
    pub includes: Vec<JspInclude>,
    /// Tag libraries: prefix, and URI or folder.
    pub taglibs: Vec<(String, String)>,
    /// Each output, in order: where it is written and what it lands in.
    pub contexts: Vec<(Span, OutputContext)>,
    /// What is not closed: actions, scriptlets, comments.
    pub broken: Vec<Span>,
}

/// A page named in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JspInclude {
    /// The path as written.
    pub path: String,
    /// Where.
    pub span: Span,
    /// How.
    pub kind: IncludeKind,
}

/// How a page takes in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncludeKind {
    /// `<%@ include file="…" %>`: the text, when the page is compiled.
    Static,
    /// `<jsp:include>`, `<c:import>`: the output, at each request.
    Dynamic,
    /// `<jsp:forward>`.
    Forward,
}

/// What a browser takes an output for; each has the method of `__el` that stands for output there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputContext {
    /// Between tags.
    Html,
    /// In a quoted attribute.
    Attribute,
    /// In an attribute without quotes.
    AttributeUnquoted,
    /// In a tag, as its name or an attribute's.
    Tag,
    /// The start of an address (`href`, `src` …): decides the scheme.
    Url,
    /// Further inside an address.
    UrlPart,
    /// In an `on…` attribute or a `javascript:` address, as code.
    Event,
    /// There, in a string.
    EventString,
    /// In a script, as code.
    Script,
    /// In a script, in `'…'`.
    ScriptSingleQuoted,
    /// In a script, in `"…"`.
    ScriptDoubleQuoted,
    /// In a script, in a template literal.
    ScriptTemplate,
    /// In a script's comment.
    ScriptComment,
    /// In a style sheet or `style` attribute.
    Style,
    /// In an HTML comment.
    Comment,
    /// The page is no markup: JSON, plain text.
    Plain,
}

impl OutputContext {
    /// The method of `__el` that stands for output there.
    #[must_use]
    pub fn method(self) -> &'static str {
        match self {
            OutputContext::Html => "printHtml",
            OutputContext::Attribute => "printAttribute",
            OutputContext::AttributeUnquoted => "printUnquoted",
            OutputContext::Tag => "printTag",
            OutputContext::Url => "printUrl",
            OutputContext::UrlPart => "printUrlPart",
            OutputContext::Event => "printEvent",
            OutputContext::EventString => "printEventString",
            OutputContext::Script => "printScript",
            OutputContext::ScriptSingleQuoted => "printScriptSingle",
            OutputContext::ScriptDoubleQuoted => "printScriptDouble",
            OutputContext::ScriptTemplate => "printScriptTemplate",
            OutputContext::ScriptComment => "printScriptComment",
            OutputContext::Style => "printStyle",
            OutputContext::Comment => "printComment",
            OutputContext::Plain => "printPlain",
        }
    }
}
