//! Accesses against the bounds of regions: a finding here, or a latent defect of the caller who passes the memory.
//! Must not know how a pointer came to be.

use super::place::{Location, Spot};
use super::region::{Region, RegionKind};
use crate::analysis::frame::{Frame, ObjectKind, Pending};
use crate::analysis::state::State;
use crate::analysis::summary::LatentKind;
use crate::analysis::trace::{Hop, Trail, before, steps};
use crate::analysis::value::{Ends, InputId, Value, ValueId};
use crate::base::{FileSpan, Span};
use crate::findings::StepKind;
use crate::program::FuncId;
use crate::rules::CheckKind;

/// A range of byte offsets, and whether its ends are really taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) struct Bytes {
    pub(in crate::analysis) range: Option<(i64, i64)>,
    /// The least is taken.
    pub(in crate::analysis) low: bool,
    /// The greatest is taken.
    pub(in crate::analysis) high: bool,
    /// Something unknown may keep it away from where it would go wrong.
    pub(in crate::analysis) guarded: bool,
}

impl Bytes {
    pub(super) const START: Bytes = Bytes { range: Some((0, 0)), low: true, high: true, guarded: false };
    pub(super) const UNKNOWN: Bytes = Bytes { range: None, low: false, high: false, guarded: false };

    /// One number.
    pub(in crate::analysis) fn exactly(number: i64) -> Bytes {
        Bytes { range: Some((number, number)), ..Bytes::START }
    }

    /// Where a pointer points.
    pub(in crate::analysis) fn of_pointer(value: &Value) -> Bytes {
        let Some((low, high)) = value.offset else { return Bytes::UNKNOWN };
        let taken = |end: Ends| low == high || value.ends.contains(end);
        let guarded = value.ends.contains(Ends::GUARDED);
        Bytes { range: Some((low, high)), low: taken(Ends::LOW_OFFSET), high: taken(Ends::HIGH_OFFSET), guarded }
    }

    /// A number of bytes.
    pub(in crate::analysis) fn of_number(value: &Value) -> Bytes {
        let Some((low, high)) = value.bounds() else { return Bytes::UNKNOWN };
        let ends = value.reached();
        let taken = |end: Ends| low == high || ends.contains(end);
        let guarded = ends.contains(Ends::GUARDED);
        Bytes { range: Some((low, high)), low: taken(Ends::LOW), high: taken(Ends::HIGH), guarded }
    }

    /// So many bytes on.
    pub(in crate::analysis) fn plus(self, bytes: i64) -> Bytes {
        let range = self.range.map(|(low, high)| (low.saturating_add(bytes), high.saturating_add(bytes)));
        Bytes { range, ..self }
    }

    /// The sum of two.
    pub(in crate::analysis) fn add(self, other: Bytes) -> Bytes {
        let (Some((a, b)), Some((c, d))) = (self.range, other.range) else { return Bytes::UNKNOWN };
        let range = (a.saturating_add(c), b.saturating_add(d));
        Bytes {
            range: Some(range),
            low: self.low && other.low,
            high: self.high && other.high,
            guarded: self.guarded || other.guarded,
        }
    }

    /// One or the other.
    fn or(self, other: Bytes) -> Option<Bytes> {
        let ((a, b), (c, d)) = (self.range?, other.range?);
        Some(Bytes {
            range: Some((a.min(c), b.max(d))),
            low: if a <= c { self.low } else { other.low },
            high: if b >= d { self.high } else { other.high },
            guarded: self.guarded || other.guarded,
        })
    }

    /// So many times as much.
    pub(in crate::analysis) fn times(self, factor: i64) -> Bytes {
        let Some((low, high)) = self.range else { return Bytes::UNKNOWN };
        let (a, b) = (low.saturating_mul(factor), high.saturating_mul(factor));
        if factor >= 0 {
            Bytes { range: Some((a, b)), ..self }
        } else {
            Bytes { range: Some((b, a)), low: self.high, high: self.low, ..self }
        }
    }

    /// An element of a size on from here.
    pub(super) fn indexed(self, index: &Value, size: i64) -> Bytes {
        self.add(Bytes::of_number(index).times(size))
    }

    pub(super) fn offset_ends(self) -> Ends {
        let mut ends = Ends::empty();
        ends.set(Ends::LOW_OFFSET, self.low);
        ends.set(Ends::HIGH_OFFSET, self.high);
        ends.set(Ends::GUARDED, self.guarded);
        ends
    }
}

/// An access: from the first byte of `at` to so many bytes behind its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) struct Access {
    pub(in crate::analysis) at: Bytes,
    /// Bytes from there.
    pub(in crate::analysis) size: Bytes,
    pub(in crate::analysis) writes: bool,
}

/// How an access goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Before,
    Behind,
}

impl Access {
    /// Whether it leaves a region.
    fn against(&self, region: &Region) -> Option<Wrong> {
        let (low, high) = self.at.range?;
        let size = region.size.1;
        if size < 0 || self.at.guarded || self.size.guarded {
            return None;
        }
        let (least, most) = self.size.range.unwrap_or((0, 0));
        if most <= 0 {
            return None;
        }
        // Surely or, where an end is really taken, possibly.
        if high < 0 || low < 0 && self.at.low {
            return Some(Wrong::Before);
        }
        if low.saturating_add(least.max(0)) > size && low != i64::MAX {
            return Some(Wrong::Behind);
        }
        // Two numbers that are not exact may depend on each other.
        let taken = (self.at.high && least == most) || (self.size.high && low == high);
        (taken && high < i64::MAX / 4 && most < i64::MAX / 4 && high.saturating_add(most) > size).then_some(Wrong::Behind)
    }
}

/// Where an access that may be a defect stands.
pub(in crate::analysis) struct Site {
    pub(in crate::analysis) at: FileSpan,
    pub(in crate::analysis) function: FuncId,
    pub(in crate::analysis) trail: Trail,
    pub(in crate::analysis) depth: u8,
}

/// Latent accesses of a function.
const MAX_LATENT_ACCESSES: usize = 8;

impl Frame<'_> {
    /// Checks a read or write of a place.
    pub(super) fn check_access(&mut self, state: &mut State, here: &Location, writes: bool, span: Span) {
        if matches!(here.spot, Spot::Local(_)) || here.objects.is_empty() && here.through.is_none() {
            return;
        }
        let Some(size) = self.c_size(here.ty) else { return };
        let access = Access { at: here.at, size: Bytes::exactly(size), writes };
        for object in here.objects.clone() {
            self.check_object(state, object, access, span);
        }
        if here.objects.is_empty()
            && let Some(through) = here.through
        {
            self.check_literal(through, access, span);
        }
    }

    /// An access to what a pointer value points to, from where it points.
    pub(in crate::analysis) fn check_pointer(
        &mut self,
        state: &mut State,
        pointer: ValueId,
        size: Bytes,
        writes: bool,
        span: Span,
    ) {
        let at = Bytes::of_pointer(&self.values[pointer]);
        let access = Access { at, size, writes };
        for object in self.values[pointer].objects.clone() {
            self.check_object(state, object, access, span);
        }
        self.check_literal(pointer, access, span);
    }

    /// A string literal has its characters and the terminator.
    fn check_literal(&mut self, pointer: ValueId, access: Access, span: Span) {
        let Some(length) = self.literal_length(pointer) else { return };
        let at = if access.at.range.is_some() { access.at } else { Bytes::START };
        let region = Region { kind: RegionKind::Static, size: (length + 1, length + 1), name: None };
        let access = Access { at, ..access };
        // Wide literals look like others: only what is too far for both is certain.
        let wide = Region { size: (4 * (length + 1), 4 * (length + 1)), ..region };
        if access.writes || access.against(&wide).is_none() {
            return;
        }
        let site = self.site(span);
        self.report_access(access, Wrong::Behind, &wide, site, None);
    }

    /// Characters of the longest string literal that a value may be.
    pub(in crate::analysis) fn literal_length(&self, value: ValueId) -> Option<i64> {
        let consts = self.values[value].consts.as_ref()?;
        let mut longest = None;
        for constant in consts {
            let crate::analysis::value::Konst::Str(text) = constant else { return None };
            longest = longest.max(Some(i64::try_from(text.as_str().chars().count()).ok()?));
        }
        longest
    }

    pub(in crate::analysis) fn site(&self, span: Span) -> Site {
        let trail = before(self.hop(span, StepKind::Sink, self.ctx.names.empty), None);
        Site { at: self.at(span), function: self.id, trail, depth: 0 }
    }

    pub(super) fn check_object(&mut self, state: &mut State, object: crate::analysis::value::ObjId, access: Access, span: Span) {
        if let Some(region) = self.region(state, object) {
            self.examine_access(access, &region, span);
            if let Some(wrong) = access.against(&region).filter(|_| !self.takes_a_run(object, access)) {
                let site = self.site(span);
                self.report_access(access, wrong, &region, site, None);
            }
            return;
        }
        if let ObjectKind::Input(input) = self.objects[object].kind {
            let site = self.site(span);
            self.leave_access(state, input, access, site);
        }
    }

    /// Whether an access takes several members at once that are arrays of one type, one behind the other, and ends with one of
    /// them: that is meant so.
    fn takes_a_run(&self, object: crate::analysis::value::ObjId, access: Access) -> bool {
        let (Some((0, 0)), Some((size, most))) = (access.at.range, access.size.range) else { return false };
        let Some(&(record, name)) = self.memory.members.get(&object).filter(|_| size == most) else { return false };
        self.ctx.program.run_of_arrays(self.unit, record, name).contains(&size)
    }

    pub(super) fn check_of(writes: bool, wrong: Wrong, kind: RegionKind) -> CheckKind {
        match (writes, wrong, kind) {
            (false, ..) => CheckKind::OutOfBoundsRead,
            (true, Wrong::Before, _) => CheckKind::BufferUnderwrite,
            (true, Wrong::Behind, RegionKind::Heap) => CheckKind::HeapOverflow,
            (true, Wrong::Behind, _) => CheckKind::StackOverflow,
        }
    }

    fn examine_access(&mut self, access: Access, region: &Region, span: Span) {
        let check = Self::check_of(access.writes, Wrong::Behind, region.kind);
        let ctx = self.ctx;
        for rule in ctx.check_rules.get(&(check, crate::rules::Language::C)).into_iter().flatten() {
            self.examine(*rule, span);
        }
    }

    fn report_access(&mut self, access: Access, wrong: Wrong, region: &Region, site: Site, passed: Option<Hop>) {
        let ctx = self.ctx;
        let Some(rules) = ctx.check_rules.get(&(Self::check_of(access.writes, wrong, region.kind), crate::rules::Language::C))
        else {
            return;
        };
        let name = region.name.map(|name| name.as_str().rsplit('.').next().unwrap_or_default().to_owned()).unwrap_or_default();
        let trace = steps(passed.as_slice(), &site.trail);
        for rule in rules {
            self.report(*rule, site.at, site.function, None, vec![("name", name.clone())], trace.clone());
        }
    }

    /// Leaves it to the callers that a text must not be longer than so many characters.
    pub(super) fn leave_longer(&mut self, state: &State, input: InputId, most: i64, wide: i64, kind: RegionKind, site: Site) {
        let longer = LatentKind::Longer { most, wide, kind };
        if site.depth > 6
            || !self.is_sure(state)
            || self.latent.iter().any(|(known, pending, _)| *known == input && pending.kind == longer)
        {
            return;
        }
        let Site { at, function, trail, depth } = site;
        self.latent.push((input, Pending { kind: longer, at, function, trail, depth }, state.conditions.as_ref().clone()));
    }

    /// A callee copies a text that this function passes.
    pub(in crate::analysis) fn wake_longer(
        &mut self,
        state: &State,
        value: ValueId,
        (most, wide, kind): (i64, i64, RegionKind),
        site: Site,
        (pass, decided): (Hop, bool),
    ) {
        let length = self.text_length(state, value, wide);
        let Some((low, high)) = length.range else { return };
        if !length.guarded && (low > most || length.high && high > most && high < i64::MAX / 16) {
            let region = Region { kind, size: (0, 0), name: None };
            let access = Access { at: Bytes::START, size: Bytes::exactly(1), writes: true };
            if decided {
                self.report_access(access, Wrong::Behind, &region, site, Some(pass));
            }
            return;
        }
        if let ([object], Some((0, 0))) = (self.values[value].objects.as_slice(), self.values[value].offset)
            && let ObjectKind::Input(input) = self.objects[*object].kind
            && state.cell(*object, crate::analysis::state::Cell::Length).is_none()
        {
            let trail = before(pass, site.trail.clone());
            self.leave_longer(state, input, most, wide, kind, Site { trail, depth: site.depth + 1, ..site });
        }
    }

    /// A write that is one terminator too long for memory on the heap.
    pub(super) fn report_sized(&mut self, span: Span) {
        let region = Region { kind: RegionKind::Heap, size: (0, 0), name: None };
        let access = Access { at: Bytes::START, size: Bytes::exactly(1), writes: true };
        let site = self.site(span);
        self.report_access(access, Wrong::Behind, &region, site, None);
    }

    /// Leaves an access to a parameter's memory to the callers: the furthest one each way is enough.
    pub(in crate::analysis) fn leave_access(&mut self, state: &State, input: InputId, access: Access, site: Site) {
        let (Some((low, high)), Some((_, most))) = (access.at.range, access.size.range) else { return };
        if access.at.guarded || low <= i64::MIN / 4 && high >= i64::MAX / 4 || most <= 0 {
            return;
        }
        // How much is accessed a caller may have a say in, who knows how much there is.
        let sized = access.size.range.is_some_and(|(least, most)| least == most);
        let access = Access { size: Bytes { high: access.size.high && sized, ..access.size }, ..access };
        let mut count = 0;
        let mut same_place = None;
        for (index, (known_input, known, conditions)) in self.latent.iter().enumerate() {
            let LatentKind::Access(other) = &known.kind else { continue };
            count += 1;
            if *known_input != input || other.writes != access.writes {
                continue;
            }
            let covers = (other.size == access.size && other.at == access.at || other.covers(&access))
                && conditions.iter().all(|condition| state.conditions.contains(condition));
            if covers {
                return;
            }
            if known.at == site.at && other.size == access.size && *conditions == *state.conditions {
                same_place = Some((index, other.at.or(access.at)));
            }
        }
        if !self.is_sure(state) {
            return;
        }
        // The same place, a round of a loop later.
        if let Some((index, Some(at))) = same_place
            && let Some((_, known, _)) = self.latent.get_mut(index)
        {
            known.kind = LatentKind::Access(Access { at, ..access });
            return;
        }
        if count >= MAX_LATENT_ACCESSES {
            return;
        }
        let Site { at, function, trail, depth } = site;
        let pending = Pending { kind: LatentKind::Access(access), at, function, trail, depth };
        self.latent.push((input, pending, state.conditions.as_ref().clone()));
    }

    /// A callee accesses memory that this function passes.
    pub(in crate::analysis) fn wake_access(
        &mut self,
        state: &State,
        value: ValueId,
        access: Access,
        site: Site,
        (pass, decided): (Hop, bool),
    ) {
        let start = Bytes::of_pointer(&self.values[value]);
        let access = Access { at: access.at.add(start), ..access };
        for object in self.values[value].objects.clone() {
            if let Some(region) = self.region(state, object) {
                if let Some(wrong) = access.against(&region).filter(|_| decided && !self.takes_a_run(object, access)) {
                    let site = Site { trail: site.trail.clone(), ..site };
                    self.report_access(access, wrong, &region, site, Some(pass));
                }
            } else if let ObjectKind::Input(input) = self.objects[object].kind {
                let trail = before(pass, site.trail.clone());
                self.leave_access(state, input, access, Site { trail, depth: site.depth + 1, ..site });
            }
        }
    }
}

impl Access {
    /// Whether every region that this access fits, the other fits too.
    fn covers(&self, other: &Access) -> bool {
        let (Some((a, b)), Some((c, d))) = (self.at.range, other.at.range) else { return false };
        let (Some((e, f)), Some((g, h))) = (self.size.range, other.size.range) else { return false };
        let exact = |access: &Access| access.at.low && access.at.high && access.size.high;
        exact(self)
            && exact(other)
            && a <= c
            && a.saturating_add(e) >= c.saturating_add(g)
            && b.saturating_add(f) >= d.saturating_add(h)
    }
}
