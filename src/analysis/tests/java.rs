//! Java programs.

use super::java;

const HEAD: &str = "package shop;
import java.sql.*;
import java.util.*;
import javax.servlet.http.*;
public class Orders extends HttpServlet {
    Connection db;
";

/// The body of a class after a head of six lines: line 7 is its first.
fn servlet(body: &str) -> String {
    format!("{HEAD}{body}\n}}\n")
}

fn sql(body: &str) -> Vec<String> {
    java(&[&servlet(body)], &["java/sql-injection"])
}

#[test]
fn a_parameter_reaches_a_statement_directly_and_through_locals() {
    let found = sql(r#"    public void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String name = request.getParameter("name");
        String query = "select * from t where n = '" + name + "'";
        Statement statement = db.createStatement();
        statement.executeQuery(query);
        statement.executeQuery("select 1");
        PreparedStatement bound = db.prepareStatement("select * from t where n = ?");
        bound.setString(1, name);
        bound.executeQuery();
        int number = Integer.parseInt(request.getParameter("id"));
        statement.executeQuery("select * from t where id = " + number);
    }"#);
    assert_eq!(found, ["java/sql-injection:11"]);
}

#[test]
fn infeasible_paths_are_not_reported() {
    let found = sql(r#"    public void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String param = request.getParameter("name");
        String bar;
        int num = 86;
        if ((7 * 42) - num > 200) bar = "fixed"; else bar = param;
        db.createStatement().executeQuery("select " + bar);
        String other;
        if ((7 * 42) - num < 200) other = "fixed"; else other = param;
        db.createStatement().executeQuery("select " + other);
        switch ("ABC".charAt(1)) {
            case 'A': bar = param; break;
            case 'B': bar = "bob"; break;
            default: bar = param;
        }
        db.createStatement().executeQuery("select " + bar);
    }"#);
    assert_eq!(found, ["java/sql-injection:15"]);
}

#[test]
fn containers_keep_their_elements_apart() {
    let found = sql(r#"    public void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String param = request.getParameter("name");
        List<String> list = new ArrayList<String>();
        list.add("safe");
        list.add(param);
        list.add("more");
        list.remove(0);
        db.createStatement().executeQuery("select " + list.get(1));
        db.createStatement().executeQuery("select " + list.get(0));
        Map<String, String> map = new HashMap<>();
        map.put("a", "x");
        map.put("b", param);
        db.createStatement().executeQuery("select " + map.get("a"));
        db.createStatement().executeQuery("select " + map.get("b"));
        StringBuilder text = new StringBuilder("select ");
        text.append(param);
        db.createStatement().executeQuery(text.toString());
    }"#);
    assert_eq!(found, ["java/sql-injection:15", "java/sql-injection:20", "java/sql-injection:23"]);
}

#[test]
fn data_flows_through_methods_fields_and_files() {
    let other = r#"package shop;
public class Helper {
    private String kept;
    public void keep(String value) { this.kept = value; }
    public String kept() { return kept; }
    public static String same(String value) { return value; }
    public static String fixed(String value) { return "fixed"; }
    public static String choose(boolean flag, String value) { if (flag) { return value; } return "none"; }
}
"#;
    let text = servlet(
        r#"    public void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String param = request.getParameter("name");
        Statement s = db.createStatement();
        s.executeQuery(Helper.same(param));
        s.executeQuery(Helper.fixed(param));
        Helper helper = new Helper();
        helper.keep(param);
        s.executeQuery(helper.kept());
        Helper clean = new Helper();
        clean.keep("x");
        s.executeQuery(clean.kept());
        s.executeQuery(Helper.choose(false, param));
        s.executeQuery(Helper.choose(true, param));
        run(s, param);
    }
    private void run(Statement s, String text) throws Exception {
        s.executeQuery("select " + text);
    }"#,
    );
    let found = java(&[&text, other], &["java/sql-injection"]);
    assert_eq!(found, ["java/sql-injection:10", "java/sql-injection:14", "java/sql-injection:19", "java/sql-injection:23"]);
}

#[test]
fn validation_clears_where_it_decides() {
    let found = sql(r#"    public void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String param = request.getParameter("name");
        Statement s = db.createStatement();
        if (param.matches("[a-z0-9]+")) {
            s.executeQuery("select " + param);
        }
        if ("asc".equals(param)) {
            s.executeQuery("select " + param);
        }
        List<String> allowed = Arrays.asList("a", "b");
        if (!allowed.contains(param)) {
            return;
        }
        s.executeQuery("select " + param);
    }
    public void doPost(HttpServletRequest request, HttpServletResponse response) throws Exception {
        String param = request.getParameter("name");
        if (param.matches(".+")) {
            db.createStatement().executeQuery("select " + param);
        }
    }"#);
    assert_eq!(found, ["java/sql-injection:25"]);
}
