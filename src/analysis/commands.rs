//! Commands given as a list: where a fixed program that interprets nothing is run, the rest are arguments of it and no
//! part of a command. Must not know statements.

use smallvec::SmallVec;

use super::frame::Frame;
use super::state::{Cell, State};
use super::value::{Konst, Mark, Origin, ValueId};

/// Programs that run what they are given: shells, interpreters, and what starts another program.
const INTERPRETERS: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "csh",
    "tcsh",
    "ash",
    "busybox",
    "cmd",
    "command.com",
    "powershell",
    "pwsh",
    "env",
    "xargs",
    "find",
    "sudo",
    "su",
    "ssh",
    "rsh",
    "nohup",
    "nice",
    "timeout",
    "python",
    "python2",
    "python3",
    "perl",
    "ruby",
    "node",
    "php",
    "awk",
    "osascript",
    "wscript",
    "cscript",
    "java",
    "eval",
    "exec",
    "start",
];

/// Whether a program interprets its arguments, by its name.
fn interprets(program: &str) -> bool {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    // A program with its arguments in one text is taken apart by whoever runs it.
    name.contains(char::is_whitespace) || INTERPRETERS.contains(&name)
}

/// Whether a command line begins with the whole name of a program that does not interpret its arguments.
pub(super) fn names_program(start: &str) -> bool {
    let quoted = start.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    let program = quoted.or_else(|| start.split_once(' ')).map(|(program, _)| program);
    program.is_some_and(|program| !program.is_empty() && !interprets(program))
}

impl Frame<'_> {
    /// Whether a value is always the name of a program that does not interpret its arguments.
    pub(super) fn is_plain_program(&self, value: ValueId) -> bool {
        let constants = self.values[value].constants();
        !constants.is_empty()
            && constants.iter().all(|constant| matches!(constant, Konst::Str(name) if !interprets(name.as_str())))
    }

    /// A caller that passes a command as a list knows its program too: its elements are judged with it.
    pub(super) fn leave_to_list(&self, value: ValueId, marks: &mut SmallVec<[Mark; 4]>) {
        let Some(list) = self.values[value].input else { return };
        let root = &self.inputs[list];
        if marks.iter().any(|mark| mark.origin == Origin::Input(list)) {
            marks.retain(|mark| match mark.origin {
                Origin::Input(part) if part != list => {
                    let part = &self.inputs[part];
                    part.root != root.root || !part.path.starts_with(&root.path)
                }
                _ => true,
            });
        }
    }

    /// Whether a list or array is a command whose program is fixed and interprets nothing.
    pub(super) fn is_plain_command(&self, state: &State, value: ValueId) -> bool {
        let objects = &self.values[value].objects;
        !objects.is_empty()
            && objects.iter().all(|object| {
                // Once elements are stored at unknown places, the first may be any.
                state.cell(*object, Cell::Elements).is_none()
                    && state.cell(*object, Cell::Index(0)).is_some_and(|program| self.is_plain_program(program))
            })
    }
}
