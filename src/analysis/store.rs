//! The arenas and tables of one function's analysis, kept by each thread from function to function: a program has
//! hundreds of thousands of functions, and fresh memory for each costs more than what most of them do.
//! Must not know what is kept in them.

use index_vec::IndexVec;

use super::frame::Object;
use super::inputs::OfInput;
use super::state::Cell;
use super::summary::{Input, Root};
use super::trace::Traces;
use super::value::{InputId, Konst, ObjId, Value, ValueId};
use crate::base::{FastMap, Span};
use crate::ir::LocalId;

/// See the module. All empty between functions.
#[derive(Default)]
pub(super) struct Store {
    pub(super) values: IndexVec<ValueId, Value>,
    pub(super) objects: IndexVec<ObjId, Object>,
    pub(super) inputs: IndexVec<InputId, Input>,
    pub(super) roots: FastMap<Root, InputId>,
    pub(super) members: FastMap<(InputId, Cell), InputId>,
    pub(super) of_inputs: IndexVec<InputId, OfInput>,
    pub(super) constants: FastMap<Konst, ValueId>,
    pub(super) allocations: FastMap<(Span, u32), ObjId>,
    pub(super) traces: Traces,
    pub(super) scratch: IndexVec<LocalId, Option<ValueId>>,
}

/// More entries than this are given back: one enormous function must not keep its memory, nor must tables stay so
/// large that emptying them costs more than filling them.
const MAX_KEPT: usize = 1 << 15;
const MAX_KEPT_TABLE: usize = 1 << 9;

thread_local! {
    static KEPT: std::cell::Cell<Option<Box<Store>>> = const { std::cell::Cell::new(None) };
}

impl Store {
    /// The thread's, or a new one.
    pub(super) fn take() -> Box<Store> {
        KEPT.take().unwrap_or_default()
    }

    /// Empties it and leaves it to the thread's next function.
    pub(super) fn give_back(mut self: Box<Store>) {
        fn empty<K, V>(table: &mut FastMap<K, V>) {
            if table.capacity() > MAX_KEPT_TABLE {
                *table = FastMap::default();
            } else {
                table.clear();
            }
        }
        if self.values.raw.capacity() > MAX_KEPT {
            self.values = IndexVec::new();
        }
        self.values.clear();
        if self.objects.raw.capacity() > MAX_KEPT {
            self.objects = IndexVec::new();
        }
        self.objects.clear();
        self.inputs.clear();
        self.scratch.clear();
        self.traces.clear();
        self.of_inputs.clear();
        empty(&mut self.roots);
        empty(&mut self.members);
        empty(&mut self.constants);
        empty(&mut self.allocations);
        KEPT.set(Some(self));
    }
}
