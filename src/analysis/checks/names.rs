//! What a name says: words of an identifier, and whether it names a secret. Must not know rules.

use crate::ir::AnnotationUse;

/// The words of an identifier, in lower case: `userPassword`, `USER_PASSWORD` and `user-password` give two.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut previous_lower = false;
    for character in name.chars() {
        if !character.is_alphanumeric() {
            words.push(std::mem::take(&mut current));
            previous_lower = false;
            continue;
        }
        if character.is_uppercase() && previous_lower {
            words.push(std::mem::take(&mut current));
        }
        previous_lower = character.is_lowercase() || character.is_numeric();
        current.extend(character.to_lowercase());
    }
    words.push(current);
    words.retain(|word| !word.is_empty());
    words
}

const PASSWORD_WORDS: &[&str] = &["password", "passwd", "pwd", "passphrase", "passwrd", "userpw", "userpassword", "pw"];

/// Words that make a name about a password rather than one.
const ABOUT: &[&str] = &[
    "invalid",
    "wrong",
    "change",
    "changed",
    "forgot",
    "forgotten",
    "reset",
    "find",
    "update",
    "check",
    "no",
    "not",
    "need",
    "expired",
    "empty",
    "missing",
    "error",
    "err",
    "type",
    "msg",
    "message",
    "incorrect",
    "mismatch",
    "bad",
    "confirm",
    "param",
    "key",
    "field",
    "column",
    "col",
    "prop",
    "property",
    "attr",
    "attribute",
    "name",
    "label",
    "view",
    "page",
    "url",
    "uri",
    "path",
    "query",
    "sql",
    "encrypted",
    "encoded",
    "hashed",
    "hash",
    "is",
    "has",
    "use",
    "show",
    "hide",
    "mask",
    "masked",
    "header",
    "grant",
];

/// Whether a variable of this name holds a password.
pub(in crate::analysis) fn is_password(name: &str) -> bool {
    let words = words(name);
    let Some((last, rest)) = words.split_last() else { return false };
    let last_is = PASSWORD_WORDS.contains(&last.as_str()) || last == "word" && rest.last().is_some_and(|word| word == "pass");
    last_is && !rest.iter().any(|word| ABOUT.contains(&word.as_str()))
}

/// Whether a name is of something secret.
pub(in crate::analysis) fn is_secret(name: &str) -> bool {
    let words = words(name);
    let has = |word: &str| words.iter().any(|own| own == word);
    is_password(name)
        || has("secret")
        || has("passphrase")
        || has("ssn")
        || has("jumin")
        || has("ihidnum")
        || has("rrn")
        || has("pin")
        || has("key")
            && (has("private")
                || has("secret")
                || has("encrypt")
                || has("crypto")
                || has("api")
                || has("service")
                || has("confm")
                || has("auth")
                || has("access"))
}

/// Whether a literal may be a real secret: not empty, no placeholder, no message, no name of a setting or field.
pub(super) fn may_be_secret(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let plain = value.len() >= 3
        && value.is_ascii()
        && !value.bytes().any(|byte| byte.is_ascii_whitespace() || matches!(byte, b'<' | b'>' | b'{' | b'}' | b'\\' | b'%'))
        && value.bytes().any(|byte| byte != b'*' && byte != b'.' && byte != b'-' && byte != b'_');
    let is_name = ["password", "passwd", "pwd", "passwrd"].iter().any(|word| {
        // `password` and `user.password` name something; `password123` is a weak password.
        lower.contains(word)
            && !lower.bytes().any(|byte| byte.is_ascii_digit() || matches!(byte, b'!' | b'@' | b'#' | b'$' | b'&'))
    });
    let dotted = value.contains('.')
        && value.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let placeholder = ["null", "none", "xxx", "n/a", "true", "false", "string", "text", "test"].contains(&lower.as_str());
    plain && !is_name && !dotted && !placeholder && !value.starts_with(['$', '#', '/', '?', '&']) && !value.contains("://")
}

/// Whether one of the annotations is used, by its simple name.
pub(super) fn annotated(annotations: &[AnnotationUse], names: &[&str]) -> bool {
    annotations.iter().any(|used| names.contains(&used.name.simple_name()))
}

#[cfg(test)]
mod tests {
    use super::{is_password, may_be_secret, words};

    #[test]
    fn words_of_identifiers() {
        assert_eq!(words("userPassword"), ["user", "password"]);
        assert_eq!(words("DB_PASS_WORD2"), ["db", "pass", "word2"]);
    }

    #[test]
    fn names_of_passwords() {
        for name in ["password", "dbPassword", "USER_PWD", "passWord", "adminPw"] {
            assert!(is_password(name), "{name}");
        }
        for name in
            ["passwordField", "INVALID_PASSWORD", "passwordHash", "changePassword", "pwdKey", "power", "encryptedPassword"]
        {
            assert!(!is_password(name), "{name}");
        }
    }

    #[test]
    fn literals_that_may_be_secrets() {
        for value in ["qwer1234", "tiger", "Passw0rd!", "password123"] {
            assert!(may_be_secret(value), "{value}");
        }
        for value in
            ["", "****", "${db.pw}", "password", "user.password", "db.user.key", "Enter it", "비밀번호", "/a/b", "http://x"]
        {
            assert!(!may_be_secret(value), "{value}");
        }
    }
}
