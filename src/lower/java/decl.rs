//! Files and types: the three steps of the module, at file level and for local and anonymous classes.
//! Must not know statements.

use super::kinds::{Kind, Role};
use super::names::is_capitalized;
use super::resolve::Frame;
use super::{Lowering, child, of_kind};
use crate::base::{FastMap, Symbol};
use crate::ir::{Comment, Const, FuncIdx, Import, Modifiers, TyId, TypeDecl, TypeIdx, TypeKind};
use crate::lower::comments;
use crate::syntax::Node;

/// What is known of a type while its file is lowered.
#[derive(Default)]
pub(super) struct TypeInfo<'t> {
    pub(super) simple: SimpleName,
    pub(super) fields: FastMap<Symbol, FieldInfo>,
    pub(super) methods: FastMap<Symbol, MethodInfo>,
    pub(super) type_params: Vec<(Symbol, TyId)>,
    /// Its superclass, if the file has it.
    pub(super) superclass: Option<TypeIdx>,
    /// Anonymous classes so far.
    pub(super) anonymous: u32,
    /// The declaration and the body.
    pub(super) nodes: Option<(Node<'t>, Node<'t>)>,
    /// Bodies to lower.
    pub(super) pending: Vec<(FuncIdx, Node<'t>)>,
    /// Static and instance initializers in order.
    pub(super) static_inits: Vec<Init<'t>>,
    pub(super) instance_inits: Vec<Init<'t>>,
}

/// The simple name of a type; anonymous ones have none.
#[derive(Default, Clone, Copy, PartialEq)]
pub(super) struct SimpleName(pub(super) Option<Symbol>);

/// A field, for resolving names.
#[derive(Clone, Copy)]
pub(super) struct FieldInfo {
    pub(super) ty: TyId,
    pub(super) is_static: bool,
    pub(super) is_enum_constant: bool,
    pub(super) constant: Option<Const>,
}

/// The methods of one name, for resolving names.
#[derive(Clone, Copy)]
pub(super) struct MethodInfo {
    pub(super) is_static: bool,
    pub(super) is_instance: bool,
    /// The result type where all overloads share it and it is a primitive or `String`.
    pub(super) ret: TyId,
}

/// A piece of `<clinit>` or `<fieldinit>`.
#[derive(Clone, Copy)]
pub(super) enum Init<'t> {
    /// A field and its initial value.
    Field(Symbol, TyId, Node<'t>),
    /// An initializer block.
    Block(Node<'t>),
    /// An enum constant.
    EnumConstant(Node<'t>),
}

impl<'t> Lowering<'t> {
    /// A whole file.
    pub(super) fn file(&mut self, root: Node<'t>) {
        if root.has_error() {
            self.unit.stats.error_regions = self.count_errors(root);
        }
        let children = self.children(root);
        for child in &children {
            match child.kind {
                Kind::PackageDeclaration => self.package(child.node),
                Kind::ImportDeclaration => self.import(child.node),
                _ => {}
            }
        }
        let first = self.unit.types.len();
        for child in children.iter().filter(|child| child.kind.is_type_declaration()) {
            self.declare_type(child.node, None, None);
        }
        let types = first..self.unit.types.len();
        self.headers(types.clone());
        let mut functions = Vec::new();
        for child in &children {
            match child.kind {
                Kind::MethodDeclaration => functions.extend(self.free_method(child.node)),
                Kind::PackageDeclaration | Kind::ImportDeclaration | Kind::ModuleDeclaration | Kind::Semicolon | Kind::Error => {}
                kind if kind.is_type_declaration() => {}
                _ if child.node.is_named() => self.unit.stats.opaque += 1,
                _ => {}
            }
        }
        for (func, body) in functions {
            self.function_body(func, body, None);
        }
        self.bodies(types);
        for span in
            comments::kept(self.text, self.nodes, |node| matches!(self.kind(node), Kind::LineComment | Kind::BlockComment))
        {
            let span = self.map_span(span);
            self.unit.comments.push(Comment { span });
        }
    }

    /// Regions the parser could not read.
    fn count_errors(&mut self, root: Node<'t>) -> u32 {
        let mut count = 0;
        let mut stack = vec![root];
        while let Some(node) = stack.pop() {
            if node.is_error() || node.is_missing() {
                count += 1;
            } else if node.has_error() {
                stack.extend(
                    self.children(node)
                        .iter()
                        .filter(|child| child.node.has_error() || child.node.is_missing())
                        .map(|child| child.node),
                );
            }
        }
        count
    }

    fn package(&mut self, node: Node<'t>) {
        let children = self.children(node);
        let name = children.iter().find(|child| matches!(child.kind, Kind::Identifier | Kind::ScopedIdentifier));
        self.unit.package = name.map(|name| Symbol::new(&self.dotted(name.node)));
    }

    /// A dotted name without blanks and comments.
    fn dotted(&self, node: Node<'t>) -> String {
        let text = self.text(node);
        if text.bytes().any(|byte| byte == b'/') {
            // A comment inside a dotted name: take the identifiers alone.
            return text.split('.').map(|part| part.split("/*").next().unwrap_or_default().trim()).collect::<Vec<_>>().join(".");
        }
        text.chars().filter(|it| !it.is_whitespace()).collect()
    }

    fn import(&mut self, node: Node<'t>) {
        let children = self.children(node);
        let Some(name) = children.iter().find(|child| matches!(child.kind, Kind::Identifier | Kind::ScopedIdentifier)) else {
            return;
        };
        let name = Symbol::new(&self.dotted(name.node));
        let wildcard = of_kind(&children, Kind::Asterisk).is_some();
        let is_static = of_kind(&children, Kind::Static).is_some();
        if !wildcard {
            let simple = Symbol::new(name.simple_name());
            if is_static {
                self.names.static_imports.insert(simple, name);
                // A static import may bring in a nested type.
                if is_capitalized(simple.as_str()) && !super::names::is_all_caps(simple.as_str()) {
                    self.names.imports.entry(simple).or_insert(name);
                }
            } else {
                self.names.imports.insert(simple, name);
            }
        }
        self.unit.imports.push(Import { name, wildcard, is_static });
    }

    /// Step one: makes a type and its member types known.
    pub(super) fn declare_type(&mut self, node: Node<'t>, outer: Option<TypeIdx>, full: Option<Symbol>) -> Option<TypeIdx> {
        if !self.enter() {
            self.leave();
            return None;
        }
        let of = self.declare_one(node, outer, full);
        self.leave();
        of
    }

    fn declare_one(&mut self, node: Node<'t>, outer: Option<TypeIdx>, full: Option<Symbol>) -> Option<TypeIdx> {
        let children = self.children(node);
        let name = child(&children, Role::Name)?;
        let body = child(&children, Role::Body)?;
        let simple = self.symbol(name);
        let prefix = match outer {
            Some(outer) => self.unit.types.get(outer).map(|decl| decl.name),
            None => self.unit.package,
        };
        let full = full.unwrap_or_else(|| match prefix {
            Some(prefix) => Symbol::new(&format!("{prefix}.{simple}")),
            None => simple,
        });
        let kind = match self.kind(node) {
            Kind::InterfaceDeclaration => TypeKind::Interface,
            Kind::EnumDeclaration => TypeKind::Enum,
            Kind::RecordDeclaration => TypeKind::Record,
            Kind::AnnotationTypeDeclaration => TypeKind::Annotation,
            _ => TypeKind::Class,
        };
        let name_span = self.span(name);
        let of = self.new_type(full, kind, outer, (node, body), name_span);
        if let Some(info) = self.infos.get_mut(of) {
            info.simple = SimpleName(Some(simple));
        }
        self.member_types(body, of);
        Some(of)
    }

    /// An entry for a type.
    pub(super) fn new_type(
        &mut self,
        name: Symbol,
        kind: TypeKind,
        outer: Option<TypeIdx>,
        nodes: (Node<'t>, Node<'t>),
        name_span: crate::base::Span,
    ) -> TypeIdx {
        let span = self.span(nodes.0);
        let of = self.unit.types.push(TypeDecl {
            name,
            kind,
            modifiers: Modifiers::empty(),
            annotations: Vec::new(),
            extends: Vec::new(),
            implements: Vec::new(),
            type_params: Vec::new(),
            fields: Vec::new(),
            outer,
            functions: Vec::new(),
            span,
            name_span,
        });
        self.infos.push(TypeInfo { nodes: Some(nodes), ..TypeInfo::default() });
        self.names.by_name.insert(name, of);
        self.names.taken.insert(name);
        of
    }

    /// Declares the member types of a body.
    pub(super) fn member_types(&mut self, body: Node<'t>, of: TypeIdx) {
        for child in self.children(body) {
            if child.kind == Kind::EnumBodyDeclarations {
                self.member_types(child.node, of);
            } else if child.kind.is_type_declaration()
                && let Some(member) = self.declare_type(child.node, Some(of), None)
                && let Some(SimpleName(Some(simple))) = self.infos.get(member).map(|info| info.simple)
            {
                self.names.members.insert((Some(of), simple), member);
            }
        }
    }

    /// Runs a step for a type with the frames of the types around it, up to those already in place.
    fn within(&mut self, of: TypeIdx, step: impl FnOnce(&mut Self)) {
        let base = self.frames.len();
        let around = self.current_type();
        let mut chain = vec![of];
        let mut at = self.unit.types.get(of).and_then(|decl| decl.outer);
        while let Some(outer) = at.filter(|outer| Some(*outer) != around) {
            chain.push(outer);
            at = self.unit.types.get(outer).and_then(|decl| decl.outer);
        }
        self.frames.extend(chain.into_iter().rev().map(Frame::Type));
        step(self);
        self.frames.truncate(base);
    }

    /// Step two for a range of types: headers first, since members name types, then members.
    pub(super) fn headers(&mut self, types: std::ops::Range<usize>) {
        if self.unit.types.is_empty() {
            return;
        }
        for index in types.clone() {
            let of = TypeIdx::from_usize(index);
            // Top-level types are known by simple name in the whole file.
            let (outer, simple) =
                (self.unit.types.get(of).and_then(|decl| decl.outer), self.infos.get(of).map(|info| info.simple));
            if let (None, Some(SimpleName(Some(simple)))) = (outer, simple) {
                self.names.members.insert((None, simple), of);
            }
        }
        for index in types.clone() {
            let of = TypeIdx::from_usize(index);
            self.within(of, |it| it.header(of));
        }
        for index in types {
            let of = TypeIdx::from_usize(index);
            self.within(of, |it| it.members(of));
        }
    }

    /// Step three for a range of types.
    pub(super) fn bodies(&mut self, types: std::ops::Range<usize>) {
        for index in types {
            let of = TypeIdx::from_usize(index);
            self.within(of, |it| it.bodies_of(of));
        }
    }

    /// All three steps for a class declared in a block.
    pub(super) fn nested_type(&mut self, node: Node<'t>) -> Option<TypeIdx> {
        let outer = self.current_type();
        let children = self.children(node);
        let simple = child(&children, Role::Name).map(|name| self.symbol(name))?;
        let prefix = outer.and_then(|outer| self.unit.types.get(outer)).map_or("", |decl| decl.name.as_str());
        let mut full = Symbol::new(&format!("{prefix}.{simple}"));
        let mut number = 1;
        while self.names.taken.contains(&full) {
            number += 1;
            full = Symbol::new(&format!("{prefix}.{simple}${number}"));
        }
        let first = self.unit.types.len();
        let of = self.declare_type(node, outer, Some(full))?;
        self.f.local_types.insert(simple, of);
        self.inner_steps(first);
        Some(of)
    }

    /// All three steps for an anonymous class.
    pub(super) fn anonymous_type(&mut self, node: Node<'t>, body: Node<'t>, base: TyId) -> Option<TypeIdx> {
        if !self.enter() {
            self.leave();
            return None;
        }
        let name = self.anonymous_name();
        let outer = self.current_type();
        let first = self.unit.types.len();
        let span = self.span(node);
        let of = self.new_type(name, TypeKind::Anonymous, outer, (node, body), span);
        let superclass = base.name().and_then(|name| self.names.by_name.get(&name).copied());
        if let Some(decl) = self.unit.types.get_mut(of) {
            decl.extends.push(base);
        }
        if let Some(info) = self.infos.get_mut(of) {
            info.superclass = superclass;
        }
        self.member_types(body, of);
        self.inner_steps(first);
        self.leave();
        Some(of)
    }

    /// Steps two and three inside a function, whose context is put aside.
    fn inner_steps(&mut self, first: usize) {
        let fresh = self.spare.pop().unwrap_or_default();
        let enclosing = std::mem::replace(&mut self.f, fresh);
        self.frames.push(Frame::Fn(enclosing));
        let types = first..self.unit.types.len();
        self.headers(types.clone());
        self.bodies(types);
        if let Some(Frame::Fn(enclosing)) = self.frames.pop() {
            let used = std::mem::replace(&mut self.f, enclosing);
            self.spare.push(used);
        }
    }
}
