//! Makes quoted code, paths and names harmless in each medium. Must not know what it quotes.

use std::fmt::Write as _;

/// For a terminal or plain text: control characters and those that change the reading direction become visible
/// escapes; line ends and tabs stay.
pub(super) fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if harmful(character) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

/// As [`terminal`], on one line.
pub(super) fn terminal_line(text: &str) -> String {
    terminal(text).replace(['\n', '\t'], " ")
}

fn harmful(character: char) -> bool {
    let kept = matches!(character, '\n' | '\t');
    (character.is_control() && !kept)
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// For HTML text and attribute values.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            _ if harmful(character) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// For a table cell of GitHub-flavoured Markdown.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in terminal_line(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

/// For a CSV cell: what a spreadsheet would take for a formula is told to be text.
pub(super) fn csv(text: &str) -> String {
    let clean = terminal(text);
    if clean.starts_with(['=', '+', '-', '@', '\t', '\n', '＝', '＋', '－', '＠']) { format!("'{clean}") } else { clean }
}

/// A relative path as a URI reference.
pub(super) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The path that [`uri`] was made from; what is no escape stays.
pub(super) fn from_uri(uri: &str) -> String {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri;
    while let Some(found) = rest.find('%') {
        let (before, after) = rest.split_at(found);
        bytes.extend_from_slice(before.as_bytes());
        match after.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{csv, from_uri, html, markdown, terminal, uri};

    #[test]
    fn nothing_quoted_takes_effect() {
        assert_eq!(terminal("a\u{1b}[31m\u{202e}b\r\tc"), "a\\u{1b}[31m\\u{202e}b\\u{d}\tc");
        assert_eq!(html("<img src=x onerror='a(\"&\")'>"), "&lt;img src=x onerror=&#39;a(&quot;&amp;&quot;)&#39;&gt;");
        assert_eq!(markdown("a|b <c> [d](e) `f`\ng"), "a\\|b &lt;c&gt; \\[d\\](e) \\`f\\` g");
        assert_eq!(csv("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(csv("src/a.c"), "src/a.c");
    }

    #[test]
    fn uris_go_both_ways() {
        let path = "src/한글 폴더/a#b%20.java";
        assert_eq!(uri("a b/ㄱ.c"), "a%20b/%E3%84%B1.c");
        assert_eq!(from_uri(&uri(path)), path);
        assert_eq!(from_uri("100%"), "100%");
    }
}
