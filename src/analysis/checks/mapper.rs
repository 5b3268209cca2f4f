//! Text pasted into the statements of MyBatis and iBATIS mappers, in XML and in annotations. Must not know SQL.

use crate::base::{FastMap, FastSet};
use crate::ir::{Function, Ty};
use crate::program::{self, Fragments, MapperDocument, pasted_in};
use crate::rules::{CheckKind, Language};
use crate::syntax::document::Element;

use super::{Checker, Context, Found, finding, place};

const STATEMENTS: &[&str] = &["select", "insert", "update", "delete", "sql", "selectKey", "statement", "procedure", "dynamic"];
const ANNOTATIONS: &[&str] = &["Select", "Insert", "Update", "Delete", "SelectKey"];
/// Parameter types whose values cannot carry SQL.
const NUMBERS: &[&str] =
    &["int", "integer", "_int", "_integer", "long", "_long", "short", "java.lang.Integer", "java.lang.Long", "double", "float"];

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
    for mapper in program::mappers(ctx.program) {
        for statement in mapper.root.elements().filter(|it| STATEMENTS.contains(&it.name.as_str())) {
            mappers.statement(mapper, statement);
        }
    }
    mappers.found
}

impl<'a> Mappers<'a> {
    fn statement(&mut self, mapper: MapperDocument<'a>, statement: &'a Element) {
        let namespace = mapper.namespace;
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
        // Fragments are statements here: what they paste is told at the fragment.
        mapper.pasted(statement, &Fragments::default(), &mut |expression, span| pasted.push((expression.to_owned(), span)));
        for (expression, span) in pasted {
            if !self.seen.insert((format!("{namespace}.{id}"), expression.clone())) {
                continue;
            }
            for rule in self.ctx.check_rules.get(&(CheckKind::MapperInjection, Language::Java)).into_iter().flatten() {
                let args = vec![("name", expression.clone())];
                self.found.findings.push(finding(self.ctx, *rule, place(mapper.file, span), None, args));
            }
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
            let numbers = numeric_params(function);
            for value in program::annotated_texts(used) {
                let mut pasted = Vec::new();
                pasted_in(value.as_str(), used.span, false, &mut |expression, span| pasted.push((expression.to_owned(), span)));
                for (expression, _) in pasted {
                    if !numbers.get(program::path_of(&expression)).copied().unwrap_or(false) {
                        checker.report_named(CheckKind::MapperInjection, used.span, None, &expression);
                    }
                }
            }
        }
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
        numbers.insert(program::name_in_statement(param).as_str(), is_number);
    }
    numbers
}
