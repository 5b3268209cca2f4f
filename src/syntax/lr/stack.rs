//! The stack: linked nodes in one vector, forked by sharing, merged by giving a node several ways down.
//!
//! Tomita's graph-structured stack, in the form and with the order of tree-sitter's `stack.c`: which of several readings of an
//! ambiguous text wins depends on that order. Must not know the tables.

/// No node.
const NONE: u32 = u32::MAX;

/// More ways down from one node are forgotten, as by tree-sitter.
const MAX_LINKS: usize = 8;

/// Likewise more ways at once.
const MAX_WAYS: usize = 64;

/// A tree: a token or what a production made of trees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    pub(super) symbol: u16,
    /// Of a token: the parser's state when it was found.
    pub(super) production: u16,
    pub(super) start: u32,
    pub(super) end: u32,
    /// Where its children begin in the forest's list.
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) dynamic: i32,
    /// A comment: it counts as no child.
    pub(super) is_extra: bool,
    /// Looks like a keyword, whatever it was taken for.
    pub(super) is_keyword: bool,
}

/// All trees made, and the lists of their children.
#[derive(Debug, Default)]
pub(super) struct Forest {
    pub(super) trees: Vec<Tree>,
    pub(super) children: Vec<u32>,
}

/// A place in the stack.
#[derive(Debug, Clone, Copy)]
struct Node {
    below: u32,
    /// The tree between this node and the one below.
    tree: u32,
    position: u32,
    dynamic: i32,
    /// The first further way down, in `links`.
    more: u32,
    state: u16,
}

/// A further way down.
#[derive(Debug, Clone, Copy)]
struct Link {
    below: u32,
    tree: u32,
    next: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Active,
    /// No action fits; it is dropped if another version goes on.
    Paused,
    Halted,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    node: u32,
    status: Status,
}

/// Trees that were taken off a version, lowest first.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) version: usize,
    pub(super) trees: Vec<u32>,
}

struct Way {
    node: u32,
    trees: Vec<u32>,
    count: usize,
}

/// Versions of a stack that share what they have in common.
#[derive(Debug)]
pub(super) struct Stack {
    nodes: Vec<Node>,
    links: Vec<Link>,
    heads: Vec<Head>,
    /// Nodes below this one may be referred to by earlier ones.
    floor: usize,
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}

impl Forest {
    pub(super) fn get(&self, tree: u32) -> Option<&Tree> {
        self.trees.get(tree as usize)
    }

    pub(super) fn add(&mut self, tree: Tree) -> u32 {
        self.trees.push(tree);
        index(self.trees.len() - 1)
    }

    pub(super) fn children(&self, tree: &Tree) -> &[u32] {
        let first = tree.first as usize;
        self.children.get(first..first + tree.count as usize).unwrap_or_default()
    }

    pub(super) fn is_extra(&self, tree: u32) -> bool {
        self.get(tree).is_some_and(|tree| tree.is_extra)
    }

    /// Whether two ways between the same states differ in nothing that counts.
    fn same(&self, left: (u32, u32), right: (u32, u32)) -> bool {
        if left.0 == right.0 {
            return true;
        }
        let (Some(a), Some(b)) = (self.get(left.0), self.get(right.0)) else { return false };
        let is_alike = a.symbol == b.symbol && a.count == b.count && a.is_extra == b.is_extra;
        is_alike && a.start - left.1 == b.start - right.1 && a.end - a.start == b.end - b.start
    }
}

impl Stack {
    /// One version, in the parser's first state.
    pub(super) fn new() -> Stack {
        let base = Node { below: NONE, tree: NONE, position: 0, dynamic: 0, more: NONE, state: 1 };
        Stack { nodes: vec![base], links: Vec::new(), heads: vec![Head { node: 0, status: Status::Active }], floor: 0 }
    }

    fn node(&self, node: u32) -> Node {
        let none = Node { below: NONE, tree: NONE, position: 0, dynamic: 0, more: NONE, state: 0 };
        self.nodes.get(node as usize).copied().unwrap_or(none)
    }

    fn top(&self, version: usize) -> Node {
        self.node(self.heads.get(version).map_or(NONE, |head| head.node))
    }

    pub(super) fn versions(&self) -> usize {
        self.heads.len()
    }

    pub(super) fn state(&self, version: usize) -> u16 {
        self.top(version).state
    }

    pub(super) fn position(&self, version: usize) -> u32 {
        self.top(version).position
    }

    pub(super) fn is(&self, version: usize, status: Status) -> bool {
        self.heads.get(version).is_some_and(|head| head.status == status)
    }

    pub(super) fn set(&mut self, version: usize, status: Status) {
        if let Some(head) = self.heads.get_mut(version) {
            head.status = status;
        }
    }

    pub(super) fn halted(&self) -> usize {
        self.heads.iter().filter(|head| head.status == Status::Halted).count()
    }

    pub(super) fn remove(&mut self, version: usize) {
        if version < self.heads.len() {
            self.heads.remove(version);
        }
    }

    /// Puts a version in the place of an earlier one.
    pub(super) fn renumber(&mut self, from: usize, to: usize) {
        if from < self.heads.len() && to < from {
            let head = self.heads.remove(from);
            if let Some(slot) = self.heads.get_mut(to) {
                *slot = head;
            }
        }
    }

    pub(super) fn push(&mut self, version: usize, tree: u32, state: u16, forest: &Forest) {
        let Some(head) = self.heads.get_mut(version) else { return };
        let below = head.node;
        let dynamic = self.nodes.get(below as usize).map_or(0, |node| node.dynamic);
        let (position, own) = forest.get(tree).map_or((0, 0), |tree| (tree.end, tree.dynamic));
        head.node = index(self.nodes.len());
        self.nodes.push(Node { below, tree, position, dynamic: dynamic + own, more: NONE, state });
    }

    /// Takes trees off the only version, highest first, if there is one way to do so.
    pub(super) fn pop_straight(&mut self, count: usize, forest: &Forest, trees: &mut Vec<u32>) -> bool {
        trees.clear();
        let Some(head) = self.heads.first().copied() else { return false };
        let (mut at, mut left) = (head.node, count);
        while left > 0 {
            let node = self.node(at);
            if node.more != NONE || node.below == NONE {
                return false;
            }
            trees.push(node.tree);
            left -= usize::from(!forest.is_extra(node.tree));
            at = node.below;
        }
        if let Some(head) = self.heads.first_mut() {
            head.node = at;
        }
        // Nobody else can refer to what was taken off.
        self.nodes.truncate((at as usize + 1).max(self.floor));
        true
    }

    /// Takes as many trees off a version, on every way down; `None`: all there are.
    pub(super) fn pop(&mut self, version: usize, count: Option<usize>, forest: &Forest) -> Vec<Slice> {
        let mut slices: Vec<Slice> = Vec::new();
        let Some(head) = self.heads.get(version).copied() else { return slices };
        let mut ways = vec![Way { node: head.node, trees: Vec::new(), count: 0 }];
        while !ways.is_empty() {
            let (mut at, mut size) = (0, ways.len());
            while at < size {
                let Some(way) = ways.get_mut(at) else { break };
                let node = self.nodes.get(way.node as usize).copied();
                let is_base = node.is_none_or(|node| node.below == NONE);
                let is_popped = count.map_or(is_base, |count| way.count == count);
                if is_popped || is_base {
                    let mut way = ways.remove(at);
                    size -= 1;
                    if is_popped {
                        way.trees.reverse();
                        self.add_slice(&mut slices, way);
                    }
                    continue;
                }
                let Some(node) = node else { break };
                let mut more = node.more;
                while let Some(link) = self.links.get(more as usize).copied() {
                    more = link.next;
                    let Some(way) = ways.get(at).filter(|_| ways.len() < MAX_WAYS) else { continue };
                    let mut trees = way.trees.clone();
                    trees.push(link.tree);
                    let count = way.count + usize::from(!forest.is_extra(link.tree));
                    ways.push(Way { node: link.below, trees, count });
                }
                if let Some(way) = ways.get_mut(at) {
                    way.node = node.below;
                    way.trees.push(node.tree);
                    way.count += usize::from(!forest.is_extra(node.tree));
                }
                at += 1;
            }
        }
        slices
    }

    fn add_slice(&mut self, slices: &mut Vec<Slice>, way: Way) {
        let same = slices.iter().rposition(|slice| self.heads.get(slice.version).is_some_and(|head| head.node == way.node));
        if let Some(same) = same {
            let version = slices.get(same).map_or(0, |slice| slice.version);
            slices.insert(same + 1, Slice { version, trees: way.trees });
        } else {
            self.heads.push(Head { node: way.node, status: Status::Active });
            slices.push(Slice { version: self.heads.len() - 1, trees: way.trees });
        }
    }

    /// Makes one of two versions that are in the same state at the same place.
    pub(super) fn merge(&mut self, to: usize, from: usize, forest: &Forest) -> bool {
        let (Some(a), Some(b)) = (self.heads.get(to).copied(), self.heads.get(from).copied()) else { return false };
        let (into, node) = (self.node(a.node), self.node(b.node));
        let is_active = a.status == Status::Active && b.status == Status::Active;
        if !is_active || into.state != node.state || into.position != node.position {
            return false;
        }
        if node.below != NONE {
            self.add_link(a.node, node.below, node.tree, forest);
        }
        let mut more = node.more;
        while let Some(link) = self.links.get(more as usize).copied() {
            self.add_link(a.node, link.below, link.tree, forest);
            more = link.next;
        }
        self.heads.remove(from);
        self.floor = self.nodes.len();
        true
    }

    /// The `nth` way down from a node.
    fn link(&self, node: u32, nth: usize) -> Option<(u32, u32)> {
        let node = self.nodes.get(node as usize)?;
        if nth == 0 {
            return (node.below != NONE).then_some((node.below, node.tree));
        }
        let mut link = self.links.get(node.more as usize)?;
        for _ in 1..nth {
            link = self.links.get(link.next as usize)?;
        }
        Some((link.below, link.tree))
    }

    fn add_link(&mut self, to: u32, below: u32, tree: u32, forest: &Forest) {
        if below == to {
            return;
        }
        let dynamic_of = |tree: u32| forest.get(tree).map_or(0, |tree| tree.dynamic);
        let mut count = 0;
        while let Some((other, other_tree)) = self.link(to, count) {
            let (here, there) = (self.node(other), self.node(below));
            if forest.same((other_tree, here.position), (tree, there.position)) {
                if other == below {
                    if dynamic_of(tree) > dynamic_of(other_tree) {
                        self.replace(to, count, tree, there.dynamic + dynamic_of(tree));
                    }
                    return;
                }
                if here.state == there.state && here.position == there.position {
                    let mut nth = 0;
                    while let Some((below, tree)) = self.link(below, nth) {
                        self.add_link(other, below, tree, forest);
                        nth += 1;
                    }
                    self.raise(to, there.dynamic + dynamic_of(tree));
                    return;
                }
            }
            count += 1;
        }
        if count >= MAX_LINKS {
            return;
        }
        let link = index(self.links.len());
        self.links.push(Link { below, tree, next: NONE });
        let mut last = NONE;
        let mut more = self.node(to).more;
        while let Some(link) = self.links.get(more as usize) {
            last = more;
            more = link.next;
        }
        if let Some(last) = self.links.get_mut(last as usize) {
            last.next = link;
        } else if let Some(node) = self.nodes.get_mut(to as usize) {
            node.more = link;
        }
        let dynamic = self.node(below).dynamic + dynamic_of(tree);
        self.raise(to, dynamic);
    }

    fn raise(&mut self, node: u32, dynamic: i32) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.dynamic = node.dynamic.max(dynamic);
        }
    }

    /// Gives the `nth` way down another tree.
    fn replace(&mut self, node: u32, nth: usize, tree: u32, dynamic: i32) {
        let Some(node) = self.nodes.get_mut(node as usize) else { return };
        node.dynamic = dynamic;
        if nth == 0 {
            node.tree = tree;
            return;
        }
        let mut at = node.more;
        for _ in 1..nth {
            at = self.links.get(at as usize).map_or(NONE, |link| link.next);
        }
        if let Some(link) = self.links.get_mut(at as usize) {
            link.tree = tree;
        }
    }

    /// Drops versions that ended, merges those that agree, and puts those that promise most first.
    pub(super) fn condense(&mut self, most: usize, forest: &Forest) {
        self.heads.retain(|head| head.status != Status::Halted);
        if self.heads.iter().any(|head| head.status == Status::Active) {
            self.heads.retain(|head| head.status == Status::Active);
        }
        let mut at = 1;
        while at < self.heads.len() {
            let (mut earlier, dynamic) = (0, self.top(at).dynamic);
            while earlier < at {
                if self.merge(earlier, at, forest) {
                    // The one that now stands in its place is looked at next.
                    at -= 1;
                    break;
                }
                if dynamic > self.top(earlier).dynamic {
                    self.heads.swap(at, earlier);
                }
                earlier += 1;
            }
            at += 1;
        }
        self.heads.truncate(most);
    }
}
