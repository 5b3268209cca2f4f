//! Secrets in comments, looked for while the file's text is live. Must not know how comments are found.

use std::sync::LazyLock;

use index_vec::IndexSlice;
use regex::Regex;

use crate::base::{RuleId, Span};
use crate::ir::{self, Unit};
use crate::rules::{CheckKind, Language, Rule, RuleKind};
use crate::syntax::pattern::PatternMatches;

/// The rules on comments.
#[derive(Debug, Default)]
pub(super) struct CommentRules {
    rules: Vec<(RuleId, Language)>,
}

/// A name of a secret, a sign or word that gives it a value, the value.
static PASSWORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = "(?:pass ?word|passwd|pwd|passphrase|passcode|비밀번호|패스워드|암호|비번)";
    Regex::new(&format!(r#"(?i){name}\s*(?:is\s*[:=]?|[:=]|는|은)\s*(["']?)([^\s"',;<>(){{}}\[\]|]{{4,40}})"#)).ok()
});

static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:api|access|secret|private)[ _-]?key\s*(?:is\s*[:=]?|[:=])\s*(["']?)([A-Za-z0-9+/_=-]{16,})"#).ok()
});

/// What a word after `password:` is where it tells of a kind of password: an algorithm or a column's type.
const KINDS: &[&str] =
    &["aes", "sha", "md5", "des", "rsa", "seed", "aria", "bcrypt", "pbkdf", "hmac", "base64", "varchar", "char", "utf", "http"];

impl CommentRules {
    /// Those of the set.
    pub(super) fn of(rules: &IndexSlice<RuleId, [Rule]>) -> CommentRules {
        let on_comments = |rule: &Rule| matches!(rule.kind, RuleKind::Check(CheckKind::SensitiveComment));
        let chosen = rules.iter_enumerated().filter(|(_, rule)| on_comments(rule));
        CommentRules { rules: chosen.map(|(id, rule)| (id, rule.language)).collect() }
    }

    /// The hits in a unit's comments.
    pub(super) fn run(&self, unit: &Unit, text: &str) -> PatternMatches {
        let language = if unit.language == ir::Language::C { Language::C } else { Language::Java };
        let mut hits = Vec::new();
        let mut examined = Vec::new();
        for (rule, _) in self.rules.iter().filter(|(_, own)| *own == language) {
            for comment in &unit.comments {
                let found = secrets(comment.span.text(text)).into_iter();
                let lo = comment.span.lo as usize;
                hits.extend(found.map(|own| (*rule, Span::new(lo + own.lo as usize, lo + own.hi as usize))));
            }
            examined.push((*rule, u32::try_from(unit.comments.len()).unwrap_or(u32::MAX)));
        }
        PatternMatches { hits, examined }
    }
}

/// Where a comment gives a secret away.
pub(super) fn secrets(comment: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for (pattern, is_secret) in [(&PASSWORD, is_password as fn(&str) -> bool), (&KEY, is_key)] {
        let Some(pattern) = pattern.as_ref() else { continue };
        for captures in pattern.captures_iter(comment) {
            let (Some(whole), Some(value)) = (captures.get(0), captures.get(2)) else { continue };
            // A call or an index is code that was commented out, not a value.
            let is_code = comment.get(value.end()..).is_some_and(|rest| rest.starts_with(['(', '[', '{']));
            if !is_code && is_secret(value.as_str().trim_end_matches(['.', ':', '*', '/', '\\'])) {
                found.push(Span::new(whole.start(), value.end()));
            }
        }
    }
    found
}

fn is_password(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let has_letter = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let has_more = value.bytes().any(|byte| byte.is_ascii_digit() || matches!(byte, b'!' | b'@' | b'#' | b'$' | b'^' | b'&'));
    value.len() >= 4
        && value.is_ascii()
        && has_letter
        && has_more
        && !value.starts_with(['$', '#', '%', '@', '&', '?', '/', '-', '+', '='])
        && !value.contains("->")
        && !value.contains("://")
        && !KINDS.iter().any(|kind| lower.starts_with(kind))
}

fn is_key(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit()) && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::secrets;

    #[test]
    fn values_are_told_from_words_about_passwords() {
        for comment in [
            "// DB login: admin / password=welc0me!",
            "/* 운영 서버 비밀번호: qhdks1234 */",
            "/* The database password is: Tiger#2019 */",
            "// String pwd = \"a1b2c3d4\";",
            "// api key: 0a1b2c3d4e5f60718293",
        ] {
            assert_eq!(secrets(comment).len(), 1, "{comment}");
        }
        for comment in [
            "// The password is read from the key store.",
            "// 비밀번호는 9자리 이상이어야 합니다.",
            "// password = request.getParameter(\"pw1\");",
            "// 암호: SHA-256",
            "// password: VARCHAR2(20)",
            "// password=${db.password1}",
            "/* password is required, see https://example.org/1 */",
        ] {
            assert!(secrets(comment).is_empty(), "{comment}");
        }
    }
}
