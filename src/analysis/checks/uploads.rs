//! Uploaded files stored without a look at their kind. Must not know where they are stored.

use super::facts::callee_name;
use super::{Checker, Subject, classes, names};
use crate::ir::{Call, CallId, LocalId};
use crate::rules::CheckKind;

const UPLOADS: &[&str] = &[
    "org.springframework.web.multipart.MultipartFile",
    "org.springframework.web.multipart.commons.CommonsMultipartFile",
    "javax.servlet.http.Part",
    "jakarta.servlet.http.Part",
    "org.apache.commons.fileupload.FileItem",
    "org.apache.commons.fileupload2.core.FileItem",
];
/// What stores an upload.
const STORES: &[&str] = &["transferTo", "write"];
/// What stores the contents of an upload that are passed to it.
const COPIES: &[&str] = &["copy", "write", "copyInputStreamToFile", "writeByteArrayToFile"];
/// What an upload says of its kind.
const KINDS: &[&str] = &["getOriginalFilename", "getContentType", "getSubmittedFileName", "getName"];
/// Tests of a text.
const TESTS: &[&str] = &[
    "endsWith",
    "contains",
    "containsKey",
    "matches",
    "matcher",
    "equals",
    "equalsIgnoreCase",
    "indexOf",
    "accept",
    "anyMatch",
    "inArray",
    "regionMatches",
    "binarySearch",
    "compareTo",
];
/// Words in the names of methods that test.
const WORDS: &[&str] = &[
    "check",
    "valid",
    "validate",
    "validator",
    "allow",
    "allowed",
    "allowable",
    "white",
    "whitelist",
    "ext",
    "extension",
    "filter",
    "verify",
];

impl<'a> Checker<'a> {
    pub(super) fn check_uploads(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        let of_upload = |id: CallId| {
            let owner = facts.target(id).and_then(|target| target.owner);
            owner.is_some_and(|owner| self.is_any(owner, UPLOADS))
        };
        let contents: Vec<LocalId> = facts
            .calls()
            .filter(|(id, call, _)| matches!(callee_name(call), Some("getBytes" | "getInputStream" | "get")) && of_upload(*id))
            .filter_map(|(_, call, _)| call.dst)
            .collect();
        let takes = |call: &Call| {
            let mut args = call.args.iter();
            !contents.is_empty() && args.any(|arg| facts.depends(arg, |local| contents.contains(&local)))
        };
        let stores: Vec<_> = facts
            .calls()
            .filter(|(id, call, _)| {
                callee_name(call)
                    .is_some_and(|name| STORES.contains(&name) && of_upload(*id) || COPIES.contains(&name) && takes(call))
            })
            .map(|(_, call, span)| (callee_name(call).unwrap_or_default(), span))
            .collect();
        if stores.is_empty() {
            return;
        }
        // A helper that is handed an upload may have callers that look at it first.
        let is_entry = self.unit.language == crate::ir::Language::Jsp
            || subject.owner.is_some_and(|owner| {
                names::annotated(&owner.annotations, classes::WEB_ANNOTATIONS) || self.is_any(owner.name, classes::WEB_TYPES)
            });
        if !is_entry {
            return;
        }
        let told: Vec<LocalId> = facts
            .calls()
            .filter(|(id, call, _)| callee_name(call).is_some_and(|name| KINDS.contains(&name)) && of_upload(*id))
            .filter_map(|(_, call, _)| call.dst)
            .collect();
        let upload = |local: LocalId| {
            let class = facts.types.locals.get(local).and_then(|ty| ty.name());
            told.contains(&local) || class.is_some_and(|class| self.is_any(class, UPLOADS))
        };
        let tests = |call: &Call| {
            let Some(name) = callee_name(call) else { return false };
            let by_name = names::words(name).iter().any(|word| WORDS.contains(&word.as_str()));
            let operands = || call.receiver.iter().chain(call.args.iter());
            if TESTS.contains(&name) {
                return operands().any(|operand| facts.depends(operand, |local| told.contains(&local)));
            }
            by_name && operands().any(|operand| facts.depends(operand, upload))
        };
        let checked = facts.calls().any(|(_, call, _)| tests(call));
        for (name, span) in stores {
            self.examine(CheckKind::UnrestrictedUpload);
            if !checked {
                self.report_named(CheckKind::UnrestrictedUpload, span, Some(subject.id), name);
            }
        }
    }
}
