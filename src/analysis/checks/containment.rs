//! A folder compared as text with what lies in it: `/data/in` is also the beginning of `/data/inbox`. Must not know
//! where the paths come from.

use super::facts::callee_name;
use super::{Checker, Subject};
use crate::ir::{Const, Operand};
use crate::rules::CheckKind;

/// Methods of files and paths that give the whole path as text, with no separator at the end.
const TEXT_OF_PATH: &[&str] = &["getCanonicalPath", "getAbsolutePath", "getPath", "toString"];

impl<'a> Checker<'a> {
    /// `file.getCanonicalPath().startsWith(folder.getCanonicalPath())`.
    pub(super) fn check_containment(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        let text_of_path = |operand: &Operand| {
            facts.call_of(&facts.origin(operand)).is_some_and(|(id, call)| {
                let owner = facts.target(id).and_then(|target| target.owner);
                callee_name(call).is_some_and(|name| TEXT_OF_PATH.contains(&name))
                    && call.args.is_empty()
                    && owner.is_some_and(|owner| matches!(owner.as_str(), "java.io.File" | "java.nio.file.Path"))
            })
        };
        for (_, call, span) in facts.calls().filter(|(_, call, _)| callee_name(call) == Some("startsWith")) {
            let (Some(receiver), [base]) = (call.receiver.as_ref(), &*call.args) else { continue };
            if !text_of_path(receiver) {
                continue;
            }
            self.examine(CheckKind::PartialPathComparison);
            let by_text = match facts.origin(base) {
                Operand::Const(Const::Str(text)) => !text.as_str().ends_with(['/', '\\']) && text.as_str().starts_with('/'),
                other => text_of_path(&other),
            };
            if by_text {
                self.report_named(CheckKind::PartialPathComparison, span, Some(subject.id), "startsWith");
            }
        }
    }
}
