//! A loaded set: rules, models, catalogue; read from the binary and from users' folders.

use std::fs;
use std::path::Path;

use index_vec::IndexVec;
use serde::de::DeserializeOwned;

use super::catalog::Catalog;
use super::compile_model::ModelCompiler;
use super::compile_rule::{RuleCompiler, place_of};
use super::error::{RulesError, Source, Suggestion};
use super::model::Models;
use super::names::{Aliases, Kinds, language_index};
use super::raw::{RawModels, RawRule};
use super::rule::{CallTarget, Language, Rule, RuleKind};
use crate::base::{FastMap, RuleId, Symbol};

/// Of every embedded file its path, its JSON (which is read) and its YAML (which errors point into).
const EMBEDDED: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Everything that is data: rules, models, catalogue.
#[derive(Debug)]
pub struct RuleSet {
    /// The rules, sorted by id.
    pub rules: IndexVec<RuleId, Rule>,
    /// The catalogue.
    pub catalog: Catalog,
    /// Models of Java libraries.
    pub java: Models,
    /// Models of C libraries.
    pub c: Models,
}

/// A file to load.
struct RuleFile<'a> {
    path: &'a str,
    json: Option<&'a str>,
    yaml: &'a str,
    builtin: bool,
}

impl RuleFile<'_> {
    fn source(&self) -> Source<'_> {
        Source { file: self.path, text: self.yaml }
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T, RulesError> {
        if let Some(value) = self.json.and_then(|json| serde_json::from_str(json).ok()) {
            return Ok(value);
        }
        serde_yaml::from_str(self.yaml).map_err(|error| self.source().yaml(&error))
    }
}

impl RuleSet {
    /// The embedded rules.
    ///
    /// # Errors
    /// Never in a released binary: a test loads them all.
    pub fn builtin() -> Result<RuleSet, RulesError> {
        load(&embedded())
    }

    /// The embedded rules and those of a folder of the same layout.
    ///
    /// # Errors
    /// The first thing that is wrong with the folder's files, in the order of their names.
    pub fn with_dir(dir: &Path) -> Result<RuleSet, RulesError> {
        RuleSet::with_dirs(&[dir])
    }

    /// The embedded rules and those of several folders. Models of the folders go before the embedded ones.
    ///
    /// # Errors
    /// See [`RuleSet::with_dir`].
    pub fn with_dirs(dirs: &[&Path]) -> Result<RuleSet, RulesError> {
        let mut texts = Vec::new();
        for dir in dirs {
            collect(dir, "", &mut texts)?;
        }
        let user = texts.iter().map(|(path, yaml)| RuleFile { path, json: None, yaml, builtin: false });
        let files: Vec<_> = user.chain(embedded()).collect();
        load(&files)
    }

    /// A folder's files alone, through their YAML: for checking the embedded folder itself.
    #[cfg(test)]
    pub(super) fn from_dir_alone(dir: &Path) -> Result<RuleSet, RulesError> {
        let mut texts = Vec::new();
        collect(dir, "", &mut texts)?;
        let files: Vec<_> = texts.iter().map(|(path, yaml)| RuleFile { path, json: None, yaml, builtin: false }).collect();
        load(&files)
    }

    /// A rule by its id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<(RuleId, &Rule)> {
        let index = self.rules.raw.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()?;
        let index = RuleId::from_usize(index);
        self.rules.get(index).map(|rule| (index, rule))
    }

    /// The models of a language.
    #[must_use]
    pub fn models(&self, language: Language) -> &Models {
        match language {
            Language::Java => &self.java,
            Language::C => &self.c,
        }
    }
}

fn embedded() -> Vec<RuleFile<'static>> {
    EMBEDDED.iter().map(|(path, json, yaml)| RuleFile { path, json: Some(json), yaml, builtin: true }).collect()
}

/// All YAML files of a folder with their paths in it, sorted.
fn collect(dir: &Path, prefix: &str, texts: &mut Vec<(String, String)>) -> Result<(), RulesError> {
    let unreadable = |path: &Path, error: std::io::Error| RulesError::Unreadable {
        path: path.display().to_string(),
        message: error.to_string(),
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(|error| unreadable(dir, error))? {
        let entry = entry.map_err(|error| unreadable(dir, error))?;
        entries.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    entries.sort();
    for (name, path) in entries {
        let relative = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        if path.is_dir() {
            // A rule folder may hold its fixtures; they may hold YAML of their own.
            if !(prefix.is_empty() && name == "fixtures") {
                collect(&path, &relative, texts)?;
            }
        } else if name.ends_with(".yaml") {
            let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            texts.push((relative, text));
        }
    }
    Ok(())
}

fn load(files: &[RuleFile<'_>]) -> Result<RuleSet, RulesError> {
    let mut catalog = Catalog::default();
    let mut kinds = Kinds::default();
    let mut aliases = Aliases::default();
    let mut models = Vec::new();
    let mut rules = Vec::new();
    for file in files {
        match file.path {
            "kinds.yaml" => kinds.add(file.read()?),
            "guideline/catalog.yaml" => catalog.add_items(file.source(), file.read()?)?,
            "guideline/kisa49.yaml" => catalog.add_standard(file.read()?),
            "guideline/diagnostic-rules.yaml" => catalog.add_diagnostics(file.read()?),
            "guideline/attachment1.yaml" => catalog.add_attachment1(file.read()?),
            "guideline/tomcat-checks.yaml" => catalog.add_server_checks(file.read()?),
            path if path.starts_with("models/") => {
                let raw: RawModels = file.read()?;
                raw.aliases.iter().for_each(|(from, to)| aliases.add(from, to));
                let language = model_language(file.source(), &raw)?;
                models.push((file, language, raw));
            }
            path if path.starts_with("guideline/") => {
                let message = "unknown file of the catalogue".to_owned();
                return Err(RulesError::Misplaced { at: place_of(path), message });
            }
            _ => rules.push((file, file.read::<RawRule>()?)),
        }
    }
    let rules = compile_rules(rules, &catalog, &kinds, &aliases)?;
    let mut compilers = [Language::Java, Language::C].map(|language| ModelCompiler::new(language, &kinds, &aliases));
    for (file, language, raw) in &models {
        if let Some(compiler) = compilers.get_mut(language_index(*language)) {
            compiler.add(file.source(), raw)?;
        }
    }
    let [java, c] = compilers;
    let java = java.finish(rules.iter().flat_map(|(_, rule)| mentioned_types(rule)));
    let c = c.finish(std::iter::empty());
    check_sinks(&rules, &kinds, &java, &c)?;
    let rules = rules.into_iter().map(|(_, rule)| rule).collect();
    Ok(RuleSet { rules, catalog, java, c })
}

/// `models/LANGUAGE/LIBRARY.yaml` and the key `language` say the same.
fn model_language(source: Source<'_>, raw: &RawModels) -> Result<Language, RulesError> {
    let language = match raw.language.as_str() {
        "java" => Language::Java,
        "c" => Language::C,
        other => return Err(source.unknown("language", "language", other, ["java", "c"])),
    };
    let folder = source.file.split('/').nth(1).unwrap_or_default();
    if folder != raw.language {
        let message = format!("a model of `{}` belongs in models/{}", raw.language, raw.language);
        return Err(RulesError::Misplaced { at: source.at("language", ""), message });
    }
    Ok(language)
}

/// Rules with their files, sorted by id, each id once.
fn compile_rules<'f>(
    raws: Vec<(&'f RuleFile<'f>, RawRule)>,
    catalog: &Catalog,
    kinds: &Kinds,
    aliases: &Aliases,
) -> Result<Vec<(&'f RuleFile<'f>, Rule)>, RulesError> {
    let mut compiled: Vec<(&RuleFile<'_>, Rule)> = Vec::new();
    let mut by_id: FastMap<String, (usize, bool)> = FastMap::default();
    let builtin_ids: Vec<String> = raws.iter().filter(|(file, _)| file.builtin).map(|(_, raw)| raw.id.clone()).collect();
    for (file, raw) in raws {
        let (source, replaces) = (file.source(), raw.replaces);
        if replaces && (file.builtin || !builtin_ids.contains(&raw.id)) {
            let suggestion = Suggestion::nearest(&raw.id, builtin_ids.iter().map(String::as_str));
            return Err(RulesError::ReplacesNothing { at: source.at("replaces", ""), id: raw.id, suggestion });
        }
        let compiler = RuleCompiler { catalog, kinds, aliases, check_regexes: !file.builtin };
        let rule = compiler.compile(source, raw)?;
        if let Some(&(index, other_replaces)) = by_id.get(&rule.id) {
            let Some((other, _)) = compiled.get(index) else { continue };
            // Users' files come first: one that replaces stands, and the built-in rule is left out.
            if file.builtin && !other.builtin {
                if other_replaces {
                    continue;
                }
                return Err(RulesError::ReplacesBuiltin { at: other.source().at("id", &rule.id), id: rule.id });
            }
            return Err(RulesError::DuplicateId { at: source.at("id", &rule.id), id: rule.id, other: other.path.to_owned() });
        }
        by_id.insert(rule.id.clone(), (compiled.len(), replaces));
        compiled.push((file, rule));
    }
    compiled.sort_by(|(_, a), (_, b)| a.id.cmp(&b.id));
    Ok(compiled)
}

/// A sink kind that no model names and the engine does not find by itself makes a rule that can never match.
fn check_sinks(rules: &[(&RuleFile<'_>, Rule)], kinds: &Kinds, java: &Models, c: &Models) -> Result<(), RulesError> {
    let modelled = [java, c].map(|models| {
        let calls = models.calls.values().flatten().chain(models.prefixes.iter().flat_map(|(_, entries)| entries));
        calls.flat_map(|call| call.sinks.iter().map(|(_, kind)| *kind)).collect::<crate::base::FastSet<Symbol>>()
    });
    for (file, rule) in rules {
        let RuleKind::Taint(taint) = &rule.kind else { continue };
        let language = language_index(rule.language);
        for kind in &taint.to {
            let by_model = modelled.get(language).is_some_and(|kinds| kinds.contains(kind));
            let by_engine =
                kinds.engine_sinks.get(language).is_some_and(|kinds| kinds.iter().any(|known| known == kind.as_str()));
            if !by_model && !by_engine {
                return Err(file.source().never("to", kind.as_str(), format!("no model has a sink of the kind `{kind}`")));
            }
        }
    }
    Ok(())
}

/// The Java types that a rule names.
fn mentioned_types(rule: &Rule) -> Vec<Symbol> {
    let RuleKind::Call(matchers) = &rule.kind else { return Vec::new() };
    let mut types = Vec::new();
    for matcher in matchers {
        match &matcher.target {
            CallTarget::Method { types: owners, .. } => types.extend(owners),
            CallTarget::Annotation(names) => types.extend(names),
            CallTarget::Function(_) => {}
        }
        for within in matcher.within.iter().chain(&matcher.not_within) {
            types.extend(within.types.iter().chain(&within.annotations));
        }
        for condition in &matcher.conditions {
            if let super::rule::Test::Type(names) = &condition.test {
                types.extend(names);
            }
        }
    }
    types
}
