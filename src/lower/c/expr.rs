//! Expressions to operands and conditions to branches. Must not know statements.

use tree_sitter::Node;

use super::kinds::{Kind, field, kind};
use super::literal;
use super::place::Lvalue;
use super::stmt::{FnCx, first_child, last_child};
use super::types::{char_pointer, common, decayed, int, int_shape, pointer, wrap};
use crate::base::Span;
use crate::ir::{BinOp, BlockId, Const, Operand, Rvalue, Terminator, Ty, TyId, UnOp};

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
        Val { op: Operand::Const(Const::Int(value, TyId::INT)), ty: TyId::INT }
    }
}

fn bin_op(text: &str) -> Option<BinOp> {
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

fn is_comparison(op: BinOp) -> bool {
    matches!(op, BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge)
}

fn is_pointer(ty: TyId) -> bool {
    matches!(ty.get(), Ty::Pointer(_))
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

    fn expr_at(&mut self, node: Node<'t>) -> Val {
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
                    Some(value) => Val { op: Operand::Const(Const::Int(value, ty)), ty },
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
                let mut cursor = node.walk();
                let chosen = node.named_children(&mut cursor).filter(|child| kind(*child) != Kind::Comment).nth(2);
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
            let mut cursor = node.walk();
            for part in node.named_children(&mut cursor) {
                match kind(part) {
                    Kind::StringLiteral => literal::string_into(self.low.text(part), &mut text),
                    // `PRIu64` and its like: a conversion of some width.
                    Kind::Identifier => match self.low.text(part) {
                        name if name.starts_with("PRI") => text.push_str(if name.ends_with("64") || name.ends_with("MAX") { "llu" } else { "u" }),
                        _ => unknown = true,
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

    fn unary(&mut self, node: Node<'t>) -> Val {
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
                    let value = if operator == "-" { value.wrapping_neg() } else { !value };
                    return Val { op: Operand::Const(Const::Int(wrap(value, ty), ty)), ty };
                }
                let op = if operator == "-" { UnOp::Neg } else { UnOp::BitNot };
                Val { op: self.b.value(Rvalue::Unary(op, value.op), ty, span), ty }
            }
        }
    }

    fn zero_of(&self, value: &Val) -> Operand {
        match value.ty.get() {
            Ty::Pointer(_) => Operand::Const(Const::Null),
            Ty::Float { .. } => Operand::Const(Const::Float(0)),
            Ty::Int { .. } => Operand::Const(Const::Int(0, value.ty)),
            _ => Operand::Const(Const::Int(0, TyId::INT)),
        }
    }

    fn binary(&mut self, node: Node<'t>) -> Val {
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
            && let Some(value) = fold(op, *l, *r)
            && int_shape(ty).is_some()
            && value == wrap(value, ty)
        {
            return Val { op: Operand::Const(Const::Int(value, ty)), ty };
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
            Operand::Const(Const::Int(number, _)) if int_shape(ty).is_some() => Operand::Const(Const::Int(wrap(number, ty), ty)),
            Operand::Const(Const::Char(unit)) if int_shape(ty).is_some_and(|(bits, _)| bits == 8) => Operand::Const(Const::Char(unit)),
            Operand::Const(Const::Char(unit)) if int_shape(ty).is_some() => {
                Operand::Const(Const::Int(wrap(i128::from(unit), TyId::C_CHAR), ty))
            }
            Operand::Const(Const::Bool(truth)) if int_shape(ty).is_some() => Operand::Const(Const::Int(i128::from(truth), ty)),
            op => self.b.value(Rvalue::Cast(ty, op), ty, span),
        }
    }

    fn cast(&mut self, node: Node<'t>) -> Val {
        let ty = field::r#type(node).map_or(TyId::UNKNOWN, |ty| self.low.descriptor(ty));
        let Some(argument) = field::value(node) else { return Val::unknown() };
        let span = self.span(node);
        if ty == TyId::VOID {
            self.effect(argument);
            return Val { op: Operand::Const(Const::Unknown), ty };
        }
        let value = self.expr(argument);
        if value.ty == ty && ty != TyId::UNKNOWN {
            return value;
        }
        match &value.op {
            Operand::Const(Const::Int(0, _)) if is_pointer(ty) => return Val { op: Operand::Const(Const::Null), ty },
            Operand::Const(Const::Null) if is_pointer(ty) => return Val { op: Operand::Const(Const::Null), ty },
            Operand::Const(Const::Int(number, _)) if int_shape(ty).is_some() => {
                return Val { op: Operand::Const(Const::Int(wrap(*number, ty), ty)), ty };
            }
            _ => {}
        }
        Val { op: self.b.value(Rvalue::Cast(ty, value.op), ty, span), ty }
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
                    return Val { op: Operand::Const(Const::Int(bytes, size)), ty: size };
                }
                self.type_of(value)
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
            Kind::CastExpression | Kind::CompoundLiteral => field::r#type(node).map_or(TyId::UNKNOWN, |ty| self.low.descriptor(ty)),
            Kind::NumberLiteral => match literal::number(self.low.text(node)) {
                Const::Int(_, ty) => ty,
                _ => TyId::new(Ty::Float { bits: 64 }),
            },
            Kind::CharLiteral => TyId::INT,
            Kind::CallExpression => match field::function(node).map(|function| self.low.symbol(function)).and_then(|name| self.low.functions.get(&name)) {
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

    fn conditional(&mut self, node: Node<'t>) -> Val {
        let span = self.span(node);
        let (then, els, after) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        let Some(condition) = field::condition(node) else { return Val::unknown() };
        let result = self.b.temp(TyId::UNKNOWN, span);
        let mut first = None;
        match field::consequence(node) {
            Some(consequence) => {
                self.branch(condition, then, els);
                self.b.start(then);
                let value = self.expr(consequence);
                first = Some(value.ty);
                self.b.assign(result, Rvalue::Use(value.op), span);
            }
            // `a ?: b`
            None => {
                let value = self.expr(condition);
                first = first.or(Some(value.ty));
                self.test(value.clone(), then, els, span);
                self.b.start(then);
                self.b.assign(result, Rvalue::Use(value.op), span);
            }
        }
        self.go(after);
        self.b.start(els);
        let other = field::alternative(node).map_or_else(Val::unknown, |alternative| self.expr(alternative));
        self.b.assign(result, Rvalue::Use(other.op), span);
        let first = first.unwrap_or(TyId::UNKNOWN);
        let ty = if first == other.ty || !is_pointer(first) && other.ty == TyId::UNKNOWN {
            first
        } else if is_pointer(first) {
            first
        } else if is_pointer(other.ty) {
            other.ty
        } else {
            common(first, other.ty)
        };
        self.b.set_ty(result, ty);
        self.go(after);
        self.b.start(after);
        Val { op: Operand::Local(result), ty }
    }

    fn logical(&mut self, node: Node<'t>) -> Val {
        let span = self.span(node);
        let result = self.b.temp(TyId::INT, span);
        let (yes, no, after) = (self.b.new_block(), self.b.new_block(), self.b.new_block());
        self.branch(node, yes, no);
        for (block, value) in [(yes, 1), (no, 0)] {
            self.b.start(block);
            self.b.assign(result, Rvalue::Use(Operand::Const(Const::Int(value, TyId::INT))), span);
            self.go(after);
        }
        self.b.start(after);
        Val { op: Operand::Local(result), ty: TyId::INT }
    }

    fn statement_expression(&mut self, block: Node<'t>) -> Val {
        let mark = self.low.scopes.mark();
        let last = last_child(block).filter(|last| kind(*last) == Kind::ExpressionStatement);
        let mut cursor = block.walk();
        for child in block.children(&mut cursor) {
            if Some(child.id()) != last.map(|last| last.id()) && (child.is_named() || child.is_missing()) {
                self.stmt(child);
            }
        }
        let value = match last {
            Some(last) if last.has_error() => {
                self.opaque(last, true);
                Val::unknown()
            }
            Some(last) => first_child(last).map_or_else(Val::unknown, |value| self.expr(value)),
            None => Val::unknown(),
        };
        self.low.scopes.close(mark, |_| {});
        value
    }

    /// Branches by a condition: `&&`, `||` and `!` are control flow.
    pub(super) fn branch(&mut self, node: Node<'t>, then: BlockId, els: BlockId) {
        let node = bare(node);
        if !self.enter(node) {
            let span = self.span(node);
            self.b.terminate(Terminator::If { cond: Operand::Const(Const::Unknown), then, els }, span);
            return;
        }
        self.branch_at(node, then, els);
        self.leave();
    }

    fn branch_at(&mut self, node: Node<'t>, then: BlockId, els: BlockId) {
        let operator = |cx: &Self| field::operator(node).map(|operator| cx.low.text(operator)).unwrap_or_default();
        match kind(node) {
            Kind::UnaryExpression if operator(self) == "!" => {
                if let Some(argument) = field::argument(node) {
                    self.branch(argument, els, then);
                }
            }
            Kind::BinaryExpression if matches!(operator(self), "&&" | "||") => {
                let operator = operator(self);
                // A chain of one operator nests to the left, however long.
                let mut operands = Vec::new();
                let mut at = node;
                while kind(at) == Kind::BinaryExpression && field::operator(at).is_some_and(|op| self.low.text(op) == operator) {
                    operands.extend(field::right(at));
                    match field::left(at) {
                        Some(left) => at = bare(left),
                        None => break,
                    }
                }
                operands.push(at);
                let mut rest = operands.len();
                for operand in operands.into_iter().rev() {
                    rest -= 1;
                    if rest == 0 {
                        self.branch(operand, then, els);
                        return;
                    }
                    let next = self.b.new_block();
                    if operator == "&&" {
                        self.branch(operand, next, els);
                    } else {
                        self.branch(operand, then, next);
                    }
                    self.b.start(next);
                }
            }
            Kind::CommaExpression => {
                if let Some(left) = field::left(node) {
                    self.effect(left);
                }
                if let Some(right) = field::right(node) {
                    self.branch(right, then, els);
                }
            }
            _ => {
                let span = self.span(node);
                let value = self.expr_at(node);
                self.test(value, then, els, span);
            }
        }
    }

    /// Branches by a value being other than zero.
    fn test(&mut self, value: Val, then: BlockId, els: BlockId, span: Span) {
        let constant = match value.op {
            Operand::Const(Const::Int(number, _)) => Some(number != 0),
            Operand::Const(Const::Char(unit)) => Some(unit != 0),
            Operand::Const(Const::Bool(truth)) => Some(truth),
            Operand::Const(Const::Null) => Some(false),
            Operand::Const(Const::Str(_) | Const::Func(_)) => Some(true),
            _ => None,
        };
        let cond = match constant {
            Some(truth) => Operand::Const(Const::Bool(truth)),
            None if matches!(value.op, Operand::Const(_)) => value.op,
            None if value.ty == TyId::BOOL || self.is_comparison_result(&value.op) => value.op,
            None => {
                let zero = self.zero_of(&value);
                self.b.value(Rvalue::Binary(BinOp::Ne, value.op, zero), TyId::INT, span)
            }
        };
        if !self.b.is_open() {
            let block = self.b.new_block();
            self.b.start(block);
        }
        self.b.terminate(Terminator::If { cond, then, els }, span);
    }

    /// Whether the operand is the temporary of the comparison just pushed.
    fn is_comparison_result(&self, op: &Operand) -> bool {
        match (op, self.b.last_stmt()) {
            (Operand::Local(local), Some(crate::ir::StmtKind::Assign(to, Rvalue::Binary(op, ..)))) => local == to && is_comparison(*op),
            _ => false,
        }
    }

    fn assignment(&mut self, node: Node<'t>, used: bool) -> Val {
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
    fn update(&mut self, node: Node<'t>, used: bool) -> Val {
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

/// Whether an operand is the literal 0.
fn is_zero(op: &Operand) -> bool {
    matches!(op, Operand::Const(Const::Int(0, _) | Const::Null))
}

/// What a pointer or array holds.
pub(super) fn element_of(ty: TyId) -> TyId {
    match decayed(ty).get() {
        Ty::Pointer(inner) => *inner,
        _ => TyId::UNKNOWN,
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
