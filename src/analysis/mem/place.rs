//! C places: which objects and cell a path leads to, and at which byte. Must not know what is wrong with an access.

use smallvec::SmallVec;

use super::index::Index;
use super::{Bytes, Purpose};
use crate::analysis::frame::{Frame, ObjectKind};
use crate::analysis::memory::STATIC_CELL;
use crate::analysis::state::{Cell, State};
use crate::analysis::summary::Root;
use crate::analysis::value::{Ends, Null, ObjId, Value, ValueId};
use crate::base::{Span, Symbol};
use crate::ir::{LocalId, LocalKind, Place, PlaceBase, PlaceId, Proj, Ty, TyId};

/// Where a path has led so far.
#[derive(Debug, Clone)]
pub(super) enum Spot {
    /// A local that is no aggregate.
    Local(LocalId),
    /// Objects as they are: what a pointer points at, an aggregate.
    Whole,
    /// A cell of them.
    Cell(Cell),
}

/// A spot, what it was reached through, and the bytes at which it lies.
#[derive(Debug, Clone)]
pub(super) struct Location {
    pub(super) spot: Spot,
    pub(super) objects: SmallVec<[ObjId; 1]>,
    pub(super) through: Option<ValueId>,
    pub(super) at: Bytes,
    pub(super) ty: TyId,
}

impl Location {
    fn local(local: LocalId, ty: TyId) -> Location {
        Location { spot: Spot::Local(local), objects: SmallVec::new(), through: None, at: Bytes::START, ty }
    }
}

/// The member that stands for all members of a union.
const UNION: &str = "<union>";

impl Frame<'_> {
    /// Bytes of a C type.
    pub(in crate::analysis) fn c_size(&self, ty: TyId) -> Option<i64> {
        let (size, _) = self.ctx.program.size_of(self.unit, ty)?;
        i64::try_from(size).ok()
    }

    /// Whether a type is kept in an object of its own: structs and arrays.
    pub(in crate::analysis) fn is_aggregate(&self, ty: TyId) -> bool {
        matches!(self.ctx.program.c_type(ty).get(), Ty::Record { .. } | Ty::Array(..))
    }

    /// What a pointer or array holds.
    pub(super) fn element_type(&self, ty: TyId) -> TyId {
        match self.ctx.program.c_type(ty).get() {
            Ty::Pointer(inner) | Ty::Array(inner, _) => *inner,
            _ => TyId::UNKNOWN,
        }
    }

    /// Follows a path.
    pub(super) fn locate(&mut self, state: &mut State, place: &Place, span: Span) -> Location {
        self.memory.base = match place.base {
            PlaceBase::Local(local) => Some(local),
            _ => None,
        };
        let mut here = match place.base {
            PlaceBase::Local(local) => self.locate_local(state, local, place),
            PlaceBase::Global(name) => self.locate_global(state, name, place),
            PlaceBase::Static(_) | PlaceBase::Inherited => {
                let value = self.unknown();
                let objects = self.objects_of(value);
                Location { spot: Spot::Whole, objects, through: None, at: Bytes::UNKNOWN, ty: TyId::UNKNOWN }
            }
        };
        // What follows of an address is a sum; the pointer itself may be one that was freed.
        let address = self.memory.purpose == Purpose::Address;
        let last = place.proj.iter().rposition(|step| *step == Proj::Deref).filter(|_| address);
        for (at, step) in place.proj.iter().enumerate() {
            self.memory.only_address = last == Some(at);
            here = match step {
                Proj::Deref => self.step_deref(state, here, span),
                Proj::Field(name) => self.step_field(state, here, *name, span),
                Proj::Index(operand) => {
                    let index = self.operand(state, operand, span);
                    let ty = self.operand_type(operand);
                    self.check_c_index(state, here.ty, operand, index, span);
                    self.step_index(state, here, (index, ty), span)
                }
            };
        }
        here
    }

    fn locate_local(&mut self, state: &mut State, local: LocalId, place: &Place) -> Location {
        let ty = self.local_type(local);
        let is_path = !place.proj.is_empty() && !matches!(place.proj.first(), Some(Proj::Deref));
        let is_pointer = matches!(self.ctx.program.c_type(ty).get(), Ty::Pointer(_));
        if !self.is_aggregate(ty) && (!is_path || is_pointer) {
            return Location::local(local, ty);
        }
        if self.body.locals.get(local).is_some_and(|local| local.kind == LocalKind::Param) {
            // A struct passed by value: the caller's.
            let value = self.read_local(state, local);
            let objects = self.objects_of(value);
            return Location { spot: Spot::Whole, objects, through: None, at: Bytes::START, ty };
        }
        let object = self.storage(local);
        Location { spot: Spot::Whole, objects: SmallVec::from_buf([object]), through: None, at: Bytes::START, ty }
    }

    fn locate_global(&mut self, state: &mut State, name: Symbol, place: &Place) -> Location {
        let ty = self.ctx.program.global_type(self.unit, name);
        let holder = self.holder(Root::Global(name));
        let objects = SmallVec::from_buf([holder]);
        let is_path = !place.proj.is_empty() && !matches!(place.proj.first(), Some(Proj::Deref));
        if !self.is_aggregate(ty) && (!is_path || ty != TyId::UNKNOWN) {
            return Location { spot: Spot::Cell(STATIC_CELL), objects, through: None, at: Bytes::START, ty };
        }
        let value = self.load_cell(state, &objects, STATIC_CELL, None, ty);
        let objects = self.objects_of(value);
        Location { spot: Spot::Whole, objects, through: None, at: Bytes::START, ty }
    }

    /// The value that a spot holds.
    pub(super) fn held(&mut self, state: &mut State, here: &Location, span: Span) -> ValueId {
        match here.spot {
            Spot::Local(local) => {
                self.check_set(state, local, span);
                self.read_local(state, local)
            }
            Spot::Cell(cell) => self.load_cell(state, &here.objects, cell, here.through, here.ty),
            Spot::Whole => self.aggregate(here),
        }
    }

    /// A struct or array as a value: a reference to it.
    fn aggregate(&mut self, here: &Location) -> ValueId {
        self.value(Value {
            null: Null::No,
            objects: here.objects.clone(),
            offset: here.at.range,
            ends: here.at.offset_ends(),
            ..Value::default()
        })
    }

    fn step_deref(&mut self, state: &mut State, here: Location, span: Span) -> Location {
        let value = self.held(state, &here, span);
        self.check_null(state, value, span);
        if !self.memory.only_address {
            self.check_released(state, value, span, "");
        }
        // The check may have refined it.
        let value = match here.spot {
            Spot::Local(local) => self.read_local(state, local),
            _ => value,
        };
        let objects = self.objects_of(value);
        let at = Bytes::of_pointer(&self.values[value]);
        let ty = self.element_type(here.ty);
        Location { spot: Spot::Whole, objects, through: Some(value), at, ty }
    }

    /// Turns a cell that is an array or struct into its object.
    fn enter(&mut self, state: &mut State, here: Location, span: Span) -> Location {
        if matches!(here.spot, Spot::Cell(Cell::Index(_) | Cell::Elements)) {
            self.check_passed(state, &here, span);
        }
        match here.spot {
            Spot::Whole => here,
            Spot::Local(local) => {
                let value = self.read_local(state, local);
                let objects = self.objects_of(value);
                Location { spot: Spot::Whole, objects, through: Some(value), at: Bytes::UNKNOWN, ty: here.ty }
            }
            Spot::Cell(cell) => {
                let value = self.load_cell(state, &here.objects, cell, here.through, here.ty);
                let objects = self.objects_of(value);
                // A struct of an array lies in the array's region; a member array is a region of its own.
                // So is a row of a table, but for the first: who walks the whole table starts there.
                let is_member = matches!(cell, Cell::Field(_));
                self.memory.open_end &= is_member;
                if let [object] = objects.as_slice() {
                    self.note_member(*object, here.ty);
                }
                Location { spot: Spot::Whole, objects, through: here.through, at: Bytes::START, ty: here.ty }
            }
        }
    }

    fn step_field(&mut self, state: &mut State, here: Location, name: Symbol, span: Span) -> Location {
        let mut here = self.enter(state, here, span);
        let record = here.ty;
        let size = self.c_size(record).filter(|size| *size > 0);
        // The struct is an element of what the pointer points into.
        if let (Some((low, high)), Some(size)) = (here.at.range, size)
            && (low != 0 || high != 0)
        {
            if low == high {
                self.check_passed(state, &here, span);
            }
            let cell = if low == high && low % size == 0 { Cell::Index(low / size) } else { Cell::Elements };
            let value = self.load_cell(state, &here.objects, cell, here.through, record);
            let objects = self.objects_of(value);
            here = Location { spot: Spot::Whole, objects, through: here.through, at: Bytes::UNKNOWN, ty: record };
        }
        let member = self.ctx.program.member(self.unit, record, name);
        let ty = member.map_or(TyId::UNKNOWN, |(ty, _)| ty);
        self.memory.member = Some((record, name));
        self.memory.open_end =
            member.is_some_and(|(_, last)| last) && here.objects.iter().any(|object| !self.is_variable_itself(*object));
        let name = if self.ctx.program.is_union(record) && !self.is_aggregate(ty) { Symbol::new(UNION) } else { name };
        let offset = self.ctx.program.member_offset(self.unit, record, name).and_then(|at| i64::try_from(at).ok());
        let at = match offset {
            Some(offset) => here.at.plus(offset),
            None => Bytes::UNKNOWN,
        };
        Location { spot: Spot::Cell(Cell::Field(name)), objects: here.objects, through: here.through, at, ty }
    }

    fn step_index(&mut self, state: &mut State, here: Location, (index, ty): (ValueId, TyId), span: Span) -> Location {
        // `a[i]` of a pointer that the lowering could not type.
        let here = match (&here.spot, self.ctx.program.c_type(here.ty).get()) {
            (Spot::Local(_) | Spot::Cell(_), Ty::Pointer(_)) => self.step_deref(state, here, span),
            _ => here,
        };
        // After a dereference the type is the element already; an array's is one step further.
        let element = match self.ctx.program.c_type(here.ty).get() {
            Ty::Array(inner, _) => *inner,
            _ => here.ty,
        };
        let here = self.enter(state, here, span);
        let size = self.c_size(element).filter(|size| *size > 0);
        let at = match size {
            Some(size) => here.at.indexed(&self.values[index], size),
            None => Bytes::UNKNOWN,
        };
        if self.memory.purpose != Purpose::Address
            && let (Some((base, end)), Some(element)) = (here.at.range, size)
            && base == end
            && self.is_open_number(index)
            // The outside's number in an array of a type that tells its length: the rule on positions in arrays has it.
            && (self.values[index].marks.is_empty() || !self.has_length(here.ty))
        {
            let moved = Index { value: index, ty, base, element };
            self.limit_index(state, &here.objects, moved, self.memory.purpose == Purpose::Write, span);
        }
        let exact = match (at.range, size, self.values[index].only_int()) {
            (Some((low, high)), Some(size), _) if low == high && low % size == 0 => Some(low / size),
            (None, _, Some(index)) if here.at.range.is_none() || here.at == Bytes::START => Some(index),
            _ => None,
        };
        let spot = match exact {
            // The first struct of an array is where a pointer to the array points.
            Some(0) if self.is_aggregate(element) => Spot::Whole,
            Some(index) => Spot::Cell(Cell::Index(index)),
            None => Spot::Cell(Cell::Elements),
        };
        Location { spot, objects: here.objects, through: here.through, at, ty: element }
    }

    /// A pointer's target when it is read or written as a whole: its cell.
    pub(super) fn scalar_cell(&self, here: &Location) -> Cell {
        if let [object] = here.objects.as_slice()
            && self.is_holder(*object)
        {
            return STATIC_CELL;
        }
        match here.at.range {
            Some((low, high)) if low == high => match self.c_size(here.ty).filter(|size| *size > 0) {
                Some(size) if low % size == 0 => Cell::Index(low / size),
                _ => Cell::Elements,
            },
            Some(_) => Cell::Elements,
            None => Cell::Index(0),
        }
    }

    /// Whether an object holds a global that is no aggregate.
    fn is_holder(&self, object: ObjId) -> bool {
        match self.objects[object].kind {
            ObjectKind::Input(input) => {
                let input = &self.inputs[input];
                input.path.is_empty() && matches!(input.root, Root::Global(_))
            }
            _ => false,
        }
    }

    /// The value at a C place.
    pub(in crate::analysis) fn c_load(&mut self, state: &mut State, place: PlaceId, ty: TyId, span: Span) -> ValueId {
        let body = self.body;
        let Some(place) = body.places.get(place) else { return self.unknown() };
        self.memory.purpose = Purpose::Read;
        let here = self.locate(state, place, span);
        self.check_access(state, &here, false, span);
        // What a type of the system holds is not known; it may be an array, of which only the address is taken.
        if !self.is_aggregate(here.ty) && !matches!(self.ctx.program.c_type(here.ty).get(), Ty::Unknown | Ty::Named { .. }) {
            self.check_written(state, &here, span);
        }
        let loaded = if here.ty == TyId::UNKNOWN { ty } else { here.ty };
        // In front of what was given lies a header of who gave it, and none of its data.
        if here.at.range.is_some_and(|(_, high)| high < 0) && here.objects.iter().all(|object| !self.objects[*object].is_made()) {
            return self.unknown();
        }
        match here.spot {
            Spot::Local(local) => self.read_local(state, local),
            Spot::Whole if self.is_aggregate(here.ty) => self.aggregate(&here),
            Spot::Whole => {
                let cell = self.scalar_cell(&here);
                self.load_cell(state, &here.objects, cell, here.through, loaded)
            }
            Spot::Cell(cell) => {
                let value = self.load_cell(state, &here.objects, cell, here.through, loaded);
                match cell {
                    Cell::Index(_) | Cell::Elements => self.inside_text(state, &here, value),
                    _ => value,
                }
            }
        }
    }

    /// Writes a C place.
    pub(in crate::analysis) fn c_store(&mut self, state: &mut State, place: PlaceId, value: ValueId, span: Span) {
        let body = self.body;
        let Some(place) = body.places.get(place) else { return };
        self.memory.purpose = Purpose::Write;
        let here = self.locate(state, place, span);
        self.check_access(state, &here, true, span);
        if !self.is_aggregate(here.ty) {
            let size = self.c_size(here.ty);
            self.note_written(state, &here, size);
            let cell = match here.spot {
                Spot::Local(_) => None,
                Spot::Whole => Some(self.scalar_cell(&here)),
                Spot::Cell(cell) => Some(cell),
            };
            if let Some(cell @ (Cell::Index(_) | Cell::Elements)) = cell {
                for object in here.objects.clone() {
                    self.element_written(state, object, cell, value);
                }
            }
        }
        match here.spot {
            Spot::Local(local) => self.write_local(state, local, value),
            Spot::Whole if self.is_aggregate(here.ty) => self.copy_whole(state, value, &here),
            Spot::Whole => {
                let cell = self.scalar_cell(&here);
                self.store_cell(state, &here.objects, cell, value);
            }
            Spot::Cell(cell) => {
                if self.is_aggregate(here.ty) {
                    for object in here.objects.clone() {
                        self.expose(state, object);
                    }
                    let inner = self.enter(state, here, span);
                    for object in inner.objects {
                        self.copy_object(state, value, object);
                    }
                    return;
                }
                self.store_cell(state, &here.objects, cell, value);
            }
        }
    }

    /// A struct is assigned: its cells are copied.
    pub(in crate::analysis) fn copy_object(&mut self, state: &mut State, from: ValueId, to: ObjId) {
        let source = match self.values[from].objects.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        if source == Some(to) {
            return;
        }
        state.drop_cells(to, |cell| !matches!(cell, Cell::Bytes));
        let Some(source) = source else { return };
        let cells: Vec<(Cell, ValueId)> =
            state.cells(source).filter(|(cell, _)| !matches!(cell, Cell::Bytes | Cell::Status(_))).collect();
        for (cell, value) in cells {
            state.set_cell(to, cell, value);
        }
        // What the source never told in view is still the source's.
        if let ObjectKind::Input(input) = self.objects[source].kind {
            let fields: Vec<Symbol> = self.record_fields(to);
            for name in fields {
                let cell = Cell::Field(name);
                if state.cell(to, cell).is_none()
                    && let Some(deeper) = self.deeper(input, cell)
                {
                    let value = self.input_value(deeper, TyId::UNKNOWN);
                    state.set_cell(to, cell, value);
                }
            }
        } else {
            let marks = self.objects[source].marks.clone();
            self.objects[to].marks = marks;
        }
    }

    fn record_fields(&self, object: ObjId) -> Vec<Symbol> {
        let ObjectKind::Storage(local) = self.objects[object].kind else { return Vec::new() };
        self.ctx.program.member_names(self.unit, self.local_type(local))
    }

    /// `&place`.
    pub(in crate::analysis) fn c_address(&mut self, state: &mut State, place: PlaceId, span: Span) -> ValueId {
        let body = self.body;
        let Some(place) = body.places.get(place) else { return self.non_null() };
        if let (PlaceBase::Local(local), []) = (&place.base, place.proj.as_slice())
            && !self.is_aggregate(self.local_type(*local))
        {
            let object = self.storage(*local);
            return self.reference(object);
        }
        // The address of a member is no access: `&p->x`, and offsets made of `&((T *) 0)->x`.
        if let (PlaceBase::Local(local), [Proj::Deref, ..]) = (&place.base, place.proj.as_slice())
            && self.is_null_here(state, *local)
        {
            return self.unknown();
        }
        self.memory.purpose = Purpose::Address;
        let here = self.locate(state, place, span);
        match here.spot {
            Spot::Local(_) => self.non_null(),
            Spot::Whole => self.aggregate(&here),
            Spot::Cell(STATIC_CELL) => self.aggregate(&here),
            Spot::Cell(Cell::Field(member)) => {
                // Whoever gets it may give the member a value.
                for object in here.objects.clone() {
                    self.expose(state, object);
                }
                let is_aggregate = self.is_aggregate(here.ty) || here.ty == TyId::UNKNOWN;
                if is_aggregate {
                    let (whole, through) = (here.objects.clone(), here.through);
                    let inner = self.enter(state, here, span);
                    self.note_whole(state, &whole, &inner.objects, through);
                    return self.aggregate(&inner);
                }
                let value = self.held(state, &here, span);
                self.may_change(state, &here.objects, Cell::Field(member), value);
                let objects = self.objects_of(value);
                self.note_whole(state, &here.objects, &objects, here.through);
                let address = self.value(Value { null: Null::No, objects, ..Value::default() });
                self.memory.addresses.insert(address);
                address
            }
            // `&member[0]`, and not `member`: from there on through what lies behind it.
            Spot::Cell(Cell::Index(0)) if here.objects.iter().any(|object| self.memory.member_sizes.contains_key(object)) => {
                self.value(Value { null: Null::No, objects: here.objects.clone(), ..Value::default() })
            }
            Spot::Cell(_) => self.value(Value {
                null: Null::No,
                objects: here.objects.clone(),
                offset: here.at.range,
                ends: here.at.offset_ends(),
                ..Value::default()
            }),
        }
    }

    fn has_length(&self, ty: TyId) -> bool {
        matches!(self.ctx.program.c_type(ty).get(), Ty::Array(_, Some(length)) if *length > 1)
    }

    /// A pointer moved by a number goes where the number does.
    pub(in crate::analysis) fn note_moved(&mut self, (a, b): (ValueId, ValueId), ty: TyId, back: bool, result: ValueId) {
        let (pointer, by) = if self.values[a].objects.is_empty() { (b, a) } else { (a, b) };
        let (Some((low, high)), Some(size)) = (self.values[pointer].offset, self.c_size(self.element_type(ty))) else { return };
        if low == high && self.values[by].consts.is_none() && self.values[result].offset.is_some() {
            self.link_pointer(by, if back { -size } else { size }, low, result);
        }
    }

    /// Pointer arithmetic: the same objects, so many elements on.
    pub(in crate::analysis) fn pointer_moved(
        &mut self,
        pointer: ValueId,
        by: ValueId,
        ty: TyId,
        back: bool,
    ) -> (Option<(i64, i64)>, Ends) {
        let Some(size) = self.c_size(self.element_type(ty)) else { return (None, Ends::empty()) };
        let start = Bytes::of_pointer(&self.values[pointer]);
        let moved = start.indexed(&self.values[by], if back { -size } else { size });
        (moved.range, moved.offset_ends())
    }
}
