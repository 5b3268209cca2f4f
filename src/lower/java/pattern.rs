//! `instanceof` and patterns: tests as control flow, variables assigned by casts on the true edge.
//! Must not know switches.

use super::expr::{Dst, Val};
use super::kinds::{Kind, Role};
use super::{Lowering, child, of_kind};
use crate::base::{Span, Symbol};
use crate::ir::{BlockId, LocalId, Modifiers, Operand, Place, PlaceBase, Proj, Rvalue, Terminator, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// `x instanceof T` as a value.
    pub(super) fn instanceof_value(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let children = self.children(node);
        if child(&children, Role::Name).is_some() || child(&children, Role::Pattern).is_some() {
            return self.cond_as_value(node, dst);
        }
        let span = self.span(node);
        let (Some(left), Some(right)) = (child(&children, Role::Left), child(&children, Role::Right)) else {
            return self.unknown_expr(node, dst);
        };
        let value = self.expr(left);
        let ty = self.ty(right);
        self.emit(Rvalue::InstanceOf(value.op, ty), TyId::BOOL, dst, span)
    }

    /// `x instanceof T t` or a record pattern as a condition.
    pub(super) fn cond_instanceof(&mut self, node: Node<'t>, then: BlockId, els: BlockId) {
        let span = self.span(node);
        let children = self.children(node);
        let Some(left) = child(&children, Role::Left) else {
            let cond = self.unknown_expr(node, Dst::Any).op;
            self.f.b.terminate(Terminator::If { cond, then, els }, span);
            return;
        };
        let left_span = self.span(left);
        let value = self.expr(left);
        if let Some(pattern) = child(&children, Role::Pattern) {
            let local = self.in_local(value, left_span);
            self.record_pattern(local, pattern, els);
            self.f.b.terminate(Terminator::Goto(then), span);
            return;
        }
        let ty = child(&children, Role::Right).map_or(TyId::UNKNOWN, |ty| self.ty(ty));
        match child(&children, Role::Name) {
            Some(name) => {
                let name_span = self.span(name);
                let symbol = self.symbol(name);
                let local = self.in_local(value, left_span);
                self.test_and_bind(local, ty, Some((symbol, name_span)), els, span);
                self.f.b.terminate(Terminator::Goto(then), span);
            }
            None => {
                let cond = self.f.b.value(Rvalue::InstanceOf(value.op, ty), TyId::BOOL, span);
                self.f.b.terminate(Terminator::If { cond, then, els }, span);
            }
        }
    }

    /// Goes to `fails` unless the value is of the type; binds it under a name on the way.
    pub(super) fn test_and_bind(
        &mut self,
        value: LocalId,
        ty: TyId,
        name: Option<(Symbol, Span)>,
        fails: BlockId,
        span: Span,
    ) -> LocalId {
        let cond = self.f.b.value(Rvalue::InstanceOf(Operand::Local(value), ty), TyId::BOOL, span);
        let matched = self.f.b.new_block();
        self.f.b.terminate(Terminator::If { cond, then: matched, els: fails }, span);
        self.f.b.start(matched);
        match name {
            Some((name, name_span)) => {
                let local = self.f.variable(name, ty, name_span);
                self.f.b.assign(local, Rvalue::Cast(ty, Operand::Local(value)), name_span);
                local
            }
            None => {
                let temp = self.f.b.temp(ty, span);
                self.f.b.assign(temp, Rvalue::Cast(ty, Operand::Local(value)), span);
                temp
            }
        }
    }

    /// Takes a value apart; goes to `fails` where it does not fit.
    pub(super) fn record_pattern(&mut self, value: LocalId, node: Node<'t>, fails: BlockId) {
        if !self.enter() {
            self.leave();
            return;
        }
        let span = self.span(node);
        let children = self.children(node);
        let ty = children
            .iter()
            .find(|child| child.kind.is_type() || child.kind == Kind::Identifier)
            .map_or(TyId::UNKNOWN, |child| self.ty(child.node));
        let record = self.test_and_bind(value, ty, None, fails, span);
        let components = self.components_of(ty);
        if let Some(body) = of_kind(&children, Kind::RecordPatternBody) {
            let parts = self.children(body);
            let parts = parts.iter().filter(|part| {
                matches!(part.kind, Kind::RecordComponent | Kind::RecordPattern | Kind::Pattern | Kind::TypePattern)
            });
            for (index, part) in parts.enumerate() {
                let component = components.get(index).copied();
                self.component(record, index, component, part.node, part.kind, fails);
            }
        }
        self.leave();
    }

    fn component(
        &mut self,
        record: LocalId,
        index: usize,
        component: Option<(Symbol, TyId)>,
        node: Node<'t>,
        kind: Kind,
        fails: BlockId,
    ) {
        let span = self.span(node);
        let (field, declared) = component.unwrap_or_else(|| (Symbol::new(&format!("<{index}>")), TyId::UNKNOWN));
        let parts = self.children(node);
        let place = Place { base: PlaceBase::Local(record), proj: smallvec::smallvec![Proj::Field(field)] };
        if kind == Kind::RecordPattern {
            let place = self.f.b.place(place);
            let temp = self.f.b.temp(declared, span);
            self.f.b.assign(temp, Rvalue::Load(place), span);
            self.record_pattern(temp, node, fails);
            return;
        }
        let name = parts.iter().find(|part| part.kind == Kind::Identifier).map(|part| part.node);
        let Some(name) = name.filter(|name| self.text(*name) != "_") else { return };
        let ty_node = parts.iter().find(|part| part.kind.is_type()).map(|part| part.node);
        let ty = ty_node.map_or(TyId::UNKNOWN, |ty| self.ty(ty));
        let (symbol, name_span) = (self.symbol(name), self.span(name));
        let place = self.f.b.place(place);
        // `var`, primitives and the declared type itself fit always.
        let total = ty == TyId::UNKNOWN || ty == declared || ty.name().is_none();
        if total {
            let ty = if ty == TyId::UNKNOWN { declared } else { ty };
            let local = self.f.variable(symbol, ty, name_span);
            self.f.b.assign(local, Rvalue::Load(place), name_span);
        } else {
            let temp = self.f.b.temp(declared, span);
            self.f.b.assign(temp, Rvalue::Load(place), span);
            self.test_and_bind(temp, ty, Some((symbol, name_span)), fails, span);
        }
    }

    /// The components of a record that the file declares.
    fn components_of(&self, ty: TyId) -> Vec<(Symbol, TyId)> {
        let of = ty.name().and_then(|name| self.names.by_name.get(&name).copied());
        let fields = of.and_then(|of| self.unit.types.get(of)).map(|decl| decl.fields.as_slice()).unwrap_or_default();
        let own = fields.iter().filter(|field| !field.modifiers.contains(Modifiers::STATIC));
        own.map(|field| (field.name, field.ty)).collect()
    }
}
