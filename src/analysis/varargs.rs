//! Arguments of a call as the callee's parameters take them. Must not know what the callee does with them.

use smallvec::SmallVec;

use super::frame::Frame;
use super::state::{Cell, State};
use super::value::ValueId;
use crate::base::Span;
use crate::ir::Modifiers;
use crate::program::FuncId;

impl Frame<'_> {
    /// Arguments beyond the fixed ones become the array that the last parameter is.
    pub(super) fn pack_varargs(
        &mut self,
        state: &mut State,
        callee: FuncId,
        args: &[ValueId],
        span: Span,
        spread: Option<bool>,
    ) -> SmallVec<[ValueId; 6]> {
        let function = self.ctx.program.function(callee).1;
        let fixed = function.params.len().saturating_sub(1);
        if self.is_c() || !function.modifiers.contains(Modifiers::VARARGS) || args.len() < fixed {
            return args.iter().copied().collect();
        }
        if let [only] = args.get(fixed..).unwrap_or_default()
            && spread.unwrap_or(!self.values[*only].objects.is_empty() && self.values[*only].consts.is_none())
        {
            // An array passed as it is.
            return args.iter().copied().collect();
        }
        let object = self.allocation(span, 1, None);
        state.drop_cells(object, |_| true);
        for (index, value) in args.iter().skip(fixed).enumerate() {
            state.set_cell(object, Cell::Index(i64::try_from(index).unwrap_or(i64::MAX)), *value);
        }
        let array = self.reference(object);
        args.iter().take(fixed).copied().chain([array]).collect()
    }
}
