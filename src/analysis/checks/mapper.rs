//! Text pasted into the statements of MyBatis and iBATIS mappers, in XML and in annotations. Must not know SQL.

use crate::base::{FastMap, FastSet, FileId, Span, Symbol};
use crate::ir::{AnnotationValue, Const, Function, Ty};
use crate::program::pasted_in;
use crate::rules::{CheckKind, Language};
use crate::syntax::document::{DocumentContent, Element, Node};

use super::{Checker, Context, Found, finding, place};

const STATEMENTS: &[&str] = &["select", "insert", "update", "delete", "sql", "selectKey", "statement", "procedure", "dynamic"];
const ANNOTATIONS: &[&str] = &["Select", "Insert", "Update", "Delete", "SelectKey"];
/// Parameter types whose values cannot carry SQL.
const NUMBERS: &[&str] =
    &["int", "integer", "_int", "_integer", "long", "_long", "short", "java.lang.Integer", "java.lang.Long", "double", "float"];
/// How deep elements may be nested in a mapper.
const MAX_DEPTH: usize = 64;

/// What each statement of a mapper pastes: its key tells the variants of one statement for several databases apart
/// from others.
struct Mappers<'a> {
    ctx: &'a Context<'a>,
    seen: FastSet<(String, String)>,
    found: Found,
}

/// Checks the XML mappers, in the documents' order.
pub(super) fn check_documents(ctx: &Context<'_>) -> Found {
    let mut mappers = Mappers { ctx, seen: FastSet::default(), found: Found::default() };
    if !ctx.check_rules.contains_key(&(CheckKind::MapperInjection, Language::Java)) {
        return mappers.found;
    }
    for document in &ctx.program.documents {
        let DocumentContent::Xml(root) = &document.content else { continue };
        let ibatis = match root.name.as_str() {
            "mapper" => false,
            "sqlMap" => true,
            _ => continue,
        };
        let namespace = root.attribute("namespace").map(|it| it.value.as_str()).unwrap_or_default();
        for statement in root.elements().filter(|it| STATEMENTS.contains(&it.name.as_str())) {
            mappers.statement(document.file, namespace, statement, ibatis);
        }
    }
    mappers.found
}

impl Mappers<'_> {
    fn statement(&mut self, file: FileId, namespace: &str, statement: &Element, ibatis: bool) {
        for rule in self.ctx.check_rules.get(&(CheckKind::MapperInjection, Language::Java)).into_iter().flatten() {
            self.found.examined.entry(*rule).or_default().places += 1;
        }
        let numeric = ["parameterType", "parameterClass"]
            .iter()
            .filter_map(|name| statement.attribute(name))
            .any(|it| NUMBERS.contains(&it.value.as_str()));
        if numeric {
            return;
        }
        let id = statement.attribute("id").map(|it| it.value.as_str()).unwrap_or_default();
        let mut pasted = Vec::new();
        texts(statement, 0, &mut |text, span| {
            pasted_in(text, span, ibatis, &mut |expression, span| pasted.push((expression.to_owned(), span)));
        });
        for (expression, span) in pasted {
            if !self.seen.insert((format!("{namespace}.{id}"), expression.clone())) {
                continue;
            }
            for rule in self.ctx.check_rules.get(&(CheckKind::MapperInjection, Language::Java)).into_iter().flatten() {
                let args = vec![("name", expression.clone())];
                self.found.findings.push(finding(self.ctx, *rule, place(file, span), None, args));
            }
        }
    }
}

/// Every text of a statement, its dynamic tags included; properties given to an include are left out.
fn texts(element: &Element, depth: usize, visit: &mut impl FnMut(&str, Span)) {
    if depth > MAX_DEPTH {
        return;
    }
    for child in &element.children {
        match child {
            Node::Text(text, span) => visit(text, *span),
            Node::Element(inner) if inner.name == "property" => {}
            Node::Element(inner) => texts(inner, depth + 1, visit),
        }
    }
}

/// Checks the statements in annotations of mapper interfaces.
pub(super) fn check_annotations(checker: &mut Checker<'_>) {
    let unit = checker.unit;
    for function in &unit.functions {
        for used in &function.annotations {
            let name = used.name.as_str();
            let of_mybatis = name.starts_with("org.apache.ibatis.annotations.");
            if !of_mybatis || !ANNOTATIONS.contains(&used.name.simple_name()) {
                continue;
            }
            checker.examine(CheckKind::MapperInjection);
            let mut values = Vec::new();
            used.args.iter().filter(|(name, _)| name.as_str() == "value").for_each(|(_, value)| strings(value, &mut values));
            let numbers = numeric_params(function);
            for value in values {
                let mut pasted = Vec::new();
                pasted_in(value.as_str(), used.span, false, &mut |expression, span| pasted.push((expression.to_owned(), span)));
                for (expression, _) in pasted {
                    let inner = expression.trim_start_matches("${").trim_end_matches('}').trim();
                    if !numbers.get(inner).copied().unwrap_or(false) {
                        checker.report_named(CheckKind::MapperInjection, used.span, None, &expression);
                    }
                }
            }
        }
    }
}

fn strings(value: &AnnotationValue, found: &mut Vec<Symbol>) {
    match value {
        AnnotationValue::Const(Const::Str(text)) => found.push(*text),
        AnnotationValue::List(values) => values.iter().for_each(|value| strings(value, found)),
        _ => {}
    }
}

/// Whether each parameter is a number, by the name that the statement knows it by.
fn numeric_params(function: &Function) -> FastMap<&'static str, bool> {
    let mut numbers = FastMap::default();
    for param in &function.params {
        let is_number = match param.ty.get() {
            Ty::Int { .. } | Ty::Bool | Ty::Float { .. } => true,
            Ty::Named { name, .. } => {
                matches!(name.simple_name(), "Integer" | "Long" | "Short" | "Double" | "Float" | "Boolean" | "BigDecimal")
            }
            _ => false,
        };
        let given = param.annotations.iter().find(|used| used.name.simple_name() == "Param").and_then(|used| {
            used.args.iter().find_map(|(_, value)| match value {
                AnnotationValue::Const(Const::Str(text)) => Some(*text),
                _ => None,
            })
        });
        numbers.insert(given.unwrap_or(param.name).as_str(), is_number);
    }
    numbers
}
