//! How a failed run is told: what went wrong, where, and the cure. Must not know any command.

/// An error that ends the run with exit code 2.
#[derive(Debug)]
pub(super) struct Failure {
    /// What is wrong, and where.
    pub what: String,
    /// What to do about it.
    pub cure: Option<String>,
}

/// The result of a command.
pub(super) type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// With a cure.
    pub(super) fn new(what: impl Into<String>, cure: impl Into<String>) -> Failure {
        Failure { what: what.into(), cure: Some(cure.into()) }
    }

    /// Where nothing better can be said than what the system said.
    pub(super) fn plain(what: impl std::fmt::Display) -> Failure {
        Failure { what: what.to_string(), cure: None }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.what)
    }
}

impl From<crate::settings::SettingsError> for Failure {
    fn from(error: crate::settings::SettingsError) -> Failure {
        let cure = match &error {
            crate::settings::SettingsError::Invalid { cure, .. } => cure.clone(),
            _ => None,
        };
        Failure { what: error.to_string(), cure }
    }
}
