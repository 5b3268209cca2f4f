//! Whether tests of inputs hold for what a caller passes. Must not know what depends on them.

use super::frame::{Frame, ObjectKind};
use super::state::{State, Test};
use super::value::{Konst, Null, Value, ValueId};

impl Frame<'_> {
    /// Whether a test may hold, without assuming it.
    pub(super) fn may_hold(&self, value: ValueId, test: Test) -> bool {
        let known = &self.values[value];
        match test {
            Test::Is(constant) => {
                (known.consts.is_none() || known.constants().iter().any(|other| same(*other, constant)))
                    && !matches!(known.null, Null::Yes(_))
                    && known.bounds().zip(constant.as_int()).is_none_or(|((lo, hi), int)| lo <= int && int <= hi)
            }
            Test::IsNot(constant) => !known.only_constant().is_some_and(|other| same(other, constant)),
            Test::Null => known.null != Null::No,
            Test::NotNull => !matches!(known.null, Null::Yes(_)),
            Test::AtLeast(least) => known.bounds().is_none_or(|(_, hi)| hi >= least),
            Test::AtMost(most) => known.bounds().is_none_or(|(lo, _)| lo <= most),
            Test::Bits(mask, set) => known.only_int().is_none_or(|int| (int & mask != 0) == set),
            Test::Checked(_) | Test::Against(..) => true,
        }
    }

    /// Whether a test holds whatever is not known.
    pub(super) fn certainly_holds(&self, value: ValueId, test: Test) -> bool {
        let known = &self.values[value];
        match test {
            Test::Is(constant) => known.only_constant().is_some_and(|other| same(other, constant)),
            Test::IsNot(constant) => {
                known.consts.is_some() && !known.constants().iter().any(|other| same(*other, constant))
                    || known.not.is_some() && known.not == constant.as_int()
                    || known.bounds().zip(constant.as_int()).is_some_and(|((lo, hi), int)| int < lo || int > hi)
            }
            Test::Null => matches!(known.null, Null::Yes(_)),
            Test::NotNull => known.null == Null::No,
            Test::AtLeast(least) => known.bounds().is_some_and(|(lo, _)| lo >= least),
            Test::AtMost(most) => known.bounds().is_some_and(|(_, hi)| hi <= most),
            Test::Bits(mask, set) => known.only_int().is_some_and(|int| (int & mask != 0) == set),
            Test::Checked(_) | Test::Against(..) => false,
        }
    }

    /// A number that a callee has found within bounds; `false`: it cannot be.
    pub(super) fn keep_within(&mut self, state: &mut State, value: ValueId, bounds: (i64, i64)) -> bool {
        let known = &self.values[value];
        let (lo, hi) = known.bounds().unwrap_or((i64::MIN, i64::MAX));
        if hi < bounds.0 || lo > bounds.1 {
            return false;
        }
        let range = (lo.max(bounds.0), hi.min(bounds.1));
        if !self.is_c() && known.consts.is_none() && range != (lo, hi) {
            if let Some(input) = known.input {
                let test = if bounds.1 == i64::MAX { Test::AtLeast(bounds.0) } else { Test::AtMost(bounds.1) };
                state.assume(input, test);
            }
            let refined = Value { range: Some(range), ..self.values[value].clone() };
            let refined = self.value(refined);
            self.replace(state, value, refined);
        }
        true
    }

    /// The same for what a callee releases: that a number is not zero is known only where it is.
    pub(super) fn holds_for_release(&self, value: ValueId, test: Test) -> bool {
        let known = &self.values[value];
        let made = |object: &super::value::ObjId| !matches!(self.objects[*object].kind, ObjectKind::Input(_));
        self.certainly_holds(value, test)
            || match test {
                Test::IsNot(_) => known.objects.iter().any(made),
                Test::NotNull => !matches!(known.null, Null::Yes(_)),
                Test::Checked(_) => true,
                _ => false,
            }
    }

    /// The same for what is done to memory: a pointer that nobody knows to be null is taken for one to something.
    pub(super) fn holds_for_memory(&self, value: ValueId, test: Test) -> bool {
        let known = &self.values[value];
        self.certainly_holds(value, test)
            || match test {
                Test::IsNot(_) => !known.objects.is_empty(),
                Test::NotNull => !matches!(known.null, Null::Yes(_)),
                Test::Checked(_) => true,
                _ => false,
            }
    }
}

fn same(a: Konst, b: Konst) -> bool {
    a == b || a.as_int().is_some() && a.as_int() == b.as_int()
}
