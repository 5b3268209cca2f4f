//! Projects in temporary folders, and the command run in them.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

/// A project with these files.
pub(crate) fn project(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(dir.path(), name, content);
    }
    dir
}

/// Writes a file, with its folders.
pub(crate) fn write(dir: &Path, name: &str, content: &[u8]) {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// The command, in a folder, with an environment that says nothing.
pub(crate) fn haechi(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("haechi").unwrap();
    command.current_dir(dir).args(args).env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR").env_remove("RUST_BACKTRACE");
    // Git's own variables are there when the tests run in a hook.
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    command
}

/// Its outcome.
pub(crate) fn run(dir: &Path, args: &[&str]) -> Output {
    haechi(dir, args).output().unwrap()
}

/// Standard output.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The SARIF of a scan of a folder, with more arguments.
pub(crate) fn sarif(dir: &Path, args: &[&str]) -> serde_json::Value {
    let output = run(dir, &[&["scan", "--format", "sarif"], args].concat());
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Of each result: rule, file, line, start column, as `rule path:line:column`, sorted as reported.
pub(crate) fn places(sarif: &serde_json::Value) -> Vec<String> {
    sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let region = &place["region"];
            format!(
                "{} {}:{}:{}",
                result["ruleId"].as_str().unwrap(),
                place["artifactLocation"]["uri"].as_str().unwrap(),
                region["startLine"],
                region["startColumn"]
            )
        })
        .collect()
}

/// The notifications of a log: descriptor and file.
pub(crate) fn notifications(sarif: &serde_json::Value) -> Vec<String> {
    let invocation = &sarif["runs"][0]["invocations"][0];
    invocation["toolExecutionNotifications"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|note| {
            let file = &note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            format!("{} {}", note["descriptor"]["id"].as_str().unwrap_or_default(), file.as_str().unwrap_or_default())
        })
        .collect()
}

/// A weak hash on line 4, at a column that Korean text before it moves.
pub(crate) const WEAK_HASH: &str = "package a;\nclass Hash {\n  Object f() throws Exception {\n    return java.security.MessageDigest.getInstance(\"MD5\");\n  }\n}\n";

/// Clean code.
pub(crate) const CLEAN: &str = "package a;\nclass Clean {\n  int twice(int x) {\n    return x + x;\n  }\n}\n";
