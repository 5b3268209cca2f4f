//! C trees to the IR: one file's types, globals and functions.
//! Must not know preprocessing, other files, or the engine.

mod branch;
mod call;
mod constant;
mod decl;
mod expr;
mod init;
mod kinds;
mod literal;
mod loops;
mod operator;
mod place;
mod readers;
mod scope;
mod stmt;
mod switch;
mod system;
#[cfg(test)]
mod tests;
mod types;

use self::kinds::Kind;
use super::{LowerInput, comments};
use crate::base::{FastMap, Span, Symbol};
use crate::ir::{Comment, Language, TyId, TypeIdx, Unit};
use crate::syntax::{Node, Nodes};
pub use readers::note as note_readers;
use scope::Scopes;

/// Lowers a parsed C file. `input.map` leads back through preprocessing; all spans of the unit are the original's.
#[must_use]
pub fn lower(input: &LowerInput<'_>, nodes: &Nodes) -> Unit {
    let mut lowering = Lowering {
        input,
        unit: Unit { file: input.file, language: Language::C, ..Unit::default() },
        typedefs: FastMap::default(),
        record_index: FastMap::default(),
        enum_constants: FastMap::default(),
        globals: FastMap::default(),
        functions: FastMap::default(),
        scopes: Scopes::default(),
        depth: 0,
    };
    lowering.file(nodes.root());
    for span in comments::kept(input.text, nodes, |node| kinds::kind(node) == Kind::Comment) {
        let span = lowering.original(span);
        lowering.unit.comments.push(Comment { span });
    }
    debug_assert_eq!(crate::ir::verify_unit(&lowering.unit), Vec::<String>::new());
    lowering.unit
}

/// What is known of the file so far.
pub(super) struct Lowering<'a> {
    input: &'a LowerInput<'a>,
    unit: Unit,
    typedefs: FastMap<Symbol, TyId>,
    record_index: FastMap<Symbol, TypeIdx>,
    enum_constants: FastMap<Symbol, Option<i128>>,
    /// Types of the file's globals.
    globals: FastMap<Symbol, TyId>,
    /// Types of the functions that the file declares or defines.
    functions: FastMap<Symbol, TyId>,
    /// Names of the function being lowered.
    scopes: Scopes,
    /// Recursion in types and constants.
    depth: u32,
}

impl<'a> Lowering<'a> {
    fn text(&self, node: Node<'_>) -> &'a str {
        self.input.text.get(node.start_byte()..node.end_byte()).unwrap_or_default()
    }

    fn symbol(&self, node: Node<'_>) -> Symbol {
        Symbol::new(self.text(node))
    }

    /// The node's place in the original text.
    fn span(&self, node: Node<'_>) -> Span {
        self.original(Span::new(node.start_byte(), node.end_byte()))
    }

    fn original(&self, span: Span) -> Span {
        match self.input.map {
            Some(map) => map.to_original(span),
            None => span,
        }
    }

    /// The type of a variable in scope.
    fn value_type(&self, name: Symbol) -> Option<TyId> {
        match self.scopes.get(name) {
            Some(binding) => Some(binding.ty()),
            None => self.globals.get(&name).copied(),
        }
    }
}
