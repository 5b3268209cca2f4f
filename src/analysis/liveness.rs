//! Which locals live across blocks, and which are live where a block starts: everything else is dropped from the
//! states, so that states that differ in dead values only are one. Must not know values.

use index_vec::IndexVec;

use crate::base::FastSet;
use crate::ir::{BlockId, Body, Callee, LocalId, LocalKind, Operand, Place, PlaceBase, Proj, Rvalue, Stmt, StmtKind, Terminator};

/// Slots of a body and their liveness.
#[derive(Default)]
pub(super) struct Liveness {
    /// The slot of each local that lives across blocks.
    pub(super) slots: IndexVec<LocalId, Option<u32>>,
    /// Number of slots.
    pub(super) count: usize,
    /// Live slots at the start of each block, a bit each: so many words a block.
    live_in: Vec<u64>,
    words: usize,
}

impl Liveness {
    pub(super) fn of(body: &Body) -> Liveness {
        let mut home: IndexVec<LocalId, Option<BlockId>> = index_vec::index_vec![None; body.locals.len()];
        let mut crosses: IndexVec<LocalId, bool> =
            body.locals.iter().map(|local| !matches!(local.kind, LocalKind::Temp)).collect();
        for block in body.blocks.indices() {
            visit_block(body, block, &mut |local, _| {
                let (Some(seen), Some(crosses)) = (home.get_mut(local), crosses.get_mut(local)) else { return };
                match *seen {
                    None => *seen = Some(block),
                    Some(first) if first != block => *crosses = true,
                    Some(_) => {}
                }
            });
        }
        let mut count = 0u32;
        let slots: IndexVec<LocalId, Option<u32>> = crosses
            .iter()
            .map(|crosses| {
                crosses.then(|| {
                    count += 1;
                    count - 1
                })
            })
            .collect();
        let words = (count as usize).div_ceil(64);
        let mut live_in = vec![0u64; words * body.blocks.len()];
        let mut kill = live_in.clone();
        for block in body.blocks.indices() {
            let own = block.index() * words..(block.index() + 1) * words;
            let (Some(live_in), Some(kill)) = (live_in.get_mut(own.clone()), kill.get_mut(own)) else { continue };
            visit_block(body, block, &mut |local, is_write| {
                let Some(slot) = slots.get(local).copied().flatten() else { return };
                let (word, bit) = (slot as usize / 64, 1u64 << (slot % 64));
                if is_write {
                    kill[word] |= bit;
                } else if kill[word] & bit == 0 {
                    live_in[word] |= bit;
                }
            });
            // A handler may be entered before the block's writes, so they do not kill what it needs.
            if body.blocks[block].unwind.is_some() {
                kill.fill(0);
            }
        }
        let mut changed = words > 0 && body.blocks.len() > 1;
        while changed {
            changed = false;
            for block in body.blocks.indices().rev() {
                let data = &body.blocks[block];
                let at = block.index() * words;
                for successor in data.term.successors().into_iter().chain(data.unwind) {
                    if successor == block || successor.index() >= body.blocks.len() {
                        continue;
                    }
                    for word in 0..words {
                        let add = live_in[successor.index() * words + word] & !kill[at + word] & !live_in[at + word];
                        if add != 0 {
                            live_in[at + word] |= add;
                            changed = true;
                        }
                    }
                }
            }
        }
        Liveness { slots, count: count as usize, live_in, words }
    }

    /// Whether a slot is live where a block starts.
    pub(super) fn is_live(&self, block: BlockId, slot: usize) -> bool {
        self.live_in.get(block.index() * self.words + slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }
}

/// The locals that a block reads and writes, in order.
fn visit_block(body: &Body, block: BlockId, visit: &mut impl FnMut(LocalId, bool)) {
    for stmt in body.stmts_of(block) {
        visit_stmt(body, stmt, visit);
    }
    visit_term(&body.blocks[block].term, visit);
}

/// The locals that the end of a block reads and writes.
pub(super) fn visit_term(term: &Terminator, visit: &mut impl FnMut(LocalId, bool)) {
    match term {
        Terminator::If { cond: operand, .. } | Terminator::Switch { value: operand, .. } | Terminator::Throw(operand) => {
            read(operand, visit);
        }
        Terminator::Return(Some(operand)) => read(operand, visit),
        Terminator::Catch { exception, .. } => visit(*exception, true),
        Terminator::Return(None) | Terminator::Goto(_) | Terminator::Unreachable => {}
    }
}

/// Whether some statement or terminator reads a local.
pub(super) fn is_read(body: &Body, local: LocalId) -> bool {
    let mut found = false;
    for block in body.blocks.indices() {
        visit_block(body, block, &mut |visited, is_write| found |= visited == local && !is_write);
    }
    found
}

fn read(operand: &Operand, visit: &mut impl FnMut(LocalId, bool)) {
    if let Operand::Local(local) = operand {
        visit(*local, false);
    }
}

fn read_place(place: &Place, visit: &mut impl FnMut(LocalId, bool)) {
    if let PlaceBase::Local(local) = place.base {
        visit(local, false);
    }
    for step in &place.proj {
        if let Proj::Index(operand) = step {
            read(operand, visit);
        }
    }
}

/// The locals that a statement reads, then the one that it writes.
pub(super) fn visit_stmt(body: &Body, stmt: &Stmt, visit: &mut impl FnMut(LocalId, bool)) {
    match &stmt.kind {
        StmtKind::Assign(dst, rvalue) => {
            match rvalue {
                Rvalue::Use(operand) | Rvalue::Unary(_, operand) | Rvalue::Cast(_, operand) | Rvalue::InstanceOf(operand, _) => {
                    read(operand, visit);
                }
                Rvalue::Load(place) | Rvalue::AddrOf(place) => {
                    if let Some(place) = body.places.get(*place) {
                        read_place(place, visit);
                    }
                }
                Rvalue::Binary(_, a, b) => {
                    read(a, visit);
                    read(b, visit);
                }
                Rvalue::NewArray(_, operands) | Rvalue::ArrayLit(_, operands) => {
                    operands.iter().for_each(|operand| read(operand, visit));
                }
                Rvalue::Lambda(_, captures) => captures.iter().for_each(|local| visit(*local, false)),
                Rvalue::MethodRef { receiver, .. } => receiver.iter().for_each(|operand| read(operand, visit)),
                Rvalue::SizeOf(_) | Rvalue::Opaque => {}
            }
            visit(*dst, true);
        }
        StmtKind::Store(place, operand) => {
            read(operand, visit);
            if let Some(place) = body.places.get(*place) {
                read_place(place, visit);
            }
        }
        StmtKind::Call(call) => {
            let Some(call) = body.calls.get(*call) else { return };
            call.receiver.iter().for_each(|operand| read(operand, visit));
            call.args.iter().for_each(|operand| read(operand, visit));
            if let Callee::Value(operand) = &call.callee {
                read(operand, visit);
            }
            if let Some(dst) = call.dst {
                visit(dst, true);
            }
        }
        StmtKind::MonitorEnter(operand) | StmtKind::MonitorExit(operand) => read(operand, visit),
        StmtKind::Dead(_) | StmtKind::Opaque => {}
    }
}

/// The locals whose address a body takes: who holds it may write them.
pub(super) fn address_taken(body: &Body) -> FastSet<LocalId> {
    body.stmts
        .iter()
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Assign(_, Rvalue::AddrOf(place)) => match body.places.get(*place)?.base {
                PlaceBase::Local(local) => Some(local),
                _ => None,
            },
            _ => None,
        })
        .collect()
}
