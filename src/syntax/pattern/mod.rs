//! Syntactic rules (`pattern`): code with metavariables, matched by ast-grep's crates on the tree that was parsed anyway.
//!
//! Cheap before costly: one automaton over all rules' literals says which rules can match in a text at all; then one walk
//! of the tree offers each node to the rules that its kind can match. Must not know types, values or other files.

mod error;
mod language;
mod prefilter;
mod shape;

use aho_corasick::AhoCorasick;
use ast_grep_config::{DeserializeEnv, RuleCore, SerializableRuleCore};
use ast_grep_core::matcher::MatcherExt;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{AstGrep, Matcher};
use tree_sitter::{Node, Tree};

pub use error::PatternError;
use language::TreeLanguage;
use prefilter::Clauses;

use super::Grammar;
use crate::base::{RuleId, Span};
use crate::rules::{Language, Rule, RuleKind};

/// Below this depth nothing is matched: `inside` walks a node's ancestors, so that deeper trees would cost too much.
const MAX_DEPTH: u32 = 400;

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
    clauses: Clauses,
}

/// A rule's matcher of places that count as examined.
struct CompiledExamined {
    rule: RuleId,
    matcher: RuleCore,
    kinds: Kinds,
    clauses: Clauses,
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
        let mut compiled = PatternRules::default();
        for (id, rule) in rules {
            let RuleKind::Pattern(json) = &rule.kind else { continue };
            let (target, grammar) = match (rule.language, rule.is_web) {
                (Language::Java, false) => (&mut compiled.java, Grammar::Java),
                (Language::Java, true) => (&mut compiled.web, Grammar::Java),
                (Language::C, _) => (&mut compiled.c, Grammar::C),
            };
            target.add(id, rule, json, grammar)?;
        }
        for target in [&mut compiled.java, &mut compiled.c, &mut compiled.web] {
            target.automaton = target.literals.automaton();
        }
        Ok(compiled)
    }

    /// Runs the rules of a target on a text and the tree that was parsed from it.
    #[must_use]
    pub fn run(&self, target: PatternTarget, text: &str, tree: &Tree) -> PatternMatches {
        let (rules, grammar) = match target {
            PatternTarget::Java => (&self.java, Grammar::Java),
            PatternTarget::C => (&self.c, Grammar::C),
            PatternTarget::Web => (&self.web, Grammar::Java),
        };
        rules.run(text, tree, grammar)
    }
}

impl TargetRules {
    fn add(&mut self, id: RuleId, rule: &Rule, json: &str, grammar: Grammar) -> Result<(), PatternError> {
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
        let clauses = self.literals.clauses(&object);
        let counts = examined.is_none();
        if let Some(examined) = examined {
            object.insert("rule".to_owned(), examined);
            object.remove("constraints");
            let matcher = compile(&object, "examined")?;
            let clauses = self.literals.clauses(&object);
            self.examined.push(CompiledExamined { rule: id, kinds: kinds_of(&matcher), matcher, clauses });
        }
        self.rules.push(Compiled { rule: id, kinds: kinds_of(&matcher), matcher, at, counts, clauses });
        Ok(())
    }

    fn run(&self, text: &str, tree: &Tree, grammar: Grammar) -> PatternMatches {
        let mut matches = PatternMatches::default();
        let Some(automaton) = &self.automaton else { return matches };
        let found = self.literals.find(automaton, text);
        let rules: Vec<&Compiled> = self.rules.iter().filter(|rule| rule.clauses.hold(&found)).collect();
        let examined: Vec<&CompiledExamined> = self.examined.iter().filter(|rule| rule.clauses.hold(&found)).collect();
        if rules.is_empty() && examined.is_empty() {
            return matches;
        }
        let kind_count = tree.language().node_kind_count();
        let by_kind = KindIndex::new(kind_count, rules.iter().map(|rule| &rule.kinds));
        let examined_by_kind = KindIndex::new(kind_count, examined.iter().map(|rule| &rule.kinds));
        let mut counts = vec![0u32; rules.len()];
        let mut examined_counts = vec![0u32; examined.len()];
        // The one copy of the text; the tree is shared.
        let root = AstGrep::doc(StrDoc { src: text.to_owned(), lang: TreeLanguage(grammar), tree: tree.clone() });
        walk(root.root().get_inner_node(), |node| {
            let kind = usize::from(node.kind_id());
            for &index in by_kind.of(kind) {
                let (Some(rule), Some(count)) = (rules.get(index), counts.get_mut(index)) else { continue };
                *count += 1;
                if let Some(found) = rule.matcher.match_node(root.adopt(node)) {
                    let named = rule.at.as_ref().and_then(|name| found.get_env().get_match(name));
                    let range = named.map_or_else(|| found.range(), |node| node.range());
                    matches.hits.push((rule.rule, Span::new(range.start, range.end)));
                }
            }
            for &index in examined_by_kind.of(kind) {
                let (Some(rule), Some(count)) = (examined.get(index), examined_counts.get_mut(index)) else { continue };
                *count += u32::from(rule.matcher.match_node(root.adopt(node)).is_some());
            }
        });
        matches.hits.sort_unstable_by_key(|(rule, span)| (*rule, *span));
        matches.hits.dedup();
        let own = rules.iter().zip(counts).filter(|(rule, _)| rule.counts).map(|(rule, count)| (rule.rule, count));
        matches.examined = own.chain(examined.iter().zip(examined_counts).map(|(rule, count)| (rule.rule, count))).collect();
        matches.examined.retain(|(_, count)| *count > 0);
        matches.examined.sort_unstable();
        matches
    }
}

/// For each kind of node the matchers that it may match, by index.
struct KindIndex {
    lists: Vec<Vec<usize>>,
}

impl KindIndex {
    fn new<'k>(kind_count: usize, kinds: impl Iterator<Item = &'k Kinds>) -> KindIndex {
        let mut lists = vec![Vec::new(); kind_count];
        for (index, kinds) in kinds.enumerate() {
            match kinds {
                None => lists.iter_mut().for_each(|list| list.push(index)),
                Some(kinds) => kinds.iter().for_each(|&kind| lists.get_mut(kind).into_iter().for_each(|list| list.push(index))),
            }
        }
        KindIndex { lists }
    }

    fn of(&self, kind: usize) -> &[usize] {
        self.lists.get(kind).map_or(&[], Vec::as_slice)
    }
}

/// Visits every node down to the depth limit, parents first.
fn walk<'t>(root: Node<'t>, mut visit: impl FnMut(Node<'t>)) {
    let mut cursor = root.walk();
    let mut depth = 0u32;
    loop {
        visit(cursor.node());
        if depth < MAX_DEPTH && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
            depth -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
