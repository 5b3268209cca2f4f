//! `try`, try-with-resources and `synchronized`: handlers, exceptional edges and what runs on every way out.
//! Must not know other statements.

use super::jump::Jump;
use super::kinds::{Kind, Role};
use super::{Child, Lowering, child, of_kind};
use crate::base::{Span, Symbol};
use crate::ir::{BlockId, CatchArm, Const, LocalId, LocalKind, Operand, Rvalue, StmtKind, Terminator, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    fn throwable(&mut self) -> TyId {
        self.names.named(Symbol::new("java.lang.Throwable"))
    }

    /// Starts a handler that takes every exception; gives the local that holds it. The code after it is open.
    fn catch_all(&mut self, handler: BlockId, span: Span) -> LocalId {
        let ty = self.throwable();
        let exception = self.f.b.temp(ty, span);
        let body = self.f.b.new_block();
        self.f.b.start(handler);
        self.f.b.terminate(Terminator::Catch { exception, arms: Box::new([]), otherwise: Some(body) }, span);
        self.f.b.start(body);
        exception
    }

    /// `try`, with or without resources.
    pub(super) fn try_stmt(&mut self, node: Node<'t>) {
        let children = self.children(node);
        let Some(body) = child(&children, Role::Body) else { return };
        let resources = child(&children, Role::Resources);
        let finally = of_kind(&children, Kind::FinallyClause);
        let finally_block = finally.and_then(|finally| of_kind(&self.children(finally), Kind::Block));
        let catches: smallvec::SmallVec<[Child<'t>; 4]> =
            children.iter().filter(|child| child.kind == Kind::CatchClause).copied().collect();

        let outer = self.f.b.unwind();
        let finally_handler = finally_block.map(|_| self.f.b.new_block());
        if let Some(body) = finally_block {
            self.f.jumps.push(Jump::Finally { body, outer, copies: 0, shared: None });
            self.f.cleanups += 1;
        }
        let around = finally_handler.or(outer);
        let catch_handler = (!catches.is_empty()).then(|| self.f.b.new_block());
        self.f.b.set_unwind(catch_handler.or(around));

        let scope = self.f.scope();
        match resources {
            Some(resources) => {
                let list = self.children(resources);
                let list: Vec<Node<'t>> =
                    list.iter().filter(|child| child.kind == Kind::Resource).map(|child| child.node).collect();
                self.resources(&list, body);
            }
            None => self.stmt(body),
        }
        self.f.close_scope(scope);

        let mut join = None;
        self.goto_lazily(&mut join);
        self.f.b.set_unwind(around);
        if let Some(handler) = catch_handler {
            self.catches(handler, &catches, around, &mut join);
        }
        self.f.b.set_unwind(outer);
        match (finally_block, finally_handler) {
            (Some(block), Some(handler)) => {
                self.finally(block, handler, join, finally.map_or(Span::default(), |it| self.span(it)))
            }
            _ => {
                if let Some(join) = join {
                    self.f.b.start(join);
                }
            }
        }
    }

    /// Ends the open block with a jump to a block made at its first use.
    pub(super) fn goto_lazily(&mut self, target: &mut Option<BlockId>) {
        if self.f.b.is_open() {
            let block = *target.get_or_insert_with(|| self.f.b.new_block());
            self.f.b.terminate(Terminator::Goto(block), Span::default());
        }
    }

    fn catches(&mut self, handler: BlockId, catches: &[Child<'t>], around: Option<BlockId>, join: &mut Option<BlockId>) {
        let span = catches.first().map_or(Span::default(), |clause| self.span(clause.node));
        let ty = self.throwable();
        let exception = self.f.b.temp(ty, span);
        let mut arms = Vec::with_capacity(catches.len());
        let mut bodies = Vec::with_capacity(catches.len());
        let mut total = false;
        for clause in catches {
            let parts = self.children(clause.node);
            let param = of_kind(&parts, Kind::CatchParameter);
            let mut types = Vec::new();
            let mut name = None;
            if let Some(param) = param {
                let parts = self.children(param);
                if let Some(list) = of_kind(&parts, Kind::CatchType) {
                    types = self.type_list(list);
                }
                name = child(&parts, Role::Name);
            }
            total |= types.contains(&ty);
            let target = self.f.b.new_block();
            let declared = if let [one] = types.as_slice() { *one } else { ty };
            arms.push(CatchArm { types: types.into_boxed_slice(), target });
            bodies.push((target, name, declared, child(&parts, Role::Body)));
        }
        let otherwise = (around.is_some() && !total).then(|| self.f.b.new_block());
        self.f.b.start(handler);
        self.f.b.terminate(Terminator::Catch { exception, arms: arms.into_boxed_slice(), otherwise }, span);
        for (target, name, declared, body) in bodies {
            self.f.b.start(target);
            let scope = self.f.scope();
            if let Some(name) = name {
                let (symbol, span) = (self.symbol(name), self.span(name));
                let local = self.f.variable(symbol, declared, span);
                self.f.b.assign(local, Rvalue::Use(Operand::Local(exception)), span);
            }
            if let Some(body) = body {
                self.stmt(body);
            }
            self.f.close_scope(scope);
            self.goto_lazily(join);
        }
        if let Some(otherwise) = otherwise {
            self.f.b.start(otherwise);
            self.f.b.terminate(Terminator::Throw(Operand::Local(exception)), span);
        }
    }

    /// The copy of a `finally` block for normal completion, and the exceptional one.
    fn finally(&mut self, block: Node<'t>, handler: BlockId, join: Option<BlockId>, span: Span) {
        let Some(mut jump) = self.f.jumps.pop() else { return };
        self.f.cleanups -= 1;
        let mut after = None;
        if let Some(join) = join {
            self.f.b.start(join);
            self.cleanup(&mut jump, true);
            self.goto_lazily(&mut after);
        }
        let exception = self.catch_all(handler, span);
        let Jump::Finally { shared, .. } = jump else { return };
        match shared {
            None => {
                self.finally_copy(block);
                if self.f.b.is_open() {
                    self.f.b.terminate(Terminator::Throw(Operand::Local(exception)), span);
                }
            }
            Some(shared) => {
                let none = Operand::Const(Const::int(0, TyId::INT));
                self.f.b.assign(shared.selector, Rvalue::Use(none), span);
                self.f.b.start(shared.entry);
                self.finally_copy(block);
                let rethrow = self.f.b.new_block();
                if self.f.b.is_open() {
                    let value = Operand::Local(shared.selector);
                    let arms = shared.conts.into_boxed_slice();
                    self.f.b.terminate(Terminator::Switch { value, arms, default: rethrow }, span);
                }
                self.f.b.start(rethrow);
                self.f.b.terminate(Terminator::Throw(Operand::Local(exception)), span);
            }
        }
        if let Some(after) = after {
            self.f.b.start(after);
        }
    }

    /// Declares resources one inside the other, then the body; each is closed on every way out.
    fn resources(&mut self, list: &[Node<'t>], body: Node<'t>) {
        let Some((&resource, rest)) = list.split_first() else {
            self.stmt(body);
            return;
        };
        if !self.enter() {
            self.leave();
            return;
        }
        let span = self.span(resource);
        let parts = self.children(resource);
        let value = child(&parts, Role::Value);
        let guard = value.is_none_or(|value| self.kind(value) != Kind::ObjectCreation);
        let local = match (child(&parts, Role::Name), value) {
            (Some(name), Some(value)) => {
                let ty = child(&parts, Role::Type).map_or(TyId::UNKNOWN, |ty| self.ty(ty));
                self.declare_with(name, ty, value, span)
            }
            _ => {
                let value = parts.iter().find(|part| part.kind.is_expression()).map(|part| part.node);
                let temp = self.f.b.temp(TyId::UNKNOWN, span);
                match value {
                    Some(value) => {
                        let ty = self.expr_into(value, temp).ty;
                        self.f.b.set_ty(temp, ty);
                    }
                    None => self.f.b.assign(temp, Rvalue::Use(Operand::Const(Const::Unknown)), span),
                }
                temp
            }
        };
        let outer = self.f.b.unwind();
        let handler = self.f.b.new_block();
        self.f.jumps.push(Jump::Close { local, guard, outer, span });
        self.f.cleanups += 1;
        self.f.b.set_unwind(Some(handler));
        self.resources(rest, body);
        self.f.jumps.pop();
        self.f.cleanups -= 1;
        let mut after = None;
        self.f.b.set_unwind(outer);
        if self.f.b.is_open() {
            self.close(local, guard, span);
            self.goto_lazily(&mut after);
        }
        let exception = self.catch_all(handler, span);
        self.close(local, guard, span);
        self.f.b.terminate(Terminator::Throw(Operand::Local(exception)), span);
        if let Some(after) = after {
            self.f.b.start(after);
        }
        self.leave();
    }

    /// A variable with its initial value.
    pub(super) fn declare_with(&mut self, name: Node<'t>, ty: TyId, value: Node<'t>, span: Span) -> LocalId {
        let symbol = self.symbol(name);
        let local = self.f.b.local(Some(symbol), ty, LocalKind::User, span);
        let init = self.initializer(value, local, ty);
        if ty == TyId::UNKNOWN {
            self.f.b.set_ty(local, init);
        }
        // In scope after its value: a lambda there means what the name was before.
        self.f.declare(symbol, local);
        local
    }

    /// `synchronized (lock) { … }`
    pub(super) fn synchronized(&mut self, node: Node<'t>) {
        let span = self.span(node);
        let children = self.children(node);
        let lock = of_kind(&children, Kind::Parenthesized).and_then(|lock| self.inner(lock));
        let lock = match lock {
            Some(lock) => {
                let lock_span = self.span(lock);
                let value = self.expr(lock);
                let temp = self.f.b.temp(value.ty, lock_span);
                self.f.b.assign(temp, Rvalue::Use(value.op), lock_span);
                Operand::Local(temp)
            }
            None => Operand::Const(Const::Unknown),
        };
        self.f.b.push(StmtKind::MonitorEnter(lock.clone()), span);
        let outer = self.f.b.unwind();
        let handler = self.f.b.new_block();
        self.f.jumps.push(Jump::Monitor { lock: lock.clone(), outer, span });
        self.f.cleanups += 1;
        self.f.b.set_unwind(Some(handler));
        if let Some(body) = child(&children, Role::Body) {
            self.stmt(body);
        }
        self.f.jumps.pop();
        self.f.cleanups -= 1;
        self.f.b.set_unwind(outer);
        let mut after = None;
        if self.f.b.is_open() {
            self.f.b.push(StmtKind::MonitorExit(lock.clone()), span);
            self.goto_lazily(&mut after);
        }
        let exception = self.catch_all(handler, span);
        self.f.b.push(StmtKind::MonitorExit(lock), span);
        self.f.b.terminate(Terminator::Throw(Operand::Local(exception)), span);
        if let Some(after) = after {
            self.f.b.start(after);
        }
    }
}
