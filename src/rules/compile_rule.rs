//! The second stage for rules: every name checked, the kind compiled.

use std::str::FromStr;

use strum::IntoEnumIterator;

use super::catalog::Catalog;
use super::compile_config::compile_configs;
use super::error::{Place, RulesError, Source, Suggestion};
use super::names::{Aliases, Kinds, source_kinds};
use super::raw::{RawCall, RawCondition, RawRule, RawText, RawWithin};
use super::rule::{
    CallMatcher, CallTarget, CheckKind, Condition, Confidence, ConstPattern, Language, LazyRegex, LocalText, Rule, RuleKind,
    Severity, Subject, TaintRule, Test, TypestateKind, TypestateRule, Within,
};
use super::scalar::{OneOrMany, Scalar};
use crate::base::Symbol;

/// What a message may quote from a finding.
pub(super) const PLACEHOLDERS: [&str; 6] = ["source", "sink", "callee", "value", "name", "type"];

const LANGUAGES: [&str; 3] = ["java", "c", "web"];

/// What compiling a rule needs to know of the rest.
pub(super) struct RuleCompiler<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) kinds: &'a Kinds,
    pub(super) aliases: &'a Aliases,
    /// Compile regular expressions now (a user's rules) or when first used (the built-in, which a test has checked).
    pub(super) check_regexes: bool,
}

fn word<T: FromStr + IntoEnumIterator + Into<&'static str>>(
    source: Source<'_>,
    key: &str,
    what: &'static str,
    text: &str,
) -> Result<T, RulesError> {
    T::from_str(text).map_err(|_| source.unknown(key, what, text, T::iter().map(Into::into)))
}

fn text(source: Source<'_>, key: &str, raw: RawText) -> Result<LocalText, RulesError> {
    for (language, text) in [("ko", &raw.ko), ("en", &raw.en)] {
        if text.trim().is_empty() {
            return Err(source.invalid(key, "", format!("the text `{language}` is empty")));
        }
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else {
                return Err(source.invalid(key, "", format!("the text `{language}` has a `{{` without `}}`")));
            };
            if !PLACEHOLDERS.contains(&name) {
                return Err(RulesError::UnknownPlaceholder {
                    at: source.at(key, name),
                    key: key.to_owned(),
                    name: name.to_owned(),
                    suggestion: Suggestion::nearest(name, PLACEHOLDERS),
                });
            }
            rest = tail;
        }
    }
    Ok(LocalText { ko: raw.ko, en: raw.en })
}

impl RuleCompiler<'_> {
    /// Compiles a rule's file.
    pub(super) fn compile(&self, source: Source<'_>, raw: RawRule) -> Result<Rule, RulesError> {
        let (language, folder_category) = self.place(source, &raw.id)?;
        let category = self.category(source, &raw, language, folder_category)?;
        if raw.cwe.is_empty() {
            return Err(source.invalid("cwe", "", "at least one CWE number"));
        }
        let severity = word::<Severity>(source, "severity", "severity", &raw.severity)?;
        let confidence = word::<Confidence>(source, "confidence", "confidence", &raw.confidence)?;
        let kind = self.kind(source, &raw, language)?;
        Ok(Rule {
            language,
            is_web: raw.id.starts_with("web/"),
            category,
            severity,
            confidence,
            kind,
            file: source.file.to_owned(),
            since: raw.since.to_string(),
            title: text(source, "title", raw.title)?,
            message: text(source, "message", raw.message)?,
            remedy: text(source, "remedy", raw.remedy)?,
            items: raw.items,
            cwe: raw.cwe,
            id: raw.id,
        })
    }

    /// `LANGUAGE/CATEGORY/NAME.yaml` and the id `LANGUAGE/NAME` say the same.
    fn place(&self, source: Source<'_>, id: &str) -> Result<(Language, u8), RulesError> {
        let parts: Vec<&str> = source.file.split('/').collect();
        let [language, category, file] = parts[..] else {
            let message = "a rule's file is LANGUAGE/CATEGORY/NAME.yaml in the rule folder".to_owned();
            return Err(RulesError::Misplaced { at: source.whole(), message });
        };
        let language_of = |name: &str| match name {
            "java" | "web" => Some(Language::Java),
            "c" => Some(Language::C),
            _ => None,
        };
        let misplaced = |what: &str, name: &str, nearest: Suggestion| RulesError::Misplaced {
            at: source.whole(),
            message: format!("the folder `{name}` is no {what}{nearest}"),
        };
        let compiled =
            language_of(language).ok_or_else(|| misplaced("language", language, Suggestion::nearest(language, LANGUAGES)))?;
        let Some(known) = self.catalog.category_by_id(category) else {
            let ids = self.catalog.categories.iter().map(|category| category.id.as_str());
            return Err(misplaced("category", category, Suggestion::nearest(category, ids)));
        };
        let expected = format!("{language}/{}", file.strip_suffix(".yaml").unwrap_or(file));
        if id != expected {
            return Err(RulesError::IdNotFileName { at: source.at("id", id), id: id.to_owned(), expected });
        }
        Ok((compiled, known.number))
    }

    fn category(&self, source: Source<'_>, raw: &RawRule, language: Language, folder: u8) -> Result<u8, RulesError> {
        for id in &raw.items {
            if !self.catalog.item_ids().any(|known| known == id) {
                return Err(source.unknown("items", "item", id, self.catalog.item_ids()));
            }
            if self.catalog.item(id).is_some_and(|item| item.language != language) {
                return Err(source.invalid("items", id, format!("`{id}` is of the other language")));
            }
        }
        match raw.items.first().and_then(|id| self.catalog.category_of(id)) {
            Some(category) if category != folder => {
                let right = self.catalog.category(category).map_or("", |category| category.id.as_str());
                let message = format!("its first item is of the category `{right}`: move the file to that folder");
                Err(RulesError::Misplaced { at: source.at("items", ""), message })
            }
            _ => Ok(folder),
        }
    }

    fn kind(&self, source: Source<'_>, raw: &RawRule, language: Language) -> Result<RuleKind, RulesError> {
        let given = [
            ("taint", raw.taint.is_some()),
            ("call", raw.call.is_some()),
            ("typestate", raw.typestate.is_some()),
            ("pattern", raw.pattern.is_some()),
            ("config", raw.config.is_some()),
            ("check", raw.check.is_some()),
        ];
        let mut kinds = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name);
        if let (Some(_), Some(second)) = (kinds.next(), kinds.next()) {
            return Err(source.invalid(second, "", "a rule has one kind only"));
        }
        if let Some(taint) = &raw.taint {
            let sinks =
                taint.to.iter().map(|name| self.kinds.sink(source, "to", language, name)).collect::<Result<Vec<_>, _>>()?;
            let from = source_kinds(source, "from", &taint.from)?;
            let cleared = taint.cleared_by.iter().map(|name| self.kinds.sanitizer(source, "cleared_by", name));
            let cleared_by = cleared.collect::<Result<Vec<_>, _>>()?;
            if sinks.is_empty() || from.is_empty() {
                return Err(source.never(if sinks.is_empty() { "to" } else { "from" }, "", "the list is empty"));
            }
            return Ok(RuleKind::Taint(TaintRule { from, to: sinks, cleared_by }));
        }
        if let Some(calls) = &raw.call {
            if calls.is_empty() {
                return Err(source.never("call", "", "the list is empty"));
            }
            return Ok(RuleKind::Call(calls.iter().map(|call| self.call(source, call, language)).collect::<Result<_, _>>()?));
        }
        if let Some(typestate) = &raw.typestate {
            let kind = word::<TypestateKind>(source, "kind", "typestate", &typestate.kind)?;
            let resources = typestate.resources.iter().map(|name| self.kinds.resource(source, "resources", language, name));
            let resources = resources.collect::<Result<Vec<_>, _>>()?;
            if resources.is_empty() {
                return Err(source.never("resources", "", "the list is empty"));
            }
            return Ok(RuleKind::Typestate(TypestateRule { kind, resources }));
        }
        if let Some(pattern) = &raw.pattern {
            for (language, text) in [("ko", &raw.message.ko), ("en", &raw.message.en)] {
                if text.contains('{') {
                    let message = format!("a `pattern` rule's text has no placeholders (`{language}`)");
                    return Err(source.invalid("message", "", message));
                }
            }
            let json = serde_json::to_string(pattern).map_err(|error| source.invalid("pattern", "", error.to_string()))?;
            return Ok(RuleKind::Pattern(json));
        }
        if let Some(configs) = &raw.config {
            return compile_configs(source, configs, self.check_regexes).map(RuleKind::Config);
        }
        if let Some(check) = &raw.check {
            return word::<CheckKind>(source, "check", "check", check).map(RuleKind::Check);
        }
        let message = "one of `taint`, `call`, `typestate`, `pattern`, `config`, `check` is missing".to_owned();
        Err(RulesError::Misplaced { at: source.whole(), message })
    }

    fn call(&self, source: Source<'_>, raw: &RawCall, language: Language) -> Result<CallMatcher, RulesError> {
        let symbols = |names: &[String]| names.iter().map(|name| Symbol::new(name)).collect::<Vec<_>>();
        let targets = [("method", &raw.method), ("new", &raw.new), ("function", &raw.function), ("annotation", &raw.annotation)];
        let mut given = targets.iter().filter(|(_, names)| !names.is_empty());
        let (Some((key, names)), None) = (given.next(), given.next()) else {
            let hint = raw.types.first().map_or("", String::as_str);
            return Err(source.never("call", hint, "a matcher has exactly one of `method`, `new`, `function`, `annotation`"));
        };
        let first = names.first().map_or("", String::as_str);
        if (*key == "function") != (language == Language::C) {
            return Err(source.never(key, first, "C rules look for `function`, Java rules for `method`, `new`, `annotation`"));
        }
        if !raw.types.is_empty() && *key != "method" {
            return Err(source.invalid("type", raw.types.first().map_or("", String::as_str), "only `method` goes with `type`"));
        }
        let target = match *key {
            "method" => CallTarget::Method { types: self.aliases.all(raw.types.iter()), names: symbols(&raw.method) },
            "new" => CallTarget::Method { types: self.aliases.all(raw.new.iter()), names: vec![Symbol::new("<init>")] },
            "function" => CallTarget::Function(symbols(&raw.function)),
            _ => CallTarget::Annotation(self.aliases.all(raw.annotation.iter())),
        };
        let on_annotation = *key == "annotation";
        let conditions = raw.conditions.iter().map(|raw| self.condition(source, raw, on_annotation));
        Ok(CallMatcher {
            target,
            conditions: conditions.collect::<Result<_, _>>()?,
            within: raw.within.as_ref().map(|within| self.within(source, "within", within)).transpose()?,
            not_within: raw.not_within.as_ref().map(|within| self.within(source, "not_within", within)).transpose()?,
            result_unused: raw.result_unused,
            unless_chosen: raw.unless_chosen,
        })
    }

    fn within(&self, source: Source<'_>, key: &str, raw: &RawWithin) -> Result<Within, RulesError> {
        let within = Within {
            types: self.aliases.all(raw.types.iter()),
            functions: raw.functions.iter().map(|name| Symbol::new(name)).collect(),
            annotations: self.aliases.all(raw.annotations.iter()),
        };
        if within.types.is_empty() && within.functions.is_empty() && within.annotations.is_empty() {
            return Err(source.never(key, "", "it names nothing"));
        }
        Ok(within)
    }

    fn condition(&self, source: Source<'_>, raw: &RawCondition, on_annotation: bool) -> Result<Condition, RulesError> {
        let hint = raw.property.as_deref().unwrap_or("");
        let mut subjects = Vec::new();
        match &raw.arg {
            None => {}
            Some(Scalar::Str(text)) if text == "any" => subjects.push(Subject::AnyArg),
            Some(Scalar::Int(number)) if (0..=i64::from(u8::MAX)).contains(number) => {
                subjects.push(Subject::Arg(u8::try_from(*number).unwrap_or(u8::MAX)));
            }
            Some(other) => return Err(source.invalid("arg", &other.to_string(), "expected an argument's number or `any`")),
        }
        if raw.receiver {
            subjects.push(Subject::Receiver);
        }
        if raw.arg_count {
            subjects.push(Subject::ArgCount);
        }
        // The properties of an annotation need no subject: they are the annotation's own.
        if on_annotation && subjects.is_empty() && raw.property.is_some() {
            subjects.push(Subject::Receiver);
        }
        let [subject] = subjects[..] else {
            return Err(source.invalid("where", hint, "a condition has exactly one of `arg`, `receiver`, `arg_count`"));
        };
        let property = raw.property.as_ref().map(|name| Symbol::new(name));
        Ok(Condition { subject, property, test: self.test(source, raw)? })
    }

    fn test(&self, source: Source<'_>, raw: &RawCondition) -> Result<Test, RulesError> {
        let mut tests = Vec::new();
        if let Some(constants) = &raw.is_in {
            tests.push(Test::In(const_patterns(source, "in", constants, raw.ignore_case)?));
        }
        if let Some(constants) = &raw.not_in {
            tests.push(Test::NotIn(const_patterns(source, "not_in", constants, raw.ignore_case)?));
        }
        if let Some(pattern) = &raw.matches {
            tests.push(Test::Matches(regex(source, "matches", pattern, self.check_regexes)?));
        }
        if let Some(pattern) = &raw.not_matches {
            tests.push(Test::NotMatches(regex(source, "not_matches", pattern, self.check_regexes)?));
        }
        tests.extend(raw.less.map(Test::Less));
        tests.extend(raw.greater.map(Test::Greater));
        tests.extend(raw.constant.map(|constant| if constant { Test::Constant } else { Test::NotConstant }));
        for (key, given, test) in [("is_null", raw.is_null, Test::Null), ("unknown", raw.unknown, Test::Unknown)] {
            match given {
                None => {}
                Some(true) => tests.push(test),
                Some(false) => return Err(source.invalid(key, "false", "only `true` has a meaning")),
            }
        }
        if let Some(types) = &raw.has_type {
            tests.push(Test::Type(self.aliases.all(types.iter())));
        }
        if let Some(kinds) = &raw.tainted {
            tests.push(Test::Tainted(source_kinds(source, "tainted", kinds)?));
        }
        let hint = raw.property.as_deref().unwrap_or("");
        match (tests.pop(), tests.pop()) {
            (Some(test), None) => Ok(test),
            (None, _) => Err(source.invalid("where", hint, "a condition without a test")),
            (Some(_), Some(_)) => Err(source.invalid("where", hint, "a condition has one test only: write two conditions")),
        }
    }
}

/// The constants of `in` and `not_in`.
pub(super) fn const_patterns(
    source: Source<'_>,
    key: &str,
    constants: &OneOrMany<Scalar>,
    ignore_case: bool,
) -> Result<Vec<ConstPattern>, RulesError> {
    if constants.is_empty() {
        return Err(source.never(key, "", "the list is empty"));
    }
    let compile = |constant: &Scalar| match constant {
        Scalar::Str(text) => ConstPattern::Str { text: text.clone(), ignore_case },
        Scalar::Int(number) => ConstPattern::Int(*number),
        Scalar::Bool(value) => ConstPattern::Bool(*value),
    };
    Ok(constants.iter().map(compile).collect())
}

/// A regular expression, checked now if asked.
pub(super) fn regex(source: Source<'_>, key: &str, pattern: &str, check: bool) -> Result<LazyRegex, RulesError> {
    let regex = LazyRegex::new(pattern);
    if check {
        regex.check().map_err(|error| source.invalid(key, "", error))?;
    }
    Ok(regex)
}

/// A place without a line, for errors about a set of files.
pub(super) fn place_of(file: &str) -> Place {
    Place { file: file.to_owned(), line: 0 }
}
