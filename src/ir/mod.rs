//! The intermediate representation that Java and C lower to: functions of basic blocks, like rustc's MIR.
//!
//! Three-address statements over locals; memory is reached through [`Place`]s; control flow, exceptional edges
//! included, is explicit. Every statement carries a [`Span`] in the original text. Everything is owned and indexed
//! by dense `u32` ids.
//! Must not know tree-sitter, rules or files' contents; nothing here reads a source text.

mod body;
mod builder;
mod packed;
pub mod print;
mod ty;
mod unit;
mod verify;
mod written;

pub use body::{
    BinOp, Block, BlockId, Body, Call, CallId, CallKind, Callee, CatchArm, Const, Integer, Local, LocalId, LocalKind, Operand,
    Place, PlaceBase, PlaceId, Proj, Rvalue, Stmt, StmtKind, Terminator, UnOp,
};
pub use builder::BodyBuilder;
pub use packed::{BodyRef, Code};
pub use ty::{Ty, TyId};
pub use unit::{
    AnnotationUse, AnnotationValue, Comment, Field, FuncIdx, FuncKind, Function, Global, Import, Language, Modifiers, Param,
    TypeDecl, TypeIdx, TypeKind, Unit, UnitStats,
};
pub use verify::{verify_body, verify_unit};
pub use written::WrittenNames;
