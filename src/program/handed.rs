//! Parameters and fields of a general type that are only ever given one particular type which the models tell apart:
//! a helper's `PrintWriter` that is always the response's. Must not know values.

use rayon::prelude::*;

use super::{FuncId, Program, UnitId, infer};
use crate::base::{FastMap, FastSet, Symbol};
use crate::ir::{Const, Language, LocalId, Operand, Place, PlaceBase, Proj, StmtKind, TyId};
use crate::rules::{Models, RuleSet};

/// A helper that hands on to a helper, so far.
const MAX_ROUNDS: usize = 4;

/// What the places of one kind were given: one type, or several.
type Given<K> = FastMap<K, Option<TyId>>;
type Params = Given<(FuncId, LocalId)>;
type Fields = Given<(Symbol, Symbol)>;

fn join<K: std::hash::Hash + Eq>(given: &mut Given<K>, key: K, ty: Option<TyId>) {
    given.entry(key).and_modify(|known| *known = known.filter(|known| Some(*known) == ty)).or_insert(ty);
}

/// What two parts of the program say together; their order makes no difference.
fn join_all<K: std::hash::Hash + Eq>(mut a: Given<K>, mut b: Given<K>) -> Given<K> {
    if a.len() < b.len() {
        std::mem::swap(&mut a, &mut b);
    }
    b.into_iter().for_each(|(key, ty)| join(&mut a, key, ty));
    a
}

/// The places that were given one type, and a particular one.
fn particular<K>(given: Given<K>, models: &Models) -> Vec<(K, TyId)> {
    let is_particular = |ty: TyId| ty.name().and_then(|name| models.types.get(&name)).is_some_and(|ty| ty.handed);
    given.into_iter().filter_map(|(place, ty)| Some((place, ty.filter(|ty| is_particular(*ty))?))).collect()
}

impl Program {
    /// Gives such parameters and fields the narrower type, and infers their units again.
    pub(super) fn narrow_handed(&mut self, rules: &RuleSet) {
        let models = &rules.java;
        let general = self.general_types(models);
        if general.is_empty() || self.classes.is_empty() {
            return;
        }
        let fields: FastSet<Symbol> = self
            .classes
            .iter()
            .flat_map(|class| &class.fields)
            .filter(|(_, (ty, _))| ty.name().is_some_and(|name| general.contains(&name)))
            .map(|(name, _)| *name)
            .collect();
        for _ in 0..MAX_ROUNDS {
            let (params, stored) = self.what_is_handed(&general, &fields, models);
            let mut units: FastSet<UnitId> = FastSet::default();
            let mut params = particular(params, models);
            params.sort_unstable_by_key(|(place, _)| *place);
            for ((func, local), ty) in params {
                let slot = self.types.get_mut(func).and_then(|types| types.locals.get_mut(local));
                if slot.is_some_and(|slot| *slot != ty) {
                    self.handed.insert((func, local), ty);
                    units.insert(self.functions[func].0);
                }
            }
            let mut stored = particular(stored, models);
            stored.sort_unstable_by_key(|((class, field), _)| (class.as_str(), field.as_str()));
            for ((class, field), ty) in stored {
                let Some(class) = self.class(class).and_then(|class| self.classes.get_mut(class)) else { continue };
                if let Some((slot, _)) = class.fields.get_mut(&field)
                    && *slot != ty
                {
                    *slot = ty;
                    self.narrowed_fields = true;
                    // Nested classes and subclasses read it too: the next round finds those that hand it on.
                    units.insert(class.unit);
                }
            }
            if units.is_empty() {
                return;
            }
            let mut units: Vec<UnitId> = units.into_iter().collect();
            units.sort_unstable();
            for unit in units {
                let first = self.first_function[unit] as usize;
                for (index, types) in infer::infer_unit(self, unit, rules).into_iter().enumerate() {
                    if let Some(slot) = self.types.get_mut(FuncId::from_usize(first + index)) {
                        *slot = types;
                    }
                }
            }
        }
    }

    /// The types that the particular ones extend.
    fn general_types(&self, models: &Models) -> FastSet<Symbol> {
        let mut general = FastSet::default();
        for model in models.types.values().filter(|model| model.handed) {
            self.walk_supers(model.name, models, |name| {
                if name.as_str().starts_with("java.io.") && !name.as_str().ends_with("able") {
                    general.insert(name);
                }
                false
            });
        }
        general
    }

    fn what_is_handed(&self, general: &FastSet<Symbol>, fields: &FastSet<Symbol>, models: &Models) -> (Params, Fields) {
        let functions = 0..self.types.len();
        functions
            .into_par_iter()
            .map(FuncId::from_usize)
            .filter(|id| self.function(*id).0.language != Language::C)
            .fold(<(Params, Fields)>::default, |(mut params, mut stored), id| {
                self.handed_by(id, general, &mut params);
                if !fields.is_empty() {
                    self.stored_by(id, fields, models, &mut stored);
                }
                (params, stored)
            })
            .reduce(<(Params, Fields)>::default, |a, b| (join_all(a.0, b.0), join_all(a.1, b.1)))
    }

    /// What a function's calls hand to parameters of these types.
    fn handed_by(&self, id: FuncId, general: &FastSet<Symbol>, params: &mut Params) {
        let (Some(body), Some(types)) = (self.body(id), self.types.get(id)) else { return };
        let is_general = |ty: TyId| ty.name().is_some_and(|name| general.contains(&name));
        for (call, target) in body.calls.iter().zip(&types.calls) {
            for &callee in &target.callees {
                for (param, arg) in self.function(callee).1.params.iter().zip(&call.args) {
                    let now = self.types.get(callee).and_then(|types| types.locals.get(param.local)).copied();
                    if !now.is_some_and(is_general) && !self.handed.contains_key(&(callee, param.local)) {
                        continue;
                    }
                    let body = self.body(callee);
                    let declared = body.as_ref().and_then(|body| body.locals.get(param.local));
                    if declared.is_some_and(|local| local.ty != TyId::UNKNOWN) && !matches!(arg, Operand::Const(Const::Null)) {
                        join(params, (callee, param.local), Some(self.operand_type(id, arg)));
                    }
                }
            }
        }
    }

    /// What a function stores in fields of these names.
    fn stored_by(&self, id: FuncId, fields: &FastSet<Symbol>, models: &Models, stored: &mut Fields) {
        let Some(body) = self.body(id) else { return };
        for stmt in &body.stmts {
            let StmtKind::Store(place, operand) = &stmt.kind else { continue };
            if !matches!(operand, Operand::Const(Const::Null))
                && let Some(key) = self.stored_field(id, body.places.get(*place), fields, models)
            {
                join(stored, key, Some(self.operand_type(id, operand)));
            }
        }
    }

    fn operand_type(&self, id: FuncId, operand: &Operand) -> TyId {
        let types = self.types.get(id);
        let local = operand.local().and_then(|local| types.and_then(|types| types.locals.get(local)));
        local.copied().unwrap_or(TyId::UNKNOWN)
    }

    /// The class and name of the field that a place is, where one of these names.
    fn stored_field(
        &self,
        id: FuncId,
        place: Option<&Place>,
        fields: &FastSet<Symbol>,
        models: &Models,
    ) -> Option<(Symbol, Symbol)> {
        let place = place?;
        let [Proj::Field(field)] = place.proj.as_slice() else { return None };
        if !fields.contains(field) {
            return None;
        }
        let (unit, _) = self.function(id);
        let find = |class: Symbol| self.find_field(class, *field, models).map(|(class, ..)| (class, *field));
        match place.base {
            PlaceBase::Local(local) => find(self.types.get(id)?.locals.get(local)?.name()?),
            PlaceBase::Static(ty) => find(self.resolve_name(unit, ty.name()?, models)?),
            PlaceBase::Inherited => {
                let mut class = self.owner_name(id).and_then(|owner| self.class(owner));
                while let Some(known) = class {
                    let class_of = self.classes.get(known)?;
                    if let Some(found) = find(class_of.name) {
                        return Some(found);
                    }
                    class = class_of.outer;
                }
                None
            }
            PlaceBase::Global(_) => None,
        }
    }
}
