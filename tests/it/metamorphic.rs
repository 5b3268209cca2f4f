//! What means the same is found the same: other names of locals, comments, a statement in two, a part in a function of its
//! own, a function in a file of its own. Programs are made in every combination, in Java and in C.

use std::fmt::Write as _;

use crate::command::{project, sarif};

/// How a program is written down.
#[derive(Debug, Clone, Copy)]
struct Style {
    renamed: bool,
    commented: bool,
    split: bool,
    extracted: bool,
    moved: bool,
}

impl Style {
    /// The combination of a number's bits.
    fn of(bits: u8) -> Style {
        let bit = |at: u8| bits & (1 << at) != 0;
        Style { renamed: bit(0), commented: bit(1), split: bit(2), extracted: bit(3), moved: bit(4) }
    }

    fn name(self, usual: &str) -> String {
        if self.renamed { format!("z{}_{}", usual.len(), usual.chars().rev().collect::<String>()) } else { usual.to_owned() }
    }

    fn note(self) -> &'static str {
        if self.commented { "/* if (x) { \"; */ // and\n    /* 한글 */" } else { "" }
    }
}

/// A line with a label: what is reported there is told by the label, whatever its file and line.
fn labelled(files: &[(&str, String)], path: &str, line: u64) -> String {
    let (_, text) = files.iter().find(|(name, _)| *name == path).unwrap();
    let line = text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap();
    line.split_once("/*@")
        .and_then(|(_, rest)| rest.split_once("*/"))
        .map_or_else(|| line.to_owned(), |(label, _)| label.to_owned())
}

fn found(files: &[(&str, String)], only: &[&str]) -> Vec<String> {
    let given: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let dir = project(&given);
    let args: Vec<&str> = only.iter().flat_map(|rule| ["--only", rule]).collect();
    let log = sarif(dir.path(), &args);
    let mut all = Vec::new();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let place = &result["locations"][0]["physicalLocation"];
        let path = place["artifactLocation"]["uri"].as_str().unwrap();
        let line = place["region"]["startLine"].as_u64().unwrap();
        all.push(format!("{} {}", result["ruleId"].as_str().unwrap(), labelled(files, path, line)));
    }
    all.sort();
    all
}

fn java(style: Style) -> Vec<(&'static str, String)> {
    let (id, sql, file, note) = (style.name("id"), style.name("sql"), style.name("file"), style.note());
    let declared = if style.split {
        format!("String {sql};\n    {note}\n    {sql} = build({id});")
    } else {
        format!("String {sql} = build({id}); {note}")
    };
    let (build, run) = if style.moved { ("Texts.build", "Texts.run") } else { ("build", "run") };
    let declared = declared.replace("build(", &format!("{build}("));
    let execute =
        if style.extracted { format!("{run}(statement, {sql});") } else { format!("statement.executeQuery({sql}); /*@sql*/") };
    let helpers = format!(
        "  static String build(String text) {{ {note}\n    return \"select * from item where id = '\" + text + \"'\";\n  }}\n  \
         static void run(java.sql.Statement statement, String text) throws Exception {{\n    \
         statement.executeQuery(text); {}\n  }}\n",
        if style.extracted { "/*@sql*/" } else { "" }
    );
    let mut main =
        String::from("package app;\nclass Items extends javax.servlet.http.HttpServlet {\n  java.sql.Statement statement;\n");
    write!(
        main,
        "  protected void doGet(javax.servlet.http.HttpServletRequest request, javax.servlet.http.HttpServletResponse response) \
         throws Exception {{\n    String {id} = request.getParameter(\"id\"); {note}\n    {declared}\n    {execute}\n    \
         String {file} = request.getParameter(\"file\");\n    {note}\n    new java.io.FileInputStream(\"/data/\" + {file}).close(); /*@path*/\n    \
         if ({id}.matches(\"[0-9]+\")) {{ {note}\n      statement.executeQuery(\"select \" + {id}); /*@checked*/\n    }}\n  }}\n"
    )
    .unwrap();
    if style.moved {
        main.push_str("}\n");
        vec![("Items.java", main), ("Texts.java", format!("package app;\nclass Texts {{\n{helpers}}}\n"))]
    } else {
        main.push_str(&helpers);
        main.push_str("}\n");
        vec![("Items.java", main)]
    }
}

fn c(style: Style) -> Vec<(&'static str, String)> {
    let (cmd, block, other, note) = (style.name("cmd"), style.name("block"), style.name("other"), style.note());
    let linkage = if style.moved { "" } else { "static " };
    let declared = if style.split {
        format!("char *{cmd};\n    {note}\n    {cmd} = getenv(\"CMD\");")
    } else {
        format!("char *{cmd} = getenv(\"CMD\"); {note}")
    };
    let run = if style.extracted { format!("run({cmd});") } else { format!("system({cmd}); /*@command*/") };
    let helpers = format!(
        "#include <stdlib.h>\n{linkage}void run(const char *text)\n{{ {note}\n    system(text); {}\n}}\n\
         {linkage}char *make(int size)\n{{\n    char *made = malloc(size); {note}\n    return made;\n}}\n",
        if style.extracted { "/*@command*/" } else { "" }
    );
    let program = format!(
        "int main(void)\n{{\n    {declared}\n    char *{block};\n    char *{other};\n    if ({cmd} == NULL)\n        return 1;\n    \
         {run}\n    {block} = make(10);\n    if ({block} == NULL)\n        return 1; {note}\n    free({block});\n    free({block}); /*@twice*/\n    \
         {other} = make(20); /*@leak*/\n    {other}[0] = 'a'; /*@unchecked*/\n    return 0;\n}}\n"
    );
    if style.moved {
        let head = "#include <stdlib.h>\nvoid run(const char *text);\nchar *make(int size);\n";
        vec![("main.c", format!("{head}{program}")), ("tools.c", helpers)]
    } else {
        vec![("main.c", format!("{helpers}{program}"))]
    }
}

#[test]
fn java_findings_do_not_depend_on_how_a_program_is_written_down() {
    for bits in 0..32 {
        let files = java(Style::of(bits));
        let found = found(&files, &["java/sql-injection", "java/path-traversal"]);
        assert_eq!(found, ["java/path-traversal path", "java/sql-injection sql"], "{:?}\n{files:?}", Style::of(bits));
    }
}

#[test]
fn c_findings_do_not_depend_on_how_a_program_is_written_down() {
    let only = ["c/command-injection", "c/double-free", "c/memory-leak", "c/null-dereference-of-result"];
    for bits in 0..32 {
        let files = c(Style::of(bits));
        let found = found(&files, &only);
        let expected = [
            "c/command-injection command",
            "c/double-free twice",
            "c/memory-leak leak",
            "c/null-dereference-of-result unchecked",
        ];
        assert_eq!(found, expected, "{:?}\n{files:?}", Style::of(bits));
    }
}
