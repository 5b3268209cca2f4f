//! A small scanned shop for the reports' tests: Java and C, a trace over two files, a suppressed finding, hostile names.

use index_vec::IndexVec;

use super::{Report, ReportError, Rulebook};
use crate::base::{Problem, ProblemKind, RuleId};
use crate::findings::testing::TestScan;
use crate::findings::{Baseline, ScanResult, StepKind};
use crate::rules::{Category, Item, Language, LocalText, Locale, Rule};
use crate::source::FileKind;

const CONTROLLER: &str = "\
package shop;
class OrderController {
  String find(HttpServletRequest request) {
    String 번호 = request.getParameter(\"id\");
    return dao.find(번호);
  }
}
";
const DAO: &str = "\
package shop;
class OrderDao {
  String find(String id) throws SQLException {
    ResultSet rows = st.executeQuery(\"SELECT * FROM 주문 WHERE id=\" + id);
    st.executeQuery(fixed); // haechi:allow java/sql-injection until 2027-01-31 -- 고정 질의 | <관리자>
    return rows.getString(1);
  }
}
";
const LEGACY: &str = "void read_line(char *line) {\n  gets(line); /* \u{1b}[31m\u{202e} */\n}\n";

pub(crate) struct Shop {
    pub(crate) result: ScanResult,
    pub(crate) rules: IndexVec<RuleId, Rule>,
    pub(crate) categories: Vec<Category>,
    pub(crate) items: Vec<Item>,
}

pub(crate) fn local(ko: &str, en: &str) -> LocalText {
    LocalText { ko: ko.to_owned(), en: en.to_owned() }
}

pub(crate) fn item(id: &str, category: u8, ko: &str, en: &str, question: &str) -> Item {
    Item {
        id: id.to_owned(),
        language: if id.starts_with('C') { Language::C } else { Language::Java },
        category,
        name: local(ko, en),
        cwe: Vec::new(),
        kisa49: None,
        question: question.to_owned(),
        detect: String::new(),
    }
}

pub(crate) fn catalog() -> (Vec<Category>, Vec<Item>) {
    let category = |number, id: &str, ko, en| Category { number, id: id.to_owned(), name: local(ko, en) };
    let categories = vec![
        category(1, "input-validation", "입력데이터 검증 및 표현", "Input data validation and representation"),
        category(7, "api-misuse", "API 오용", "API misuse"),
    ];
    let path = "외부 입력값에 대하여 디렉터리 경로 조작 문자열 검증절차가 있는가";
    let items = vec![
        item("J1-01", 1, "SQL 삽입", "SQL injection", "입력된 데이터에 대한 유효성 검증 절차가 있는가"),
        item("J1-02", 1, "자원 삽입", "Resource injection", "외부 입력값을 검증 절차가 있는가"),
        item("J1-11a", 1, "상대 디렉터리 경로 조작", "Relative path traversal", path),
        item("J1-11b", 1, "절대 디렉터리 경로 조작", "Absolute path traversal", path),
        item(
            "C7-02",
            7,
            "위험하다고 알려진 함수 사용",
            "Use of inherently dangerous function",
            "위험하다고 알려진 함수를 사용하지 않는가",
        ),
    ];
    (categories, items)
}

pub(crate) fn shop_scan() -> TestScan {
    let mut scan = TestScan::new(&[
        ("src/main/java/shop/OrderController.java", FileKind::Java, CONTROLLER),
        ("src/main/java/shop/OrderDao.java", FileKind::Java, DAO),
        ("src/native/레거시 <b>.c", FileKind::C, LEGACY),
        ("web/broken.jsp", FileKind::Jsp, ""),
    ]);
    let way = [
        (0, "request.getParameter(\"id\")", StepKind::Source, "getParameter"),
        (0, "dao.find(번호)", StepKind::Pass, "OrderDao.find"),
        (1, "st.executeQuery(\"SELECT", StepKind::Sink, "executeQuery"),
    ];
    scan.find("java/sql-injection", 1, "\"SELECT * FROM 주문 WHERE id=\" + id", &way);
    scan.find("java/sql-injection", 1, "fixed", &[]);
    scan.find("c/gets", 2, "gets(line); /* \u{1b}", &[]);
    scan.examine("java/sql-injection", 7, 0);
    scan.examine("java/path-traversal", 3, 0);
    scan.examine("c/gets", 4, 0);
    scan.raw.problems.push(Problem {
        file: Some(3usize.into()),
        span: None,
        kind: ProblemKind::Unreadable,
        detail: "permission denied".to_owned(),
    });
    scan
}

impl Shop {
    pub(crate) fn new() -> Shop {
        Shop::of(shop_scan(), None)
    }

    pub(crate) fn of(scan: TestScan, baseline: Option<&Baseline>) -> Shop {
        let (result, rules) = scan.finish_with("2026-11-23", baseline);
        let (categories, items) = catalog();
        Shop { result, rules, categories, items }
    }

    pub(crate) fn with<T>(&self, locale: Locale, use_it: impl FnOnce(&Report<'_>) -> T) -> T {
        let book = Rulebook::new(&self.rules, &self.categories, &self.items, []);
        use_it(&Report { result: &self.result, book: &book, locale })
    }
}

pub(crate) fn as_text(write: impl FnOnce(&mut Vec<u8>) -> Result<(), ReportError>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub(crate) fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}
