//! Conditions that cannot turn out otherwise: comparisons of numbers that every state decides alike, and null checks of
//! references that were dereferenced before. What is said of a condition is said of all states that reach it, wherever
//! the control-flow graph repeats it. Must not know how values are computed.

use super::frame::Frame;
use super::liveness::address_taken;
use super::state::{Cell, State};
use super::trace::{before, steps};
use super::value::{InputId, Konst, Null, Value, ValueId};
use index_vec::IndexVec;

use crate::base::{FastMap, FastSet, Span, Symbol};
use crate::findings::StepKind;
use crate::ir::{BinOp, BlockId, Body, Const, LocalId, LocalKind, Operand, PlaceBase, Rvalue, StmtKind, Ty};
use crate::rules::CheckKind;

/// In larger functions every block counts as one of a loop: constant conditions are not worth the time.
const MAX_BLOCKS: usize = 200;

/// How a local gets its value.
#[derive(Clone, Copy, Default)]
struct Written {
    /// How many statements assign it.
    times: u8,
    /// Whether one of them assigns something else than a constant or what an operator gives.
    unsure: bool,
}

/// What is known of the conditions of a function.
#[derive(Default)]
pub(super) struct Conditions {
    /// Whether the function compares something with null at all.
    has_null_checks: bool,
    written: IndexVec<LocalId, Written>,
    /// Blocks that control may come back to, once asked for.
    in_loops: Option<FastSet<BlockId>>,
    /// Variables that more than their name may change.
    addressed: FastSet<LocalId>,
    /// References that a dereference showed not to be null, and where it was.
    dereferenced: FastMap<ValueId, Span>,
    seen: FastMap<Span, Seen>,
    /// Java: inputs of which this function, or code that it asks, looks whether they are null.
    pub(super) looked_at: FastSet<InputId>,
}

/// What the states that reached a condition had in common.
pub(super) struct Seen {
    kind: Kind,
    name: Symbol,
    may_be: [bool; 2],
    /// Some state does not bear out the defect.
    spoiled: bool,
    /// Where the reference was dereferenced.
    at: Span,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Numbers,
    Null,
}

impl Conditions {
    /// Of a function's body.
    pub(super) fn of(body: &Body) -> Conditions {
        let has_null_checks = body.stmts.iter().any(|stmt| {
            matches!(
                &stmt.kind,
                StmtKind::Assign(_, Rvalue::Binary(BinOp::Eq | BinOp::Ne, _, Operand::Const(Const::Null)))
                    | StmtKind::Assign(_, Rvalue::Binary(BinOp::Eq | BinOp::Ne, Operand::Const(Const::Null), _))
            )
        });
        let mut written: IndexVec<LocalId, Written> = index_vec::index_vec![Written::default(); body.locals.len()];
        for stmt in &body.stmts {
            let (local, simple) = match &stmt.kind {
                StmtKind::Assign(dst, Rvalue::Binary(..) | Rvalue::Unary(..) | Rvalue::Use(Operand::Const(_))) => {
                    (Some(*dst), true)
                }
                StmtKind::Assign(dst, _) => (Some(*dst), false),
                StmtKind::Call(call) => (body.calls.get(*call).and_then(|call| call.dst), false),
                _ => (None, true),
            };
            if let Some(place) = local.and_then(|local| written.get_mut(local)) {
                place.times = place.times.saturating_add(1);
                place.unsure |= !simple;
            }
        }
        Conditions { has_null_checks, written, addressed: address_taken(body), ..Conditions::default() }
    }
}

impl Frame<'_> {
    /// A reference of which nothing was known has been dereferenced: from here on it is not null, in this variable.
    pub(super) fn note_dereference(&mut self, state: &mut State, value: ValueId, span: Span) {
        if !self.conditions.has_null_checks || !matches!(self.values[value].null, Null::Unknown) {
            return;
        }
        let refined = Value { null: Null::No, ..self.values[value].clone() };
        let refined = self.value(refined);
        self.conditions.dereferenced.insert(refined, span);
        // An element stands for many: only variables and members keep what was learnt.
        let swap = |place: &mut Option<ValueId>| {
            if *place == Some(value) {
                *place = Some(refined);
            }
        };
        state.slots.iter_mut().for_each(swap);
        self.scratch.iter_mut().for_each(swap);
        if self.is_c() {
            self.remember_member(state, value, refined);
        }
    }

    /// Something made here has been dereferenced: whoever then compares it with null is late. What carries data keeps its
    /// identity: checks of it hold for all copies.
    pub(super) fn note_certain(&mut self, state: &mut State, value: ValueId, span: Span) {
        if !self.conditions.has_null_checks || self.is_c() || self.conditions.dereferenced.contains_key(&value) {
            return;
        }
        let known = &self.values[value];
        let made = known.objects.iter().any(|object| self.objects[*object].is_made())
            || known.constants().iter().any(|constant| matches!(constant, Konst::Str(_)));
        if !made || !known.marks.is_empty() {
            return;
        }
        let copy = self.values[value].clone();
        let copy = self.value(copy);
        self.conditions.dereferenced.insert(copy, span);
        let swap = |place: &mut Option<ValueId>| {
            if *place == Some(value) {
                *place = Some(copy);
            }
        };
        state.slots.iter_mut().for_each(swap);
        self.scratch.iter_mut().for_each(swap);
    }

    fn remember_member(&mut self, state: &mut State, old: ValueId, new: ValueId) {
        let held: Vec<_> = state
            .heap
            .entries()
            .iter()
            .filter(|(_, cell, value)| *value == old && matches!(cell, Cell::Field(_)))
            .map(|(object, cell, _)| (*object, *cell))
            .collect();
        for (object, cell) in held {
            state.set_cell(object, cell, new);
        }
        if let Some(input) = self.values[old].input
            && let Some(last @ Cell::Field(_)) = self.inputs[input].path.last().copied()
            && let Some(object) = self.holder_of(input)
            && state.cell(object, last).is_none()
        {
            state.set_cell(object, last, new);
        }
    }

    /// What a condition that is about to be evaluated in a state asks, if that is worth noting.
    pub(super) fn asked(&mut self, state: &State, block: BlockId, cond: &Operand, span: Span) -> Option<Seen> {
        let body = self.body;
        let last = body.stmts_of(block).last()?;
        let StmtKind::Assign(dst, Rvalue::Binary(op, a, b)) = &last.kind else { return None };
        if cond.local() != Some(*dst) {
            return None;
        }
        let subject = match (a, b) {
            (Operand::Local(local), Operand::Const(Const::Null)) | (Operand::Const(Const::Null), Operand::Local(local)) => {
                return Some(self.null_check(state, block, *local, span));
            }
            (Operand::Local(a), _) if self.is_plain_number(*a) => *a,
            (_, Operand::Local(b)) if self.is_plain_number(*b) => *b,
            _ => return None,
        };
        if !matches!(op, BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge | BinOp::Eq | BinOp::Ne)
            || ![a, b].into_iter().all(|operand| self.is_number_operand(operand))
        {
            return None;
        }
        // What calls return, and what loops do to a variable, is known less well.
        let steady = |operand: &Operand| {
            operand.local().is_none_or(|local| {
                let once = |it: &Written| it.times <= 1 && (!it.unsure || self.is_given_unknown(local));
                self.conditions.written.get(local).is_some_and(once)
            })
        };
        if !steady(a) || !steady(b) || self.is_in_loop(block) {
            return None;
        }
        // What a constant of the program decides is configuration; in C, what a macro or the platform does.
        let values = [a, b].map(|operand| self.operand(state, operand, span));
        let constant = values.iter().all(|value| self.values[*value].consts.is_some());
        let spoiled = (constant || self.in_macro) && self.is_c();
        let name = body.locals.get(subject).and_then(|local| local.name).unwrap_or(self.ctx.names.empty);
        Some(Seen { kind: Kind::Numbers, name, may_be: [false; 2], spoiled, at: span })
    }

    /// C: whether a call without a body gives the variable its value: then only conditions tell what it is.
    fn is_given_unknown(&self, local: LocalId) -> bool {
        self.is_c()
            && self.body.calls.iter_enumerated().any(|(id, call)| {
                call.dst == Some(local) && self.types.calls.get(id).is_some_and(|target| target.callees.is_empty())
            })
    }

    fn null_check(&mut self, state: &State, block: BlockId, local: LocalId, span: Span) -> Seen {
        let value = self.read_local(state, local);
        let at = self.conditions.dereferenced.get(&value).copied();
        let name = self.name_of_local(local);
        // In a loop an object may stand for another one each time around, and what a variable got later may have been
        // dereferenced by another name.
        let by_name = |span: Span| {
            let body = self.body;
            body.calls.iter().any(|call| call.name_span == span && call.receiver.as_ref().and_then(Operand::local) == Some(local))
        };
        let steady = self.conditions.written.get(local).is_some_and(|it| it.times <= 1)
            || !self.is_c() && at.is_some_and(by_name) && !self.is_in_loop(block);
        let spoiled = at.is_none() || name.as_str().is_empty() || !steady || self.in_macro;
        let at = at.unwrap_or(span);
        Seen { kind: Kind::Null, name, may_be: [false; 2], spoiled, at }
    }

    /// Whether control may come back to a block.
    fn is_in_loop(&mut self, block: BlockId) -> bool {
        if self.conditions.in_loops.is_none() {
            self.conditions.in_loops = Some(blocks_in_loops(self.body));
        }
        self.conditions.in_loops.as_ref().is_some_and(|blocks| blocks.contains(&block))
    }

    /// A condition was evaluated; it may be true, may be false.
    pub(super) fn note_condition(&mut self, span: Span, asked: Option<Seen>, may_be: [bool; 2]) {
        let Some(mut now) = asked else { return };
        if now.kind == Kind::Numbers {
            now.may_be = may_be;
        }
        match self.conditions.seen.get_mut(&span) {
            Some(seen) => {
                seen.spoiled |= now.spoiled || seen.kind != now.kind;
                seen.may_be[0] |= now.may_be[0];
                seen.may_be[1] |= now.may_be[1];
                seen.at = seen.at.min(now.at);
            }
            None => {
                self.conditions.seen.insert(span, now);
            }
        }
    }

    /// A variable of an integer type that only this function's assignments change.
    fn is_plain_number(&self, local: LocalId) -> bool {
        self.body.locals.get(local).is_some_and(|local| matches!(local.kind, LocalKind::User | LocalKind::Param))
            && matches!(self.local_type(local).get(), Ty::Int { .. })
            && !self.conditions.addressed.contains(&local)
    }

    /// Whether a variable is given one thing here and another there: what it is was chosen.
    pub(super) fn is_given_often(&self, operand: &Operand) -> bool {
        let Some(mut local) = operand.local() else { return false };
        if let Some(Rvalue::Use(Operand::Local(copied))) = super::recall::defined(self.body.stmts_of(self.block), local) {
            local = *copied;
        }
        self.conditions.written.get(local).is_some_and(|written| written.times > 2)
    }

    fn is_number_operand(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Const(Const::Int(..)) => true,
            Operand::Local(local) => self.is_plain_number(*local),
            Operand::Const(_) => false,
        }
    }

    /// The variable's name, or that of the member a temporary was loaded from.
    fn name_of_local(&self, local: LocalId) -> Symbol {
        let decl = self.body.locals.get(local);
        if let Some(name) = decl.and_then(|local| local.name) {
            return name;
        }
        let loaded = self.body.stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Assign(dst, Rvalue::Load(place)) if *dst == local => self.body.places.get(*place),
            _ => None,
        });
        let name = loaded.and_then(|place| match (place.base, place.proj.last()) {
            (PlaceBase::Local(_), Some(crate::ir::Proj::Field(name))) if self.is_c() => Some(*name),
            _ => None,
        });
        name.unwrap_or(self.ctx.names.empty)
    }

    /// Reports the conditions that no state left open.
    pub(super) fn report_conditions(&mut self, exhausted: bool) {
        let seen = std::mem::take(&mut self.conditions.seen);
        let mut all: Vec<(Span, Seen)> = seen.into_iter().collect();
        all.sort_by_key(|(span, _)| *span);
        for (span, seen) in all {
            let check = match seen.kind {
                Kind::Numbers => CheckKind::ConstantCondition,
                Kind::Null => CheckKind::RedundantNullCheck,
            };
            let Some(rules) = self.ctx.check_rules.get(&(check, self.language())) else { continue };
            let open = exhausted
                || self.is_asserted(span)
                || seen.spoiled
                || seen.kind == Kind::Numbers && seen.may_be[0] == seen.may_be[1];
            for &rule in rules {
                self.examine(rule, span);
                if open {
                    continue;
                }
                let truth = if seen.may_be[0] { "true" } else { "false" };
                let args = vec![("name", seen.name.as_str().to_owned()), ("value", truth.to_owned())];
                let here = before(self.hop(span, StepKind::Sink, seen.name), None);
                let way = match seen.kind {
                    Kind::Null => steps(&[self.hop(seen.at, StepKind::Through, seen.name)], &here),
                    Kind::Numbers => Vec::new(),
                };
                let at = self.at(span);
                self.report(rule, at, self.id, None, args, way);
            }
        }
    }
}

impl Frame<'_> {
    /// C: whether a condition stands in an assertion: it is meant to hold.
    fn is_asserted(&self, condition: Span) -> bool {
        self.is_c()
            && self.body.stmts.iter().any(|stmt| {
                let StmtKind::Call(call) = &stmt.kind else { return false };
                stmt.span.lo <= condition.lo
                    && condition.hi <= stmt.span.hi
                    && self.types.calls.get(*call).and_then(|target| target.model).is_some_and(|hit| {
                        let model = self.models.model(hit.name, hit.index);
                        model.and_then(|model| model.op).is_some_and(|op| op.as_str() == "condition.assert")
                    })
            })
    }
}

/// The blocks from which control may come back to themselves.
fn blocks_in_loops(body: &Body) -> FastSet<BlockId> {
    if body.blocks.len() > MAX_BLOCKS {
        return body.blocks.indices().collect();
    }
    // What is left when blocks that nothing leads to, or that lead to nothing, are taken away again and again.
    let mut alive: IndexVec<BlockId, bool> = index_vec::index_vec![true; body.blocks.len()];
    loop {
        let mut entered: IndexVec<BlockId, bool> = index_vec::index_vec![false; body.blocks.len()];
        for (id, block) in body.blocks.iter_enumerated().filter(|(id, _)| alive[*id]) {
            for next in block.term.successors().into_iter().chain(block.unwind) {
                if let Some(place) = entered.get_mut(next) {
                    *place = alive[id];
                }
            }
        }
        let mut changed = false;
        for (id, block) in body.blocks.iter_enumerated() {
            let leads = block.term.successors().into_iter().chain(block.unwind).any(|next| alive.get(next) == Some(&true));
            if alive[id] && !(entered[id] && leads) {
                alive[id] = false;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    alive.iter_enumerated().filter(|(_, alive)| **alive).map(|(id, _)| id).collect()
}
