//! Jumps out of statements and the code they run on their way: `finally`, `close()`, monitor exits.
//!
//! A `finally` block is copied to every exit, as javac does, up to a bound; past it, exits assign a selector and go to
//! the exceptional copy, which dispatches on it.
//! Must not know how loops or tries are laid out.

use super::Lowering;
use crate::base::{Span, Symbol};
use crate::ir::{BinOp, Rvalue};
use crate::ir::{BlockId, Call, CallKind, Callee, Const, LocalId, LocalKind, Operand, StmtKind, Terminator, TyId};
use crate::syntax::Node;

/// Copies of one `finally` block beside the exceptional one.
const MAX_COPIES: u32 = 6;
/// Blocks of a function beyond which no `finally` block is copied any more.
const MAX_COPY_BLOCKS: usize = 2_000;

/// What a jump may pass or aim at.
pub(super) enum Jump<'t> {
    /// A loop.
    Loop { label: Option<Symbol>, brk: Option<BlockId>, cont: Option<BlockId> },
    /// A labelled statement.
    Label { name: Symbol, brk: Option<BlockId> },
    /// A switch statement.
    Switch { brk: Option<BlockId> },
    /// A switch expression: where its value goes.
    Yield { result: LocalId, join: Option<BlockId> },
    /// A `finally` block.
    Finally { body: Node<'t>, outer: Option<BlockId>, copies: u32, shared: Option<Box<Shared>> },
    /// A resource to close.
    Close { local: LocalId, guard: bool, outer: Option<BlockId>, span: Span },
    /// A monitor to leave.
    Monitor { lock: Operand, outer: Option<BlockId>, span: Span },
}

/// The exceptional copy of a `finally` block, shared by exits.
pub(super) struct Shared {
    pub(super) entry: BlockId,
    pub(super) selector: LocalId,
    pub(super) conts: Vec<(Const, BlockId)>,
}

impl Jump<'_> {
    /// Whether leaving it runs code.
    pub(super) fn is_cleanup(&self) -> bool {
        matches!(self, Jump::Finally { .. } | Jump::Close { .. } | Jump::Monitor { .. })
    }
}

impl<'t> Lowering<'t> {
    /// `break`, with or without a label.
    pub(super) fn break_to(&mut self, label: Option<Symbol>, span: Span) {
        let target = self.f.jumps.iter().rposition(|jump| match (jump, label) {
            (Jump::Label { name, .. }, Some(label)) => *name == label,
            (Jump::Loop { .. } | Jump::Switch { .. }, None) => true,
            _ => false,
        });
        self.jump(target, false, span);
    }

    /// `continue`, with or without a label.
    pub(super) fn continue_to(&mut self, label: Option<Symbol>, span: Span) {
        let target = self.f.jumps.iter().rposition(|jump| match jump {
            Jump::Loop { label: own, .. } => label.is_none() || *own == label,
            _ => false,
        });
        self.jump(target, true, span);
    }

    fn jump(&mut self, target: Option<usize>, continues: bool, span: Span) {
        let Some(index) = target else {
            // A jump that aims at nothing stands in broken code.
            self.f.b.push(StmtKind::Opaque, span);
            self.f.b.terminate(Terminator::Unreachable, span);
            return;
        };
        let ctx = &mut *self.f;
        let slot = match ctx.jumps.get_mut(index) {
            Some(Jump::Loop { cont, .. }) if continues => cont,
            Some(Jump::Loop { brk, .. } | Jump::Label { brk, .. } | Jump::Switch { brk }) => brk,
            _ => return,
        };
        let block = *slot.get_or_insert_with(|| ctx.b.new_block());
        self.exit(index + 1, Terminator::Goto(block), span);
    }

    /// `yield`: the value was assigned to the result; goes to the switch expression's end.
    pub(super) fn yield_to(&mut self, index: usize, span: Span) {
        let ctx = &mut *self.f;
        let Some(Jump::Yield { join, .. }) = ctx.jumps.get_mut(index) else { return };
        let block = *join.get_or_insert_with(|| ctx.b.new_block());
        self.exit(index + 1, Terminator::Goto(block), span);
    }

    /// The innermost switch expression.
    pub(super) fn yield_target(&self) -> Option<(usize, LocalId)> {
        self.f.jumps.iter().enumerate().rev().find_map(|(index, jump)| match jump {
            Jump::Yield { result, .. } => Some((index, *result)),
            _ => None,
        })
    }

    /// Runs the clean-ups above `down_to`, innermost first, then ends the block.
    pub(super) fn exit(&mut self, down_to: usize, term: Terminator, span: Span) {
        if self.f.cleanups == 0 || !self.f.jumps.iter().skip(down_to).any(Jump::is_cleanup) {
            self.f.b.terminate(term, span);
            return;
        }
        let unwind = self.f.b.unwind();
        let mut passed = Vec::new();
        while self.f.jumps.len() > down_to {
            let Some(mut jump) = self.f.jumps.pop() else { break };
            if self.f.b.is_open() && jump.is_cleanup() {
                if let (true, Jump::Finally { outer, .. }) = (passed.is_empty(), &jump)
                    && *outer != unwind
                {
                    // The source's jump is where the clean-up begins.
                    let next = self.f.b.new_block();
                    self.f.b.terminate(Terminator::Goto(next), span);
                    self.f.b.set_unwind(*outer);
                    self.f.b.start(next);
                }
                self.f.cleanups -= 1;
                self.cleanup(&mut jump, true);
                self.f.cleanups += 1;
            }
            passed.push(jump);
        }
        self.f.b.terminate(term, span);
        self.f.jumps.extend(passed.into_iter().rev());
        self.f.b.set_unwind(unwind);
    }

    /// One clean-up on a normal exit; its own exceptions go to what is outside of it. The jump is off the stack.
    pub(super) fn cleanup(&mut self, jump: &mut Jump<'t>, may_share: bool) {
        match jump {
            Jump::Finally { body, outer, copies, shared } => {
                self.f.b.set_unwind(*outer);
                let over = *copies >= MAX_COPIES || self.f.b.block_count() > MAX_COPY_BLOCKS;
                if may_share && over {
                    let ctx = &mut *self.f;
                    let shared = shared.get_or_insert_with(|| {
                        let selector = ctx.b.local(None, TyId::INT, LocalKind::User, Span::default());
                        Box::new(Shared { entry: ctx.b.new_block(), selector, conts: Vec::new() })
                    });
                    let number = Const::int(shared.conts.len() as i128 + 1, TyId::INT);
                    let cont = ctx.b.new_block();
                    shared.conts.push((number, cont));
                    let span = Span::default();
                    ctx.b.assign(shared.selector, Rvalue::Use(Operand::Const(number)), span);
                    ctx.b.terminate(Terminator::Goto(shared.entry), span);
                    ctx.b.start(cont);
                } else {
                    *copies += 1;
                    self.finally_copy(*body);
                }
            }
            Jump::Close { local, guard, outer, span } => {
                self.f.b.set_unwind(*outer);
                self.close(*local, *guard, *span);
            }
            Jump::Monitor { lock, outer, span } => {
                self.f.b.set_unwind(*outer);
                self.f.b.push(StmtKind::MonitorExit(lock.clone()), *span);
            }
            _ => {}
        }
    }

    /// The statements of a `finally` block, once more.
    pub(super) fn finally_copy(&mut self, body: Node<'t>) {
        self.f.copies += 1;
        self.stmt(body);
        self.f.copies -= 1;
    }

    /// `if (local != null) local.close();`
    pub(super) fn close(&mut self, local: LocalId, guard: bool, span: Span) {
        let mut after = None;
        if guard {
            let null = Operand::Const(Const::Null);
            let cond = self.f.b.value(Rvalue::Binary(BinOp::Ne, Operand::Local(local), null), TyId::BOOL, span);
            let (then, els) = (self.f.b.new_block(), self.f.b.new_block());
            self.f.b.terminate(Terminator::If { cond, then, els }, span);
            self.f.b.start(then);
            after = Some(els);
        }
        let callee = Callee::Method { name: self.sym.close, owner: TyId::UNKNOWN };
        let call = Call {
            callee,
            receiver: Some(Operand::Local(local)),
            args: Box::new([]),
            arg_spans: Box::new([]),
            dst: None,
            kind: CallKind::Virtual,
            name_span: span,
        };
        self.f.b.call(call, span);
        if let Some(after) = after {
            self.f.b.start(after);
        }
    }
}
