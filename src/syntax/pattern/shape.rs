//! Checks of a rule object that ast-grep's own loading leaves out: unknown keys below `has` and `inside`, patterns that do
//! not parse. Patterns that are code only inside of a function or class get that context here.

use serde_json::{Map, Value, json};
use tree_sitter::{Node, Tree};

use crate::rules::Suggestion;
use crate::syntax::{DEFAULT_PARSE_TIME, Grammar, Nodes, error_regions, parser};

const RULE_KEYS: [&str; 14] = [
    "pattern", "kind", "regex", "nthChild", "range", "inside", "has", "precedes", "follows", "all", "any", "not", "matches",
    "field",
];
const RELATIONS: [&str; 4] = ["inside", "has", "precedes", "follows"];

/// Deep enough for any rule that a person reads.
const MAX_DEPTH: usize = 32;

type Checked = Result<(), (&'static str, String)>;

/// Around a pattern, in the order in which they are tried. A bare pattern at the top of a C file is read as a declaration.
const JAVA_CONTEXTS: [(&str, &str); 5] = [
    ("", ""),
    ("", ";"),
    ("class C { void f() { ", "; } }"),
    ("class C { ", " }"),
    ("class C { void f() { switch (x) { ", " } } }"),
];
const C_CONTEXTS: [(&str, &str); 4] =
    [("void f() { ", "; }"), ("void f() { ", " }"), ("", ""), ("void f() { switch (x) { ", " } }")];

/// Checks `rule`, `constraints` and `utils`, and gives patterns their context.
pub(super) fn check(object: &mut Map<String, Value>, grammar: Grammar) -> Checked {
    if let Some(rule) = object.get_mut("rule") {
        rule_object("rule", rule, false, grammar, 0)?;
    }
    for key in ["constraints", "utils"] {
        match object.get_mut(key) {
            None => {}
            Some(Value::Object(rules)) => rules.values_mut().try_for_each(|rule| rule_object(key, rule, false, grammar, 0))?,
            Some(_) => return Err((key, "expected a map from names to rules".to_owned())),
        }
    }
    Ok(())
}

fn rule_object(key: &'static str, rule: &mut Value, relation: bool, grammar: Grammar, depth: usize) -> Checked {
    let Value::Object(rule) = rule else { return Err((key, format!("expected a rule object, found `{rule}`"))) };
    if depth > MAX_DEPTH {
        return Err((key, "nested too deep".to_owned()));
    }
    for (name, value) in rule.iter_mut() {
        let known = RULE_KEYS.contains(&name.as_str()) && (relation || name != "field") || relation && name == "stopBy";
        if !known {
            let nearest = Suggestion::nearest(name, RULE_KEYS.into_iter().chain(["stopBy"]));
            return Err((key, format!("unknown key `{name}`{nearest}")));
        }
        match (name.as_str(), value) {
            ("pattern", value @ Value::String(_)) => {
                let text = value.as_str().unwrap_or_default();
                *value = in_context(text, grammar).ok_or_else(|| (key, format!("the pattern `{text}` does not parse")))?;
            }
            ("pattern", Value::Object(pattern)) => {
                let context = pattern.get("context").and_then(Value::as_str).unwrap_or_default();
                if parse(context, grammar).is_none() {
                    return Err((key, format!("the context `{context}` does not parse")));
                }
            }
            ("all" | "any", Value::Array(rules)) => {
                if rules.is_empty() {
                    return Err((key, format!("`{name}` is empty: it can never match")));
                }
                rules.iter_mut().try_for_each(|rule| rule_object(key, rule, false, grammar, depth + 1))?;
            }
            ("not", rule) => rule_object(key, rule, false, grammar, depth + 1)?,
            ("stopBy", rule @ Value::Object(_)) => rule_object(key, rule, false, grammar, depth + 1)?,
            (relation, rule) if RELATIONS.contains(&relation) => rule_object(key, rule, true, grammar, depth + 1)?,
            _ => {}
        }
    }
    Ok(())
}

/// The tree, if it has no error; a missing semicolon is none.
fn parse(text: &str, grammar: Grammar) -> Option<Tree> {
    let tree = parser::tree(grammar, text, DEFAULT_PARSE_TIME)?;
    let semicolon_at = |at: u32| {
        let at = at as usize;
        tree.root_node().descendant_for_byte_range(at, at).is_some_and(|node| node.is_missing() && node.kind() == ";")
    };
    let whole = error_regions(&Nodes::new(grammar, &tree)).iter().all(|region| region.is_empty() && semicolon_at(region.lo));
    whole.then_some(tree)
}

/// The pattern as ast-grep reads it, in the first context in which it parses.
fn in_context(pattern: &str, grammar: Grammar) -> Option<Value> {
    let pattern = pattern.trim();
    // A lone metavariable stands for any node.
    if pattern
        .strip_prefix('$')
        .is_some_and(|name| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
    {
        return Some(Value::String(pattern.to_owned()));
    }
    let contexts: &[(&str, &str)] = if grammar == Grammar::C { &C_CONTEXTS } else { &JAVA_CONTEXTS };
    contexts.iter().find_map(|(before, after)| {
        let context = format!("{before}{pattern}{after}");
        let tree = parse(&context, grammar)?;
        if before.is_empty() && after.is_empty() {
            return Some(Value::String(pattern.to_owned()));
        }
        let (lo, hi) = (before.len(), before.len() + pattern.len());
        // The widest node that is the pattern and nothing else.
        let mut node = tree.root_node();
        while (node.start_byte(), node.end_byte()) != (lo, hi) {
            let mut cursor = node.walk();
            let child = node.children(&mut cursor).find(|child| child.start_byte() <= lo && hi <= child.end_byte());
            node = child?;
        }
        // ast-grep takes the first node of the selector's kind: it must be this one.
        let first = first_of_kind(tree.root_node(), node.kind_id())?;
        (node.is_named() && first.id() == node.id()).then(|| json!({ "context": context, "selector": node.kind() }))
    })
}

fn first_of_kind(root: Node<'_>, kind: u16) -> Option<Node<'_>> {
    let mut cursor = root.walk();
    loop {
        if cursor.node().kind_id() == kind {
            return Some(cursor.node());
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return None;
            }
        }
    }
}
