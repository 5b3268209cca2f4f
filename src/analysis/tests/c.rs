//! C programs.

use super::c;

#[test]
fn environment_reaches_a_command_through_a_helper() {
    let text = r#"
#include <stdlib.h>
#include <string.h>
static void run(const char *cmd) {
    system(cmd);
}
int main(int argc, char **argv) {
    char *x = getenv("CMD");
    if (x != NULL) {
        run(x);
    }
    run("ls");
    return 0;
}
"#;
    assert_eq!(c(text, &["c/command-injection"]), ["c/command-injection:5"]);
}

#[test]
fn memory_is_released_once_and_not_used_after() {
    let text = r#"
#include <stdlib.h>
void leak(int n) {
    char *p = malloc(10);
    if (p == NULL) return;
    p[0] = 'a';
}
void twice(void) {
    char *p = malloc(10);
    free(p);
    free(p);
}
void after(void) {
    char *p = malloc(10);
    if (!p) return;
    free(p);
    p[0] = 'a';
}
void fine(void) {
    char *p = malloc(10);
    if (!p) return;
    p[0] = 'a';
    free(p);
}
"#;
    assert_eq!(
        c(text, &["c/memory-leak", "c/double-free", "c/use-after-free", "c/null-dereference*"]),
        ["c/double-free:11", "c/memory-leak:4", "c/use-after-free:17"]
    );
}

#[test]
fn lists_of_any_length_come_to_rest() {
    let text = r#"
struct item { struct item *next; int value; };
int walk(struct item *list) {
    int sum = 0;
    while (list) {
        sum += list->value;
        list = list->next;
    }
    return sum;
}
"#;
    assert_eq!(c(text, &["c/*"]), Vec::<String>::new());
}

/// Each call makes three members one of three: without telling them apart, what they may be would grow as powers of three.
#[test]
fn what_several_inputs_are_is_counted_once() {
    let text = format!(
        "#include <stdlib.h>\nstruct n; struct s {{ struct n *a, *b, *c; }}; int ask(void);\n\
         static void mix(struct s *s) {{ struct n *t = s->a; for (int i = 0; i < ask(); i++) {{ if (ask()) t = s->b; \
         else if (ask()) t = s->c; }} s->a = t; s->b = t; s->c = t; }}\n\
         void f(struct s *s) {{ {} free(s);\nfree(s); }}",
        "mix(s); ".repeat(24)
    );
    assert_eq!(c(&text, &["c/double-free"]), ["c/double-free:5"]);
}

#[test]
fn a_variable_whose_address_is_taken_is_what_others_made_it() {
    let text = r#"
#include <stdlib.h>
struct s { int n; struct s *next; };
extern int get(struct s **out);
static int fill(struct s **out) { *out = malloc(sizeof(struct s)); if (!*out) return -1; (*out)->n = 0; return 0; }
int unknown(void) { struct s *p = NULL; if (get(&p)) return 1; return p->n; }
int filled(struct s *keep) { struct s *p = NULL; if (fill(&p)) return 1; keep->next = p; return p->n; }
int checked(struct s *a) { if (a) a->n = 1; return a->n; }
static struct s *none(void) { return NULL; }
int always(void) { struct s *p = none(); return p->n; }
static struct s *find(struct s *l, int n) { while (l) { if (l->n == n) return l; l = l->next; } return NULL; }
int sometimes(struct s *l) { return find(l, 3)->n; }
"#;
    assert_eq!(c(text, &["c/null-dereference*"]), ["c/null-dereference:10", "c/null-dereference:8"]);
}

#[test]
fn an_error_exit_ends_the_way_even_inside_recursion() {
    let text = r#"
#include <stdlib.h>
struct s { int n; };
static void fail(int depth) { if (depth > 3) abort(); fail(depth + 1); abort(); }
int f(struct s *p) { if (p == NULL) fail(0); return p->n; }
"#;
    assert_eq!(c(text, &["c/null-dereference*"]), [""; 0]);
}

#[test]
fn a_failed_acquisition_needs_no_release() {
    let text = r#"
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>
int opened(const char *name) { int fd = open(name, O_RDONLY); if (fd < 0) return 1; close(fd); return 0; }
char *grown(char *old) { char *new = realloc(old, 20); if (new == NULL) { free(old); return NULL; } return new; }
void loop(int n) { for (int i = 0; i < n; i++) { char *p = malloc(4); if (p == NULL) return; free(p); } }
int kept(const char *name) { int fd = open(name, O_RDONLY); if (fd == -1) return 1; return 0; }
"#;
    assert_eq!(c(text, &["c/double-free", "c/use-after-free", "c/memory-leak", "c/resource-leak"]), ["c/resource-leak:8"]);
}

#[test]
fn what_getenv_is_asked_for_decides_what_it_gives() {
    let text = r#"
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    char *query = getenv("QUERY_STRING");
    if (query) FCGI_printf("<p>%s</p>", query);
    return 0;
}
"#;
    assert_eq!(c(text, &["c/cross-site-scripting"]), ["c/cross-site-scripting:6"]);
    assert_eq!(c(&text.replace("QUERY_STRING", "HOME"), &["c/cross-site-scripting"]), [""; 0]);
}
