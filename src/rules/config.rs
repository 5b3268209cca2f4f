//! Compiled `config` rules: what must, or must not, stand in a document. Evaluated by `analysis::config`.

use super::rule::{ConstPattern, LazyRegex};

/// A matcher of one document at a time.
#[derive(Debug)]
pub struct ConfigMatcher {
    /// Globs on the path; empty: every document of the kind.
    pub files: Vec<String>,
    /// XML: the root element's names; empty: any.
    pub root: Vec<String>,
    /// What to look for.
    pub kind: ConfigKind,
}

/// What a matcher looks for.
#[derive(Debug)]
pub enum ConfigKind {
    /// Elements.
    Xml(ElementMatcher),
    /// Keys and values of properties and YAML.
    Entries {
        /// The whole key, dotted, in any case.
        key: LazyRegex,
        /// The value.
        value: TextTest,
    },
}

/// A matcher of elements below one.
#[derive(Debug)]
pub struct ElementMatcher {
    /// The way down from the element it starts at.
    pub path: Vec<PathStep>,
    /// On the element's own text, trimmed.
    pub text: Option<TextTest>,
    /// On attributes; all must pass.
    pub attributes: Vec<AttributeTest>,
    /// Each must find something below the element.
    pub has: Vec<ElementMatcher>,
    /// None may find anything below the element.
    pub lacks: Vec<ElementMatcher>,
    /// Also a finding where the path finds no element.
    pub absent: bool,
    /// A finding there alone.
    pub only_absent: bool,
}

/// A step of a path of element names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// `.`: the element that the path starts at.
    Itself,
    /// `**`: any number of elements between.
    AnyDepth,
    /// `*`.
    Any,
    /// One of these names.
    Names(Vec<String>),
}

/// A test of an attribute.
#[derive(Debug)]
pub struct AttributeTest {
    /// Its name.
    pub name: String,
    /// Whether its absence passes.
    pub absent: bool,
    /// The value.
    pub test: TextTest,
}

/// A test of a text.
#[derive(Debug)]
pub enum TextTest {
    /// Any.
    Any,
    /// Equal to one of these.
    In(Vec<ConstPattern>),
    /// Equal to none of these.
    NotIn(Vec<ConstPattern>),
    /// It matches.
    Matches(LazyRegex),
    /// It does not.
    NotMatches(LazyRegex),
    /// Both.
    All(Vec<TextTest>),
    /// A number below.
    Less(i64),
    /// A number above.
    Greater(i64),
}

impl TextTest {
    /// Whether the text, trimmed, passes.
    #[must_use]
    pub fn passes(&self, text: &str) -> bool {
        let text = text.trim();
        match self {
            TextTest::Any => true,
            TextTest::In(patterns) => patterns.iter().any(|pattern| pattern.is_text(text)),
            TextTest::NotIn(patterns) => !patterns.iter().any(|pattern| pattern.is_text(text)),
            TextTest::Matches(regex) => regex.is_match(text),
            TextTest::NotMatches(regex) => !regex.is_match(text),
            TextTest::All(tests) => tests.iter().all(|test| test.passes(text)),
            TextTest::Less(bound) => text.parse::<i64>().is_ok_and(|number| number < *bound),
            TextTest::Greater(bound) => text.parse::<i64>().is_ok_and(|number| number > *bound),
        }
    }
}

impl ConstPattern {
    /// Whether a document's text is this constant.
    #[must_use]
    pub fn is_text(&self, text: &str) -> bool {
        match self {
            ConstPattern::Str { text: wanted, ignore_case: true } => wanted.eq_ignore_ascii_case(text),
            ConstPattern::Str { text: wanted, ignore_case: false } => wanted == text,
            ConstPattern::Int(number) => text.parse() == Ok(*number),
            ConstPattern::Bool(value) => text.eq_ignore_ascii_case(if *value { "true" } else { "false" }),
        }
    }
}
