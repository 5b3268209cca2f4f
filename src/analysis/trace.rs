//! The way of data through a function: a tree of steps, each knowing the one before. Must not know values.

use crate::findings::{Step, StepKind};

index_vec::define_index_type! {
    /// A step and, through its parents, the whole way to it.
    pub(super) struct PathId = u32;
    DEFAULT = PathId::from_raw_unchecked(0);
}

/// More steps than this are not kept: the way's end matters more to nobody than its first hundred steps.
pub(super) const MAX_TRACE: usize = 64;

/// The steps of the function under analysis. Step 0 is no step.
#[derive(Debug, Default)]
pub(super) struct Traces {
    steps: Vec<(Option<PathId>, Step)>,
}

impl Traces {
    /// A step after another.
    pub(super) fn push(&mut self, before: Option<PathId>, step: Step) -> PathId {
        self.steps.push((before, step));
        PathId::from_usize(self.steps.len())
    }

    /// A step after another, unless it is the same place again.
    pub(super) fn extend(&mut self, before: PathId, step: Step) -> PathId {
        if let Some((_, last)) = self.step(before)
            && last.at == step.at
        {
            return before;
        }
        self.push(Some(before), step)
    }

    /// Several steps after another: a callee's way.
    pub(super) fn append(&mut self, before: PathId, steps: &[Step]) -> PathId {
        steps.iter().fold(before, |path, step| self.extend(path, step.clone()))
    }

    fn step(&self, path: PathId) -> Option<&(Option<PathId>, Step)> {
        self.steps.get(path.index().checked_sub(1)?)
    }

    /// The steps from the first to this one.
    pub(super) fn steps(&self, path: PathId) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = Some(path);
        while let Some((before, step)) = at.and_then(|at| self.step(at)) {
            steps.push(step.clone());
            at = *before;
            if steps.len() > MAX_TRACE * 4 {
                break;
            }
        }
        steps.reverse();
        if steps.len() > MAX_TRACE {
            // The first steps and the last ones tell the story.
            let tail = steps.split_off(steps.len() - MAX_TRACE / 2);
            steps.truncate(MAX_TRACE / 2);
            steps.extend(tail);
        }
        steps
    }

    /// A step that passes a call.
    pub(super) fn through(&mut self, before: PathId, at: crate::base::FileSpan, name: &str) -> PathId {
        self.extend(before, Step { at, kind: StepKind::Through, name: name.to_owned() })
    }
}
