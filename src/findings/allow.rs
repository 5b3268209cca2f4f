//! Suppressions in the source: `haechi:allow RULE[, RULE…] [until DATE] -- reason` in a comment.
//! Must not know findings, nor which rules exist.

use super::comments::comments;
use crate::base::{FileId, FileSpan, Span};
use crate::source::FileKind;

/// The word that begins a suppression.
const MARK: &str = "haechi:allow";
/// What follows the mark where it holds for the whole file.
const FILE_SUFFIX: &str = "-file";
/// What parts the rules from the reason. XML allows no `--` in a comment, so a single one between blanks does too.
const REASON_SIGNS: [&str; 4] = ["--", "—", "–", " - "];

/// A suppression as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Where: from the mark to the end of what belongs to it.
    pub at: FileSpan,
    /// The rules' ids.
    pub rules: Vec<String>,
    /// The last day it holds, as written.
    pub until: Option<String>,
    /// Why; empty where none is given.
    pub reason: String,
    /// What it holds for.
    pub scope: AllowScope,
}

/// What a suppression holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowScope {
    /// The file.
    File,
    /// Findings that touch these whole lines.
    Lines(Span),
}

impl Allow {
    /// Whether a finding at `span` (of the same file) is within its scope.
    #[must_use]
    pub fn covers(&self, span: Span) -> bool {
        match self.scope {
            AllowScope::File => true,
            AllowScope::Lines(lines) => span.lo <= lines.hi && (span.hi > lines.lo || span.lo >= lines.lo),
        }
    }
}

/// The suppressions of a text. Costs one search where there are none.
#[must_use]
pub fn scan_allows(file: FileId, kind: FileKind, text: &str) -> Vec<Allow> {
    if memchr::memmem::find(text.as_bytes(), MARK.as_bytes()).is_none() {
        return Vec::new();
    }
    let comments = comments(kind, text);
    let mut allows = Vec::new();
    for (index, comment) in comments.iter().enumerate() {
        let body = comment.text(text);
        for (at, _) in body.match_indices(MARK) {
            let rest = body.get(at + MARK.len()..).unwrap_or_default();
            let (rest, whole_file) = rest.strip_prefix(FILE_SUFFIX).map_or((rest, false), |rest| (rest, true));
            // `haechi:allowed` or a mention in a sentence's middle of a word is no suppression.
            if rest.starts_with(|character: char| character.is_alphanumeric() || character == '-' || character == '_') {
                continue;
            }
            let line = rest.split(['\n', '\r']).next().unwrap_or_default();
            let line = ["*/", "--%>", "-->"].iter().fold(line.trim_end(), |line, end| line.strip_suffix(end).unwrap_or(line));
            let length = (body.len() - at - rest.len()) + line.trim_end().len();
            let scope = if whole_file { AllowScope::File } else { AllowScope::Lines(target(kind, text, &comments, index)) };
            let lo = comment.lo as usize + at;
            allows.push(parse(line, FileSpan { file, span: Span::new(lo, lo + length) }, scope));
        }
    }
    allows
}

fn parse(line: &str, at: FileSpan, scope: AllowScope) -> Allow {
    let cut = REASON_SIGNS.iter().filter_map(|sign| line.find(sign).map(|found| (found, sign.len()))).min();
    let (head, reason) = match cut {
        Some((found, length)) => (line.get(..found).unwrap_or_default(), line.get(found + length..).unwrap_or_default()),
        None => (line, ""),
    };
    let mut rules = Vec::new();
    let mut until = None;
    let mut words = head.split(|character: char| character.is_whitespace() || character == ',').filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if word == "until" {
            until = Some(words.next().unwrap_or_default().to_owned());
        } else {
            rules.push(word.to_owned());
        }
    }
    Allow { at, rules, until, reason: reason.trim().trim_start_matches('-').trim().to_owned(), scope }
}

/// The whole lines that a comment speaks of: its own, or, where nothing else stands on them, the next line of code;
/// annotations between are passed over and belong to it.
fn target(kind: FileKind, text: &str, comments: &[Span], index: usize) -> Span {
    let Some(comment) = comments.get(index) else { return Span::default() };
    let own = whole_lines(text, comment.lo as usize, comment.hi as usize);
    let before = text.get(own.lo as usize..comment.lo as usize).unwrap_or_default();
    let after = text.get(comment.hi as usize..own.hi as usize).unwrap_or_default();
    if !before.trim().is_empty() || !after.trim().is_empty() {
        return own;
    }
    let mut code = next_code(text, comments, comment.hi as usize);
    let start = code;
    while kind == FileKind::Java && text.get(code..).is_some_and(|rest| rest.starts_with('@') && !rest.starts_with("@interface"))
    {
        let next = next_code(text, comments, whole_lines(text, code, code).hi as usize);
        if next >= text.len() {
            break;
        }
        code = next;
    }
    whole_lines(text, start, code)
}

fn next_code(text: &str, comments: &[Span], from: usize) -> usize {
    let mut at = from;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += rest.len() - rest.trim_start().len();
        let comment = comments.partition_point(|comment| (comment.lo as usize) < at);
        match comments.get(comment) {
            Some(comment) if comment.lo as usize == at && comment.hi as usize > at => at = comment.hi as usize,
            _ => return at,
        }
    }
}

fn whole_lines(text: &str, lo: usize, hi: usize) -> Span {
    let start = text.get(..lo).and_then(|before| before.rfind(['\n', '\r'])).map_or(0, |found| found + 1);
    let end = text.get(hi..).and_then(|after| after.find(['\n', '\r'])).map_or(text.len(), |found| hi + found);
    Span::new(start, end)
}

#[cfg(test)]
mod tests {
    use super::{Allow, AllowScope, scan_allows};
    use crate::base::FileId;
    use crate::source::FileKind;

    fn scan(kind: FileKind, text: &str) -> Vec<Allow> {
        scan_allows(FileId::from(0usize), kind, text)
    }

    fn lines(allow: &Allow, text: &str) -> String {
        match allow.scope {
            AllowScope::File => "FILE".to_owned(),
            AllowScope::Lines(span) => span.text(text).to_owned(),
        }
    }

    #[test]
    fn a_trailing_comment_holds_for_its_own_line() {
        let text = "a();\nb(); // haechi:allow java/sql-injection, java/xss until 2027-01-31 -- 관리자 전용 화면\nc();";
        let [allow] = scan(FileKind::Java, text).try_into().unwrap();
        assert_eq!(allow.rules, ["java/sql-injection", "java/xss"]);
        assert_eq!(allow.until.as_deref(), Some("2027-01-31"));
        assert_eq!(allow.reason, "관리자 전용 화면");
        assert!(lines(&allow, text).starts_with("b();"));
        assert!(allow.at.span.text(text).ends_with("화면"));
    }

    #[test]
    fn alone_on_a_line_it_holds_for_the_next_code() {
        let text = "  // haechi:allow java/a -- one\n  /* haechi:allow java/b -- two */\n\n  // why\n  code(x);\n  more();";
        let found = scan(FileKind::Java, text);
        assert_eq!(found.iter().map(|allow| allow.reason.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        assert!(found.iter().all(|allow| lines(allow, text) == "  code(x);"));
    }

    #[test]
    fn annotations_belong_to_what_follows() {
        let text = "// haechi:allow java/a -- r\n@Get\n@Role(\"x\")\nvoid f() {}\n";
        assert_eq!(lines(&scan(FileKind::Java, text)[0], text), "@Get\n@Role(\"x\")\nvoid f() {}");
    }

    #[test]
    fn every_kind_of_file_has_its_form() {
        let forms = [
            (FileKind::C, "gets(b); /* haechi:allow c/gets -- legacy */"),
            (FileKind::Jsp, "<%-- haechi:allow c/gets -- legacy --%>\n<p>"),
            (FileKind::Jsp, "<!-- haechi:allow c/gets -- legacy -->\n<p>"),
            (FileKind::Xml, "<a/><!-- haechi:allow c/gets - legacy -->"),
            (FileKind::Properties, "# haechi:allow c/gets -- legacy\na=b"),
            (FileKind::Yaml, "a: b # haechi:allow c/gets -- legacy"),
        ];
        for (kind, text) in forms {
            let [allow] = scan(kind, text).try_into().unwrap_or_else(|found| panic!("{kind:?}: {found:?}"));
            assert_eq!((allow.rules, allow.reason.as_str()), (vec!["c/gets".to_owned()], "legacy"), "{kind:?}");
        }
    }

    #[test]
    fn a_file_wide_one_and_what_is_none() {
        let text = "// haechi:allow-file java/a -- generated\nString s = \"haechi:allow java/b -- no\"; // haechi:allowed x";
        let found = scan(FileKind::Java, text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].scope, AllowScope::File);
        assert_eq!(found[0].rules, ["java/a"]);
    }

    #[test]
    fn without_a_reason_it_has_none() {
        let [allow] = scan(FileKind::Java, "f(); // haechi:allow java/a until 2027-13-01").try_into().unwrap();
        assert_eq!((allow.reason.as_str(), allow.until.as_deref()), ("", Some("2027-13-01")));
    }
}
