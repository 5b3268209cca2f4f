//! Fields and globals that hold one constant for the life of the program: final ones with a constant initial value, and
//! private or static fields (Java) and globals (C) that nothing in the program writes again, enumerators of C. Must not know the engine's values.

use rayon::prelude::*;

use super::{Program, UNITS_AT_ONCE};
use crate::base::{FastMap, FastSet, FileId, Symbol};
use crate::ir::{
    BinOp, Body, Callee, Const, Language, LocalId, Modifiers, Operand, PlaceBase, Proj, Rvalue, StmtKind, TypeKind, Unit,
    WrittenNames,
};

impl Program {
    pub(super) fn collect_constants(&mut self) {
        let mut fields: FastMap<(Symbol, Symbol), Const> = FastMap::default();
        let mut globals: FastMap<Symbol, Const> = FastMap::default();
        let mut written_anywhere: FastSet<Symbol> = FastSet::default();
        // What every file that has such a global begins it with; `None`: they differ.
        let mut declared: FastMap<Symbol, Option<Const>> = FastMap::default();
        let mut statics: FastMap<(FileId, Symbol), Const> = FastMap::default();
        // What reads bodies, on all threads.
        let parts: Vec<Parts> = self.units.raw.par_iter_mut().with_max_len(UNITS_AT_ONCE).map(Parts::of).collect();
        let mut written_fields: FastSet<Symbol> = FastSet::default();
        for (unit, part) in self.units.iter().zip(parts) {
            fields.extend(part.patterns);
            self.constant_arrays.extend(part.arrays);
            written_fields.extend(part.written.fields);
            if unit.language != Language::C {
                continue;
            }
            let written = part.written.globals;
            for global in unit.globals.iter().filter(|global| global.modifiers.contains(Modifiers::STATIC)) {
                // What others write under this name is another variable.
                let init = global.init.filter(|_| !written.contains(&global.name));
                statics.extend(init.map(|init| ((unit.file, global.name), init)));
            }
            written_anywhere.extend(written);
            for global in &unit.globals {
                // A static one without a value of its own is another variable, of value zero.
                if global.init.is_some() || global.modifiers.contains(Modifiers::STATIC) {
                    let known = declared.entry(global.name).or_insert(global.init);
                    if *known != global.init {
                        *known = None;
                    }
                }
            }
        }
        let mut enumerators: FastMap<Symbol, Option<Const>> = FastMap::default();
        for unit in &self.units {
            if unit.language == Language::C {
                // One name, one value: else which is meant depends on what a file includes.
                for field in unit.types.iter().filter(|ty| ty.kind == TypeKind::CEnum).flat_map(|ty| &ty.fields) {
                    let known = enumerators.entry(field.name).or_insert(field.init);
                    if *known != field.init {
                        *known = None;
                    }
                }
                for global in &unit.globals {
                    let Some(init) = global.init else { continue };
                    // One that other files may use is fixed if none of them writes it.
                    let fixed = declared.get(&global.name) == Some(&Some(init))
                        && (global.modifiers.contains(Modifiers::FINAL) || !written_anywhere.contains(&global.name));
                    if fixed {
                        globals.insert(global.name, init);
                    }
                }
                continue;
            }
            for ty in &unit.types {
                for field in &ty.fields {
                    let Some(init) = field.init else { continue };
                    // One that other classes may write is fixed if none in the program does.
                    let fixed = field.modifiers.contains(Modifiers::FINAL)
                        || field.modifiers.intersects(Modifiers::PRIVATE | Modifiers::STATIC)
                            && !written_fields.contains(&field.name);
                    if fixed {
                        fields.insert((ty.name, field.name), init);
                    }
                }
            }
        }
        let free =
            enumerators.into_iter().filter_map(|(name, init)| Some((name, init.filter(|_| !declared.contains_key(&name))?)));
        let free: Vec<_> = free.filter(|(name, _)| !globals.contains_key(name)).collect();
        globals.extend(free);
        self.constant_fields = fields;
        statics.retain(|(_, name), _| !globals.contains_key(name));
        self.constant_statics = statics;
        self.constant_globals = globals;
    }
}

/// What the bodies of a file say of constants.
struct Parts {
    /// Of C the names of globals only.
    written: WrittenNames,
    patterns: Vec<((Symbol, Symbol), Const)>,
    arrays: Vec<(Symbol, Symbol)>,
}

impl Parts {
    fn of(unit: &mut Unit) -> Parts {
        let written = unit.written.take().map_or_else(|| WrittenNames::of(unit), |written| *written);
        if unit.language == Language::C {
            return Parts { written, patterns: Vec::new(), arrays: Vec::new() };
        }
        Parts { written, patterns: constant_patterns(unit), arrays: constant_arrays(unit) }
    }
}

/// Final fields that hold a regular expression compiled from a literal: for the engine they are its text.
fn constant_patterns(unit: &Unit) -> Vec<((Symbol, Symbol), Const)> {
    let mut found = Vec::new();
    for function in unit.functions.iter().filter(|function| matches!(function.name.as_str(), "<clinit>" | "<fieldinit>")) {
        let Some(body) = function.body() else { continue };
        // By what they set: a class may compile hundreds of patterns.
        let patterns: FastMap<LocalId, &Operand> = body
            .calls
            .iter()
            .filter(|call| matches!(&call.callee, Callee::Method { name, .. } if name.as_str() == "compile"))
            .filter_map(|call| Some((call.dst?, call.args.first()?)))
            .collect();
        if patterns.is_empty() {
            continue;
        }
        let parts = Texts::of(unit, &body);
        let compiled =
            |local: LocalId| patterns.get(&local).and_then(|pattern| parts.text(pattern, 0)).map(|text| Symbol::new(&text));
        for stmt in &body.stmts {
            let StmtKind::Store(place, Operand::Local(local)) = &stmt.kind else { continue };
            let Some(place) = body.places.get(*place) else { continue };
            let [Proj::Field(name)] = place.proj.as_slice() else { continue };
            let owner = function.owner.and_then(|owner| unit.types.get(owner));
            let Some(decl) = owner.filter(|decl| decl.fields.iter().any(|field| field.name == *name)) else { continue };
            let fits = |field: &&crate::ir::Field| {
                field.name == *name
                    && field.modifiers.contains(Modifiers::FINAL)
                    && field.ty.name().is_some_and(|ty| ty.simple_name() == "Pattern")
            };
            if let (Some(_), Some(text)) = (decl.fields.iter().find(fits), compiled(*local)) {
                found.push(((decl.name, *name), Const::Str(text)));
            }
        }
    }
    found
}

/// More parts than this of a text put together are not looked into.
const MAX_PARTS: usize = 8;

/// What texts are put together of in one body.
struct Texts<'u> {
    unit: &'u Unit,
    body: &'u Body,
    /// What each local is set to; `None`: in several places.
    set: FastMap<LocalId, Option<&'u Rvalue>>,
}

impl<'u> Texts<'u> {
    fn of(unit: &'u Unit, body: &'u Body) -> Texts<'u> {
        let mut set = FastMap::default();
        for stmt in &body.stmts {
            if let StmtKind::Assign(to, value) = &stmt.kind {
                set.entry(*to).and_modify(|known| *known = None).or_insert(Some(value));
            }
        }
        Texts { unit, body, set }
    }

    /// The text of an operand that is put together of literals and of constants of the same file.
    fn text(&self, operand: &Operand, depth: usize) -> Option<String> {
        let local = match operand {
            Operand::Const(Const::Str(text)) => return Some(text.as_str().to_owned()),
            Operand::Const(Const::Int(number, _)) => return Some(number.get().to_string()),
            Operand::Local(local) if depth < MAX_PARTS => local,
            _ => return None,
        };
        match (*self.set.get(local)?)? {
            Rvalue::Use(other) => self.text(other, depth + 1),
            Rvalue::Binary(BinOp::Add | BinOp::Concat, a, b) => Some(self.text(a, depth + 1)? + &self.text(b, depth + 1)?),
            Rvalue::Load(place) => {
                let [Proj::Field(name)] = self.body.places.get(*place)?.proj.as_slice() else { return None };
                let mut fields = self.unit.types.iter().flat_map(|ty| &ty.fields).filter(|field| field.name == *name);
                // Fields of one name in several classes of the file may hold different texts.
                let (Some(field), None) = (fields.next(), fields.next()) else { return None };
                let constant = field.init.filter(|_| field.modifiers.contains(Modifiers::FINAL))?;
                self.text(&Operand::Const(constant), MAX_PARTS)
            }
            _ => None,
        }
    }
}

/// Final static fields that a static initializer sets to an array of literals.
fn constant_arrays(unit: &Unit) -> Vec<(Symbol, Symbol)> {
    let mut found = Vec::new();
    for function in unit.functions.iter().filter(|function| function.name.as_str() == "<clinit>") {
        let Some(body) = function.body() else { continue };
        let literal = |local: LocalId| {
            body.stmts.iter().any(|stmt| match &stmt.kind {
                StmtKind::Assign(to, Rvalue::ArrayLit(_, items)) => {
                    *to == local && !items.is_empty() && items.iter().all(|item| matches!(item, Operand::Const(_)))
                }
                _ => false,
            })
        };
        for stmt in &body.stmts {
            let StmtKind::Store(place, Operand::Local(local)) = &stmt.kind else { continue };
            let Some(place) = body.places.get(*place) else { continue };
            if let (PlaceBase::Static(class), [Proj::Field(name)]) = (&place.base, place.proj.as_slice())
                && let Some(class) = class.name()
                && literal(*local)
                && let Some(decl) = unit.types.iter().find(|decl| decl.name == class)
                && decl.fields.iter().any(|field| field.name == *name && field.modifiers.contains(Modifiers::FINAL))
            {
                found.push((class, *name));
            }
        }
    }
    found
}
