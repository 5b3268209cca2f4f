//! What library calls and constants bring into the flow of [`super::demand`]. Must not know the flow.

use super::demand::{Mask, mask};
use super::numeric::is_type_end;
use crate::base::Symbol;
use crate::ir::{Const, Operand};
use crate::rules::{ApiModel, Models, Slot};

/// Not a kind of taint: the least or greatest number of a type.
pub(super) const LIMIT: Mask = 1 << 30;
/// Smaller constants are the ends of no type that sums are computed in.
const LEAST_LIMIT: u64 = i16::MAX as u64;

/// Whether an operand is the least or greatest number of a type, written out.
pub(super) fn limit(operand: &Operand) -> Mask {
    match operand {
        Operand::Const(Const::Int(number, _)) => match i64::try_from(number.get()) {
            Ok(number) if number.unsigned_abs() >= LEAST_LIMIT && is_type_end(number) => LIMIT,
            _ => 0,
        },
        _ => 0,
    }
}

/// The same of a library's constant: `INT_MAX`.
pub(super) fn limit_by_name(models: &Models, name: Symbol) -> Mask {
    let known = models.fields.get(&name).into_iter().flatten();
    known.filter_map(|field| field.value).fold(0, |all, value| all | if is_type_end(value) { LIMIT } else { 0 })
}

/// What a library call may bring in.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Given {
    pub(super) result: Mask,
    pub(super) objects: Mask,
    /// Whether data passes between receiver and arguments.
    pub(super) fills: bool,
}

pub(super) fn given(model: &ApiModel) -> Given {
    let mut all = Given::default();
    for (slot, kinds) in &model.sources {
        match slot {
            Slot::Return => all.result |= mask(*kinds),
            _ => all.objects |= mask(*kinds),
        }
    }
    all.result |= model.source_if.as_ref().map_or(0, |given| mask(given.kinds));
    // What a statement is handed goes to the database.
    let to_database = model.op.is_some_and(|op| op.as_str().starts_with("mapper."));
    all.fills = model.op.is_some() && !to_database || model.flows.iter().flatten().any(|flow| flow.to != Slot::Return);
    all
}
