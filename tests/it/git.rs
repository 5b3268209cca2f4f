//! `--staged` and `--changed` in a repository of their own.

use std::path::Path;
use std::process::Command;

use crate::command::{CLEAN, WEAK_HASH, places, project, run, sarif, stderr, write};

fn git(dir: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    let output = command
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn repository(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = project(files);
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-q", "-m", "first"]);
    dir
}

const ONLY: [&str; 2] = ["--only", "java/weak-hash"];

fn found(dir: &Path, args: &[&str]) -> Vec<String> {
    places(&sarif(dir, &[args, &ONLY[..]].concat()))
}

#[test]
fn staged_scans_what_the_index_holds_and_only_that() {
    let dir = repository(&[("Old.java", WEAK_HASH.as_bytes()), ("Clean.java", CLEAN.as_bytes())]);
    assert!(found(dir.path(), &["--staged"]).is_empty());
    write(dir.path(), "New.java", WEAK_HASH.as_bytes());
    assert!(found(dir.path(), &["--staged"]).is_empty(), "not staged yet");
    git(dir.path(), &["add", "New.java"]);
    // The work tree moves on; the index counts.
    write(dir.path(), "New.java", CLEAN.as_bytes());
    let before = std::fs::read(dir.path().join(".git/index")).unwrap();
    assert_eq!(found(dir.path(), &["--staged"]), ["java/weak-hash New.java:4:12"]);
    assert_eq!(std::fs::read_to_string(dir.path().join("New.java")).unwrap(), CLEAN);
    assert_eq!(std::fs::read(dir.path().join(".git/index")).unwrap(), before);
}

#[test]
fn changed_compares_the_work_tree_with_a_revision() {
    let dir = repository(&[("Old.java", WEAK_HASH.as_bytes()), ("Clean.java", CLEAN.as_bytes())]);
    assert!(found(dir.path(), &["--changed"]).is_empty());
    write(dir.path(), "Untracked.java", WEAK_HASH.as_bytes());
    write(dir.path(), "Clean.java", WEAK_HASH.replace("class Hash", "class Clean").as_bytes());
    assert_eq!(found(dir.path(), &["--changed"]), ["java/weak-hash Clean.java:4:12", "java/weak-hash Untracked.java:4:12"]);
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-q", "-m", "second"]);
    assert!(found(dir.path(), &["--changed"]).is_empty());
    assert_eq!(found(dir.path(), &["--changed=HEAD~1"]).len(), 2);
}

#[test]
fn a_branch_is_compared_with_where_it_left_the_other() {
    let dir = repository(&[("Clean.java", CLEAN.as_bytes())]);
    git(dir.path(), &["checkout", "-q", "-b", "topic"]);
    write(dir.path(), "Mine.java", WEAK_HASH.as_bytes());
    git(dir.path(), &["add", "-A"]);
    git(dir.path(), &["commit", "-q", "-m", "mine"]);
    git(dir.path(), &["checkout", "-q", "main"]);
    write(dir.path(), "Clean.java", b"class Clean { int theirs; }\n");
    git(dir.path(), &["commit", "-q", "-am", "theirs"]);
    git(dir.path(), &["checkout", "-q", "topic"]);
    assert_eq!(found(dir.path(), &["--changed=main"]), ["java/weak-hash Mine.java:4:12"]);
}

#[test]
fn outside_of_a_repository_it_says_what_to_do() {
    let dir = project(&[("Clean.java", CLEAN.as_bytes())]);
    let output = run(dir.path(), &["scan", "--staged"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("git") && stderr(&output).contains("help:"), "{}", stderr(&output));
    let repo = repository(&[("Clean.java", CLEAN.as_bytes())]);
    let output = run(repo.path(), &["scan", "--changed=no-such-branch"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no-such-branch"), "{}", stderr(&output));
}
