//! The macros of all scanned headers in one immutable table, and which of them a file sees through its includes.
//! Must not read files: the caller scans each header once, in parallel if it likes, and builds the table.

use smallvec::SmallVec;

use super::macros::Macro;
use crate::base::FastMap;

/// Headers one file may see; beyond, the rest is left out.
const VISIBLE_LIMIT: usize = 20_000;

/// One header's macros and includes, as [`super::Preprocessor::scan_header`] gives them.
#[derive(Debug, Default)]
pub struct HeaderScan {
    pub(super) defines: Vec<(Box<str>, Macro<'static>)>,
    pub(super) includes: Vec<(Box<str>, bool)>,
}

/// The definitions of one name, each with its header.
type Definitions = SmallVec<[(u32, Box<Macro<'static>>); 1]>;

/// See the module.
#[derive(Debug, Default)]
pub struct HeaderTable {
    paths: Vec<String>,
    /// Last path segment to headers, in path order.
    by_name: FastMap<Box<str>, SmallVec<[u32; 2]>>,
    /// What each header includes.
    includes: Vec<Box<[u32]>>,
    /// Name to definitions, by header.
    macros: FastMap<Box<str>, Definitions>,
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
        for (path, scan) in headers {
            let id = u32::try_from(table.paths.len()).unwrap_or(u32::MAX);
            let name = path.rsplit('/').next().unwrap_or(&path);
            table.by_name.entry(Box::from(name)).or_default().push(id);
            for (name, mac) in scan.defines {
                table.macros.entry(name).or_default().push((id, Box::new(mac)));
            }
            raw.push(scan.includes);
            table.paths.push(path);
        }
        table.includes = raw
            .iter()
            .zip(&table.paths)
            .map(|(includes, path)| includes.iter().filter_map(|(name, quoted)| table.resolve(path, name, *quoted)).collect())
            .collect();
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
        let (name, definitions) = self.table.macros.get_key_value(name)?;
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
