//! Operators on values: arithmetic, comparisons, conversions, assignments.
//! Must not know statements or calls.

use super::branch::is_zero;
use super::constant::wrap;
use super::expr::{Val, bare};
use super::kinds::{Kind, field, kind};
use super::stmt::FnCx;
use super::types::{common, int_shape};
use crate::base::Span;
use crate::ir::{BinOp, Const, Operand, Rvalue, Ty, TyId, UnOp};
use crate::syntax::Node;

pub(super) fn bin_op(text: &str) -> Option<BinOp> {
    Some(match text {
        "+" => BinOp::Add,
        "-" => BinOp::Sub,
        "*" => BinOp::Mul,
        "/" => BinOp::Div,
        "%" => BinOp::Rem,
        "&" => BinOp::And,
        "|" => BinOp::Or,
        "^" => BinOp::Xor,
        "<<" => BinOp::Shl,
        ">>" => BinOp::Shr,
        "==" => BinOp::Eq,
        "!=" => BinOp::Ne,
        "<" => BinOp::Lt,
        "<=" => BinOp::Le,
        ">" => BinOp::Gt,
        ">=" => BinOp::Ge,
        _ => return None,
    })
}

pub(super) fn is_comparison(op: BinOp) -> bool {
    matches!(op, BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge)
}

pub(super) fn is_pointer(ty: TyId) -> bool {
    matches!(ty.get(), Ty::Pointer(_))
}

impl<'t> FnCx<'_, '_, 't> {
    pub(super) fn unary(&mut self, node: Node<'t>) -> Val {
        let (Some(operator), Some(argument)) = (field::operator(node), field::argument(node)) else { return Val::unknown() };
        let span = self.span(node);
        match self.low.text(operator) {
            "!" => {
                let value = self.expr(argument);
                let zero = self.zero_of(&value);
                Val { op: self.b.value(Rvalue::Binary(BinOp::Eq, value.op, zero), TyId::INT, span), ty: TyId::INT }
            }
            "+" => self.expr(argument),
            operator => {
                let value = self.expr(argument);
                let ty = if int_shape(value.ty).is_some() { common(value.ty, TyId::INT) } else { value.ty };
                if let Operand::Const(Const::Int(value, _)) = value.op {
                    let value = if operator == "-" { value.get().wrapping_neg() } else { !value.get() };
                    return Val { op: Operand::Const(Const::int(wrap(value, ty), ty)), ty };
                }
                let op = if operator == "-" { UnOp::Neg } else { UnOp::BitNot };
                Val { op: self.b.value(Rvalue::Unary(op, value.op), ty, span), ty }
            }
        }
    }

    pub(super) fn zero_of(&self, value: &Val) -> Operand {
        match value.ty.get() {
            Ty::Pointer(_) => Operand::Const(Const::Null),
            Ty::Float { .. } => Operand::Const(Const::Float(0)),
            Ty::Int { .. } => Operand::Const(Const::int(0, value.ty)),
            _ => Operand::Const(Const::int(0, TyId::INT)),
        }
    }

    pub(super) fn binary(&mut self, node: Node<'t>) -> Val {
        let operator = field::operator(node).map(|operator| self.low.text(operator)).unwrap_or_default();
        if matches!(operator, "&&" | "||") {
            return self.logical(node);
        }
        // A chain of operators nests to the left, however long: from its innermost operand outwards.
        let mut chain = vec![node];
        let mut left = field::left(node).map(bare);
        while let Some(inner) = left.filter(|inner| kind(*inner) == Kind::BinaryExpression) {
            let operator = field::operator(inner).map(|operator| self.low.text(operator)).unwrap_or_default();
            if matches!(operator, "&&" | "||") {
                break;
            }
            chain.push(inner);
            left = field::left(inner).map(bare);
        }
        let Some(first) = left else { return Val::unknown() };
        let mut value = self.expr(first);
        for node in chain.into_iter().rev() {
            let operator = field::operator(node).and_then(|operator| bin_op(self.low.text(operator)));
            let right = field::right(node).map_or_else(Val::unknown, |right| self.expr(right));
            value = match operator {
                Some(op) => self.binary_op(op, value, right, self.span(node)),
                None => Val::unknown(),
            };
        }
        value
    }

    /// A binary operation after the usual conversions.
    pub(super) fn binary_op(&mut self, op: BinOp, left: Val, right: Val, span: Span) -> Val {
        let (mut left, mut right) = (left, right);
        let ty = if is_comparison(op) {
            // A literal 0 beside a pointer is null.
            if is_pointer(left.ty) && is_zero(&right.op) {
                right = Val { op: Operand::Const(Const::Null), ty: left.ty };
            } else if is_pointer(right.ty) && is_zero(&left.op) {
                left = Val { op: Operand::Const(Const::Null), ty: right.ty };
            }
            let operands = common(left.ty, right.ty);
            left = self.operand_as(left, operands, span);
            right = self.operand_as(right, operands, span);
            TyId::INT
        } else if matches!(op, BinOp::Shl | BinOp::Shr) {
            common(left.ty, TyId::INT)
        } else if is_pointer(left.ty) {
            if is_pointer(right.ty) { TyId::LONG } else { left.ty }
        } else if is_pointer(right.ty) {
            right.ty
        } else {
            let ty = common(left.ty, right.ty);
            left = self.operand_as(left, ty, span);
            right = self.operand_as(right, ty, span);
            ty
        };
        if let (Operand::Const(Const::Int(l, _)), Operand::Const(Const::Int(r, _))) = (&left.op, &right.op)
            && let Some(value) = fold(op, l.get(), r.get())
            && int_shape(ty).is_some()
            && value == wrap(value, ty)
        {
            return Val { op: Operand::Const(Const::int(value, ty)), ty };
        }
        Val { op: self.b.value(Rvalue::Binary(op, left.op, right.op), ty, span), ty }
    }

    /// Converts an operand where that may change its value: another sign, or an integer beside a float.
    fn operand_as(&mut self, value: Val, ty: TyId, span: Span) -> Val {
        let changes = match (int_shape(value.ty), int_shape(ty)) {
            (Some((bits, signed)), Some((to_bits, to_signed))) => bits > to_bits || (signed && !to_signed),
            _ => false,
        };
        if !changes {
            return value;
        }
        Val { op: self.convert(value, ty, span), ty }
    }

    /// The operand as a type, by an explicit cast where the types are known and differ.
    pub(super) fn convert(&mut self, value: Val, ty: TyId, span: Span) -> Operand {
        if value.ty == ty || ty == TyId::UNKNOWN || ty == TyId::VOID {
            return value.op;
        }
        if is_pointer(ty) {
            return match value.op {
                ref op if is_zero(op) => Operand::Const(Const::Null),
                op if int_shape(value.ty).is_some() => self.b.value(Rvalue::Cast(ty, op), ty, span),
                op => op,
            };
        }
        let scalar = |ty: TyId| int_shape(ty).is_some() || matches!(ty.get(), Ty::Float { .. });
        if !scalar(ty) || !(scalar(value.ty) || is_pointer(value.ty)) {
            return value.op;
        }
        match value.op {
            Operand::Const(Const::Int(number, _)) if int_shape(ty).is_some() => {
                Operand::Const(Const::int(wrap(number.get(), ty), ty))
            }
            Operand::Const(Const::Char(unit)) if int_shape(ty).is_some_and(|(bits, _)| bits == 8) => {
                Operand::Const(Const::Char(unit))
            }
            Operand::Const(Const::Char(unit)) if int_shape(ty).is_some() => {
                Operand::Const(Const::int(wrap(i128::from(unit), TyId::C_CHAR), ty))
            }
            Operand::Const(Const::Bool(truth)) if int_shape(ty).is_some() => Operand::Const(Const::int(i128::from(truth), ty)),
            op => self.b.value(Rvalue::Cast(ty, op), ty, span),
        }
    }

    pub(super) fn cast(&mut self, node: Node<'t>) -> Val {
        let ty = field::r#type(node).map_or(TyId::UNKNOWN, |ty| self.low.descriptor(ty));
        let Some(argument) = field::value(node) else { return Val::unknown() };
        self.cast_to(ty, argument, node)
    }

    /// The value of `argument` converted to a type by `node`.
    pub(super) fn cast_to(&mut self, ty: TyId, argument: Node<'t>, node: Node<'t>) -> Val {
        let span = self.span(node);
        if ty == TyId::VOID {
            // `(void)f()` says that the result is left alone on purpose: unlike that of `f();` it has a place.
            if kind(argument) == Kind::CallExpression {
                self.expr(argument);
            } else {
                self.effect(argument);
            }
            return Val { op: Operand::Const(Const::Unknown), ty };
        }
        let value = self.expr(argument);
        if value.ty == ty && ty != TyId::UNKNOWN {
            return value;
        }
        match &value.op {
            Operand::Const(zero) if zero.is_zero() && is_pointer(ty) => return Val { op: Operand::Const(Const::Null), ty },
            Operand::Const(Const::Null) if is_pointer(ty) => return Val { op: Operand::Const(Const::Null), ty },
            Operand::Const(Const::Int(number, _)) if int_shape(ty).is_some() => {
                return Val { op: Operand::Const(Const::int(wrap(number.get(), ty), ty)), ty };
            }
            _ => {}
        }
        Val { op: self.b.value(Rvalue::Cast(ty, value.op), ty, span), ty }
    }

    pub(super) fn assignment(&mut self, node: Node<'t>, used: bool) -> Val {
        let (Some(left), Some(right)) = (field::left(node), field::right(node)) else { return Val::unknown() };
        let operator = field::operator(node).map(|operator| self.low.text(operator)).unwrap_or_default();
        let span = self.span(node);
        if operator == "=" {
            let target = self.lvalue(left);
            if kind(bare(right)) == Kind::InitializerList {
                self.initialize(target.place.clone(), target.ty, bare(right));
                return Val { op: Operand::Const(Const::Unknown), ty: target.ty };
            }
            return self.assign_expr(target, right, used, span);
        }
        let target = self.lvalue(left);
        let before = self.read(target.clone(), self.span(left));
        let value = self.expr(right);
        let Some(op) = bin_op(operator.trim_end_matches('=')) else { return Val::unknown() };
        let result = self.binary_op(op, before, value, span);
        self.store(target, result, span)
    }

    /// `++` and `--`.
    pub(super) fn update(&mut self, node: Node<'t>, used: bool) -> Val {
        let Some(argument) = field::argument(node) else { return Val::unknown() };
        let operator = field::operator(node);
        let prefix = operator.is_some_and(|operator| operator.start_byte() < argument.start_byte());
        let op = if operator.is_some_and(|operator| self.low.text(operator) == "--") { BinOp::Sub } else { BinOp::Add };
        let span = self.span(node);
        let target = self.lvalue(argument);
        let before = self.read(target.clone(), span);
        let old = if used && !prefix {
            // The value before, kept from the assignment that follows.
            Some(Val { op: self.b.value(Rvalue::Use(before.op.clone()), before.ty, span), ty: before.ty })
        } else {
            None
        };
        let result = self.binary_op(op, before, Val::int(1), span);
        let stored = self.store(target, result, span);
        old.unwrap_or(stored)
    }
}

fn fold(op: BinOp, left: i128, right: i128) -> Option<i128> {
    let shift = u32::try_from(right).ok().filter(|by| *by < 64);
    match op {
        BinOp::Add => left.checked_add(right),
        BinOp::Sub => left.checked_sub(right),
        BinOp::Mul => left.checked_mul(right),
        BinOp::Div if right != 0 => left.checked_div(right),
        BinOp::Rem if right != 0 => left.checked_rem(right),
        BinOp::And => Some(left & right),
        BinOp::Or => Some(left | right),
        BinOp::Xor => Some(left ^ right),
        BinOp::Shl => left.checked_shl(shift?),
        BinOp::Shr => left.checked_shr(shift?),
        BinOp::Eq => Some(i128::from(left == right)),
        BinOp::Ne => Some(i128::from(left != right)),
        BinOp::Lt => Some(i128::from(left < right)),
        BinOp::Le => Some(i128::from(left <= right)),
        BinOp::Gt => Some(i128::from(left > right)),
        BinOp::Ge => Some(i128::from(left >= right)),
        _ => None,
    }
}
