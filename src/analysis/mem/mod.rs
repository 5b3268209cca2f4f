//! C memory: regions with sizes, pointers as region and byte offset, strings, and what goes wrong with them.
//!
//! An object of the engine is a region. A pointer's value holds the objects it may point into and the bytes from their
//! start. A struct's members are cells of its object, an array's elements cells by index; an array or struct inside of
//! another is an object of its own, so that a write past a member is seen. Must not know Java.

mod beginning;
mod bounds;
mod exposed;
mod facts;
mod heap;
mod homes;
mod index;
mod init;
mod latent;
mod links;
mod loops;
mod place;
mod region;
mod sizes;
mod text;

use crate::analysis::value::{InputId, ObjId, ValueId};
use crate::base::{FastMap, FastSet, Symbol};
use crate::ir::{BlockId, LocalId, TyId};

pub(super) use bounds::{Access, Bytes, Site};
pub(super) use homes::{Home, homes};
use index::Purpose;
pub(super) use init::Reads;
use links::Links;
pub(super) use region::RegionKind;

/// What is remembered of a function's numbers and texts beside its states.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Slots that move by more than one from one round of a loop to the next, by the loop's head.
    strides: FastSet<(BlockId, usize)>,
    /// Whether the member at hand is a short array at the end of a struct on the heap, which may go on behind it.
    open_end: bool,
    /// Whose the files are that were opened so far.
    pub(super) opened: super::opened::Opened,
    /// How the text begins that the call at hand leaves.
    begins: Option<(ObjId, Symbol)>,
    /// Addresses of members that are no structures: what the member points to may be gone, the member is there.
    pub(super) addresses: FastSet<ValueId>,
    /// Questions that are asked again.
    pub(super) recall: super::recall::Recall,
    /// Numbers and what they are with each bit inverted.
    pub(super) inverted: FastMap<ValueId, ValueId>,
    /// Numbers that are some bits of an input: which, and the mask.
    pub(super) bits: FastMap<ValueId, (InputId, i64)>,
    /// Whether the step at hand only computes an address.
    only_address: bool,
    /// Whether the block at hand is a loop's head.
    pub(super) at_head: bool,
    /// Numbers that are the sum of two others.
    pub(super) sums: FastMap<ValueId, (ValueId, ValueId)>,
    /// Where no case of a `switch` fits.
    pub(super) unmatched: FastSet<BlockId>,
    /// Numbers that are a constant apart.
    pub(super) links: Links,
    /// Bytes of a character of texts that library calls left.
    text_widths: FastMap<ObjId, i64>,
    /// Bytes of an element, of memory that is written element by element.
    element_bytes: FastMap<ObjId, i64>,
    /// Memory that was allocated with exactly the length of a text as its size.
    sized_by: FastMap<ObjId, ValueId>,
    /// Lengths of texts, by the value that holds one: so many times it, and so much more.
    pub(super) lengths: FastMap<ValueId, (ValueId, i64, i64)>,
    /// The struct and name of the member at hand.
    member: Option<(TyId, Symbol)>,
    /// The same of members that are regions of their own.
    members: FastMap<ObjId, (TyId, Symbol)>,
    /// Bytes of members that are regions of their own, and their names.
    member_sizes: FastMap<ObjId, (i64, Option<Symbol>)>,
    /// The variable that the path at hand starts from.
    base: Option<LocalId>,
    /// What the path at hand is followed for.
    purpose: Purpose,
}
