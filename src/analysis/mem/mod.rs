//! C memory: regions with sizes, pointers as region and byte offset, strings, and what goes wrong with them.
//!
//! An object of the engine is a region. A pointer's value holds the objects it may point into and the bytes from their
//! start. A struct's members are cells of its object, an array's elements cells by index; an array or struct inside of
//! another is an object of its own, so that a write past a member is seen. Must not know Java.

mod bounds;
mod facts;
mod heap;
mod homes;
mod init;
mod latent;
mod loops;
mod place;
mod region;
mod sizes;
mod text;

pub(super) use bounds::{Access, Bytes, Site};
pub(super) use homes::{Home, homes};
pub(super) use init::Reads;
pub(super) use region::RegionKind;
