//! Names and field accesses: variables, fields, `Outer.this`, and what is a type and what a value in `a.b.c`.
//! Must not know calls.

use smallvec::SmallVec;

use super::assign::Target;
use super::expr::{Dst, Val};
use super::kinds::{Kind, Role};
use super::names::{is_all_caps, is_capitalized, is_package_root, looks_like_type};
use super::resolve::Name;
use super::{Lowering, child};
use crate::base::{Span, Symbol};
use crate::ir::{Operand, Place, PlaceBase, PlaceId, Proj, Ty, TyId, TypeIdx};
use crate::syntax::Node;

/// What stands before a dot.
pub(super) enum Qualifier {
    /// A value.
    Value(Val),
    /// A type, by full name as far as known.
    Type(Symbol),
    /// `super` or `Outer.super`: the receiver, and the type whose member is meant.
    Super(Option<Operand>, TyId),
}

/// The segments of `a.b.c`, outermost first.
type Segments<'t> = SmallVec<[Node<'t>; 6]>;

impl<'t> Lowering<'t> {
    /// A simple name as a value.
    pub(super) fn name(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        match self.name_target(node) {
            Target::Local(local, ty) => self.give(Val { op: Operand::Local(local), ty }, dst, span),
            Target::Place(place, ty) => self.load((place, ty), dst, span),
        }
    }

    /// A simple name as something to read or assign.
    pub(super) fn name_target(&mut self, node: Node<'t>) -> Target {
        let span = self.span(node);
        let name = self.symbol(node);
        match self.resolve(name) {
            Name::Local(local) => Target::Local(local, self.f.b.ty(local)),
            Name::Field { of, declared, info } => {
                if !info.is_static
                    && let Some(place) = self.instance_of(of, span).and_then(|object| self.field_place(&object, name))
                {
                    return Target::Place(place, info.ty);
                }
                Target::Place(self.static_place(declared, name), info.ty)
            }
            Name::Unknown => Target::Place(self.imported(name).unwrap_or_else(|| self.inherited(name)), TyId::UNKNOWN),
        }
    }

    fn static_place(&mut self, of: TypeIdx, field: Symbol) -> PlaceId {
        let name = self.unit.types.get(of).map_or(self.sym.this, |decl| decl.name);
        let ty = self.names.named(name);
        self.place_of(PlaceBase::Static(ty), field)
    }

    fn place_of(&mut self, base: PlaceBase, field: Symbol) -> PlaceId {
        self.f.b.place(Place { base, proj: smallvec::smallvec![Proj::Field(field)] })
    }

    /// A field that a static import names; one inherited from a class out of the file would hide it, which nobody writes.
    fn imported(&mut self, name: Symbol) -> Option<PlaceId> {
        let member = *self.names.static_imports.get(&name)?;
        let (owner, _) = member.as_str().rsplit_once('.')?;
        let ty = self.names.named(Symbol::new(owner));
        Some(self.place_of(PlaceBase::Static(ty), name))
    }

    fn inherited(&mut self, name: Symbol) -> PlaceId {
        self.place_of(PlaceBase::Inherited, name)
    }

    /// `a.b` as a value.
    pub(super) fn field_access(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        match self.qualified(node) {
            Some(Qualified::Place(place, ty)) => self.load((place, ty), dst, span),
            Some(Qualified::Value(value)) => self.give(value, dst, span),
            None => self.unknown_expr(node, dst),
        }
    }

    /// `a.b` as something to assign.
    pub(super) fn field_target(&mut self, node: Node<'t>) -> Option<Target> {
        match self.qualified(node)? {
            Qualified::Place(place, ty) => Some(Target::Place(place, ty)),
            Qualified::Value(_) => None,
        }
    }

    fn qualified(&mut self, node: Node<'t>) -> Option<Qualified> {
        let children = self.children(node);
        let field = child(&children, Role::Field)?;
        let object = child(&children, Role::Object)?;
        if self.kind(field) == Kind::This {
            // `Outer.this`
            let span = self.span(node);
            let value = match self.type_named(object).and_then(|name| self.names.by_name.get(&name).copied()) {
                Some(of) => match self.instance_of_or_this(of, span) {
                    Some(op) => {
                        let ty = self.type_of_decl(of);
                        Val { op, ty }
                    }
                    None => Val::unknown(),
                },
                None => Val::unknown(),
            };
            return Some(Qualified::Value(value));
        }
        let name = self.symbol(field);
        let has_super = children.iter().any(|child| child.kind == Kind::Super && child.role == Role::Other);
        let qualifier = if has_super { self.outer_super(object) } else { self.qualifier(object) };
        let span = self.span(object);
        Some(match qualifier {
            Qualifier::Type(ty) => {
                let declared = self.names.by_name.get(&ty).and_then(|of| self.field_of(*of, name));
                let field_ty = declared.map_or(TyId::UNKNOWN, |(_, info)| info.ty);
                let ty = self.names.named(ty);
                Qualified::Place(self.place_of(PlaceBase::Static(ty), name), field_ty)
            }
            Qualifier::Value(value) => {
                let ty = self.field_type(value.ty, name);
                let object = self.in_local(value, span);
                Qualified::Place(self.place_of(PlaceBase::Local(object), name), ty)
            }
            Qualifier::Super(Some(Operand::Local(this)), _) => {
                Qualified::Place(self.place_of(PlaceBase::Local(this), name), TyId::UNKNOWN)
            }
            Qualifier::Super(..) => Qualified::Place(self.inherited(name), TyId::UNKNOWN),
        })
    }

    /// The declared type of a field of a value, where the file has its class.
    fn field_type(&self, object: TyId, field: Symbol) -> TyId {
        match object.get() {
            Ty::Array(..) if field == self.sym.length => TyId::INT,
            Ty::Named { name, .. } => {
                let of = self.names.by_name.get(name).copied();
                of.and_then(|of| self.field_of(of, field)).map_or(TyId::UNKNOWN, |(_, info)| info.ty)
            }
            _ => TyId::UNKNOWN,
        }
    }

    pub(super) fn type_of_decl(&mut self, of: TypeIdx) -> TyId {
        self.unit.types.get(of).map(|decl| decl.name).map_or(TyId::UNKNOWN, |name| self.names.named(name))
    }

    /// The instance of an enclosing type; `this` where the type does not enclose the code.
    fn instance_of_or_this(&mut self, of: TypeIdx, span: Span) -> Option<Operand> {
        let encloses = {
            let mut at = self.current_type();
            loop {
                match at {
                    Some(current) if current == of => break true,
                    Some(current) => at = self.unit.types.get(current).and_then(|decl| decl.outer),
                    None => break false,
                }
            }
        };
        if encloses { self.instance_of(of, span) } else { self.this().map(Operand::Local) }
    }

    /// `super` alone.
    pub(super) fn plain_super(&mut self) -> Qualifier {
        let ty = self.superclass_of(self.current_type());
        Qualifier::Super(self.this().map(Operand::Local), ty)
    }

    /// `Outer.super` and `Interface.super`.
    pub(super) fn outer_super(&mut self, object: Node<'t>) -> Qualifier {
        let span = self.span(object);
        let Some(name) = self.type_named(object) else { return self.plain_super() };
        if let Some(&of) = self.names.by_name.get(&name) {
            let mut at = self.current_type();
            while let Some(current) = at {
                if current == of {
                    let receiver = self.instance_of(of, span);
                    return Qualifier::Super(receiver, self.superclass_of(Some(of)));
                }
                at = self.unit.types.get(current).and_then(|decl| decl.outer);
            }
        }
        let ty = self.names.named(name);
        Qualifier::Super(self.this().map(Operand::Local), ty)
    }

    /// The superclass a type names; `Object` without one.
    pub(super) fn superclass_of(&self, of: Option<TypeIdx>) -> TyId {
        let decl = of.and_then(|of| self.unit.types.get(of));
        decl.and_then(|decl| decl.extends.first().copied()).unwrap_or(TyId::OBJECT)
    }

    /// What stands before a dot.
    pub(super) fn qualifier(&mut self, node: Node<'t>) -> Qualifier {
        match self.kind(node) {
            Kind::Super => self.plain_super(),
            Kind::Identifier | Kind::FieldAccess => match self.type_named(node) {
                Some(name) => Qualifier::Type(name),
                None => Qualifier::Value(self.expr(node)),
            },
            kind if kind.is_type() => {
                let ty = self.ty(node);
                ty.name().map_or_else(|| Qualifier::Value(Val::unknown()), Qualifier::Type)
            }
            _ => Qualifier::Value(self.expr(node)),
        }
    }

    /// `a.b.c` as names, if it is nothing else.
    fn segments(&mut self, node: Node<'t>) -> Option<Segments<'t>> {
        let mut segments = Segments::new();
        let mut at = node;
        loop {
            match self.kind(at) {
                Kind::Identifier => {
                    segments.push(at);
                    segments.reverse();
                    return Some(segments);
                }
                Kind::FieldAccess => {
                    let children = self.children(at);
                    let field = child(&children, Role::Field)?;
                    if self.kind(field) != Kind::Identifier || children.iter().any(|child| child.kind == Kind::Super) {
                        return None;
                    }
                    segments.push(field);
                    at = child(&children, Role::Object)?;
                }
                _ => return None,
            }
        }
    }

    /// The type that a name or a chain of names means as a qualifier; `None` where it is a value.
    pub(super) fn type_named(&mut self, node: Node<'t>) -> Option<Symbol> {
        let segments = self.segments(node)?;
        let (&first, rest) = segments.split_first()?;
        let first_name = self.symbol(first);
        if !matches!(self.peek(first_name), Peek::Nothing) {
            return None;
        }
        let first_text = first_name.as_str();
        let known = self.known_type(first_name);
        if let Some(known) = known.or_else(|| looks_like_type(first_text).then_some(first_name)) {
            return self.nested_named(known, rest);
        }
        // A package: the first capitalized segment is the type, if the segments before it may be a package.
        let at = rest.iter().position(|segment| is_capitalized(self.text(*segment)))?;
        let (packages, tail) = rest.split_at(at);
        let (&ty, nested) = tail.split_first()?;
        let sure = is_package_root(first_text) || !packages.is_empty() || !is_all_caps(self.text(ty));
        if !sure || is_capitalized(first_text) {
            return None;
        }
        let mut full = String::from(first_text);
        for segment in packages.iter().chain([&ty]) {
            full.push('.');
            full.push_str(self.text(*segment));
        }
        self.nested_named(Symbol::new(&full), nested)
    }

    /// A type and the nested types named after it; `None` where one of those names is a field.
    fn nested_named(&mut self, outer: Symbol, rest: &[Node<'t>]) -> Option<Symbol> {
        let mut name = outer;
        for segment in rest {
            let text = self.text(*segment);
            let member = Symbol::new(text);
            let of = self.names.by_name.get(&name).copied();
            if of.is_some_and(|of| self.field_of(of, member).is_some()) {
                return None;
            }
            let known = of.and_then(|of| self.names.members.get(&(Some(of), member)).copied());
            if known.is_none() && (!is_capitalized(text) || is_all_caps(text)) {
                return None;
            }
            name = match known.and_then(|known| self.unit.types.get(known)) {
                Some(decl) => decl.name,
                None => Symbol::new(&format!("{name}.{text}")),
            };
        }
        Some(name)
    }

    /// Whether a name is a variable or field, without capturing it.
    fn peek(&self, name: Symbol) -> Peek {
        if self.f.vars.contains_key(&name) {
            return Peek::Something;
        }
        for frame in self.frames.iter().rev() {
            let found = match frame {
                super::resolve::Frame::Type(of) => self.field_of(*of, name).is_some(),
                super::resolve::Frame::Fn(ctx) => ctx.vars.contains_key(&name),
            };
            if found {
                return Peek::Something;
            }
        }
        Peek::Nothing
    }
}

enum Peek {
    Something,
    Nothing,
}

/// What a field access is.
enum Qualified {
    Place(PlaceId, TyId),
    Value(Val),
}
