//! Whether what a function does to its caller's memory is sure to happen. Must not know what it does.

use crate::analysis::frame::Frame;
use crate::analysis::state::State;

impl Frame<'_> {
    /// Whether a defect at hand needs nothing but the conditions that the state names: no branch on the way was decided
    /// by something else, or all ways lead here.
    pub(in crate::analysis) fn is_sure(&mut self, state: &State) -> bool {
        !state.uncertain || self.is_inevitable()
    }
}
