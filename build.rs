//! Embeds the rules into the binary: every YAML file under rules/ is checked for its shape and transcoded to JSON, which
//! loads an order of magnitude faster at run time; the YAML stays beside it for the line numbers of errors.

// The raw types are the library's own first stage of loading; what this script does not call of them is no fault.
#[allow(dead_code, unfulfilled_lint_expectations, reason = "shared with the library by path")]
#[path = "src/rules/raw.rs"]
mod raw;
#[allow(dead_code, reason = "shared with the library by path")]
#[path = "src/rules/scalar.rs"]
mod scalar;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    // A directory's own time changes when a file is added to it or removed.
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    Ok(())
}

/// The shape that the library will expect of the file; names are checked by the library's own test.
fn check_shape(name: &str, text: &str) -> Result<(), serde_yaml::Error> {
    fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<(), serde_yaml::Error> {
        serde_yaml::from_str::<T>(text).map(|_| ())
    }
    match name {
        "kinds.yaml" => read::<raw::RawKinds>(text),
        "guideline/catalog.yaml" => read::<raw::RawCatalog>(text),
        "guideline/kisa49.yaml" => read::<raw::RawStandard>(text),
        "guideline/diagnostic-rules.yaml" => read::<raw::RawDiagnostics>(text),
        "guideline/attachment1.yaml" => read::<raw::RawAttachment1>(text),
        "guideline/tomcat-checks.yaml" => read::<raw::RawTomcat>(text),
        _ if name.starts_with("models/") => read::<raw::RawModels>(text),
        _ => read::<raw::RawRule>(text),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("no CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    let rules = root.join("rules");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/rules/raw.rs");
    println!("cargo::rerun-if-changed=src/rules/scalar.rs");
    let mut files = Vec::new();
    collect(&rules, &mut files)?;
    let mut table = String::from("&[\n");
    let mut errors = Vec::new();
    for (index, path) in files.iter().enumerate() {
        let parts: Vec<_> = path.strip_prefix(&rules)?.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let name = parts.join("/");
        let text = fs::read_to_string(path)?;
        let checked = check_shape(&name, &text).and_then(|()| serde_yaml::from_str::<serde_json::Value>(&text));
        match checked {
            Err(error) => errors.push(format!("rules/{name}: {error}")),
            Ok(value) => {
                let json = out.join(format!("rule{index}.json"));
                fs::write(&json, value.to_string())?;
                let (json, yaml) = (json.display().to_string(), path.display().to_string());
                writeln!(table, "    ({name:?}, include_str!({json:?}), include_str!({yaml:?})),")?;
            }
        }
    }
    table.push(']');
    fs::write(out.join("rules.rs"), table)?;
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n").into()) }
}
