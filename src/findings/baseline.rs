//! The findings of an earlier scan, read from its SARIF or JSON lines report. Must not know files: it is given text.

use std::collections::BTreeSet;

use serde_json::Value;

/// The key of haechi's own fingerprint in SARIF's `partialFingerprints`.
pub const FINGERPRINT_KEY: &str = "haechi/v1";

/// Fingerprints of an earlier scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    fingerprints: BTreeSet<String>,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// Neither SARIF nor haechi's JSON lines.
    #[error("neither a SARIF log nor haechi's JSON lines: {0}")]
    NotAReport(#[from] serde_json::Error),
    /// Its findings bear no fingerprints of haechi's.
    #[error("{0} findings without a fingerprint `{FINGERPRINT_KEY}`: not a report of haechi")]
    NoFingerprints(usize),
}

impl Baseline {
    /// Reads a report: a SARIF log (one JSON object with `runs`), or JSON lines with a `fingerprint` each.
    ///
    /// # Errors
    /// Where it is neither, or where findings bear no fingerprints.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let text = text.trim_start_matches('\u{feff}');
        let mut baseline = Baseline::default();
        let mut without = 0;
        for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
            let value = value?;
            if let Some(runs) = value.get("runs").and_then(Value::as_array) {
                let results = runs.iter().filter_map(|run| run.get("results").and_then(Value::as_array)).flatten();
                for result in results.filter(|result| result.get("baselineState").and_then(Value::as_str) != Some("absent")) {
                    baseline.add(result.pointer("/partialFingerprints/haechi~1v1"), &mut without);
                }
            } else if value.get("rule").is_some() {
                baseline.add(value.get("fingerprint"), &mut without);
            }
        }
        if baseline.fingerprints.is_empty() && without > 0 {
            return Err(BaselineError::NoFingerprints(without));
        }
        Ok(baseline)
    }

    fn add(&mut self, fingerprint: Option<&Value>, without: &mut usize) {
        match fingerprint.and_then(Value::as_str) {
            Some(fingerprint) => {
                self.fingerprints.insert(fingerprint.to_owned());
            }
            None => *without += 1,
        }
    }

    /// Whether it holds a finding.
    #[must_use]
    pub fn contains(&self, fingerprint: &str) -> bool {
        self.fingerprints.contains(fingerprint)
    }

    /// How many findings it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }
}

impl FromIterator<String> for Baseline {
    fn from_iter<T: IntoIterator<Item = String>>(fingerprints: T) -> Self {
        Baseline { fingerprints: fingerprints.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, BaselineError};

    #[test]
    fn both_formats_are_read() {
        let sarif = r#"{"version":"2.1.0","runs":[{"results":[
            {"partialFingerprints":{"haechi/v1":"aa"}},
            {"partialFingerprints":{"haechi/v1":"bb"},"baselineState":"absent"}]}]}"#;
        let read = Baseline::parse(sarif).unwrap();
        assert!(read.contains("aa") && !read.contains("bb"));
        let lines = "{\"haechi\":\"0.1.0\"}\n{\"rule\":\"java/a\",\"fingerprint\":\"cc\"}\n";
        assert!(Baseline::parse(lines).unwrap().contains("cc"));
    }

    #[test]
    fn others_are_refused_with_a_reason() {
        assert!(matches!(Baseline::parse("<xml/>"), Err(BaselineError::NotAReport(_))));
        let foreign = r#"{"runs":[{"results":[{"partialFingerprints":{"x":"aa"}},{}]}]}"#;
        assert!(matches!(Baseline::parse(foreign), Err(BaselineError::NoFingerprints(2))));
        assert!(Baseline::parse(r#"{"runs":[{"results":[]}]}"#).unwrap().is_empty());
    }
}
