//! Passwords hashed without a salt. Must not know which hash is strong.

use super::facts::callee_name;
use super::{Checker, Subject, names};
use crate::ir::{LocalId, Operand, PlaceBase, Proj};
use crate::rules::CheckKind;

const DIGESTS: &[&str] = &["java.security.MessageDigest"];
const DIGEST_UTILS: &[&str] = &["org.apache.commons.codec.digest.DigestUtils", "org.springframework.util.DigestUtils"];

impl<'a> Checker<'a> {
    pub(super) fn check_salt(&mut self, subject: &Subject<'a>) {
        for (id, call, span) in subject.facts.calls() {
            let Some(name) = callee_name(call) else { continue };
            let Some(owner) = subject.facts.target(id).and_then(|target| target.owner) else { continue };
            let of_digest = name == "digest" && call.args.len() == 1 && self.is_any(owner, DIGESTS);
            let of_utils = call.args.len() == 1 && self.is_any(owner, DIGEST_UTILS) && !name.starts_with("get");
            let Some(arg) = call.args.first().filter(|_| of_digest || of_utils) else { continue };
            if !self.is_password_value(subject, arg) {
                continue;
            }
            self.examine(CheckKind::MissingSalt);
            // Anything hashed before it counts as a salt.
            let salted = of_digest
                && subject.facts.calls().any(|(_, other, _)| {
                    let same = other.receiver.as_ref().zip(call.receiver.as_ref());
                    callee_name(other) == Some("update") && same.is_some_and(|(a, b)| subject.facts.same(a, b))
                });
            if !salted && !self.names_salt(subject, arg) {
                self.report_named(CheckKind::MissingSalt, span, Some(subject.id), name);
            }
        }
    }

    /// Whether a value is made of something named for a password.
    pub(super) fn is_password_value(&self, subject: &Subject<'a>, operand: &Operand) -> bool {
        let facts = &subject.facts;
        facts.depends(operand, |local: LocalId| {
            let operand = Operand::Local(local);
            let named = facts.body.locals.get(local).and_then(|local| local.name);
            let loaded = facts.load_of(&operand).and_then(|place| match (place.base, place.proj.last()) {
                (PlaceBase::Local(_), Some(Proj::Field(name))) => Some(*name),
                _ => None,
            });
            named.or(loaded).is_some_and(|name| names::is_password(name.as_str()))
        })
    }

    fn names_salt(&self, subject: &Subject<'a>, operand: &Operand) -> bool {
        let facts = &subject.facts;
        facts.depends(operand, |local: LocalId| {
            let name = facts.name_of(&Operand::Local(local));
            name.is_some_and(|name| name.as_str().to_ascii_lowercase().contains("salt"))
        })
    }
}
