//! Bodies as bytes and back: every number takes as few bytes as it needs, every range of text is told by how far it begins
//! from the one before. Written by hand because bodies are read from bytes several times a scan, and a general
//! format took three times as long for the same: see `docs/engine.md`, where memory is treated.
//! Must not know what a body means. The bytes never leave the process.

use index_vec::{Idx, IndexVec};
use smallvec::{Array, SmallVec};

use super::body::{
    BinOp, Block, BlockId, Body, Call, CallId, CallKind, Callee, CatchArm, Const, Integer, Local, LocalId, LocalKind, Operand,
    Place, PlaceBase, PlaceId, Proj, Rvalue, Stmt, StmtKind, Terminator, UnOp,
};
use super::{FuncIdx, TyId};
use crate::base::{Span, Symbol};

/// The bytes of a body.
pub(super) fn encode(body: &Body) -> Box<[u8]> {
    let mut to = Writer { bytes: Vec::with_capacity(64 + 8 * body.stmts.len()), last: 0 };
    body.write(&mut to);
    to.bytes.into_boxed_slice()
}

/// The body of bytes that [`encode`] made; `None` of any others.
pub(super) fn decode(bytes: &[u8]) -> Option<Body> {
    let mut from = Reader { bytes, last: 0, wrong: false };
    let body = Body::read(&mut from);
    (!from.wrong && from.bytes.is_empty()).then_some(body)
}

struct Writer {
    bytes: Vec<u8>,
    /// Where the last range began.
    last: u32,
}

struct Reader<'b> {
    /// What is left.
    bytes: &'b [u8],
    /// Where the last range began.
    last: u32,
    /// Something was no body: all that follows is meaningless.
    wrong: bool,
}

impl Writer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push((number & 0x7F) as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push((number & 0x7F) as u8);
    }
}

impl Reader<'_> {
    fn byte(&mut self) -> u8 {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                *first
            }
            None => {
                self.wrong = true;
                0
            }
        }
    }

    #[inline]
    fn number(&mut self) -> u64 {
        match self.bytes.split_first() {
            Some((first, rest)) if *first < 0x80 => {
                self.bytes = rest;
                u64::from(*first)
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return number;
            }
        }
        self.wrong = true;
        0
    }

    /// A list's length, which is never more than the bytes that are left: every entry takes one at least.
    fn count(&mut self) -> usize {
        let count = usize::read(self);
        if count > self.bytes.len() {
            self.wrong = true;
            return 0;
        }
        count
    }
}

trait Coded: Sized {
    fn write(&self, to: &mut Writer);
    fn read(from: &mut Reader<'_>) -> Self;
}

impl Coded for u64 {
    fn write(&self, to: &mut Writer) {
        to.number(*self);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        from.number()
    }
}

impl Coded for u32 {
    fn write(&self, to: &mut Writer) {
        to.number(u64::from(*self));
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        u32::try_from(from.number()).unwrap_or_else(|_| {
            from.wrong = true;
            0
        })
    }
}

impl Coded for usize {
    fn write(&self, to: &mut Writer) {
        to.number(*self as u64);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        u32::read(from) as usize
    }
}

impl Coded for bool {
    fn write(&self, to: &mut Writer) {
        to.bytes.push(u8::from(*self));
    }

    fn read(from: &mut Reader<'_>) -> Self {
        from.byte() != 0
    }
}

impl Coded for Symbol {
    fn write(&self, to: &mut Writer) {
        self.number().write(to);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        Symbol::of_number(u32::read(from))
    }
}

impl Coded for TyId {
    fn write(&self, to: &mut Writer) {
        self.number().write(to);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        TyId::of_number(u32::read(from))
    }
}

/// How far it begins behind or before the last one, and its length.
impl Coded for Span {
    fn write(&self, to: &mut Writer) {
        let moved = i64::from(self.lo) - i64::from(to.last);
        to.last = self.lo;
        to.number((moved << 1 ^ moved >> 63).cast_unsigned());
        self.hi.wrapping_sub(self.lo).write(to);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        let moved = from.number();
        let moved = (moved >> 1).cast_signed() ^ -(moved & 1).cast_signed();
        let lo = u32::try_from(i64::from(from.last).wrapping_add(moved)).unwrap_or_else(|_| {
            from.wrong = true;
            0
        });
        from.last = lo;
        Span { lo, hi: lo.wrapping_add(u32::read(from)) }
    }
}

impl Coded for Integer {
    fn write(&self, to: &mut Writer) {
        let (low, negative) = (*self).into();
        u64::write(&low, to);
        bool::write(&negative, to);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        (u64::read(from), bool::read(from)).into()
    }
}

impl<T: Coded> Coded for Option<T> {
    fn write(&self, to: &mut Writer) {
        self.is_some().write(to);
        if let Some(inner) = self {
            inner.write(to);
        }
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        bool::read(from).then(|| T::read(from))
    }
}

impl<T: Coded> Coded for Vec<T> {
    fn write(&self, to: &mut Writer) {
        self.len().write(to);
        self.iter().for_each(|entry| entry.write(to));
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let count = from.count();
        (0..count).map(|_| T::read(from)).collect()
    }
}

impl<T: Coded> Coded for Box<[T]> {
    fn write(&self, to: &mut Writer) {
        self.len().write(to);
        self.iter().for_each(|entry| entry.write(to));
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Vec::read(from).into_boxed_slice()
    }
}

impl<A: Array> Coded for SmallVec<A>
where
    A::Item: Coded,
{
    fn write(&self, to: &mut Writer) {
        self.len().write(to);
        self.iter().for_each(|entry| entry.write(to));
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        let count = from.count();
        (0..count).map(|_| A::Item::read(from)).collect()
    }
}

impl<I: Idx, T: Coded> Coded for IndexVec<I, T> {
    fn write(&self, to: &mut Writer) {
        self.raw.write(to);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Vec::read(from).into()
    }
}

impl<A: Coded, B: Coded> Coded for (A, B) {
    fn write(&self, to: &mut Writer) {
        self.0.write(to);
        self.1.write(to);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        (A::read(from), B::read(from))
    }
}

macro_rules! coded_ids {
    ($($id:ident),*) => { $(
        impl Coded for $id {
            fn write(&self, to: &mut Writer) {
                self.raw().write(to);
            }

            #[inline]
            fn read(from: &mut Reader<'_>) -> Self {
                $id::from_raw(u32::read(from))
            }
        }
    )* };
}

macro_rules! coded_structs {
    ($($name:ident { $($field:ident),* })*) => { $(
        impl Coded for $name {
            fn write(&self, to: &mut Writer) {
                $(self.$field.write(to);)*
            }

            #[inline]
            fn read(from: &mut Reader<'_>) -> Self {
                $name { $($field: Coded::read(from)),* }
            }
        }
    )* };
}

/// An enum as a byte and its parts; a byte that means nothing is read as the last variant, which has no parts.
macro_rules! coded_enums {
    ($($name:ident { $($tag:literal $variant:ident $(($($part:ident),*))? $({$($field:ident),*})?,)* else $last:ident })*) => { $(
        impl Coded for $name {
            #[inline]
            fn write(&self, to: &mut Writer) {
                match self {
                    $($name::$variant $(($($part),*))? $({$($field),*})? => {
                        to.bytes.push($tag);
                        $($($part.write(to);)*)?
                        $($($field.write(to);)*)?
                    })*
                    $name::$last => to.bytes.push(u8::MAX),
                }
            }

            #[inline]
            fn read(from: &mut Reader<'_>) -> Self {
                match from.byte() {
                    $($tag => $name::$variant $(($({ let $part = Coded::read(from); $part }),*))? $({$($field: Coded::read(from)),*})?,)*
                    tag => {
                        from.wrong |= tag != u8::MAX;
                        $name::$last
                    }
                }
            }
        }
    )* };
}

/// A local's byte among those of constants.
const LOCAL: u8 = 100;

impl Coded for Operand {
    fn write(&self, to: &mut Writer) {
        match self {
            Operand::Local(local) => {
                to.bytes.push(LOCAL);
                local.write(to);
            }
            Operand::Const(constant) => constant.write(to),
        }
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Self {
        match from.bytes.split_first() {
            Some((&LOCAL, rest)) => {
                from.bytes = rest;
                Operand::Local(LocalId::read(from))
            }
            _ => Operand::Const(Const::read(from)),
        }
    }
}

impl Coded for Callee {
    fn write(&self, to: &mut Writer) {
        match self {
            Callee::Method { name, owner } => {
                to.bytes.push(0);
                name.write(to);
                owner.write(to);
            }
            Callee::Constructor(ty) => {
                to.bytes.push(1);
                ty.write(to);
            }
            Callee::Function(name) => {
                to.bytes.push(2);
                name.write(to);
            }
            Callee::Value(value) => {
                to.bytes.push(3);
                value.write(to);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        match from.byte() {
            0 => Callee::Method { name: Symbol::read(from), owner: TyId::read(from) },
            1 => Callee::Constructor(TyId::read(from)),
            2 => Callee::Function(Symbol::read(from)),
            tag => {
                from.wrong |= tag != 3;
                Callee::Value(Operand::read(from))
            }
        }
    }
}

coded_ids!(LocalId, BlockId, CallId, PlaceId, FuncIdx);

coded_structs! {
    Body { locals, stmts, blocks, calls, places, broken, opaque_count, conditional, idle, elsewhere }
    Local { name, ty, kind, span }
    Block { start, end, term, term_span, unwind }
    Stmt { kind, span }
    Place { base, proj }
    Call { callee, receiver, args, arg_spans, dst, kind, name_span }
    CatchArm { types, target }
}

coded_enums! {
    LocalKind { 0 Receiver, 1 Param, 2 User, 3 Captured, else Temp }
    StmtKind {
        0 Assign(to, value), 1 Store(place, value), 2 Call(call), 3 MonitorEnter(lock), 4 MonitorExit(lock), 5 Dead(local),
        else Opaque
    }
    Const {
        0 Null, 1 Bool(value), 2 Int(value, ty), 3 Char(unit), 4 Float(bits), 5 Str(text), 6 Class(ty), 7 Func(name),
        else Unknown
    }
    Rvalue {
        0 Use(value), 1 Load(place), 2 AddrOf(place), 3 Unary(op, value), 4 Binary(op, left, right), 5 Cast(ty, value),
        6 InstanceOf(value, ty), 7 NewArray(ty, sizes), 8 ArrayLit(ty, items), 9 Lambda(func, captured),
        10 MethodRef { ty, receiver, name }, 11 SizeOf(ty), else Opaque
    }
    UnOp { 0 Neg, 1 Not, else BitNot }
    BinOp {
        0 Add, 1 Sub, 2 Mul, 3 Div, 4 Rem, 5 And, 6 Or, 7 Xor, 8 Shl, 9 Shr, 10 UShr, 11 Eq, 12 Ne, 13 Lt, 14 Le, 15 Gt,
        16 Ge, else Concat
    }
    PlaceBase { 0 Local(local), 1 Static(ty), 2 Global(name), else Inherited }
    Proj { 0 Field(name), 1 Index(at), else Deref }
    CallKind { 0 Virtual, 1 Static, 2 Special, 3 New, 4 Unqualified, else Indirect }
    Terminator {
        0 Goto(target), 1 If { cond, then, els }, 2 Switch { value, arms, default }, 3 Return(value), 4 Throw(value),
        5 Catch { exception, arms, otherwise }, else Unreachable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back<T: Coded>(value: &T) -> (T, Vec<u8>) {
        let mut to = Writer { bytes: Vec::new(), last: 0 };
        value.write(&mut to);
        let mut from = Reader { bytes: &to.bytes, last: 0, wrong: false };
        let read = T::read(&mut from);
        assert!(!from.wrong && from.bytes.is_empty());
        (read, to.bytes)
    }

    #[test]
    fn numbers_and_ranges_come_back_and_near_ones_are_short() {
        for number in [0, 127, 128, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(back(&number).0, number);
        }
        let spans = vec![Span { lo: 70_000, hi: 70_010 }, Span { lo: 70_012, hi: 70_012 }, Span { lo: 3, hi: u32::MAX }];
        let (read, bytes) = back(&spans);
        assert_eq!(read, spans);
        assert_eq!(bytes.get(5..7), Some([24, 0].as_slice()), "the second begins twelve bytes behind the first");
    }

    #[test]
    fn constants_and_operands_come_back() {
        let constants = [
            Const::Null,
            Const::Bool(true),
            Const::int(-5, TyId::INT),
            Const::Char(7),
            Const::Str(Symbol::new("a")),
            Const::Unknown,
        ];
        for constant in constants {
            assert_eq!(back(&Operand::Const(constant)).0, Operand::Const(constant));
        }
        assert_eq!(back(&Operand::Local(LocalId::from_raw(300))).0, Operand::Local(LocalId::from_raw(300)));
    }

    #[test]
    fn bytes_that_are_no_body_are_none() {
        let good = encode(&Body { broken: true, opaque_count: 3, ..Body::default() });
        assert!(decode(&good).is_some_and(|body| body.broken && body.opaque_count == 3));
        for end in 0..good.len() {
            assert!(decode(&good[..end]).is_none());
        }
        assert!(decode(&[0xFF; 40]).is_none());
    }
}
