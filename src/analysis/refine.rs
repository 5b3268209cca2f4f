//! What a condition says about values: each refined value takes the old one's place everywhere.
//! Must not know statements.

use super::compare::{above, below};
use super::frame::Frame;
use super::kinds;
use super::relations::Relation;
use super::state::{Cell, State, Test};
use super::summary::SumValue;
use super::value::{Cleared, Ends, InputId, Konst, Mark, Null, Predicate, Value, ValueId};

/// Descriptors up to this one are the standard streams.
const STANDARD_DESCRIPTORS: i64 = 2;

impl Frame<'_> {
    /// Assumes a boolean (or, in C, a scalar used as one) to be true or false; `false` if it cannot be.
    pub(super) fn assume(&mut self, state: &mut State, value: ValueId, truth: bool) -> bool {
        let known = &self.values[value];
        if let Some(predicate) = known.predicate.clone() {
            if !self.assume_predicate(state, &predicate, truth) {
                return false;
            }
            // A flag that holds the condition is decided too.
            let decided = self.bool(truth);
            self.replace(state, value, decided);
            return true;
        }
        match known.null {
            Null::Yes(_) => return !truth,
            // A C pointer that is never null.
            Null::No if !known.objects.is_empty() && known.consts.is_none() => return truth,
            _ => {}
        }
        if let Some(consts) = &known.consts {
            let may_be = consts.iter().any(|constant| match constant {
                Konst::Bool(value) => *value == truth,
                other => other.as_int().is_none_or(|int| (int != 0) == truth),
            });
            if !may_be {
                return false;
            }
            if consts.len() == 1 {
                return true;
            }
        }
        if self.is_c() {
            let known = &self.values[value];
            let is_pointer = !known.objects.is_empty()
                || known.input.is_some_and(|input| self.object_of_input(input).is_some())
                || matches!(known.null, Null::Maybe(_));
            if is_pointer {
                return self.assume_null(state, value, !truth);
            }
            return self.assume_is(state, value, Konst::Int(0), !truth);
        }
        self.assume_is(state, value, Konst::Bool(truth), true)
    }

    /// Whether a value is the truth of a test that a summary can state: of an input being null or a constant.
    pub(super) fn tells_of_inputs(&self, value: ValueId) -> bool {
        let mut predicate = self.values[value].predicate.as_deref();
        while let Some(Predicate::Not(inner)) = predicate {
            predicate = Some(inner);
        }
        match predicate {
            Some(Predicate::Is(subject, _) | Predicate::IsNull(subject)) => self.values[*subject].input.is_some(),
            Some(Predicate::Checked(subject, _)) => {
                self.values[*subject].input.is_some() && !self.values[*subject].marks.is_empty()
            }
            Some(Predicate::Same(a, b) | Predicate::Less(a, b, _)) => {
                self.is_c() && self.values[*a].input.is_some() && self.values[*b].input.is_some()
            }
            _ => false,
        }
    }

    pub(super) fn assume_predicate(&mut self, state: &mut State, predicate: &Predicate, truth: bool) -> bool {
        match predicate {
            Predicate::Not(inner) => self.assume_predicate(state, inner, !truth),
            Predicate::Is(value, constant) => self.assume_is(state, *value, *constant, truth),
            Predicate::IsNull(value) => {
                self.note_look(*value);
                self.assume_null(state, *value, truth)
            }
            Predicate::Same(a, b) => {
                let holds = if truth {
                    self.assume_same(state, *a, *b)
                } else {
                    self.keep_apart(state, *a, *b);
                    self.equal(*a, *b) != Some(true)
                };
                holds && self.relate(state, *a, *b, Relation::EQUAL.or_not(truth))
            }
            Predicate::Less(a, b, or_equal) => {
                let (low, high, or_same) = if truth { (*a, *b, *or_equal) } else { (*b, *a, !*or_equal) };
                let holds = self.assume_less(state, low, high, or_same, false) && self.put_in_order(state, low, high, or_same);
                let below = if *or_equal { Relation::LESS | Relation::EQUAL } else { Relation::LESS };
                self.guard_sum(state, *a);
                self.guard_sum(state, *b);
                holds && self.relate(state, *a, *b, below.or_not(truth))
            }
            Predicate::LessReal(a, b, or_equal) => {
                if truth {
                    self.assume_less(state, *a, *b, *or_equal, true)
                } else {
                    self.assume_less(state, *b, *a, !*or_equal, true)
                }
            }
            Predicate::Checked(value, cleared) => {
                if truth {
                    self.pass_check(state, *value, *cleared);
                }
                true
            }
            Predicate::Present(value) => {
                self.note_look(*value);
                !truth || self.assume_null(state, *value, false)
            }
            Predicate::Rooted(value) => {
                if truth {
                    self.clear_origins(state, *value, super::kinds::bit("path"));
                }
                true
            }
            Predicate::Magnitude(value) => self.assume_is(state, *value, Konst::Int(0), !truth),
            Predicate::Class(value, _) => !truth || self.assume_null(state, *value, false),
            Predicate::Asked(values) => self.doubt_nulls(state, values),
        }
    }

    /// Assumes a value to be, or not to be, a constant.
    pub(super) fn assume_is(&mut self, state: &mut State, value: ValueId, constant: Konst, truth: bool) -> bool {
        if !self.memory.bits.is_empty() && !self.bits_may_be(state, value, constant, truth) {
            return false;
        }
        let known = self.values[value].clone();
        // A boolean that stands for a condition: decide that.
        if let (Some(predicate), Konst::Bool(wanted)) = (known.predicate.as_deref(), constant) {
            return self.assume_predicate(state, predicate, wanted == truth);
        }
        // C tests it against 0.
        if let (Some(predicate), Konst::Int(0), true) = (known.predicate.as_deref(), constant, self.is_c()) {
            return self.assume_predicate(state, predicate, !truth);
        }
        let equal = |other: Konst| other == constant || other.as_int().is_some() && other.as_int() == constant.as_int();
        if truth {
            if matches!(known.null, Null::Yes(_)) && !matches!(constant, Konst::Int(0)) {
                return false;
            }
            if known.consts.is_some() && !known.constants().iter().any(|other| equal(*other)) {
                return false;
            }
            if let (Some((lo, hi)), Some(int)) = (known.bounds(), constant.as_int())
                && (int < lo || int > hi)
            {
                return false;
            }
            if known.not.is_some() && known.not == constant.as_int() {
                return false;
            }
            if let (Some(prefix), Konst::Str(text)) = (known.prefix, constant)
                && !text.as_str().starts_with(prefix.as_str())
            {
                return false;
            }
            if let Some(input) = known.input
                && !state.assume(input, Test::Is(constant))
            {
                return false;
            }
            if constant.as_int().is_some_and(|int| int < 0) {
                self.drop_resources(state, &known);
            }
            if known.marks.iter().any(|mark| mark.cleared & kinds::HOST != 0) {
                self.clear_origins(state, value, kinds::HOST_CHECKED);
            }
            // Equal to a constant of the source: nothing of the outside is left in it.
            let refined = Value { input: known.input, ..Value::constant(constant) };
            let refined = self.value(refined);
            self.replace(state, value, refined);
            return true;
        }
        let only = known.bounds().filter(|(lo, hi)| lo == hi).map(|(only, _)| only);
        if known.only_constant().is_some_and(equal) || only.is_some() && only == constant.as_int() {
            return false;
        }
        if let Some(input) = known.input
            && !state.assume(input, Test::IsNot(constant))
        {
            return false;
        }
        if self.is_c() && constant.as_int() == Some(0) {
            self.drop_resources(state, &known);
            self.lock_failed(state, value);
        }
        let mut refined = known.clone();
        let inside = known.range.is_none_or(|(lo, hi)| constant.as_int().is_some_and(|int| lo < int && int < hi));
        if known.consts.is_none() && (inside || constant.as_int() == Some(0)) {
            refined.not = constant.as_int();
        }
        if let Some(consts) = &mut refined.consts {
            consts.retain(|other| !equal(*other));
        } else if let Konst::Bool(not) = constant {
            refined.consts = Some(smallvec::SmallVec::from_buf([Konst::Bool(!not)]));
        }
        if let (Some((lo, hi)), Some(int), false) = (refined.range, constant.as_int(), self.in_macro) {
            refined.range =
                Some((if lo == int { lo.saturating_add(1) } else { lo }, if hi == int { hi.saturating_sub(1) } else { hi }));
        }
        if Frame::is_zero(constant) {
            refined.marks.iter_mut().for_each(|mark| mark.cleared |= kinds::NOT_ZERO);
        }
        if refined != known {
            let refined = self.value(refined);
            self.replace(state, value, refined);
        }
        true
    }

    /// Assumes a reference to be null or not.
    pub(super) fn assume_null(&mut self, state: &mut State, value: ValueId, is_null: bool) -> bool {
        let here = if self.in_macro { Null::QUIET } else { Null::Yes(self.at(self.function.name_span)) };
        self.assume_null_from(state, value, is_null, here)
    }

    /// The same; `cause`: why it may be null, where that is not known yet.
    pub(super) fn assume_null_from(&mut self, state: &mut State, value: ValueId, is_null: bool, cause: Null) -> bool {
        let known = self.values[value].clone();
        match (known.null, is_null) {
            (Null::Yes(_), false) | (Null::No, true) => return false,
            (Null::Yes(_), true) | (Null::No, false) => return true,
            _ => {}
        }
        // That one element is null says nothing of the others.
        let one_of_many = is_null && !self.is_c();
        let some_element = |input: &InputId| one_of_many && self.inputs[*input].path.last() == Some(&Cell::Elements);
        if let Some(input) = known.input.filter(|input| !some_element(input))
            && !state.assume(input, if is_null { Test::Null } else { Test::NotNull })
        {
            return false;
        }
        if is_null {
            // An acquisition that gave null acquired nothing.
            self.drop_resources(state, &known);
        }
        let refined = if is_null {
            let null = match known.null {
                Null::Maybe(at) => Null::Yes(at),
                _ => cause,
            };
            Value { null, input: known.input, ..Value::default() }
        } else {
            Value { null: Null::No, ..known }
        };
        let refined = self.value(refined);
        self.replace(state, value, refined);
        if one_of_many {
            state.restore_elements(refined, value);
        }
        true
    }

    fn assume_same(&mut self, state: &mut State, a: ValueId, b: ValueId) -> bool {
        if self.equal(a, b) == Some(false) {
            return false;
        }
        // Equal to something untainted and never null is as good.
        let (x, y) = (self.values[a].clone(), self.values[b].clone());
        for (value, known, other) in [(a, &x, &y), (b, &y, &x)] {
            let better_null = known.null != Null::No && other.null == Null::No;
            let range = match (known.bounds(), other.bounds()) {
                (None, Some(range)) => Some(range),
                (own, _) => own,
            };
            if better_null || range != known.range {
                let refined = Value { null: if better_null { Null::No } else { known.null }, range, ..known.clone() };
                let refined = self.value(refined);
                self.replace(state, value, refined);
            }
        }
        if !self.is_c() {
            match (self.is_own(a), self.is_own(b)) {
                (false, true) => self.pass_check(state, a, Cleared::MAX),
                (true, false) => self.pass_check(state, b, Cleared::MAX),
                _ => {}
            }
        }
        true
    }

    fn assume_less(&mut self, state: &mut State, a: ValueId, b: ValueId, or_equal: bool, real: bool) -> bool {
        let (x, y) = (self.values[a].clone(), self.values[b].clone());
        let gap = i64::from(!or_equal && !real);
        if let (Some((a_lo, _)), Some((_, b_hi))) = (x.bounds(), y.bounds())
            && (a_lo > b_hi || a_lo == b_hi && gap == 1)
        {
            return false;
        }
        let all = (i64::MIN, i64::MAX);
        if self.is_c() && self.guard(state, a, b) {
            return true;
        }
        if let Some((_, b_hi)) = above(&y, gap, real)
            && x.consts.is_none()
        {
            let (lo, hi) = x.range.unwrap_or(all);
            let most = self.most_below(&y, b_hi, gap);
            // A number of rounds that ends a loop before its first one is none, and not less than none.
            let no_rounds = self.memory.at_head && gap == 0 && y.only_int().is_some() && most <= hi;
            if no_rounds && x.not == Some(most) {
                return false;
            }
            let lo = if no_rounds && (lo == i64::MIN || lo < 0 && is_loose(lo)) { most } else { lo };
            let mut ends = x.ends;
            if most < hi {
                // Not above the end of a type: that much need not be meant.
                ends.set(Ends::HIGH, !is_loose(most) && y.reached().contains(Ends::HIGH) && self.is_evidence(&x));
                ends |= y.ends & Ends::GUARDED;
            }
            let refined = Value { range: Some((lo, hi.min(most))), ends, ..x.clone() };
            if refined != x {
                // A descriptor that is none (or one of the standard ones) need not be closed.
                if b_hi.saturating_sub(gap) <= STANDARD_DESCRIPTORS {
                    self.drop_resources(state, &x);
                }
                if let Some(input) = x.input.filter(|_| !is_loose(most)) {
                    state.assume(input, Test::AtMost(most));
                }
                let refined = self.value(refined);
                self.replace(state, a, refined);
                self.refine_magnitude(state, &x, most);
            }
        } else if let (Some(consts), Some((_, b_hi))) = (&x.consts, y.bounds()) {
            let kept: smallvec::SmallVec<[Konst; 1]> =
                consts.iter().copied().filter(|c| c.as_int().is_none_or(|int| int <= b_hi.saturating_sub(gap))).collect();
            if kept.len() < consts.len() {
                let mut ends = x.ends;
                ends.set(
                    Ends::HIGH,
                    y.reached().contains(Ends::HIGH) && kept.iter().any(|c| c.as_int() == Some(b_hi.saturating_sub(gap))),
                );
                let refined = self.value(Value { consts: Some(kept), ends, ..x.clone() });
                self.replace(state, a, refined);
            }
        }
        let mut refined = y.clone();
        if let Some((a_lo, _)) = below(&x, gap, real)
            && y.consts.is_none()
        {
            let (lo, hi) = y.range.unwrap_or(all);
            let mut least = a_lo.saturating_add(gap);
            if or_equal && x.consts.is_none() && is_loose(least) {
                least = least.saturating_add(1);
            }
            if least > lo {
                refined.ends.set(Ends::LOW, x.reached().contains(Ends::LOW) && self.is_evidence(&y));
                refined.ends |= x.ends & Ends::GUARDED;
            }
            refined.range = Some((lo.max(least), hi));
            if refined != y
                && let Some(input) = y.input.filter(|_| !is_loose(least))
            {
                state.assume(input, Test::AtLeast(least));
            }
        }
        if let (Some(consts), Some((a_lo, _))) = (&mut refined.consts, x.bounds()) {
            let least = a_lo.saturating_add(gap);
            let before = consts.len();
            consts.retain(|c| c.as_int().is_none_or(|int| int >= least));
            if consts.len() < before {
                let taken = x.reached().contains(Ends::LOW) && consts.iter().any(|c| c.as_int() == Some(least));
                refined.ends.set(Ends::LOW, taken);
            }
        }
        let apart_from_zero = self.is_positive_constant(a, or_equal);
        if apart_from_zero {
            refined.marks.iter_mut().for_each(|mark| mark.cleared |= kinds::NOT_ZERO);
        }
        if refined != y {
            let refined = self.value(refined);
            self.replace(state, b, refined);
        }
        if let (true, Some(Predicate::Magnitude(of))) = (apart_from_zero, y.predicate.as_deref()) {
            self.clear_zero(state, *of);
        }
        true
    }

    /// Whether a bound that a value is compared with is one that it takes: a macro checks what its users need not doubt, and
    /// what moves in steps may pass over it.
    fn is_evidence(&self, value: &Value) -> bool {
        !self.in_macro && !value.ends.contains(Ends::STRIDES)
    }

    /// What the value would refer to was not acquired after all.
    fn drop_resources(&mut self, state: &mut State, known: &Value) {
        for object in &known.objects {
            self.not_acquired(state, *object);
        }
    }

    /// The most that something not above a value may be; not above something unknown, it is not the type's greatest.
    fn most_below(&self, bound: &Value, hi: i64, gap: i64) -> i64 {
        let most = hi.saturating_sub(gap);
        if gap == 0 && bound.consts.is_none() && most > 0 && is_loose(most) { most - 1 } else { most }
    }

    /// A number's distance from zero is at most this.
    fn refine_magnitude(&mut self, state: &mut State, distance: &Value, most: i64) {
        let Some(&Predicate::Magnitude(of)) = distance.predicate.as_deref() else { return };
        let known = self.values[of].clone();
        if known.consts.is_some() || most < 0 {
            return;
        }
        let (lo, hi) = known.range.unwrap_or((i64::MIN, i64::MAX));
        let refined = self.value(Value { range: Some((lo.max(-most), hi.min(most))), ..known });
        self.replace(state, of, refined);
    }

    /// Compared with something unknown, a value may be kept away from its bounds. `true`: nothing else is learnt.
    fn guard(&mut self, state: &mut State, a: ValueId, b: ValueId) -> bool {
        // A variable of which no more is known than its type is not known either.
        let unknown = |value: &Value| {
            let real = matches!(value.only_constant(), Some(Konst::Float(_)));
            !real
                && value.bounds().is_none_or(|(_, high)| {
                    value.consts.is_none()
                        && high >= i64::from(i16::MAX)
                        && super::numeric::is_type_end(high)
                        && value.ends.is_empty()
                })
        };
        let (x, y) = (&self.values[a], &self.values[b]);
        let (first, second) = (unknown(x), unknown(y));
        for (value, other_unknown) in [(a, second), (b, first)] {
            let known = &self.values[value];
            if other_unknown && known.consts.is_none() && known.range.is_some() && !known.ends.contains(Ends::GUARDED) {
                let refined = Value { ends: known.ends | Ends::GUARDED, ..known.clone() };
                let refined = self.value(refined);
                self.replace(state, value, refined);
                return true;
            }
        }
        first && second
    }

    /// The value has passed a check that leaves only what a sanitizer of these kinds would.
    /// An input that a callee hands back has passed the checks made on the way.
    pub(super) fn checked_below(&mut self, value: ValueId, described: &SumValue) -> ValueId {
        let own = described.marks.iter().filter(|mark| mark.input == described.input).map(|mark| mark.cleared);
        let cleared = own.reduce(|a, b| a & b).unwrap_or(0);
        let known = &self.values[value];
        if known.marks.iter().all(|mark| mark.cleared & cleared == cleared) {
            return value;
        }
        let marks = known.marks.iter().map(|mark| Mark { cleared: mark.cleared | cleared, ..*mark }).collect();
        let checked = Value { marks, ..known.clone() };
        self.value(checked)
    }

    pub(super) fn clear(&mut self, state: &mut State, value: ValueId, cleared: Cleared) {
        let known = &self.values[value];
        if known.marks.iter().all(|mark| mark.cleared & cleared == cleared) {
            return;
        }
        let marks = known.marks.iter().map(|mark| Mark { cleared: mark.cleared | cleared, ..*mark }).collect();
        let refined = Value { marks, ..known.clone() };
        // A check that a caller hands its data to is as good as its own.
        if let Some(input) = refined.input {
            state.assume(input, Test::Checked(cleared));
        }
        let refined = self.value(refined);
        self.replace(state, value, refined);
    }
}

/// Whether a bound says no more than the type does.
fn is_loose(bound: i64) -> bool {
    let off_by_one = [bound.checked_add(1), bound.checked_sub(1)];
    bound.unsigned_abs() > 255
        && (super::numeric::is_type_end(bound) || off_by_one.iter().flatten().any(|end| super::numeric::is_type_end(*end)))
}
