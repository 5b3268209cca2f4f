//! A function's body: locals, statements, basic blocks, and the side tables of calls and places.
//! Must not know which language it came from: the few differences are in the types and in [`CallKind`].

use index_vec::IndexVec;
use serde::{Deserialize, Serialize};

use super::{FuncIdx, TyId};
use crate::base::{Span, Symbol};

index_vec::define_index_type! {
    /// A local of a body: receiver, parameter, variable or temporary.
    pub struct LocalId = u32;
}
index_vec::define_index_type! {
    /// A basic block of a body; block 0 is the entry.
    pub struct BlockId = u32;
}
index_vec::define_index_type! {
    /// A call of a body.
    pub struct CallId = u32;
}
index_vec::define_index_type! {
    /// A place of a body.
    pub struct PlaceId = u32;
}

/// A function's code. Statements lie in one vector; a block is a range of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Body {
    /// Receiver (Java instance methods: local 0, named `this`), then parameters, then the rest.
    pub locals: IndexVec<LocalId, Local>,
    /// All blocks' statements, block after block.
    pub stmts: Vec<Stmt>,
    /// The control-flow graph.
    pub blocks: IndexVec<BlockId, Block>,
    /// The calls that [`StmtKind::Call`] names.
    pub calls: IndexVec<CallId, Call>,
    /// The places that loads and stores name.
    pub places: IndexVec<PlaceId, Place>,
    /// Whether some part of the source lay in a region the parser could not read.
    pub broken: bool,
    /// Constructs lowered to [`StmtKind::Opaque`].
    pub opaque_count: u32,
    /// C: whether the preprocessor chose between parts of the source, so that what is not here may be elsewhere.
    pub conditional: bool,
    /// C: variables that the source reads nowhere, not even in what the preprocessor left out.
    pub idle: Box<[LocalId]>,
    /// C: variables that the preprocessor left code out of that names them.
    pub elsewhere: Box<[LocalId]>,
}

/// What a local is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LocalKind {
    /// `this` of a Java instance method.
    Receiver,
    /// A parameter.
    Param,
    /// A variable of the source.
    User,
    /// A value of a subexpression; assigned exactly once on every path (`?:`, `&&`, `||` and switch expressions
    /// assign their one temporary once in each arm).
    Temp,
    /// In a lambda, local or anonymous class body: a variable of the enclosing function, by value.
    Captured,
}

/// A local.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Local {
    /// Its name; `None` for temporaries.
    pub name: Option<Symbol>,
    /// Its declared type; [`TyId::UNKNOWN`] for `var`, and for temporaries whose type only the program can tell.
    pub ty: TyId,
    /// What it is.
    pub kind: LocalKind,
    /// Where it is declared.
    pub span: Span,
}

/// A basic block.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Block {
    /// First statement, in [`Body::stmts`].
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// How it ends.
    pub term: Terminator,
    /// Where that is written.
    pub term_span: Span,
    /// Where control goes when a statement of the block, or its `Throw`, raises an exception; `None`: out of the function.
    pub unwind: Option<BlockId>,
}

/// A statement and where it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stmt {
    /// What it does.
    pub kind: StmtKind,
    /// Where.
    pub span: Span,
}

/// What a statement does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum StmtKind {
    /// `local = rvalue`.
    Assign(LocalId, Rvalue),
    /// `place = operand`.
    Store(PlaceId, Operand),
    /// A call; its result local is in the [`Call`].
    Call(CallId),
    /// Enters a Java `synchronized` block on the object.
    MonitorEnter(Operand),
    /// Leaves it.
    MonitorExit(Operand),
    /// The local goes out of scope (C blocks; used for addresses that outlive their block).
    Dead(LocalId),
    /// A construct the lowering does not know: it may read anything named inside its span and writes nothing.
    Opaque,
}

/// A value that needs no computation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Operand {
    /// A local's value.
    Local(LocalId),
    /// A constant.
    Const(Const),
}

impl Operand {
    /// The local, if it is one.
    #[must_use]
    pub fn local(&self) -> Option<LocalId> {
        match self {
            Operand::Local(local) => Some(*local),
            Operand::Const(_) => None,
        }
    }
}

/// A constant of the source.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Const {
    /// Java `null`; in C `NULL` and a literal 0 converted to a pointer.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer literal: its value (unsigned 64-bit literals fit) and type.
    Int(Integer, TyId),
    /// A character literal: its code unit.
    Char(u32),
    /// A floating literal, by its bits.
    Float(u64),
    /// A string literal, unescaped.
    Str(Symbol),
    /// A Java class literal, `Foo.class`.
    Class(TyId),
    /// The address of a function, C.
    Func(Symbol),
    /// Nothing known: the result of an unreadable expression.
    Unknown,
}

/// The value of an integer constant: 64 bits with or without a sign, in half the room of an `i128`. Constants are in
/// every statement, so that their size is the size of the program in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u64, bool)", from = "(u64, bool)")]
#[repr(Rust, packed)]
pub struct Integer {
    low: u64,
    negative: bool,
}

impl Integer {
    /// The value.
    #[must_use]
    pub fn get(self) -> i128 {
        if self.negative { i128::from(self.low.cast_signed()) } else { i128::from(self.low) }
    }
}

impl From<(u64, bool)> for Integer {
    fn from((low, negative): (u64, bool)) -> Self {
        Integer { low, negative }
    }
}

impl From<Integer> for (u64, bool) {
    fn from(integer: Integer) -> Self {
        (integer.low, integer.negative)
    }
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Integer { low: value.cast_unsigned(), negative: value < 0 }
    }
}

impl Const {
    /// An integer; [`Const::Unknown`] where it has more than 64 bits.
    #[must_use]
    pub fn int(value: i128, ty: TyId) -> Const {
        match (u64::try_from(value), i64::try_from(value)) {
            (Ok(low), _) => Const::Int(Integer { low, negative: false }, ty),
            (_, Ok(value)) => Const::Int(value.into(), ty),
            _ => Const::Unknown,
        }
    }

    /// Whether it is the integer 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(self, Const::Int(Integer { low: 0, .. }, _))
    }
}

/// What an assignment computes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Rvalue {
    /// A copy.
    Use(Operand),
    /// A read of memory.
    Load(PlaceId),
    /// A C address, `&place`; arrays that decay to pointers too.
    AddrOf(PlaceId),
    /// A unary operation.
    Unary(UnOp, Operand),
    /// A binary operation. Java `+` on strings is [`BinOp::Concat`] where a literal or declared type shows it, else
    /// [`BinOp::Add`], and the program's types decide.
    Binary(BinOp, Operand, Operand),
    /// A conversion to a type, written or implied.
    Cast(TyId, Operand),
    /// `operand instanceof Type`, as a boolean. Pattern variables are assigned by a `Cast` on the true edge.
    InstanceOf(Operand, TyId),
    /// `new T[n][m]`: the element type of the whole (`T`) and the given dimensions.
    NewArray(TyId, Box<[Operand]>),
    /// An array or C aggregate initializer: type and elements in order.
    ArrayLit(TyId, Box<[Operand]>),
    /// A Java lambda: its body is a function of the unit; the captured locals follow its parameters.
    Lambda(FuncIdx, Box<[LocalId]>),
    /// A Java method reference: the type or value before `::`, and the name (`<init>` for `new`).
    MethodRef {
        /// The type, where it names one.
        ty: TyId,
        /// The value, where it is one.
        receiver: Option<Operand>,
        /// The method.
        name: Symbol,
    },
    /// C `sizeof`: of a type; the analysis knows layouts.
    SizeOf(TyId),
    /// Joins what the arms of an expression gave; never made by lowering, kept for transformations.
    Opaque,
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum UnOp {
    Neg,
    Not,
    BitNot,
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    /// Java `>>>`.
    UShr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Java string concatenation.
    Concat,
}

/// A path to memory: a base and projections from it.
///
/// Java: `a.f` is `[Field f]` on local `a`, `a[i]` is `[Index i]`; a longer path is several loads, because each step
/// is a dereference. C: `p->a.b[i]` is `[Deref, Field a, Field b, Index i]` on `p`, one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Where it starts.
    pub base: PlaceBase,
    /// The steps from there.
    pub proj: smallvec::SmallVec<[Proj; 2]>,
}

/// The start of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlaceBase {
    /// A local: its object (Java) or its storage (C).
    Local(LocalId),
    /// The static fields of a Java class; the first projection is the field.
    Static(TyId),
    /// A C global or file-scope static, by name.
    Global(Symbol),
    /// A Java name that is no local, no field of the file's types: an inherited field or a static import.
    /// The first projection is the name; the program's index decides.
    Inherited,
}

/// A step of a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Proj {
    /// A field or member.
    Field(Symbol),
    /// An array element.
    Index(Operand),
    /// A C dereference.
    Deref,
}

/// A call.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    /// What is called.
    pub callee: Callee,
    /// The receiver of a Java instance call; `None` for static, constructor and C calls, and for names without one
    /// that lie in no type of the file (the program's index decides those).
    pub receiver: Option<Operand>,
    /// The arguments.
    pub args: Box<[Operand]>,
    /// Their spans, in the same order.
    pub arg_spans: Box<[Span]>,
    /// Where the result goes. A constructor call's result is the new object.
    pub dst: Option<LocalId>,
    /// How it is dispatched.
    pub kind: CallKind,
    /// Where the callee's name is written.
    pub name_span: Span,
}

/// How a call is dispatched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallKind {
    /// By the receiver's class.
    Virtual,
    /// A static method, or a C function.
    Static,
    /// `super.m()`, `this(…)`, `super(…)`: no dispatch.
    Special,
    /// `new T(…)`.
    New,
    /// A name without receiver that may be an inherited or outer method, or a static import.
    Unqualified,
    /// Through a C function pointer.
    Indirect,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Callee {
    /// A Java method of a name; the type where it is written (`Type.m()`, `super.m()`), else [`TyId::UNKNOWN`].
    Method {
        /// The method's name.
        name: Symbol,
        /// The static type written, if any.
        owner: TyId,
    },
    /// A constructor, `<init>`, of a class. With [`CallKind::New`] it allocates; with [`CallKind::Special`] it is
    /// `this(…)` or `super(…)` on the receiver.
    Constructor(TyId),
    /// A C function by name.
    Function(Symbol),
    /// A C function pointer's value.
    Value(Operand),
}

/// An arm of [`Terminator::Catch`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CatchArm {
    /// The exception types; several for a multi-catch.
    pub types: Box<[TyId]>,
    /// Its block.
    pub target: BlockId,
}

/// How a block ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Terminator {
    /// To one block.
    Goto(BlockId),
    /// Two ways, by a boolean. `&&`, `||` and `!` are already control flow; the operand's temporary is assigned in the
    /// same block by a comparison, call or load.
    If {
        /// The condition.
        cond: Operand,
        /// Where if true.
        then: BlockId,
        /// Where if false.
        els: BlockId,
    },
    /// By constants. Java string and enum switches too: an enum constant is a [`Const::Str`] of its name.
    Switch {
        /// The value.
        value: Operand,
        /// The arms.
        arms: Box<[(Const, BlockId)]>,
        /// Where else.
        default: BlockId,
    },
    /// Out, normally.
    Return(Option<Operand>),
    /// An exception; goes to the block's `unwind`.
    Throw(Operand),
    /// The start of a handler: takes the exception in flight into a local and selects an arm by its type; none fits
    /// and no `otherwise`: goes on out of the function. `finally` and try-with-resources use `otherwise`.
    Catch {
        /// Receives the exception.
        exception: LocalId,
        /// The arms, in source order.
        arms: Box<[CatchArm]>,
        /// Where if no arm fits.
        otherwise: Option<BlockId>,
    },
    /// Cannot be reached, or its continuation is unknown.
    Unreachable,
}

impl Terminator {
    /// The blocks it may go to, exceptional edges left out.
    pub fn successors(&self) -> smallvec::SmallVec<[BlockId; 4]> {
        match self {
            Terminator::Goto(target) => smallvec::smallvec![*target],
            Terminator::If { then, els, .. } => smallvec::smallvec![*then, *els],
            Terminator::Switch { arms, default, .. } => arms.iter().map(|(_, target)| *target).chain([*default]).collect(),
            Terminator::Catch { arms, otherwise, .. } => arms.iter().map(|arm| arm.target).chain(*otherwise).collect(),
            Terminator::Return(_) | Terminator::Throw(_) | Terminator::Unreachable => smallvec::SmallVec::new(),
        }
    }
}

impl Body {
    /// The statements of a block.
    #[must_use]
    pub fn stmts_of(&self, block: BlockId) -> &[Stmt] {
        let block = &self.blocks[block];
        self.stmts.get(block.start as usize..block.end as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of which a program has most: what they grow by, the whole scan's memory grows by.
    #[test]
    fn parts_are_small() {
        assert_eq!(size_of::<Const>(), 16);
        assert_eq!(size_of::<Operand>(), 16);
        assert_eq!(size_of::<Stmt>(), 56);
        assert_eq!(size_of::<Place>(), 56);
        assert_eq!(size_of::<Call>(), 88);
        assert_eq!(size_of::<Block>(), 64);
    }

    #[test]
    fn integers_keep_64_bits_with_and_without_a_sign() {
        for value in [0, 1, -1, i128::from(i64::MIN), i128::from(u64::MAX)] {
            assert!(matches!(Const::int(value, TyId::INT), Const::Int(kept, _) if kept.get() == value));
        }
        assert_eq!(Const::int(i128::from(u64::MAX) + 1, TyId::INT), Const::Unknown);
        assert_eq!(Const::int(i128::from(i64::MIN) - 1, TyId::INT), Const::Unknown);
    }
}
