//! Limits that Bean Validation's annotations declare for a handler's parameter: the framework turns away what lies beyond.
//! Must not know values or states.

use crate::base::Symbol;
use crate::ir::{AnnotationUse, AnnotationValue, Const};

/// The least and the greatest number that gets through; `None`: any does.
pub(super) fn limits(annotations: &[AnnotationUse]) -> Option<(i64, i64)> {
    let mut limits = (i64::from(i32::MIN), i64::from(i32::MAX));
    let mut any = false;
    for used in annotations {
        let (least, most) = match used.name.simple_name() {
            "Min" => (argument(used, "value"), None),
            "Max" => (None, argument(used, "value")),
            "Range" => (argument(used, "min"), argument(used, "max")),
            "Positive" => (Some(1), None),
            "PositiveOrZero" => (Some(0), None),
            _ => continue,
        };
        any |= least.is_some() || most.is_some();
        limits = (least.unwrap_or(limits.0), most.unwrap_or(limits.1));
    }
    any.then_some(limits)
}

fn argument(used: &AnnotationUse, name: &str) -> Option<i64> {
    let name = Symbol::new(name);
    let (_, value) = used.args.iter().find(|(key, _)| *key == name)?;
    match value {
        AnnotationValue::Const(Const::Int(number, _)) => i64::try_from(number.get()).ok(),
        _ => None,
    }
}
