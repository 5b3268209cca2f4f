//! The macros of all scanned headers in one immutable table, and which of them a file sees through its includes.
//! Must not read files: the caller scans each header once, in parallel if it likes, and builds the table.

use rayon::prelude::*;
use smallvec::SmallVec;

use super::macros::Macro;
use crate::base::FastMap;

/// Headers one file may see; beyond, the rest is left out.
const VISIBLE_LIMIT: usize = 20_000;

/// Macros are kept in so many tables, each built and dropped by one thread: there may be millions.
const SHARDS: usize = 16;

/// The table that a name stands in.
fn shard(name: &str) -> usize {
    let last = name.as_bytes().last().copied().unwrap_or_default();
    (usize::from(last) ^ name.len()) % SHARDS
}

/// One header's definitions of one table.
type Defines = Vec<(Box<str>, Box<Macro<'static>>)>;

/// One header's macros and includes, as [`super::Preprocessor::scan_header`] gives them.
#[derive(Debug, Default)]
pub struct HeaderScan {
    defines: [Defines; SHARDS],
    pub(super) includes: Vec<(Box<str>, bool)>,
}

impl HeaderScan {
    pub(super) fn add(&mut self, name: &str, mac: Macro<'_>) {
        if let Some(defines) = self.defines.get_mut(shard(name)) {
            defines.push((Box::from(name), Box::new(mac.into_owned())));
        }
    }
}

/// The definitions of one name, each with its header.
type Definitions = SmallVec<[(u32, Box<Macro<'static>>); 1]>;

#[derive(Debug, Default)]
struct Shards(Vec<FastMap<Box<str>, Definitions>>);

/// On all threads.
impl Drop for Shards {
    fn drop(&mut self) {
        std::mem::take(&mut self.0).into_par_iter().with_max_len(1).for_each(drop);
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct HeaderTable {
    paths: Vec<String>,
    /// Last path segment to headers, in path order.
    by_name: FastMap<Box<str>, SmallVec<[u32; 2]>>,
    /// What each header includes.
    includes: Vec<Box<[u32]>>,
    /// Name to definitions, by header; see [`SHARDS`].
    macros: Shards,
    include_dirs: Vec<String>,
}

impl HeaderTable {
    /// Builds the table. Paths are relative to the scan's root with `/` between the parts; the order given does not matter.
    #[must_use]
    pub fn new(mut headers: Vec<(String, HeaderScan)>, include_dirs: &[String]) -> Self {
        headers.sort_by(|(left, _), (right, _)| left.cmp(right));
        let mut table =
            HeaderTable { include_dirs: include_dirs.iter().map(|dir| normalize(dir)).collect(), ..HeaderTable::default() };
        let mut raw = Vec::with_capacity(headers.len());
        let mut defines: Vec<Vec<(u32, Defines)>> = (0..SHARDS).map(|_| Vec::new()).collect();
        for (path, scan) in headers {
            let id = u32::try_from(table.paths.len()).unwrap_or(u32::MAX);
            let name = path.rsplit('/').next().unwrap_or(&path);
            table.by_name.entry(Box::from(name)).or_default().push(id);
            for (all, own) in defines.iter_mut().zip(scan.defines) {
                if !own.is_empty() {
                    all.push((id, own));
                }
            }
            raw.push(scan.includes);
            table.paths.push(path);
        }
        let (macros, includes) = rayon::join(
            || defines.into_par_iter().with_max_len(1).map(by_name).collect(),
            || {
                let resolved = raw.par_iter().zip(&table.paths).map(|(includes, path)| {
                    includes.iter().filter_map(|(name, quoted)| table.resolve(path, name, *quoted)).collect()
                });
                resolved.collect()
            },
        );
        (table.macros, table.includes) = (Shards(macros), includes);
        table
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The header an `#include` means: beside the file, in an include folder, or the nearest of the scanned ones whose
    /// path ends so.
    fn resolve(&self, from: &str, name: &str, quoted: bool) -> Option<u32> {
        let name = name.trim_start_matches("./");
        let last = name.rsplit('/').next()?;
        let candidates = self.by_name.get(last)?;
        let path_of = |id: u32| self.paths.get(id as usize).map_or("", String::as_str);
        let dir = from.rsplit_once('/').map_or("", |(dir, _)| dir);
        let find = |path: String| candidates.iter().copied().find(|&id| path_of(id) == path);
        if quoted && let Some(id) = find(normalize(&join(dir, name))) {
            return Some(id);
        }
        if let Some(id) = self.include_dirs.iter().find_map(|include| find(normalize(&join(include, name)))) {
            return Some(id);
        }
        let tail = name.trim_start_matches("../").to_owned();
        candidates
            .iter()
            .copied()
            .filter(|&id| {
                let path = path_of(id);
                path == tail || (path.ends_with(&tail) && path.as_bytes().get(path.len() - tail.len() - 1) == Some(&b'/'))
            })
            // Most shared leading folders, then the machine we assume, then the shortest and first path.
            .min_by_key(|&id| {
                let path = path_of(id);
                let shared = path.split('/').zip(from.split('/')).take_while(|(left, right)| left == right).count();
                (std::cmp::Reverse(shared), !path.contains("x86"), !path.contains("include/"), path.len(), id)
            })
    }
}

/// One table of macros.
fn by_name(headers: Vec<(u32, Defines)>) -> FastMap<Box<str>, Definitions> {
    let count = headers.iter().map(|(_, defines)| defines.len()).sum();
    let mut macros: FastMap<Box<str>, Definitions> = FastMap::with_capacity_and_hasher(count, rustc_hash::FxBuildHasher);
    for (id, defines) in headers {
        for (name, mac) in defines {
            macros.entry(name).or_default().push((id, mac));
        }
    }
    macros
}

/// What one file sees of a table.
#[derive(Debug)]
pub(super) struct View<'t> {
    table: &'t HeaderTable,
    seen: Vec<u64>,
    count: usize,
}

impl<'t> View<'t> {
    pub(super) fn new(table: &'t HeaderTable) -> Self {
        View { table, seen: Vec::new(), count: 0 }
    }

    /// An `#include` of the file.
    pub(super) fn include(&mut self, from: &str, name: &str, quoted: bool) {
        if self.table.is_empty() {
            return;
        }
        let Some(first) = self.table.resolve(from, name, quoted) else { return };
        if self.seen.is_empty() {
            self.seen = vec![0; self.table.paths.len().div_ceil(64)];
        }
        let mut work = vec![first];
        while let Some(id) = work.pop() {
            let Some(word) = self.seen.get_mut(id as usize / 64) else { continue };
            if *word & (1 << (id % 64)) != 0 || self.count >= VISIBLE_LIMIT {
                continue;
            }
            *word |= 1 << (id % 64);
            self.count += 1;
            work.extend(self.table.includes.get(id as usize).into_iter().flat_map(|ids| ids.iter().rev()));
        }
    }

    /// A visible header's macro.
    pub(super) fn lookup(&self, name: &str) -> Option<(&'t str, &'t Macro<'static>)> {
        if self.count == 0 {
            return None;
        }
        let (name, definitions) = self.table.macros.0.get(shard(name))?.get_key_value(name)?;
        let visible = |id: u32| self.seen.get(id as usize / 64).is_some_and(|word| word & (1 << (id % 64)) != 0);
        let (_, mac) = definitions.iter().rev().find(|(id, _)| visible(*id))?;
        Some((name, mac))
    }
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
