//! Fingerprints that survive shifted lines and edits elsewhere: of the file's name, the enclosing function, the rule
//! and the tokens of the marked line, and which of several equal ones it is.
//! Must not know any output format.

use sha2::{Digest, Sha256};

/// What a fingerprint is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FingerprintKey<'a> {
    /// The rule's id.
    pub(super) rule: &'a str,
    /// The file's name without its folders: moving a folder, or scanning from another one, changes nothing.
    pub(super) file_name: &'a str,
    /// The enclosing function; empty outside of functions.
    pub(super) function: &'a str,
    /// See [`tokens`].
    pub(super) tokens: String,
}

/// Hexadecimal digits of a fingerprint: 128 bits.
const DIGITS: usize = 32;

impl FingerprintKey<'_> {
    /// The fingerprint of the `occurrence`th (from 0) finding with this key, in the order of files and places.
    #[must_use]
    pub(super) fn digest(&self, occurrence: u32) -> String {
        let mut hasher = Sha256::new();
        for part in ["haechi/v1", self.rule, self.file_name, self.function, &self.tokens] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        hasher.update(occurrence.to_le_bytes());
        let mut text = String::with_capacity(DIGITS);
        for byte in hasher.finalize().iter().take(DIGITS / 2) {
            for half in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
            }
        }
        text
    }
}

/// The tokens of a line of code, one blank between them: blanks and comments do not count.
pub(super) fn tokens(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = rest.trim_start();
            continue;
        }
        if rest.starts_with("//") {
            break;
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").and_then(|end| comment.get(end + 2..)).unwrap_or_default();
            continue;
        }
        let length = token_length(rest, first);
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(token);
        rest = after;
    }
    out
}

fn token_length(rest: &str, first: char) -> usize {
    if first == '"' || first == '\'' {
        let mut escaped = false;
        for (at, character) in rest.char_indices().skip(1) {
            if !escaped && character == first {
                return at + character.len_utf8();
            }
            escaped = !escaped && character == '\\';
        }
        // An apostrophe of a text, or a string that goes on in the next line: one token of its own.
        return first.len_utf8();
    }
    let word = |character: char| character.is_alphanumeric() || character == '_' || character == '$';
    if word(first) { rest.find(|character| !word(character)).unwrap_or(rest.len()) } else { first.len_utf8() }
}

#[cfg(test)]
mod tests {
    use super::{FingerprintKey, tokens};

    #[test]
    fn layout_and_comments_are_no_tokens() {
        assert_eq!(tokens("\tst.execute( q+\"a  // b\" ) ; // 설명"), "st . execute ( q + \"a  // b\" ) ;");
        assert_eq!(tokens("  st . execute(q + /* now */ \"a  // b\");"), tokens("st.execute(q+\"a  // b\");"));
        assert_ne!(tokens("f(\"a b\")"), tokens("f(\"ab\")"));
        assert_eq!(tokens("<b>don't</b>"), "< b > don ' t < / b >");
        assert_eq!(tokens("/* open"), "");
    }

    #[test]
    fn every_part_counts() {
        let key = |rule, function| FingerprintKey { rule, file_name: "A.java", function, tokens: "x".to_owned() };
        let first = key("java/a", "p.A.f").digest(0);
        assert_eq!(first.len(), 32);
        assert_eq!(first, key("java/a", "p.A.f").digest(0));
        assert_ne!(first, key("java/a", "p.A.f").digest(1));
        assert_ne!(first, key("java/b", "p.A.f").digest(0));
        assert_ne!(first, key("java/a", "p.A.g").digest(0));
    }
}
