//! `cargo bench --bench parts`: what single parts of a scan cost: parsing, laying a tree out, lowering, one summary, a
//! whole small program.
#![expect(clippy::unwrap_used, reason = "a benchmark may stop")]

use std::fmt::Write as _;
use std::path::Path;

use divan::{Bencher, black_box, counter::BytesCount};
use haechi::analysis;
use haechi::base::FileId;
use haechi::lower::{self, LowerInput};
use haechi::pipeline::{ScanOptions, Silent, Wanted, scan};
use haechi::program::Program;
use haechi::rules::RuleSet;
use haechi::source::WalkOptions;
use haechi::syntax::c::{CppOptions, Preprocessor};
use haechi::syntax::{DEFAULT_PARSE_TIME, Grammar, MappedText, Nodes, parser};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// A class of many methods with the usual mix of statements.
fn java(methods: usize) -> String {
    let mut text = String::from("package a.b;\nimport java.util.*;\npublic class Orders extends Base implements Runnable {\n");
    for n in 0..methods {
        let _ = write!(
            text,
            "    /** Sums up what is open. */\n    public int sum{n}(List<Order> orders, String name) throws IOException {{\n        \
             int sum = {n};\n        for (Order order : orders) {{\n            if (order.name.equals(name) && order.isOpen()) {{\n                \
             sum += order.price() * 2 - discount[{n} % 7];\n            }} else {{\n                log(\"skipped \" + order.name);\n            }}\n        }}\n        \
             try (Writer out = open(name)) {{\n            out.write(String.valueOf(sum));\n        }} catch (IllegalStateException e) {{\n            \
             return -1;\n        }} finally {{\n            done++;\n        }}\n        return sum > 0 ? sum : other(orders, x -> x + 1);\n    }}\n"
        );
    }
    text.push_str("}\n");
    text
}

/// The same for C.
fn c(functions: usize) -> String {
    let mut text = String::from(
        "#include <stdlib.h>\n#define MIN(a, b) ((a) < (b) ? (a) : (b))\nstruct item { int size; char name[16]; struct item *next; };\n",
    );
    for n in 0..functions {
        let _ = write!(
            text,
            "static int total{n}(const struct item *first, size_t limit)\n{{\n\tint sum = 0;\n\tfor (const struct item *it = first; it != NULL; it = it->next) {{\n\t\t\
             if (it->size < 0)\n\t\t\tgoto out;\n\t\tsum += MIN(it->size, (int)limit) << {};\n\t}}\n\tswitch (sum & 3) {{\n\tcase 0: sum++; break;\n\tdefault: sum = -sum;\n\t}}\nout:\n\treturn sum;\n}}\n",
            n % 5
        );
    }
    text
}

fn preprocessed(text: &str) -> MappedText {
    Preprocessor::new(&CppOptions::default()).preprocess("a.c", text).mapped
}

#[divan::bench]
fn parse_java(bencher: Bencher<'_, '_>) {
    let text = java(200);
    bencher.counter(BytesCount::of_str(&text)).bench(|| parser::parse(Grammar::Java, black_box(&text), DEFAULT_PARSE_TIME));
}

/// What `parse_java` is measured against.
#[divan::bench]
fn parse_java_by_tree_sitter(bencher: Bencher<'_, '_>) {
    let text = java(200);
    bencher.counter(BytesCount::of_str(&text)).bench(|| parser::tree(Grammar::Java, black_box(&text), DEFAULT_PARSE_TIME));
}

#[divan::bench]
fn lay_out_java(bencher: Bencher<'_, '_>) {
    let text = java(200);
    let tree = parser::tree(Grammar::Java, &text, DEFAULT_PARSE_TIME).unwrap();
    bencher.counter(BytesCount::of_str(&text)).bench(|| Nodes::new(Grammar::Java, black_box(&tree)));
}

#[divan::bench]
fn lower_java(bencher: Bencher<'_, '_>) {
    let text = java(200);
    let nodes = parser::parse(Grammar::Java, &text, DEFAULT_PARSE_TIME).unwrap();
    let input = LowerInput { file: FileId::default(), text: &text, map: None };
    bencher.counter(BytesCount::of_str(&text)).bench(|| lower::java::lower(black_box(&input), &nodes));
}

#[divan::bench]
fn preprocess_c(bencher: Bencher<'_, '_>) {
    let text = c(200);
    bencher.counter(BytesCount::of_str(&text)).bench(|| preprocessed(black_box(&text)));
}

#[divan::bench]
fn lower_c(bencher: Bencher<'_, '_>) {
    let made = preprocessed(&c(200));
    let nodes = parser::parse(Grammar::C, &made.text, DEFAULT_PARSE_TIME).unwrap();
    let input = LowerInput { file: FileId::default(), text: &made.text, map: Some(&made.map) };
    bencher.counter(BytesCount::of_str(&made.text)).bench(|| lower::c::lower(black_box(&input), &nodes));
}

/// The analysis of a program that is one function.
#[divan::bench]
fn one_summary(bencher: Bencher<'_, '_>) {
    let text = java(1);
    let rules = RuleSet::builtin().unwrap();
    let tree = parser::parse(Grammar::Java, &text, DEFAULT_PARSE_TIME).unwrap();
    let unit = lower::java::lower(&LowerInput { file: FileId::default(), text: &text, map: None }, &tree);
    let program = Program::build(vec![unit], Vec::new(), &rules);
    bencher.bench(|| analysis::run(black_box(&program), &rules, &analysis::Options::default()));
}

#[divan::bench]
fn load_rules() -> RuleSet {
    RuleSet::builtin().unwrap()
}

/// The demo of the README, from the walk to the sorted findings.
#[divan::bench(sample_count = 20)]
fn small_program(bencher: Bencher<'_, '_>) {
    let rules = RuleSet::builtin().unwrap();
    let selected = rules.rules.indices().collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/shop");
    let options = ScanOptions { walk: WalkOptions::new(vec![folder]), ..ScanOptions::default() };
    let wanted = Wanted { rules: &rules, selected: &selected, baseline: None, today: None };
    bencher.bench(|| scan(black_box(&options), wanted, &Silent).unwrap());
}
