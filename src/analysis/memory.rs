//! Reads and writes of places. Must not know operators or calls.

use smallvec::SmallVec;

use super::frame::{Frame, ObjectKind};
use super::merge::Widen;
use super::state::{Cell, State};
use super::summary::Root;
use super::value::{Konst, Mark, Null, ObjId, Value, ValueId};
use crate::base::{Span, Symbol};
use crate::ir::{Const, LocalId, Operand, Place, PlaceBase, PlaceId, Proj, Ty, TyId};
use crate::rules::SourceKinds;

/// What a place's last step works on.
pub(super) enum Target {
    /// A local itself.
    Local(LocalId),
    /// A cell of one or more objects; the value through which they were reached.
    Cell(SmallVec<[ObjId; 1]>, Cell, Option<ValueId>),
}

/// Kinds of input whose marks take the name of the property that is read.
const NAMED: SourceKinds = SourceKinds::WEB.union(SourceKinds::DB);

impl Frame<'_> {
    /// The value of an operand.
    pub(super) fn operand(&mut self, state: &State, operand: &Operand, span: Span) -> ValueId {
        match operand {
            Operand::Local(local) => {
                if self.is_c() {
                    self.check_set(state, *local, span);
                }
                self.read_local(state, *local)
            }
            Operand::Const(Const::Null) => self.null(span),
            Operand::Const(Const::Str(text)) => self.string(text.as_str()),
            Operand::Const(constant) => match self.konst(constant) {
                Some(constant) => self.constant(constant),
                None => self.unknown(),
            },
        }
    }

    /// The value at a place. `span`: where it is read, for a null dereference.
    pub(super) fn load(&mut self, state: &mut State, at: PlaceId, ty: TyId, span: Span) -> ValueId {
        let body = self.body;
        let Some(place) = body.places.get(at) else { return self.unknown() };
        if let Some(constant) = self.constant_place(place) {
            return self.constant(constant);
        }
        if self.is_c() {
            return self.c_load(state, at, ty, span);
        }
        match self.target(state, place, span) {
            Some(Target::Local(local)) => self.read_local(state, local),
            Some(Target::Cell(objects, cell, through)) => match self.array_length(state, place, &objects) {
                Some(length) => length,
                None => {
                    let value = self.load_cell(state, &objects, cell, through, ty);
                    self.read_source(place, value, span)
                }
            },
            None => self.unknown(),
        }
    }

    /// What a library's static field gives may come from outside: `System.in`.
    fn read_source(&mut self, place: &Place, value: ValueId, span: Span) -> ValueId {
        let (PlaceBase::Static(ty), [Proj::Field(name)]) = (place.base, place.proj.as_slice()) else { return value };
        let models = self.models;
        let Some(class) = models.fields.get(name).and(ty.name()) else { return value };
        let class = self.ctx.resolve(self.unit, class).unwrap_or(class);
        let source = models.fields.get(name).into_iter().flatten().find(|model| model.owner == Some(class));
        let Some(model) = source.filter(|model| !model.source.is_empty()) else { return value };
        let hop = self.hop(span, crate::findings::StepKind::Source, *name);
        let path = self.traces.push(None, hop);
        let origin = super::value::Origin::Source(self.at(span));
        let mark = Mark { origin, kinds: model.source, name: *name, cleared: 0, path, at_start: true };
        let marks = super::marks::Marks::one(mark);
        let kind = ObjectKind::Opaque;
        let object = self.objects.push(super::frame::Object { kind, class: model.ty, marks });
        self.value(Value {
            null: Null::No,
            marks: super::marks::Marks::one(mark),
            objects: SmallVec::from_buf([object]),
            ..Value::default()
        })
    }

    /// A field or global that holds one constant for the life of the program.
    fn constant_place(&self, place: &Place) -> Option<Konst> {
        let program = self.ctx.program;
        let (base, Some(Proj::Field(name))) = (&place.base, place.proj.first()) else {
            if let PlaceBase::Global(name) = place.base
                && place.proj.is_empty()
            {
                if let Some(constant) =
                    program.constant_globals.get(&name).or_else(|| program.constant_statics.get(&(self.unit.file, name)))
                {
                    return self.konst(constant);
                }
                let model = self.models.fields.get(&name)?.iter().find(|model| model.owner.is_none())?;
                return model.value.map(Konst::Int);
            }
            return None;
        };
        if place.proj.len() != 1 {
            return None;
        }
        let class = match base {
            PlaceBase::Static(ty) => {
                let written = ty.name()?;
                program.class(written).map(|_| written).or_else(|| self.ctx.resolve(self.unit, written)).unwrap_or(written)
            }
            PlaceBase::Local(local) => self.local_type(*local).name()?,
            PlaceBase::Inherited => program.owner_name(self.id)?,
            PlaceBase::Global(_) => return None,
        };
        if let Some((declaring, _, _)) = program.find_field(class, *name, self.models) {
            if let Some(constant) = program.constant_fields.get(&(declaring, *name)) {
                return self.konst(constant);
            }
            // An enum constant is known by its name.
            let id = program.class(declaring)?;
            let decl = &program.classes[id];
            if decl.kind == crate::ir::TypeKind::Enum
                && decl.fields.get(name).is_some_and(|(ty, is_static)| *is_static && ty.name() == Some(declaring))
            {
                return Some(Konst::Str(*name));
            }
            return None;
        }
        let models = self.models.fields.get(name)?;
        let model = models.iter().find(|model| model.owner.is_some_and(|owner| program.is_subtype(class, owner, self.models)))?;
        model.value.map(Konst::Int).or(model.text.map(Konst::Str))
    }

    /// Follows a place to its last step.
    pub(super) fn target(&mut self, state: &mut State, place: &Place, span: Span) -> Option<Target> {
        let mut steps = place.proj.iter();
        let mut current: Target = match place.base {
            PlaceBase::Local(local) => {
                if place.proj.is_empty() {
                    return Some(Target::Local(local));
                }
                Target::Local(local)
            }
            PlaceBase::Static(ty) => {
                let Some(Proj::Field(name)) = steps.next() else { return None };
                let written = ty.name()?;
                let class = if self.ctx.program.class(written).is_some() {
                    written
                } else {
                    self.ctx.resolve(self.unit, written).unwrap_or(written)
                };
                let class = self.ctx.program.find_field(class, *name, self.models).map_or(class, |(declaring, ..)| declaring);
                self.static_cell(state, Root::Static(class, *name), TyId::UNKNOWN)
            }
            PlaceBase::Global(name) => self.static_cell(state, Root::Global(name), TyId::UNKNOWN),
            PlaceBase::Inherited => {
                let Some(Proj::Field(name)) = steps.next() else { return None };
                let class = self.ctx.program.owner_name(self.id)?;
                match self.ctx.program.find_field(class, *name, self.models) {
                    Some((declaring, _, true)) => self.static_cell(state, Root::Static(declaring, *name), TyId::UNKNOWN),
                    _ => {
                        let this = self.receiver(state)?;
                        let objects = self.objects_of(this);
                        Target::Cell(objects, Cell::Field(*name), Some(this))
                    }
                }
            }
        };
        for step in steps {
            let value = match current {
                Target::Local(local) => self.read_local(state, local),
                Target::Cell(objects, cell, through) => self.load_cell(state, &objects, cell, through, TyId::UNKNOWN),
            };
            self.check_null(state, value, span);
            let cell = self.cell_of(state, step, span);
            if let Proj::Index(operand) = step {
                let index = self.operand(state, operand, span);
                self.check_index(state, value, operand, index, span);
            }
            let objects = self.objects_of(value);
            current = Target::Cell(objects, cell, Some(value));
        }
        Some(current)
    }

    fn cell_of(&mut self, state: &State, step: &Proj, span: Span) -> Cell {
        match step {
            Proj::Field(name) => Cell::Field(*name),
            Proj::Deref => Cell::Index(0),
            Proj::Index(operand) => {
                let index = self.operand(state, operand, span);
                self.values[index].only_int().map_or(Cell::Elements, Cell::Index)
            }
        }
    }

    /// The receiver's value; in a lambda that of the enclosing method, if captured.
    pub(super) fn receiver(&mut self, state: &State) -> Option<ValueId> {
        let first = self.body.locals.iter_enumerated().find(|(_, local)| {
            local.kind == crate::ir::LocalKind::Receiver || local.name.is_some_and(|name| name.as_str() == "this")
        })?;
        Some(self.read_local(state, first.0))
    }

    /// The object that is a C local's storage.
    pub(super) fn storage(&mut self, local: LocalId) -> ObjId {
        let span = self.body.locals.get(local).map_or(Span::default(), |local| local.span);
        if let Some(&known) = self.allocations.get(&(span, local.raw())) {
            return known;
        }
        let id = self.new_object(ObjectKind::Storage(local), None);
        self.allocations.insert((span, local.raw()), id);
        id
    }

    /// The object that holds a static field or global.
    pub(super) fn holder(&mut self, root: Root) -> ObjId {
        let input = self.root_input(root);
        if let Some(known) = self.object_of_input(input) {
            return known;
        }
        let value = self.input_value(input, TyId::UNKNOWN);
        match self.values[value].objects.first() {
            Some(object) => *object,
            None => self.new_object(ObjectKind::Input(input), None),
        }
    }

    /// Static fields and globals are cells of one object each, which is an input.
    fn static_cell(&mut self, _state: &State, root: Root, _ty: TyId) -> Target {
        let input = self.root_input(root);
        let object = match self.object_of_input(input) {
            Some(object) => object,
            None => {
                // A holder: its one cell is the variable.
                let value = self.input_value(input, TyId::UNKNOWN);
                match self.values[value].objects.first() {
                    Some(object) => *object,
                    None => self.new_object(ObjectKind::Input(input), None),
                }
            }
        };
        Target::Cell(SmallVec::from_buf([object]), STATIC_CELL, None)
    }

    /// Reads a cell of objects, joined over them.
    pub(super) fn load_cell(
        &mut self,
        state: &mut State,
        objects: &[ObjId],
        cell: Cell,
        through: Option<ValueId>,
        ty: TyId,
    ) -> ValueId {
        if objects.is_empty() {
            // A constant or null: whatever is read carries its taint.
            let marks = through.map(|through| self.values[through].marks.clone()).unwrap_or_default();
            return self.value(Value { marks, ..Value::default() });
        }
        let mut result: Option<ValueId> = None;
        for &object in objects {
            let value = self.load_one(state, object, cell, ty);
            result = Some(match result {
                None => value,
                Some(known) => self.join_values(known, value, Widen::No),
            });
        }
        result.unwrap_or_else(|| self.unknown())
    }

    fn load_one(&mut self, state: &mut State, object: ObjId, cell: Cell, ty: TyId) -> ValueId {
        if let Some(known) = state.cell(object, cell) {
            return known;
        }
        if let Cell::Index(_) | Cell::Key(_) = cell
            && let Some(known) = state.cell(object, Cell::Elements)
        {
            return self.one_element(state, object, cell, known);
        }
        if cell == Cell::Elements {
            // An unknown element: any of those known.
            let known: SmallVec<[ValueId; 8]> = state
                .cells(object)
                .filter(|(cell, _)| matches!(cell, Cell::Index(_) | Cell::Key(_)))
                .map(|(_, value)| value)
                .collect();
            if let Some((first, rest)) = known.split_first() {
                let mut joined = rest.iter().fold(*first, |a, b| self.join_values(a, *b, Widen::No));
                if !matches!(self.objects[object].kind, ObjectKind::Allocated(_)) {
                    let marks = self.objects[object].marks.clone();
                    let mut value = self.values[joined].clone();
                    value.consts = None;
                    value.null = Null::Unknown;
                    marks.iter().for_each(|mark| value.add_mark(*mark));
                    joined = self.value(value);
                } else if self.values[joined].consts.is_some() {
                    // Other elements may hold the default.
                    let mut value = self.values[joined].clone();
                    value.consts = None;
                    value.range = None;
                    joined = self.value(value);
                }
                return joined;
            }
        }
        if let ObjectKind::Input(input) = self.objects[object].kind {
            // What an input held on entry needs no cell of its own: asked again, it is the same value.
            let deeper = if cell == STATIC_CELL { Some(input) } else { self.deeper(input, cell) };
            if let Some(deeper) = deeper {
                return if cell == STATIC_CELL { self.static_value(deeper, ty) } else { self.input_value(deeper, ty) };
            }
        }
        let fresh = match self.objects[object].kind.clone() {
            ObjectKind::Input(input) => {
                // Beyond the longest path: the shorter path's data.
                let mut value = Value::default();
                for mark in self.input_marks(input) {
                    value.add_mark(mark);
                }
                self.value(value)
            }
            _ => {
                let mut marks = self.objects[object].marks.clone();
                // What a request is bound to is told by the property that is read.
                if let Cell::Field(name) | Cell::Key(name) = cell {
                    let of_request = marks.iter().any(|mark| mark.kinds.intersects(SourceKinds::WEB));
                    if of_request && super::checks::names::is_secret(name.as_str()) {
                        marks.iter_mut().for_each(|mark| mark.kinds |= SourceKinds::SECRET);
                    }
                    marks
                        .iter_mut()
                        .filter(|mark| mark.kinds.intersects(NAMED) && !mark.name.as_str().starts_with('@'))
                        .for_each(|mark| mark.name = name);
                }
                let numeric = matches!(ty.get(), Ty::Int { .. } | Ty::Bool | Ty::Float { .. } | Ty::Char { .. });
                let marks = if numeric {
                    marks.into_iter().map(|mark| Mark { cleared: mark.cleared | super::kinds::NUMBER, ..mark }).collect()
                } else {
                    marks
                };
                self.value(Value { marks, ..Value::default() })
            }
        };
        if !self.is_c() || !self.is_raw(state, object) {
            state.set_cell(object, cell, fresh);
        }
        fresh
    }

    /// An element of which only is known what all are: what is learnt of it does not hold of the others.
    fn one_element(&mut self, state: &mut State, object: ObjId, cell: Cell, all: ValueId) -> ValueId {
        let known = &self.values[all];
        if !self.is_c() || known.consts.is_some() || !known.objects.is_empty() || !matches!(known.null, Null::Unknown | Null::No)
        {
            return all;
        }
        let own = Value { input: None, ..known.clone() };
        let own = self.value(own);
        state.set_cell(object, cell, own);
        own
    }

    fn static_value(&mut self, input: super::value::InputId, ty: TyId) -> ValueId {
        // The holder's object stands for the variable; its value is a separate input value of the declared type.
        let deeper = self.deeper(input, STATIC_CELL);
        match deeper {
            Some(deeper) => self.input_value(deeper, ty),
            None => self.unknown(),
        }
    }

    fn input_marks(&mut self, input: super::value::InputId) -> super::marks::Marks {
        let value = self.input_value(input, TyId::UNKNOWN);
        self.values[value].marks.clone()
    }

    /// Writes a place.
    pub(super) fn store(&mut self, state: &mut State, place: PlaceId, value: ValueId, span: Span) {
        if self.is_c() {
            return self.c_store(state, place, value, span);
        }
        let body = self.body;
        let Some(place) = body.places.get(place) else { return };
        match self.target(state, place, span) {
            Some(Target::Local(local)) => self.write_local(state, local, value),
            Some(Target::Cell(objects, cell, _)) => self.store_cell(state, &objects, cell, value),
            None => {}
        }
    }

    /// Writes a cell: strongly if there is one object, else each keeps what it had as a possibility.
    pub(super) fn store_cell(&mut self, state: &mut State, objects: &[ObjId], cell: Cell, value: ValueId) {
        if self.is_c() {
            self.note_kept(state, objects, value);
        }
        for &object in objects {
            if objects.len() > 1 {
                let before = state.cell(object, cell);
                let joined = match before {
                    Some(before) => self.join_values(before, value, Widen::No),
                    None => self.weaken_for_store(value),
                };
                state.set_cell(object, cell, joined);
                continue;
            }
            if cell == Cell::Elements {
                self.store_any_element(state, object, value);
            } else {
                state.set_cell(object, cell, value);
            }
        }
    }

    pub(super) fn weaken_for_store(&mut self, value: ValueId) -> ValueId {
        let known = &self.values[value];
        let weak = Value { marks: known.marks.clone(), objects: known.objects.clone(), ..Value::default() };
        self.value(weak)
    }

    /// A write to an unknown element: every element may be the one.
    pub(super) fn store_any_element(&mut self, state: &mut State, object: ObjId, value: ValueId) {
        let cells: SmallVec<[(Cell, ValueId); 8]> =
            state.cells(object).filter(|(cell, _)| matches!(cell, Cell::Index(_) | Cell::Key(_) | Cell::Elements)).collect();
        let mut had_elements = false;
        self.forget_keys(state, object);
        for (cell, before) in cells {
            had_elements |= cell == Cell::Elements;
            let joined = self.join_values(before, value, Widen::No);
            state.set_cell(object, cell, joined);
        }
        if !had_elements {
            state.set_cell(object, Cell::Elements, value);
        }
    }

    /// The marks of a value and of what it contains, a few levels down: what reaches a sink that takes it.
    pub(super) fn deep_marks(&mut self, state: &State, value: ValueId) -> SmallVec<[Mark; 4]> {
        if self.clean {
            return SmallVec::new();
        }
        let mut marks: SmallVec<[Mark; 4]> = self.values[value].marks.iter().copied().collect();
        let mut objects: SmallVec<[ObjId; 4]> = self.values[value].objects.iter().copied().collect();
        let mut next = 0;
        while let Some(&object) = objects.get(next) {
            next += 1;
            if next > 8 {
                break;
            }
            marks.extend(self.objects[object].marks.iter().copied());
            for (cell, held) in state.cells(object) {
                let is_keys = cell == Cell::Property(self.ctx.names.keys);
                if !is_keys && !matches!(cell, Cell::Elements | Cell::Index(_) | Cell::Key(_) | Cell::Text) {
                    continue;
                }
                for mark in &self.values[held].marks {
                    if !marks.iter().any(|known| known.origin == mark.origin && known.cleared == mark.cleared) {
                        marks.push(*mark);
                    }
                }
                for inner in &self.values[held].objects {
                    if !objects.contains(inner) {
                        objects.push(*inner);
                    }
                }
            }
        }
        marks
    }

    /// A named property of an object, as matchers ask for it: what a setter stored.
    pub(super) fn property(&self, state: &State, value: ValueId, name: Symbol) -> Option<ValueId> {
        let [object] = self.values[value].objects.as_slice() else { return None };
        state.cell(*object, Cell::Property(name))
    }
}

/// The cell of a static field's or global's holder object.
pub(super) const STATIC_CELL: Cell = Cell::Size;
