//! A file's top level: types, globals, prototypes and function definitions.
//! Must not know expressions beyond handing initializers on.

use super::Lowering;
use super::kinds::{Kind, field, is_declarator, kind};
use super::scope::{Binding, Scopes};
use super::stmt::FnCx;
use super::types::decayed;
use crate::base::{FastSet, Span, Symbol};
use crate::ir::{FuncKind, Function, Global, LocalKind, Modifiers, Param, Place, PlaceBase, Ty, TyId};
use crate::syntax::Node;

/// Storage classes and qualifiers before a declaration.
pub(super) fn modifiers_of(cx: &Lowering<'_>, node: Node<'_>) -> Modifiers {
    let mut modifiers = Modifiers::empty();
    for child in node.children() {
        match kind(child) {
            Kind::StorageClass => match cx.text(child) {
                "static" => modifiers |= Modifiers::STATIC,
                "extern" => modifiers |= Modifiers::EXTERN,
                "inline" | "__inline" | "__inline__" | "__forceinline" => modifiers |= Modifiers::INLINE,
                "_Thread_local" | "thread_local" | "__thread" => modifiers |= Modifiers::THREAD_LOCAL,
                _ => {}
            },
            Kind::TypeQualifier => match cx.text(child) {
                "const" | "constexpr" => modifiers |= Modifiers::FINAL,
                "volatile" => modifiers |= Modifiers::VOLATILE,
                "_Noreturn" | "noreturn" => modifiers |= Modifiers::NORETURN,
                "_Atomic" => modifiers |= Modifiers::ATOMIC,
                "_Thread_local" | "thread_local" | "__thread" => modifiers |= Modifiers::THREAD_LOCAL,
                _ => {}
            },
            child_kind if is_declarator(child_kind) && Some(child.id()) != field::r#type(node).map(|ty| ty.id()) => break,
            _ => {}
        }
    }
    modifiers
}

/// Whether an attribute list or specifier before or after a declarator says that the function does not return.
fn says_noreturn(cx: &Lowering<'_>, node: Node<'_>) -> bool {
    node.children().any(|child| kind(child) == Kind::AttributeSpecifier && cx.text(child).contains("noreturn"))
}

impl<'t> Lowering<'_> {
    /// The whole file.
    pub(super) fn file(&mut self, root: Node<'t>) {
        let mut definitions = Vec::new();
        let mut initializers = Vec::new();
        let mut prototypes = Vec::new();
        self.items(root, &mut definitions, &mut initializers, &mut prototypes);
        let defined: FastSet<Symbol> = definitions.iter().map(|definition: &Definition<'t>| definition.name).collect();
        for prototype in prototypes {
            if !defined.contains(&prototype.name) {
                self.unit.functions.push(prototype);
            }
        }
        for definition in definitions {
            self.function(definition, &mut initializers);
        }
        self.global_initializers(&initializers);
    }

    fn items(
        &mut self,
        parent: Node<'t>,
        definitions: &mut Vec<Definition<'t>>,
        initializers: &mut Vec<(Symbol, TyId, Node<'t>)>,
        prototypes: &mut Vec<Function>,
    ) {
        // Linkage blocks nest; an explicit list of lists keeps the order.
        let mut work = vec![parent];
        let mut seen_prototypes: FastSet<Symbol> = FastSet::default();
        while let Some(parent) = work.pop() {
            let mut nested = Vec::new();
            for item in parent.named_children() {
                match kind(item) {
                    Kind::FunctionDefinition => {
                        if let Some(definition) = self.define(item) {
                            definitions.push(definition);
                        }
                    }
                    Kind::Declaration => self.global(item, initializers, prototypes, &mut seen_prototypes),
                    Kind::TypeDefinition => self.typedef(item),
                    Kind::StructSpecifier | Kind::UnionSpecifier | Kind::EnumSpecifier => {
                        self.specifier(item);
                    }
                    Kind::LinkageSpecification | Kind::DeclarationList => nested.push(item),
                    Kind::Error => {
                        self.unit.stats.error_regions += 1;
                        // A body whose head could not be read is a body all the same.
                        if self.text(item).contains('{') {
                            self.unit.stats.bodies += 1;
                            self.unit.stats.broken_bodies += 1;
                        }
                    }
                    _ => {}
                }
            }
            work.extend(nested.into_iter().rev());
        }
    }

    /// `typedef …;`
    pub(super) fn typedef(&mut self, node: Node<'t>) {
        let base = self.specifier_of(node);
        let type_id = field::r#type(node).map(|ty| ty.id());
        for child in node.named_children() {
            if Some(child.id()) == type_id || !(is_declarator(kind(child)) || kind(child) == Kind::PrimitiveType) {
                continue;
            }
            let declared = self.declarator(child, base);
            if let Some(name) = declared.name {
                let name = self.symbol(name);
                self.unit.typedefs.push((name, declared.ty));
                self.typedefs.insert(name, declared.ty);
            }
        }
    }

    fn global(
        &mut self,
        node: Node<'t>,
        initializers: &mut Vec<(Symbol, TyId, Node<'t>)>,
        prototypes: &mut Vec<Function>,
        seen: &mut FastSet<Symbol>,
    ) {
        let base = self.specifier_of(node);
        let mut modifiers = modifiers_of(self, node);
        if says_noreturn(self, node) {
            modifiers |= Modifiers::NORETURN;
        }
        let type_id = field::r#type(node).map(|ty| ty.id());
        for child in node.named_children() {
            if Some(child.id()) == type_id || !is_declarator(kind(child)) {
                continue;
            }
            let declared = self.declarator(child, base);
            let Some(name_node) = declared.name else { continue };
            let name = self.symbol(name_node);
            if let Ty::Func { ret, params, variadic } = declared.ty.get() {
                self.functions.entry(name).or_insert(declared.ty);
                if seen.insert(name) {
                    let mut modifiers = modifiers;
                    if *variadic {
                        modifiers |= Modifiers::VARARGS;
                    }
                    let span = self.span(node);
                    let params = params
                        .iter()
                        .enumerate()
                        .map(|(index, ty)| Param {
                            local: crate::ir::LocalId::from_usize(index),
                            name: Symbol::new(""),
                            ty: *ty,
                            annotations: Vec::new(),
                            span,
                        })
                        .collect();
                    prototypes.push(self.new_function(name, *ret, modifiers, params, span, self.span(name_node)));
                }
                continue;
            }
            let value = if kind(child) == Kind::InitDeclarator { field::value(child) } else { None };
            let ty = if declared.sized { declared.ty } else { self.completed(declared.ty, value) };
            self.push_global(name, ty, modifiers, value, self.span(child), initializers);
            self.globals.insert(name, ty);
        }
    }

    /// Adds a global; its initializer is a constant or goes to the `<globals>` function.
    pub(super) fn push_global(
        &mut self,
        name: Symbol,
        ty: TyId,
        modifiers: Modifiers,
        value: Option<Node<'t>>,
        span: Span,
        initializers: &mut Vec<(Symbol, TyId, Node<'t>)>,
    ) {
        let init = value.and_then(|value| self.constant_initializer(value, ty));
        if init.is_none()
            && let Some(value) = value
        {
            initializers.push((name, ty, value));
        }
        self.unit.globals.push(Global { name, ty, modifiers, init, span });
    }

    fn new_function(
        &self,
        name: Symbol,
        ret: TyId,
        modifiers: Modifiers,
        params: Vec<Param>,
        span: Span,
        name_span: Span,
    ) -> Function {
        Function {
            name,
            kind: FuncKind::Free,
            owner: None,
            enclosing: None,
            params,
            ret,
            modifiers,
            annotations: Vec::new(),
            throws: Vec::new(),
            code: None,
            span,
            name_span,
        }
    }

    /// A definition's head; its body is lowered once the whole file's names are known.
    fn define(&mut self, node: Node<'t>) -> Option<Definition<'t>> {
        let base = self.specifier_of(node);
        let declared = self.declarator(field::declarator(node)?, base);
        let Some(name_node) = declared.name else {
            self.unit.stats.bodies += 1;
            self.unit.stats.broken_bodies += 1;
            return None;
        };
        let mut modifiers = modifiers_of(self, node);
        if says_noreturn(self, node) {
            modifiers |= Modifiers::NORETURN;
        }
        let (ret, variadic) = match declared.ty.get() {
            Ty::Func { ret, variadic, .. } => (*ret, *variadic),
            _ => (TyId::UNKNOWN, false),
        };
        if variadic {
            modifiers |= Modifiers::VARARGS;
        }
        let name = self.symbol(name_node);
        self.functions.insert(name, declared.ty);
        Some(Definition { node, name, name_node, params: declared.params, ret, modifiers })
    }

    fn function(&mut self, definition: Definition<'t>, initializers: &mut Vec<(Symbol, TyId, Node<'t>)>) {
        let Definition { node, name, name_node, params, ret, modifiers } = definition;
        let span = self.span(node);
        let name_span = self.span(name_node);
        self.scopes = Scopes::default();
        self.unit.stats.bodies += 1;
        let mut cx = FnCx::new(self, name, ret);
        let mut list = Vec::new();
        if let Some(params) = params {
            cx.params(node, params, &mut list);
        }
        if let Some(body) = field::body(node) {
            cx.body(body);
        }
        // Static variables are set before the function runs, like globals.
        initializers.append(&mut cx.static_initializers);
        let body = cx.finish(node);
        if body.broken {
            self.unit.stats.broken_bodies += 1;
        }
        self.unit.stats.opaque += body.opaque_count;
        let mut function = self.new_function(name, ret, modifiers, list, span, name_span);
        function.code = Some(body.into());
        self.unit.functions.push(function);
    }

    /// One `<globals>` function for initializers that are no plain constants.
    fn global_initializers(&mut self, initializers: &[(Symbol, TyId, Node<'t>)]) {
        if initializers.is_empty() {
            return;
        }
        self.scopes = Scopes::default();
        let name = Symbol::new("<globals>");
        let mut cx = FnCx::new(self, name, TyId::VOID);
        for (global, ty, value) in initializers {
            let place = Place { base: PlaceBase::Global(*global), proj: smallvec::SmallVec::new() };
            cx.initialize_guarded(place, *ty, *value);
        }
        let span = initializers.first().map_or(Span::default(), |(_, _, value)| cx.low.span(*value));
        let body = cx.b.finish(span);
        let mut function = self.new_function(name, TyId::VOID, Modifiers::STATIC, Vec::new(), span, span);
        function.kind = FuncKind::StaticInit;
        self.unit.stats.opaque += body.opaque_count;
        function.code = Some(body.into());
        self.unit.functions.push(function);
    }
}

/// The head of a function definition.
pub(super) struct Definition<'t> {
    node: Node<'t>,
    name: Symbol,
    name_node: Node<'t>,
    params: Option<Node<'t>>,
    ret: TyId,
    modifiers: Modifiers,
}

impl<'t> FnCx<'_, '_, 't> {
    /// Declares the parameters; K&R declarations between head and body give their types.
    fn params(&mut self, function: Node<'t>, params: Node<'t>, list: &mut Vec<Param>) {
        let mut declared = Vec::new();
        for param in params.named_children() {
            match kind(param) {
                Kind::ParameterDeclaration => {
                    // `f(a) { … }`: a name without a type.
                    if let Some(name) = self.low.untyped(param) {
                        declared.push((name, TyId::INT, param));
                        continue;
                    }
                    let one = self.low.param(param);
                    match one.name {
                        Some(name) => declared.push((self.low.symbol(name), one.ty, param)),
                        // `f(void)` has none; an unnamed one keeps its place.
                        None if one.ty == TyId::VOID => {}
                        None => declared.push((Symbol::new(""), one.ty, param)),
                    }
                }
                Kind::Identifier => declared.push((self.low.symbol(param), TyId::INT, param)),
                _ => {}
            }
        }
        for declaration in function.named_children() {
            if kind(declaration) != Kind::Declaration {
                continue;
            }
            let base = self.low.specifier_of(declaration);
            let type_id = field::r#type(declaration).map(|ty| ty.id());
            for child in declaration.named_children() {
                if Some(child.id()) == type_id || !is_declarator(kind(child)) {
                    continue;
                }
                let one = self.low.declarator(child, base);
                let Some(name) = one.name.map(|name| self.low.symbol(name)) else { continue };
                if let Some(entry) = declared.iter_mut().find(|(known, _, _)| *known == name) {
                    entry.1 = decayed(one.ty);
                }
            }
        }
        for (name, ty, node) in declared {
            let span = self.low.span(node);
            let local = self.b.local(Some(name), ty, LocalKind::Param, span);
            self.low.scopes.declare(name, Binding::Local(local, ty));
            list.push(Param { local, name, ty, annotations: Vec::new(), span });
        }
    }
}
