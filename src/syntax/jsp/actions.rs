//! What the standard actions, JSTL and Spring's tags do, as Java. Any other action takes its attributes and may do
//! with them what it likes. Must not know template text.

use super::java_text::{is_java_name, java_string};
use super::scan::Tag;
use super::translate::{Open, OpenKind, Piece, Translator};
use super::value::{Value, constant, joined};
use super::{IncludeKind, OutputContext};
use crate::base::Span;

impl Translator<'_> {
    /// A start or empty tag.
    pub(super) fn action(&mut self, tag: &Tag<'_>) {
        let (prefix, name) = tag.name.split_once(':').unwrap_or_default();
        match (self.canonical(prefix), name) {
            ("jsp", _) => self.standard(tag, name),
            ("c", _) => self.core(tag, name),
            ("fmt", "formatNumber") => self.formatted(tag, "number"),
            ("fmt", "formatDate" | "parseDate" | "parseNumber") => self.formatted(tag, "date"),
            ("fmt", "message") | ("spring", "message" | "theme") => self.message(tag),
            ("spring", "url") => self.address(tag),
            ("spring", "eval") => self.spring_eval(tag),
            ("spring", "bind" | "nestedPath") => {
                let path = self.value_of(tag, "path").map(|value| value.java).unwrap_or_default();
                self.wrap("pageContext.setAttribute(\"status\", __el.bind(", path, "));", tag.span);
            }
            ("form", _) => self.form(tag, name),
            ("sql", "query" | "update") => self.sql(tag),
            ("s", "property") => self.struts_property(tag, "value", &["escape", "escapeHtml"]),
            ("bean", "write") => self.struts_property(tag, "name", &["filter"]),
            _ => self.generic(tag),
        }
    }

    /// The usual prefix of a tag library, whatever prefix this page gave it.
    fn canonical<'p>(&self, prefix: &'p str) -> &'p str {
        let Some((_, uri)) = self.result.taglibs.iter().find(|(known, _)| known == prefix) else { return prefix };
        let libraries = [
            ("jstl/core", "c"),
            ("jakarta.tags.core", "c"),
            ("jstl/fmt", "fmt"),
            ("jakarta.tags.fmt", "fmt"),
            ("jstl/sql", "sql"),
            ("jakarta.tags.sql", "sql"),
            ("springframework.org/tags/form", "form"),
            ("springframework.org/tags", "spring"),
            ("struts-tags", "s"),
            ("struts-bean", "bean"),
            ("tags-bean", "bean"),
        ];
        libraries.iter().find(|(part, _)| uri.contains(part)).map_or("", |(_, usual)| usual)
    }

    fn standard(&mut self, tag: &Tag<'_>, name: &str) {
        match name {
            "include" | "forward" => {
                let kind = if name == "include" { IncludeKind::Dynamic } else { IncludeKind::Forward };
                self.page_reference(tag, "page", name, kind);
            }
            "param" => {
                if let Some(value) = self.value_of(tag, "value") {
                    let key = java_string(tag.text(self.text, "name").unwrap_or_default());
                    self.wrap(&format!("__el.param({key}, "), value.java, ");", tag.span);
                }
            }
            "useBean" => self.use_bean(tag),
            "setProperty" => self.set_property(tag),
            "getProperty" => {
                let base = self.bean(tag.text(self.text, "name").unwrap_or_default());
                let property = java_string(tag.text(self.text, "property").unwrap_or_default());
                self.print(vec![Piece::Made(format!("__el.property({base}, {property})"), tag.span)], tag.span);
            }
            _ => {}
        }
    }

    fn core(&mut self, tag: &Tag<'_>, name: &str) {
        let span = tag.span;
        match name {
            "out" => self.core_out(tag),
            "set" => self.core_set(tag),
            "if" => {
                let test = self.condition(tag);
                if let Some(variable) = tag.text(self.text, "var") {
                    let before = format!("{}{}, ", scope_setter(tag.text(self.text, "scope")), java_string(variable));
                    self.wrap(&before, test.clone(), ");", span);
                }
                if !tag.empty {
                    self.wrap("if (", test, ") {", span);
                    self.push(tag, OpenKind::Block);
                }
            }
            "choose" if !tag.empty => {
                self.statement(String::from("{"), span);
                self.push(tag, OpenKind::Choose { pending: false });
            }
            "when" | "otherwise" if !tag.empty => {
                let inside = match self.open.last_mut() {
                    Some(Open { kind: OpenKind::Choose { pending }, .. }) => {
                        *pending = false;
                        true
                    }
                    _ => false,
                };
                let (condition, kind) = match name {
                    "when" if inside => (Some(self.condition(tag)), OpenKind::When),
                    "when" => (Some(self.condition(tag)), OpenKind::Block),
                    _ => (None, OpenKind::Block),
                };
                match condition {
                    Some(condition) => self.wrap("if (", condition, ") {", span),
                    None => self.raw("{\n", span),
                }
                self.push(tag, kind);
            }
            "forEach" | "forTokens" if !tag.empty => self.for_each(tag, name),
            "remove" => {
                if let Some(variable) = tag.text(self.text, "var") {
                    self.statement(format!("pageContext.removeAttribute({});", java_string(variable)), span);
                }
            }
            "catch" if !tag.empty => {
                self.statement(String::from("try {"), span);
                let variable = tag.text(self.text, "var").map(str::to_owned);
                self.push(tag, OpenKind::Try(variable));
            }
            "import" => self.core_import(tag),
            "url" => self.address(tag),
            "redirect" => {
                if let Some(value) = self.value_of(tag, "url") {
                    self.wrap("response.sendRedirect(String.valueOf(", value.java, "));", span);
                }
            }
            "param" => {
                if let Some(value) = self.value_of(tag, "value") {
                    let key = java_string(tag.text(self.text, "name").unwrap_or_default());
                    self.wrap(&format!("__el.param({key}, "), value.java, ");", span);
                }
            }
            _ => self.generic(tag),
        }
    }

    fn core_out(&mut self, tag: &Tag<'_>) {
        let Some(value) = self.value_of(tag, "value") else { return };
        let mut java = value.java;
        let mut constant = value.constant;
        if let Some(default) = self.value_of(tag, "default") {
            java = joined("__el.orElse(", vec![java, default.java], ")", tag.span);
            constant &= default.constant;
        }
        if constant {
            return self.html.dynamic();
        }
        let raw = tag.text(self.text, "escapeXml").is_some_and(|escape| !escape.trim().eq_ignore_ascii_case("true"));
        if !raw {
            java = joined("__el.escapeXml(", vec![java], ")", tag.span);
        }
        self.print(java, tag.span);
    }

    fn core_set(&mut self, tag: &Tag<'_>) {
        let span = tag.span;
        let before = match (tag.text(self.text, "var"), self.value_of(tag, "target")) {
            (Some(variable), _) => {
                vec![Piece::Made(format!("{}{}, ", scope_setter(tag.text(self.text, "scope")), java_string(variable)), span)]
            }
            (None, Some(target)) => {
                let property = self.value_of(tag, "property").map_or_else(|| constant("", span), |value| value.java);
                let mut pieces = joined("__el.setProperty(", vec![target.java, property], "", span);
                pieces.push(Piece::Made(String::from(", "), span));
                pieces
            }
            (None, None) => return,
        };
        if let Some(value) = self.value_of(tag, "value") {
            let mut pieces = before;
            pieces.extend(value.java);
            pieces.push(Piece::Made(String::from(");"), span));
            return self.statement_of(pieces);
        }
        if tag.empty {
            return;
        }
        // A dynamic target with a body is too rare to be worth its pieces at the end tag.
        let before: Option<String> = match before.as_slice() {
            [Piece::Made(text, _)] => Some(text.clone()),
            _ => None,
        };
        let end = before.map_or_else(|| String::from("__el.unknown({});"), |before| format!("{before}{{}});"));
        self.capture(tag, end);
    }

    /// From here to the end tag output goes to a local.
    fn capture(&mut self, tag: &Tag<'_>, end: String) {
        let local = self.fresh("body");
        self.statement(format!("String {local} = \"\";"), tag.span);
        self.push(tag, OpenKind::Capture { local, end });
    }

    fn for_each(&mut self, tag: &Tag<'_>, name: &str) {
        let span = tag.span;
        let item = self.fresh("item");
        match (self.value_of(tag, "items"), name) {
            (Some(items), "forEach") => self.wrap(&format!("for (Object {item} : __el.each("), items.java, ")) {", span),
            (Some(items), _) => {
                let delimiters = self.value_of(tag, "delims").map_or_else(|| constant(",", span), |value| value.java);
                let tokens = joined("__el.tokens(", vec![items.java, delimiters], ")", span);
                self.wrap(&format!("for (String {item} : "), tokens, ") {", span);
            }
            (None, _) => {
                let bound = |value: Option<Value>, java: &str| {
                    value.map_or_else(|| vec![Piece::Made(java.to_owned(), span)], |value| value.java)
                };
                let begin = bound(self.value_of(tag, "begin"), "0");
                let end = bound(self.value_of(tag, "end"), "0");
                let mut pieces = joined(&format!("for (long {item} = __el.number("), vec![begin], ")", span);
                pieces.extend(joined(&format!("; {item} <= __el.number("), vec![end], &format!("); {item}++) {{"), span));
                self.statement_of(pieces);
            }
        }
        if let Some(variable) = tag.text(self.text, "var") {
            self.statement(format!("pageContext.setAttribute({}, {item});", java_string(variable)), span);
        }
        if let Some(status) = tag.text(self.text, "varStatus") {
            self.statement(format!("pageContext.setAttribute({}, __el.loopStatus());", java_string(status)), span);
        }
        self.push(tag, OpenKind::Block);
    }

    fn core_import(&mut self, tag: &Tag<'_>) {
        let Some(variable) = tag.text(self.text, "var") else {
            return self.page_reference(tag, "url", "include", IncludeKind::Dynamic);
        };
        if let Some(url) = self.value_of(tag, "url") {
            let imported = joined("__el.importUrl(", vec![url.java], ")", tag.span);
            let before = format!("{}{}, ", scope_setter(tag.text(self.text, "scope")), java_string(variable));
            self.wrap(&before, imported, ");", tag.span);
        }
    }

    /// `jsp:include`, `jsp:forward`, `c:import`.
    fn page_reference(&mut self, tag: &Tag<'_>, attribute: &str, method: &str, kind: IncludeKind) {
        let Some(value) = self.value_of(tag, attribute) else { return };
        if let Some(path) = tag.text(self.text, attribute)
            && value.constant
        {
            self.include(path.to_owned(), tag.span, kind);
        }
        self.wrap(&format!("__el.{method}("), value.java, ");", tag.span);
    }

    /// `c:url` and `spring:url`: the context path before it, nothing escaped; parameters are encoded.
    fn address(&mut self, tag: &Tag<'_>) {
        let Some(value) = self.value_of(tag, "value") else { return };
        let escaped = tag.text(self.text, "htmlEscape").is_some_and(|escape| escape.trim().eq_ignore_ascii_case("true"));
        let mut java = joined("__el.contextUrl(", vec![value.java], ")", tag.span);
        if escaped {
            java = joined("__el.escapeXml(", vec![java], ")", tag.span);
        }
        self.keep_or_print(tag, java, value.constant);
    }

    fn formatted(&mut self, tag: &Tag<'_>, method: &str) {
        let Some(value) = self.value_of(tag, "value") else { return };
        let java = joined(&format!("__el.{method}("), vec![value.java], ")", tag.span);
        self.keep_or_print(tag, java, value.constant);
    }

    fn message(&mut self, tag: &Tag<'_>) {
        let names = ["code", "key", "arguments", "text", "message"];
        let values: Vec<Value> = names.iter().filter_map(|name| self.value_of(tag, name)).collect();
        let constant = values.iter().all(|value| value.constant);
        let escaped = tag.text(self.text, "htmlEscape").is_some_and(|escape| escape.trim().eq_ignore_ascii_case("true"));
        let mut java = joined("__el.message(", values.into_iter().map(|value| value.java).collect(), ")", tag.span);
        if escaped {
            java = joined("__el.escapeXml(", vec![java], ")", tag.span);
        }
        self.keep_or_print(tag, java, constant);
    }

    fn spring_eval(&mut self, tag: &Tag<'_>) {
        let Some(value) = self.value_of(tag, "expression") else { return };
        let java = joined("__el.spel(", vec![value.java], ")", tag.span);
        self.keep_or_print(tag, java, false);
    }

    /// Actions that print unless they have a `var`. Constants are not worth a statement on the page.
    fn keep_or_print(&mut self, tag: &Tag<'_>, java: Vec<Piece>, constant: bool) {
        if let Some(variable) = tag.text(self.text, "var") {
            let before = format!("{}{}, ", scope_setter(tag.text(self.text, "scope")), java_string(variable));
            self.wrap(&before, java, ");", tag.span);
        } else if constant {
            self.html.dynamic();
        } else {
            self.print(java, tag.span);
        }
    }

    /// Spring's form tags escape all they write, unless told not to.
    fn form(&mut self, tag: &Tag<'_>, name: &str) {
        let raw = tag.text(self.text, "htmlEscape").is_some_and(|escape| escape.trim().eq_ignore_ascii_case("false"));
        if raw && let Some(path) = tag.text(self.text, "path") {
            let context = if name == "errors" { OutputContext::Html } else { OutputContext::Attribute };
            self.print_in(context, vec![Piece::Made(format!("__el.bound({})", java_string(path)), tag.span)], tag.span);
        }
        let mut handed = Vec::new();
        for attribute in &tag.attributes {
            let value = self.value(attribute);
            if value.constant {
                continue;
            }
            let context = match attribute.name {
                "items" | "path" | "modelAttribute" | "commandName" | "htmlEscape" | "disabled" | "readonly" => {
                    handed.push(value.java);
                    continue;
                }
                "action" => OutputContext::Url,
                "cssStyle" => OutputContext::Style,
                other if other.len() > 2 && other.starts_with("on") => OutputContext::EventString,
                _ => OutputContext::Attribute,
            };
            let java = if raw { value.java } else { joined("__el.escapeXml(", vec![value.java], ")", tag.span) };
            self.print_in(context, java, tag.span);
        }
        self.hand_over(tag, handed);
    }

    fn sql(&mut self, tag: &Tag<'_>) {
        let variable = java_string(tag.text(self.text, "var").unwrap_or_default());
        if let Some(value) = self.value_of(tag, "sql") {
            let before = format!("pageContext.setAttribute({variable}, __el.sql(");
            self.wrap(&before, value.java, "));", tag.span);
        } else if !tag.empty {
            self.capture(tag, format!("pageContext.setAttribute({variable}, __el.sql({{}}));"));
        }
    }

    fn struts_property(&mut self, tag: &Tag<'_>, attribute: &str, escapes: &[&str]) {
        let Some(value) = tag.text(self.text, attribute) else { return };
        let mut base = format!("pageContext.findAttribute({})", java_string(value));
        if let Some(property) = tag.text(self.text, "property") {
            base = format!("__el.property({base}, {})", java_string(property));
        }
        let raw = escapes
            .iter()
            .any(|name| tag.text(self.text, name).is_some_and(|escape| escape.trim().eq_ignore_ascii_case("false")));
        let java = if raw { base } else { format!("__el.escapeXml({base})") };
        self.print(vec![Piece::Made(java, tag.span)], tag.span);
    }

    fn generic(&mut self, tag: &Tag<'_>) {
        let values: Vec<Value> = tag.attributes.iter().map(|attribute| self.value(attribute)).collect();
        self.hand_over(tag, values.into_iter().filter(|value| !value.constant).map(|value| value.java).collect());
    }

    fn hand_over(&mut self, tag: &Tag<'_>, mut values: Vec<Vec<Piece>>) {
        if !values.is_empty() {
            values.insert(0, constant(tag.name, tag.span));
            self.statement_of(joined("__el.tag(", values, ");", tag.span));
        }
    }

    fn use_bean(&mut self, tag: &Tag<'_>) {
        let Some(id) = tag.text(self.text, "id").filter(|id| is_java_name(id)) else { return };
        let class = tag.text(self.text, "class");
        let Some(ty) = tag.text(self.text, "type").or(class).map(str::trim).filter(|ty| is_type(ty)) else { return };
        let made = class
            .map(str::trim)
            .filter(|class| is_type(class))
            .map_or_else(|| String::from("null"), |class| format!("new {class}()"));
        let key = java_string(id);
        let java = match tag.text(self.text, "scope") {
            Some("session") => format!("{ty} {id} = ({ty}) session.getAttribute({key});"),
            Some("application") => format!("{ty} {id} = ({ty}) application.getAttribute({key});"),
            Some("request") if class.is_none() => format!("{ty} {id} = ({ty}) request.getAttribute({key});"),
            _ => format!("{ty} {id} = {made}; pageContext.setAttribute({key}, {id});"),
        };
        self.statement(java, tag.span);
        self.beans.push(id.to_owned());
    }

    /// A bean by name: the local that `jsp:useBean` made, or an attribute.
    fn bean(&self, name: &str) -> String {
        if self.beans.iter().any(|bean| bean == name) {
            name.to_owned()
        } else {
            format!("pageContext.findAttribute({})", java_string(name))
        }
    }

    fn set_property(&mut self, tag: &Tag<'_>) {
        let Some(name) = tag.text(self.text, "name") else { return };
        let Some(property) = tag.text(self.text, "property") else { return };
        let base = self.bean(name);
        if property == "*" {
            return self.statement(format!("__el.bindParameters({base}, request);"), tag.span);
        }
        let parameter = tag.text(self.text, "param").unwrap_or(property);
        let value = self.value_of(tag, "value").map_or_else(
            || vec![Piece::Made(format!("request.getParameter({})", java_string(parameter)), tag.span)],
            |value| value.java,
        );
        self.wrap(&format!("__el.setProperty({base}, {}, ", java_string(property)), value, ");", tag.span);
    }

    fn print_in(&mut self, context: OutputContext, java: Vec<Piece>, span: Span) {
        self.result.contexts.push((span, context));
        self.wrap(&format!("__el.{}(", context.method()), java, ");", span);
    }

    fn push(&mut self, tag: &Tag<'_>, kind: OpenKind) {
        if !tag.empty {
            self.open.push(Open { name: tag.name.to_owned(), kind, span: tag.span });
        }
    }

    fn condition(&self, tag: &Tag<'_>) -> Vec<Piece> {
        match self.value_of(tag, "test") {
            Some(value) => joined("__el.test(", vec![value.java], ")", tag.span),
            None => vec![Piece::Made(String::from("__el.test()"), tag.span)],
        }
    }
}

fn scope_setter(scope: Option<&str>) -> &'static str {
    match scope {
        Some("request") => "request.setAttribute(",
        Some("session") => "session.setAttribute(",
        Some("application") => "application.setAttribute(",
        _ => "pageContext.setAttribute(",
    }
}

fn is_type(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_$.<>,[]? ".contains(c))
}
