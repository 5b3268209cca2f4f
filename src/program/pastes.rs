//! What MyBatis and iBATIS statements paste into their text instead of binding it (`${x}`, `$x$`), and which interfaces
//! stand for statements. Must not know values or findings.

use super::Program;
use crate::base::{FastMap, FastSet, FileSpan, Span, Symbol};
use crate::ir::{AnnotationValue, Const};
use crate::syntax::document::{DocumentContent, Element, Node};

/// Deeper nesting of dynamic tags is not looked into.
const MAX_DEPTH: usize = 16;
const STATEMENTS: &[&str] = &["select", "insert", "update", "delete", "statement", "procedure"];
const ANNOTATIONS: &[&str] = &["Select", "Insert", "Update", "Delete"];

/// A place where a statement pastes a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paste {
    /// As written: `${order}`.
    pub expression: Symbol,
    /// What is pasted: `order`, `page.order`.
    pub path: Symbol,
    /// Where.
    pub at: FileSpan,
}

/// Pastes by `Namespace.id`, and the interfaces whose methods are statements.
#[derive(Debug, Default)]
pub struct Pastes {
    by_statement: FastMap<Symbol, Vec<Paste>>,
    mappers: FastSet<Symbol>,
}

impl Pastes {
    /// What a statement pastes.
    #[must_use]
    pub fn of(&self, statement: Symbol) -> &[Paste] {
        self.by_statement.get(&statement).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a type is an interface whose methods are statements.
    #[must_use]
    pub fn is_mapper(&self, owner: Symbol) -> bool {
        self.mappers.contains(&owner)
    }

    pub(super) fn collect(program: &Program) -> Pastes {
        let mut pastes = Pastes::default();
        for document in &program.documents {
            let DocumentContent::Xml(root) = &document.content else { continue };
            let ibatis = match root.name.as_str() {
                "mapper" => false,
                "sqlMap" => true,
                _ => continue,
            };
            let namespace = root.attribute("namespace").map(|it| it.value.as_str()).unwrap_or_default();
            pastes.mappers.insert(Symbol::new(namespace));
            let fragments: FastMap<&str, &Element> = root
                .elements()
                .filter(|it| it.name == "sql")
                .filter_map(|it| Some((it.attribute("id")?.value.as_str(), it)))
                .collect();
            for statement in root.elements().filter(|it| STATEMENTS.contains(&it.name.as_str())) {
                let Some(id) = statement.attribute("id") else { continue };
                let mut found = Vec::new();
                texts(statement, &fragments, 0, &mut |text, span| {
                    pasted_in(text, span, ibatis, &mut |expression, span| {
                        let path = expression.trim_matches(|c: char| matches!(c, '$' | '{' | '}' | ' '));
                        let at = FileSpan { file: document.file, span };
                        found.push(Paste { expression: Symbol::new(expression), path: Symbol::new(path), at });
                    });
                });
                if !found.is_empty() {
                    let name = if namespace.is_empty() { id.value.clone() } else { format!("{namespace}.{}", id.value) };
                    // Of the variants for several databases the first is the one that is reported.
                    pastes.by_statement.entry(Symbol::new(&name)).or_insert(found);
                }
            }
        }
        pastes.collect_annotations(program);
        pastes
    }

    fn collect_annotations(&mut self, program: &Program) {
        for unit in &program.units {
            for ty in &unit.types {
                for function in ty.functions.iter().filter_map(|at| unit.functions.get(*at)) {
                    let used = function.annotations.iter().find(|used| {
                        ANNOTATIONS.contains(&used.name.simple_name())
                            && used.name.as_str().starts_with("org.apache.ibatis.annotations.")
                    });
                    let Some(used) = used else { continue };
                    self.mappers.insert(ty.name);
                    let mut found = Vec::new();
                    for (_, value) in used.args.iter().filter(|(name, _)| name.as_str() == "value") {
                        strings(value, &mut |text| {
                            pasted_in(text, used.span, false, &mut |expression, _| {
                                let path = expression.trim_matches(|c: char| matches!(c, '$' | '{' | '}' | ' '));
                                let at = FileSpan { file: unit.file, span: used.span };
                                found.push(Paste { expression: Symbol::new(expression), path: Symbol::new(path), at });
                            });
                        });
                    }
                    if !found.is_empty() {
                        let name = format!("{}.{}", ty.name, function.name);
                        self.by_statement.entry(Symbol::new(&name)).or_default().extend(found);
                    }
                }
            }
        }
    }
}

fn strings(value: &AnnotationValue, visit: &mut impl FnMut(&str)) {
    match value {
        AnnotationValue::Const(Const::Str(text)) => visit(text.as_str()),
        AnnotationValue::List(values) => values.iter().for_each(|value| strings(value, visit)),
        _ => {}
    }
}

/// Every text of a statement, its dynamic tags and what it includes from the same mapper; properties given to an
/// include are left out.
fn texts(element: &Element, fragments: &FastMap<&str, &Element>, depth: usize, visit: &mut impl FnMut(&str, Span)) {
    if depth > MAX_DEPTH {
        return;
    }
    for child in &element.children {
        match child {
            Node::Text(text, span) => visit(text, *span),
            Node::Element(inner) if inner.name == "property" => {}
            Node::Element(inner) if inner.name == "include" => {
                let fragment = inner.attribute("refid").and_then(|id| fragments.get(id.value.as_str()));
                if let Some(fragment) = fragment {
                    texts(fragment, fragments, depth + 1, visit);
                }
            }
            Node::Element(inner) => texts(inner, fragments, depth + 1, visit),
        }
    }
}

/// Finds `${x}`, or `$x$` in iBATIS.
pub fn pasted_in(text: &str, span: Span, ibatis: bool, found: &mut impl FnMut(&str, Span)) {
    // Where entities were resolved, positions inside the text are not known.
    let exact = span.len() == text.len();
    let at = |lo: usize, hi: usize| {
        if exact { Span::new(span.lo as usize + lo, span.lo as usize + hi) } else { span }
    };
    let mut from = 0;
    while let Some(open) = text.get(from..).and_then(|rest| rest.find('$')).map(|found| from + found) {
        let rest = text.get(open + 1..).unwrap_or_default();
        let end = if ibatis { rest.find(|it: char| !is_path(it)) } else { rest.find('}') };
        from = open + 1;
        let Some(end) = end else { continue };
        let inner = rest.get(..end).unwrap_or_default();
        let closes = rest.get(end..).is_some_and(|rest| rest.starts_with('$'));
        let is_paste = if ibatis { closes && !inner.is_empty() } else { inner.starts_with('{') && inner.len() > 1 };
        if is_paste {
            let end = open + 1 + end + 1;
            found(text.get(open..end).unwrap_or_default(), at(open, end));
            from = end;
        }
    }
}

fn is_path(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '[' | ']')
}
