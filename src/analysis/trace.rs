//! The way of data through a function: a tree of hops, each knowing the one before; and the trails that summaries keep,
//! whose tails are shared between a callee and its callers. Must not know values.

use std::sync::Arc;

use crate::base::{FileSpan, Symbol};
use crate::findings::{Step, StepKind};

index_vec::define_index_type! {
    /// A hop and, through its parents, the whole way to it.
    pub(super) struct PathId = u32;
    DEFAULT = PathId::from_raw_unchecked(0);
}

/// More hops than this are not kept in one function: the first and last ones tell the story.
const MAX_HOPS: usize = 24;
/// Steps of a finding's trace, at most.
const MAX_TRACE: usize = 96;

/// A step of a trace, before anybody reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) at: FileSpan,
    pub(super) kind: StepKind,
    pub(super) name: Symbol,
}

/// Hops from an input to a defect, first to last.
pub(super) type Trail = Option<Arc<Link>>;

/// A hop and those after it.
#[derive(Debug)]
pub(super) struct Link {
    hop: Hop,
    rest: Trail,
}

/// A hop before a trail.
pub(super) fn before(hop: Hop, rest: Trail) -> Trail {
    Some(Arc::new(Link { hop, rest }))
}

/// The name of what stands at a trail's end.
pub(super) fn last_name(trail: &Trail) -> &str {
    let mut link = trail.as_ref();
    while let Some(next) = link.and_then(|link| link.rest.as_ref()) {
        link = Some(next);
    }
    link.map_or("", |link| link.hop.name.as_str())
}

/// Hops as a finding shows them.
pub(super) fn steps(first: &[Hop], trail: &Trail) -> Vec<Step> {
    let mut all: Vec<Hop> = first.to_vec();
    let mut rest = trail.as_ref();
    while let Some(link) = rest {
        if all.len() >= MAX_TRACE {
            break;
        }
        all.push(link.hop);
        rest = link.rest.as_ref();
    }
    all.dedup();
    all.into_iter().map(|hop| Step { at: hop.at, kind: hop.kind, name: hop.name.as_str().to_owned() }).collect()
}

/// The hops of the function under analysis. Hop 0 is none.
#[derive(Debug, Default)]
pub(super) struct Traces {
    hops: Vec<(Option<PathId>, Hop)>,
}

impl Traces {
    /// Forgets all hops.
    pub(super) fn clear(&mut self) {
        self.hops.clear();
    }

    /// A hop after another.
    pub(super) fn push(&mut self, before: Option<PathId>, hop: Hop) -> PathId {
        self.hops.push((before, hop));
        PathId::from_usize(self.hops.len())
    }

    /// A hop after another, unless it is the same place again.
    pub(super) fn extend(&mut self, before: PathId, hop: Hop) -> PathId {
        match self.hop(before) {
            Some((_, last)) if last.at == hop.at => before,
            _ => self.push(Some(before), hop),
        }
    }

    /// Several hops after another: a callee's way.
    pub(super) fn append(&mut self, before: PathId, hops: &[Hop]) -> PathId {
        hops.iter().fold(before, |path, hop| self.extend(path, *hop))
    }

    fn hop(&self, path: PathId) -> Option<&(Option<PathId>, Hop)> {
        self.hops.get(path.index().checked_sub(1)?)
    }

    /// The hops from the first to this one.
    pub(super) fn hops(&self, path: PathId) -> Vec<Hop> {
        let mut hops = Vec::new();
        let mut at = Some(path);
        while let Some((before, hop)) = at.and_then(|at| self.hop(at)) {
            hops.push(*hop);
            at = *before;
            if hops.len() > MAX_HOPS * 8 {
                break;
            }
        }
        hops.reverse();
        if hops.len() > MAX_HOPS {
            let tail = hops.split_off(hops.len() - MAX_HOPS / 2);
            hops.truncate(MAX_HOPS / 2);
            hops.extend(tail);
        }
        hops
    }

    /// The same before a trail.
    pub(super) fn trail(&self, path: PathId, rest: Trail) -> Trail {
        self.hops(path).into_iter().rev().fold(rest, |rest, hop| before(hop, rest))
    }
}
