//! Which comments are kept: those that may hold a suppression or a secret. Must not know what is done with them.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use tree_sitter::Node;

use crate::base::Span;

/// Words that make a comment worth keeping, in any letter case.
const WORDS: &[&str] = &[
    "haechi:",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "credential",
    "api key",
    "apikey",
    "api_key",
    "api-key",
    "access key",
    "accesskey",
    "access_key",
    "private key",
    "token",
    "account",
    "login",
    "비밀번호",
    "패스워드",
    "암호",
    "계정",
    "비번",
    "인증키",
    "로그인",
];

static FINDER: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasickBuilder::new().ascii_case_insensitive(true).build(WORDS).ok());

/// Where the comments worth keeping stand in the parsed text: one pass over the text, then a look at the nodes where a
/// word hit.
pub(super) fn kept(text: &str, root: Node<'_>, is_comment: impl Fn(Node<'_>) -> bool) -> Vec<Span> {
    let mut spans = Vec::new();
    let Some(finder) = FINDER.as_ref() else { return spans };
    let bytes = text.as_bytes();
    let mut done = 0;
    let mut opened = memchr::memmem::find_iter(bytes, "/*").peekable();
    // The end of the last block comment opened before the hit.
    let mut block_end = 0;
    // The start of the line of the last hit, and whether `//` came before the hit.
    let (mut seen, mut slashes) = (0, false);
    for hit in finder.find_iter(text) {
        if hit.start() < done {
            continue;
        }
        while let Some(at) = opened.next_if(|at| *at < hit.start()) {
            if at >= block_end {
                let inner = bytes.get(at + 2..).unwrap_or_default();
                block_end = memchr::memmem::find(inner, b"*/").map_or(bytes.len(), |length| at + 2 + length);
            }
        }
        let gap = bytes.get(seen..hit.start()).unwrap_or_default();
        match memchr::memrchr(b'\n', gap) {
            Some(at) => slashes = memchr::memmem::find(gap.get(at..).unwrap_or_default(), b"//").is_some(),
            None => slashes |= memchr::memmem::find(gap, b"//").is_some(),
        }
        seen = hit.start();
        if !slashes && hit.start() >= block_end {
            continue;
        }
        let Some(node) = root.descendant_for_byte_range(hit.start(), hit.end()) else { continue };
        if is_comment(node) {
            done = node.end_byte();
            spans.push(Span::new(node.start_byte(), node.end_byte()));
        }
    }
    spans
}
