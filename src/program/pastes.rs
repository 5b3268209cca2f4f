//! What MyBatis and iBATIS statements paste into their text instead of binding it (`${x}`, `$x$`), and which interfaces
//! stand for statements. Must not know values or findings.

use super::Program;
use crate::base::{FastMap, FastSet, FileId, FileSpan, Span, Symbol};
use crate::ir::{AnnotationUse, Param};
use crate::syntax::document::{DocumentContent, Element, Node};

/// Deeper nesting of dynamic tags is not looked into.
const MAX_DEPTH: usize = 64;
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
        for mapper in mappers(program) {
            pastes.mappers.insert(Symbol::new(mapper.namespace));
            let fragments: Fragments<'_> = mapper
                .root
                .elements()
                .filter(|it| it.name == "sql")
                .filter_map(|it| Some((it.attribute("id")?.value.as_str(), it)))
                .collect();
            for statement in mapper.root.elements().filter(|it| STATEMENTS.contains(&it.name.as_str())) {
                let Some(id) = statement.attribute("id") else { continue };
                let mut found = Vec::new();
                mapper.pasted(statement, &fragments, &mut |expression, span| {
                    found.push(Paste::new(expression, FileSpan { file: mapper.file, span }));
                });
                if !found.is_empty() {
                    let namespace = mapper.namespace;
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
                    let at = FileSpan { file: unit.file, span: used.span };
                    let mut found = Vec::new();
                    for text in annotated_texts(used) {
                        pasted_in(text.as_str(), used.span, false, &mut |expression, _| found.push(Paste::new(expression, at)));
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

impl Paste {
    fn new(expression: &str, at: FileSpan) -> Paste {
        Paste { expression: Symbol::new(expression), path: Symbol::new(path_of(expression)), at }
    }
}

/// `order` of `${order}` and of `$order$`.
#[must_use]
pub fn path_of(expression: &str) -> &str {
    expression.trim_matches(|c: char| matches!(c, '$' | '{' | '}' | ' '))
}

/// The texts of a statement that is written in an annotation.
#[must_use]
pub fn annotated_texts(used: &AnnotationUse) -> Vec<Symbol> {
    used.args.iter().filter(|(name, _)| name.as_str() == "value").flat_map(|(_, value)| value.texts()).collect()
}

/// The name that a statement knows a method's parameter by: that of its `@Param`, else its own.
#[must_use]
pub fn name_in_statement(param: &Param) -> Symbol {
    let given = param.annotations.iter().find(|used| used.name.simple_name() == "Param");
    given.and_then(|used| used.args.iter().find_map(|(_, value)| value.texts().first().copied())).unwrap_or(param.name)
}

/// A mapper of MyBatis or iBATIS.
#[derive(Debug, Clone, Copy)]
pub struct MapperDocument<'p> {
    /// Its file.
    pub file: FileId,
    /// What its statements' names begin with; may be empty.
    pub namespace: &'p str,
    /// Whether it is of iBATIS.
    pub ibatis: bool,
    /// Its element, with the statements below.
    pub root: &'p Element,
}

/// Parts of statements that others include, by id.
pub type Fragments<'p> = FastMap<&'p str, &'p Element>;

/// The program's mappers, in the documents' order.
pub fn mappers(program: &Program) -> impl Iterator<Item = MapperDocument<'_>> {
    program.documents.iter().filter_map(|document| {
        let DocumentContent::Xml(root) = &document.content else { return None };
        let ibatis = match root.name.as_str() {
            "mapper" => false,
            "sqlMap" => true,
            _ => return None,
        };
        let namespace = root.attribute("namespace").map(|it| it.value.as_str()).unwrap_or_default();
        Some(MapperDocument { file: document.file, namespace, ibatis, root })
    })
}

impl<'p> MapperDocument<'p> {
    /// What a statement pastes, in its dynamic tags and in the fragments it includes too; properties given to an include
    /// are left out.
    pub fn pasted(&self, statement: &'p Element, fragments: &Fragments<'p>, found: &mut impl FnMut(&str, Span)) {
        let mut seen = FastSet::default();
        texts(statement, (fragments, &mut seen), 0, &mut |text, span| pasted_in(text, span, self.ibatis, found));
    }
}

/// Fragments, and the ids of those that were looked into.
type Included<'a, 'p> = (&'a Fragments<'p>, &'a mut FastSet<&'p str>);

/// Every text of a statement. A fragment is looked into where it is included first: elsewhere it says the same, and
/// fragments that include each other would take forever.
fn texts<'p>(element: &'p Element, (fragments, seen): Included<'_, 'p>, depth: usize, visit: &mut impl FnMut(&str, Span)) {
    if depth > MAX_DEPTH {
        return;
    }
    for child in &element.children {
        match child {
            Node::Text(text, span) => visit(text, *span),
            Node::Element(inner) if inner.name == "property" => {}
            Node::Element(inner) if inner.name == "include" => {
                let fragment = inner.attribute("refid").filter(|id| seen.insert(id.value.as_str()));
                let fragment = fragment.and_then(|id| fragments.get(id.value.as_str()));
                if let Some(fragment) = fragment {
                    texts(fragment, (fragments, &mut *seen), depth + 1, visit);
                }
            }
            Node::Element(inner) => texts(inner, (fragments, &mut *seen), depth + 1, visit),
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::rules::RuleSet;
    use crate::source::FileKind;
    use crate::syntax::document;

    #[test]
    fn fragments_are_looked_into_once_however_they_include_each_other() {
        let mut text = String::from("<mapper namespace=\"a.B\"><select id=\"all\"><include refid=\"f0\"/> x</select>\n");
        for n in 0..40 {
            let next = (n + 1) % 40;
            let _ = writeln!(text, "<sql id=\"f{n}\">${{p{n}.q}}<include refid=\"f{next}\"/><include refid=\"f{next}\"/></sql>");
        }
        text.push_str("</mapper>");
        let (document, problems) = document::parse(FileId::default(), FileKind::Xml, &text);
        assert!(problems.is_empty(), "{problems:?}");
        let program = Program::build(Vec::new(), vec![document], &RuleSet::builtin().unwrap());
        let pastes = program.pastes.of(Symbol::new("a.B.all"));
        let paths: Vec<&str> = pastes.iter().map(|paste| paste.path.as_str()).collect();
        assert_eq!(paths, (0..40).map(|n| format!("p{n}.q")).collect::<Vec<_>>());
        assert!(program.pastes.is_mapper(Symbol::new("a.B")) && !program.pastes.is_mapper(Symbol::new("a.C")));
    }
}
