//! What each consumer of SARIF can take. Must not know rules or findings.

/// A consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SarifProfile {
    /// Everything: viewers, DefectDojo, a later checklist or baseline.
    #[default]
    Full,
    /// GitHub code scanning: it shows suppressed results as open and has limits.
    Github,
    /// GitLab: it imports suppressed results as open.
    Gitlab,
    /// Jenkins Warnings NG: every result and configuration notification becomes an issue.
    Jenkins,
}

impl SarifProfile {
    /// Whether suppressed results go into the log.
    pub(super) fn with_suppressed(self) -> bool {
        self == SarifProfile::Full
    }

    /// The most results of a run.
    pub(super) fn max_results(self) -> usize {
        match self {
            SarifProfile::Github => 25_000,
            SarifProfile::Full | SarifProfile::Gitlab | SarifProfile::Jenkins => usize::MAX,
        }
    }

    /// The most steps of a result's way.
    pub(super) fn max_steps(self) -> usize {
        match self {
            SarifProfile::Github => 1_000,
            SarifProfile::Full | SarifProfile::Gitlab | SarifProfile::Jenkins => 10_000,
        }
    }

    /// The most tags of a rule: beyond ten, GitHub drops them.
    pub(super) fn max_tags(self) -> usize {
        10
    }

    /// The most characters of a rule's descriptions.
    pub(super) fn max_description(self) -> usize {
        1_024
    }
}
