//! Memory that has no value yet, and reads of it. Must not know library calls.

use super::{Bytes, Site};
use smallvec::SmallVec;

use super::place::{Location, Spot};
use crate::analysis::frame::{Frame, ObjectKind, Pending};
use crate::analysis::state::{Cell, Entry, State};
use crate::analysis::summary::LatentKind;
use crate::analysis::value::{InputId, ObjId, ValueId};
use crate::base::{Span, Symbol};
use crate::ir::{LocalKind, Ty};
use crate::rules::{CheckKind, Language, SizeExpr};

/// What the paths to a read say of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum Reads {
    /// Some give it a value, and those that do not may not be real.
    Some,
    /// None does.
    All,
    /// One does not, and nothing keeps a caller from taking it.
    Surely,
}

/// Beyond so many objects, no more are looked for.
const MAX_LED_TO: usize = 8;

impl Frame<'_> {
    /// Whether an object's memory had no value when it was made, and no code that is not in view has written it.
    pub(in crate::analysis) fn is_raw(&self, state: &State, object: ObjId) -> bool {
        if !self.wants_init {
            return false;
        }
        if state.cell(object, Cell::Exposed).is_some() {
            return false;
        }
        match self.objects[object].kind {
            ObjectKind::Storage(local) => {
                // `va_list` and other types of the system are filled by what looks like a use.
                // A union has a value once any of its members has one.
                let ty = self.ctx.program.c_type(self.local_type(local));
                let known = !matches!(ty.get(), Ty::Named { .. } | Ty::Unknown | Ty::Record { is_union: true, .. });
                known && self.body.locals.get(local).is_some_and(|local| local.kind == LocalKind::User)
            }
            ObjectKind::Allocated(_) => state.cell(object, Cell::Written).is_some(),
            _ => false,
        }
    }

    /// A place is read: it must have a value.
    pub(super) fn check_written(&mut self, state: &State, here: &Location, span: Span) {
        let [object] = here.objects.as_slice() else { return };
        if !self.wants_init {
            return;
        }
        if !self.is_raw(state, *object) {
            // The same read on another path may be of memory that was just made.
            if here.through.is_some() && !self.acquired.is_empty() {
                self.note_read(state, span, false, *object);
            }
            return;
        }
        let cell = match here.spot {
            Spot::Cell(cell) => cell,
            Spot::Whole => self.scalar_cell(here),
            Spot::Local(_) => Cell::Index(0),
        };
        // Outside of it there is no element that could have a value.
        let ends = here.at.range.zip(self.region(state, *object));
        let outside = ends.is_some_and(|((at, _), region)| at < 0 || at >= region.size.1);
        // Of a number that has a value all bytes have one.
        let set = |object| state.cell(object, Cell::Index(0)).is_some();
        let whole =
            matches!(self.objects[*object].kind, ObjectKind::Storage(local) if self.is_scalar_home(local)) && set(*object);
        let raw = !outside && !whole && self.is_unwritten(state, *object, cell, here.at);
        self.note_read(state, span, raw, *object);
    }

    /// Whether an element of an array that only one of two ways wrote has no value at all on the other one.
    pub(in crate::analysis) fn has_no_other(&self, object: ObjId, cell: Cell, own: &[Entry], others: &[Entry]) -> bool {
        let ObjectKind::Storage(local) = self.objects[object].kind else { return false };
        self.is_c()
            && matches!(cell, Cell::Index(_) | Cell::Elements)
            && self.body.locals.get(local).is_some_and(|local| local.kind == LocalKind::User)
            && own.iter().chain(others).all(|(_, cell, _)| *cell != Cell::Exposed)
            && others.iter().all(|(_, cell, _)| *cell != Cell::Elements)
    }

    fn is_unwritten(&self, state: &State, object: ObjId, cell: Cell, at: Bytes) -> bool {
        if state.cell(object, cell).is_some() && cell != Cell::Elements {
            return false;
        }
        // Which bytes are those of the members that have a value is not known.
        if !matches!(cell, Cell::Field(_)) && state.cells(object).any(|(known, _)| matches!(known, Cell::Field(_))) {
            return false;
        }
        let any_element = state.cell(object, Cell::Elements).is_some();
        let written = state.cell(object, Cell::Written).and_then(|held| self.values[held].only_int());
        let size = |frame: &Self| frame.memory.element_bytes.get(&object).copied();
        match cell {
            Cell::Index(index) => match (any_element, written) {
                (false, _) => true,
                (true, Some(written)) => index >= written,
                (true, None) => false,
            },
            Cell::Elements => {
                let indexed = state.cells(object).any(|(cell, _)| matches!(cell, Cell::Index(_)));
                match (any_element, written, at.range, size(self)) {
                    (false, ..) if !indexed => true,
                    (true, Some(written), Some((_, high)), Some(size)) if at.high && size > 0 && high < i64::MAX / 4 => {
                        high / size >= written
                    }
                    _ => false,
                }
            }
            Cell::Field(_) => !any_element && state.cells(object).all(|(cell, _)| !matches!(cell, Cell::Index(_))),
            _ => false,
        }
    }

    /// An element is written: of memory without values, how far from its start it has some now.
    pub(super) fn note_written(&mut self, state: &mut State, here: &Location, size: Option<i64>) {
        let [object] = here.objects.as_slice() else { return };
        let object = *object;
        if !self.wants_init || !self.is_raw(state, object) {
            return;
        }
        if let (Spot::Cell(Cell::Elements), Some((_, high)), Some(size)) = (&here.spot, here.at.range, size)
            && high < i64::MAX / 4
            && size > 0
        {
            self.memory.element_bytes.insert(object, size);
            let before = state.cell(object, Cell::Written).and_then(|held| self.values[held].only_int()).unwrap_or(0);
            let now = self.int(before.max(high / size + 1));
            state.set_cell(object, Cell::Written, now);
        } else if matches!(here.spot, Spot::Cell(Cell::Elements)) {
            self.expose(state, object);
        }
    }

    /// A local in memory is read as a whole.
    pub(in crate::analysis) fn check_read_local(&mut self, state: &State, object: ObjId, span: Span) {
        if self.wants_init && self.is_raw(state, object) {
            let raw = state.cell(object, Cell::Index(0)).is_none() && state.cell(object, Cell::Elements).is_none();
            self.note_read(state, span, raw, object);
        }
    }

    /// What a call is given the address of may have a value afterwards: callees that write only some of it, through
    /// variable arguments or later, are many.
    pub(in crate::analysis) fn pass_raw(&mut self, state: &mut State, args: &[ValueId]) {
        if !self.wants_init {
            return;
        }
        for arg in args {
            if self.values[*arg].objects.is_empty() {
                continue;
            }
            for object in self.led_to(state, &self.values[*arg].objects) {
                self.expose(state, object);
            }
        }
    }

    /// These objects and those that they lead to.
    pub(super) fn led_to(&self, state: &State, objects: &[ObjId]) -> SmallVec<[ObjId; 8]> {
        let mut reached: SmallVec<[ObjId; 8]> = SmallVec::from_slice(objects);
        let mut next = 0;
        while let (Some(&object), true) = (reached.get(next), reached.len() < MAX_LED_TO) {
            next += 1;
            for (cell, held) in state.cells(object) {
                if reached.len() < MAX_LED_TO && matches!(cell, Cell::Index(_) | Cell::Elements | Cell::Field(_) | Cell::Size) {
                    for inner in &self.values[held].objects {
                        if !reached.contains(inner) {
                            reached.push(*inner);
                        }
                    }
                }
            }
        }
        reached
    }

    /// Whether nothing of an object has been written.
    pub(super) fn is_blank(&self, state: &State, object: ObjId) -> bool {
        state.cells(object).all(|(cell, held)| match cell {
            Cell::Index(_) | Cell::Elements | Cell::Text | Cell::Field(_) | Cell::Length | Cell::Filled => false,
            Cell::Written => self.values[held].only_int() == Some(0),
            _ => true,
        })
    }

    /// A read with or without a value: reported only where no path gives one.
    pub(in crate::analysis) fn note_read(&mut self, state: &State, span: Span, raw: bool, object: ObjId) {
        let name = match self.objects[object].kind {
            ObjectKind::Storage(local) => self.body.locals.get(local).and_then(|local| local.name),
            _ => None,
        };
        self.note_raw_read(state, span, raw, name);
    }

    /// See [`Frame::note_read`].
    pub(in crate::analysis) fn note_raw_read(&mut self, state: &State, span: Span, raw: bool, name: Option<Symbol>) {
        let uncertain = state.uncertain;
        let verdict = match (raw, uncertain) {
            (false, _) => Reads::Some,
            (true, false) => Reads::Surely,
            (true, true) => Reads::All,
        };
        match self.reads.get_mut(&span) {
            Some(known) => {
                known.0 = match (known.0, verdict) {
                    (Reads::Surely, _) | (_, Reads::Surely) => Reads::Surely,
                    (Reads::Some, _) | (_, Reads::Some) => Reads::Some,
                    (Reads::All, Reads::All) => Reads::All,
                };
            }
            None => {
                self.reads.insert(span, (verdict, name));
            }
        }
    }

    /// Whether what the preprocessor left out of the function names a variable: it may give it a value.
    fn has_value_elsewhere(&self, name: Option<Symbol>) -> bool {
        let is_name = |local: &crate::ir::LocalId| self.body.locals.get(*local).is_some_and(|local| local.name == name);
        name.is_some() && self.body.elsewhere.iter().any(is_name)
    }

    /// Reports the reads that no path gives a value. Where not all paths were seen, another one may.
    pub(in crate::analysis) fn report_raw_reads(&mut self, exhausted: bool) {
        let mut raw: Vec<(Span, Option<Symbol>)> = self
            .reads
            .iter()
            .filter(|(_, (verdict, name))| match verdict {
                Reads::Surely => !self.has_value_elsewhere(*name),
                Reads::All => !exhausted && !self.has_value_elsewhere(*name),
                Reads::Some => false,
            })
            .map(|(span, (_, name))| (*span, *name))
            .collect();
        raw.sort_by_key(|(span, _)| *span);
        let ctx = self.ctx;
        let Some(rules) = ctx.check_rules.get(&(CheckKind::UninitializedUse, Language::C)) else { return };
        for rule in rules {
            let spans: Vec<Span> = self.reads.keys().copied().collect();
            for span in spans {
                self.examine(*rule, span);
            }
            for (span, name) in &raw {
                let name = name.map(|name| name.as_str().to_owned()).unwrap_or_default();
                let at = self.at(*span);
                self.report(*rule, at, self.id, None, vec![("name", name)], Vec::new());
            }
        }
    }

    /// A string is read to its terminator: there must be one, and characters at all.
    pub(super) fn check_text_read(&mut self, state: &State, pointer: ValueId, size: &SizeExpr, arg: u8, wide: i64, span: Span) {
        if !reads_text(size, arg) {
            return;
        }
        self.check_text(state, pointer, wide, span);
    }

    /// Leaves it to the callers that a parameter's memory holds a text.
    pub(in crate::analysis) fn leave_text(&mut self, state: &State, input: InputId, wide: i64, site: Site) {
        let kind = LatentKind::Text(wide);
        if site.depth > 3
            || self.latent.iter().any(|(known, pending, _)| *known == input && pending.kind == kind)
            || !self.is_sure(state)
        {
            return;
        }
        let Site { at, function, trail, depth } = site;
        self.latent.push((input, Pending { kind, at, function, trail, depth }, state.conditions.as_ref().clone()));
    }

    /// The text at a pointer is read to its terminator.
    pub(in crate::analysis) fn check_text(&mut self, state: &State, pointer: ValueId, wide: i64, span: Span) {
        let [object] = self.values[pointer].objects.as_slice() else { return };
        let object = *object;
        let at = Bytes::of_pointer(&self.values[pointer]);
        if self.wants_init
            && self.is_raw(state, object)
            && state.cell(object, Cell::Length).is_none()
            && state.cell(object, Cell::Filled).is_none()
        {
            if self.is_unending(state, object) && at.range == Some((0, 0)) {
                self.report_unterminated(object, span);
                return;
            }
            let raw = self.is_blank(state, object);
            self.note_read(state, span, raw, object);
            return;
        }
        let cut_off = self.is_raw(state, object) && state.cell(object, Cell::Length).is_none();
        let Some((0, 0)) = at.range else { return };
        if let ObjectKind::Input(input) = self.objects[object].kind
            && state.cell(object, Cell::Length).is_none()
            && state.cell(object, Cell::Filled).is_none()
        {
            let site = self.site(span);
            self.leave_text(state, input, wide, site);
        }
        let Some(region) = self.region(state, object) else { return };
        let filled = state.cell(object, Cell::Filled).and_then(|held| self.values[held].bounds());
        let full = filled.is_some_and(|(filled, _)| filled.saturating_mul(wide) >= region.size.1 || cut_off);
        if full || state.cell(object, Cell::Open).is_some() {
            self.report_unterminated(object, span);
        }
    }

    fn report_unterminated(&mut self, object: ObjId, span: Span) {
        let ctx = self.ctx;
        let Some(rules) = ctx.check_rules.get(&(CheckKind::ImproperNullTermination, Language::C)) else { return };
        let name = match self.objects[object].kind {
            ObjectKind::Storage(local) => self.body.locals.get(local).and_then(|local| local.name),
            _ => None,
        };
        let name = name.map(|name| name.as_str().to_owned()).unwrap_or_default();
        for rule in rules {
            self.examine(*rule, span);
            let place = self.at(span);
            self.report(*rule, place, self.id, None, vec![("name", name.clone())], Vec::new());
        }
    }

    /// Whether all that was ever written to memory that had no value are characters other than the terminator.
    fn is_unending(&self, state: &State, object: ObjId) -> bool {
        let mut characters = 0;
        for (cell, held) in state.cells(object) {
            match cell {
                Cell::Index(_) | Cell::Elements => {
                    let known = &self.values[held];
                    let never_zero = known.not == Some(0) || known.bounds().is_some_and(|(low, high)| low > 0 || high < 0);
                    if !never_zero {
                        return false;
                    }
                    characters += 1;
                }
                Cell::Text | Cell::Field(_) => return false,
                _ => {}
            }
        }
        characters > 0
    }
}

/// Whether a size is that of the text at an argument.
fn reads_text(size: &SizeExpr, arg: u8) -> bool {
    match size {
        SizeExpr::StrLen(index) => *index == arg,
        SizeExpr::Add(a, b) | SizeExpr::Mul(a, b) => reads_text(a, arg) || reads_text(b, arg),
        _ => false,
    }
}
