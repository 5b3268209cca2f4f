//! Types of C over all files: what a typedef of a header stands for, members, sizes and offsets (LP64).
//! Must not know bodies, nor values.

use std::sync::OnceLock;

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
    records: FastMap<Symbol, Records>,
    globals: FastMap<Symbol, Globals>,
}

/// The C globals of one name.
#[derive(Debug, Default)]
struct Globals {
    /// In the files' order: thousands may have one called `dev`.
    list: Vec<(UnitId, TyId)>,
    /// The first whose type is complete: `extern char names[];` tells less than the definition.
    complete: Option<TyId>,
}

/// The first declaration of a unit, of a list in the units' order.
fn of_unit<T>(list: &[(UnitId, T)], unit: Option<UnitId>) -> Option<&(UnitId, T)> {
    let unit = unit?;
    let at = list.partition_point(|(id, _)| *id < unit);
    list.get(at).filter(|(id, _)| *id == unit)
}

fn is_complete(ty: TyId) -> bool {
    !matches!(ty.get(), Ty::Array(_, None))
}

/// The declarations of one tag.
#[derive(Debug, Default)]
struct Records {
    list: Vec<(UnitId, TypeIdx)>,
    /// Whether files agree on the members.
    alike: bool,
    /// Filled by the first that asks, where there is one declaration alone: what it means hangs on its own unit only.
    laid: OnceLock<Laid>,
}

/// Where the members of a record lie.
#[derive(Debug)]
struct Laid {
    size: Option<(u64, u64)>,
    /// Of the members in order, up to the first whose place is not known.
    offsets: Box<[u64]>,
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
                let globals = layouts.globals.entry(global.name).or_default();
                globals.list.push((id, global.ty));
                if globals.complete.is_none() && is_complete(global.ty) {
                    globals.complete = Some(global.ty);
                }
            }
            for (index, decl) in unit.types.iter_enumerated() {
                if matches!(decl.kind, TypeKind::Struct | TypeKind::Union) && !decl.fields.is_empty() {
                    layouts.records.entry(decl.name).or_default().list.push((id, index));
                }
            }
        }
        let decl = |(unit, index): &(UnitId, TypeIdx)| program.units.get(*unit).and_then(|unit| unit.types.get(*index));
        #[expect(clippy::iter_over_hash_type, reason = "each is looked at on its own")]
        for records in layouts.records.values_mut() {
            let first = records.list.first().and_then(decl);
            let alike = |other: &TypeDecl| {
                first.is_some_and(|first| {
                    other.fields.len() == first.fields.len()
                        && other.fields.iter().zip(&first.fields).all(|(a, b)| a.name == b.name && a.ty == b.ty)
                })
            };
            records.alike = records.list.iter().skip(1).filter_map(decl).all(alike);
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
        if found.list.len() > 1
            && let Some(own) = of_unit(&found.list, self.unit_id_of(unit.file))
        {
            return decl(own);
        }
        found.list.first().filter(|_| found.alike).and_then(decl)
    }

    /// Looks at the layout of a record, which is kept where it is the only one of its tag.
    fn with_laid<R>(&self, unit: &Unit, tag: Symbol, depth: u32, take: impl FnOnce(&Laid) -> R) -> Option<R> {
        let records = self.layouts.records.get(&tag)?;
        let [(only, _)] = records.list.as_slice() else { return Some(take(&self.lay_out(unit, tag, depth)?)) };
        if let Some(laid) = records.laid.get() {
            return Some(take(laid));
        }
        let laid = self.lay_out(self.units.get(*only)?, tag, depth)?;
        let taken = take(&laid);
        // What was given up deep inside of others may be known at the top.
        if depth == 0 || laid.size.is_some() {
            let _ = records.laid.set(laid);
        }
        Some(taken)
    }

    fn lay_out(&self, unit: &Unit, tag: Symbol, depth: u32) -> Option<Laid> {
        let decl = self.record(unit, tag)?;
        let mut offsets = Vec::with_capacity(decl.fields.len());
        let (mut size, mut align, mut end) = (0u64, 1u64, Some(0u64));
        for (index, field) in decl.fields.iter().enumerate() {
            let Some((at, field_size, field_align)) = end.and_then(|end| self.field_layout(unit, decl, index, end, depth)) else {
                end = None;
                break;
            };
            offsets.push(at);
            align = align.max(field_align);
            let field_end = at.checked_add(field_size).filter(|_| field.bit_width.is_none());
            size = size.max(field_end.unwrap_or(0));
            end = field_end;
        }
        let size = end.and_then(|_| Some((size.checked_next_multiple_of(align)?, align)));
        Some(Laid { size, offsets: offsets.into_boxed_slice() })
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
            Ty::Record { tag, .. } => self.with_laid(unit, *tag, depth, |laid| laid.size)?,
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
        let index = self.record(unit, *tag)?.fields.iter().position(|field| field.name == name)?;
        self.with_laid(unit, *tag, 0, |laid| laid.offsets.get(index).copied())?
    }

    /// Bytes from a member that is an array to the ends of the arrays of the same elements that follow it; the whole struct's
    /// size left out, which is written in place of the member's.
    #[must_use]
    pub fn run_of_arrays(&self, unit: &Unit, record: TyId, name: Symbol) -> Vec<i64> {
        let mut ends = Vec::new();
        let whole = self.size_of(unit, record).map(|(size, _)| size);
        let Some(start) = self.member_offset(unit, record, name) else { return ends };
        let (mut end, mut element) = (start, None);
        for member in self.member_names(unit, record).into_iter().skip_while(|member| *member != name) {
            let Some((ty, _)) = self.member(unit, record, member) else { break };
            let Ty::Array(inner, Some(_)) = self.c_type(ty).get() else { break };
            let same = *element.get_or_insert(*inner) == *inner && self.member_offset(unit, record, member) == Some(end);
            let Some((size, _)) = self.size_of(unit, ty).filter(|_| same) else { break };
            end += size;
            if Some(end - start) != whole {
                ends.extend(i64::try_from(end - start));
            }
        }
        ends
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
        let [(_, only)] = found.list.as_slice() else {
            return match of_unit(&found.list, self.unit_id_of(unit.file)) {
                Some((_, ty)) if is_complete(*ty) => *ty,
                _ => found.complete.or(found.list.first().map(|(_, ty)| *ty)).unwrap_or(TyId::UNKNOWN),
            };
        };
        *only
    }
}
