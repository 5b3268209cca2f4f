//! What a formatted read fills with data. Must not know where the data comes from.

use smallvec::SmallVec;

use super::call::CallView;
use super::frame::Frame;
use super::kinds;
use super::value::{Mark, Value, ValueId};
use crate::base::Span;
use crate::rules::{ApiModel, Slot};

impl Frame<'_> {
    /// A number written in a text is none of its characters: all that stays is where it comes from.
    pub(super) fn number_of_text(&mut self, element: ValueId) -> ValueId {
        let marks =
            self.values[element].marks.iter().map(|mark| Mark { cleared: mark.cleared | kinds::PARSED, ..*mark }).collect();
        self.value(Value { marks, ..Value::default() })
    }

    /// The values in a slot that a call writes to; of a formatted read those that data goes to: `%n` only counts.
    pub(super) fn targets(&self, view: &CallView<'_>, model: &ApiModel, slot: Slot) -> SmallVec<[(ValueId, Span); 4]> {
        let mut found = self.slot_values(view, slot);
        let Slot::Rest(from) = slot else { return found };
        if model.op.is_none_or(|op| op.as_str() != "scan.format") {
            return found;
        }
        let format = usize::from(from).checked_sub(1).and_then(|at| view.args.get(at)).and_then(|format| self.text_of(*format));
        let Some(format) = format.filter(|format| format.contains("n")) else { return found };
        let counts: Vec<bool> = conversions(&format).collect();
        let mut at = 0;
        found.retain(|_| {
            at += 1;
            counts.get(at - 1) != Some(&true)
        });
        found
    }
}

/// For each conversion that takes an argument, whether it is `%n`.
fn conversions(format: &str) -> impl Iterator<Item = bool> {
    // What is left of `%%` is an empty part and the text behind it, which is none.
    let plain = format.replace("%%", "");
    let parts: Vec<String> = plain.split('%').skip(1).map(str::to_owned).collect();
    parts.into_iter().filter(|part| !part.is_empty() && !part.starts_with('*')).map(|part| {
        // Widths and lengths of types come before the letter.
        let letter = part.trim_start_matches(|c: char| c.is_ascii_digit());
        letter.trim_start_matches(['h', 'l', 'L', 'j', 'z', 't', 'q']).starts_with('n')
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_are_told_from_data() {
        let of = |format: &str| super::conversions(format).collect::<Vec<_>>();
        assert_eq!(of("%1023s%n"), [false, true]);
        assert_eq!(of("%*d %lld %hhn"), [false, true]);
        assert_eq!(of("%d%% %n"), [false, true]);
    }
}
