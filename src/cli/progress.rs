//! A progress bar, on a terminal only, and only for scans long enough that someone waits.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::Mutex;

use crate::pipeline::{Progress, Stage};
use crate::rules::Locale;

/// How long a scan may take before it shows.
const PATIENCE: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Bar {
    start: Instant,
    locale: Locale,
    /// Made when patience is over; until then steps are counted here.
    bar: OnceLock<ProgressBar>,
    state: Mutex<(Option<Stage>, u64, u64)>,
    is_shown: bool,
}

impl Bar {
    /// Nothing is shown yet, and with `quiet` or without a terminal never.
    pub(super) fn new(quiet: bool, locale: Locale) -> Bar {
        let is_shown = !quiet && std::io::stderr().is_terminal();
        Bar { start: Instant::now(), locale, bar: OnceLock::new(), state: Mutex::new((None, 0, 0)), is_shown }
    }

    /// Wipes it.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    fn make(&self) -> ProgressBar {
        let (stage, done, steps) = *self.state.lock();
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template("{msg:10} [{bar:40}] {pos}/{len} {elapsed}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_position(done);
        bar.set_message(stage.map_or("", |stage| name(stage, self.locale)));
        bar
    }
}

fn name(stage: Stage, locale: Locale) -> &'static str {
    match (stage, locale) {
        (Stage::Walk, Locale::Ko) => "파일 찾기",
        (Stage::Files, Locale::Ko) => "파일 읽기",
        (Stage::Program, Locale::Ko) => "색인",
        (Stage::Analysis, Locale::Ko) => "분석",
        (Stage::Findings, Locale::Ko) => "정리",
        (Stage::Walk, Locale::En) => "walking",
        (Stage::Files, Locale::En) => "reading",
        (Stage::Program, Locale::En) => "indexing",
        (Stage::Analysis, Locale::En) => "analysing",
        (Stage::Findings, Locale::En) => "sorting",
    }
}

impl Progress for Bar {
    fn stage(&self, stage: Stage, steps: u64) {
        if !self.is_shown {
            return;
        }
        *self.state.lock() = (Some(stage), 0, steps);
        if let Some(bar) = self.bar.get() {
            bar.set_length(steps);
            bar.set_position(0);
            bar.set_message(name(stage, self.locale));
        }
    }

    fn step(&self, steps: u64) {
        if !self.is_shown {
            return;
        }
        self.state.lock().1 += steps;
        if self.bar.get().is_some() || self.start.elapsed() > PATIENCE {
            self.bar.get_or_init(|| self.make()).inc(steps);
        }
    }
}
