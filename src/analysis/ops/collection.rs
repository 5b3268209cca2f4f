//! Lists, maps, queues, optionals, iterators: element-wise where positions and keys are known.
//! Must not know strings.

use smallvec::SmallVec;

use crate::analysis::call::CallView;
use crate::analysis::frame::{Frame, ObjectKind};
use crate::analysis::merge::Widen;
use crate::analysis::state::{Cell, State};
use crate::analysis::value::{Cleared, Konst, Null, ObjId, Value, ValueId};
use crate::base::Symbol;
use crate::ir::TyId;

/// Entries of a property file that are known by key.
const MAX_ENTRIES: usize = 200;
/// Positions beyond this are not told apart.
const MAX_POSITIONS: i64 = 64;

impl Frame<'_> {
    pub(super) fn collection_op(&mut self, state: &mut State, family: &str, name: &str, view: &CallView<'_>) -> Option<ValueId> {
        let arg = |index: usize| view.args.get(index).copied();
        match (family, name) {
            ("list" | "set" | "queue" | "map", "new") | ("list", "of") | ("arrays", "asList") | ("set", "of") => {
                let made = self.new_collection(state, view);
                let is_empty = view.args.iter().all(|arg| self.values[*arg].objects.is_empty());
                if family == "map" && is_empty && view.name == self.ctx.names.init {
                    self.begin_keys(state, made);
                }
                return Some(made);
            }
            ("optional", "of" | "ofNullable") => {
                let object = self.allocation(view.span, 0, view.ty.name());
                state.drop_cells(object, |_| true);
                state.set_cell(object, Cell::Elements, arg(0)?);
                return Some(self.reference(object));
            }
            _ => {}
        }
        let receiver = view.receiver?;
        let objects = self.objects_of(receiver);
        let object = match objects.as_slice() {
            [only] => *only,
            several => {
                several.iter().for_each(|object| self.forget_keys(state, *object));
                return None;
            }
        };
        match (family, name) {
            ("map", "put") => {
                let (key, value) = (arg(0)?, arg(1)?);
                match self.key(key) {
                    Some(key) => state.set_cell(object, Cell::Key(key), value),
                    None => self.put_under_unknown(state, object, key, value),
                }
                Some(self.unknown())
            }
            ("map", "keys" | "entries") => self.keys_op(state, object, name, view),
            ("map", "key") => self.key_of_entry(state, object),
            ("map" | "session" | "props" | "bundle", "get" | "getOrDefault") => {
                let found = match self.key(arg(0)?) {
                    Some(key) => match state.cell(object, Cell::Key(key)) {
                        Some(value) => Some(value),
                        None if self.is_new(object) && state.cell(object, Cell::Elements).is_none() => {
                            Some(arg(1).filter(|_| name == "getOrDefault").unwrap_or_else(|| self.null(view.span)))
                        }
                        None => match self.held_by_input(state, object, Cell::Key(key)) {
                            Some(held) => Some(held),
                            None => match self.under_another_key(state, object) {
                                Some(other) => Some(other),
                                None => self.any_element(state, object, receiver),
                            },
                        },
                    },
                    None => self.any_element(state, object, receiver),
                };
                match (found, name, arg(1)) {
                    (Some(found), "getOrDefault", Some(default)) if !matches!(self.values[found].null, Null::No) => {
                        Some(self.join_values(found, default, Widen::No))
                    }
                    (found, ..) => found,
                }
            }
            ("session", "set") => {
                let (key, value) = (arg(0)?, arg(1)?);
                match self.key(key) {
                    Some(key) => state.set_cell(object, Cell::Key(key), value),
                    None => self.store_any_element(state, object, value),
                }
                Some(self.unknown())
            }
            ("map", "remove") => {
                let key = self.key(arg(0)?)?;
                let found = state.cell(object, Cell::Key(key));
                state.drop_cells(object, |cell| cell == Cell::Key(key) || matches!(cell, Cell::Property(_)));
                found
            }
            ("map", "containsKey") => {
                self.note_asked_for(state, object, arg(0)?);
                let key = self.key(arg(0)?)?;
                if state.cell(object, Cell::Key(key)).is_some() {
                    return Some(self.bool(true));
                }
                None
            }
            ("list" | "queue" | "set", "add" | "offer" | "addLast") => {
                self.append(state, object, arg(0)?);
                Some(self.bool(true))
            }
            ("list", "addAt") => self.insert(state, object, self.values[arg(0)?].only_int(), arg(1)?),
            ("list" | "queue", "addFirst") => self.insert(state, object, Some(0), arg(0)?),
            ("list", "set") => {
                match self.values[arg(0)?].only_int() {
                    Some(at) if self.size(state, object).is_some() => state.set_cell(object, Cell::Index(at), arg(1)?),
                    _ => self.store_any_element(state, object, arg(1)?),
                }
                None
            }
            ("list", "get") => match self.values[arg(0)?].only_int() {
                Some(at) => self.element(state, object, at, receiver),
                None => self.any_element(state, object, receiver),
            },
            ("list" | "queue", "getFirst" | "peek") => self.element(state, object, 0, receiver),
            ("list", "getLast") => match self.size(state, object) {
                Some(size) => self.element(state, object, size - 1, receiver),
                None => self.any_element(state, object, receiver),
            },
            ("list", "remove") => self.take(state, object, self.values[arg(0)?].only_int(), receiver),
            ("list" | "queue", "removeFirst" | "poll") => self.take(state, object, Some(0), receiver),
            ("list", "size") => match self.size(state, object) {
                Some(size) => Some(self.int(size)),
                None => Some(self.value(Value { range: Some((0, i64::from(i32::MAX))), null: Null::No, ..Value::default() })),
            },
            ("list", "isEmpty") => match self.size(state, object) {
                Some(size) => Some(self.bool(size == 0)),
                None => Some(self.value(Value { null: Null::No, ..Value::default() })),
            },
            ("list" | "set", "contains") => self.contains(state, object, arg(0)?),
            ("iterator", "iterator") => {
                let iterator = self.allocation(view.span, 0, view.ty.name());
                state.drop_cells(iterator, |_| true);
                let element = self.any_element(state, object, receiver)?;
                state.set_cell(iterator, Cell::Elements, element);
                Some(self.reference(iterator))
            }
            ("iterator", "next") | ("optional", "get") => self.any_element(state, object, receiver),
            ("optional", "orElse") => {
                let found = self.any_element(state, object, receiver)?;
                Some(self.join_values(found, arg(0)?, Widen::No))
            }
            _ => None,
        }
    }

    /// `Properties.load` of a resource, and `ResourceBundle.getBundle`: the entries of the project's own file.
    pub(super) fn load_properties(&mut self, state: &mut State, family: &str, view: &CallView<'_>) -> Option<ValueId> {
        let program = self.ctx.program;
        let (object, name, result) = if family == "props" {
            let [object] = self.values[view.receiver?].objects.as_slice() else { return None };
            let object = *object;
            let [source] = self.values[*view.args.first()?].objects.as_slice() else { return None };
            let resource = state.cell(*source, Cell::Property(self.ctx.names.resource))?;
            (object, self.text_of(resource)?, self.unknown())
        } else {
            let base = self.text_of(*view.args.first()?)?;
            let object = self.allocation(view.span, 0, view.ty.name());
            state.drop_cells(object, |_| true);
            (object, format!("{}.properties", base.replace('.', "/")), self.reference(object))
        };
        let entries = program.property_file(&name)?;
        for entry in entries.iter().take(MAX_ENTRIES) {
            let value = self.string(&entry.value);
            state.set_cell(object, Cell::Key(Symbol::new(&entry.key)), value);
        }
        Some(result)
    }

    fn key(&self, value: ValueId) -> Option<Symbol> {
        let constant = self.values[value].only_constant()?;
        match constant {
            Konst::Str(text) => Some(text),
            other => other.text().map(|text| Symbol::new(&text)),
        }
    }

    fn is_new(&self, object: ObjId) -> bool {
        matches!(self.objects[object].kind, ObjectKind::Allocated(_)) && self.objects[object].marks.is_empty()
    }

    fn new_collection(&mut self, state: &mut State, view: &CallView<'_>) -> ValueId {
        let object = self.allocation(view.span, 0, view.target.owner.or(view.ty.name()));
        self.objects[object].class = view.target.owner.or(view.ty.name());
        state.drop_cells(object, |_| true);
        let copies = view.target.owner.is_some() && view.name == self.ctx.names.init;
        if !copies {
            // Elements given one by one, or one array of them.
            for (index, value) in view.args.iter().enumerate() {
                let inner = self.values[*value].objects.clone();
                match (view.args.len(), inner.as_slice()) {
                    (1, [array]) if state.cell(*array, Cell::Size).is_some() => {
                        let cells: SmallVec<[(Cell, ValueId); 8]> = state.cells(*array).collect();
                        for (cell, held) in cells {
                            state.set_cell(object, cell, held);
                        }
                        return self.reference(object);
                    }
                    _ => state.set_cell(object, Cell::Index(i64::try_from(index).unwrap_or(i64::MAX)), *value),
                }
            }
        } else if let Some(first) = view.args.first()
            && !self.values[*first].constants().iter().any(|constant| constant.as_int().is_some())
        {
            // A copy of another collection.
            let inner = self.values[*first].objects.clone();
            let mut value = Value::default();
            for mark in self.deep_marks(state, *first) {
                value.add_mark(mark);
            }
            for source in inner {
                let cells: SmallVec<[(Cell, ValueId); 8]> = state.cells(source).collect();
                for (cell, held) in cells {
                    if matches!(cell, Cell::Index(_) | Cell::Elements | Cell::Key(_) | Cell::Size) {
                        state.set_cell(object, cell, held);
                    }
                }
            }
            if state.cells(object).next().is_none() && !value.marks.is_empty() {
                let value = self.value(value);
                state.set_cell(object, Cell::Elements, value);
            }
            return self.reference(object);
        }
        let size = self.int(if copies { 0 } else { i64::try_from(view.args.len()).unwrap_or(0) });
        state.set_cell(object, Cell::Size, size);
        self.reference(object)
    }

    /// The number of elements, where all positions are known.
    fn size(&self, state: &State, object: ObjId) -> Option<i64> {
        if state.cell(object, Cell::Elements).is_some() {
            return None;
        }
        self.values[state.cell(object, Cell::Size)?].only_int()
    }

    fn append(&mut self, state: &mut State, object: ObjId, value: ValueId) {
        match self.size(state, object) {
            Some(size) if size < MAX_POSITIONS => {
                state.set_cell(object, Cell::Index(size), value);
                let size = self.int(size + 1);
                state.set_cell(object, Cell::Size, size);
            }
            _ => self.collapse_and_store(state, object, value),
        }
    }

    fn collapse_and_store(&mut self, state: &mut State, object: ObjId, value: ValueId) {
        state.drop_cells(object, |cell| cell == Cell::Size);
        self.store_any_element(state, object, value);
    }

    fn insert(&mut self, state: &mut State, object: ObjId, at: Option<i64>, value: ValueId) -> Option<ValueId> {
        match (self.size(state, object), at) {
            (Some(size), Some(at)) if (0..=size).contains(&at) && size < MAX_POSITIONS => {
                for index in (at..size).rev() {
                    if let Some(held) = state.cell(object, Cell::Index(index)) {
                        state.set_cell(object, Cell::Index(index + 1), held);
                    }
                }
                state.set_cell(object, Cell::Index(at), value);
                let size = self.int(size + 1);
                state.set_cell(object, Cell::Size, size);
            }
            _ => self.collapse_and_store(state, object, value),
        }
        Some(self.unknown())
    }

    fn take(&mut self, state: &mut State, object: ObjId, at: Option<i64>, receiver: ValueId) -> Option<ValueId> {
        match (self.size(state, object), at) {
            (Some(size), Some(at)) if (0..size).contains(&at) => {
                let taken = state.cell(object, Cell::Index(at));
                for index in at..size - 1 {
                    match state.cell(object, Cell::Index(index + 1)) {
                        Some(held) => state.set_cell(object, Cell::Index(index), held),
                        None => state.drop_cells(object, |cell| cell == Cell::Index(index)),
                    }
                }
                state.drop_cells(object, |cell| cell == Cell::Index(size - 1));
                let size = self.int(size - 1);
                state.set_cell(object, Cell::Size, size);
                taken
            }
            (_, at) => {
                let found = match at {
                    Some(at) => self.element(state, object, at, receiver),
                    None => self.any_element(state, object, receiver),
                };
                state.drop_cells(object, |cell| cell == Cell::Size);
                if let (ObjectKind::Input(_), Some(_)) = (&self.objects[object].kind, at) {
                    // Positions have moved.
                    let rest = self.any_element(state, object, receiver);
                    if let Some(rest) = rest {
                        state.set_cell(object, Cell::Elements, rest);
                    }
                }
                found
            }
        }
    }

    fn element(&mut self, state: &mut State, object: ObjId, at: i64, receiver: ValueId) -> Option<ValueId> {
        match state.cell(object, Cell::Index(at)) {
            Some(found) if state.cell(object, Cell::Elements).is_none() => Some(found),
            _ => match self.held_by_input(state, object, Cell::Index(at)) {
                Some(held) => Some(held),
                None => self.any_element(state, object, receiver),
            },
        }
    }

    /// What a collection that was passed in holds by a known key or position: the callers know.
    fn held_by_input(&mut self, state: &mut State, object: ObjId, cell: Cell) -> Option<ValueId> {
        let is_input = matches!(self.objects[object].kind, ObjectKind::Input(_)) && self.objects[object].marks.is_empty();
        // Once anything was stored in it by this function, positions and keys are no longer those of the caller.
        let touched = |(known, _): (Cell, ValueId)| matches!(known, Cell::Elements | Cell::Size);
        (is_input && !state.cells(object).any(touched)).then(|| self.load_cell(state, &[object], cell, None, TyId::UNKNOWN))
    }

    fn any_element(&mut self, state: &mut State, object: ObjId, receiver: ValueId) -> Option<ValueId> {
        Some(self.load_cell(state, &[object], Cell::Elements, Some(receiver), TyId::UNKNOWN))
    }

    /// Membership: of a list of constants it is an allow-list check.
    fn contains(&mut self, state: &State, object: ObjId, value: ValueId) -> Option<ValueId> {
        // A constant that is one of the elements.
        if let Some(wanted) = self.values[value].only_constant() {
            let is_it = |(cell, held): (Cell, ValueId)| {
                matches!(cell, Cell::Index(_)) && self.values[held].only_constant() == Some(wanted)
            };
            if state.cells(object).any(is_it) {
                return Some(self.bool(true));
            }
        }
        let mut constants = 0;
        for (cell, held) in state.cells(object) {
            if matches!(cell, Cell::Index(_) | Cell::Elements | Cell::Key(_)) {
                if self.values[held].constants().is_empty() || !self.values[held].marks.is_empty() {
                    return None;
                }
                constants += 1;
            }
        }
        let untainted_input = matches!(self.objects[object].kind, ObjectKind::Input(_));
        (constants > 0 || untainted_input).then(|| self.checked(value, Cleared::MAX))
    }
}
