//! Types of both languages, interned for the life of the process: one `u32` a distinct type.
//! Must not know how a name is resolved: a [`Ty::Named`] holds the name as far as its file could tell it.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use hashbrown::HashTable;
use parking_lot::RwLock;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use crate::base::Symbol;

/// An interned [`Ty`]. As with [`Symbol`], ids are equal or not equal and have no order, and are serialized as numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TyId(u32);

/// A type, structurally.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ty {
    /// Not written, or not understood: `var`, a lambda's parameter, a broken declaration.
    Unknown,
    /// `void`.
    Void,
    /// Java `boolean`, C `_Bool`.
    Bool,
    /// An integer of a width and sign. Java `char` is `Char`, not this.
    Int {
        /// Width in bits: 8, 16, 32, 64.
        bits: u8,
        /// Whether it has a sign.
        signed: bool,
    },
    /// Java `char` (16 bits, unsigned) or C `char` (8 bits, signed on Linux x86-64).
    Char {
        /// Width in bits.
        bits: u8,
    },
    /// A floating type of a width.
    Float {
        /// Width in bits: 32, 64, 128.
        bits: u8,
    },
    /// A Java class or interface, or a C typedef that the file does not resolve.
    ///
    /// Java names are dotted and fully qualified where the file alone decides it (explicit import, declared in the
    /// same file, `java.lang`); otherwise they are as written, and the program's index resolves them.
    /// A nested type is `package.Outer.Inner`.
    Named {
        /// The name.
        name: Symbol,
        /// Type arguments; empty for a raw or non-generic use.
        args: Box<[TyId]>,
    },
    /// A C pointer.
    Pointer(TyId),
    /// An array: Java (no length) or C (length where it is a constant).
    Array(TyId, Option<u64>),
    /// A C struct or union by tag; anonymous ones get a tag made of their position.
    Record {
        /// The tag.
        tag: Symbol,
        /// Whether it is a union.
        is_union: bool,
    },
    /// A C enum by tag.
    Enum(Symbol),
    /// A C function type.
    Func {
        /// The result.
        ret: TyId,
        /// The parameters.
        params: Box<[TyId]>,
        /// Whether more may follow.
        variadic: bool,
    },
}

struct Table {
    ids: RwLock<HashTable<u32>>,
    types: boxcar::Vec<Ty>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let table = Table { ids: RwLock::new(HashTable::new()), types: boxcar::Vec::new() };
    // Ids of the types every lowering asks for are constants.
    for ty in [
        Ty::Unknown,
        Ty::Void,
        Ty::Bool,
        Ty::Int { bits: 32, signed: true },
        Ty::Int { bits: 64, signed: true },
        Ty::Char { bits: 16 },
        Ty::Char { bits: 8 },
        Ty::Named { name: Symbol::new("java.lang.String"), args: Box::new([]) },
        Ty::Named { name: Symbol::new("java.lang.Object"), args: Box::new([]) },
    ] {
        let id = u32::try_from(table.types.push(ty)).unwrap_or_default();
        let hash = hash_of(&table.types[id as usize]);
        table.ids.write().insert_unique(hash, id, |&known| hash_of(&table.types[known as usize]));
    }
    table
});

fn hash_of(ty: &Ty) -> u64 {
    FxBuildHasher.hash_one(ty)
}

impl TyId {
    /// [`Ty::Unknown`].
    pub const UNKNOWN: TyId = TyId(0);
    /// [`Ty::Void`].
    pub const VOID: TyId = TyId(1);
    /// [`Ty::Bool`].
    pub const BOOL: TyId = TyId(2);
    /// A signed 32-bit integer: `int` in both languages.
    pub const INT: TyId = TyId(3);
    /// A signed 64-bit integer: `long` in both languages (LP64).
    pub const LONG: TyId = TyId(4);
    /// Java `char`.
    pub const JAVA_CHAR: TyId = TyId(5);
    /// C `char`.
    pub const C_CHAR: TyId = TyId(6);
    /// `java.lang.String`.
    pub const STRING: TyId = TyId(7);
    /// `java.lang.Object`.
    pub const OBJECT: TyId = TyId(8);

    /// The id of a type.
    #[must_use]
    pub fn new(ty: Ty) -> TyId {
        let table = &*TABLE;
        let hash = hash_of(&ty);
        if let Some(&id) = table.ids.read().find(hash, |&known| table.types[known as usize] == ty) {
            return TyId(id);
        }
        let mut ids = table.ids.write();
        if let Some(&id) = ids.find(hash, |&known| table.types[known as usize] == ty) {
            return TyId(id);
        }
        let id = u32::try_from(table.types.push(ty)).unwrap_or_default();
        ids.insert_unique(hash, id, |&known| hash_of(&table.types[known as usize]));
        TyId(id)
    }

    /// A class type without arguments.
    #[must_use]
    pub fn named(name: Symbol) -> TyId {
        TyId::new(Ty::Named { name, args: Box::new([]) })
    }

    /// The type.
    #[must_use]
    pub fn get(self) -> &'static Ty {
        TABLE.types.get(self.0 as usize).unwrap_or(&Ty::Unknown)
    }

    /// The class name, for a [`Ty::Named`].
    #[must_use]
    pub fn name(self) -> Option<Symbol> {
        match self.get() {
            Ty::Named { name, .. } => Some(*name),
            _ => None,
        }
    }

    /// The id as a plain number, for dense side tables only.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Display for TyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |f: &mut std::fmt::Formatter<'_>, items: &[TyId]| {
            items.iter().enumerate().try_for_each(|(i, item)| if i == 0 { write!(f, "{item}") } else { write!(f, ", {item}") })
        };
        match self.get() {
            Ty::Unknown => f.write_str("?"),
            Ty::Void => f.write_str("void"),
            Ty::Bool => f.write_str("bool"),
            Ty::Int { bits, signed } => write!(f, "{}{bits}", if *signed { 'i' } else { 'u' }),
            Ty::Char { bits } => write!(f, "char{bits}"),
            Ty::Float { bits } => write!(f, "f{bits}"),
            Ty::Named { name, args } => {
                write!(f, "{name}")?;
                if args.is_empty() {
                    return Ok(());
                }
                f.write_str("<")?;
                list(f, args)?;
                f.write_str(">")
            }
            Ty::Pointer(inner) => write!(f, "*{inner}"),
            Ty::Array(inner, Some(length)) => write!(f, "[{inner}; {length}]"),
            Ty::Array(inner, None) => write!(f, "[{inner}]"),
            Ty::Record { tag, is_union } => write!(f, "{} {tag}", if *is_union { "union" } else { "struct" }),
            Ty::Enum(tag) => write!(f, "enum {tag}"),
            Ty::Func { ret, params, variadic } => {
                f.write_str("fn(")?;
                list(f, params)?;
                write!(f, "{}) -> {ret}", if *variadic { ", ..." } else { "" })
            }
        }
    }
}

impl std::fmt::Debug for TyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}
