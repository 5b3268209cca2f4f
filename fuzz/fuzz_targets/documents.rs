#![no_main]
//! Reads arbitrary text as JSP, XML, properties and YAML: no panic, no hang.

use std::time::Duration;

use haechi::source::FileKind;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for (kind, name) in
        [(FileKind::Jsp, "a.jsp"), (FileKind::Xml, "a.xml"), (FileKind::Properties, "a.properties"), (FileKind::Yaml, "a.yml")]
    {
        let _ = haechi::pipeline::lower_text(kind, name, text, Duration::from_secs(5));
    }
});
