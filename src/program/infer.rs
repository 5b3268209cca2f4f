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
    BinOp, Body, BodyRef, Call, CallId, Callee, Const, FuncIdx, Function, Language, LocalId, LocalKind, Operand, PlaceBase,
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
    /// Lambdas it makes and C functions whose address it takes: analysed before it.
    pub made: Vec<FuncId>,
    /// Whether it calls what is declared or modelled as never coming back (C).
    pub stops: bool,
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

pub(super) fn infer_unit(program: &Program, unit_id: UnitId, rules: &RuleSet) -> Vec<FunctionTypes> {
    let unit = &program.units[unit_id];
    let bodies: IndexVec<FuncIdx, Option<BodyRef<'_>>> = unit.functions.iter().map(Function::body).collect();
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
        if let Some(Some(body)) = bodies.get(func) {
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

pub(super) struct Inference<'a, 'p> {
    pub(super) program: &'p Program,
    pub(super) unit: &'p Unit,
    pub(super) unit_id: UnitId,
    pub(super) function: &'p Function,
    pub(super) body: &'p Body,
    pub(super) models: &'p Models,
    pub(super) names: &'a mut NameScope<'p>,
    pub(super) lookup: &'a mut ModelLookup<'p>,
    pub(super) captured: &'a mut FastMap<FuncId, Vec<TyId>>,
    pub(super) types: &'a mut FunctionTypes,
    /// How often each local is assigned.
    pub(super) writes: IndexVec<LocalId, u8>,
}

impl Inference<'_, '_> {
    fn run(&mut self, id: FuncId) {
        for local in &self.body.locals {
            let ty = self.names.resolve(local.ty);
            self.types.locals.push(ty);
        }
        if !self.program.handed.is_empty() {
            for param in &self.function.params {
                if let (Some(ty), Some(slot)) =
                    (self.program.handed.get(&(id, param.local)), self.types.locals.get_mut(param.local))
                {
                    *slot = *ty;
                }
            }
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
            let written = match &stmt.kind {
                StmtKind::Assign(dst, _) => Some(*dst),
                StmtKind::Call(call) => self.body.calls.get(*call).and_then(|call| call.dst),
                _ => None,
            };
            if let Some(count) = written.and_then(|dst| writes.get_mut(dst)) {
                *count = count.saturating_add(1);
            }
        }
        self.writes = writes;
        for stmt in &self.body.stmts {
            match &stmt.kind {
                StmtKind::Assign(dst, rvalue) => {
                    if let Rvalue::Use(operand) | Rvalue::Cast(_, operand) = rvalue {
                        self.note_function(operand);
                    }
                    self.assign(*dst, rvalue);
                }
                StmtKind::Call(call) => self.call(*call),
                StmtKind::Store(_, operand) => self.note_function(operand),
                _ => {}
            }
        }
        for call in &self.body.calls {
            call.args.iter().for_each(|arg| self.note_function(arg));
        }
        self.types.made.sort_unstable();
        self.types.made.dedup();
    }

    /// The address of a C function.
    fn note_function(&mut self, operand: &Operand) {
        if let Operand::Const(Const::Func(name)) = operand
            && let Some(func) = self.program.c_function(*name, self.unit)
        {
            self.types.made.push(func);
        }
    }

    fn set(&mut self, local: LocalId, ty: TyId) {
        if let Some(slot) = self.types.locals.get_mut(local)
            && *slot == TyId::UNKNOWN
        {
            *slot = ty;
        }
    }

    pub(super) fn local(&self, local: LocalId) -> TyId {
        self.types.locals.get(local).copied().unwrap_or(TyId::UNKNOWN)
    }

    pub(super) fn operand(&self, operand: &Operand) -> TyId {
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
            match rvalue {
                Rvalue::Use(operand) => self.narrow(dst, self.operand(operand)),
                Rvalue::Load(place) if self.program.narrowed_fields => {
                    let ty = self.place(*place);
                    self.narrow(dst, ty);
                }
                _ => {}
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
            && self.body.locals.get(dst).is_some_and(|local| matches!(local.kind, LocalKind::User | LocalKind::Temp))
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
                (Proj::Field(name), Ty::Named { .. } | Ty::Record { .. }) if self.unit.language == Language::C => {
                    self.program.member(self.unit, ty, *name).map_or(TyId::UNKNOWN, |(ty, _)| ty)
                }
                (Proj::Field(name), Ty::Named { name: class, .. }) => self
                    .program
                    .find_field(*class, *name, self.models)
                    .map(|(_, ty, _)| ty)
                    .or_else(|| self.model_field(*class, *name))
                    .unwrap_or(TyId::UNKNOWN),
                (Proj::Field(name), Ty::Array(..)) if name.as_str() == "length" => TyId::INT,
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

    pub(super) fn enclosing_class(&self) -> Option<ClassId> {
        let owner = self.unit.types.get(self.function.owner?)?;
        self.program.class(owner.name)
    }

    fn call(&mut self, id: CallId) {
        let Some(call) = self.body.calls.get(id) else { return };
        let target = if self.unit.language == Language::C { self.c_target(call) } else { self.java_target(call) };
        if let (Callee::Function(name), true) = (&call.callee, target.callees.is_empty()) {
            let model = target.model.and_then(|hit| self.models.model(hit.name, hit.index));
            self.types.stops |= self.program.no_return.stops(&[], *name) || model.is_some_and(|model| model.noreturn);
        }
        let ret = self.return_type(call, &target);
        if let Some(dst) = call.dst {
            self.set(dst, ret);
            self.narrow(dst, ret);
        }
        if let Some(slot) = self.types.calls.get_mut(id) {
            *slot = target;
        }
    }

    fn return_type(&mut self, call: &Call, target: &CallTarget) -> TyId {
        if let Callee::Constructor(ty) = call.callee {
            let made = self.names.resolve(ty);
            // A model may tell apart what wraps something particular.
            let told = target.model.and_then(|hit| self.models.model(hit.name, hit.index)).map(|model| model.returns);
            return match told {
                Some(ReturnType::Named(name)) => self.lookup.type_of(name),
                _ => made,
            };
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
