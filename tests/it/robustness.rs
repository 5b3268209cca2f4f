//! Bad input: each kind is told, none harms the rest, none hangs or crashes.

use crate::command::{CLEAN, WEAK_HASH, notifications, places, project, run, sarif, stderr, stdout};

const ONLY: [&str; 2] = ["--only", "java/weak-hash"];
const FOUND: &str = "java/weak-hash Hash.java:4:12";

#[test]
fn binary_huge_and_unreadable_files_are_told_and_the_rest_is_scanned() {
    let huge = format!("class Huge {{ /* {} */ }}", "x".repeat(3000));
    let dir = project(&[
        ("Hash.java", WEAK_HASH.as_bytes()),
        ("Binary.java", b"\x00\x01\x02\xff\xfe\x00class"),
        ("Huge.java", huge.as_bytes()),
    ]);
    let log = sarif(dir.path(), &[&["--max-file-size", "2KiB"], &ONLY[..]].concat());
    assert_eq!(places(&log), [FOUND]);
    assert_eq!(notifications(&log), ["binary Binary.java", "too-large Huge.java"]);
}

#[cfg(unix)]
#[test]
fn dangling_links_and_links_out_of_the_tree_are_not_followed() {
    let outside = project(&[("Out.java", WEAK_HASH.as_bytes())]);
    let dir = project(&[("Hash.java", WEAK_HASH.as_bytes())]);
    std::os::unix::fs::symlink(dir.path().join("gone.java"), dir.path().join("Dangling.java")).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("out")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("Out.java"), dir.path().join("Out.java")).unwrap();
    let log = sarif(dir.path(), &ONLY);
    assert_eq!(places(&log), [FOUND]);
}

#[test]
fn bad_utf8_is_replaced_and_told() {
    // Neither UTF-8 nor CP949: 0xFF is no byte of either.
    let mut bytes = b"// \xff\xff\xff \xff\n".to_vec();
    bytes.extend(WEAK_HASH.as_bytes());
    let dir = project(&[("Hash.java", &bytes)]);
    let log = sarif(dir.path(), &ONLY);
    assert_eq!(places(&log), ["java/weak-hash Hash.java:5:12"]);
    assert_eq!(notifications(&log), ["bad-encoding Hash.java"]);
}

#[test]
fn columns_count_utf16_units_in_korean_text_of_both_encodings() {
    // 한글 of two bytes each in CP949 and three in UTF-8, and one character outside of the first plane in UTF-8 only.
    let line = "    /* 비밀번호 해시 */ return java.security.MessageDigest.getInstance(\"MD5\");";
    let text = WEAK_HASH.replace("    return java.security.MessageDigest.getInstance(\"MD5\");", line);
    let (cp949, _, replaced) = encoding_rs::EUC_KR.encode(&text);
    assert!(!replaced);
    let with_emoji = text.replace("해시", "🔒시");
    let dir = project(&[("Cp949.java", &cp949), ("Emoji.java", with_emoji.as_bytes()), ("Utf8.java", text.as_bytes())]);
    let column = line.find("java.security").map(|byte| line[..byte].encode_utf16().count() + 1).unwrap();
    let log = sarif(dir.path(), &ONLY);
    let expected: Vec<String> = [("Cp949", column), ("Emoji", column + 1), ("Utf8", column)]
        .map(|(name, column)| format!("java/weak-hash {name}.java:4:{column}"))
        .to_vec();
    assert_eq!(places(&log), expected);
    assert!(notifications(&log).is_empty());
}

#[test]
fn deep_nesting_neither_overflows_nor_hides_other_functions() {
    let parens = format!("class Deep {{ int f() {{ return {}1{}; }} }}", "(".repeat(100_000), ")".repeat(100_000));
    let blocks = format!("void g(void) {{ {} {} }}", "{".repeat(100_000), "}".repeat(100_000));
    let xml = format!("<?xml version=\"1.0\"?>{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let yaml = format!("a: {}{}\n", "[".repeat(50_000), "]".repeat(50_000));
    let jsp = "<% if (x) { %>".repeat(20_000);
    let dir = project(&[
        ("Deep.java", parens.as_bytes()),
        ("Hash.java", WEAK_HASH.as_bytes()),
        ("deep.c", blocks.as_bytes()),
        ("deep.xml", xml.as_bytes()),
        ("deep.yml", yaml.as_bytes()),
        ("deep.jsp", jsp.as_bytes()),
    ]);
    let log = sarif(dir.path(), &ONLY);
    assert_eq!(places(&log), [FOUND]);
    let told = notifications(&log);
    assert!(told.iter().any(|note| note.ends_with(" Deep.java")), "{told:?}");
}

#[test]
fn truncated_files_are_scanned_as_far_as_they_go() {
    let cut = &WEAK_HASH[..WEAK_HASH.len() - 6];
    let dir = project(&[
        ("Hash.java", cut.as_bytes()),
        ("cut.c", b"int f(int x) { if (x"),
        ("cut.jsp", b"<% int x = "),
        ("cut.xml", b"<a><b"),
    ]);
    let log = sarif(dir.path(), &ONLY);
    assert_eq!(places(&log), [FOUND]);
    let told = notifications(&log);
    assert!(told.contains(&"syntax-error cut.c".to_owned()), "{told:?}");
    assert!(told.iter().any(|note| note.ends_with(" cut.xml")), "{told:?}");
}

#[test]
fn a_broken_function_leaves_the_findings_of_the_others_as_they_are() {
    let whole = "package a;\nclass Two {\n  void broken() {\n    int x = 1;\n  }\n  Object f() throws Exception {\n    return java.security.MessageDigest.getInstance(\"MD5\");\n  }\n  Object g() throws Exception {\n    return java.security.MessageDigest.getInstance(\"MD2\");\n  }\n}\n";
    let broken = whole.replace("int x = 1;", "int x = = (1;");
    assert_ne!(whole, broken);
    let one = project(&[("Two.java", whole.as_bytes())]);
    let two = project(&[("Two.java", broken.as_bytes())]);
    let before = sarif(one.path(), &ONLY);
    let after = sarif(two.path(), &ONLY);
    assert_eq!(places(&before).len(), 2);
    assert_eq!(places(&before), places(&after));
    let prints = |log: &serde_json::Value| -> Vec<String> {
        let results = log["runs"][0]["results"].as_array().unwrap();
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect()
    };
    assert_eq!(prints(&before).len(), 2);
    assert!(notifications(&after).contains(&"syntax-error Two.java".to_owned()));
}

#[test]
fn an_empty_folder_and_empty_files_are_clean() {
    let dir = project(&[("Empty.java", b""), ("empty.c", b""), ("empty.xml", b""), ("empty.properties", b"")]);
    assert_eq!(run(dir.path(), &["scan"]).status.code(), Some(0));
    let nothing = project(&[]);
    let output = run(nothing.path(), &["scan"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn ignore_files_are_heeded() {
    let dir = project(&[
        ("Hash.java", WEAK_HASH.as_bytes()),
        ("gen/Gen.java", WEAK_HASH.as_bytes()),
        ("old/Old.java", WEAK_HASH.as_bytes()),
        (".haechiignore", b"gen/\n"),
    ]);
    assert_eq!(places(&sarif(dir.path(), &[&["--exclude", "old/**"], &ONLY[..]].concat())), [FOUND]);
}

#[test]
fn reports_escape_what_they_quote() {
    let text = WEAK_HASH.replace("class Hash", "class Hash /* <script>alert(1)</script> & | \"` \u{1b}[31m */");
    let name = "a<b>&'c.java";
    let dir = project(&[(name, text.as_bytes()), ("Clean.java", CLEAN.as_bytes())]);
    let html = stdout(&run(dir.path(), &["checklist", "--format", "html"]));
    assert!(!html.contains("a<b>&'c"), "{html}");
    let text = stdout(&run(dir.path(), &["scan", "--color", "never"]));
    assert!(!text.contains('\u{1b}'), "{text}");
}
