//! Abstract values and the arena they live in while one function is analysed.
//!
//! A value's id is its identity: copies share it, so refining a value by a condition refines every place that holds
//! it. Must not know statements or rules.

use smallvec::SmallVec;

use super::marks::Marks;
use super::trace::PathId;
use crate::base::{FileId, FileSpan, Span, Symbol};
use crate::rules::SourceKinds;

index_vec::define_index_type! {
    /// A value of the function under analysis.
    pub(super) struct ValueId = u32;
}
index_vec::define_index_type! {
    /// An abstract object: an allocation site, or what an input points to.
    pub(super) struct ObjId = u32;
}
index_vec::define_index_type! {
    /// An input of the function: a parameter, the receiver, a static field, or a field path from one.
    pub(super) struct InputId = u32;
}

/// A constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Konst {
    Int(i64),
    Bool(bool),
    Char(u32),
    Str(Symbol),
    /// A class object, by name.
    Class(Symbol),
    /// A floating constant, by its bits.
    Float(u64),
    /// A function: C function pointers, by name.
    Func(Symbol),
}

impl Konst {
    /// The integer that it is in arithmetic.
    pub(super) fn as_int(self) -> Option<i64> {
        match self {
            Konst::Int(value) => Some(value),
            Konst::Char(unit) => Some(i64::from(unit)),
            Konst::Bool(value) => Some(i64::from(value)),
            _ => None,
        }
    }

    /// The real number that it is in arithmetic.
    pub(super) fn as_real(self) -> Option<f64> {
        match self {
            Konst::Float(bits) => Some(f64::from_bits(bits)),
            #[expect(clippy::cast_precision_loss, reason = "as the languages convert")]
            other => other.as_int().map(|int| int as f64),
        }
    }

    /// The text that string conversion gives.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Konst::Int(value) => Some(value.to_string()),
            Konst::Bool(value) => Some(value.to_string()),
            Konst::Char(unit) => char::from_u32(unit).map(String::from),
            Konst::Str(text) => Some(text.as_str().to_owned()),
            Konst::Class(name) => Some(format!("class {name}")),
            Konst::Float(bits) => Some(f64::from_bits(bits).to_string()),
            Konst::Func(_) => None,
        }
    }
}

/// More possible constants than this are no longer told apart.
pub(super) const MAX_CONSTS: usize = 4;
/// More marks than this on a value: the first ones are kept.
pub(super) const MAX_MARKS: usize = 6;
/// More objects than this: unknown.
pub(super) const MAX_OBJECTS: usize = 4;

/// Whether a value may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Null {
    /// Nothing known: not a reason to report.
    #[default]
    Unknown,
    /// Never.
    No,
    /// A call that may return null gave it, and nothing has been checked since; where.
    Maybe(FileSpan),
    /// Always; where it became so.
    Yes(FileSpan),
}

impl Null {
    /// Null on some path that this function has no evidence of: a callee returned or stored null under a condition that
    /// nobody has decided, or looked at its argument. It decides conditions like any null and is never reported.
    pub(super) const QUIET: Null = Null::Yes(NOWHERE);

    /// Where it became null, if that is a reason to report.
    pub(super) fn evidence(self) -> Option<FileSpan> {
        match self {
            Null::Yes(at) | Null::Maybe(at) if at != NOWHERE => Some(at),
            _ => None,
        }
    }
}

/// The place of a null that nobody is told of.
const NOWHERE: FileSpan = FileSpan { file: FileId::from_raw_unchecked(u32::MAX), span: Span { lo: u32::MAX, hi: u32::MAX } };

/// Where taint comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A source in view.
    Source(FileSpan),
    /// An input of the function: a caller decides.
    Input(InputId),
}

/// A mark of taint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Where it comes from.
    pub(super) origin: Origin,
    /// What kind of input it is; for an input of the function: all.
    pub(super) kinds: SourceKinds,
    /// A name of the source for messages (`getParameter`).
    pub(super) name: Symbol,
    /// Sanitizers it went through.
    pub(super) cleared: Cleared,
    /// The way so far.
    pub(super) path: PathId,
    /// Whether the data stands at the very start of the string: decides whole path, host or scheme.
    pub(super) at_start: bool,
}

/// A set of sanitizer kinds, by the bits that [`crate::analysis::kinds`] gives them.
pub(super) type Cleared = u64;

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Value {
    /// It is one of these; `None`: unknown.
    pub(super) consts: Option<SmallVec<[Konst; 1]>>,
    /// Nullness.
    pub(super) null: Null,
    /// Taint.
    pub(super) marks: Marks,
    /// What it points to; empty: unknown or no reference.
    pub(super) objects: SmallVec<[ObjId; 1]>,
    /// Integers: within, both ends included.
    pub(super) range: Option<(i64, i64)>,
    /// Integers: not this one, as a condition told; `None` where the range tells.
    pub(super) not: Option<i64>,
    /// Strings: begins with this text.
    pub(super) prefix: Option<Symbol>,
    /// Exactly this input's value.
    pub(super) input: Option<InputId>,
    /// A condition it is the truth of.
    pub(super) predicate: Option<Box<Predicate>>,
    /// C pointers: so many bytes into what it points to, both ends included; `None`: unknown.
    pub(super) offset: Option<(i64, i64)>,
    /// What is known of the ends of `range` and `offset`.
    pub(super) ends: Ends,
}

bitflags::bitflags! {
    /// Whether the ends of a range are values that are really taken, or only bounds.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub(super) struct Ends: u8 {
        /// The least value is taken.
        const LOW = 1;
        /// The greatest is.
        const HIGH = 1 << 1;
        /// It has also been compared with something unknown, which may keep it away from both.
        const GUARDED = 1 << 2;
        /// The least offset is taken.
        const LOW_OFFSET = 1 << 3;
        /// The greatest is.
        const HIGH_OFFSET = 1 << 4;
        /// Not an end: the variable has no value yet.
        const UNSET = 1 << 5;
        /// Not an end: the number changes from one round of a loop to the next.
        const COUNTS = 1 << 6;
        /// Not an end: by more than one, so that it may pass over an end.
        const STRIDES = 1 << 7;
    }
}

/// What a boolean value says about other values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Predicate {
    /// The value is one of these constants (`equals`, `==`).
    Is(ValueId, Konst),
    /// The value is null.
    IsNull(ValueId),
    /// Both are equal.
    Same(ValueId, ValueId),
    /// The first is below the second, or equal if so said.
    Less(ValueId, ValueId, bool),
    /// The same of real numbers: between two of them are others.
    LessReal(ValueId, ValueId, bool),
    /// The value has been checked to hold only what such a sanitizer leaves.
    Checked(ValueId, Cleared),
    /// The value is not null, and more; the opposite says nothing: `hasText`.
    Present(ValueId),
    /// The value is a canonical path under a fixed base, and so is all data of its origins.
    Rooted(ValueId),
    /// Not a condition: the value, a number, is the other's distance from zero.
    Magnitude(ValueId),
    /// The value is of the class.
    Class(ValueId, Symbol),
    /// Unknown code was asked about these values: whatever it answered, whether they are null it may have told.
    Asked(SmallVec<[ValueId; 1]>),
    /// The opposite.
    Not(Box<Predicate>),
}

impl Value {
    /// A single constant.
    pub(super) fn constant(constant: Konst) -> Value {
        let range = match constant {
            Konst::Int(value) => Some((value, value)),
            Konst::Char(unit) => Some((i64::from(unit), i64::from(unit))),
            _ => None,
        };
        Value { consts: Some(SmallVec::from_buf([constant])), null: Null::No, range, ..Value::default() }
    }

    /// The constants, as a slice; empty if unknown.
    pub(super) fn constants(&self) -> &[Konst] {
        self.consts.as_deref().unwrap_or_default()
    }

    /// The one constant it must be.
    pub(super) fn only_constant(&self) -> Option<Konst> {
        match self.constants() {
            [only] if !matches!(self.null, Null::Yes(_)) => Some(*only),
            _ => None,
        }
    }

    /// The one integer it must be.
    pub(super) fn only_int(&self) -> Option<i64> {
        self.only_constant().and_then(Konst::as_int)
    }

    /// The bounds of the integer it is.
    pub(super) fn bounds(&self) -> Option<(i64, i64)> {
        if let Some(consts) = &self.consts {
            let mut ints = consts.iter().map(|constant| constant.as_int());
            let first = ints.next().flatten()?;
            return ints.try_fold((first, first), |(lo, hi), int| int.map(|int| (lo.min(int), hi.max(int))));
        }
        match (self.range, self.not) {
            (Some((lo, hi)), Some(not)) if lo == not && lo < hi => Some((lo + 1, hi)),
            (range, _) => range,
        }
    }

    /// What is known of the ends of its bounds: constants are taken.
    pub(super) fn reached(&self) -> Ends {
        if self.constants().len() == 1 { self.ends | Ends::LOW | Ends::HIGH } else { self.ends }
    }

    /// The ends of two joined ranges: one is taken if both are the same and taken, or if a check left it. Which of two
    /// constants it is may depend on what else differs.
    fn joined_ends(&self, other: &Value) -> Ends {
        let both = self.reached() & other.reached();
        let mut ends = (self.ends | other.ends) & (Ends::GUARDED | Ends::COUNTS | Ends::STRIDES);
        let mut side = |low: Ends, high: Ends, a: Option<(i64, i64)>, b: Option<(i64, i64)>| {
            let (Some(a), Some(b)) = (a, b) else { return };
            let from = |own: bool, same: bool, end: Ends| {
                if same {
                    (both | self.ends | other.ends) & end
                } else if own {
                    self.ends & end
                } else {
                    other.ends & end
                }
            };
            ends |= from(a.0 < b.0, a.0 == b.0, low) | from(a.1 > b.1, a.1 == b.1, high);
        };
        side(Ends::LOW, Ends::HIGH, self.bounds(), other.bounds());
        if self.offset == other.offset {
            ends |= both & (Ends::LOW_OFFSET | Ends::HIGH_OFFSET);
        }
        ends
    }

    /// Adds a mark unless one of the same origin, kinds and clearing is there.
    pub(super) fn add_mark(&mut self, mark: Mark) {
        let is_it = |known: &Mark| known.origin == mark.origin && known.kinds == mark.kinds && known.cleared == mark.cleared;
        if let Some(at) = self.marks.iter().position(is_it) {
            if mark.at_start
                && !self.marks[at].at_start
                && let Some(known) = self.marks.iter_mut().nth(at)
            {
                known.at_start = true;
            }
            return;
        }
        if self.marks.len() < MAX_MARKS {
            self.marks.push(mark);
        }
    }

    /// What both are; where they differ, taint and the ends of ranges that do not move are all that is kept.
    pub(super) fn forget_different(&self, other: &Value) -> Value {
        let mut kept = Value { marks: self.marks.clone(), ..Value::default() };
        for mark in &other.marks {
            kept.add_mark(*mark);
        }
        if self.null == other.null {
            kept.null = self.null;
        }
        if self.objects == other.objects {
            kept.objects = self.objects.clone();
            kept.offset = self.offset.filter(|_| self.offset == other.offset);
        }
        kept.range = self.widened_range(other);
        kept
    }

    /// A range that covers both, of which ends that move are lost; no bound left: nothing is known, and the next join must
    /// not find it anew.
    fn widened_range(&self, other: &Value) -> Option<(i64, i64)> {
        let ((a, b), (c, d)) = self.bounds().zip(other.bounds())?;
        Some((if c < a { i64::MIN } else { a }, if d > b { i64::MAX } else { b })).filter(|range| *range != (i64::MIN, i64::MAX))
    }

    /// The least value that covers both. `widen`: unequal ranges lose their moving end.
    pub(super) fn join(&self, other: &Value, widen: bool) -> Value {
        let consts = match (&self.consts, &other.consts) {
            // A null and a constant: the constant, or null.
            (Some(_), _) | (_, Some(_)) if matches!(self.null, Null::Yes(_)) != matches!(other.null, Null::Yes(_)) => {
                if matches!(self.null, Null::Yes(_)) { other.consts.clone() } else { self.consts.clone() }
            }
            (Some(a), Some(b)) => {
                let mut all = a.clone();
                all.extend(b.iter().copied().filter(|constant| !a.contains(constant)));
                (all.len() <= MAX_CONSTS && !(widen && all.len() > a.len())).then_some(all)
            }
            _ => None,
        };
        let null = match (self.null, other.null) {
            (a, b) if a == b => a,
            (Null::Maybe(at), Null::No | Null::Maybe(_)) | (Null::No, Null::Maybe(at)) => Null::Maybe(at),
            (a @ Null::Yes(_), b @ Null::Yes(_)) => {
                if b.evidence().is_none() {
                    b
                } else {
                    a
                }
            }
            // Null on one way and not on the other: which condition goes with which is lost, and so is the reason to report.
            _ => Null::Unknown,
        };
        let mut marks = self.marks.clone();
        let mut joined = Value { consts, null, ..Value::default() };
        std::mem::swap(&mut joined.marks, &mut marks);
        for mark in &other.marks {
            joined.add_mark(*mark);
        }
        let null_side = |value: &Value| matches!(value.null, Null::Yes(_));
        if self.objects.is_empty() && !null_side(self) || other.objects.is_empty() && !null_side(other) {
            joined.objects = SmallVec::new();
        } else {
            joined.objects = self.objects.clone();
            joined.objects.extend(other.objects.iter().copied().filter(|object| !self.objects.contains(object)));
            // A loop that makes new objects must come to rest: what keeps changing is unknown.
            if joined.objects.len() > MAX_OBJECTS || widen && joined.objects.len() > self.objects.len() {
                joined.objects.clear();
            }
        }
        joined.range = match (self.bounds(), other.bounds()) {
            (Some((a, b)), Some((c, d))) if !widen => Some((a.min(c), b.max(d))),
            (Some(_), Some(_)) => self.widened_range(other),
            _ => None,
        };
        joined.not = if self.not == other.not { self.not } else { None };
        joined.offset = match (self.offset, other.offset) {
            _ if null_side(self) => other.offset,
            _ if null_side(other) => self.offset,
            (Some((a, b)), Some((c, d))) if !widen => Some((a.min(c), b.max(d))),
            (Some((a, b)), Some((c, d))) => Some((if c < a { i64::MIN } else { a }, if d > b { i64::MAX } else { b })),
            _ => None,
        };
        joined.ends = self.joined_ends(other);
        joined.prefix = if self.prefix == other.prefix { self.prefix } else { None };
        joined.input = if self.input == other.input { self.input } else { None };
        joined.predicate = if self.predicate == other.predicate { self.predicate.clone() } else { None };
        joined
    }
}
