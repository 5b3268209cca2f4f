//! What models say of memory: sizes read, written and allocated, and the texts that calls leave.
//! Must not know which function it is.

use super::Bytes;
use super::region::Region;
use crate::analysis::call::CallView;
use crate::analysis::frame::{Frame, ObjectKind};
use crate::analysis::state::{Cell, State};
use crate::analysis::value::{Konst, ObjId, Value, ValueId};
use crate::base::Span;
use crate::rules::{ApiModel, BufferFact, CheckKind, Language, SizeExpr, Slot};

/// Functions that write so many bytes, whatever they are given, write paths: the least of the systems' limits.
const LONGEST_PATH: i64 = 260;

pub(super) const ANY: Bytes = Bytes { range: Some((0, i64::MAX / 8)), low: false, high: false, guarded: false };

pub(super) fn exactly(number: i64) -> Bytes {
    Bytes::exactly(number)
}

/// A text that a call leaves in an object.
pub(in crate::analysis) struct Left {
    object: ObjId,
    /// Characters before the terminator.
    length: Option<Bytes>,
    /// Characters without any terminator.
    filled: Option<i64>,
    /// Whether nothing had been written there before: what lies behind has no value.
    blank: bool,
    /// Bytes of a character.
    wide: i64,
}

impl Frame<'_> {
    /// Checks what a modelled call reads and writes; gives the texts that it leaves, to be set once its data has flown.
    pub(in crate::analysis) fn memory_facts(&mut self, state: &mut State, view: &CallView<'_>, model: &ApiModel) -> Vec<Left> {
        for fact in &model.buffers {
            let Some(&pointer) = view.args.get(usize::from(fact.arg)) else { continue };
            let wide = self.width(view, usize::from(fact.arg));
            let size = self.measure(state, view, &fact.size, wide);
            self.check_text_read(state, pointer, &fact.size, fact.arg, wide, view.span);
            match &fact.size {
                SizeExpr::Const(most) if fact.writes && *most >= LONGEST_PATH => {
                    self.check_path_buffer(state, pointer, *most, view.span);
                }
                _ => self.check_pointer(state, pointer, size, fact.writes, view.span),
            }
            self.check_sized_by(view, fact);
            self.limit_by_argument(state, view, fact, pointer);
            if fact.writes {
                self.leave_room(state, view, fact, wide);
            }
        }
        if let Some(op) = model.op
            && op.as_str() == "print.format"
        {
            self.check_printed(state, view, model);
        }
        self.memory.begins = self.beginning_left(state, view, model);
        let left = self.texts_left(state, view, model);
        let open = self.may_stay_open(state, view, model);
        for fact in model.buffers.iter().filter(|fact| fact.writes) {
            if let Some(&pointer) = view.args.get(usize::from(fact.arg)) {
                self.overwrite(state, pointer);
            }
        }
        for object in open {
            let yes = self.int(1);
            state.set_cell(object, Cell::Open, yes);
        }
        left
    }

    /// A function that takes its buffer to hold any path gets a smaller one.
    fn check_path_buffer(&mut self, state: &State, pointer: ValueId, most: i64, span: Span) {
        let ctx = self.ctx;
        let Some(rules) = ctx.check_rules.get(&(CheckKind::PathBuffer, Language::C)) else { return };
        let ([object], Some((low, high))) = (self.values[pointer].objects.as_slice(), self.values[pointer].offset) else {
            return;
        };
        let Some(region) = self.region(state, *object).filter(|_| low == high) else { return };
        let name = region.name.map(|name| name.as_str().rsplit('.').next().unwrap_or_default().to_owned()).unwrap_or_default();
        for rule in rules {
            self.examine(*rule, span);
            if region.size.1 - low < most {
                let args = vec![("name", name.clone()), ("value", most.to_string())];
                let place = self.at(span);
                self.report(*rule, place, self.id, None, args, Vec::new());
            }
        }
    }

    /// A size that is an argument is limited by the memory that it goes for.
    fn limit_by_argument(&mut self, state: &mut State, view: &CallView<'_>, fact: &BufferFact, pointer: ValueId) {
        let (at, factor) = match &fact.size {
            SizeExpr::Arg(at) => (usize::from(*at), 1),
            SizeExpr::Mul(a, b) => match (a.as_ref(), b.as_ref()) {
                (SizeExpr::Arg(at), SizeExpr::Const(factor)) => (usize::from(*at), *factor),
                _ => return,
            },
            _ => return,
        };
        let (Some(&size), Some(operand)) = (view.args.get(at), view.call.args.get(at)) else { return };
        if !self.is_open_number(size) {
            return;
        }
        let ([object], Some((low, high))) = (self.values[pointer].objects.as_slice(), self.values[pointer].offset) else {
            return;
        };
        let Some(region) = self.region(state, *object).filter(|_| low == high && low >= 0) else { return };
        let rest = Region { size: (region.size.0 - low, region.size.1 - low), ..region };
        let ty = self.operand_type(operand);
        self.limit_size(state, (size, ty, factor), &rest, fact.writes, view.span);
    }

    /// How a size grows with the length of a text whose length is not known here: the text, and bytes a character and more.
    fn grows_with(&self, state: &State, view: &CallView<'_>, size: &SizeExpr, wide: i64) -> Option<(ValueId, i64, i64)> {
        match size {
            SizeExpr::StrLen(at) => {
                let text = *view.args.get(usize::from(*at))?;
                (self.text_length(state, text, wide) == ANY).then_some((text, 1, 0))
            }
            SizeExpr::Arg(at) => self.memory.lengths.get(view.args.get(usize::from(*at))?).copied(),
            SizeExpr::Add(a, b) => {
                let constant = |size: &SizeExpr| {
                    let known = self.measure(state, view, size, wide);
                    known.range.filter(|(low, high)| low == high).map(|(low, _)| low)
                };
                let (other, grown) = match (constant(a), constant(b)) {
                    (Some(number), None) => (number, b),
                    (None, Some(number)) => (number, a),
                    _ => return None,
                };
                let (text, factor, more) = self.grows_with(state, view, grown, wide)?;
                Some((text, factor, more.checked_add(other)?))
            }
            SizeExpr::Mul(a, b) => {
                let ((SizeExpr::Const(factor), grown) | (grown, SizeExpr::Const(factor))) = (a.as_ref(), b.as_ref()) else {
                    return None;
                };
                let (text, times, more) = self.grows_with(state, view, grown, wide)?;
                Some((text, times.checked_mul(*factor)?, more.checked_mul(*factor)?))
            }
            SizeExpr::Min(a, b) => {
                let (first, second) = (self.grows_with(state, view, a, wide)?, self.grows_with(state, view, b, wide)?);
                let (x, y) = (&self.values[first.0], &self.values[second.0]);
                let same = first.1 == second.1 && x.objects.len() == 1 && x.objects == y.objects && x.offset == y.offset;
                same.then_some((first.0, first.1, first.2.min(second.2)))
            }
            // All that is printed is the text.
            SizeExpr::Format(at) => {
                let at = usize::from(*at);
                let format = self.text_of(*view.args.get(at)?)?;
                let text = *view.args.get(at + 1)?;
                let plain = matches!(format.as_str(), "%s" | "%ls" | "%S");
                (plain && self.text_length(state, text, wide) == ANY).then_some((text, 1, 0))
            }
            _ => None,
        }
    }

    /// A caller's text is written into memory of a known size: it must not be longer than that.
    fn leave_room(&mut self, state: &State, view: &CallView<'_>, fact: &BufferFact, wide: i64) {
        let Some((text, factor, more)) = self.grows_with(state, view, &fact.size, wide) else { return };
        let Some(target) = view.args.get(usize::from(fact.arg)) else { return };
        let ([object], Some((low, high))) = (self.values[*target].objects.as_slice(), self.values[*target].offset) else {
            return;
        };
        let ([source], Some((0, 0))) = (self.values[text].objects.as_slice(), self.values[text].offset) else { return };
        let (ObjectKind::Input(input), Some(region)) = (self.objects[*source].kind.clone(), self.region(state, *object)) else {
            return;
        };
        if low != high || factor <= 0 {
            return;
        }
        let most = region.size.1.saturating_sub(low).saturating_sub(more).div_euclid(factor);
        let site = self.site(view.span);
        self.leave_longer(state, input, most, wide, region.kind, site);
    }

    /// A text is copied with its terminator into memory of exactly its length.
    fn check_sized_by(&mut self, view: &CallView<'_>, fact: &BufferFact) {
        let SizeExpr::Add(length, more) = &fact.size else { return };
        let (SizeExpr::StrLen(from), SizeExpr::Const(1)) = (length.as_ref(), more.as_ref()) else { return };
        let (Some(target), Some(text)) = (view.args.get(usize::from(fact.arg)), view.args.get(usize::from(*from))) else {
            return;
        };
        let [object] = self.values[*target].objects.as_slice() else { return };
        let same = self.memory.sized_by.get(object).is_some_and(|sized| {
            let (sized, text) = (&self.values[*sized], &self.values[*text]);
            sized.objects.len() == 1 && sized.objects == text.objects && sized.offset == text.offset
        });
        if fact.writes && same {
            self.report_sized(view.span);
        }
    }

    /// Strings that a format prints are read to their terminators.
    fn check_printed(&mut self, state: &mut State, view: &CallView<'_>, model: &ApiModel) {
        let format_at = model.sinks.iter().find_map(|(slot, sink)| match slot {
            Slot::Arg(at) if sink.as_str() == "format" => Some(usize::from(*at)),
            _ => None,
        });
        let Some(at) = format_at else { return };
        let Some(format) = view.args.get(at).and_then(|format| self.text_of(*format)) else { return };
        let mut next = at + 1;
        let mut rest = format.as_str();
        while let Some((_, after)) = rest.split_once('%') {
            let end = after
                .find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | ' ' | '#' | '*' | 'l' | 'h' | 'w'))
                .unwrap_or(after.len());
            let (flags, tail) = after.split_at(end);
            let conversion = tail.chars().next();
            rest = conversion.map_or("", |c| tail.get(c.len_utf8()..).unwrap_or_default());
            if conversion == Some('%') {
                continue;
            }
            next += flags.matches('*').count();
            if matches!(conversion, Some('s' | 'S'))
                && !flags.contains('.')
                && let Some(&text) = view.args.get(next)
            {
                let wide = if flags.contains(['l', 'w']) || conversion == Some('S') { 4 } else { self.width(view, next) };
                self.check_text(state, text, wide, view.span);
                self.check_pointer(state, text, exactly(1), false, view.span);
            }
            next += 1;
        }
    }

    fn texts_left(&mut self, state: &State, view: &CallView<'_>, model: &ApiModel) -> Vec<Left> {
        let Some(op) = model.op else { return Vec::new() };
        let target = |at: usize| -> Option<(ObjId, i64)> {
            let known = &self.values[*view.args.get(at)?];
            let ([object], Some((low, high))) = (known.objects.as_slice(), known.offset) else { return None };
            (low == high && low >= 0).then_some((*object, low))
        };
        let Some((object, offset)) = target(0) else { return Vec::new() };
        let wide = self.width(view, 0);
        if offset % wide != 0 {
            return Vec::new();
        }
        let start = offset / wide;
        let arg = |at: usize| view.args.get(at).copied();
        let text = |at: usize| arg(at).map_or(ANY, |value| self.text_length(state, value, wide));
        let number = |at: usize| arg(at).map_or(ANY, |value| Bytes::of_number(&self.values[value]));
        // What stands before must be characters, or the text ends there.
        let own = || self.text_length(state, *view.args.first().unwrap_or(&ValueId::from_raw(0)), wide);
        let before = start == 0 || {
            let whole = self.values.get(*view.args.first().unwrap_or(&ValueId::from_raw(0)));
            whole.is_some() && self.filled_up_to(state, object) >= start
        };
        if !before {
            return Vec::new();
        }
        let copied = |length: Bytes, most: Option<i64>| -> (Option<Bytes>, Option<i64>) {
            match (length.range, most) {
                (Some((low, high)), Some(most)) if high < most => (Some(Bytes { range: Some((low, high)), ..length }), None),
                (Some((low, _)), Some(most)) if low >= most => (None, Some(most)),
                (Some(_), None) => (Some(length), None),
                _ => (None, None),
            }
        };
        let only = |bytes: Bytes| bytes.range.filter(|(low, high)| low == high).map(|(low, _)| low);
        let (length, filled) = match op.as_str() {
            "string.copy" => copied(text(1), None),
            "string.copy-bounded" => match only(number(2)) {
                Some(most) => copied(text(1), Some(most)),
                None => (None, None),
            },
            "string.append" => (Some(own().add(text(1))), None),
            "string.append-bounded" => match (text(1).range, only(number(2))) {
                (Some((low, high)), Some(most)) => {
                    let added = Bytes { range: Some((low.min(most), high.min(most))), ..text(1) };
                    (Some(own().add(added)), None)
                }
                _ => (None, None),
            },
            "memory.copy" => match only(number(2)) {
                Some(bytes) => copied(
                    text(1),
                    Some(bytes / if model.buffers.iter().any(|fact| matches!(&fact.size, SizeExpr::Mul(..))) { 1 } else { wide }),
                ),
                None => (None, None),
            },
            "memory.set" => {
                let in_chars = model.buffers.iter().any(|fact| matches!(&fact.size, SizeExpr::Mul(..)));
                let count = only(number(2)).map(|count| if in_chars { count } else { count / wide });
                match (arg(1).and_then(|value| self.values[value].only_int()), count) {
                    (Some(0), Some(count)) if count > 0 => (Some(exactly(0)), None),
                    (Some(byte), Some(count)) if byte != 0 => (None, Some(count)),
                    _ => (None, None),
                }
            }
            "memory.zero" => (Some(exactly(0)), None),
            "print.format" => {
                let fact = model.buffers.iter().find(|fact| fact.writes && fact.arg == 0);
                match fact.map(|fact| &fact.size) {
                    Some(SizeExpr::Add(inner, _)) => (Some(self.measure(state, view, inner, wide)), None),
                    _ => (None, None),
                }
            }
            _ => return Vec::new(),
        };
        let length = length.map(|length| length.plus(start));
        let blank = self.is_raw(state, object) && self.is_blank(state, object);
        vec![Left { object, length, filled: filled.map(|filled| filled + start), blank, wide }]
    }

    fn filled_up_to(&self, state: &State, object: ObjId) -> i64 {
        let least = |cell: Cell| state.cell(object, cell).and_then(|held| self.values[held].bounds()).map_or(0, |(low, _)| low);
        least(Cell::Length).max(least(Cell::Filled))
    }

    /// Sets the texts that a call left.
    pub(in crate::analysis) fn leave_texts(&mut self, state: &mut State, left: Vec<Left>) {
        for Left { object, length, filled, blank, wide } in left {
            if length.is_some() || filled.is_some() {
                self.memory.text_widths.insert(object, wide);
            }
            state.drop_cells(object, |cell| cell == Cell::Open);
            if blank && let Some(filled) = filled {
                let written = self.int(filled);
                state.drop_cells(object, |cell| cell == Cell::Exposed);
                state.set_cell(object, Cell::Written, written);
            }
            self.set_text(state, object, Cell::Length, length);
            self.set_text(state, object, Cell::Filled, filled.map(exactly));
        }
        if let Some((object, text)) = self.memory.begins.take() {
            self.set_beginning(state, object, text);
        }
    }

    /// What a modelled call's arguments point to may have a value afterwards.
    pub(in crate::analysis) fn pass_modelled(&mut self, state: &mut State, view: &CallView<'_>, model: &ApiModel) {
        for (at, value) in view.args.iter().enumerate() {
            let only_read = model.buffers.iter().any(|fact| usize::from(fact.arg) == at && !fact.writes);
            if only_read || self.values[*value].objects.is_empty() {
                continue;
            }
            for object in self.values[*value].objects.clone() {
                if model.releases.is_empty() {
                    self.expose(state, object);
                }
            }
        }
    }

    /// The memory that an allocator returns.
    pub(in crate::analysis) fn allocate(
        &mut self,
        state: &mut State,
        view: &CallView<'_>,
        model: &ApiModel,
        result: ValueId,
    ) -> ValueId {
        let Some(size) = &model.allocates else { return result };
        let size = self.measure(state, view, size, 1);
        let object = self.allocation(view.span, 2, view.ty.name());
        self.renew(state, object);
        state.drop_cells(object, |cell| !matches!(cell, Cell::Status(_)));
        if let Some(SizeExpr::Arg(at)) = &model.allocates
            && let Some(given) = view.args.get(usize::from(*at))
            && let Some((text, 1, 0)) = self.memory.lengths.get(given)
        {
            self.memory.sized_by.insert(object, *text);
        }
        if size != ANY {
            let bytes = self.number(size);
            state.set_cell(object, Cell::Bytes, bytes);
        }
        if model.acquires.is_none() {
            self.on_stack.insert(object);
        }
        let op = model.op.map(|op| op.as_str());
        match op {
            Some("memory.allocate" | "memory.stack-allocate") => {
                let none = self.int(0);
                state.set_cell(object, Cell::Written, none);
            }
            Some("memory.allocate-zeroed") => self.set_text(state, object, Cell::Length, Some(exactly(0))),
            Some("string.duplicate") => {
                let wide = self.width(view, 0);
                let length = view.args.first().map(|text| self.text_length(state, *text, wide));
                self.set_text(state, object, Cell::Length, length);
            }
            _ => {}
        }
        let known = &self.values[result];
        let mut value = Value { null: known.null, marks: known.marks.clone(), ..Value::default() };
        value.objects.push(object);
        value.offset = Some((0, 0));
        self.value(value)
    }

    /// A struct or array that is a local's storage gets a value.
    pub(in crate::analysis) fn assign_aggregate(&mut self, state: &mut State, object: ObjId, value: ValueId) {
        let text = match self.values[value].only_constant() {
            Some(Konst::Str(text)) => Some(text),
            _ => None,
        };
        if let Some(text) = text {
            state.drop_cells(object, |cell| !matches!(cell, Cell::Bytes));
            let length = i64::try_from(text.as_str().chars().count()).unwrap_or(0);
            self.set_text(state, object, Cell::Length, Some(exactly(length)));
        } else {
            self.copy_object(state, value, object);
        }
        self.expose(state, object);
    }
}
