//! Builds a [`Body`] block by block. Must not know any language.
//!
//! A block's statements are contiguous, so only one block is open at a time: [`BodyBuilder::start`] one, push, then
//! [`BodyBuilder::terminate`] it. Blocks may be made ahead by [`BodyBuilder::new_block`] and started later.

use index_vec::IndexVec;

use super::{
    Block, BlockId, Body, Call, CallId, Local, LocalId, LocalKind, Operand, Place, PlaceId, Rvalue, Stmt, StmtKind, Terminator,
    TyId,
};
use crate::base::{Span, Symbol};

/// See the module.
#[derive(Debug, Default)]
pub struct BodyBuilder {
    body: Body,
    current: Option<BlockId>,
    /// The handler that blocks started from now on unwind to.
    unwind: Option<BlockId>,
}

impl BodyBuilder {
    /// An empty body whose entry block is open.
    #[must_use]
    pub fn new() -> Self {
        let mut builder = BodyBuilder::default();
        let entry = builder.new_block();
        builder.start(entry);
        builder
    }

    /// Adds a local.
    pub fn local(&mut self, name: Option<Symbol>, ty: TyId, kind: LocalKind, span: Span) -> LocalId {
        self.body.locals.push(Local { name, ty, kind, span })
    }

    /// Adds a temporary.
    pub fn temp(&mut self, ty: TyId, span: Span) -> LocalId {
        self.local(None, ty, LocalKind::Temp, span)
    }

    /// A local's declared type.
    #[must_use]
    pub fn ty(&self, local: LocalId) -> TyId {
        self.body.locals[local].ty
    }

    /// Refines a local's type.
    pub fn set_ty(&mut self, local: LocalId, ty: TyId) {
        self.body.locals[local].ty = ty;
    }

    /// Makes a block to be started later. Until terminated it is `Unreachable`.
    pub fn new_block(&mut self) -> BlockId {
        self.body.blocks.push(Block { start: 0, end: 0, term: Terminator::Unreachable, term_span: Span::default(), unwind: None })
    }

    /// Opens a block; its exceptions go to the handler set by [`BodyBuilder::set_unwind`]. An open block falls through to it.
    pub fn start(&mut self, block: BlockId) {
        if self.current.is_some() {
            self.terminate(Terminator::Goto(block), Span::default());
        }
        let at = u32::try_from(self.body.stmts.len()).unwrap_or(u32::MAX);
        let unwind = self.unwind;
        let entry = &mut self.body.blocks[block];
        (entry.start, entry.end, entry.unwind) = (at, at, unwind);
        self.current = Some(block);
    }

    /// Sets the handler of blocks started from now on and gives the one before. If a block is open and the handler
    /// changes, the block is closed and a new one opened, so that its statements keep theirs.
    pub fn set_unwind(&mut self, unwind: Option<BlockId>) -> Option<BlockId> {
        let before = std::mem::replace(&mut self.unwind, unwind);
        if before != unwind && self.current.is_some() {
            let next = self.new_block();
            self.start(next);
        }
        before
    }

    /// The handler of blocks started from now on.
    #[must_use]
    pub fn unwind(&self) -> Option<BlockId> {
        self.unwind
    }

    /// Whether code pushed now can be reached.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.current.is_some()
    }

    /// The open block.
    #[must_use]
    pub fn current(&self) -> Option<BlockId> {
        self.current
    }

    /// Ends the open block, if any.
    pub fn terminate(&mut self, term: Terminator, span: Span) {
        if let Some(block) = self.current.take() {
            let end = u32::try_from(self.body.stmts.len()).unwrap_or(u32::MAX);
            let entry = &mut self.body.blocks[block];
            entry.end = end;
            entry.term = term;
            entry.term_span = span;
        }
    }

    /// Pushes a statement. With no block open the code is dead: a fresh unreachable block takes it.
    pub fn push(&mut self, kind: StmtKind, span: Span) {
        if self.current.is_none() {
            let block = self.new_block();
            self.start(block);
        }
        if matches!(kind, StmtKind::Opaque) {
            self.body.opaque_count += 1;
        }
        self.body.stmts.push(Stmt { kind, span });
    }

    /// `local = rvalue`.
    pub fn assign(&mut self, local: LocalId, rvalue: Rvalue, span: Span) {
        self.push(StmtKind::Assign(local, rvalue), span);
    }

    /// A fresh temporary that holds the rvalue.
    pub fn value(&mut self, rvalue: Rvalue, ty: TyId, span: Span) -> Operand {
        let temp = self.temp(ty, span);
        self.assign(temp, rvalue, span);
        Operand::Local(temp)
    }

    /// The last statement of the open block.
    #[must_use]
    pub fn last_stmt(&self) -> Option<&StmtKind> {
        let start = self.body.blocks[self.current?].start as usize;
        self.body.stmts.get(start..)?.last().map(|stmt| &stmt.kind)
    }

    /// Makes the open block's last statement assign to `to` instead of the temporary `from`, if it is one that just
    /// computed `from`. The temporary stays unused.
    pub fn retarget_last(&mut self, from: LocalId, to: LocalId, span: Span) -> bool {
        let Some(current) = self.current else { return false };
        if self.body.locals[from].kind != LocalKind::Temp {
            return false;
        }
        let start = self.body.blocks[current].start as usize;
        let is_last = usize::from(from) + 1 == self.body.locals.len();
        match self.body.stmts.get_mut(start..).and_then(|stmts| stmts.last_mut()) {
            Some(Stmt { kind: StmtKind::Assign(local, _), span: at }) if *local == from => {
                *local = to;
                *at = span;
            }
            _ => return false,
        }
        if is_last {
            self.body.locals.pop();
        }
        true
    }

    /// Adds a place.
    pub fn place(&mut self, place: Place) -> PlaceId {
        self.body.places.push(place)
    }

    /// Pushes a call.
    pub fn call(&mut self, call: Call, span: Span) -> CallId {
        let id = self.body.calls.push(call);
        self.push(StmtKind::Call(id), span);
        id
    }

    /// Marks the body as holding an unreadable region.
    pub fn mark_broken(&mut self) {
        self.body.broken = true;
    }

    /// Number of blocks so far: what limits on duplication count.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.body.blocks.len()
    }

    /// The finished body; an open block returns.
    #[must_use]
    pub fn finish(mut self, end: Span) -> Body {
        self.terminate(Terminator::Return(None), end);
        self.body.stmts.shrink_to_fit();
        self.body.locals.shrink_to_fit();
        self.body.blocks.shrink_to_fit();
        self.body.calls.shrink_to_fit();
        self.body.places.shrink_to_fit();
        self.body
    }

    /// The locals so far.
    #[must_use]
    pub fn locals(&self) -> &IndexVec<LocalId, Local> {
        &self.body.locals
    }
}
