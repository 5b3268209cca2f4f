//! The inputs of the function under analysis: parameters, globals, and what is reached from them, each with its value and
//! the object it points to. Must not know statements, nor what a caller passes.

use smallvec::SmallVec;

use super::frame::{Frame, Object, ObjectKind};
use super::marks::Marks;
use super::state::Cell;
use super::summary::{Input, MAX_PATH, Root};
use super::trace::PathId;
use super::value::{InputId, Mark, Null, ObjId, Origin, Value, ValueId};
use crate::ir::{Ty, TyId};
use crate::rules::SourceKinds;

/// What belongs to an input.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OfInput {
    /// The input it is one step on from.
    parent: Option<InputId>,
    /// Its value as the caller passed it, once asked for.
    value: Option<ValueId>,
    /// What that points to.
    object: Option<ObjId>,
}

impl Frame<'_> {
    /// The input that a path starts at.
    pub(super) fn root_input(&mut self, root: Root) -> InputId {
        if let Some(&known) = self.roots.get(&root) {
            return known;
        }
        let id = self.new_input(Input { root, path: SmallVec::new() }, None);
        self.roots.insert(root, id);
        id
    }

    fn new_input(&mut self, input: Input, parent: Option<InputId>) -> InputId {
        self.of_inputs.push(OfInput { parent, ..OfInput::default() });
        self.inputs.push(input)
    }

    /// The value of an input as the caller passed it: unknown, marked as the input's.
    pub(super) fn input_value(&mut self, input: InputId, ty: TyId) -> ValueId {
        if let Some(known) = self.of_inputs[input].value {
            return known;
        }
        let mut value = Value { input: Some(input), ..Value::default() };
        let cleared = self.cleared_by_type(ty);
        let is_receiver = self.inputs[input].root == Root::This && self.inputs[input].path.is_empty();
        if is_receiver {
            value.null = Null::No;
        } else if self.takes_taint {
            value.marks.push(Mark {
                origin: Origin::Input(input),
                kinds: SourceKinds::all(),
                name: self.ctx.names.empty,
                cleared,
                path: PathId::from_raw(0),
                at_start: true,
            });
        }
        if matches!(ty.get(), Ty::Named { .. } | Ty::Array(..) | Ty::Pointer(_) | Ty::Unknown | Ty::Record { .. })
            && ty != TyId::STRING
            && cleared == 0
        {
            let object = self.objects.push(Object { kind: ObjectKind::Input(input), class: ty.name(), marks: Marks::default() });
            self.of_inputs[input].object = Some(object);
            value.objects.push(object);
            value.offset = Some((0, 0));
        }
        let id = self.values.push(value);
        self.of_inputs[input].value = Some(id);
        id
    }

    /// The object an input points to, if its value was ever asked for.
    pub(super) fn object_of_input(&self, input: InputId) -> Option<ObjId> {
        self.of_inputs.get(input)?.object
    }

    /// The object that an input is a cell of, if it was ever asked for.
    pub(super) fn holder_of(&self, input: InputId) -> Option<ObjId> {
        self.of_inputs[self.of_inputs[input].parent?].object
    }

    /// The object an input points to, made if need be.
    pub(super) fn input_object(&mut self, input: InputId) -> ObjId {
        if let Some(known) = self.of_inputs[input].object {
            return known;
        }
        let object = self.new_object(ObjectKind::Input(input), None);
        self.of_inputs[input].object = Some(object);
        object
    }

    /// The input one step on from another; `None` beyond the longest path.
    pub(super) fn deeper(&mut self, input: InputId, cell: Cell) -> Option<InputId> {
        if let Some(&known) = self.members.get(&(input, cell)) {
            return Some(known);
        }
        let from = &self.inputs[input];
        if from.path.len() >= MAX_PATH {
            return None;
        }
        let mut path = from.path.clone();
        path.push(cell);
        let root = from.root;
        let id = self.new_input(Input { root, path }, Some(input));
        self.members.insert((input, cell), id);
        Some(id)
    }
}
