//! Which texts that mapper statements paste can only be texts that the program itself writes: the pasted property is a
//! field, and everything that is ever stored there is a literal, on whatever way through setters and constructors.
//!
//! What copies properties by reflection is not seen, except for handlers' parameters, statements' results and class
//! literals, whose objects others fill. Must not know the engine's values, or findings.

use super::pastes::{Fragments, mappers, name_in_statement, path_of};
use super::{FuncId, Program};
use crate::base::{FastMap, FastSet, FileSpan, Symbol};
use crate::ir::{BinOp, Body, CallId, Callee, Const, Language, LocalId, LocalKind, Modifiers, Operand, Place, PlaceBase};
use crate::ir::{Proj, Rvalue, StmtKind, Ty, TyId};
use crate::rules::RuleSet;

/// Parameters that are handed on further than this are anything.
const MAX_DEPTH: usize = 16;
const STATEMENTS: &[&str] = &["select", "insert", "update", "delete", "statement", "procedure"];

/// A place where a statement pastes, and its expression.
type Key = (FileSpan, Symbol);
/// A function, and what it stores in a field of which class, if that is known.
type Stored = (FuncId, Option<Symbol>, Operand);

/// Of the wanted pastes those that can only be texts of the program. Work is proportional to the program's statements.
#[must_use]
pub fn fixed_pastes(program: &Program, rules: &RuleSet, wanted: &FastSet<Key>) -> FastSet<Key> {
    let mut given: FastMap<Key, Option<FastSet<Symbol>>> = FastMap::default();
    for mapper in mappers(program) {
        let fragments: Fragments<'_> = mapper
            .root
            .elements()
            .filter(|it| it.name == "sql")
            .filter_map(|it| Some((it.attribute("id")?.value.as_str(), it)))
            .collect();
        for statement in mapper.root.elements().filter(|it| STATEMENTS.contains(&it.name.as_str())) {
            mapper.pasted(statement, &fragments, &mut |expression, span| {
                let key = (FileSpan { file: mapper.file, span }, Symbol::new(expression));
                if !wanted.contains(&key) {
                    return;
                }
                let id = statement.attribute("id").map(|it| it.value.as_str()).unwrap_or_default();
                let ty = ["parameterType", "parameterClass"].iter().find_map(|name| statement.attribute(name));
                let ty = ty.map(|it| Symbol::new(&it.value)).filter(|ty| program.class(*ty).is_some());
                let classes = match ty {
                    Some(class) => Some(std::iter::once(class).collect()),
                    None => classes_given(program, rules, (mapper.namespace, id), path_of(expression)),
                };
                // A fragment is of every statement that includes it.
                given
                    .entry(key)
                    .and_modify(|known| match (known.as_mut(), &classes) {
                        (Some(known), Some(more)) => known.extend(more.iter().copied()),
                        _ => *known = None,
                    })
                    .or_insert(classes);
            });
        }
    }
    let property = |key: &Key| Symbol::new(path_of(key.1.as_str()).rsplit('.').next().unwrap_or_default());
    let given: Vec<(Key, FastSet<Symbol>)> = given.into_iter().filter_map(|(key, classes)| Some((key, classes?))).collect();
    if given.is_empty() {
        return FastSet::default();
    }
    let mut fields = Fields::new(program, given.iter().map(|(key, _)| property(key)).collect());
    let held = given.into_iter().filter(|(key, classes)| {
        let name = property(key);
        let mut candidates = reachable(program, classes).into_iter().filter(|class| declares(program, *class, name)).peekable();
        candidates.peek().is_some() && candidates.all(|class| fields.is_fixed(class, name))
    });
    held.map(|(key, _)| key).collect()
}

fn declares(program: &Program, class: Symbol, field: Symbol) -> bool {
    program.class(class).is_some_and(|class| program.classes[class].fields.contains_key(&field))
}

/// The classes whose objects a statement's method is given; `None`: not all of them are the program's, or it is the
/// parameter itself that is pasted.
fn classes_given(program: &Program, rules: &RuleSet, (namespace, id): (&str, &str), path: &str) -> Option<FastSet<Symbol>> {
    let interface = program.class(Symbol::new(namespace))?;
    let methods = program.classes[interface].methods.get(&Symbol::new(id))?;
    let mut classes = FastSet::default();
    for method in methods {
        let (unit, function) = program.function(*method);
        for param in &function.params {
            let models = Program::models(unit, rules);
            let names = names_in(param.ty).into_iter().filter_map(|name| program.resolve_name(unit, name, models));
            let own: Vec<Symbol> = names.filter(|name| program.class(*name).is_some()).collect();
            classes.extend(own.iter().copied());
            let pasted_itself = name_in_statement(param).as_str() == path.split('.').next().unwrap_or_default();
            if pasted_itself && own.is_empty() {
                return None;
            }
        }
    }
    (!classes.is_empty()).then_some(classes)
}

/// A type's name and those of its arguments and elements.
fn names_in(ty: TyId) -> Vec<Symbol> {
    match ty.get() {
        Ty::Named { name, args } => std::iter::once(*name).chain(args.iter().flat_map(|arg| names_in(*arg))).collect(),
        Ty::Array(of, _) => names_in(*of),
        _ => Vec::new(),
    }
}

/// Classes of the program whose objects can be come to from objects of the given ones.
fn reachable(program: &Program, from: &FastSet<Symbol>) -> FastSet<Symbol> {
    let mut queue: Vec<Symbol> = from.iter().copied().collect();
    let mut seen: FastSet<Symbol> = from.clone();
    while let Some(class) = queue.pop().and_then(|name| program.class(name)) {
        let class = &program.classes[class];
        let of_fields = class.fields.values().flat_map(|(ty, _)| names_in(*ty));
        let subs = class.subs.iter().map(|sub| program.classes[*sub].name);
        for next in of_fields.chain(class.supers.iter().copied()).chain(subs) {
            if program.class(next).is_some() && seen.insert(next) {
                queue.push(next);
            }
        }
    }
    seen
}

/// What the program stores in fields of some names, and who calls whom.
struct Fields<'p> {
    program: &'p Program,
    stores: FastMap<Symbol, Vec<Stored>>,
    callers: FastMap<FuncId, Vec<(FuncId, CallId)>>,
    /// Methods that some reference names, and those that calls on receivers of unknown type may mean, with the number
    /// of arguments: who calls them is not known.
    referred: FastSet<Symbol>,
    loose: FastSet<(Symbol, usize)>,
    lambdas: FastSet<FuncId>,
    /// Classes whose objects others fill, and simple names of class literals.
    filled: FastSet<Symbol>,
    literals: FastSet<&'static str>,
    /// Parameters that the present question has come to: a call of itself hands on what others gave.
    seen: FastSet<(FuncId, LocalId)>,
}

impl<'p> Fields<'p> {
    fn new(program: &'p Program, names: FastSet<Symbol>) -> Fields<'p> {
        let mut fields = Fields {
            program,
            stores: FastMap::default(),
            callers: FastMap::default(),
            referred: FastSet::default(),
            loose: FastSet::default(),
            lambdas: FastSet::default(),
            filled: FastSet::default(),
            literals: FastSet::default(),
            seen: FastSet::default(),
        };
        let mut outside: FastSet<Symbol> = FastSet::default();
        #[expect(clippy::iter_over_hash_type, reason = "a set is filled: the order makes no difference")]
        for (func, sources) in &program.entries {
            let (_, function) = program.function(*func);
            let types = program.types.get(*func);
            for param in sources.iter().filter_map(|source| function.params.get(source.param)) {
                let inferred = types.and_then(|types| types.locals.get(param.local)).copied();
                outside.extend(names_in(inferred.unwrap_or(param.ty)));
            }
        }
        for mapper in mappers(program) {
            for element in mapper.root.elements() {
                let attributes = ["resultType", "resultClass", "type", "class"].iter().filter_map(|name| element.attribute(name));
                outside.extend(attributes.map(|it| Symbol::new(&it.value)));
            }
        }
        outside.retain(|name| program.class(*name).is_some());
        fields.filled = reachable(program, &outside);
        for func in program.functions.indices() {
            if program.function(func).0.language != Language::C {
                fields.read(func, &names);
            }
        }
        fields
    }

    /// Takes what a function calls and stores.
    fn read(&mut self, func: FuncId, names: &FastSet<Symbol>) {
        let program = self.program;
        let (Some(body), Some(types)) = (program.body(func), program.types.get(func)) else { return };
        self.lambdas.extend(types.made.iter().copied());
        for ((id, call), target) in body.calls.iter_enumerated().zip(&types.calls) {
            for callee in &target.callees {
                self.callers.entry(*callee).or_default().push((func, id));
            }
            let unknown = target.callees.is_empty() && target.owner.is_none_or(|owner| program.class(owner).is_some());
            if let (true, Callee::Method { name, .. }) = (unknown, &call.callee) {
                self.loose.insert((*name, call.args.len()));
            }
            call.args.iter().for_each(|arg| self.literal(arg));
        }
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Assign(_, Rvalue::MethodRef { name, .. }) => {
                    self.referred.insert(*name);
                }
                StmtKind::Assign(_, Rvalue::Use(operand)) => self.literal(operand),
                StmtKind::Store(place, operand) => {
                    let Some(place) = body.places.get(*place) else { continue };
                    let Some(Proj::Field(name)) =
                        place.proj.last().filter(|it| matches!(it, Proj::Field(name) if names.contains(name)))
                    else {
                        continue;
                    };
                    let class = self.class_of(func, place, *name);
                    self.stores.entry(*name).or_default().push((func, class, operand.clone()));
                }
                _ => {}
            }
        }
    }

    fn literal(&mut self, operand: &Operand) {
        if let Operand::Const(Const::Class(ty)) = operand {
            self.literals.extend(ty.name().map(|name| name.simple_name()));
        }
    }

    /// The class that declares the field of a place; `None`: unknown.
    fn class_of(&self, func: FuncId, place: &Place, field: Symbol) -> Option<Symbol> {
        let program = self.program;
        let base = match (&place.base, place.proj.len()) {
            (PlaceBase::Local(local), 1) => program.types.get(func)?.locals.get(*local)?.name()?,
            (PlaceBase::Inherited, 1) => program.owner_name(func)?,
            _ => return None,
        };
        let mut queue = vec![base];
        while let Some(class) = queue.pop() {
            if declares(program, class, field) {
                return Some(class);
            }
            queue.extend(program.classes[program.class(class)?].supers.iter().filter(|it| program.class(**it).is_some()));
            if queue.len() > MAX_DEPTH {
                return None;
            }
        }
        None
    }

    fn is_fixed(&mut self, class: Symbol, field: Symbol) -> bool {
        if self.filled.contains(&class) || self.literals.contains(class.simple_name()) {
            return false;
        }
        self.seen.clear();
        let stores = self.stores.get(&field).cloned().unwrap_or_default();
        stores
            .iter()
            .filter(|(_, of, _)| of.is_none_or(|of| of == class))
            .all(|(func, _, operand)| self.operand(*func, operand, 0))
    }

    fn operand(&mut self, func: FuncId, operand: &Operand, depth: usize) -> bool {
        match operand {
            Operand::Const(constant) => !matches!(constant, Const::Unknown),
            Operand::Local(_) if depth > MAX_DEPTH => false,
            Operand::Local(local) => {
                let program = self.program;
                program.body(func).is_some_and(|body| self.local(func, &body, *local, depth))
            }
        }
    }

    fn local(&mut self, func: FuncId, body: &Body, local: LocalId, depth: usize) -> bool {
        let Some(kind) = body.locals.get(local).map(|it| it.kind) else { return false };
        if body.calls.iter().any(|call| call.dst == Some(local)) {
            return false;
        }
        let mut values = body.stmts.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Assign(to, value) if *to == local => Some(value),
            _ => None,
        });
        let is_param = kind == LocalKind::Param;
        if !is_param && (kind == LocalKind::Captured || values.clone().next().is_none()) {
            return false;
        }
        let fixed = values.all(|value| match value {
            Rvalue::Use(operand) | Rvalue::Cast(_, operand) => self.operand(func, operand, depth + 1),
            Rvalue::Binary(BinOp::Concat | BinOp::Add, a, b) => {
                self.operand(func, a, depth + 1) && self.operand(func, b, depth + 1)
            }
            _ => false,
        });
        fixed && (!is_param || self.param(func, local, depth))
    }

    /// Whether every call in the program hands a parameter such texts.
    fn param(&mut self, func: FuncId, local: LocalId, depth: usize) -> bool {
        if !self.seen.insert((func, local)) {
            return true;
        }
        let program = self.program;
        let function = program.function(func).1;
        let Some(at) = function.params.iter().position(|param| param.local == local) else { return false };
        let loose = self.loose.contains(&(function.name, function.params.len()))
            || self.referred.contains(&function.name)
            || self.lambdas.contains(&func);
        if loose || function.modifiers.contains(Modifiers::VARARGS) {
            return false;
        }
        let callers = self.callers.get(&func).cloned().unwrap_or_default();
        callers.into_iter().all(|(caller, call)| {
            let Some(body) = program.body(caller) else { return false };
            let arg = body.calls.get(call).and_then(|call| call.args.get(at)).cloned();
            arg.is_some_and(|arg| self.operand(caller, &arg, depth + 1))
        })
    }
}
