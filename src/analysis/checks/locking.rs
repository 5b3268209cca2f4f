//! Checks of Java code that many threads run: double-checked locking, request data in fields of shared objects.
//! Must not know which threads there are.

use super::{Checker, Subject, classes, names};
use crate::base::Span;
use crate::ir::{BinOp, Const, FuncKind, Language, LocalKind, Modifiers, Operand, Place, Rvalue, Stmt, StmtKind, Terminator};
use crate::rules::CheckKind;

/// Methods that run before any request or are called once.
const SETUP: &[&str] = &["init", "afterPropertiesSet", "contextInitialized", "destroy", "setServletContext", "jspInit"];
const SETUP_ANNOTATIONS: &[&str] = &["PostConstruct", "Autowired", "Resource", "Inject", "Value", "InitBinder", "PreDestroy"];

impl<'a> Checker<'a> {
    pub(super) fn check_locking(&mut self, subject: &Subject<'a>) {
        self.double_checked(subject);
        self.request_data_in_fields(subject);
    }

    fn double_checked(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        let body = facts.body;
        for block in &body.blocks {
            let Terminator::If { cond, then, els } = &block.term else { continue };
            let Some((first, span, equal)) = null_test(subject, cond) else { continue };
            let Some(field) = facts.own_field(first) else { continue };
            let entered = if equal { *then } else { *els };
            let locks = body.stmts_of(entered).iter().any(|stmt| matches!(stmt.kind, StmtKind::MonitorEnter(_)));
            if !locks {
                continue;
            }
            self.examine(CheckKind::DoubleCheckedLocking);
            let is_volatile = self
                .unit
                .types
                .iter()
                .flat_map(|decl| &decl.fields)
                .any(|it| it.name == field && it.modifiers.contains(Modifiers::VOLATILE));
            let inside = facts.reachable(&[entered], false);
            let again = inside.iter().any(|at| match body.blocks.get(*at).map(|block| &block.term) {
                Some(Terminator::If { cond, .. }) => {
                    null_test(subject, cond).is_some_and(|(second, ..)| facts.same_place(first, second))
                }
                _ => false,
            });
            let stores = inside.iter().flat_map(|at| body.stmts_of(*at)).any(|stmt| match &stmt.kind {
                StmtKind::Store(place, _) => body.places.get(*place).is_some_and(|place| facts.same_place(first, place)),
                _ => false,
            });
            if again && stores && !is_volatile {
                self.report_named(CheckKind::DoubleCheckedLocking, span, Some(subject.id), field.as_str());
            }
        }
    }

    /// Stores of what a parameter brought into fields of servlets and controllers.
    fn request_data_in_fields(&mut self, subject: &Subject<'a>) {
        let Some(owner) = subject.owner else { return };
        let function = subject.function;
        let shared = self.unit.language == Language::Jsp
            || self.is_any(owner.name, classes::WEB_TYPES)
            || names::annotated(&owner.annotations, classes::WEB_ANNOTATIONS);
        let name = function.name.as_str();
        let sets = name.starts_with("set") && function.params.len() == 1;
        let single = self.is_any(owner.name, &["javax.servlet.SingleThreadModel"])
            || names::annotated(&owner.annotations, &["Scope", "RequestScope", "SessionScope"]);
        if !shared
            || single
            || function.kind != FuncKind::Method
            || SETUP.contains(&name)
            || sets
            || names::annotated(&function.annotations, SETUP_ANNOTATIONS)
            || function.modifiers.contains(Modifiers::SYNCHRONIZED)
        {
            return;
        }
        let facts = &subject.facts;
        if facts.body.stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::MonitorEnter(_))) {
            return;
        }
        let implicit = |name: &str| self.unit.language == Language::Jsp && matches!(name, "request" | "session");
        let given = |local: crate::ir::LocalId| {
            facts
                .body
                .locals
                .get(local)
                .is_some_and(|local| local.kind == LocalKind::Param || local.name.is_some_and(|name| implicit(name.as_str())))
        };
        for stmt in &facts.body.stmts {
            let StmtKind::Store(place, value) = &stmt.kind else { continue };
            let Some(field) = facts.body.places.get(*place).and_then(|place| facts.own_field(place)) else { continue };
            if !owner.fields.iter().any(|own| own.name == field) {
                continue;
            }
            self.examine(CheckKind::SingletonField);
            if facts.depends(value, given) {
                self.report_named(CheckKind::SingletonField, stmt.span, Some(subject.id), field.as_str());
            }
        }
    }
}

/// A comparison of a field with null: the field, where it is written, whether it asks for equality.
fn null_test<'a>(subject: &Subject<'a>, cond: &Operand) -> Option<(&'a Place, Span, bool)> {
    let Stmt { kind: StmtKind::Assign(_, Rvalue::Binary(op, a, b)), span } = subject.facts.source(cond)? else { return None };
    let other = match (a, b) {
        (Operand::Const(Const::Null), other) | (other, Operand::Const(Const::Null)) => other,
        _ => return None,
    };
    let equal = match op {
        BinOp::Eq => true,
        BinOp::Ne => false,
        _ => return None,
    };
    Some((subject.facts.load_of(other)?, *span, equal))
}
