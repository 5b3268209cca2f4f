//! Sizes that models give in terms of a call's arguments, and numbers that are lengths of texts.
//! Must not know what is wrong with a size.

use super::Bytes;
use super::facts::{ANY, exactly};
use crate::analysis::call::CallView;
use crate::analysis::frame::Frame;
use crate::analysis::state::State;
use crate::analysis::value::{Ends, Null, ObjId, ValueId};
use crate::rules::{ApiModel, SizeExpr, Slot};

impl Frame<'_> {
    /// Bytes of a character at an argument: wide ones have four.
    pub(super) fn width(&self, view: &CallView<'_>, arg: usize) -> i64 {
        let ty = view.call.args.get(arg).map_or(crate::ir::TyId::UNKNOWN, |arg| self.operand_type(arg));
        match self.c_size(self.element_type(ty)) {
            Some(4) => 4,
            Some(2) => 2,
            _ => 1,
        }
    }

    pub(super) fn measure(&self, state: &State, view: &CallView<'_>, size: &SizeExpr, wide: i64) -> Bytes {
        let arg = |index: u8| view.args.get(usize::from(index)).copied();
        match size {
            SizeExpr::Const(number) => exactly(*number),
            SizeExpr::Arg(index) => match arg(*index).map(|value| Bytes::of_number(&self.values[value])) {
                Some(known) if known.range.is_some() => known,
                _ => ANY,
            },
            SizeExpr::StrLen(index) => arg(*index).map_or(ANY, |value| self.text_length(state, value, wide)),
            SizeExpr::SizeOf(index) => {
                let object = arg(*index).and_then(|value| match self.values[value].objects.as_slice() {
                    [only] => self.region(state, *only),
                    _ => None,
                });
                object.map_or(ANY, |region| Bytes { range: Some(region.size), ..exactly(0) })
            }
            SizeExpr::Format(index) => self.format_length(state, view, usize::from(*index), wide),
            SizeExpr::Add(a, b) => self.measure(state, view, a, wide).add(self.measure(state, view, b, wide)),
            SizeExpr::Mul(a, b) => {
                let (a, b) = (self.measure(state, view, a, wide), self.measure(state, view, b, wide));
                match (a.range, b.range) {
                    (Some((x, y)), _) if x == y => b.times(x),
                    (_, Some((x, y))) if x == y => a.times(x),
                    (Some((a, b)), Some((c, d))) if a >= 0 && c >= 0 => {
                        Bytes { range: Some((a.saturating_mul(c), b.saturating_mul(d))), ..ANY }
                    }
                    _ => ANY,
                }
            }
            SizeExpr::Min(a, b) => {
                let (a, b) = (self.measure(state, view, a, wide), self.measure(state, view, b, wide));
                let (Some((p, q)), Some((r, s))) = (a.range, b.range) else { return ANY };
                let high = if q < s { a.high } else { b.high && (p >= s || a.high) };
                Bytes { range: Some((p.min(r), q.min(s))), low: a.low && b.low, high, guarded: a.guarded || b.guarded }
            }
        }
    }

    /// Whether a call reads and writes nothing of an argument: no bytes of nothing do no harm, and where an input says how
    /// many there are, it may go with the pointer.
    pub(in crate::analysis) fn takes_nothing(
        &self,
        state: &State,
        view: &CallView<'_>,
        model: &ApiModel,
        (slot, value): (Slot, ValueId),
    ) -> bool {
        let Slot::Arg(index) = slot else { return false };
        let mut facts = model.buffers.iter().filter(|fact| fact.arg == index).peekable();
        let open = matches!(self.values[value].null, Null::Unknown);
        facts.peek().is_some()
            && facts.all(|fact| match self.measure(state, view, &fact.size, 1).range {
                Some((0, 0)) => true,
                range => {
                    open && matches!(fact.size, SizeExpr::Arg(_)) && range.is_none_or(|(least, most)| least <= 0 && most > 0)
                }
            })
    }

    /// What a printf format prints: exactly, where all that it prints is known.
    fn format_length(&self, state: &State, view: &CallView<'_>, at: usize, wide: i64) -> Bytes {
        let Some(format) = view.args.get(at).and_then(|format| self.text_of(*format)) else { return ANY };
        let mut total = exactly(0);
        let mut next = at + 1;
        let mut chars = format.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                total = total.plus(1);
                continue;
            }
            let mut precise = false;
            let mut least = 0i64;
            let mut conversion = None;
            for c in chars.by_ref() {
                match c {
                    '0'..='9' if !precise => {
                        least = least.saturating_mul(10).saturating_add(i64::from(c.to_digit(10).unwrap_or(0)))
                    }
                    '.' => precise = true,
                    '*' => return ANY,
                    '-' | '+' | ' ' | '#' | '0'..='9' | 'l' | 'h' | 'z' | 'j' | 't' | 'L' | 'q' => {}
                    other => {
                        conversion = Some(other);
                        break;
                    }
                }
            }
            let printed = match conversion {
                Some('%') => exactly(1),
                Some('c') => exactly(1),
                Some('s' | 'S') if !precise => view.args.get(next).map_or(ANY, |value| self.text_length(state, *value, wide)),
                Some('d' | 'i' | 'u') => match view.args.get(next).and_then(|value| self.values[*value].only_int()) {
                    Some(number) => exactly(i64::try_from(number.to_string().len()).unwrap_or(1)),
                    None => Bytes { range: Some((1, 20)), ..ANY },
                },
                _ => ANY,
            };
            if conversion != Some('%') {
                next += 1;
            }
            let printed = match printed.range {
                Some((low, high)) => Bytes { range: Some((low.max(least), high.max(least))), ..printed },
                None => ANY,
            };
            total = total.add(printed);
        }
        total
    }

    /// A number computed from the length of a text.
    pub(in crate::analysis) fn note_length(&mut self, op: crate::ir::BinOp, a: ValueId, b: ValueId, result: ValueId) {
        use crate::ir::BinOp;
        let (known, other) = match (self.memory.lengths.get(&a), self.memory.lengths.get(&b)) {
            (Some(known), None) => (*known, b),
            (None, Some(known)) if op != BinOp::Sub => (*known, a),
            _ => return,
        };
        let Some(number) = self.values[other].only_int() else { return };
        let (text, factor, more) = known;
        let computed = match op {
            BinOp::Add => more.checked_add(number).map(|more| (text, factor, more)),
            BinOp::Sub => more.checked_sub(number).map(|more| (text, factor, more)),
            BinOp::Mul => factor.checked_mul(number).zip(more.checked_mul(number)).map(|(factor, more)| (text, factor, more)),
            _ => None,
        };
        if let Some(computed) = computed {
            self.memory.lengths.insert(result, computed);
        }
    }

    /// The length of a text is remembered by the value that holds it; a count is at most what may be written.
    pub(in crate::analysis) fn note_count(
        &mut self,
        state: &State,
        view: &CallView<'_>,
        model: &ApiModel,
        result: ValueId,
    ) -> ValueId {
        if model.op.is_some_and(|op| op.as_str() == "string.length")
            && let Some(text) = view.args.first()
        {
            let wide = self.width(view, 0);
            let length = self.text_length(state, *text, wide);
            if length.range.is_some_and(|(low, high)| low == high) {
                return self.number(length);
            }
            let mut counted = self.values[result].clone();
            // Memory decides it, wherever the text comes from.
            self.computed(&mut counted);
            if length.range != ANY.range {
                counted.range = length.range;
                counted.ends.set(Ends::HIGH, length.high);
            }
            let result = self.value(counted);
            self.memory.lengths.insert(result, (*text, 1, 0));
            return result;
        }
        let Some(most) = &model.most else { return result };
        let most = self.measure(state, view, most, 1);
        let Some((_, high)) = most.range.filter(|_| most.range != ANY.range) else { return result };
        let mut counted = self.values[result].clone();
        let (low, own) = counted.range.unwrap_or((-1, i64::MAX));
        counted.range = Some((low, own.min(high)));
        counted.ends.set(Ends::HIGH, most.high);
        counted.ends.set(Ends::GUARDED, most.guarded);
        self.value(counted)
    }

    /// Memory that a call fills with so many bytes as it gets, without a terminator: all of it, or what had no value.
    pub(super) fn may_stay_open(&self, state: &State, view: &CallView<'_>, model: &ApiModel) -> Vec<ObjId> {
        let mut open = Vec::new();
        if model.most.is_none() {
            return open;
        }
        for fact in model.buffers.iter().filter(|fact| fact.writes && !fact.terminates) {
            let Some(pointer) = view.args.get(usize::from(fact.arg)).map(|pointer| &self.values[*pointer]) else { continue };
            let ([object], Some((0, 0))) = (pointer.objects.as_slice(), pointer.offset) else { continue };
            let Some(region) = self.region(state, *object) else { continue };
            let size = self.measure(state, view, &fact.size, 1);
            let Some((low, high)) = size.range.filter(|(low, high)| low == high) else { continue };
            let blank = self.is_raw(state, *object) && self.is_blank(state, *object);
            if high >= region.size.1 || blank && low > 0 {
                open.push(*object);
            }
        }
        open
    }
}
