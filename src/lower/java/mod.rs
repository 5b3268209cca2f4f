//! Java, up to 21, to the IR.
//!
//! A file is read in three steps: its types are declared, their members are declared, then bodies are lowered. Local
//! and anonymous classes go through the same steps where they stand.
//!
//! Conventions beyond the IR's own documentation:
//! - The enclosing instance of an inner class is the field `this$0` of `this`.
//! - A lambda's `Function::params` are its own parameters followed by one for each captured variable, in the order of
//!   the captured locals of its [`Rvalue::Lambda`](crate::ir::Rvalue); `this` is captured like a variable.
//! - A captured local keeps the span of the declaration it comes from.
//! - A component of a record pattern is loaded as the field of that name where the file has the record, else as the
//!   field `<n>`, n from 0.
//! - `assert` branches on [`Const::Unknown`](crate::ir::Const) first, since assertions may be off.
//!
//! Must not know other files: names are resolved as far as this one decides them.

mod access;
mod annotation;
mod assign;
mod call;
mod constant;
mod creation;
mod decl;
mod exits;
mod expr;
mod function;
mod header;
mod jump;
mod kinds;
mod lambda;
mod literal;
mod loops;
mod names;
mod operator;
mod pattern;
mod resolve;
mod stmt;
mod switch;
#[cfg(test)]
mod tests;
mod types;

use index_vec::IndexVec;
use smallvec::SmallVec;

use self::decl::TypeInfo;
use self::function::FnCtx;
use self::kinds::{Kind, Role, TABLES, Tables};
use self::names::FileNames;
use self::resolve::Frame;
use super::LowerInput;
use crate::base::{FastMap, Span, Symbol};
use crate::ir::{FuncIdx, Language, TyId, TypeIdx, Unit};
use crate::syntax::{Node, Nodes, PosMap};

/// Nesting of expressions, statements, types or classes beyond which a body is left out.
const MAX_DEPTH: u32 = 200;

/// Lowers a file.
#[must_use]
pub fn lower(input: &LowerInput<'_>, nodes: &Nodes) -> Unit {
    let root = nodes.root();
    let mut lowering = Lowering {
        text: input.text,
        map: input.map,
        tables: &TABLES,
        nodes,
        unit: Unit { file: input.file, language: Language::Java, ..Unit::default() },
        names: FileNames::default(),
        infos: IndexVec::new(),
        frames: Vec::new(),
        f: Box::default(),
        spare: Vec::new(),
        depth: 0,
        reused: FastMap::default(),
        func_type_params: FastMap::default(),
        buffer: String::new(),
        sym: Known::new(),
    };
    lowering.file(root);
    debug_assert_eq!(crate::ir::verify_unit(&lowering.unit), Vec::<String>::new());
    lowering.unit
}

/// Names that lowering itself writes.
struct Known {
    this: Symbol,
    outer: Symbol,
    init: Symbol,
    lambda: Symbol,
    length: Symbol,
    close: Symbol,
    value: Symbol,
}

impl Known {
    fn new() -> Self {
        Known {
            this: Symbol::new("this"),
            outer: Symbol::new("this$0"),
            init: Symbol::new("<init>"),
            lambda: Symbol::new("<lambda>"),
            length: Symbol::new("length"),
            close: Symbol::new("close"),
            value: Symbol::new("value"),
        }
    }
}

/// What was made of a node that a second copy of a `finally` block meets again.
#[derive(Clone)]
enum Reused {
    Lambda(FuncIdx, Box<[Symbol]>),
    Type(TypeIdx),
}

/// The state of lowering one file.
struct Lowering<'t> {
    text: &'t str,
    map: Option<&'t PosMap>,
    tables: &'static Tables,
    nodes: &'t Nodes,
    unit: Unit,
    names: FileNames,
    /// What is known of each type of the unit, index by index.
    infos: IndexVec<TypeIdx, TypeInfo<'t>>,
    /// Enclosing types and suspended functions, outermost first.
    frames: Vec<Frame<'t>>,
    /// The function being lowered.
    f: Box<FnCtx<'t>>,
    /// Contexts to use again: their maps keep their allocations.
    #[expect(clippy::vec_box, reason = "contexts move between here, frames and `f` as pointers")]
    spare: Vec<Box<FnCtx<'t>>>,
    depth: u32,
    reused: FastMap<usize, Reused>,
    /// Type parameters of functions whose bodies are yet to be lowered.
    func_type_params: FastMap<FuncIdx, Vec<(Symbol, TyId)>>,
    /// For unescaping.
    buffer: String,
    sym: Known,
}

/// A child of a node.
#[derive(Clone, Copy)]
struct Child<'t> {
    node: Node<'t>,
    kind: Kind,
    role: Role,
}

/// A node's children, comments left out.
type Children<'t> = SmallVec<[Child<'t>; 8]>;

impl<'t> Lowering<'t> {
    /// The children of a node.
    fn children(&self, node: Node<'t>) -> Children<'t> {
        let mut children = Children::new();
        for node in node.children() {
            let kind = self.tables.kind(node);
            if !matches!(kind, Kind::LineComment | Kind::BlockComment) {
                children.push(Child { node, kind, role: self.tables.role(node.field_id()) });
            }
        }
        children
    }

    /// The only child of interest: the first expression among a node's children.
    fn inner(&self, node: Node<'t>) -> Option<Node<'t>> {
        node.children().find(|child| self.tables.kind(*child).is_expression())
    }

    fn kind(&self, node: Node<'_>) -> Kind {
        self.tables.kind(node)
    }

    /// The node's place in the original.
    fn span(&self, node: Node<'_>) -> Span {
        self.map_span(Span::new(node.start_byte(), node.end_byte()))
    }

    fn map_span(&self, span: Span) -> Span {
        self.map.map_or(span, |map| map.to_original(span))
    }

    fn text(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.start_byte()..node.end_byte()).unwrap_or_default()
    }

    fn symbol(&self, node: Node<'_>) -> Symbol {
        Symbol::new(self.text(node))
    }

    /// Goes one level deeper; `false` where that is too deep. Paired with [`Lowering::leave`].
    fn enter(&mut self) -> bool {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.f.too_deep = true;
            return false;
        }
        true
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }
}

/// The child of a role.
fn child<'t>(children: &[Child<'t>], role: Role) -> Option<Node<'t>> {
    children.iter().find(|child| child.role == role).map(|child| child.node)
}

/// The first child of a kind.
fn of_kind<'t>(children: &[Child<'t>], kind: Kind) -> Option<Node<'t>> {
    children.iter().find(|child| child.kind == kind).map(|child| child.node)
}
