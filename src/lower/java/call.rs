//! Method calls. Must not know what a method does.

use smallvec::SmallVec;

use super::access::Qualifier;
use super::expr::{Dst, Val};
use super::kinds::{Kind, Role};
use super::resolve::Frame;
use super::{Lowering, child};
use crate::base::{Span, Symbol};
use crate::ir::{Call, CallKind, Callee, Operand, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// `a.b().c().d()`: taken from the innermost receiver outwards in a loop, for builders chain without end.
    pub(super) fn method_call(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let mut chain: SmallVec<[Node<'t>; 8]> = SmallVec::new();
        let mut at = node;
        loop {
            chain.push(at);
            match at.child_by_field_id(self.tables.object) {
                Some(object) if self.kind(object) == Kind::MethodInvocation => at = object,
                _ => break,
            }
        }
        let mut receiver = None;
        while let Some(call) = chain.pop() {
            let dst = if chain.is_empty() { dst } else { Dst::Any };
            receiver = Some(self.one_call(call, receiver, dst));
        }
        receiver.unwrap_or_else(Val::unknown)
    }

    fn one_call(&mut self, node: Node<'t>, receiver: Option<Val>, dst: Dst) -> Val {
        let span = self.span(node);
        let children = self.children(node);
        let Some(name_node) = child(&children, Role::Name) else { return self.unknown_expr(node, dst) };
        let (name, name_span) = (self.symbol(name_node), self.span(name_node));
        let arguments = child(&children, Role::Arguments);
        let object = child(&children, Role::Object);
        let has_super = children.iter().any(|child| child.kind == Kind::Super && child.role == Role::Other);
        let mut result = TyId::UNKNOWN;
        let (receiver, owner, kind) = match (receiver, object) {
            (Some(value), _) => (Some(value), TyId::UNKNOWN, CallKind::Virtual),
            (None, Some(object)) => {
                let qualifier = if has_super { self.outer_super(object) } else { self.qualifier(object) };
                match qualifier {
                    Qualifier::Value(value) => (Some(value), TyId::UNKNOWN, CallKind::Virtual),
                    Qualifier::Type(ty) => {
                        if let Some((_, method)) = self.names.by_name.get(&ty).and_then(|of| self.method_of(*of, name)) {
                            result = method.ret;
                        }
                        (None, self.names.named(ty), CallKind::Static)
                    }
                    Qualifier::Super(receiver, ty) => (receiver.map(|op| Val { op, ty: TyId::UNKNOWN }), ty, CallKind::Special),
                }
            }
            (None, None) => {
                let (receiver, owner, kind, ret) = self.unqualified(name, span);
                result = ret;
                (receiver, owner, kind)
            }
        };
        let receiver = receiver.map(|value| {
            if let Some(of) = value.ty.name().and_then(|ty| self.names.by_name.get(&ty).copied())
                && let Some((_, method)) = self.method_of(of, name)
            {
                result = method.ret;
            }
            self.keep(value, arguments, span).op
        });
        let (args, arg_spans) = self.arguments(arguments);
        if result == TyId::UNKNOWN && args.is_empty() && kind == CallKind::Virtual && name.as_str() == "toString" {
            result = TyId::STRING;
        }
        let dst = match dst {
            Dst::Discard => None,
            Dst::Any | Dst::Into(_) => Some(self.target(result, dst, span)),
        };
        let callee = Callee::Method { name, owner };
        self.f.b.call(Call { callee, receiver, args, arg_spans, dst, kind, name_span }, span);
        match dst {
            Some(local) => Val { op: Operand::Local(local), ty: result },
            None => Val { op: Operand::Const(crate::ir::Const::Unknown), ty: result },
        }
    }

    /// A call by a bare name: of an enclosing type's method where the file has it.
    fn unqualified(&mut self, name: Symbol, span: Span) -> (Option<Val>, TyId, CallKind, TyId) {
        for index in (0..self.frames.len()).rev() {
            let Some(Frame::Type(of)) = self.frames.get(index) else { continue };
            let of = *of;
            let Some((declared, method)) = self.method_of(of, name) else { continue };
            let owner = self.type_of_decl(declared);
            if method.is_static && !method.is_instance {
                return (None, owner, CallKind::Static, method.ret);
            }
            let receiver = self.instance_of(of, span).map(|op| Val { op, ty: TyId::UNKNOWN });
            return match (receiver, method.is_static) {
                (Some(receiver), false) => (Some(receiver), TyId::UNKNOWN, CallKind::Virtual, method.ret),
                // Overloads of both kinds: the program's types choose.
                (receiver, true) => (receiver, owner, CallKind::Unqualified, method.ret),
                (None, false) => (None, owner, CallKind::Unqualified, method.ret),
            };
        }
        (None, TyId::UNKNOWN, CallKind::Unqualified, TyId::UNKNOWN)
    }

    /// Arguments in order, and their spans.
    pub(super) fn arguments(&mut self, list: Option<Node<'t>>) -> (Box<[Operand]>, Box<[Span]>) {
        let Some(list) = list else { return (Box::new([]), Box::new([])) };
        let children = self.children(list);
        let count = children.iter().filter(|child| child.kind.is_expression()).count();
        let mut args = Vec::with_capacity(count);
        let mut spans = Vec::with_capacity(count);
        let assigns = count > 1 && super::expr::may_assign(self.text(list));
        for child in children.iter().filter(|child| child.node.is_named()) {
            if !child.kind.is_expression() {
                self.opaque(child.node);
                continue;
            }
            let span = self.span(child.node);
            let value = self.expr(child.node);
            args.push(if assigns { self.held(value, span) } else { value.op });
            spans.push(span);
        }
        (args.into_boxed_slice(), spans.into_boxed_slice())
    }
}
