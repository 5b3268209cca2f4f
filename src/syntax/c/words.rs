//! C's words by what they are in a declaration or statement. Must not know tokens' order.

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// A name.
    Name,
    /// `static`, `typedef` …
    Storage,
    /// `const` …
    Qualifier,
    /// `int`, `unsigned` …
    Type,
    /// `struct`, `union`, `enum`.
    Tag,
    /// `if`, `while`, `for`, `switch`.
    Control,
    /// `else`, `do`.
    Opens,
    /// `return`, `goto`, `break`, `continue`.
    Jump,
    /// `case`, `default`.
    Label,
    /// `sizeof` and other operators.
    Operator,
    /// `__attribute__` and other specifications with an argument.
    Attribute,
    /// A word without meaning for us: left out.
    Blank,
    /// `asm`.
    Asm,
    /// `typeof`.
    Typeof,
}

/// What a word is.
pub(super) fn word(text: &str) -> Word {
    // The first byte decides most names.
    match text.as_bytes().first() {
        Some(
            b'a'..=b'g' | b'i' | b'l' | b'n' | b'o' | b'r'..=b'w' | b'_' | b'A' | b'C' | b'S' | b'W' | b'F' | b'N' | b'I' | b'O',
        ) => {}
        _ => return Word::Name,
    }
    match text {
        "static" | "extern" | "typedef" | "register" | "inline" | "__inline" | "__inline__" | "__forceinline" | "auto"
        | "__thread" | "thread_local" => Word::Storage,
        "const" | "volatile" | "restrict" | "__restrict" | "__restrict__" | "_Atomic" | "_Noreturn" | "noreturn"
        | "constexpr" => Word::Qualifier,
        "int" | "char" | "long" | "short" | "unsigned" | "signed" | "void" | "float" | "double" | "bool" | "_Bool" | "size_t"
        | "ssize_t" | "ptrdiff_t" | "intptr_t" | "uintptr_t" | "int8_t" | "int16_t" | "int32_t" | "int64_t" | "uint8_t"
        | "uint16_t" | "uint32_t" | "uint64_t" | "__int128" => Word::Type,
        "struct" | "union" | "enum" => Word::Tag,
        "if" | "while" | "for" | "switch" => Word::Control,
        "else" | "do" | "__try" | "__finally" => Word::Opens,
        "return" | "goto" | "break" | "continue" => Word::Jump,
        "case" | "default" => Word::Label,
        "sizeof" | "_Alignof" | "__alignof__" | "__alignof" | "alignof" | "_Generic" | "_Alignas" | "alignas" | "__except" => {
            Word::Operator
        }
        "__attribute__" | "__attribute" | "__declspec" | "__pragma" | "_Pragma" | "__nonnull" => Word::Attribute,
        "__extension__" | "__cdecl" | "__stdcall" | "__fastcall" | "__thiscall" | "WINAPI" | "WINAPIV" | "CALLBACK"
        | "APIENTRY" | "STDCALL" | "_Complex" | "__complex__" | "FAR" | "NEAR" | "__unaligned" | "__w64" => Word::Blank,
        "asm" | "__asm__" | "__asm" => Word::Asm,
        "typeof" | "__typeof__" | "__typeof" | "typeof_unqual" | "__typeof_unqual__" => Word::Typeof,
        _ => Word::Name,
    }
}

/// Whether a name looks like a macro that decorates a declaration.
pub(super) fn is_decoration(name: &str) -> bool {
    name.starts_with("__") || is_upper(name)
}

/// Whether a name is all upper case.
pub(super) fn is_upper(name: &str) -> bool {
    name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a name promises a loop: `list_for_each_entry`, `TAILQ_FOREACH`.
pub(super) fn is_loop(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.contains("foreach")
        || lower.contains("for_each")
        || lower.starts_with("for_")
        || lower.ends_with("_for")
        || lower.contains("_loop")
}
