//! The command: arguments and settings to a scan, results to reports, errors to people, exit codes.
//! Must not analyse anything itself.

mod args;
mod changes;
mod checklist;
mod dump;
mod error;
mod fixtures;
mod git;
mod init;
mod input;
mod list;
mod locale;
mod output;
mod progress;
mod scan;
mod select;
mod stats;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use error::Outcome;

/// Ran, and nothing at or above the gate is open.
const CLEAN: u8 = 0;
/// Findings at or above the gate, or expectations of `haechi test` not met.
const FINDINGS: u8 = 1;
/// Failed, or was used wrongly.
const FAILED: u8 = 2;

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    quiet_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; everything else is wrong use. A closed pipe is no reason to complain.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { FAILED } else { CLEAN });
        }
    };
    match run(cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::tell_failure(&failure);
            ExitCode::from(FAILED)
        }
    }
}

fn run(command: Command) -> Outcome<u8> {
    match command {
        Command::Scan(args) => scan::run(&args),
        Command::Checklist(args) => checklist::run(&args),
        Command::Test(args) => fixtures::run(&args),
        Command::Dump(args) => dump::run(&args),
        Command::Rules(args) => list::rules(&args),
        Command::Models(args) => list::models(&args),
        Command::Init(args) => init::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "haechi", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
            Ok(CLEAN)
        }
    }
}

/// A panic in a worker becomes a problem of its file and is told there; the default message on standard error would
/// only disturb. With RUST_BACKTRACE set, whoever looks for its cause sees it.
fn quiet_panics() {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
}
