//! C: assertions that data from outside, or a known value, makes fail. Must not know how an assertion goes on.

use super::call::CallView;
use super::frame::Frame;
use super::numeric::{Demand, Limit, Subject};
use super::state::State;
use super::trace::{before, steps};
use super::value::{Konst, Predicate, ValueId};
use crate::findings::StepKind;
use crate::ir::{LocalKind, Operand, Rvalue, StmtKind};
use crate::rules::CheckKind;

impl Frame<'_> {
    /// The condition of an assertion must hold: whoever knows the number that it is about is told.
    pub(super) fn demand_asserted(&mut self, state: &mut State, view: &CallView<'_>, condition: ValueId) {
        let Some(rules) = self.ctx.check_rules.get(&(CheckKind::ReachableAssertion, self.language())) else { return };
        for rule in rules {
            self.examine(*rule, view.span);
        }
        if !view.call.args.first().is_some_and(|operand| self.is_one_test(operand)) {
            return;
        }
        let known = &self.values[condition];
        let fails = known.only_constant().is_some_and(|constant| match constant {
            Konst::Bool(holds) => !holds,
            other => other.as_int() == Some(0),
        });
        if fails {
            // What a summary says a call gives is no proof.
            let plain = view.call.args.first().is_some_and(|operand| self.is_of_constants(operand));
            if plain && self.is_sure(state) && state.conditions.is_empty() {
                let tail = before(self.hop(view.span, StepKind::Sink, self.ctx.names.empty), None);
                for rule in rules {
                    let at = self.at(view.span);
                    self.report(*rule, at, self.id, None, Vec::new(), steps(&[], &tail));
                }
            }
            return;
        }
        let Some((value, limit)) = self.asserted_limit(condition) else { return };
        let demand = Demand {
            subject: Subject::Check(CheckKind::ReachableAssertion),
            limit,
            within: (i64::MIN, i64::MAX),
            cleared: 0,
            name: self.ctx.names.empty,
            ty: crate::ir::TyId::UNKNOWN,
            constants: false,
        };
        self.demand(state, value, demand, view.span);
    }

    /// Whether an operand is one comparison of something that varies, or what a call says: the parts of a conjunction are
    /// reached on some ways only, and what constants decide is the program's configuration.
    fn is_one_test(&self, operand: &Operand) -> bool {
        let Some(local) = operand.local() else { return false };
        let body = self.body;
        let varies = |side: &Operand| {
            side.local().is_some_and(|local| {
                self.variable(local)
                    || body.stmts.iter().any(|stmt| {
                        matches!(&stmt.kind,
                    StmtKind::Assign(dst, Rvalue::Use(from) | Rvalue::Cast(_, from))
                        if *dst == local && from.local().is_some_and(|from| self.variable(from)))
                    })
            })
        };
        if self.variable(local) {
            return true;
        }
        let mut definitions = body.stmts.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Assign(dst, rvalue) if *dst == local => Some(match rvalue {
                Rvalue::Binary(_, a, b) => varies(a) || varies(b),
                Rvalue::Use(from) | Rvalue::Unary(_, from) | Rvalue::Cast(_, from) => varies(from),
                _ => false,
            }),
            StmtKind::Call(call) if body.calls.get(*call).is_some_and(|call| call.dst == Some(local)) => Some(true),
            _ => None,
        });
        definitions.next() == Some(true) && definitions.next().is_none()
    }

    /// Whether an operand compares constants and variables that only constants are ever assigned to.
    fn is_of_constants(&self, operand: &Operand) -> bool {
        let body = self.body;
        let assigned = |local| {
            let mut values = body.stmts.iter().filter_map(move |stmt| match &stmt.kind {
                StmtKind::Assign(dst, rvalue) if *dst == local => Some(rvalue),
                _ => None,
            });
            (values.next(), values.next().is_none())
        };
        let fixed = |side: &Operand| match side.local() {
            None => true,
            Some(local) => {
                let addressed = body.places.iter().any(|place| place.base == crate::ir::PlaceBase::Local(local));
                self.variable(local) && !addressed && matches!(assigned(local), (Some(Rvalue::Use(Operand::Const(_))), true))
            }
        };
        operand.local().is_some_and(|local| match assigned(local) {
            (Some(Rvalue::Binary(_, a, b)), true) => fixed(a) && fixed(b),
            _ => false,
        })
    }

    fn variable(&self, local: crate::ir::LocalId) -> bool {
        let kind = self.body.locals.get(local).map(|local| local.kind);
        matches!(kind, Some(LocalKind::User | LocalKind::Param))
    }

    /// The number that a condition is about, and which ones make it true.
    fn asserted_limit(&self, condition: ValueId) -> Option<(ValueId, Limit)> {
        let Some(predicate) = self.values[condition].predicate.as_deref() else {
            return self.values[condition].objects.is_empty().then_some((condition, Limit::NotZero));
        };
        let mut predicate = predicate;
        let mut truth = true;
        while let Predicate::Not(inner) = predicate {
            predicate = inner;
            truth = !truth;
        }
        match predicate {
            Predicate::Is(value, constant) => match (constant.as_int()?, truth) {
                (0, false) => Some((*value, Limit::NotZero)),
                (number, true) => Some((*value, Limit::Between(number, number))),
                _ => None,
            },
            Predicate::Less(a, b, or_equal) => {
                let (low, high, or_equal) = if truth { (*a, *b, *or_equal) } else { (*b, *a, !*or_equal) };
                let off = i64::from(!or_equal);
                match (self.values[low].only_int(), self.values[high].only_int()) {
                    (None, Some(most)) => Some((low, Limit::Between(i64::MIN, most.checked_sub(off)?))),
                    (Some(least), None) => Some((high, Limit::Between(least.checked_add(off)?, i64::MAX))),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
