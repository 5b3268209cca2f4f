//! The conditional groups of a file (`#if` … `#endif`) and how much code each branch holds: one pass before the main one.
//! Must not know which branch is taken.

use super::lex;

/// A conditional directive's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CondKind {
    If,
    Ifdef,
    Ifndef,
    Elif,
    Elifdef,
    Elifndef,
    Else,
}

/// A branch of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch {
    pub(super) kind: CondKind,
    /// The directive's expression or name.
    pub(super) argument: (usize, usize),
    /// First byte of the branch: the newline that ends its directive.
    pub(super) start: usize,
    /// Bytes of code in it.
    pub(super) weight: usize,
}

/// A group.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) branches: smallvec::SmallVec<[Branch; 2]>,
    /// The `#` of its `#if`.
    pub(super) start: usize,
    /// The newline that ends its `#endif`, or the text's end.
    pub(super) end: usize,
}

/// All groups of a text, by start.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
    /// Places of ends without start and starts without end.
    pub(super) unbalanced: Vec<usize>,
}

/// Levels of nested groups; deeper ones are taken as unbalanced.
const DEPTH_LIMIT: usize = 500;

/// Finds the groups.
pub(super) fn find(text: &str) -> Groups {
    let bytes = text.as_bytes();
    let mut found = Groups::default();
    // Open groups: index and the weight at the start of the current branch.
    let mut open: Vec<(usize, usize, bool)> = Vec::new();
    let mut weight = 0usize;
    let mut at = 0;
    let mut line_start = true;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' => {
                line_start = true;
                at += 1;
            }
            b' ' | b'\t' | b'\r' => at += 1,
            b'/' => match lex::comment_end(bytes, at) {
                Some(end) => at = end,
                None => {
                    at += 1;
                    weight += 1;
                }
            },
            b'"' | b'\'' => {
                let end = lex::literal_end(bytes, at);
                weight += end - at;
                at = end;
                line_start = false;
            }
            b'#' if line_start => {
                let end = lex::directive_end(bytes, at);
                directive(text, at, end, weight, &mut open, &mut found);
                at = end;
            }
            _ => {
                line_start = false;
                weight += 1;
                at += 1;
            }
        }
    }
    for (index, at_branch, error) in open {
        close_branch(&mut found, index, weight, at_branch, error);
        if let Some(group) = found.groups.get_mut(index) {
            group.end = bytes.len();
            found.unbalanced.push(group.start);
        }
    }
    found
}

fn directive(text: &str, at: usize, end: usize, weight: usize, open: &mut Vec<(usize, usize, bool)>, found: &mut Groups) {
    let word = lex::next_token(text, at + 1);
    if word.hi as usize > end {
        return;
    }
    let kind = match word.text(text) {
        "if" => CondKind::If,
        "ifdef" => CondKind::Ifdef,
        "ifndef" => CondKind::Ifndef,
        "elif" => CondKind::Elif,
        "elifdef" => CondKind::Elifdef,
        "elifndef" => CondKind::Elifndef,
        "else" => CondKind::Else,
        "endif" => {
            match open.pop() {
                Some((index, at_branch, error)) => {
                    close_branch(found, index, weight, at_branch, error);
                    if let Some(group) = found.groups.get_mut(index) {
                        group.end = end;
                    }
                }
                None => found.unbalanced.push(at),
            }
            return;
        }
        "error" => {
            if let Some((_, _, error)) = open.last_mut() {
                *error = true;
            }
            return;
        }
        _ => return,
    };
    let branch = Branch { kind, argument: (word.hi as usize, end), start: end, weight: 0 };
    if matches!(kind, CondKind::If | CondKind::Ifdef | CondKind::Ifndef) {
        if open.len() >= DEPTH_LIMIT {
            found.unbalanced.push(at);
            return;
        }
        open.push((found.groups.len(), weight, false));
        found.groups.push(Group { branches: smallvec::smallvec![branch], start: at, end: text.len() });
        return;
    }
    match open.last_mut() {
        Some((index, at_branch, error)) => {
            close_branch(found, *index, weight, *at_branch, *error);
            (*at_branch, *error) = (weight, false);
            if let Some(group) = found.groups.get_mut(*index) {
                group.branches.push(branch);
            }
        }
        None => found.unbalanced.push(at),
    }
}

fn close_branch(found: &mut Groups, index: usize, weight: usize, at_branch: usize, error: bool) {
    if let Some(branch) = found.groups.get_mut(index).and_then(|group| group.branches.last_mut()) {
        branch.weight = if error { 0 } else { 1 + weight - at_branch };
    }
}
