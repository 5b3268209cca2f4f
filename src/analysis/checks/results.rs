//! Results that tell failure and that nobody looks at. Must not know which values mean failure.

use super::facts::callee_name;
use super::{Checker, Subject};
use crate::rules::CheckKind;

impl<'a> Checker<'a> {
    pub(super) fn check_results(&mut self, subject: &Subject<'a>) {
        if !self.wants(CheckKind::UncheckedReturnValue) {
            return;
        }
        for (id, call, span) in subject.facts.calls() {
            let hit = subject.facts.target(id).and_then(|target| target.model).filter(|hit| !hit.loose);
            let Some(model) = hit.and_then(|hit| self.models.model(hit.name, hit.index)).filter(|model| model.must_check) else {
                continue;
            };
            self.examine(CheckKind::UncheckedReturnValue);
            if call.dst.is_none() {
                let name = callee_name(call).unwrap_or(model.name.as_str()).to_owned();
                self.report(CheckKind::UncheckedReturnValue, span, Some(subject.id), vec![("callee", name)]);
            }
        }
    }
}
