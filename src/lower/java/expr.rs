//! Expressions: the dispatch, conditions as control flow, and the small kinds.
//! Must not know statements.

use super::kinds::{Kind, Role};
use super::{Lowering, child};
use crate::base::Span;
use crate::ir::{
    BlockId, Const, LocalId, LocalKind, Operand, Place, PlaceBase, PlaceId, Proj, Rvalue, StmtKind, Terminator, Ty, TyId,
};
use crate::syntax::Node;

/// A value and its type, as far as the file tells it.
#[derive(Debug, Clone)]
pub(super) struct Val {
    pub(super) op: Operand,
    pub(super) ty: TyId,
}

/// Where an expression's value is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dst {
    /// Anywhere.
    Any,
    /// Nowhere.
    Discard,
    /// In this local.
    Into(LocalId),
}

impl Val {
    pub(super) fn unknown() -> Self {
        Val { op: Operand::Const(Const::Unknown), ty: TyId::UNKNOWN }
    }
}

impl<'t> Lowering<'t> {
    /// The value of an expression.
    pub(super) fn expr(&mut self, node: Node<'t>) -> Val {
        self.expr_to(node, Dst::Any)
    }

    /// Evaluates an expression for its effects.
    pub(super) fn expr_discard(&mut self, node: Node<'t>) {
        self.expr_to(node, Dst::Discard);
    }

    /// Evaluates an expression into a local.
    pub(super) fn expr_into(&mut self, node: Node<'t>, local: LocalId) -> Val {
        self.expr_to(node, Dst::Into(local))
    }

    pub(super) fn expr_to(&mut self, node: Node<'t>, dst: Dst) -> Val {
        if !self.enter() {
            self.leave();
            let span = self.span(node);
            return self.give(Val::unknown(), dst, span);
        }
        let value = self.expr_of(node, dst);
        self.leave();
        value
    }

    fn expr_of(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        match self.kind(node) {
            Kind::Identifier => self.name(node, dst),
            Kind::FieldAccess => self.field_access(node, dst),
            Kind::MethodInvocation => self.method_call(node, dst),
            Kind::Parenthesized => match self.inner(node) {
                Some(inner) => self.expr_to(inner, dst),
                None => self.unknown_expr(node, dst),
            },
            Kind::BinaryExpression => self.binary(node, dst),
            Kind::UnaryExpression => self.unary(node, dst),
            Kind::UpdateExpression => self.update(node, dst),
            Kind::AssignmentExpression => self.assignment(node, dst),
            Kind::TernaryExpression => self.ternary(node, dst),
            Kind::InstanceofExpression => self.instanceof_value(node, dst),
            Kind::CastExpression => self.cast(node, dst),
            Kind::LambdaExpression => self.lambda(node, dst),
            Kind::MethodReference => self.method_reference(node, dst),
            Kind::SwitchExpression => self.switch_value(node, dst),
            Kind::ObjectCreation => self.object_creation(node, dst),
            Kind::ArrayCreation => self.array_creation(node, dst),
            Kind::ArrayInitializer => self.array_literal(node, TyId::UNKNOWN, dst),
            Kind::ArrayAccess => {
                let place = self.element_place(node, None);
                self.load(place, dst, span)
            }
            Kind::This => match self.this() {
                Some(this) => {
                    let ty = self.f.b.ty(this);
                    self.give(Val { op: Operand::Local(this), ty }, dst, span)
                }
                None => self.give(Val::unknown(), dst, span),
            },
            Kind::ClassLiteral => {
                let children = self.children(node);
                let ty = children.iter().find(|child| child.kind.is_type()).map_or(TyId::UNKNOWN, |child| self.ty(child.node));
                let class = self.names.named(crate::base::Symbol::new("java.lang.Class"));
                self.give(Val { op: Operand::Const(Const::Class(ty)), ty: class }, dst, span)
            }
            Kind::StringLiteral => self.string(node, dst),
            Kind::TemplateExpression => self.template(node, dst),
            kind => match self.literal(node, kind) {
                Some(value) => self.give(value, dst, span),
                None => self.unknown_expr(node, dst),
            },
        }
    }

    /// What the lowering does not know, or the parser could not read.
    pub(super) fn unknown_expr(&mut self, node: Node<'t>, dst: Dst) -> Val {
        if node.is_error() || node.has_error() {
            self.f.b.mark_broken();
        }
        let span = self.span(node);
        self.f.b.push(StmtKind::Opaque, span);
        self.give(Val::unknown(), dst, span)
    }

    /// Hands a ready value to where it is wanted.
    pub(super) fn give(&mut self, value: Val, dst: Dst, span: Span) -> Val {
        match dst {
            Dst::Into(local) => {
                self.f.b.assign(local, Rvalue::Use(value.op), span);
                Val { op: Operand::Local(local), ty: value.ty }
            }
            Dst::Any | Dst::Discard => value,
        }
    }

    /// Computes a value to where it is wanted.
    pub(super) fn emit(&mut self, rvalue: Rvalue, ty: TyId, dst: Dst, span: Span) -> Val {
        let local = self.target(ty, dst, span);
        self.f.b.assign(local, rvalue, span);
        Val { op: Operand::Local(local), ty }
    }

    /// The local that a value goes to.
    pub(super) fn target(&mut self, ty: TyId, dst: Dst, span: Span) -> LocalId {
        match dst {
            Dst::Into(local) => local,
            Dst::Any | Dst::Discard => self.f.b.temp(ty, span),
        }
    }

    /// A value in a local.
    pub(super) fn in_local(&mut self, value: Val, span: Span) -> LocalId {
        match value.op {
            Operand::Local(local) => local,
            op => {
                let temp = self.f.b.temp(value.ty, span);
                self.f.b.assign(temp, Rvalue::Use(op), span);
                temp
            }
        }
    }

    /// Loads a place to where it is wanted.
    pub(super) fn load(&mut self, (place, ty): (PlaceId, TyId), dst: Dst, span: Span) -> Val {
        self.emit(Rvalue::Load(place), ty, dst, span)
    }

    /// `a[i]` as a place, with the element's type; the place is used after `later` was evaluated.
    pub(super) fn element_place(&mut self, node: Node<'t>, later: Option<Node<'t>>) -> (PlaceId, TyId) {
        let children = self.children(node);
        let span = self.span(node);
        let index_node = child(&children, Role::Index);
        let array = match child(&children, Role::Array) {
            Some(array) => {
                let value = self.expr(array);
                let value = self.keep(value, index_node, span);
                self.keep(value, later, span)
            }
            None => Val::unknown(),
        };
        let index = index_node.map_or_else(Val::unknown, |index| self.expr(index));
        let index = self.keep(index, later, span);
        let element = match array.ty.get() {
            Ty::Array(element, _) => *element,
            _ => TyId::UNKNOWN,
        };
        let base = PlaceBase::Local(self.in_local(array, span));
        let place = self.f.b.place(Place { base, proj: smallvec::smallvec![Proj::Index(index.op)] });
        (place, element)
    }

    /// A value that must outlast the evaluation of `later`: a variable that is assigned there is copied first.
    pub(super) fn keep(&mut self, value: Val, later: Option<Node<'t>>, span: Span) -> Val {
        let Operand::Local(local) = value.op else { return value };
        let is_variable = self.f.b.locals().get(local).is_some_and(|it| matches!(it.kind, LocalKind::User | LocalKind::Param));
        if is_variable && later.is_some_and(|later| may_assign(self.text(later))) {
            let op = self.f.b.value(Rvalue::Use(value.op), value.ty, span);
            return Val { op, ty: value.ty };
        }
        value
    }

    /// A condition as control flow.
    pub(super) fn cond(&mut self, node: Node<'t>, then: BlockId, els: BlockId) {
        if !self.enter() {
            self.leave();
            let span = self.span(node);
            self.f.b.terminate(Terminator::If { cond: Operand::Const(Const::Unknown), then, els }, span);
            return;
        }
        match self.kind(node) {
            Kind::Parenthesized => match self.inner(node) {
                Some(inner) => self.cond(inner, then, els),
                None => self.cond_value(node, then, els),
            },
            Kind::UnaryExpression => {
                let children = self.children(node);
                let not = children.first().is_some_and(|child| child.kind == Kind::Bang);
                match child(&children, Role::Operand) {
                    Some(operand) if not => self.cond(operand, els, then),
                    _ => self.cond_value(node, then, els),
                }
            }
            Kind::BinaryExpression => self.cond_binary(node, then, els),
            Kind::InstanceofExpression => self.cond_instanceof(node, then, els),
            _ => self.cond_value(node, then, els),
        }
        self.leave();
    }

    fn cond_value(&mut self, node: Node<'t>, then: BlockId, els: BlockId) {
        let span = self.span(node);
        let cond = self.expr(node).op;
        self.f.b.terminate(Terminator::If { cond, then, els }, span);
    }

    /// `&&` and `||` as control flow; a chain of one operator is taken in a loop.
    fn cond_binary(&mut self, node: Node<'t>, then: BlockId, els: BlockId) {
        let mut operands = Vec::new();
        let mut at = node;
        let mut chain = None;
        loop {
            let children = self.children(at);
            let operator = children.iter().find(|child| child.role == Role::Operator).map(|child| child.kind);
            let (Some(left), Some(right)) = (child(&children, Role::Left), child(&children, Role::Right)) else { break };
            match operator {
                Some(kind @ (Kind::AmpAmp | Kind::PipePipe)) if chain.is_none_or(|chain| chain == kind) => {
                    chain = Some(kind);
                    operands.push(right);
                    at = left;
                    if self.kind(left) != Kind::BinaryExpression {
                        break;
                    }
                }
                _ => break,
            }
        }
        let Some(chain) = chain else {
            self.cond_value(node, then, els);
            return;
        };
        operands.push(at);
        let mut operands = operands.into_iter().rev().peekable();
        while let Some(operand) = operands.next() {
            if operands.peek().is_none() {
                self.cond(operand, then, els);
                break;
            }
            let next = self.f.b.new_block();
            if chain == Kind::AmpAmp {
                self.cond(operand, next, els)
            } else {
                self.cond(operand, then, next)
            }
            self.f.b.start(next);
        }
    }

    /// A condition as a value: `true` and `false` assigned in the two arms.
    pub(super) fn cond_as_value(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let local = self.target(TyId::BOOL, dst, span);
        let (then, els, join) = (self.f.b.new_block(), self.f.b.new_block(), self.f.b.new_block());
        self.cond(node, then, els);
        for (block, value) in [(then, true), (els, false)] {
            self.f.b.start(block);
            self.f.b.assign(local, Rvalue::Use(Operand::Const(Const::Bool(value))), span);
            self.f.b.terminate(Terminator::Goto(join), span);
        }
        self.f.b.start(join);
        Val { op: Operand::Local(local), ty: TyId::BOOL }
    }

    fn ternary(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let children = self.children(node);
        let (Some(condition), Some(yes), Some(no)) =
            (child(&children, Role::Condition), child(&children, Role::Consequence), child(&children, Role::Alternative))
        else {
            return self.unknown_expr(node, dst);
        };
        let local = self.target(TyId::UNKNOWN, dst, span);
        let (then, els, join) = (self.f.b.new_block(), self.f.b.new_block(), self.f.b.new_block());
        self.cond(condition, then, els);
        self.f.b.start(then);
        let first = self.expr_into(yes, local);
        self.f.b.terminate(Terminator::Goto(join), span);
        self.f.b.start(els);
        let second = self.expr_into(no, local);
        self.f.b.terminate(Terminator::Goto(join), span);
        self.f.b.start(join);
        let ty = if first.ty == second.ty { first.ty } else { TyId::UNKNOWN };
        if !matches!(dst, Dst::Into(_)) {
            self.f.b.set_ty(local, ty);
        }
        Val { op: Operand::Local(local), ty }
    }

    fn cast(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let children = self.children(node);
        let Some(value) = child(&children, Role::Value) else { return self.unknown_expr(node, dst) };
        let mut result = self.expr(value);
        let mut types = children.iter().filter(|child| child.role == Role::Type).map(|child| child.node).peekable();
        while let Some(ty) = types.next() {
            let ty = self.ty(ty);
            let dst = if types.peek().is_none() { dst } else { Dst::Any };
            result = self.emit(Rvalue::Cast(ty, result.op), ty, dst, span);
        }
        result
    }
}

/// Whether an expression's text holds an assignment, `++` or `--` outside of literals; may err on the side of yes.
pub(super) fn may_assign(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    while at < bytes.len() {
        match byte(at) {
            quote @ (b'"' | b'\'') => {
                at += 1;
                while at < bytes.len() && byte(at) != quote {
                    at += if byte(at) == b'\\' { 2 } else { 1 };
                }
            }
            sign @ (b'+' | b'-') if byte(at + 1) == sign || byte(at + 1) == b'=' => return true,
            b'=' if byte(at + 1) == b'=' => at += 1,
            b'!' if byte(at + 1) == b'=' => at += 1,
            order @ (b'<' | b'>') if byte(at + 1) == b'=' && (at == 0 || byte(at - 1) != order) => at += 1,
            b'=' => return true,
            _ => {}
        }
        at += 1;
    }
    false
}
