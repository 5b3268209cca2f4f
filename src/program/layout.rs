//! Types of C over all files: what a typedef of a header stands for, members, sizes and offsets (LP64).
//! Must not know bodies, nor values.

use super::{Program, UnitId};
use crate::base::{FastMap, Symbol};
use crate::ir::{Language, Ty, TyId, TypeDecl, TypeIdx, TypeKind, Unit};

/// Typedefs that stand for typedefs, and types in types: deeper ones are cycles in broken code.
const MAX_DEPTH: u32 = 20;

/// See the module.
#[derive(Debug, Default)]
pub struct Layouts {
    /// `None`: files disagree.
    typedefs: FastMap<Symbol, Option<TyId>>,
    records: FastMap<Symbol, Vec<(UnitId, TypeIdx)>>,
    globals: FastMap<Symbol, Vec<(UnitId, TyId)>>,
}

impl Layouts {
    pub(super) fn of(program: &Program) -> Layouts {
        let mut layouts = Layouts::default();
        for (id, unit) in program.units.iter_enumerated().filter(|(_, unit)| unit.language == Language::C) {
            for (name, ty) in &unit.typedefs {
                let known = layouts.typedefs.entry(*name).or_insert(Some(*ty));
                if *known != Some(*ty) {
                    *known = None;
                }
            }
            for global in &unit.globals {
                layouts.globals.entry(global.name).or_default().push((id, global.ty));
            }
            for (index, decl) in unit.types.iter_enumerated() {
                if matches!(decl.kind, TypeKind::Struct | TypeKind::Union) && !decl.fields.is_empty() {
                    layouts.records.entry(decl.name).or_default().push((id, index));
                }
            }
        }
        layouts
    }
}

impl Program {
    /// The type that a C typedef of another file stands for.
    #[must_use]
    pub fn c_type(&self, ty: TyId) -> TyId {
        let mut current = ty;
        for _ in 0..MAX_DEPTH {
            let Ty::Named { name, .. } = current.get() else { break };
            match self.layouts.typedefs.get(name) {
                Some(Some(next)) => current = *next,
                _ => break,
            }
        }
        current
    }

    /// The declaration of a C struct or union as a unit means it.
    fn record(&self, unit: &Unit, tag: Symbol) -> Option<&TypeDecl> {
        let found = self.layouts.records.get(&tag)?;
        let decl = |(unit, index): &(UnitId, TypeIdx)| self.units.get(*unit).and_then(|unit| unit.types.get(*index));
        let own = found.iter().find(|(id, _)| self.units.get(*id).is_some_and(|other| other.file == unit.file));
        if let Some(own) = own {
            return decl(own);
        }
        let first = decl(found.first()?)?;
        let alike = |other: &TypeDecl| {
            other.fields.len() == first.fields.len()
                && other.fields.iter().zip(&first.fields).all(|(a, b)| a.name == b.name && a.ty == b.ty)
        };
        found.iter().skip(1).filter_map(decl).all(alike).then_some(first)
    }

    /// Whether a type is a union.
    #[must_use]
    pub fn is_union(&self, ty: TyId) -> bool {
        matches!(self.c_type(ty).get(), Ty::Record { is_union: true, .. })
    }

    /// Size and alignment of a C type in bytes.
    #[must_use]
    pub fn size_of(&self, unit: &Unit, ty: TyId) -> Option<(u64, u64)> {
        self.layout(unit, ty, 0)
    }

    fn layout(&self, unit: &Unit, ty: TyId, depth: u32) -> Option<(u64, u64)> {
        if depth > MAX_DEPTH {
            return None;
        }
        let scalar = |bytes: u64| Some((bytes, bytes));
        match self.c_type(ty).get() {
            Ty::Bool | Ty::Void => scalar(1),
            Ty::Int { bits, .. } | Ty::Char { bits } | Ty::Float { bits } => scalar(u64::from(*bits) / 8),
            Ty::Pointer(_) => scalar(8),
            Ty::Enum(_) => scalar(4),
            Ty::Array(element, Some(length)) => {
                let (size, align) = self.layout(unit, *element, depth + 1)?;
                Some((size.checked_mul(*length)?, align))
            }
            Ty::Record { tag, .. } => {
                let decl = self.record(unit, *tag)?;
                let (mut size, mut align) = (0u64, 1u64);
                for (index, field) in decl.fields.iter().enumerate() {
                    let (at, field_size, field_align) = self.field_layout(unit, decl, index, size, depth)?;
                    align = align.max(field_align);
                    size = size.max(at.checked_add(field_size)?);
                    if field.bit_width.is_some() {
                        return None;
                    }
                }
                Some((size.checked_next_multiple_of(align)?, align))
            }
            _ => None,
        }
    }

    /// Where a field lies that follows so many bytes, its size and alignment.
    fn field_layout(&self, unit: &Unit, decl: &TypeDecl, index: usize, end: u64, depth: u32) -> Option<(u64, u64, u64)> {
        let field = decl.fields.get(index)?;
        let flexible = index + 1 == decl.fields.len();
        let (size, align) = match field.ty.get() {
            Ty::Array(element, None) if flexible => (0, self.layout(unit, *element, depth + 1)?.1),
            _ => self.layout(unit, field.ty, depth + 1)?,
        };
        let at = if decl.kind == TypeKind::Union { 0 } else { end.checked_next_multiple_of(align)? };
        Some((at, size, align))
    }

    /// The type of a member, and whether it is the last of a struct: the place for arrays of any length.
    #[must_use]
    pub fn member(&self, unit: &Unit, record: TyId, name: Symbol) -> Option<(TyId, bool)> {
        self.member_at(unit, record, name, 0)
    }

    fn member_at(&self, unit: &Unit, record: TyId, name: Symbol, depth: u32) -> Option<(TyId, bool)> {
        let Ty::Record { tag, .. } = self.c_type(record).get() else { return None };
        if depth > MAX_DEPTH {
            return None;
        }
        let decl = self.record(unit, *tag)?;
        let last = |at: usize| decl.kind == TypeKind::Struct && at + 1 == decl.fields.len();
        if let Some((at, field)) = decl.fields.iter().enumerate().find(|(_, field)| field.name == name) {
            return Some((field.ty, last(at)));
        }
        let unnamed = decl.fields.iter().filter(|field| field.name.as_str().is_empty());
        unnamed.filter_map(|field| self.member_at(unit, field.ty, name, depth + 1)).next()
    }
}

impl Program {
    /// Where a member lies in its struct, in bytes.
    #[must_use]
    pub fn member_offset(&self, unit: &Unit, record: TyId, name: Symbol) -> Option<u64> {
        let Ty::Record { tag, .. } = self.c_type(record).get() else { return None };
        let decl = self.record(unit, *tag)?;
        let mut end = 0;
        for (index, field) in decl.fields.iter().enumerate() {
            let (at, size, _) = self.field_layout(unit, decl, index, end, 0)?;
            if field.name == name || field.bit_width.is_some() {
                return (field.name == name).then_some(at);
            }
            end = at.checked_add(size)?;
        }
        None
    }

    /// The names of a struct's members.
    #[must_use]
    pub fn member_names(&self, unit: &Unit, record: TyId) -> Vec<Symbol> {
        let Ty::Record { tag, .. } = self.c_type(record).get() else { return Vec::new() };
        let decl = self.record(unit, *tag);
        decl.map(|decl| decl.fields.iter().map(|field| field.name).collect()).unwrap_or_default()
    }

    /// The type of a C global as a unit means it.
    #[must_use]
    pub fn global_type(&self, unit: &Unit, name: Symbol) -> TyId {
        let Some(found) = self.layouts.globals.get(&name) else { return TyId::UNKNOWN };
        let own = found.iter().find(|(id, ..)| self.units.get(*id).is_some_and(|other| other.file == unit.file));
        // One that is only declared, `extern char names[];`, tells less than its definition.
        let complete = |ty: TyId| !matches!(ty.get(), Ty::Array(_, None));
        match own {
            Some((_, ty)) if complete(*ty) => *ty,
            _ => found.iter().find(|(_, ty)| complete(*ty)).or(found.first()).map_or(TyId::UNKNOWN, |(_, ty)| *ty),
        }
    }
}
