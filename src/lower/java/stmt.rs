//! Statements. Must not know how expressions lower.

use super::jump::Jump;
use super::kinds::{Kind, Role};
use super::{Children, Lowering, Reused, child};
use crate::base::{Span, Symbol};
use crate::ir::{Call, CallKind, Callee, Const, LocalKind, Operand, Rvalue, StmtKind, Terminator, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// A statement; also a whole block.
    pub(super) fn stmt(&mut self, node: Node<'t>) {
        if !self.enter() {
            self.leave();
            return;
        }
        let kind = self.kind(node);
        if !matches!(kind, Kind::ForStatement | Kind::WhileStatement | Kind::DoStatement | Kind::EnhancedForStatement)
            && kind != Kind::LabeledStatement
        {
            self.f.label = None;
        }
        if node.has_error() && is_simple(kind) && self.error_outside_blocks(node) {
            self.unreadable(node, kind);
        } else {
            self.stmt_of(node, kind);
        }
        self.leave();
    }

    fn stmt_of(&mut self, node: Node<'t>, kind: Kind) {
        let scope = self.f.scope();
        match kind {
            Kind::Block | Kind::ConstructorBody => {
                let children = self.children(node);
                self.stmts(&children);
            }
            Kind::ExpressionStatement => {
                if let Some(inner) = self.inner(node) {
                    self.expr_discard(inner);
                }
            }
            Kind::LocalVariable => return self.local_variable(node),
            Kind::IfStatement => return self.if_stmt(node),
            Kind::WhileStatement => return self.while_stmt(node),
            Kind::DoStatement => self.do_stmt(node),
            Kind::ForStatement => self.for_stmt(node),
            Kind::EnhancedForStatement => self.enhanced_for(node),
            Kind::ReturnStatement => self.return_stmt(node),
            Kind::ThrowStatement => {
                let span = self.span(node);
                let value = self.inner(node).map_or(Operand::Const(Const::Unknown), |inner| self.expr(inner).op);
                self.f.b.terminate(Terminator::Throw(value), span);
            }
            Kind::BreakStatement | Kind::ContinueStatement => {
                let span = self.span(node);
                let label = self.inner(node).map(|label| self.symbol(label));
                if kind == Kind::BreakStatement {
                    self.break_to(label, span);
                } else {
                    self.continue_to(label, span);
                }
            }
            Kind::YieldStatement => self.yield_stmt(node),
            Kind::LabeledStatement => self.labeled(node),
            Kind::SwitchExpression => self.switch_stmt(node),
            Kind::TryStatement | Kind::TryWithResources => self.try_stmt(node),
            Kind::SynchronizedStatement => self.synchronized(node),
            Kind::AssertStatement => self.assert_stmt(node),
            Kind::ExplicitConstructor => self.explicit_constructor(node),
            Kind::Semicolon => {}
            kind if kind.is_type_declaration() => {
                self.local_type(node);
                return;
            }
            _ => self.opaque(node),
        }
        self.f.close_scope(scope);
    }

    /// The statements among a block's children, in a scope of their own.
    pub(super) fn stmts(&mut self, children: &Children<'t>) {
        for child in children {
            if is_statement(child.kind) {
                self.stmt(child.node);
            } else if child.kind == Kind::Error {
                self.unreadable(child.node, child.kind);
            } else if child.node.is_named() {
                self.opaque(child.node);
            }
        }
    }

    /// A construct the lowering does not know.
    pub(super) fn opaque(&mut self, node: Node<'t>) {
        let span = self.span(node);
        self.f.b.push(StmtKind::Opaque, span);
    }

    /// A region the parser could not read; what it declares is declared all the same.
    fn unreadable(&mut self, node: Node<'t>, kind: Kind) {
        self.f.b.mark_broken();
        let span = self.span(node);
        self.f.b.push(StmtKind::Opaque, span);
        if kind == Kind::LocalVariable {
            let children = self.children(node);
            let base = child(&children, Role::Type).map_or(TyId::UNKNOWN, |ty| self.ty(ty));
            for declarator in children.iter().filter(|child| child.kind == Kind::VariableDeclarator) {
                let parts = self.children(declarator.node);
                if let Some(name) = child(&parts, Role::Name) {
                    let ty = self.with_dimensions(base, child(&parts, Role::Dimensions));
                    let (symbol, span) = (self.symbol(name), self.span(declarator.node));
                    let local = self.f.variable(symbol, ty, span);
                    self.f.b.assign(local, Rvalue::Use(Operand::Const(Const::Unknown)), span);
                }
            }
        }
    }

    /// Whether an unreadable region lies in the statement itself and not in a block within it.
    fn error_outside_blocks(&mut self, node: Node<'t>) -> bool {
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            if node.is_error() || (node.is_missing() && self.kind(node) != Kind::Semicolon) {
                return true;
            }
            if !node.has_error() {
                continue;
            }
            for child in self.children(node) {
                let block = matches!(child.kind, Kind::Block | Kind::ClassBody | Kind::SwitchBlock);
                if child.node.has_error() && !block {
                    stack.push(child.node);
                }
            }
        }
        false
    }

    fn local_variable(&mut self, node: Node<'t>) {
        let children = self.children(node);
        let base = child(&children, Role::Type).map_or(TyId::UNKNOWN, |ty| self.ty(ty));
        for declarator in children.iter().filter(|child| child.kind == Kind::VariableDeclarator) {
            let parts = self.children(declarator.node);
            let Some(name) = child(&parts, Role::Name) else { continue };
            let ty = self.with_dimensions(base, child(&parts, Role::Dimensions));
            let span = self.span(declarator.node);
            match child(&parts, Role::Value) {
                Some(value) => {
                    self.declare_with(name, ty, value, span);
                }
                None => {
                    let symbol = self.symbol(name);
                    self.f.variable(symbol, ty, span);
                }
            }
        }
    }

    /// `if`, with its chain of `else if` taken in a loop.
    fn if_stmt(&mut self, node: Node<'t>) {
        let mut join = None;
        let mut node = node;
        loop {
            let scope = self.f.scope();
            let children = self.children(node);
            let (then, els) = (self.f.b.new_block(), self.f.b.new_block());
            match child(&children, Role::Condition) {
                Some(condition) => self.cond(condition, then, els),
                None => {
                    let span = self.span(node);
                    self.f.b.terminate(Terminator::If { cond: Operand::Const(Const::Unknown), then, els }, span);
                }
            }
            self.f.b.start(then);
            if let Some(consequence) = child(&children, Role::Consequence) {
                self.stmt(consequence);
            }
            let completes = self.f.b.is_open();
            self.goto_lazily(&mut join);
            self.f.b.start(els);
            // `if (!(o instanceof T t)) return;` brings `t` into scope for what follows.
            let alternative = child(&children, Role::Alternative);
            if completes && alternative.is_none() {
                self.f.close_scope(scope);
            }
            match alternative {
                None => break,
                Some(next) if self.kind(next) == Kind::IfStatement && !next.is_error() => node = next,
                Some(alternative) => {
                    self.stmt(alternative);
                    break;
                }
            }
        }
        if let Some(join) = join {
            self.f.b.start(join);
        }
    }

    fn return_stmt(&mut self, node: Node<'t>) {
        let span = self.span(node);
        let value = self.inner(node).map(|inner| self.expr(inner));
        let value = match value {
            // A `finally` block may assign the variable after its value was taken.
            Some(value) if self.f.cleanups > 0 => Some(self.held(value, span)),
            Some(value) => Some(value.op),
            None => None,
        };
        self.exit(0, Terminator::Return(value), span);
    }

    fn yield_stmt(&mut self, node: Node<'t>) {
        let span = self.span(node);
        let Some((index, result)) = self.yield_target() else {
            self.opaque(node);
            return;
        };
        if let Some(inner) = self.inner(node) {
            self.expr_into(inner, result);
        }
        self.yield_to(index, span);
    }

    fn labeled(&mut self, node: Node<'t>) {
        let children = self.children(node);
        let mut named = children.iter().filter(|child| child.kind != Kind::Colon);
        let Some(name) = named.next() else { return };
        let name = self.symbol(name.node);
        let Some(body) = named.next() else { return };
        self.f.jumps.push(Jump::Label { name, brk: None });
        self.f.label = Some(name);
        self.stmt(body.node);
        if let Some(Jump::Label { brk: Some(block), .. }) = self.f.jumps.pop() {
            self.f.b.start(block);
        }
    }

    /// `assert c : d;` as `if (?) if (!c) throw new AssertionError(d);`
    fn assert_stmt(&mut self, node: Node<'t>) {
        let span = self.span(node);
        let children = self.children(node);
        let mut parts = children.iter().filter(|child| child.kind.is_expression()).map(|child| child.node);
        let Some(condition) = parts.next() else { return };
        let detail = parts.next();
        let (check, fails, holds) = (self.f.b.new_block(), self.f.b.new_block(), self.f.b.new_block());
        self.f.b.terminate(Terminator::If { cond: Operand::Const(Const::Unknown), then: check, els: holds }, span);
        self.f.b.start(check);
        self.cond(condition, holds, fails);
        self.f.b.start(fails);
        let mut args = Vec::new();
        let mut arg_spans = Vec::new();
        if let Some(detail) = detail {
            args.push(self.expr(detail).op);
            arg_spans.push(self.span(detail));
        }
        let ty = self.names.named(Symbol::new("java.lang.AssertionError"));
        let error = self.f.b.temp(ty, span);
        let call = Call {
            callee: Callee::Constructor(ty),
            receiver: None,
            args: args.into_boxed_slice(),
            arg_spans: arg_spans.into_boxed_slice(),
            dst: Some(error),
            kind: CallKind::New,
            name_span: span,
        };
        self.f.b.call(call, span);
        self.f.b.terminate(Terminator::Throw(Operand::Local(error)), span);
        self.f.b.start(holds);
    }

    /// `this(…)` or `super(…)`.
    fn explicit_constructor(&mut self, node: Node<'t>) {
        let span = self.span(node);
        let children = self.children(node);
        if let Some(object) = child(&children, Role::Object) {
            self.expr_discard(object);
        }
        let constructor = child(&children, Role::Constructor);
        let of = self.current_type();
        let ty = match constructor.map(|it| self.kind(it)) {
            Some(Kind::Super) => self.superclass_of(of),
            _ => of
                .and_then(|of| self.unit.types.get(of))
                .map(|decl| decl.name)
                .map_or(TyId::UNKNOWN, |name| self.names.named(name)),
        };
        let (args, arg_spans) = self.arguments(child(&children, Role::Arguments));
        let receiver = self.this().map(Operand::Local);
        let name_span = constructor.map_or(span, |it| self.span(it));
        let call =
            Call { callee: Callee::Constructor(ty), receiver, args, arg_spans, dst: None, kind: CallKind::Special, name_span };
        self.f.b.call(call, span);
    }

    /// A class, interface, enum or record declared in a block.
    fn local_type(&mut self, node: Node<'t>) {
        if let Some(Reused::Type(of)) = self.remembered(node) {
            if let Some(info) = self.infos.get(of)
                && let Some(simple) = info.simple.0
            {
                self.f.local_types.insert(simple, of);
            }
            return;
        }
        if let Some(of) = self.nested_type(node) {
            self.remember(node, Reused::Type(of));
        }
    }

    /// The operand in a temporary of its own if it is a variable that later code may assign.
    pub(super) fn held(&mut self, value: super::expr::Val, span: Span) -> Operand {
        match value.op {
            Operand::Local(local) if self.f.b.locals().get(local).is_some_and(|local| local.kind != LocalKind::Temp) => {
                self.f.b.value(Rvalue::Use(Operand::Local(local)), value.ty, span)
            }
            op => op,
        }
    }
}

/// Statements without statements of their own, outside of lambdas and class bodies.
fn is_simple(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ExpressionStatement
            | Kind::LocalVariable
            | Kind::ReturnStatement
            | Kind::ThrowStatement
            | Kind::BreakStatement
            | Kind::ContinueStatement
            | Kind::YieldStatement
            | Kind::AssertStatement
            | Kind::ExplicitConstructor
            | Kind::Error
    )
}

fn is_statement(kind: Kind) -> bool {
    use Kind::*;
    is_simple(kind) && kind != Error
        || matches!(
            kind,
            Block
                | IfStatement
                | WhileStatement
                | DoStatement
                | ForStatement
                | EnhancedForStatement
                | LabeledStatement
                | SwitchExpression
                | TryStatement
                | TryWithResources
                | SynchronizedStatement
        )
        || kind.is_type_declaration()
}
