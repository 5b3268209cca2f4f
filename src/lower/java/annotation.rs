//! Modifiers and annotations. Must not know what an annotation means.

use super::kinds::{Kind, Role};
use super::{Lowering, child};
use crate::base::Symbol;
use crate::ir::{AnnotationUse, AnnotationValue, Modifiers};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// The modifiers and annotations among a declaration's children.
    pub(super) fn modifiers(&mut self, declaration: &super::Children<'t>) -> (Modifiers, Vec<AnnotationUse>) {
        let mut flags = Modifiers::empty();
        let mut annotations = Vec::new();
        for child in declaration {
            match child.kind {
                Kind::Modifiers => {
                    for item in self.children(child.node) {
                        flags |= flag(item.kind);
                        if matches!(item.kind, Kind::Annotation | Kind::MarkerAnnotation) {
                            annotations.push(self.annotation(item.node));
                        }
                    }
                }
                Kind::Annotation | Kind::MarkerAnnotation => annotations.push(self.annotation(child.node)),
                _ => {}
            }
        }
        (flags, annotations)
    }

    fn annotation(&mut self, node: Node<'t>) -> AnnotationUse {
        let span = self.span(node);
        let children = self.children(node);
        let name = match child(&children, Role::Name) {
            Some(name) => {
                let text = self.text(name);
                self.dotted_type(text)
            }
            None => Symbol::new(""),
        };
        let mut args = Vec::new();
        if let Some(list) = child(&children, Role::Arguments) {
            for item in self.children(list).into_iter().filter(|item| item.node.is_named()) {
                if item.kind == Kind::ElementValuePair {
                    let parts = self.children(item.node);
                    if let (Some(key), Some(value)) = (child(&parts, Role::Key), child(&parts, Role::Value)) {
                        let key = self.symbol(key);
                        let value = self.annotation_value(value);
                        args.push((key, value));
                    }
                } else {
                    let value = self.annotation_value(item.node);
                    args.push((self.sym.value, value));
                }
            }
        }
        AnnotationUse { name, args, span }
    }

    fn annotation_value(&mut self, node: Node<'t>) -> AnnotationValue {
        if !self.enter() {
            self.leave();
            return AnnotationValue::Other;
        }
        let value = match self.kind(node) {
            Kind::ElementValueArray | Kind::ArrayInitializer => {
                let items = self.children(node);
                let items = items.iter().filter(|item| item.node.is_named());
                AnnotationValue::List(items.map(|item| self.annotation_value(item.node)).collect())
            }
            Kind::Annotation | Kind::MarkerAnnotation => AnnotationValue::Nested(Box::new(self.annotation(node))),
            Kind::Identifier | Kind::FieldAccess => match self.constant(node) {
                Some(constant) => AnnotationValue::Const(constant),
                None => self.annotation_name(node),
            },
            _ => self.constant(node).map_or(AnnotationValue::Other, AnnotationValue::Const),
        };
        self.leave();
        value
    }

    /// `RequestMethod.POST` with its type resolved; a static import by its full name.
    fn annotation_name(&mut self, node: Node<'t>) -> AnnotationValue {
        let text = self.text(node);
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$') || byte >= 0x80) {
            return AnnotationValue::Other;
        }
        let name = match text.contains('.') {
            true => self.dotted_type(text),
            false => {
                let name = Symbol::new(text);
                self.names.static_imports.get(&name).copied().unwrap_or(name)
            }
        };
        AnnotationValue::Name(name)
    }
}

fn flag(kind: Kind) -> Modifiers {
    match kind {
        Kind::Public => Modifiers::PUBLIC,
        Kind::Protected => Modifiers::PROTECTED,
        Kind::Private => Modifiers::PRIVATE,
        Kind::Static => Modifiers::STATIC,
        Kind::Final => Modifiers::FINAL,
        Kind::Abstract => Modifiers::ABSTRACT,
        Kind::Synchronized => Modifiers::SYNCHRONIZED,
        Kind::Volatile => Modifiers::VOLATILE,
        Kind::Transient => Modifiers::TRANSIENT,
        Kind::Native => Modifiers::NATIVE,
        Kind::Default => Modifiers::DEFAULT,
        Kind::Sealed => Modifiers::SEALED,
        _ => Modifiers::empty(),
    }
}
