//! `haechi dump STAGE FILE`: what a stage made of a file, as text stable enough to be compared.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::args::{DumpArgs, StageArg};
use super::error::{Failure, Outcome};
use super::{CLEAN, output};
use crate::ir::print::{block_lines, unit_text};
use crate::ir::{Callee, Function, Terminator, Unit};
use crate::pipeline::{Lowered, ScanOptions, Silent, Wanted, lower, parsed_text};
use crate::program::Program;
use crate::rules::RuleSet;
use crate::source::WalkOptions;

/// Runs it.
pub(super) fn run(args: &DumpArgs) -> Outcome<u8> {
    if args.stage != StageArg::Program && !args.file.is_file() {
        return Err(Failure::new(
            format!("{} is no file", args.file.display()),
            "name one file; `dump program` takes a folder too",
        ));
    }
    let rules = RuleSet::builtin().map_err(Failure::plain)?;
    let options = ScanOptions {
        walk: WalkOptions::new(vec![args.file.clone()]),
        defines: args.define.clone(),
        include_dirs: args.include_dir.clone(),
        ..ScanOptions::default()
    };
    let wanted = Wanted { rules: &rules, selected: &BTreeSet::new(), baseline: None, today: None };
    let lowered = lower(&options, wanted, &Silent).map_err(Failure::plain)?;
    let text = match args.stage {
        StageArg::Syntax => syntax(&options, &lowered)?,
        StageArg::Ir => lowered.units.iter().map(unit_text).collect(),
        StageArg::Cfg => lowered.units.iter().map(graphs).collect(),
        StageArg::Program => program(&Program::build(lowered.units, lowered.documents, &rules)),
    };
    if text.is_empty() {
        return Err(Failure::new(
            format!("{} gives nothing to show", args.file.display()),
            "Java, C, JSP, XML, properties and YAML files are read; `haechi scan` says what is wrong with one",
        ));
    }
    output::print(&text)?;
    Ok(CLEAN)
}

/// The tree of what is parsed (C after preprocessing, JSP as Java), or the typed document.
fn syntax(options: &ScanOptions, lowered: &Lowered) -> Outcome<String> {
    let mut text = String::new();
    for document in &lowered.documents {
        let _ = writeln!(text, "{:#?}", document.content);
    }
    for unit in &lowered.units {
        let parsed = parsed_text(options, lowered, unit.file).map_err(Failure::plain)?;
        let Some((made, tree)) = parsed else { continue };
        let mut cursor = tree.walk();
        let mut depth = 0usize;
        'tree: loop {
            let node = cursor.node();
            if node.is_named() || node.is_missing() {
                let field = cursor.field_name().map_or_else(String::new, |name| format!("{name}: "));
                let leaf = if node.named_child_count() == 0 { made.get(node.byte_range()).unwrap_or_default() } else { "" };
                let (start, missing) = (node.start_position(), if node.is_missing() { "MISSING " } else { "" });
                let _ = write!(text, "{:depth$}{field}{missing}{} {}:{}", "", node.kind(), start.row + 1, start.column + 1);
                let _ = if leaf.is_empty() { writeln!(text) } else { writeln!(text, " {leaf:?}") };
            }
            if cursor.goto_first_child() {
                depth += 2;
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    break 'tree;
                }
                depth -= 2;
            }
        }
    }
    Ok(text)
}

/// The index: classes with their supertypes, functions with what they call and what callers control, in order.
fn program(program: &Program) -> String {
    let mut text = String::new();
    for class in &program.classes {
        let supers: Vec<&str> = class.supers.iter().map(|name| name.as_str()).collect();
        let _ = writeln!(text, "class {} {:?} : {}", class.name, class.kind, supers.join(", "));
    }
    for id in program.functions.indices() {
        let (_, function) = program.function(id);
        let name = program.qualified_name(id);
        let recursive = if program.components.recursive.get(id).copied().unwrap_or_default() { " recursive" } else { "" };
        let _ = writeln!(text, "fn {name}/{}{recursive}", function.params.len());
        for entry in program.entries.get(&id).into_iter().flatten() {
            let kinds: Vec<String> = entry.kinds.iter_names().map(|(name, _)| name.to_lowercase()).collect();
            let _ = writeln!(text, "  entry: parameter {} is {}", entry.param, kinds.join(", "));
        }
        let Some((types, body)) = program.types.get(id).zip(program.body(id)) else { continue };
        for (call, target) in body.calls.iter().zip(&types.calls) {
            let called = match &call.callee {
                Callee::Method { name, .. } | Callee::Function(name) => name.to_string(),
                Callee::Constructor(ty) => format!("new {ty}"),
                Callee::Value(_) => "(pointer)".to_owned(),
            };
            let found: Vec<String> = target.callees.iter().map(|callee| program.qualified_name(*callee)).collect();
            let _ =
                writeln!(text, "  call {called} -> {}", if found.is_empty() { "library".to_owned() } else { found.join(", ") });
        }
    }
    text
}

/// A graph a function, in Graphviz's language.
fn graphs(unit: &Unit) -> String {
    unit.functions.iter_enumerated().map(|(index, function)| graph(index.index(), function)).collect()
}

fn graph(index: usize, function: &Function) -> String {
    let Some(body) = function.body() else { return String::new() };
    let mut text = format!("digraph {:?} {{\n  node [shape=box, fontname=monospace];\n", format!("{index} {}", function.name));
    for (id, block) in body.blocks.iter_enumerated() {
        let lines: Vec<String> = block_lines(&body, id).iter().map(|line| escape(line)).collect();
        let _ = writeln!(text, "  bb{0} [label=\"bb{0}\\l{1}\\l\"];", id.index(), lines.join("\\l"));
        let labels: &[&str] = if matches!(block.term, Terminator::If { .. }) { &["true", "false"] } else { &[] };
        for (n, to) in block.term.successors().into_iter().enumerate() {
            let label = labels.get(n).map_or_else(String::new, |label| format!(" [label={label}]"));
            let _ = writeln!(text, "  bb{} -> bb{}{label};", id.index(), to.index());
        }
        if let Some(unwind) = block.unwind {
            let _ = writeln!(text, "  bb{} -> bb{} [style=dashed];", id.index(), unwind.index());
        }
    }
    text + "}\n"
}

fn escape(line: &str) -> String {
    line.replace('\\', "\\\\").replace('"', "\\\"")
}
