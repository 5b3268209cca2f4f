//! Checks of Java fields: unused ones, and public static ones that anyone can change. Must not know control flow.

use super::{Checker, facts, names};
use crate::base::{FastSet, Symbol};
use crate::ir::{Callee, Field, FuncKind, Modifiers, Operand, PlaceBase, Proj, Rvalue, StmtKind, Ty, TypeDecl, TypeKind};
use crate::rules::CheckKind;

/// Collections and dates that stay mutable behind a final field.
const MUTABLE: &[&str] = &[
    "java.util.ArrayList",
    "java.util.LinkedList",
    "java.util.Vector",
    "java.util.HashMap",
    "java.util.LinkedHashMap",
    "java.util.TreeMap",
    "java.util.Hashtable",
    "java.util.HashSet",
    "java.util.LinkedHashSet",
    "java.util.TreeSet",
    "java.util.Date",
    "java.util.GregorianCalendar",
];

/// Annotations of classes that generate no code over their fields.
const PLAIN: &[&str] = &[
    "Controller",
    "RestController",
    "Service",
    "Repository",
    "Component",
    "Configuration",
    "RequestMapping",
    "SuppressWarnings",
    "Deprecated",
    "WebServlet",
    "Transactional",
];

/// What a static or instance field is given by its initializer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Initial {
    EmptyArray,
    MutableCollection,
    Other,
}

impl<'a> Checker<'a> {
    pub(super) fn check_fields(&mut self) {
        self.initial_passwords();
        let used = self.used_names();
        for decl in &self.unit.types {
            for field in &decl.fields {
                self.mutable_static(decl, field);
                if let Some(used) = &used {
                    self.unused_field(decl, field, used);
                }
            }
        }
    }

    /// Every field name that some place of the unit names; `None` where part of the unit was not understood.
    fn used_names(&self) -> Option<FastSet<Symbol>> {
        let stats = &self.unit.stats;
        if !self.wants(CheckKind::UnusedField)
            || stats.broken_bodies + stats.opaque + stats.skipped_bodies + stats.error_regions > 0
        {
            return None;
        }
        let places = self.bodies.iter().flatten().flat_map(|body| &body.places);
        let fields = places.flat_map(|place| &place.proj).filter_map(|step| match step {
            Proj::Field(name) => Some(*name),
            _ => None,
        });
        Some(fields.collect())
    }

    fn unused_field(&mut self, decl: &TypeDecl, field: &Field, used: &FastSet<Symbol>) {
        let constant = field.modifiers.contains(Modifiers::STATIC | Modifiers::FINAL) && field.init.is_some();
        let plain = decl.annotations.iter().all(|used| PLAIN.contains(&used.name.simple_name()));
        let native = decl.functions.iter().filter_map(|func| self.unit.functions.get(*func));
        let native = native.into_iter().any(|function| function.modifiers.contains(Modifiers::NATIVE));
        if !matches!(decl.kind, TypeKind::Class | TypeKind::Enum)
            || !field.modifiers.contains(Modifiers::PRIVATE)
            || !field.annotations.is_empty()
            || !plain
            || native
            // Constants are used in annotations and case labels too, where no place names them.
            || constant
            || matches!(field.name.as_str(), "serialVersionUID" | "serialPersistentFields")
        {
            return;
        }
        self.examine(CheckKind::UnusedField);
        if !used.contains(&field.name) {
            self.report_named(CheckKind::UnusedField, field.span, None, field.name.as_str());
        }
    }

    fn mutable_static(&mut self, decl: &TypeDecl, field: &Field) {
        let is_enum_constant = decl.kind == TypeKind::Enum && field.ty.name() == Some(decl.name);
        if !field.modifiers.contains(Modifiers::PUBLIC | Modifiers::STATIC)
            || decl.modifiers.contains(Modifiers::PRIVATE)
            || matches!(decl.kind, TypeKind::Annotation | TypeKind::Anonymous)
            || is_enum_constant
        {
            return;
        }
        self.examine(CheckKind::MutablePublicStatic);
        let is_final = field.modifiers.contains(Modifiers::FINAL) || decl.kind == TypeKind::Interface;
        let open = if !is_final {
            !names::annotated(&field.annotations, &["ClassRule", "Rule"])
        } else if matches!(field.ty.get(), Ty::Array(..)) {
            self.initial(decl, field.name) != Some(Initial::EmptyArray)
        } else {
            self.initial(decl, field.name) == Some(Initial::MutableCollection)
        };
        if open {
            self.report_named(CheckKind::MutablePublicStatic, field.span, None, field.name.as_str());
        }
    }

    fn initial(&self, decl: &TypeDecl, field: Symbol) -> Option<Initial> {
        let functions = decl.functions.iter().copied();
        let mut initials = functions.filter_map(|func| {
            let subject = self.subject(func)?;
            if !matches!(subject.function.kind, FuncKind::StaticInit | FuncKind::FieldInit) {
                return None;
            }
            let value = stored(&subject.facts, field)?;
            Some(match subject.facts.source(&value).map(|stmt| &stmt.kind) {
                Some(StmtKind::Assign(_, Rvalue::ArrayLit(_, items))) if items.is_empty() => Initial::EmptyArray,
                Some(StmtKind::Assign(_, Rvalue::NewArray(_, sizes)))
                    if matches!(sizes.first(), Some(Operand::Const(size)) if size.is_zero()) =>
                {
                    Initial::EmptyArray
                }
                Some(StmtKind::Call(call)) => {
                    let made = subject.facts.body.calls.get(*call).map(|call| &call.callee);
                    let class = match made {
                        Some(Callee::Constructor(_)) => subject.facts.target(*call).and_then(|target| target.owner),
                        _ => None,
                    };
                    match class {
                        Some(class) if MUTABLE.contains(&class.as_str()) => Initial::MutableCollection,
                        _ => Initial::Other,
                    }
                }
                _ => Initial::Other,
            })
        });
        initials.next()
    }

    /// Whether a field's initializer gives it an array without elements.
    pub(super) fn is_empty_array(&self, decl: &TypeDecl, field: Symbol) -> bool {
        self.initial(decl, field) == Some(Initial::EmptyArray)
    }
}

/// What an initializer stores in a field.
pub(super) fn stored(facts: &facts::Facts<'_>, field: Symbol) -> Option<Operand> {
    facts.body.stmts.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Store(place, value) => {
            let place = facts.body.places.get(*place)?;
            let own = match place.base {
                PlaceBase::Local(local) => facts.is_this(&Operand::Local(local)),
                PlaceBase::Static(_) => true,
                PlaceBase::Global(_) | PlaceBase::Inherited => false,
            };
            (own && matches!(place.proj.as_slice(), [Proj::Field(name)] if *name == field)).then(|| value.clone())
        }
        _ => None,
    })
}
