//! Which literals a text must hold for a rule to match in it: cheap to look for, and most rules' are in few files.

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::{Map, Value};

use crate::base::FastMap;

/// Shorter words are in every file.
const MIN_LITERAL: usize = 3;

/// Deep enough for any rule that a person reads.
const MAX_DEPTH: usize = 32;

/// Kinds of nodes that are not without a keyword or sign.
const KIND_LITERALS: [(&str, &str); 20] = [
    ("catch_clause", "catch"),
    ("synchronized_statement", "synchronized"),
    ("switch_expression", "switch"),
    ("switch_statement", "switch"),
    ("switch_label", "switch"),
    ("try_statement", "try"),
    ("try_with_resources_statement", "try"),
    ("finally_clause", "finally"),
    ("throw_statement", "throw"),
    ("throws", "throws"),
    ("while_statement", "while"),
    ("do_statement", "while"),
    ("for_statement", "for"),
    ("enhanced_for_statement", "for"),
    ("goto_statement", "goto"),
    ("string_literal", "\""),
    ("case_statement", "case"),
    ("import_declaration", "import"),
    ("preproc_include", "include"),
    ("interface_declaration", "interface"),
];

/// All must hold; of each, one literal suffices.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Clauses(Vec<Vec<usize>>);

/// The literals of all rules, each once.
#[derive(Debug, Default)]
pub(super) struct Literals {
    index: FastMap<String, usize>,
    list: Vec<String>,
}

impl Clauses {
    pub(super) fn hold(&self, found: &[bool]) -> bool {
        self.0.iter().all(|clause| clause.iter().any(|literal| found.get(*literal).copied().unwrap_or(false)))
    }
}

impl Literals {
    pub(super) fn automaton(&self) -> Option<AhoCorasick> {
        AhoCorasick::builder().match_kind(MatchKind::Standard).build(&self.list).ok()
    }

    /// Which literals are in the text.
    pub(super) fn find(&self, automaton: &AhoCorasick, text: &str) -> Vec<bool> {
        let mut found = vec![false; self.list.len()];
        let mut missing = found.len();
        // Overlapping: `exec` is also in `executeQuery`.
        for hit in automaton.find_overlapping_iter(text) {
            if let Some(slot) = found.get_mut(hit.pattern().as_usize())
                && !*slot
            {
                *slot = true;
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
        }
        found
    }

    /// The clauses of `rule`, with its `utils`.
    pub(super) fn clauses(&mut self, object: &Map<String, Value>) -> Clauses {
        let empty = Map::new();
        let utils = object.get("utils").and_then(Value::as_object).unwrap_or(&empty);
        let words = object.get("rule").map(|rule| of_rule(rule, utils, 0)).unwrap_or_default();
        let mut clauses: Vec<Vec<usize>> = Vec::new();
        for alternatives in words {
            let mut clause: Vec<usize> = alternatives.iter().map(|word| self.intern(word)).collect();
            clause.sort_unstable();
            clause.dedup();
            if !clauses.contains(&clause) {
                clauses.push(clause);
            }
        }
        Clauses(clauses)
    }

    fn intern(&mut self, word: &str) -> usize {
        if let Some(&index) = self.index.get(word) {
            return index;
        }
        self.list.push(word.to_owned());
        self.index.insert(word.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }
}

/// Clauses of a rule object: each a list of alternatives.
fn of_rule(rule: &Value, utils: &Map<String, Value>, depth: usize) -> Vec<Vec<String>> {
    let mut clauses = Vec::new();
    let Value::Object(rule) = rule else { return clauses };
    if depth > MAX_DEPTH {
        return clauses;
    }
    for (key, value) in rule {
        match (key.as_str(), value) {
            ("pattern", Value::String(text)) => clauses.extend(words_of(text).map(|word| vec![word])),
            ("kind", Value::String(kind)) => {
                let literal = KIND_LITERALS.iter().find(|(known, _)| known == kind);
                clauses.extend(literal.map(|(_, literal)| vec![(*literal).to_owned()]));
            }
            ("regex", Value::String(regex)) => clauses.extend(alternatives_of(regex)),
            ("all", Value::Array(rules)) => clauses.extend(rules.iter().flat_map(|rule| of_rule(rule, utils, depth + 1))),
            ("any", Value::Array(rules)) => {
                // Each way must need something; of what it needs, the longest word tells most.
                let ways = rules.iter().map(|rule| {
                    let clauses = of_rule(rule, utils, depth + 1);
                    clauses.into_iter().max_by_key(|clause| clause.iter().map(String::len).min())
                });
                if let Some(ways) = ways.collect::<Option<Vec<_>>>() {
                    clauses.push(ways.into_iter().flatten().collect());
                }
            }
            ("inside" | "has" | "precedes" | "follows", relation) => clauses.extend(of_rule(relation, utils, depth + 1)),
            ("matches", Value::String(name)) => {
                clauses.extend(utils.get(name).map(|rule| of_rule(rule, utils, depth + 1)).unwrap_or_default());
            }
            _ => {}
        }
    }
    clauses
}

/// The words of a pattern that stand for themselves: all of them must be in the text.
fn words_of(pattern: &str) -> impl Iterator<Item = String> {
    let words = pattern.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')));
    words.filter(|word| word.len() >= MIN_LITERAL && !word.contains('$')).map(str::to_owned)
}

/// A regular expression that is nothing but words: `^(md5|sha1)$`.
fn alternatives_of(regex: &str) -> Option<Vec<String>> {
    let inner = regex.strip_prefix('^').unwrap_or(regex);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    let inner =
        inner.strip_prefix("(?:").or_else(|| inner.strip_prefix('(')).and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
    let words: Vec<String> = inner.split('|').map(str::to_owned).collect();
    let plain = |word: &String| word.len() >= MIN_LITERAL && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    words.iter().all(plain).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clauses(rule: &str) -> Vec<Vec<String>> {
        of_rule(&serde_json::from_str(rule).unwrap(), &Map::new(), 0)
    }

    #[test]
    fn a_rule_needs_the_words_that_its_patterns_spell_out() {
        assert_eq!(clauses(r#"{"pattern": "System.exit($CODE)"}"#), [["System"], ["exit"]]);
        assert_eq!(clauses(r#"{"any": [{"pattern": "a.notify()"}, {"regex": "^(wake|stir)$"}]}"#), [["notify", "wake", "stir"]]);
        assert_eq!(clauses(r#"{"any": [{"pattern": "$A.notify()"}, {"kind": "identifier"}]}"#), Vec::<Vec<String>>::new());
        assert_eq!(clauses(r#"{"kind": "catch_clause", "not": {"pattern": "log"}}"#), [["catch"]]);
        assert_eq!(clauses(r#"{"regex": "a.c"}"#), Vec::<Vec<String>>::new());
    }

    #[test]
    fn overlapping_words_are_all_found() {
        let mut literals = Literals::default();
        let object: Map<String, Value> = serde_json::from_str(r#"{"rule": {"pattern": "executeQuery(exec, unseen)"}}"#).unwrap();
        let clauses = literals.clauses(&object);
        let automaton = literals.automaton().unwrap();
        assert_eq!(literals.find(&automaton, "x.executeQuery()"), [true, true, false]);
        assert!(!clauses.hold(&literals.find(&automaton, "executeQuery")));
        assert!(clauses.hold(&literals.find(&automaton, "unseen executeQuery")));
    }
}
