//! One small fixture for each construct: its IR as a snapshot, checked by the verifier.

use std::fmt::Write as _;

use super::lower;
use crate::base::FileId;
use crate::ir::print::unit_text;
use crate::ir::{Unit, verify_unit};
use crate::lower::LowerInput;
use crate::syntax::c::{CppOptions, Preprocessor};
use crate::syntax::{DEFAULT_PARSE_TIME, Grammar, parser};

/// Preprocesses, parses, lowers and verifies.
fn unit_of(text: &str) -> Unit {
    let mapped = Preprocessor::new(&CppOptions::default()).preprocess("a.c", text).mapped;
    let tree = parser::parse(Grammar::C, &mapped.text, DEFAULT_PARSE_TIME).unwrap();
    let unit = lower(&LowerInput { file: FileId::from_usize(0), text: &mapped.text, map: Some(&mapped.map) }, &tree);
    assert_eq!(verify_unit(&unit), Vec::<String>::new());
    unit
}

const FIXTURES: &[(&str, &str)] = &[
    ("if_else", "int f(int a, char *p) { if (a > 0 && p) return 1; else if (!p || a < -5) a = 2; return a; }"),
    (
        "loops",
        "int f(int n) { int s = 0; for (int i = 0; i < n; i++) { if (i == 3) continue; s += i; } do s--; while (s > 9); while (1) { if (n--) break; } return s; }",
    ),
    (
        "switch",
        "int f(int c) { int r = 0; switch (c) { case 1: case 2: r = 1; case 3: r = 2; break; case 'a' ... 'c': r = 9; break; default: r = 4; } return r; }",
    ),
    ("goto", "int f(int n) { again: if (n > 3) goto out; n++; goto again; out: return n; }"),
    ("computed_goto", "void f(int i) { void *t[] = { &&one, &&two }; goto *t[i]; one: g(); two: h(); }"),
    ("pointers", "void f(char *p, int **q) { *p++ = 'x'; **q = p[2]; *(p + 1) = *q == 0; int *r = &q[0][3]; *r += 2; }"),
    (
        "structs",
        "struct in { short h; }; struct s { int a; struct in i; char name[8]; struct s *next; unsigned f : 3; }; int f(struct s *p, struct s v) { p->i.h = 1; v.a = p->next->name[2]; v = *p; return v.f + (&v)->a; }",
    ),
    (
        "unions_and_enums",
        "enum e { A, B = 5, C }; typedef union { int i; float f; } u; int f(enum e x) { u v; v.f = 1.5f; return v.i + C + (x == B); }",
    ),
    (
        "arrays",
        "int f(int n) { int a[4] = { 1, 2 }; char s[] = \"abc\"; int b[2][3]; int v[n]; b[1][2] = a[n]; v[0] = sizeof s; return b[n][0] + sizeof(b); }",
    ),
    (
        "initializers",
        "struct p { int x, y; const char *n; }; struct p g = { .y = 2, .n = \"g\" }; static const int t[] = { [2] = 7, 8 }; void f(void) { struct p l = { 1, .n = \"l\" }; use((struct p){ .x = 3 }, l); }",
    ),
    (
        "calls",
        "static int (*handler)(int); int add(int a, int b); void f(struct ops *o, int (*cb)(int)) { int x = add(1, cb(2)); handler = cb; (*handler)(x); o->run(o, x); printf(\"%d\\n\", x); }",
    ),
    (
        "memory",
        "#include <stdlib.h>\nstruct n { int v; struct n *next; }; struct n *f(size_t k) { struct n *p = malloc(sizeof *p * k); if (p == NULL) return NULL; p->v = 0; free(p->next); return p; }",
    ),
    (
        "conversions",
        "long f(unsigned char c, int i, unsigned u) { short s = i * 2; unsigned long l = i + u; float d = c / 2.0; return (char)s + (long)l - (i << c) + ~u + -c + !d; }",
    ),
    (
        "values",
        "int f(int a, int b) { int x = a ? b : 3; int y = (a++, b -= 2, a & b | a ^ 1); x = y = a && b || !a; return x ?: y; }",
    ),
    (
        "globals",
        "int count; static char *name = \"n\"; extern int other; int f(void) { static int calls = 2; calls++; other = count; return name[0] + calls; }",
    ),
    ("old_style", "int add(a, b) int a; char *b; { return a + *b; } implicit(n) { return n; }"),
    (
        "gnu",
        "int f(int a) { int r = ({ int t = a; t * 2; }); __typeof__(a) c = r; __asm__ volatile (\"nop\" : \"=r\" (c) : \"r\" (a) : \"memory\"); int *p = __builtin_alloca(4); return c + *p; }",
    ),
    (
        "variadic",
        "#include <stdarg.h>\nint f(const char *m, ...) { va_list ap; va_start(ap, m); int x = va_arg(ap, int); va_end(ap); return x; }",
    ),
    (
        "macros",
        "#define CHECK(x) do { if (!(x)) return -1; } while (0)\n#define LEN 4\nint f(char *p) { char b[LEN]; CHECK(p); b[LEN - 1] = *p; return 0; }",
    ),
];

#[test]
fn every_construct_lowers_without_an_opaque_statement() {
    let mut all = String::new();
    for (name, text) in FIXTURES {
        let unit = unit_of(text);
        // Assembly is opaque by its nature.
        assert_eq!(
            (unit.stats.opaque, unit.stats.broken_bodies, unit.stats.error_regions),
            (u32::from(*name == "gnu"), 0, 0),
            "{name}"
        );
        let _ = writeln!(all, "==== {name}: {text}\n{}", unit_text(&unit));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_broken_statement_leaves_its_neighbours() {
    let unit = unit_of("void m(void) { a(); int x = ); b(x); } void n(void) { c(); }");
    assert_eq!((unit.stats.bodies, unit.stats.broken_bodies), (2, 1));
    let text = unit_text(&unit);
    assert!(text.contains("a(") && text.contains("b(") && text.contains("c("), "{text}");
}

#[test]
fn a_label_that_is_there_twice_marks_the_first_place() {
    let text = unit_text(&unit_of("void f(int x) { a: one(); goto a; a: two(); b: three(); a: four(); }"));
    assert!(text.contains("goto bb1") && ["one(", "two(", "three(", "four("].iter().all(|call| text.contains(call)), "{text}");
}

#[test]
fn deep_nesting_and_long_chains_end() {
    let chain = vec!["x"; 5_000].join(" + ");
    let elses = "if (x == 1) a(); else ".repeat(2_000);
    let unit = unit_of(&format!("int m(int x) {{ x = {chain}; {elses} b(); return x; }}"));
    assert_eq!((unit.stats.bodies, unit.stats.skipped_bodies), (1, 0));
    let deep = format!("int m(void) {{ return {}1{}; }} int n(void) {{ return 2; }}", "(".repeat(3_000), ")".repeat(3_000));
    assert_eq!(unit_of(&deep).stats.bodies, 2);
    let blocks = format!("void m(void) {{ {}a();{} }} int n(void) {{ return 2; }}", "if (x) {".repeat(1_500), "}".repeat(1_500));
    assert_eq!(unit_of(&blocks).functions.len(), 2);
}

#[test]
fn comments_with_secrets_or_suppressions_are_kept() {
    let text = "// haechi:allow x -- y\n#define N 1\nint n = N; /* Password: 1 */ // 비밀번호 1234\n// nothing\nchar *s = \"password /* secret\";\n/* a\n token */";
    let unit = unit_of(text);
    let kept: Vec<&str> = unit.comments.iter().map(|comment| comment.span.text(text)).collect();
    assert_eq!(kept, ["// haechi:allow x -- y", "/* Password: 1 */", "// 비밀번호 1234", "/* a\n token */"]);
}

const TOKENS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    ";",
    "[",
    "]",
    "if",
    "else",
    "switch",
    "case",
    "goto",
    "struct",
    "enum",
    "typedef",
    "x",
    "*",
    "&&",
    "=",
    "->",
    "\"",
    "'",
    "\n#if 1\n",
    "\n#endif\n",
    "\n#define x (x)\n",
    "##",
    "...",
    "asm",
    "typeof",
    "__attribute__((",
    "static",
    ":",
    "?",
    "비",
    "sizeof",
    ",",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 96, failure_persistence: None, ..Default::default() })]

    /// Any mutation of tokens preprocesses, parses, lowers and verifies without a panic.
    #[test]
    fn mutated_c_never_panics(edits in proptest::collection::vec((0_usize..10_000, 0_usize..TOKENS.len(), 0_u8..3), 1..12)) {
        let source = FIXTURES.iter().map(|(_, text)| *text).collect::<Vec<_>>().join("\n");
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
