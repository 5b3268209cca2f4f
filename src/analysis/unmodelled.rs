//! Which library calls nobody has modelled, most often met first. Must not know values.

use super::checks::Bodies;
use crate::base::{FastMap, Symbol};
use crate::ir::{Callee, Language};
use crate::program::{Program, UnitId};

/// As many are told.
const TOLD: usize = 40;

/// Calls without a body and without a model, by the class and the name, and how often each is written.
pub(super) type Met = FastMap<(Option<Symbol>, Symbol), u64>;

/// Those of one unit.
pub(super) fn of_unit(program: &Program, id: UnitId, bodies: &Bodies<'_>) -> Met {
    let mut met = Met::default();
    let unit = &program.units[id];
    for (func, body) in bodies.iter_enumerated() {
        let (Some(body), Some(types)) = (body, program.types.get(program.func_id(id, func))) else { continue };
        for (call, target) in body.calls.iter_enumerated().filter_map(|(id, call)| Some((call, types.calls.get(id)?))) {
            if !target.callees.is_empty() || target.model.is_some() {
                continue;
            }
            let name = match call.callee {
                Callee::Method { name, .. } => name,
                Callee::Function(name) if unit.language == Language::C => name,
                _ => continue,
            };
            // A method of the program's own types without a body is no library's.
            if target.owner.is_some_and(|owner| program.class(owner).is_some()) || name.as_str().is_empty() {
                continue;
            }
            // What pages are made of is our own.
            if target.owner.is_some_and(|owner| owner.as_str().starts_with("haechi.")) {
                continue;
            }
            if unit.language != Language::C && target.owner.is_none() {
                continue;
            }
            *met.entry((target.owner, name)).or_default() += 1;
        }
    }
    met
}

/// Of those of all units, the most often met.
pub(super) fn most_met(units: Vec<Met>) -> Vec<(String, u64)> {
    let mut met = Met::default();
    for (key, count) in units.into_iter().flatten() {
        *met.entry(key).or_default() += count;
    }
    let mut all: Vec<(String, u64)> = met
        .into_iter()
        .map(|((owner, name), count)| (owner.map_or_else(|| name.to_string(), |owner| format!("{owner}.{name}")), count))
        .collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(TOLD);
    all
}
