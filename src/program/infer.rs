//! Types of locals and targets of calls, one function at a time, in one pass over its statements.
//!
//! Temporaries are defined before they are used, so the pass needs no iteration. Must not know values.

use index_vec::IndexVec;
use smallvec::SmallVec;

use super::lookup::ModelLookup;
use super::resolve::NameScope;
use super::{ClassId, FuncId, Program, UnitId};
use crate::base::{FastMap, Symbol};
use crate::ir::{
    BinOp, Body, Call, CallId, CallKind, Callee, Const, Function, Language, LocalId, LocalKind, Modifiers, Operand, PlaceBase,
    PlaceId, Proj, Rvalue, StmtKind, Ty, TyId, Unit,
};
use crate::rules::{ApiModel, Models, ReturnType, RuleSet};

/// What inference found out about a function.
#[derive(Debug, Default)]
pub struct FunctionTypes {
    /// A type for each local, class names resolved; unknown where nothing tells.
    pub locals: IndexVec<LocalId, TyId>,
    /// Where each call goes.
    pub calls: IndexVec<CallId, CallTarget>,
    /// Lambdas it makes: analysed before it.
    pub made: Vec<FuncId>,
}

/// Where a call goes.
#[derive(Debug, Default, Clone)]
pub struct CallTarget {
    /// Functions of the program it may run: one, or the overriding methods; sorted.
    pub callees: SmallVec<[FuncId; 1]>,
    /// The library model that fits.
    pub model: Option<ModelHit>,
    /// The class the method is looked up in, resolved.
    pub owner: Option<Symbol>,
}

/// A model: its name and its place among the entries of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelHit {
    /// Key of `Models::calls`.
    pub name: Symbol,
    /// Index there.
    pub index: u16,
    /// Whether the receiver's type is not known and the name alone had to do.
    pub loose: bool,
}

/// More overriding methods than this are not followed one by one.
const MAX_CALLEES: usize = 6;

pub(super) fn infer_unit(program: &Program, unit_id: UnitId, rules: &RuleSet) -> Vec<FunctionTypes> {
    let unit = &program.units[unit_id];
    let models = Program::models(unit, rules);
    let mut names = NameScope::new(program, unit_id, models);
    let mut lookup = ModelLookup::new(program, models);
    // A lambda's captured locals take the types found for the enclosing function, which comes first.
    let mut captured: FastMap<FuncId, Vec<TyId>> = FastMap::default();
    let mut out = Vec::with_capacity(unit.functions.len());
    let mut order: Vec<_> = unit.functions.indices().collect();
    // Enclosing functions before their lambdas.
    order.sort_by_key(|func| (unit.functions[*func].enclosing.is_some(), func.raw()));
    let mut results: Vec<Option<FunctionTypes>> = unit.functions.iter().map(|_| None).collect();
    for func in order {
        let function = &unit.functions[func];
        let mut types = FunctionTypes::default();
        if let Some(body) = &function.body {
            let id = program.func_id(unit_id, func);
            let mut pass = Inference {
                program,
                unit,
                unit_id,
                function,
                body,
                models,
                names: &mut names,
                lookup: &mut lookup,
                captured: &mut captured,
                types: &mut types,
                writes: IndexVec::new(),
            };
            pass.run(id);
        }
        if let Some(slot) = results.get_mut(func.index()) {
            *slot = Some(types);
        }
    }
    out.extend(results.into_iter().map(Option::unwrap_or_default));
    out
}

struct Inference<'a, 'p> {
    program: &'p Program,
    unit: &'p Unit,
    unit_id: UnitId,
    function: &'p Function,
    body: &'p Body,
    models: &'p Models,
    names: &'a mut NameScope<'p>,
    lookup: &'a mut ModelLookup<'p>,
    captured: &'a mut FastMap<FuncId, Vec<TyId>>,
    types: &'a mut FunctionTypes,
    /// How often each local is assigned.
    writes: IndexVec<LocalId, u8>,
}

impl Inference<'_, '_> {
    fn run(&mut self, id: FuncId) {
        for local in &self.body.locals {
            let ty = self.names.resolve(local.ty);
            self.types.locals.push(ty);
        }
        if let Some(types) = self.captured.remove(&id) {
            let captured: Vec<LocalId> = self
                .body
                .locals
                .iter_enumerated()
                .filter(|(_, local)| local.kind == LocalKind::Captured)
                .map(|(id, _)| id)
                .collect();
            for (local, ty) in captured.into_iter().zip(types) {
                self.set(local, ty);
            }
        }
        self.types.calls = self.body.calls.iter().map(|_| CallTarget::default()).collect();
        let mut writes: IndexVec<LocalId, u8> = index_vec::index_vec![0; self.body.locals.len()];
        for stmt in &self.body.stmts {
            if let StmtKind::Assign(dst, _) = &stmt.kind
                && let Some(count) = writes.get_mut(*dst)
            {
                *count = count.saturating_add(1);
            }
        }
        self.writes = writes;
        for stmt in &self.body.stmts {
            match &stmt.kind {
                StmtKind::Assign(dst, rvalue) => self.assign(*dst, rvalue),
                StmtKind::Call(call) => self.call(*call),
                _ => {}
            }
        }
    }

    fn set(&mut self, local: LocalId, ty: TyId) {
        if let Some(slot) = self.types.locals.get_mut(local)
            && *slot == TyId::UNKNOWN
        {
            *slot = ty;
        }
    }

    fn local(&self, local: LocalId) -> TyId {
        self.types.locals.get(local).copied().unwrap_or(TyId::UNKNOWN)
    }

    fn operand(&self, operand: &Operand) -> TyId {
        match operand {
            Operand::Local(local) => self.local(*local),
            Operand::Const(constant) => match constant {
                Const::Bool(_) => TyId::BOOL,
                Const::Int(_, ty) => *ty,
                Const::Char(_) => TyId::JAVA_CHAR,
                Const::Str(_) if self.unit.language == Language::C => TyId::new(Ty::Pointer(TyId::C_CHAR)),
                Const::Str(_) => TyId::STRING,
                Const::Float(_) => TyId::new(Ty::Float { bits: 64 }),
                Const::Class(_) => TyId::named(Symbol::new("java.lang.Class")),
                Const::Null | Const::Func(_) | Const::Unknown => TyId::UNKNOWN,
            },
        }
    }

    fn assign(&mut self, dst: LocalId, rvalue: &Rvalue) {
        match rvalue {
            Rvalue::Lambda(func, captures) => {
                let id = self.program.func_id(self.unit_id, *func);
                let types = captures.iter().map(|local| self.local(*local)).collect();
                self.captured.insert(id, types);
                self.types.made.push(id);
                return;
            }
            Rvalue::MethodRef { ty, receiver, name } => {
                let owner = receiver.as_ref().map_or(*ty, |receiver| self.operand(receiver));
                let owner = self.names.resolve(owner);
                if let Some(class) = owner.name().and_then(|owner| self.program.class(owner))
                    && let Some(found) = self.program.classes[class].methods.get(name)
                    && let [only] = found.as_slice()
                {
                    self.types.made.push(*only);
                }
                return;
            }
            _ => {}
        }
        if self.local(dst) != TyId::UNKNOWN {
            if let Rvalue::Use(operand) = rvalue {
                self.narrow(dst, self.operand(operand));
            }
            return;
        }
        let ty = match rvalue {
            Rvalue::Use(operand) | Rvalue::Unary(_, operand) => self.operand(operand),
            Rvalue::Load(place) => self.place(*place),
            Rvalue::AddrOf(place) => match self.place(*place) {
                TyId::UNKNOWN => TyId::UNKNOWN,
                inner => TyId::new(Ty::Pointer(inner)),
            },
            Rvalue::Binary(BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge, ..)
            | Rvalue::InstanceOf(..) => {
                if self.unit.language == Language::C {
                    TyId::INT
                } else {
                    TyId::BOOL
                }
            }
            Rvalue::Binary(BinOp::Concat, ..) => TyId::STRING,
            Rvalue::Binary(op, a, b) => {
                let (a, b) = (self.operand(a), self.operand(b));
                match (op, a.get(), b.get()) {
                    (BinOp::Add, Ty::Named { name, .. }, _) | (BinOp::Add, _, Ty::Named { name, .. })
                        if name.as_str() == "java.lang.String" =>
                    {
                        TyId::STRING
                    }
                    (BinOp::Shl | BinOp::Shr | BinOp::UShr, ..) => a,
                    (_, Ty::Int { bits: x, .. }, Ty::Int { bits: y, .. }) => {
                        if y > x {
                            b
                        } else {
                            a
                        }
                    }
                    (_, Ty::Float { .. } | Ty::Pointer(_), _) => a,
                    (_, _, Ty::Float { .. } | Ty::Pointer(_)) => b,
                    (_, Ty::Int { .. }, _) => a,
                    (_, _, Ty::Int { .. }) => b,
                    (_, Ty::Char { .. }, _) | (_, _, Ty::Char { .. }) => TyId::INT,
                    _ => a,
                }
            }
            Rvalue::Cast(ty, _) => self.names.resolve(*ty),
            Rvalue::NewArray(ty, dims) => {
                let element = self.names.resolve(*ty);
                dims.iter().fold(element, |ty, _| TyId::new(Ty::Array(ty, None)))
            }
            Rvalue::ArrayLit(ty, _) => self.names.resolve(*ty),
            Rvalue::SizeOf(_) => TyId::new(Ty::Int { bits: 64, signed: false }),
            Rvalue::Lambda(..) | Rvalue::MethodRef { .. } | Rvalue::Opaque => TyId::UNKNOWN,
        };
        self.set(dst, ty);
    }

    /// A variable assigned once has the type of what it is assigned, where that is narrower than the declared one.
    fn narrow(&mut self, dst: LocalId, ty: TyId) {
        let (Some(declared), Some(given)) = (self.local(dst).name(), ty.name()) else { return };
        if self.writes.get(dst) == Some(&1)
            && declared != given
            && self.body.locals.get(dst).is_some_and(|local| local.kind == LocalKind::User)
            && self.program.is_subtype(given, declared, self.models)
            && let Some(slot) = self.types.locals.get_mut(dst)
        {
            *slot = ty;
        }
    }

    fn place(&mut self, place: PlaceId) -> TyId {
        let Some(place) = self.body.places.get(place) else { return TyId::UNKNOWN };
        let mut projections = place.proj.iter();
        let mut ty = match place.base {
            PlaceBase::Local(local) => self.local(local),
            PlaceBase::Static(ty) => self.names.resolve(ty),
            PlaceBase::Global(name) => {
                self.unit.globals.iter().find(|global| global.name == name).map_or(TyId::UNKNOWN, |global| global.ty)
            }
            PlaceBase::Inherited => {
                let Some(Proj::Field(name)) = projections.next() else { return TyId::UNKNOWN };
                self.inherited_field(*name)
            }
        };
        for step in projections {
            ty = match (step, ty.get()) {
                (Proj::Field(name), Ty::Named { name: class, .. }) => self
                    .program
                    .find_field(*class, *name, self.models)
                    .map(|(_, ty, _)| ty)
                    .or_else(|| self.model_field(*class, *name))
                    .unwrap_or(TyId::UNKNOWN),
                (Proj::Field(name), Ty::Array(..)) if name.as_str() == "length" => TyId::INT,
                (Proj::Field(name), Ty::Record { tag, .. }) => self
                    .unit
                    .types
                    .iter()
                    .find(|decl| decl.name == *tag)
                    .and_then(|decl| decl.fields.iter().find(|field| field.name == *name))
                    .map_or(TyId::UNKNOWN, |field| field.ty),
                (Proj::Index(_) | Proj::Deref, Ty::Array(element, _)) => *element,
                (Proj::Deref | Proj::Index(_), Ty::Pointer(inner)) => *inner,
                _ => TyId::UNKNOWN,
            };
        }
        ty
    }

    fn model_field(&mut self, class: Symbol, name: Symbol) -> Option<TyId> {
        let models = self.models.fields.get(&name)?;
        let model =
            models.iter().find(|model| model.owner.is_some_and(|owner| self.program.is_subtype(class, owner, self.models)))?;
        model.ty.map(|ty| self.lookup.type_of(ty))
    }

    fn inherited_field(&mut self, name: Symbol) -> TyId {
        let mut class = self.enclosing_class();
        while let Some(id) = class {
            if let Some((_, ty, _)) = self.program.find_field(self.program.classes[id].name, name, self.models) {
                return ty;
            }
            class = self.program.classes[id].outer;
        }
        TyId::UNKNOWN
    }

    fn enclosing_class(&self) -> Option<ClassId> {
        let owner = self.unit.types.get(self.function.owner?)?;
        self.program.class(owner.name)
    }

    fn call(&mut self, id: CallId) {
        let Some(call) = self.body.calls.get(id) else { return };
        let target = if self.unit.language == Language::C { self.c_target(call) } else { self.java_target(call) };
        let ret = self.return_type(call, &target);
        if let Some(dst) = call.dst {
            self.set(dst, ret);
        }
        if let Some(slot) = self.types.calls.get_mut(id) {
            *slot = target;
        }
    }

    fn c_target(&mut self, call: &Call) -> CallTarget {
        let Callee::Function(name) = call.callee else { return CallTarget::default() };
        let mut target = CallTarget::default();
        if let Some(defined) = self.program.c_functions.get(&name) {
            let own = defined.iter().find(|func| self.program.functions[**func].0 == self.unit_id);
            if let Some(own) = own {
                target.callees.push(*own);
            } else {
                let extern_ones =
                    defined.iter().filter(|func| !self.program.function(**func).1.modifiers.contains(Modifiers::STATIC));
                target.callees.extend(extern_ones.copied().take(MAX_CALLEES));
            }
        }
        if target.callees.is_empty() {
            target.model = self.lookup.c_function(name, call.args.len());
        }
        target
    }

    fn java_target(&mut self, call: &Call) -> CallTarget {
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
    fn field_as_owner(&mut self, written: Symbol) -> Option<Symbol> {
        if self.program.class(written).is_some() || self.models.types.contains_key(&written) {
            return None;
        }
        let (class, field) = written.as_str().rsplit_once('.')?;
        let class = self.names.name(Symbol::new(class));
        let (_, ty, _) = self.program.find_field(class, Symbol::new(field), self.models)?;
        ty.name()
    }

    fn class_of(&self, ty: TyId) -> Option<Symbol> {
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
            found.retain(|func| self.program.body(*func).is_some());
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
    fn overloads(&self, found: Vec<FuncId>, args: &[TyId]) -> Vec<FuncId> {
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

    fn return_type(&mut self, call: &Call, target: &CallTarget) -> TyId {
        if let Callee::Constructor(ty) = call.callee {
            return self.names.resolve(ty);
        }
        let receiver = call.receiver.as_ref().map_or(TyId::UNKNOWN, |receiver| self.operand(receiver));
        let program_method = target.callees.first().copied().or_else(|| {
            let Callee::Method { name, .. } = call.callee else { return None };
            let class = self.program.class(target.owner?)?;
            self.program.find_methods(class, name, call.args.len()).first().copied()
        });
        if let Some(func) = program_method {
            let (unit_id, _) = self.program.functions[func];
            let ret = self.program.function(func).1.ret;
            return if unit_id == self.unit_id {
                self.names.resolve(ret)
            } else if matches!(ret.get(), Ty::Named { .. } | Ty::Array(..)) {
                NameScope::new(self.program, unit_id, self.models).resolve(ret)
            } else {
                ret
            };
        }
        match target.model.and_then(|hit| self.models.model(hit.name, hit.index)) {
            Some(model) => self.model_return(model, receiver, call),
            None => TyId::UNKNOWN,
        }
    }

    fn model_return(&mut self, model: &ApiModel, receiver: TyId, call: &Call) -> TyId {
        match model.returns {
            ReturnType::Unknown => TyId::UNKNOWN,
            ReturnType::This => receiver,
            ReturnType::Arg(index) => call.args.get(usize::from(index)).map_or(TyId::UNKNOWN, |arg| self.operand(arg)),
            ReturnType::TypeArg(index) => match receiver.get() {
                Ty::Named { args, .. } => args.get(usize::from(index)).copied().unwrap_or(TyId::UNKNOWN),
                _ => TyId::UNKNOWN,
            },
            ReturnType::Named(name) => {
                let ty = self.lookup.type_of(name);
                // `list.iterator()`, `map.entrySet()`: the element types stay with the view.
                match (ty.get(), receiver.get()) {
                    (Ty::Named { name, args }, Ty::Named { args: own, .. })
                        if args.is_empty() && !own.is_empty() && name.as_str().starts_with("java.util.") =>
                    {
                        TyId::new(Ty::Named { name: *name, args: own.clone() })
                    }
                    _ => ty,
                }
            }
        }
    }
}
