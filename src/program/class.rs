//! Java classes over all files: hierarchy and members. Must not know bodies.

use index_vec::IndexVec;

use super::resolve::NameScope;
use super::{FuncId, Program, UnitId};
use crate::base::{FastMap, FastSet, Symbol};
use crate::ir::{Language, TyId, TypeIdx, TypeKind};
use crate::rules::Models;

index_vec::define_index_type! {
    /// A class of the program.
    pub struct ClassId = u32;
}

/// A class, interface, enum, record or anonymous class.
#[derive(Debug)]
pub struct Class {
    /// Fully qualified.
    pub name: Symbol,
    /// Its unit.
    pub unit: UnitId,
    /// Its declaration.
    pub decl: TypeIdx,
    /// Direct supertypes, resolved; library ones too.
    pub supers: Vec<Symbol>,
    /// Direct subtypes in the program.
    pub subs: Vec<ClassId>,
    /// Methods and constructors by name.
    pub methods: FastMap<Symbol, Vec<FuncId>>,
    /// Fields: resolved type and whether static.
    pub fields: FastMap<Symbol, (TyId, bool)>,
    /// The class around it.
    pub outer: Option<ClassId>,
    /// What kind.
    pub kind: TypeKind,
}

/// How far up a hierarchy is followed: deeper ones are cycles in broken code.
const MAX_HIERARCHY: usize = 64;

impl Program {
    pub(super) fn index_classes(&mut self, models: &Models) {
        let mut classes: IndexVec<ClassId, Class> = IndexVec::new();
        for (unit_id, unit) in self.units.iter_enumerated() {
            if unit.language == Language::C {
                continue;
            }
            let first = classes.len();
            for (decl, ty) in unit.types.iter_enumerated() {
                let mut methods: FastMap<Symbol, Vec<FuncId>> = FastMap::default();
                for &func in &ty.functions {
                    if let Some(function) = unit.functions.get(func) {
                        methods.entry(function.name).or_default().push(self.func_id(unit_id, func));
                    }
                }
                let id = classes.push(Class {
                    name: ty.name,
                    unit: unit_id,
                    decl,
                    supers: Vec::new(),
                    subs: Vec::new(),
                    methods,
                    fields: FastMap::default(),
                    outer: ty.outer.map(|outer| ClassId::from_usize(first + outer.index())),
                    kind: ty.kind,
                });
                // Of two declarations of one name (variants of a module) the first file's counts.
                self.class_by_name.entry(ty.name).or_insert(id);
            }
        }
        self.classes = classes;
        for id in self.classes.indices() {
            let class = &self.classes[id];
            let unit = &self.units[class.unit];
            let Some(decl) = unit.types.get(class.decl) else { continue };
            let mut scope = NameScope::new(self, class.unit, models);
            let supers: Vec<Symbol> =
                decl.extends.iter().chain(&decl.implements).filter_map(|ty| scope.resolve(*ty).name()).collect();
            let fields = decl
                .fields
                .iter()
                .map(|field| (field.name, (scope.resolve(field.ty), field.modifiers.contains(crate::ir::Modifiers::STATIC))))
                .collect();
            self.classes[id].supers = supers;
            self.classes[id].fields = fields;
        }
        for id in self.classes.indices() {
            let supers = self.classes[id].supers.clone();
            for name in supers {
                if let Some(&parent) = self.class_by_name.get(&name)
                    && parent != id
                {
                    self.classes[parent].subs.push(id);
                }
            }
        }
    }

    /// The class of a fully qualified name.
    #[must_use]
    pub fn class(&self, name: Symbol) -> Option<ClassId> {
        self.class_by_name.get(&name).copied()
    }

    /// Calls `visit` with the class's own name and every supertype's, nearest first, each once; stops when it says so.
    pub fn walk_supers(&self, name: Symbol, models: &Models, mut visit: impl FnMut(Symbol) -> bool) -> bool {
        let mut queue: smallvec::SmallVec<[Symbol; 8]> = smallvec::smallvec![name];
        let mut next = 0;
        while let Some(&current) = queue.get(next) {
            next += 1;
            if visit(current) {
                return true;
            }
            if queue.len() > MAX_HIERARCHY {
                return false;
            }
            let mut push = |parent: Symbol| {
                if !queue.contains(&parent) {
                    queue.push(parent);
                }
            };
            if let Some(class) = self.class(current) {
                self.classes[class].supers.iter().copied().for_each(&mut push);
            }
            if let Some(model) = models.types.get(&current) {
                model.extends.iter().copied().for_each(&mut push);
            }
        }
        false
    }

    /// Whether a class is, extends or implements another, as far as program and models know.
    #[must_use]
    pub fn is_subtype(&self, name: Symbol, of: Symbol, models: &Models) -> bool {
        name == of || of.as_str() == "java.lang.Object" || self.walk_supers(name, models, |current| current == of)
    }

    /// A method by name and number of arguments, in the class or up its hierarchy (program classes only).
    #[must_use]
    pub fn find_methods(&self, class: ClassId, name: Symbol, arity: usize) -> Vec<FuncId> {
        let mut seen: FastSet<ClassId> = FastSet::default();
        let mut queue = vec![class];
        let mut next = 0;
        while let Some(&current) = queue.get(next) {
            next += 1;
            let found: Vec<FuncId> = self.classes[current]
                .methods
                .get(&name)
                .into_iter()
                .flatten()
                .copied()
                .filter(|func| self.accepts(*func, arity))
                .collect();
            if !found.is_empty() {
                return found;
            }
            for name in &self.classes[current].supers {
                if let Some(parent) = self.class(*name)
                    && seen.insert(parent)
                    && queue.len() < MAX_HIERARCHY
                {
                    queue.push(parent);
                }
            }
        }
        Vec::new()
    }

    /// Whether a function takes so many arguments.
    #[must_use]
    pub fn accepts(&self, func: FuncId, arity: usize) -> bool {
        let function = self.function(func).1;
        let params = function.params.len();
        if function.modifiers.contains(crate::ir::Modifiers::VARARGS) { arity + 1 >= params } else { arity == params }
    }

    /// A field by name in the class or up its hierarchy: the declaring class, the type, whether static.
    #[must_use]
    pub fn find_field(&self, class: Symbol, name: Symbol, models: &Models) -> Option<(Symbol, TyId, bool)> {
        let of = |current: Symbol| {
            let field = self.classes[self.class(current)?].fields.get(&name);
            field.map(|&(ty, is_static)| (current, ty, is_static))
        };
        // Most are the class's own.
        let mut found = of(class);
        if found.is_none() {
            self.walk_supers(class, models, |current| {
                found = of(current);
                found.is_some()
            });
        }
        found
    }
}
