//! JSP to the IR: translated to Java, parsed, lowered as Java, with positions in the page.

use std::time::Duration;

use super::{LowerInput, java};
use crate::base::{FileId, Span};
use crate::ir::{Language, Unit};
use crate::syntax::jsp::JspTranslation;
use crate::syntax::{self, error_regions};

/// A lowered page.
#[derive(Debug)]
pub struct LoweredJsp {
    /// The page's class.
    pub unit: Unit,
    /// What of the page could not be read, in order: broken Java, and actions and scriptlets that are not closed.
    pub broken: Vec<Span>,
}

/// Lowers a translated page. `None`: the parse ran out of time.
#[must_use]
pub fn lower(file: FileId, page: &JspTranslation, time: Duration) -> Option<LoweredJsp> {
    let made = &page.java;
    let tree = syntax::java::parse(&made.text, time)?;
    let mut unit = java::lower(&LowerInput { file, text: &made.text, map: Some(&made.map) }, &tree);
    unit.language = Language::Jsp;
    let mut broken: Vec<Span> = error_regions(&tree).into_iter().map(|region| made.map.to_original(region)).collect();
    broken.extend(&page.broken);
    broken.sort_unstable();
    broken.dedup();
    Some(LoweredJsp { unit, broken })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LoweredJsp, lower};
    use crate::base::FileId;
    use crate::ir::{Callee, Language};
    use crate::syntax::jsp::translate;

    fn page(text: &str) -> LoweredJsp {
        lower(FileId::from_raw(3), &translate(text, "web/a.jsp"), Duration::from_secs(10)).unwrap()
    }

    /// The named calls of the page's method and what of the page they stand for.
    fn calls(text: &str) -> Vec<(&'static str, &str)> {
        let lowered = page(text);
        let function = lowered.unit.functions.iter().find(|function| function.name.as_str() == "_jspService").unwrap();
        let body = function.body().unwrap();
        let calls = body.calls.iter().filter_map(|call| match call.callee {
            Callee::Method { name, .. } => Some((name.as_str(), call.name_span.text(text))),
            _ => None,
        });
        calls.filter(|(name, _)| name.starts_with("print") || name.starts_with("getParam")).collect()
    }

    #[test]
    fn a_page_is_a_unit_with_positions_in_the_page() {
        let text = "<p title='${a.b}'>한글</p>\n<% String q = request.getParameter(\"q\"); %><script>x('<%= q %>')</script>";
        assert_eq!(
            calls(text),
            [("printAttribute", "${a.b}"), ("getParameter", "getParameter"), ("printScriptSingle", "<%= q %>")]
        );
        let lowered = page(text);
        assert_eq!((lowered.unit.language, lowered.unit.file), (Language::Jsp, FileId::from_raw(3)));
        assert_eq!(lowered.unit.types.iter().map(|ty| ty.name.as_str()).collect::<Vec<_>>(), ["jsp.web.a_jsp"]);
        assert!(lowered.broken.is_empty());
    }

    #[test]
    fn a_broken_scriptlet_is_told_and_leaves_the_rest_alone() {
        let text = "${a}<% int = ; %>${b}<%= c %>";
        let lowered = page(text);
        assert!(lowered.broken.iter().any(|region| "<% int = ; %>".contains(region.text(text))), "{:?}", lowered.broken);
        let found = calls(text);
        assert!(found.contains(&("printHtml", "${b}")) && found.contains(&("printHtml", "<%= c %>")), "{found:?}");
    }
}
