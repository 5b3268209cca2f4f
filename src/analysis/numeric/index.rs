//! Positions in arrays. Must not know where values came from.

use super::{Demand, Limit, Subject};
use crate::analysis::frame::Frame;
use crate::analysis::state::{Cell, State};
use crate::analysis::trace::before;
use crate::analysis::value::{Null, ObjId, Value, ValueId};
use crate::base::Span;
use crate::findings::StepKind;
use crate::ir::{Operand, Place, PlaceBase, Proj, Ty, TyId};
use crate::rules::CheckKind;

/// Allocations at one place that are counted from here on were made by callees.
const FROM_CALLEES: u32 = 16;

impl Frame<'_> {
    /// An element of an array is read or written.
    pub(in crate::analysis) fn check_index(
        &mut self,
        state: &State,
        array: ValueId,
        operand: &Operand,
        index: ValueId,
        span: Span,
    ) {
        let literal = matches!(operand, Operand::Const(_));
        if !literal && self.values[index].marks.is_empty() && self.values[index].consts.is_none() {
            return;
        }
        let [object] = self.values[array].objects.as_slice() else {
            if !literal {
                self.demand_index(state, operand, index, None, span);
            }
            return;
        };
        let size = state.cell(*object, Cell::Size).filter(|_| self.objects[*object].is_made());
        let count = size.and_then(|size| self.values[size].only_int());
        if let (Some(size), None, Some(at)) = (size, count, self.values[index].only_int()) {
            // A fixed place in an array of a size that came from outside: it may not be there.
            if !self.values[size].marks.is_empty() {
                let name = self.ctx.names.empty;
                let demand = Demand {
                    subject: Subject::Check(CheckKind::UncheckedIndex),
                    limit: Limit::Between(at.saturating_add(1), i64::MAX),
                    within: (0, i64::MAX),
                    cleared: 0,
                    name,
                    ty: TyId::UNKNOWN,
                    constants: false,
                };
                self.demand(state, size, demand, span);
            }
            return;
        }
        // Written out, a position is mostly right; what lies outside of an array of known length never is.
        // An array that a callee made may have another length on the way taken.
        let outside = count.zip(self.values[index].only_int()).is_some_and(|(count, at)| count > 0 && !(0..count).contains(&at))
            && self.allocations.iter().any(|((_, nth), made)| made == object && *nth < FROM_CALLEES);
        if let (true, true, Some(count)) = (literal, outside, count) {
            let demand = Demand {
                subject: Subject::Check(CheckKind::UncheckedIndex),
                limit: Limit::Between(0, count - 1),
                within: (i64::MIN, i64::MAX),
                cleared: 0,
                name: self.ctx.names.empty,
                ty: TyId::UNKNOWN,
                constants: true,
            };
            let tail = before(self.hop(span, StepKind::Sink, self.ctx.names.empty), None);
            let place = super::Place { at: self.at(span), function: self.id, depth: 0 };
            self.report_demand(demand, &place, None, &tail);
        } else if !literal {
            self.demand_index(state, operand, index, count, span);
        }
    }

    /// An element of a C array or of what a pointer points at; `ty`: the array's.
    pub(in crate::analysis) fn check_c_index(&mut self, state: &State, ty: TyId, operand: &Operand, index: ValueId, span: Span) {
        // A constant position is a matter of memory: there the size counts that the region has.
        if self.values[index].marks.is_empty() || matches!(operand, Operand::Const(_)) {
            return;
        }
        let count = match self.ctx.program.c_type(ty).get() {
            Ty::Array(_, count) => count.and_then(|count| i64::try_from(count).ok()).filter(|count| *count > 1),
            _ => None,
        };
        // How much a pointer points to, whoever made the memory knows, and mostly by this very number.
        if count.is_none() {
            return;
        }
        self.demand_index(state, operand, index, count, span);
    }

    /// The length of a Java array, where the place is one.
    pub(in crate::analysis) fn array_length(&mut self, state: &mut State, place: &Place, objects: &[ObjId]) -> Option<ValueId> {
        let ([Proj::Field(name)], PlaceBase::Local(local), [object]) = (place.proj.as_slice(), place.base, objects) else {
            return None;
        };
        if name.as_str() != "length" || self.is_c() || !matches!(self.local_type(local).get(), Ty::Array(..)) {
            return None;
        }
        // How long an array is, memory decides: no matter where the number came from.
        let size = state.cell(*object, Cell::Size).filter(|size| self.values[*size].marks.is_empty());
        let size = size.unwrap_or_else(|| {
            let known = state.cell(*object, Cell::Size).and_then(|size| self.values[size].bounds());
            let (lo, hi) = known.unwrap_or((0, i64::MAX));
            let range = Some((lo.max(0), hi.min(i64::from(i32::MAX))));
            self.value(Value { range, null: Null::No, ..Value::default() })
        });
        Some(size)
    }

    fn demand_index(&mut self, state: &State, operand: &Operand, index: ValueId, count: Option<i64>, span: Span) {
        let own = self.operand_type(operand);
        let last = count.map_or(i64::from(i32::MAX) - 1, |count| count - 1);
        let bad = (CheckKind::UncheckedIndex, Limit::Between(0, last), last >= 0 && count.is_some());
        self.demand_number(state, bad, (operand, index, own), own, span);
    }
}
