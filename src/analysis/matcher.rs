//! Evaluates `call` rules at a call: who is called, and conditions on resolved values. Must not know taint rules.

use super::call::CallView;
use super::frame::{Frame, ObjectKind, Pending};
use super::state::{Cell, State};
use super::summary::{Latent, LatentKind, Root};
use super::trace::{Hop, before, last_name, steps};
use super::value::{Konst, Null, ValueId};
use crate::base::{FastSet, FileSpan, RuleId, Symbol};
use crate::findings::StepKind;
use crate::ir::{AnnotationUse, AnnotationValue, BlockId, CallKind, Const};
use crate::rules::{CallMatcher, CallTarget, Condition, ConstPattern, RuleKind, Subject, Test, Within};

/// A constant is handed down no further than this many calls.
const MAX_CHOICE_DEPTH: u8 = 4;

/// What calls are handed that rules with `unless_chosen` ask about.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// Those that some way through the function hands what the rule does not look for.
    at: FastSet<(RuleId, FileSpan)>,
    /// The same by name and block.
    spared: Vec<(RuleId, Symbol, BlockId)>,
    /// Those that are handed what it looks for.
    blamed: Vec<(RuleId, Symbol, BlockId, FileSpan)>,
}

impl Frame<'_> {
    pub(super) fn match_calls(&mut self, state: &State, view: &CallView<'_>) {
        let table = if self.is_c() { &self.ctx.c_calls } else { &self.ctx.java_calls };
        let Some(candidates) = table.candidates(view.name) else { return };
        for &(rule, at) in candidates {
            let RuleKind::Call(matchers) = &self.ctx.rules.rules[rule].kind else { continue };
            let Some(matcher) = matchers.get(at) else { continue };
            if !self.target_fits(view, matcher) || !self.placed(matcher) {
                continue;
            }
            self.examine(rule, view.span);
            if matcher.result_unused && view.call.dst.is_some_and(|dst| self.is_used(dst)) {
                continue;
            }
            let mut shown = String::new();
            let mut conditions = matcher.conditions.iter();
            let last = matcher.conditions.last().filter(|_| matcher.unless_chosen);
            let holds = conditions.all(|condition| self.holds(state, view, condition, &mut shown));
            if let Some(last) = last {
                let concerned = holds || conditions.next().is_none();
                if concerned && !(holds && self.alone(view, last)) {
                    self.chosen.at.insert((rule, self.at(view.span)));
                    self.chosen.spared.push((rule, view.name, self.block));
                    continue;
                }
                if holds {
                    self.chosen.blamed.push((rule, view.name, self.block, self.at(view.span)));
                }
            }
            if holds {
                let args = vec![
                    ("callee", view.name.as_str().to_owned()),
                    ("sink", view.name.as_str().to_owned()),
                    ("value", shown),
                    ("type", view.target.owner.map(|owner| owner.simple_name().to_owned()).unwrap_or_default()),
                ];
                let at = self.at(view.span);
                self.report(rule, at, self.id, None, args, Vec::new());
            } else if conditions.next().is_none() && !self.is_c() {
                self.leave_choice(state, view, (rule, at));
            }
        }
    }

    /// All holds but that the last condition asks about a constant which the callers decide.
    fn leave_choice(&mut self, state: &State, view: &CallView<'_>, (rule, at): (RuleId, usize)) {
        let Some(condition) = choice(&self.ctx.rules.rules[rule].kind, at) else { return };
        let Subject::Arg(index) = condition.subject else { return };
        let Some(&value) = view.args.get(usize::from(index)) else { return };
        let known = &self.values[value];
        let Some(input) = known.input.filter(|_| known.consts.is_none()) else { return };
        let given = &self.inputs[input];
        if matches!(given.root, Root::Param(_) | Root::This) && given.path.len() <= 1 {
            let trail = before(self.hop(view.span, StepKind::Sink, view.name), None);
            let pending =
                Pending { kind: LatentKind::Choice(rule, at), at: self.at(view.span), function: self.id, trail, depth: 0 };
            self.leave_latent(state, input, pending);
        }
    }

    /// A callee hands on to a call what a `call` rule looks at: a constant here decides, or the callers do.
    pub(super) fn wake_choice(&mut self, state: &State, value: ValueId, (rule, at): (RuleId, usize), latent: &Latent, pass: Hop) {
        // Which of several functions runs may depend on what it is given.
        if latent.depth >= MAX_CHOICE_DEPTH || self.one_of_several {
            return;
        }
        let Some(condition) = choice(&self.ctx.rules.rules[rule].kind, at) else { return };
        let known = &self.values[value];
        let constants = if matches!(known.null, Null::Yes(_)) { &[][..] } else { known.constants() };
        let passes = |constant: &Konst| match &condition.test {
            Test::In(list) => list.iter().any(|pattern| matches(pattern, *constant)),
            Test::Matches(regex) => matches!(constant, Konst::Str(text) if regex.is_match(text.as_str())),
            Test::Less(bound) => constant.as_int().is_some_and(|int| int < *bound),
            // A number is mostly a setting.
            Test::Constant => matches!(constant, Konst::Str(_)),
            _ => false,
        };
        // Of several, a setting chooses among what there is.
        let found = !constants.is_empty() && constants.iter().all(passes)
            || matches!(condition.test, Test::Constant) && self.is_constant_contents(state, value);
        if found {
            let shown = constants.first().and_then(|constant| constant.text()).unwrap_or_default();
            let callee = last_name(&latent.trail).to_owned();
            let args = vec![("callee", callee.clone()), ("sink", callee), ("value", shown)];
            self.report(rule, latent.at, latent.function, None, args, steps(&[pass], &latent.trail));
        } else if let ([], Some(input)) = (constants, known.input) {
            let trail = before(pass, latent.trail.clone());
            let (at, function, depth) = (latent.at, latent.function, latent.depth + 1);
            self.leave_latent(state, input, Pending { kind: latent.kind.clone(), at, function, trail, depth });
        }
    }

    /// Whether all that the value may be passes the condition.
    fn alone(&self, view: &CallView<'_>, condition: &Condition) -> bool {
        let Subject::Arg(index) = condition.subject else { return true };
        let Some(value) = view.args.get(usize::from(index)) else { return true };
        match &condition.test {
            Test::In(list) => {
                self.values[*value].constants().iter().all(|known| list.iter().any(|pattern| matches(pattern, *known)))
            }
            // One of several weak ones: a setting chooses among what there is.
            Test::Tainted(kinds) => {
                // Where states were joined, what else it may be is lost.
                if self.lossy && view.call.args.get(usize::from(index)).is_some_and(|arg| self.is_given_often(arg)) {
                    return false;
                }
                let mut origins =
                    self.values[*value].marks.iter().filter(|mark| mark.kinds.intersects(*kinds)).map(|mark| mark.origin);
                let first = origins.next();
                origins.all(|origin| Some(origin) == first)
            }
            _ => true,
        }
    }

    /// Findings of rules with `unless_chosen` at calls that were also handed what passes none of it.
    pub(super) fn drop_chosen(&mut self) {
        if !self.chosen.at.is_empty() {
            let mut chosen = std::mem::take(&mut self.chosen);
            // In one arm of a choice it is told to, in another it is not.
            for (rule, name, block, at) in chosen.blamed {
                let other_arm = |(spared, other, arm): &(RuleId, Symbol, BlockId)| {
                    *spared == rule && *other == name && !self.leads_to(*arm, block) && !self.leads_to(block, *arm)
                };
                if chosen.spared.iter().any(other_arm) {
                    chosen.at.insert((rule, at));
                }
            }
            self.out.findings.retain(|finding| !chosen.at.contains(&(finding.rule, finding.at)));
        }
    }

    /// Whether control gets from one block to another.
    fn leads_to(&self, from: BlockId, to: BlockId) -> bool {
        let mut seen: FastSet<BlockId> = FastSet::default();
        let mut work = vec![from];
        while let Some(at) = work.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                work.extend(self.body.blocks.get(at).into_iter().flat_map(|data| data.term.successors()));
            }
        }
        false
    }

    fn target_fits(&self, view: &CallView<'_>, matcher: &CallMatcher) -> bool {
        match &matcher.target {
            CallTarget::Function(_) => view.target.callees.is_empty(),
            CallTarget::Annotation(_) => false,
            CallTarget::Method { types, .. } => {
                if types.is_empty() {
                    return true;
                }
                let owner = view.target.owner.or_else(|| {
                    let hit = view.target.model?;
                    self.models.model(hit.name, hit.index)?.owner
                });
                let is_new = view.name == self.ctx.names.init;
                owner.is_some_and(|owner| {
                    if is_new && view.call.kind == CallKind::New {
                        types.contains(&owner)
                    } else {
                        types.iter().any(|ty| self.ctx.program.is_subtype(owner, *ty, self.models))
                    }
                })
            }
        }
    }

    fn placed(&self, matcher: &CallMatcher) -> bool {
        matcher.within.as_ref().is_none_or(|within| self.is_within(within))
            && matcher.not_within.as_ref().is_none_or(|within| !self.is_within(within))
    }

    /// Whether this function stands in such a place: any of the given lists that is not empty must hold it.
    fn is_within(&self, within: &Within) -> bool {
        let owner = self.ctx.program.owner_name(self.id);
        let by_type = within.types.is_empty()
            || owner.is_some_and(|owner| within.types.iter().any(|ty| self.ctx.program.is_subtype(owner, *ty, self.models)));
        let by_name = within.functions.is_empty() || within.functions.contains(&self.function.name);
        let by_annotation = within.annotations.is_empty() || {
            let class = self.function.owner.and_then(|owner| self.unit.types.get(owner));
            let mut used = self.function.annotations.iter().chain(class.into_iter().flat_map(|class| &class.annotations));
            used.any(|used| within.annotations.iter().any(|name| same_simple(used.name, *name)))
        };
        by_type && by_name && by_annotation
    }

    fn is_used(&self, local: crate::ir::LocalId) -> bool {
        self.ctx.used_locals(self.body, local)
    }

    fn holds(&mut self, state: &State, view: &CallView<'_>, condition: &Condition, shown: &mut String) -> bool {
        match condition.subject {
            Subject::ArgCount => {
                let count = i64::try_from(view.args.len()).unwrap_or(i64::MAX);
                match &condition.test {
                    Test::In(list) => list.contains(&ConstPattern::Int(count)),
                    Test::NotIn(list) => !list.contains(&ConstPattern::Int(count)),
                    Test::Less(bound) => count < *bound,
                    Test::Greater(bound) => count > *bound,
                    _ => false,
                }
            }
            Subject::Arg(index) => {
                view.args.get(usize::from(index)).is_some_and(|value| self.test(state, *value, condition, view, shown))
            }
            Subject::AnyArg => view.args.iter().any(|value| self.test(state, *value, condition, view, shown)),
            Subject::Receiver => view.receiver.is_some_and(|value| self.test(state, value, condition, view, shown)),
        }
    }

    fn test(&mut self, state: &State, value: ValueId, condition: &Condition, view: &CallView<'_>, shown: &mut String) -> bool {
        let subject = match condition.property {
            None => value,
            Some(property) => match self.property(state, value, property) {
                Some(stored) => stored,
                None => {
                    // Never set: certain only for an object made in view.
                    let made_here = match self.values[value].objects.as_slice() {
                        [object] => matches!(self.objects[*object].kind, ObjectKind::Allocated(_)),
                        _ => false,
                    };
                    return made_here && matches!(condition.test, Test::NotIn(_));
                }
            },
        };
        let known = &self.values[subject];
        let mut constants: Vec<Konst> = if matches!(known.null, Null::Yes(_)) { Vec::new() } else { known.constants().to_vec() };
        if let (true, Test::In(_), [object], false) =
            (constants.is_empty(), &condition.test, known.objects.as_slice(), self.is_c())
        {
            // A list is one of the texts if an element is.
            let elements = state.cells(*object).filter(|(cell, _)| matches!(cell, Cell::Index(_) | Cell::Elements));
            constants.extend(elements.flat_map(|(_, held)| self.values[held].constants()));
        }
        let known = &self.values[subject];
        let mut passes = |test: &dyn Fn(Konst) -> bool| {
            let found = constants.iter().find(|constant| test(**constant));
            if let Some(text) = found.and_then(|constant| constant.text()) {
                *shown = text;
            }
            found.is_some()
        };
        match &condition.test {
            Test::In(list) => passes(&|constant| list.iter().any(|pattern| matches(pattern, constant))),
            Test::NotIn(list) => passes(&|constant| !list.iter().any(|pattern| matches(pattern, constant))),
            Test::Matches(regex) => passes(&|constant| matches!(constant, Konst::Str(text) if regex.is_match(text.as_str()))),
            Test::NotMatches(regex) => passes(&|constant| matches!(constant, Konst::Str(text) if !regex.is_match(text.as_str()))),
            Test::Less(bound) => {
                passes(&|constant| constant.as_int().is_some_and(|int| int < *bound))
                    || constants.is_empty() && known.range.is_some_and(|(_, hi)| hi < *bound)
            }
            Test::Greater(bound) => {
                passes(&|constant| constant.as_int().is_some_and(|int| int > *bound))
                    || constants.is_empty() && known.range.is_some_and(|(lo, _)| lo > *bound)
            }
            Test::Constant => {
                // Bytes and characters of a constant are constant too.
                passes(&|_| true) || self.is_constant_contents(state, subject)
            }
            Test::NotConstant => constants.is_empty() && !matches!(known.null, Null::Yes(_)),
            Test::Null => matches!(known.null, Null::Yes(_)),
            Test::Unknown => constants.is_empty() && known.null == Null::Unknown && known.range.is_none(),
            Test::Type(types) => {
                let class = match known.objects.as_slice() {
                    [object] => self.objects[*object].class,
                    _ => None,
                };
                let position = view.args.iter().position(|arg| *arg == value);
                let declared = position.and_then(|at| view.call.args.get(at)).and_then(|operand| operand.local());
                let class = class.or_else(|| declared.and_then(|local| self.local_type(local).name()));
                class.is_some_and(|class| types.iter().any(|ty| self.ctx.program.is_subtype(class, *ty, self.models)))
            }
            Test::Tainted(kinds) => {
                let kinds = *kinds;
                self.deep_marks(state, subject)
                    .iter()
                    .any(|mark| matches!(mark.origin, super::value::Origin::Source(_)) && mark.kinds.intersects(kinds))
            }
        }
    }

    /// Whether an array holds constants only: a key or salt written in the source.
    fn is_constant_contents(&self, state: &State, value: ValueId) -> bool {
        let [object] = self.values[value].objects.as_slice() else { return false };
        if let ObjectKind::Input(input) = self.objects[*object].kind
            && let Root::Static(class, field) = self.inputs[input].root
        {
            return self.ctx.program.constant_arrays.contains(&(class, field));
        }
        if !matches!(self.objects[*object].kind, ObjectKind::Allocated(_)) {
            return false;
        }
        let mut cells = 0;
        for (cell, held) in state.cells(*object) {
            match cell {
                super::state::Cell::Index(_) | super::state::Cell::Elements | super::state::Cell::Text => {
                    if self.values[held].constants().is_empty() {
                        return false;
                    }
                    cells += 1;
                }
                _ => {}
            }
        }
        // An array nobody filled is all zeros.
        cells > 0 || state.cell(*object, super::state::Cell::Size).is_some()
    }

    /// `call` rules about annotations: once a function or class that carries one.
    pub(super) fn match_annotations(&mut self) {
        let rules = self.ctx.annotation_rules.clone();
        for (rule, at) in rules {
            let RuleKind::Call(matchers) = &self.ctx.rules.rules[rule].kind else { continue };
            let Some(matcher) = matchers.get(at) else { continue };
            let CallTarget::Annotation(names) = &matcher.target else { continue };
            let class = self.function.owner.and_then(|owner| self.unit.types.get(owner));
            let on_params = self.function.params.iter().flat_map(|param| &param.annotations);
            let used: Vec<AnnotationUse> = self
                .function
                .annotations
                .iter()
                .chain(class.into_iter().flat_map(|class| &class.annotations))
                .chain(on_params)
                .filter(|used| names.iter().any(|name| same_simple(used.name, *name)))
                .cloned()
                .collect();
            for used in used {
                self.examine(rule, used.span);
                if matcher.conditions.iter().all(|condition| annotation_passes(&used, condition)) {
                    let at = self.at(used.span);
                    self.report(rule, at, self.id, None, vec![("name", used.name.simple_name().to_owned())], Vec::new());
                }
            }
        }
    }
}

/// The last condition of a matcher, where it is one about a constant argument.
fn choice(kind: &RuleKind, matcher: usize) -> Option<&Condition> {
    let RuleKind::Call(matchers) = kind else { return None };
    let last = matchers.get(matcher)?.conditions.last()?;
    let of_constant = matches!(last.test, Test::In(_) | Test::Matches(_) | Test::Less(_) | Test::Constant);
    (of_constant && last.property.is_none() && matches!(last.subject, Subject::Arg(_))).then_some(last)
}

fn annotation_passes(used: &AnnotationUse, condition: &Condition) -> bool {
    let property = condition.property.map_or("value", Symbol::as_str);
    let Some((_, value)) = used.args.iter().find(|(name, _)| name.as_str() == property) else {
        return matches!(condition.test, Test::NotIn(_));
    };
    let mut constants = Vec::new();
    collect(value, &mut constants);
    let any = |test: &dyn Fn(&Konst) -> bool| constants.iter().any(test);
    match &condition.test {
        Test::In(list) => any(&|constant| list.iter().any(|pattern| matches(pattern, *constant))),
        Test::NotIn(list) => !any(&|constant| list.iter().any(|pattern| matches(pattern, *constant))),
        Test::Matches(regex) => any(&|constant| matches!(constant, Konst::Str(text) if regex.is_match(text.as_str()))),
        Test::NotMatches(regex) => any(&|constant| matches!(constant, Konst::Str(text) if !regex.is_match(text.as_str()))),
        _ => false,
    }
}

fn collect(value: &AnnotationValue, out: &mut Vec<Konst>) {
    match value {
        AnnotationValue::Const(Const::Str(text)) | AnnotationValue::Name(text) => out.push(Konst::Str(*text)),
        AnnotationValue::Const(Const::Bool(value)) => out.push(Konst::Bool(*value)),
        AnnotationValue::Const(Const::Int(value, _)) => out.extend(i64::try_from(value.get()).ok().map(Konst::Int)),
        AnnotationValue::List(list) => list.iter().for_each(|value| collect(value, out)),
        AnnotationValue::Const(_) | AnnotationValue::Nested(_) | AnnotationValue::Other => {}
    }
}

fn matches(pattern: &ConstPattern, constant: Konst) -> bool {
    match (pattern, constant) {
        (ConstPattern::Str { text, ignore_case: true }, Konst::Str(value)) => value.as_str().eq_ignore_ascii_case(text),
        (ConstPattern::Str { text, ignore_case: false }, Konst::Str(value)) => value.as_str() == text,
        (ConstPattern::Int(wanted), constant) => constant.as_int() == Some(*wanted) && !matches!(constant, Konst::Bool(_)),
        (ConstPattern::Bool(wanted), Konst::Bool(value)) => *wanted == value,
        _ => false,
    }
}

fn same_simple(used: Symbol, wanted: Symbol) -> bool {
    used == wanted || !used.as_str().contains('.') && used.as_str() == wanted.simple_name()
}
