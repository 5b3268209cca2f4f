//! [`Finding`] and its parts. Must not know output formats.

use crate::base::{FileSpan, RuleId, Symbol};
use crate::rules::{Confidence, Severity};

/// A weakness at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Where it is reported.
    pub at: FileSpan,
    /// The function around it, qualified: `pkg.Type.method` or a C function; `None` outside of functions.
    pub function: Option<Symbol>,
    /// How bad; the rule's unless something lowered it.
    pub severity: Severity,
    /// How sure; the rule's unless something lowered it.
    pub confidence: Confidence,
    /// Values for the message's `{name}` places, sorted by name.
    pub args: Vec<(&'static str, String)>,
    /// The way of the data or the object, from its origin to `at`; empty where there is none.
    pub trace: Vec<Step>,
    /// Hash that survives shifted lines; filled by `fingerprint`. Hexadecimal.
    pub fingerprint: String,
    /// New, known, suppressed.
    pub state: FindingState,
}

/// A step of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub at: FileSpan,
    /// What happens there.
    pub kind: StepKind,
    /// A name for the step's text: the called method, the variable.
    pub name: String,
}

/// What happens at a step; each has one sentence in each language, in `report`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Data comes in.
    Source,
    /// It is stored in a variable, field or element.
    Store,
    /// It goes through a call whose body is not in view.
    Through,
    /// It is passed to a function.
    Pass,
    /// It comes back from a function.
    Return,
    /// It is used where it harms.
    Sink,
    /// An object is acquired.
    Acquire,
    /// An object is released.
    Release,
    /// A value becomes null or is found to be possibly null.
    Null,
    /// A condition is decided.
    Condition,
    /// Something else worth seeing.
    Note,
}

/// Whether a finding counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum FindingState {
    /// It counts.
    #[default]
    Open,
    /// In the baseline.
    Baseline,
    /// Suppressed in the source.
    Suppressed(Suppression),
}

/// An inline suppression: `haechi:allow RULE until DATE -- reason`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Where it is written.
    pub at: FileSpan,
    /// Why.
    pub reason: String,
    /// Until when, as written (`2027-01-31`).
    pub until: Option<String>,
}

/// What a rule looked at: the evidence behind 양호.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Examined {
    /// Places examined: sinks, calls, elements, functions, as fits the rule.
    pub places: u64,
    /// Of those, not decided because an analysis limit was hit.
    pub undecided: u64,
}
