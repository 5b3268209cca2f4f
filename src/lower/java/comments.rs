//! Which comments are kept: those that may hold a suppression or a secret. Must not know what is done with them.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use tree_sitter::Node;

use super::Lowering;
use super::kinds::Kind;
use crate::ir::Comment;

/// Words that make a comment worth keeping, in any letter case.
const WORDS: &[&str] = &[
    "haechi:", "password", "passwd", "pwd", "passphrase", "secret", "credential", "api key", "apikey", "api_key", "api-key",
    "access key", "accesskey", "access_key", "private key", "token", "account", "login", "비밀번호", "패스워드", "암호", "계정", "비번", "인증키",
    "로그인",
];

static FINDER: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasickBuilder::new().ascii_case_insensitive(true).build(WORDS).ok());

impl<'t> Lowering<'t> {
    /// Fills the unit's comments: one pass over the text, then a look at the nodes where it hit.
    pub(super) fn comments(&mut self, root: Node<'t>) {
        let Some(finder) = FINDER.as_ref() else { return };
        let bytes = self.text.as_bytes();
        let mut done = 0;
        let mut opened = memchr::memmem::find_iter(bytes, "/*").peekable();
        let mut last_open = None;
        // The start of the line of the last hit, and whether `//` came before the hit.
        let (mut seen, mut slashes) = (0, false);
        for hit in finder.find_iter(self.text) {
            if hit.start() < done {
                continue;
            }
            while let Some(at) = opened.next_if(|at| *at < hit.start()) {
                last_open = Some(at);
            }
            let gap = bytes.get(seen..hit.start()).unwrap_or_default();
            match memchr::memrchr(b'\n', gap) {
                Some(at) => slashes = memchr::memmem::find(gap.get(at..).unwrap_or_default(), b"//").is_some(),
                None => slashes |= memchr::memmem::find(gap, b"//").is_some(),
            }
            seen = hit.start();
            let in_block = last_open.is_some_and(|at| memchr::memmem::find(bytes.get(at + 2..hit.start()).unwrap_or_default(), b"*/").is_none());
            if !slashes && !in_block {
                continue;
            }
            let Some(node) = root.descendant_for_byte_range(hit.start(), hit.end()) else { continue };
            if matches!(self.kind(node), Kind::LineComment | Kind::BlockComment) {
                done = node.end_byte();
                let span = self.span(node);
                self.unit.comments.push(Comment { span });
            }
        }
    }
}
