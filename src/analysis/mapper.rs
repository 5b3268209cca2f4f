//! What a call that names a mapper statement, or a method that stands for one, hands to it: passwords among the
//! parameters, and what the statement pastes into its text. Must not know SQL.

use super::Context;
use super::call::CallView;
use super::frame::Frame;
use super::sinks::Arrival;
use super::state::{Cell, State};
use super::trace::{Hop, before};
use super::value::{Konst, Mark, Origin, Value, ValueId};
use crate::base::{FastMap, FastSet, FileSpan, Symbol};
use crate::findings::{Finding, StepKind};
use crate::ir::TyId;
use crate::program::{Paste, fixed_pastes, name_in_statement};
use crate::rules::{CheckKind, Confidence, Language, SourceKinds};

/// The kind of sink that a pasted parameter is.
pub(super) const PASTE: &str = "mapper-paste";
/// What of the outside counts there.
pub(super) const PASTED_KINDS: SourceKinds =
    SourceKinds::WEB.union(SourceKinds::DB).union(SourceKinds::FILE).union(SourceKinds::ENV).union(SourceKinds::SOCKET);

/// What a call said of a pasted parameter: where, its expression, and whether nothing is known of the value.
pub(super) type PasteFact = (FileSpan, Symbol, bool);

/// Findings about pasted parameters of which callers tell more: told with the way of the data, unsure where nothing is
/// known, and none where every call in view passes constants or what was checked.
pub(super) fn settle(ctx: &Context<'_>, facts: &[PasteFact], findings: &mut Vec<Finding>) {
    let Some(rules) = ctx.check_rules.get(&(CheckKind::MapperInjection, Language::Java)) else { return };
    let name = |finding: &Finding| finding.args.iter().find(|(key, _)| *key == "name").map(|(_, name)| Symbol::new(name));
    let mut known: FastMap<(FileSpan, Symbol), bool> = FastMap::default();
    for (at, expression, unknown) in facts {
        *known.entry((*at, *expression)).or_default() |= *unknown;
    }
    let of_rule = |finding: &Finding| rules.contains(&finding.rule);
    let told: FastSet<(FileSpan, Option<Symbol>)> = findings
        .iter()
        .filter(|finding| of_rule(finding) && !finding.trace.is_empty())
        .map(|finding| (finding.at, name(finding)))
        .collect();
    findings.retain_mut(|finding| {
        if !of_rule(finding) || !finding.trace.is_empty() {
            return true;
        }
        let named = name(finding);
        finding.confidence = Confidence::Low;
        let decided = named.is_some_and(|named| known.get(&(finding.at, named)) == Some(&false));
        !decided && !told.contains(&(finding.at, named))
    });
    let unsure = |finding: &Finding| of_rule(finding) && finding.trace.is_empty();
    let wanted: FastSet<(FileSpan, Symbol)> =
        findings.iter().filter(|finding| unsure(finding)).filter_map(|finding| Some((finding.at, name(finding)?))).collect();
    if !wanted.is_empty() {
        let fixed = fixed_pastes(ctx.program, ctx.rules, &wanted);
        findings.retain(|finding| !unsure(finding) || name(finding).is_none_or(|named| !fixed.contains(&(finding.at, named))));
    }
}

impl Frame<'_> {
    /// `insert("Members.add", member)`: what the statement takes of the object under a password's name is stored so.
    pub(super) fn mapper_store(&mut self, state: &mut State, view: &CallView<'_>) {
        let [id, given, ..] = view.args.as_slice() else { return };
        let Some(Konst::Str(id)) = self.values[*id].only_constant() else { return };
        let ctx = self.ctx;
        for name in ctx.program.statement_passwords(id) {
            for object in self.objects_of(*given) {
                let known = [Cell::Field(*name), Cell::Key(*name)];
                let cell = known.into_iter().find(|cell| state.cell(object, *cell).is_some()).unwrap_or(Cell::Field(*name));
                let value = self.load_cell(state, &[object], cell, Some(*given), crate::ir::TyId::STRING);
                self.sink_value(state, value, "password-store", view.name.as_str(), view.span);
            }
        }
    }

    /// `selectList("Members.list", criteria)`: what the statement pastes of the object.
    pub(super) fn mapper_pastes(&mut self, state: &mut State, view: &CallView<'_>) {
        let Some(Konst::Str(id)) = view.args.first().and_then(|id| self.values[*id].only_constant()) else { return };
        let ctx = self.ctx;
        let given = view.args.get(1).copied();
        for paste in ctx.program.pastes.of(id) {
            let value = given.and_then(|given| self.pasted_of(state, given, paste.path.as_str(), true));
            self.paste(state, view, *paste, value);
        }
    }

    /// A method of an interface that stands for a statement: its parameters are the statement's, and what it gives comes
    /// from the database.
    pub(super) fn call_mapper(&mut self, state: &mut State, view: &CallView<'_>) -> Option<ValueId> {
        let owner = view.target.owner.filter(|owner| self.ctx.program.pastes.is_mapper(*owner))?;
        let ctx = self.ctx;
        let statement = Symbol::new(&format!("{owner}.{}", view.name));
        for paste in ctx.program.pastes.of(statement) {
            let value = self.pasted_parameter(state, view, owner, paste.path.as_str());
            self.paste(state, view, *paste, value);
        }
        for &arg in &view.args {
            self.let_go(state, arg);
        }
        let mut value = Value::default();
        if !self.is_number(view.ty) && !matches!(view.ty.get(), crate::ir::Ty::Bool | crate::ir::Ty::Void) {
            value.add_mark(self.source_mark(view, SourceKinds::DB));
        }
        Some(self.value(value))
    }

    /// The argument, or the part of it, that a method's statement pastes.
    fn pasted_parameter(&mut self, state: &mut State, view: &CallView<'_>, owner: Symbol, path: &str) -> Option<ValueId> {
        let program = self.ctx.program;
        let methods = program.find_methods(program.class(owner)?, view.name, view.args.len());
        let params = &program.function(*methods.first()?).1.params;
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let named = params.iter().position(|param| name_in_statement(param).as_str() == first);
        match (named, view.args.as_slice()) {
            (Some(at), args) => {
                let value = *args.get(at)?;
                match rest {
                    Some(rest) => self.pasted_of(state, value, rest, false),
                    None => Some(value),
                }
            }
            (None, [only]) => self.pasted_of(state, *only, path, true),
            _ => None,
        }
    }

    /// A property of what a statement is given; `simple`: or itself, where it is a text or a number.
    fn pasted_of(&mut self, state: &mut State, given: ValueId, path: &str, simple: bool) -> Option<ValueId> {
        let known = &self.values[given];
        if simple && known.objects.is_empty() {
            return Some(given);
        }
        let mut value = given;
        for name in path.split('.').map(Symbol::new) {
            let objects = self.objects_of(value);
            let [object] = objects.as_slice() else { return None };
            let held = [Cell::Field(name), Cell::Key(name)].into_iter().find(|cell| state.cell(*object, *cell).is_some());
            let class = self.objects[*object].class;
            let field = class.and_then(|class| self.ctx.program.find_field(class, name, self.models));
            let cell = held.unwrap_or(if field.is_some() { Cell::Field(name) } else { Cell::Key(name) });
            let ty = field.map_or(TyId::UNKNOWN, |(_, ty, _)| ty);
            value = self.load_cell(state, &objects, cell, Some(value), ty);
        }
        Some(value)
    }

    fn paste(&mut self, state: &State, view: &CallView<'_>, paste: Paste, value: Option<ValueId>) {
        let marks = value.map(|value| self.deep_marks(state, value)).unwrap_or_default();
        let Some(known) = value.map(|value| &self.values[value]) else {
            self.out.pastes.push((paste.at, paste.expression, true));
            return;
        };
        let fixed = known.consts.is_some() || known.range.is_some();
        if marks.is_empty() || fixed {
            self.out.pastes.push((paste.at, paste.expression, !fixed));
            return;
        }
        for mark in marks {
            if matches!(mark.origin, Origin::Source(_)) {
                self.out.pastes.push((paste.at, paste.expression, false));
            }
            let sink = Hop { at: paste.at, kind: StepKind::Sink, name: paste.expression };
            let tail = before(self.hop(view.span, StepKind::Pass, view.name), before(sink, None));
            let sink = Symbol::new(PASTE);
            let arrival = Arrival { sink, callee: paste.expression, at: paste.at, function: self.id, depth: 0 };
            self.arrive(state, mark, &arrival, tail);
        }
    }

    /// A caller of code that pastes a parameter passes something that carries no data.
    pub(super) fn note_pasted(&mut self, value: ValueId, marks: &[Mark], at: FileSpan, expression: Symbol) {
        let known = &self.values[value];
        let fixed = known.consts.is_some() || known.range.is_some();
        let handed_up = marks.iter().any(|mark| matches!(mark.origin, Origin::Input(_)));
        if !handed_up {
            self.out.pastes.push((at, expression, marks.is_empty() && !fixed));
        }
    }
}
