//! Loops. Must not know `switch`.

use super::kinds::{Kind, field, kind};
use super::stmt::{FnCx, Jump};
use crate::base::Span;
use crate::ir::{BlockId, Const, Operand, Terminator};
use crate::syntax::Node;

impl<'t> FnCx<'_, '_, 't> {
    /// Branches by the node's condition; a broken one may be either.
    pub(super) fn condition_of(&mut self, node: Node<'t>, then: BlockId, els: BlockId) {
        match field::condition(node) {
            Some(cond) if cond.has_error() => {
                self.opaque(cond, true);
                let span = self.span(cond);
                self.b.terminate(Terminator::If { cond: Operand::Const(Const::Unknown), then, els }, span);
            }
            Some(cond) => self.branch(cond, then, els),
            None => self.go(then),
        }
    }

    pub(super) fn with_jump(&mut self, jump: Jump, body: Option<Node<'t>>) {
        self.jumps.push(jump);
        if let Some(body) = body {
            self.stmt(body);
        }
        self.jumps.pop();
    }

    /// Goes back to a loop's head; the jump is written where the loop's keyword is.
    fn go_back(&mut self, node: Node<'t>, head: BlockId) {
        let span = node.first_child().map_or(Span::default(), |keyword| self.span(keyword));
        self.b.terminate(Terminator::Goto(head), span);
    }

    pub(super) fn while_loop(&mut self, node: Node<'t>) {
        let (head, body, after) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        self.b.start(head);
        self.condition_of(node, body, after);
        self.b.start(body);
        self.with_jump(Jump { on_break: after, on_continue: Some(head) }, field::body(node));
        self.error_children(node);
        self.go_back(node, head);
        self.b.start(after);
    }

    pub(super) fn do_loop(&mut self, node: Node<'t>) {
        let (body, check, after) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        self.b.start(body);
        self.with_jump(Jump { on_break: after, on_continue: Some(check) }, field::body(node));
        self.error_children(node);
        self.b.start(check);
        self.condition_of(node, body, after);
        self.b.start(after);
    }

    pub(super) fn for_loop(&mut self, node: Node<'t>) {
        let mark = self.low.scopes.mark();
        if let Some(initializer) = field::initializer(node) {
            if kind(initializer) == Kind::Declaration {
                self.stmt(initializer);
            } else {
                self.effect_or_broken(initializer);
            }
        }
        let (head, body, step, after) = (self.b.new_block(), self.b.new_block(), self.b.new_block(), self.b.new_block());
        self.b.start(head);
        self.condition_of(node, body, after);
        self.b.start(body);
        self.with_jump(Jump { on_break: after, on_continue: Some(step) }, field::body(node));
        self.error_children(node);
        self.b.start(step);
        if let Some(update) = field::update(node) {
            self.effect_or_broken(update);
        }
        self.go_back(node, head);
        self.b.start(after);
        self.low.scopes.close(mark, |_| {});
    }
}
