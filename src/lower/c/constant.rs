//! Constant expressions: array lengths, enumerators, case labels, initialisers.
//! Must not know functions' bodies.

use super::kinds::{Kind, field, kind};
use super::types::DEPTH_LIMIT;
use super::{Lowering, literal, system};
use crate::ir::{Const, Ty, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'_> {
    /// The value of a constant expression.
    pub(super) fn constant(&mut self, node: Node<'t>) -> Option<i128> {
        self.depth += 1;
        let value = if self.depth > DEPTH_LIMIT { None } else { self.constant_at(node) };
        self.depth -= 1;
        value
    }

    fn constant_at(&mut self, node: Node<'t>) -> Option<i128> {
        match kind(node) {
            Kind::NumberLiteral => match literal::number(self.text(node)) {
                Const::Int(value, _) => Some(value.get()),
                _ => None,
            },
            Kind::CharLiteral => literal::character(self.text(node)).map(i128::from),
            Kind::True => Some(1),
            Kind::False => Some(0),
            Kind::Identifier => {
                let known = self.enum_constants.get(&self.symbol(node)).copied();
                known.unwrap_or_else(|| system::constant(self.text(node)))
            }
            Kind::ParenthesizedExpression | Kind::ExtensionExpression => self.constant(node.named_child(0)?),
            Kind::CastExpression => {
                let ty = self.descriptor(field::r#type(node)?);
                let value = self.constant(field::value(node)?)?;
                Some(wrap(value, ty))
            }
            Kind::SizeofExpression => {
                let ty = match field::r#type(node) {
                    Some(ty) => self.sizeof_type(ty),
                    None => {
                        let mut value = field::value(node)?;
                        while kind(value) == Kind::ParenthesizedExpression {
                            value = value.named_child(0)?;
                        }
                        match kind(value) {
                            // A type's name in parentheses reads like a variable's.
                            Kind::Identifier => {
                                let name = self.symbol(value);
                                self.value_type(name).unwrap_or_else(|| self.named(name))
                            }
                            Kind::StringLiteral => {
                                let text = literal::string(self.text(value));
                                return i128::try_from(text.as_str().chars().count() + 1).ok();
                            }
                            _ => return None,
                        }
                    }
                };
                self.layout(ty, 0).map(|(size, _)| i128::from(size))
            }
            Kind::AlignofExpression => {
                let ty = self.descriptor(field::r#type(node)?);
                self.layout(ty, 0).map(|(_, align)| i128::from(align))
            }
            Kind::UnaryExpression => {
                let value = self.constant(field::argument(node)?)?;
                match self.text(field::operator(node)?) {
                    "-" => Some(value.wrapping_neg()),
                    "+" => Some(value),
                    "~" => Some(!value),
                    "!" => Some(i128::from(value == 0)),
                    _ => None,
                }
            }
            Kind::BinaryExpression => {
                let left = self.constant(field::left(node)?)?;
                let right = self.constant(field::right(node)?)?;
                let shift = || u32::try_from(right).ok().filter(|by| *by < 64);
                match self.text(field::operator(node)?) {
                    "+" => left.checked_add(right),
                    "-" => left.checked_sub(right),
                    "*" => left.checked_mul(right),
                    "/" => left.checked_div(right),
                    "%" => left.checked_rem(right),
                    "<<" => left.checked_shl(shift()?),
                    ">>" => left.checked_shr(shift()?),
                    "&" => Some(left & right),
                    "|" => Some(left | right),
                    "^" => Some(left ^ right),
                    "==" => Some(i128::from(left == right)),
                    "!=" => Some(i128::from(left != right)),
                    "<" => Some(i128::from(left < right)),
                    ">" => Some(i128::from(left > right)),
                    "<=" => Some(i128::from(left <= right)),
                    ">=" => Some(i128::from(left >= right)),
                    "&&" => Some(i128::from(left != 0 && right != 0)),
                    "||" => Some(i128::from(left != 0 || right != 0)),
                    _ => None,
                }
            }
            Kind::ConditionalExpression => {
                let cond = self.constant(field::condition(node)?)?;
                if cond == 0 {
                    self.constant(field::alternative(node)?)
                } else {
                    field::consequence(node).map_or(Some(cond), |then| self.constant(then))
                }
            }
            _ => None,
        }
    }

    /// The type in `sizeof(T)`, which may as well be a variable's name.
    pub(super) fn sizeof_type(&mut self, node: Node<'t>) -> TyId {
        let base = field::r#type(node).filter(|ty| kind(*ty) == Kind::TypeIdentifier && field::declarator(node).is_none());
        match base.and_then(|base| self.value_type(self.symbol(base))) {
            Some(ty) => ty,
            None => self.descriptor(node),
        }
    }
}

/// A value wrapped to an integer type.
pub(super) fn wrap(value: i128, ty: TyId) -> i128 {
    let (bits, signed) = match ty.get() {
        Ty::Bool => return i128::from(value != 0),
        Ty::Int { bits, signed } => (*bits, *signed),
        Ty::Char { bits } => (*bits, *bits == 8),
        Ty::Enum(_) => (32, true),
        _ => return value,
    };
    let shift = 128 - u32::from(bits);
    if signed { value.wrapping_shl(shift) >> shift } else { ((value as u128) << shift >> shift) as i128 }
}
