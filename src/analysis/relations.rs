//! C: what conditions say of inputs beside being null or a constant: which bits are set, and how two of them stand to each
//! other. Callers learn it, and ways that contradict it are none. Must not know statements.

use super::frame::Frame;
use super::state::{State, Test};
use super::value::{Ends, Konst, Null, Predicate, Value, ValueId};

bitflags::bitflags! {
    /// How one number may stand to another.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Relation: u8 {
        const LESS = 1;
        const EQUAL = 1 << 1;
        const MORE = 1 << 2;
    }
}

/// Ends of a pointer's range that a comparison leaves open.
const OFFSETS: Ends = Ends::LOW_OFFSET.union(Ends::HIGH_OFFSET);

impl Relation {
    /// The relation, or all others.
    pub(super) fn or_not(self, truth: bool) -> Relation {
        if truth { self } else { self.complement() }
    }

    /// The same, told of the other number.
    fn turned(self) -> Relation {
        let mut turned = self & Relation::EQUAL;
        turned.set(Relation::MORE, self.contains(Relation::LESS));
        turned.set(Relation::LESS, self.contains(Relation::MORE));
        turned
    }
}

/// Whether two tests of one input cannot both hold: of bits and of relations.
pub(super) fn contradict(known: Test, test: Test) -> bool {
    match (known, test) {
        (Test::Bits(all, false), Test::Bits(some, true)) | (Test::Bits(some, true), Test::Bits(all, false)) => some & !all == 0,
        (Test::Bits(mask, set), Test::Is(constant)) | (Test::Is(constant), Test::Bits(mask, set)) => {
            constant.as_int().is_some_and(|int| (int & mask != 0) != set)
        }
        (Test::Against(one, with), Test::Against(other, against)) => with == against && !one.intersects(other),
        _ => false,
    }
}

impl Frame<'_> {
    /// Remembers how two inputs stand to each other; `false`: they do not.
    pub(super) fn relate(&mut self, state: &mut State, a: ValueId, b: ValueId, relation: Relation) -> bool {
        let (true, Some(first), Some(second)) = (self.is_c(), self.values[a].input, self.values[b].input) else { return true };
        if first == second {
            return true;
        }
        let (first, second, relation) =
            if first.index() < second.index() { (first, second, relation) } else { (second, first, relation.turned()) };
        state.assume(first, Test::Against(relation, second))
    }

    /// Whether two values may stand to each other in one of these ways.
    pub(super) fn may_relate(&self, a: ValueId, b: ValueId, relation: Relation) -> bool {
        let mut possible = match self.equal(a, b) {
            Some(true) => Relation::EQUAL,
            Some(false) => Relation::LESS | Relation::MORE,
            None => Relation::all(),
        };
        if let (Some((low, high)), Some((least, most))) = (self.values[a].bounds(), self.values[b].bounds()) {
            possible.set(Relation::LESS, possible.contains(Relation::LESS) && low < most);
            possible.set(Relation::MORE, possible.contains(Relation::MORE) && high > least);
        }
        possible.intersects(relation)
    }

    /// What a callee has found out about two numbers; `false`: it cannot be. As with a macro, that it asks says nothing of
    /// what this function believes.
    pub(super) fn impose_relation(&mut self, state: &mut State, a: ValueId, b: ValueId, relation: Relation) -> bool {
        let before = std::mem::replace(&mut self.in_macro, true);
        let same = |known: &super::value::Value| matches!(known.null, Null::Yes(_));
        let null = match (same(&self.values[a]), same(&self.values[b])) {
            (true, _) => Some(b),
            (_, true) => Some(a),
            _ => None,
        };
        let equals = |frame: &Frame<'_>| match (null, frame.values[a].only_constant(), frame.values[b].only_constant()) {
            (Some(value), ..) => Predicate::IsNull(value),
            (_, _, Some(constant)) => Predicate::Is(a, constant),
            (_, Some(constant), _) => Predicate::Is(b, constant),
            _ => Predicate::Same(a, b),
        };
        let (less, equal, more) = (Relation::LESS, Relation::EQUAL, Relation::MORE);
        let holds = match relation {
            known if known == equal => {
                let predicate = equals(self);
                self.assume_predicate(state, &predicate, true)
            }
            known if known == less | more => {
                let predicate = equals(self);
                self.assume_predicate(state, &predicate, false)
            }
            known if known == less || known == less | equal => {
                self.assume_predicate(state, &Predicate::Less(a, b, known != less), true)
            }
            known if known == more || known == more | equal => {
                self.assume_predicate(state, &Predicate::Less(b, a, known != more), true)
            }
            _ => true,
        };
        self.in_macro = before;
        holds
    }

    /// Of two pointers into one object, one lies in front of the other; `false`: it cannot.
    pub(super) fn put_in_order(&mut self, state: &mut State, low: ValueId, high: ValueId, or_same: bool) -> bool {
        let (a, b) = (&self.values[low], &self.values[high]);
        if a.objects.len() != 1 || a.objects != b.objects {
            return true;
        }
        let start = |value: &Value| value.offset.unwrap_or((0, 0));
        let ((from, to), (least, most)) = (start(a), start(b));
        let gap = i64::from(!or_same);
        let (end, begin) = (to.min(most.saturating_sub(gap)), least.max(from.saturating_add(gap)));
        if end < from || begin > most {
            return a.offset.is_none() || b.offset.is_none();
        }
        let (a, b) = (a.clone(), b.clone());
        for (value, known, range) in [(low, a, (from, end)), (high, b, (begin, most))] {
            if known.offset.is_some_and(|offset| offset != range) {
                let refined = self.value(Value { offset: Some(range), ends: known.ends - OFFSETS, ..known });
                self.replace(state, value, refined);
            }
        }
        true
    }

    /// A number is the sum of two others, of which neither is written out.
    pub(super) fn note_sum(&mut self, sum: ValueId, a: ValueId, b: ValueId) {
        let plain = |value: ValueId| self.values[value].consts.is_none() && self.values[value].objects.is_empty();
        let parts = match (plain(a), plain(b)) {
            (true, true) => Some((a, b)),
            (true, false) => self.memory.sums.get(&a).copied(),
            (false, true) => self.memory.sums.get(&b).copied(),
            (false, false) => None,
        };
        if let Some(parts) = parts {
            self.memory.sums.insert(sum, parts);
        }
    }

    /// A sum was compared: each part may be kept away from its bounds by the other.
    pub(super) fn guard_sum(&mut self, state: &mut State, sum: ValueId) {
        let Some(&(a, b)) = self.memory.sums.get(&sum) else { return };
        for part in [a, b] {
            let known = &self.values[part];
            if known.consts.is_none() && !known.ends.contains(Ends::GUARDED) {
                let guarded = Value { ends: known.ends | Ends::GUARDED, ..known.clone() };
                let guarded = self.value(guarded);
                self.replace(state, part, guarded);
            }
        }
    }

    /// A number is some bits of another.
    pub(super) fn note_bits(&mut self, bits: ValueId, a: ValueId, b: ValueId) {
        for (of, mask) in [(a, b), (b, a)] {
            let known = &self.values[of];
            if let (Some(input), Some(mask), None) = (known.input, self.values[mask].only_int(), self.values[bits].only_int())
                && known.consts.is_none()
                && bits != of
            {
                self.memory.bits.insert(bits, (input, mask));
            }
        }
    }

    /// What a comparison of some bits with a constant says of the number; `false`: that it cannot be.
    pub(super) fn bits_may_be(&self, state: &mut State, bits: ValueId, constant: Konst, truth: bool) -> bool {
        let (Some(&(input, mask)), Some(int)) = (self.memory.bits.get(&bits), constant.as_int()) else { return true };
        match int {
            0 => state.assume(input, Test::Bits(mask, !truth)),
            _ if truth && int & !mask == 0 => state.assume(input, Test::Bits(int, true)),
            _ if int == mask && mask.count_ones() == 1 => state.assume(input, Test::Bits(mask, truth)),
            _ => true,
        }
    }

    /// Whether a comparison is decided by more than an input and a constant: what it leaves of the input says not all.
    pub(super) fn rests_on_more(&self, condition: ValueId) -> bool {
        let mut predicate = self.values[condition].predicate.as_deref();
        while let Some(Predicate::Not(inner)) = predicate {
            predicate = Some(inner);
        }
        match predicate {
            Some(Predicate::Less(a, b, _) | Predicate::LessReal(a, b, _)) => {
                [a, b].iter().all(|value| self.values[**value].only_constant().is_none())
            }
            _ => false,
        }
    }
}
