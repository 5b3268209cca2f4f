//! What a function's analysis says: places looked at, findings, and defects left to the callers.
//! Must not know statements or values.

use super::frame::{Frame, Pending};
use super::state::State;
use super::summary::{Latent, LatentKind, MAX_LATENT};
use super::value::InputId;
use crate::base::{FileSpan, RuleId, Span, Symbol};
use crate::findings::{Finding, FindingState, Step};
use crate::program::FuncId;

impl Frame<'_> {
    /// Counts a place that a rule looked at, once.
    pub(super) fn examine(&mut self, rule: RuleId, span: Span) {
        if self.out.counted.insert((rule, span)) {
            self.out.examined.entry(rule).or_default().places += 1;
        }
    }

    /// Reports, once a rule, place and cause.
    pub(super) fn report(
        &mut self,
        rule: RuleId,
        at: FileSpan,
        function: FuncId,
        cause: Option<FileSpan>,
        args: Vec<(&'static str, String)>,
        trace: Vec<Step>,
    ) -> Option<&mut Finding> {
        if !self.out.seen.insert((rule, at, cause)) {
            return None;
        }
        let info = &self.ctx.rules.rules[rule];
        let name = self.ctx.program.qualified_name(function);
        let mut args = args;
        args.sort();
        self.out.findings.push(Finding {
            rule,
            at,
            function: Some(Symbol::new(&name)),
            severity: info.severity,
            confidence: info.confidence,
            args,
            trace,
            fingerprint: String::new(),
            state: FindingState::Open,
        });
        self.out.findings.last_mut()
    }

    /// Whether a finding of the same rule that starts at the same place is known.
    pub(super) fn starts_like_another(&self, rule: RuleId, at: FileSpan) -> bool {
        let same = |known: &Finding| known.rule == rule && known.at.file == at.file && known.at.span.lo == at.span.lo;
        self.out.findings.iter().any(|known| same(known) && known.at != at)
    }

    /// Leaves a defect to the callers.
    pub(super) fn leave_latent(&mut self, state: &State, input: InputId, pending: Pending) {
        let room = self.latent.len() < MAX_LATENT;
        let is_null = matches!(pending.kind, LatentKind::NullDeref { .. });
        let known = self
            .latent
            .iter_mut()
            .find(|known| known.0 == input && known.1.kind == pending.kind && (is_null || known.1.at == pending.at));
        match known {
            // Reached on another path too: only what both paths need still has to hold.
            // One path whose conditions say all is enough.
            Some((_, Pending { kind: LatentKind::NullDeref { always: false, given: true, .. }, .. }, _)) => {}
            Some(known) => known.2.retain(|condition| state.conditions.contains(condition)),
            None if room => self.latent.push((input, pending, state.conditions.as_ref().clone())),
            None => self.out.bound_hits += 1,
        }
    }

    /// The latent defects in the summary's form.
    pub(super) fn take_latent(&mut self) -> Vec<Latent> {
        std::mem::take(&mut self.latent)
            .into_iter()
            .map(|(input, pending, conditions)| Latent {
                input: input.raw(),
                kind: pending.kind,
                conditions: conditions.into_iter().map(|(input, test)| (input.raw(), test)).collect(),
                at: pending.at,
                function: pending.function,
                trail: pending.trail,
                depth: pending.depth,
            })
            .collect()
    }
}
