//! Texts in, documents out.

use super::{Document, DocumentContent, Element, Entry, Node, parse};
use crate::base::{FileId, ProblemKind};
use crate::source::FileKind;

fn read(kind: FileKind, text: &str) -> (Document, Vec<ProblemKind>) {
    let (document, problems) = parse(FileId::from_raw(0), kind, text);
    (document, problems.into_iter().map(|problem| problem.kind).collect())
}

fn root(text: &str) -> (Element, Vec<ProblemKind>) {
    match read(FileKind::Xml, text) {
        (Document { content: DocumentContent::Xml(root), .. }, problems) => (root, problems),
        (document, problems) => panic!("{document:?} {problems:?}"),
    }
}

/// The tree in one line, with what of the text each span marks.
fn shown(element: &Element, text: &str) -> String {
    let mut out = format!("[{}", element.span.text(text));
    for attribute in &element.attributes {
        assert!(element.span.contains(attribute.span));
        out.push_str(&format!(" {}={}<{}>", attribute.name, attribute.value, attribute.span.text(text)));
    }
    for child in &element.children {
        match child {
            Node::Element(element) => out.push_str(&shown(element, text)),
            Node::Text(value, span) => out.push_str(&format!("'{value}'<{}>", span.text(text))),
        }
    }
    out + "]"
}

fn entries(kind: FileKind, text: &str) -> (Vec<Entry>, Vec<ProblemKind>) {
    match read(kind, text) {
        (Document { content: DocumentContent::Entries(entries), .. }, problems) => (entries, problems),
        (document, problems) => panic!("{document:?} {problems:?}"),
    }
}

fn pairs(kind: FileKind, text: &str) -> Vec<(String, String)> {
    let (entries, problems) = entries(kind, text);
    assert_eq!(problems, []);
    entries.into_iter().map(|entry| (entry.key, entry.value)).collect()
}

#[track_caller]
fn assert_pairs(kind: FileKind, text: &str, expected: &[(&str, &str)]) {
    let pairs = pairs(kind, text);
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(pairs, expected);
}

#[test]
fn a_mapper_with_a_document_type_is_read_with_positions() {
    let text = "<?xml version=\"1.0\"?>\n<!DOCTYPE mapper PUBLIC \"-//x//DTD\" \"http://x/y.dtd\">\n<mapper namespace='N' xmlns:m='urn:m'>\n\
                <select id=\"a>b\" m:t=\"&lt;1\">select <![CDATA[a < b]]> 한글 <if test='x'>and c</if> <x/></select>\n<!-- no --></mapper>";
    let (root, problems) = root(text);
    assert_eq!(problems, []);
    insta::assert_snapshot!(shown(&root, text));
}

#[test]
fn prefixes_without_declaration_and_unknown_entities_are_no_problem() {
    let text = "<beans><context:scan base=\"a\"/><p>a&nbsp;b</p></beans>";
    let (root, problems) = root(text);
    assert_eq!(problems, []);
    assert_eq!(shown(&root, text), "[<beans>[<context:scan base=\"a\"/> base=a<a>][<p>'a&nbsp;b'<a&nbsp;b>]]");
    assert_eq!(root.elements().map(|element| element.name.as_str()).next(), Some("scan"));
}

#[test]
fn entities_of_the_document_are_expanded_within_bounds() {
    let (element, problems) = root("<!DOCTYPE a [<!ENTITY e \"v\">]><a b=\"&e;\">&e;</a>");
    assert_eq!((problems.as_slice(), element.attribute("b").unwrap().value.as_str()), (&[][..], "v"));
    let mut bomb = String::from("<!DOCTYPE a [<!ENTITY e0 \"xxxxxxxxxx\">");
    for level in 1..30 {
        bomb.push_str(&format!("<!ENTITY e{level} \"{}\">", format!("&e{};", level - 1).repeat(10)));
    }
    bomb.push_str("]><a>&e29;</a>");
    let (element, problems) = root(&bomb);
    assert_eq!((element.name.as_str(), problems), ("a", vec![ProblemKind::BadDocument]));
}

#[test]
fn malformed_mappers_lose_nothing() {
    let text = "<mapper><select id=\"a\">where a < 1 and b <= 2 && c</select><if test=\"x < 1\">d</if>\
                <update id=\"u\">x</wrong></update><delete id='d'>y";
    let (root, problems) = root(text);
    assert_eq!(problems, [ProblemKind::BadDocument]);
    assert_eq!(
        shown(&root, text),
        "[<mapper>[<select id=\"a\"> id=a<a>'where a < 1 and b <= 2 && c'<where a < 1 and b <= 2 && c>]\
         [<if test=\"x < 1\"> test=x < 1<x < 1>'d'<d>][<update id=\"u\"> id=u<u>'x'<x>][<delete id='d'> id=d<d>'y'<y>]]"
    );
}

#[test]
fn truncated_documents_give_what_there_is() {
    let text = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x 'y'>]><a b=\"c\"><!-- d --><e><![CDATA[f]]></e>한글&amp;</a>";
    for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
        let (document, problems) = read(FileKind::Xml, &text[..cut]);
        assert_eq!(problems, [ProblemKind::BadDocument], "{cut}");
        assert_eq!(matches!(document.content, DocumentContent::Xml(_)), cut >= text.find("<!-- d").unwrap(), "{cut}");
    }
}

#[test]
fn deep_nesting_is_flattened_and_told() {
    let deep = format!("{}x{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    let (element, problems) = root(&deep);
    assert_eq!(problems, [ProblemKind::TooDeep]);
    let mut depth = 1;
    let mut at = &element;
    while let Some(next) = at.elements().next() {
        (depth, at) = (depth + 1, next);
    }
    assert_eq!(depth, super::xml::MAX_DEPTH + 1);
    let (_, problems) = root(&"<a>".repeat(20_000));
    assert_eq!(problems, [ProblemKind::BadDocument, ProblemKind::TooDeep]);
}

#[test]
fn hostile_xml_takes_linear_time() {
    for piece in ["<", "<a ", "<a b='", "<a b=\"c\" ", "</a>", "<a></b>", "<![CDATA[", "<!--", "<!a [", "&#x", "<?"] {
        let start = std::time::Instant::now();
        let text = format!("<r>{}", piece.repeat(30_000));
        assert!(!read(FileKind::Xml, &text).1.is_empty());
        assert!(start.elapsed() < std::time::Duration::from_secs(10), "{piece}");
    }
}

#[test]
fn properties_as_java_reads_them() {
    assert_pairs(
        FileKind::Properties,
        "# comment \\\n! other\na=1\r\n b : 2\rc 3\n\nd\\ e\\=f = x\\ty\\\\\ng = one, \\\n    two, \\\r\n\tthree\nh\n\\u0069=\\uD55C\\uAE00 \\uD83D\\uDE00\nj==k\nl=m = n \n=o",
        &[
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
            ("d e=f", "x\ty\\"),
            ("g", "one, two, three"),
            ("h", ""),
            ("i", "한글 😀"),
            ("j", "=k"),
            ("l", "m = n "),
            ("", "o"),
        ],
    );
}

#[test]
fn properties_have_positions_and_tell_bad_escapes() {
    let text = "# x\n  db.password = s3cret\\\n  more\nbad=\\u12\n";
    let (entries, problems) = entries(FileKind::Properties, text);
    assert_eq!(problems, [ProblemKind::BadDocument]);
    assert_eq!(entries[0].span.text(text), "db.password = s3cret\\\n  more");
    assert_eq!(entries[0].value_span.text(text), "s3cret\\\n  more");
    assert_eq!((entries[1].key.as_str(), entries[1].value.as_str()), ("bad", "u12"));
}

#[test]
fn yaml_is_flattened_to_dotted_keys() {
    assert_pairs(
        FileKind::Yaml,
        "spring:\n  datasource:\n    url: jdbc:h2:mem # c\n    password: 'p#w'\n  profiles: [a, \"b\"]\nlist:\n  - name: x\n    n: 1\n  - y\n\
         empty:\ntext: |\n  one\n  two\n---\na.b: {c: d}\n",
        &[
            ("spring.datasource.url", "jdbc:h2:mem"),
            ("spring.datasource.password", "p#w"),
            ("spring.profiles[0]", "a"),
            ("spring.profiles[1]", "b"),
            ("list[0].name", "x"),
            ("list[0].n", "1"),
            ("list[1]", "y"),
            ("empty", ""),
            ("text", "one\ntwo\n"),
            ("a.b.c", "d"),
        ],
    );
}

#[test]
fn yaml_aliases_are_resolved() {
    assert_pairs(
        FileKind::Yaml,
        "base: &b\n  user: u\n  on: &o yes\nlive:\n  <<: *b\n  also: *o\n",
        &[("base.user", "u"), ("base.on", "yes"), ("live.user", "u"), ("live.on", "yes"), ("live.also", "yes")],
    );
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let (entries, problems) = entries(FileKind::Yaml, &bomb);
    assert_eq!(problems, [ProblemKind::TooDeep]);
    assert!(entries.len() <= 200_000);
}

#[test]
fn yaml_has_positions_in_korean_text() {
    let text = "# 설명\r\n비밀번호: \"한글 값\"\r\nkey: value\r\n";
    let (entries, problems) = entries(FileKind::Yaml, text);
    assert_eq!(problems, []);
    assert_eq!((entries[0].span.text(text), entries[0].value_span.text(text)), ("비밀번호: \"한글 값\"", "한글 값"));
    assert_eq!((entries[1].span.text(text), entries[1].value_span.text(text)), ("key: value", "value"));
}

#[test]
fn placeholders_of_build_tools_are_no_problem() {
    assert_pairs(
        FileKind::Yaml,
        "app:\n  version: @project.version@\n  name: x\n{{- if .Values.on }}\n  host: {{ .Values.host }}\n{{- end }}\n  port: 1\n",
        &[("app.version", "@project.version@"), ("app.name", "x"), ("app.host", "{{ .Values.host }}"), ("app.port", "1")],
    );
}

#[test]
fn malformed_yaml_gives_what_comes_before_and_a_problem() {
    let (entries, problems) = entries(FileKind::Yaml, "a: 1\nb: [x\nc: }\n");
    assert_eq!(problems, [ProblemKind::BadDocument]);
    assert_eq!((entries[0].key.as_str(), entries[0].value.as_str()), ("a", "1"));
    let deep = format!("a: {}x{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(!read(FileKind::Yaml, &deep).1.is_empty());
}
