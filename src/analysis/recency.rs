//! Which C objects are one object: an allocation site that is run again stands for its newest object, and a pointer
//! read from memory in a loop for another one each time around. Must not know what resources are.

use index_vec::IndexVec;

use super::frame::{Frame, ObjectKind};
use super::state::{Cell, Heap, State};
use super::value::{Null, ObjId, Value, ValueId};
use crate::base::FastMap;
use crate::base::Span;
use crate::ir::{BlockId, Body, Rvalue, StmtKind};

impl Frame<'_> {
    /// An allocation site is about to make another object: what it made before becomes an older one, which nothing is
    /// known of but what it holds.
    pub(super) fn renew(&mut self, state: &mut State, object: ObjId) {
        let is_held = |values: &IndexVec<ValueId, Value>, value: ValueId| values[value].objects.contains(&object);
        let held = state.slots.iter().flatten().any(|value| is_held(&self.values, *value))
            || state.heap.entries().iter().any(|(_, _, value)| is_held(&self.values, *value));
        if !held {
            // Nobody refers to the former one: it is gone, or leaked, which its status tells.
            return;
        }
        let older = match self.older.get(&object) {
            Some(known) => *known,
            None => {
                let class = self.objects[object].class;
                let older = self.new_object(ObjectKind::Opaque, class);
                self.older.insert(object, older);
                older
            }
        };
        let mut renamed: FastMap<ValueId, ValueId> = FastMap::default();
        let mut rename = |frame: &mut Frame<'_>, value: ValueId| -> ValueId {
            if !is_held(&frame.values, value) {
                return value;
            }
            if let Some(known) = renamed.get(&value) {
                return *known;
            }
            let mut changed = frame.values[value].clone();
            changed.objects.retain(|held| *held != object && *held != older);
            changed.objects.push(older);
            let new = frame.value(changed);
            renamed.insert(value, new);
            new
        };
        for slot in &mut state.slots {
            if let Some(value) = slot {
                *slot = Some(rename(self, *value));
            }
        }
        for at in 0..self.scratch.len() {
            if let Some(value) = self.scratch.raw.get(at).copied().flatten() {
                let value = rename(self, value);
                if let Some(place) = self.scratch.raw.get_mut(at) {
                    *place = Some(value);
                }
            }
        }
        state.drop_cells(older, |_| true);
        let mut cells = Vec::with_capacity(state.heap.entries().len());
        for (holder, cell, value) in state.heap.entries().to_vec() {
            if holder == object && matches!(cell, Cell::Status(_)) {
                continue;
            }
            let holder = if holder == object { older } else { holder };
            cells.push((holder, cell, rename(self, value)));
        }
        cells.sort_by_key(|(holder, ..)| *holder);
        state.heap = Heap::of(cells);
    }

    /// Whether two C pointers cannot be equal: what was made here is nothing that was there before.
    pub(super) fn surely_apart(&self, a: &Value, b: &Value) -> bool {
        let ([a], [b]) = (a.objects.as_slice(), b.objects.as_slice()) else { return false };
        matches!(
            (&self.objects[*a].kind, &self.objects[*b].kind),
            (ObjectKind::Allocated(_), ObjectKind::Input(_)) | (ObjectKind::Input(_), ObjectKind::Allocated(_))
        )
    }

    /// Whether a condition comes out of a macro: what it guards then stands at the very same place of the text.
    pub(super) fn is_expanded(&self, condition: Span, targets: &[BlockId]) -> bool {
        let body = self.body;
        targets.iter().any(|target| {
            let stmts = if target.index() < body.blocks.len() { body.stmts_of(*target) } else { &[] };
            stmts.first().is_some_and(|stmt| stmt.span == condition && !matches!(stmt.kind, StmtKind::Assign(_, Rvalue::Use(_))))
        })
    }

    /// What a callee sets on some of its ways is no proof of a null on the others.
    pub(super) fn doubt_written(&mut self, state: &mut State, objects: &[ObjId], cell: Cell) {
        for &object in objects {
            let Some(held) = state.cell(object, cell) else { continue };
            if self.values[held].null.evidence().is_some() && matches!(self.values[held].null, Null::Yes(_)) {
                let doubted = self.value(Value { null: Null::QUIET, ..self.values[held].clone() });
                state.set_cell(object, cell, doubted);
            }
        }
    }

    /// A variable whose address is passed is meant to be set: that it was null before proves nothing afterwards.
    pub(super) fn doubt_passed(&mut self, state: &mut State, args: &[ValueId]) {
        if !self.is_c() {
            return;
        }
        for arg in args {
            let objects = self.values[*arg].objects.clone();
            let [object] = objects.as_slice() else { continue };
            let ObjectKind::Storage(local) = self.objects[*object].kind else { continue };
            if self.is_scalar_home(local) {
                self.doubt_written(state, &objects, Cell::Index(0));
            }
        }
    }

    /// Whether a local holds null for certain.
    pub(super) fn is_null_here(&mut self, state: &State, local: crate::ir::LocalId) -> bool {
        let value = self.read_local(state, local);
        matches!(self.values[value].null, Null::Yes(_))
    }

    /// Who holds a member's address holds the whole.
    pub(super) fn note_whole(&mut self, state: &mut State, whole: &[ObjId], part: &[ObjId], through: Option<ValueId>) {
        if let ([part], Some(through)) = (part, through)
            && whole.iter().any(|object| self.objects[*object].is_made())
        {
            state.set_cell(*part, Cell::Field(self.ctx.names.whole), through);
        }
    }

    /// A pointer or number in memory whose address is known elsewhere may change at any time.
    pub(super) fn may_change(&mut self, state: &mut State, objects: &[ObjId], cell: Cell, value: ValueId) {
        let known = &self.values[value];
        if matches!(known.null, Null::Yes(_) | Null::Maybe(_)) || known.consts.is_some() || known.range.is_some() {
            let unknown = self.weaken_for_store(value);
            self.store_cell(state, objects, cell, unknown);
        }
    }

    /// Where states were joined, C pointers and the flags that go with them have come apart: a null that is used there
    /// proves nothing.
    pub(super) fn drop_doubtful_nulls(&mut self) {
        if !self.is_c() || !self.lossy {
            return;
        }
        let rules = self.ctx.check_rules.get(&(crate::rules::CheckKind::NullDereference, self.language()));
        let rules = rules.cloned().unwrap_or_default();
        self.out.findings.retain(|finding| !rules.contains(&finding.rule));
    }

    /// Whether every way through the function passes the block at hand.
    pub(super) fn is_inevitable(&mut self) -> bool {
        let block = self.block;
        if let Some(known) = self.inevitable.get(&block) {
            return *known;
        }
        let body = self.body;
        let mut seen: IndexVec<BlockId, bool> = index_vec::index_vec![false; body.blocks.len()];
        let mut work = vec![BlockId::from_raw(0)];
        let mut avoided = false;
        while let Some(at) = work.pop() {
            let Some(data) = body.blocks.get(at) else { continue };
            if at == block || std::mem::replace(&mut seen[at], true) {
                continue;
            }
            avoided |= matches!(data.term, crate::ir::Terminator::Return(_));
            work.extend(data.term.successors());
        }
        self.inevitable.insert(block, !avoided);
        !avoided
    }

    /// Whether a C object may stand for several: an element of unknown place, or something read from memory in a loop.
    pub(super) fn may_be_several(&mut self, state: &State, object: ObjId) -> bool {
        if !self.is_c() {
            return false;
        }
        let from_memory = match self.objects[object].kind {
            ObjectKind::Input(input) => {
                let path = &self.inputs[input].path;
                if path.contains(&Cell::Elements) {
                    return true;
                }
                path.len()
                    > usize::from(matches!(
                        self.inputs[input].root,
                        super::summary::Root::Global(_) | super::summary::Root::Static(..)
                    ))
            }
            ObjectKind::Opaque => !self.acquired.keys().any(|(known, _)| *known == object),
            _ => false,
        };
        if from_memory {
            let body = self.body;
            let loops = self.loops.get_or_insert_with(|| looping(body));
            if loops.get(self.block).copied().unwrap_or(true) {
                return true;
            }
        }
        state
            .heap
            .entries()
            .iter()
            .any(|(_, cell, value)| *cell == Cell::Elements && self.values[*value].objects.contains(&object))
    }
}

/// The blocks that can be reached from themselves: those of components with an edge inside (Tarjan, iterative).
fn looping(body: &Body) -> IndexVec<BlockId, bool> {
    let count = body.blocks.len();
    let mut result: IndexVec<BlockId, bool> = index_vec::index_vec![false; count];
    let successors = |block: usize| -> smallvec::SmallVec<[usize; 4]> {
        let Some(data) = body.blocks.raw.get(block) else { return smallvec::SmallVec::new() };
        let all = data.term.successors().into_iter().chain(data.unwind);
        all.map(|target| target.index()).filter(|target| *target < count).collect()
    };
    let mut number = vec![usize::MAX; count];
    let mut low = vec![0usize; count];
    let mut open = vec![false; count];
    let mut stack: Vec<usize> = Vec::new();
    let mut work: Vec<(usize, smallvec::SmallVec<[usize; 4]>)> = Vec::new();
    let mut next = 0;
    for root in 0..count {
        if number.get(root).is_none_or(|known| *known != usize::MAX) {
            continue;
        }
        work.push((root, successors(root)));
        number[root] = next;
        low[root] = next;
        next += 1;
        open[root] = true;
        stack.push(root);
        while let Some((block, rest)) = work.last_mut() {
            let block = *block;
            match rest.pop() {
                Some(target) if number[target] == usize::MAX => {
                    number[target] = next;
                    low[target] = next;
                    next += 1;
                    open[target] = true;
                    stack.push(target);
                    let after = successors(target);
                    work.push((target, after));
                }
                Some(target) => {
                    if open[target] {
                        low[block] = low[block].min(number[target]);
                    }
                    if target == block {
                        result[BlockId::from_usize(block)] = true;
                    }
                }
                None => {
                    work.pop();
                    if let Some((before, _)) = work.last() {
                        low[*before] = low[*before].min(low[block]);
                    }
                    if low[block] == number[block] {
                        let from = stack.iter().rposition(|other| *other == block).unwrap_or(0);
                        let component = stack.split_off(from);
                        let is_loop = component.len() > 1;
                        for member in component {
                            open[member] = false;
                            if is_loop {
                                result[BlockId::from_usize(member)] = true;
                            }
                        }
                    }
                }
            }
        }
    }
    result
}
