//! The command from outside: exit codes, formats, settings, errors.

use crate::command::{CLEAN, WEAK_HASH, haechi, places, project, run, sarif, stderr, stdout, write};

#[test]
fn exit_codes_tell_clean_found_and_failed() {
    let clean = project(&[("Clean.java", CLEAN.as_bytes())]);
    assert_eq!(run(clean.path(), &["scan"]).status.code(), Some(0));
    let weak = project(&[("Hash.java", WEAK_HASH.as_bytes())]);
    assert_eq!(run(weak.path(), &["scan"]).status.code(), Some(1));
    assert_eq!(run(weak.path(), &["scan", "--fail-on", "never"]).status.code(), Some(0));
    assert_eq!(run(weak.path(), &["scan", "--fail-on", "critical"]).status.code(), Some(0));
    assert_eq!(run(weak.path(), &["scan", "no-such-folder"]).status.code(), Some(2));
    assert_eq!(run(weak.path(), &["scan", "--no-such-option"]).status.code(), Some(2));
    assert_eq!(run(weak.path(), &["--version"]).status.code(), Some(0));
}

#[test]
fn a_finding_stands_at_its_place_in_every_format() {
    let dir = project(&[("src/Hash.java", WEAK_HASH.as_bytes())]);
    let only = ["--only", "java/weak-hash"];
    assert_eq!(places(&sarif(dir.path(), &only)), ["java/weak-hash src/Hash.java:4:12"]);
    let text = stdout(&run(dir.path(), &[&["scan"], &only[..]].concat()));
    assert!(text.contains("src/Hash.java:4") && text.contains("java/weak-hash") && text.contains("getInstance"), "{text}");
    let json = stdout(&run(dir.path(), &[&["scan", "--format", "json"], &only[..]].concat()));
    assert!(json.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{json}");
    assert!(json.contains("\"java/weak-hash\""), "{json}");
    let junit = stdout(&run(dir.path(), &[&["scan", "--format", "junit"], &only[..]].concat()));
    assert!(junit.starts_with("<?xml") && junit.contains("java/weak-hash"), "{junit}");
    let checklist = stdout(&run(dir.path(), &[&["scan", "--format", "checklist", "--lang", "ko"], &only[..]].concat()));
    assert!(checklist.contains("취약") && checklist.contains("Hash.java"), "{checklist}");
}

#[test]
fn several_outputs_come_from_one_run() {
    let dir = project(&[("Hash.java", WEAK_HASH.as_bytes())]);
    let output =
        run(dir.path(), &["scan", "-o", "a.sarif", "-o", "b.xml", "-o", "c.html", "-o", "d.csv", "-o", "e.md", "-o", "f.jsonl"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    let start =
        |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap().trim_start_matches('\u{feff}')[..5].to_owned();
    assert_eq!(start("b.xml"), "<?xml");
    assert_eq!(start("c.html"), "<!DOC");
    assert!(start("e.md").starts_with('#'));
    assert!(start("a.sarif").starts_with('{') && start("f.jsonl").starts_with('{'));
    assert!(!start("d.csv").is_empty());
}

#[test]
fn a_checklist_from_sarif_is_the_one_from_the_scan() {
    let dir = project(&[("Hash.java", WEAK_HASH.as_bytes())]);
    run(dir.path(), &["scan", "-o", "a.sarif", "-o", "scan.md"]);
    let output = run(dir.path(), &["checklist", "a.sarif", "-o", "log.md"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read("scan.md"), read("log.md"));
}

#[test]
fn a_misspelt_key_is_an_error_with_line_and_cure() {
    let dir = project(&[("haechi.toml", b"[scan]\nexlude = []\n"), ("Clean.java", CLEAN.as_bytes())]);
    let output = run(dir.path(), &["scan"]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(told.contains("haechi.toml:2:1: unknown key `exlude`") && told.contains("did you mean `exclude`?"), "{told}");
}

#[test]
fn a_misspelt_rule_is_an_error_with_the_nearest() {
    let dir = project(&[("Clean.java", CLEAN.as_bytes())]);
    let output = run(dir.path(), &["scan", "--only", "java/weak-hsah"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean java/weak-hash?"), "{}", stderr(&output));
}

#[test]
fn settings_above_are_found_and_the_command_line_wins() {
    let dir = project(&[
        ("haechi.toml", b"lang = \"ko\"\n[rules]\nonly = [\"java/weak-hash\"]\n[report]\nfail-on = \"never\"\n"),
        ("app/src/Hash.java", WEAK_HASH.as_bytes()),
    ]);
    let inner = dir.path().join("app");
    let output = run(&inner, &["scan"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("해시"), "{}", stdout(&output));
    let output = run(&inner, &["scan", "--fail-on", "low", "--lang", "en"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("hash"), "{}", stdout(&output));
}

#[test]
fn the_locale_chooses_the_language() {
    let dir = project(&[("Hash.java", WEAK_HASH.as_bytes())]);
    let only = ["scan", "--only", "java/weak-hash"];
    let korean = haechi(dir.path(), &only).env("LC_ALL", "ko_KR.UTF-8").output().unwrap();
    assert!(stdout(&korean).contains("해시"), "{}", stdout(&korean));
    let english = run(dir.path(), &only);
    assert!(!stdout(&english).contains("해시"), "{}", stdout(&english));
}

#[test]
fn a_baseline_makes_old_findings_known_and_lets_new_ones_fail() {
    let dir = project(&[("Hash.java", WEAK_HASH.as_bytes())]);
    run(dir.path(), &["scan", "-o", "known.sarif"]);
    let gated = ["scan", "--baseline", "known.sarif"];
    let output = run(dir.path(), &gated);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    // Lines move; the finding is still known.
    write(dir.path(), "Hash.java", format!("// one\n// two\n\n{WEAK_HASH}").as_bytes());
    assert_eq!(run(dir.path(), &gated).status.code(), Some(0));
    write(dir.path(), "New.java", WEAK_HASH.replace("MD5", "MD2").replace("class Hash", "class New").as_bytes());
    let output = run(dir.path(), &gated);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("New.java") && !stdout(&output).contains("Hash.java:"), "{}", stdout(&output));
    let broken = run(dir.path(), &["scan", "--baseline", "Hash.java"]);
    assert_eq!(broken.status.code(), Some(2));
}

#[test]
fn a_suppression_with_a_reason_counts_and_one_without_is_a_finding() {
    let allowed = WEAK_HASH
        .replace("getInstance(\"MD5\");", "getInstance(\"MD5\"); // haechi:allow java/weak-hash -- checksum of a cache key");
    let dir = project(&[("Hash.java", allowed.as_bytes())]);
    let only = ["scan", "--only", "java/weak-hash"];
    assert_eq!(run(dir.path(), &only).status.code(), Some(0));
    write(dir.path(), "Hash.java", allowed.replace(" -- checksum of a cache key", "").as_bytes());
    assert_eq!(run(dir.path(), &["scan"]).status.code(), Some(1));
    let expired = allowed.replace(" -- ", " until 2001-01-31 -- ");
    write(dir.path(), "Hash.java", expired.as_bytes());
    assert_eq!(run(dir.path(), &only).status.code(), Some(1));
}

#[test]
fn severity_and_only_and_skip_narrow_what_is_reported() {
    let dir = project(&[("Hash.java", WEAK_HASH.as_bytes())]);
    assert!(places(&sarif(dir.path(), &["--skip", "java/weak-hash", "--only", "CWE-328,java/weak-hash"])).is_empty());
    assert!(places(&sarif(dir.path(), &["--severity", "critical"])).is_empty());
    assert_eq!(places(&sarif(dir.path(), &["--only", "security-functions"])).len(), 1);
}

#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let dir = project(&[("Hash.java", WEAK_HASH.as_bytes())]);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("haechi"))
        .args(["rules"])
        .current_dir(dir.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "");
}

#[test]
fn init_writes_files_that_haechi_accepts() {
    let dir = project(&[("Clean.java", CLEAN.as_bytes())]);
    let output = run(dir.path(), &["init"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(run(dir.path(), &["scan"]).status.code(), Some(0));
    let hooks = std::fs::read_to_string(dir.path().join(".pre-commit-config.yaml")).unwrap();
    assert!(hooks.contains("haechi scan --staged"), "{hooks}");
    // Again: nothing is lost.
    let again = run(dir.path(), &["init"]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert_eq!(std::fs::read_to_string(dir.path().join(".pre-commit-config.yaml")).unwrap(), hooks);
}

#[test]
fn completions_exist_for_each_shell() {
    let dir = project(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(dir.path(), &["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("haechi"), "{shell}");
    }
}

#[test]
fn rules_are_shown_with_item_and_remedy_in_both_languages() {
    let dir = project(&[]);
    let text = stdout(&run(dir.path(), &["rules", "java/weak-hash"]));
    for part in ["java/weak-hash", "remedy:", "조치:", "CWE-328", "item: J2-"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let all = stdout(&run(dir.path(), &["rules"]));
    assert!(all.lines().count() > 60, "{all}");
}

#[test]
fn stages_can_be_dumped() {
    let dir = project(&[("Hash.java", WEAK_HASH.as_bytes()), ("a.c", b"int twice(int x) { return x + x; }\n")]);
    let dump = |stage: &str, file: &str| {
        let output = run(dir.path(), &["dump", stage, file]);
        assert_eq!(output.status.code(), Some(0), "{stage}: {}", stderr(&output));
        stdout(&output)
    };
    assert!(dump("syntax", "Hash.java").contains("method_invocation"));
    assert!(dump("ir", "Hash.java").contains("getInstance(\"MD5\")"));
    assert!(dump("ir", "a.c").contains("fn twice(x: i32) -> i32"), "{}", dump("ir", "a.c"));
    assert!(dump("cfg", "a.c").starts_with("digraph"));
    assert!(dump("program", "Hash.java").contains("a.Hash"));
}
