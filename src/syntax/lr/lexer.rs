//! What a generated lexer is called with: tree-sitter's `TSLexer` over a text in memory. Must not know the parser.
#![expect(unsafe_code, reason = "generated lexers are C functions that call back; the pointers passed live as long as the call")]

/// A generated lexer: true if it found a token.
pub(super) type LexFn = unsafe extern "C" fn(*mut RawLexer, u16) -> bool;

type Ask = unsafe extern "C" fn(*mut RawLexer) -> bool;

/// `TSLexer` of tree-sitter's `parser.h`.
#[repr(C)]
pub(super) struct RawLexer {
    lookahead: i32,
    result_symbol: u16,
    advance: unsafe extern "C" fn(*mut RawLexer, bool),
    mark_end: unsafe extern "C" fn(*mut RawLexer),
    get_column: unsafe extern "C" fn(*mut RawLexer) -> u32,
    is_at_range_start: Ask,
    eof: Ask,
    /// Only scanners written by hand log.
    log: Option<unsafe extern "C" fn()>,
}

/// A text and a place in it, as the generated lexers see it.
#[repr(C)]
pub(super) struct Lexer<'t> {
    raw: RawLexer,
    text: &'t [u8],
    at: usize,
    /// How many bytes the character at `at` has; 0 at the end.
    width: usize,
    start: usize,
    end: Option<usize>,
}

/// A token that was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) symbol: u16,
    pub(super) start: usize,
    pub(super) end: usize,
}

const BYTE_ORDER_MARK: i32 = 0xfeff;

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Lexer<'t> {
        let raw = RawLexer { lookahead: 0, result_symbol: 0, advance, mark_end, get_column, is_at_range_start, eof, log: None };
        Lexer { raw, text: text.as_bytes(), at: 0, width: 0, start: 0, end: None }
    }

    /// The token from a place on, white space before it skipped.
    pub(super) fn find(&mut self, lex: LexFn, state: u16, from: usize) -> Option<Found> {
        self.at = from;
        self.look();
        self.start = from;
        self.end = None;
        self.raw.result_symbol = 0;
        if from == 0 && self.raw.lookahead == BYTE_ORDER_MARK {
            self.go_on(true);
        }
        // SAFETY: the callbacks take the pointer back as what it is; nothing else refers to the lexer during the call.
        let is_found = unsafe { lex((&raw mut *self).cast(), state) };
        let end = self.end.unwrap_or(self.at);
        is_found.then_some(Found { symbol: self.raw.result_symbol, start: self.start.min(end), end })
    }

    /// How far it has read.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    pub(super) fn text(&self) -> &'t [u8] {
        self.text
    }

    #[inline]
    fn look(&mut self) {
        (self.raw.lookahead, self.width) = match self.text.get(self.at) {
            None => (0, 0),
            Some(&byte) if byte < 0x80 => (i32::from(byte), 1),
            Some(_) => decode(self.text, self.at),
        };
    }

    #[inline]
    fn go_on(&mut self, is_skipped: bool) {
        self.at += self.width;
        if is_skipped {
            self.start = self.at;
        }
        self.look();
    }
}

/// The character at a place of a text that is valid UTF-8.
#[cold]
fn decode(text: &[u8], at: usize) -> (i32, usize) {
    let byte = |offset: usize| i32::from(text.get(at + offset).copied().unwrap_or(0));
    let next = |offset: usize| byte(offset) & 0x3f;
    match byte(0) {
        first if first < 0xe0 => (((first & 0x1f) << 6) | next(1), 2),
        first if first < 0xf0 => (((first & 0x0f) << 12) | (next(1) << 6) | next(2), 3),
        first => (((first & 0x07) << 18) | (next(1) << 12) | (next(2) << 6) | next(3), 4),
    }
}

/// The lexer that a generated function hands back.
///
/// # Safety
/// The pointer must be the one that `find` passed.
unsafe fn back<'l>(raw: *mut RawLexer) -> &'l mut Lexer<'l> {
    // SAFETY: `raw` is the first field of a `Lexer`, whose layout is C's.
    unsafe { &mut *raw.cast() }
}

unsafe extern "C" fn advance(raw: *mut RawLexer, is_skipped: bool) {
    // SAFETY: called by a generated lexer with what it was given.
    unsafe { back(raw) }.go_on(is_skipped);
}

unsafe extern "C" fn mark_end(raw: *mut RawLexer) {
    // SAFETY: as above.
    let lexer = unsafe { back(raw) };
    lexer.end = Some(lexer.at);
}

unsafe extern "C" fn get_column(_: *mut RawLexer) -> u32 {
    0
}

unsafe extern "C" fn is_at_range_start(_: *mut RawLexer) -> bool {
    false
}

unsafe extern "C" fn eof(raw: *mut RawLexer) -> bool {
    // SAFETY: as above.
    let lexer = unsafe { back(raw) };
    lexer.at >= lexer.text.len()
}
