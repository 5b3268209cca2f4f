//! Arithmetic of integer types: limits, wrapping, constants folded, ranges. Must not know values or states.

use crate::ir::BinOp;

/// The least and greatest of an integer type.
pub(super) fn limits(bits: u8, signed: bool) -> (i64, i64) {
    match (bits, signed) {
        (64.., true) => (i64::MIN, i64::MAX),
        (64.., false) => (0, i64::MAX),
        (bits, true) => (-(1i64 << (bits.max(1) - 1)), (1i64 << (bits.max(1) - 1)) - 1),
        (bits, false) => (0, (1i64 << bits) - 1),
    }
}

/// A number as an integer type holds it.
pub(super) fn wrap(value: i128, bits: u8, signed: bool) -> i64 {
    let modulus = 1i128 << bits.min(64);
    let mut wrapped = value.rem_euclid(modulus);
    if signed && wrapped >= modulus / 2 {
        wrapped -= modulus;
    }
    // Unsigned 64-bit values beyond i64 are kept by their bits.
    i64::try_from(wrapped).unwrap_or(i64::MAX)
}

/// An operation on two numbers as an integer type computes it.
pub(super) fn fold(op: BinOp, a: i64, b: i64, bits: u8, signed: bool) -> Option<i64> {
    let (x, y) = (i128::from(a), i128::from(b));
    let shift = u32::try_from(y.rem_euclid(i128::from(bits.max(1)))).ok()?;
    let result = match op {
        BinOp::Add => x + y,
        BinOp::Sub => x - y,
        BinOp::Mul => x * y,
        BinOp::Div => x.checked_div(y)?,
        BinOp::Rem => x.checked_rem(y)?,
        BinOp::And => x & y,
        BinOp::Or => x | y,
        BinOp::Xor => x ^ y,
        BinOp::Shl => x << shift,
        BinOp::Shr => x >> shift,
        BinOp::UShr => i128::from(wrap(x, bits, false)) >> shift,
        _ => return None,
    };
    Some(wrap(result, bits, signed))
}

/// The range of an operation's result; `None` if it may wrap.
pub(super) fn range_of(op: BinOp, (a, b): (i64, i64), (c, d): (i64, i64), bits: u8, signed: bool) -> Option<(i64, i64)> {
    let (a, b, c, d) = (i128::from(a), i128::from(b), i128::from(c), i128::from(d));
    let (lo, hi) = match op {
        BinOp::Add => (a + c, b + d),
        BinOp::Sub => (a - d, b - c),
        BinOp::Mul => {
            let all = [a * c, a * d, b * c, b * d];
            (all.into_iter().min()?, all.into_iter().max()?)
        }
        BinOp::Div if c > 0 => {
            let all = [a / c, a / d, b / c, b / d];
            (all.into_iter().min()?, all.into_iter().max()?)
        }
        BinOp::Rem if c > 0 => (if a < 0 { 1 - d } else { 0 }, if b < 0 { 0 } else { b.min(d - 1) }),
        BinOp::And if c >= 0 => (0, d),
        BinOp::And if a >= 0 => (0, b),
        BinOp::Shl if a >= 0 && c >= 0 && d < 32 => (a << c, b << d),
        BinOp::Or | BinOp::Xor if a >= 0 && c >= 0 => (0, (1i128 << (128 - (b | d).leading_zeros())) - 1),
        // The sign may change, but no bit above the widest of both: as many as hold either hold the result.
        BinOp::Or | BinOp::Xor => {
            let widest = [a, b, c, d].into_iter().map(|end| if end < 0 { !end } else { end }).max()?;
            let most = (1i128 << (128 - widest.leading_zeros())) - 1;
            (-most - 1, most)
        }
        BinOp::Shr if a >= 0 && c >= 0 && d < 64 => (a >> d, b >> c),
        _ => return None,
    };
    let (min, max) = limits(bits, signed);
    // It may wrap: nothing is known.
    if lo < i128::from(min) || hi > i128::from(max) {
        return None;
    }
    Some((i64::try_from(lo).ok()?, i64::try_from(hi).ok()?))
}
