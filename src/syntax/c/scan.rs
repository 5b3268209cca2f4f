//! The main pass over a text: directives taken out, branches chosen, macros expanded, positions kept.
//! Must not know the grammar: what it cannot read is `adapt`'s business.

use super::cond::{self, Names};
use super::expand::{Expander, Lookup, arguments, is_plain_argument, starts_line};
use super::groups::{self, Branch, CondKind, Group};
use super::headers::{HeaderScan, View};
use super::lex;
use super::macros::{self, Macro, Shape};
use super::{BaseMacros, Preprocessed};
use crate::base::{FastMap, FastSet, Problem, ProblemKind, Span};
use crate::syntax::MappedText;

/// A use of a macro that is an expression is expanded up to so many bytes; beyond, the call stays.
const SMALL_EXPANSION: usize = 240;
/// A use whose arguments are plain is expanded up to so many bytes whatever it is; beyond, it reads as a call.
const LARGE_EXPANSION: usize = 2_048;
/// Expansions may make a text so many times as long, and so many bytes longer.
const GROWTH_FACTOR: usize = 2;
const GROWTH_BYTES: usize = 64 * 1024;

/// The names in force at a point of a file.
pub(super) struct Scope<'t> {
    base: &'t BaseMacros,
    headers: View<'t>,
    /// The file's own: `None` after `#undef`.
    local: FastMap<&'t str, Option<Macro<'t>>>,
    /// What an unknown condition was taken to be, so that one name is the same all over the file.
    assumed: FastMap<&'t str, bool>,
}

impl Lookup for Scope<'_> {
    fn lookup(&self, name: &str) -> Option<(&str, &Macro<'_>)> {
        if let Some((name, mac)) = self.local.get_key_value(name) {
            return mac.as_ref().map(|mac| (*name, mac));
        }
        if let Some((name, mac)) = self.base.macros.get_key_value(name) {
            return Some((name, mac));
        }
        self.headers.lookup(name).map(|(name, mac)| (name, mac as &Macro<'_>))
    }
}

impl Names for Scope<'_> {
    fn is_defined(&self, name: &str) -> Option<bool> {
        if let Some(mac) = self.local.get(name) {
            return Some(mac.is_some());
        }
        if self.base.values.contains_key(name) || self.lookup(name).is_some() {
            return Some(true);
        }
        if self.base.undefined.contains(name) {
            return Some(false);
        }
        self.assumed.get(name).copied()
    }

    fn predefined(&self, name: &str) -> Option<i128> {
        self.base.values.get(name).copied()
    }
}

/// The pass.
pub(super) struct Scanner<'t> {
    path: &'t str,
    text: &'t str,
    out: MappedText,
    copied: usize,
    scope: Scope<'t>,
    groups: Vec<Group>,
    /// Branches in progress: where each ends by jumping, and to where.
    next_group: usize,
    open: Vec<usize>,
    /// How much code stands and falls with what nothing in view defines: by name or expression, if so and if not.
    tally: Option<FastMap<&'t str, (usize, usize)>>,
    /// Function-like macros whose expansion turned out too long to be worth it.
    heavy: FastSet<&'t str>,
    problems: Vec<Problem>,
    /// Header scan: keep the definitions and nothing else.
    collect: Option<HeaderScan>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(path: &'t str, text: &'t str, base: &'t BaseMacros, headers: View<'t>) -> Self {
        let found = if memchr::memchr(b'#', text.as_bytes()).is_some() { groups::find(text) } else { groups::Groups::default() };
        let problems = found
            .unbalanced
            .iter()
            .map(|&at| Problem {
                file: None,
                span: Some(Span::new(at, lex::directive_end(text.as_bytes(), at))),
                kind: ProblemKind::UnbalancedConditional,
                detail: String::new(),
            })
            .collect();
        Scanner {
            path,
            text,
            out: MappedText::default(),
            copied: 0,
            scope: Scope { base, headers, local: FastMap::default(), assumed: FastMap::default() },
            groups: found.groups,
            next_group: 0,
            open: Vec::new(),
            tally: None,
            heavy: FastSet::default(),
            problems,
            collect: None,
        }
    }

    /// Preprocesses.
    pub(super) fn run(mut self) -> Preprocessed {
        self.out.text.reserve(self.text.len() + self.text.len() / 8);
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if lex::is_ident_start(byte) {
                let end = lex::ident_end(bytes, at);
                at = self.identifier(at, end);
                continue;
            }
            at = match byte {
                b'0'..=b'9' => lex::number_end(bytes, at),
                b'"' | b'\'' => lex::literal_end(bytes, at),
                b'/' => lex::comment_end(bytes, at).unwrap_or(at + 1),
                b'#' if starts_line(self.text, at) => {
                    self.flush(at);
                    let next = self.directive(at);
                    self.copied = next;
                    next
                }
                _ => at + 1,
            };
        }
        self.flush(bytes.len());
        Preprocessed { mapped: self.out, problems: self.problems }
    }

    /// Only follows the directives and gives the macros that stand at the end.
    pub(super) fn scan_header(mut self) -> HeaderScan {
        self.collect = Some(HeaderScan::default());
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at = match byte {
                b'/' => lex::comment_end(bytes, at).unwrap_or(at + 1),
                b'"' | b'\'' => lex::literal_end(bytes, at),
                b'#' if starts_line(self.text, at) => self.directive(at),
                _ => at + 1,
            };
        }
        let mut scan = self.collect.take().unwrap_or_default();
        self.scope.local.into_iter().filter_map(|(name, mac)| Some((name, mac?))).for_each(|(name, mac)| scan.add(name, mac));
        scan
    }

    fn flush(&mut self, to: usize) {
        if self.copied < to {
            self.out.copy(self.text.get(self.copied..to).unwrap_or_default(), self.copied);
        }
        self.copied = to;
    }

    /// A directive whose `#` stands at `at`; gives where to go on.
    fn directive(&mut self, at: usize) -> usize {
        let text = self.text;
        let end = lex::directive_end(text.as_bytes(), at);
        let word = lex::next_token(text, at + 1);
        if word.hi as usize > end {
            return end;
        }
        let rest = text.get(word.hi as usize..end).unwrap_or_default();
        match word.text(text) {
            "define" => {
                if let Some((name, mac)) = macros::parse_define(rest)
                    && !self.scope.base.kept.contains(name)
                {
                    self.heavy.remove(name);
                    self.scope.local.insert(name, Some(mac));
                }
            }
            "undef" => {
                let name = lex::next_token(rest, 0).text(rest);
                self.scope.local.insert(name, None);
            }
            "include" | "include_next" | "import" => {
                let rest = rest.trim_start();
                let (close, quoted) = if rest.starts_with('<') { ('>', false) } else { ('"', true) };
                if let Some(name) = rest.get(1..).and_then(|rest| rest.split(close).next()) {
                    if let Some(scan) = &mut self.collect {
                        scan.includes.push((Box::from(name), quoted));
                    }
                    self.scope.headers.include(self.path, name, quoted);
                }
            }
            "if" | "ifdef" | "ifndef" => return self.group(at).unwrap_or(end),
            "elif" | "elifdef" | "elifndef" | "else" => {
                // The branch in progress ends here: the rest of its group is skipped.
                if let Some(index) = self.open.pop() {
                    return self.groups.get(index).map_or(end, |group| group.end);
                }
            }
            "endif" => {
                self.open.pop();
            }
            _ => {}
        }
        end
    }

    /// Chooses the branch of the group that starts at `at`; gives where to go on.
    fn group(&mut self, at: usize) -> Option<usize> {
        let index = self.next_group + self.groups.get(self.next_group..)?.partition_point(|group| group.start < at);
        self.groups.get(index).filter(|group| group.start == at)?;
        self.next_group = index + 1;
        self.settle_unknown(index);
        let group = self.groups.get(index)?;
        let mut best: Option<(usize, usize)> = None;
        let mut unknown: Option<(&'t str, bool, usize)> = None;
        for (number, branch) in group.branches.iter().enumerate() {
            let truth = self.truth(branch);
            if truth == Some(false) {
                continue;
            }
            if best.is_none_or(|(_, weight)| branch.weight > weight) {
                best = Some((number, branch.weight));
            }
            if truth == Some(true) {
                break;
            }
            if unknown.is_none() {
                unknown = self.simple_name(branch).map(|(name, positive)| (name, positive, number));
            }
        }
        // A branch of nothing but an #error is no better than none.
        let chosen = best.filter(|(_, weight)| *weight > 0).map(|(number, _)| number);
        if let Some((name, positive, number)) = unknown {
            self.scope.assumed.insert(name, (chosen == Some(number)) == positive);
        }
        let end = group.end;
        Some(match chosen.and_then(|number| group.branches.get(number)) {
            Some(branch) => {
                self.open.push(index);
                branch.start
            }
            None => end,
        })
    }

    /// What a group hangs on and nothing in view defines is settled for the whole file: so that most of its code is kept.
    fn settle_unknown(&mut self, index: usize) {
        let Some(first) = self.groups.get(index).and_then(|group| group.branches.first()) else { return };
        if self.truth(first).is_some() {
            return;
        }
        let Some((name, _)) = self.simple_name(first) else { return };
        let mut tally = self.tally.take().unwrap_or_else(|| self.weigh());
        if let Some((with, without)) = tally.remove(name)
            && with != without
        {
            self.scope.assumed.insert(name, with > without);
        }
        self.tally = Some(tally);
    }

    fn weigh(&self) -> FastMap<&'t str, (usize, usize)> {
        let mut tally: FastMap<&'t str, (usize, usize)> = FastMap::default();
        for group in &self.groups {
            let Some(first) = group.branches.first() else { continue };
            let Some((name, positive)) = self.simple_name(first) else { continue };
            let other = group.branches.get(1).filter(|other| other.kind == CondKind::Else).map_or(0, |other| other.weight);
            let entry = tally.entry(name).or_default();
            let (with, without) = if positive { (first.weight, other) } else { (other, first.weight) };
            *entry = (entry.0 + with, entry.1 + without);
        }
        tally
    }

    fn truth(&self, branch: &Branch) -> Option<bool> {
        let argument = self.text.get(branch.argument.0..branch.argument.1).unwrap_or_default();
        let name = || lex::next_token(argument, 0).text(argument);
        match branch.kind {
            CondKind::Else => Some(true),
            CondKind::Ifdef | CondKind::Elifdef => self.scope.is_defined(name()),
            CondKind::Ifndef | CondKind::Elifndef => self.scope.is_defined(name()).map(|defined| !defined),
            CondKind::If | CondKind::Elif => {
                cond::evaluate(argument, &self.scope).or_else(|| self.scope.assumed.get(argument.trim()).copied())
            }
        }
    }

    /// The name an unknown condition hangs on, and whether the branch wants it defined; else the whole expression.
    fn simple_name(&self, branch: &Branch) -> Option<(&'t str, bool)> {
        let argument = self.text.get(branch.argument.0..branch.argument.1)?;
        let first = lex::next_token(argument, 0);
        match branch.kind {
            CondKind::Ifdef | CondKind::Elifdef => return Some((first.text(argument), true)),
            CondKind::Ifndef | CondKind::Elifndef => return Some((first.text(argument), false)),
            _ => {}
        }
        let mut positive = true;
        let mut token = first;
        let mut name = None;
        while token.kind != lex::END {
            match token.text(argument) {
                "!" if name.is_none() => positive = !positive,
                "defined" | "(" | ")" => {}
                _ if token.kind == lex::IDENT && name.is_none() => name = Some(token.text(argument)),
                _ => return Some((argument.trim(), true)),
            }
            token = lex::next_token(argument, token.hi as usize);
        }
        name.map(|name| (name, positive))
    }

    /// An identifier: expanded if it is a macro whose expansion matters. Gives where to go on.
    fn identifier(&mut self, at: usize, end: usize) -> usize {
        let name = self.text.get(at..end).unwrap_or_default();
        let Some((name, mac)) = self.scope.lookup(name) else { return end };
        let (args, next) = match &mac.params {
            None => (Vec::new(), end),
            Some(_) => match arguments(self.text, end) {
                Some(args) => (args.list, args.end),
                None => return end,
            },
        };
        let plain_args = args.iter().all(|arg| is_plain_argument(arg));
        if mac.shape == Shape::Block && plain_args {
            return end;
        }
        let plain = mac.shape == Shape::Expr && plain_args;
        if mac.shape == Shape::Expr && self.heavy.contains(name) && plain {
            return end;
        }
        let room = self.text.len() * GROWTH_FACTOR + GROWTH_BYTES;
        if self.out.text.len() > room {
            return end;
        }
        let mut expansion = String::new();
        let fits = Expander::new(&self.scope).use_of(name, mac, &args, &mut expansion).is_ok();
        let given: usize = args.iter().map(|arg| arg.len()).sum();
        // A call of unknown doings says nothing of the variables that a macro assigns.
        let long = plain && expansion.len() > SMALL_EXPANSION + given;
        if !fits
            || (long && !mac.assigns_params() && !macros::assigns_any(&expansion, &args))
            || (plain_args && expansion.len() > LARGE_EXPANSION + given)
        {
            let key = self.text.get(at..end).unwrap_or_default();
            self.heavy.insert(key);
            return end;
        }
        self.flush(at);
        // Two tokens must not run together, and an empty expansion must not leave a gap without a position.
        let glued =
            |byte: Option<&u8>| byte.is_some_and(|&byte| lex::is_ident_byte(byte) || matches!(byte, b'+' | b'-' | b'&' | b'"'));
        if expansion.is_empty() || glued(expansion.as_bytes().last()) && glued(self.text.as_bytes().get(next)) {
            expansion.push(' ');
        }
        self.out.replace(&expansion, Span::new(at, next));
        self.copied = next;
        next
    }
}
