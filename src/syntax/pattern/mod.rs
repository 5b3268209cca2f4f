//! Syntactic rules (`pattern`): code with metavariables, matched by ast-grep's crates on the tree that was parsed anyway.
//!
//! Cheap before costly: one automaton over all rules' literals says which rules can match in a text at all; then one walk
//! of the tree offers each node to the rules that its kind can match. Must not know types, values or other files.

mod document;
mod error;
mod language;
mod prefilter;
mod shape;

use aho_corasick::AhoCorasick;
use ast_grep_config::{DeserializeEnv, RuleCore, SerializableRuleCore};
use ast_grep_core::matcher::MatcherExt;
use ast_grep_core::{AstGrep, Matcher};
use rayon::prelude::*;
use smallvec::SmallVec;

use document::FlatDocument;
pub use error::PatternError;
use language::TreeLanguage;
use prefilter::Needs;

use super::{Grammar, Nodes};
use crate::base::{RuleId, Span};
use crate::rules::{Language, Rule, RuleKind};

/// Below this depth nothing is matched: `inside` walks a node's ancestors, so that deeper trees would cost too much.
const MAX_DEPTH: usize = 400;

/// Which rules run on a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternTarget {
    /// A Java file.
    Java,
    /// A C file or header.
    C,
    /// The Java made from a JSP.
    Web,
}

/// What the rules found in a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PatternMatches {
    /// Sorted by rule, then place; each once. Spans are those of the text that was parsed.
    pub hits: Vec<(RuleId, Span)>,
    /// Places each rule looked at, hits included; sorted by rule, zeros left out.
    pub examined: Vec<(RuleId, u32)>,
}

/// All syntactic rules, compiled.
#[derive(Debug, Default)]
pub struct PatternRules {
    java: TargetRules,
    c: TargetRules,
    web: TargetRules,
}

/// A rule's matcher of weak places.
struct Compiled {
    rule: RuleId,
    matcher: RuleCore,
    kinds: Kinds,
    /// The metavariable whose node is reported instead of the whole match.
    at: Option<String>,
    /// Whether the matcher's kinds count as examined, for want of an `examined` of the rule's own.
    counts: bool,
    needs: Needs,
}

/// A rule's matcher of places that count as examined.
struct CompiledExamined {
    rule: RuleId,
    matcher: RuleCore,
    kinds: Kinds,
    needs: Needs,
}

/// Kinds of nodes that a matcher may match; `None`: any.
type Kinds = Option<Vec<usize>>;

fn kinds_of(matcher: &RuleCore) -> Kinds {
    matcher.potential_kinds().map(|kinds| kinds.iter().collect())
}

/// The rules of one target.
#[derive(Default)]
struct TargetRules {
    rules: Vec<Compiled>,
    examined: Vec<CompiledExamined>,
    /// Of all clauses of both lists.
    literals: prefilter::Literals,
    automaton: Option<AhoCorasick>,
}

impl std::fmt::Debug for TargetRules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.rules.iter().map(|rule| rule.rule)).finish()
    }
}

impl PatternRules {
    /// Compiles the syntactic rules among these; the others are passed over.
    ///
    /// # Errors
    /// What is wrong with a rule's pattern, naming its file.
    pub fn compile<'r>(rules: impl IntoIterator<Item = (RuleId, &'r Rule)>) -> Result<PatternRules, PatternError> {
        let wanted: Vec<(RuleId, &Rule, &str)> = rules
            .into_iter()
            .filter_map(|(id, rule)| match &rule.kind {
                RuleKind::Pattern(json) => Some((id, rule, json.as_ref())),
                _ => None,
            })
            .collect();
        // Nearly all of the work, and each rule's is its own; what they share comes after, in order.
        let parts: Vec<Result<Parts, PatternError>> =
            wanted.par_iter().map(|(id, rule, json)| Parts::compile(*id, rule, json)).collect();
        let mut compiled = PatternRules::default();
        for ((_, rule, _), parts) in wanted.iter().zip(parts) {
            let target = match (rule.language, rule.is_web) {
                (Language::Java, false) => &mut compiled.java,
                (Language::Java, true) => &mut compiled.web,
                (Language::C, _) => &mut compiled.c,
            };
            target.add(parts?);
        }
        for target in [&mut compiled.java, &mut compiled.c, &mut compiled.web] {
            target.automaton = target.literals.automaton();
        }
        Ok(compiled)
    }

    /// Runs the rules of a target on a text and its tree, which it gives back.
    #[must_use]
    pub fn run(&self, target: PatternTarget, text: &str, nodes: Nodes) -> (Nodes, PatternMatches) {
        let (rules, grammar) = match target {
            PatternTarget::Java => (&self.java, Grammar::Java),
            PatternTarget::C => (&self.c, Grammar::C),
            PatternTarget::Web => (&self.web, Grammar::Java),
        };
        rules.run(text, nodes, grammar)
    }
}

/// One rule's matchers, and the words that they need, not yet numbered.
struct Parts {
    matcher: (Compiled, prefilter::Words),
    examined: Option<(CompiledExamined, prefilter::Words)>,
}

impl Parts {
    fn compile(id: RuleId, rule: &Rule, json: &str) -> Result<Parts, PatternError> {
        let grammar = if rule.language == Language::C { Grammar::C } else { Grammar::Java };
        let error = |key: &'static str, message: String| PatternError { file: rule.file.clone(), key, message };
        let mut object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(json).map_err(|e| error("pattern", e.to_string()))?;
        let examined = object.remove("examined");
        let at = object.remove("at").and_then(|at| at.as_str().map(str::to_owned));
        let compile = |object: &serde_json::Map<String, serde_json::Value>, key| {
            let mut object = object.clone();
            shape::check(&mut object, grammar).map_err(|(key, message)| error(key, message))?;
            let json = serde_json::Value::Object(object).to_string();
            let raw: SerializableRuleCore = ast_grep_config::from_str(&json).map_err(|e| error(key, error::chain(&e)))?;
            raw.get_matcher(DeserializeEnv::new(TreeLanguage(grammar))).map_err(|e| error(key, error::chain(&e)))
        };
        let matcher = compile(&object, "rule")?;
        if let Some(name) = at.as_ref().filter(|name| !matcher.defined_vars().contains(name.as_str())) {
            return Err(error("at", format!("no metavariable `${name}` is defined")));
        }
        let words = prefilter::words(&object, grammar);
        let counts = examined.is_none();
        let kinds = kinds_of(&matcher);
        let matcher = (Compiled { rule: id, kinds, matcher, at, counts, needs: Needs::default() }, words);
        let examined = match examined {
            None => None,
            Some(examined) => {
                object.insert("rule".to_owned(), examined);
                object.remove("constraints");
                let matcher = compile(&object, "examined")?;
                let kinds = kinds_of(&matcher);
                let words = prefilter::words(&object, grammar);
                Some((CompiledExamined { rule: id, kinds, matcher, needs: Needs::default() }, words))
            }
        };
        Ok(Parts { matcher, examined })
    }
}

impl TargetRules {
    fn add(&mut self, parts: Parts) {
        let Parts { matcher: (mut matcher, words), examined } = parts;
        matcher.needs = self.literals.needs(words);
        self.rules.push(matcher);
        if let Some((mut examined, words)) = examined {
            examined.needs = self.literals.needs(words);
            self.examined.push(examined);
        }
    }

    fn run(&self, text: &str, nodes: Nodes, grammar: Grammar) -> (Nodes, PatternMatches) {
        let mut matches = PatternMatches::default();
        let found = self.automaton.as_ref().map(|automaton| self.literals.find(automaton, text)).unwrap_or_default();
        let rules: Vec<&Compiled> = self.rules.iter().filter(|rule| rule.needs.in_text(&found)).collect();
        let examined: Vec<&CompiledExamined> = self.examined.iter().filter(|rule| rule.needs.in_text(&found)).collect();
        if rules.is_empty() && examined.is_empty() {
            return (nodes, matches);
        }
        let by_kind = KindIndex::new(rules.iter().map(|rule| &rule.kinds));
        let examined_by_kind = KindIndex::new(examined.iter().map(|rule| &rule.kinds));
        let mut counts = vec![0u32; rules.len()];
        let mut examined_counts = vec![0u32; examined.len()];
        // What is left to offer to a matcher: by far the most nodes lack a word that the rule needs.
        let mut tries: Vec<(usize, u32)> = Vec::new();
        let mut examined_tries: Vec<(usize, u32)> = Vec::new();
        // Where each of the nodes around the one in hand ends.
        let mut around: Vec<u32> = Vec::new();
        for node in nodes.iter() {
            while around.last().is_some_and(|end| *end <= node.index()) {
                around.pop();
            }
            let depth = around.len();
            around.push(node.next_index());
            if depth > MAX_DEPTH {
                continue;
            }
            let kind = usize::from(node.kind_id());
            let range = node.start_byte()..node.end_byte();
            for index in by_kind.of(kind) {
                let (Some(rule), Some(count)) = (rules.get(index), counts.get_mut(index)) else { continue };
                *count += 1;
                if rule.needs.in_node(&found, range.clone()) {
                    tries.push((index, node.index()));
                }
            }
            for index in examined_by_kind.of(kind) {
                if examined.get(index).is_some_and(|rule| rule.needs.in_node(&found, range.clone())) {
                    examined_tries.push((index, node.index()));
                }
            }
        }
        if tries.is_empty() && examined_tries.is_empty() {
            matches.add_counts(&rules, &counts, &examined, &examined_counts);
            return (nodes, matches);
        }
        let document = FlatDocument::new(grammar, text, nodes);
        let root = AstGrep::doc(document.clone());
        for (index, node) in tries {
            let Some(rule) = rules.get(index) else { continue };
            if let Some(found) = rule.matcher.match_node(root.adopt(document.node(node))) {
                let named = rule.at.as_ref().and_then(|name| found.get_env().get_match(name));
                let range = named.map_or_else(|| found.range(), |node| node.range());
                matches.hits.push((rule.rule, Span::new(range.start, range.end)));
            }
        }
        for (index, node) in examined_tries {
            let (Some(rule), Some(count)) = (examined.get(index), examined_counts.get_mut(index)) else { continue };
            *count += u32::from(rule.matcher.match_node(root.adopt(document.node(node))).is_some());
        }
        drop(root);
        matches.hits.sort_unstable_by_key(|(rule, span)| (*rule, *span));
        matches.hits.dedup();
        matches.add_counts(&rules, &counts, &examined, &examined_counts);
        (document.into_nodes(), matches)
    }
}

impl PatternMatches {
    /// Adds what the rules looked at.
    fn add_counts(&mut self, rules: &[&Compiled], counts: &[u32], examined: &[&CompiledExamined], examined_counts: &[u32]) {
        let own = rules.iter().zip(counts).filter(|(rule, _)| rule.counts).map(|(rule, count)| (rule.rule, *count));
        let others = examined.iter().zip(examined_counts).map(|(rule, count)| (rule.rule, *count));
        self.examined = own.chain(others).filter(|(_, count)| *count > 0).collect();
        self.examined.sort_unstable();
    }
}

/// For each kind of node the matchers that it may match, by index; kinds above all that any matcher names have `any` alone.
struct KindIndex {
    lists: Vec<SmallVec<[u16; 4]>>,
    any: SmallVec<[u16; 4]>,
}

impl KindIndex {
    fn new<'k>(kinds: impl Iterator<Item = &'k Kinds> + Clone) -> KindIndex {
        let named = kinds.clone().flatten().flatten().max();
        let mut index = KindIndex { lists: vec![SmallVec::new(); named.map_or(0, |most| most + 1)], any: SmallVec::new() };
        for (rule, kinds) in (0u16..).zip(kinds) {
            match kinds {
                None => {
                    index.any.push(rule);
                    index.lists.iter_mut().for_each(|list| list.push(rule));
                }
                Some(kinds) => {
                    for kind in kinds {
                        if let Some(list) = index.lists.get_mut(*kind) {
                            list.push(rule);
                        }
                    }
                }
            }
        }
        index
    }

    fn of(&self, kind: usize) -> impl Iterator<Item = usize> {
        self.lists.get(kind).unwrap_or(&self.any).iter().map(|rule| usize::from(*rule))
    }
}

#[cfg(test)]
mod tests;
