//! The tables that tree-sitter generates for a grammar, read once into vectors.
//!
//! Their form is that of `TSLanguage` in tree-sitter's `parser.h`, ABI versions 14 and 15. A grammar that uses anything that the
//! driver does not know (an external scanner, reserved words) is refused. Must not know which grammar it is.
#![expect(
    unsafe_code,
    reason = "the generated tables are C data; they are copied here, within the sizes they state, and nowhere else"
)]

use std::ffi::{CStr, c_char, c_void};

use super::lexer::LexFn;
use super::quick::Quick;

/// A generated parser's entry point.
pub(super) type Language = unsafe extern "C" fn() -> *const ();

/// An action of the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Push the token.
    Shift { state: u16, is_extra: bool },
    /// Replace the topmost trees by one.
    Reduce { symbol: u16, count: u8, dynamic: i16, production: u16 },
    /// The text is a sentence.
    Accept,
    /// An action of tree-sitter's error state.
    Recover,
}

/// What to do in a state at a token.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    first: u32,
    count: u8,
    /// Whether there is any action, those that only serve the reuse of trees included.
    pub(super) is_valid: bool,
    /// Whether a token found in another state may be used in this one.
    pub(super) is_reusable: bool,
}

impl Entry {
    /// Whether there is one thing to do.
    pub(super) fn is_single(self) -> bool {
        self.count == 1
    }
}

/// A grammar's tables.
pub(super) struct Tables {
    token_count: usize,
    symbol_count: usize,
    actions: Vec<Action>,
    entries: Vec<Entry>,
    /// `entries`' index for each state and token.
    terminal: Vec<u16>,
    /// The next state for each state and nonterminal; 0: none.
    next: Vec<u16>,
    lex_states: Vec<u16>,
    pub(super) visible: Vec<bool>,
    public: Vec<u16>,
    named: Vec<bool>,
    /// Aliases of a production's children, `alias_width` each; 0: none.
    aliases: Vec<u16>,
    alias_width: usize,
    /// Fields of a production's children, `field_width` each; 0: none.
    fields: Vec<u8>,
    field_width: usize,
    pub(super) lex: LexFn,
    pub(super) keyword_lex: Option<LexFn>,
    pub(super) word: u16,
    pub(super) quick: Quick,
}

#[repr(C)]
struct RawSlice {
    index: u16,
    length: u16,
}

#[repr(C)]
struct RawField {
    field: u16,
    child: u8,
    inherited: bool,
}

#[repr(C)]
struct RawMetadata {
    visible: bool,
    named: bool,
    supertype: bool,
}

/// The beginning of `TSLanguage`, as far as it is read.
#[repr(C)]
struct RawLanguage {
    abi_version: u32,
    symbol_count: u32,
    alias_count: u32,
    token_count: u32,
    external_token_count: u32,
    state_count: u32,
    large_state_count: u32,
    production_count: u32,
    field_count: u32,
    alias_width: u16,
    parse_table: *const u16,
    small_parse_table: *const u16,
    small_parse_table_map: *const u32,
    parse_actions: *const [u8; 8],
    symbol_names: *const *const c_char,
    field_names: *const c_void,
    field_slices: *const RawSlice,
    field_entries: *const RawField,
    symbol_metadata: *const RawMetadata,
    public_symbols: *const u16,
    alias_map: *const c_void,
    alias_sequences: *const u16,
    lex_modes: *const u16,
    lex: Option<LexFn>,
    keyword_lex: Option<LexFn>,
    word: u16,
}

/// `actions` of an entry that starts here in `parse_actions`.
fn entry_at(raw: &RawLanguage, index: u16, actions: &mut Vec<Action>) -> Entry {
    // SAFETY: the tables hold only indexes of entry heads, each followed by as many actions as it counts.
    let at = |offset: usize| unsafe { *raw.parse_actions.add(usize::from(index) + offset) };
    let [count, is_reusable, ..] = at(0);
    let first = u32::try_from(actions.len()).unwrap_or(u32::MAX);
    for offset in 1..=usize::from(count) {
        let bytes = at(offset);
        let word = |at: usize| u16::from_ne_bytes([bytes[at], bytes[at + 1]]);
        actions.push(match bytes[0] {
            // A repetition only serves tree-sitter's reuse of whole trees; at a token it is no action.
            0 if bytes[5] != 0 => continue,
            0 => Action::Shift { state: word(2), is_extra: bytes[4] != 0 },
            1 => Action::Reduce {
                count: bytes[1],
                symbol: word(2),
                dynamic: i16::from_ne_bytes([bytes[4], bytes[5]]),
                production: word(6),
            },
            2 => Action::Accept,
            _ => Action::Recover,
        });
    }
    let left = actions.len() - first as usize;
    Entry { first, count: u8::try_from(left).unwrap_or(u8::MAX), is_valid: count > 0, is_reusable: is_reusable != 0 }
}

impl Tables {
    /// Reads a grammar's tables. `None`: it needs what the driver does not have.
    pub(super) fn read(language: Language) -> Option<Tables> {
        // SAFETY: a generated parser's entry point gives a static `TSLanguage`; the fields read are those of ABI 14 and 15.
        let raw = unsafe { (language() as *const RawLanguage).as_ref() }?;
        if !(14..=15).contains(&raw.abi_version) || raw.external_token_count != 0 {
            return None;
        }
        let (symbols, tokens, states) = (raw.symbol_count as usize, raw.token_count as usize, raw.state_count as usize);
        let mut table =
            Table { raw, tokens, symbols, terminal: vec![0; tokens * states], next: vec![0; (symbols - tokens) * states] };
        table.fill();
        let Table { mut terminal, next, .. } = table;
        let (mut actions, mut entries) = (Vec::new(), Vec::new());
        // By the place of an entry's head among the actions.
        let mut known = vec![u16::MAX; usize::from(u16::MAX) + 1];
        for cell in &mut terminal {
            let slot = &mut known[usize::from(*cell)];
            if *slot == u16::MAX {
                *slot = u16::try_from(entries.len()).ok()?;
                entries.push(if *cell == 0 { Entry::default() } else { entry_at(raw, *cell, &mut actions) });
            }
            *cell = *slot;
        }
        let lex_states = lex_states(raw, states)?;
        let all = symbols + raw.alias_count as usize;
        // SAFETY: both have an element for each symbol and alias.
        let (metadata, public) = unsafe {
            (std::slice::from_raw_parts(raw.symbol_metadata, all), std::slice::from_raw_parts(raw.public_symbols, all))
        };
        let (aliases, alias_width) = aliases(raw);
        let (fields, field_width) = fields(raw)?;
        let mut tables = Tables {
            token_count: tokens,
            symbol_count: symbols,
            actions,
            entries,
            terminal,
            next,
            lex_states,
            visible: metadata.iter().map(|symbol| symbol.visible).collect(),
            named: public.iter().map(|symbol| metadata.get(usize::from(*symbol)).is_some_and(|symbol| symbol.named)).collect(),
            public: public.to_vec(),
            aliases,
            alias_width,
            fields,
            field_width,
            lex: raw.lex?,
            keyword_lex: raw.keyword_lex,
            word: raw.word,
            quick: Quick::default(),
        };
        let names = names(raw);
        tables.quick = Quick::learn(&tables, &names);
        Some(tables)
    }

    /// What to do in a state at a token.
    pub(super) fn entry(&self, state: u16, token: u16) -> Entry {
        let cell = self.terminal.get(usize::from(state) * self.token_count + usize::from(token));
        cell.and_then(|cell| self.entries.get(usize::from(*cell))).copied().unwrap_or_default()
    }

    pub(super) fn actions(&self, entry: Entry) -> &[Action] {
        let first = entry.first as usize;
        self.actions.get(first..first + usize::from(entry.count)).unwrap_or_default()
    }

    /// The state after a nonterminal.
    pub(super) fn next_state(&self, state: u16, symbol: u16) -> u16 {
        let column = usize::from(symbol).wrapping_sub(self.token_count);
        self.next.get(usize::from(state) * (self.symbol_count - self.token_count) + column).copied().unwrap_or(0)
    }

    /// The lexer's state in a state of the parser.
    pub(super) fn lex_state(&self, state: u16) -> u16 {
        self.lex_states.get(usize::from(state)).copied().unwrap_or(u16::MAX)
    }

    /// All of the lexer's states that it is started in.
    pub(super) fn lexer_states(&self) -> impl Iterator<Item = u16> {
        let mut states = self.lex_states.clone();
        states.sort_unstable();
        states.dedup();
        states.into_iter().filter(|state| *state != u16::MAX)
    }

    /// What a production calls its n-th child instead of its symbol; 0: nothing.
    pub(super) fn alias(&self, production: u16, child: usize) -> u16 {
        if production == 0 || child >= self.alias_width {
            return 0;
        }
        self.aliases.get(usize::from(production) * self.alias_width + child).copied().unwrap_or(0)
    }

    /// The field of a production's n-th child; 0: none.
    pub(super) fn field(&self, production: u16, child: usize) -> u8 {
        if child >= self.field_width {
            return 0;
        }
        self.fields.get(usize::from(production) * self.field_width + child).copied().unwrap_or(0)
    }

    /// The kind that a symbol or alias is shown as, and whether it is more than a token.
    pub(super) fn kind(&self, symbol: u16) -> (u16, bool) {
        let index = usize::from(symbol);
        (self.public.get(index).copied().unwrap_or(symbol), self.named.get(index).copied().unwrap_or(true))
    }
}

/// The parse table, both of its parts, as one.
struct Table<'l> {
    raw: &'l RawLanguage,
    tokens: usize,
    symbols: usize,
    terminal: Vec<u16>,
    next: Vec<u16>,
}

impl Table<'_> {
    fn set(&mut self, state: usize, symbol: usize, value: u16) {
        let cell = match symbol.checked_sub(self.tokens) {
            None => self.terminal.get_mut(state * self.tokens + symbol),
            Some(column) => self.next.get_mut(state * (self.symbols - self.tokens) + column),
        };
        if let Some(cell) = cell {
            *cell = value;
        }
    }

    fn fill(&mut self) {
        let (large, states) = (self.raw.large_state_count as usize, self.raw.state_count as usize);
        for state in 0..large {
            for symbol in 0..self.symbols {
                // SAFETY: the table of large states has a value for each of them and each symbol.
                let value = unsafe { *self.raw.parse_table.add(state * self.symbols + symbol) };
                self.set(state, symbol, value);
            }
        }
        for state in large..states {
            // SAFETY: each small state has a place in the map, which leads to groups: how many, then of each the value, how many
            // symbols, and these.
            unsafe {
                let mut data = self.raw.small_parse_table.add(*self.raw.small_parse_table_map.add(state - large) as usize);
                let mut take = || {
                    let value = *data;
                    data = data.add(1);
                    value
                };
                for _ in 0..take() {
                    let (value, count) = (take(), take());
                    for _ in 0..count {
                        let symbol = usize::from(take());
                        self.set(state, symbol, value);
                    }
                }
            }
        }
    }
}

/// The texts of all tokens.
fn names(raw: &RawLanguage) -> Vec<&str> {
    // SAFETY: each symbol has a name, a text that lives as long as the language.
    let names = unsafe { std::slice::from_raw_parts(raw.symbol_names, raw.token_count as usize) };
    names.iter().filter(|name| !name.is_null()).filter_map(|name| unsafe { CStr::from_ptr(*name) }.to_str().ok()).collect()
}

fn lex_states(raw: &RawLanguage, states: usize) -> Option<Vec<u16>> {
    // ABI 15 added the set of reserved words as a third number.
    let stride = if raw.abi_version < 15 { 2 } else { 3 };
    // SAFETY: there is a mode for each state.
    let modes = unsafe { std::slice::from_raw_parts(raw.lex_modes, states * stride) };
    let is_known = |mode: &[u16]| mode[1..].iter().all(|value| *value == 0);
    modes.chunks_exact(stride).map(|mode| is_known(mode).then_some(mode[0])).collect()
}

fn aliases(raw: &RawLanguage) -> (Vec<u16>, usize) {
    let width = usize::from(raw.alias_width);
    if raw.alias_sequences.is_null() {
        return (Vec::new(), 0);
    }
    // SAFETY: there is a sequence of this width for each production.
    let all = unsafe { std::slice::from_raw_parts(raw.alias_sequences, raw.production_count as usize * width) };
    (all.to_vec(), width)
}

fn fields(raw: &RawLanguage) -> Option<(Vec<u8>, usize)> {
    if raw.field_count == 0 || raw.field_slices.is_null() {
        return Some((Vec::new(), 0));
    }
    let mut all = Vec::new();
    // SAFETY: there is a slice for each production, within the entries.
    unsafe {
        for slice in std::slice::from_raw_parts(raw.field_slices, raw.production_count as usize) {
            all.push(std::slice::from_raw_parts(raw.field_entries.add(usize::from(slice.index)), usize::from(slice.length)));
        }
    }
    let own =
        |entries: &[RawField]| entries.iter().filter(|entry| !entry.inherited).map(|entry| usize::from(entry.child) + 1).max();
    let width = all.iter().filter_map(|entries| own(entries)).max().unwrap_or(0);
    let mut fields = vec![0; all.len() * width];
    for (production, entries) in all.iter().enumerate() {
        // Of several fields of one child the first counts.
        for entry in entries.iter().rev().filter(|entry| !entry.inherited) {
            if let Some(cell) = fields.get_mut(production * width + usize::from(entry.child)) {
                *cell = u8::try_from(entry.field).ok()?;
            }
        }
    }
    Some((fields, width))
}
