//! Expressions to operands and conditions to branches. Must not know statements.

use super::kinds::{Kind, field, kind};
use super::literal;
use super::place::Lvalue;
use super::stmt::{FnCx, first_child};
use super::system;
use super::types::{char_pointer, decayed, int, pointer};
use crate::base::Span;
use crate::ir::{Const, Operand, Rvalue, Terminator, Ty, TyId};
use crate::syntax::Node;

/// A value and its type.
#[derive(Debug, Clone)]
pub(super) struct Val {
    pub(super) op: Operand,
    pub(super) ty: TyId,
}

impl Val {
    /// Nothing known.
    pub(super) fn unknown() -> Val {
        Val { op: Operand::Const(Const::Unknown), ty: TyId::UNKNOWN }
    }

    pub(super) fn int(value: i128) -> Val {
        Val { op: Operand::Const(Const::int(value, TyId::INT)), ty: TyId::INT }
    }
}

/// The node without parentheses and `__extension__`; a statement expression stays.
pub(super) fn bare(mut node: Node<'_>) -> Node<'_> {
    while matches!(kind(node), Kind::ParenthesizedExpression | Kind::ExtensionExpression) {
        match first_child(node) {
            Some(inner) if kind(inner) != Kind::CompoundStatement => node = inner,
            _ => break,
        }
    }
    node
}

impl<'t> FnCx<'_, '_, 't> {
    /// Evaluates for the effect alone.
    pub(super) fn effect(&mut self, node: Node<'t>) {
        let mut node = bare(node);
        // A comma list is nested to the right, however long.
        while kind(node) == Kind::CommaExpression {
            if let Some(left) = field::left(node) {
                self.effect_one(bare(left));
            }
            match field::right(node) {
                Some(right) => node = bare(right),
                None => return,
            }
        }
        self.effect_one(node);
    }

    fn effect_one(&mut self, node: Node<'t>) {
        if !self.enter(node) {
            return;
        }
        match kind(node) {
            Kind::AssignmentExpression => self.assignment(node, false),
            Kind::UpdateExpression => self.update(node, false),
            Kind::CallExpression => self.call(node, None, false),
            Kind::ParenthesizedExpression if first_child(node).is_some_and(|inner| kind(inner) == Kind::CompoundStatement) => {
                if let Some(inner) = first_child(node) {
                    self.block(inner);
                }
                Val::unknown()
            }
            // `(void)x;`
            Kind::Identifier => Val::unknown(),
            Kind::CommaExpression => {
                self.effect(node);
                Val::unknown()
            }
            _ => self.expr_at(node),
        };
        self.leave();
    }

    /// An expression's value.
    pub(super) fn expr(&mut self, node: Node<'t>) -> Val {
        let node = bare(node);
        if !self.enter(node) {
            return Val::unknown();
        }
        let value = self.expr_at(node);
        self.leave();
        value
    }

    pub(super) fn expr_at(&mut self, node: Node<'t>) -> Val {
        match kind(node) {
            Kind::NumberLiteral => match literal::number(self.low.text(node)) {
                constant @ Const::Int(_, ty) => Val { op: Operand::Const(constant), ty },
                constant => {
                    let bits = if self.low.text(node).ends_with(['f', 'F']) { 32 } else { 64 };
                    Val { op: Operand::Const(constant), ty: TyId::new(Ty::Float { bits }) }
                }
            },
            Kind::CharLiteral => match literal::character(self.low.text(node)) {
                Some(unit) => Val { op: Operand::Const(Const::Char(unit)), ty: TyId::INT },
                None => Val::unknown(),
            },
            Kind::StringLiteral | Kind::ConcatenatedString => self.string(node),
            Kind::True => Val { op: Operand::Const(Const::Bool(true)), ty: TyId::BOOL },
            Kind::False => Val { op: Operand::Const(Const::Bool(false)), ty: TyId::BOOL },
            Kind::Null => Val { op: Operand::Const(Const::Null), ty: pointer(TyId::VOID) },
            Kind::Identifier => self.identifier(node),
            Kind::FieldExpression | Kind::SubscriptExpression | Kind::CompoundLiteral => {
                let place = self.lvalue(node);
                self.read(place, self.span(node))
            }
            Kind::PointerExpression => self.pointer_expression(node),
            Kind::CallExpression => self.call(node, None, true),
            Kind::AssignmentExpression => self.assignment(node, true),
            Kind::UpdateExpression => self.update(node, true),
            Kind::UnaryExpression => self.unary(node),
            Kind::BinaryExpression => self.binary(node),
            Kind::CastExpression => self.cast(node),
            Kind::ConditionalExpression => self.conditional(node),
            Kind::SizeofExpression => self.size_of(node),
            Kind::AlignofExpression | Kind::OffsetofExpression => {
                let ty = int(64, false);
                match self.low.constant(node) {
                    Some(value) => Val { op: Operand::Const(Const::int(value, ty)), ty },
                    None => Val { op: Operand::Const(Const::Unknown), ty },
                }
            }
            Kind::CommaExpression => {
                let mut node = node;
                while kind(node) == Kind::CommaExpression {
                    if let Some(left) = field::left(node) {
                        self.effect(left);
                    }
                    match field::right(node) {
                        Some(right) => node = bare(right),
                        None => return Val::unknown(),
                    }
                }
                self.expr(node)
            }
            Kind::ParenthesizedExpression => match first_child(node) {
                Some(inner) if kind(inner) == Kind::CompoundStatement => self.statement_expression(inner),
                _ => Val::unknown(),
            },
            Kind::GnuAsm => self.assembly(node),
            Kind::GenericExpression => {
                // The first association is as good as any for data flow.
                let chosen = node.named_children().filter(|child| kind(*child) != Kind::Comment).nth(2);
                chosen.map_or_else(Val::unknown, |value| self.expr(value))
            }
            Kind::InitializerList => {
                self.opaque(node, false);
                Val::unknown()
            }
            // A block as an argument of a macro that is not in view: it may run.
            Kind::CompoundStatement => {
                let (run, after) = (self.b.new_block(), self.b.new_block());
                let span = self.span(node);
                self.b.terminate(Terminator::If { cond: Operand::Const(Const::Unknown), then: run, els: after }, span);
                self.b.start(run);
                self.stmt(node);
                self.go(after);
                self.b.start(after);
                Val::unknown()
            }
            Kind::Error => {
                self.opaque(node, true);
                Val::unknown()
            }
            _ => {
                self.opaque(node, false);
                Val::unknown()
            }
        }
    }

    fn string(&mut self, node: Node<'t>) -> Val {
        let mut text = String::new();
        let wide = self.low.text(node).starts_with('L');
        let mut unknown = false;
        if kind(node) == Kind::ConcatenatedString {
            for part in node.named_children() {
                match kind(part) {
                    Kind::StringLiteral => literal::string_into(self.low.text(part), &mut text),
                    // `PRIu64` and its like: a conversion of some width.
                    Kind::Identifier => match self.low.text(part) {
                        name if name.starts_with("PRI") => {
                            text.push_str(if name.ends_with("64") || name.ends_with("MAX") { "llu" } else { "u" })
                        }
                        name => match system::text(name) {
                            Some(known) => text.push_str(known),
                            None => unknown = true,
                        },
                    },
                    _ => {}
                }
            }
        } else {
            literal::string_into(self.low.text(node), &mut text);
        }
        let ty = if wide { pointer(TyId::INT) } else { char_pointer() };
        if unknown {
            return Val { op: Operand::Const(Const::Unknown), ty };
        }
        Val { op: Operand::Const(Const::Str(crate::base::Symbol::new(&text))), ty }
    }

    fn identifier(&mut self, node: Node<'t>) -> Val {
        let name = self.low.symbol(node);
        if self.low.scopes.get(name).is_none() {
            if let Some(value) = self.low.enum_constants.get(&name) {
                return match value {
                    Some(value) => Val::int(*value),
                    None => Val { op: Operand::Const(Const::Unknown), ty: TyId::INT },
                };
            }
            if let Some(ty) = self.low.functions.get(&name) {
                return Val { op: Operand::Const(Const::Func(name)), ty: pointer(*ty) };
            }
            if matches!(name.as_str(), "__func__" | "__FUNCTION__" | "__PRETTY_FUNCTION__") {
                return Val { op: Operand::Const(Const::Str(self.name)), ty: char_pointer() };
            }
        }
        let place = self.lvalue(node);
        self.read(place, self.span(node))
    }

    fn pointer_expression(&mut self, node: Node<'t>) -> Val {
        let Some(argument) = field::argument(node) else { return Val::unknown() };
        if field::operator(node).is_some_and(|operator| self.low.text(operator) == "*") {
            let place = self.lvalue(node);
            return self.read(place, self.span(node));
        }
        let argument = bare(argument);
        // `&function` and `&*p`, `&p[i]` need no memory of their own.
        if kind(argument) == Kind::Identifier {
            let name = self.low.symbol(argument);
            if self.low.scopes.get(name).is_none() && self.low.functions.contains_key(&name) {
                return self.identifier(argument);
            }
        }
        let lvalue = self.lvalue(argument);
        self.address(lvalue, self.span(node))
    }

    /// `&place`.
    pub(super) fn address(&mut self, lvalue: Lvalue, span: Span) -> Val {
        let ty = if lvalue.ty == TyId::UNKNOWN { pointer(TyId::UNKNOWN) } else { pointer(lvalue.ty) };
        self.note_address(&lvalue.place);
        let place = self.b.place(lvalue.place);
        Val { op: self.b.value(Rvalue::AddrOf(place), ty, span), ty }
    }

    fn size_of(&mut self, node: Node<'t>) -> Val {
        let size = int(64, false);
        let span = self.span(node);
        let ty = match (field::r#type(node), field::value(node)) {
            (Some(ty), _) => self.low.sizeof_type(ty),
            (None, Some(value)) => {
                let value = bare(value);
                if kind(value) == Kind::StringLiteral
                    && let Some(bytes) = self.low.constant(node)
                {
                    return Val { op: Operand::Const(Const::int(bytes, size)), ty: size };
                }
                match kind(value) {
                    // `sizeof(T)` of a typedef that only a header knows reads like a variable's.
                    Kind::Identifier => {
                        let name = self.low.symbol(value);
                        self.low.value_type(name).unwrap_or_else(|| self.low.named(name))
                    }
                    _ => self.type_of(value),
                }
            }
            _ => TyId::UNKNOWN,
        };
        if ty == TyId::UNKNOWN {
            return Val { op: Operand::Const(Const::Unknown), ty: size };
        }
        Val { op: self.b.value(Rvalue::SizeOf(ty), size, span), ty: size }
    }

    /// The type of an expression that is not evaluated.
    pub(super) fn type_of(&mut self, node: Node<'t>) -> TyId {
        let node = bare(node);
        if !self.enter(node) {
            return TyId::UNKNOWN;
        }
        let ty = match kind(node) {
            Kind::Identifier => {
                let name = self.low.symbol(node);
                self.low.value_type(name).unwrap_or(TyId::UNKNOWN)
            }
            Kind::FieldExpression => {
                let base = field::argument(node).map_or(TyId::UNKNOWN, |argument| self.type_of(argument));
                let record = if let Ty::Pointer(inner) = base.get() { *inner } else { base };
                field::field(node).map_or(TyId::UNKNOWN, |name| self.low.member_type(record, self.low.symbol(name), 0))
            }
            Kind::SubscriptExpression => {
                let base = field::argument(node).map_or(TyId::UNKNOWN, |argument| self.type_of(argument));
                element_of(base)
            }
            Kind::PointerExpression => {
                let base = field::argument(node).map_or(TyId::UNKNOWN, |argument| self.type_of(argument));
                if field::operator(node).is_some_and(|operator| self.low.text(operator) == "*") {
                    element_of(base)
                } else if base == TyId::UNKNOWN {
                    TyId::UNKNOWN
                } else {
                    pointer(base)
                }
            }
            Kind::CastExpression | Kind::CompoundLiteral => {
                field::r#type(node).map_or(TyId::UNKNOWN, |ty| self.low.descriptor(ty))
            }
            Kind::NumberLiteral => match literal::number(self.low.text(node)) {
                Const::Int(_, ty) => ty,
                _ => TyId::new(Ty::Float { bits: 64 }),
            },
            Kind::CharLiteral => TyId::INT,
            Kind::CallExpression => match field::function(node)
                .map(|function| self.low.symbol(function))
                .and_then(|name| self.low.functions.get(&name))
            {
                Some(ty) => match ty.get() {
                    Ty::Func { ret, .. } => *ret,
                    _ => TyId::UNKNOWN,
                },
                None => TyId::UNKNOWN,
            },
            _ => TyId::UNKNOWN,
        };
        self.leave();
        ty
    }
}

/// What a pointer or array holds.
pub(super) fn element_of(ty: TyId) -> TyId {
    match decayed(ty).get() {
        Ty::Pointer(inner) => *inner,
        _ => TyId::UNKNOWN,
    }
}
