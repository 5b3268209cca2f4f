//! Which literals a text must hold for a rule to match in it: cheap to look for, and most rules' are in few files.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use ast_grep_core::language::Language as _;
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use serde_json::{Map, Value};

use super::language::TreeLanguage;
use crate::base::FastMap;
use crate::syntax::{DEFAULT_PARSE_TIME, Grammar, parser};

/// Shorter words are in every file.
const MIN_LITERAL: usize = 3;

/// Deep enough for any rule that a person reads.
const MAX_DEPTH: usize = 32;

/// Kinds of nodes that are not without a keyword or sign of their own.
const KIND_LITERALS: [(&str, &str); 18] = [
    ("catch_clause", "catch"),
    ("synchronized_statement", "synchronized"),
    ("switch_expression", "switch"),
    ("switch_statement", "switch"),
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
    ("import_declaration", "import"),
    ("preproc_include", "include"),
    ("interface_declaration", "interface"),
];

/// All must hold; of each, one literal suffices.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Clauses(Vec<Vec<usize>>);

/// What a rule needs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Needs {
    /// Somewhere in the text.
    text: Clauses,
    /// In the matched node itself.
    node: Clauses,
}

/// The literals of all rules, each once.
#[derive(Debug, Default)]
pub(super) struct Literals {
    index: FastMap<Vec<u8>, usize>,
    list: Vec<Vec<u8>>,
}

/// Where a text holds the literals.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// For each literal where its places begin in `places`; one more for the end.
    starts: Vec<u32>,
    /// Ascending for each literal.
    places: Vec<Range<u32>>,
}

impl Needs {
    /// Whether the text has what is needed somewhere.
    pub(super) fn in_text(&self, found: &Found) -> bool {
        self.text.hold(|literal| !found.of(literal).is_empty())
    }

    /// Whether a node at this place has what is needed inside.
    pub(super) fn in_node(&self, found: &Found, node: Range<usize>) -> bool {
        self.node.hold(|literal| {
            let places = found.of(literal);
            let first = places.partition_point(|place| (place.start as usize) < node.start);
            places.get(first).is_some_and(|place| place.end as usize <= node.end)
        })
    }
}

impl Clauses {
    fn hold(&self, has: impl Fn(usize) -> bool) -> bool {
        self.0.iter().all(|clause| clause.iter().any(|literal| has(*literal)))
    }
}

impl Found {
    fn of(&self, literal: usize) -> &[Range<u32>] {
        let at = |index: usize| self.starts.get(index).map_or(0, |start| *start as usize);
        self.places.get(at(literal)..at(literal + 1)).unwrap_or_default()
    }
}

impl Literals {
    pub(super) fn automaton(&self) -> Option<AhoCorasick> {
        // A table for each state costs memory once and saves half of the time for each byte of each text.
        let kind = Some(AhoCorasickKind::DFA);
        AhoCorasick::builder().match_kind(MatchKind::Standard).kind(kind).build(&self.list).ok()
    }

    /// Where the literals are in the text.
    pub(super) fn find(&self, automaton: &AhoCorasick, text: &str) -> Found {
        let mut hits: Vec<(u32, Range<u32>)> = Vec::new();
        let mut counts = vec![0u32; self.list.len() + 1];
        // Overlapping: `exec` is also in `executeQuery`.
        for hit in automaton.find_overlapping_iter(text) {
            let (Ok(start), Ok(end)) = (u32::try_from(hit.start()), u32::try_from(hit.end())) else { break };
            hits.push((hit.pattern().as_u32(), start..end));
            if let Some(count) = counts.get_mut(hit.pattern().as_usize()) {
                *count += 1;
            }
        }
        let mut starts = Vec::with_capacity(counts.len());
        let mut sum = 0;
        for count in counts {
            starts.push(sum);
            sum += count;
        }
        let mut next = starts.clone();
        let mut places = vec![0..0; hits.len()];
        for (literal, place) in hits {
            if let Some(slot) = next.get_mut(literal as usize) {
                if let Some(at) = places.get_mut(*slot as usize) {
                    *at = place;
                }
                *slot += 1;
            }
        }
        Found { starts, places }
    }

    /// Numbers the words of a rule.
    pub(super) fn needs(&mut self, words: Words) -> Needs {
        Needs { text: self.clauses(words.text), node: self.clauses(words.node) }
    }

    fn clauses(&mut self, words: Vec<Clause>) -> Clauses {
        let mut clauses: Vec<Vec<usize>> = Vec::new();
        for alternatives in words {
            let mut clause: Vec<usize> = alternatives.into_iter().map(|word| self.intern(word)).collect();
            clause.sort_unstable();
            clause.dedup();
            if !clauses.contains(&clause) {
                clauses.push(clause);
            }
        }
        Clauses(clauses)
    }

    fn intern(&mut self, word: Vec<u8>) -> usize {
        if let Some(&index) = self.index.get(&word) {
            return index;
        }
        self.list.push(word.clone());
        self.index.insert(word, self.list.len() - 1);
        self.list.len() - 1
    }
}

/// Of these words, one.
type Clause = Vec<Vec<u8>>;

/// What a rule needs, in words.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: Vec<Clause>,
    node: Vec<Clause>,
}

/// What the `rule` of an object, with its `utils`, needs.
pub(super) fn words(object: &Map<String, Value>, grammar: Grammar) -> Words {
    let empty = Map::new();
    let utils = object.get("utils").and_then(Value::as_object).unwrap_or(&empty);
    let reader = Reader { utils, grammar };
    let read = |is_in_node| object.get("rule").map(|rule| reader.rule(rule, is_in_node, 0)).unwrap_or_default();
    Words { text: read(false), node: read(true) }
}

/// Reads what a rule needs.
struct Reader<'r> {
    utils: &'r Map<String, Value>,
    grammar: Grammar,
}

impl Reader<'_> {
    /// Clauses of a rule object; with `is_in_node` only those on the matched node, not on what is around it.
    fn rule(&self, rule: &Value, is_in_node: bool, depth: usize) -> Vec<Clause> {
        let mut clauses = Vec::new();
        let Value::Object(rule) = rule else { return clauses };
        if depth > MAX_DEPTH {
            return clauses;
        }
        for (key, value) in rule {
            match (key.as_str(), value) {
                ("pattern", Value::String(text)) => clauses.extend(words_of(text).map(|word| vec![word])),
                ("pattern", Value::Object(pattern)) => {
                    let selected = self.selected(pattern).unwrap_or_default();
                    clauses.extend(words_of(&selected).map(|word| vec![word]));
                }
                ("kind", Value::String(kind)) => {
                    let literal = KIND_LITERALS.iter().find(|(known, _)| known == kind);
                    clauses.extend(literal.map(|(_, literal)| vec![literal.as_bytes().to_vec()]));
                }
                ("regex", Value::String(regex)) => clauses.extend(prefixes_of(regex)),
                ("all", Value::Array(rules)) => {
                    clauses.extend(rules.iter().flat_map(|rule| self.rule(rule, is_in_node, depth + 1)));
                }
                ("any", Value::Array(rules)) => {
                    // Each way must need something; of what it needs, the longest word tells most.
                    let ways = rules.iter().map(|rule| {
                        let clauses = self.rule(rule, is_in_node, depth + 1);
                        clauses.into_iter().max_by_key(|clause| clause.iter().map(Vec::len).min())
                    });
                    if let Some(ways) = ways.collect::<Option<Vec<_>>>() {
                        clauses.push(ways.into_iter().flatten().collect());
                    }
                }
                ("has", relation) => clauses.extend(self.rule(relation, is_in_node, depth + 1)),
                ("inside" | "precedes" | "follows", relation) if !is_in_node => {
                    clauses.extend(self.rule(relation, is_in_node, depth + 1));
                }
                ("matches", Value::String(name)) => {
                    let util = self.utils.get(name);
                    clauses.extend(util.map(|rule| self.rule(rule, is_in_node, depth + 1)).unwrap_or_default());
                }
                _ => {}
            }
        }
        clauses
    }

    /// The code that a pattern with a context stands for.
    fn selected(&self, pattern: &Map<String, Value>) -> Option<String> {
        let context = pattern.get("context")?.as_str()?;
        let Some(selector) = pattern.get("selector").and_then(Value::as_str) else { return Some(context.to_owned()) };
        let tree = parser::parse(self.grammar, context, DEFAULT_PARSE_TIME)?;
        let kind = TreeLanguage(self.grammar).kind_to_id(selector);
        let selected = tree.iter().find(|node| node.kind_id() == kind)?;
        context.get(selected.start_byte()..selected.end_byte()).map(str::to_owned)
    }
}

/// The words of a pattern that stand for themselves: all of them must be in the text.
fn words_of(pattern: &str) -> impl Iterator<Item = Vec<u8>> {
    let words = pattern.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')));
    words.filter(|word| word.len() >= MIN_LITERAL && !word.contains('$')).map(|word| word.as_bytes().to_vec())
}

/// What every match of a regular expression starts with one of, or ends with.
fn prefixes_of(regex: &str) -> Option<Clause> {
    let hir = regex_syntax::parse(regex).ok()?;
    [ExtractKind::Prefix, ExtractKind::Suffix].into_iter().find_map(|kind| {
        let found = Extractor::new().kind(kind).extract(&hir);
        let words: Clause = found.literals()?.iter().map(|literal| literal.as_bytes().to_vec()).collect();
        (!words.is_empty() && words.iter().all(|word| word.len() >= MIN_LITERAL)).then_some(words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clauses(rule: &str, is_in_node: bool) -> Vec<Vec<String>> {
        let utils = Map::new();
        let clauses = Reader { utils: &utils, grammar: Grammar::C }.rule(&serde_json::from_str(rule).unwrap(), is_in_node, 0);
        let text = |word: Vec<u8>| String::from_utf8(word).unwrap();
        clauses.into_iter().map(|clause| clause.into_iter().map(text).collect()).collect()
    }

    #[test]
    fn a_rule_needs_the_words_that_its_patterns_spell_out() {
        let in_text = |rule| clauses(rule, false);
        assert_eq!(in_text(r#"{"pattern": "System.exit($CODE)"}"#), [["System"], ["exit"]]);
        assert_eq!(in_text(r#"{"any": [{"pattern": "a.notify()"}, {"regex": "^(wake|stir)$"}]}"#), [["notify", "wake", "stir"]]);
        assert_eq!(in_text(r#"{"any": [{"pattern": "$A.notify()"}, {"kind": "identifier"}]}"#), Vec::<Vec<String>>::new());
        assert_eq!(in_text(r#"{"kind": "catch_clause", "not": {"pattern": "log"}}"#), [["catch"]]);
        assert_eq!(in_text(r#"{"regex": "a.c"}"#), Vec::<Vec<String>>::new());
        assert_eq!(in_text(r#"{"regex": "^(secure_)?getenv\\s*\\("}"#), [["secure_getenv", "getenv"]]);
        let selected = r#"{"pattern": {"context": "void f(void) { strncpy($TO, $FROM, 1); }", "selector": "call_expression"}}"#;
        assert_eq!(in_text(selected), [["strncpy"]]);
    }

    #[test]
    fn what_is_around_a_node_is_not_needed_in_it() {
        let rule = r#"{"kind": "catch_clause", "has": {"regex": "^free$"}, "inside": {"regex": "^outer"}}"#;
        assert_eq!(clauses(rule, true), [["free"], ["catch"]]);
        assert_eq!(clauses(rule, false).len(), 3);
    }

    #[test]
    fn overlapping_words_are_all_found_where_they_are() {
        let mut literals = Literals::default();
        let object: Map<String, Value> = serde_json::from_str(r#"{"rule": {"pattern": "executeQuery(exec, unseen)"}}"#).unwrap();
        let needs = literals.needs(words(&object, Grammar::Java));
        let automaton = literals.automaton().unwrap();
        let find = |text: &str| literals.find(&automaton, text);
        let found = find("x.executeQuery() + executeQuery()");
        assert_eq!((found.of(0), found.of(1), found.of(2)), (&[2..14, 19..31][..], &[2..6, 19..23][..], &[][..]));
        assert!(!needs.in_text(&find("executeQuery")));
        let found = find("unseen executeQuery");
        assert!(needs.in_text(&found) && needs.in_node(&found, 0..19));
        assert!(!needs.in_node(&found, 1..19) && !needs.in_node(&found, 0..18));
    }
}
