//! Java's names and string literals, as text. Must not know where they come from.

use std::fmt::Write as _;

/// A Java string literal.
pub(super) fn java_string(text: &str) -> String {
    let mut java = String::with_capacity(text.len() + 2);
    java.push('"');
    for character in text.chars() {
        match character {
            '"' => java.push_str("\\\""),
            '\\' => java.push_str("\\\\"),
            '\n' => java.push_str("\\n"),
            '\r' => java.push_str("\\r"),
            '\t' => java.push_str("\\t"),
            other if other.is_control() => {
                // Writing to a String does not fail.
                let _ = write!(java, "\\u{:04x}", other as u32);
            }
            other => java.push(other),
        }
    }
    java.push('"');
    java
}

/// Whether a name can stand as an identifier in Java.
pub(super) fn is_java_name(name: &str) -> bool {
    const RESERVED: [&str; 53] = [
        "abstract",
        "assert",
        "boolean",
        "break",
        "byte",
        "case",
        "catch",
        "char",
        "class",
        "const",
        "continue",
        "default",
        "do",
        "double",
        "else",
        "enum",
        "extends",
        "final",
        "finally",
        "float",
        "for",
        "goto",
        "if",
        "implements",
        "import",
        "instanceof",
        "int",
        "interface",
        "long",
        "native",
        "new",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "short",
        "static",
        "strictfp",
        "super",
        "switch",
        "synchronized",
        "this",
        "throw",
        "throws",
        "transient",
        "try",
        "void",
        "volatile",
        "while",
        "true",
        "false",
        "null",
    ];
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_' || first == '$')
        && characters.all(|character| character.is_alphanumeric() || character == '_' || character == '$')
        && !RESERVED.contains(&name)
}
