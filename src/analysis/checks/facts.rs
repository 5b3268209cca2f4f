//! What the statements of one body say without running them: the only definition of a local, what a copy copies,
//! reachable blocks. Must not know rules.

use index_vec::IndexVec;

use crate::base::{FastSet, Span, Symbol};
use crate::ir::{
    BlockId, Body, Call, CallId, Callee, Const, LocalId, LocalKind, Operand, Place, PlaceBase, Proj, Rvalue, Stmt, StmtKind,
    Terminator, Ty, TyId,
};
use crate::program::{CallTarget, FunctionTypes};

/// How a local gets its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Definition {
    None,
    Once(u32),
    Many,
}

/// See the module.
pub(super) struct Facts<'a> {
    pub(super) body: &'a Body,
    pub(super) types: &'a FunctionTypes,
    definitions: IndexVec<LocalId, Definition>,
}

/// How far copies are followed.
const MAX_COPIES: usize = 16;

impl<'a> Facts<'a> {
    pub(super) fn new(body: &'a Body, types: &'a FunctionTypes) -> Facts<'a> {
        let mut definitions: IndexVec<LocalId, Definition> = body
            .locals
            .iter()
            .map(|local| match local.kind {
                LocalKind::User | LocalKind::Temp => Definition::None,
                // Defined by the caller: any assignment is a second one.
                LocalKind::Receiver | LocalKind::Param | LocalKind::Captured => Definition::Many,
            })
            .collect();
        let mut define = |local: LocalId, at: usize| {
            if let Some(slot) = definitions.get_mut(local) {
                let once = u32::try_from(at).map_or(Definition::Many, Definition::Once);
                *slot = if *slot == Definition::None { once } else { Definition::Many };
            }
        };
        for (at, stmt) in body.stmts.iter().enumerate() {
            match &stmt.kind {
                StmtKind::Assign(local, _) => define(*local, at),
                StmtKind::Call(call) => {
                    if let Some(dst) = body.calls.get(*call).and_then(|call| call.dst) {
                        define(dst, at);
                    }
                }
                _ => {}
            }
        }
        Facts { body, types, definitions }
    }

    /// The statement that defines a local, where there is one only.
    pub(super) fn definition(&self, local: LocalId) -> Option<&'a Stmt> {
        match self.definitions.get(local)? {
            Definition::Once(at) => self.body.stmts.get(*at as usize),
            _ => None,
        }
    }

    /// What defines an operand, copies and conversions left out.
    pub(super) fn source(&self, operand: &Operand) -> Option<&'a Stmt> {
        self.definition(self.origin(operand).local()?)
    }

    /// The operand that a chain of copies and conversions starts from.
    pub(super) fn origin(&self, operand: &Operand) -> Operand {
        let mut current = operand.clone();
        for _ in 0..MAX_COPIES {
            let Some(stmt) = current.local().and_then(|local| self.definition(local)) else { break };
            match &stmt.kind {
                StmtKind::Assign(_, Rvalue::Use(next) | Rvalue::Cast(_, next)) => current = next.clone(),
                _ => break,
            }
        }
        current
    }

    /// What a variable is given by its assignments, calls left out; `None` where some call or parameter gives it.
    pub(super) fn assigned(&self, local: LocalId) -> Option<Vec<&'a Rvalue>> {
        let declared = self.body.locals.get(local)?;
        if !matches!(declared.kind, LocalKind::User | LocalKind::Temp) {
            return None;
        }
        let mut values = Vec::new();
        for stmt in &self.body.stmts {
            match &stmt.kind {
                StmtKind::Assign(dst, rvalue) if *dst == local => values.push(rvalue),
                StmtKind::Call(call) if self.body.calls.get(*call).is_some_and(|call| call.dst == Some(local)) => return None,
                _ => {}
            }
        }
        Some(values)
    }

    /// The call that gives an operand.
    pub(super) fn call_of(&self, operand: &Operand) -> Option<(CallId, &'a Call)> {
        match self.source(operand)?.kind {
            StmtKind::Call(call) => Some((call, self.body.calls.get(call)?)),
            _ => None,
        }
    }

    /// The place that an operand was read from.
    pub(super) fn load_of(&self, operand: &Operand) -> Option<&'a Place> {
        match &self.source(operand)?.kind {
            StmtKind::Assign(_, Rvalue::Load(place)) => self.body.places.get(*place),
            _ => None,
        }
    }

    /// The place whose address an operand is.
    pub(super) fn address_of(&self, operand: &Operand) -> Option<&'a Place> {
        match &self.source(operand)?.kind {
            StmtKind::Assign(_, Rvalue::AddrOf(place)) => self.body.places.get(*place),
            _ => None,
        }
    }

    /// Whether two operands are the same: one local, one constant, or reads of one place.
    pub(super) fn same(&self, a: &Operand, b: &Operand) -> bool {
        let (a, b) = (self.origin(a), self.origin(b));
        a == b || self.load_of(&a).zip(self.load_of(&b)).is_some_and(|(a, b)| self.same_place(a, b))
    }

    /// Whether two places are written alike.
    pub(super) fn same_place(&self, a: &Place, b: &Place) -> bool {
        let bases = match (a.base, b.base) {
            (PlaceBase::Local(x), PlaceBase::Local(y)) => self.origin(&Operand::Local(x)) == self.origin(&Operand::Local(y)),
            (x, y) => x == y,
        };
        bases && a.proj == b.proj
    }

    /// The type of an operand.
    pub(super) fn ty(&self, operand: &Operand) -> TyId {
        match operand {
            Operand::Local(local) => self.types.locals.get(*local).copied().unwrap_or(TyId::UNKNOWN),
            Operand::Const(Const::Str(_)) => TyId::STRING,
            Operand::Const(Const::Int(_, ty)) => *ty,
            Operand::Const(Const::Bool(_)) => TyId::BOOL,
            Operand::Const(_) => TyId::UNKNOWN,
        }
    }

    /// The class of an operand.
    pub(super) fn class(&self, operand: &Operand) -> Option<Symbol> {
        self.ty(operand).name()
    }

    /// Where a call goes.
    pub(super) fn target(&self, call: CallId) -> Option<&'a CallTarget> {
        self.types.calls.get(call)
    }

    /// All calls and where they stand, in the order of statements.
    pub(super) fn calls(&self) -> impl Iterator<Item = (CallId, &'a Call, Span)> + use<'a> {
        let body = self.body;
        body.stmts.iter().filter_map(move |stmt| match stmt.kind {
            StmtKind::Call(id) => Some((id, body.calls.get(id)?, stmt.span)),
            _ => None,
        })
    }

    /// The name of a local, a field or a parameter that an operand is read from.
    pub(super) fn name_of(&self, operand: &Operand) -> Option<Symbol> {
        let local = operand.local()?;
        if let Some(name) = self.body.locals.get(local).and_then(|local| local.name) {
            return Some(name);
        }
        match self.origin(operand) {
            Operand::Local(origin) if origin != local && self.body.locals.get(origin).is_some_and(|it| it.name.is_some()) => {
                self.body.locals.get(origin)?.name
            }
            origin => match self.load_of(&origin)?.proj.last()? {
                Proj::Field(name) => Some(*name),
                _ => None,
            },
        }
    }

    /// Blocks that normal control reaches from some, exceptional edges left out or not.
    pub(super) fn reachable(&self, from: &[BlockId], exceptional: bool) -> FastSet<BlockId> {
        self.reachable_without(from, exceptional, |_| false)
    }

    /// The same, stopping in front of blocks.
    pub(super) fn reachable_without(
        &self,
        from: &[BlockId],
        exceptional: bool,
        stop: impl Fn(BlockId) -> bool,
    ) -> FastSet<BlockId> {
        let mut seen: FastSet<BlockId> = FastSet::default();
        let mut queue: Vec<BlockId> = from.to_vec();
        while let Some(at) = queue.pop() {
            if stop(at) || !seen.insert(at) {
                continue;
            }
            let Some(block) = self.body.blocks.get(at) else { continue };
            queue.extend(block.term.successors());
            if exceptional {
                queue.extend(block.unwind);
            }
        }
        seen
    }

    /// Whether an operand is the receiver `this`.
    pub(super) fn is_this(&self, operand: &Operand) -> bool {
        match self.origin(operand) {
            Operand::Local(local) => self.body.locals.get(local).is_some_and(|local| local.kind == LocalKind::Receiver),
            Operand::Const(_) => false,
        }
    }

    /// The field that a place is, where it is one of `this` or a static one.
    pub(super) fn own_field(&self, place: &Place) -> Option<Symbol> {
        let own = match place.base {
            PlaceBase::Local(local) => self.is_this(&Operand::Local(local)),
            PlaceBase::Static(_) => true,
            PlaceBase::Global(_) | PlaceBase::Inherited => false,
        };
        match place.proj.as_slice() {
            [Proj::Field(name)] if own => Some(*name),
            _ => None,
        }
    }

    /// Whether the value of an operand may come from a local that `wanted` picks, by whatever assignments and calls.
    pub(super) fn depends(&self, operand: &Operand, wanted: impl Fn(LocalId) -> bool) -> bool {
        let mut seen: FastSet<LocalId> = FastSet::default();
        let mut queue: Vec<LocalId> = operand.local().into_iter().collect();
        while let Some(local) = queue.pop() {
            if !seen.insert(local) {
                continue;
            }
            if wanted(local) {
                return true;
            }
            match self.definitions.get(local) {
                Some(Definition::Once(at)) => {
                    self.body.stmts.get(*at as usize).into_iter().for_each(|stmt| self.reads(stmt, &mut queue));
                }
                Some(Definition::Many) => {
                    let writes = |stmt: &&Stmt| self.written(stmt) == Some(local);
                    self.body.stmts.iter().filter(writes).for_each(|stmt| self.reads(stmt, &mut queue));
                }
                Some(Definition::None) | None => {}
            }
        }
        false
    }

    /// The local that a statement assigns.
    fn written(&self, stmt: &Stmt) -> Option<LocalId> {
        match stmt.kind {
            StmtKind::Assign(local, _) => Some(local),
            StmtKind::Call(call) => self.body.calls.get(call)?.dst,
            _ => None,
        }
    }

    /// The locals that a statement computes from.
    fn reads(&self, stmt: &Stmt, queue: &mut Vec<LocalId>) {
        let mut add = |operand: &Operand| queue.extend(operand.local());
        match &stmt.kind {
            StmtKind::Call(call) => {
                let Some(call) = self.body.calls.get(*call) else { return };
                call.receiver.iter().chain(call.args.iter()).for_each(add);
            }
            StmtKind::Assign(_, rvalue) => match rvalue {
                Rvalue::Use(a) | Rvalue::Cast(_, a) | Rvalue::Unary(_, a) => add(a),
                Rvalue::Binary(_, a, b) => {
                    add(a);
                    add(b);
                }
                Rvalue::ArrayLit(_, items) => items.iter().for_each(add),
                Rvalue::Load(place) => {
                    if let Some(Place { base: PlaceBase::Local(local), .. }) = self.body.places.get(*place) {
                        queue.push(*local);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// The block of a statement, by its index.
    pub(super) fn block_of(&self, stmt: usize) -> Option<BlockId> {
        let found = |block: &crate::ir::Block| (block.start as usize..block.end as usize).contains(&stmt);
        self.body.blocks.iter_enumerated().find(|(_, block)| found(block)).map(|(id, _)| id)
    }
}

/// The method's name, for Java; the function's, for C.
pub(super) fn callee_name(call: &Call) -> Option<&'static str> {
    match call.callee {
        Callee::Method { name, .. } | Callee::Function(name) => Some(name.as_str()),
        Callee::Constructor(_) => Some("<init>"),
        Callee::Value(_) => None,
    }
}

/// Whether a handler of the body or a terminator leaves it.
pub(super) fn leaves(term: &Terminator) -> bool {
    matches!(term, Terminator::Return(_) | Terminator::Throw(_) | Terminator::Unreachable)
}

/// A string constant.
pub(super) fn text(operand: &Operand) -> Option<&'static str> {
    match operand {
        Operand::Const(Const::Str(text)) => Some(text.as_str()),
        _ => None,
    }
}

/// Whether a type is an array.
pub(super) fn is_array(ty: TyId) -> bool {
    matches!(ty.get(), Ty::Array(..))
}
