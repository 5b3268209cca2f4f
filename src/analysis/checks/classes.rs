//! Checks of Java classes by their declarations: `equals` and `hashCode`, `serialVersionUID`, overriding, left-over
//! `main`. Must not know bodies beyond whether they lock.

use super::{Checker, facts, names};
use crate::base::Symbol;
use crate::ir::{Function, LocalKind, Modifiers, StmtKind, Ty, TyId, TypeDecl, TypeKind};
use crate::program::ClassId;
use crate::rules::CheckKind;

/// Classes whose subclasses a server runs.
pub(super) const WEB_TYPES: &[&str] = &[
    "javax.servlet.Servlet",
    "jakarta.servlet.Servlet",
    "javax.servlet.http.HttpServlet",
    "jakarta.servlet.http.HttpServlet",
    "javax.servlet.GenericServlet",
    "jakarta.servlet.GenericServlet",
    "javax.servlet.Filter",
    "jakarta.servlet.Filter",
    "org.apache.struts.action.Action",
    "org.springframework.web.servlet.mvc.Controller",
];

/// Annotations of classes whose one object serves every request.
pub(super) const WEB_ANNOTATIONS: &[&str] = &["Controller", "RestController"];

const MANAGED_TYPES: &[&str] =
    &["javax.ejb.SessionBean", "javax.ejb.EntityBean", "javax.ejb.MessageDrivenBean", "jakarta.ejb.SessionBean"];
const MANAGED_ANNOTATIONS: &[&str] =
    &["Controller", "RestController", "Service", "Repository", "Stateless", "Stateful", "Singleton", "WebServlet"];

impl<'a> Checker<'a> {
    pub(super) fn check_classes(&mut self) {
        for decl in &self.unit.types {
            self.equals_and_hash_code(decl);
            self.serial_version(decl);
            self.left_over_main(decl);
            self.unsynchronized_overrides(decl);
            self.sensitive_inner(decl);
        }
    }

    fn methods(&self, decl: &'a TypeDecl) -> impl Iterator<Item = &'a Function> + use<'a> {
        let unit = self.unit;
        decl.functions.iter().filter_map(move |func| unit.functions.get(*func))
    }

    fn equals_and_hash_code(&mut self, decl: &'a TypeDecl) {
        if !matches!(decl.kind, TypeKind::Class | TypeKind::Enum) {
            return;
        }
        let of_object = |function: &Function| {
            let [param] = function.params.as_slice() else { return false };
            param.ty.name().is_some_and(|name| name.simple_name() == "Object")
        };
        let is_instance = |function: &&Function| !function.modifiers.intersects(Modifiers::STATIC | Modifiers::ABSTRACT);
        let equals = self.methods(decl).filter(is_instance).any(|it| it.name.as_str() == "equals" && of_object(it));
        let hash = self.methods(decl).filter(is_instance).any(|it| it.name.as_str() == "hashCode" && it.params.is_empty());
        if equals || hash {
            self.examine(CheckKind::EqualsWithoutHashCode);
        }
        if equals != hash {
            self.report_named(CheckKind::EqualsWithoutHashCode, decl.name_span, None, decl.name.simple_name());
        }
    }

    /// Whether a class is serializable by a declaration of the program, library superclasses left out.
    fn is_declared_serializable(&self, decl: &TypeDecl) -> bool {
        let mut classes: Vec<ClassId> = self.program.class(decl.name).into_iter().collect();
        let mut next = 0;
        while let Some(&class) = classes.get(next) {
            next += 1;
            for parent in &self.program.classes[class].supers {
                if matches!(parent.as_str(), "java.io.Serializable" | "Serializable") {
                    return true;
                }
                if let Some(parent) = self.program.class(*parent)
                    && !classes.contains(&parent)
                {
                    classes.push(parent);
                }
            }
        }
        false
    }

    fn serial_version(&mut self, decl: &'a TypeDecl) {
        if decl.kind != TypeKind::Class {
            return;
        }
        let name = decl.name.simple_name();
        let Some(field) = decl.fields.iter().find(|field| field.name.as_str() == "serialVersionUID") else {
            if self.is_declared_serializable(decl) {
                self.examine(CheckKind::SerialVersionUid);
                self.report_named(CheckKind::SerialVersionUid, decl.name_span, None, name);
            }
            return;
        };
        self.examine(CheckKind::SerialVersionUid);
        let wanted = Modifiers::PRIVATE | Modifiers::STATIC | Modifiers::FINAL;
        if !field.modifiers.contains(wanted) || field.ty != TyId::LONG {
            self.report_named(CheckKind::SerialVersionUid, field.span, None, name);
        }
    }

    fn left_over_main(&mut self, decl: &'a TypeDecl) {
        let managed = self.is_any(decl.name, super::classes::WEB_TYPES)
            || self.is_any(decl.name, MANAGED_TYPES)
            || names::annotated(&decl.annotations, MANAGED_ANNOTATIONS);
        // The main class of a self-contained application may be a controller too.
        if !managed || names::annotated(&decl.annotations, &["SpringBootApplication"]) {
            return;
        }
        self.examine(CheckKind::DebugMain);
        for function in self.methods(decl) {
            let takes_texts = match function.params.as_slice() {
                [param] => matches!(param.ty.get(), Ty::Array(element, _) if *element == TyId::STRING),
                _ => false,
            };
            let is_main = function.name.as_str() == "main"
                && takes_texts
                && function.modifiers.contains(Modifiers::PUBLIC | Modifiers::STATIC);
            if is_main {
                self.report_named(CheckKind::DebugMain, function.name_span, None, decl.name.simple_name());
            }
        }
    }

    fn unsynchronized_overrides(&mut self, decl: &'a TypeDecl) {
        let Some(class) = self.program.class(decl.name) else { return };
        if self.program.classes[class].supers.is_empty() {
            return;
        }
        for function in self.methods(decl) {
            let own = Modifiers::STATIC | Modifiers::PRIVATE;
            if function.modifiers.intersects(own) || function.code.is_none() || function.name.as_str().starts_with('<') {
                continue;
            }
            let Some(parent) = self.overridden(class, function) else { continue };
            if !parent.modifiers.contains(Modifiers::SYNCHRONIZED) {
                continue;
            }
            self.examine(CheckKind::UnsynchronizedOverride);
            let locks = |function: &Function| {
                let body = function.body();
                let stmts = body.iter().flat_map(|body| &body.stmts);
                stmts.into_iter().any(|stmt| matches!(stmt.kind, StmtKind::MonitorEnter(_)))
            };
            if !function.modifiers.contains(Modifiers::SYNCHRONIZED) && !locks(function) {
                self.report_named(CheckKind::UnsynchronizedOverride, function.name_span, None, function.name.as_str());
            }
        }
    }

    /// The method of the nearest superclass that a method overrides.
    fn overridden(&self, class: ClassId, function: &Function) -> Option<&'a Function> {
        let same = |other: &Function| {
            other.params.len() == function.params.len()
                && !other.modifiers.intersects(Modifiers::STATIC | Modifiers::PRIVATE)
                && other.params.iter().zip(&function.params).all(|(a, b)| a.ty == b.ty)
        };
        let mut queue: Vec<ClassId> = vec![class];
        let mut next = 0;
        while let Some(&current) = queue.get(next) {
            next += 1;
            let declared = &self.program.classes[current];
            if current != class {
                let named = declared.methods.get(&function.name).into_iter().flatten();
                if let Some(found) = named.map(|func| self.program.function(*func).1).find(|other| same(other)) {
                    return Some(found);
                }
            }
            for parent in declared.supers.iter().filter_map(|parent| self.program.class(*parent)) {
                if !queue.contains(&parent) {
                    queue.push(parent);
                }
            }
        }
        None
    }

    /// Inner classes that anyone may make and that read a secret of the object around them.
    fn sensitive_inner(&mut self, decl: &'a TypeDecl) {
        let Some(outer) = decl.outer.and_then(|outer| self.unit.types.get(outer)) else { return };
        if decl.kind != TypeKind::Class || decl.modifiers.contains(Modifiers::STATIC) {
            return;
        }
        let secret = |name: Symbol| {
            let field = outer.fields.iter().find(|field| field.name == name);
            field.is_some_and(|field| field.modifiers.contains(Modifiers::PRIVATE)) && names::is_secret(name.as_str())
        };
        let reaches = decl.functions.iter().filter_map(|func| self.subject(*func)).any(|subject| {
            subject.facts.body.places.iter().any(|place| {
                let crate::ir::PlaceBase::Local(base) = place.base else { return false };
                let [crate::ir::Proj::Field(name)] = place.proj.as_slice() else { return false };
                secret(*name) && is_outer(&subject.facts, base)
            })
        });
        if reaches {
            self.examine(CheckKind::SensitiveInnerClass);
            if !decl.modifiers.contains(Modifiers::PRIVATE) {
                self.report_named(CheckKind::SensitiveInnerClass, decl.name_span, None, decl.name.simple_name());
            }
        }
    }
}

/// Whether a local holds the object around the receiver.
fn is_outer(facts: &facts::Facts<'_>, local: crate::ir::LocalId) -> bool {
    let operand = crate::ir::Operand::Local(local);
    let captured = facts.body.locals.get(local).is_some_and(|local| local.kind == LocalKind::Captured);
    captured
        || facts.load_of(&operand).is_some_and(
            |place| matches!(place.proj.as_slice(), [crate::ir::Proj::Field(name)] if name.as_str().starts_with("this$")),
        )
}
