//! Lvalues to places, reads and stores. Must not know statements.
//!
//! A place holds at most one dereference, at its start: `p->a.b[i]` is `[Deref, Field a, Field b, Index i]` on `p`,
//! `p->q->r` loads `p->q` first. `p[i]` on a pointer is `[Deref, Index i]`; an array's element is `[Index i]`. An element
//! of unknown type is taken for an array's unless its base is a variable itself.

use smallvec::SmallVec;

use super::expr::{Val, bare, element_of};
use super::kinds::{Kind, field, kind};
use super::scope::Binding;
use super::stmt::FnCx;
use super::types::{int, pointer};
use crate::base::Span;
use crate::ir::{Const, LocalId, Operand, Place, PlaceBase, Proj, Rvalue, StmtKind, Ty, TyId, UnOp};
use crate::syntax::Node;

/// A place and the type of what it holds.
#[derive(Debug, Clone)]
pub(super) struct Lvalue {
    pub(super) place: Place,
    pub(super) ty: TyId,
}

impl Lvalue {
    pub(super) fn local(local: LocalId, ty: TyId) -> Lvalue {
        Lvalue { place: Place { base: PlaceBase::Local(local), proj: SmallVec::new() }, ty }
    }

    pub(super) fn project(mut self, proj: Proj, ty: TyId) -> Lvalue {
        self.place.proj.push(proj);
        self.ty = ty;
        self
    }
}

impl<'t> FnCx<'_, '_, 't> {
    /// The place that an expression names; a value without one gets a temporary.
    pub(super) fn lvalue(&mut self, node: Node<'t>) -> Lvalue {
        let node = bare(node);
        if !self.enter(node) {
            return self.in_temp(Val::unknown(), self.span(node));
        }
        let lvalue = self.lvalue_at(node);
        self.leave();
        lvalue
    }

    fn lvalue_at(&mut self, node: Node<'t>) -> Lvalue {
        match kind(node) {
            Kind::Identifier => {
                let name = self.low.symbol(node);
                let (base, ty) = match self.low.scopes.get(name) {
                    Some(Binding::Local(local, ty)) => (PlaceBase::Local(local), ty),
                    Some(Binding::Static(global, ty)) => (PlaceBase::Global(global), ty),
                    Some(Binding::Global(ty)) => (PlaceBase::Global(name), ty),
                    None => (PlaceBase::Global(name), self.low.globals.get(&name).copied().unwrap_or(TyId::UNKNOWN)),
                };
                Lvalue { place: Place { base, proj: SmallVec::new() }, ty }
            }
            Kind::FieldExpression => self.member(node),
            Kind::SubscriptExpression => self.element(node),
            Kind::PointerExpression if field::operator(node).is_some_and(|operator| self.low.text(operator) == "*") => {
                let Some(argument) = field::argument(node).map(bare) else {
                    return self.in_temp(Val::unknown(), self.span(node));
                };
                // `*(p + i)` is `p[i]`.
                if kind(argument) == Kind::BinaryExpression
                    && field::operator(argument).is_some_and(|operator| self.low.text(operator) == "+")
                    && let (Some(left), Some(right)) = (field::left(argument), field::right(argument))
                    && matches!(self.type_of(left).get(), Ty::Pointer(_) | Ty::Array(..))
                {
                    return self.element_at(left, right);
                }
                let value = self.expr(argument);
                self.deref(value, self.span(node))
            }
            Kind::CompoundLiteral => {
                let ty = field::r#type(node).map_or(TyId::UNKNOWN, |ty| self.low.descriptor(ty));
                let value = field::value(node);
                let ty = self.low.completed(ty, value);
                let local = self.b.temp(ty, self.span(node));
                let lvalue = Lvalue::local(local, ty);
                if let Some(value) = value {
                    self.initialize(lvalue.place.clone(), ty, value);
                }
                lvalue
            }
            Kind::CastExpression => {
                // `(T)x = …` is no C, but macros make it: the place is the operand's.
                let value = self.expr(node);
                self.in_temp(value, self.span(node))
            }
            _ => {
                let value = self.expr(node);
                self.in_temp(value, self.span(node))
            }
        }
    }

    fn member(&mut self, node: Node<'t>) -> Lvalue {
        let (Some(argument), Some(name)) = (field::argument(node), field::field(node)) else {
            return self.in_temp(Val::unknown(), self.span(node));
        };
        let name = self.low.symbol(name);
        let arrow = field::operator(node).is_some_and(|operator| self.low.text(operator) == "->");
        let base = if arrow {
            let value = self.expr(argument);
            self.deref(value, self.span(argument))
        } else {
            self.lvalue(argument)
        };
        let ty = self.low.member_type(base.ty, name, 0);
        base.project(Proj::Field(name), ty)
    }

    fn element(&mut self, node: Node<'t>) -> Lvalue {
        match (field::argument(node), field::index(node)) {
            (Some(argument), Some(index)) => self.element_at(argument, index),
            _ => self.in_temp(Val::unknown(), self.span(node)),
        }
    }

    /// A number of elements: what is so many back is written with a minus, of an unsigned size too.
    fn position(&mut self, node: Node<'t>) -> Val {
        let inner = bare(node);
        let argument = match (kind(inner), field::operator(inner), field::argument(inner)) {
            (Kind::UnaryExpression, Some(operator), Some(argument)) if self.low.text(operator) == "-" => argument,
            _ => return self.expr(node),
        };
        let is_size = kind(bare(argument)) == Kind::SizeofExpression;
        if !is_size && !matches!(self.type_of(argument).get(), Ty::Int { bits: 64, signed: false }) {
            return self.expr(node);
        }
        let (span, ty) = (self.span(inner), int(64, true));
        let value = self.expr(argument);
        let signed = self.b.value(Rvalue::Cast(ty, value.op), ty, span);
        Val { op: self.b.value(Rvalue::Unary(UnOp::Neg, signed), ty, span), ty }
    }

    fn element_at(&mut self, argument: Node<'t>, index: Node<'t>) -> Lvalue {
        let span = self.span(argument);
        let argument = bare(argument);
        let has_place = matches!(
            kind(argument),
            Kind::Identifier
                | Kind::FieldExpression
                | Kind::SubscriptExpression
                | Kind::PointerExpression
                | Kind::CompoundLiteral
        );
        let base = if has_place && !self.is_address_of(argument) {
            let place = self.lvalue(argument);
            match place.ty.get() {
                Ty::Array(element, _) => {
                    let element = *element;
                    let index = self.position(index);
                    return place.project(Proj::Index(index.op), element);
                }
                Ty::Pointer(_) => self.read(place, span),
                _ if matches!(place.place, Place { base: PlaceBase::Local(_), ref proj } if proj.is_empty()) => {
                    self.read(place, span)
                }
                _ => {
                    let index = self.position(index);
                    return place.project(Proj::Index(index.op), TyId::UNKNOWN);
                }
            }
        } else {
            self.expr(argument)
        };
        let element = element_of(base.ty);
        let index = self.position(index);
        let pointed = self.deref_once(base, span);
        pointed.project(Proj::Index(index.op), element)
    }

    fn is_address_of(&self, node: Node<'t>) -> bool {
        kind(node) == Kind::PointerExpression && field::operator(node).is_some_and(|operator| self.low.text(operator) == "&")
    }

    /// `*value`. What a pointer to an array points at is the array's storage.
    pub(super) fn deref(&mut self, value: Val, span: Span) -> Lvalue {
        let element = element_of(value.ty);
        let pointed = self.deref_once(value, span);
        if matches!(element.get(), Ty::Array(..)) {
            return pointed.project(Proj::Index(Operand::Const(Const::int(0, TyId::INT))), element);
        }
        Lvalue { ty: element, ..pointed }
    }

    fn deref_once(&mut self, value: Val, span: Span) -> Lvalue {
        let local = match value.op {
            Operand::Local(local) => local,
            op @ Operand::Const(_) => {
                let temp = self.b.temp(value.ty, span);
                self.b.assign(temp, Rvalue::Use(op), span);
                temp
            }
        };
        Lvalue::local(local, TyId::UNKNOWN).project(Proj::Deref, element_of(value.ty))
    }

    /// A temporary that holds a value.
    fn in_temp(&mut self, value: Val, span: Span) -> Lvalue {
        match value.op {
            Operand::Local(local) => Lvalue::local(local, value.ty),
            op => {
                let temp = self.b.temp(value.ty, span);
                self.b.assign(temp, Rvalue::Use(op), span);
                Lvalue::local(temp, value.ty)
            }
        }
    }

    /// The value at a place; arrays decay to pointers.
    pub(super) fn read(&mut self, lvalue: Lvalue, span: Span) -> Val {
        match lvalue.ty.get() {
            Ty::Array(element, _) => {
                let ty = pointer(*element);
                self.note_address(&lvalue.place);
                let place = self.b.place(lvalue.place);
                Val { op: self.b.value(Rvalue::AddrOf(place), ty, span), ty }
            }
            _ => {
                if let Place { base: PlaceBase::Local(local), proj } = &lvalue.place
                    && proj.is_empty()
                {
                    return Val { op: Operand::Local(*local), ty: lvalue.ty };
                }
                let place = self.b.place(lvalue.place);
                Val { op: self.b.value(Rvalue::Load(place), lvalue.ty, span), ty: lvalue.ty }
            }
        }
    }

    /// Remembers that a local's storage is reachable through a pointer.
    pub(super) fn note_address(&mut self, place: &Place) {
        if let PlaceBase::Local(local) = place.base
            && place.proj.first() != Some(&Proj::Deref)
        {
            self.in_memory.insert(local);
        }
    }

    /// `lvalue = value`; gives the value as stored.
    pub(super) fn store(&mut self, target: Lvalue, value: Val, span: Span) -> Val {
        let ty = if target.ty == TyId::UNKNOWN { value.ty } else { target.ty };
        let op = self.convert(value, target.ty, span);
        match &target.place {
            Place { base: PlaceBase::Local(local), proj } if proj.is_empty() => {
                let local = *local;
                self.b.assign(local, Rvalue::Use(op), span);
                Val { op: Operand::Local(local), ty }
            }
            _ => {
                let place = self.b.place(target.place);
                self.b.push(StmtKind::Store(place, op.clone()), span);
                Val { op, ty }
            }
        }
    }

    /// `lvalue = expression`, without a temporary where the value is computed right into a variable.
    pub(super) fn assign_expr(&mut self, target: Lvalue, node: Node<'t>, _used: bool, span: Span) -> Val {
        let node = bare(node);
        if let Place { base: PlaceBase::Local(local), proj } = &target.place
            && proj.is_empty()
            && kind(node) == Kind::CallExpression
        {
            let value = self.call(node, Some((*local, target.ty)), true);
            if value.op == Operand::Local(*local) {
                return value;
            }
            return self.store(target, value, span);
        }
        let value = self.expr(node);
        self.store_fused(target, value, span)
    }

    /// As [`FnCx::store`]; the statement that just computed a temporary computes the variable instead.
    fn store_fused(&mut self, target: Lvalue, value: Val, span: Span) -> Val {
        let op = self.convert(value.clone(), target.ty, span);
        if let Place { base: PlaceBase::Local(local), proj } = &target.place
            && proj.is_empty()
            && let Operand::Local(from) = op
        {
            let local = *local;
            let ty = if target.ty == TyId::UNKNOWN { value.ty } else { target.ty };
            if self.b.retarget_last(from, local, span) {
                return Val { op: Operand::Local(local), ty };
            }
        }
        let ty = if target.ty == TyId::UNKNOWN { value.ty } else { target.ty };
        self.store(target, Val { op, ty }, span)
    }
}
