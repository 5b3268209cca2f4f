//! What a type's name means in a file: same package, wildcard imports, nested types. Must not know bodies.

use super::{Program, UnitId};
use crate::base::{FastMap, Symbol};
use crate::ir::{Ty, TyId, Unit};
use crate::rules::Models;

/// The names of one unit, with what has been resolved so far.
pub(super) struct NameScope<'p> {
    program: &'p Program,
    unit: &'p Unit,
    models: &'p Models,
    names: FastMap<Symbol, Symbol>,
    types: FastMap<TyId, TyId>,
}

impl<'p> NameScope<'p> {
    pub(super) fn new(program: &'p Program, unit: UnitId, models: &'p Models) -> Self {
        NameScope { program, unit: &program.units[unit], models, names: FastMap::default(), types: FastMap::default() }
    }

    /// The type with every class name resolved.
    pub(super) fn resolve(&mut self, ty: TyId) -> TyId {
        match ty.get() {
            Ty::Named { .. } | Ty::Array(..) => {}
            _ => return ty,
        }
        if let Some(&known) = self.types.get(&ty) {
            return known;
        }
        let resolved = match ty.get() {
            Ty::Named { name, args } => {
                let name = self.name(*name);
                let args = args.iter().map(|arg| self.resolve(*arg)).collect();
                TyId::new(Ty::Named { name, args })
            }
            Ty::Array(element, length) => TyId::new(Ty::Array(self.resolve(*element), *length)),
            _ => ty,
        };
        self.types.insert(ty, resolved);
        resolved
    }

    /// The full name of a class as written in this file; as written where nothing knows it.
    pub(super) fn name(&mut self, written: Symbol) -> Symbol {
        if let Some(&known) = self.names.get(&written) {
            return known;
        }
        let resolved = self.look_up(written);
        self.names.insert(written, resolved);
        resolved
    }

    fn exists(&self, name: &str) -> Option<Symbol> {
        let symbol = Symbol::new(name);
        (self.program.class(symbol).is_some() || self.models.types.contains_key(&symbol)).then_some(symbol)
    }

    fn look_up(&self, written: Symbol) -> Symbol {
        if self.program.class(written).is_some() || self.models.types.contains_key(&written) {
            return written;
        }
        let text = written.as_str();
        let (head, rest) = text.split_once('.').map_or((text, None), |(head, rest)| (head, Some(rest)));
        let join = |prefix: &str| if prefix.is_empty() { text.to_owned() } else { format!("{prefix}.{text}") };
        if let Some(package) = self.unit.package
            && let Some(found) = self.exists(&join(package.as_str()))
        {
            return found;
        }
        for import in self.unit.imports.iter().filter(|import| !import.is_static) {
            if import.wildcard {
                if let Some(found) = self.exists(&join(import.name.as_str())) {
                    return found;
                }
            } else if let Some(rest) = rest
                && import.name.simple_name() == head
            {
                return Symbol::new(&format!("{}.{rest}", import.name));
            }
        }
        // Inner classes inherited from a supertype, and types of unmodelled libraries, end here.
        if rest.is_none() {
            for ty in &self.unit.types {
                for parent in ty.extends.iter().chain(&ty.implements) {
                    if let Some(parent) = parent.name()
                        && let Some(found) = self.exists(&format!("{parent}.{text}"))
                    {
                        return found;
                    }
                }
            }
        }
        // A modelled type with this simple name, imported by a wildcard of a package that has no other model.
        let Some(many) = self.models.simple_names.get(&written) else { return written };
        let covered = many.iter().copied().find(|name| self.wildcard_covers(*name));
        covered.or_else(|| self.guess(many)).unwrap_or(written)
    }

    /// A snippet without its imports, or with a class of its package out of view: the library type that the name most
    /// likely means. Nobody knows where a wildcard of an unknown package may have it from.
    fn guess(&self, many: &[Symbol]) -> Option<Symbol> {
        let unknown =
            |package: &str| !["java", "jakarta.", "org.springframework."].iter().any(|known| package.starts_with(known));
        if self.unit.imports.iter().any(|import| import.wildcard && !import.is_static && unknown(import.name.as_str())) {
            return None;
        }
        let beside = |package: &str| {
            let same = |import: &crate::ir::Import| import.name.as_str().rsplit_once('.').is_some_and(|(of, _)| of == package);
            self.unit.imports.iter().any(same)
        };
        let rank = |name: &Symbol| {
            let package = name.as_str().rsplit_once('.').map_or("", |(package, _)| package);
            let likely = ["java.", "javax.servlet", "javax.", "org."].iter().position(|start| package.starts_with(start));
            (!beside(package), likely.unwrap_or(4), name.as_str())
        };
        // A nested type is never written by its simple name alone.
        let outermost = |name: &&Symbol| {
            let package = name.as_str().rsplit_once('.').map_or("", |(package, _)| package);
            package.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()))
        };
        many.iter().filter(outermost).min_by_key(|name| rank(name)).copied()
    }

    fn wildcard_covers(&self, name: Symbol) -> bool {
        let Some((package, _)) = name.as_str().rsplit_once('.') else { return false };
        package == "java.lang" || self.unit.imports.iter().any(|import| import.wildcard && import.name.as_str() == package)
    }
}
