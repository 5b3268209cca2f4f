//! The parser: at each token, in each version of the stack, what the tables say.
//!
//! Follows tree-sitter's `parser.c` step by step wherever the order of steps decides which of several readings wins. What that does
//! about errors is left out: where all versions end, so does the driver. Must not know which grammar it runs.

use std::cmp::Ordering;
use std::time::Instant;

use super::lexer::Lexer;
use super::stack::{Forest, Slice, Stack, Status, Tree};
use super::tables::{Action, Entry, Tables};

/// As many versions are followed; tree-sitter's number.
const MAX_VERSIONS: usize = 6;

/// As many more may come up within one step.
const OVERFLOW: usize = 4;

/// The clock is asked once in so many rounds.
const CLOCK_STRIDE: u32 = 4096;

/// The state whose lexer knows all tokens.
const ERROR_STATE: u16 = 0;

/// What the lexer's state is where a rule of comments made of several tokens ends; none of our grammars has such.
const NO_LEXING: u16 = u16::MAX;

pub(super) struct Driver<'t> {
    tables: &'t Tables,
    lexer: Lexer<'t>,
    deadline: Instant,
    stack: Stack,
    forest: Forest,
    /// The last token found, and where it was looked for.
    cached: Option<(u32, u32)>,
    finished: Option<u32>,
    scratch: Vec<u32>,
}

/// What came of a step.
enum Step {
    /// This version is done for now.
    Done,
    /// The driver cannot go on.
    GiveUp,
}

impl<'t> Driver<'t> {
    /// `None`: the text is too long for its positions.
    pub(super) fn new(tables: &'t Tables, text: &'t str, deadline: Instant) -> Option<Driver<'t>> {
        u32::try_from(text.len()).ok()?;
        let mut forest = Forest::default();
        // Some six bytes a token, and as many trees again above them.
        forest.trees.reserve(text.len() / 3);
        forest.children.reserve(text.len() / 3);
        Some(Driver {
            tables,
            lexer: Lexer::new(text),
            deadline,
            stack: Stack::new(),
            forest,
            cached: None,
            finished: None,
            scratch: Vec::new(),
        })
    }

    /// The trees, and which is the root.
    pub(super) fn run(mut self) -> Option<(Forest, u32)> {
        let (mut last, mut rounds) = (0, 0u32);
        while self.stack.versions() > 0 {
            rounds = rounds.wrapping_add(1);
            if rounds.is_multiple_of(CLOCK_STRIDE) && Instant::now() > self.deadline {
                return None;
            }
            let mut version = 0;
            while version < self.stack.versions() {
                while self.stack.is(version, Status::Active) {
                    if let Step::GiveUp = self.advance(version) {
                        return None;
                    }
                    let position = self.stack.position(version);
                    if position > last || (version > 0 && position == last) {
                        last = position;
                        break;
                    }
                }
                version += 1;
            }
            if self.stack.versions() == 1 && self.stack.is(0, Status::Active) {
                continue;
            }
            self.stack.condense(MAX_VERSIONS, &self.forest);
            if (0..self.stack.versions()).any(|version| self.stack.is(version, Status::Paused)) {
                return None;
            }
        }
        let root = self.finished?;
        Some((self.forest, root))
    }

    /// Reads one token in a version.
    fn advance(&mut self, version: usize) -> Step {
        let tables = self.tables;
        let mut state = self.stack.state(version);
        let position = self.stack.position(version);
        let Some((mut token, mut entry)) = self.reuse(state, position).or_else(|| self.lex(state, position)) else {
            return Step::GiveUp;
        };
        loop {
            let mut reduced = None;
            let mut has_reduced = false;
            for action in tables.actions(entry) {
                match *action {
                    Action::Shift { state: next, is_extra } => {
                        let token = self.marked(token, is_extra);
                        self.stack.push(version, token, if is_extra { state } else { next }, &self.forest);
                        return Step::Done;
                    }
                    Action::Reduce { symbol, count, dynamic, production } => {
                        let made = Made { symbol, dynamic: i32::from(dynamic), production };
                        has_reduced = true;
                        if entry.is_single() && self.reduce_straight(made, usize::from(count)) {
                            reduced = Some(version);
                        } else {
                            reduced = match self.reduce(version, made, usize::from(count)) {
                                Ok(new) => new.or(reduced),
                                Err(()) => return Step::GiveUp,
                            };
                        }
                    }
                    Action::Accept => {
                        self.accept(version, token);
                        return Step::Done;
                    }
                    Action::Recover => return Step::GiveUp,
                }
            }
            if let Some(new) = reduced {
                self.stack.renumber(new, version);
                state = self.stack.state(version);
                entry = tables.entry(state, self.forest.get(token).map_or(0, |token| token.symbol));
                continue;
            }
            if has_reduced {
                // What was made of it stands in an earlier version already.
                self.stack.set(version, Status::Halted);
                return Step::Done;
            }
            // A keyword that makes no sense here may be a name.
            if let Some(keyword) = self.forest.get(token).copied().filter(|token| token.is_keyword && token.symbol != tables.word)
            {
                entry = tables.entry(state, tables.word);
                if entry.is_valid {
                    token = self.forest.add(Tree { symbol: tables.word, ..keyword });
                    continue;
                }
            }
            self.stack.set(version, Status::Paused);
            return Step::Done;
        }
    }

    /// The last token found, where it was found at this place and a lexer in this state would find the same.
    fn reuse(&self, state: u16, position: u32) -> Option<(u32, Entry)> {
        let (token, _) = self.cached.filter(|(_, at)| *at == position)?;
        let leaf = self.forest.get(token)?;
        let entry = self.tables.entry(state, leaf.symbol);
        let found_in = leaf.production;
        let is_same_lexer = self.tables.lex_state(found_in) == self.tables.lex_state(state);
        let is_settled = leaf.symbol != self.tables.word || (!leaf.is_keyword && found_in == state);
        let is_reused =
            (entry.is_valid && is_same_lexer && is_settled) || ((leaf.start < leaf.end || leaf.symbol == 0) && entry.is_reusable);
        is_reused.then_some((token, entry))
    }

    /// Finds the next token.
    fn lex(&mut self, state: u16, position: u32) -> Option<(u32, Entry)> {
        let lex_state = self.tables.lex_state(state);
        if lex_state == NO_LEXING {
            return None;
        }
        let text = self.lexer.text();
        let quick = &self.tables.quick;
        let from = quick.skip(text, lex_state, position as usize);
        let mut found = quick.find(text, lex_state, from, self.tables.word);
        if found.is_none() {
            found = self.lexer.find(self.tables.lex, lex_state, from);
        }
        if found.is_none() {
            found = self.lexer.find(self.tables.lex, self.tables.lex_state(ERROR_STATE), from);
        }
        let found = found?;
        let mut symbol = found.symbol;
        let mut is_keyword = false;
        if symbol == self.tables.word
            && symbol != 0
            && let Some(keyword) = text.get(found.start..found.end).and_then(|word| quick.keyword(word))
        {
            is_keyword = true;
            if self.tables.entry(state, keyword).is_valid {
                symbol = keyword;
            }
        }
        let at = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let token = self.forest.add(Tree {
            symbol,
            production: state,
            start: at(found.start),
            end: at(found.end),
            first: 0,
            count: 0,
            dynamic: 0,
            // The end of the text is nobody's child.
            is_extra: symbol == 0,
            is_keyword,
        });
        self.cached = Some((token, position));
        Some((token, self.tables.entry(state, symbol)))
    }

    /// The token as one that counts as a child, or not.
    fn marked(&mut self, token: u32, is_extra: bool) -> u32 {
        match self.forest.trees.get(token as usize).copied() {
            // Another version may have taken it as something else.
            Some(tree) if tree.is_extra != is_extra => self.forest.add(Tree { is_extra, ..tree }),
            _ => token,
        }
    }

    /// Reduces in the only version, where there is one way to.
    fn reduce_straight(&mut self, made: Made, count: usize) -> bool {
        let mut trees = std::mem::take(&mut self.scratch);
        let is_done = self.stack.versions() == 1 && self.stack.pop_straight(count, &self.forest, &mut trees);
        if is_done {
            let extras = trees.iter().take_while(|tree| self.forest.is_extra(**tree)).count();
            trees.reverse();
            let kept = trees.len() - if count == 0 { 0 } else { extras };
            let position = self.stack.position(0);
            let tree = self.tree(made, trees.get(..kept).unwrap_or_default(), position);
            self.push_made(0, tree, made.symbol, trees.get(kept..).unwrap_or_default());
        }
        self.scratch = trees;
        is_done
    }

    /// Reduces on every way down. The first version that came of it, if it did not merge with an earlier one.
    fn reduce(&mut self, version: usize, made: Made, count: usize) -> Result<Option<usize>, ()> {
        let before = self.stack.versions();
        let mut slices = self.stack.pop(version, Some(count), &self.forest).into_iter().peekable();
        let halted = self.stack.halted();
        let mut removed = 0;
        while let Some(slice) = slices.next() {
            let own = slice.version - removed;
            if own > MAX_VERSIONS + OVERFLOW + halted {
                return Err(());
            }
            let (mut trees, mut extras) = self.split(slice);
            let position = self.stack.position(own);
            let mut tree = self.tree(made, &trees, position);
            while let Some(next) = slices.next_if(|next| next.version - removed == own) {
                let (next_trees, next_extras) = self.split(next);
                let other = self.tree(Made { dynamic: 0, ..made }, &next_trees, position);
                if self.prefers(tree, other, made.dynamic) {
                    (trees, extras) = (next_trees, next_extras);
                    tree = self.tree(made, &trees, position);
                }
            }
            self.push_made(own, tree, made.symbol, &extras);
            for earlier in (0..own).filter(|earlier| *earlier != version) {
                if self.stack.merge(earlier, own, &self.forest) {
                    removed += 1;
                    break;
                }
            }
        }
        Ok((self.stack.versions() > before).then_some(before))
    }

    /// Children, and the comments behind them.
    fn split(&self, slice: Slice) -> (Vec<u32>, Vec<u32>) {
        let mut trees = slice.trees;
        let kept = trees.iter().rposition(|tree| !self.forest.is_extra(*tree)).map_or(0, |last| last + 1);
        let extras = trees.split_off(kept);
        (trees, extras)
    }

    /// Whether the second of two readings is to be kept; the first one has its own precedence already.
    fn prefers(&self, first: u32, second: u32, own: i32) -> bool {
        let dynamic = |tree: u32| self.forest.get(tree).map_or(0, |tree| tree.dynamic);
        match dynamic(second).cmp(&(dynamic(first) - own)) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => self.compare(first, second) == Ordering::Greater,
        }
    }

    /// The order of readings that nothing else tells apart.
    fn compare(&self, first: u32, second: u32) -> Ordering {
        let mut pairs = vec![(first, second)];
        while let Some((first, second)) = pairs.pop() {
            let (Some(a), Some(b)) = (self.forest.get(first), self.forest.get(second)) else { continue };
            let order = (a.symbol, a.count).cmp(&(b.symbol, b.count));
            if order != Ordering::Equal {
                return order;
            }
            let both = self.forest.children(a).iter().copied().zip(self.forest.children(b).iter().copied());
            let at = pairs.len();
            pairs.extend(both);
            if let Some(new) = pairs.get_mut(at..) {
                new.reverse();
            }
        }
        Ordering::Equal
    }

    /// A tree of these children; without any it stands at `position`.
    fn tree(&mut self, made: Made, children: &[u32], position: u32) -> u32 {
        let (mut start, mut end, mut dynamic) = (position, position, made.dynamic);
        if let (Some(first), Some(last)) = (children.first(), children.last()) {
            start = self.forest.get(*first).map_or(0, |tree| tree.start);
            end = self.forest.get(*last).map_or(0, |tree| tree.end);
            dynamic += children.iter().filter_map(|child| self.forest.get(*child)).map(|child| child.dynamic).sum::<i32>();
        }
        let first = u32::try_from(self.forest.children.len()).unwrap_or(u32::MAX);
        self.forest.children.extend_from_slice(children);
        self.forest.add(Tree {
            symbol: made.symbol,
            production: made.production,
            start,
            end,
            first,
            count: u32::try_from(children.len()).unwrap_or(u32::MAX),
            dynamic,
            is_extra: false,
            is_keyword: false,
        })
    }

    fn push_made(&mut self, version: usize, tree: u32, symbol: u16, extras: &[u32]) {
        let next = self.tables.next_state(self.stack.state(version), symbol);
        self.stack.push(version, tree, next, &self.forest);
        for extra in extras {
            self.stack.push(version, *extra, next, &self.forest);
        }
    }

    /// The whole text is read: makes the root, with the comments around it as its children.
    fn accept(&mut self, version: usize, end: u32) {
        self.stack.push(version, end, 1, &self.forest);
        let slices = self.stack.pop(version, None, &self.forest);
        let popped = slices.first().map(|slice| slice.version);
        for Slice { trees, .. } in slices {
            let Some(at) = trees.iter().rposition(|tree| !self.forest.is_extra(*tree)) else { continue };
            let Some(tree) = trees.get(at).and_then(|tree| self.forest.get(*tree)).copied() else { continue };
            let mut children = trees.get(..at).unwrap_or_default().to_vec();
            children.extend_from_slice(self.forest.children(&tree));
            children.extend_from_slice(trees.get(at + 1..).unwrap_or_default());
            let made = Made { symbol: tree.symbol, dynamic: 0, production: tree.production };
            let root = self.tree(made, &children, 0);
            if self.finished.is_none_or(|finished| self.prefers(finished, root, 0)) {
                self.finished = Some(root);
            }
        }
        if let Some(popped) = popped {
            self.stack.remove(popped);
        }
        self.stack.set(version, Status::Halted);
    }
}

/// What a production makes.
#[derive(Debug, Clone, Copy)]
struct Made {
    symbol: u16,
    dynamic: i32,
    production: u16,
}
