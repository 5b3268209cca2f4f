//! What haechi knows that is not code: the catalogue of items, the models of libraries, the rules.
//!
//! Loading is strict and in two stages: serde reads the YAML into raw types that reject unknown keys, then each is
//! checked and compiled into the types here, keyed by interned names, before the first file is read.
//! Depends on `base` alone. Must not know the IR, trees, or how a rule is evaluated.

mod catalog;
mod compile_config;
mod compile_model;
mod compile_rule;
mod config;
mod error;
mod model;
mod names;
mod raw;
mod rule;
mod scalar;
mod set;
mod size;
#[cfg(test)]
mod tests;

pub use catalog::{Attachment1Row, Catalog, DiagnosticRule, ServerCheck, StandardItem};
pub use config::{AttributeTest, ConfigKind, ConfigMatcher, ElementMatcher, PathStep, TextTest};
pub use error::{Place, RulesError, Suggestion};
pub use model::{
    Access, ApiModel, BufferFact, EntryModel, FieldModel, Flow, Models, ReturnType, SizeExpr, Slot, SourceKinds, TypeModel,
};
pub use rule::{
    CallMatcher, CallTarget, Category, CheckKind, Condition, Confidence, ConstPattern, Item, Language, LazyRegex, LocalText,
    Locale, Rule, RuleKind, Severity, Subject, TaintRule, Test, TypestateKind, TypestateRule, Within,
};
pub use set::RuleSet;
