//! The order in which the blocks of a function run, and where its loops begin. Must not know states.

use index_vec::IndexVec;

use crate::ir::{BlockId, Body};

/// Blocks so that, loops aside, each comes after those that lead to it.
pub(super) fn reverse_postorder(body: &Body) -> Vec<BlockId> {
    let mut seen: IndexVec<BlockId, bool> = index_vec::index_vec![false; body.blocks.len()];
    let mut order = Vec::with_capacity(body.blocks.len());
    let mut stack: Vec<(BlockId, smallvec::SmallVec<[BlockId; 4]>)> = Vec::new();
    let successors = |block: BlockId| {
        let data = &body.blocks[block];
        let mut all = data.term.successors();
        all.extend(data.unwind);
        all.retain(|target| target.index() < body.blocks.len());
        all
    };
    if body.blocks.is_empty() {
        return order;
    }
    let entry = BlockId::from_raw(0);
    seen[entry] = true;
    stack.push((entry, successors(entry)));
    while let Some((block, rest)) = stack.last_mut() {
        match rest.pop() {
            Some(next) if !seen[next] => {
                seen[next] = true;
                stack.push((next, successors(next)));
            }
            Some(_) => {}
            None => {
                order.push(*block);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

/// Blocks that some edge leads back to.
pub(super) fn loop_heads(body: &Body, rank: &IndexVec<BlockId, usize>) -> IndexVec<BlockId, bool> {
    let mut heads: IndexVec<BlockId, bool> = index_vec::index_vec![false; body.blocks.len()];
    for (block, data) in body.blocks.iter_enumerated() {
        for target in data.term.successors() {
            if rank.get(target) <= rank.get(block)
                && let Some(head) = heads.get_mut(target)
            {
                *head = true;
            }
        }
    }
    heads
}
