//! Encoders that a whole project puts before its handlers: request wrappers whose parameters come out escaped for HTML.
//! They lower what is reported where they fit; a hole in them is too common for them to silence anything.
//! Must not know states or values.

use super::Context;
use super::value::Mark;
use crate::base::{FastSet, Symbol};
use crate::ir::{AnnotationUse, AnnotationValue, Body, Callee, Const, Function, Language, Operand, Rvalue, StmtKind};
use crate::program::Program;
use crate::rules::SourceKinds;
use crate::syntax::document::{DocumentContent, Element, Node};

/// Request data that passes a wrapper's parameter methods by.
const NOT_PARAMETERS: &[&str] = &[
    "getHeader",
    "getHeaders",
    "getCookies",
    "getCookie",
    "getQueryString",
    "getRequestURI",
    "getRequestURL",
    "getPathInfo",
    "getInputStream",
    "getReader",
    "getPart",
    "getParts",
    "getSubmittedFileName",
    "getOriginalFilename",
    "getContentType",
    "getFile",
    "getFiles",
    "getFileMap",
    "getRemoteUser",
    "getServerName",
];

/// Where in a page quotes and angle brackets are all that matters.
const FITTING: &[&str] = &[
    "printHtml",
    "printPlain",
    "printComment",
    "printAttribute",
    "printUrlPart",
    "printScriptSingle",
    "printScriptDouble",
    "print",
    "println",
    "write",
    "append",
    "printf",
    "format",
    "return",
];

/// What the project's wrapper does.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    /// There is one that is installed.
    installed: bool,
    /// Names that its code tells apart: parameters that it lets pass.
    exempt: FastSet<Symbol>,
    /// URL patterns that filters are mapped to; empty: not known, taken for all.
    patterns: Vec<String>,
}

impl Encoder {
    /// Looks for one. Costs nothing where no class wraps requests.
    pub(super) fn of(program: &Program) -> Encoder {
        let mut encoder = Encoder::default();
        for class in &program.classes {
            let wraps = class.supers.iter().any(|parent| parent.simple_name() == "HttpServletRequestWrapper");
            if !wraps || !class.methods.keys().any(|name| name.as_str().starts_with("getParameter")) {
                continue;
            }
            let unit = &program.units[class.unit];
            let owned = |function: &&Function| {
                function.owner.and_then(|owner| unit.types.get(owner)).is_some_and(|owner| owner.name == class.name)
            };
            let texts: FastSet<Symbol> =
                unit.functions.iter().filter(owned).filter_map(Function::body).flat_map(|body| texts(&body)).collect();
            let escapes = texts.iter().any(|text| matches!(text.as_str(), "&lt;" | "&#60;" | "&#x3c;" | "&#x3C;"));
            if escapes && is_made(program, class.name) {
                encoder.installed = true;
                encoder.exempt.extend(texts.iter().filter(|text| is_name(text.as_str())));
            }
        }
        if encoder.installed {
            encoder.patterns = patterns(program);
        }
        encoder
    }

    /// Whether data of a mark reaches this output escaped, as far as the project's encoder goes.
    pub(super) fn covers(&self, mark: Mark, sink: Symbol, callee: Symbol) -> bool {
        self.installed
            && matches!(sink.as_str(), "html" | "html-attr" | "js")
            // What was stored came in through it, or is none of a user's doing.
            && (FITTING.contains(&callee.as_str())
                // Escaped by the page as well, the browser gives an event handler only the first escape back.
                || callee.as_str() == "printEventString" && mark.cleared & super::kinds::bit("html-attr") != 0
                || mark.kinds == SourceKinds::DB)
            && (mark.kinds.contains(SourceKinds::WEB)
                && !NOT_PARAMETERS.contains(&mark.name.as_str())
                && !mark.name.as_str().starts_with('@')
                || mark.kinds.intersects(SourceKinds::DB))
            && !self.exempt.contains(&mark.name)
    }

    /// Whether requests of a handler pass the encoder, by the addresses it is mapped to.
    pub(super) fn meets(&self, annotations: &[AnnotationUse]) -> bool {
        if self.patterns.is_empty() || self.patterns.iter().any(|pattern| matches!(pattern.as_str(), "/*" | "/" | "*")) {
            return true;
        }
        let mut paths = Vec::new();
        for used in annotations.iter().filter(|used| used.name.simple_name().ends_with("Mapping")) {
            used.args
                .iter()
                .filter(|(key, _)| matches!(key.as_str(), "value" | "path"))
                .for_each(|(_, value)| constants(value, &mut paths));
        }
        let fits = |path: &str| {
            self.patterns.iter().any(|pattern| match pattern.strip_prefix('*') {
                Some(end) => path.ends_with(end),
                None => path.starts_with(pattern.trim_end_matches('*')),
            })
        };
        paths.is_empty() || paths.iter().any(|path| fits(path.as_str()))
    }
}

/// What marks of a parameter are called where it is no request parameter.
pub(super) fn other_than_parameter(annotations: &[AnnotationUse]) -> Option<&'static str> {
    let names = ["PathVariable", "RequestHeader", "CookieValue", "RequestBody", "RequestPart", "MatrixVariable"];
    names.into_iter().find(|name| annotations.iter().any(|used| used.name.simple_name() == *name))
}

/// The string constants of a body.
fn texts(body: &Body) -> Vec<Symbol> {
    let mut found = Vec::new();
    let mut take = |operand: &Operand| {
        if let Operand::Const(Const::Str(text)) = operand {
            found.push(*text);
        }
    };
    for call in &body.calls {
        call.args.iter().for_each(&mut take);
    }
    for stmt in &body.stmts {
        match &stmt.kind {
            StmtKind::Assign(_, Rvalue::Use(operand)) => take(operand),
            StmtKind::Assign(_, Rvalue::Binary(_, a, b)) => [a, b].into_iter().for_each(&mut take),
            _ => {}
        }
    }
    found
}

fn is_name(text: &str) -> bool {
    text.len() > 1
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Whether some code makes one, as a filter does.
fn is_made(program: &Program, class: Symbol) -> bool {
    program.types.iter().any(|types| types.calls.iter().any(|target| target.owner == Some(class)))
}

/// The addresses that the project's filters are mapped to, in web.xml or in code.
fn patterns(program: &Program) -> Vec<String> {
    let mut found = Vec::new();
    for document in &program.documents {
        if let DocumentContent::Xml(root) = &document.content
            && root.name == "web-app"
        {
            for mapping in root.elements().filter(|it| it.name == "filter-mapping") {
                for pattern in mapping.elements().filter(|it| it.name == "url-pattern") {
                    found.extend(pattern.children.iter().filter_map(|child| match child {
                        Node::Text(text, _) => Some(text.trim().to_owned()),
                        Node::Element(Element { .. }) => None,
                    }));
                }
            }
        }
    }
    for unit in program.units.iter().filter(|unit| unit.language == Language::Java) {
        for body in unit.functions.iter().filter_map(Function::body) {
            let maps = |callee: &Callee| {
                matches!(callee, Callee::Method { name, .. }
                    if matches!(name.as_str(), "addMappingForUrlPatterns" | "addUrlPatterns" | "setUrlPatterns"))
            };
            let args = body.calls.iter().filter(|call| maps(&call.callee)).flat_map(|call| &call.args);
            found.extend(args.filter_map(|arg| match arg {
                Operand::Const(Const::Str(text)) => Some(text.as_str().to_owned()),
                _ => None,
            }));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn constants(value: &AnnotationValue, found: &mut Vec<Symbol>) {
    match value {
        AnnotationValue::Const(Const::Str(text)) => found.push(*text),
        AnnotationValue::List(values) => values.iter().for_each(|value| constants(value, found)),
        _ => {}
    }
}

impl Context<'_> {
    /// The names of an entry's parameters in marks: those that no encoder of parameters sees are told apart.
    pub(super) fn mark_name(&self, function: &Function, annotations: &[AnnotationUse], name: Symbol) -> Symbol {
        match other_than_parameter(annotations) {
            Some(kind) => Symbol::new(&format!("@{kind} {name}")),
            None if !self.encoder.meets(&function.annotations) => Symbol::new(&format!("@RequestMapping {name}")),
            None => name,
        }
    }
}
