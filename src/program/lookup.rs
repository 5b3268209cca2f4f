//! Which model fits a call. Must not know bodies.

use super::{ModelHit, Program};
use crate::base::{FastMap, Symbol};
use crate::ir::{Ty, TyId};
use crate::rules::{ApiModel, Models};

/// Looks models up, with a memory of what was asked; one a unit.
pub(super) struct ModelLookup<'p> {
    program: &'p Program,
    models: &'p Models,
    known: FastMap<(Option<Symbol>, Symbol, u8, bool), Option<ModelHit>>,
    types: FastMap<Symbol, TyId>,
    candidates: FastMap<Symbol, std::rc::Rc<[&'p ApiModel]>>,
}

impl<'p> ModelLookup<'p> {
    pub(super) fn new(program: &'p Program, models: &'p Models) -> Self {
        ModelLookup { program, models, known: FastMap::default(), types: FastMap::default(), candidates: FastMap::default() }
    }

    /// The model of a C function.
    pub(super) fn c_function(&mut self, name: Symbol, arity: usize) -> Option<ModelHit> {
        let arity = u8::try_from(arity).unwrap_or(u8::MAX);
        let models = self.models.calls.get(&name)?;
        let index = models.iter().position(|model| model.arity.is_none_or(|wanted| wanted == arity))?;
        Some(ModelHit { name, index: u16::try_from(index).ok()?, loose: false })
    }

    /// The model of a Java method on a class, or on an unknown one.
    pub(super) fn method(&mut self, owner: Option<Symbol>, name: Symbol, args: &[TyId]) -> Option<ModelHit> {
        let models = match self.candidates.get(&name) {
            Some(known) => known.clone(),
            None => {
                let found: std::rc::Rc<[&ApiModel]> = self.models.calls_named(name).collect();
                self.candidates.insert(name, found.clone());
                found
            }
        };
        if models.is_empty() {
            return None;
        }
        let arity = u8::try_from(args.len()).unwrap_or(u8::MAX);
        // Models that tell overloads apart by types are asked each time.
        let by_types = models.iter().any(|model| !model.params.is_empty());
        let key = (owner, name, arity, by_types);
        if !by_types && let Some(&hit) = self.known.get(&key) {
            return hit;
        }
        let fits = |model: &ApiModel| {
            model.arity.is_none_or(|wanted| wanted == arity)
                && (model.params.is_empty()
                    || model.params.len() == args.len()
                        && model.params.iter().zip(args).all(|(param, arg)| param_fits(*param, *arg)))
        };
        let mut hit = None;
        match owner {
            Some(owner) => {
                self.program.walk_supers(owner, self.models, |current| {
                    let found = models.iter().position(|model| model.owner == Some(current) && fits(model));
                    hit = found.and_then(|index| Some(ModelHit { name, index: u16::try_from(index).ok()?, loose: false }));
                    hit.is_some()
                });
                if hit.is_none() && name.as_str() != "<init>" {
                    let object = Symbol::new("java.lang.Object");
                    let found = models.iter().position(|model| model.owner == Some(object) && fits(model));
                    hit = found.and_then(|index| Some(ModelHit { name, index: u16::try_from(index).ok()?, loose: false }));
                }
            }
            None => {
                // The receiver may be anything that has a method of this name.
                let mut fitting = models.iter().enumerate().filter(|(_, model)| fits(model) && name.as_str() != "<init>");
                if let Some((index, first)) = fitting.next() {
                    let simple = first.owner.map(Symbol::simple_name);
                    if fitting.all(|(_, other)| other.owner.map(Symbol::simple_name) == simple) {
                        hit = u16::try_from(index).ok().map(|index| ModelHit { name, index, loose: true });
                    }
                }
            }
        }
        if !by_types {
            self.known.insert(key, hit);
        }
        hit
    }

    /// The type that a model's type name means: a class, a primitive, an array of either.
    pub(super) fn type_of(&mut self, name: Symbol) -> TyId {
        if let Some(&known) = self.types.get(&name) {
            return known;
        }
        let ty = parse_type(name.as_str());
        self.types.insert(name, ty);
        ty
    }
}

fn parse_type(text: &str) -> TyId {
    let text = text.trim();
    if let Some(element) = text.strip_suffix("[]") {
        return TyId::new(Ty::Array(parse_type(element), None));
    }
    if let Some(inner) = text.strip_suffix('*') {
        return TyId::new(Ty::Pointer(parse_type(inner)));
    }
    let int = |bits, signed| TyId::new(Ty::Int { bits, signed });
    match text {
        "void" => TyId::VOID,
        "boolean" | "bool" => TyId::BOOL,
        "byte" => int(8, true),
        "short" => int(16, true),
        "int" => TyId::INT,
        "long" | "ssize_t" | "off_t" => TyId::LONG,
        "unsigned" | "unsigned int" => int(32, false),
        "size_t" | "unsigned long" => int(64, false),
        "char" => TyId::JAVA_CHAR,
        "float" => TyId::new(Ty::Float { bits: 32 }),
        "double" => TyId::new(Ty::Float { bits: 64 }),
        "?" | "" => TyId::UNKNOWN,
        _ => match text.split_once('<') {
            Some((name, args)) => {
                let args = args.trim_end_matches('>').split(',').map(parse_type).collect();
                TyId::new(Ty::Named { name: Symbol::new(name.trim()), args })
            }
            None => TyId::named(Symbol::new(text)),
        },
    }
}

/// Whether an argument may be passed to a parameter of the named type; unknown types may.
fn param_fits(param: Symbol, arg: TyId) -> bool {
    let wanted = param.as_str();
    if wanted == "*" {
        return true;
    }
    match arg.get() {
        Ty::Unknown => true,
        Ty::Named { name, .. } => {
            name.as_str() == wanted || name.simple_name() == param.simple_name() || wanted == "java.lang.Object"
        }
        Ty::Array(..) => wanted.ends_with("[]"),
        Ty::Bool => wanted == "boolean",
        Ty::Char { .. } => matches!(wanted, "char" | "int"),
        Ty::Int { bits, .. } => match wanted {
            "int" => *bits <= 32,
            "long" => true,
            "short" | "byte" => *bits <= 16,
            _ => false,
        },
        Ty::Float { .. } => matches!(wanted, "double" | "float"),
        _ => false,
    }
}
