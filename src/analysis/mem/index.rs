//! Elements at a place that the outside or a caller decides: the number must lie within the region, and whoever knows
//! the number is told. Must not know how a pointer came to be.

use super::bounds::Wrong;
use super::place::Location;
use super::region::Region;
use super::{Access, Bytes};
use crate::analysis::frame::Frame;
use crate::analysis::numeric::{Demand, Limit, Subject, integer_type};
use crate::analysis::state::State;
use crate::analysis::value::{Ends, ObjId, ValueId};
use crate::base::{Span, Symbol};
use crate::ir::TyId;

/// What a path is followed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::analysis) enum Purpose {
    #[default]
    Read,
    Write,
    /// Only where it leads: no access yet.
    Address,
}

/// A number that moves an access: of elements of a size, from a byte on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Index {
    pub(super) value: ValueId,
    pub(super) ty: TyId,
    pub(super) base: i64,
    pub(super) element: i64,
}

impl Frame<'_> {
    /// Whether somebody else decides a number: there is something to demand of it.
    pub(super) fn is_open_number(&self, value: ValueId) -> bool {
        let known = &self.values[value];
        let open = known.input.is_some() || !known.marks.is_empty();
        // How long a text is, is no number that somebody gives.
        open && !self.memory.lengths.contains_key(&value) && known.consts.is_none() && !known.ends.contains(Ends::GUARDED)
    }

    /// An element is accessed at a place that is not known here.
    pub(super) fn limit_index(&mut self, state: &mut State, objects: &[ObjId], index: Index, writes: bool, span: Span) {
        let [object] = objects else { return };
        let Some(region) = self.region(state, *object) else { return };
        if index.element <= 0 || region.size.0 != region.size.1 {
            return;
        }
        let last = (region.size.1 - index.base).div_euclid(index.element) - 1;
        let first = -index.base.div_euclid(index.element);
        if last < first {
            return;
        }
        let limits = [(Wrong::Behind, Limit::Between(i64::MIN, last)), (Wrong::Before, Limit::Between(first, i64::MAX))];
        for (wrong, limit) in limits {
            self.limit_number(state, (index.value, index.ty), limit, (wrong, writes), &region, span);
        }
    }

    /// So many bytes are read or written, a number that is not known here.
    pub(super) fn limit_size(
        &mut self,
        state: &mut State,
        size: (ValueId, TyId, i64),
        region: &Region,
        writes: bool,
        span: Span,
    ) {
        let (value, ty, factor) = size;
        if factor > 0 && region.size.0 == region.size.1 && region.size.1 > 0 {
            let limit = Limit::Between(i64::MIN, region.size.1.div_euclid(factor));
            self.limit_number(state, (value, ty), limit, (Wrong::Behind, writes), region, span);
        }
    }

    fn limit_number(
        &mut self,
        state: &mut State,
        (value, ty): (ValueId, TyId),
        limit: Limit,
        (wrong, writes): (Wrong, bool),
        region: &Region,
        span: Span,
    ) {
        let within =
            integer_type(ty).map_or((i64::MIN, i64::MAX), |(bits, signed)| crate::analysis::integers::limits(bits, signed));
        let name = region.name.map(|name| name.as_str().rsplit('.').next().unwrap_or_default());
        let name = name.map_or(self.ctx.names.empty, Symbol::new);
        let subject = Subject::Check(Self::check_of(writes, wrong, region.kind));
        // A constant of a caller breaks it for sure only where this access is sure to be made.
        let constants = self.is_sure(state);
        self.demand(state, value, Demand { subject, limit, within, cleared: 0, name, ty, constants }, span);
    }

    /// An element that is passed through on the way to what lies in it must be one of the array's.
    pub(super) fn check_passed(&mut self, state: &mut State, here: &Location, span: Span) {
        // Of a pointer that walks back, conditions that this does not see keep it from going too far.
        let walks =
            here.through.is_some() && here.at.range.is_some_and(|(low, high)| low < 0 && (low != high || self.is_moved_base()));
        if self.memory.purpose != Purpose::Address && !walks && here.at.range.is_some_and(|range| range != (0, 0)) {
            let access = Access { at: here.at, size: Bytes::exactly(1), writes: self.memory.purpose == Purpose::Write };
            for object in here.objects.clone() {
                self.check_object(state, object, access, span);
            }
        }
    }

    /// What a pointer points at is assigned as a whole.
    pub(super) fn copy_whole(&mut self, state: &mut State, value: ValueId, here: &Location) {
        let size = self.c_size(here.ty);
        for object in here.objects.clone() {
            self.copy_object(state, value, object);
            // One of several elements: the others are as they were.
            if self.region(state, object).is_some_and(|region| Some(region.size.1) != size) {
                self.expose(state, object);
            }
        }
    }
}
