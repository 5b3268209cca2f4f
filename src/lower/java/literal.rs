//! Literals: numbers, characters, strings, text blocks, templates. Must not know names.

use super::expr::{Dst, Val};
use super::kinds::{Kind, Role};
use super::{Lowering, child};
use crate::base::Symbol;
use crate::ir::{BinOp, Const, Operand, Rvalue, Ty, TyId};
use crate::syntax::Node;

impl<'t> Lowering<'t> {
    /// The value of a literal that is no string.
    pub(super) fn literal(&self, node: Node<'t>, kind: Kind) -> Option<Val> {
        let text = self.text(node);
        let (constant, ty) = match kind {
            Kind::DecimalInteger => integer(text, 10)?,
            Kind::HexInteger => integer(text.get(2..)?, 16)?,
            Kind::OctalInteger => integer(text.trim_start_matches(['o', 'O']), 8)?,
            Kind::BinaryInteger => integer(text.get(2..)?, 2)?,
            Kind::DecimalFloat | Kind::HexFloat => float(text),
            Kind::True => (Const::Bool(true), TyId::BOOL),
            Kind::False => (Const::Bool(false), TyId::BOOL),
            Kind::Null => (Const::Null, TyId::UNKNOWN),
            Kind::Character => (character(text), TyId::JAVA_CHAR),
            _ => return None,
        };
        Some(Val { op: Operand::Const(constant), ty })
    }

    /// The value of a string literal or text block without interpolation.
    pub(super) fn string_constant(&mut self, node: Node<'t>) -> Option<Symbol> {
        let text = self.text(node);
        if let Some(block) = text.strip_prefix("\"\"\"") {
            let block = block.strip_suffix("\"\"\"").unwrap_or(block);
            let stripped = text_block(block);
            return Some(Symbol::new(&unescape(&stripped)));
        }
        let inner = text.strip_prefix('"')?;
        let inner = inner.strip_suffix('"').unwrap_or(inner);
        if !inner.contains('\\') {
            return Some(Symbol::new(inner));
        }
        if inner.contains("\\{") {
            return None;
        }
        self.buffer.clear();
        unescape_into(inner, &mut self.buffer);
        Some(Symbol::new(&self.buffer))
    }

    pub(super) fn string(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        if let Some(text) = self.string_constant(node) {
            return self.give(Val { op: Operand::Const(Const::Str(text)), ty: TyId::STRING }, dst, span);
        }
        self.interpolated(node, dst)
    }

    /// A string with `\{…}` in it, as a concatenation.
    fn interpolated(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let span = self.span(node);
        let mut whole = Val { op: Operand::Const(Const::Str(Symbol::new(""))), ty: TyId::STRING };
        for part in self.children(node) {
            let value = match part.kind {
                Kind::StringInterpolation => match self.inner(part.node) {
                    Some(inner) => self.expr(inner).op,
                    None => continue,
                },
                Kind::StringFragment | Kind::MultilineFragment | Kind::EscapeSequence => {
                    let text = unescape(self.text(part.node));
                    Operand::Const(Const::Str(Symbol::new(&text)))
                }
                _ => continue,
            };
            whole = self.emit(Rvalue::Binary(BinOp::Concat, whole.op, value), TyId::STRING, Dst::Any, span);
        }
        self.give(whole, dst, span)
    }

    /// `STR."…\{x}…"`
    pub(super) fn template(&mut self, node: Node<'t>, dst: Dst) -> Val {
        let children = self.children(node);
        match child(&children, Role::Template) {
            Some(argument) => self.interpolated(argument, dst),
            None => self.unknown_expr(node, dst),
        }
    }
}

/// An integer literal without its prefix: wrapped to its width, as `0xFFFFFFFF` is -1.
fn integer(text: &str, radix: u32) -> Option<(Const, TyId)> {
    let (digits, long) = match text.strip_suffix(['l', 'L']) {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    let mut value: i128 = 0;
    for digit in digits.chars().filter(|digit| *digit != '_') {
        let digit = digit.to_digit(radix)?;
        value = value.checked_mul(i128::from(radix))?.checked_add(i128::from(digit))?;
    }
    let (bits, ty) = if long { (64, TyId::LONG) } else { (32, TyId::INT) };
    if value >= 1 << bits {
        return Some((Const::Unknown, ty));
    }
    // Decimal 2147483648 stands only after a minus, which the constant folder sees as a whole.
    if radix != 10 && value >= 1 << (bits - 1) {
        value -= 1 << bits;
    }
    Some((Const::int(value, ty), ty))
}

fn float(text: &str) -> (Const, TyId) {
    let single = text.ends_with(['f', 'F']) && !text.starts_with("0x") && !text.starts_with("0X")
        || (text.ends_with(['f', 'F']) && text.contains(['p', 'P']));
    let ty = TyId::new(Ty::Float { bits: if single { 32 } else { 64 } });
    let cleaned: String = text.chars().filter(|it| *it != '_').collect();
    let value = if cleaned.starts_with("0x") || cleaned.starts_with("0X") {
        hex_float(cleaned.get(2..).unwrap_or_default())
    } else {
        let digits = cleaned.trim_end_matches(['f', 'F', 'd', 'D']);
        if single { digits.parse::<f32>().ok().map(f64::from) } else { digits.parse::<f64>().ok() }
    };
    (value.map_or(Const::Unknown, |value| Const::Float(value.to_bits())), ty)
}

fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.trim_end_matches(['f', 'F', 'd', 'D']).parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut value = 0.0_f64;
    for digit in whole.chars() {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let mut scale = 1.0 / 16.0;
    for digit in fraction.chars() {
        value += f64::from(digit.to_digit(16)?) * scale;
        scale /= 16.0;
    }
    Some(value * 2.0_f64.powi(exponent))
}

fn character(text: &str) -> Const {
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text);
    let inner = unescape(inner);
    match inner.encode_utf16().next() {
        Some(unit) => Const::Char(u32::from(unit)),
        None => Const::Unknown,
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    unescape_into(text, &mut out);
    out
}

/// Resolves escapes; unpaired surrogates become the replacement character.
fn unescape_into(text: &str, out: &mut String) {
    let mut rest = text;
    let mut high: Option<u32> = None;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            flush(&mut high, out);
        }
        out.push_str(before);
        let escape = after.get(1..).unwrap_or_default();
        let Some(first) = escape.chars().next() else {
            rest = "";
            break;
        };
        let used = match first {
            'u' => {
                let digits = escape.trim_start_matches('u');
                let marks = escape.len() - digits.len();
                match digits.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
                    Some(unit) => {
                        utf16_unit(unit, &mut high, out);
                        marks + 4
                    }
                    None => marks,
                }
            }
            '0'..='7' => {
                flush(&mut high, out);
                let most = if first <= '3' { 3 } else { 2 };
                let count = escape.bytes().take(most).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
                let value = escape.get(..count).and_then(|digits| u32::from_str_radix(digits, 8).ok());
                out.extend(value.and_then(char::from_u32));
                count
            }
            '\r' if escape.starts_with("\r\n") => 2,
            '\n' | '\r' => 1,
            other => {
                flush(&mut high, out);
                out.push(match other {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    's' => ' ',
                    other => other,
                });
                other.len_utf8()
            }
        };
        rest = escape.get(used..).unwrap_or_default();
    }
    if !rest.is_empty() {
        flush(&mut high, out);
    }
    out.push_str(rest);
    flush(&mut high, out);
}

fn utf16_unit(unit: u32, high: &mut Option<u32>, out: &mut String) {
    match (*high, unit) {
        (Some(first), 0xDC00..=0xDFFF) => {
            let point = 0x10000 + ((first - 0xD800) << 10) + (unit - 0xDC00);
            out.extend(char::from_u32(point));
            *high = None;
        }
        (_, 0xD800..=0xDBFF) => {
            flush(high, out);
            *high = Some(unit);
        }
        _ => {
            flush(high, out);
            out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
}

fn flush(high: &mut Option<u32>, out: &mut String) {
    if high.take().is_some() {
        out.push(char::REPLACEMENT_CHARACTER);
    }
}

/// A text block's content without its incidental blanks, escapes not yet resolved.
fn text_block(content: &str) -> String {
    // Past the opening delimiter's line.
    let content = content.split_once('\n').map_or("", |(_, rest)| rest);
    let lines: Vec<&str> = content.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let last = lines.len().saturating_sub(1);
    let blank = |line: &str| line.trim().is_empty();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let significant = lines.iter().enumerate().filter(|(index, line)| *index == last || !blank(line));
    let common = significant.map(|(_, line)| indent(line)).min().unwrap_or(0);
    let mut out = String::with_capacity(content.len());
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        if !blank(line) {
            out.push_str(line.get(common..).unwrap_or_else(|| line.trim_start()).trim_end());
        }
    }
    out
}
