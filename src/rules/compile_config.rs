//! The second stage for `config` rules.

use super::compile_rule::{const_patterns, regex};
use super::config::{AttributeTest, ConfigKind, ConfigMatcher, ElementMatcher, PathStep, TextTest};
use super::error::{RulesError, Source};
use super::raw::{RawAttribute, RawConfig, RawConfigs, RawTest, RawXml};

/// Compiles all matchers of a rule.
pub(super) fn compile_configs(source: Source<'_>, raw: &RawConfigs, check: bool) -> Result<Vec<ConfigMatcher>, RulesError> {
    if raw.is_empty() {
        return Err(source.never("config", "", "the list is empty"));
    }
    raw.iter().map(|raw| compile(source, raw, check)).collect()
}

fn compile(source: Source<'_>, raw: &RawConfig, check: bool) -> Result<ConfigMatcher, RulesError> {
    for glob in raw.files.iter() {
        globset::Glob::new(glob).map_err(|error| source.invalid("files", glob, error.to_string()))?;
    }
    let kind = match (&raw.xml, &raw.entries) {
        (Some(xml), None) => ConfigKind::Xml(element(source, xml, check, true)?),
        (None, Some(entries)) => {
            if !raw.root.is_empty() {
                return Err(source.never("root", "", "only XML has a root element"));
            }
            let key = regex(source, "key", &format!("(?i)^(?:{})$", entries.key), check)?;
            ConfigKind::Entries { key, value: test(source, "value", &entries.value, check)? }
        }
        _ => return Err(source.invalid("config", "", "a matcher has exactly one of `xml` and `entries`")),
    };
    Ok(ConfigMatcher { files: raw.files.0.clone(), root: raw.root.0.clone(), kind })
}

fn element(source: Source<'_>, raw: &RawXml, check: bool, outermost: bool) -> Result<ElementMatcher, RulesError> {
    let mut path = Vec::new();
    for step in raw.path.split('/') {
        path.push(match step.trim() {
            "" => return Err(source.never("path", &raw.path, "a step of the path is empty")),
            "." => PathStep::Itself,
            "**" => PathStep::AnyDepth,
            "*" => PathStep::Any,
            names => PathStep::Names(names.split('|').map(|name| name.trim().to_owned()).collect()),
        });
    }
    if path.last() == Some(&PathStep::AnyDepth) {
        return Err(source.invalid("path", &raw.path, "`**` stands before a name"));
    }
    if !outermost && (raw.absent || raw.only_absent) {
        return Err(source.invalid("absent", "", "only the outermost matcher may look for absence; use `lacks`"));
    }
    let attributes = raw.attribute.iter().map(|raw| attribute(source, raw, check)).collect::<Result<_, _>>()?;
    let nested = |list: &[RawXml]| list.iter().map(|raw| element(source, raw, check, false)).collect::<Result<Vec<_>, _>>();
    Ok(ElementMatcher {
        path,
        text: raw.text.as_ref().map(|raw| test(source, "text", raw, check)).transpose()?,
        attributes,
        has: nested(&raw.has)?,
        lacks: nested(&raw.lacks)?,
        absent: raw.absent || raw.only_absent,
        only_absent: raw.only_absent,
    })
}

fn attribute(source: Source<'_>, raw: &RawAttribute, check: bool) -> Result<AttributeTest, RulesError> {
    let given = RawTest {
        is_in: raw.is_in.clone(),
        not_in: raw.not_in.clone(),
        ignore_case: raw.ignore_case,
        matches: raw.matches.clone(),
        not_matches: raw.not_matches.clone(),
        less: raw.less,
        greater: raw.greater,
        any: raw.any,
    };
    Ok(AttributeTest { name: raw.name.clone(), absent: raw.absent, test: test(source, "attribute", &given, check)? })
}

fn test(source: Source<'_>, key: &str, raw: &RawTest, check: bool) -> Result<TextTest, RulesError> {
    let mut tests = Vec::new();
    if let Some(constants) = &raw.is_in {
        tests.push(TextTest::In(const_patterns(source, "in", constants, raw.ignore_case)?));
    }
    if let Some(constants) = &raw.not_in {
        tests.push(TextTest::NotIn(const_patterns(source, "not_in", constants, raw.ignore_case)?));
    }
    if let Some(pattern) = &raw.matches {
        tests.push(TextTest::Matches(regex(source, "matches", pattern, check)?));
    }
    if let Some(pattern) = &raw.not_matches {
        tests.push(TextTest::NotMatches(regex(source, "not_matches", pattern, check)?));
    }
    tests.extend(raw.less.map(TextTest::Less));
    tests.extend(raw.greater.map(TextTest::Greater));
    match raw.any {
        None => {}
        Some(true) => tests.push(TextTest::Any),
        Some(false) => return Err(source.never("any", "", "only `true` has a meaning")),
    }
    match tests.len() {
        0 => Err(source.invalid(key, "", "a test without `in`, `not_in`, `matches`, `not_matches`, `less`, `greater`, `any`")),
        1 => tests.pop().ok_or_else(|| source.invalid(key, "", "no test")),
        _ => Ok(TextTest::All(tests)),
    }
}
