//! Checks of Java control flow: empty handlers, leaving `finally`, going on after a redirect. Must not know values.

use super::facts::{callee_name, leaves};
use super::{Checker, Subject};
use crate::ir::{BlockId, LocalId, Operand, Rvalue, StmtKind, Terminator};
use crate::rules::CheckKind;

/// Names by which a handler says that it ignores on purpose.
const ON_PURPOSE: &[&str] = &["ignored", "ignore", "expected"];

impl<'a> Checker<'a> {
    pub(super) fn check_flow(&mut self, subject: &Subject<'a>) {
        let body = subject.facts.body;
        for (handler, block) in body.blocks.iter_enumerated() {
            let Terminator::Catch { exception, arms, otherwise } = &block.term else { continue };
            for arm in arms {
                self.empty_handler(subject, *exception, arm.target);
            }
            if arms.is_empty()
                && let Some(start) = otherwise
            {
                self.finally_left(subject, handler, *exception, *start);
            }
        }
        self.after_redirect(subject);
    }

    fn empty_handler(&mut self, subject: &Subject<'a>, exception: LocalId, target: BlockId) {
        self.examine(CheckKind::EmptyCatch);
        let body = subject.facts.body;
        let [stmt] = body.stmts_of(target) else { return };
        let StmtKind::Assign(variable, Rvalue::Use(Operand::Local(from))) = &stmt.kind else { return };
        let Some(block) = body.blocks.get(target) else { return };
        let falls_through = match &block.term {
            // A jump of the source has a place; what the lowering adds has none.
            Terminator::Goto(_) | Terminator::Return(None) => block.term_span.is_empty(),
            _ => false,
        };
        let Some(local) = body.locals.get(*variable) else { return };
        let named = local.name.is_some_and(|name| ON_PURPOSE.contains(&name.as_str()));
        if *from == exception && falls_through && !named {
            self.report_named(CheckKind::EmptyCatch, local.span, Some(subject.id), "catch");
        }
    }

    /// Jumps in a `finally` block after which the exception in flight is gone.
    fn finally_left(&mut self, subject: &Subject<'a>, handler: BlockId, exception: LocalId, start: BlockId) {
        let facts = &subject.facts;
        let clause = facts.body.blocks.get(handler).map(|block| block.term_span).unwrap_or_default();
        let copies = facts.reachable_without(&[start], false, |at| at == handler);
        let rethrows = |at: BlockId| matches!(facts.body.blocks.get(at).map(|block| &block.term), Some(Terminator::Throw(Operand::Local(it))) if *it == exception);
        self.examine(CheckKind::ReturnInFinally);
        let mut inside: Vec<BlockId> = copies.into_iter().collect();
        inside.sort_unstable();
        for at in inside {
            let Some(block) = facts.body.blocks.get(at) else { continue };
            if block.term_span.is_empty() || !clause.contains(block.term_span) || block.term_span == clause {
                continue;
            }
            let lost = match &block.term {
                Terminator::Return(_) => true,
                Terminator::Goto(target) => {
                    !facts.reachable_without(&[*target], false, |at| at == handler).into_iter().any(rethrows)
                }
                _ => false,
            };
            if lost {
                self.report_named(CheckKind::ReturnInFinally, block.term_span, Some(subject.id), "finally");
            }
        }
    }

    /// A redirect or error response after which the same response is written to.
    fn after_redirect(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        let body = facts.body;
        for (index, stmt) in body.stmts.iter().enumerate() {
            let StmtKind::Call(id) = stmt.kind else { continue };
            let Some(call) = body.calls.get(id) else { continue };
            let Some(response) = call.receiver.as_ref().map(|receiver| facts.origin(receiver)) else { continue };
            let redirects = matches!(callee_name(call), Some("sendRedirect" | "sendError"));
            let on_response = facts.class(&response).is_some_and(|class| {
                self.is_any(class, &["javax.servlet.http.HttpServletResponse", "jakarta.servlet.http.HttpServletResponse"])
            });
            if !redirects || !on_response {
                continue;
            }
            self.examine(CheckKind::MissingReturnAfterRedirect);
            let Some(at) = facts.block_of(index) else { continue };
            let Some(block) = body.blocks.get(at) else { continue };
            let writes = |stmt: &crate::ir::Stmt| {
                let StmtKind::Call(other) = stmt.kind else { return false };
                let Some(call) = body.calls.get(other).filter(|_| other != id) else { return false };
                let is_response = |operand: &Operand| facts.origin(operand) == response;
                let on = call.receiver.as_ref().is_some_and(is_response);
                let name = callee_name(call).unwrap_or_default();
                on && matches!(name, "getWriter" | "getOutputStream" | "sendRedirect" | "sendError")
                    || !on && call.args.iter().any(is_response) && matches!(name, "forward" | "include" | "doFilter")
            };
            let rest = body.stmts.get(index + 1..block.end as usize).unwrap_or_default();
            let later = facts.reachable(&block.term.successors(), false);
            let goes_on =
                !leaves(&block.term) && later.iter().any(|later| *later != at && body.stmts_of(*later).iter().any(writes));
            if rest.iter().any(writes) || goes_on {
                self.report_named(CheckKind::MissingReturnAfterRedirect, stmt.span, Some(subject.id), "sendRedirect");
            }
        }
    }
}
