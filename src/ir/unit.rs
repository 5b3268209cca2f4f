//! What one file lowers to: its types, functions, globals and the small facts around them.
//! Must not know other files.

use index_vec::IndexVec;

use super::{BodyRef, Code, Const, LocalId, TyId};
use crate::base::{FileId, RuleId, Span, Symbol};

index_vec::define_index_type! {
    /// A function of a unit.
    pub struct FuncIdx = u32;
}
index_vec::define_index_type! {
    /// A type of a unit.
    pub struct TypeIdx = u32;
}

/// The language a unit was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Language {
    /// Java, up to 21.
    #[default]
    Java,
    /// C, up to C11 with GNU extensions; headers too.
    C,
    /// JSP, JSPX and tag files: a Java function with positions in the JSP.
    Jsp,
}

/// The lowered form of one source file.
#[derive(Debug, Default)]
pub struct Unit {
    /// The file.
    pub file: FileId,
    /// Its language.
    pub language: Language,
    /// The Java package, dotted; `None` in the unnamed package and in C.
    pub package: Option<Symbol>,
    /// Java imports.
    pub imports: Vec<Import>,
    /// Declared types, outer before inner.
    pub types: IndexVec<TypeIdx, TypeDecl>,
    /// Functions: methods, constructors, initializers, lambdas; C functions.
    pub functions: IndexVec<FuncIdx, Function>,
    /// C typedefs: name and what it stands for.
    pub typedefs: Vec<(Symbol, TyId)>,
    /// C globals; Java has fields.
    pub globals: Vec<Global>,
    /// Hits of the syntactic rules, found while the tree was live: rule, place, what the metavariables held.
    pub pattern_hits: Vec<(RuleId, Span)>,
    /// How many places each syntactic rule examined, beyond its hits.
    pub pattern_examined: Vec<(RuleId, u32)>,
    /// Comments that a rule or a suppression may care about; not all of them.
    pub comments: Vec<Comment>,
    /// Counts for the summary.
    pub stats: UnitStats,
    /// What its bodies write, once they are packed: see [`Unit::pack`].
    pub written: Option<Box<super::WrittenNames>>,
}

/// Counts that say how well a file was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct UnitStats {
    /// Function bodies met.
    pub bodies: u32,
    /// Of those, how many have a region the parser could not read.
    pub broken_bodies: u32,
    /// Broken regions in the file.
    pub error_regions: u32,
    /// Constructs lowered to an opaque statement.
    pub opaque: u32,
    /// Bodies left out because a limit was hit (nesting, size).
    pub skipped_bodies: u32,
}

/// A comment kept for later: one that may hold a suppression or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// Where, delimiters included.
    pub span: Span,
}

/// A Java import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Import {
    /// The dotted name, without `.*`.
    pub name: Symbol,
    /// Whether `.*` follows.
    pub wildcard: bool,
    /// Whether it is a static import.
    pub is_static: bool,
}

bitflags::bitflags! {
    /// Java modifiers and C storage classes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Modifiers: u32 {
        /// `public`.
        const PUBLIC = 1;
        /// `protected`.
        const PROTECTED = 1 << 1;
        /// `private`.
        const PRIVATE = 1 << 2;
        /// `static`, both languages.
        const STATIC = 1 << 3;
        /// `final`; C `const` on a global.
        const FINAL = 1 << 4;
        /// `abstract`, and interface methods without a body.
        const ABSTRACT = 1 << 5;
        /// `synchronized`.
        const SYNCHRONIZED = 1 << 6;
        /// `volatile`, both languages.
        const VOLATILE = 1 << 7;
        /// `transient`.
        const TRANSIENT = 1 << 8;
        /// `native`.
        const NATIVE = 1 << 9;
        /// `default` on an interface method.
        const DEFAULT = 1 << 10;
        /// C `extern`.
        const EXTERN = 1 << 11;
        /// C `inline`.
        const INLINE = 1 << 12;
        /// The last parameter takes the rest: Java `T...`, C `...`.
        const VARARGS = 1 << 13;
        /// `sealed`.
        const SEALED = 1 << 14;
        /// C `_Noreturn` or the attribute.
        const NORETURN = 1 << 15;
        /// C `_Atomic`, or a type that is atomic.
        const ATOMIC = 1 << 16;
        /// C `_Thread_local`: each thread has its own.
        const THREAD_LOCAL = 1 << 17;
    }
}

/// A use of an annotation.
#[derive(Debug, Clone)]
pub struct AnnotationUse {
    /// The annotation type's name, resolved as far as the file could.
    pub name: Symbol,
    /// Its arguments; a lone value is `value`.
    pub args: Vec<(Symbol, AnnotationValue)>,
    /// Where.
    pub span: Span,
}

/// A value in an annotation.
#[derive(Debug, Clone)]
pub enum AnnotationValue {
    /// A constant.
    Const(Const),
    /// A dotted name: an enum constant or a static final.
    Name(Symbol),
    /// `{a, b}`.
    List(Vec<AnnotationValue>),
    /// A nested annotation.
    Nested(Box<AnnotationUse>),
    /// Something else.
    Other,
}

impl AnnotationValue {
    /// The texts that it is or lists, in order.
    #[must_use]
    pub fn texts(&self) -> Vec<Symbol> {
        match self {
            AnnotationValue::Const(Const::Str(text)) => vec![*text],
            AnnotationValue::List(values) => values.iter().flat_map(AnnotationValue::texts).collect(),
            _ => Vec::new(),
        }
    }
}

/// What kind of type a declaration makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TypeKind {
    Class,
    Interface,
    Enum,
    Record,
    Annotation,
    /// An anonymous class body; its `extends` holds the class or interface it was made from.
    Anonymous,
    /// A C struct.
    Struct,
    /// A C union.
    Union,
    /// A C enum.
    CEnum,
}

/// A declared type.
#[derive(Debug, Clone)]
pub struct TypeDecl {
    /// Fully qualified, `package.Outer.Inner`; an anonymous class is `Outer.$1` in source order; C: the tag.
    pub name: Symbol,
    /// What kind.
    pub kind: TypeKind,
    /// Modifiers.
    pub modifiers: Modifiers,
    /// Annotations.
    pub annotations: Vec<AnnotationUse>,
    /// Superclass, or the interfaces an interface extends.
    pub extends: Vec<TyId>,
    /// Implemented interfaces.
    pub implements: Vec<TyId>,
    /// Names of type parameters.
    pub type_params: Vec<Symbol>,
    /// Fields in order; record components and enum constants too.
    pub fields: Vec<Field>,
    /// The enclosing type.
    pub outer: Option<TypeIdx>,
    /// Its functions.
    pub functions: Vec<FuncIdx>,
    /// The whole declaration.
    pub span: Span,
    /// The name.
    pub name_span: Span,
}

/// A field, record component, enum constant, or C member.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Symbol,
    /// Its type.
    pub ty: TyId,
    /// Modifiers; enum constants are `PUBLIC | STATIC | FINAL`.
    pub modifiers: Modifiers,
    /// Annotations.
    pub annotations: Vec<AnnotationUse>,
    /// The initializer where it is a plain constant; anything else is in the `<clinit>` or `<fieldinit>` function.
    pub init: Option<Const>,
    /// C: the width of a bit-field.
    pub bit_width: Option<u32>,
    /// The declaration.
    pub span: Span,
}

/// A C global.
#[derive(Debug, Clone)]
pub struct Global {
    /// Its name.
    pub name: Symbol,
    /// Its type.
    pub ty: TyId,
    /// Modifiers.
    pub modifiers: Modifiers,
    /// The initializer where it is a plain constant; anything else is in the unit's `<globals>` function.
    pub init: Option<Const>,
    /// The declaration.
    pub span: Span,
}

/// What kind of function it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FuncKind {
    /// A Java method.
    Method,
    /// A Java constructor, named `<init>`. Field initializers are in `<fieldinit>`, which runs after `super(…)`.
    Constructor,
    /// Static initializers and static fields' initial values, in order: `<clinit>`; C: `<globals>`.
    StaticInit,
    /// Instance initializers and fields' initial values, in order: `<fieldinit>`.
    FieldInit,
    /// A Java lambda.
    Lambda,
    /// A C function.
    Free,
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its name; `<init>`, `<clinit>`, `<fieldinit>`, `<lambda>` for those.
    pub name: Symbol,
    /// What kind.
    pub kind: FuncKind,
    /// The declaring type.
    pub owner: Option<TypeIdx>,
    /// For a lambda: the function it stands in.
    pub enclosing: Option<FuncIdx>,
    /// Parameters, receiver left out.
    pub params: Vec<Param>,
    /// Result type.
    pub ret: TyId,
    /// Modifiers.
    pub modifiers: Modifiers,
    /// Annotations.
    pub annotations: Vec<AnnotationUse>,
    /// Declared exceptions.
    pub throws: Vec<TyId>,
    /// Its code; `None` for abstract, native and merely declared functions.
    pub code: Option<Code>,
    /// The whole declaration.
    pub span: Span,
    /// The name.
    pub name_span: Span,
}

impl Function {
    /// Its body, unpacked where it is kept as bytes: ask once and keep it while reading.
    #[must_use]
    pub fn body(&self) -> Option<BodyRef<'_>> {
        self.code.as_ref().map(Code::body)
    }
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its local in the body.
    pub local: LocalId,
    /// Its name.
    pub name: Symbol,
    /// Its type; for varargs the array type.
    pub ty: TyId,
    /// Annotations.
    pub annotations: Vec<AnnotationUse>,
    /// The declaration.
    pub span: Span,
}
