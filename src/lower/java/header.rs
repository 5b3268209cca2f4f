//! Headers of types, fields, methods and constructors, and the functions that their initializers make.
//! Must not know statements.

use super::decl::{FieldInfo, Init, MethodInfo};
use super::kinds::{Kind, Role};
use super::{Children, Lowering, child, of_kind};
use crate::base::{Span, Symbol};
use crate::ir::{
    Call, CallKind, Callee, Const, Field, FuncIdx, FuncKind, Function, LocalId, LocalKind, Modifiers, Operand, Param, Place,
    PlaceBase, Proj, StmtKind, Ty, TyId, TypeIdx, TypeKind,
};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// The header of a type: modifiers, type parameters, what it extends.
    pub(super) fn header(&mut self, of: TypeIdx) {
        let Some((node, _)) = self.infos.get(of).and_then(|info| info.nodes) else { return };
        let Some(kind) = self.unit.types.get(of).map(|decl| decl.kind) else { return };
        if kind == TypeKind::Anonymous {
            return;
        }
        let children = self.children(node);
        if let Some(params) = child(&children, Role::TypeParameters) {
            let params = self.type_parameters(params);
            if let Some(info) = self.infos.get_mut(of) {
                info.type_params = params;
            }
        }
        let (mut modifiers, annotations) = self.modifiers(&children);
        let outer_kind =
            self.unit.types.get(of).and_then(|decl| decl.outer).and_then(|outer| self.unit.types.get(outer)).map(|it| it.kind);
        if matches!(outer_kind, Some(TypeKind::Interface | TypeKind::Annotation)) {
            modifiers |= Modifiers::PUBLIC | Modifiers::STATIC;
        }
        if outer_kind.is_some() && matches!(kind, TypeKind::Enum | TypeKind::Record | TypeKind::Interface | TypeKind::Annotation)
        {
            modifiers |= Modifiers::STATIC;
        }
        let mut extends: Vec<TyId> = child(&children, Role::Superclass).map(|it| self.ty(it)).into_iter().collect();
        if let Some(list) = of_kind(&children, Kind::ExtendsInterfaces) {
            extends.extend(self.type_list(list));
        }
        let implements = child(&children, Role::Interfaces).map(|list| self.type_list(list)).unwrap_or_default();
        let superclass = match kind {
            TypeKind::Class => extends.first().and_then(|ty| ty.name()).and_then(|name| self.names.by_name.get(&name).copied()),
            _ => None,
        };
        let info = self.infos.get_mut(of);
        let type_params = info.map(|info| {
            info.superclass = superclass.filter(|superclass| *superclass != of);
            info.type_params.iter().map(|(name, _)| *name).collect()
        });
        if let Some(decl) = self.unit.types.get_mut(of) {
            (decl.modifiers, decl.annotations, decl.extends, decl.implements) = (modifiers, annotations, extends, implements);
            decl.type_params = type_params.unwrap_or_default();
        }
        if kind == TypeKind::Record
            && let Some(params) = child(&children, Role::Parameters)
        {
            for param in self.formal_parameters(params, 0).0 {
                let modifiers = Modifiers::PRIVATE | Modifiers::FINAL;
                self.add_field(of, param.name, param.ty, modifiers, param.annotations, None, param.span);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one for each part of a field")]
    fn add_field(
        &mut self,
        of: TypeIdx,
        name: Symbol,
        ty: TyId,
        modifiers: Modifiers,
        annotations: Vec<crate::ir::AnnotationUse>,
        init: Option<Const>,
        span: Span,
    ) {
        let is_static = modifiers.contains(Modifiers::STATIC);
        let is_final = modifiers.contains(Modifiers::FINAL);
        if let Some(info) = self.infos.get_mut(of) {
            let constant = init.filter(|_| is_final);
            info.fields.insert(name, FieldInfo { ty, is_static, is_enum_constant: false, constant });
        }
        if let Some(decl) = self.unit.types.get_mut(of) {
            decl.fields.push(Field { name, ty, modifiers, annotations, init, bit_width: None, span });
        }
    }

    /// Fields and headers of functions of a type.
    pub(super) fn members(&mut self, of: TypeIdx) {
        let Some((_, body)) = self.infos.get(of).and_then(|info| info.nodes) else { return };
        self.members_in(of, body);
    }

    fn members_in(&mut self, of: TypeIdx, body: Node<'t>) {
        for member in self.children(body) {
            let node = member.node;
            match member.kind {
                Kind::FieldDeclaration | Kind::ConstantDeclaration => self.field(of, node),
                Kind::MethodDeclaration | Kind::AnnotationElement => self.method(of, node),
                Kind::ConstructorDeclaration | Kind::CompactConstructor => self.constructor(of, node, member.kind),
                Kind::StaticInitializer => {
                    let children = self.children(node);
                    if let (Some(block), Some(info)) = (of_kind(&children, Kind::Block), self.infos.get_mut(of)) {
                        info.static_inits.push(Init::Block(block));
                    }
                }
                Kind::Block => {
                    if let Some(info) = self.infos.get_mut(of) {
                        info.instance_inits.push(Init::Block(node));
                    }
                }
                Kind::EnumConstant => self.enum_constant(of, node),
                Kind::EnumBodyDeclarations => self.members_in(of, node),
                _ => {
                    let known = member.kind.is_type_declaration() || member.kind == Kind::Error || !node.is_named();
                    if !known {
                        self.unit.stats.opaque += 1;
                    }
                }
            }
        }
    }

    fn is_interface(&self, of: TypeIdx) -> bool {
        let kind = self.unit.types.get(of).map(|decl| decl.kind);
        matches!(kind, Some(TypeKind::Interface | TypeKind::Annotation))
    }

    fn field(&mut self, of: TypeIdx, node: Node<'t>) {
        let children = self.children(node);
        let (mut modifiers, annotations) = self.modifiers(&children);
        if self.is_interface(of) {
            modifiers |= Modifiers::PUBLIC | Modifiers::STATIC | Modifiers::FINAL;
        }
        let base = child(&children, Role::Type).map_or(TyId::UNKNOWN, |ty| self.ty(ty));
        for declarator in children.iter().filter(|child| child.kind == Kind::VariableDeclarator) {
            let parts = self.children(declarator.node);
            let Some(name) = child(&parts, Role::Name) else { continue };
            let ty = self.with_dimensions(base, child(&parts, Role::Dimensions));
            let name = self.symbol(name);
            let value = child(&parts, Role::Value);
            let init = value.and_then(|value| self.constant(value)).filter(|init| *init != Const::Unknown);
            let span = self.span(declarator.node);
            self.add_field(of, name, ty, modifiers, annotations.clone(), init, span);
            if let (Some(value), None, Some(info)) = (value, init, self.infos.get_mut(of)) {
                let list = if modifiers.contains(Modifiers::STATIC) { &mut info.static_inits } else { &mut info.instance_inits };
                list.push(Init::Field(name, ty, value));
            }
        }
    }

    fn enum_constant(&mut self, of: TypeIdx, node: Node<'t>) {
        let children = self.children(node);
        let Some(name) = child(&children, Role::Name) else { return };
        let (_, annotations) = self.modifiers(&children);
        let (name, span, ty) = (self.symbol(name), self.span(node), self.type_of_decl(of));
        let modifiers = Modifiers::PUBLIC | Modifiers::STATIC | Modifiers::FINAL;
        self.add_field(of, name, ty, modifiers, annotations, None, span);
        if let Some(info) = self.infos.get_mut(of) {
            if let Some(field) = info.fields.get_mut(&name) {
                field.is_enum_constant = true;
            }
            info.static_inits.push(Init::EnumConstant(node));
        }
    }

    /// A method's header.
    fn method_header(&mut self, of: Option<TypeIdx>, node: Node<'t>) -> Option<(Function, Option<Node<'t>>)> {
        let children = self.children(node);
        let name = child(&children, Role::Name)?;
        let (mut modifiers, annotations) = self.modifiers(&children);
        let body = child(&children, Role::Body);
        if of.is_some_and(|of| self.is_interface(of)) {
            if !modifiers.contains(Modifiers::PRIVATE) {
                modifiers |= Modifiers::PUBLIC;
            }
            if body.is_none() {
                modifiers |= Modifiers::ABSTRACT;
            }
        }
        let before = self.f.type_params.len();
        if let Some(params) = child(&children, Role::TypeParameters) {
            let params = self.type_parameters(params);
            self.f.type_params.extend(params);
        }
        let func = self.unit.functions.next_idx();
        let ret = child(&children, Role::Type).map_or(TyId::UNKNOWN, |ty| self.ty(ty));
        let ret = self.with_dimensions(ret, child(&children, Role::Dimensions));
        let receiver = of.is_some() && !modifiers.contains(Modifiers::STATIC);
        let (params, varargs) = match child(&children, Role::Parameters) {
            Some(params) => self.formal_parameters(params, usize::from(receiver)),
            None => (Vec::new(), false),
        };
        modifiers.set(Modifiers::VARARGS, varargs);
        let throws = of_kind(&children, Kind::Throws).map(|list| self.type_list(list)).unwrap_or_default();
        self.forget_type_params(func, before, body.is_some());
        let function = Function {
            name: self.symbol(name),
            kind: FuncKind::Method,
            owner: of,
            enclosing: None,
            params,
            ret,
            modifiers,
            annotations,
            throws,
            code: None,
            span: self.span(node),
            name_span: self.span(name),
        };
        Some((function, body))
    }

    /// Takes a header's type parameters out of scope and keeps them for the body.
    fn forget_type_params(&mut self, func: FuncIdx, before: usize, has_body: bool) {
        if self.f.type_params.len() > before {
            let params = self.f.type_params.split_off(before);
            if has_body {
                self.func_type_params.insert(func, params);
            }
        }
    }

    fn method(&mut self, of: TypeIdx, node: Node<'t>) {
        let Some((function, body)) = self.method_header(Some(of), node) else { return };
        let (name, ret) = (function.name, function.ret);
        let is_static = function.modifiers.contains(Modifiers::STATIC);
        let func = self.add_function(of, function);
        let known = ret == TyId::STRING || matches!(ret.get(), Ty::Bool | Ty::Int { .. } | Ty::Char { .. } | Ty::Float { .. });
        let ret = if known { ret } else { TyId::UNKNOWN };
        if let Some(info) = self.infos.get_mut(of) {
            let entry = info.methods.entry(name).or_insert(MethodInfo { is_static: false, is_instance: false, ret });
            entry.is_static |= is_static;
            entry.is_instance |= !is_static;
            if entry.ret != ret {
                entry.ret = TyId::UNKNOWN;
            }
            info.pending.extend(body.map(|body| (func, body)));
        }
    }

    /// A method outside of any type.
    pub(super) fn free_method(&mut self, node: Node<'t>) -> Option<(FuncIdx, Node<'t>)> {
        let (function, body) = self.method_header(None, node)?;
        let func = self.unit.functions.push(function);
        Some((func, body?))
    }

    fn add_function(&mut self, of: TypeIdx, function: Function) -> FuncIdx {
        let func = self.unit.functions.push(function);
        if let Some(decl) = self.unit.types.get_mut(of) {
            decl.functions.push(func);
        }
        func
    }

    fn constructor(&mut self, of: TypeIdx, node: Node<'t>, kind: Kind) {
        let children = self.children(node);
        let Some(name) = child(&children, Role::Name) else { return };
        let (mut modifiers, annotations) = self.modifiers(&children);
        let before = self.f.type_params.len();
        if let Some(params) = child(&children, Role::TypeParameters) {
            let params = self.type_parameters(params);
            self.f.type_params.extend(params);
        }
        let (params, varargs) = match child(&children, Role::Parameters) {
            Some(params) => self.formal_parameters(params, 1),
            None if kind == Kind::CompactConstructor => (self.component_params(of), false),
            None => (Vec::new(), false),
        };
        modifiers.set(Modifiers::VARARGS, varargs);
        // Broken code: a method without its name reads as a static constructor.
        modifiers.remove(Modifiers::STATIC);
        let throws = of_kind(&children, Kind::Throws).map(|list| self.type_list(list)).unwrap_or_default();
        self.forget_type_params(self.unit.functions.next_idx(), before, true);
        let function = Function {
            name: self.sym.init,
            kind: FuncKind::Constructor,
            owner: Some(of),
            enclosing: None,
            params,
            ret: TyId::VOID,
            modifiers,
            annotations,
            throws,
            code: None,
            span: self.span(node),
            name_span: self.span(name),
        };
        let func = self.add_function(of, function);
        if let (Some(body), Some(info)) = (child(&children, Role::Body), self.infos.get_mut(of)) {
            info.pending.push((func, body));
        }
    }

    /// A record's components as the parameters of its compact constructor.
    fn component_params(&self, of: TypeIdx) -> Vec<Param> {
        let fields = self.unit.types.get(of).map(|decl| decl.fields.as_slice()).unwrap_or_default();
        let components = fields.iter().filter(|field| !field.modifiers.contains(Modifiers::STATIC));
        let params = components.enumerate().map(|(index, field)| Param {
            local: LocalId::from_usize(index + 1),
            name: field.name,
            ty: field.ty,
            annotations: Vec::new(),
            span: field.span,
        });
        params.collect()
    }

    /// Parameters, whose locals start at `first`; and whether the last takes the rest.
    pub(super) fn formal_parameters(&mut self, node: Node<'t>, first: usize) -> (Vec<Param>, bool) {
        let mut params = Vec::new();
        let mut varargs = false;
        for param in self.children(node) {
            let parts: Children<'t> = match param.kind {
                Kind::FormalParameter | Kind::SpreadParameter => self.children(param.node),
                _ => continue,
            };
            let (_, annotations) = self.modifiers(&parts);
            let (name, ty) = if param.kind == Kind::SpreadParameter {
                varargs = true;
                let ty = parts.iter().find(|part| part.kind.is_type()).map_or(TyId::UNKNOWN, |part| self.ty(part.node));
                let declarator = of_kind(&parts, Kind::VariableDeclarator).map(|it| self.children(it));
                let name = declarator.and_then(|parts| child(&parts, Role::Name));
                (name, TyId::new(Ty::Array(ty, None)))
            } else {
                let ty = child(&parts, Role::Type).map_or(TyId::UNKNOWN, |ty| self.ty(ty));
                (child(&parts, Role::Name), self.with_dimensions(ty, child(&parts, Role::Dimensions)))
            };
            let name = name.map_or_else(|| Symbol::new("_"), |name| self.symbol(name));
            let local = LocalId::from_usize(first + params.len());
            params.push(Param { local, name, ty, annotations, span: self.span(param.node) });
        }
        (params, varargs)
    }

    /// Bodies of a type's functions and its initializers.
    pub(super) fn bodies_of(&mut self, of: TypeIdx) {
        let Some(info) = self.infos.get_mut(of) else { return };
        let pending = std::mem::take(&mut info.pending);
        let (statics, instances) = (std::mem::take(&mut info.static_inits), std::mem::take(&mut info.instance_inits));
        self.initializers(of, "<clinit>", FuncKind::StaticInit, &statics);
        self.initializers(of, "<fieldinit>", FuncKind::FieldInit, &instances);
        for (func, body) in pending {
            self.function_body(func, body, Some(of));
        }
    }

    /// Lowers a function's body.
    pub(super) fn function_body(&mut self, func: FuncIdx, body: Node<'t>, of: Option<TypeIdx>) {
        let span = self.span(body);
        let before = self.begin(func);
        if let Some(params) = self.func_type_params.remove(&func) {
            self.f.type_params = params;
        }
        self.declare_params(of);
        if body.has_error() {
            self.f.b.mark_broken();
        }
        self.stmt(body);
        let kind = self.unit.functions.get(func).map(|function| function.kind);
        if kind == Some(FuncKind::Constructor) && self.kind(body) == Kind::Block && self.f.b.is_open() {
            self.component_stores(func, span);
        }
        self.end(before, Span { lo: span.hi.saturating_sub(1), hi: span.hi });
    }

    /// What a compact constructor does at its end: the components take the parameters' values.
    fn component_stores(&mut self, func: FuncIdx, span: Span) {
        let Some(params) = self.unit.functions.get(func).map(|function| &function.params) else { return };
        for param in params {
            let place =
                Place { base: PlaceBase::Local(LocalId::from_usize(0)), proj: smallvec::smallvec![Proj::Field(param.name)] };
            let place = self.f.b.place(place);
            self.f.b.push(StmtKind::Store(place, Operand::Local(param.local)), span);
        }
    }

    fn initializers(&mut self, of: TypeIdx, name: &str, kind: FuncKind, inits: &[Init<'t>]) {
        if inits.is_empty() {
            return;
        }
        let Some((span, name_span)) = self.unit.types.get(of).map(|decl| (decl.span, decl.name_span)) else { return };
        let modifiers = if kind == FuncKind::StaticInit { Modifiers::STATIC } else { Modifiers::empty() };
        let function = Function {
            name: Symbol::new(name),
            kind,
            owner: Some(of),
            enclosing: None,
            params: Vec::new(),
            ret: TyId::VOID,
            modifiers,
            annotations: Vec::new(),
            throws: Vec::new(),
            code: None,
            span,
            name_span,
        };
        let func = self.add_function(of, function);
        let before = self.begin(func);
        self.declare_params(Some(of));
        let owner = self.type_of_decl(of);
        let this = self.this();
        for init in inits {
            let (Init::Field(.., node) | Init::Block(node) | Init::EnumConstant(node)) = *init;
            if node.has_error() {
                self.f.b.mark_broken();
            }
            let scope = self.f.scope();
            match *init {
                Init::Block(block) => self.stmt(block),
                Init::Field(name, ty, value) => {
                    let span = self.span(value);
                    let value = match self.kind(value) {
                        Kind::ArrayInitializer => self.array_literal(value, ty, super::expr::Dst::Any),
                        _ => self.expr(value),
                    };
                    let base = this.map_or(PlaceBase::Static(owner), PlaceBase::Local);
                    let place = self.f.b.place(Place { base, proj: smallvec::smallvec![Proj::Field(name)] });
                    self.f.b.push(StmtKind::Store(place, value.op), span);
                }
                Init::EnumConstant(node) => self.enum_constant_value(owner, node),
            }
            self.f.close_scope(scope);
        }
        self.end(before, Span { lo: span.hi.saturating_sub(1), hi: span.hi });
    }

    fn enum_constant_value(&mut self, owner: TyId, node: Node<'t>) {
        let span = self.span(node);
        let children = self.children(node);
        let Some(name) = child(&children, Role::Name) else { return };
        let (name, name_span) = (self.symbol(name), self.span(name));
        let (args, arg_spans) = self.arguments(child(&children, Role::Arguments));
        let made = match child(&children, Role::Body).and_then(|body| self.anonymous_type(node, body, owner)) {
            Some(of) => self.type_of_decl(of),
            None => owner,
        };
        let object = self.f.b.local(None, made, LocalKind::Temp, span);
        let callee = Callee::Constructor(made);
        let call = Call { callee, receiver: None, args, arg_spans, dst: Some(object), kind: CallKind::New, name_span };
        self.f.b.call(call, span);
        let place = self.f.b.place(Place { base: PlaceBase::Static(owner), proj: smallvec::smallvec![Proj::Field(name)] });
        self.f.b.push(StmtKind::Store(place, Operand::Local(object)), span);
    }
}
