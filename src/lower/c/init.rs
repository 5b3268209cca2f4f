//! Initializers of variables and compound literals. Must not know where the variable lies.

use super::Lowering;
use super::constant::wrap;
use super::expr::{Val, bare};
use super::kinds::{Kind, field, kind};
use super::literal;
use super::place::Lvalue;
use super::stmt::{FnCx, first_child, last_child};
use super::types::int_shape;
use crate::base::Symbol;
use crate::ir::{Const, Operand, Place, PlaceBase, Proj, Rvalue, StmtKind, Ty, TyId};
use crate::syntax::Node;

/// Elements of one initializer that are kept; a longer table's rest is not stored one by one.
const ELEMENT_LIMIT: usize = 1024;

impl<'t> Lowering<'_> {
    /// An array type without a length gets it from the initializer.
    pub(super) fn completed(&mut self, ty: TyId, value: Option<Node<'t>>) -> TyId {
        let (Ty::Array(element, None), Some(value)) = (ty.get(), value) else { return ty };
        let value = bare(value);
        let length = match kind(value) {
            Kind::StringLiteral | Kind::ConcatenatedString => {
                let mut text = String::new();
                if kind(value) == Kind::StringLiteral {
                    literal::string_into(self.text(value), &mut text);
                } else {
                    for part in value.named_children() {
                        if kind(part) != Kind::StringLiteral {
                            return ty;
                        }
                        literal::string_into(self.text(part), &mut text);
                    }
                }
                Some(text.chars().count() as u64 + 1)
            }
            Kind::InitializerList => {
                let mut next = 0u64;
                let mut most = 0u64;
                for element in value.named_children() {
                    match kind(element) {
                        Kind::Comment => continue,
                        Kind::InitializerPair => {
                            match field::designator(element).map(|designator| (kind(designator), designator)) {
                                Some((Kind::SubscriptDesignator, designator)) => {
                                    let Some(at) = first_child(designator)
                                        .and_then(|at| self.constant(at))
                                        .and_then(|at| u64::try_from(at).ok())
                                    else {
                                        return ty;
                                    };
                                    next = at;
                                }
                                _ => return ty,
                            }
                        }
                        Kind::StringLiteral if matches!(element_kind(*element_ty(&ty)), Ty::Char { .. }) => {
                            let text = literal::string(self.text(element));
                            next = text.as_str().chars().count() as u64;
                        }
                        _ => {}
                    }
                    next = next.saturating_add(1);
                    most = most.max(next);
                }
                Some(most)
            }
            _ => None,
        };
        TyId::new(Ty::Array(*element, length))
    }

    /// The initializer as a constant of the global, if it is one.
    pub(super) fn constant_initializer(&mut self, node: Node<'t>, ty: TyId) -> Option<Const> {
        let node = bare(node);
        match kind(node) {
            Kind::StringLiteral => Some(Const::Str(literal::string(self.text(node)))),
            Kind::Null => Some(Const::Null),
            Kind::True => Some(Const::Bool(true)),
            Kind::False => Some(Const::Bool(false)),
            Kind::Identifier => {
                let name = self.symbol(node);
                if self.functions.contains_key(&name) {
                    return Some(Const::Func(name));
                }
                self.enum_constants.get(&name).copied().flatten().map(|value| Const::int(value, TyId::INT))
            }
            Kind::NumberLiteral => match (literal::number(self.text(node)), ty.get()) {
                (zero, Ty::Pointer(_)) if zero.is_zero() => Some(Const::Null),
                (Const::Int(value, own), _) => {
                    let ty = if int_shape(ty).is_some() { ty } else { own };
                    Some(Const::int(wrap(value.get(), ty), ty))
                }
                (constant, _) => Some(constant),
            },
            Kind::CharLiteral => literal::character(self.text(node)).map(Const::Char),
            _ if int_shape(ty).is_some() => self.constant(node).map(|value| Const::int(wrap(value, ty), ty)),
            _ => None,
        }
    }
}

fn element_ty(ty: &TyId) -> &TyId {
    match ty.get() {
        Ty::Array(element, _) => element,
        _ => ty,
    }
}

fn element_kind(ty: TyId) -> &'static Ty {
    ty.get()
}

impl<'t> FnCx<'_, '_, 't> {
    /// A global's initializer, broken ones left opaque.
    pub(super) fn initialize_guarded(&mut self, place: Place, ty: TyId, value: Node<'t>) {
        if value.has_error() {
            self.opaque(value, false);
        } else {
            self.initialize(place, ty, value);
        }
    }

    /// `place = initializer`.
    pub(super) fn initialize(&mut self, place: Place, ty: TyId, value: Node<'t>) {
        let value = bare(value);
        if !self.enter(value) {
            return;
        }
        if kind(value) == Kind::InitializerList {
            self.initialize_list(place, ty, value);
        } else {
            let span = self.span(value);
            // `char a[4] = "abc"` copies the text; it does not make a pointer of the array.
            let is_text = matches!(kind(value), Kind::StringLiteral | Kind::ConcatenatedString);
            if is_text && matches!(ty.get(), Ty::Array(..)) {
                let text = self.expr(value);
                self.put(place, Rvalue::Use(text.op), ty, span);
            } else {
                self.assign_expr(Lvalue { place, ty }, value, false, span);
            }
        }
        self.leave();
    }

    /// Stores a computed value as it is.
    fn put(&mut self, place: Place, rvalue: Rvalue, ty: TyId, span: crate::base::Span) {
        match (&place, rvalue) {
            (Place { base: PlaceBase::Local(local), proj }, rvalue) if proj.is_empty() => self.b.assign(*local, rvalue, span),
            (_, Rvalue::Use(op)) => {
                let place = self.b.place(place);
                self.b.push(StmtKind::Store(place, op), span);
            }
            (_, rvalue) => {
                let op = self.b.value(rvalue, ty, span);
                let place = self.b.place(place);
                self.b.push(StmtKind::Store(place, op), span);
            }
        }
    }

    fn initialize_list(&mut self, place: Place, ty: TyId, list: Node<'t>) {
        let span = self.span(list);
        let elements: Vec<Node<'t>> =
            list.named_children().filter(|element| kind(*element) != Kind::Comment).take(ELEMENT_LIMIT).collect();
        let fields: Option<Vec<(Symbol, TyId)>> = match ty.get() {
            Ty::Record { tag, .. } => self
                .low
                .record_index
                .get(tag)
                .and_then(|index| self.low.unit.types.get(*index))
                .map(|decl| decl.fields.iter().map(|field| (field.name, field.ty)).collect()),
            _ => None,
        };
        let plain = elements.iter().all(|element| !matches!(kind(*element), Kind::InitializerPair | Kind::InitializerList));
        let element = match ty.get() {
            Ty::Array(element, _) => *element,
            _ => TyId::UNKNOWN,
        };
        // `{0}` and `{}` zero everything.
        let zeroes = match elements.as_slice() {
            [] => true,
            [one] => kind(*one) == Kind::NumberLiteral && self.low.constant(*one) == Some(0),
            _ => false,
        };
        let aggregate = matches!(ty.get(), Ty::Array(..) | Ty::Record { .. } | Ty::Unknown | Ty::Named { .. });
        if !aggregate {
            // `int x = { 1 };`
            if let Some(one) = elements.first() {
                self.initialize(place, ty, *one);
            }
            return;
        }
        if zeroes {
            self.put(place, Rvalue::ArrayLit(ty, Box::new([])), ty, span);
            return;
        }
        if plain && fields.is_none() && !matches!(element.get(), Ty::Record { .. } | Ty::Array(..)) {
            let values: Vec<Operand> = elements
                .iter()
                .map(|node| {
                    let value = self.expr(*node);
                    let span = self.span(*node);
                    self.convert(value, element, span)
                })
                .collect();
            self.put(place, Rvalue::ArrayLit(ty, values.into_boxed_slice()), ty, span);
            return;
        }
        self.put(place.clone(), Rvalue::ArrayLit(ty, Box::new([])), ty, span);
        let mut next = 0usize;
        for node in elements {
            let mut target = Lvalue { place: place.clone(), ty };
            let mut value = Some(node);
            if kind(node) == Kind::InitializerPair {
                value = field::value(node);
                let value_id = value.map(|value| value.id());
                let mut first = true;
                for designator in node.named_children() {
                    if Some(designator.id()) == value_id {
                        break;
                    }
                    let Some((step, at)) = self.designate(target, designator, &fields, first) else { return };
                    target = step;
                    if let Some(at) = at {
                        next = at;
                    }
                    first = false;
                }
            } else {
                target = match (&fields, ty.get()) {
                    (Some(fields), _) => match fields.get(next) {
                        Some((name, ty)) => target.project(Proj::Field(*name), *ty),
                        None => break,
                    },
                    (None, Ty::Array(..)) => {
                        let index = Operand::Const(Const::int(i128::try_from(next).unwrap_or(0), TyId::INT));
                        target.project(Proj::Index(index), element)
                    }
                    // A struct of a header: which member it is, the file does not tell.
                    _ => {
                        if let Some(value) = value.filter(|value| kind(*value) != Kind::InitializerList) {
                            self.effect(value);
                        }
                        next += 1;
                        continue;
                    }
                };
            }
            next += 1;
            if let Some(value) = value {
                self.initialize(target.place, target.ty, value);
            }
        }
    }

    /// One step of a designator; gives the position in the list where it is the first.
    fn designate(
        &mut self,
        target: Lvalue,
        node: Node<'t>,
        fields: &Option<Vec<(Symbol, TyId)>>,
        first: bool,
    ) -> Option<(Lvalue, Option<usize>)> {
        match kind(node) {
            Kind::FieldDesignator | Kind::FieldIdentifier | Kind::Identifier => {
                let name = if kind(node) == Kind::FieldDesignator { last_child(node)? } else { node };
                let name = self.low.symbol(name);
                let at = fields.as_ref().filter(|_| first).and_then(|fields| fields.iter().position(|(known, _)| *known == name));
                let ty = self.low.member_type(target.ty, name, 0);
                Some((target.project(Proj::Field(name), ty), at))
            }
            Kind::SubscriptDesignator | Kind::SubscriptRange => {
                let index = if kind(node) == Kind::SubscriptRange { field::end(node)? } else { first_child(node)? };
                let at = self.low.constant(index).and_then(|at| usize::try_from(at).ok());
                let index: Val = self.expr(index);
                let element = super::expr::element_of(target.ty);
                Some((target.project(Proj::Index(index.op), element), at.filter(|_| first)))
            }
            _ => None,
        }
    }
}
