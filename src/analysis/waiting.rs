//! The states that wait at a block: which are kept apart, which are joined, and how loops come to rest. Must not know
//! statements, nor how blocks follow each other.

use super::frame::Frame;
use super::merge::Widen;
use super::state::State;

/// After one part in so many of the budget states are no longer told apart: what is left has to do for every block.
const HURRY_SHARE: u32 = 3;
/// Where the function holds a resource, the share, and the part of its budget that it gets besides: whether what was opened is
/// closed goes with the way taken, and joined states tell neither.
const HURRY_SHARE_HOLDING: u32 = 2;
const BUDGET_HOLDING: (u32, u32) = (2, 3);
/// Joins at the head of a loop, late in the budget, before all is forgotten that keeps changing.
const JOINS_BEFORE_FORGETTING: u32 = 2;
const JOINS_BEFORE_FORGETTING_C: u32 = 6;

/// The states of a block.
#[derive(Default)]
pub(super) struct BlockStates {
    /// Those that it has to run with.
    pub(super) pending: Vec<State>,
    /// Those kept apart that it has been offered.
    pub(super) seen: Vec<State>,
    /// The join of all states beyond the bound.
    joined: Option<State>,
    joins: u32,
}

impl Frame<'_> {
    /// Adds a state to a block's; `true` if the block has to run with it. Joins widen after so many of them, at the heads of
    /// loops: every cycle has one, so widening there is enough, and what a condition says inside of the loop is kept. With it:
    /// whether the loop has gone around.
    pub(super) fn offer(
        &mut self,
        entry: &mut BlockStates,
        state: State,
        max_states: usize,
        widens_after: Option<(u32, bool)>,
    ) -> bool {
        let kept_apart = entry.seen.len();
        for (at, known) in entry.seen.iter_mut().chain(entry.joined.as_mut()).enumerate() {
            if self.same(known, &state, at >= kept_apart) {
                return self.meet_again(known, &state, &mut entry.pending, at >= kept_apart);
            }
        }
        if entry.seen.len() < max_states {
            entry.seen.push(state.clone());
            entry.pending.push(state);
            return true;
        }
        self.lossy = true;
        let joined = match entry.joined.take() {
            None => {
                let base = entry.seen.last().cloned();
                base.map_or_else(|| state.clone(), |base| self.join_states(&base, &state, Widen::No))
            }
            Some(known) => {
                entry.joins += 1;
                let joined = self.join_states(&known, &state, self.widening(entry.joins, widens_after));
                if self.same(&known, &joined, true) {
                    entry.joined = Some(known);
                    return false;
                }
                joined
            }
        };
        entry.joined = Some(joined.clone());
        // Of pending joined states only the newest, which covers the others, need run.
        entry.pending.truncate(max_states);
        entry.pending.push(joined);
        true
    }

    /// Whether so much of the budget is used up that states are no longer told apart.
    pub(super) fn hurries(&self) -> bool {
        let share = if self.acquired.is_empty() { HURRY_SHARE } else { HURRY_SHARE_HOLDING };
        self.steps > self.budget() / share
    }

    /// How many statements it may execute.
    pub(super) fn budget(&self) -> u32 {
        let (part, of) = BUDGET_HOLDING;
        if self.acquired.is_empty() { self.budget } else { self.budget.saturating_add(self.budget / of * part) }
    }

    /// How the states are joined that come to a block after so many joins there. In C what one of the first rounds says of
    /// memory is kept also where it is late.
    fn widening(&self, joins: u32, widens_after: Option<(u32, bool)>) -> Widen {
        let Some((after, again)) = widens_after else { return Widen::No };
        let late = again && self.hurries();
        if late && joins > if self.is_c() { JOINS_BEFORE_FORGETTING_C } else { JOINS_BEFORE_FORGETTING } {
            Widen::All
        } else if joins > after || late && !self.is_c() {
            Widen::Ends
        } else {
            Widen::No
        }
    }

    /// One state for all that wait at a block.
    pub(super) fn collapse(&mut self, entry: &mut BlockStates, first: State, rest: &mut impl Iterator<Item = State>) -> State {
        let Some(second) = rest.next() else { return first };
        let others: Vec<State> = std::iter::once(second).chain(rest).chain(entry.joined.take()).collect();
        let joined = others.iter().fold(first, |joined, other| self.join_states(&joined, other, Widen::No));
        self.lossy = true;
        entry.joined = Some(joined.clone());
        joined
    }
}
