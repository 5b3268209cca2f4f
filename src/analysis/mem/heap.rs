//! Releasing memory: twice, from the middle of a block, or what no allocator gave. Must not know models.

use super::region::RegionKind;
use crate::analysis::frame::{Frame, ObjectKind, Pending};
use crate::analysis::state::{Cell, State};
use crate::analysis::summary::{Latent, LatentKind, Root};
use crate::analysis::trace::{Hop, before, steps};
use crate::analysis::value::{Ends, InputId, Konst, Null, ObjId, Value, ValueId};
use crate::base::{Span, Symbol};
use crate::findings::StepKind;
use crate::ir::{LocalId, LocalKind};
use crate::rules::{CheckKind, Language, TypestateKind};

/// The kind of resource that memory of the allocator is.
const HEAP: &str = "heap";
/// Releases are not handed up further than this many calls.
const MAX_DEPTH: u8 = 6;
/// Ways on which a function releases what it is given that callers are told of.
const MAX_WAYS: usize = 4;

impl Frame<'_> {
    /// A variable is read: it must have a value.
    pub(in crate::analysis) fn check_set(&mut self, state: &State, local: LocalId, span: Span) {
        if self.unset.contains(&local) {
            let value = self.read_local(state, local);
            let raw = self.values[value].ends.contains(Ends::UNSET);
            let name = self.body.locals.get(local).and_then(|local| local.name);
            self.note_raw_read(state, span, raw, name);
        } else if self.is_scalar_home(local) {
            let object = self.storage(local);
            self.check_read_local(state, object, span);
        }
    }

    /// A variable that had no value has one that nothing is known of.
    pub(in crate::analysis) fn take_as_set(&mut self, state: &mut State, local: LocalId) {
        let raw = match self.is_scalar_home(local) {
            true => {
                let object = self.storage(local);
                self.is_raw(state, object) && state.cell(object, Cell::Index(0)).is_none()
            }
            false => {
                let value = self.read_local(state, local);
                self.values[value].ends.contains(Ends::UNSET)
            }
        };
        if raw {
            let unknown = self.unknown();
            self.write_local(state, local, unknown);
        }
    }

    /// Whether two pointers are the same, where that is certain.
    pub(in crate::analysis) fn same_address(&self, a: &Value, b: &Value) -> Option<bool> {
        let ([x], [y]) = (a.objects.as_slice(), b.objects.as_slice()) else { return None };
        let kind = |object: ObjId| &self.objects[object].kind;
        let own = |object: ObjId| matches!(kind(object), ObjectKind::Storage(_) | ObjectKind::Allocated(_));
        if x != y {
            return (own(*x) && own(*y)).then_some(false);
        }
        let (Some((c, d)), Some((e, f))) = (a.offset, b.offset) else { return None };
        let one = match kind(*x) {
            ObjectKind::Storage(_) => true,
            ObjectKind::Input(input) => matches!(self.inputs[*input].root, Root::Global(_)) && self.inputs[*input].path.len() < 2,
            _ => false,
        };
        let exact = c == d && e == f && one;
        exact.then_some(c == e)
    }

    /// Two pointers into one object are not the same: one that starts where the other stands lies behind it.
    pub(in crate::analysis) fn keep_apart(&mut self, state: &mut State, a: ValueId, b: ValueId) {
        for (one, other) in [(a, b), (b, a)] {
            let (x, y) = (&self.values[one], &self.values[other]);
            let (Some((low, high)), Some((at, end))) = (x.offset, y.offset) else { continue };
            if x.objects.len() == 1 && x.objects == y.objects && at == end && low == at && high > low {
                let apart = Value { offset: Some((low + 1, high)), ends: x.ends - Ends::LOW_OFFSET, ..x.clone() };
                let apart = self.value(apart);
                self.replace(state, one, apart);
                return;
            }
        }
    }

    /// A pointer is released.
    pub(in crate::analysis) fn check_freed(&mut self, state: &State, value: ValueId, kind: Symbol, span: Span, name: Symbol) {
        if kind.as_str() == HEAP {
            self.check_heap_start(state, value, span, name, true);
        }
        // What is freed in front of what was given is a header that its allocator knows of.
        let moved = self.values[value].offset.is_some_and(|offset| offset != (0, 0));
        for object in self.values[value].objects.clone() {
            if let ObjectKind::Input(input) = self.objects[object].kind
                && !moved
                && state.cell(object, Cell::Status(kind)).is_none()
                && self.not_on_heap(state, object).is_none()
                && self.is_sure(state)
            {
                let trail = before(self.hop(span, StepKind::Release, name), None);
                let kind = LatentKind::Release(kind);
                self.leave_release(state, input, Pending { kind, at: self.at(span), function: self.id, trail, depth: 0 });
            }
        }
    }

    /// Only the start of a block that an allocator gave may be freed. `here`: by this function, not by a callee that may
    /// look first.
    fn check_heap_start(&mut self, state: &State, value: ValueId, span: Span, name: Symbol, here: bool) {
        let ctx = self.ctx;
        let Some(rules) = ctx.check_rules.get(&(CheckKind::FreeNotHeap, Language::C)) else { return };
        let known = &self.values[value];
        let texts = |consts: &smallvec::SmallVec<[Konst; 1]>| consts.iter().all(|constant| matches!(constant, Konst::Str(_)));
        // Where ways were joined, a text or null is left of a text and a block that was not allocated: which of them comes here
        // is lost.
        let literal = !self.lossy && known.null == Null::No && known.consts.as_ref().is_some_and(texts);
        let variable = match known.objects.as_slice() {
            [object] => self.not_on_heap(state, *object),
            _ => None,
        };
        let inside = match known.objects.as_slice() {
            [object] => {
                let made = state.cell(*object, Cell::Bytes).is_some();
                // A pointer that was given and then moved forwards is not the start of whatever it was.
                let given = here && matches!(self.objects[*object].kind, ObjectKind::Input(_));
                known.offset.is_some_and(|(low, high)| {
                    made && (low > 0 || high < 0) || (made || given) && low >= 0 && high > 0 && !known.ends.contains(Ends::UNSET)
                })
            }
            _ => false,
        };
        // What is freed on some ways only may be asked for what it is.
        let sure = !here || self.is_sure(state);
        let wrong = (literal || variable.is_some()) && sure || inside;
        for rule in rules {
            self.examine(*rule, span);
            if wrong {
                let place = self.at(span);
                let name = variable.flatten().unwrap_or(name).as_str().rsplit('.').next().unwrap_or_default().to_owned();
                self.report(*rule, place, self.id, None, vec![("name", name)], Vec::new());
            }
        }
    }

    /// The variable that an object is, or nothing for memory of `alloca`, where it is not the allocator's.
    fn not_on_heap(&self, state: &State, object: ObjId) -> Option<Option<Symbol>> {
        match self.objects[object].kind {
            ObjectKind::Storage(local) => {
                let local = self.body.locals.get(local)?;
                (local.kind == LocalKind::User).then_some(local.name)
            }
            ObjectKind::Allocated(_) => self.on_stack.contains(&object).then_some(None),
            ObjectKind::Input(input) => {
                let Root::Global(_) = self.inputs[input].root else { return None };
                let region = self.region(state, object)?;
                (region.kind == RegionKind::Static).then_some(region.name)
            }
            _ => None,
        }
    }

    /// A callee releases what this function passes.
    pub(in crate::analysis) fn wake_release(
        &mut self,
        state: &State,
        value: ValueId,
        (kind, decided): (Symbol, bool),
        latent: &Latent,
        pass: Hop,
    ) {
        let span = pass.at.span;
        // A callee that looks first may know better.
        if kind.as_str() == HEAP && decided {
            self.check_heap_start(state, value, span, pass.name, false);
        }
        for object in self.values[value].objects.clone() {
            if self.is_released(state, object, kind) {
                for rule in self.ctx.typestate_rules(TypestateKind::DoubleRelease, kind, Language::C) {
                    let mut way = self.life_before(object, kind);
                    way.push(pass);
                    let trace = steps(&way, &latent.trail);
                    let place = self.at(span);
                    self.report(rule, place, self.id, None, vec![("callee", pass.name.as_str().to_owned())], trace);
                }
                continue;
            }
            if let ObjectKind::Input(input) = self.objects[object].kind
                && latent.depth < MAX_DEPTH
                && self.values[value].offset.is_none_or(|offset| offset == (0, 0))
                && state.cell(object, Cell::Status(kind)).is_none()
                && self.is_sure(state)
            {
                let trail = before(pass, latent.trail.clone());
                let (kind, depth) = (LatentKind::Release(kind), latent.depth + 1);
                self.leave_release(state, input, Pending { kind, at: latent.at, function: latent.function, trail, depth });
            }
        }
    }

    /// Leaves a release to the callers, on some ways each by itself: which way it is may be what they know.
    fn leave_release(&mut self, state: &State, input: InputId, pending: Pending) {
        let same = |(known, other, _): &&(InputId, Pending, Vec<_>)| *known == input && other.kind == pending.kind;
        let covered = |(.., conditions): &(InputId, Pending, Vec<_>)| conditions.iter().all(|it| state.conditions.contains(it));
        if self.latent.iter().filter(same).count() < MAX_WAYS && !self.latent.iter().filter(same).any(covered) {
            self.latent.push((input, pending, state.conditions.as_ref().clone()));
        }
    }

    /// Whether an object has been released.
    pub(in crate::analysis) fn is_released(&self, state: &State, object: ObjId, kind: Symbol) -> bool {
        state
            .cell(object, Cell::Status(kind))
            .is_some_and(|status| self.values[status].only_int() == Some(crate::analysis::typestate::RELEASED))
    }

    /// Where an object was acquired and released.
    pub(in crate::analysis) fn life_before(&self, object: ObjId, kind: Symbol) -> Vec<Hop> {
        let mut steps = Vec::new();
        if let Some(at) = self.acquired.get(&(object, kind)) {
            steps.push(Hop { at: *at, kind: StepKind::Acquire, name: kind });
        }
        if let Some(at) = self.released.get(&(object, kind)) {
            steps.push(Hop { at: *at, kind: StepKind::Release, name: kind });
        }
        steps
    }
}
