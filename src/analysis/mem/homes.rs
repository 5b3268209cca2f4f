//! Which C locals live in memory. Must not know states.

use crate::analysis::Context;
use crate::analysis::frame::Frame;
use crate::analysis::state::{Cell, State};
use crate::analysis::value::ValueId;
use crate::base::FastMap;
use crate::ir::{Body, LocalId, LocalKind, Place, PlaceBase, Rvalue, StmtKind, Ty, TyId};
use crate::program::FunctionTypes;

/// How a C local lives in its storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum Home {
    /// A scalar whose address is taken: in the first cell.
    Scalar,
    /// A struct or array: it is the storage.
    Aggregate,
}

/// C locals that live in memory: structs, arrays, and what has its address taken.
pub(in crate::analysis) fn homes(ctx: &Context<'_>, types: &FunctionTypes, body: &Body) -> FastMap<LocalId, Home> {
    let mut found = FastMap::default();
    let aggregate = |local: LocalId| {
        let ty = types.locals.get(local).copied().unwrap_or(TyId::UNKNOWN);
        matches!(ctx.program.c_type(ty).get(), Ty::Record { .. } | Ty::Array(..))
    };
    for (id, local) in body.locals.iter_enumerated() {
        if matches!(local.kind, LocalKind::User | LocalKind::Temp) && aggregate(id) {
            found.insert(id, Home::Aggregate);
        }
    }
    for stmt in &body.stmts {
        let StmtKind::Assign(_, Rvalue::AddrOf(place)) = &stmt.kind else { continue };
        let Some(Place { base: PlaceBase::Local(local), proj }) = body.places.get(*place) else { continue };
        if proj.is_empty() && !aggregate(*local) {
            found.insert(*local, Home::Scalar);
        }
    }
    found
}

impl Frame<'_> {
    /// Whether a C local is a scalar that lives in memory.
    pub(in crate::analysis) fn is_scalar_home(&self, local: LocalId) -> bool {
        !self.homes.is_empty() && self.homes.get(&local) == Some(&Home::Scalar)
    }

    /// Whether a C local lives in memory.
    pub(in crate::analysis) fn has_home(&self, local: LocalId) -> bool {
        self.homes.contains_key(&local)
    }

    /// What a C local that lives in memory holds.
    pub(in crate::analysis) fn read_home(&mut self, state: &State, local: LocalId) -> Option<ValueId> {
        let home = *self.homes.get(&local)?;
        let object = self.storage(local);
        if home == Home::Aggregate {
            return Some(self.reference(object));
        }
        let held = state.cell(object, Cell::Index(0)).or_else(|| state.cell(object, Cell::Elements));
        Some(held.unwrap_or_else(|| self.unknown()))
    }

    /// Writes a C local that lives in memory; `false`: it does not.
    pub(in crate::analysis) fn write_home(&mut self, state: &mut State, local: LocalId, value: ValueId) -> bool {
        let Some(home) = self.homes.get(&local).copied() else { return false };
        let object = self.storage(local);
        if home == Home::Aggregate {
            self.assign_aggregate(state, object, value);
        } else {
            state.drop_cells(object, |cell| cell == Cell::Elements);
            state.set_cell(object, Cell::Index(0), value);
        }
        true
    }
}
