//! What a function leaves for its callers: outcomes, latent sinks and requirements, in terms of its inputs.
//! Must not know the caller, nor statements.

use smallvec::SmallVec;

use super::numeric::Demand;
use super::state::{Cell, Test};
use super::trace::{Hop, Trail};
use super::value::{Cleared, Ends, InputId, Konst, Null};
use crate::base::{FileSpan, RuleId, Symbol};
use crate::program::FuncId;
use crate::rules::{CheckKind, SourceKinds};

/// Where an input's path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Root {
    /// The receiver.
    This,
    /// A parameter, from 0; a lambda's captured locals follow.
    Param(u16),
    /// A static field of a Java class.
    Static(Symbol, Symbol),
    /// A C global.
    Global(Symbol),
}

/// An input: a root and the fields or elements followed from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Input {
    pub(super) root: Root,
    pub(super) path: SmallVec<[Cell; 2]>,
}

/// Longer paths are cut: what lies beyond is the shorter path's contents.
pub(super) const MAX_PATH: usize = 3;
/// More outcomes than this are joined.
pub(super) const MAX_OUTCOMES: usize = 4;
/// In place of the index of a value: nothing is known of it.
pub(super) const UNKNOWN: u32 = u32::MAX;
/// In place of the index of a value: it is not null, and nothing else is known of it.
pub(super) const NON_NULL: u32 = u32::MAX - 1;
/// More latent sinks than this are dropped and counted.
pub(super) const MAX_LATENT: usize = 24;

/// See the module. Values and objects refer to each other by index.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) inputs: Vec<Input>,
    pub(super) values: Vec<SumValue>,
    pub(super) objects: Vec<SumObject>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) latent: Vec<Latent>,
    /// Whether the analysis stopped at a bound: ways out may be missing.
    pub(super) partial: bool,
    /// Whether no path returns.
    pub(super) no_return: bool,
}

/// One way a function may end.
#[derive(Debug, Default, Clone)]
pub(super) struct Outcome {
    /// All hold, as indices into the inputs.
    pub(super) conditions: Vec<(u32, Test)>,
    /// The result.
    pub(super) ret: Option<u32>,
    /// Cells of inputs' objects written: input, cell, value.
    pub(super) writes: Vec<(u32, Cell, u32)>,
}

/// A value in a summary.
#[derive(Debug, Clone, Default)]
pub(super) struct SumValue {
    pub(super) consts: Option<Box<[Konst]>>,
    pub(super) null: Null,
    pub(super) marks: Box<[SumMark]>,
    pub(super) objects: Box<[u32]>,
    pub(super) range: Option<(i64, i64)>,
    pub(super) prefix: Option<Symbol>,
    pub(super) offset: Option<(i64, i64)>,
    pub(super) ends: Ends,
    /// Exactly this input.
    pub(super) input: Option<u32>,
    /// Points to this input's object.
    pub(super) input_objects: Box<[u32]>,
}

/// A mark in a summary.
#[derive(Debug, Clone)]
pub(super) struct SumMark {
    /// The input it comes from; `None`: a source in the function or below.
    pub(super) input: Option<u32>,
    pub(super) source: Option<FileSpan>,
    pub(super) kinds: SourceKinds,
    pub(super) name: Symbol,
    pub(super) cleared: Cleared,
    pub(super) hops: Box<[Hop]>,
    pub(super) at_start: bool,
}

/// An object made by the function that the caller gets to see.
#[derive(Debug, Clone, Default)]
pub(super) struct SumObject {
    pub(super) class: Option<Symbol>,
    pub(super) cells: Vec<(Cell, u32)>,
    /// C: something outside the function refers to it too.
    pub(super) owned: bool,
    /// A lambda's body.
    pub(super) lambda: Option<FuncId>,
    /// It was not made in view: what is read from it has the marks of whatever refers to it.
    pub(super) opaque: bool,
}

/// A defect that needs something of the caller.
#[derive(Debug, Clone)]
pub(super) struct Latent {
    /// The input that decides.
    pub(super) input: u32,
    /// What goes wrong.
    pub(super) kind: LatentKind,
    /// Conditions on the way.
    pub(super) conditions: Vec<(u32, Test)>,
    /// Where.
    pub(super) at: FileSpan,
    /// The function it lies in.
    pub(super) function: FuncId,
    /// The way from the input to `at`, that place included.
    pub(super) trail: Trail,
    /// How many calls down.
    pub(super) depth: u8,
}

/// What a latent defect waits for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LatentKind {
    /// Taint that arrives at a sink.
    Sink {
        /// Kind of sink.
        sink: Symbol,
        /// The called name.
        callee: Symbol,
        /// Sanitizers on the way.
        cleared: Cleared,
        /// Whether the data is still at the start of the string.
        at_start: bool,
    },
    /// A number that must stay within limits.
    Number(Demand),
    /// A null that is dereferenced.
    NullDeref {
        /// The rule's check.
        check: CheckKind,
        /// Whether every way through the function gets there: a null passed to it is wrong for certain.
        always: bool,
        /// C: whether the conditions say all of when it gets there.
        given: bool,
    },
    /// Java: a constant that a `call` rule looks for as its last condition; rule and matcher.
    Choice(RuleId, usize),
    /// C: memory that is too small for what is read or written of it.
    Access(super::mem::Access),
    /// C: a text that has to end in a terminator; bytes of a character.
    Text(i64),
    /// C: a text that is copied into memory that holds so many characters of a width.
    Longer {
        /// Characters, terminator left out.
        most: i64,
        /// Bytes of one.
        wide: i64,
        /// The memory it is copied into.
        kind: super::mem::RegionKind,
    },
    /// C: a resource that is released.
    Release(Symbol),
}

impl LatentKind {
    /// Whether it is decided by what memory and texts are like, and not by where data comes from.
    pub(super) fn is_of_memory(&self) -> bool {
        match self {
            LatentKind::Number(demand) => demand.is_of_memory(),
            LatentKind::Access(_) | LatentKind::Text(_) | LatentKind::Longer { .. } => true,
            LatentKind::Sink { .. } | LatentKind::NullDeref { .. } | LatentKind::Choice(..) | LatentKind::Release(_) => false,
        }
    }
}

impl Summary {
    /// Gives back the room that growing left: there are as many summaries as functions.
    pub(super) fn shrink(&mut self) {
        self.inputs.shrink_to_fit();
        self.values.shrink_to_fit();
        self.objects.shrink_to_fit();
        self.outcomes.shrink_to_fit();
        self.latent.shrink_to_fit();
        for object in &mut self.objects {
            object.cells.shrink_to_fit();
        }
        for outcome in &mut self.outcomes {
            outcome.conditions.shrink_to_fit();
            outcome.writes.shrink_to_fit();
        }
        for latent in &mut self.latent {
            latent.conditions.shrink_to_fit();
        }
    }

    /// Keeps only the inputs that something refers to: a function reads many fields that no caller has to bind.
    pub(super) fn keep_used_inputs(&mut self, inputs: &[Input]) {
        let mut place: Vec<Option<u32>> = vec![None; inputs.len()];
        let mut kept = Vec::new();
        let mut keep = |input: &mut u32| {
            let Some(slot) = place.get_mut(*input as usize) else { return };
            let new = *slot.get_or_insert_with(|| {
                kept.extend(inputs.get(*input as usize).cloned());
                u32::try_from(kept.len()).unwrap_or(u32::MAX).saturating_sub(1)
            });
            *input = new;
        };
        let keep_all = |conditions: &mut Vec<(u32, Test)>, keep: &mut dyn FnMut(&mut u32)| {
            for (input, test) in conditions {
                keep(input);
                if let Test::Against(_, other) = test {
                    let mut kept = other.raw();
                    keep(&mut kept);
                    *other = InputId::from_raw(kept);
                }
            }
        };
        for outcome in &mut self.outcomes {
            keep_all(&mut outcome.conditions, &mut keep);
            outcome.writes.iter_mut().for_each(|(input, ..)| keep(input));
        }
        for value in &mut self.values {
            value.input.iter_mut().for_each(&mut keep);
            value.input_objects.iter_mut().for_each(&mut keep);
            value.marks.iter_mut().filter_map(|mark| mark.input.as_mut()).for_each(&mut keep);
        }
        for latent in &mut self.latent {
            keep(&mut latent.input);
            keep_all(&mut latent.conditions, &mut keep);
        }
        self.inputs = kept;
    }
}
