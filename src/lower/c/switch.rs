//! `switch`, with ranges and labels inside other statements.
//! Must not know loops.

use super::expr::Val;
use super::kinds::{Kind, field, kind};
use super::stmt::{FnCx, Jump, has_statements};
use crate::ir::{Const, Operand, Rvalue, Terminator, TyId};
use crate::syntax::Node;

/// Values of one case range that become arms.
const RANGE_LIMIT: i128 = 256;

impl<'t> FnCx<'_, '_, 't> {
    pub(super) fn switch(&mut self, node: Node<'t>) {
        let Some(cond) = field::condition(node) else {
            self.opaque(node, true);
            return;
        };
        let value = if cond.has_error() {
            self.opaque(cond, true);
            Val { op: Operand::Const(Const::Unknown), ty: TyId::UNKNOWN }
        } else {
            self.expr(cond)
        };
        let span = self.span(cond);
        let after = self.b.new_block();
        let mut default = None;
        let mut past = None;
        let mut arms = Vec::new();
        let mut tests = Vec::new();
        let body = field::body(node);
        for case in body.map(cases_of).unwrap_or_default() {
            let block = self.b.new_block();
            self.cases.insert(case.id(), block);
            let Some(label) = field::value(case) else {
                default = Some(block);
                continue;
            };
            match self.case_range(label) {
                Some((lo, hi)) if hi - lo < RANGE_LIMIT => {
                    arms.extend(
                        (lo..=hi).map(|at| (Const::int(at, if value.ty == TyId::UNKNOWN { TyId::INT } else { value.ty }), block)),
                    );
                }
                _ => tests.push((label, block)),
            }
        }
        // The way past a switch of which no case fits has a place of its own.
        let default = match default {
            Some(block) => block,
            None if arms.len() + tests.len() < 2 => after,
            None => {
                let unmatched = self.b.new_block();
                past = Some(unmatched);
                unmatched
            }
        };
        // Labels whose value the file does not tell (constants of system headers) are compared one by one.
        let first = if tests.is_empty() { default } else { self.b.new_block() };
        self.b.terminate(Terminator::Switch { value: value.op.clone(), arms: arms.into_boxed_slice(), default: first }, span);
        let count = tests.len();
        let mut at = first;
        for (index, (label, block)) in tests.into_iter().enumerate() {
            self.b.start(at);
            at = if index + 1 == count { default } else { self.b.new_block() };
            let cond = self.case_test(label, &value);
            let span = self.span(label);
            self.b.terminate(Terminator::If { cond, then: block, els: at }, span);
        }
        if let Some(past) = past {
            self.b.start(past);
            self.b.terminate(Terminator::Goto(after), span);
        }
        self.with_jump(Jump { on_break: after, on_continue: None }, body);
        self.error_children(node);
        self.b.start(after);
    }

    /// The constants of a case label, inclusive.
    fn case_range(&mut self, label: Node<'t>) -> Option<(i128, i128)> {
        if let Some((lo, hi)) = self.range_parts(label) {
            let (lo, hi) = (self.low.constant(lo)?, self.low.constant(hi)?);
            return (lo <= hi).then_some((lo, hi));
        }
        let value = self.low.constant(label)?;
        Some((value, value))
    }

    fn range_parts(&self, label: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
        let function = field::function(label).filter(|_| kind(label) == Kind::CallExpression)?;
        if self.low.text(function) != "__case_range" {
            return None;
        }
        let args = field::arguments(label)?;
        Some((args.named_child(0)?, args.named_child(1)?))
    }

    fn case_test(&mut self, label: Node<'t>, value: &Val) -> Operand {
        use crate::ir::BinOp;
        let span = self.span(label);
        let compare = |cx: &mut Self, op: BinOp, label: Node<'t>| {
            let bound = cx.expr(label);
            cx.b.value(Rvalue::Binary(op, value.op.clone(), bound.op), TyId::INT, span)
        };
        match self.range_parts(label) {
            Some((lo, hi)) => {
                let above = compare(self, BinOp::Ge, lo);
                let below = compare(self, BinOp::Le, hi);
                self.b.value(Rvalue::Binary(BinOp::And, above, below), TyId::INT, span)
            }
            None => compare(self, BinOp::Eq, label),
        }
    }

    pub(super) fn case(&mut self, node: Node<'t>) {
        if let Some(block) = self.cases.remove(&node.id()) {
            self.b.start(block);
        }
        let value = field::value(node).map(|value| value.id());
        for child in node.children() {
            if (child.is_named() || child.is_missing()) && Some(child.id()) != value {
                self.stmt(child);
            } else if Some(child.id()) == value && child.has_error() {
                self.opaque(child, true);
            }
        }
    }
}

/// The case statements of a switch, wherever they stand in it, inner switches left out.
fn cases_of(body: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut open = vec![body.children()];
    while let Some(children) = open.last_mut() {
        let Some(node) = children.next() else {
            open.pop();
            continue;
        };
        let node_kind = kind(node);
        if node_kind == Kind::CaseStatement {
            found.push(node);
        }
        if has_statements(node_kind) && node_kind != Kind::SwitchStatement {
            open.push(node.children());
        }
    }
    found
}
