//! Calls that may go several ways, where the states after them would be joined: what each way does is gathered and done to
//! one state. Copying the state for each way and joining the copies costs more than what the ways do.
//! Java only: of C, what goes with which way is kept apart elsewhere. Must not know how a summary was made.

use smallvec::SmallVec;

use super::call::CallView;
use super::frame::Frame;
use super::instantiate::{Binding, FIRST_OBJECT, Passed};
use super::merge::Widen;
use super::state::{Cell, State};
use super::summary::{Outcome, Summary};
use super::value::{ObjId, ValueId};
use crate::program::FuncId;

/// Numbers for the objects that one of several callees makes.
const OBJECTS_OF_ONE: u32 = 1 << 12;

/// A write to what a value points to, and on how many ways it is done.
struct Write {
    target: ValueId,
    cell: Cell,
    value: ValueId,
    ways: usize,
}

/// What the ways do, before any of it is done.
#[derive(Default)]
pub(super) struct Gathered {
    ways: usize,
    writes: SmallVec<[Write; 8]>,
    result: Option<ValueId>,
}

impl Frame<'_> {
    /// Whether the ways of a callee may be done at once: none opens or closes anything that somebody watches.
    pub(super) fn may_gather(&self, summary: &Summary) -> bool {
        let watches = |(_, cell, _): &(u32, Cell, u32)| matches!(cell, Cell::Status(_));
        !self.is_c() && self.acquired.is_empty() && !summary.outcomes.iter().any(|outcome| outcome.writes.iter().any(watches))
    }

    /// Does what several outcomes of one callee do; `None` if none of them can be.
    pub(super) fn gather_ways(&mut self, state: &mut State, binding: &mut Binding<'_>, possible: &[&Outcome]) -> Option<ValueId> {
        let (first, rest) = possible.split_first()?;
        let given = (binding.receiver, binding.args.clone());
        let shared = first.conditions.iter().filter(|known| rest.iter().all(|outcome| outcome.conditions.contains(known)));
        let holds = self.impose_all(state, binding, shared);
        let mut all = Gathered::default();
        if holds {
            self.gather(state, binding, possible, &mut all);
        }
        (binding.receiver, binding.args) = given;
        self.do_gathered(state, all)
    }

    /// Does what any of several callees does; `None`: this way of going about it is not for them.
    pub(super) fn gather_callees(
        &mut self,
        state: &mut State,
        view: &CallView<'_>,
        callees: &[FuncId],
        receiver: Option<ValueId>,
    ) -> Option<ValueId> {
        if self.is_c() || !self.acquired.is_empty() {
            return None;
        }
        let mut summaries: SmallVec<[(FuncId, &Summary); 8]> = SmallVec::new();
        for &callee in callees {
            summaries.push((callee, self.ctx.summary(callee, self.id).filter(|summary| self.may_gather(summary))?));
        }
        let mut all = Gathered::default();
        let mut first_object = FIRST_OBJECT;
        for (callee, summary) in summaries {
            let passed = Passed { callee, receiver, args: &view.args, captured: &[], span: view.span, spread: self.spread(view) };
            let mut binding = self.bind(state, summary, &passed);
            binding.first_object = first_object;
            first_object = first_object.saturating_add(OBJECTS_OF_ONE);
            let possible = self.possible(state, &mut binding);
            self.gather(state, &mut binding, &possible, &mut all);
        }
        self.do_gathered(state, all)
    }

    fn gather(&mut self, state: &mut State, binding: &mut Binding<'_>, possible: &[&Outcome], all: &mut Gathered) {
        binding.forget();
        all.ways += possible.len();
        for outcome in possible {
            for (at, (input, cell, value)) in outcome.writes.iter().enumerate() {
                let target = self.bound(state, binding, *input);
                let value = self.import(state, binding, *value);
                let is_it = |write: &Write| write.target == target && write.cell == *cell;
                // Ways mostly write the same cells in the same order.
                let known = match all.writes.get(at) {
                    Some(write) if is_it(write) => Some(at),
                    _ => all.writes.iter().position(is_it),
                };
                match known.and_then(|known| all.writes.get_mut(known)) {
                    Some(write) => {
                        write.value = self.join_values(write.value, value, Widen::No);
                        write.ways += 1;
                    }
                    None => all.writes.push(Write { target, cell: *cell, value, ways: 1 }),
                }
            }
            let returned = match outcome.ret {
                Some(value) => self.import(state, binding, value),
                None => self.non_null(),
            };
            all.result = Some(match all.result {
                Some(before) => self.join_values(before, returned, Widen::No),
                None => returned,
            });
        }
    }

    fn do_gathered(&mut self, state: &mut State, all: Gathered) -> Option<ValueId> {
        for Write { target, cell, value, ways } in all.writes {
            let objects: SmallVec<[ObjId; 1]> = self.objects_of(target);
            match objects.as_slice() {
                // Not done on every way: what was there may still be.
                [object] if ways < all.ways && cell != Cell::Elements => {
                    let joined = match state.cell(*object, cell) {
                        Some(before) => self.join_values(before, value, Widen::No),
                        None => self.weaken(value),
                    };
                    state.set_cell(*object, cell, joined);
                }
                _ => self.store_cell(state, &objects, cell, value),
            }
        }
        all.result
    }
}
