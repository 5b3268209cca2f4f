//! A compilation database (compile_commands.json): the macros and include folders that the project's C is built with.
//! Must not know what is done with them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// What the database gives for all files together.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct BuildFlags {
    /// `NAME` or `NAME=VALUE`: those on which all commands that define the name agree.
    pub(super) defines: Vec<String>,
    /// Absolute folders, in the order met.
    pub(super) include_dirs: Vec<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    directory: String,
    command: Option<String>,
    arguments: Option<Vec<String>>,
}

/// Reads a database.
///
/// # Errors
/// The text is no JSON of that form.
pub(super) fn parse(text: &str) -> Result<BuildFlags, serde_json::Error> {
    let entries: Vec<Entry> = serde_json::from_str(text)?;
    let mut flags = BuildFlags::default();
    // `None`: defined in two ways.
    let mut defines: BTreeMap<String, Option<String>> = BTreeMap::new();
    for entry in entries {
        let words = entry.arguments.or_else(|| entry.command.as_deref().map(split)).unwrap_or_default();
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            let mut value_of = |flag: &str| -> Option<String> {
                let rest = word.strip_prefix(flag)?;
                if rest.is_empty() { words.next().map(str::to_owned) } else { Some(rest.to_owned()) }
            };
            if let Some(define) = value_of("-D") {
                let name = define.split('=').next().unwrap_or_default().to_owned();
                defines
                    .entry(name)
                    .and_modify(|known| {
                        if known.as_deref() != Some(define.as_str()) {
                            *known = None;
                        }
                    })
                    .or_insert(Some(define.clone()));
            } else if let Some(dir) = ["-isystem", "-iquote", "-I"].iter().find_map(|flag| value_of(flag)) {
                let dir = Path::new(&entry.directory).join(dir).to_string_lossy().into_owned();
                if !flags.include_dirs.contains(&dir) {
                    flags.include_dirs.push(dir);
                }
            }
        }
    }
    flags.defines = defines.into_values().flatten().collect();
    Ok(flags)
}

/// Splits a command as a shell does, quotes and backslashes only.
fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_all_commands_are_put_together() {
        let text = r#"[
            {"directory": "/b", "command": "cc -DA=1 -D B -DC=\\\"x\\ y\\\" -Iinc -I /usr/x -c a.c", "file": "a.c"},
            {"directory": "/b", "arguments": ["cc", "-DA=2", "-DB", "-isystem", "sys", "-c", "b.c"], "file": "b.c"}
        ]"#;
        let flags = parse(text).unwrap();
        assert_eq!(flags.defines, ["B", "C=\"x y\""].map(str::to_owned).to_vec());
        assert_eq!(flags.include_dirs, ["/b/inc", "/usr/x", "/b/sys"]);
    }

    #[test]
    fn what_is_no_database_is_an_error() {
        assert!(parse("{}").is_err());
    }
}
