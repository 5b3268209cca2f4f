//! What a check of one value says of another: of an address's host for the address, of a text in lower case for the text.
//! Must not know statements.

use super::frame::Frame;
use super::kinds::{HOST, HOST_CHECKED};
use super::state::State;
use super::summary::Root;
use super::value::{Cleared, Null, Origin, Predicate, Value, ValueId};

/// Methods that tell an address by its host.
pub(super) fn names_host(method: &str) -> bool {
    matches!(method, "getHost" | "getAuthority")
}

impl Frame<'_> {
    /// The value has passed a check: so have the text that it is a copy of, and the address whose host it is.
    pub(super) fn pass_check(&mut self, state: &mut State, value: ValueId, cleared: Cleared) {
        let is_host = self.values[value].marks.iter().any(|mark| mark.cleared & HOST != 0);
        if cleared & HOST_CHECKED != 0 && (cleared != Cleared::MAX || is_host) {
            self.clear_origins(state, value, HOST_CHECKED);
        }
        if let Some(&original) = self.copies.get(&value) {
            self.clear(state, original, cleared);
        }
        self.clear(state, value, cleared);
    }

    /// Every value that holds data of the same origins has passed a check.
    pub(super) fn clear_origins(&mut self, state: &mut State, value: ValueId, cleared: Cleared) {
        let origins: Vec<super::value::Origin> = self.deep_marks(state, value).iter().map(|mark| mark.origin).collect();
        let held: Vec<ValueId> =
            state.slots.iter().flatten().copied().chain(state.heap.entries().iter().map(|(_, _, value)| *value)).collect();
        for held in held {
            if self.values[held].marks.iter().any(|mark| origins.contains(&mark.origin)) {
                self.clear(state, held, cleared);
            }
        }
    }

    /// A text that differs from another in case or in blanks around it only.
    pub(super) fn note_copy(&mut self, copy: ValueId, original: ValueId) {
        if !self.values[original].marks.is_empty() {
            self.copies.insert(copy, original);
        }
    }

    /// Whether nobody outside decides a value: it carries no data, or is what a field of the program holds.
    pub(super) fn is_own(&self, value: ValueId) -> bool {
        let known = &self.values[value];
        if matches!(known.null, Null::Yes(_)) {
            return false;
        }
        let of_field = known.input.filter(|input| match self.inputs[*input].root {
            Root::Static(..) => true,
            Root::This => !self.inputs[*input].path.is_empty(),
            _ => false,
        });
        let free = |object: &super::value::ObjId| self.objects[*object].marks.is_empty();
        known.marks.iter().all(|mark| matches!(mark.origin, Origin::Input(from) if Some(from) == of_field))
            && known.objects.iter().all(free)
    }

    /// Equal to what nobody outside decides: the truth of a membership test.
    pub(super) fn equal_to_own(&mut self, a: ValueId, b: ValueId) -> Option<ValueId> {
        let tested = match (self.is_own(a), self.is_own(b)) {
            (false, true) => a,
            (true, false) => b,
            _ => return None,
        };
        Some(self.checked(tested, Cleared::MAX))
    }

    /// `host.endsWith(".example.org")`, of a host.
    pub(super) fn host_ends(&mut self, value: ValueId, end: &str) -> Option<ValueId> {
        let marks = &self.values[value].marks;
        let is_host = !marks.is_empty() && marks.iter().all(|mark| mark.cleared & HOST != 0);
        (is_host && end.starts_with('.') && end.len() > 1).then(|| self.checked(value, HOST_CHECKED))
    }

    /// `address.isSiteLocalAddress()`: where it is not, the address is none of the internal network.
    pub(super) fn is_internal(&mut self, address: ValueId) -> ValueId {
        let outside = Predicate::Checked(address, HOST_CHECKED);
        let predicate = Some(Box::new(Predicate::Not(Box::new(outside))));
        self.value(Value { predicate, null: Null::No, ..Value::default() })
    }
}

/// An address, or a request made of one, begins as its text does. Files are left to what is known of paths.
pub(super) fn is_address(view: &super::call::CallView<'_>) -> bool {
    let of_address = |owner: crate::base::Symbol| matches!(owner.as_str(), "java.net.URI" | "java.net.URL");
    view.args.len() == 1
        && (view.call.kind == crate::ir::CallKind::New
            && view.target.owner.is_none_or(|owner| !owner.as_str().starts_with("java.io."))
            || view.target.owner.is_some_and(of_address))
}
