//! The second stage for models: names checked, lists and aliases multiplied out, flows and sizes parsed.

use std::collections::BTreeMap;

use super::error::{RulesError, Source};
use super::model::{
    Access, ApiModel, BufferFact, EntryModel, FieldModel, Flow, Models, ReturnType, Slot, SourceIf, SourceKinds, TypeModel,
};
use super::names::{Aliases, Kinds, Named, source_kinds};
use super::raw::{RawApi, RawEntry, RawField, RawModels, RawType};
use super::rule::Language;
use super::scalar::{OneOrMany, Scalar, SlotMap, SlotOrKind};
use super::size;
use crate::base::Symbol;

/// `0`, `this`, `return`, `rest:1`.
fn parse_slot(text: &str) -> Option<Slot> {
    match text {
        "this" => Some(Slot::This),
        "return" => Some(Slot::Return),
        _ => match text.strip_prefix("rest:") {
            Some(from) => from.parse().ok().map(Slot::Rest),
            None => text.parse().ok().map(Slot::Arg),
        },
    }
}

fn parse_flow(text: &str) -> Option<Flow> {
    let (from, to) = text.split_once("->")?;
    let part = |text: &str| {
        let text = text.trim();
        match text.strip_suffix("[]") {
            Some(name) => parse_slot(name).map(|slot| (slot, true)),
            None => parse_slot(text).map(|slot| (slot, false)),
        }
    };
    let ((from, from_contents), (to, to_contents)) = (part(from)?, part(to)?);
    let access = match (from_contents, to_contents) {
        (false, false) => Access::Value,
        (false, true) => Access::IntoElement,
        (true, false) => Access::FromElement,
        (true, true) => Access::Elements,
    };
    Some(Flow { from, to, access })
}

/// `this`, `arg0`, `<0>`, a type's name.
fn parse_returns(text: &str, owner: Option<&Named<'_>>) -> ReturnType {
    if text == "this" {
        return ReturnType::This;
    }
    if let Some(argument) = text.strip_prefix("arg").and_then(|rest| rest.parse().ok()) {
        return ReturnType::Arg(argument);
    }
    if let Some(index) = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).and_then(|rest| rest.parse().ok()) {
        return ReturnType::TypeArg(index);
    }
    ReturnType::Named(owner.map_or_else(|| Symbol::new(text), |owner| owner.follow(text)))
}

/// The facts of a call that do not depend on which of its owners and names it is.
struct CallFacts {
    sources: Vec<(Slot, SourceKinds)>,
    source_if: Option<SourceIf>,
    op: Option<Symbol>,
    sinks: Vec<(Slot, Symbol)>,
    clears: Vec<Symbol>,
    flows: Option<Vec<Flow>>,
    acquires: Option<(Slot, Symbol)>,
    releases: Vec<(Slot, Symbol)>,
    nonnull: Vec<Slot>,
    buffers: Vec<BufferFact>,
    allocates: Option<super::SizeExpr>,
    most: Option<super::SizeExpr>,
    may_return_null: Option<bool>,
}

/// Compiles files of one language into its tables.
pub(super) struct ModelCompiler<'a> {
    language: Language,
    kinds: &'a Kinds,
    aliases: &'a Aliases,
    models: Models,
    prefixes: BTreeMap<String, Vec<ApiModel>>,
}

impl<'a> ModelCompiler<'a> {
    pub(super) fn new(language: Language, kinds: &'a Kinds, aliases: &'a Aliases) -> Self {
        ModelCompiler { language, kinds, aliases, models: Models::default(), prefixes: BTreeMap::new() }
    }

    /// Adds a file. Where two say something of one call, the earlier is met first: a user's folder goes before the built-in.
    pub(super) fn add(&mut self, source: Source<'_>, raw: &RawModels) -> Result<(), RulesError> {
        raw.types.iter().try_for_each(|raw| self.add_type(source, raw))?;
        raw.fields.iter().try_for_each(|raw| self.add_field(source, raw))?;
        raw.entries.iter().try_for_each(|raw| self.add_entry(source, raw))?;
        raw.calls.iter().try_for_each(|raw| self.add_call(source, raw))
    }

    fn add_type(&mut self, source: Source<'_>, raw: &RawType) -> Result<(), RulesError> {
        if raw.types.is_empty() {
            return Err(source.never("type", "", "no type is named"));
        }
        for written in raw.types.iter() {
            let names = self.aliases.of(written);
            for named in &names {
                // A type with two names extends its supertypes by the same name; one with a single name, all of theirs.
                let extends = match names.len() {
                    1 => self.aliases.all(raw.extends.iter()),
                    _ => raw.extends.iter().map(|base| named.follow(base)).collect(),
                };
                let name = named.name;
                let known = self.models.types.entry(name).or_insert_with(|| TypeModel {
                    name,
                    extends: Vec::new(),
                    untaintable: false,
                    handed: false,
                });
                known.untaintable |= raw.untaintable;
                known.handed |= raw.handed;
                for base in extends {
                    if base != name && !known.extends.contains(&base) {
                        known.extends.push(base);
                    }
                }
            }
        }
        Ok(())
    }

    /// The classes an entry is about, under all their names; one `None` where it names no class.
    fn owners(&self, types: &OneOrMany<String>) -> Vec<Option<Named<'a>>> {
        if types.is_empty() {
            return vec![None];
        }
        types.iter().flat_map(|name| self.aliases.of(name)).map(Some).collect()
    }

    fn add_field(&mut self, source: Source<'_>, raw: &RawField) -> Result<(), RulesError> {
        if raw.field.is_empty() {
            return Err(source.never("field", "", "no field is named"));
        }
        let input = source_kinds(source, "source", &raw.source)?;
        for owner in self.owners(&raw.types) {
            for name in raw.field.iter() {
                let name = Symbol::new(name);
                let ty = raw.is.as_ref().map(|ty| owner.map_or_else(|| Symbol::new(ty), |owner| owner.follow(ty)));
                let text = raw.text.as_ref().map(|text| Symbol::new(text));
                let owner = owner.map(|owner| owner.name);
                let field = FieldModel { owner, name, ty, source: input, value: raw.value, text };
                self.models.fields.entry(name).or_default().push(field);
            }
        }
        Ok(())
    }

    fn add_entry(&mut self, source: Source<'_>, raw: &RawEntry) -> Result<(), RulesError> {
        if raw.annotation.is_empty() && raw.function.is_empty() {
            return Err(source.never("entries", "", "an entry names an annotation or a function"));
        }
        if !raw.types.is_empty() && raw.function.is_empty() {
            return Err(source.never("type", "", "an entry on a type names its functions"));
        }
        self.models.entries.push(EntryModel {
            annotations: self.aliases.all(raw.annotation.iter()),
            types: self.aliases.all(raw.types.iter()),
            functions: raw.function.iter().map(|name| Symbol::new(name)).collect(),
            param_annotations: self.aliases.all(raw.param_annotation.iter()),
            except_types: self.aliases.all(raw.except.iter()),
            source: source_kinds(source, "source", &raw.source)?,
        });
        Ok(())
    }

    fn slot(&self, source: Source<'_>, key: &str, text: &str) -> Result<Slot, RulesError> {
        let slot = parse_slot(text).ok_or_else(|| {
            source.invalid(key, text, format!("`{text}` is no slot: expected an argument's number, this, return or rest:N"))
        })?;
        if slot == Slot::This && self.language == Language::C {
            return Err(source.invalid(key, text, "a C call has no `this`"));
        }
        Ok(slot)
    }

    /// Every slot with every word of it.
    fn slots<T>(
        &self,
        source: Source<'_>,
        key: &str,
        map: &SlotMap,
        mut word: impl FnMut(&str) -> Result<T, RulesError>,
    ) -> Result<Vec<(Slot, T)>, RulesError> {
        let mut slots = Vec::new();
        for (slot, words) in &map.0 {
            let slot = self.slot(source, key, slot)?;
            for text in words {
                slots.push((slot, word(text)?));
            }
        }
        Ok(slots)
    }

    fn facts(&self, source: Source<'_>, raw: &RawApi) -> Result<CallFacts, RulesError> {
        let language = self.language;
        let on_result = |given: &Option<SlotOrKind>| match given {
            None => SlotMap::default(),
            Some(SlotOrKind::Kinds(words)) => SlotMap(vec![("return".to_owned(), words.clone())]),
            Some(SlotOrKind::Slots(map)) => map.clone(),
        };
        let kind_of_input = |word: &str| source_kinds(source, "source", &[word.to_owned()]);
        let mut sources: Vec<(Slot, SourceKinds)> = Vec::new();
        for (slot, kind) in self.slots(source, "source", &on_result(&raw.source), kind_of_input)? {
            match sources.iter_mut().find(|(known, _)| *known == slot) {
                Some((_, kinds)) => *kinds |= kind,
                None => sources.push((slot, kind)),
            }
        }
        let resource = |key: &'static str| move |word: &str| self.kinds.resource(source, key, language, word);
        let acquires = self.slots(source, "acquires", &on_result(&raw.acquires), resource("acquires"))?;
        if acquires.len() > 1 {
            return Err(source.invalid("acquires", "", "one resource at most"));
        }
        let flows = match &raw.flow {
            None => None,
            Some(flows) => {
                let parse = |text: &String| {
                    let error = || {
                        source.invalid("flow", text, format!("`{text}` is no flow: expected \"SLOT -> SLOT\", `[]` for contents"))
                    };
                    parse_flow(text).ok_or_else(error)
                };
                Some(flows.iter().map(parse).collect::<Result<_, _>>()?)
            }
        };
        let mut buffers = Vec::new();
        for (map, key, writes) in [(&raw.writes, "writes", true), (&raw.reads, "reads", false)] {
            let parse = |text: &str| size::parse(text).map_err(|message| source.invalid(key, text, message));
            for (slot, size) in self.slots(source, key, map, parse)? {
                let Slot::Arg(arg) = slot else {
                    return Err(source.invalid(key, "", "only an argument's bytes are written or read"));
                };
                buffers.push(BufferFact { arg, size, writes, terminates: writes && raw.terminates.contains(&arg) });
            }
        }
        let one_size = |key: &'static str, text: &Option<Scalar>| match text {
            None => Ok(None),
            Some(text) => {
                let text = text.to_string();
                size::parse(&text).map(Some).map_err(|message| source.invalid(key, &text, message))
            }
        };
        let (allocates, most) = (one_size("alloc", &raw.alloc)?, one_size("most", &raw.most)?);
        let may_return_null = match raw.nullness.as_deref() {
            None => None,
            Some("maybe") => Some(true),
            Some("never") => Some(false),
            Some(other) => return Err(source.unknown("null", "word", other, ["maybe", "never"])),
        };
        let source_if = match &raw.source_if {
            None => None,
            Some(given) => {
                let names: Vec<String> = given.source.iter().cloned().collect();
                Some(SourceIf {
                    arg: given.arg,
                    texts: given.texts.iter().map(|text| Symbol::new(text)).collect(),
                    kinds: source_kinds(source, "source_if", &names)?,
                })
            }
        };
        Ok(CallFacts {
            sources,
            source_if,
            op: raw.op.as_ref().map(|op| self.kinds.operation(source, op)).transpose()?,
            sinks: self.slots(source, "sink", &raw.sink, |word| self.kinds.sink(source, "sink", language, word))?,
            clears: raw.clears.iter().map(|word| self.kinds.sanitizer(source, "clears", word)).collect::<Result<_, _>>()?,
            flows,
            acquires: acquires.first().copied(),
            releases: self.slots(source, "releases", &raw.releases, resource("releases"))?,
            nonnull: raw.nonnull.iter().map(|slot| self.slot(source, "nonnull", &slot.to_string())).collect::<Result<_, _>>()?,
            buffers,
            allocates,
            most,
            may_return_null,
        })
    }

    fn add_call(&mut self, source: Source<'_>, raw: &RawApi) -> Result<(), RulesError> {
        let targets = [!raw.method.is_empty(), !raw.new.is_empty(), !raw.function.is_empty()];
        if targets.iter().filter(|given| **given).count() != 1 {
            let named = raw.method.first().or(raw.types.first()).or(raw.function.first()).map_or("", String::as_str);
            return Err(source.invalid("calls", named, "an entry has exactly one of `method`, `new` and `function`"));
        }
        let is_c = self.language == Language::C;
        if is_c == raw.function.is_empty() {
            let (key, list) = if raw.method.is_empty() { ("new", &raw.new) } else { ("method", &raw.method) };
            let (key, list) = if is_c { (key, list) } else { ("function", &raw.function) };
            return Err(source.invalid(
                key,
                list.first().map_or("", String::as_str),
                "C models name functions, Java models methods and constructors",
            ));
        }
        if !raw.types.is_empty() && raw.method.is_empty() {
            return Err(source.invalid("type", raw.types.first().map_or("", String::as_str), "only `method` goes with `type`"));
        }
        let facts = self.facts(source, raw)?;
        let constructor = OneOrMany(vec!["<init>".to_owned()]);
        let (owners, names) = match (raw.new.is_empty(), is_c) {
            (false, _) => (self.owners(&raw.new), &constructor),
            (true, true) => (vec![None], &raw.function),
            (true, false) => (self.owners(&raw.types), &raw.method),
        };
        for owner in &owners {
            for name in names.iter() {
                let model = Self::model(raw, &facts, owner.as_ref(), name);
                match name.strip_suffix('*') {
                    Some(prefix) => self.prefixes.entry(prefix.to_owned()).or_default().push(model),
                    None => self.models.calls.entry(model.name).or_default().push(model),
                }
            }
        }
        Ok(())
    }

    fn model(raw: &RawApi, facts: &CallFacts, owner: Option<&Named<'_>>, name: &str) -> ApiModel {
        let follow = |name: &String| owner.map_or_else(|| Symbol::new(name), |owner| owner.follow(name));
        ApiModel {
            owner: owner.map(|owner| owner.name),
            name: Symbol::new(name),
            arity: raw.arity,
            params: raw.params.iter().map(follow).collect(),
            returns: raw.returns.as_ref().map_or(ReturnType::Unknown, |text| parse_returns(text, owner)),
            may_return_null: facts.may_return_null,
            sources: facts.sources.clone(),
            source_if: facts.source_if.clone(),
            sinks: facts.sinks.clone(),
            clears: facts.clears.clone(),
            flows: facts.flows.clone(),
            op: facts.op,
            acquires: facts.acquires,
            releases: facts.releases.clone(),
            must_check: raw.must_check,
            noreturn: raw.noreturn,
            requires_nonnull: facts.nonnull.clone(),
            buffers: facts.buffers.clone(),
            terminates: raw.terminates.0.clone(),
            allocates: facts.allocates.clone(),
            most: facts.most.clone(),
            range: raw.range,
        }
    }

    /// The tables. `more_types`: full names that rules mention, for `simple_names`.
    pub(super) fn finish(self, more_types: impl Iterator<Item = Symbol>) -> Models {
        let mut models = self.models;
        // Longest prefix first, so that the first that fits is the most specific.
        models.prefixes = self.prefixes.into_iter().collect();
        models.prefixes.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        let any = Symbol::new("*");
        let rank = |model: &ApiModel| {
            let exact_params = model.params.iter().filter(|param| **param != any).count();
            (model.owner.is_none(), std::cmp::Reverse(exact_params), model.params.is_empty() && model.arity.is_none())
        };
        let tables = models.calls.values_mut().chain(models.prefixes.iter_mut().map(|(_, entries)| entries));
        tables.for_each(|entries| entries.sort_by_key(rank));
        let mut full: Vec<Symbol> = more_types.collect();
        full.extend(models.types.keys());
        full.extend(models.types.values().flat_map(|ty| ty.extends.iter().copied()));
        full.extend(models.calls.values().flatten().filter_map(|call| call.owner));
        full.extend(models.fields.values().flatten().filter_map(|field| field.owner));
        for entry in &models.entries {
            full.extend(entry.annotations.iter().chain(&entry.types).chain(&entry.param_annotations).chain(&entry.except_types));
        }
        full.sort_unstable_by_key(|name| name.as_str());
        full.dedup();
        for name in full.into_iter().filter(|name| name.as_str().contains('.')) {
            models.simple_names.entry(Symbol::new(name.simple_name())).or_default().push(name);
        }
        models
    }
}
