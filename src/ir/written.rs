//! Which names a file's bodies write: found while they are in memory, so that nobody unpacks them for it.
//! Must not know what a name means.

use super::{PlaceBase, Proj, Rvalue, StmtKind, Unit};
use crate::base::{FastSet, Symbol};

/// Names that some statement of a file writes, or whose address it takes, initializers left out.
#[derive(Debug, Default)]
pub struct WrittenNames {
    /// Fields and members.
    pub fields: FastSet<Symbol>,
    /// C globals.
    pub globals: FastSet<Symbol>,
}

impl WrittenNames {
    /// Of all bodies of a file.
    #[must_use]
    pub fn of(unit: &Unit) -> WrittenNames {
        let mut names = WrittenNames::default();
        for function in &unit.functions {
            if matches!(function.name.as_str(), "<fieldinit>" | "<clinit>" | "<globals>") {
                continue;
            }
            let Some(body) = function.body() else { continue };
            for stmt in &body.stmts {
                let (StmtKind::Store(place, _) | StmtKind::Assign(_, Rvalue::AddrOf(place))) = &stmt.kind else { continue };
                let Some(place) = body.places.get(*place) else { continue };
                if let PlaceBase::Global(name) = place.base {
                    names.globals.insert(name);
                }
                for step in &place.proj {
                    if let Proj::Field(name) = step {
                        names.fields.insert(*name);
                    }
                }
            }
        }
        if unit.language == super::Language::C {
            // Nobody asks for them, and those of all files are held at once.
            names.fields = FastSet::default();
        }
        names
    }
}

impl Unit {
    /// Packs the bodies, and keeps what would have to be looked up in all of them again.
    pub fn pack(&mut self) {
        self.written = Some(Box::new(WrittenNames::of(self)));
        self.functions.iter_mut().filter_map(|function| function.code.as_mut()).for_each(super::Code::pack);
    }
}
