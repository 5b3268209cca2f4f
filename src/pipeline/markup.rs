//! Weaknesses of markup, in pages and in what Java prints, looked for while the text is live.
//! Must not know how tags are found.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use index_vec::IndexSlice;
use regex::Regex;

use super::comments::secrets;
use crate::base::{RuleId, Span};
use crate::rules::{CheckKind, Rule, RuleKind};
use crate::syntax::markup::{Markup, Tag, markup};
use crate::syntax::pattern::PatternMatches;
use crate::syntax::{MappedText, Nodes, java};

/// The rules on markup.
#[derive(Debug, Default)]
pub(super) struct MarkupRules {
    comment: Option<RuleId>,
    shown: Option<RuleId>,
    query: Option<RuleId>,
}

/// Without any of these a Java file prints nothing that is looked at.
static PRINTED: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasickBuilder::new().ascii_case_insensitive(true).build(["<input", "<form", "<!--"]).ok());

/// In a comment without markup: a value put down for a password, however simple.
static ASSIGNED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\b(?:password|passwd|pwd|비밀번호|패스워드)\s*=\s*[\w!@^*-]{3,}\s*(?:,|-->|$)"#).ok());

static PASSWORD_NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)(password|passwd)$").ok());

impl MarkupRules {
    /// Those of the set.
    pub(super) fn of(rules: &IndexSlice<RuleId, [Rule]>) -> MarkupRules {
        let find = |check: CheckKind| {
            rules.iter_enumerated().find(|(_, rule)| matches!(rule.kind, RuleKind::Check(own) if own == check)).map(|(id, _)| id)
        };
        MarkupRules {
            comment: find(CheckKind::SensitiveMarkupComment),
            shown: find(CheckKind::PasswordFieldShown),
            query: find(CheckKind::PasswordInQuery),
        }
    }

    /// The hits in a page's text.
    pub(super) fn page(&self, text: &str) -> PatternMatches {
        let mut search = Search { rules: self, found: PatternMatches::default(), counts: [0; 3] };
        search.run(text, |span| span);
        search.finish()
    }

    /// The hits in the string literals of a Java text.
    pub(super) fn printed(&self, nodes: &Nodes, text: &str) -> PatternMatches {
        let mut search = Search { rules: self, found: PatternMatches::default(), counts: [0; 3] };
        if PRINTED.as_ref().is_some_and(|finder| finder.is_match(text)) {
            for MappedText { text, map } in java::printed(nodes, text) {
                search.run(&text, |span| map.to_original(span));
            }
        }
        search.finish()
    }
}

struct Search<'r> {
    rules: &'r MarkupRules,
    found: PatternMatches,
    /// Comments, fields and forms looked at.
    counts: [u32; 3],
}

impl Search<'_> {
    fn run(&mut self, text: &str, original: impl Fn(Span) -> Span) {
        // The form around, as far as it is sent by GET.
        let mut form: Option<Span> = None;
        for one in markup(text) {
            match one {
                Markup::Comment(span) => {
                    self.counts[0] += 1;
                    if gives_away(span.text(text)) {
                        self.hit(self.rules.comment, original(span));
                    }
                }
                Markup::Tag(tag) if tag.is(&["form", "form:form"]) => {
                    self.counts[2] += u32::from(!tag.closing);
                    let by_get = tag.attribute("method").is_some_and(|method| method.trim().eq_ignore_ascii_case("get"));
                    form = (by_get && !tag.closing).then_some(tag.span);
                }
                Markup::Tag(tag) if tag.is(&["input", "form:input", "form:password"]) => {
                    self.counts[1] += 1;
                    if shows_password(&tag) {
                        self.hit(self.rules.shown, original(tag.span));
                    }
                    if is_password(&tag)
                        && let Some(form) = form.take()
                    {
                        self.hit(self.rules.query, original(form));
                    }
                }
                Markup::Tag(_) => {}
            }
        }
    }

    fn hit(&mut self, rule: Option<RuleId>, at: Span) {
        self.found.hits.extend(rule.map(|rule| (rule, at)));
    }

    fn finish(mut self) -> PatternMatches {
        let rules = [self.rules.comment, self.rules.shown, self.rules.query];
        self.found.examined = rules
            .iter()
            .zip(self.counts)
            .filter_map(|(rule, count)| Some(((*rule)?, count)))
            .filter(|(_, count)| *count > 0)
            .collect();
        self.found
    }
}

/// Whether a comment tells a password. What is commented out is code, not a note.
fn gives_away(comment: &str) -> bool {
    let inner = comment.strip_prefix("<!--").unwrap_or(comment);
    if inner.contains(['<', '{']) {
        return false;
    }
    !secrets(inner).is_empty() || ASSIGNED.as_ref().is_some_and(|assigned| assigned.is_match(inner))
}

fn is_password(tag: &Tag<'_>) -> bool {
    tag.is(&["form:password"]) || tag.attribute("type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("password"))
}

/// A field for text whose name says that it takes a password. One without a type takes text.
fn shows_password(tag: &Tag<'_>) -> bool {
    let is_text = tag.attribute("type").map_or(!tag.is(&["form:password"]), |kind| kind.trim().eq_ignore_ascii_case("text"));
    let name = tag.attribute("name").or_else(|| tag.attribute("path")).unwrap_or_default();
    let only_shows = ["readonly", "disabled"].iter().any(|word| tag.attribute(word).is_some());
    is_text && !only_shows && PASSWORD_NAME.as_ref().is_some_and(|password| password.is_match(name.trim()))
}

#[cfg(test)]
mod tests {
    use super::gives_away;

    #[test]
    fn notes_are_told_from_code_that_is_commented_out() {
        for comment in
            ["<!-- db: shop, password = s3cret -->", "<!--user = shop, password = 123-->", "<!-- 비밀번호: abcd1234 -->"]
        {
            assert!(gives_away(comment), "{comment}");
        }
        for comment in [
            "<!-- the password field is below -->",
            "<!-- <input name=password value=abc> -->",
            "<!-- password = ${model.password} -->",
            "<!-- password = form.password.value; -->",
            "<!-- 비밀번호 = 입력 영역 -->",
        ] {
            assert!(!gives_away(comment), "{comment}");
        }
    }
}
