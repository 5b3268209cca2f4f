//! Numbers that are a constant apart, and pointers a number of elements on: what a condition tells of one, it tells of the
//! other (`if (n + 1 < size) text[n] = c;`). Must not know statements.

use smallvec::SmallVec;

use crate::analysis::frame::Frame;
use crate::analysis::state::State;
use crate::analysis::value::{Ends, Value, ValueId};
use crate::base::FastMap;

/// The other one is `factor` times the one, and `more`.
#[derive(Debug, Clone, Copy)]
struct Link {
    other: ValueId,
    factor: i64,
    more: i64,
}

/// Links of values.
#[derive(Debug, Default)]
pub(in crate::analysis) struct Links {
    links: FastMap<ValueId, SmallVec<[Link; 2]>>,
}

/// Links of one value that are remembered.
const MAX_LINKS: usize = 6;

impl Links {
    fn add(&mut self, value: ValueId, link: Link) {
        let known = self.links.entry(value).or_default();
        if known.len() < MAX_LINKS {
            known.push(link);
        }
    }

    fn of(&self, value: ValueId) -> Option<SmallVec<[Link; 2]>> {
        self.links.get(&value).cloned()
    }

    pub(in crate::analysis) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }
}

impl Frame<'_> {
    /// A number is another one and a constant more.
    pub(in crate::analysis) fn link_sum(&mut self, from: ValueId, more: i64, to: ValueId) {
        if more == i64::MIN {
            return;
        }
        self.memory.links.add(from, Link { other: to, factor: 1, more });
        self.memory.links.add(to, Link { other: from, factor: 1, more: -more });
    }

    /// A number is what a division of another leaves: once more is known of that, its own ends need not be taken.
    pub(in crate::analysis) fn link_part(&mut self, from: ValueId, to: ValueId) {
        self.memory.links.add(from, Link { other: to, factor: 0, more: 0 });
    }

    /// A pointer is so many times a number of bytes from a fixed place.
    pub(in crate::analysis) fn link_pointer(&mut self, by: ValueId, factor: i64, start: i64, pointer: ValueId) {
        self.memory.links.add(by, Link { other: pointer, factor, more: start });
    }

    /// A value was refined: so are those that are linked to it.
    pub(in crate::analysis) fn follow_links(&mut self, state: &mut State, old: ValueId, new: ValueId) {
        let Some(links) = self.memory.links.of(old) else { return };
        let Some((low, high)) = self.values[new].bounds() else { return };
        let reached = self.values[new].reached();
        for Link { other, factor, more } in links {
            if !self.is_held(state, other) {
                continue;
            }
            let known = &self.values[other];
            if factor == 0 {
                let open = known.ends - (Ends::LOW | Ends::HIGH);
                if open != known.ends && known.consts.is_none() {
                    let open = self.value(Value { ends: open, ..known.clone() });
                    self.replace_plain(state, other, open);
                }
                continue;
            }
            let place = |number: i64| number.checked_mul(factor).and_then(|moved| moved.checked_add(more));
            let (Some(a), Some(b)) = (place(low), place(high)) else { continue };
            let is_pointer = known.offset.is_some();
            let bounds = if is_pointer { known.offset } else { known.range.filter(|_| known.consts.is_none()) };
            let Some((least, most)) = bounds else { continue };
            let ((a, a_taken), (b, b_taken)) = {
                let ends = ((a, reached.contains(Ends::LOW)), (b, reached.contains(Ends::HIGH)));
                if factor < 0 { (ends.1, ends.0) } else { ends }
            };
            if a > most || b < least || a <= least && b >= most && !reached.contains(Ends::GUARDED) {
                continue;
            }
            let mut refined = known.clone();
            let (low_end, high_end) = if is_pointer { (Ends::LOW_OFFSET, Ends::HIGH_OFFSET) } else { (Ends::LOW, Ends::HIGH) };
            if a > least {
                refined.ends.set(low_end, a_taken);
            }
            if b < most {
                refined.ends.set(high_end, b_taken);
            }
            refined.ends |= reached & Ends::GUARDED;
            let range = Some((a.max(least), b.min(most)));
            if is_pointer {
                refined.offset = range;
            } else {
                refined.range = range;
            }
            if refined == self.values[other] {
                continue;
            }
            let refined = self.value(refined);
            self.replace_plain(state, other, refined);
            self.memory.links.add(new, Link { other: refined, factor, more });
            if factor == 1 && !is_pointer {
                self.memory.links.add(refined, Link { other: new, factor: 1, more: -more });
            }
        }
    }

    fn is_held(&self, state: &State, value: ValueId) -> bool {
        state.slots.contains(&Some(value))
            || self.scratch.iter().any(|held| *held == Some(value))
            || state.heap.entries().iter().any(|(_, _, held)| *held == value)
    }

    /// The result of a sum, a difference or a moved pointer.
    pub(in crate::analysis) fn note_link(&mut self, (a, b): (ValueId, ValueId), subtracts: bool, result: ValueId) {
        let [x, y, sum]: [&Value; 3] = [&self.values[a], &self.values[b], &self.values[result]];
        if sum.range.is_none() || sum.consts.is_some() {
            return;
        }
        match (x.only_int(), y.only_int()) {
            (None, Some(more)) => self.link_sum(a, if subtracts { more.saturating_neg() } else { more }, result),
            (Some(more), None) if !subtracts => self.link_sum(b, more, result),
            _ => {}
        }
    }
}
