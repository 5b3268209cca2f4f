//! C: what a function reads where the kernel's own files are all that it opens. Must not know which calls read.
//!
//! What stands in `/proc` and `/sys` is written by the kernel: nobody outside decides its numbers.

use super::call::CallView;
use super::frame::Frame;
use super::state::State;
use crate::rules::ApiModel;

/// Whose the files are that a function has opened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Opened {
    /// None was opened.
    #[default]
    Nothing,
    /// All are the kernel's.
    Kernels,
    /// Some are anybody's.
    Others,
}

impl Frame<'_> {
    /// A call that may open a file.
    pub(super) fn note_opened(&mut self, state: &State, view: &CallView<'_>, model: &ApiModel) {
        if model.acquires.is_none() || !self.is_c() {
            return;
        }
        let of_kernel = |path: &str| path.starts_with("/proc/") || path.starts_with("/sys/");
        let path = view.args.first().copied();
        let text = path.and_then(|path| self.text_of(path));
        let known = text.as_deref().map(of_kernel).or_else(|| {
            let start = self.beginning(state, path?)?;
            Some(of_kernel(start.as_str()))
        });
        self.memory.opened = match (self.memory.opened, known) {
            (Opened::Nothing | Opened::Kernels, Some(true)) => Opened::Kernels,
            _ => Opened::Others,
        };
    }
}
