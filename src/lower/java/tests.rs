//! One small fixture for each construct: its IR as a snapshot, checked by the verifier.

use std::fmt::Write as _;

use super::lower;
use crate::base::FileId;
use crate::ir::print::unit_text;
use crate::ir::{Code, Unit, verify_unit};
use crate::lower::LowerInput;
use crate::syntax::{DEFAULT_PARSE_TIME, Grammar, parser};

pub(super) fn unit_of(text: &str) -> Unit {
    let tree = parser::parse(Grammar::Java, text, DEFAULT_PARSE_TIME).unwrap();
    let unit = lower(&LowerInput { file: FileId::from_usize(0), text, map: None }, &tree);
    assert_eq!(verify_unit(&unit), Vec::<String>::new());
    unit
}

/// The statements of a method of a class with a few fields.
fn method(body: &str) -> String {
    let text = format!(
        "package p; class A {{ int n; String s; int[] xs; void m(Object o, String t, int i) throws Exception {{ {body} }} }}"
    );
    let mut unit = unit_of(&text);
    assert_eq!((unit.stats.opaque, unit.stats.broken_bodies, unit.stats.error_regions), (0, 0, 0), "{body}");
    let open = unit_text(&unit);
    unit.functions.iter_mut().filter_map(|function| function.code.as_mut()).for_each(Code::pack);
    assert!(unit.functions.iter_mut().filter_map(|function| function.code.as_mut()).all(|code| code.open_mut().is_none()));
    assert_eq!(unit_text(&unit), open, "packed and unpacked");
    open
}

#[test]
fn every_construct_lowers_without_an_opaque_statement() {
    let fixtures: &[(&str, &str)] = &[
        ("if_else", "if (i > 0 && t != null) n = 1; else if (i < 0 || o == null) n = 2; else n = 3;"),
        (
            "loops",
            "for (int j = 0, k = 9; j < k; j++, --k) { if (j == 3) continue; n += j; } do { i--; } while (i > 0); while (true) { if (i++ > 5) break; }",
        ),
        ("for_each", "for (int x : xs) n += x; for (Object q : all()) use(q);"),
        ("labels", "a: for (;;) { b: { if (i > 1) break b; if (i > 2) continue a; break a; } i++; }"),
        ("switch_old", "switch (i) { case 1: case 2: n = 1; case 3: n = 2; break; default: n = 3; }"),
        (
            "switch_string",
            "switch (t) { case \"a\" -> n = 1; case \"b\", \"c\" -> { return; } default -> throw new IllegalStateException(); }",
        ),
        (
            "switch_value",
            "int r = switch (i) { case 1 -> 2; case 2 -> { yield 3; } default -> i; }; n = switch (t) { case \"x\": yield 1; default: yield 2; };",
        ),
        (
            "switch_pattern",
            "switch (o) { case null -> n = 0; case String q when q.isEmpty() -> n = 1; case Integer z -> n = z; default -> n = 2; }",
        ),
        ("instanceof", "if (!(o instanceof String q)) return; use(q); boolean b = o instanceof Integer;"),
        (
            "try_catch",
            "try { use(o); } catch (IllegalStateException | NullPointerException e) { n = 1; } catch (Exception e) { throw e; }",
        ),
        ("try_finally", "try { if (i > 0) return; use(o); } finally { n = 1; }"),
        (
            "try_resources",
            "try (AutoCloseable a = open(); var b = new java.io.StringReader(t)) { use(a, b); } catch (Exception e) { n = 2; }",
        ),
        ("synchronized", "synchronized (o) { if (i > 0) return; n = 1; }"),
        ("assignments", "n += 2; xs[i++] <<= 1; byte b = 1; b += i; s += n; int k = n = 3; xs[i] = i++; i = i++ + ++i;"),
        ("concat", "s = \"a\" + \"b\" + i + \"c\" + 1 + 'd'; s = i + 1 + t;"),
        (
            "literals",
            "use(0xFFFFFFFF, 0b101, 017, 1_000L, 1.5f, 2e3, 'x', '\\u0041', \"\\t\\101\\\"\", true, null, -2147483648, int[].class);",
        ),
        ("text_block", "s = \"\"\"\n      a\n        b\\\n c\n      \"\"\";"),
        ("arrays", "int[][] a = {{1, 2}, {3}}; a = new int[i][]; Object b = new String[] {t}; use(a[0][i], a.length);"),
        ("casts", "use((String) o, (Runnable & java.io.Serializable) () -> {}, (int) 3.5, -i, ~i, !(i > 0));"),
        ("ternary", "s = i > 0 ? t : o == null ? \"x\" : null;"),
        ("lambda", "Runnable r = () -> use(o, n); java.util.function.Function<String, String> f = q -> q + t; use(r, f);"),
        ("method_reference", "use(String::valueOf, this::hashCode, o::toString, A::new, int[]::new, super::toString);"),
        ("anonymous", "new Thread() { int n2 = n; public void run() { use(t, n, this, n2); } }.start();"),
        (
            "local_class",
            "record R(int a, R b) { int sum() { return a + i(); } static int i() { return 1; } } if (o instanceof R(int a, R(var c, _))) use(a, c, new R(1, null).sum());",
        ),
        ("assertion", "assert i > 0 : \"bad\" + i;"),
        (
            "names",
            "java.util.List.of(Integer.MAX_VALUE, System.out, s.length(), A.this.n, LOG, Foo.BAR.x, foo.bar.baz); super.toString();",
        ),
        ("dead_code", "return; "),
    ];
    let mut all = String::new();
    for (name, body) in fixtures {
        let _ = writeln!(all, "==== {name}: {body}\n{}", method(body));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn declarations_lower_with_names_resolved() {
    let unit = unit_of(include_str!("fixtures/Declarations.java"));
    assert_eq!((unit.stats.opaque, unit.stats.broken_bodies, unit.stats.error_regions), (0, 0, 0));
    insta::assert_snapshot!(unit_text(&unit));
}

#[test]
fn a_broken_statement_leaves_its_neighbours() {
    let unit = unit_of("class A { void m() { a(); int x = (; b(x); } void n() { c(); } }");
    assert_eq!((unit.stats.bodies, unit.stats.broken_bodies), (2, 1));
    assert!(unit.stats.opaque >= 1);
    let text = unit_text(&unit);
    assert!(text.contains("a(") && text.contains("b(") && text.contains("c("), "{text}");
}

#[test]
fn a_static_constructor_is_a_constructor() {
    let text = unit_text(&unit_of("class A { int n; static A(int n) { this.n = n; } }"));
    assert!(text.contains("fn A.<init>(n: i32) -> void\n") && text.contains("this_0.n := n_1"), "{text}");
}

#[test]
fn long_chains_lower_and_deep_nesting_is_counted() {
    let chain = vec!["x"; 5_000].join(" + \"-\" + ");
    let calls = ".a()".repeat(5_000);
    let elses = "if (x == null) a(); else ".repeat(150);
    let unit = unit_of(&format!("class A {{ void m(String x) {{ x = {chain}; x{calls}; {elses} b(); }} }}"));
    assert_eq!((unit.stats.bodies, unit.stats.skipped_bodies, unit.stats.opaque), (1, 0, 0));
    let deep = format!("class A {{ int m() {{ return {}1{}; }} int n() {{ return 2; }} }}", "(".repeat(3_000), ")".repeat(3_000));
    let unit = unit_of(&deep);
    assert_eq!((unit.stats.bodies, unit.stats.skipped_bodies), (2, 1));
}

#[test]
fn nested_finally_blocks_grow_linearly() {
    let mut body = "if (x > 0) return; a();".to_owned();
    for _ in 0..30 {
        body = format!("try {{ if (x > 1) return; }} finally {{ {body} }}");
    }
    let unit = unit_of(&format!("class A {{ void m(int x) {{ {body} }} }}"));
    let blocks: usize = unit.functions.iter().filter_map(|it| it.body()).map(|body| body.blocks.len()).sum();
    assert!(blocks < 20_000, "{blocks}");
}

#[test]
fn comments_with_secrets_or_suppressions_are_kept() {
    let text = "// haechi:allow x -- y\nclass A { /* Password: 1 */ int n; // 비밀번호 1234\n // nothing\n String s = \"password // secret\"; }";
    let unit = unit_of(text);
    let kept: Vec<&str> = unit.comments.iter().map(|comment| comment.span.text(text)).collect();
    assert_eq!(kept, ["// haechi:allow x -- y", "/* Password: 1 */", "// 비밀번호 1234"]);
}

const TOKENS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    ";",
    "if",
    "else",
    "try",
    "finally",
    "catch",
    "switch",
    "case",
    "->",
    "x",
    "this",
    "super",
    "class",
    "new",
    "=",
    "+",
    "::",
    ".",
    "[",
    "]",
    "\"",
    "'",
    "return",
    "yield",
    "record",
    "enum",
    "<",
    ">",
    "@",
    "default",
    "0x",
    "instanceof",
    ":",
    "비",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    /// Any mutation of tokens parses, lowers and verifies without a panic.
    #[test]
    fn mutated_java_never_panics(edits in proptest::collection::vec((0_usize..10_000, 0_usize..TOKENS.len(), 0_u8..3), 1..12)) {
        let source = include_str!("fixtures/Declarations.java");
        let mut tokens: Vec<&str> = source.split_inclusive([' ', '\n', '(', ')', ';', '.']).collect();
        for (at, token, action) in edits {
            let at = at % tokens.len().max(1);
            match action {
                0 => { tokens.remove(at); }
                1 => tokens.insert(at, TOKENS[token]),
                _ => tokens[at] = TOKENS[token],
            }
        }
        unit_of(&tokens.concat());
    }
}
