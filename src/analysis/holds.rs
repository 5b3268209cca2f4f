//! Whether tests of inputs hold for what a caller passes. Must not know what depends on them.

use super::frame::Frame;
use super::state::Test;
use super::value::{Konst, Null, ValueId};

impl Frame<'_> {
    /// Whether a test may hold, without assuming it.
    pub(super) fn may_hold(&self, value: ValueId, test: Test) -> bool {
        let known = &self.values[value];
        let same = |a: Konst, b: Konst| a == b || a.as_int().is_some() && a.as_int() == b.as_int();
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
            Test::Checked(_) => true,
        }
    }

    /// Whether a test holds for all that is known.
    pub(super) fn surely_holds(&self, value: ValueId, test: Test) -> bool {
        let known = &self.values[value];
        match test {
            Test::Is(constant) => {
                known.only_constant().is_some_and(|other| other == constant || other.as_int() == constant.as_int())
            }
            Test::IsNot(constant) => {
                let elsewhere = known.bounds().zip(constant.as_int()).is_some_and(|((lo, hi), int)| int < lo || int > hi);
                elsewhere || known.not.is_some() && known.not == constant.as_int() || self.is_reference(value)
            }
            Test::Null => matches!(known.null, Null::Yes(_)),
            Test::NotNull => !matches!(known.null, Null::Yes(_)),
            Test::AtLeast(least) => known.bounds().is_some_and(|(lo, _)| lo >= least),
            Test::AtMost(most) => known.bounds().is_some_and(|(_, hi)| hi <= most),
            Test::Checked(_) => true,
        }
    }

    fn is_reference(&self, value: ValueId) -> bool {
        !self.values[value].objects.is_empty()
    }
}
