//! The preprocessor's features, each on a few lines.

use super::{CppOptions, Preprocessed, Preprocessor};
use crate::base::{ProblemKind, Span};
use crate::syntax::{DEFAULT_PARSE_TIME, Grammar, parser};

fn preprocess(text: &str) -> Preprocessed {
    Preprocessor::new(&CppOptions::default()).preprocess("a.c", text)
}

/// What is left, with all white space as single blanks.
fn made(text: &str) -> String {
    preprocess(text).mapped.text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Preprocesses what must then be without an error for the grammar.
#[track_caller]
fn clean(text: &str) -> String {
    let text = preprocess(text).mapped.text;
    let tree = parser::tree(Grammar::C, &text, DEFAULT_PARSE_TIME).unwrap();
    assert!(!tree.root_node().has_error(), "{text}\n{}", tree.root_node().to_sexp());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn conditionals_choose_one_branch() {
    let cases = [
        ("#if 0\nint a;\n#else\nint b;\n#endif", "int b;"),
        ("#if 1 + 1 == 2 && !0\nint a;\n#elif 1\nint b;\n#else\nint c;\n#endif", "int a;"),
        ("#define N 3\n#if N > 4\nint a;\n#elif N > 2\nint b;\n#else\nint c;\n#endif", "int b;"),
        ("#ifdef __linux__\nint a;\n#else\nint b;\n#endif", "int a;"),
        ("#ifdef _WIN32\nint a;\n#else\nint b;\n#endif", "int b;"),
        ("#define X\n#ifndef X\nint a;\n#elif defined(X) && defined X\nint b;\n#endif", "int b;"),
        ("#define X\n#undef X\n#ifdef X\nint a;\n#else\nint b;\n#endif", "int b;"),
        ("#if 1\n#if 0\nint a;\n#else\nint b;\n#endif\nint c;\n#else\nint d;\n#endif", "int b; int c;"),
        ("#define F(x) ((x) * 2)\n#if F(3) == 6 ? 1 : 0\nint a;\n#else\nint b;\n#endif", "int a;"),
        ("#if (1 ? 0 : 1) || 'a' == 97 && 0x10L == 020\nint a;\n#endif", "int a;"),
        ("#if 1 / 0\nint a;\n#endif\nint b;", "int a; int b;"),
    ];
    for (text, expected) in cases {
        assert_eq!(made(text), expected, "{text}");
    }
}

#[test]
fn an_unknown_condition_is_the_same_all_over_the_file() {
    let text = "#ifdef HAVE_X\nint a; int aa; int aaa;\n#else\nint b;\n#endif\n#ifdef HAVE_X\nint c;\n#else\nint d; int dd; int ddd;\n#endif";
    assert_eq!(made(text), "int a; int aa; int aaa; int c;");
}

#[test]
fn an_unknown_condition_keeps_most_code_of_the_whole_file() {
    let text = "#ifdef CHECKED\nint a;\n#endif\n#if !defined(CHECKED)\nint b; int bb; int bbb;\n#endif";
    assert_eq!(made(text), "int b; int bb; int bbb;");
}

#[test]
fn options_define_and_undefine() {
    let options = CppOptions {
        defines: vec!["LEVEL=2".into(), "ON".into()],
        undefines: vec!["__linux__".into()],
        include_dirs: Vec::new(),
    };
    let text = "#if LEVEL == 2 && ON == 1 && !defined __linux__\nint a;\n#else\nint b;\n#endif\nint x[LEVEL];";
    let made = Preprocessor::new(&options).preprocess("a.c", text).mapped.text;
    assert_eq!(made.split_whitespace().collect::<Vec<_>>().join(" "), "int a; int x[2];");
}

#[test]
fn macros_expand() {
    let cases = [
        ("object", "#define SIZE 16\nchar a[SIZE];", "char a[16];"),
        ("chain", "#define A B\n#define B 3\nint x = A;", "int x = 3;"),
        (
            "function",
            "#define MAX(a, b) ((a) > (b) ? (a) : (b))\nint x = MAX(1, f(2, 3));",
            "int x = ((1) > (f(2, 3)) ? (1) : (f(2, 3)));",
        ),
        ("no_call", "#define F(x) x\nint (*p)(int) = F;", "int (*p)(int) = F;"),
        ("nested", "#define ADD(a, b) a + b\nint x = ADD(ADD(1, 2), 3);", "int x = 1 + 2 + 3;"),
        ("stringify", "#define S(x) #x\nchar *s = S(a  +  \"b\\n\");", "char *s = \"a + \\\"b\\\\n\\\"\";"),
        ("paste", "#define P(a, b) a##b\nint P(x, 1) = P(4, 2);", "int x1 = 42;"),
        ("paste_then_expand", "#define XY 7\n#define P(a, b) a ## b\nint n = P(X, Y);", "int n = 7;"),
        (
            "variadic",
            "#define LOG(f, ...) printf(f, __VA_ARGS__)\nvoid f(void) { LOG(\"%d %d\", 1, 2); }",
            "void f(void) { printf(\"%d %d\", 1, 2); }",
        ),
        (
            "variadic_empty",
            "#define LOG(f, ...) printf(f, ##__VA_ARGS__)\nvoid f(void) { LOG(\"x\"); }",
            "void f(void) { printf(\"x\"); }",
        ),
        (
            "variadic_named",
            "#define LOG(f, a...) printf(f, a)\nvoid f(void) { LOG(\"x\", 1, 2); }",
            "void f(void) { printf(\"x\", 1, 2); }",
        ),
        ("self", "#define x x + 1\nint y = x;", "int y = x + 1;"),
        ("mutual", "#define a b\n#define b a\nint y = a;", "int y = a;"),
        ("continued", "#define TWO 1 + \\\n  1\nint x = TWO;", "int x = 1 + 1;"),
        ("string_is_no_use", "#define A 1\nchar *s = \"A\"; int c = 'A';", "char *s = \"A\"; int c = 'A';"),
        ("over_lines", "#define F(a, b) a + b\nint x = F(1,\n 2);", "int x = 1 + 2;"),
        (
            "braces",
            "#define SWAP(a, b) do { int t = a; a = b; b = t; } while (0)\nvoid f(int x, int y) { SWAP(x, y); }",
            "void f(int x, int y) { do { int t = x; x = y; y = t; } while (0); }",
        ),
    ];
    for (name, text, expected) in cases {
        assert_eq!(made(text), expected, "{name}");
    }
}

#[test]
fn what_the_grammar_cannot_read_is_rewritten() {
    let cases = [
        ("attribute", "static int __attribute__((unused)) f(void) { return 1; }", "static int f(void) { return 1; }"),
        ("noreturn", "void die(void) __attribute__((noreturn));", "void die(void) ;"),
        ("declspec", "__declspec(dllexport) int f(void);", "int f(void);"),
        (
            "const",
            "__const char *a; __volatile__ int b; extern __inline int c(void);",
            "const char *a; volatile int b; extern __inline int c(void);",
        ),
        ("old_style", "int add(a, b) int a; int b; { return a + b; }", "int add(a, b) int a; int b; { return a + b; }"),
        ("decorated", "API_EXPORT int API_CALL f(int a) { return a; }", "int f(int a) { return a; }"),
        (
            "loop",
            "void f(struct l *h) { list_for_each(p, h) { use(p); } }",
            "void f(struct l *h) { while (list_for_each(&p, &h)) { use(p); } }",
        ),
        (
            "no_semicolon",
            "void f(void) { BEGIN_BLOCK(1) a(); END_BLOCK(1) }",
            "void f(void) { BEGIN_BLOCK(1); a(); END_BLOCK(1); }",
        ),
        (
            "type_argument",
            "void f(void) { p = alloc(struct s, 2); q = get(ap, char *); }",
            "void f(void) { p = alloc(sizeof(struct s), 2); q = get(ap, sizeof(char *)); }",
        ),
        ("va_arg", "void f(va_list ap) { int x = va_arg(ap, int); }", "void f(va_list ap) { int x = (*(int *)va_arg(ap)); }"),
        (
            "case_range",
            "int f(int c) { switch (c) { case 'a' ... 'z': return 1; } return 0; }",
            "int f(int c) { switch (c) { case __case_range( 'a' , 'z'): return 1; } return 0; }",
        ),
        (
            "asm",
            "void f(int a) { __asm__ volatile (\"mov %1, %0\" : \"=r\" (a) : \"r\" (b) : \"memory\"); }",
            "void f(int a) { __asm__(\"\" : \"\"(a) : \"\"(b)); }",
        ),
        ("typeof", "void f(int a) { __typeof__(a) b = a; }", "void f(int a) { typeof(a) b = a; }"),
        ("label_end", "void f(void) { goto out; out: }", "void f(void) { goto out; out:; }"),
        (
            "computed_goto",
            "void f(int i) { void *t[] = { &&a }; goto *t[i]; a: return; }",
            "void f(int i) { void *t[] = { __label_address(a) }; __computed_goto(t[i]); a: return; }",
        ),
        ("static_assert", "_Static_assert(sizeof(int) == 4, \"x\"); int a;", "; int a;"),
        ("module_line", "MODULE_LICENSE(\"GPL\");\nint a;", "int a;"),
        (
            "generated_head",
            "SYSCALL_DEFINE2(open, const char *, name, int, mode) { return 0; }",
            "long SYSCALL_DEFINE2_open(const char * name, int mode) { return 0; }",
        ),
    ];
    let wrong: Vec<_> = cases
        .iter()
        .map(|(name, text, expected)| (name, clean(text), expected))
        .filter(|(_, made, expected)| made != *expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn unbalanced_conditionals_are_told_and_lose_nothing() {
    for text in ["int a;\n#if 1\nint b;\n", "int a;\n#endif\nint b;\n", "int a;\n#else\nint b;\n"] {
        let done = preprocess(text);
        let kinds: Vec<ProblemKind> = done.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::UnbalancedConditional], "{text}");
        let made = done.mapped.text;
        assert!(made.contains("int a;") && made.contains("int b;"), "{made}");
    }
}

#[test]
fn positions_lead_back() {
    let text = "#define N 4\nint __attribute__((x)) a[N];\nchar *b;";
    let mapped = preprocess(text).mapped;
    for (word, original) in [("b;", "b;"), ("a[", "a["), ("4", "N")] {
        let lo = mapped.text.find(word).unwrap();
        let span = mapped.map.to_original(Span::new(lo, lo + word.len()));
        assert_eq!(span.text(text), original);
    }
}

#[test]
fn headers_give_their_macros_to_those_that_include_them() {
    let mut preprocessor = Preprocessor::new(&CppOptions { include_dirs: vec!["inc".into()], ..CppOptions::default() });
    let headers = [
        ("inc/size.h", "#define SIZE 8\n"),
        ("src/own.h", "#include <size.h>\n#define TWICE (SIZE * 2)\n"),
        ("src/other.h", "#define SIZE 9\n"),
    ];
    let scans = headers.iter().map(|(path, text)| ((*path).to_owned(), preprocessor.scan_header(path, text))).collect();
    preprocessor.set_headers(scans);
    let made = preprocessor.preprocess("src/a.c", "#include \"own.h\"\nint a[TWICE];").mapped.text;
    assert_eq!(made.split_whitespace().collect::<Vec<_>>().join(" "), "int a[(8 * 2)];");
}

#[test]
fn bombs_stay_small() {
    let mut text = "#define A0 x + x\n".to_owned();
    for level in 1..40 {
        text += &format!("#define A{level} A{0} + A{0}\n", level - 1);
    }
    text += &"int y = A39;\n".repeat(50);
    let made = preprocess(&text).mapped.text;
    assert!(made.len() < text.len() * 2 + 256 * 1024, "{}", made.len());
}

/// Brackets, jumps and words without an end: each look ahead is bounded, or the time grows with the square.
#[test]
fn long_hostile_texts_take_linear_time() {
    let start = std::time::Instant::now();
    for part in [
        "f(",
        "asm ",
        "case x ",
        "goto * ",
        "extern \"C\" {",
        "({ F(",
        "typeof((",
        "X(a) ",
        "struct s {} a ",
        "static ",
        "f(int, ",
        "#if 1\n",
        "int a(",
    ] {
        preprocess(&part.repeat(40_000));
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn a_variable_in_parentheses_before_a_logical_and_is_no_cast() {
    let text = "int f(struct s *x) { return !((x) && (x)->n == 1) || g(x) && x; }";
    assert_eq!(made(text), "int f(struct s *x) { return !( x && (x)->n == 1) || g(x) && x; }");
}

#[test]
fn statement_expressions_with_plain_arguments_stay_calls() {
    let access = "#define LOAD(x) ({ typeof(x) seen = (x); seen; })\nint f(int a) { return LOAD(a) + 1; }";
    assert_eq!(made(access), "int f(int a) { return LOAD(a) + 1; }");
    // Where a parameter is changed, the value would be lost.
    let counts = clean("#define NEXT(x) ({ (x) = (x) + 1; (x); })\nint f(int a) { return NEXT(a); }");
    assert!(counts.contains("(a) = (a) + 1"), "{counts}");
    let nested = clean(
        "#define ENTRY(p, m) ({ void *at = (p); at; })\n#define EACH(x, p) for (x = ENTRY(p, m); x; x = ENTRY(x, m))\nvoid f(int *q, int *x) { EACH(x, q) { g(x); } }",
    );
    assert!(nested.contains("for (x = ENTRY(q, m); x; x = ENTRY(x, m))"), "{nested}");
}

#[test]
fn assertions_at_compile_time_parse() {
    clean("int f(void) { return (int)sizeof(struct { int : (-!!(1 > 2)); }); }");
    let declared =
        clean("int f(int a) { do { extern __attribute__((noreturn)) void stop(void); if (!a) stop(); } while (0); return a; }");
    assert!(declared.contains("if (!a) stop();"), "{declared}");
    clean("#define START { 1, 2 } \\\n\\\n\nint f(void) { int a[] = START; return a[0]; }");
    clean("long f(struct s *p) { return offsetof(typeof(*p), next) + offsetof(typeof(*(p)), a.b); }");
}
