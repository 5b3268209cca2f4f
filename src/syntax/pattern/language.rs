//! Our grammars as ast-grep's languages.

use ast_grep_core::language::Language;
use ast_grep_core::matcher::PatternBuilder;
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc, TSLanguage};
use ast_grep_core::{Pattern, PatternError};

use crate::syntax::Grammar;

/// A grammar; `$` is part of identifiers in both, so metavariables parse as they are.
#[derive(Clone, Copy)]
pub(super) struct TreeLanguage(pub(super) Grammar);

impl Language for TreeLanguage {
    fn kind_to_id(&self, kind: &str) -> u16 {
        self.get_ts_language().id_for_node_kind(kind, true)
    }

    fn field_to_id(&self, field: &str) -> Option<u16> {
        self.get_ts_language().field_id_for_name(field).map(std::num::NonZero::get)
    }

    fn build_pattern(&self, builder: &PatternBuilder<'_>) -> Result<Pattern, PatternError> {
        builder.build(|text| StrDoc::try_new(text, *self))
    }
}

impl LanguageExt for TreeLanguage {
    fn get_ts_language(&self) -> TSLanguage {
        match self.0 {
            Grammar::Java => tree_sitter_java::LANGUAGE.into(),
            Grammar::C => tree_sitter_c::LANGUAGE.into(),
        }
    }
}
