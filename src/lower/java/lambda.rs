//! Lambdas: a function of the unit, its captured variables after its parameters. Must not know functional interfaces.

use super::expr::{Dst, Val};
use super::kinds::{Kind, Role};
use super::resolve::{Frame, Name};
use super::{Lowering, Reused, child};
use crate::base::{Span, Symbol};
use crate::ir::{FuncKind, Function, LocalId, Modifiers, Operand, Param, Rvalue, Terminator, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    pub(super) fn lambda(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        if let Some(Reused::Lambda(func, names)) = self.remembered(node) {
            let captured = names.iter().filter_map(|name| self.captured_again(*name)).collect();
            return self.emit(Rvalue::Lambda(func, captured), TyId::UNKNOWN, dst, span);
        }
        let children = self.children(node);
        let (Some(params), Some(body)) = (child(&children, Role::Parameters), child(&children, Role::Body)) else {
            return self.unknown_expr(node, dst);
        };
        let params = match self.kind(params) {
            Kind::FormalParameters => self.formal_parameters(params, 0).0,
            Kind::InferredParameters => {
                let names = self.children(params);
                let names = names.iter().filter(|child| child.kind == Kind::Identifier);
                names.enumerate().map(|(index, child)| self.inferred(child.node, index)).collect()
            }
            _ => vec![self.inferred(params, 0)],
        };
        let func = self.unit.functions.push(Function {
            name: self.sym.lambda,
            kind: FuncKind::Lambda,
            owner: self.current_type(),
            enclosing: self.f.func,
            params,
            ret: TyId::UNKNOWN,
            // No receiver of its own: `this` is captured.
            modifiers: Modifiers::STATIC,
            annotations: Vec::new(),
            throws: Vec::new(),
            code: None,
            span,
            name_span: span,
        });
        let enclosing = self.begin(func);
        self.frames.push(Frame::Fn(enclosing));
        self.declare_params(None);
        if body.has_error() {
            self.f.b.mark_broken();
        }
        let body_span = self.span(body);
        if self.kind(body) == Kind::Block {
            self.stmt(body);
        } else {
            let value = self.expr(body).op;
            self.f.b.terminate(Terminator::Return(Some(value)), body_span);
        }
        let Some(Frame::Fn(enclosing)) = self.frames.pop() else { return Val::unknown() };
        let locals: Vec<(TyId, Span)> = self.f.captures.iter().map(|(_, local, _)| self.captured_decl(*local)).collect();
        let captures = self.end(enclosing, Span { lo: body_span.hi.saturating_sub(1), hi: body_span.hi });
        if let Some(function) = self.unit.functions.get_mut(func) {
            for ((name, local, _), (ty, span)) in captures.iter().zip(locals) {
                function.params.push(Param { local: *local, name: *name, ty, annotations: Vec::new(), span });
            }
        }
        self.remember(node, Reused::Lambda(func, captures.iter().map(|(name, ..)| *name).collect()));
        let captured = captures.iter().map(|(_, _, outer)| *outer).collect();
        self.emit(Rvalue::Lambda(func, captured), TyId::UNKNOWN, dst, span)
    }

    fn captured_decl(&self, local: LocalId) -> (TyId, Span) {
        self.f.b.locals().get(local).map_or((TyId::UNKNOWN, Span::default()), |local| (local.ty, local.span))
    }

    fn captured_again(&mut self, name: Symbol) -> Option<LocalId> {
        if name == self.sym.this {
            return self.this();
        }
        match self.resolve(name) {
            Name::Local(local) => Some(local),
            _ => Some(self.in_local(Val { op: Operand::Const(crate::ir::Const::Unknown), ty: TyId::UNKNOWN }, Span::default())),
        }
    }

    fn inferred(&mut self, node: Node<'t>, index: usize) -> Param {
        let span = self.span(node);
        Param { local: LocalId::from_usize(index), name: self.symbol(node), ty: TyId::UNKNOWN, annotations: Vec::new(), span }
    }
}
