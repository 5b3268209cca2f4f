//! Scopes: what a simple name means where it stands. Locals, then fields of the enclosing types from the inside out,
//! with the locals of enclosing functions captured on the way; type names likewise.
//! Must not know syntax nodes.

use super::Lowering;
use super::decl::FieldInfo;
use super::function::FnCtx;
use super::names::java_lang;
use crate::base::{Span, Symbol};
use crate::ir::{LocalId, LocalKind, Operand, Place, PlaceBase, Proj, Rvalue, TyId, TypeIdx};

/// How far superclasses within the file are followed.
const MAX_SUPER: usize = 16;

/// An enclosing type or a suspended function.
pub(super) enum Frame<'t> {
    /// A type whose members are being lowered.
    Type(TypeIdx),
    /// A function in which a lambda, a local or an anonymous class stands.
    Fn(Box<FnCtx<'t>>),
}

/// What a simple name is.
#[derive(Clone, Copy)]
pub(super) enum Name {
    /// A local, perhaps captured just now.
    Local(LocalId),
    /// A field of a type of the file; `of` is the enclosing type through whose instance it is reached.
    Field { of: TypeIdx, declared: TypeIdx, info: FieldInfo },
    /// Nothing that the file declares.
    Unknown,
}

impl Lowering<'_> {
    /// What a simple name is as an expression.
    pub(super) fn resolve(&mut self, name: Symbol) -> Name {
        if let Some(&local) = self.f.vars.get(&name) {
            return Name::Local(local);
        }
        for index in (0..self.frames.len()).rev() {
            match self.frames.get(index) {
                Some(Frame::Type(of)) => {
                    let of = *of;
                    if let Some((declared, info)) = self.field_of(of, name) {
                        return Name::Field { of, declared, info };
                    }
                }
                Some(Frame::Fn(ctx)) => {
                    if let Some(&local) = ctx.vars.get(&name) {
                        return Name::Local(self.capture(index, name, local));
                    }
                }
                None => {}
            }
        }
        Name::Unknown
    }

    /// A field of a type, its superclasses within the file included.
    pub(super) fn field_of(&self, of: TypeIdx, name: Symbol) -> Option<(TypeIdx, FieldInfo)> {
        let mut at = of;
        for _ in 0..MAX_SUPER {
            let info = self.infos.get(at)?;
            if let Some(field) = info.fields.get(&name) {
                return Some((at, *field));
            }
            at = info.superclass?;
        }
        None
    }

    /// The type that declares a method of a name: `of` or a superclass within the file.
    pub(super) fn method_of(&self, of: TypeIdx, name: Symbol) -> Option<(TypeIdx, super::decl::MethodInfo)> {
        let mut at = of;
        for _ in 0..MAX_SUPER {
            let info = self.infos.get(at)?;
            if let Some(method) = info.methods.get(&name) {
                return Some((at, *method));
            }
            at = info.superclass?;
        }
        None
    }

    /// Carries a local of the suspended function at `index` into every function between it and the current one.
    fn capture(&mut self, index: usize, name: Symbol, local: LocalId) -> LocalId {
        let Some(Frame::Fn(origin)) = self.frames.get(index) else { return local };
        let (ty, span) = origin.b.locals().get(local).map_or((TyId::UNKNOWN, Span::default()), |local| (local.ty, local.span));
        let mut carried = local;
        for frame in self.frames.iter_mut().skip(index + 1) {
            if let Frame::Fn(ctx) = frame {
                carried = ctx.capture(name, carried, ty, span);
            }
        }
        self.f.capture(name, carried, ty, span)
    }

    /// `this` of the innermost type, captured through lambdas; `None` in static code.
    pub(super) fn this(&mut self) -> Option<LocalId> {
        let name = self.sym.this;
        if let Some(&local) = self.f.vars.get(&name) {
            return Some(local);
        }
        for index in (0..self.frames.len()).rev() {
            match self.frames.get(index) {
                Some(Frame::Fn(ctx)) => {
                    if let Some(&local) = ctx.vars.get(&name) {
                        return Some(self.capture(index, name, local));
                    }
                }
                Some(Frame::Type(_)) | None => return None,
            }
        }
        None
    }

    /// The innermost enclosing type.
    pub(super) fn current_type(&self) -> Option<TypeIdx> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Type(of) => Some(*of),
            Frame::Fn(_) => None,
        })
    }

    /// The instance of an enclosing type: `this`, or what `this$0` leads to.
    pub(super) fn instance_of(&mut self, target: TypeIdx, span: Span) -> Option<Operand> {
        let mut at = self.current_type()?;
        let mut object = Operand::Local(self.this()?);
        while at != target {
            let outer = self.unit.types.get(at)?.outer?;
            let name = self.unit.types.get(outer)?.name;
            let ty = self.names.named(name);
            let place = self.field_place(&object, self.sym.outer)?;
            object = self.f.b.value(Rvalue::Load(place), ty, span);
            at = outer;
        }
        Some(object)
    }

    /// The place of a field of an object.
    pub(super) fn field_place(&mut self, object: &Operand, field: Symbol) -> Option<crate::ir::PlaceId> {
        let base = PlaceBase::Local(object.local()?);
        Some(self.f.b.place(Place { base, proj: smallvec::smallvec![Proj::Field(field)] }))
    }

    /// The type a simple name means; a type parameter stands for its bound.
    pub(super) fn simple_type(&mut self, name: Symbol) -> TyId {
        if let Some(bound) = self.type_param(name) {
            return bound;
        }
        let full = self.simple_name(name);
        self.names.named(full)
    }

    fn type_param(&self, name: Symbol) -> Option<TyId> {
        let find = |params: &[(Symbol, TyId)]| params.iter().rev().find(|(param, _)| *param == name).map(|(_, bound)| *bound);
        if let Some(bound) = find(&self.f.type_params) {
            return Some(bound);
        }
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Fn(ctx) => find(&ctx.type_params),
            Frame::Type(of) => self.infos.get(*of).and_then(|info| find(&info.type_params)),
        })
    }

    /// The full name of the class a simple name means, as far as the file tells; else the name itself.
    pub(super) fn simple_name(&self, name: Symbol) -> Symbol {
        self.known_type(name).unwrap_or(name)
    }

    /// The full name of the class a simple name means, if the file decides it.
    pub(super) fn known_type(&self, name: Symbol) -> Option<Symbol> {
        let full = |of: TypeIdx| self.unit.types.get(of).map(|decl| decl.name);
        if let Some(&of) = self.f.local_types.get(&name) {
            return full(of);
        }
        for frame in self.frames.iter().rev() {
            let found = match frame {
                Frame::Fn(ctx) => ctx.local_types.get(&name).copied(),
                Frame::Type(of) => self.member_type(*of, name),
            };
            if let Some(of) = found {
                return full(of);
            }
        }
        if let Some(&import) = self.names.imports.get(&name) {
            return Some(import);
        }
        if let Some(&of) = self.names.members.get(&(None, name)) {
            return full(of);
        }
        java_lang(name)
    }

    /// A member type of a type or of its superclasses within the file; the type's own name too.
    fn member_type(&self, of: TypeIdx, name: Symbol) -> Option<TypeIdx> {
        let mut at = of;
        for _ in 0..MAX_SUPER {
            let info = self.infos.get(at)?;
            if at == of && info.simple.0 == Some(name) {
                return Some(of);
            }
            if let Some(&member) = self.names.members.get(&(Some(at), name)) {
                return Some(member);
            }
            at = info.superclass?;
        }
        None
    }
}

impl FnCtx<'_> {
    /// A captured variable of this function, made at its first use.
    fn capture(&mut self, name: Symbol, outer: LocalId, ty: TyId, span: Span) -> LocalId {
        if let Some(&(_, local, _)) = self.captures.iter().find(|(known, _, from)| *known == name && *from == outer) {
            return local;
        }
        let local = self.b.local(Some(name), ty, LocalKind::Captured, span);
        self.captures.push((name, local, outer));
        self.vars.insert(name, local);
        local
    }
}
