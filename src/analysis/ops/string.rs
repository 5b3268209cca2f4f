//! String operations: folded on constants, otherwise what they keep of taint and of what is known of a text.
//! Must not know collections.

use smallvec::SmallVec;

use crate::analysis::call::CallView;
use crate::analysis::frame::Frame;
use crate::analysis::kinds;
use crate::analysis::state::{Cell, State};
use crate::analysis::value::{Cleared, Konst, MAX_CONSTS, Null, Predicate, Value, ValueId};
use crate::base::Symbol;

impl Frame<'_> {
    pub(super) fn string_op(&mut self, state: &mut State, name: &str, view: &CallView<'_>) -> Option<ValueId> {
        let receiver = view.receiver;
        let arg = |index: usize| view.args.get(index).copied();
        match name {
            "append" | "insert" | "deleteCharAt" | "setLength" | "reverse" if self.is_builder(view) => {
                return self.builder_op(state, name, view);
            }
            "new" => return None,
            "toString" => {
                let receiver = receiver?;
                return match self.builder_text(state, receiver) {
                    Some(text) => Some(text),
                    None if self.values[receiver].consts.is_some()
                        || view.target.owner.is_some_and(|owner| owner.as_str() == "java.lang.String") =>
                    {
                        Some(receiver)
                    }
                    None => None,
                };
            }
            "intern" => return receiver,
            "concat" => {
                let (a, b) = (receiver?, arg(0)?);
                return Some(self.concat(state, a, b));
            }
            "valueOf" => {
                let value = arg(0)?;
                let constant = self.values[value].only_constant()?;
                return constant.text().map(|text| self.string(&text));
            }
            "equals" | "equalsIgnoreCase" | "contentEquals" => {
                let (a, b) = match receiver {
                    Some(receiver) => (receiver, arg(0)?),
                    None => (arg(0)?, arg(1)?),
                };
                if name == "equals" {
                    return Some(self.equality(a, b, false));
                }
                if let (Some(a), Some(b)) = (self.text_of(a), self.text_of(b)) {
                    return Some(self.bool(a.eq_ignore_ascii_case(&b)));
                }
                // Equal but for case to a constant: nothing of the outside is left but case.
                let tested = if self.text_of(b).is_some() {
                    a
                } else if self.text_of(a).is_some() {
                    b
                } else {
                    return self.equal_to_own(a, b);
                };
                return Some(self.checked(tested, Cleared::MAX));
            }
            "matches" => return self.matches_op(view),
            "format" => return self.format_op(state, view),
            "join" => return None,
            _ => {}
        }
        // Everything else folds when the receiver and all arguments are single constants.
        let receiver = receiver?;
        let subject = match self.builder_text(state, receiver) {
            Some(text) => text,
            None => receiver,
        };
        if let Some(folded) = self.fold_string(name, subject, view) {
            return Some(folded);
        }
        self.partial_string(state, name, subject, view)
    }

    fn is_builder(&self, view: &CallView<'_>) -> bool {
        view.target.owner.is_some_and(|owner| owner.as_str() != "java.lang.String")
    }

    /// The text in a builder, if one is known.
    fn builder_text(&mut self, state: &State, receiver: ValueId) -> Option<ValueId> {
        match self.values[receiver].objects.as_slice() {
            [object] => state.cell(*object, Cell::Text),
            _ => None,
        }
    }

    fn builder_op(&mut self, state: &mut State, name: &str, view: &CallView<'_>) -> Option<ValueId> {
        let receiver = view.receiver?;
        let objects = self.objects_of(receiver);
        for &object in &objects {
            let known = state.cell(object, Cell::Text);
            let fresh = matches!(self.objects[object].kind, crate::analysis::frame::ObjectKind::Allocated(_));
            let before = match known {
                Some(before) => before,
                None if fresh => self.string(""),
                None => {
                    let mut value = Value::default();
                    let marks: SmallVec<[_; 4]> =
                        self.values[receiver].marks.iter().chain(&self.objects[object].marks).copied().collect();
                    marks.into_iter().for_each(|mark| value.add_mark(mark));
                    self.value(value)
                }
            };
            let after = match (name, view.args.as_slice()) {
                ("append", [value]) => self.concat(state, before, *value),
                ("reverse", []) => match self.text_of(before) {
                    Some(text) => {
                        let reversed: String = text.chars().rev().collect();
                        self.string(&reversed)
                    }
                    None => self.loosened(before),
                },
                ("setLength", [length]) if self.values[*length].only_int() == Some(0) => self.string(""),
                ("insert", [at, value]) => match (self.text_of(before), self.values[*at].only_int(), self.text_of(*value)) {
                    (Some(mut text), Some(at), Some(value)) => match usize::try_from(at) {
                        Ok(at) if text.is_char_boundary(at) => {
                            text.insert_str(at, &value);
                            self.string(&text)
                        }
                        _ => self.loosened(before),
                    },
                    (_, Some(0), _) => self.concat(state, *value, before),
                    _ => self.concat(state, before, *value),
                },
                ("deleteCharAt", [at]) => {
                    match (self.text_of(before), self.values[*at].only_int().and_then(|at| usize::try_from(at).ok())) {
                        (Some(mut text), Some(at)) if at < text.len() && text.is_char_boundary(at) => {
                            text.remove(at);
                            self.string(&text)
                        }
                        _ => self.loosened(before),
                    }
                }
                _ => {
                    let mut after = self.loosened(before);
                    for value in &view.args {
                        after = self.concat(state, after, *value);
                    }
                    after
                }
            };
            state.set_cell(object, Cell::Text, after);
        }
        Some(receiver)
    }

    /// The same data, of which nothing but its taint is known.
    fn loosened(&mut self, value: ValueId) -> ValueId {
        let marks = self.values[value].marks.clone();
        self.value(Value { marks, null: Null::No, ..Value::default() })
    }

    fn fold_string(&mut self, name: &str, receiver: ValueId, view: &CallView<'_>) -> Option<ValueId> {
        let receivers: SmallVec<[Symbol; 4]> = self.values[receiver]
            .consts
            .as_ref()?
            .iter()
            .map(|constant| match constant {
                Konst::Str(text) => Some(*text),
                _ => None,
            })
            .collect::<Option<_>>()?;
        let args: SmallVec<[Konst; 2]> = view.args.iter().map(|arg| self.values[*arg].only_constant()).collect::<Option<_>>()?;
        let results: SmallVec<[Konst; 4]> =
            receivers.iter().map(|text| apply(name, text.as_str(), &args)).collect::<Option<_>>()?;
        if let [only] = results.as_slice() {
            return Some(match only {
                Konst::Str(text) => self.string(text.as_str()),
                other => self.constant(*other),
            });
        }
        let mut consts: SmallVec<[Konst; 1]> = SmallVec::new();
        for result in results {
            if !consts.contains(&result) {
                consts.push(result);
            }
        }
        (consts.len() <= MAX_CONSTS).then(|| self.value(Value { consts: Some(consts), null: Null::No, ..Value::default() }))
    }

    /// A value that is one of these strings.
    pub(in crate::analysis) fn strings(&mut self, all: &[String]) -> ValueId {
        match all {
            [only] => self.string(only),
            _ if all.iter().all(|text| text.len() <= 512) && all.len() <= MAX_CONSTS => {
                let mut consts: SmallVec<[Konst; 1]> = SmallVec::new();
                for text in all {
                    let constant = Konst::Str(crate::base::Symbol::new(text));
                    if !consts.contains(&constant) {
                        consts.push(constant);
                    }
                }
                self.value(Value { consts: Some(consts), null: Null::No, ..Value::default() })
            }
            _ => self.non_null(),
        }
    }

    /// What is known of the result though the text is not.
    fn partial_string(&mut self, state: &State, name: &str, subject: ValueId, view: &CallView<'_>) -> Option<ValueId> {
        let marks = self.text_marks(state, subject);
        let keep = |frame: &mut Self, cleared: Cleared, prefix: Option<Symbol>| {
            let mut value = Value { null: Null::No, prefix, ..Value::default() };
            for mut mark in marks.iter().copied() {
                mark.cleared |= cleared;
                value.add_mark(mark);
            }
            Some(frame.value(value))
        };
        match name {
            "trim" | "strip" | "toLowerCase" | "toUpperCase" => {
                let result = keep(self, 0, None)?;
                self.values[result].range = self.values[subject].range;
                self.note_copy(result, subject);
                Some(result)
            }
            "length" | "indexOf" | "lastIndexOf" | "compareTo" => {
                let low = if name == "length" { 0 } else { -1 };
                if name == "compareTo" {
                    return Some(self.unknown());
                }
                let mut value = Value { range: Some((low, i64::from(i32::MAX))), null: Null::No, ..Value::default() };
                for mut mark in marks.iter().copied() {
                    mark.cleared |= kinds::NUMBER | kinds::COMPUTED;
                    value.add_mark(mark);
                }
                Some(self.value(value))
            }
            "isEmpty" | "isBlank" => {
                let empty = Konst::Str(Symbol::new(""));
                Some(self.value(Value {
                    predicate: Some(Box::new(Predicate::Is(subject, empty))),
                    null: Null::No,
                    ..Value::default()
                }))
            }
            "startsWith" | "endsWith" | "contains" => {
                if let (Some(prefix), Some(wanted)) = (self.values[subject].prefix, self.text_of(*view.args.first()?))
                    && name != "endsWith"
                    && prefix.as_str().starts_with(&wanted)
                {
                    return Some(self.bool(true));
                }
                if name == "endsWith"
                    && let Some(end) = self.text_of(*view.args.first()?)
                    && let Some(checked) = self.host_ends(subject, &end)
                {
                    return Some(checked);
                }
                Some(self.value(Value { null: Null::No, ..Value::default() }))
            }
            "replace" | "replaceAll" | "replaceFirst" => {
                let (from, to) = (self.text_of(*view.args.first()?), self.text_of(*view.args.get(1)?));
                let cleared = match (&from, &to) {
                    (Some(from), Some(to)) if name != "replaceFirst" => removed_kinds(name, from, to),
                    _ => 0,
                };
                let added = self.text_marks(state, *view.args.get(1)?);
                // An address begins as before unless the very beginning is replaced.
                let address = self.values[subject].prefix.filter(|prefix| prefix.as_str().contains("://"));
                let result = keep(self, cleared, address)?;
                for mark in added {
                    self.values[result].add_mark(mark);
                }
                Some(result)
            }
            "substring" => {
                // From the very start it keeps what is known of the start.
                let from_start = self.values[*view.args.first()?].only_int() == Some(0);
                let result = keep(self, 0, None)?;
                // A text of so many characters writes no greater number.
                let ends = [view.args.first(), view.args.get(1)].map(|arg| self.values[*arg?].only_int());
                if let [Some(start), Some(end)] = ends
                    && let Some(digits) = end.checked_sub(start).and_then(|digits| u32::try_from(digits).ok())
                    && let Some(above) = 10i64.checked_pow(digits)
                {
                    self.values[result].range = Some((1 - above / 10, above - 1));
                }
                if !from_start {
                    for mark in &mut self.values[result].marks {
                        mark.at_start = true;
                    }
                }
                Some(result)
            }
            "charAt" => {
                let result = keep(self, 0, None)?;
                Some(result)
            }
            _ => None,
        }
    }

    /// `text.matches(regex)`: decided on constants; else a check of which characters may be left.
    fn matches_op(&mut self, view: &CallView<'_>) -> Option<ValueId> {
        let (text, pattern) = match view.receiver {
            // Pattern.matches(regex, text) is static.
            Some(receiver) if view.args.len() == 1 => (receiver, *view.args.first()?),
            _ => (*view.args.get(1)?, *view.args.first()?),
        };
        let pattern = self.text_of(pattern)?;
        if let Some(text) = self.text_of(text)
            && let Ok(regex) = regex::Regex::new(&format!("^(?:{pattern})$"))
        {
            return Some(self.bool(regex.is_match(&text)));
        }
        let cleared = allowed_kinds(&pattern);
        (cleared != 0).then(|| self.checked(text, cleared))
    }

    /// `String.format`: the constant parts of a known format, and the taint of the arguments.
    fn format_op(&mut self, state: &State, view: &CallView<'_>) -> Option<ValueId> {
        let mut parts = view.args.iter();
        let first = *parts.next()?;
        // With a locale first, the format is second.
        let format = if self.text_of(first).is_some() { first } else { return None };
        let text = self.text_of(format)?;
        let prefix = text.split('%').next().filter(|prefix| !prefix.is_empty()).map(Symbol::new);
        let at_start = prefix.is_none();
        let mut value = Value { null: Null::No, prefix, ..Value::default() };
        for (index, arg) in parts.enumerate() {
            for mut mark in self.text_marks(state, *arg) {
                mark.at_start &= at_start && index == 0;
                value.add_mark(mark);
            }
        }
        Some(self.value(value))
    }
}

/// A string method on constants.
fn apply(name: &str, text: &str, args: &[Konst]) -> Option<Konst> {
    let string = |text: &str| Some(Konst::Str(Symbol::new(text)));
    let int = |index: usize| args.get(index).and_then(|constant| constant.as_int());
    let arg = |index: usize| match args.get(index)? {
        Konst::Str(text) => Some(text.as_str().to_owned()),
        Konst::Char(unit) => char::from_u32(*unit).map(String::from),
        _ => None,
    };
    // Java counts UTF-16 units; texts with others are left alone.
    let plain = text.chars().all(|c| (c as u32) < 0x1_0000);
    let units: Vec<char> = if plain { text.chars().collect() } else { return None };
    let slice = |from: i64, to: i64| -> Option<String> {
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        Some(units.get(from..to)?.iter().collect())
    };
    let length = i64::try_from(units.len()).ok()?;
    match name {
        "length" => Some(Konst::Int(length)),
        "charAt" => units.get(usize::try_from(int(0)?).ok()?).map(|c| Konst::Char(*c as u32)),
        "substring" => string(&slice(int(0)?, if args.len() > 1 { int(1)? } else { length })?),
        "trim" | "strip" => string(text.trim()),
        "toLowerCase" => string(&text.to_lowercase()),
        "toUpperCase" => string(&text.to_uppercase()),
        "replace" => string(&text.replace(&arg(0)?, &arg(1)?)),
        "replaceAll" => string(&regex::Regex::new(&arg(0)?).ok()?.replace_all(text, arg(1)?.as_str())),
        "replaceFirst" => string(&regex::Regex::new(&arg(0)?).ok()?.replace(text, arg(1)?.as_str())),
        "startsWith" => Some(Konst::Bool(text.starts_with(&arg(0)?))),
        "endsWith" => Some(Konst::Bool(text.ends_with(&arg(0)?))),
        "contains" => Some(Konst::Bool(text.contains(&arg(0)?))),
        "isEmpty" => Some(Konst::Bool(text.is_empty())),
        "isBlank" => Some(Konst::Bool(text.trim().is_empty())),
        "repeat" => {
            let times = usize::try_from(int(0)?).ok().filter(|times| times.saturating_mul(text.len()) < 4096)?;
            string(&text.repeat(times))
        }
        "indexOf" | "lastIndexOf" if args.len() == 1 => {
            let wanted = match args.first()? {
                Konst::Int(unit) => char::from_u32(u32::try_from(*unit).ok()?)?.to_string(),
                _ => arg(0)?,
            };
            let at = if name == "indexOf" { text.find(&wanted) } else { text.rfind(&wanted) };
            Some(Konst::Int(match at {
                Some(at) => i64::try_from(text.get(..at)?.chars().count()).ok()?,
                None => -1,
            }))
        }
        "compareTo" => Some(Konst::Int(match text.cmp(arg(0)?.as_str()) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        })),
        _ => None,
    }
}

/// The sanitizing that a replacement does: all dangerous characters of a context are taken out or made harmless.
pub(super) fn removed_kinds(name: &str, from: &str, to: &str) -> Cleared {
    if name == "replace" {
        let no_parent = matches!(from, ".." | ".") && !to.contains('.');
        let removed = kinds::characters(|c| from.chars().eq([c]) && !to.contains(c));
        return removed | if no_parent { kinds::NO_PARENT } else { 0 };
    }
    thread_local! {
        static KNOWN: std::cell::RefCell<crate::base::FastMap<(Symbol, Symbol), Cleared>> = std::cell::RefCell::default();
    }
    let key = (Symbol::new(from), Symbol::new(to));
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).copied()) {
        return known;
    }
    let cleared = find_removed_kinds(from, to);
    KNOWN.with_borrow_mut(|known| known.insert(key, cleared));
    cleared
}

fn find_removed_kinds(from: &str, to: &str) -> Cleared {
    let Ok(regex) = regex::Regex::new(from) else { return 0 };
    let parents = ["..", "../..", "....//", "a..b/../c"];
    let no_parent = parents.iter().all(|probe| !regex.replace_all(probe, to).contains(".."));
    let removed = kinds::characters(|c| {
        let single = c.to_string();
        regex.is_match(&single) && regex.replace_all(&single, to) != single
    });
    removed | if no_parent { kinds::NO_PARENT } else { 0 }
}

/// The sanitizing that passing a full match implies: the pattern admits none of the context's characters.
pub(super) fn allowed_kinds(pattern: &str) -> Cleared {
    thread_local! {
        static KNOWN: std::cell::RefCell<crate::base::FastMap<Symbol, Cleared>> = std::cell::RefCell::default();
    }
    let key = Symbol::new(pattern);
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).copied()) {
        return known;
    }
    let cleared = find_allowed_kinds(pattern);
    KNOWN.with_borrow_mut(|known| known.insert(key, cleared));
    cleared
}

fn find_allowed_kinds(pattern: &str) -> Cleared {
    let Ok(regex) = regex::Regex::new(&format!("^(?:{pattern})$")) else { return 0 };
    // A pattern that admits a dangerous character admits it somewhere in a short probe of its own alphabet.
    let admits = |c: char| {
        ["", "a", "1", "aa", "11", "a1", "abc", "1234"].iter().any(|word| {
            let probes =
                [format!("{c}"), format!("{word}{c}"), format!("{c}{word}"), format!("{word}{c}{word}"), format!("{c}{c}{c}")];
            probes.iter().any(|probe| regex.is_match(probe))
        })
    };
    let mut cleared = 0;
    for (kind, characters) in kinds::DANGEROUS {
        if !characters.chars().any(admits) {
            cleared |= kinds::bit(kind);
        }
    }
    if kinds::OUTSIDE_OF_NAMES.chars().all(|c| !admits(c)) {
        cleared |= kinds::PLAIN_NAME;
    }
    // Nothing but letters, digits and a few joiners: harmless everywhere.
    if " ;&|$`<>\"'\\/\r\n()*=%#".chars().all(|c| !admits(c)) {
        cleared = Cleared::MAX;
    }
    cleared
}
