#![no_main]
//! Parses and lowers arbitrary text as Java: no panic, no hang, and IR that verifies.

use std::time::Duration;

use haechi::source::FileKind;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let outcome = haechi::pipeline::lower_text(FileKind::Java, "A.java", text, Duration::from_secs(5));
    if let Some(unit) = &outcome.unit {
        assert!(haechi::ir::verify_unit(unit).is_empty(), "{:?}", haechi::ir::verify_unit(unit));
    }
});
