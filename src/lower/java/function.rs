//! One function under construction: its builder, scopes, and what surrounds the code being lowered.
//! Must not know syntax beyond the node of a body.

use super::jump::Jump;
use super::{Lowering, Reused};
use crate::base::{FastMap, Span, Symbol};
use crate::ir::{BodyBuilder, FuncIdx, LocalId, LocalKind, Modifiers, TyId, TypeIdx};
use crate::syntax::Node;

/// The context of a function.
#[derive(Default)]
pub(super) struct FnCtx<'t> {
    pub(super) b: BodyBuilder,
    /// The function; `None` outside of any.
    pub(super) func: Option<FuncIdx>,
    /// Variables in scope.
    pub(super) vars: FastMap<Symbol, LocalId>,
    /// What each declaration hid, to be put back at the end of its scope.
    pub(super) undo: Vec<(Symbol, Option<LocalId>)>,
    /// Local classes in scope.
    pub(super) local_types: FastMap<Symbol, TypeIdx>,
    pub(super) type_params: Vec<(Symbol, TyId)>,
    /// What `break`, `continue`, `yield` and `return` pass on their way out, outermost first.
    pub(super) jumps: Vec<Jump<'t>>,
    /// How many of those run code.
    pub(super) cleanups: u32,
    /// Captured variables: name, local here, local of the enclosing function.
    pub(super) captures: Vec<(Symbol, LocalId, LocalId)>,
    /// The label before the statement about to be lowered.
    pub(super) label: Option<Symbol>,
    /// How many copied `finally` blocks the code stands in.
    pub(super) copies: u32,
    pub(super) too_deep: bool,
}

impl<'t> FnCtx<'t> {
    fn clear(&mut self) {
        self.vars.clear();
        self.undo.clear();
        self.local_types.clear();
        self.type_params.clear();
        self.jumps.clear();
        self.captures.clear();
        (self.cleanups, self.copies, self.label, self.too_deep, self.func) = (0, 0, None, false, None);
    }

    /// Puts a variable in scope.
    pub(super) fn declare(&mut self, name: Symbol, local: LocalId) {
        let hidden = self.vars.insert(name, local);
        self.undo.push((name, hidden));
    }

    /// The state of the scope, for [`FnCtx::close_scope`].
    pub(super) fn scope(&self) -> usize {
        self.undo.len()
    }

    /// Takes what was declared since out of scope.
    pub(super) fn close_scope(&mut self, scope: usize) {
        while self.undo.len() > scope {
            match self.undo.pop() {
                Some((name, Some(hidden))) => {
                    self.vars.insert(name, hidden);
                }
                Some((name, None)) => {
                    self.vars.remove(&name);
                }
                None => break,
            }
        }
    }

    /// A variable of the source, in scope from here on.
    pub(super) fn variable(&mut self, name: Symbol, ty: TyId, span: Span) -> LocalId {
        let local = self.b.local(Some(name), ty, LocalKind::User, span);
        self.declare(name, local);
        local
    }
}

impl<'t> Lowering<'t> {
    /// A fresh context for a function; the current one is given back and must be restored by [`Lowering::end`].
    pub(super) fn begin(&mut self, func: FuncIdx) -> Box<FnCtx<'t>> {
        let mut ctx = self.spare.pop().unwrap_or_default();
        ctx.b = BodyBuilder::new();
        ctx.func = Some(func);
        std::mem::replace(&mut self.f, ctx)
    }

    /// `this` for an instance function of a type, and the parameters of the function's header.
    pub(super) fn declare_params(&mut self, owner: Option<TypeIdx>) {
        let Some(func) = self.f.func.and_then(|func| self.unit.functions.get(func)) else { return };
        if !func.modifiers.contains(Modifiers::STATIC)
            && let Some(owner) = owner.and_then(|owner| self.unit.types.get(owner))
        {
            let (name, span) = (owner.name, owner.name_span);
            let ty = self.names.named(name);
            let this = self.f.b.local(Some(self.sym.this), ty, LocalKind::Receiver, span);
            self.f.vars.insert(self.sym.this, this);
        }
        for param in &func.params {
            let local = self.f.b.local(Some(param.name), param.ty, LocalKind::Param, param.span);
            self.f.vars.insert(param.name, local);
        }
    }

    /// Finishes the current function, stores its body and restores the context before; gives the captured variables.
    pub(super) fn end(&mut self, before: Box<FnCtx<'t>>, end: Span) -> Vec<(Symbol, LocalId, LocalId)> {
        let mut ctx = std::mem::replace(&mut self.f, before);
        let body = std::mem::take(&mut ctx.b).finish(end);
        let stats = &mut self.unit.stats;
        stats.bodies += 1;
        let skipped = ctx.too_deep;
        if skipped {
            stats.skipped_bodies += 1;
        } else {
            stats.opaque += body.opaque_count;
            stats.broken_bodies += u32::from(body.broken);
        }
        if let Some(func) = ctx.func.and_then(|func| self.unit.functions.get_mut(func)) {
            func.code = (!skipped).then(|| body.into());
        }
        let captures = std::mem::take(&mut ctx.captures);
        ctx.clear();
        self.spare.push(ctx);
        captures
    }

    /// Remembers what was made of a node within a `finally` block, which is lowered more than once.
    pub(super) fn remember(&mut self, node: Node<'t>, made: Reused) {
        if self.in_copy() {
            self.reused.insert(node.id(), made);
        }
    }

    /// What an earlier copy made of a node.
    pub(super) fn remembered(&self, node: Node<'t>) -> Option<Reused> {
        if self.in_copy() { self.reused.get(&node.id()).cloned() } else { None }
    }

    /// Whether the code lies in a `finally` block, directly or through lambdas and classes in it.
    fn in_copy(&self) -> bool {
        self.f.copies > 0
    }
}
