//! The whole program's index: types and hierarchy, members, call targets, entry points, documents' meaning.
//!
//! Built once from all units; after that it is read-only and shared by all threads. Must not know tree-sitter,
//! values, findings or output.

mod callers;
mod callgraph;
mod class;
mod constants;
mod entry;
mod fixed;
mod handed;
mod infer;
mod layout;
mod lookup;
mod noreturn;
mod pastes;
mod resolve;
mod statements;
mod target;

pub use callgraph::Components;
pub use class::{Class, ClassId};
pub use entry::EntrySource;
pub use fixed::fixed_pastes;
pub use infer::{CallTarget, FunctionTypes, ModelHit};
pub use layout::Layouts;
pub use pastes::{Fragments, MapperDocument, Paste, Pastes, annotated_texts, mappers, name_in_statement, pasted_in, path_of};

use index_vec::IndexVec;
use rayon::prelude::*;

use crate::base::{FastMap, FileId, Symbol};
use crate::ir::{BodyRef, FuncIdx, Function, Modifiers, Unit};
use crate::rules::{Models, RuleSet};
use crate::syntax::document::Document;

index_vec::define_index_type! {
    /// A unit: its index in [`Program::units`], which are sorted by file.
    pub struct UnitId = u32;
}
index_vec::define_index_type! {
    /// A function of the program, in the order of units and of functions in them.
    pub struct FuncId = u32;
}

/// Files that a thread takes at once where each is little work. Left to itself, rayon cuts a list into few parts that
/// nobody takes over from a thread that has begun one, and at the end all but one wait.
pub(crate) const UNITS_AT_ONCE: usize = 16;

/// See the module.
#[derive(Debug)]
pub struct Program {
    /// The lowered files.
    pub units: IndexVec<UnitId, Unit>,
    /// XML, properties and YAML.
    pub documents: Vec<Document>,
    /// Where each function is.
    pub functions: IndexVec<FuncId, (UnitId, FuncIdx)>,
    /// Not every file has a unit.
    units_of_files: IndexVec<FileId, Option<UnitId>>,
    /// First function of each unit.
    first_function: IndexVec<UnitId, u32>,
    /// Java classes.
    pub classes: IndexVec<ClassId, Class>,
    class_by_name: FastMap<Symbol, ClassId>,
    /// C functions with a body, by name, in file order; `static` ones are found through their unit.
    c_functions: FastMap<Symbol, Vec<FuncId>>,
    /// Types of C over all files.
    layouts: Layouts,
    /// Parameters that are only ever given a particular type, with it: see `handed`.
    handed: FastMap<(FuncId, crate::ir::LocalId), crate::ir::TyId>,
    /// Whether the type of a field was narrowed so.
    narrowed_fields: bool,
    /// Types of locals and targets of calls, a function.
    pub types: IndexVec<FuncId, FunctionTypes>,
    /// What callers control where a function is an entry point.
    pub entries: FastMap<FuncId, Vec<EntrySource>>,
    /// Fields that hold one constant for the life of the program: see `constants`.
    pub constant_fields: FastMap<(Symbol, Symbol), crate::ir::Const>,
    /// Final static fields that hold an array of literals.
    pub constant_arrays: crate::base::FastSet<(Symbol, Symbol)>,
    /// C globals that do.
    pub constant_globals: FastMap<Symbol, crate::ir::Const>,
    /// The same for static variables of C files, where files have different ones of a name.
    pub constant_statics: FastMap<(crate::base::FileId, Symbol), crate::ir::Const>,
    /// C functions that do not come back.
    pub no_return: noreturn::NoReturn,
    /// Mapper statements by `Namespace.id`.
    statements: FastMap<Symbol, statements::Statement>,
    /// What mapper statements paste into their text.
    pub pastes: Pastes,
    /// Strongly connected components of the call graph, callees first, in levels that may run in parallel.
    pub components: Components,
}

impl Program {
    /// Indexes the units. Work is proportional to their size; parallel a unit.
    #[must_use]
    pub fn build(mut units: Vec<Unit>, mut documents: Vec<Document>, rules: &RuleSet) -> Program {
        units.sort_by_key(|unit| unit.file);
        documents.sort_by_key(|document| document.file);
        let units: IndexVec<UnitId, Unit> = units.into();
        let mut units_of_files: IndexVec<FileId, Option<UnitId>> = IndexVec::new();
        for (id, unit) in units.iter_enumerated() {
            units_of_files.resize((unit.file.index() + 1).max(units_of_files.len()), None);
            units_of_files[unit.file] = Some(id);
        }
        let mut functions = IndexVec::new();
        let mut first_function = IndexVec::with_capacity(units.len());
        for (unit_id, unit) in units.iter_enumerated() {
            first_function.push(u32::try_from(functions.len()).unwrap_or(u32::MAX));
            functions.extend(unit.functions.indices().map(|func| (unit_id, func)));
        }
        let mut program = Program {
            units,
            documents,
            functions,
            units_of_files,
            first_function,
            classes: IndexVec::new(),
            class_by_name: FastMap::default(),
            c_functions: FastMap::default(),
            layouts: Layouts::default(),
            handed: FastMap::default(),
            narrowed_fields: false,
            types: IndexVec::new(),
            entries: FastMap::default(),
            constant_fields: FastMap::default(),
            constant_arrays: crate::base::FastSet::default(),
            constant_globals: FastMap::default(),
            constant_statics: FastMap::default(),
            no_return: noreturn::NoReturn::default(),
            statements: FastMap::default(),
            pastes: Pastes::default(),
            components: Components::default(),
        };
        let mapped = rayon::join(|| statements::collect(&program), || Pastes::collect(&program));
        (program.statements, program.pastes) = mapped;
        program.index_classes(&rules.java);
        program.index_c_functions();
        program.layouts = Layouts::of(&program);
        program.collect_constants();
        program.no_return = noreturn::NoReturn::declared(&program);
        let types: Vec<Vec<FunctionTypes>> = (0..program.units.len())
            .into_par_iter()
            .with_max_len(UNITS_AT_ONCE)
            .map(UnitId::from_usize)
            .map(|unit| infer::infer_unit(&program, unit, rules))
            .collect();
        program.types = types.into_iter().flatten().collect();
        program.narrow_handed(rules);
        // Each reads the rest only.
        let (components, (entries, no_return)) = rayon::join(
            || Components::of(&program),
            || (entry::find_entries(&program, rules), noreturn::NoReturn::find(&program, rules)),
        );
        (program.components, program.entries, program.no_return) = (components, entries, no_return);
        program
    }

    /// The unit of a file.
    #[must_use]
    pub fn unit_of_file(&self, file: FileId) -> Option<&Unit> {
        self.units.get(self.unit_id_of(file)?)
    }

    fn unit_id_of(&self, file: FileId) -> Option<UnitId> {
        self.units_of_files.get(file).copied().flatten()
    }

    /// The id of a unit's function.
    #[must_use]
    pub fn func_id(&self, unit: UnitId, func: FuncIdx) -> FuncId {
        FuncId::from_raw(self.first_function[unit] + func.raw())
    }

    /// A function and its unit.
    #[must_use]
    pub fn function(&self, id: FuncId) -> (&Unit, &Function) {
        let (unit, func) = self.functions[id];
        (&self.units[unit], &self.units[unit].functions[func])
    }

    /// A function's body, unpacked where it is kept as bytes: ask once and keep it while reading.
    #[must_use]
    pub fn body(&self, id: FuncId) -> Option<BodyRef<'_>> {
        self.function(id).1.body()
    }

    /// Whether a function has a body.
    #[must_use]
    pub fn has_body(&self, id: FuncId) -> bool {
        self.function(id).1.code.is_some()
    }

    /// `package.Type.method`, or a C function's name.
    #[must_use]
    pub fn qualified_name(&self, id: FuncId) -> String {
        let (unit, function) = self.function(id);
        match function.owner.and_then(|owner| unit.types.get(owner)) {
            Some(owner) => format!("{}.{}", owner.name, function.name),
            None => function.name.as_str().to_owned(),
        }
    }

    /// The class that declares a function.
    #[must_use]
    pub fn owner_name(&self, id: FuncId) -> Option<Symbol> {
        let (unit, function) = self.function(id);
        function.owner.and_then(|owner| unit.types.get(owner)).map(|owner| owner.name)
    }

    /// The models of a unit's language.
    #[must_use]
    pub fn models<'r>(unit: &Unit, rules: &'r RuleSet) -> &'r Models {
        match unit.language {
            crate::ir::Language::C => &rules.c,
            crate::ir::Language::Java | crate::ir::Language::Jsp => &rules.java,
        }
    }

    /// The entries of a property file by its path on the class path, or the end of its path in the tree; of several the
    /// first that is not a test's.
    #[must_use]
    pub fn property_file(&self, name: &str) -> Option<&[crate::syntax::document::Entry]> {
        let name = name.trim_start_matches(['/', '.']);
        let fits =
            |document: &&Document| document.path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        let found = |document: &Document| !document.path.contains("/test/");
        let document =
            self.documents.iter().filter(fits).find(|document| found(document)).or_else(|| self.documents.iter().find(fits))?;
        match &document.content {
            crate::syntax::document::DocumentContent::Entries(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether a mapper statement gives a row whatever the tables hold.
    #[must_use]
    pub fn statement_always_returns(&self, id: &str) -> bool {
        self.statements.get(&Symbol::new(id)).is_some_and(|statement| statement.always_returns)
    }

    /// What a mapper statement stores under a password's name.
    #[must_use]
    pub fn statement_passwords(&self, id: Symbol) -> &[Symbol] {
        self.statements.get(&id).map_or(&[], |statement| statement.passwords.as_slice())
    }

    /// The C function that a name means in a unit: its own, else the first external one, else the only one
    /// of that name.
    #[must_use]
    pub fn c_function(&self, name: Symbol, unit: &Unit) -> Option<FuncId> {
        let defined = self.c_functions.get(&name)?;
        let own = self.unit_id_of(unit.file).and_then(|unit| self.own_c_function(defined, unit));
        let external = || defined.iter().find(|func| !self.function(**func).1.modifiers.contains(Modifiers::STATIC));
        // Called from another file, the only one of its name comes from a header.
        let inline = || match defined.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        own.or_else(external).or_else(inline).copied()
    }

    /// Of the functions of a name, which are in file order, the first of a file: thousands of files may have a `probe`.
    fn own_c_function<'f>(&self, defined: &'f [FuncId], unit: UnitId) -> Option<&'f FuncId> {
        let at = defined.partition_point(|func| self.functions[*func].0 < unit);
        defined.get(at).filter(|func| self.functions[**func].0 == unit)
    }

    /// All C functions of a name.
    #[must_use]
    pub fn c_functions_named(&self, name: Symbol) -> &[FuncId] {
        self.c_functions.get(&name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The full name of a class as written in a unit.
    #[must_use]
    pub fn resolve_name(&self, unit: &Unit, written: Symbol, models: &Models) -> Option<Symbol> {
        Some(resolve::NameScope::new(self, self.unit_id_of(unit.file)?, models).name(written))
    }

    fn index_c_functions(&mut self) {
        for (id, &(unit, func)) in self.functions.iter_enumerated() {
            let unit = &self.units[unit];
            let function = &unit.functions[func];
            if unit.language == crate::ir::Language::C && function.code.is_some() {
                self.c_functions.entry(function.name).or_default().push(id);
            }
        }
    }
}
