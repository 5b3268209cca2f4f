//! Written types to [`TyId`]s. Must not know expressions.

use super::kinds::{Kind, Role};
use super::{Lowering, child, of_kind};
use crate::base::Symbol;
use crate::ir::{Ty, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// The type a node writes; [`TyId::UNKNOWN`] for `var` and for what is no type.
    pub(super) fn ty(&mut self, node: Node<'t>) -> TyId {
        if !self.enter() {
            self.leave();
            return TyId::UNKNOWN;
        }
        let ty = match self.kind(node) {
            Kind::TypeIdentifier | Kind::Identifier => match self.text(node) {
                "var" => TyId::UNKNOWN,
                text => self.simple_type(Symbol::new(text)),
            },
            Kind::IntegralType => match self.text(node) {
                "int" => TyId::INT,
                "long" => TyId::LONG,
                "char" => TyId::JAVA_CHAR,
                "byte" => TyId::new(Ty::Int { bits: 8, signed: true }),
                _ => TyId::new(Ty::Int { bits: 16, signed: true }),
            },
            Kind::FloatingPointType => TyId::new(Ty::Float { bits: if self.text(node) == "float" { 32 } else { 64 } }),
            Kind::BooleanType => TyId::BOOL,
            Kind::VoidType => TyId::VOID,
            Kind::ArrayType => {
                let children = self.children(node);
                let element = child(&children, Role::Element).map_or(TyId::UNKNOWN, |element| self.ty(element));
                let dimensions = child(&children, Role::Dimensions);
                self.with_dimensions(element, dimensions)
            }
            Kind::GenericType => {
                let children = self.children(node);
                let base = children.iter().find(|child| child.kind.is_type()).map(|child| child.node);
                let base = base.map_or(TyId::UNKNOWN, |base| self.ty(base));
                let args = of_kind(&children, Kind::TypeArguments).map(|args| self.type_arguments(args)).unwrap_or_default();
                match base.name() {
                    Some(name) if !args.is_empty() => TyId::new(Ty::Named { name, args }),
                    _ => base,
                }
            }
            Kind::ScopedTypeIdentifier | Kind::ScopedIdentifier | Kind::FieldAccess => {
                let name = self.scoped_type(node);
                self.names.named(name)
            }
            Kind::AnnotatedType | Kind::CatchType | Kind::Superclass => {
                let children = self.children(node);
                let inner = children.iter().find(|child| child.kind.is_type()).map(|child| child.node);
                inner.map_or(TyId::UNKNOWN, |inner| self.ty(inner))
            }
            Kind::Wildcard => {
                let children = self.children(node);
                let lower = of_kind(&children, Kind::Super).is_some();
                match children.iter().find(|child| child.kind.is_type()) {
                    Some(bound) if !lower => self.ty(bound.node),
                    _ => TyId::OBJECT,
                }
            }
            _ => TyId::UNKNOWN,
        };
        self.leave();
        ty
    }

    fn type_arguments(&mut self, node: Node<'t>) -> Box<[TyId]> {
        let children = self.children(node);
        let types = children.iter().filter(|child| child.kind.is_type() || child.kind == Kind::Wildcard);
        types.map(|child| self.ty(child.node)).collect()
    }

    /// `element` with as many array dimensions as a `dimensions` node has.
    pub(super) fn with_dimensions(&mut self, element: TyId, dimensions: Option<Node<'t>>) -> TyId {
        let Some(dimensions) = dimensions else { return element };
        let count = self.text(dimensions).bytes().filter(|byte| *byte == b'[').count().min(255);
        (0..count).fold(element, |inner, _| TyId::new(Ty::Array(inner, None)))
    }

    /// The full name of `a.b.C.D` as far as the file tells it.
    fn scoped_type(&mut self, node: Node<'t>) -> Symbol {
        let text = self.text(node);
        let mut dotted = String::with_capacity(text.len());
        // Annotations, type arguments, comments and blanks between the segments are left out.
        if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$') || byte >= 0x80) {
            dotted.push_str(text);
        } else {
            self.collect_segments(node, &mut dotted);
        }
        self.dotted_type(&dotted)
    }

    fn collect_segments(&mut self, node: Node<'t>, dotted: &mut String) {
        if !self.enter() {
            self.leave();
            return;
        }
        for child in self.children(node) {
            match child.kind {
                Kind::TypeIdentifier | Kind::Identifier => {
                    if !dotted.is_empty() {
                        dotted.push('.');
                    }
                    dotted.push_str(self.text(child.node));
                }
                Kind::ScopedTypeIdentifier | Kind::GenericType | Kind::ScopedIdentifier | Kind::FieldAccess => {
                    self.collect_segments(child.node, dotted);
                }
                _ => {}
            }
        }
        self.leave();
    }

    /// The full name of a dotted type name: its first segment is resolved, the rest are members.
    pub(super) fn dotted_type(&mut self, dotted: &str) -> Symbol {
        let Some((first, rest)) = dotted.split_once('.') else { return self.simple_name(Symbol::new(dotted)) };
        let first = Symbol::new(first);
        let resolved = self.simple_name(first);
        if resolved == first { Symbol::new(dotted) } else { Symbol::new(&format!("{resolved}.{rest}")) }
    }

    /// The types in a list of types: `type_list`, `throws`, `catch_type`, `type_bound`, or a node that holds a list.
    pub(super) fn type_list(&mut self, node: Node<'t>) -> Vec<TyId> {
        let children = self.children(node);
        if let Some(list) = of_kind(&children, Kind::TypeList) {
            return self.type_list(list);
        }
        children.iter().filter(|child| child.kind.is_type()).map(|child| self.ty(child.node)).collect()
    }

    /// `type_parameters`: names and the type that stands for each, its first bound or `Object`.
    pub(super) fn type_parameters(&mut self, node: Node<'t>) -> Vec<(Symbol, TyId)> {
        let children = self.children(node);
        let mut declared: Vec<(Symbol, TyId)> = Vec::new();
        let before = self.f.type_params.len();
        for param in children.iter().filter(|child| child.kind == Kind::TypeParameter) {
            let parts = self.children(param.node);
            let Some(name) = parts.iter().find(|part| matches!(part.kind, Kind::TypeIdentifier | Kind::Identifier)) else {
                continue;
            };
            let name = self.symbol(name.node);
            // A bound may name its own parameter: `T extends Comparable<T>`.
            self.f.type_params.push((name, TyId::OBJECT));
            let bound = of_kind(&parts, Kind::TypeBound).and_then(|bound| self.type_list(bound).first().copied());
            declared.push((name, bound.unwrap_or(TyId::OBJECT)));
        }
        self.f.type_params.truncate(before);
        declared
    }
}
