//! Regions: what memory an object is, and how large. Must not know accesses.

use crate::analysis::frame::{Frame, ObjectKind};
use crate::analysis::state::{Cell, State};
use crate::analysis::summary::Root;
use crate::analysis::value::ObjId;
use crate::base::Symbol;
use crate::ir::{LocalKind, StmtKind, Ty, TyId};

/// The kind of memory an object lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum RegionKind {
    /// A local or `alloca`.
    Stack,
    /// From an allocator.
    Heap,
    /// A global or a string literal.
    Static,
}

/// Bytes of an array at the end of a struct that may stand for one of any length.
const OPEN_END: i64 = 32;

/// A region whose size is known.
#[derive(Debug, Clone, Copy)]
pub(in crate::analysis) struct Region {
    pub(in crate::analysis) kind: RegionKind,
    /// Bytes: the least and the most it may have.
    pub(in crate::analysis) size: (i64, i64),
    /// The variable, where it is one.
    pub(in crate::analysis) name: Option<Symbol>,
}

impl Frame<'_> {
    /// The region that an object is, where its size is known.
    pub(in crate::analysis) fn region(&self, state: &State, object: ObjId) -> Option<Region> {
        if let Some((size, name)) = self.memory.member_sizes.get(&object) {
            return Some(Region { kind: RegionKind::Stack, size: (*size, *size), name: *name });
        }
        let allocated = |frame: &Self| state.cell(object, Cell::Bytes).and_then(|bytes| frame.values[bytes].bounds());
        match self.objects[object].kind {
            ObjectKind::Storage(local) => {
                let declared = self.body.locals.get(local)?;
                let size = match allocated(self) {
                    Some(size) => size,
                    None => self.c_size(self.local_type(local)).map(|size| (size, size))?,
                };
                (declared.kind != LocalKind::Param).then_some(Region { kind: RegionKind::Stack, size, name: declared.name })
            }
            ObjectKind::Allocated(_) => {
                let kind = if self.on_stack.contains(&object) { RegionKind::Stack } else { RegionKind::Heap };
                Some(Region { kind, size: allocated(self)?, name: None })
            }
            ObjectKind::Input(input) => {
                let input = &self.inputs[input];
                let Root::Global(name) = input.root else { return None };
                let ty = self.ctx.program.global_type(self.unit, name);
                let whole = match input.path.as_slice() {
                    [] => !self.is_aggregate(ty),
                    [Cell::Size] => self.is_aggregate(ty),
                    _ => false,
                };
                let size = self.c_size(ty).filter(|_| whole)?;
                Some(Region { kind: RegionKind::Static, size: (size, size), name: Some(name) })
            }
            ObjectKind::Lambda(..) | ObjectKind::Opaque | ObjectKind::Answers => None,
        }
    }

    /// Whether the variable that the path at hand starts from is assigned more than once.
    pub(super) fn is_moved_base(&self) -> bool {
        let is_base = |dst: &crate::ir::LocalId| self.memory.base == Some(*dst);
        let assigned = self.body.stmts.iter().filter(|stmt| matches!(&stmt.kind, StmtKind::Assign(dst, _) if is_base(dst)));
        assigned.count() > 1
    }

    /// Whether an object is a variable of the program, which is as large as its type says.
    pub(super) fn is_variable_itself(&self, object: ObjId) -> bool {
        match self.objects[object].kind {
            ObjectKind::Storage(local) => self.is_of_records(self.local_type(local)),
            ObjectKind::Input(input) => match self.inputs[input].root {
                Root::Global(name) if self.inputs[input].path.as_slice() == [Cell::Size] => {
                    self.is_of_records(self.ctx.program.global_type(self.unit, name))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a variable of a type holds structs: a plain buffer that is seen as one is memory like any other.
    fn is_of_records(&self, ty: TyId) -> bool {
        match self.ctx.program.c_type(ty).get() {
            Ty::Array(element, _) => self.is_of_records(*element),
            Ty::Record { .. } => true,
            _ => false,
        }
    }

    /// A member that is an array is a region of its own; one of unknown length, or of one element at a struct's end,
    /// may be longer than declared.
    pub(super) fn note_member(&mut self, object: ObjId, ty: TyId) {
        let Ty::Array(_, Some(length)) = self.ctx.program.c_type(ty).get() else { return };
        let Some(size) = self.c_size(ty).filter(|_| *length > 1) else { return };
        if self.memory.open_end && size <= OPEN_END {
            return;
        }
        if let Some(member) = self.memory.member {
            self.memory.members.insert(object, member);
        }
        // Seen as two structs, the larger member counts.
        let known = self.memory.member_sizes.entry(object).or_insert((size, None));
        known.0 = known.0.max(size);
    }
}
