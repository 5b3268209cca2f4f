//! Which comments are kept: those that may hold a suppression or a secret. Must not know what is done with them.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};

use crate::base::Span;
use crate::syntax::{Node, Nodes};

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
    LazyLock::new(|| AhoCorasickBuilder::new().kind(Some(AhoCorasickKind::DFA)).ascii_case_insensitive(true).build(WORDS).ok());

/// Where the comments worth keeping stand in the parsed text.
pub(super) fn kept(text: &str, nodes: &Nodes, is_comment: impl Fn(Node<'_>) -> bool) -> Vec<Span> {
    let Some(finder) = FINDER.as_ref() else { return Vec::new() };
    let comments = nodes.iter().filter(|node| is_comment(*node)).map(|node| Span::new(node.start_byte(), node.end_byte()));
    comments.filter(|span| finder.is_match(span.text(text))).collect()
}
