//! `new`: objects, anonymous classes, arrays and their initializers. Must not know methods.

use super::expr::{Dst, Val};
use super::kinds::{Kind, Role};
use super::{Lowering, Reused, child, of_kind};
use crate::base::Symbol;
use crate::ir::{Call, CallKind, Callee, LocalId, Operand, Rvalue, Ty, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// `new T(…)`, `outer.new T(…)`, `new T(…) { … }`.
    pub(super) fn object_creation(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let children = self.children(node);
        let Some(type_node) = child(&children, Role::Type) else { return self.unknown_expr(node, dst) };
        if let Some(outer) = children.first().filter(|child| child.kind.is_expression() && child.role == Role::Other) {
            self.expr_discard(outer.node);
        }
        let ty = self.ty(type_node);
        let (args, arg_spans) = self.arguments(child(&children, Role::Arguments));
        let made = match of_kind(&children, Kind::ClassBody) {
            Some(body) => self.anonymous(node, body, ty),
            None => ty,
        };
        let local = match dst {
            Dst::Discard => self.f.b.temp(made, span),
            _ => self.target(made, dst, span),
        };
        let name_span = self.span(type_node);
        let callee = Callee::Constructor(made);
        let call = Call { callee, receiver: None, args, arg_spans, dst: Some(local), kind: CallKind::New, name_span };
        self.f.b.call(call, span);
        Val { op: Operand::Local(local), ty: made }
    }

    fn anonymous(&mut self, node: Node<'t>, body: Node<'t>, base: TyId) -> TyId {
        let of = match self.remembered(node) {
            Some(Reused::Type(of)) => Some(of),
            _ => {
                let of = self.anonymous_type(node, body, base);
                if let Some(of) = of {
                    self.remember(node, Reused::Type(of));
                }
                of
            }
        };
        of.map_or(base, |of| self.type_of_decl(of))
    }

    /// `new T[n][m]`, `new T[] { … }`.
    pub(super) fn array_creation(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let children = self.children(node);
        let element = child(&children, Role::Type).map_or(TyId::UNKNOWN, |ty| self.ty(ty));
        if let Some(value) = child(&children, Role::Value) {
            let ty = self.with_dimensions(element, child(&children, Role::Dimensions));
            return self.array_literal(value, ty, dst);
        }
        let mut sizes = Vec::new();
        let mut element = element;
        for dimension in children.iter().filter(|child| child.role == Role::Dimensions) {
            if dimension.kind == Kind::DimensionsExpr {
                let size = self.inner(dimension.node).map_or_else(Val::unknown, |size| self.expr(size));
                let size_span = self.span(dimension.node);
                sizes.push(self.held(size, size_span));
            } else {
                element = self.with_dimensions(element, Some(dimension.node));
            }
        }
        let ty = sizes.iter().fold(element, |inner, _| TyId::new(Ty::Array(inner, None)));
        self.emit(Rvalue::NewArray(element, sizes.into_boxed_slice()), ty, dst, span)
    }

    /// `{ a, b }` of an array type.
    pub(super) fn array_literal(&mut self, node: Node<'t>, ty: TyId, dst: Dst) -> Val {
        let span = self.span(node);
        if !self.enter() {
            self.leave();
            return self.give(Val::unknown(), dst, span);
        }
        let element = match ty.get() {
            Ty::Array(element, _) => *element,
            _ => TyId::UNKNOWN,
        };
        let children = self.children(node);
        let assigns = super::expr::may_assign(self.text(node));
        let mut items = Vec::new();
        for item in children.iter().filter(|child| child.kind.is_expression()) {
            let value = match item.kind {
                Kind::ArrayInitializer => self.array_literal(item.node, element, Dst::Any),
                _ => self.expr(item.node),
            };
            let item_span = self.span(item.node);
            items.push(if assigns { self.held(value, item_span) } else { value.op });
        }
        self.leave();
        self.emit(Rvalue::ArrayLit(ty, items.into_boxed_slice()), ty, dst, span)
    }

    /// A variable's initial value: an expression, or an array initializer of the variable's type. Gives its type.
    pub(super) fn initializer(&mut self, value: Node<'t>, local: LocalId, ty: TyId) -> TyId {
        if self.kind(value) == Kind::ArrayInitializer {
            self.array_literal(value, ty, Dst::Into(local)).ty
        } else {
            self.expr_into(value, local).ty
        }
    }

    /// `a::b`, `T::new`.
    pub(super) fn method_reference(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let children = self.children(node);
        let Some(first) = children.first().copied() else { return self.unknown_expr(node, dst) };
        let name = match children.last() {
            Some(last) if last.kind == Kind::New => self.sym.init,
            Some(last) if last.kind == Kind::Identifier => self.symbol(last.node),
            _ => return self.unknown_expr(node, dst),
        };
        let (ty, receiver) = match first.kind {
            Kind::Super => {
                let ty = self.superclass_of(self.current_type());
                (ty, self.this().map(Operand::Local))
            }
            kind if kind.is_type() => (self.ty(first.node), None),
            Kind::Identifier | Kind::FieldAccess => match self.type_named(first.node) {
                Some(name) => (self.names.named(name), None),
                None => {
                    let value = self.expr(first.node);
                    (TyId::UNKNOWN, Some(value.op))
                }
            },
            Kind::ArrayAccess if name == self.sym.init => (TyId::UNKNOWN, None),
            _ => {
                let value = self.expr(first.node);
                (TyId::UNKNOWN, Some(value.op))
            }
        };
        self.emit(Rvalue::MethodRef { ty, receiver, name }, TyId::UNKNOWN, dst, span)
    }

    /// The name of the n-th anonymous class of a type.
    pub(super) fn anonymous_name(&mut self) -> Symbol {
        let outer = self.current_type();
        let number = match outer.and_then(|of| self.infos.get_mut(of)) {
            Some(info) => {
                info.anonymous += 1;
                info.anonymous
            }
            None => 1,
        };
        let outer = outer.and_then(|of| self.unit.types.get(of)).map_or("", |decl| decl.name.as_str());
        Symbol::new(&format!("{outer}.${number}"))
    }
}
