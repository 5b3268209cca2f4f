//! C: formats that are written out, against the arguments of the call: too few of them, and such as are of another kind.
//! Must not know values: only the literal and the arguments' types.

use super::undefined::pointee;
use super::{Checker, Subject};
use crate::base::Span;
use crate::ir::{Call, Const, Operand, PlaceBase, Rvalue, StmtKind, Ty, TyId};
use crate::rules::CheckKind;

/// Functions and where their format stands.
const PRINTS: &[(&str, usize)] = &[
    ("printf", 0),
    ("fprintf", 1),
    ("sprintf", 1),
    ("snprintf", 2),
    ("dprintf", 1),
    ("asprintf", 1),
    ("syslog", 1),
    ("warn", 0),
    ("warnx", 0),
    ("err", 1),
    ("errx", 1),
];
const SCANS: &[(&str, usize)] = &[("scanf", 0), ("fscanf", 1), ("sscanf", 1)];

/// What a conversion takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// A whole number of so many bits.
    Int(u8),
    /// A real number of so many bits.
    Real(u8),
    Text,
    Pointer,
}

impl<'a> Checker<'a> {
    pub(super) fn check_format(&mut self, subject: &Subject<'a>, call: &Call, name: &str, span: Span) {
        let of = |list: &[(&str, usize)]| list.iter().find(|(known, _)| *known == name).map(|(_, at)| *at);
        let (at, scans) = match (of(PRINTS), of(SCANS)) {
            (Some(at), _) => (at, false),
            (_, Some(at)) => (at, true),
            _ => return,
        };
        let Some(Operand::Const(Const::Str(format))) = call.args.get(at) else { return };
        self.examine(CheckKind::FormatArguments);
        let Some(wanted) = conversions(format.as_str(), scans) else { return };
        let given = call.args.get(at + 1..).unwrap_or_default();
        if given.iter().any(|arg| is_unclear(subject, arg)) {
            return;
        }
        let wrong = given.len() < wanted.len()
            || given.iter().zip(&wanted).any(|(arg, takes)| {
                let ty = self.program.c_type(subject.facts.ty(arg));
                if scans { self.cannot_hold(ty, *takes) } else { !is_sum(subject, arg) && is_other(arg, ty, *takes) }
            });
        if wrong {
            self.report_named(CheckKind::FormatArguments, span, Some(subject.id), name);
        }
    }

    /// Whether what `scanf` is given is no address, or that of something smaller than what it writes.
    fn cannot_hold(&self, ty: TyId, takes: Takes) -> bool {
        if matches!(ty.get(), Ty::Int { .. } | Ty::Float { .. } | Ty::Char { .. } | Ty::Bool) {
            return true;
        }
        let Some(target) = pointee(ty).map(|inner| self.program.c_type(inner)) else { return false };
        match (takes, target.get()) {
            (Takes::Int(wanted), Ty::Int { bits, .. }) => *bits < wanted,
            (Takes::Int(wanted), Ty::Char { bits }) => *bits < wanted,
            (Takes::Real(wanted), Ty::Float { bits }) => *bits < wanted,
            (Takes::Real(wanted), Ty::Int { bits, .. }) => *bits < wanted,
            _ => false,
        }
    }
}

/// What a macro makes of its arguments may be more than one.
fn is_unclear(subject: &Subject<'_>, arg: &Operand) -> bool {
    matches!(arg, Operand::Const(Const::Unknown))
        || subject
            .facts
            .load_of(arg)
            .is_some_and(|place| matches!(place.base, PlaceBase::Global(name) if name.as_str().contains("VA_ARGS")))
}

/// Whether an operand is computed: a pointer of a type that is not in view plus a number is no number.
fn is_sum(subject: &Subject<'_>, arg: &Operand) -> bool {
    subject.facts.source(arg).is_some_and(|stmt| matches!(stmt.kind, StmtKind::Assign(_, Rvalue::Binary(..) | Rvalue::Unary(..))))
}

/// Whether an argument is of another kind than what is printed.
fn is_other(arg: &Operand, ty: TyId, takes: Takes) -> bool {
    if matches!(arg, Operand::Const(zero) if zero.is_zero()) {
        return false;
    }
    matches!(
        (takes, ty.get()),
        (Takes::Text, Ty::Int { .. } | Ty::Float { .. } | Ty::Char { .. } | Ty::Bool)
            | (Takes::Int(_), Ty::Float { .. })
            | (Takes::Real(_), Ty::Int { .. } | Ty::Char { .. } | Ty::Bool)
    )
}

/// What a format asks for, in order; `None` where it is not written as the standard says.
fn conversions(format: &str, scans: bool) -> Option<Vec<Takes>> {
    let mut wanted = Vec::new();
    let mut rest = format.chars().peekable();
    while let Some(next) = rest.next() {
        if next != '%' {
            continue;
        }
        let mut dropped = false;
        while let Some(flag) = rest.peek().copied() {
            match flag {
                '*' if scans => dropped = true,
                '*' => wanted.push(Takes::Int(32)),
                '-' | '+' | ' ' | '#' | '.' | '\'' | '0'..='9' => {}
                _ => break,
            }
            rest.next();
        }
        let mut length = String::new();
        while let Some(letter) = rest.peek().copied().filter(|letter| "hlLqjzt".contains(*letter)) {
            length.push(letter);
            rest.next();
        }
        let bits = match length.as_str() {
            "hh" => 8,
            "h" => 16,
            "" => 32,
            _ => 64,
        };
        let takes = match rest.next()? {
            '%' => continue,
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => Takes::Int(bits),
            // A long double has no size of its own here.
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' | 'a' | 'A' => Takes::Real(if length == "L" { 64 } else { bits }),
            'c' if scans => Takes::Pointer,
            'c' => Takes::Int(32),
            's' if length.is_empty() && !scans => Takes::Text,
            's' | 'p' | 'n' => Takes::Pointer,
            'm' if !scans => continue,
            '[' if scans => {
                // `]` right at the start is one of the set.
                if rest.peek() == Some(&'^') {
                    rest.next();
                }
                rest.next();
                rest.by_ref().find(|letter| *letter == ']')?;
                Takes::Pointer
            }
            _ => return None,
        };
        if !dropped {
            wanted.push(takes);
        }
    }
    Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::{Takes, conversions};

    #[test]
    fn a_format_asks_for_what_the_standard_says() {
        assert_eq!(conversions("100%% of %s, %-*.3lf %hhd", false).map(|it| it.len()), Some(4));
        assert_eq!(conversions("%*d %[^]x] %c", true), Some(vec![Takes::Pointer, Takes::Pointer]));
        assert_eq!(conversions("%m\n", false), Some(Vec::new()));
        assert_eq!(conversions("%1$s", false), None);
        assert_eq!(conversions("%", false), None);
    }
}
