//! Unary and binary operators, string concatenation, and the types they give.
//! Must not know assignments.

use super::expr::{Dst, Val};
use super::kinds::{Kind, Role};
use super::{Lowering, child};
use crate::base::Symbol;
use crate::ir::{BinOp, Const, Operand, Rvalue, Ty, TyId, UnOp};
use crate::syntax::Node;

/// The operator of a token.
pub(super) fn binary_operator(token: Kind) -> Option<BinOp> {
    Some(match token {
        Kind::Plus | Kind::PlusAssign => BinOp::Add,
        Kind::Minus | Kind::MinusAssign => BinOp::Sub,
        Kind::Star | Kind::StarAssign => BinOp::Mul,
        Kind::Slash | Kind::SlashAssign => BinOp::Div,
        Kind::Percent | Kind::PercentAssign => BinOp::Rem,
        Kind::Amp | Kind::AmpAssign => BinOp::And,
        Kind::Pipe | Kind::PipeAssign => BinOp::Or,
        Kind::Caret | Kind::CaretAssign => BinOp::Xor,
        Kind::ShlOp | Kind::ShlAssign => BinOp::Shl,
        Kind::ShrOp | Kind::ShrAssign => BinOp::Shr,
        Kind::UshrOp | Kind::UshrAssign => BinOp::UShr,
        Kind::EqEq => BinOp::Eq,
        Kind::BangEq => BinOp::Ne,
        Kind::Lt => BinOp::Lt,
        Kind::Le => BinOp::Le,
        Kind::Gt => BinOp::Gt,
        Kind::Ge => BinOp::Ge,
        _ => return None,
    })
}

/// The type of `left op right`.
pub(super) fn binary_type(op: BinOp, left: TyId, right: TyId) -> TyId {
    match op {
        BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => TyId::BOOL,
        BinOp::Concat => TyId::STRING,
        BinOp::Shl | BinOp::Shr | BinOp::UShr => promote(left),
        BinOp::And | BinOp::Or | BinOp::Xor if left == TyId::BOOL && right == TyId::BOOL => TyId::BOOL,
        _ => match (rank(left), rank(right)) {
            (Some(a), Some(b)) => match a.max(b) {
                0 => TyId::INT,
                1 => TyId::LONG,
                2 => TyId::new(Ty::Float { bits: 32 }),
                _ => TyId::new(Ty::Float { bits: 64 }),
            },
            _ => TyId::UNKNOWN,
        },
    }
}

fn promote(ty: TyId) -> TyId {
    match rank(ty) {
        Some(0) => TyId::INT,
        Some(_) => ty,
        None => TyId::UNKNOWN,
    }
}

/// Numeric types by binary promotion.
fn rank(ty: TyId) -> Option<u8> {
    match ty.get() {
        Ty::Int { bits: 64, .. } => Some(1),
        Ty::Int { .. } | Ty::Char { .. } => Some(0),
        Ty::Float { bits: 32 } => Some(2),
        Ty::Float { .. } => Some(3),
        _ => None,
    }
}

impl<'t> Lowering<'t> {
    /// A binary expression as a value. Chains lean to the left and are taken in a loop: text pieces joined by `+`
    /// come by the thousand.
    pub(super) fn binary(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let mut pending = Vec::new();
        let mut at = node;
        loop {
            let children = self.children(at);
            let operator = children.iter().find(|child| child.role == Role::Operator).map(|child| child.kind);
            let (Some(left), Some(right)) = (child(&children, Role::Left), child(&children, Role::Right)) else {
                return self.unknown_expr(node, dst);
            };
            match operator {
                Some(Kind::AmpAmp | Kind::PipePipe) | None => break,
                Some(operator) => pending.push((operator, right, at)),
            }
            at = left;
            if self.kind(left) != Kind::BinaryExpression {
                break;
            }
        }
        if pending.is_empty() {
            return self.cond_as_value(node, dst);
        }
        let first_span = self.span(at);
        let first = if self.kind(at) == Kind::BinaryExpression { self.cond_as_value(at, Dst::Any) } else { self.expr(at) };
        let mut left = first;
        let mut left_span = first_span;
        // Literals joined to literals are one literal: gathered here, interned at the end of the run.
        let mut run: Option<String> = None;
        while let Some((operator, right_node, whole)) = pending.pop() {
            let Some(op) = binary_operator(operator) else { return self.unknown_expr(whole, dst) };
            let span = self.span(whole);
            left = self.keep(left, Some(right_node), left_span);
            let right = self.expr(right_node);
            let is_string = left.ty == TyId::STRING || right.ty == TyId::STRING;
            let last = pending.is_empty();
            if op == BinOp::Add
                && is_string
                && let (Operand::Const(a), Operand::Const(b)) = (&left.op, &right.op)
                && let (Some(a), Some(b)) = (literal_text(*a), literal_text(*b))
            {
                let text = run.get_or_insert(a);
                text.push_str(&b);
                let next_is_literal =
                    !last && pending.last().is_some_and(|(operator, next, _)| *operator == Kind::Plus && self.is_literal(*next));
                // While a run goes on, the left operand only has to be some string constant.
                let op = if next_is_literal {
                    Operand::Const(Const::Str(Symbol::new("")))
                } else {
                    let whole = run.take().unwrap_or_default();
                    Operand::Const(Const::Str(Symbol::new(&whole)))
                };
                left = Val { op, ty: TyId::STRING };
                left_span = span;
                continue;
            }
            if let Some(text) = run.take() {
                left.op = Operand::Const(Const::Str(Symbol::new(&text)));
            }
            let op = if op == BinOp::Add && is_string { BinOp::Concat } else { op };
            let ty = binary_type(op, left.ty, right.ty);
            let dst = if last { dst } else { Dst::Any };
            left = self.emit(Rvalue::Binary(op, left.op, right.op), ty, dst, span);
            left_span = span;
            if last {
                return left;
            }
        }
        self.give(left, dst, left_span)
    }

    fn is_literal(&self, node: Node<'t>) -> bool {
        self.kind(node) == Kind::StringLiteral
            || matches!(
                self.kind(node),
                Kind::DecimalInteger | Kind::HexInteger | Kind::OctalInteger | Kind::BinaryInteger | Kind::Character
            )
            || matches!(self.kind(node), Kind::True | Kind::False)
    }

    pub(super) fn unary(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let children = self.children(node);
        let (Some(operator), Some(operand)) =
            (children.iter().find(|child| child.role == Role::Operator).map(|child| child.kind), child(&children, Role::Operand))
        else {
            return self.unknown_expr(node, dst);
        };
        if operator == Kind::Minus
            && self.is_literal(operand)
            && let Some(value) = self.constant_val(node)
        {
            return self.give(value, dst, span);
        }
        let value = self.expr(operand);
        match operator {
            Kind::Minus => {
                let ty = promote(value.ty);
                self.emit(Rvalue::Unary(UnOp::Neg, value.op), ty, dst, span)
            }
            Kind::Tilde => {
                let ty = promote(value.ty);
                self.emit(Rvalue::Unary(UnOp::BitNot, value.op), ty, dst, span)
            }
            Kind::Bang => self.emit(Rvalue::Unary(UnOp::Not, value.op), TyId::BOOL, dst, span),
            _ => self.give(value, dst, span),
        }
    }
}

/// What a constant adds to a string, where that is sure.
fn literal_text(constant: Const) -> Option<String> {
    match constant {
        Const::Str(text) => Some(text.as_str().to_owned()),
        Const::Int(value, _) => Some(value.get().to_string()),
        Const::Bool(value) => Some(value.to_string()),
        Const::Char(unit) => char::from_u32(unit).map(String::from),
        _ => None,
    }
}
