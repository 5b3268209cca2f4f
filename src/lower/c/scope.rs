//! Block scopes of a function: name to what it means, with shadowing. Must not know trees.

use crate::base::{FastMap, Symbol};
use crate::ir::{LocalId, TyId};

/// What a name in a function means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Binding {
    /// A parameter or automatic variable.
    Local(LocalId, TyId),
    /// A static variable: a global under a name of its own.
    Static(Symbol, TyId),
    /// A global declared `extern` in a block.
    Global(TyId),
}

impl Binding {
    /// Its type.
    pub(super) fn ty(self) -> TyId {
        match self {
            Binding::Local(_, ty) | Binding::Static(_, ty) | Binding::Global(ty) => ty,
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    entries: Vec<(Symbol, Binding, Option<u32>)>,
    latest: FastMap<Symbol, u32>,
}

/// Where a scope starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(usize);

impl Scopes {
    /// Opens a scope.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.entries.len())
    }

    /// Declares a name in the innermost scope.
    pub(super) fn declare(&mut self, name: Symbol, binding: Binding) {
        let at = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let before = self.latest.insert(name, at);
        self.entries.push((name, binding, before));
    }

    /// What a name means here.
    pub(super) fn get(&self, name: Symbol) -> Option<Binding> {
        let at = *self.latest.get(&name)?;
        self.entries.get(at as usize).map(|(_, binding, _)| *binding)
    }

    /// Closes the scope and gives its automatic variables, in order of declaration.
    pub(super) fn close(&mut self, mark: Mark, mut each: impl FnMut(LocalId)) {
        for (_, binding, _) in self.entries.get(mark.0..).unwrap_or_default() {
            if let Binding::Local(local, _) = binding {
                each(*local);
            }
        }
        while self.entries.len() > mark.0 {
            let Some((name, _, before)) = self.entries.pop() else { return };
            match before {
                Some(before) => self.latest.insert(name, before),
                None => self.latest.remove(&name),
            };
        }
    }
}
