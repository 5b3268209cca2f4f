//! Pages in, Java out.

use std::time::Duration;

use super::{IncludeKind, JspTranslation, OutputContext, translate};
use crate::syntax::{error_regions, java};

fn page(text: &str) -> JspTranslation {
    translate(text, "web/a-b/index.jsp")
}

/// The statements of the page's own code; the Java as a whole must parse.
fn body(text: &str) -> String {
    let made = page(text).java.text;
    let tree = java::parse(&made, Duration::from_secs(10)).unwrap();
    assert!(error_regions(&tree).is_empty(), "{made}");
    let start = made.find("Object page = this;\n").unwrap() + "Object page = this;\n".len();
    made[start..made.len() - "}\n}\n".len()].to_owned()
}

/// What of the page stands behind a piece of the made Java.
fn behind<'t>(text: &'t str, made: &str) -> &'t str {
    let translation = page(text);
    let at = translation.java.text.find(made).unwrap_or_else(|| panic!("{made} not in {}", translation.java.text));
    translation.java.map.to_original(crate::base::Span::new(at, at + made.len())).text(text)
}

#[test]
fn a_page_becomes_a_class_named_after_its_path() {
    let translation = page("<%@ page import=\"java.util.*, java.io.File\" %><%! int count; %><p>text</p>");
    assert_eq!(translation.class, "jsp.web.a_002db.index_jsp");
    insta::assert_snapshot!(translation.java.text);
}

#[test]
fn scriptlets_and_expressions_are_copied_and_map_to_their_place() {
    let text = "<p>\r\n<% String id = request.getParameter(\"한글\"); // 번호 %>\n<b title=\"<%= id %>\"><%= id + 1; %></b>";
    assert_eq!(
        body(text),
        " String id = request.getParameter(\"한글\"); // 번호 \n\
         __el.printAttribute( id\n);\n\
         __el.printHtml( id + 1\n);\n"
    );
    assert_eq!(behind(text, "request.getParameter(\"한글\")"), "request.getParameter(\"한글\")");
    assert_eq!(behind(text, "__el.printAttribute("), "<%= id %>");
    assert_eq!(behind(text, "id + 1"), "id + 1");
}

#[test]
fn control_flow_over_template_text_stays_together() {
    assert_eq!(
        body("<% if (a) { %>x<%= b %><% } else %>y<% for (;;) { %>${c}<% } %>"),
        " if (a) { \n__el.printHtml( b\n);\n } else \n__el.text();\n for (;;) { \n\
         __el.printHtml(pageContext.findAttribute(\"c\"));\n } \n"
    );
}

#[test]
fn expressions_of_the_expression_language_print_where_they_stand() {
    let text = "<a href=\"${u}?x=${y}\" onclick='f(\"${z}\")'>${t}</a><script>var a = '${s}' + ${n}; \\${no}</script>";
    assert_eq!(
        body(text),
        "__el.printUrl(pageContext.findAttribute(\"u\"));\n\
         __el.printUrlPart(pageContext.findAttribute(\"y\"));\n\
         __el.printEventString(pageContext.findAttribute(\"z\"));\n\
         __el.printHtml(pageContext.findAttribute(\"t\"));\n\
         __el.printScriptSingle(pageContext.findAttribute(\"s\"));\n\
         __el.printScript(pageContext.findAttribute(\"n\"));\n"
    );
    assert_eq!(behind(text, "pageContext.findAttribute(\"t\")"), "${t}");
    let contexts: Vec<_> = page(text).contexts.into_iter().map(|(span, context)| (span.text(text), context)).collect();
    assert_eq!(contexts[3], ("${t}", OutputContext::Html));
    assert_eq!(contexts.len(), 6);
}

#[test]
fn escaping_actions_say_that_they_escape() {
    assert_eq!(
        body(
            "<c:out value=\"${a.b}\"/><c:out value='${c}' escapeXml='false' default=\"-\"/><c:out value='x'/>${fn:escapeXml(d)}"
        ),
        "__el.printHtml(__el.escapeXml(__el.property(pageContext.findAttribute(\"a\"), \"b\")));\n\
         __el.printHtml(__el.orElse(pageContext.findAttribute(\"c\"), \"-\"));\n\
         __el.printHtml(__el.escapeXml(pageContext.findAttribute(\"d\")));\n"
    );
    assert_eq!(
        body("<form:input path=\"p\" cssClass=\"${k}\"/><form:input path=\"p\" htmlEscape=\"false\"/>"),
        "__el.printAttribute(__el.escapeXml(pageContext.findAttribute(\"k\")));\n__el.printAttribute(__el.bound(\"p\"));\n"
    );
}

#[test]
fn variables_and_loops_are_attributes_of_the_page() {
    assert_eq!(
        body("<c:forEach var=\"row\" items=\"${list}\" varStatus=\"s\"><td>${row.name}</td></c:forEach>"),
        "for (Object __item1 : __el.each(pageContext.findAttribute(\"list\"))) {\n\
         pageContext.setAttribute(\"row\", __item1);\n\
         pageContext.setAttribute(\"s\", __el.loopStatus());\n\
         __el.printHtml(__el.property(pageContext.findAttribute(\"row\"), \"name\"));\n}\n"
    );
    assert_eq!(
        body("<c:set var=\"a\" value=\"x${b}\" scope=\"session\"/><c:set var=\"c\">y<c:out value='${d}'/></c:set>"),
        "session.setAttribute(\"a\", (\"\" + \"x\" + pageContext.findAttribute(\"b\")));\n\
         String __body1 = \"\";\n__body1 = __body1 + \"y\";\n\
         __body1 = __body1 + (__el.escapeXml(pageContext.findAttribute(\"d\")));\n\
         pageContext.setAttribute(\"c\", __body1);\n"
    );
}

#[test]
fn conditions_are_ifs() {
    assert_eq!(
        body(
            "<c:if test=\"${a}\">${b}</c:if><c:choose>\n<c:when test=\"${c}\">1</c:when>\n<c:otherwise>${d}</c:otherwise></c:choose>"
        ),
        "if (__el.test(pageContext.findAttribute(\"a\"))) {\n__el.printHtml(pageContext.findAttribute(\"b\"));\n}\n\
         {\nif (__el.test(pageContext.findAttribute(\"c\"))) {\n}\nelse {\n__el.printHtml(pageContext.findAttribute(\"d\"));\n}\n}\n"
    );
    // No otherwise, something between, and never closed: still Java.
    body("<c:choose><c:when test='${a}'>x</c:when></c:choose>");
    body("<c:choose><c:when test='${a}'>x</c:when>${b}<c:when test='${c}'></c:when></c:choose>");
    let text = "<c:if test='${a}'><c:catch var='e'>${b}</c:if></c:if>";
    body(text);
    let open = page("<p><c:if test='${a}'>${b}");
    assert_eq!(open.broken.len(), 1);
    body("<p><c:if test='${a}'>${b}");
}

#[test]
fn addresses_and_messages_are_not_escaped_unless_they_say_so() {
    assert_eq!(
        body(
            "<a href=\"<c:url value='/a.do'/>\"><img src=\"<c:url value='${u}'/>\"><spring:message code=\"c\" arguments=\"${x}\"/>"
        ),
        "__el.printUrl(__el.contextUrl(pageContext.findAttribute(\"u\")));\n\
         __el.printHtml(__el.message(\"c\", pageContext.findAttribute(\"x\")));\n"
    );
}

#[test]
fn beans_are_locals() {
    assert_eq!(
        body(
            "<jsp:useBean id=\"m\" class=\"a.Member\" scope=\"page\"/><jsp:setProperty name=\"m\" property=\"*\"/><jsp:setProperty name='m' property='id' param='q'/>"
        ),
        "a.Member m = new a.Member(); pageContext.setAttribute(\"m\", m);\n__el.bindParameters(m, request);\n\
         __el.setProperty(m, \"id\", request.getParameter(\"q\"));\n"
    );
}

#[test]
fn includes_and_libraries_are_recorded() {
    let text = "<%@ include file=\"/top.jspf\" %><%@ taglib prefix=\"my\" uri=\"/WEB-INF/my.tld\" %>\
                <jsp:include page=\"menu.jsp\"/><jsp:include page=\"${p}\"/><jsp:forward page='/end.jsp'/><my:box of=\"${v}\"/>";
    let translation = page(text);
    let includes: Vec<_> = translation.includes.iter().map(|one| (one.path.as_str(), one.kind)).collect();
    assert_eq!(
        includes,
        [("/top.jspf", IncludeKind::Static), ("menu.jsp", IncludeKind::Dynamic), ("/end.jsp", IncludeKind::Forward)]
    );
    assert_eq!(translation.taglibs, [(String::from("my"), String::from("/WEB-INF/my.tld"))]);
    assert_eq!(
        body(text),
        "__el.includeStatic(\"/top.jspf\");\n__el.taglib(\"my\", \"/WEB-INF/my.tld\");\n__el.include(\"menu.jsp\");\n\
         __el.include(pageContext.findAttribute(\"p\"));\n__el.forward(\"/end.jsp\");\n\
         __el.tag(\"my:box\", pageContext.findAttribute(\"v\"));\n"
    );
}

#[test]
fn libraries_count_whatever_their_prefix() {
    let text = "<%@ taglib prefix=\"k\" uri=\"http://java.sun.com/jsp/jstl/core\" %><k:out value=\"${a}\"/>";
    assert_eq!(body(text), "__el.printHtml(__el.escapeXml(pageContext.findAttribute(\"a\")));\n");
}

#[test]
fn xml_syntax_is_read_too() {
    let text = "<jsp:root xmlns:jsp=\"http://java.sun.com/JSP/Page\" xmlns:k=\"http://java.sun.com/jsp/jstl/core\">\
                <jsp:directive.page import=\"java.util.List\"/>\
                <jsp:scriptlet><![CDATA[if (a < b) {]]> x(); }</jsp:scriptlet><jsp:scriptlet>c = d &lt; e &amp;&amp; f;</jsp:scriptlet>\
                <p><jsp:expression>g</jsp:expression><k:out value=\"${h}\"/></p></jsp:root>";
    assert_eq!(
        body(text),
        "if (a < b) { x(); }\nc = d < e && f;\n__el.printHtml(g);\n__el.printHtml(__el.escapeXml(pageContext.findAttribute(\"h\")));\n"
    );
    assert!(page(text).java.text.contains("import java.util.List;"));
    assert_eq!(behind(text, "x();"), "x();");
}

#[test]
fn comments_are_left_out() {
    assert_eq!(body("<%-- ${a} <% b(); %> --%><!-- ${c} -->"), "__el.printComment(pageContext.findAttribute(\"c\"));\n");
}

#[test]
fn json_pages_have_no_markup() {
    let text = "<%@ page contentType=\"application/json; charset=UTF-8\" %>{\"a\": \"${a}\"}";
    assert_eq!(body(text), "__el.printPlain(pageContext.findAttribute(\"a\"));\n");
}

#[test]
fn a_broken_scriptlet_leaves_the_rest_alone() {
    for broken in [
        "<% if ( %>",
        "<% /* open %>",
        "<% String s = \"open %>",
        "<% } %>",
        "<%= %>",
        "<%= /* x */ %>",
        "<c:out value=\"${x}\" <p>",
    ] {
        let text = format!("<p>{broken}</p>${{after}}<%= last %>");
        let translation = page(&text);
        let tree = java::parse(&translation.java.text, Duration::from_secs(10)).unwrap();
        assert_eq!(tree.root().end_byte(), translation.java.text.len());
        assert!(translation.java.text.contains("findAttribute(\"after\")"), "{broken}");
        assert!(translation.java.text.contains(" last"), "{broken}");
    }
}

#[test]
fn truncated_pages_and_odd_bytes_are_survived() {
    let text = "<%@ page import=\"a.B\" %><c:forEach items=\"${가.나}\" var='x'><a href=\"<c:url value=\"/${x['한']}\"/>\" <%= y %>>\
                <script>if (a < b && '${c}') {}</script><%! int z; %><jsp:scriptlet>q();</jsp:scriptlet></c:forEach>";
    for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
        let translation = page(&text[..cut]);
        assert!(translation.contexts.iter().all(|(span, _)| span.hi as usize <= cut));
        assert!(java::parse(&translation.java.text, Duration::from_secs(10)).is_some());
    }
}

#[test]
fn hostile_pages_take_linear_time() {
    for piece in [
        "${",
        "<%",
        "<c:out value=\"",
        "<c:if test='${a}'>",
        "<a:",
        "\"'",
        "<c:out a='${\"'/>",
        "<%@ page import='",
        "xmlns:a=\"",
    ] {
        let start = std::time::Instant::now();
        let text = piece.repeat(20_000);
        let translation = page(&text);
        assert!(!translation.java.text.is_empty());
        assert!(start.elapsed() < Duration::from_secs(10), "{piece}");
    }
}
