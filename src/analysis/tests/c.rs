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
