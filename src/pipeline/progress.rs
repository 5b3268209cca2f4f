//! How far a scan is, for whoever shows it. Must not know how it is shown.

/// A stage of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding the files.
    Walk,
    /// Reading, parsing, lowering.
    Files,
    /// Indexing the program.
    Program,
    /// Analysing it.
    Analysis,
    /// Merging and sorting what was found.
    Findings,
}

impl Stage {
    /// Its name, as in figures.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Walk => "walk",
            Stage::Files => "files",
            Stage::Program => "program",
            Stage::Analysis => "analysis",
            Stage::Findings => "findings",
        }
    }
}

/// Told about a scan's progress, from any thread.
pub trait Progress: Sync {
    /// A stage begins, with so many steps; 0: unknown.
    fn stage(&self, stage: Stage, steps: u64);
    /// Steps of the stage are done.
    fn step(&self, steps: u64);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _: Stage, _: u64) {}
    fn step(&self, _: u64) {}
}
