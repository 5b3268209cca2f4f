//! `switch`, old and new, as statement and as expression. Constants make a [`Terminator::Switch`]; patterns and
//! guards a chain of tests.
//! Must not know how patterns are tested.

use super::expr::{Dst, Val};
use super::jump::Jump;
use super::kinds::{Kind, Role};
use super::{Child, Children, Lowering, child, of_kind};
use crate::base::{Span, Symbol};
use crate::ir::{BlockId, Const, LocalId, Operand, Terminator, Ty, TyId};
use crate::syntax::Node;

/// One group of labels and what it runs.
struct Arm<'t> {
    labels: Vec<Node<'t>>,
    body: Children<'t>,
    is_rule: bool,
    block: BlockId,
}

/// What a label matches.
enum Label<'t> {
    Default,
    Consts(Vec<Const>),
    /// A pattern, the constants beside it, and a guard.
    Pattern(Node<'t>),
}

impl<'t> Lowering<'t> {
    pub(super) fn switch_stmt(&mut self, node: Node<'t>) {
        self.f.jumps.push(Jump::Switch { brk: None });
        let after = self.switch_on(node, None);
        let brk = match self.f.jumps.pop() {
            Some(Jump::Switch { brk }) => brk,
            _ => None,
        };
        for block in [after, brk].into_iter().flatten() {
            self.f.b.start(block);
        }
    }

    pub(super) fn switch_value(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let result = self.target(TyId::UNKNOWN, dst, span);
        let outer_yield = Jump::Yield { result, join: None };
        self.f.jumps.push(outer_yield);
        let index = self.f.jumps.len() - 1;
        self.switch_on(node, Some((index, result)));
        if let Some(Jump::Yield { join: Some(join), .. }) = self.f.jumps.pop() {
            self.f.b.start(join);
        }
        if matches!(dst, Dst::Into(_)) {
            let ty = self.f.b.ty(result);
            return Val { op: Operand::Local(result), ty };
        }
        Val { op: Operand::Local(result), ty: TyId::UNKNOWN }
    }

    /// Lowers a switch; gives the block after it, for a statement whose end can be reached without `break`.
    fn switch_on(&mut self, node: Node<'t>, value_of: Option<(usize, LocalId)>) -> Option<BlockId> {
        let span = self.span(node);
        let children = self.children(node);
        let selector = child(&children, Role::Condition).map_or_else(Val::unknown, |condition| self.expr(condition));
        let mut arms = Vec::new();
        let mut patterns = false;
        if let Some(body) = child(&children, Role::Body) {
            for group in self.children(body) {
                if !matches!(group.kind, Kind::SwitchGroup | Kind::SwitchRule) {
                    if group.node.is_named() {
                        self.opaque(group.node);
                        self.f.b.mark_broken();
                    }
                    continue;
                }
                let parts = self.children(group.node);
                let labels: Vec<Node<'t>> =
                    parts.iter().filter(|part| part.kind == Kind::SwitchLabel).map(|part| part.node).collect();
                let body: Children<'t> =
                    parts.into_iter().filter(|part| part.kind != Kind::SwitchLabel && part.node.is_named()).collect();
                patterns |= labels.iter().any(|label| self.is_pattern(*label));
                let block = self.f.b.new_block();
                arms.push(Arm { labels, body, is_rule: group.kind == Kind::SwitchRule, block });
            }
        }
        let mut after = None;
        let scope = self.f.scope();
        if patterns {
            self.pattern_switch(&selector, &arms, value_of, &mut after, span);
        } else {
            self.constant_switch(&selector, &arms, value_of, &mut after, span);
        }
        self.f.close_scope(scope);
        after
    }

    fn is_pattern(&mut self, label: Node<'t>) -> bool {
        self.children(label).iter().any(|part| matches!(part.kind, Kind::Pattern | Kind::Guard))
    }

    /// Where control goes if nothing matches: past a statement; nowhere in an expression.
    fn no_match(&mut self, value_of: Option<(usize, LocalId)>, after: &mut Option<BlockId>) -> BlockId {
        match value_of {
            None => *after.get_or_insert_with(|| self.f.b.new_block()),
            Some(_) => self.f.b.new_block(),
        }
    }

    fn constant_switch(
        &mut self,
        selector: &Val,
        arms: &[Arm<'t>],
        value_of: Option<(usize, LocalId)>,
        after: &mut Option<BlockId>,
        span: Span,
    ) {
        let mut table = Vec::new();
        let mut default = None;
        for arm in arms {
            for label in &arm.labels {
                match self.label(*label, selector.ty) {
                    Label::Default => default = Some(arm.block),
                    Label::Consts(consts) => table.extend(consts.into_iter().map(|constant| (constant, arm.block))),
                    Label::Pattern(_) => {}
                }
            }
        }
        let default = default.unwrap_or_else(|| self.no_match(value_of, after));
        let value = selector.op.clone();
        self.f.b.terminate(Terminator::Switch { value, arms: table.into_boxed_slice(), default }, span);
        for (index, arm) in arms.iter().enumerate() {
            self.f.b.start(arm.block);
            self.arm_body(arm, value_of, after);
            if self.f.b.is_open() {
                self.fall_through(arms.get(index + 1), value_of, after);
            }
        }
    }

    /// The end of an old-style arm: into the next one, or past the switch.
    fn fall_through(&mut self, next: Option<&Arm<'t>>, value_of: Option<(usize, LocalId)>, after: &mut Option<BlockId>) {
        let target = match next {
            Some(next) => next.block,
            None => self.no_match(value_of, after),
        };
        self.f.b.terminate(Terminator::Goto(target), Span::default());
    }

    /// What an arm runs. A rule leaves the switch at its end.
    fn arm_body(&mut self, arm: &Arm<'t>, value_of: Option<(usize, LocalId)>, after: &mut Option<BlockId>) {
        if !arm.is_rule {
            self.stmts(&arm.body);
            return;
        }
        let scope = self.f.scope();
        for Child { node, kind, .. } in arm.body.iter().copied() {
            match (value_of, kind) {
                (Some((index, result)), Kind::ExpressionStatement) => {
                    let span = self.span(node);
                    if let Some(inner) = self.inner(node) {
                        self.expr_into(inner, result);
                    }
                    if self.f.b.is_open() {
                        self.yield_to(index, span);
                    }
                }
                _ => self.stmt(node),
            }
        }
        self.f.close_scope(scope);
        if self.f.b.is_open() {
            match value_of {
                None => {
                    let target = self.no_match(None, after);
                    self.f.b.terminate(Terminator::Goto(target), Span::default());
                }
                Some(_) => self.f.b.terminate(Terminator::Unreachable, Span::default()),
            }
        }
    }

    /// What a label matches.
    fn label(&mut self, label: Node<'t>, selector: TyId) -> Label<'t> {
        let parts = self.children(label);
        let mut consts = Vec::new();
        for part in parts.iter() {
            match part.kind {
                Kind::Default => return Label::Default,
                Kind::Pattern => return Label::Pattern(part.node),
                Kind::Guard => {}
                Kind::Error if self.text(part.node).contains("default") => return Label::Default,
                _ if part.node.is_named() => consts.push(self.case_constant(part.node, selector)),
                _ => {}
            }
        }
        Label::Consts(consts)
    }

    /// The constant of `case X`: an enum constant is its name.
    fn case_constant(&mut self, node: Node<'t>, selector: TyId) -> Const {
        if let Some(constant) = self.constant(node) {
            return constant;
        }
        // An enum's constant stands bare; on a number or a string the name is a constant of another file.
        let by_value = selector == TyId::STRING || matches!(selector.get(), Ty::Int { .. } | Ty::Char { .. } | Ty::Bool);
        match self.kind(node) {
            Kind::Identifier if !by_value => Const::Str(self.symbol(node)),
            Kind::FieldAccess => {
                let children = self.children(node);
                let (Some(object), Some(field)) = (child(&children, Role::Object), child(&children, Role::Field)) else {
                    return Const::Unknown;
                };
                let name = self.symbol(field);
                let of = self.type_named(object).and_then(|ty| self.names.by_name.get(&ty).copied());
                match of.and_then(|of| self.field_of(of, name)) {
                    Some((_, info)) if info.is_enum_constant => Const::Str(name),
                    Some((_, info)) => info.constant.unwrap_or(Const::Unknown),
                    None => Const::Unknown,
                }
            }
            _ => Const::Unknown,
        }
    }

    /// Labels tested one after the other, each arm's code right after its tests.
    fn pattern_switch(
        &mut self,
        selector: &Val,
        arms: &[Arm<'t>],
        value_of: Option<(usize, LocalId)>,
        after: &mut Option<BlockId>,
        span: Span,
    ) {
        let value = self.in_local(selector.clone(), span);
        let mut default = None;
        for (index, arm) in arms.iter().enumerate() {
            let scope = self.f.scope();
            for label in &arm.labels {
                let label_span = self.span(*label);
                let fails = self.f.b.new_block();
                let matched = self.label(*label, selector.ty);
                match matched {
                    Label::Default => {
                        default = Some(arm.block);
                        self.f.b.terminate(Terminator::Goto(fails), label_span);
                        self.f.b.start(fails);
                        continue;
                    }
                    Label::Consts(consts) => {
                        let matches = self.f.b.new_block();
                        let table = consts.into_iter().map(|constant| (constant, matches)).collect();
                        let value = Operand::Local(value);
                        self.f.b.terminate(Terminator::Switch { value, arms: table, default: fails }, label_span);
                        self.f.b.start(matches);
                    }
                    Label::Pattern(pattern) => self.pattern(value, pattern, fails),
                }
                self.guard(*label, arm.block, fails);
                self.f.b.start(fails);
            }
            let next = self.f.b.new_block();
            self.f.b.terminate(Terminator::Goto(next), Span::default());
            self.f.b.start(arm.block);
            self.arm_body(arm, value_of, after);
            self.f.close_scope(scope);
            if self.f.b.is_open() {
                self.fall_through(arms.get(index + 1), value_of, after);
            }
            self.f.b.start(next);
        }
        let target = default.unwrap_or_else(|| self.no_match(value_of, after));
        self.f.b.terminate(Terminator::Goto(target), span);
    }

    /// The guard of a label, then its arm.
    fn guard(&mut self, label: Node<'t>, arm: BlockId, fails: BlockId) {
        let parts = self.children(label);
        let span = self.span(label);
        match of_kind(&parts, Kind::Guard).and_then(|guard| self.inner(guard)) {
            Some(guard) => self.cond(guard, arm, fails),
            None => self.f.b.terminate(Terminator::Goto(arm), span),
        }
    }

    /// A type or record pattern.
    fn pattern(&mut self, value: LocalId, node: Node<'t>, fails: BlockId) {
        let Some(inner) = self.children(node).iter().find(|part| part.node.is_named()).copied() else { return };
        if inner.kind == Kind::RecordPattern {
            self.record_pattern(value, inner.node, fails);
            return;
        }
        let span = self.span(inner.node);
        let parts = self.children(inner.node);
        let ty = parts.iter().find(|part| part.kind.is_type()).map_or(TyId::UNKNOWN, |part| self.ty(part.node));
        let name = parts.iter().find(|part| part.kind == Kind::Identifier).map(|part| part.node);
        let name: Option<(Symbol, Span)> = name.map(|name| (self.symbol(name), self.span(name)));
        self.test_and_bind(value, ty, name, fails, span);
    }
}
