//! Constant expressions: of fields, annotations and case labels. Must not know control flow.

use super::expr::Val;
use super::kinds::{Kind, Role};
use super::{Lowering, child};
use crate::base::Symbol;
use crate::ir::{Const, Operand, Ty, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// A constant expression's value and type.
    pub(super) fn constant_val(&mut self, node: Node<'t>) -> Option<Val> {
        let constant = self.constant(node)?;
        let ty = match constant {
            Const::Int(_, ty) => ty,
            Const::Bool(_) => TyId::BOOL,
            Const::Char(_) => TyId::JAVA_CHAR,
            Const::Str(_) => TyId::STRING,
            Const::Float(_) => TyId::new(Ty::Float { bits: 64 }),
            _ => TyId::UNKNOWN,
        };
        Some(Val { op: Operand::Const(constant), ty })
    }

    /// The value of a constant expression, if it is one that the file alone decides.
    pub(super) fn constant(&mut self, node: Node<'t>) -> Option<Const> {
        if !self.enter() {
            self.leave();
            return None;
        }
        let constant = self.constant_of(node);
        self.leave();
        constant
    }

    fn constant_of(&mut self, node: Node<'t>) -> Option<Const> {
        match self.kind(node) {
            Kind::StringLiteral => self.string_constant(node).map(Const::Str),
            Kind::Parenthesized => {
                let inner = self.inner(node)?;
                self.constant(inner)
            }
            Kind::UnaryExpression => {
                let children = self.children(node);
                let operator = children.first()?.kind;
                let operand = child(&children, Role::Operand)?;
                match (operator, self.constant(operand)?) {
                    (Kind::Minus, Const::Int(value, ty)) => Some(int(-value.get(), ty)),
                    (Kind::Plus, value @ (Const::Int(..) | Const::Float(_))) => Some(value),
                    (Kind::Tilde, Const::Int(value, ty)) => Some(int(!value.get(), ty)),
                    (Kind::Minus, Const::Float(bits)) => Some(Const::Float((-f64::from_bits(bits)).to_bits())),
                    (Kind::Bang, Const::Bool(value)) => Some(Const::Bool(!value)),
                    _ => None,
                }
            }
            Kind::BinaryExpression => self.constant_chain(node),
            Kind::Identifier => {
                let name = self.symbol(node);
                self.constant_field(name)
            }
            Kind::ClassLiteral => {
                let children = self.children(node);
                let ty = children.iter().find(|child| child.kind.is_type()).map(|child| child.node)?;
                Some(Const::Class(self.ty(ty)))
            }
            kind => match self.literal(node, kind)?.op {
                Operand::Const(constant) => Some(constant),
                Operand::Local(_) => None,
            },
        }
    }

    /// A field of the enclosing types whose value is a known constant.
    fn constant_field(&self, name: Symbol) -> Option<Const> {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| match frame {
                super::resolve::Frame::Type(of) => self.field_of(*of, name),
                super::resolve::Frame::Fn(_) => None,
            })?
            .1
            .constant
    }

    /// A chain of operators, which leans to the left, in a loop.
    fn constant_chain(&mut self, node: Node<'t>) -> Option<Const> {
        let mut pending = Vec::new();
        let mut at = node;
        while self.kind(at) == Kind::BinaryExpression {
            let children = self.children(at);
            let operator = children.iter().find(|child| child.role == Role::Operator)?.kind;
            pending.push((operator, child(&children, Role::Right)?));
            at = child(&children, Role::Left)?;
        }
        // A chain whose first pieces are no constant is none: found before anything is built.
        let mut text = String::new();
        let mut left = self.constant(at)?;
        if let Const::Str(first) = left {
            text.push_str(first.as_str());
        }
        while let Some((operator, right)) = pending.pop() {
            let right = self.constant(right)?;
            let is_string = matches!(left, Const::Str(_)) || matches!(right, Const::Str(_));
            if is_string {
                if operator != Kind::Plus {
                    return None;
                }
                if !matches!(left, Const::Str(_)) {
                    text.push_str(&shown(left)?);
                    left = Const::Str(Symbol::new(""));
                }
                text.push_str(&shown(right)?);
                continue;
            }
            left = fold(operator, left, right)?;
        }
        Some(if matches!(left, Const::Str(_)) { Const::Str(Symbol::new(&text)) } else { left })
    }
}

fn shown(constant: Const) -> Option<String> {
    match constant {
        Const::Str(text) => Some(text.as_str().to_owned()),
        Const::Int(value, _) => Some(value.get().to_string()),
        Const::Bool(value) => Some(value.to_string()),
        Const::Char(unit) => char::from_u32(unit).map(String::from),
        _ => None,
    }
}

/// An integer wrapped to its type's width.
fn int(value: i128, ty: TyId) -> Const {
    let wrapped = if ty == TyId::LONG { i128::from(value as i64) } else { i128::from(value as i32) };
    Const::int(wrapped, ty)
}

fn fold(operator: Kind, left: Const, right: Const) -> Option<Const> {
    let number = |constant| match constant {
        Const::Int(value, ty) => Some((value.get(), ty)),
        Const::Char(unit) => Some((i128::from(unit), TyId::INT)),
        _ => None,
    };
    if let (Const::Bool(a), Const::Bool(b)) = (left, right) {
        return match operator {
            Kind::AmpAmp | Kind::Amp => Some(Const::Bool(a && b)),
            Kind::PipePipe | Kind::Pipe => Some(Const::Bool(a || b)),
            Kind::Caret => Some(Const::Bool(a != b)),
            _ => None,
        };
    }
    let ((a, a_ty), (b, b_ty)) = (number(left)?, number(right)?);
    let ty = if a_ty == TyId::LONG || b_ty == TyId::LONG { TyId::LONG } else { TyId::INT };
    let bits = |ty| if ty == TyId::LONG { 64 } else { 32 };
    let distance = |ty| (b & (bits(ty) - 1)) as u32;
    Some(match operator {
        Kind::Plus => int(a + b, ty),
        Kind::Minus => int(a - b, ty),
        Kind::Star => int(a.wrapping_mul(b), ty),
        Kind::Slash => int(a.checked_div(b)?, ty),
        Kind::Percent => int(a.checked_rem(b)?, ty),
        Kind::Amp => int(a & b, ty),
        Kind::Pipe => int(a | b, ty),
        Kind::Caret => int(a ^ b, ty),
        Kind::ShlOp => int(a << distance(a_ty), a_ty),
        Kind::ShrOp => int(a >> distance(a_ty), a_ty),
        Kind::UshrOp if a_ty == TyId::LONG => int(i128::from((a as u64) >> distance(a_ty)), a_ty),
        Kind::UshrOp => int(i128::from((a as u32) >> distance(a_ty)), a_ty),
        Kind::EqEq => Const::Bool(a == b),
        Kind::BangEq => Const::Bool(a != b),
        Kind::Lt => Const::Bool(a < b),
        Kind::Le => Const::Bool(a <= b),
        Kind::Gt => Const::Bool(a > b),
        Kind::Ge => Const::Bool(a >= b),
        _ => return None,
    })
}
