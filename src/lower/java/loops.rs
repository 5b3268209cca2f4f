//! Loops. Must not know other statements.

use super::jump::Jump;
use super::kinds::{Kind, Role};
use super::{Lowering, child};
use crate::base::{Span, Symbol};
use crate::ir::{
    BinOp, BlockId, Call, CallKind, Callee, Const, LocalId, LocalKind, Operand, Place, PlaceBase, Proj, Rvalue, Terminator, Ty,
    TyId,
};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// Lowers a loop's body; gives where `break` and `continue` inside go, if anywhere.
    fn loop_body(
        &mut self,
        label: Option<Symbol>,
        cont: Option<BlockId>,
        body: Option<Node<'t>>,
    ) -> (Option<BlockId>, Option<BlockId>) {
        self.f.jumps.push(Jump::Loop { label, brk: None, cont });
        if let Some(body) = body {
            let scope = self.f.scope();
            self.stmt(body);
            self.f.close_scope(scope);
        }
        match self.f.jumps.pop() {
            Some(Jump::Loop { brk, cont, .. }) => (brk, cont),
            _ => (None, None),
        }
    }

    /// Whether a condition is the literal `true`, in parentheses or not.
    fn is_true(&mut self, mut node: Node<'t>) -> bool {
        loop {
            match self.kind(node) {
                Kind::True => return true,
                Kind::Parenthesized => match self.inner(node) {
                    Some(inner) => node = inner,
                    None => return false,
                },
                _ => return false,
            }
        }
    }

    /// Tests at a loop's head; gives the block after the loop, if the test can fail.
    fn loop_test(&mut self, condition: Option<Node<'t>>) -> Option<BlockId> {
        let condition = condition?;
        if self.is_true(condition) {
            return None;
        }
        let (body, after) = (self.f.b.new_block(), self.f.b.new_block());
        self.cond(condition, body, after);
        self.f.b.start(body);
        Some(after)
    }

    /// Starts the block after a loop, if it can be reached.
    fn after_loop(&mut self, after: Option<BlockId>, brk: Option<BlockId>) {
        for block in [after, brk].into_iter().flatten() {
            self.f.b.start(block);
        }
    }

    pub(super) fn while_stmt(&mut self, node: Node<'t>) {
        let label = self.f.label.take();
        let children = self.children(node);
        let head = self.f.b.new_block();
        self.f.b.start(head);
        let after = self.loop_test(child(&children, Role::Condition));
        let (brk, _) = self.loop_body(label, Some(head), child(&children, Role::Body));
        self.go_back(node, head);
        self.after_loop(after, brk);
    }

    fn goto(&mut self, target: BlockId) {
        self.f.b.terminate(Terminator::Goto(target), Span::default());
    }

    /// Goes back to a loop's head; the jump is written where the loop's keyword is.
    fn go_back(&mut self, node: Node<'t>, head: BlockId) {
        let span = node.first_child().map_or(Span::default(), |keyword| self.span(keyword));
        self.f.b.terminate(Terminator::Goto(head), span);
    }

    pub(super) fn do_stmt(&mut self, node: Node<'t>) {
        let label = self.f.label.take();
        let children = self.children(node);
        let head = self.f.b.new_block();
        self.f.b.start(head);
        let (brk, cont) = self.loop_body(label, None, child(&children, Role::Body));
        if let Some(cont) = cont {
            self.f.b.start(cont);
        }
        let mut after = None;
        if self.f.b.is_open() {
            match child(&children, Role::Condition) {
                Some(condition) if !self.is_true(condition) => {
                    let block = self.f.b.new_block();
                    self.cond(condition, head, block);
                    after = Some(block);
                }
                _ => self.go_back(node, head),
            }
        }
        self.after_loop(after, brk);
    }

    pub(super) fn for_stmt(&mut self, node: Node<'t>) {
        let label = self.f.label.take();
        let children = self.children(node);
        for init in children.iter().filter(|child| child.role == Role::Init) {
            if init.kind == Kind::LocalVariable { self.stmt(init.node) } else { self.expr_discard(init.node) }
        }
        let head = self.f.b.new_block();
        self.f.b.start(head);
        let after = self.loop_test(child(&children, Role::Condition));
        let has_update = children.iter().any(|child| child.role == Role::Update);
        let (brk, cont) = self.loop_body(label, (!has_update).then_some(head), child(&children, Role::Body));
        if has_update {
            if let Some(cont) = cont {
                self.f.b.start(cont);
            }
            if self.f.b.is_open() {
                for update in children.iter().filter(|child| child.role == Role::Update) {
                    self.expr_discard(update.node);
                }
            }
        }
        self.go_back(node, head);
        self.after_loop(after, brk);
    }

    /// `for (T x : xs)`: by index where `xs` is known to be an array, else by an iterator.
    pub(super) fn enhanced_for(&mut self, node: Node<'t>) {
        let label = self.f.label.take();
        let children = self.children(node);
        let (Some(name), Some(value)) = (child(&children, Role::Name), child(&children, Role::Value)) else {
            self.opaque(node);
            return;
        };
        let declared = child(&children, Role::Type).map_or(TyId::UNKNOWN, |ty| self.ty(ty));
        let declared = self.with_dimensions(declared, child(&children, Role::Dimensions));
        let (symbol, name_span, span) = (self.symbol(name), self.span(name), self.span(value));
        let source = self.expr(value);
        let body = child(&children, Role::Body);
        let held = match self.held(source.clone(), span) {
            Operand::Local(local) => local,
            constant => {
                let temp = self.f.b.temp(source.ty, span);
                self.f.b.assign(temp, Rvalue::Use(constant), span);
                temp
            }
        };
        if let Ty::Array(element, _) = source.ty.get() {
            let ty = if declared == TyId::UNKNOWN { *element } else { declared };
            self.for_array(held, *element, (symbol, ty, name_span), span, (label, body));
        } else {
            self.for_iterable(held, (symbol, declared, name_span), span, (label, body));
        }
    }

    fn for_array(
        &mut self,
        array: LocalId,
        element: TyId,
        (name, ty, name_span): (Symbol, TyId, Span),
        span: Span,
        (label, body): (Option<Symbol>, Option<Node<'t>>),
    ) {
        let index = self.f.b.local(None, TyId::INT, LocalKind::User, span);
        let int = |value| Operand::Const(Const::int(value, TyId::INT));
        self.f.b.assign(index, Rvalue::Use(int(0)), span);
        let head = self.f.b.new_block();
        self.f.b.start(head);
        let length =
            self.f.b.place(Place { base: PlaceBase::Local(array), proj: smallvec::smallvec![Proj::Field(self.sym.length)] });
        let length = self.f.b.value(Rvalue::Load(length), TyId::INT, span);
        let cond = self.f.b.value(Rvalue::Binary(BinOp::Lt, Operand::Local(index), length), TyId::BOOL, span);
        let (then, after) = (self.f.b.new_block(), self.f.b.new_block());
        self.f.b.terminate(Terminator::If { cond, then, els: after }, span);
        self.f.b.start(then);
        let place = self
            .f
            .b
            .place(Place { base: PlaceBase::Local(array), proj: smallvec::smallvec![Proj::Index(Operand::Local(index))] });
        let variable = self.f.variable(name, ty, name_span);
        if ty == element || ty == TyId::UNKNOWN {
            self.f.b.assign(variable, Rvalue::Load(place), name_span);
        } else {
            let loaded = self.f.b.value(Rvalue::Load(place), element, name_span);
            self.f.b.assign(variable, Rvalue::Cast(ty, loaded), name_span);
        }
        let (brk, cont) = self.loop_body(label, None, body);
        if let Some(cont) = cont {
            self.f.b.start(cont);
        }
        if self.f.b.is_open() {
            self.f.b.assign(index, Rvalue::Binary(BinOp::Add, Operand::Local(index), int(1)), span);
        }
        self.goto(head);
        self.after_loop(Some(after), brk);
    }

    fn for_iterable(
        &mut self,
        source: LocalId,
        (name, ty, name_span): (Symbol, TyId, Span),
        span: Span,
        (label, body): (Option<Symbol>, Option<Node<'t>>),
    ) {
        let iterator_ty = self.names.named(Symbol::new("java.util.Iterator"));
        let iterator = self.f.b.temp(iterator_ty, span);
        self.simple_call(source, "iterator", iterator, span);
        let head = self.f.b.new_block();
        self.f.b.start(head);
        let more = self.f.b.temp(TyId::BOOL, span);
        self.simple_call(iterator, "hasNext", more, span);
        let (then, after) = (self.f.b.new_block(), self.f.b.new_block());
        self.f.b.terminate(Terminator::If { cond: Operand::Local(more), then, els: after }, span);
        self.f.b.start(then);
        let variable = self.f.variable(name, ty, name_span);
        self.simple_call(iterator, "next", variable, name_span);
        let (brk, _) = self.loop_body(label, Some(head), body);
        self.goto(head);
        self.after_loop(Some(after), brk);
    }

    fn simple_call(&mut self, receiver: LocalId, name: &str, dst: LocalId, span: Span) {
        let call = Call {
            callee: Callee::Method { name: Symbol::new(name), owner: TyId::UNKNOWN },
            receiver: Some(Operand::Local(receiver)),
            args: Box::new([]),
            arg_spans: Box::new([]),
            dst: Some(dst),
            kind: CallKind::Virtual,
            name_span: span,
        };
        self.f.b.call(call, span);
    }
}
