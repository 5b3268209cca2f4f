//! The words that rules and models may use, and the packages that go by two names.

use super::error::{RulesError, Source};
use super::model::SourceKinds;
use super::raw::{RawKinds, RawKindsByLanguage};
use super::rule::Language;
use crate::base::{FastSet, Symbol};

/// The kinds of input by the names that YAML gives them.
pub(super) const SOURCE_KINDS: [(&str, SourceKinds); 13] = [
    ("web", SourceKinds::WEB),
    ("file", SourceKinds::FILE),
    ("db", SourceKinds::DB),
    ("env", SourceKinds::ENV),
    ("socket", SourceKinds::SOCKET),
    ("secret", SourceKinds::SECRET),
    ("system", SourceKinds::SYSTEM),
    ("random", SourceKinds::RANDOM),
    ("claim", SourceKinds::CLAIM),
    ("arbitrary", SourceKinds::ARBITRARY),
    ("page", SourceKinds::PAGE),
    ("weak-algorithm", SourceKinds::WEAK_ALGORITHM),
    ("caller", SourceKinds::CALLER),
];

/// The union of the named kinds of input.
pub(super) fn source_kinds(source: Source<'_>, key: &str, names: &[String]) -> Result<SourceKinds, RulesError> {
    let mut kinds = SourceKinds::empty();
    for name in names {
        match SOURCE_KINDS.iter().find(|(known, _)| known == name) {
            Some((_, kind)) => kinds |= *kind,
            None => return Err(source.unknown(key, "kind of input", name, SOURCE_KINDS.iter().map(|(known, _)| *known))),
        }
    }
    Ok(kinds)
}

/// Sink, sanitizer and resource kinds: `kinds.yaml`.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    sinks: [Vec<String>; 2],
    /// Sinks that need no model: the engine finds them.
    pub(super) engine_sinks: [Vec<String>; 2],
    sanitizers: Vec<String>,
    resources: [Vec<String>; 2],
    operations: Vec<String>,
}

pub(super) fn language_index(language: Language) -> usize {
    match language {
        Language::Java => 0,
        Language::C => 1,
    }
}

impl Kinds {
    pub(super) fn add(&mut self, raw: RawKinds) {
        let add = |to: &mut [Vec<String>; 2], from: RawKindsByLanguage| {
            let [java, c] = to;
            java.extend(from.java);
            c.extend(from.c);
        };
        add(&mut self.sinks, raw.sinks);
        add(&mut self.engine_sinks, raw.engine_sinks);
        add(&mut self.resources, raw.resources);
        self.sanitizers.extend(raw.sanitizers);
        self.operations.extend(raw.operations);
    }

    fn check(source: Source<'_>, key: &str, what: &'static str, known: &[String], name: &str) -> Result<Symbol, RulesError> {
        if known.iter().any(|known| known == name) {
            return Ok(Symbol::new(name));
        }
        Err(source.unknown(key, what, name, known.iter().map(String::as_str)))
    }

    pub(super) fn sink(&self, source: Source<'_>, key: &str, language: Language, name: &str) -> Result<Symbol, RulesError> {
        let known = self.sinks.get(language_index(language)).map_or(&[][..], Vec::as_slice);
        Self::check(source, key, "sink kind", known, name)
    }

    pub(super) fn resource(&self, source: Source<'_>, key: &str, language: Language, name: &str) -> Result<Symbol, RulesError> {
        let known = self.resources.get(language_index(language)).map_or(&[][..], Vec::as_slice);
        Self::check(source, key, "resource kind", known, name)
    }

    pub(super) fn sanitizer(&self, source: Source<'_>, key: &str, name: &str) -> Result<Symbol, RulesError> {
        Self::check(source, key, "sanitizer kind", &self.sanitizers, name)
    }

    pub(super) fn operation(&self, source: Source<'_>, name: &str) -> Result<Symbol, RulesError> {
        Self::check(source, "op", "operation", &self.operations, name)
    }
}

/// One renaming of a package.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alias<'a> {
    from: &'a str,
    to: &'a str,
}

impl Alias<'_> {
    /// The name under this alias; names of other packages stay.
    pub(super) fn apply(&self, name: &str) -> Symbol {
        match name.strip_prefix(self.from) {
            Some(rest) if rest.is_empty() || rest.starts_with('.') => Symbol::new(&format!("{}{rest}", self.to)),
            _ => Symbol::new(name),
        }
    }

    fn fits(&self, name: &str) -> bool {
        name.strip_prefix(self.from).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// A name and the alias that gave it, if one did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) name: Symbol,
    alias: Option<Alias<'a>>,
}

impl Named<'_> {
    /// What another name of the same entry is under this one's alias.
    pub(super) fn follow(&self, name: &str) -> Symbol {
        match &self.alias {
            Some(alias) => alias.apply(name),
            None => Symbol::new(name),
        }
    }
}

/// Packages that go by two names (`javax.servlet`, `jakarta.servlet`): what is said of one holds for the other.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    pairs: Vec<(String, String)>,
}

impl Aliases {
    pub(super) fn add(&mut self, from: &str, to: &str) {
        let known = self.pairs.iter().any(|(a, b)| (a == from && b == to) || (a == to && b == from));
        if !known {
            self.pairs.push((from.to_owned(), to.to_owned()));
        }
    }

    /// The name itself, then its names under every alias that fits.
    pub(super) fn of<'a>(&'a self, name: &str) -> Vec<Named<'a>> {
        let mut names = vec![Named { name: Symbol::new(name), alias: None }];
        for (a, b) in &self.pairs {
            for alias in [Alias { from: a, to: b }, Alias { from: b, to: a }] {
                if alias.fits(name) {
                    names.push(Named { name: alias.apply(name), alias: Some(alias) });
                }
            }
        }
        names
    }

    /// All names of all of these, each once, in order.
    pub(super) fn all<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> Vec<Symbol> {
        let mut seen = FastSet::default();
        let all = names.into_iter().flat_map(|name| self.of(name));
        all.map(|named| named.name).filter(|name| seen.insert(*name)).collect()
    }
}
