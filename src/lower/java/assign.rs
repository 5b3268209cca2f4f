//! Assignments, compound assignments, `++` and `--`. Must not know declarations.

use super::expr::{Dst, Val};
use super::kinds::{Kind, Role};
use super::operator::{binary_operator, binary_type};
use super::{Lowering, child};
use crate::base::Span;
use crate::ir::{BinOp, Const, LocalId, LocalKind, Operand, PlaceId, Rvalue, StmtKind, Ty, TyId};
use crate::syntax::Node;

/// What can be assigned.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Local(LocalId, TyId),
    Place(PlaceId, TyId),
}

impl<'t> Lowering<'t> {
    /// The target that an expression names; what it needs (array, index, object) is evaluated.
    fn assign_target(&mut self, node: Node<'t>, later: Option<Node<'t>>) -> Option<Target> {
        match self.kind(node) {
            Kind::Identifier => Some(self.name_target(node)),
            Kind::FieldAccess => self.field_target(node),
            Kind::ArrayAccess => {
                let (place, ty) = self.element_place(node, later);
                Some(Target::Place(place, ty))
            }
            Kind::Parenthesized => {
                let inner = self.inner(node)?;
                self.assign_target(inner, later)
            }
            _ => None,
        }
    }

    fn read(&mut self, target: Target, span: Span) -> Val {
        match target {
            Target::Local(local, ty) => Val { op: Operand::Local(local), ty },
            Target::Place(place, ty) => self.load((place, ty), Dst::Any, span),
        }
    }

    fn write(&mut self, target: Target, value: Operand, span: Span) {
        match target {
            Target::Local(local, _) => self.f.b.assign(local, Rvalue::Use(value), span),
            Target::Place(place, _) => self.f.b.push(StmtKind::Store(place, value), span),
        }
    }

    pub(super) fn assignment(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let children = self.children(node);
        let operator = children.iter().find(|child| child.role == Role::Operator).map(|child| child.kind);
        let (Some(left), Some(right), Some(operator)) = (child(&children, Role::Left), child(&children, Role::Right), operator)
        else {
            return self.unknown_expr(node, dst);
        };
        let Some(target) = self.assign_target(left, Some(right)) else {
            self.expr_discard(right);
            return self.unknown_expr(node, dst);
        };
        if operator == Kind::Assign {
            let value = match target {
                Target::Local(local, _) if !self.is_captured(local) => self.expr_into(right, local),
                _ => {
                    let value = self.expr(right);
                    self.write(target, value.op.clone(), span);
                    value
                }
            };
            return if dst == Dst::Discard { value } else { self.give(value, dst, span) };
        }
        let Some(op) = binary_operator(operator) else { return self.unknown_expr(node, dst) };
        let before = self.read(target, self.span(left));
        let before = self.keep(before, Some(right), span);
        let value = self.expr(right);
        let result = self.compound(target, op, before, value, span);
        self.give(result, dst, span)
    }

    fn is_captured(&self, local: LocalId) -> bool {
        self.f.b.locals().get(local).is_some_and(|local| local.kind == LocalKind::Captured)
    }

    /// `target = (T) (before op value)`.
    fn compound(&mut self, target: Target, op: BinOp, before: Val, value: Val, span: Span) -> Val {
        let (Target::Local(_, ty) | Target::Place(_, ty)) = target;
        let is_string = op == BinOp::Add && (ty == TyId::STRING || value.ty == TyId::STRING);
        let op = if is_string { BinOp::Concat } else { op };
        let computed = binary_type(op, before.ty, value.ty);
        // The implied conversion back matters where the variable is narrower than what was computed.
        let narrows = matches!(ty.get(), Ty::Int { bits: 8 | 16, .. } | Ty::Char { .. })
            || matches!((ty.get(), computed.get()), (Ty::Int { .. }, Ty::Float { .. }))
            || (ty == TyId::INT && computed == TyId::LONG);
        let rvalue = Rvalue::Binary(op, before.op, value.op);
        match target {
            Target::Local(local, _) => {
                if narrows {
                    let wide = self.f.b.value(rvalue, computed, span);
                    self.f.b.assign(local, Rvalue::Cast(ty, wide), span);
                } else {
                    self.f.b.assign(local, rvalue, span);
                }
                Val { op: Operand::Local(local), ty }
            }
            Target::Place(place, _) => {
                let mut result = self.f.b.value(rvalue, computed, span);
                if narrows {
                    result = self.f.b.value(Rvalue::Cast(ty, result), ty, span);
                }
                self.f.b.push(StmtKind::Store(place, result.clone()), span);
                Val { op: result, ty: if ty == TyId::UNKNOWN { computed } else { ty } }
            }
        }
    }

    /// `x++`, `--x` and the like.
    pub(super) fn update(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let children = self.children(node);
        let prefix = children.first().is_some_and(|child| matches!(child.kind, Kind::PlusPlus | Kind::MinusMinus));
        let up = children.iter().any(|child| child.kind == Kind::PlusPlus);
        let operand = children.iter().find(|child| child.kind.is_expression()).map(|child| child.node);
        let Some(target) = operand.and_then(|operand| self.assign_target(operand, None)) else {
            return self.unknown_expr(node, dst);
        };
        let before = self.read(target, span);
        let ty = before.ty;
        let kept = match (prefix || dst == Dst::Discard, &before.op) {
            (false, Operand::Local(_)) if matches!(target, Target::Local(..)) => {
                Some(self.f.b.value(Rvalue::Use(before.op.clone()), ty, span))
            }
            (false, op) => Some(op.clone()),
            (true, _) => None,
        };
        let one = Val { op: Operand::Const(Const::int(1, TyId::INT)), ty: TyId::INT };
        let result = self.compound(target, if up { BinOp::Add } else { BinOp::Sub }, before, one, span);
        match kept {
            Some(op) => self.give(Val { op, ty }, dst, span),
            None => self.give(result, dst, span),
        }
    }
}
