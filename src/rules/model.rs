//! Compiled models of libraries: what a call gives, takes, clears, opens and closes. Must not know YAML.

use crate::base::{FastMap, Symbol};

bitflags::bitflags! {
    /// Kinds of input that taint carries.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
    pub struct SourceKinds: u16 {
        /// An HTTP request.
        const WEB = 1;
        /// A file's contents, standard input.
        const FILE = 1 << 1;
        /// A database.
        const DB = 1 << 2;
        /// Environment, system properties, program arguments.
        const ENV = 1 << 3;
        /// A network connection that is not a request.
        const SOCKET = 1 << 4;
        /// Secrets: passwords, keys, personal data (a source for exposure rules).
        const SECRET = 1 << 5;
        /// Details of the system: exception texts, paths, versions (a source for exposure rules).
        const SYSTEM = 1 << 6;
        /// Output of a predictable random generator.
        const RANDOM = 1 << 7;
        /// DNS look-ups, a client's claims about itself (headers, cookies), for decisions.
        const CLAIM = 1 << 8;
        /// Any number: output of a generator that nobody predicts.
        const ARBITRARY = 1 << 9;
        /// An attribute of a page of which nobody in view says where it comes from.
        const PAGE = 1 << 10;
        /// A cipher, digest or protocol that is broken: no input, but followed like one to where it is put to use.
        const WEAK_ALGORITHM = 1 << 11;
        /// What a method is given whose callers are not in view.
        const CALLER = 1 << 12;
    }
}

/// A slot of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// The receiver; in C nothing.
    This,
    /// An argument, from 0.
    Arg(u8),
    /// All arguments from this one on.
    Rest(u8),
    /// The result; for a constructor the new object.
    Return,
}

/// Data passes from a slot to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flow {
    /// From.
    pub from: Slot,
    /// To.
    pub to: Slot,
    /// Of the slot itself, or of its contents (elements, pointee).
    pub access: Access,
}

/// What of a slot flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Value to value.
    Value,
    /// Value into the target's contents: `list.add(x)`.
    IntoElement,
    /// The source's contents to the value: `list.get(i)`.
    FromElement,
    /// Contents to contents: `addAll`, `memcpy`.
    Elements,
}

/// What a modelled call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnType {
    /// Not said.
    Unknown,
    /// A class, or a primitive by its Java name.
    Named(Symbol),
    /// The receiver itself: builders.
    This,
    /// An argument itself.
    Arg(u8),
    /// The receiver's n-th type argument: `List<T>.get`.
    TypeArg(u8),
}

/// A size in a buffer fact, over a C call's arguments.
#[derive(Debug, Clone, PartialEq)]
pub enum SizeExpr {
    /// A number of bytes.
    Const(i64),
    /// An argument's value.
    Arg(u8),
    /// The length of the string at an argument, terminator left out.
    StrLen(u8),
    /// The bytes of the object at an argument.
    SizeOf(u8),
    /// What a printf format at an argument prints at most, terminator left out.
    Format(u8),
    /// Sum.
    Add(Box<SizeExpr>, Box<SizeExpr>),
    /// Product.
    Mul(Box<SizeExpr>, Box<SizeExpr>),
    /// The smaller.
    Min(Box<SizeExpr>, Box<SizeExpr>),
}

/// A C call reads or writes so many bytes at an argument.
#[derive(Debug, Clone, PartialEq)]
pub struct BufferFact {
    /// The pointer argument.
    pub arg: u8,
    /// How many bytes from it.
    pub size: SizeExpr,
    /// Whether it writes.
    pub writes: bool,
    /// Whether a terminator is written within the size.
    pub terminates: bool,
}

/// The model of one method, constructor or function.
#[derive(Debug, Clone)]
pub struct ApiModel {
    /// Java: the class that declares it; `None` for C.
    pub owner: Option<Symbol>,
    /// Its name; `<init>` for a constructor.
    pub name: Symbol,
    /// Only with so many arguments.
    pub arity: Option<u8>,
    /// Only with these declared parameter types (simple or qualified names; `*` fits any); empty: any.
    pub params: Vec<Symbol>,
    /// Result type.
    pub returns: ReturnType,
    /// `Some(true)`: the result may be null and must be checked; `Some(false)`: never null.
    pub may_return_null: Option<bool>,
    /// What becomes tainted by it.
    pub sources: Vec<(Slot, SourceKinds)>,
    /// What the result is where an argument is a constant that fits, in place of what `sources` says.
    pub source_if: Option<SourceIf>,
    /// Sink kinds of its slots.
    pub sinks: Vec<(Slot, Symbol)>,
    /// Kinds of sanitizing the result has undergone.
    pub clears: Vec<Symbol>,
    /// Flows. `None`: the default for unmodelled calls (receiver and arguments to the result).
    pub flows: Option<Vec<Flow>>,
    /// An operation the engine evaluates on constants and containers: `string.substring`, `map.put`; see docs/engine.md.
    pub op: Option<Symbol>,
    /// The result, or for C an out-parameter, is a resource of a kind.
    pub acquires: Option<(Slot, Symbol)>,
    /// A slot's resource of a kind is released.
    pub releases: Vec<(Slot, Symbol)>,
    /// The result must be looked at: 0, -1, EOF … mean failure.
    pub must_check: bool,
    /// Does not return.
    pub noreturn: bool,
    /// Slots that must not be null.
    pub requires_nonnull: Vec<Slot>,
    /// Bytes read and written, C.
    pub buffers: Vec<BufferFact>,
    /// Arguments that point to a terminated string afterwards, C; also where the bytes written are not known (`gets`).
    pub terminates: Vec<u8>,
    /// Size of the memory it returns, C.
    pub allocates: Option<SizeExpr>,
    /// The result is a count of at most so much, C.
    pub most: Option<SizeExpr>,
    /// Whether the result's range is known: inclusive.
    pub range: Option<(i64, i64)>,
}

/// Facts of a library type.
#[derive(Debug, Clone)]
pub struct TypeModel {
    /// Fully qualified.
    pub name: Symbol,
    /// Supertypes.
    pub extends: Vec<Symbol>,
    /// Whether taint of its values is meaningless: numbers, booleans, enums, dates.
    pub untaintable: bool,
    /// Whether parameters and fields of a general type that are only given this one are of it.
    pub handed: bool,
}

/// A field or global of a library.
#[derive(Debug, Clone)]
pub struct FieldModel {
    /// The class; `None` for C.
    pub owner: Option<Symbol>,
    /// Its name.
    pub name: Symbol,
    /// Its type.
    pub ty: Option<Symbol>,
    /// What it brings in.
    pub source: SourceKinds,
    /// Its value, if a known integer constant (`EOF`, `INT_MAX`).
    pub value: Option<i64>,
    /// Its value, if a known string constant (`javax.naming.Context.SECURITY_CREDENTIALS`): names of settings are compared by it.
    pub text: Option<Symbol>,
}

/// Where a program is entered, and what its caller controls there.
#[derive(Debug, Clone)]
pub struct EntryModel {
    /// Methods with one of these annotations.
    pub annotations: Vec<Symbol>,
    /// Methods of subtypes of these, by these names.
    pub types: Vec<Symbol>,
    /// See `types`; C: functions of these names.
    pub functions: Vec<Symbol>,
    /// Parameters with one of these annotations only; empty: all.
    pub param_annotations: Vec<Symbol>,
    /// Parameters of these types are not the caller's data (request, response, model, session …).
    pub except_types: Vec<Symbol>,
    /// The kind of input its parameters are.
    pub source: SourceKinds,
}

/// All models of one language, keyed by interned names.
#[derive(Debug, Default)]
pub struct Models {
    /// By method or function name; the engine picks the entry by owner, arity and parameter types. Entries of one
    /// name are ordered most specific first (parameter types, arity, then none).
    pub calls: FastMap<Symbol, Vec<ApiModel>>,
    /// Names that end in `*`, without it, longest first. Use [`Models::calls_named`].
    pub prefixes: Vec<(String, Vec<ApiModel>)>,
    /// By fully qualified name.
    pub types: FastMap<Symbol, TypeModel>,
    /// By name.
    pub fields: FastMap<Symbol, Vec<FieldModel>>,
    /// Entry points.
    pub entries: Vec<EntryModel>,
    /// Java: simple names of all modelled types, for files with wildcard imports: simple name to full names.
    pub simple_names: FastMap<Symbol, Vec<Symbol>>,
}

/// A kind of input that an argument decides: `getenv("QUERY_STRING")` gives what the web client sent.
#[derive(Debug, Clone)]
pub struct SourceIf {
    /// The argument.
    pub arg: u8,
    /// Texts; one that ends in `*` fits any rest.
    pub texts: Box<[Symbol]>,
    /// What the result then is.
    pub kinds: SourceKinds,
}

impl SourceIf {
    /// Whether a text is one of those meant.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        self.texts.iter().any(|known| match known.as_str().strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => known.as_str() == text,
        })
    }
}

impl Models {
    /// All models of calls by this name: of the name itself, most specific first, then of prefixes. Costs a few string
    /// comparisons a call: a caller on a hot path remembers the answer for each name.
    pub fn calls_named(&self, name: Symbol) -> impl Iterator<Item = &ApiModel> {
        let exact = self.calls.get(&name).into_iter().flatten();
        let text = name.as_str();
        let by_prefix = self.prefixes.iter().filter(move |(prefix, _)| text.starts_with(prefix.as_str()));
        exact.chain(by_prefix.flat_map(|(_, entries)| entries))
    }

    /// The model at a place among those of a name, as [`Models::calls_named`] counts them.
    #[must_use]
    pub fn model(&self, name: Symbol, index: u16) -> Option<&ApiModel> {
        let index = usize::from(index);
        match self.calls.get(&name) {
            Some(exact) if index < exact.len() => exact.get(index),
            _ => self.calls_named(name).nth(index),
        }
    }
}
