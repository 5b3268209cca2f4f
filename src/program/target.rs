//! Where a call goes: overloads, overriding methods, inherited and imported names, models. Must not know values.

use smallvec::SmallVec;

use super::infer::{CallTarget, Inference};
use super::{ClassId, FuncId};
use crate::base::Symbol;
use crate::ir::{Call, CallKind, Callee, Modifiers, Ty, TyId};

/// More overriding methods than this are not followed one by one.
const MAX_CALLEES: usize = 6;

impl Inference<'_, '_> {
    pub(super) fn c_target(&mut self, call: &Call) -> CallTarget {
        let Callee::Function(name) = call.callee else { return CallTarget::default() };
        let mut target = CallTarget::default();
        if let Some(defined) = self.program.c_functions.get(&name) {
            let own = self.program.own_c_function(defined, self.unit_id);
            if let Some(own) = own {
                target.callees.push(*own);
            } else {
                let extern_ones =
                    defined.iter().filter(|func| !self.program.function(**func).1.modifiers.contains(Modifiers::STATIC));
                target.callees.extend(extern_ones.copied().take(MAX_CALLEES));
                // `static inline` of a header that the file includes: the only one of its name.
                if let ([only], true) = (defined.as_slice(), target.callees.is_empty()) {
                    target.callees.push(*only);
                }
            }
        }
        if target.callees.is_empty() {
            target.model = self.lookup.c_function(name, call.args.len());
        }
        target
    }

    pub(super) fn java_target(&mut self, call: &Call) -> CallTarget {
        let arity = call.args.len();
        let arg_types: SmallVec<[TyId; 6]> = call.args.iter().map(|arg| self.operand(arg)).collect();
        let mut target = CallTarget::default();
        match &call.callee {
            Callee::Constructor(ty) => {
                let ty = self.names.resolve(*ty);
                let Some(owner) = ty.name() else { return target };
                target.owner = Some(owner);
                if let Some(class) = self.program.class(owner) {
                    let init = Symbol::new("<init>");
                    let found: Vec<FuncId> = self.program.classes[class].methods.get(&init).cloned().unwrap_or_default();
                    let found = found.into_iter().filter(|func| self.program.accepts(*func, arity)).collect();
                    target.callees = self.overloads(found, &arg_types).into();
                    if target.callees.is_empty() {
                        target.model = self.lookup.method(Some(owner), Symbol::new("<init>"), &arg_types);
                    }
                } else {
                    target.model = self.lookup.method(Some(owner), Symbol::new("<init>"), &arg_types);
                }
            }
            Callee::Method { name, owner } => {
                let mut kind = call.kind;
                let owner = if *owner == TyId::UNKNOWN {
                    call.receiver.as_ref().map(|receiver| self.operand(receiver)).and_then(|ty| self.class_of(ty))
                } else {
                    let written = self.names.resolve(*owner).name();
                    match written.and_then(|written| self.field_as_owner(written)) {
                        Some(field) => {
                            kind = CallKind::Virtual;
                            Some(field)
                        }
                        None => written,
                    }
                };
                match (owner, kind) {
                    (None, CallKind::Unqualified) => self.unqualified(&mut target, *name, &arg_types),
                    (Some(owner), kind) => self.qualified(&mut target, owner, *name, &arg_types, kind),
                    (None, _) => target.model = self.lookup.method(None, *name, &arg_types),
                }
            }
            Callee::Function(_) | Callee::Value(_) => {}
        }
        target.callees.sort_unstable();
        target
    }

    /// `pkg.Type.FIELD.method()`: what one file takes for a nested type may be a static field of another file's class.
    pub(super) fn field_as_owner(&mut self, written: Symbol) -> Option<Symbol> {
        if self.program.class(written).is_some() || self.models.types.contains_key(&written) {
            return None;
        }
        let (class, field) = written.as_str().rsplit_once('.')?;
        let class = self.names.name(Symbol::new(class));
        let (_, ty, _) = self.program.find_field(class, Symbol::new(field), self.models)?;
        ty.name()
    }

    pub(super) fn class_of(&self, ty: TyId) -> Option<Symbol> {
        match ty.get() {
            Ty::Named { name, .. } => Some(*name),
            Ty::Array(..) => Some(Symbol::new("java.lang.Object")),
            _ => None,
        }
    }

    fn qualified(&mut self, target: &mut CallTarget, owner: Symbol, name: Symbol, args: &[TyId], kind: CallKind) {
        target.owner = Some(owner);
        if let Some(class) = self.program.class(owner) {
            let found = self.program.find_methods(class, name, args.len());
            let mut found = self.overloads(found, args);
            if kind == CallKind::Virtual {
                self.add_overriding(class, name, args, &mut found);
            }
            // Abstract and interface methods have no body to follow.
            found.retain(|func| self.program.has_body(*func));
            found.truncate(MAX_CALLEES);
            target.callees = found.into();
        }
        if target.callees.is_empty() {
            target.model = self.lookup.method(Some(owner), name, args);
        }
    }

    fn unqualified(&mut self, target: &mut CallTarget, name: Symbol, args: &[TyId]) {
        let mut class = self.enclosing_class();
        let own = class;
        while let Some(id) = class {
            let found = self.program.find_methods(id, name, args.len());
            if !found.is_empty() {
                let owner = self.program.classes[id].name;
                self.qualified(target, owner, name, args, CallKind::Virtual);
                return;
            }
            class = self.program.classes[id].outer;
        }
        for import in self.unit.imports.iter().filter(|import| import.is_static) {
            let owner = if import.wildcard {
                Some(import.name)
            } else {
                import
                    .name
                    .as_str()
                    .rsplit_once('.')
                    .filter(|(_, member)| *member == name.as_str())
                    .map(|(owner, _)| Symbol::new(owner))
            };
            let Some(owner) = owner else { continue };
            let mut attempt = CallTarget::default();
            self.qualified(&mut attempt, owner, name, args, CallKind::Static);
            if !attempt.callees.is_empty() || attempt.model.is_some() {
                *target = attempt;
                return;
            }
        }
        // An inherited library method: of this class or an outer one.
        let mut class = own;
        while let Some(id) = class {
            let owner = self.program.classes[id].name;
            target.owner.get_or_insert(owner);
            target.model = self.lookup.method(Some(owner), name, args);
            if target.model.is_some() {
                target.owner = Some(owner);
                return;
            }
            class = self.program.classes[id].outer;
        }
    }

    /// Methods of subclasses that override, breadth first in class order.
    fn add_overriding(&self, class: ClassId, name: Symbol, args: &[TyId], found: &mut Vec<FuncId>) {
        let mut queue = self.program.classes[class].subs.clone();
        let mut next = 0;
        while let Some(&sub) = queue.get(next) {
            next += 1;
            if next > 64 || found.len() > MAX_CALLEES {
                return;
            }
            let own = &self.program.classes[sub];
            let candidates: Vec<FuncId> = own
                .methods
                .get(&name)
                .into_iter()
                .flatten()
                .copied()
                .filter(|func| self.program.accepts(*func, args.len()))
                .collect();
            for func in self.overloads(candidates, args) {
                if !found.contains(&func) {
                    found.push(func);
                }
            }
            queue.extend(own.subs.iter().copied());
        }
    }

    /// Of methods that take so many arguments, those whose parameter types fit best.
    fn overloads(&self, mut found: Vec<FuncId>, args: &[TyId]) -> Vec<FuncId> {
        // A class of the program is never passed for one that it does not extend: a library's superclass has the method meant.
        let own = |name: Symbol| self.program.class(name).is_some();
        found.retain(|func| {
            let (unit, function) = self.program.function(*func);
            args.iter().zip(&function.params).all(|(arg, param)| match (arg.name().filter(|arg| own(*arg)), param.ty.name()) {
                (Some(arg), Some(written)) if arg.simple_name() != written.simple_name() => {
                    let param = self.program.resolve_name(unit, written, self.models).filter(|param| own(*param));
                    param.is_none_or(|param| self.program.is_subtype(arg, param, self.models))
                }
                _ => true,
            })
        });
        if found.len() < 2 {
            return found;
        }
        let score = |func: FuncId| -> i32 {
            let params = &self.program.function(func).1.params;
            args.iter()
                .zip(params)
                .map(|(arg, param)| match (arg.get(), param.ty.get()) {
                    (Ty::Unknown, _) | (_, Ty::Unknown) => 0,
                    (a, b) if a == b => 4,
                    (Ty::Named { name: a, .. }, Ty::Named { name: b, .. }) => {
                        if a.simple_name() == b.simple_name() {
                            4
                        } else if self.program.is_subtype(*a, *b, self.models) {
                            3
                        } else if b.simple_name() == "Object" || b.simple_name().len() == 1 {
                            1
                        } else {
                            -2
                        }
                    }
                    (
                        Ty::Int { .. } | Ty::Char { .. } | Ty::Float { .. },
                        Ty::Int { .. } | Ty::Char { .. } | Ty::Float { .. },
                    ) => 2,
                    (Ty::Named { .. }, Ty::Int { .. } | Ty::Bool | Ty::Char { .. } | Ty::Float { .. } | Ty::Array(..)) => -3,
                    (Ty::Int { .. } | Ty::Bool | Ty::Char { .. } | Ty::Float { .. }, Ty::Named { name, .. }) => {
                        if name.as_str() == "java.lang.String" { -3 } else { 0 }
                    }
                    (Ty::Array(..), Ty::Array(..)) => 3,
                    _ => -1,
                })
                .sum()
        };
        let best = found.iter().map(|func| score(*func)).max().unwrap_or_default();
        found.into_iter().filter(|func| score(*func) == best).collect()
    }
}
