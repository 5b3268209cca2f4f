//! Numbers that must stay within limits: operands of arithmetic, narrowed values, divisors, indexes, sizes, bounds of
//! loops. Each such place makes a demand; a number that the outside decides and that no check keeps in the limits, or a
//! constant that breaks them, is reported, and what an input decides is left to the callers.
//! Must not know how values are computed or where control goes.

mod arithmetic;
mod compare;
mod conversion;
mod index;
mod loops;
mod shift;

use super::frame::{Frame, Pending};
use super::kinds;
use super::sinks::Arrival;
use super::state::{Cell, State};
use super::summary::{Input, LatentKind, Root};
use super::trace::{PathId, Trail, before, steps};
use super::value::{Cleared, Ends, Konst, Mark, Origin, Value, ValueId};
use crate::base::{FileSpan, Span, Symbol};
use crate::findings::StepKind;
use crate::ir::{BinOp, LocalKind, Operand, Ty, TyId};
use crate::program::FuncId;
use crate::rules::{CheckKind, Confidence, SourceKinds};

/// Kinds of input whose numbers may be any: what rules on secrets and claims follow is no number.
const NUMBERS: SourceKinds = SourceKinds::WEB
    .union(SourceKinds::FILE)
    .union(SourceKinds::DB)
    .union(SourceKinds::ENV)
    .union(SourceKinds::SOCKET)
    .union(SourceKinds::RANDOM)
    .union(SourceKinds::ARBITRARY);
/// Demands left to the callers of one function.
const MAX_DEMANDS: usize = 12;
/// Demands are not handed up further than this many calls.
const MAX_DEMAND_DEPTH: u8 = 8;
/// A size, time or number of rounds from here on does harm.
const HARMFUL: i64 = i32::MAX as i64;

/// What a place demands of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Demand {
    pub(super) subject: Subject,
    pub(super) limit: Limit,
    /// What the checks on the way here leave of it.
    pub(super) within: (i64, i64),
    /// What the marks went through on the way here.
    pub(super) cleared: Cleared,
    /// The name of what is computed, for messages.
    pub(super) name: Symbol,
    /// The type that cannot hold the result.
    pub(super) ty: TyId,
    /// Whether a constant alone may break it: not where something unknown has a part in it.
    pub(super) constants: bool,
}

/// A bound that is so much or less below the end of a wide type was made of it.
const NEAR: i64 = 16;
/// A sum that is so much or less off its operand is off by little.
const LITTLE: i64 = 1024;
/// The same in Java's `long`: a time and some seconds.
const LITTLE_OF_LONG: i64 = 1 << 40;

impl Demand {
    /// Whether only numbers next to the end of the type break it: the next page, the month before. Nothing comes of most.
    /// In the widest type anything up to `of_widest` is next to it.
    fn is_marginal(&self, of_widest: i64) -> bool {
        let Subject::Check(CheckKind::IntegerOverflow | CheckKind::IntegerUnderflow) = self.subject else { return false };
        let (Limit::Between(least, most), Some((bits @ 32.., signed))) = (self.limit, integer_type(self.ty)) else {
            return false;
        };
        let (min, max) = super::integers::limits(bits, signed);
        let little = if bits == 64 { of_widest } else { LITTLE };
        least <= min.saturating_add(little) && most >= max.saturating_sub(little)
    }

    /// Whether memory is accessed at a place, or in a size, that the number decides.
    pub(super) fn is_of_memory(&self) -> bool {
        use CheckKind::{BufferUnderwrite, HeapOverflow, OutOfBoundsRead, StackOverflow};
        matches!(self.subject, Subject::Check(BufferUnderwrite | HeapOverflow | OutOfBoundsRead | StackOverflow))
    }
}

impl Demand {
    /// Whether the number tells a place in memory or in an array.
    fn is_placed(&self) -> bool {
        self.is_of_memory() || self.subject == Subject::Check(CheckKind::UncheckedIndex)
    }

    /// C: whether the number is a random one, or the sum is one that wraps by definition, of the widest type or next to its
    /// end.
    fn is_meek(&self, mark: Mark) -> bool {
        let random = (SourceKinds::RANDOM | SourceKinds::ARBITRARY).contains(mark.kinds);
        let wraps = match (self.subject, self.ty.get()) {
            (Subject::Check(CheckKind::IntegerOverflow), Ty::Int { bits, signed }) => {
                !signed && (*bits == 64 || self.is_marginal(LITTLE))
            }
            _ => false,
        };
        random || wraps || self.is_marginal(LITTLE) && matches!(self.ty.get(), Ty::Int { bits: 64, .. })
    }
}

/// Which rules a broken demand is a matter of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Subject {
    Check(CheckKind),
    Sink { sink: Symbol, callee: Symbol },
}

/// Which numbers do no harm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    /// Those between, both ends included.
    Between(i64, i64),
    /// All but zero.
    NotZero,
}

impl Limit {
    /// Whether some number of the range breaks it. An end one off its type's is what a comparison with something unknown
    /// leaves: that side was checked.
    fn broken_by(self, (lo, hi): (i64, i64)) -> bool {
        match self {
            Limit::Between(least, most) => lo < least && !is_checked_low(lo) || hi > most && !is_checked_high(hi),
            Limit::NotZero => lo <= 0 && hi >= 0,
        }
    }

    fn broken_by_constant(self, value: i64) -> bool {
        match self {
            Limit::Between(least, most) => value < least || value > most,
            Limit::NotZero => value == 0,
        }
    }
}

/// What was compared with the end of a type, or with one that is a little off it (`n > INT_MAX - 2`), was checked.
fn is_checked_high(hi: i64) -> bool {
    let wide = |end: &i64| *end >= i64::from(i32::MAX) && is_type_end(*end);
    hi.checked_add(1).is_some_and(is_type_end) || (2..=NEAR).any(|off| hi.checked_add(off).as_ref().is_some_and(wide))
}

fn is_checked_low(lo: i64) -> bool {
    lo.checked_sub(1).is_some_and(|end| end < 0 && is_type_end(end))
}

/// Whether a number is the least or greatest of an integer type of either language.
pub(super) fn is_type_end(value: i64) -> bool {
    const ENDS: [i64; 11] = [
        i8::MIN as i64,
        i8::MAX as i64,
        u8::MAX as i64,
        i16::MIN as i64,
        i16::MAX as i64,
        u16::MAX as i64,
        i32::MIN as i64,
        i32::MAX as i64,
        u32::MAX as i64,
        i64::MIN,
        i64::MAX,
    ];
    ENDS.contains(&value)
}

fn intersection((a, b): (i64, i64), (c, d): (i64, i64)) -> Option<(i64, i64)> {
    let both = (a.max(c), b.min(d));
    (both.0 <= both.1).then_some(both)
}

/// Where a demand is made.
struct Place {
    at: FileSpan,
    function: FuncId,
    /// How many calls down.
    depth: u8,
}

impl Frame<'_> {
    /// Whether a number may break demands at all: the outside or a caller decides it, or it is the end of a type.
    fn is_hot(&self, value: ValueId) -> bool {
        let known = &self.values[value];
        known.marks.iter().any(|mark| {
            mark.cleared & (kinds::COMPUTED | kinds::SCALED | kinds::ASSEMBLED) == 0 && mark.kinds.intersects(NUMBERS)
        }) || known.consts.as_ref().is_some_and(|consts| consts.iter().any(|c| c.as_int().is_some_and(is_type_end)))
            || known.input.is_some() && self.is_c() && self.ctx.demand.takes_limits(self.id)
    }

    /// Whether a demand on a number can be decided here or by the callers.
    fn may_be_decided(&self, value: ValueId) -> bool {
        let known = &self.values[value];
        !known.marks.is_empty() || known.consts.is_some() || known.input.is_some() && self.is_c()
    }

    /// A number is used where a demand is made of it.
    pub(super) fn demand(&mut self, state: &State, value: ValueId, demand: Demand, span: Span) {
        let at = self.at(span);
        let tail = before(self.hop(span, StepKind::Sink, self.ctx.names.empty), None);
        self.judge(state, value, demand, &Place { at, function: self.id, depth: 0 }, &tail);
    }

    /// A callee demands something of what is passed to it.
    pub(super) fn demand_of_callee(
        &mut self,
        state: &State,
        value: ValueId,
        demand: Demand,
        (at, function, depth): (FileSpan, FuncId, u8),
        tail: &Trail,
    ) {
        if depth <= MAX_DEMAND_DEPTH {
            self.judge(state, value, demand, &Place { at, function, depth }, tail);
        }
    }

    fn judge(&mut self, state: &State, value: ValueId, demand: Demand, place: &Place, tail: &Trail) {
        let known = &self.values[value];
        let is_text = demand.cleared & kinds::PARSED != 0;
        let own = known.bounds().filter(|_| !is_text).unwrap_or((i64::MIN, i64::MAX));
        let Some(bounds) = intersection(own, demand.within) else { return };
        if !demand.limit.broken_by(bounds) || demand.limit == Limit::NotZero && known.not == Some(0) {
            return;
        }
        if let Some(consts) = &known.consts
            && !consts.is_empty()
            && !is_text
        {
            if demand.constants
                && is_evidence(demand, consts, place.depth)
                && (demand.is_of_memory() || self.is_certain(state, demand))
            {
                self.report_demand(demand, place, None, tail);
            }
            return;
        }
        if self.is_c()
            && known.marks.is_empty()
            && let Some(input) = known.input
        {
            // No caller passes data from outside, but one may pass a constant.
            // Compared with something unknown, it may never be what a caller passes.
            let guarded = demand.is_placed() && known.ends.contains(Ends::GUARDED);
            if demand.constants && !guarded && self.is_sure(state) && self.depends_alone(state, input) {
                let (origin, kinds, name) = (Origin::Input(input), SourceKinds::all(), self.ctx.names.empty);
                let mark = Mark { origin, kinds, name, cleared: 0, path: PathId::from_raw(0), at_start: true };
                self.leave_demand(state, mark, Demand { within: bounds, ..demand }, place, tail);
            }
            return;
        }
        let scaled = if matches!(demand.subject, Subject::Sink { .. }) { 0 } else { kinds::SCALED };
        let mixed = if demand.subject == Subject::Check(CheckKind::UnsignedToSigned) { kinds::MIXED } else { 0 };
        let asserted = demand.subject == Subject::Check(CheckKind::ReachableAssertion);
        let (scaled, mixed) = if demand.is_of_memory() || asserted { (0, 0) } else { (scaled, mixed | kinds::ASSEMBLED) };
        let cleared_by = kinds::COMPUTED | mixed | scaled | if demand.limit == Limit::NotZero { kinds::NOT_ZERO } else { 0 };
        for mark in self.deep_marks(state, value) {
            let cleared = mark.cleared | demand.cleared;
            if cleared & cleared_by != 0 || !mark.kinds.intersects(NUMBERS) {
                continue;
            }
            match mark.origin {
                Origin::Source(_) => self.report_demand(demand, place, Some(Mark { cleared, ..mark }), tail),
                Origin::Input(input) => {
                    // Only the very number that a caller passes is a constant there.
                    let moved = demand.is_of_memory() || self.is_c() && demand.is_placed();
                    let itself = !moved || self.values[value].input == Some(input);
                    let constants = demand.constants && itself && (!self.is_c() || self.depends_alone(state, input));
                    let demand = Demand { within: bounds, cleared, constants, ..demand };
                    self.leave_demand(state, mark, demand, place, tail);
                }
            }
        }
    }

    /// Whether only the input itself, or plain settings, decide that control is here: what a caller passes in the same
    /// breath may go with it.
    fn depends_alone(&self, state: &State, input: super::value::InputId) -> bool {
        let is_plain = |input: &Input| {
            matches!(input.root, Root::Global(_)) && !input.path.iter().any(|cell| matches!(cell, Cell::Field(_)))
        };
        let own = &self.inputs[input];
        // That a pointer on the way to it is one is said of the same.
        let leads = |other: &Input| other.root == own.root && own.path.starts_with(&other.path);
        state.conditions.iter().all(|(other, _)| leads(&self.inputs[*other]) || is_plain(&self.inputs[*other]))
            && (!matches!(own.root, Root::Global(_)) || is_plain(own) || state.conditions.is_empty())
    }

    /// Whether a constant gets here whatever the inputs are: one that a case distinction picked may be a marker
    /// (`limit == MAX_VALUE`), and one that a setting of the program picked may never be.
    fn is_certain(&self, state: &State, demand: Demand) -> bool {
        match demand.subject {
            // What a field was found to be, the object may never be together with this.
            Subject::Check(CheckKind::DivisionByZero) if self.is_c() => state
                .conditions
                .iter()
                .all(|(input, _)| self.inputs[*input].path.is_empty() && matches!(self.inputs[*input].root, Root::Param(_))),
            Subject::Check(CheckKind::DivisionByZero) => {
                state.conditions.iter().all(|(input, _)| !matches!(self.inputs[*input].root, Root::Static(..) | Root::Global(_)))
            }
            _ => state.conditions.is_empty(),
        }
    }

    fn report_demand(&mut self, demand: Demand, place: &Place, mark: Option<Mark>, tail: &Trail) {
        let rules = match demand.subject {
            Subject::Check(check) => self.ctx.check_rules.get(&(check, self.language())),
            Subject::Sink { sink, callee } => match mark {
                Some(mark) => {
                    let arrival = Arrival { sink, callee, at: place.at, function: place.function, depth: place.depth };
                    return self.arrive_at_source(mark, &arrival, tail);
                }
                None => self.ctx.sink_rules.get(&(sink, self.language())),
            },
        };
        let Some(rules) = rules else { return };
        let (origin, way) = match mark {
            Some(Mark { origin: Origin::Source(origin), path, .. }) => (Some(origin), self.traces.hops(path)),
            _ => (None, Vec::new()),
        };
        let is_java = !self.is_c();
        for &rule in rules {
            // `a[8] |= 1` reads and writes the same element.
            if demand.subject == Subject::Check(CheckKind::UncheckedIndex) && self.starts_like_another(rule, place.at) {
                continue;
            }
            let mut args = vec![("name", demand.name.as_str().to_owned()), ("type", type_name(demand.ty, self.is_c()))];
            if let Some(mark) = mark.filter(|_| demand.subject == Subject::Check(CheckKind::UncheckedIndex)) {
                args.push(("source", super::texts::source_name(mark.kinds, mark.name)));
            }
            if let Subject::Sink { callee, .. } = demand.subject {
                args.push(("sink", callee.as_str().to_owned()));
            }
            if let Some(finding) = self.report(rule, place.at, place.function, origin, args, steps(&way, tail))
                && let Some(mark) = mark
            {
                let low = if is_java { demand.is_marginal(LITTLE_OF_LONG) } else { demand.is_meek(mark) };
                let cap = if low { Confidence::Low } else { super::sinks::weight(mark.kinds) };
                finding.confidence = finding.confidence.min(cap);
                // A sum that wraps as the language says, or that only whoever runs the program decides, seldom harms.
                let asserted = demand.subject == Subject::Check(CheckKind::ReachableAssertion);
                if cap == Confidence::Low || asserted && cap != Confidence::High {
                    finding.severity = super::sinks::lower(finding.severity);
                }
            }
        }
    }

    fn leave_demand(&mut self, state: &State, mark: Mark, demand: Demand, place: &Place, tail: &Trail) {
        let Origin::Input(input) = mark.origin else { return };
        let mut count = 0;
        for (known_input, pending, conditions) in &mut self.latent {
            let LatentKind::Number(known) = &mut pending.kind else { continue };
            count += 1;
            if *known_input != input || known.subject != demand.subject {
                continue;
            }
            if pending.at == place.at && known.limit == demand.limit {
                // Reached on another path too: only what both paths need still has to hold.
                known.within = (known.within.0.min(demand.within.0), known.within.1.max(demand.within.1));
                known.cleared &= demand.cleared;
                conditions.retain(|condition| state.conditions.contains(condition));
                return;
            }
        }
        if count >= MAX_DEMANDS {
            self.out.bound_hits += 1;
            return;
        }
        let trail = self.traces.trail(mark.path, tail.clone());
        let pending =
            Pending { kind: LatentKind::Number(demand), at: place.at, function: place.function, trail, depth: place.depth };
        self.latent.push((input, pending, state.conditions.as_ref().clone()));
    }

    /// A number arrives at a sink that too great a one harms.
    pub(super) fn sink_number(
        &mut self,
        state: &State,
        value: ValueId,
        (sink, callee): (Symbol, Symbol),
        span: Span,
        constants: bool,
    ) {
        let demand = Demand {
            subject: Subject::Sink { sink, callee },
            limit: Limit::Between(i64::MIN, HARMFUL - 1),
            within: (i64::MIN, i64::MAX),
            cleared: 0,
            name: self.ctx.names.empty,
            ty: TyId::UNKNOWN,
            constants,
        };
        self.demand(state, value, demand, span);
    }

    /// The variable that an operand names, or that it is a conversion of; empty for anything else.
    fn name_of(&self, operand: &Operand) -> Symbol {
        operand.local().and_then(|local| self.body.locals.get(local)).and_then(|local| local.name).unwrap_or(self.ctx.names.empty)
    }

    /// Whether an operand is a variable of the source.
    fn is_variable(&self, operand: &Operand) -> bool {
        operand
            .local()
            .and_then(|local| self.body.locals.get(local))
            .is_some_and(|local| matches!(local.kind, LocalKind::User | LocalKind::Param | LocalKind::Captured))
    }

    /// Width and sign of an integer type; C's characters are numbers too.
    pub(super) fn int_type(&self, ty: TyId) -> Option<(u8, bool)> {
        match ty.get() {
            Ty::Char { bits: 8 } if self.is_c() => Some((8, true)),
            _ => integer_type(ty),
        }
    }

    /// A number of a type of which nothing is known lies within the type. The value keeps its identity: it was so before.
    pub(super) fn bound_by_type(&mut self, value: ValueId, ty: TyId) {
        if let Some((bits, signed)) = self.int_type(ty)
            && let Some(known) = self.values.get_mut(value)
            && known.range.is_none()
            && known.consts.is_none()
            && known.objects.is_empty()
        {
            known.range = Some(super::integers::limits(bits, signed));
        }
    }

    /// Marks of a number that some computation gave: it is no longer the one that came from outside.
    pub(super) fn computed_by(&self, op: BinOp, value: &mut Value) {
        let assembled = self.is_c() && matches!(op, BinOp::Shl | BinOp::Or | BinOp::Xor);
        for mark in &mut value.marks {
            mark.cleared |= if assembled { kinds::ASSEMBLED } else { kinds::COMPUTED };
        }
    }

    /// See [`Frame::computed_by`].
    pub(super) fn computed(&self, value: &mut Value) {
        for mark in &mut value.marks {
            mark.cleared |= kinds::COMPUTED;
        }
    }
}

/// Whether constants are a defect by themselves. Most computations on constants that wrap are meant to (hashes, random
/// generators); one on the end of a type is not.
fn is_evidence(demand: Demand, consts: &[Konst], depth: u8) -> bool {
    let (lo, hi) = demand.within;
    let whole = |constant: &Konst| constant.as_int().or_else(|| constant.as_real().filter(|real| *real == 0.0).map(|_| 0));
    let broken =
        |constant: &Konst| whole(constant).is_some_and(|int| lo <= int && int <= hi && demand.limit.broken_by_constant(int));
    match demand.subject {
        Subject::Check(CheckKind::IntegerOverflow | CheckKind::IntegerUnderflow) => {
            // Zero is the least of the unsigned types; handed down it may mean that there is nothing.
            let is_end = |int: i64| int == 0 && depth == 0 || is_type_end(int);
            consts.iter().all(|constant| broken(constant) && constant.as_int().is_some_and(is_end))
        }
        Subject::Check(CheckKind::DivisionByZero) => consts.iter().any(broken),
        Subject::Check(_) => consts.iter().all(broken),
        Subject::Sink { .. } => consts.iter().all(|constant| broken(constant) && constant.as_int().is_some_and(is_type_end)),
    }
}

/// Width and sign of an integer type, boxed ones too; Java's and C's characters left out.
pub(super) fn integer_type(ty: TyId) -> Option<(u8, bool)> {
    match ty.get() {
        Ty::Int { bits, signed } => Some((*bits, *signed)),
        Ty::Named { name, .. } => match name.as_str() {
            "java.lang.Integer" => Some((32, true)),
            "java.lang.Long" => Some((64, true)),
            "java.lang.Short" => Some((16, true)),
            "java.lang.Byte" => Some((8, true)),
            _ => None,
        },
        _ => None,
    }
}

/// How the language calls a type.
fn type_name(ty: TyId, is_c: bool) -> String {
    let name = match (integer_type(ty), is_c) {
        (Some((8, _)), false) => "byte",
        (Some((16, _)), false) => "short",
        (Some((32, _)), false) => "int",
        (Some((64, _)), false) => "long",
        (Some((8, true)), true) => "signed char",
        (Some((8, false)), true) => "unsigned char",
        (Some((16, true)), true) => "short",
        (Some((16, false)), true) => "unsigned short",
        (Some((32, true)), true) => "int",
        (Some((32, false)), true) => "unsigned int",
        (Some((64, true)), true) => "long",
        (Some((64, false)), true) => "unsigned long",
        _ => match ty.get() {
            Ty::Char { .. } => "char",
            _ => "",
        },
    };
    name.to_owned()
}
