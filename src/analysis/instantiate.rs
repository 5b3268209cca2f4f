//! A callee's summary at a call: its inputs become the caller's values. Must not know how the summary was made.

use smallvec::SmallVec;

use super::call::Ways;
use super::frame::Frame;
use super::mem::Site;
use super::nullness::Reach;
use super::numeric::Demand;
use super::sinks::Arrival;
use super::state::{Cell, State, Test};
use super::summary::{Latent, LatentKind, Outcome, Root, Summary};
use super::trace::before;
use super::value::{Mark, Null, ObjId, ValueId};
use crate::base::Span;
use crate::ir::TyId;
use crate::program::FuncId;

/// The number of the first object that a callee makes, among those of the call.
pub(super) const FIRST_OBJECT: u32 = 16;
/// Defects are not handed up further than this many calls.
const MAX_DEPTH: u8 = 12;

/// What a call passes.
pub(super) struct Passed<'v> {
    pub(super) callee: FuncId,
    pub(super) receiver: Option<ValueId>,
    pub(super) args: &'v [ValueId],
    /// What a lambda captured.
    pub(super) captured: &'v [ValueId],
    /// The call.
    pub(super) span: Span,
    /// Whether the last argument is an array that takes the place of a varargs parameter's; `None`: not known.
    pub(super) spread: Option<bool>,
}

/// The values of one call, for a summary's inputs.
pub(super) struct Binding<'s> {
    pub(super) summary: &'s Summary,
    pub(super) callee: FuncId,
    pub(super) receiver: Option<ValueId>,
    pub(super) args: SmallVec<[ValueId; 6]>,
    pub(super) captured: &'s [ValueId],
    pub(super) span: Span,
    pub(super) inputs: SmallVec<[Option<ValueId>; 16]>,
    pub(super) values: SmallVec<[Option<ValueId>; 16]>,
    pub(super) objects: SmallVec<[Option<ObjId>; 4]>,
    /// Whether the summary leaves no choice: its nulls are nulls here.
    pub(super) decided: bool,
    /// What tells the objects it makes from others made at the call: the number of the first.
    pub(super) first_object: u32,
}

impl Binding<'_> {
    /// Forgets what was made of the summary's values and objects: each outcome makes its own.
    pub(super) fn forget(&mut self) {
        self.values.clear();
        self.values.resize(self.summary.values.len(), None);
        self.objects.clear();
        self.objects.resize(self.summary.objects.len(), None);
    }
}

impl Frame<'_> {
    /// How a call of a function of the program may end. With [`Ways::Never`] the state is of no use any more.
    pub(super) fn instantiate(&mut self, state: &mut State, summary: &Summary, passed: &Passed<'_>) -> Ways {
        let mut binding = self.bind(state, summary, passed);
        let possible = self.possible(state, &mut binding);
        if let ([only], true) = (possible.as_slice(), self.is_c()) {
            // What follows from a null that nobody has evidence of is no evidence either.
            for (input, _) in only.conditions.iter().filter(|(_, test)| *test == Test::Null) {
                let value = self.bound(state, &mut binding, *input);
                binding.decided &= self.values[value].null.evidence().is_some();
            }
        }
        if let [only] = possible.as_slice() {
            return self.outcome(state, &mut binding, only).map_or(Ways::Never, Ways::One);
        }
        if possible.len() > self.splits_left + 1 && self.may_gather(summary) {
            return self.gather_ways(state, &mut binding, &possible).map_or(Ways::Never, Ways::One);
        }
        if self.is_c() {
            for (input, cell, _) in possible.iter().flat_map(|outcome| &outcome.writes) {
                if !matches!(cell, Cell::Status(_)) {
                    let target = self.bound(state, &mut binding, *input);
                    let objects = self.values[target].objects.clone();
                    self.doubt_written(state, &objects, *cell);
                }
            }
            binding.inputs.iter_mut().for_each(|known| *known = None);
        }
        let mut ways = Vec::with_capacity(possible.len());
        for outcome in possible {
            let mut after = state.clone();
            if let Some(result) = self.outcome(&mut after, &mut binding, outcome) {
                ways.push((after, result));
            }
        }
        if ways.len() > 1 && !self.acquired.is_empty() {
            self.settle_closing(binding.callee, &mut ways);
        }
        if ways.is_empty() { Ways::Never } else { Ways::Several(ways) }
    }

    /// Brings a callee's inputs to a call, and its latent defects.
    pub(super) fn bind<'s>(&mut self, state: &mut State, summary: &'s Summary, passed: &Passed<'s>) -> Binding<'s> {
        let &Passed { callee, receiver, args, captured, span, spread } = passed;
        let args = self.pack_varargs(state, callee, args, span, spread);
        let mut binding = Binding {
            summary,
            callee,
            receiver,
            args,
            captured,
            span,
            inputs: smallvec::smallvec![None; summary.inputs.len()],
            values: SmallVec::new(),
            objects: SmallVec::new(),
            decided: summary.outcomes.len() == 1,
            first_object: FIRST_OBJECT,
        };
        for latent in &summary.latent {
            // Where no taint ever is none arrives.
            let idle =
                matches!(&latent.kind, LatentKind::Sink { sink, .. } if self.clean && sink.as_str() != super::mapper::PASTE);
            if !idle {
                self.wake(state, &mut binding, latent);
            }
        }
        self.doubt_passed(state, &binding.args);
        if summary.partial && self.is_c() {
            // It was not analysed to its end: what it does to its arguments is not all known.
            for at in 0..binding.args.len() {
                if let Some(&arg) = binding.args.get(at) {
                    self.let_go(state, arg);
                    self.may_be_written(state, arg);
                }
            }
        }
        binding
    }

    /// The outcomes whose conditions may hold here.
    pub(super) fn possible<'s>(&mut self, state: &mut State, binding: &mut Binding<'s>) -> SmallVec<[&'s Outcome; 4]> {
        let summary = binding.summary;
        let mut possible: SmallVec<[&Outcome; 4]> = SmallVec::new();
        for outcome in &summary.outcomes {
            let holds = outcome.conditions.iter().all(|(input, test)| {
                let value = self.bound(state, binding, *input);
                self.may_hold(value, *test) && self.may_stand(state, binding, value, *test)
            });
            if holds {
                possible.push(outcome);
            }
        }
        // One way that is left is the way it goes: its nulls are nulls here.
        binding.decided = possible.len() == 1 && !summary.partial;
        possible
    }

    /// The caller's value of a summary's input.
    pub(super) fn bound(&mut self, state: &mut State, binding: &mut Binding<'_>, input: u32) -> ValueId {
        if let Some(known) = binding.inputs.get(input as usize).copied().flatten() {
            return known;
        }
        let value = match binding.summary.inputs.get(input as usize) {
            None => self.unknown(),
            Some(described) => {
                let mut value = match described.root {
                    Root::This => binding.receiver.unwrap_or_else(|| self.unknown()),
                    Root::Param(index) => {
                        let index = usize::from(index);
                        let declared = self.ctx.program.function(binding.callee).1.params.len();
                        let given =
                            if index >= declared { binding.captured.get(index - declared) } else { binding.args.get(index) };
                        given.copied().unwrap_or_else(|| self.unknown())
                    }
                    root @ (Root::Static(..) | Root::Global(_)) => {
                        let holder = self.holder(root);
                        self.reference(holder)
                    }
                };
                let mut class = match described.root {
                    Root::This => self.ctx.program.owner_name(binding.callee),
                    _ => None,
                };
                let last = described.path.len().saturating_sub(1);
                for (at, cell) in described.path.iter().enumerate() {
                    let objects = self.objects_of(value);
                    // What is there has its type already.
                    if let ([object], true) = (objects.as_slice(), at == last)
                        && let Some(held) = state.cell(*object, *cell)
                    {
                        value = held;
                        break;
                    }
                    // The type tells whether a number is read, of which nothing of the text is left.
                    let class_of_it = class.take().or_else(|| objects.first().and_then(|object| self.objects[*object].class));
                    let ty = match (cell, class_of_it) {
                        (Cell::Field(name), Some(class)) => {
                            self.ctx.program.find_field(class, *name, self.models).map_or(TyId::UNKNOWN, |(_, ty, _)| ty)
                        }
                        _ => TyId::UNKNOWN,
                    };
                    value = self.load_cell(state, &objects, *cell, Some(value), ty);
                    class = ty.name();
                }
                value
            }
        };
        if let Some(place) = binding.inputs.get_mut(input as usize) {
            *place = Some(value);
        }
        value
    }

    /// Whether a test of bits, or of how two inputs stand to each other, may hold.
    fn may_stand(&mut self, state: &mut State, binding: &mut Binding<'_>, value: ValueId, test: Test) -> bool {
        match test {
            Test::Bits(..) => !self.values[value].input.is_some_and(|own| state.denies(own, test)),
            Test::Against(relation, other) => {
                let other = self.bound(state, binding, other.raw());
                self.may_relate(value, other, relation)
            }
            _ => true,
        }
    }

    /// Applies an outcome to a state; `None` if its conditions cannot hold here.
    fn outcome(&mut self, state: &mut State, binding: &mut Binding<'_>, outcome: &Outcome) -> Option<ValueId> {
        binding.forget();
        let given = (binding.receiver, binding.args.clone());
        if !self.impose_all(state, binding, outcome.conditions.iter()) {
            (binding.receiver, binding.args) = given;
            return None;
        }
        let mut writes: SmallVec<[(ValueId, Cell, ValueId); 8]> = SmallVec::with_capacity(outcome.writes.len());
        for (input, cell, value) in &outcome.writes {
            let target = self.bound(state, binding, *input);
            let value = self.import(state, binding, *value);
            if let Cell::Status(kind) = cell {
                // Before the result is made: where this call runs again, it is a new object.
                let objects = self.status_holders(target);
                self.set_status(state, &objects, *kind, value, binding.span);
            } else {
                writes.push((target, *cell, value));
            }
        }
        let result = match outcome.ret {
            Some(value) => self.import(state, binding, value),
            None => self.non_null(),
        };
        for (target, cell, value) in writes {
            let objects = self.objects_of(target);
            self.store_cell(state, &objects, cell, value);
        }
        (binding.receiver, binding.args) = given;
        Some(result)
    }

    /// Assumes conditions of a callee's; `false` if they cannot hold here. Arguments that they refine are refined in the
    /// binding.
    pub(super) fn impose_all<'c>(
        &mut self,
        state: &mut State,
        binding: &mut Binding<'_>,
        conditions: impl Iterator<Item = &'c (u32, Test)>,
    ) -> bool {
        for (input, test) in conditions {
            let value = self.bound(state, binding, *input);
            let other = match test {
                Test::Against(_, other) => Some(self.bound(state, binding, other.raw())),
                _ => None,
            };
            self.renamed = Some(Vec::new());
            let holds = self.impose(state, value, *test, other);
            // Refined values have new identities.
            for (old, new) in self.renamed.take().unwrap_or_default() {
                binding.args.iter_mut().chain(&mut binding.receiver).filter(|arg| **arg == old).for_each(|arg| *arg = new);
            }
            if !holds {
                return false;
            }
            binding.inputs.iter_mut().for_each(|known| *known = None);
        }
        true
    }

    /// Assumes a test of a value; `false` if it cannot hold.
    fn impose(&mut self, state: &mut State, value: ValueId, test: Test, other: Option<ValueId>) -> bool {
        match test {
            Test::Bits(mask, set) => self.values[value].input.is_none_or(|own| state.assume(own, Test::Bits(mask, set))),
            Test::Against(relation, _) => other.is_none_or(|other| self.impose_relation(state, value, other, relation)),
            Test::Is(constant) => self.assume_is(state, value, constant, true),
            Test::IsNot(constant) => self.assume_is(state, value, constant, false),
            // That the callee looks says nothing of what this function believes.
            Test::Null => {
                self.note_look(value);
                self.assume_null_from(state, value, true, Null::QUIET)
            }
            Test::NotNull => self.assume_null(state, value, false),
            Test::AtLeast(least) => self.keep_within(state, value, (least, i64::MAX)),
            Test::AtMost(most) => self.keep_within(state, value, (i64::MIN, most)),
            Test::Checked(cleared) => {
                self.pass_check(state, value, cleared);
                true
            }
        }
    }

    /// A latent defect of the callee: this caller may provide what it needs, or hand it up.
    fn wake(&mut self, state: &mut State, binding: &mut Binding<'_>, latent: &Latent) {
        if latent.depth >= MAX_DEPTH {
            self.out.bound_hits += 1;
            return;
        }
        // What happens to memory under conditions that nobody here decides is a matter of those who do.
        let mut undecided: Option<State> = None;
        let mut lost = false;
        let mut sure = true;
        for (input, test) in &latent.conditions {
            let value = self.bound(state, binding, *input);
            if !self.may_hold(value, *test) || !self.may_stand(state, binding, value, *test) {
                return;
            }
            if matches!(test, Test::Against(..)) {
                continue;
            }
            sure = sure && self.certainly_holds(value, *test);
            let open = match latent.kind {
                LatentKind::Release(_) => !self.holds_for_release(value, *test),
                _ => latent.kind.is_of_memory() && !self.holds_for_memory(value, *test),
            };
            if open {
                match self.values[value].input {
                    Some(own) => lost |= !undecided.get_or_insert_with(|| state.clone()).assume(own, *test),
                    None => lost = true,
                }
            }
        }
        let decided = undecided.is_none() && !lost;
        let value = self.bound(state, binding, latent.input);
        let pass = self.pass_hop(binding.span, binding.callee);
        match &latent.kind {
            LatentKind::Sink { sink, .. }
                if sink.as_str() == "command" && !self.is_c() && self.is_plain_command(state, value) => {}
            LatentKind::Sink { sink, callee, cleared, at_start } => {
                // What stands before the data here may fix the host that the callee connects to.
                let sink = if *at_start { self.where_it_leads(state, value, *sink) } else { *sink };
                let sink = &sink;
                let marks = self.deep_marks(state, value);
                if sink.as_str() == super::mapper::PASTE {
                    self.note_pasted(value, &marks, latent.at, *callee);
                }
                for mark in marks {
                    let mark = Mark { cleared: mark.cleared | cleared, at_start: mark.at_start && *at_start, ..mark };
                    let tail = before(pass, latent.trail.clone());
                    let arrival = Arrival {
                        sink: *sink,
                        callee: *callee,
                        at: latent.at,
                        function: latent.function,
                        depth: latent.depth + 1,
                    };
                    self.arrive(state, mark, &arrival, tail);
                }
            }
            LatentKind::Number(demand) => {
                let tail = before(pass, latent.trail.clone());
                let demand = Demand { constants: demand.constants && decided, ..*demand };
                self.demand_of_callee(state, value, demand, (latent.at, latent.function, latent.depth + 1), &tail);
            }
            LatentKind::Access(access) => {
                self.check_released(state, value, pass.at.span, pass.name.as_str());
                if lost {
                    return;
                }
                let site = Site { at: latent.at, function: latent.function, trail: latent.trail.clone(), depth: latent.depth };
                self.wake_access(undecided.as_ref().unwrap_or(state), value, *access, site, (pass, decided));
            }
            // A text that is only read under a condition that nobody has decided need not be one.
            LatentKind::Text(wide) if decided => self.check_text(state, value, *wide, binding.span),
            LatentKind::Text(_) => {}
            LatentKind::Longer { .. } if lost => {}
            LatentKind::Longer { most, wide, kind } => {
                let site = Site { at: latent.at, function: latent.function, trail: latent.trail.clone(), depth: latent.depth };
                self.wake_longer(undecided.as_ref().unwrap_or(state), value, (*most, *wide, *kind), site, (pass, decided));
            }
            // Whether it is released at all, something here decides that no caller can tell.
            LatentKind::Release(_) if lost => {}
            LatentKind::Release(kind) => {
                self.wake_release(undecided.as_ref().unwrap_or(state), value, (*kind, sure), latent, pass);
            }
            LatentKind::Choice(rule, matcher) => self.wake_choice(state, value, (*rule, *matcher), latent, pass),
            LatentKind::NullDeref { check, always, given } => {
                let inner = binding.summary.inputs.get(latent.input as usize).is_some_and(|input| !input.path.is_empty());
                let reach = Reach { check: *check, always: *always, given: *given && sure, inner };
                self.wake_null(state, value, reach, latent, pass);
            }
        }
    }
}
