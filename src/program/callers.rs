//! Methods of Java that nothing in view calls, and that reach, themselves or in the next callee, a sink which some rule
//! minds whatever a caller passes: their texts are sources of a kind of their own. A library's users are not in view.
//! Must not know how the data is used.

use index_vec::IndexVec;

use super::{EntrySource, FuncId, Program};
use crate::base::{FastMap, FastSet, Symbol};
use crate::ir::{Language, Modifiers, Ty, TyId};
use crate::rules::{RuleKind, RuleSet, SourceKinds};

/// Parameters of these types are texts.
const TEXTS: [&str; 4] = ["java.lang.String", "java.lang.CharSequence", "java.lang.StringBuilder", "java.lang.StringBuffer"];

/// See the module.
pub(super) fn add(program: &Program, rules: &RuleSet, entries: &mut FastMap<FuncId, Vec<EntrySource>>) {
    let mut minded: FastSet<Symbol> = FastSet::default();
    for rule in &rules.rules {
        if let RuleKind::Taint(taint) = &rule.kind
            && taint.from.contains(SourceKinds::CALLER)
        {
            minded.extend(taint.to.iter().copied());
        }
    }
    if minded.is_empty() {
        return;
    }
    let count = program.functions.len();
    let mut called: IndexVec<FuncId, bool> = index_vec::index_vec![false; count];
    let mut uses: IndexVec<FuncId, bool> = index_vec::index_vec![false; count];
    for (id, types) in program.types.iter_enumerated() {
        if program.function(id).0.language != Language::Java {
            continue;
        }
        for target in &types.calls {
            for callee in &target.callees {
                called[*callee] |= *callee != id;
            }
            let model = target.model.and_then(|hit| rules.java.model(hit.name, hit.index));
            uses[id] |= model.is_some_and(|model| model.sinks.iter().any(|(_, sink)| minded.contains(sink)));
        }
        types.made.iter().for_each(|lambda| called[*lambda] = true);
    }
    for id in program.functions.indices() {
        let (unit, function) = program.function(id);
        let candidate = unit.language == Language::Java && !called[id] && !entries.contains_key(&id) && function.code.is_some();
        // What only the program itself can call, and does not, is dead.
        if !candidate
            || !function.modifiers.intersects(Modifiers::PUBLIC | Modifiers::PROTECTED)
            || matches!(function.name.as_str(), "<init>" | "<clinit>" | "main")
        {
            continue;
        }
        let types = &program.types[id];
        if !uses[id] && !types.calls.iter().any(|target| target.callees.iter().any(|callee| uses[*callee])) {
            continue;
        }
        let text = |local| types.locals.get(local).copied().is_some_and(is_text);
        let params = function.params.iter().enumerate().filter(|(_, decl)| text(decl.local));
        let sources: Vec<EntrySource> = params.map(|(param, _)| EntrySource { param, kinds: SourceKinds::CALLER }).collect();
        if !sources.is_empty() {
            entries.insert(id, sources);
        }
    }
}

/// A text, or an array of texts.
fn is_text(ty: TyId) -> bool {
    match ty.get() {
        Ty::Array(element, ..) => is_text(*element),
        _ => ty.name().is_some_and(|name| TEXTS.contains(&name.as_str())),
    }
}

impl Program {
    /// Whether a framework, or whoever runs the program, calls a function and controls parameters of it.
    #[must_use]
    pub fn is_entry(&self, func: FuncId) -> bool {
        let sources = self.entries.get(&func);
        sources.is_some_and(|sources| sources.iter().any(|source| source.kinds != SourceKinds::CALLER))
    }
}
