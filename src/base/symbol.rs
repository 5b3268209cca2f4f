//! Interned names: one `u32` a distinct string, for the life of the process.
//!
//! Ids depend on the order in which threads first met a name, so they are equal or not equal and nothing
//! else: `Symbol` has no order, and code that needs one compares [`Symbol::as_str`].
//! Must not know what a name means.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::LazyLock;

use hashbrown::HashTable;
use parking_lot::RwLock;
use rustc_hash::{FxBuildHasher, FxHasher};
use serde::{Deserialize, Serialize};

/// An interned string. Four bytes; equality is one comparison. Serialized it is its number, for this process alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Symbol(u32);

/// Enough that two cores seldom meet in one shard, few enough to stay in cache.
const SHARD_COUNT: usize = 64;

struct Interner {
    shards: [RwLock<HashTable<(u32, &'static str)>>; SHARD_COUNT],
    strings: boxcar::Vec<&'static str>,
}

static INTERNER: LazyLock<Interner> =
    LazyLock::new(|| Interner { shards: std::array::from_fn(|_| RwLock::new(HashTable::new())), strings: boxcar::Vec::new() });

/// Names that each thread remembers: a slot a hash, the last one wins.
const RECENT: usize = 4096;

thread_local! {
    static RECENT_NAMES: RefCell<Vec<(&'static str, u32)>> = const { RefCell::new(Vec::new()) };
}

fn hash_of(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}

impl Symbol {
    /// The symbol of `text`. Most names come again soon in the same thread, which asks nobody then; a name met by another one
    /// takes a read lock.
    #[must_use]
    pub fn new(text: &str) -> Symbol {
        let hash = hash_of(text);
        RECENT_NAMES.with_borrow_mut(|recent| {
            if recent.is_empty() {
                recent.resize(RECENT, ("", u32::MAX));
            }
            match recent.get_mut((hash >> 20) as usize % RECENT) {
                Some((known, id)) if *known == text && *id != u32::MAX => Symbol(*id),
                slot => {
                    let symbol = Symbol::intern(text, hash);
                    if let Some(slot) = slot {
                        *slot = (symbol.as_str(), symbol.0);
                    }
                    symbol
                }
            }
        })
    }

    fn intern(text: &str, hash: u64) -> Symbol {
        let interner = &*INTERNER;
        // The table itself uses the hash's top and low bits; the shard is taken from the middle.
        let shard = &interner.shards[(hash >> 26) as usize % SHARD_COUNT];
        if let Some(&(id, _)) = shard.read().find(hash, |&(_, known)| known == text) {
            return Symbol(id);
        }
        let mut table = shard.write();
        if let Some(&(id, _)) = table.find(hash, |&(_, known)| known == text) {
            return Symbol(id);
        }
        let owned: &'static str = Box::leak(text.to_owned().into_boxed_str());
        let id = u32::try_from(interner.strings.push(owned)).unwrap_or(u32::MAX);
        table.insert_unique(hash, (id, owned), |&(_, known)| hash_of(known));
        Symbol(id)
    }

    /// The string.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        INTERNER.strings.get(self.0 as usize).copied().unwrap_or_default()
    }

    /// The last segment of a dotted name: `java.util.Map.Entry` gives `Entry`.
    #[must_use]
    pub fn simple_name(self) -> &'static str {
        let text = self.as_str();
        text.rsplit('.').next().unwrap_or(text)
    }

    /// The id as a plain number, for dense side tables only.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// All names that have been interned so far, in no order that means anything.
    pub fn all() -> impl Iterator<Item = Symbol> {
        INTERNER.strings.iter().filter_map(|(id, _)| u32::try_from(id).ok().map(Symbol))
    }

    /// How many names have been interned so far: an upper bound for [`Symbol::index`].
    #[must_use]
    pub fn count() -> usize {
        INTERNER.strings.count()
    }

    /// A hash that depends on the text alone, the same in every run.
    #[must_use]
    pub fn stable_hash(self) -> u64 {
        let mut hasher = FxHasher::default();
        self.as_str().hash(&mut hasher);
        hasher.finish()
    }
}

impl std::fmt::Debug for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Self {
        Symbol::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::Symbol;

    #[test]
    fn equal_texts_share_one_symbol_across_threads() {
        let ids: Vec<Vec<Symbol>> = std::thread::scope(|scope| {
            let handles: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1000).map(|i| Symbol::new(&format!("shared{i}"))).collect())).collect();
            handles.into_iter().map(|h| h.join().unwrap()).collect()
        });
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(ids[0][7].as_str(), "shared7");
        assert_ne!(ids[0][7], ids[0][8]);
    }
}
