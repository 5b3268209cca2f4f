//! The first stage: the YAML as written, shape checked, names not yet. Every level rejects unknown keys.
//! Also compiled into build.rs, so it must not know anything but serde.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::scalar::{OneOrMany, Scalar, SlotMap, SlotOrKind};

/// A text in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawText {
    pub(super) ko: String,
    pub(super) en: String,
}

/// A rule's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) id: String,
    #[serde(default)]
    pub(super) items: Vec<String>,
    pub(super) cwe: Vec<u32>,
    pub(super) severity: String,
    pub(super) confidence: String,
    pub(super) since: Scalar,
    /// A user's rule that takes a built-in rule's place.
    #[serde(default)]
    pub(super) replaces: bool,
    pub(super) title: RawText,
    pub(super) message: RawText,
    pub(super) remedy: RawText,
    pub(super) taint: Option<RawTaint>,
    pub(super) call: Option<Vec<RawCall>>,
    pub(super) typestate: Option<RawTypestate>,
    pub(super) pattern: Option<RawPattern>,
    pub(super) config: Option<RawConfigs>,
    pub(super) check: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTaint {
    pub(super) from: OneOrMany<String>,
    pub(super) to: OneOrMany<String>,
    #[serde(default)]
    pub(super) cleared_by: OneOrMany<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTypestate {
    pub(super) kind: String,
    pub(super) resources: OneOrMany<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCall {
    #[serde(default, rename = "type")]
    pub(super) types: OneOrMany<String>,
    #[serde(default)]
    pub(super) method: OneOrMany<String>,
    #[serde(default)]
    pub(super) new: OneOrMany<String>,
    #[serde(default)]
    pub(super) function: OneOrMany<String>,
    #[serde(default)]
    pub(super) annotation: OneOrMany<String>,
    #[serde(default, rename = "where")]
    pub(super) conditions: Vec<RawCondition>,
    pub(super) within: Option<RawWithin>,
    pub(super) not_within: Option<RawWithin>,
    #[serde(default)]
    pub(super) result_unused: bool,
    #[serde(default)]
    pub(super) unless_chosen: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWithin {
    #[serde(default)]
    pub(super) types: OneOrMany<String>,
    #[serde(default)]
    pub(super) functions: OneOrMany<String>,
    #[serde(default)]
    pub(super) annotations: OneOrMany<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCondition {
    pub(super) arg: Option<Scalar>,
    #[serde(default)]
    pub(super) receiver: bool,
    #[serde(default)]
    pub(super) arg_count: bool,
    pub(super) property: Option<String>,
    #[serde(rename = "in")]
    pub(super) is_in: Option<OneOrMany<Scalar>>,
    pub(super) not_in: Option<OneOrMany<Scalar>>,
    #[serde(default)]
    pub(super) ignore_case: bool,
    pub(super) matches: Option<String>,
    pub(super) not_matches: Option<String>,
    pub(super) less: Option<i64>,
    pub(super) greater: Option<i64>,
    pub(super) constant: Option<bool>,
    pub(super) is_null: Option<bool>,
    pub(super) unknown: Option<bool>,
    pub(super) has_type: Option<OneOrMany<String>>,
    pub(super) tainted: Option<OneOrMany<String>>,
}

/// A syntactic rule: ast-grep's own rule objects, checked by `syntax::pattern`.
#[derive(Debug, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPattern {
    pub(super) rule: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) constraints: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) utils: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) examined: Option<serde_json::Value>,
}

/// One matcher of documents or a list of them.
pub(super) type RawConfigs = OneOrMany<RawConfig>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    #[serde(default)]
    pub(super) files: OneOrMany<String>,
    #[serde(default)]
    pub(super) root: OneOrMany<String>,
    pub(super) xml: Option<RawXml>,
    pub(super) entries: Option<RawEntries>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawXml {
    pub(super) path: String,
    pub(super) text: Option<RawTest>,
    #[serde(default)]
    pub(super) attribute: OneOrMany<RawAttribute>,
    #[serde(default)]
    pub(super) has: OneOrMany<RawXml>,
    #[serde(default)]
    pub(super) lacks: OneOrMany<RawXml>,
    #[serde(default)]
    pub(super) absent: bool,
    #[serde(default)]
    pub(super) only_absent: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEntries {
    pub(super) key: String,
    pub(super) value: RawTest,
}

/// A test of a text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTest {
    #[serde(rename = "in")]
    pub(super) is_in: Option<OneOrMany<Scalar>>,
    pub(super) not_in: Option<OneOrMany<Scalar>>,
    #[serde(default)]
    pub(super) ignore_case: bool,
    pub(super) matches: Option<String>,
    pub(super) not_matches: Option<String>,
    pub(super) less: Option<i64>,
    pub(super) greater: Option<i64>,
    pub(super) any: Option<bool>,
}

/// A test of an attribute; the same keys as [`RawTest`] beside its name (no serde `flatten`: it would let unknown keys in).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAttribute {
    pub(super) name: String,
    /// Whether the attribute's absence passes too.
    #[serde(default)]
    pub(super) absent: bool,
    #[serde(rename = "in")]
    pub(super) is_in: Option<OneOrMany<Scalar>>,
    pub(super) not_in: Option<OneOrMany<Scalar>>,
    #[serde(default)]
    pub(super) ignore_case: bool,
    pub(super) matches: Option<String>,
    pub(super) not_matches: Option<String>,
    pub(super) less: Option<i64>,
    pub(super) greater: Option<i64>,
    pub(super) any: Option<bool>,
}

/// A file of models.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawModels {
    pub(super) language: String,
    #[serde(default)]
    pub(super) aliases: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) types: Vec<RawType>,
    #[serde(default)]
    pub(super) fields: Vec<RawField>,
    #[serde(default)]
    pub(super) entries: Vec<RawEntry>,
    #[serde(default)]
    pub(super) calls: Vec<RawApi>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawType {
    #[serde(rename = "type")]
    pub(super) types: OneOrMany<String>,
    #[serde(default)]
    pub(super) extends: OneOrMany<String>,
    #[serde(default)]
    pub(super) untaintable: bool,
    #[serde(default)]
    pub(super) handed: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    #[serde(default, rename = "type")]
    pub(super) types: OneOrMany<String>,
    pub(super) field: OneOrMany<String>,
    pub(super) is: Option<String>,
    #[serde(default)]
    pub(super) source: OneOrMany<String>,
    pub(super) value: Option<i64>,
    pub(super) text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEntry {
    #[serde(default)]
    pub(super) annotation: OneOrMany<String>,
    #[serde(default, rename = "type")]
    pub(super) types: OneOrMany<String>,
    #[serde(default)]
    pub(super) function: OneOrMany<String>,
    #[serde(default)]
    pub(super) param_annotation: OneOrMany<String>,
    #[serde(default)]
    pub(super) except: OneOrMany<String>,
    #[serde(default)]
    pub(super) source: OneOrMany<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawApi {
    #[serde(default, rename = "type")]
    pub(super) types: OneOrMany<String>,
    #[serde(default)]
    pub(super) method: OneOrMany<String>,
    #[serde(default)]
    pub(super) new: OneOrMany<String>,
    #[serde(default)]
    pub(super) function: OneOrMany<String>,
    pub(super) arity: Option<u8>,
    #[serde(default)]
    pub(super) params: OneOrMany<String>,
    pub(super) returns: Option<String>,
    #[serde(rename = "null")]
    pub(super) nullness: Option<String>,
    pub(super) source: Option<SlotOrKind>,
    pub(super) source_if: Option<RawSourceIf>,
    #[serde(default)]
    pub(super) sink: SlotMap,
    #[serde(default)]
    pub(super) clears: OneOrMany<String>,
    pub(super) flow: Option<OneOrMany<String>>,
    pub(super) op: Option<String>,
    pub(super) acquires: Option<SlotOrKind>,
    #[serde(default)]
    pub(super) releases: SlotMap,
    #[serde(default)]
    pub(super) must_check: bool,
    #[serde(default)]
    pub(super) noreturn: bool,
    #[serde(default)]
    pub(super) nonnull: OneOrMany<Scalar>,
    pub(super) alloc: Option<Scalar>,
    pub(super) most: Option<Scalar>,
    #[serde(default)]
    pub(super) writes: SlotMap,
    #[serde(default)]
    pub(super) reads: SlotMap,
    #[serde(default)]
    pub(super) terminates: OneOrMany<u8>,
    pub(super) range: Option<(i64, i64)>,
}

/// What the result's source is where an argument is one of these texts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSourceIf {
    pub(super) arg: u8,
    #[serde(rename = "in")]
    pub(super) texts: OneOrMany<String>,
    pub(super) source: OneOrMany<String>,
}

/// `kinds.yaml`: the words that models and rules may use.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKinds {
    #[serde(default)]
    pub(super) sinks: RawKindsByLanguage,
    #[serde(default)]
    pub(super) engine_sinks: RawKindsByLanguage,
    #[serde(default)]
    pub(super) sanitizers: Vec<String>,
    #[serde(default)]
    pub(super) resources: RawKindsByLanguage,
    #[serde(default)]
    pub(super) operations: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKindsByLanguage {
    #[serde(default)]
    pub(super) java: Vec<String>,
    #[serde(default)]
    pub(super) c: Vec<String>,
}

/// `guideline/catalog.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCatalog {
    pub(super) categories: Vec<RawCategory>,
    pub(super) items: Vec<RawItem>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCategory {
    pub(super) number: u8,
    pub(super) id: String,
    pub(super) ko: String,
    pub(super) en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawItem {
    pub(super) id: String,
    pub(super) language: String,
    pub(super) category: u8,
    pub(super) ko: String,
    pub(super) en: String,
    pub(super) cwe: Vec<u32>,
    pub kisa49: Option<String>,
    #[expect(dead_code, reason = "for readers of the file")]
    pub(super) means: Vec<String>,
    pub(super) question: String,
    #[expect(dead_code, reason = "for readers of the file")]
    pub(super) question_from: String,
    pub(super) detect: String,
}

/// `guideline/kisa49.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStandard {
    pub(super) items: Vec<RawStandardItem>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStandardItem {
    pub(super) id: String,
    pub(super) category: u8,
    pub(super) ko: String,
    pub(super) en: String,
    pub(super) cwe: Vec<u32>,
}

/// `guideline/diagnostic-rules.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDiagnostics {
    pub(super) rules: Vec<RawDiagnostic>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDiagnostic {
    pub(super) group: String,
    pub(super) name: String,
    pub(super) serves: Vec<String>,
}

/// `guideline/attachment1.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAttachment1 {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<RawAttachment1Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAttachment1Row {
    pub(super) ko: String,
    pub(super) items: Vec<String>,
}

/// `guideline/tomcat-checks.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTomcat {
    pub(super) items: Vec<RawTomcatItem>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTomcatItem {
    pub(super) id: String,
    pub(super) area: String,
    pub(super) ko: String,
    pub(super) means: String,
    pub(super) detect: String,
}
