//! `config` rules on one document at a time: elements of XML, keys of properties and YAML.
//! Must not know other documents: what takes several files together is the program's business.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::base::{FileSpan, RuleId, Span};
use crate::rules::{ConfigKind, ConfigMatcher, ElementMatcher, PathStep, Rule, RuleKind, TextTest};
use crate::syntax::document::{Document, DocumentContent, Element, Entry, Node};

/// Elements nested deeper are not looked at.
const MAX_DEPTH: u32 = 200;

/// Longer values are cut in a finding's arguments.
const MAX_VALUE: usize = 80;

/// The `config` rules of a set, ready to run.
#[derive(Debug)]
pub struct ConfigRules<'r> {
    rules: Vec<(RuleId, Vec<Prepared<'r>>)>,
}

#[derive(Debug)]
struct Prepared<'r> {
    /// `None`: every document.
    files: Option<GlobSet>,
    matcher: &'r ConfigMatcher,
}

/// A weak place in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigHit {
    /// The rule.
    pub rule: RuleId,
    /// An attribute's value, an element's start tag, or a key with its value.
    pub at: FileSpan,
    /// For the message: `name` and `value`, sorted by name.
    pub args: Vec<(&'static str, String)>,
}

/// What the rules found in a document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ConfigMatches {
    /// Sorted by rule, then place; one a place.
    pub hits: Vec<ConfigHit>,
    /// Places each rule looked at, hits included; sorted by rule, zeros left out.
    pub examined: Vec<(RuleId, u32)>,
}

/// Globs of a matcher: a `*` stays within one part of the path, and case does not matter, as on the servers' file systems.
fn glob_set(globs: &[String]) -> Result<Option<GlobSet>, globset::Error> {
    if globs.is_empty() {
        return Ok(None);
    }
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        builder.add(GlobBuilder::new(glob).literal_separator(true).case_insensitive(true).build()?);
    }
    builder.build().map(Some)
}

impl<'r> ConfigRules<'r> {
    /// Prepares the `config` rules among these; the others are passed over.
    ///
    /// # Errors
    /// A glob that is none; loading has checked them one by one.
    pub fn compile(rules: impl IntoIterator<Item = (RuleId, &'r Rule)>) -> Result<ConfigRules<'r>, globset::Error> {
        let mut prepared = Vec::new();
        for (id, rule) in rules {
            let RuleKind::Config(matchers) = &rule.kind else { continue };
            let prepare = |matcher: &'r ConfigMatcher| Ok(Prepared { files: glob_set(&matcher.files)?, matcher });
            prepared.push((id, matchers.iter().map(prepare).collect::<Result<Vec<_>, globset::Error>>()?));
        }
        Ok(ConfigRules { rules: prepared })
    }

    /// Runs all rules on a document. The path is relative to the scanned root, `/` between its parts.
    #[must_use]
    pub fn run(&self, path: &str, document: &Document) -> ConfigMatches {
        let mut matches = ConfigMatches::default();
        for (rule, prepared) in &self.rules {
            let mut places: Vec<Place> = Vec::new();
            let mut examined = 0;
            for Prepared { files, matcher } in prepared {
                if files.as_ref().is_some_and(|files| !files.is_match(path)) {
                    continue;
                }
                let looked_at = match (&matcher.kind, &document.content) {
                    (ConfigKind::Xml(element), DocumentContent::Xml(root)) if fits_root(matcher, root) => {
                        run_xml(element, root, &mut places)
                    }
                    (ConfigKind::Entries { key, value }, DocumentContent::Entries(entries)) => {
                        let keys = entries.iter().filter(|entry| key.is_match(&entry.key));
                        keys.map(|entry| run_entry(value, entry, &mut places)).sum()
                    }
                    _ => 0,
                };
                // Matchers of one rule look at the same places with different tests.
                examined = looked_at.max(examined);
            }
            places.sort_by_key(|place| place.span);
            places.dedup_by(|a, b| a.span == b.span);
            let hit = |place: Place| ConfigHit {
                rule: *rule,
                at: FileSpan { file: document.file, span: place.span },
                args: vec![("name", place.name), ("value", place.value)],
            };
            matches.hits.extend(places.into_iter().map(hit));
            if examined > 0 {
                matches.examined.push((*rule, examined));
            }
        }
        matches
    }
}

struct Place {
    span: Span,
    name: String,
    value: String,
}

impl Place {
    fn new(span: Span, name: &str, value: &str) -> Place {
        let value = value.trim();
        let mut short: String = value.chars().take(MAX_VALUE).collect();
        if short.len() < value.len() {
            short.push('…');
        }
        Place { span, name: name.to_owned(), value: short }
    }
}

fn fits_root(matcher: &ConfigMatcher, root: &Element) -> bool {
    matcher.root.is_empty() || matcher.root.contains(&root.name)
}

fn run_entry(value: &TextTest, entry: &Entry, places: &mut Vec<Place>) -> u32 {
    if value.passes(&entry.value) {
        places.push(Place::new(entry.span, &entry.key, &entry.value));
    }
    1
}

/// Adds the weak places; gives how many were looked at.
fn run_xml(matcher: &ElementMatcher, root: &Element, places: &mut Vec<Place>) -> u32 {
    let found = find(root, &matcher.path);
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
    if found.is_empty() {
        if matcher.absent {
            let wanted = matcher.path.iter().rev().find_map(|step| match step {
                PathStep::Names(names) => names.first().map(String::as_str),
                PathStep::Itself | PathStep::Any | PathStep::AnyDepth => None,
            });
            places.push(Place::new(root.span, wanted.unwrap_or(&root.name), ""));
        }
        return u32::from(matcher.absent);
    }
    if matcher.only_absent {
        return count;
    }
    for element in found.into_iter().filter(|element| passes(matcher, element)) {
        let tested = matcher.attributes.iter().find_map(|test| element.attribute(&test.name));
        places.push(match tested {
            Some(attribute) => Place::new(attribute.span, &attribute.name, &attribute.value),
            None => Place::new(element.span, &element.name, &own_text(element)),
        });
    }
    count
}

fn passes(matcher: &ElementMatcher, element: &Element) -> bool {
    let attributes = matcher.attributes.iter().all(|test| match element.attribute(&test.name) {
        Some(attribute) => test.test.passes(&attribute.value),
        None => test.absent,
    });
    attributes
        && matcher.text.as_ref().is_none_or(|test| test.passes(&own_text(element)))
        && matcher.has.iter().all(|below| holds(below, element))
        && !matcher.lacks.iter().any(|below| holds(below, element))
}

fn holds(matcher: &ElementMatcher, element: &Element) -> bool {
    find(element, &matcher.path).into_iter().any(|below| passes(matcher, below))
}

/// The element's own text, that of its children left out.
fn own_text(element: &Element) -> String {
    let texts = element.children.iter().filter_map(|child| match child {
        Node::Text(text, _) => Some(text.as_str()),
        Node::Element(_) => None,
    });
    texts.collect()
}

/// The elements that a path leads to, in document order, each once.
fn find<'e>(start: &'e Element, path: &[PathStep]) -> Vec<&'e Element> {
    let mut found = Vec::new();
    follow(start, path, 0, &mut found);
    let several_ways = path.iter().filter(|step| **step == PathStep::AnyDepth).count() > 1;
    if several_ways {
        found.sort_by_key(|element| element.span);
        found.dedup_by_key(|element| element.span);
    }
    found
}

fn follow<'e>(element: &'e Element, path: &[PathStep], depth: u32, found: &mut Vec<&'e Element>) {
    let Some((step, rest)) = path.split_first() else {
        found.push(element);
        return;
    };
    if depth > MAX_DEPTH {
        return;
    }
    match step {
        PathStep::Itself => follow(element, rest, depth, found),
        PathStep::Any => element.elements().for_each(|child| follow(child, rest, depth + 1, found)),
        PathStep::Names(names) => {
            let named = element.elements().filter(|child| names.contains(&child.name));
            named.for_each(|child| follow(child, rest, depth + 1, found));
        }
        PathStep::AnyDepth => {
            follow(element, rest, depth, found);
            element.elements().for_each(|child| follow(child, path, depth + 1, found));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::FileId;
    use crate::rules::RuleSet;
    use crate::syntax::document::Attribute;

    /// A rule of the given `config` in a set of its own, run on a document.
    fn run(config: &str, path: &str, content: DocumentContent) -> (Vec<(String, String)>, u32) {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("web/security-functions");
        std::fs::create_dir_all(&folder).unwrap();
        let text = format!(
            "id: web/own\nitems: [J2-18]\ncwe: [613]\nseverity: low\nconfidence: high\nsince: \"0.1\"\ntitle: {{ ko: 가, en: a }}\n\
             message: {{ ko: 가, en: a }}\nremedy: {{ ko: 가, en: a }}\nconfig: {config}\n"
        );
        std::fs::write(folder.join("own.yaml"), text).unwrap();
        let set = RuleSet::with_dir(dir.path()).unwrap_or_else(|error| panic!("{error}"));
        let (id, rule) = set.find("web/own").unwrap();
        let rules = ConfigRules::compile([(id, rule)]).unwrap();
        let matches = rules.run(path, &Document { file: FileId::from(0), path: String::new(), content });
        let args = |hit: &ConfigHit| (hit.args[0].1.clone(), hit.args[1].1.clone());
        (matches.hits.iter().map(args).collect(), matches.examined.first().map_or(0, |(_, count)| *count))
    }

    /// `<name attribute=value>text…children</name>` with a span of its own, by order of making.
    fn element(lo: usize, name: &str, attributes: &[(&str, &str)], text: &str, children: Vec<Element>) -> Element {
        let span = Span::new(lo, lo + 1);
        let attributes = attributes.iter().map(|(name, value)| Attribute { name: (*name).into(), value: (*value).into(), span });
        let mut nodes = vec![Node::Text(text.to_owned(), span)];
        nodes.extend(children.into_iter().map(Node::Element));
        Element { name: name.to_owned(), attributes: attributes.collect(), children: nodes, span }
    }

    fn web_app(timeout: Option<&str>) -> DocumentContent {
        let timeout = timeout.map(|text| element(3, "session-timeout", &[], text, Vec::new()));
        let config = element(2, "session-config", &[], "", timeout.into_iter().collect());
        DocumentContent::Xml(element(1, "web-app", &[("version", "3.0")], "", vec![config]))
    }

    fn found(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn elements_are_tested_where_the_path_leads() {
        let rule = "{ files: ['**/web.xml'], root: web-app, xml: { path: 'session-config/session-timeout', text: { less: 1 } } }";
        assert_eq!(run(rule, "WEB-INF/web.xml", web_app(Some(" -1 "))), (found("session-timeout", "-1"), 1));
        assert_eq!(run(rule, "WEB-INF/web.xml", web_app(Some("30"))), (Vec::new(), 1));
        assert_eq!(run(rule, "WEB-INF/other.xml", web_app(Some("-1"))), (Vec::new(), 0));
        let deep = "{ xml: { path: '**/session-timeout', text: { any: true } } }";
        assert_eq!(run(deep, "a.xml", web_app(Some("5"))).0, found("session-timeout", "5"));
        let other_root = "{ root: beans, xml: { path: '**/session-timeout', text: { any: true } } }";
        assert_eq!(run(other_root, "a.xml", web_app(Some("5"))), (Vec::new(), 0));
    }

    #[test]
    fn absence_is_reported_at_the_root_only_if_asked() {
        let path = "path: 'session-config/session-timeout'";
        assert_eq!(run(&format!("{{ xml: {{ {path} }} }}"), "web.xml", web_app(None)), (Vec::new(), 0));
        assert_eq!(
            run(&format!("{{ xml: {{ {path}, only_absent: true }} }}"), "web.xml", web_app(None)).0,
            found("session-timeout", "")
        );
        assert_eq!(run(&format!("{{ xml: {{ {path}, only_absent: true }} }}"), "web.xml", web_app(Some("5"))), (Vec::new(), 1));
    }

    #[test]
    fn attributes_children_and_lists_of_matchers_combine() {
        let rule = "{ xml: { path: '.', attribute: { name: version, matches: '^3' }, has: { path: session-config }, lacks: { path: filter } } }";
        assert_eq!(run(rule, "web.xml", web_app(None)).0, found("version", "3.0"));
        let missing = "{ xml: { path: session-config, attribute: { name: id, absent: true, in: [x] } } }";
        assert_eq!(run(missing, "web.xml", web_app(None)).0, found("session-config", ""));
        let either = "[{ xml: { path: '**/session-timeout', text: { less: 1 } } }, { xml: { path: '**/session-timeout', text: { greater: 60 } } }]";
        assert_eq!(run(either, "web.xml", web_app(Some("90"))), (found("session-timeout", "90"), 1));
    }

    #[test]
    fn entries_are_found_by_key_and_tested_by_value() {
        let entry = |key: &str, value: &str, lo| {
            let span = Span::new(lo, lo + 1);
            Entry { key: key.to_owned(), value: value.to_owned(), span, value_span: span }
        };
        let rule = "{ entries: { key: '.*password', value: { matches: '.', not_matches: '^([$][{]|ENC[(])' } } }";
        let entries =
            vec![entry("db.PASSWORD", "s3cret", 0), entry("web.password", "${PW}", 5), entry("password.length", "9", 9)];
        assert_eq!(run(rule, "a.properties", DocumentContent::Entries(entries)), (found("db.PASSWORD", "s3cret"), 2));
    }
}
