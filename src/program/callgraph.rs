//! Strongly connected components of the call graph, in levels: every component of a level calls only into earlier
//! levels, so a level runs in parallel. Tarjan's algorithm (SIAM J. Comput. 1972), iterative.
//! Must not know what a call does.

use index_vec::IndexVec;

use super::{FuncId, Program};
use crate::base::FastSet;

/// See the module.
#[derive(Debug, Default)]
pub struct Components {
    /// Levels of components of functions; functions of a component are sorted.
    pub levels: Vec<Vec<Vec<FuncId>>>,
    /// Whether a function may call itself, directly or not.
    pub recursive: IndexVec<FuncId, bool>,
    /// The component of each function, and the level it stands in.
    place: IndexVec<FuncId, (u32, u32)>,
}

impl Components {
    /// Whether a function's summary may be asked for while another is analysed: it lies in an earlier level, whose work
    /// is done, or in the same component, whose work has an order. Of others it would depend on the threads.
    #[must_use]
    pub fn is_settled_for(&self, callee: FuncId, caller: FuncId) -> bool {
        match (self.place.get(callee), self.place.get(caller)) {
            (Some(callee), Some(caller)) => callee.1 < caller.1 || callee.0 == caller.0,
            _ => false,
        }
    }

    /// The level that a function stands in.
    #[must_use]
    pub fn level(&self, func: FuncId) -> Option<u32> {
        self.place.get(func).map(|place| place.1)
    }
}

const UNSEEN: u32 = u32::MAX;

impl Components {
    /// Components of more than so many functions are taken apart: calls that may go to several functions no longer
    /// hold them together. Where such a call meets a function whose turn has not come, it is a call without a body.
    const LARGE: usize = 48;

    pub(super) fn of(program: &Program) -> Components {
        let whole = Components::by_edges(program, &|_, _| true);
        let mut large: FastSet<u32> = FastSet::default();
        for component in whole.levels.iter().flatten().filter(|component| component.len() > Components::LARGE) {
            large.extend(component.first().and_then(|func| whole.place.get(*func)).map(|place| place.0));
        }
        if large.is_empty() {
            return whole;
        }
        let component = |func: FuncId| whole.place.get(func).map(|place| place.0);
        Components::by_edges(program, &|caller, callee| {
            let from = component(caller);
            from != component(callee) || from.is_none_or(|from| !large.contains(&from))
        })
    }

    /// `holds`: whether a call from the first to the second, which is one of several it may run, orders them.
    fn by_edges(program: &Program, holds: &dyn Fn(FuncId, FuncId) -> bool) -> Components {
        let count = program.functions.len();
        // Edges in one flat vector: callers' ranges in order.
        let mut starts: Vec<u32> = Vec::with_capacity(count + 1);
        let mut edges: Vec<u32> = Vec::new();
        for (caller, types) in program.types.iter_enumerated() {
            starts.push(u32::try_from(edges.len()).unwrap_or(u32::MAX));
            let first = edges.len();
            for target in &types.calls {
                let several = target.callees.len() > 1;
                let held = target.callees.iter().filter(|callee| !several || holds(caller, **callee));
                edges.extend(held.map(|callee| callee.raw()));
            }
            edges.extend(types.made.iter().map(|lambda| lambda.raw()));
            if let Some(own) = edges.get_mut(first..) {
                own.sort_unstable();
            }
        }
        starts.push(u32::try_from(edges.len()).unwrap_or(u32::MAX));
        let edges_of = |node: u32| -> &[u32] {
            let at = node as usize;
            match (starts.get(at), starts.get(at + 1)) {
                (Some(&lo), Some(&hi)) => edges.get(lo as usize..hi as usize).unwrap_or_default(),
                _ => &[],
            }
        };
        let mut index = vec![UNSEEN; count];
        let mut low = vec![0u32; count];
        let mut on_stack = vec![false; count];
        let mut level = vec![0u32; count];
        let mut recursive: IndexVec<FuncId, bool> = index_vec::index_vec![false; count];
        let mut stack: Vec<u32> = Vec::new();
        let mut work: Vec<(u32, usize)> = Vec::new();
        let mut levels: Vec<Vec<Vec<FuncId>>> = Vec::new();
        let mut place: IndexVec<FuncId, (u32, u32)> = index_vec::index_vec![(0, 0); count];
        let mut components = 0;
        let mut next_index = 0;
        for root in 0..u32::try_from(count).unwrap_or(u32::MAX) {
            if index[root as usize] != UNSEEN {
                continue;
            }
            work.push((root, 0));
            while let Some((node, edge)) = work.pop() {
                let at = node as usize;
                if edge == 0 {
                    index[at] = next_index;
                    low[at] = next_index;
                    next_index += 1;
                    stack.push(node);
                    on_stack[at] = true;
                }
                let own = edges_of(node);
                let mut edge = edge;
                let mut descended = false;
                while let Some(&to) = own.get(edge) {
                    edge += 1;
                    let target = to as usize;
                    if index[target] == UNSEEN {
                        work.push((node, edge));
                        work.push((to, 0));
                        descended = true;
                        break;
                    }
                    if on_stack[target] {
                        low[at] = low[at].min(index[target]);
                    }
                }
                if descended {
                    continue;
                }
                if low[at] == index[at] {
                    let mut component = Vec::new();
                    while let Some(member) = stack.pop() {
                        on_stack[member as usize] = false;
                        component.push(FuncId::from_raw(member));
                        if member == node {
                            break;
                        }
                    }
                    component.sort_unstable();
                    let is_recursive = component.len() > 1 || own.contains(&node);
                    let mut depth = 0;
                    for member in &component {
                        recursive[*member] = is_recursive;
                        for &to in edges_of(member.raw()) {
                            if component.binary_search(&FuncId::from_raw(to)).is_err() {
                                depth = depth.max(level[to as usize] + 1);
                            }
                        }
                    }
                    for member in &component {
                        level[member.raw() as usize] = depth;
                        place[*member] = (components, depth);
                    }
                    components += 1;
                    let depth = depth as usize;
                    if levels.len() <= depth {
                        levels.resize_with(depth + 1, Vec::new);
                    }
                    if let Some(own_level) = levels.get_mut(depth) {
                        own_level.push(component);
                    }
                }
                if let Some(&(parent, _)) = work.last() {
                    let parent = parent as usize;
                    low[parent] = low[parent].min(low[at]);
                }
            }
        }
        for own_level in &mut levels {
            // The largest first: what comes last should take no thread long while the others wait.
            own_level.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        }
        Components { levels, recursive, place }
    }
}
