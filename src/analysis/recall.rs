//! C: questions that a function asks again. `if (flags & READ) …` twice, with the same flags, is answered alike: a state
//! remembers the answer as long as the same is asked again further on. Must not know what the answers lead to.
//!
//! What a condition says of a value is kept by the value itself; here are those that combine two: bits of a number, and
//! comparisons of two numbers of which nothing is known.

use index_vec::IndexVec;

use super::frame::{Frame, ObjectKind};
use super::state::{Cell, State};
use super::value::{ObjId, ValueId};
use crate::base::{FastMap, Symbol};
use crate::ir::{BinOp, BlockId, Body, LocalId, LocalKind, Operand, Rvalue, Stmt, StmtKind, Terminator};

/// Questions of one function that are remembered.
const MAX_QUESTIONS: usize = 16;
/// Operators inside of one question.
const MAX_DEPTH: u8 = 2;

/// The questions of a function that are asked more than once.
#[derive(Debug, Default)]
pub(super) struct Recall {
    /// By the temporary that takes the answer.
    asked: FastMap<LocalId, usize>,
    /// Those asked from a block on, a bit each.
    ahead: IndexVec<BlockId, u32>,
    /// The cells of each: the answer, and what was asked of.
    cells: Vec<[Cell; 3]>,
    /// Holds them.
    object: Option<ObjId>,
}

impl Recall {
    pub(super) fn of(body: &Body) -> Recall {
        let mut places: FastMap<String, Vec<(BlockId, LocalId)>> = FastMap::default();
        for (block, data) in body.blocks.iter_enumerated() {
            let Terminator::If { cond: Operand::Local(cond), .. } = &data.term else { continue };
            let stmts = body.stmts_of(block);
            let Some((asked, text)) = question(body, stmts, *cond) else { continue };
            places.entry(text).or_default().push((block, asked));
        }
        let mut again: Vec<Vec<(BlockId, LocalId)>> = places.into_values().filter(|places| places.len() > 1).collect();
        if again.is_empty() {
            return Recall::default();
        }
        again.sort();
        again.truncate(MAX_QUESTIONS);
        let mut recall = Recall { ahead: index_vec::index_vec![0; body.blocks.len()], ..Recall::default() };
        for (number, places) in again.iter().enumerate() {
            let name = |part: &str| Cell::Property(Symbol::new(&format!("{part} {number}")));
            recall.cells.push([name("answer"), name("left"), name("right")]);
            for (block, asked) in places {
                recall.asked.insert(*asked, number);
                recall.ahead[*block] |= 1 << number;
            }
        }
        loop {
            let mut changed = false;
            for block in (0..body.blocks.len()).rev().map(BlockId::from_usize) {
                let next = body.blocks[block].term.successors();
                let from_next = next.iter().filter_map(|next| recall.ahead.get(*next));
                let all = from_next.fold(recall.ahead[block], |all, next| all | next);
                changed |= std::mem::replace(&mut recall.ahead[block], all) != all;
            }
            if !changed {
                return recall;
            }
        }
    }
}

impl Frame<'_> {
    /// The answer to a question: the one remembered, where the same was asked before and decided.
    pub(super) fn recall(&mut self, state: &mut State, dst: LocalId, (a, b): (ValueId, ValueId), answer: ValueId) -> ValueId {
        let Some(&number) = self.memory.recall.asked.get(&dst) else { return answer };
        let points = |value: ValueId| !self.values[value].objects.is_empty();
        if self.values[answer].only_constant().is_some() || points(a) || points(b) {
            return answer;
        }
        let object = match self.memory.recall.object {
            Some(known) => known,
            None => {
                let made = self.new_object(ObjectKind::Answers, None);
                self.memory.recall.object = Some(made);
                made
            }
        };
        let Some(&[answered, left, right]) = self.memory.recall.cells.get(number) else { return answer };
        let same = |cell: Cell, value: ValueId| state.cell(object, cell) == Some(value);
        if same(left, a)
            && same(right, b)
            && let Some(known) = state.cell(object, answered)
            && (self.values[known].only_constant().is_some() || self.values[known].not == Some(0))
        {
            return known;
        }
        state.set_cell(object, answered, answer);
        state.set_cell(object, left, a);
        state.set_cell(object, right, b);
        answer
    }

    /// Forgets the answers that nobody asks for from a block on.
    pub(super) fn forget_answers(&self, state: &mut State, target: BlockId) {
        let recall = &self.memory.recall;
        let Some(object) = recall.object else { return };
        let ahead = recall.ahead.get(target).copied().unwrap_or(0);
        let kept = |cell: Cell| {
            recall.cells.iter().enumerate().any(|(number, cells)| ahead & (1 << number) != 0 && cells.contains(&cell))
        };
        state.drop_cells(object, |cell| !kept(cell));
    }
}

/// What a condition asks of two numbers, with the temporary that takes the answer.
fn question(body: &Body, stmts: &[Stmt], cond: LocalId) -> Option<(LocalId, String)> {
    let (op, a, b) = binary(stmts, cond)?;
    match (a, b) {
        (Operand::Local(inner), Operand::Const(_)) | (Operand::Const(_), Operand::Local(inner)) => {
            let (BinOp::And | BinOp::Rem | BinOp::Sub | BinOp::Shr, ..) = binary(stmts, *inner)? else { return None };
            Some((*inner, text(body, stmts, *inner, 0)?))
        }
        (Operand::Local(_), Operand::Local(_)) => {
            matches!(op, BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge | BinOp::Eq | BinOp::Ne).then_some(())?;
            Some((cond, text(body, stmts, cond, 0)?))
        }
        _ => None,
    }
}

/// What a block last gave a local.
pub(super) fn defined(stmts: &[Stmt], local: LocalId) -> Option<&Rvalue> {
    stmts.iter().rev().find_map(|stmt| match &stmt.kind {
        StmtKind::Assign(dst, value) if *dst == local => Some(value),
        _ => None,
    })
}

fn binary(stmts: &[Stmt], local: LocalId) -> Option<(BinOp, &Operand, &Operand)> {
    match defined(stmts, local)? {
        Rvalue::Binary(op, a, b) => Some((*op, a, b)),
        _ => None,
    }
}

/// An operand as the source writes it: alike for the same question, wherever it is asked.
fn text(body: &Body, stmts: &[Stmt], local: LocalId, depth: u8) -> Option<String> {
    if body.locals.get(local)?.kind != LocalKind::Temp {
        return Some(format!("{local:?}"));
    }
    let side = |operand: &Operand| match operand {
        Operand::Const(constant) => Some(format!("{constant:?}")),
        Operand::Local(local) if depth < MAX_DEPTH => text(body, stmts, *local, depth + 1),
        Operand::Local(_) => None,
    };
    match defined(stmts, local)? {
        Rvalue::Load(place) => Some(format!("{:?}", body.places.get(*place)?)),
        Rvalue::Unary(op, operand) => Some(format!("{op:?} {}", side(operand)?)),
        Rvalue::Cast(ty, operand) => Some(format!("({ty:?}){}", side(operand)?)),
        Rvalue::Binary(op, a, b) => Some(format!("({} {op:?} {})", side(a)?, side(b)?)),
        _ => None,
    }
}
