//! What MyBatis and iBATIS mapper statements say that code which names them needs. Must not know values or findings.

use super::Program;
use crate::base::{FastMap, Symbol};
use crate::syntax::document::{DocumentContent, Element, Node};

/// Deeper nesting of a statement's dynamic tags is not looked into.
const MAX_DEPTH: usize = 16;
/// As much of a statement's beginning tells its kind.
const ENOUGH: usize = 160;

/// Facts about a statement; where several databases have one of the same name, what all of them say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Statement {
    /// Parameters that an insert or update takes under a password's name.
    pub(super) passwords: Vec<Symbol>,
    /// It gives one row whatever the tables hold: `select count(*) …`.
    pub(super) always_returns: bool,
}

/// Statements by `Namespace.id`.
pub(super) fn collect(program: &Program) -> FastMap<Symbol, Statement> {
    let mut statements: FastMap<Symbol, Statement> = FastMap::default();
    for document in &program.documents {
        let DocumentContent::Xml(root) = &document.content else { continue };
        if !matches!(root.name.as_str(), "mapper" | "sqlMap") {
            continue;
        }
        let namespace = root.attribute("namespace").map(|it| it.value.as_str()).unwrap_or_default();
        let kinds = ["select", "statement", "insert", "update"];
        for element in root.elements().filter(|it| kinds.contains(&it.name.as_str())) {
            let Some(id) = element.attribute("id") else { continue };
            let mut text = String::new();
            beginning(element, 0, &mut text);
            let stores = matches!(element.name.as_str(), "insert" | "update");
            let mut passwords = Vec::new();
            if stores {
                let mut whole = String::new();
                all_text(element, 0, &mut whole);
                stored_passwords(&whole, &mut passwords);
            }
            let facts = Statement { always_returns: !stores && is_aggregate(&text), passwords };
            let name = if namespace.is_empty() { id.value.clone() } else { format!("{namespace}.{}", id.value) };
            let known = statements.entry(Symbol::new(&name)).or_insert_with(|| facts.clone());
            known.always_returns &= facts.always_returns;
            for password in facts.passwords {
                if !known.passwords.contains(&password) {
                    known.passwords.push(password);
                }
            }
        }
    }
    statements
}

fn beginning(element: &Element, depth: usize, text: &mut String) {
    for child in &element.children {
        if text.len() > ENOUGH || depth > MAX_DEPTH {
            return;
        }
        match child {
            Node::Text(part, _) => text.extend(part.chars().take(ENOUGH)),
            Node::Element(inner) if inner.name == "selectKey" => {}
            Node::Element(inner) => beginning(inner, depth + 1, text),
        }
    }
}

fn all_text(element: &Element, depth: usize, text: &mut String) {
    for child in element.children.iter().filter(|_| depth < MAX_DEPTH) {
        match child {
            Node::Text(part, _) => text.push_str(part),
            Node::Element(inner) if inner.name == "selectKey" => {}
            Node::Element(inner) => all_text(inner, depth + 1, text),
        }
    }
}

/// `#{password}`, or `#password#` in iBATIS, before any `where`.
fn stored_passwords(text: &str, found: &mut Vec<Symbol>) {
    let lower = text.to_ascii_lowercase();
    let end = lower.find("where").unwrap_or(text.len());
    for part in text.get(..end).unwrap_or_default().split('#').skip(1) {
        let part = part.strip_prefix('{').unwrap_or(part);
        let name = part.get(..part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len())).unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        let is_password = ["password", "passwd", "pwd", "userpw"].iter().any(|word| lower.ends_with(word));
        let symbol = Symbol::new(name);
        if is_password && !found.contains(&symbol) {
            found.push(symbol);
        }
    }
}

/// `select count(…)`, `sum`, `max` … first, and no grouping that could leave no row.
fn is_aggregate(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut words = lower.split_whitespace();
    if words.next() != Some("select") {
        return false;
    }
    let rest: String = words.collect::<Vec<_>>().join(" ");
    let rest = rest.trim_start_matches("distinct ");
    // `max` of nothing is a row of null, which the mapper hands on as null unless it is replaced.
    ["count(", "count (", "ifnull(", "nvl(", "coalesce(", "isnull("].iter().any(|start| rest.starts_with(start))
        && !rest.contains(" group by ")
}

#[cfg(test)]
mod tests {
    use super::{is_aggregate, stored_passwords};

    #[test]
    fn a_password_is_stored_where_a_statement_sets_it() {
        let names = |text: &str| {
            let mut found = Vec::new();
            stored_passwords(text, &mut found);
            found.iter().map(|name| name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names("insert into m values (#{id}, #{password}, #{passwordHint})"), ["password"]);
        assert_eq!(names("update m set pw = #userPwd# where old = #{password}"), ["userPwd"]);
    }

    #[test]
    fn counting_statements_always_give_a_row() {
        assert!(is_aggregate("\n SELECT COUNT(*) totcnt\n FROM t WHERE a = #{a}"));
        assert!(is_aggregate("select nvl(max(n), 0) + 1 from t"));
        assert!(!is_aggregate("select a from t"));
        assert!(!is_aggregate("select count(*) from t group by a"));
    }
}
