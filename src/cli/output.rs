//! Writing: to standard output, to files, and failures to standard error. A reader that closed the pipe early
//! (`haechi scan | head`) has what it wanted; that is no failure.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

use super::args::ColorArg;
use super::error::{Failure, Outcome};

/// Prints to standard output.
pub(super) fn print(text: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::plain(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a file.
pub(super) fn write(path: &Path, text: &str) -> Outcome<()> {
    std::fs::write(path, text).map_err(|error| {
        Failure::new(
            format!("cannot write {}: {error}", path.display()),
            "name a file in a folder that exists and is yours to write",
        )
    })
}

/// Says something on standard error; nothing can be done if that fails.
pub(super) fn tell(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Tells what went wrong, and the cure.
pub(super) fn tell_failure(failure: &Failure) {
    let red = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let (on, off) = if red { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    tell(&format!("{on}error{off}: {}", failure.what));
    if let Some(cure) = &failure.cure {
        tell(&format!("  help: {cure}"));
    }
}

/// Whether text for standard output is coloured.
pub(super) fn is_coloured(color: ColorArg) -> bool {
    match color {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
}
