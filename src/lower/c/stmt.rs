//! Statements to blocks. Must not know how expressions are computed.

use super::Lowering;
use super::decl::modifiers_of;
use super::kinds::{Kind, field, is_declarator, kind};
use super::scope::Binding;
use super::types::decayed;
use crate::base::{FastMap, FastSet, Span, Symbol};
use crate::ir::{
    BlockId, Body, BodyBuilder, Const, LocalId, LocalKind, Modifiers, Operand, Place, PlaceBase, StmtKind, Terminator, Ty, TyId,
};
use crate::syntax::Node;

/// Nested statements and expressions; deeper code is left out and counted.
const DEPTH_LIMIT: u32 = 400;
/// Blocks of one function; beyond, the rest is left out and counted.
const BLOCK_LIMIT: usize = 200_000;

/// Where `break` and `continue` go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jump {
    pub(super) on_break: BlockId,
    pub(super) on_continue: Option<BlockId>,
}

/// A function being lowered.
pub(super) struct FnCx<'l, 'a, 't> {
    pub(super) low: &'l mut Lowering<'a>,
    pub(super) b: BodyBuilder,
    pub(super) name: Symbol,
    pub(super) ret: TyId,
    /// Locals whose address is taken, and arrays: those that [`StmtKind::Dead`] is told of.
    pub(super) in_memory: FastSet<LocalId>,
    pub(super) static_initializers: Vec<(Symbol, TyId, Node<'t>)>,
    pub(super) depth: u32,
    skipped: bool,
    pub(super) jumps: Vec<Jump>,
    labels: FastMap<Symbol, BlockId>,
    /// Labels met.
    placed: FastSet<BlockId>,
    /// Labels whose address is taken, in order: where a computed goto may go.
    label_addresses: Vec<BlockId>,
    computed: Option<BlockId>,
    /// Case nodes to their blocks.
    pub(super) cases: FastMap<usize, BlockId>,
}

impl<'l, 'a, 't> FnCx<'l, 'a, 't> {
    pub(super) fn new(low: &'l mut Lowering<'a>, name: Symbol, ret: TyId) -> Self {
        FnCx {
            low,
            b: BodyBuilder::new(),
            name,
            ret,
            in_memory: FastSet::default(),
            static_initializers: Vec::new(),
            depth: 0,
            skipped: false,
            jumps: Vec::new(),
            labels: FastMap::default(),
            placed: FastSet::default(),
            label_addresses: Vec::new(),
            computed: None,
            cases: FastMap::default(),
        }
    }

    pub(super) fn span(&self, node: Node<'_>) -> Span {
        self.low.span(node)
    }

    /// The function's outermost block.
    pub(super) fn body(&mut self, node: Node<'t>) {
        self.children(node);
    }

    /// The finished body.
    pub(super) fn finish(mut self, node: Node<'t>) -> Body {
        let close = self.low.original(Span::new(node.end_byte().saturating_sub(1), node.end_byte()));
        if self.skipped {
            self.low.unit.stats.skipped_bodies += 1;
            self.b.mark_broken();
        }
        if let Some(block) = self.computed {
            self.b.terminate(Terminator::Return(None), close);
            self.b.start(block);
            let targets = std::mem::take(&mut self.label_addresses);
            let arms = targets
                .iter()
                .enumerate()
                .map(|(index, target)| (Const::int(i128::try_from(index).unwrap_or(0), TyId::INT), *target));
            let default = self.b.new_block();
            let value = Operand::Const(Const::Unknown);
            let arms = arms.collect();
            self.b.terminate(Terminator::Switch { value, arms, default }, close);
        }
        self.b.finish(close)
    }

    /// A construct that cannot be read: an opaque statement, and the body is marked if the parser is why.
    pub(super) fn opaque(&mut self, node: Node<'_>, broken: bool) {
        let span = self.span(node);
        self.b.push(StmtKind::Opaque, span);
        if broken {
            self.b.mark_broken();
            self.low.unit.stats.error_regions += 1;
        }
    }

    /// Enters a level of nesting; `false` if the limit is hit, which leaves the node out.
    pub(super) fn enter(&mut self, node: Node<'_>) -> bool {
        if self.depth >= DEPTH_LIMIT || self.b.block_count() > BLOCK_LIMIT {
            if !self.skipped {
                self.opaque(node, false);
                self.skipped = true;
            }
            return false;
        }
        self.depth += 1;
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// A block with a scope of its own.
    pub(super) fn block(&mut self, node: Node<'t>) {
        let mark = self.low.scopes.mark();
        self.children(node);
        let close = self.low.original(Span::new(node.end_byte().saturating_sub(1), node.end_byte()));
        let mut dead = Vec::new();
        self.low.scopes.close(mark, |local| dead.push(local));
        if self.b.is_open() {
            for local in dead {
                if self.in_memory.contains(&local) {
                    self.b.push(StmtKind::Dead(local), close);
                }
            }
        }
    }

    /// Runs the statements of a node in the current scope.
    pub(super) fn children(&mut self, node: Node<'t>) {
        for child in node.children() {
            if child.is_named() || child.is_missing() {
                self.stmt(child);
            }
        }
    }

    /// One statement or declaration.
    pub(super) fn stmt(&mut self, node: Node<'t>) {
        if !self.enter(node) {
            return;
        }
        self.stmt_at(node);
        self.leave();
    }

    fn stmt_at(&mut self, node: Node<'t>) {
        if node.is_missing() {
            self.opaque(node, true);
            return;
        }
        let node_kind = kind(node);
        if node.has_error() && !has_statements(node_kind) {
            self.broken(node, node_kind);
            return;
        }
        match node_kind {
            Kind::Comment => {}
            Kind::Error => self.opaque(node, true),
            Kind::CompoundStatement => self.block(node),
            Kind::ExpressionStatement => {
                if let Some(value) = first_child(node) {
                    self.effect(value);
                }
            }
            Kind::Declaration => self.declaration(node),
            Kind::IfStatement => self.if_chain(node),
            Kind::ElseClause | Kind::LinkageSpecification | Kind::DeclarationList => self.children(node),
            Kind::AttributedStatement => {
                if let Some(inner) = last_child(node) {
                    self.stmt(inner);
                }
            }
            Kind::WhileStatement => self.while_loop(node),
            Kind::DoStatement => self.do_loop(node),
            Kind::ForStatement => self.for_loop(node),
            Kind::SwitchStatement => self.switch(node),
            Kind::CaseStatement => self.case(node),
            Kind::ReturnStatement => self.return_from(node),
            Kind::BreakStatement => {
                let target = self.jumps.last().map(|jump| jump.on_break);
                self.jump(target, node);
            }
            Kind::ContinueStatement => {
                let target = self.jumps.iter().rev().find_map(|jump| jump.on_continue);
                self.jump(target, node);
            }
            Kind::GotoStatement => {
                let target = field::label(node).map(|label| self.low.symbol(label)).map(|label| self.label(label));
                self.jump(target, node);
            }
            Kind::LabeledStatement => {
                if let Some(label) = field::label(node) {
                    let label = self.low.symbol(label);
                    let block = self.label(label);
                    // A label that is there already (as in C++ taken for C) marks no other place.
                    let block = if self.placed.insert(block) { block } else { self.b.new_block() };
                    self.b.start(block);
                }
                if let Some(inner) = last_child(node) {
                    self.stmt(inner);
                }
            }
            Kind::TypeDefinition => self.low.typedef(node),
            Kind::StructSpecifier | Kind::UnionSpecifier | Kind::EnumSpecifier => {
                self.low.specifier(node);
            }
            Kind::SehTry => self.seh(node),
            Kind::SehLeave => {
                let target = self.jumps.last().map(|jump| jump.on_break);
                self.jump(target, node);
            }
            Kind::PrimitiveType | Kind::TypeIdentifier | Kind::SizedType => {}
            _ => self.opaque(node, false),
        }
    }

    /// The smallest statement around a broken region.
    fn broken(&mut self, node: Node<'t>, node_kind: Kind) {
        self.opaque(node, true);
        // The names a broken declaration makes are known all the same, so that later uses are not taken for globals.
        if node_kind == Kind::Declaration {
            let type_id = field::r#type(node).map(|ty| ty.id());
            for child in node.named_children() {
                if Some(child.id()) == type_id || !is_declarator(kind(child)) {
                    continue;
                }
                let declared = self.low.declarator(child, TyId::UNKNOWN);
                if let Some(name) = declared.name {
                    let name = self.low.symbol(name);
                    let span = self.span(child);
                    let local = self.b.local(Some(name), TyId::UNKNOWN, LocalKind::User, span);
                    self.low.scopes.declare(name, Binding::Local(local, TyId::UNKNOWN));
                }
                // What stands whole in it is often the next statement.
                if let Some(value) = field::value(child).filter(|value| !value.has_error()) {
                    self.effect(value);
                }
            }
        }
    }

    fn jump(&mut self, target: Option<BlockId>, node: Node<'t>) {
        let span = self.span(node);
        match target {
            Some(target) => {
                if !self.b.is_open() {
                    let block = self.b.new_block();
                    self.b.start(block);
                }
                self.b.terminate(Terminator::Goto(target), span);
            }
            None => self.opaque(node, false),
        }
    }

    fn label(&mut self, name: Symbol) -> BlockId {
        if let Some(block) = self.labels.get(&name) {
            return *block;
        }
        let block = self.b.new_block();
        self.labels.insert(name, block);
        block
    }

    /// `&&label`.
    pub(super) fn label_address(&mut self, name: Symbol) {
        let block = self.label(name);
        if !self.label_addresses.contains(&block) {
            self.label_addresses.push(block);
        }
    }

    /// `goto *value;`
    pub(super) fn computed_goto(&mut self, node: Node<'t>) {
        let target = match self.computed {
            Some(block) => block,
            None => {
                let block = self.b.new_block();
                self.computed = Some(block);
                block
            }
        };
        self.jump(Some(target), node);
    }

    fn declaration(&mut self, node: Node<'t>) {
        let base = self.low.specifier_of(node);
        let modifiers = modifiers_of(self.low, node);
        let type_id = field::r#type(node).map(|ty| ty.id());
        for child in node.named_children() {
            if Some(child.id()) == type_id || !is_declarator(kind(child)) {
                continue;
            }
            self.declare(child, base, modifiers);
        }
    }

    fn declare(&mut self, node: Node<'t>, base: TyId, modifiers: Modifiers) {
        let declared = self.low.declarator(node, base);
        let Some(name_node) = declared.name else { return };
        let name = self.low.symbol(name_node);
        if matches!(declared.ty.get(), Ty::Func { .. }) {
            self.low.functions.entry(name).or_insert(declared.ty);
            return;
        }
        let value = if kind(node) == Kind::InitDeclarator { field::value(node) } else { None };
        let ty = if declared.sized { declared.ty } else { self.low.completed(declared.ty, value) };
        let span = self.span(node);
        if modifiers.contains(Modifiers::EXTERN) {
            self.low.scopes.declare(name, Binding::Global(ty));
            return;
        }
        if modifiers.contains(Modifiers::STATIC) {
            let global = Symbol::new(&format!("{}.{}", self.name, name));
            self.low.scopes.declare(name, Binding::Static(global, ty));
            let mut initializers = std::mem::take(&mut self.static_initializers);
            self.low.push_global(global, ty, modifiers, value, span, &mut initializers);
            self.static_initializers = initializers;
            return;
        }
        let local = self.b.local(Some(name), ty, LocalKind::User, span);
        self.variable_length(node, ty);
        self.low.scopes.declare(name, Binding::Local(local, ty));
        if matches!(ty.get(), Ty::Array(..)) {
            self.in_memory.insert(local);
        }
        if let Some(value) = value {
            let place = Place { base: PlaceBase::Local(local), proj: smallvec::SmallVec::new() };
            self.initialize(place, ty, value);
        }
    }

    /// The length of a variable-length array is computed where it is declared.
    fn variable_length(&mut self, node: Node<'t>, ty: TyId) {
        if !matches!(ty.get(), Ty::Array(_, None)) {
            return;
        }
        let mut next = Some(node);
        while let Some(at) = next {
            if kind(at) == Kind::ArrayDeclarator
                && let Some(size) = field::size(at)
                && self.low.constant(size).is_none()
            {
                self.effect(size);
            }
            next = field::declarator(at);
        }
    }

    /// `if … else if … else …`, however long the chain.
    fn if_chain(&mut self, node: Node<'t>) {
        let after = self.b.new_block();
        let mut next = Some(node);
        while let Some(node) = next.take() {
            let then = self.b.new_block();
            let alternative = field::alternative(node);
            let els = if alternative.is_some() { self.b.new_block() } else { after };
            self.condition_of(node, then, els);
            self.b.start(then);
            if let Some(consequence) = field::consequence(node) {
                self.stmt(consequence);
            }
            self.go(after);
            self.error_children(node);
            if let Some(alternative) = alternative {
                self.b.start(els);
                match last_child(alternative) {
                    Some(inner) if kind(inner) == Kind::IfStatement => next = Some(inner),
                    Some(inner) => self.stmt(inner),
                    None => {}
                }
                if next.is_none() {
                    self.go(after);
                }
            }
        }
        self.b.start(after);
    }

    /// Regions the parser dropped between the parts of a compound statement.
    pub(super) fn error_children(&mut self, node: Node<'t>) {
        if !node.has_error() {
            return;
        }
        for child in node.children() {
            if child.is_error() || child.is_missing() {
                self.opaque(child, true);
            }
        }
    }

    /// Goes to a block if control gets here.
    pub(super) fn go(&mut self, target: BlockId) {
        self.b.terminate(Terminator::Goto(target), Span::default());
    }

    pub(super) fn effect_or_broken(&mut self, node: Node<'t>) {
        if node.has_error() {
            self.opaque(node, true);
        } else {
            self.effect(node);
        }
    }

    fn return_from(&mut self, node: Node<'t>) {
        let span = self.span(node);
        let value = first_child(node).map(|value| {
            let value = self.expr(value);
            self.convert(value, decayed(self.ret), span)
        });
        if !self.b.is_open() {
            let block = self.b.new_block();
            self.b.start(block);
        }
        self.b.terminate(Terminator::Return(value), span);
    }

    /// `__try`: the body runs; the handler may.
    fn seh(&mut self, node: Node<'t>) {
        let after = self.b.new_block();
        let handler = self.b.new_block();
        self.with_jump(Jump { on_break: after, on_continue: None }, field::body(node));
        let span = self.span(node);
        let clause = last_child(node);
        if clause.is_some_and(|clause| kind(clause) == Kind::SehFinally) {
            self.b.start(handler);
        } else if self.b.is_open() {
            self.b.terminate(Terminator::If { cond: Operand::Const(Const::Unknown), then: handler, els: after }, span);
            self.b.start(handler);
        }
        if let Some(body) = clause.and_then(field::body) {
            self.stmt(body);
        }
        self.go(after);
        self.b.start(after);
    }
}

/// Whether a broken statement of the kind is descended into rather than dropped whole.
pub(super) fn has_statements(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::CompoundStatement
            | Kind::IfStatement
            | Kind::ElseClause
            | Kind::WhileStatement
            | Kind::DoStatement
            | Kind::ForStatement
            | Kind::SwitchStatement
            | Kind::CaseStatement
            | Kind::LabeledStatement
            | Kind::Error
            | Kind::SehTry
            | Kind::AttributedStatement
            | Kind::DeclarationList
            | Kind::LinkageSpecification
    )
}

/// The first child that is no comment.
pub(super) fn first_child(node: Node<'_>) -> Option<Node<'_>> {
    node.named_children().find(|child| kind(*child) != Kind::Comment)
}

/// The last child that is no comment.
pub(super) fn last_child(node: Node<'_>) -> Option<Node<'_>> {
    let count = u32::try_from(node.named_child_count()).unwrap_or(u32::MAX);
    (0..count).rev().filter_map(|index| node.named_child(index)).find(|child| kind(*child) != Kind::Comment)
}
