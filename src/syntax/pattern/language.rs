//! Our grammars as ast-grep's languages.

use std::sync::LazyLock;

use ast_grep_core::language::Language;
use ast_grep_core::matcher::PatternBuilder;
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc, TSLanguage};
use ast_grep_core::{Pattern, PatternError};

use crate::syntax::Grammar;

static LANGUAGES: LazyLock<(TSLanguage, TSLanguage)> =
    LazyLock::new(|| (tree_sitter_java::LANGUAGE.into(), tree_sitter_c::LANGUAGE.into()));

/// A grammar; `$` is part of identifiers in both, so metavariables parse as they are.
#[derive(Clone, Copy)]
pub(super) struct TreeLanguage(pub(super) Grammar);

impl TreeLanguage {
    /// What the grammar calls a kind.
    pub(super) fn kind_name(self, kind: u16) -> &'static str {
        let language = if self.0 == Grammar::Java { &LANGUAGES.0 } else { &LANGUAGES.1 };
        language.node_kind_for_id(kind).unwrap_or("ERROR")
    }
}

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
