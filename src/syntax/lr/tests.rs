//! The driver's trees are tree-sitter's, node by node, or there are none.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::source::{FileKind, ReadLimits, WalkOptions, read, walk};
use crate::syntax::{DEFAULT_PARSE_TIME, Grammar, Nodes, parser};

/// Compares both trees of a text. Whether the driver had one.
fn same(grammar: Grammar, text: &str, name: &str) -> bool {
    let Some(ours) = super::parse(grammar, text, Instant::now() + DEFAULT_PARSE_TIME) else { return false };
    let tree = parser::tree(grammar, text, DEFAULT_PARSE_TIME).unwrap();
    assert!(!tree.root_node().has_error(), "{name}: an error was passed over");
    let theirs = Nodes::new(grammar, &tree);
    for (index, (a, b)) in ours.iter().zip(theirs.iter()).enumerate() {
        let all = |node: crate::syntax::Node<'_>| {
            let after = node.children().last().map(|child| child.id());
            (node.kind_id(), node.start_byte(), node.end_byte(), node.field_id(), node.is_named(), after)
        };
        let around = text.get(a.start_byte()..).map(|rest| rest.chars().take(60).collect::<String>());
        assert_eq!(all(a), all(b), "{name}: node {index} at {around:?}");
    }
    assert_eq!(ours.iter().count(), theirs.iter().count(), "{name}");
    true
}

/// All Java and C below a folder: how many were compared, and how many left to tree-sitter though they have no error.
fn compare(dir: &Path) -> (usize, usize) {
    let (mut compared, mut left) = (0, 0);
    for file in walk(&WalkOptions::new(vec![dir.to_owned()])).files {
        let grammar = match file.kind {
            FileKind::Java => Grammar::Java,
            FileKind::C | FileKind::CHeader => Grammar::C,
            _ => continue,
        };
        let Ok(text) = read(&file, &ReadLimits::default()) else { continue };
        if same(grammar, &text.text, &file.path) {
            compared += 1;
        } else if parser::tree(grammar, &text.text, DEFAULT_PARSE_TIME).is_some_and(|tree| !tree.root_node().has_error()) {
            eprintln!("left to tree-sitter: {}", file.path);
            left += 1;
        }
    }
    (compared, left)
}

#[test]
fn all_fixtures_have_the_same_tree() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let (compared, left) = compare(&dir);
    assert!(compared > 300 && left == 0, "{compared} compared, {left} left");
}

/// `HAECHI_TREES_DIR` names a folder of more.
#[test]
fn a_folder_has_the_same_trees() {
    let Some(dir) = std::env::var_os("HAECHI_TREES_DIR").map(PathBuf::from) else { return };
    let (compared, left) = compare(&dir);
    eprintln!("{compared} compared, {left} left");
}

#[test]
fn errors_and_time_leave_the_text_to_tree_sitter() {
    let soon = || Instant::now() + Duration::from_secs(5);
    assert!(super::parse(Grammar::Java, "class A { void f() { int = ; } }", soon()).is_none());
    assert!(super::parse(Grammar::C, "int f( { ] }", soon()).is_none());
    assert!(super::parse(Grammar::C, "int f(void) { return 0; } \u{1}", soon()).is_none());
    let long = format!("class A {{ {} }}", "void f() { g(1 + 2); } ".repeat(20_000));
    assert!(super::parse(Grammar::Java, &long, Instant::now()).is_none());
}

#[test]
fn ambiguous_and_empty_texts_have_the_same_tree() {
    let java = [
        "",
        "  \n",
        "\u{feff}class A { }",
        "// only\n/* comments */",
        "/* a */ package p; // b\nclass A { /* c */ } // d\n",
        "class A { void f() { a.b.c d = (e) -> (f) g; h < i > j; k(l < m, n > (o)); p = (q) + r; s[] t; u.v(w); x: for (;;) break x; } }",
        "class A<B extends C<? super D[]>, E> { List<List<String>> f = new G<>() {{ h(); }}; int g = i >>> j >> k > 1 ? 2 : 3; }",
        "record R(int a, @B String... c) { R { } } sealed interface S permits R { default void f() { } } enum E { A, B(1) { }; int c; }",
        "class A { String f = \"\"\"\n  한글 \\n \"x\"\n  \"\"\", g = \"\\u0041\\\"\"; char c = '\\''; var v = switch (x) { case Integer i when i > 0 -> 1; default -> { yield 2; } }; }",
        "class A { int\t\r\n  a=1,non=2-non;// b \\\n  /**/ /***/ /* * / */ String $c_1=\"  //  /* \"+'\"'; non-sealed class B { } }\r\n// \r\n",
        "module a.b { requires transitive c; exports d to e, f; opens g; uses h; provides i with j; }",
        "class A { Object f = B::new, g = int[]::new, h = this::<C>d, i = a instanceof B(C c, var d) ? 1 : 2; @I int @J [] k() { } }",
    ];
    for text in java {
        assert!(same(Grammar::Java, text, text), "{text}");
    }
    let c = [
        "",
        "\n#include <a.h>\n#define B(c, ...) #c ## d \\\n  e\n#if F && defined(G)\nint h;\n#elif I\n#else\n#endif\n",
        "int f(void) { a * b; c(d); (e)(f); (g) * h; sizeof(i); sizeof (j) k; return (l){ .m = 1, [2] = 3 }; }",
        "typedef struct s { int a : 3, *b[4]; union { long c; } d; } t, *u; enum { V = 1, W }; int (*f(int (*)(t), ...))(char);",
        "void f(a, b) int a; char *b; { if (a) ; else do x(); while (1); switch (a) { case 1: default: { goto l; } } l: ; __asm__(\"nop\"); }",
        "int a = b ? c : d, e = {1, 2}, *f = &g, h = 'i', j = L\"k\" \"l\"; extern int m[n](o), p; static inline __attribute__((x)) int q(void);",
        "int a;\t// b \\\n c\nchar *d = \"  //  /* \", e = L'f', *g = u8\"h\" ; #define  I(j)  \t k  // l\n#define M  (n)\n#define O\n  #  if  P\n#endif\r\n",
        "#define I(j)  \t k  // l\n#define M  (n)\n#define O\n#define  Q  \r\n  #  if  P  \n int  q ;\n#endif\r\n",
        "/* a */ int b; // c\n/* d */",
    ];
    for text in c {
        assert!(same(Grammar::C, text, text), "{text}");
    }
}

#[test]
fn both_lexers_are_known_in_most_of_their_states() {
    for (tables, keyword) in [(&*super::JAVA, "synchronized"), (&*super::C, "sizeof")] {
        let quick = &tables.as_ref().unwrap().quick;
        let [words, line, block] = quick.learnt();
        assert!(words > 5 && line > 5 && block > 5, "{words} {line} {block}");
        assert!(quick.keyword(keyword.as_bytes()).is_some() && quick.keyword(b"sizeofs").is_none());
    }
}

/// Texts with something left out, doubled or moved: mostly broken, and where not, read alike.
#[test]
fn mutants_have_the_same_tree_or_none() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random >> 33).unwrap() % below.max(1)
    };
    let (mut whole, mut broken) = (0, 0);
    for file in walk(&WalkOptions::new(vec![dir])).files {
        let grammar = match file.kind {
            FileKind::Java => Grammar::Java,
            FileKind::C => Grammar::C,
            _ => continue,
        };
        let Ok(text) = read(&file, &ReadLimits::default()) else { continue };
        let mut lines: Vec<&str> = text.text.split_inclusive(['\n', ' ', ';', '(']).collect();
        for _ in 0..3 {
            let (from, to) = (next(lines.len()), next(lines.len()));
            match next(3) {
                0 => drop(lines.remove(from)),
                1 => lines.insert(to, lines[from]),
                _ => lines.swap(from, to),
            }
            if same(grammar, &lines.concat(), &file.path) { whole += 1 } else { broken += 1 }
        }
    }
    assert!(whole > 50 && broken > 50, "{whole} whole, {broken} broken");
}
