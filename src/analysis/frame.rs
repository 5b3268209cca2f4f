//! The analysis of one function: its arena of values and objects, and what it finds. Must not know the order in which
//! functions are analysed.

use index_vec::IndexVec;
use smallvec::SmallVec;

use super::Context;
use super::inputs::OfInput;
use super::kinds;
use super::marks::Marks;
use super::mem::{Home, homes};
use super::state::{Cell, State, Test};
use super::store::Store;
use super::summary::{Input, LatentKind, Root};
use super::trace::{Traces, Trail};
use super::value::{Cleared, InputId, Konst, Null, ObjId, Value, ValueId};
use crate::base::{FastMap, FastSet, FileId, FileSpan, RuleId, Span, Symbol};
use crate::findings::{Examined, Finding};
use crate::ir::{BlockId, Body, Function, Language, LocalId, Ty, TyId, Unit};
use crate::program::{FuncId, FunctionTypes};
use crate::rules::Models;

/// An abstract object.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// What it is.
    pub(super) kind: ObjectKind,
    /// Its class, where known; exact for allocations.
    pub(super) class: Option<Symbol>,
    /// Taint of whatever is read from it and was not written in view.
    pub(super) marks: Marks,
}

impl Object {
    /// Whether it was made in view.
    pub(super) fn is_made(&self) -> bool {
        matches!(self.kind, ObjectKind::Allocated(_))
    }
}

/// What an object is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ObjectKind {
    /// Made here, or by a callee whose summary says so.
    Allocated(Span),
    /// What an input points to.
    Input(InputId),
    /// The storage of a C local.
    Storage(LocalId),
    /// A lambda or method reference: its function and what it captured.
    Lambda(FuncId, Vec<ValueId>),
    /// No object of the program: holds the answers that `recall` keeps.
    Answers,
    /// Something else: a library's result, the target of an unknown pointer.
    Opaque,
}

/// A defect that waits for a caller.
pub(super) struct Pending {
    pub(super) kind: LatentKind,
    pub(super) at: FileSpan,
    /// The function it lies in.
    pub(super) function: FuncId,
    pub(super) trail: Trail,
    /// How many calls down.
    pub(super) depth: u8,
}

/// The input a defect waits for, the defect, and what holds on the way to it.
type Waiting = (InputId, Pending, Vec<(InputId, Test)>);

/// A finding before deduplication, with what tells two apart.
#[derive(Debug, Default)]
pub(super) struct FrameFindings {
    pub(super) findings: Vec<Finding>,
    pub(super) seen: FastSet<(RuleId, FileSpan, Option<FileSpan>)>,
    pub(super) examined: FastMap<RuleId, Examined>,
    pub(super) counted: FastSet<(RuleId, Span)>,
    pub(super) bound_hits: u32,
    /// Outputs of unknown origin: one report a rule and attribute.
    pub(super) grouped: FastSet<(RuleId, Symbol)>,
    /// What calls of mapper statements said of the parameters pasted there.
    pub(super) pastes: Vec<super::mapper::PasteFact>,
}

/// The function under analysis.
pub(super) struct Frame<'a> {
    pub(super) ctx: &'a Context<'a>,
    pub(super) id: FuncId,
    pub(super) unit: &'a Unit,
    pub(super) function: &'a Function,
    pub(super) body: &'a Body,
    pub(super) types: &'a FunctionTypes,
    pub(super) models: &'a Models,
    pub(super) file: FileId,
    /// Whether callers outside of the program control parameters of it.
    pub(super) is_entry: bool,
    pub(super) values: IndexVec<ValueId, Value>,
    pub(super) objects: IndexVec<ObjId, Object>,
    pub(super) inputs: IndexVec<InputId, Input>,
    /// Where the paths of inputs start.
    pub(super) roots: FastMap<Root, InputId>,
    /// The inputs one step on from others.
    pub(super) members: FastMap<(InputId, Cell), InputId>,
    pub(super) of_inputs: IndexVec<InputId, OfInput>,
    constants: FastMap<Konst, ValueId>,
    pub(super) allocations: FastMap<(Span, u32), ObjId>,
    pub(super) traces: Traces,
    pub(super) latent: Vec<Waiting>,
    pub(super) out: FrameFindings,
    /// Values of temporaries that live in one block only.
    pub(super) scratch: IndexVec<LocalId, Option<ValueId>>,
    /// C: for an allocation site, the object that stands for all it made before the newest.
    pub(super) older: FastMap<ObjId, ObjId>,
    /// C: whether the condition at hand was written by a macro, which checks what its users need not doubt.
    pub(super) in_macro: bool,
    /// Whether states have been joined: which condition goes with which value is lost.
    pub(super) lossy: bool,
    /// C: whether every way through the function passes a block, once asked for.
    pub(super) inevitable: FastMap<BlockId, bool>,
    /// The call at hand may run any of several functions.
    pub(super) one_of_several: bool,
    /// Values that took others' places while a callee's conditions are assumed.
    pub(super) renamed: Option<Vec<(ValueId, ValueId)>>,
    /// The block at hand.
    pub(super) block: BlockId,
    /// The blocks in loops, once asked for.
    pub(super) loops: Option<IndexVec<BlockId, bool>>,
    /// Slot of each local that lives across blocks.
    pub(super) slots: IndexVec<LocalId, Option<u32>>,
    /// Which of them live where a block starts.
    pub(super) liveness: super::liveness::Liveness,
    /// Whether any caller can pass tainted data.
    pub(super) takes_taint: bool,
    /// Java: no tainted data is ever in it, from wherever.
    pub(super) clean: bool,
    /// Statements executed so far: the budget.
    pub(super) steps: u32,
    /// How many it may execute.
    pub(super) budget: u32,
    /// How often the path may still split at calls of the block at hand.
    pub(super) splits_left: usize,
    pub(super) conditions: super::conditions::Conditions,
    /// Where each resource was acquired.
    pub(super) acquired: FastMap<(ObjId, Symbol), FileSpan>,
    pub(super) locks: super::locks::Locks,
    /// Those still open where an exception leaves the function.
    pub(super) open_on_exception: Vec<(ObjId, Symbol)>,
    /// Where each was released last.
    pub(super) released: FastMap<(ObjId, Symbol), FileSpan>,
    /// C: allocations on the stack.
    pub(super) on_stack: FastSet<ObjId>,
    /// C: locals that live in their storage, not in a slot.
    pub(super) homes: FastMap<LocalId, Home>,
    /// C: reads of memory that may have no value: what the paths to it say, and of which variable.
    pub(super) reads: FastMap<Span, (super::mem::Reads, Option<Symbol>)>,
    /// C: variables that are read, on some path, before anything is assigned.
    pub(super) unset: FastSet<LocalId>,
    /// Calls that some way through the function hands what a rule with `unless_chosen` does not look for.
    pub(super) chosen: super::matcher::Chosen,
    /// C: what is remembered of numbers and texts in memory.
    pub(super) memory: super::mem::Memory,
    /// Texts that differ from another in case or blanks only: what they are checked for holds for that.
    pub(super) copies: FastMap<ValueId, ValueId>,
    /// Whether some rule asks for uses of what has no value.
    pub(super) wants_init: bool,
}

impl<'a> Frame<'a> {
    pub(super) fn new(ctx: &'a Context<'a>, id: FuncId, body: &'a Body) -> Frame<'a> {
        let (unit, function) = ctx.program.function(id);
        let store = *Store::take();
        let Store { values, objects, inputs, roots, members, of_inputs, constants, allocations, traces, mut scratch } = store;
        scratch.resize(body.locals.len(), None);
        Frame {
            ctx,
            id,
            unit,
            function,
            body,
            types: &ctx.program.types[id],
            models: crate::program::Program::models(unit, ctx.rules),
            file: unit.file,
            is_entry: ctx.program.is_entry(id),
            values,
            objects,
            inputs,
            roots,
            members,
            of_inputs,
            constants,
            allocations,
            traces,
            latent: Vec::new(),
            out: FrameFindings::default(),
            older: FastMap::default(),
            lossy: false,
            in_macro: false,
            inevitable: FastMap::default(),
            one_of_several: false,
            renamed: None,
            block: BlockId::from_raw(0),
            loops: None,
            scratch,
            slots: IndexVec::new(),
            liveness: super::liveness::Liveness::default(),
            takes_taint: !ctx.demand.kinds(id).is_empty(),
            clean: unit.language != Language::C && !ctx.demand.sees_taint(id),
            steps: 0,
            budget: u32::MAX,
            splits_left: 0,
            conditions: super::conditions::Conditions::of(body),
            acquired: FastMap::default(),
            locks: super::locks::Locks::default(),
            open_on_exception: Vec::new(),
            released: FastMap::default(),
            on_stack: FastSet::default(),
            homes: if unit.language == Language::C { homes(ctx, &ctx.program.types[id], body) } else { FastMap::default() },
            reads: FastMap::default(),
            unset: FastSet::default(),
            chosen: super::matcher::Chosen::default(),
            memory: super::mem::Memory::default(),
            copies: FastMap::default(),
            wants_init: !body.broken
                && body.opaque_count == 0
                && ctx.check_rules.contains_key(&(crate::rules::CheckKind::UninitializedUse, crate::rules::Language::C)),
        }
    }

    /// What it found; its memory goes to the thread's next function.
    pub(super) fn finish(self) -> FrameFindings {
        let Frame { values, objects, inputs, roots, members, of_inputs, constants, allocations, traces, scratch, out, .. } = self;
        Store::give_back(Box::new(Store {
            values,
            objects,
            inputs,
            roots,
            members,
            of_inputs,
            constants,
            allocations,
            traces,
            scratch,
        }));
        out
    }

    pub(super) fn is_c(&self) -> bool {
        self.unit.language == Language::C
    }

    pub(super) fn at(&self, span: Span) -> FileSpan {
        FileSpan { file: self.file, span }
    }

    pub(super) fn value(&mut self, value: Value) -> ValueId {
        self.values.push(value)
    }

    pub(super) fn unknown(&mut self) -> ValueId {
        self.values.push(Value::default())
    }

    /// A value of which only the nullness is known.
    pub(super) fn non_null(&mut self) -> ValueId {
        self.values.push(Value { null: Null::No, ..Value::default() })
    }

    pub(super) fn constant(&mut self, constant: Konst) -> ValueId {
        if let Some(&id) = self.constants.get(&constant) {
            return id;
        }
        let id = self.values.push(Value::constant(constant));
        self.constants.insert(constant, id);
        id
    }

    pub(super) fn int(&mut self, value: i64) -> ValueId {
        self.constant(Konst::Int(value))
    }

    pub(super) fn bool(&mut self, value: bool) -> ValueId {
        self.constant(Konst::Bool(value))
    }

    /// A string constant; very long ones are only known by their start.
    pub(super) fn string(&mut self, text: &str) -> ValueId {
        const MAX_STRING: usize = 4096;
        if text.len() <= MAX_STRING {
            return self.constant(Konst::Str(Symbol::new(text)));
        }
        let end = (0..=64).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let prefix = Symbol::new(text.get(..end).unwrap_or_default());
        self.value(Value { null: Null::No, prefix: Some(prefix), ..Value::default() })
    }

    pub(super) fn null(&mut self, span: Span) -> ValueId {
        let at = self.at(span);
        self.values.push(Value { null: Null::Yes(at), ..Value::default() })
    }

    pub(super) fn new_object(&mut self, kind: ObjectKind, class: Option<Symbol>) -> ObjId {
        self.objects.push(Object { kind, class, marks: Marks::default() })
    }

    /// The object of an allocation site; `nth` tells several at one place apart.
    pub(super) fn allocation(&mut self, span: Span, nth: u32, class: Option<Symbol>) -> ObjId {
        if let Some(&known) = self.allocations.get(&(span, nth)) {
            return known;
        }
        let id = self.new_object(ObjectKind::Allocated(span), class);
        self.allocations.insert((span, nth), id);
        id
    }

    /// A value that points to one object.
    pub(super) fn reference(&mut self, object: ObjId) -> ValueId {
        self.value(Value { null: Null::No, objects: SmallVec::from_buf([object]), offset: Some((0, 0)), ..Value::default() })
    }

    /// The objects a value points to; an unknown reference gets an opaque one of its own, so that what is stored
    /// through one copy is seen through the others.
    pub(super) fn objects_of(&mut self, value: ValueId) -> SmallVec<[ObjId; 1]> {
        let known = &self.values[value];
        if !known.objects.is_empty() || matches!(known.null, Null::Yes(_)) || known.consts.is_some() {
            return known.objects.clone();
        }
        let marks = known.marks.clone();
        let object = self.objects.push(Object { kind: ObjectKind::Opaque, class: None, marks });
        self.values[value].objects.push(object);
        SmallVec::from_buf([object])
    }

    /// What data of a type cannot carry.
    pub(super) fn cleared_by_type(&self, ty: TyId) -> Cleared {
        match ty.get() {
            Ty::Bool | Ty::Float { .. } | Ty::Int { .. } | Ty::Char { .. } => kinds::NUMBER,
            Ty::Named { name, .. } if self.untaintable(*name) => kinds::NUMBER,
            _ => 0,
        }
    }

    /// Whether values of a class carry no data worth following: numbers, booleans, dates, enums.
    pub(super) fn untaintable(&self, class: Symbol) -> bool {
        if self.models.types.get(&class).is_some_and(|model| model.untaintable) {
            return true;
        }
        self.ctx.program.class(class).is_some_and(|id| self.ctx.program.classes[id].kind == crate::ir::TypeKind::Enum)
    }

    pub(super) fn local_type(&self, local: LocalId) -> TyId {
        self.types.locals.get(local).copied().unwrap_or(TyId::UNKNOWN)
    }

    pub(super) fn read_local(&mut self, state: &State, local: LocalId) -> ValueId {
        if let Some(held) = self.read_home(state, local) {
            return held;
        }
        let known = match self.slots.get(local).copied().flatten() {
            Some(slot) => state.slots.get(slot as usize).copied().flatten(),
            None => self.scratch.get(local).copied().flatten(),
        };
        known.unwrap_or_else(|| self.unknown())
    }

    pub(super) fn write_local(&mut self, state: &mut State, local: LocalId, value: ValueId) {
        if self.write_home(state, local, value) {
            return;
        }
        match self.slots.get(local).copied().flatten() {
            Some(slot) => {
                if let Some(place) = state.slots.get_mut(slot as usize) {
                    *place = Some(value);
                }
            }
            None => {
                if let Some(place) = self.scratch.get_mut(local) {
                    *place = Some(value);
                }
            }
        }
    }

    /// A refined value takes the place of another everywhere.
    pub(super) fn replace(&mut self, state: &mut State, old: ValueId, new: ValueId) {
        self.replace_plain(state, old, new);
        if !self.memory.links.is_empty() {
            self.follow_links(state, old, new);
        }
    }

    /// The same, of this value alone.
    pub(super) fn replace_plain(&mut self, state: &mut State, old: ValueId, new: ValueId) {
        state.replace(old, new);
        if let Some(renamed) = &mut self.renamed {
            renamed.push((old, new));
        }
        // An input's field has no cell until something is learnt of it.
        if let Some(input) = self.values[old].input
            && let Some(last) = self.inputs[input].path.last().copied()
            && let Some(object) = self.holder_of(input)
        {
            let known = state.cell(object, last);
            if known.is_none() || known == Some(old) {
                state.set_cell(object, last, new);
            }
        }
        self.scratch.iter_mut().filter(|place| **place == Some(old)).for_each(|place| *place = Some(new));
    }
}
