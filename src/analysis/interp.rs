//! Runs a function over abstract states: a worklist of blocks in reverse postorder, several states a block.
//! Must not know what statements do.

use index_vec::IndexVec;

use super::frame::{Frame, ObjectKind};
use super::liveness::Liveness;
use super::merge::MAX_HEAP;
use super::order::{loop_heads, reverse_postorder};
use super::state::State;
use super::summary::Root;
use super::value::{Konst, ValueId};
use super::waiting::BlockStates;
use crate::ir::{BlockId, Const, LocalId, LocalKind, Terminator};

/// States kept apart at a block's start; beyond it they are joined.
const MAX_STATES: usize = 8;
/// The same in large functions.
const MAX_STATES_LARGE: usize = 2;
/// A function with more blocks than this is large.
const LARGE_BLOCKS: usize = 150;
/// Statements executed in one function, abstractly: so many, and so many for each of its statements. From a third of it on
/// states are joined at once; beyond it what is found stands and the bound is reported.
const BASE_STEPS: u32 = 120;
/// In C what the first rounds of a loop say counts, and most functions are small.
const BASE_STEPS_C: u32 = 250;
const STEPS_PER_STATEMENT: u32 = 3;
/// The same in Java functions that never see tainted data.
const BASE_STEPS_CLEAN: u32 = 60;
const STEPS_PER_STATEMENT_CLEAN: u32 = 2;
const MAX_STEPS: u32 = 8_000;
/// Statements of a block that may be executed again because calls in it split the path.
const SPLIT_WORK: usize = 400;
/// And no more than one part in so many of what is left of the budget.
const SPLIT_SHARE: usize = 3;
/// Joins at a block before ranges and constant sets are widened.
const JOINS_BEFORE_WIDENING: u32 = 3;
/// Java: states kept apart, and joins before widening, where a loop goes around whose end is open: some branch on the way was not
/// decided, so that telling its rounds apart tells nothing; or no tainted data ever comes there.
const MAX_STATES_OPEN: usize = 3;
const JOINS_BEFORE_WIDENING_OPEN: u32 = 1;

/// Where a path that a call split off goes on: the statement, the state, the block-local temporaries.
type Resumption = (usize, State, IndexVec<LocalId, Option<ValueId>>);

/// How a function was left.
pub(super) struct Exits {
    /// States at returns, and the returned value.
    pub(super) returns: Vec<(State, Option<ValueId>)>,
    /// Whether the budget ran out.
    pub(super) exhausted: bool,
}

impl Frame<'_> {
    /// Runs the body to its fixed point.
    pub(super) fn run(&mut self) -> Exits {
        let body = self.body;
        let mut liveness = Liveness::of(body);
        self.slots = std::mem::take(&mut liveness.slots);
        let order = reverse_postorder(body);
        let mut rank: IndexVec<BlockId, usize> = index_vec::index_vec![usize::MAX; body.blocks.len()];
        for (at, block) in order.iter().enumerate() {
            rank[*block] = at;
        }
        let size = u32::try_from(body.stmts.len()).unwrap_or(u32::MAX);
        let clean = self.clean;
        let (base, each) = match (self.is_c(), clean) {
            (true, _) => (BASE_STEPS_C, STEPS_PER_STATEMENT),
            (false, true) => (BASE_STEPS_CLEAN, STEPS_PER_STATEMENT_CLEAN),
            (false, false) => (BASE_STEPS, STEPS_PER_STATEMENT),
        };
        self.budget = size.saturating_mul(each).saturating_add(base).min(MAX_STEPS.max(size.saturating_mul(2)));
        let max_states = if body.blocks.len() > LARGE_BLOCKS { MAX_STATES_LARGE } else { MAX_STATES };
        let mut states: IndexVec<BlockId, BlockStates> = body.blocks.iter().map(|_| BlockStates::default()).collect();
        let mut worklist = std::collections::BTreeSet::new();
        let mut exits = Exits { returns: Vec::new(), exhausted: false };
        let Some(&entry) = order.first() else { return exits };
        let mut start = self.entry_state(liveness.count);
        self.liveness = liveness;
        if self.is_c() {
            self.memory.recall = super::recall::Recall::of(body);
            self.memory.unmatched = super::unchosen::unmatched(body);
            if self.wants_init {
                self.unset_locals(&mut start, entry);
            }
        }
        let heads = loop_heads(body, &rank);
        states[entry].pending.push(start);
        worklist.insert(0);
        let mut out: Vec<(BlockId, State)> = Vec::new();
        while let Some(at) = worklist.pop_first() {
            let Some(&block) = order.get(at) else { continue };
            let mut queue = std::mem::take(&mut states[block].pending).into_iter();
            while let Some(state) = queue.next() {
                let state = if self.hurries() && self.acquired.is_empty() {
                    self.collapse(&mut states[block], state, &mut queue)
                } else {
                    state
                };
                self.scratch.iter_mut().for_each(|place| *place = None);
                self.memory.at_head = self.is_c() && heads.get(block).copied().unwrap_or(false);
                self.block(block, state, &mut out, &mut exits);
                if self.steps > self.budget() {
                    exits.exhausted = true;
                    self.out.bound_hits += 1;
                    return exits;
                }
                for (target, mut state) in out.drain(..) {
                    for (slot, value) in state.slots.iter_mut().enumerate() {
                        if value.is_some() && !self.liveness.is_live(target, slot) {
                            *value = None;
                        }
                    }
                    self.forget_answers(&mut state, target);
                    self.collect_garbage(&mut state);
                    let is_head = heads.get(target).copied().unwrap_or(false);
                    let again = is_head && rank.get(target).is_some_and(|target| *target <= at);
                    // Of C the first rounds are told apart: what is wrong in one of them is proof where joined states are none.
                    let open = again && !self.is_c() && (state.doubt || clean);
                    if is_head && !again {
                        state.doubt = false;
                    }
                    if is_head && self.is_c() {
                        let seen = states.get(target).map(|entry| entry.seen.as_slice()).unwrap_or_default();
                        self.enter_loop(&mut state, target, seen, again);
                    }
                    let Some(entry) = states.get_mut(target) else { continue };
                    let max_states = match (self.hurries(), open) {
                        (true, _) => 1,
                        (false, true) => max_states.min(MAX_STATES_OPEN),
                        (false, false) => max_states,
                    };
                    let joins = if open { JOINS_BEFORE_WIDENING_OPEN } else { JOINS_BEFORE_WIDENING };
                    if self.offer(entry, state, max_states, is_head.then_some((joins, again)))
                        && let Some(&rank) = rank.get(target)
                    {
                        worklist.insert(rank);
                    }
                }
            }
        }
        exits
    }

    fn entry_state(&mut self, slot_count: usize) -> State {
        let mut state = State::new(slot_count);
        let body = self.body;
        let mut captured = u16::try_from(self.function.params.len()).unwrap_or(u16::MAX);
        let entry_sources = self.ctx.program.entries.get(&self.id);
        for (id, local) in body.locals.iter_enumerated() {
            let root = match local.kind {
                LocalKind::Receiver => Root::This,
                LocalKind::Param => {
                    let Some(index) = self.function.params.iter().position(|param| param.local == id) else { continue };
                    Root::Param(u16::try_from(index).unwrap_or(u16::MAX))
                }
                LocalKind::Captured => {
                    captured = captured.saturating_add(1);
                    Root::Param(captured - 1)
                }
                LocalKind::User | LocalKind::Temp => continue,
            };
            let ty = self.local_type(id);
            let input = self.root_input(root);
            let value = self.input_value(input, ty);
            if let Some(sources) = entry_sources
                && let Root::Param(index) = root
                && let Some(source) = sources.iter().find(|source| source.param == usize::from(index))
            {
                self.mark_entry(value, source.kinds, id);
            }
            self.write_local(&mut state, id, value);
        }
        if self.function.owner.is_some()
            && let Some(receiver) = body.locals.first()
            && receiver.kind == LocalKind::Receiver
        {
            let value = self.read_local(&state, LocalId::from_raw(0));
            if let (Some(object), Some(owner)) = (self.objects_of(value).first().copied(), self.ctx.program.owner_name(self.id)) {
                self.objects[object].class = Some(owner);
            }
        }
        state
    }

    /// A parameter that the outside controls is a source.
    fn mark_entry(&mut self, value: ValueId, kinds: crate::rules::SourceKinds, local: LocalId) {
        let Some(decl) = self.body.locals.get(local) else { return };
        let (span, name) = (decl.span, decl.name.unwrap_or_else(|| crate::base::Symbol::new("")));
        let annotations =
            self.function.params.iter().find(|param| param.local == local).map(|param| param.annotations.as_slice());
        let name = self.ctx.mark_name(self.function, annotations.unwrap_or_default(), name);
        let cleared = self.cleared_by_type(self.local_type(local));
        let step = self.hop(span, crate::findings::StepKind::Source, name);
        let path = self.traces.push(None, step);
        let mark = super::value::Mark {
            origin: super::value::Origin::Source(self.at(span)),
            kinds,
            name,
            cleared,
            path,
            at_start: true,
        };
        let known = &mut self.values[value];
        known.marks.clear();
        known.marks.push(mark);
        known.range = super::declared::limits(annotations.unwrap_or_default()).or(known.range);
        let objects = known.objects.clone();
        for object in objects {
            self.objects[object].marks.push(mark);
            self.objects[object].kind = ObjectKind::Opaque;
        }
    }

    /// Runs a block from a state; pushes the states of its successors and exits.
    fn block(&mut self, block: BlockId, mut state: State, out: &mut Vec<(BlockId, State)>, exits: &mut Exits) {
        let body = self.body;
        self.block = block;
        let data = &body.blocks[block];
        // Calls with several outcomes may split the path so often in one block; then their outcomes are joined.
        let left = self.budget().saturating_sub(self.steps);
        self.splits_left = if self.hurries() {
            0
        } else {
            (SPLIT_WORK.min(left as usize / SPLIT_SHARE) / body.stmts_of(block).len().max(1)).min(MAX_STATES)
        };
        let mut handler_state: Option<State> = None;
        let mut alternatives: Vec<Resumption> = Vec::new();
        let stmts = body.stmts_of(block);
        let mut next = 0;
        'paths: loop {
            while let Some(stmt) = stmts.get(next) {
                self.steps += 1;
                next += 1;
                if self.steps > self.budget() {
                    // The worklist says so when it finds the budget used up.
                    return;
                }
                if state.heap.entries().len() > MAX_HEAP {
                    self.collect_garbage(&mut state);
                }
                if let (None, false, crate::ir::StmtKind::Call(call)) = (data.unwind, self.acquired.is_empty(), &stmt.kind) {
                    self.note_open_at_call(&state, *call);
                }
                let mut thrown = None;
                if let (Some(handler), crate::ir::StmtKind::Call(call)) = (data.unwind, &stmt.kind)
                    && (self.acquired.is_empty() || !self.only_wraps(*call))
                {
                    let changed = handler_state.as_ref().is_none_or(|sent| !self.same_at(sent, &state, handler));
                    if changed {
                        handler_state = Some(state.clone());
                        if self.acquired.is_empty() {
                            out.push((handler, state.clone()));
                        } else {
                            thrown = Some((handler, state.clone()));
                        }
                    }
                }
                let mut more = Vec::new();
                let ends = self.stmt(&mut state, stmt, &mut more);
                if let Some((handler, mut before)) = thrown {
                    // A call that closes something has tried to, even if it throws.
                    if ends {
                        self.keep_released(&mut before, &state);
                    }
                    out.push((handler, before));
                }
                if !ends {
                    // The statement does not end normally.
                    match self.resume(&mut alternatives) {
                        Some((at, resumed)) => {
                            (next, state) = (at, resumed);
                            continue 'paths;
                        }
                        None => return,
                    }
                }
                alternatives.extend(more.into_iter().map(|(other, scratch)| (next, other, scratch)));
            }
            self.terminator(block, state, out, exits);
            match self.resume(&mut alternatives) {
                Some((at, resumed)) => (next, state) = (at, resumed),
                None => return,
            }
        }
    }

    fn resume(&mut self, alternatives: &mut Vec<Resumption>) -> Option<(usize, State)> {
        let (at, state, scratch) = alternatives.pop()?;
        self.scratch = scratch;
        Some((at, state))
    }

    fn terminator(&mut self, block: BlockId, mut state: State, out: &mut Vec<(BlockId, State)>, exits: &mut Exits) {
        let body = self.body;
        let data = &body.blocks[block];
        match &data.term {
            Terminator::Goto(target) => {
                if self.memory.unmatched.contains(&block) {
                    self.quieten(&mut state);
                }
                out.push((*target, state));
            }
            Terminator::If { cond, then, els } => {
                let value = self.operand(&state, cond, data.term_span);
                self.check_loop_bound(&state, block, cond, data.term_span);
                self.in_macro = self.is_c() && self.is_expanded(data.term_span, &[*then, *els]);
                let asked = self.asked(&state, block, cond, data.term_span);
                let mut no = state.clone();
                let known = state.told();
                let (failure, open) = (self.is_c() && self.is_failure_check(value), self.is_c() && self.rests_on_more(value));
                let on_unknown = self.is_c() && self.rests_on_unknown(&state, block, cond);
                let may_be = [self.assume(&mut state, value, true), self.assume(&mut no, value, false)];
                self.note_condition(data.term_span, asked, may_be);
                let doubt = may_be == [true, true] && !self.is_counted(value);
                state.doubt |= doubt;
                no.doubt |= doubt;
                if may_be == [true, true] && self.is_c() {
                    let rounds = !doubt && self.ends_rounds(value);
                    for way in [&mut state, &mut no] {
                        way.uncertain |= !failure && !rounds && (open || way.told() == known);
                    }
                    if on_unknown {
                        self.quieten(&mut state);
                        self.quieten(&mut no);
                    }
                }
                if may_be[0] {
                    out.push((*then, state));
                }
                if may_be[1] {
                    out.push((*els, no));
                }
                self.in_macro = false;
            }
            Terminator::Switch { value, arms, default } => {
                let value = self.operand(&state, value, data.term_span);
                for (constant, target) in arms {
                    let mut arm = state.clone();
                    let Some(constant) = self.konst(constant) else {
                        (arm.doubt, arm.uncertain) = (true, true);
                        out.push((*target, arm));
                        continue;
                    };
                    let known = arm.told();
                    if self.assume_is(&mut arm, value, constant, true) {
                        if self.is_c() && self.values[value].only_constant().is_none() {
                            arm.doubt = true;
                            arm.uncertain |= arm.told() == known;
                        }
                        out.push((*target, arm));
                    }
                }
                let mut rest = Some(state);
                for (constant, _) in arms {
                    if let (Some(constant), Some(state)) = (self.konst(constant), rest.as_mut())
                        && !self.assume_is(state, value, constant, false)
                    {
                        rest = None;
                    }
                }
                if let Some(mut state) = rest {
                    if self.is_c() && !arms.is_empty() && self.values[value].only_constant().is_none() {
                        state.doubt = true;
                        state.uncertain |= self.values[value].input.is_none();
                    }
                    out.push((*default, state));
                }
            }
            Terminator::Return(operand) => {
                let value = operand.as_ref().map(|operand| self.operand(&state, operand, data.term_span));
                if let (Some(value), true) = (value, self.is_entry) {
                    self.returned(&state, value, data.term_span);
                }
                // The truth of a condition on the inputs: a caller that asks learns it of what it passed.
                if let Some(value) = value
                    && self.tells_of_inputs(value)
                {
                    for truth in [true, false] {
                        let mut way = state.clone();
                        if self.assume(&mut way, value, truth) {
                            let constant = self.bool(truth);
                            exits.returns.push((way, Some(constant)));
                        }
                    }
                    return;
                }
                exits.returns.push((state, value));
            }
            Terminator::Throw(operand) => {
                let value = self.operand(&state, operand, data.term_span);
                match data.unwind {
                    Some(handler) => {
                        state.exception = Some(value);
                        out.push((handler, state));
                    }
                    None if !self.acquired.is_empty() => self.note_open(&state),
                    None => {}
                }
            }
            Terminator::Catch { exception, arms, otherwise } => {
                let value = state.exception.take().unwrap_or_else(|| self.non_null());
                let class = match self.values[value].objects.as_slice() {
                    [only] => self.objects[*only].class,
                    _ => None,
                };
                let mut caught = false;
                for arm in arms {
                    let fits = class.is_none_or(|class| arm.types.iter().any(|ty| self.may_be_caught(class, *ty)));
                    if fits && !caught {
                        let mut state = state.clone();
                        self.write_local(&mut state, *exception, value);
                        out.push((arm.target, state));
                        caught = class.is_some();
                    }
                }
                if let (Some(otherwise), false) = (otherwise, caught) {
                    self.write_local(&mut state, *exception, value);
                    out.push((*otherwise, state));
                }
            }
            Terminator::Unreachable => {}
        }
    }

    /// Whether a thrown class may be caught as a type: by hierarchy, or because neither is known to be unrelated.
    fn may_be_caught(&self, class: crate::base::Symbol, ty: crate::ir::TyId) -> bool {
        let Some(wanted) = ty.name() else { return true };
        let simple = wanted.simple_name();
        if class == wanted || class.simple_name() == simple || matches!(simple, "Throwable" | "Exception" | "RuntimeException") {
            return true;
        }
        let known = self.models.types.contains_key(&class) || self.ctx.program.class(class).is_some();
        !known || self.ctx.program.walk_supers(class, self.models, |current| current == wanted || current.simple_name() == simple)
    }

    /// A literal of the source as a constant.
    pub(super) fn konst(&self, constant: &Const) -> Option<Konst> {
        Some(match constant {
            Const::Bool(value) => Konst::Bool(*value),
            Const::Int(value, _) => Konst::Int(i64::try_from(value.get()).ok()?),
            Const::Char(unit) => Konst::Char(*unit),
            Const::Str(text) => Konst::Str(*text),
            Const::Class(ty) => Konst::Class(ty.name()?),
            Const::Float(bits) => Konst::Float(*bits),
            Const::Func(name) => Konst::Func(*name),
            Const::Null | Const::Unknown => return None,
        })
    }
}
