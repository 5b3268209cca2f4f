//! Values that decide where control goes: conditions, `&&`, `||`, `?:`, statement expressions.
//! Must not know loops and switches.

use super::expr::{Val, bare};
use super::kinds::{Kind, field, kind};
use super::operator::{is_comparison, is_pointer};
use super::stmt::{FnCx, first_child, last_child};
use super::types::common;
use crate::base::Span;
use crate::ir::{BinOp, BlockId, Const, Operand, Rvalue, Terminator, TyId};
use crate::syntax::Node;

impl<'t> FnCx<'_, '_, 't> {
    pub(super) fn conditional(&mut self, node: Node<'t>) -> Val {
        let span = self.span(node);
        let (then, els, after) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        let Some(condition) = field::condition(node) else { return Val::unknown() };
        let result = self.b.temp(TyId::UNKNOWN, span);
        let mut first = None;
        match field::consequence(node) {
            Some(consequence) => {
                self.branch(condition, then, els);
                self.b.start(then);
                let value = self.expr(consequence);
                first = Some(value.ty);
                self.b.assign(result, Rvalue::Use(value.op), span);
            }
            // `a ?: b`
            None => {
                let value = self.expr(condition);
                first = first.or(Some(value.ty));
                self.test(value.clone(), then, els, span);
                self.b.start(then);
                self.b.assign(result, Rvalue::Use(value.op), span);
            }
        }
        self.go(after);
        self.b.start(els);
        let other = field::alternative(node).map_or_else(Val::unknown, |alternative| self.expr(alternative));
        self.b.assign(result, Rvalue::Use(other.op), span);
        let first = first.unwrap_or(TyId::UNKNOWN);
        let ty = if first == other.ty || is_pointer(first) || other.ty == TyId::UNKNOWN {
            first
        } else if is_pointer(other.ty) {
            other.ty
        } else {
            common(first, other.ty)
        };
        self.b.set_ty(result, ty);
        self.go(after);
        self.b.start(after);
        Val { op: Operand::Local(result), ty }
    }

    pub(super) fn logical(&mut self, node: Node<'t>) -> Val {
        let span = self.span(node);
        let result = self.b.temp(TyId::INT, span);
        let (yes, no, after) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        self.branch(node, yes, no);
        for (block, value) in [(yes, 1), (no, 0)] {
            self.b.start(block);
            self.b.assign(result, Rvalue::Use(Operand::Const(Const::int(value, TyId::INT))), span);
            self.go(after);
        }
        self.b.start(after);
        Val { op: Operand::Local(result), ty: TyId::INT }
    }

    pub(super) fn statement_expression(&mut self, block: Node<'t>) -> Val {
        let mark = self.low.scopes.mark();
        let last = last_child(block).filter(|last| kind(*last) == Kind::ExpressionStatement);
        for child in block.children() {
            if Some(child.id()) != last.map(|last| last.id()) && (child.is_named() || child.is_missing()) {
                self.stmt(child);
            }
        }
        let value = match last {
            Some(last) if last.has_error() => {
                self.opaque(last, true);
                Val::unknown()
            }
            Some(last) => first_child(last).map_or_else(Val::unknown, |value| self.expr(value)),
            None => Val::unknown(),
        };
        self.low.scopes.close(mark, |_| {});
        value
    }

    /// Branches by a condition: `&&`, `||` and `!` are control flow.
    pub(super) fn branch(&mut self, node: Node<'t>, then: BlockId, els: BlockId) {
        let node = bare(node);
        if !self.enter(node) {
            let span = self.span(node);
            self.b.terminate(Terminator::If { cond: Operand::Const(Const::Unknown), then, els }, span);
            return;
        }
        self.branch_at(node, then, els);
        self.leave();
    }

    fn branch_at(&mut self, node: Node<'t>, then: BlockId, els: BlockId) {
        let operator = |cx: &Self| field::operator(node).map(|operator| cx.low.text(operator)).unwrap_or_default();
        match kind(node) {
            Kind::UnaryExpression if operator(self) == "!" => {
                if let Some(argument) = field::argument(node) {
                    self.branch(argument, els, then);
                }
            }
            Kind::BinaryExpression if matches!(operator(self), "&&" | "||") => {
                let operator = operator(self);
                // A chain of one operator nests to the left, however long.
                let mut operands = Vec::new();
                let mut at = node;
                while kind(at) == Kind::BinaryExpression && field::operator(at).is_some_and(|op| self.low.text(op) == operator) {
                    operands.extend(field::right(at));
                    match field::left(at) {
                        Some(left) => at = bare(left),
                        None => break,
                    }
                }
                operands.push(at);
                let mut rest = operands.len();
                for operand in operands.into_iter().rev() {
                    rest -= 1;
                    if rest == 0 {
                        self.branch(operand, then, els);
                        return;
                    }
                    let next = self.b.new_block();
                    if operator == "&&" {
                        self.branch(operand, next, els);
                    } else {
                        self.branch(operand, then, next);
                    }
                    self.b.start(next);
                }
            }
            Kind::CommaExpression => {
                if let Some(left) = field::left(node) {
                    self.effect(left);
                }
                if let Some(right) = field::right(node) {
                    self.branch(right, then, els);
                }
            }
            _ => {
                let span = self.span(node);
                let value = self.expr_at(node);
                self.test(value, then, els, span);
            }
        }
    }

    /// Branches by a value being other than zero.
    pub(super) fn test(&mut self, value: Val, then: BlockId, els: BlockId, span: Span) {
        let constant = match value.op {
            Operand::Const(Const::Int(number, _)) => Some(number.get() != 0),
            Operand::Const(Const::Char(unit)) => Some(unit != 0),
            Operand::Const(Const::Bool(truth)) => Some(truth),
            Operand::Const(Const::Null) => Some(false),
            Operand::Const(Const::Str(_) | Const::Func(_)) => Some(true),
            _ => None,
        };
        let cond = match constant {
            Some(truth) => Operand::Const(Const::Bool(truth)),
            None if matches!(value.op, Operand::Const(_)) => value.op,
            None if value.ty == TyId::BOOL || self.is_comparison_result(&value.op) => value.op,
            None => {
                let zero = self.zero_of(&value);
                self.b.value(Rvalue::Binary(BinOp::Ne, value.op, zero), TyId::INT, span)
            }
        };
        if !self.b.is_open() {
            let block = self.b.new_block();
            self.b.start(block);
        }
        self.b.terminate(Terminator::If { cond, then, els }, span);
    }

    /// Whether the operand is the temporary of the comparison just pushed.
    fn is_comparison_result(&self, op: &Operand) -> bool {
        match (op, self.b.last_stmt()) {
            (Operand::Local(local), Some(crate::ir::StmtKind::Assign(to, Rvalue::Binary(op, ..)))) => {
                local == to && is_comparison(*op)
            }
            _ => false,
        }
    }
}

/// Whether an operand is the literal 0.
pub(super) fn is_zero(op: &Operand) -> bool {
    matches!(op, Operand::Const(constant) if constant.is_zero() || *constant == Const::Null)
}
