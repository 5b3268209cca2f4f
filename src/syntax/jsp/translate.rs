//! The pass over a page: template text to the HTML machine, everything else to Java.

use super::el::to_java;
use super::html::Html;
use super::java_text::{is_java_name, java_string};
use super::scan::{self, Tag, action_name, attributes, el_end, find, java_tail, scriptlet_end};
use super::{IncludeKind, JspInclude, JspTranslation, OutputContext};
use crate::base::Span;
use crate::syntax::MappedText;

/// Prefixes taken for actions even where no taglib directive declares them: an including page may.
const USUAL_PREFIXES: [&str; 13] = ["jsp", "c", "fmt", "fn", "form", "spring", "sql", "x", "s", "bean", "html", "logic", "tiles"];

/// A stretch of the made Java.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Copied from the page.
    Copy(Span),
    /// Made, for this range of the page.
    Made(String, Span),
}

/// An open action.
#[derive(Debug)]
pub(super) struct Open {
    /// `prefix:name`.
    pub name: String,
    pub kind: OpenKind,
    pub span: Span,
}

#[derive(Debug)]
pub(super) enum OpenKind {
    /// A block: `}`.
    Block,
    /// `c:choose`; whether an `else` is pending.
    Choose { pending: bool },
    /// A branch of it.
    When,
    /// `c:catch`, and its variable.
    Try(Option<String>),
    /// The output of the body goes to a local; what is done with it at the end, `{}` standing for the local.
    Capture { local: String, end: String },
}

/// See the module.
pub(super) struct Translator<'t> {
    pub text: &'t str,
    pub html: Html,
    pub open: Vec<Open>,
    pub result: JspTranslation,
    /// Beans declared as locals.
    pub beans: Vec<String>,
    pub imports: Vec<Piece>,
    members: Vec<Piece>,
    body: Vec<Piece>,
    /// The last scriptlet ended in the middle of a statement, `if (x)` for example.
    statement_open: bool,
    /// The page declares a content type that is no markup.
    pub plain: bool,
    pub el_ignored: bool,
    locals: u32,
}

/// Translates a page. `path` is its path in the project; the class is named after it.
#[must_use]
pub fn translate(text: &str, path: &str) -> JspTranslation {
    let mut translator = Translator {
        text,
        html: Html::default(),
        open: Vec::new(),
        result: JspTranslation::default(),
        beans: Vec::new(),
        imports: Vec::new(),
        members: Vec::new(),
        body: Vec::new(),
        statement_open: false,
        plain: false,
        el_ignored: false,
        locals: 0,
    };
    translator.declared_namespaces();
    translator.page();
    translator.finish(path)
}

impl<'t> Translator<'t> {
    fn page(&mut self) {
        let mut literal = 0;
        let mut at = 0;
        while let Some(found) = self.text.as_bytes().get(at..).and_then(|rest| memchr::memchr3(b'<', b'$', b'\\', rest)) {
            at += found;
            let rest = self.text.get(at..).unwrap_or_default();
            if rest.starts_with("\\${") || rest.starts_with("\\#{") || rest.starts_with("<\\%") {
                at += 3;
                continue;
            }
            if let Some(end) = self.special(at, literal, rest) {
                at = end;
                literal = end;
            } else {
                at += 1;
            }
        }
        self.template(literal, self.text.len());
    }

    /// What is special at `at`, if anything is: gives its end. The literal text before it goes first.
    fn special(&mut self, at: usize, literal: usize, rest: &str) -> Option<usize> {
        if rest.starts_with("${") {
            if self.el_ignored {
                return None;
            }
            let end = el_end(self.text, at + 2)?;
            self.template(literal, at);
            let java = to_java(self.text.get(at + 2..end)?);
            let span = Span::new(at, end + 1);
            self.print(vec![Piece::Made(java, span)], span);
            return Some(end + 1);
        }
        if !rest.starts_with('<') {
            return None;
        }
        if rest.starts_with("<%") {
            self.template(literal, at);
            return Some(self.scripting(at, rest));
        }
        let taglibs = &self.result.taglibs;
        let known = |prefix: &str| USUAL_PREFIXES.contains(&prefix) || taglibs.iter().any(|(declared, _)| declared == prefix);
        let name = action_name(self.text, at, known)?;
        let Some(tag) = scan::tag(self.text, at, name) else {
            self.result.broken.push(Span::new(at, at + 1 + name.len()));
            return None;
        };
        self.template(literal, at);
        if !tag.closing && !tag.empty && matches!(name, "jsp:scriptlet" | "jsp:expression" | "jsp:declaration") {
            return Some(self.scripting_element(&tag));
        }
        let end = tag.span.hi as usize;
        if let Some(directive) = name.strip_prefix("jsp:directive.") {
            if !tag.closing {
                self.directive(&Tag { name: directive, ..tag });
            }
        } else if tag.closing {
            self.close(name, tag.span);
        } else {
            self.action(&tag);
        }
        Some(end)
    }

    /// Literal text.
    fn template(&mut self, from: usize, to: usize) {
        let Some(text) = self.text.get(from..to) else { return };
        if text.is_empty() {
            return;
        }
        if self.statement_open && !text.trim().is_empty() {
            self.statement(String::from("__el.text();"), Span::new(from, to));
        }
        if let Some(local) = self.captured()
            && !text.trim().is_empty()
            && text.len() < 1024
        {
            let java = format!("{local} = {local} + {};", java_string(text));
            self.statement(java, Span::new(from, to));
        }
        self.html.feed(text);
    }

    /// `<% … %>` in its kinds; gives its end.
    fn scripting(&mut self, at: usize, rest: &str) -> usize {
        if rest.starts_with("<%--") {
            let end = find(self.text, at + 4, "--%>");
            if end.is_none() {
                self.result.broken.push(Span::new(at, at + 4));
            }
            return end.map_or(self.text.len(), |end| end + 4);
        }
        let kind = rest.as_bytes().get(2).copied().unwrap_or_default();
        let inside = at + 2 + usize::from(b"@!=".contains(&kind));
        let (end, after) = scriptlet_end(self.text, inside);
        if end == after {
            self.result.broken.push(Span::new(at, inside.min(self.text.len())));
        }
        let (code, whole) = (Span::new(inside, end), Span::new(at, after));
        match kind {
            b'@' => {
                let text = code.text(self.text);
                let name = text.trim_start();
                let name = name.get(..name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len())).unwrap_or_default();
                let start = inside + (text.len() - text.trim_start().len()) + name.len();
                // Only what lies before the end: a quote that is not closed must not swallow the page.
                let (list, _) = attributes(self.text.get(..end).unwrap_or_default(), start);
                self.directive(&Tag { name, attributes: list, closing: false, empty: true, span: whole });
            }
            b'!' => self.declaration(vec![Piece::Copy(code)], code),
            b'=' => self.expression(code, whole),
            _ => self.scriptlet(vec![Piece::Copy(code)], code.text(self.text)),
        }
        after
    }

    /// `<jsp:scriptlet>` and its like; the body is Java with the escapes of XML.
    fn scripting_element(&mut self, tag: &Tag<'_>) -> usize {
        let start = tag.span.hi as usize;
        let close = format!("</{}", tag.name);
        let Some(end) = find(self.text, start, &close) else {
            self.result.broken.push(tag.span);
            return start;
        };
        let after = find(self.text, end, ">").map_or(self.text.len(), |end| end + 1);
        let (code, whole) = (Span::new(start, end), Span::new(tag.span.lo as usize, after));
        let pieces = unescaped(self.text, code);
        match tag.name {
            "jsp:declaration" => self.declaration(pieces, code),
            "jsp:expression" => self.print(pieces, whole),
            _ => {
                let java: String = pieces.iter().map(|piece| piece.text(self.text)).collect();
                self.scriptlet(pieces, &java);
            }
        }
        after
    }

    fn declaration(&mut self, pieces: Vec<Piece>, code: Span) {
        self.members.extend(pieces);
        let end = if java_tail(code.text(self.text)).open_comment { "*/\n" } else { "\n" };
        self.members.push(Piece::Made(String::from(end), Span { lo: code.hi, hi: code.hi }));
    }

    fn expression(&mut self, code: Span, whole: Span) {
        if let Some(pieces) = self.java_of(code) {
            self.print(pieces, whole);
        }
    }

    /// The Java of `<%= … %>`, comments closed; `None` where there is none.
    pub(super) fn java_of(&self, code: Span) -> Option<Vec<Piece>> {
        let tail = java_tail(code.text(self.text));
        if tail.last == 0 {
            return None;
        }
        // A comment to the end of the line would swallow what follows.
        let end = if tail.open_comment { "*/\n" } else { "\n" };
        let trimmed = code.text(self.text).trim_end();
        let (copy, end) = match trimmed.strip_suffix(';') {
            // Wrong, but seen.
            Some(expression) => (expression, "\n"),
            None => (trimmed, end),
        };
        let copy = Span::new(code.lo as usize, code.lo as usize + copy.len());
        Some(vec![Piece::Copy(copy), Piece::Made(String::from(end), Span { lo: copy.hi, hi: copy.hi })])
    }

    fn scriptlet(&mut self, pieces: Vec<Piece>, java: &str) {
        let tail = java_tail(java);
        self.settle_choose();
        let end = pieces.last().map_or(0, |piece| piece.span().hi);
        self.body.extend(pieces);
        self.body.push(Piece::Made(String::from(if tail.open_comment { "*/\n" } else { "\n" }), Span { lo: end, hi: end }));
        if tail.last != 0 {
            self.statement_open = !b";{}:".contains(&tail.last);
        }
    }

    // ---- what actions are made of

    /// A statement of the page's method.
    pub(super) fn statement(&mut self, java: String, span: Span) {
        self.statement_of(vec![Piece::Made(java, span)]);
    }

    /// The same, made of several pieces.
    pub(super) fn statement_of(&mut self, pieces: Vec<Piece>) {
        self.settle_choose();
        self.statement_open = false;
        let end = pieces.last().map_or(0, |piece| piece.span().hi);
        self.body.extend(pieces);
        self.body.push(Piece::Made(String::from("\n"), Span { lo: end, hi: end }));
    }

    /// `before expression after`, as one statement.
    pub(super) fn wrap(&mut self, before: &str, expression: Vec<Piece>, after: &str, span: Span) {
        let mut pieces = vec![Piece::Made(before.to_owned(), span)];
        pieces.extend(expression);
        pieces.push(Piece::Made(after.to_owned(), span));
        self.statement_of(pieces);
    }

    /// Something between the branches of a `c:choose` would part the `else` from its `if`.
    fn settle_choose(&mut self) {
        if let Some(Open { kind: OpenKind::Choose { pending: pending @ true }, span, .. }) = self.open.last_mut() {
            *pending = false;
            let span = *span;
            self.body.push(Piece::Made(String::from("{}\n"), span));
        }
    }

    /// Appends as it is: braces and branches.
    pub(super) fn raw(&mut self, java: &str, span: Span) {
        self.body.push(Piece::Made(java.to_owned(), span));
    }

    /// Output of an expression, here.
    pub(super) fn print(&mut self, expression: Vec<Piece>, span: Span) {
        let context = if self.plain { OutputContext::Plain } else { self.html.context() };
        self.html.dynamic();
        if let Some(local) = self.captured() {
            let before = format!("{local} = {local} + (");
            return self.wrap(&before, expression, ");", span);
        }
        self.result.contexts.push((span, context));
        self.wrap(&format!("__el.{}(", context.method()), expression, ");", span);
    }

    /// The local that output goes to now.
    fn captured(&self) -> Option<String> {
        self.open.iter().rev().find_map(|open| match &open.kind {
            OpenKind::Capture { local, .. } => Some(local.clone()),
            _ => None,
        })
    }

    /// A local's name that the page cannot have.
    pub(super) fn fresh(&mut self, stem: &str) -> String {
        self.locals += 1;
        format!("__{stem}{}", self.locals)
    }

    pub(super) fn include(&mut self, path: String, span: Span, kind: IncludeKind) {
        self.result.includes.push(JspInclude { path, span, kind });
    }

    /// An end tag.
    fn close(&mut self, name: &str, span: Span) {
        let Some(index) = self.open.iter().rposition(|open| open.name == name) else { return };
        while self.open.len() > index {
            self.close_last(span);
        }
    }

    fn close_last(&mut self, span: Span) {
        let Some(open) = self.open.pop() else { return };
        match open.kind {
            OpenKind::Block => self.raw("}\n", span),
            OpenKind::Choose { pending } => self.raw(if pending { "{}\n}\n" } else { "}\n" }, span),
            OpenKind::When => {
                self.raw("}\n", span);
                if let Some(Open { kind: OpenKind::Choose { pending }, .. }) = self.open.last_mut() {
                    *pending = true;
                    self.raw("else ", span);
                }
            }
            OpenKind::Try(variable) => {
                let caught = self.fresh("caught");
                self.raw(&format!("}} catch (Throwable {caught}) {{\n"), span);
                if let Some(variable) = variable {
                    self.raw(&format!("pageContext.setAttribute({}, {caught});\n", java_string(&variable)), span);
                }
                self.raw("}\n", span);
            }
            OpenKind::Capture { local, end } => self.statement(end.replace("{}", &local), span),
        }
        self.statement_open = false;
    }

    fn finish(mut self, path: &str) -> JspTranslation {
        let end = Span::new(self.text.len(), self.text.len());
        while let Some(open) = self.open.last() {
            self.result.broken.push(open.span);
            self.close_last(end);
        }
        self.result.broken.sort_unstable();
        let (package, class) = class_name(path);
        let start = Span::default();
        let mut java = MappedText::default();
        if !package.is_empty() {
            java.replace(&format!("package {package};\n"), start);
        }
        java.replace("import javax.servlet.*;\nimport javax.servlet.http.*;\nimport javax.servlet.jsp.*;\n", start);
        emit(&mut java, self.text, &self.imports);
        java.replace(&format!("public class {class} extends HttpServlet implements HttpJspPage {{\n"), start);
        emit(&mut java, self.text, &self.members);
        java.replace(SERVICE, start);
        emit(&mut java, self.text, &self.body);
        java.replace("}\n}\n", end);
        self.result.java = java;
        self.result.class = if package.is_empty() { class } else { format!("{package}.{class}") };
        self.result
    }
}

/// What a container does before the page's own code.
const SERVICE: &str = "public void _jspService(HttpServletRequest request, HttpServletResponse response) \
throws java.io.IOException, ServletException {
haechi.jsp.El __el = new haechi.jsp.El();
PageContext pageContext = __el.pageContext(request, response);
HttpSession session = request.getSession();
ServletContext application = request.getServletContext();
ServletConfig config = getServletConfig();
JspWriter out = pageContext.getOut();
Throwable exception = __el.exception();
Object page = this;
";

impl Piece {
    fn span(&self) -> Span {
        match self {
            Piece::Copy(span) | Piece::Made(_, span) => *span,
        }
    }

    fn text<'s>(&'s self, source: &'s str) -> &'s str {
        match self {
            Piece::Copy(span) => span.text(source),
            Piece::Made(text, _) => text,
        }
    }
}

fn emit(java: &mut MappedText, source: &str, pieces: &[Piece]) {
    for piece in pieces {
        match piece {
            Piece::Copy(span) => java.copy(span.text(source), span.lo as usize),
            Piece::Made(text, span) => java.replace(text, *span),
        }
    }
}

/// Java in XML: character data sections and the entities taken out, everything else copied.
fn unescaped(text: &str, code: Span) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut copied, mut at, end) = (code.lo as usize, code.lo as usize, code.hi as usize);
    let mut in_cdata = false;
    while at < end {
        let rest = text.get(at..end).unwrap_or_default();
        let plain = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&quot;", "\""), ("&apos;", "'")];
        let found = match rest.as_bytes().first() {
            Some(b'<') if rest.starts_with("<![CDATA[") => {
                in_cdata = true;
                Some((9, ""))
            }
            Some(b']') if rest.starts_with("]]>") => {
                in_cdata = false;
                Some((3, ""))
            }
            Some(b'&') if !in_cdata => {
                plain.iter().find(|(name, _)| rest.starts_with(name)).map(|(name, java)| (name.len(), *java))
            }
            _ => None,
        };
        let Some((length, java)) = found else {
            at += 1;
            continue;
        };
        pieces.push(Piece::Copy(Span::new(copied, at)));
        pieces.push(Piece::Made(java.to_owned(), Span::new(at, at + length)));
        at += length;
        copied = at;
    }
    pieces.push(Piece::Copy(Span::new(copied, end)));
    pieces
}

/// The full name of the class that a page of this path becomes.
#[must_use]
pub fn class_of(path: &str) -> String {
    let (package, class) = class_name(path);
    if package.is_empty() { class } else { format!("{package}.{class}") }
}

/// Package and class after the path: `WEB-INF/jsp/a.jsp` is `jsp.WEB_002dINF.jsp.a_jsp`.
fn class_name(path: &str) -> (String, String) {
    let part = |part: &str| {
        let mut name = String::new();
        for character in part.chars() {
            match character {
                '.' => name.push('_'),
                _ if character.is_alphanumeric() || character == '_' => name.push(character),
                _ => name.push_str(&format!("_{:04x}", character as u32)),
            }
        }
        if !is_java_name(&name) {
            name.insert(0, '_');
        }
        name
    };
    let mut parts: Vec<String> = path.split('/').filter(|name| !name.is_empty()).map(part).collect();
    let class = parts.pop().unwrap_or_else(|| String::from("_page"));
    parts.insert(0, String::from("jsp"));
    (parts.join("."), class)
}
