//! A tree laid out flat: its nodes in the order of the text, a few bytes each, made in one walk.
//!
//! Moving in a tree-sitter tree costs some hundred instructions a step, for the grammar's hidden nodes have to be seen
//! through each time. Matching and lowering look at every node more than once; here a step is an addition.
//! Must not know what a kind means.

use std::sync::LazyLock;

use tree_sitter::{Language, Tree};

use super::Grammar;

/// What the grammar calls a region that does not parse.
const ERROR: u16 = u16::MAX;

const NAMED: u8 = 1;
const MISSING: u8 = 2;
const BROKEN: u8 = 4;
const EXTRA: u8 = 8;

/// The nodes of a tree.
#[derive(Debug, Default)]
pub struct Nodes {
    list: Vec<Packed>,
}

#[derive(Debug, Clone, Copy)]
struct Packed {
    start: u32,
    end: u32,
    /// The index of the first node that is not below this one.
    next: u32,
    kind: u16,
    /// The field of its parent that it stands in; 0: none.
    field: u8,
    flags: u8,
}

/// A node of [`Nodes`]: its index, and where to find it.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    nodes: &'t Nodes,
    index: u32,
}

/// What a node is to be, where it is added by hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) id: u16,
    pub(super) is_named: bool,
    pub(super) is_extra: bool,
}

/// The children of a node, tokens included.
#[derive(Clone)]
pub struct Children<'t> {
    nodes: &'t Nodes,
    at: u32,
    end: u32,
}

/// Whether each kind of a grammar is more than a token.
struct NamedKinds {
    java: Vec<bool>,
    c: Vec<bool>,
}

static NAMED_KINDS: LazyLock<NamedKinds> = LazyLock::new(|| {
    let kinds = |language: Language| {
        let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        (0..count).map(|kind| language.node_kind_is_named(kind)).collect()
    };
    NamedKinds { java: kinds(tree_sitter_java::LANGUAGE.into()), c: kinds(tree_sitter_c::LANGUAGE.into()) }
});

impl Nodes {
    /// Lays a tree out.
    #[must_use]
    pub fn new(grammar: Grammar, tree: &Tree) -> Nodes {
        let root = tree.root_node();
        let kinds = match grammar {
            Grammar::Java => &NAMED_KINDS.java,
            Grammar::C => &NAMED_KINDS.c,
        };
        let sound = !root.has_error();
        let mut list: Vec<Packed> = Vec::with_capacity(root.descendant_count());
        // The nodes that the walk is below of, and how many of each one's children it has not come to.
        let mut open: Vec<(u32, u32)> = Vec::with_capacity(64);
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            let kind = node.kind_id();
            let mut flags = if kinds.get(usize::from(kind)).copied().unwrap_or(true) { NAMED } else { 0 };
            if node.is_extra() {
                flags |= EXTRA;
            }
            if !sound && node.has_error() {
                flags |= BROKEN;
                if node.is_missing() {
                    flags |= MISSING;
                }
            }
            let index = u32::try_from(list.len()).unwrap_or(u32::MAX);
            list.push(Packed {
                start: u32::try_from(node.start_byte()).unwrap_or(u32::MAX),
                end: u32::try_from(node.end_byte()).unwrap_or(u32::MAX),
                next: index.saturating_add(1),
                kind,
                field: cursor.field_id().and_then(|field| u8::try_from(field.get()).ok()).unwrap_or(0),
                flags,
            });
            let children = node.child_count();
            if children > 0 && cursor.goto_first_child() {
                open.push((index, children - 1));
                continue;
            }
            loop {
                let Some((parent, left)) = open.last_mut() else { return Nodes { list } };
                if *left > 0 && cursor.goto_next_sibling() {
                    *left -= 1;
                    break;
                }
                let next = u32::try_from(list.len()).unwrap_or(u32::MAX);
                if let Some(parent) = list.get_mut(*parent as usize) {
                    parent.next = next;
                }
                open.pop();
                if !cursor.goto_parent() {
                    return Nodes { list };
                }
            }
        }
    }

    /// None yet.
    pub(super) fn with_capacity(count: usize) -> Nodes {
        Nodes { list: Vec::with_capacity(count) }
    }

    /// Adds a node behind the last one, below all that are open; gives its index.
    pub(super) fn open(&mut self, kind: Kind, field: u8, start: u32, end: u32) -> u32 {
        let index = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let flags = if kind.is_named { NAMED } else { 0 } | if kind.is_extra { EXTRA } else { 0 };
        self.list.push(Packed { start, end, next: index.saturating_add(1), kind: kind.id, field, flags });
        index
    }

    /// Nothing more comes below a node.
    pub(super) fn close(&mut self, node: u32) {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        if let Some(node) = self.list.get_mut(node as usize) {
            node.next = next;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is not even a root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// A node by its index, if there is one.
    pub(super) fn get(&self, index: u32) -> Option<Node<'_>> {
        ((index as usize) < self.list.len()).then(|| self.at(index))
    }

    /// A node by its index.
    pub(super) fn at(&self, index: u32) -> Node<'_> {
        Node { nodes: self, index }
    }

    /// The node that all others are below of.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { nodes: self, index: 0 }
    }

    /// All nodes in the order of the text, each before what is below it.
    pub fn iter(&self) -> impl Iterator<Item = Node<'_>> {
        (0..u32::try_from(self.list.len()).unwrap_or(u32::MAX)).map(|index| Node { nodes: self, index })
    }
}

impl<'t> Node<'t> {
    fn packed(self) -> Packed {
        let none = Packed { start: 0, end: 0, next: 0, kind: ERROR, field: 0, flags: 0 };
        self.nodes.list.get(self.index as usize).copied().unwrap_or(none)
    }

    /// The grammar's number of its kind.
    #[must_use]
    pub fn kind_id(self) -> u16 {
        self.packed().kind
    }

    /// The grammar's number of the field that it stands in; 0: none.
    #[must_use]
    pub fn field_id(self) -> u8 {
        self.packed().field
    }

    /// Where it starts in the text.
    #[must_use]
    pub fn start_byte(self) -> usize {
        self.packed().start as usize
    }

    /// One past its last byte.
    #[must_use]
    pub fn end_byte(self) -> usize {
        self.packed().end as usize
    }

    /// A number that no other node of the tree has.
    #[must_use]
    pub fn id(self) -> usize {
        self.index as usize
    }

    /// Its place among all nodes.
    pub(super) fn index(self) -> u32 {
        self.index
    }

    /// The index of the first node behind it that is not below it.
    pub(super) fn next_index(self) -> u32 {
        self.packed().next
    }

    /// Whether it may stand anywhere: a comment.
    #[must_use]
    pub fn is_extra(self) -> bool {
        self.packed().flags & EXTRA != 0
    }

    /// Whether it is more than a token.
    #[must_use]
    pub fn is_named(self) -> bool {
        self.packed().flags & NAMED != 0
    }

    /// Whether it is a region that does not parse.
    #[must_use]
    pub fn is_error(self) -> bool {
        self.packed().kind == ERROR
    }

    /// Whether the parser put it in to make sense of the rest.
    #[must_use]
    pub fn is_missing(self) -> bool {
        self.packed().flags & MISSING != 0
    }

    /// Whether it is, or anything below it is, an error or missing.
    #[must_use]
    pub fn has_error(self) -> bool {
        self.packed().flags & BROKEN != 0
    }

    /// Its children in order, tokens included.
    #[must_use]
    pub fn children(self) -> Children<'t> {
        Children { nodes: self.nodes, at: self.index.saturating_add(1), end: self.packed().next }
    }

    /// Its children in order, without tokens.
    pub fn named_children(self) -> impl Iterator<Item = Node<'t>> + Clone {
        self.children().filter(|child| child.is_named())
    }

    /// Its first child, be it a token.
    #[must_use]
    pub fn first_child(self) -> Option<Node<'t>> {
        self.children().next()
    }

    /// A child that is no token.
    #[must_use]
    pub fn named_child(self, index: u32) -> Option<Node<'t>> {
        self.named_children().nth(index as usize)
    }

    /// How many children are no tokens.
    #[must_use]
    pub fn named_child_count(self) -> usize {
        self.named_children().count()
    }

    /// The first child in a field.
    #[must_use]
    pub fn child_by_field_id(self, field: u16) -> Option<Node<'t>> {
        self.children().find(|child| u16::from(child.field_id()) == field)
    }
}

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        if self.at >= self.end {
            return None;
        }
        let node = Node { nodes: self.nodes, index: self.at };
        self.at = node.packed().next;
        Some(node)
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && std::ptr::eq(self.nodes, other.nodes)
    }
}

impl Eq for Node<'_> {}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "node {} of kind {}", self.index, self.kind_id())
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, Nodes};
    use crate::syntax::{DEFAULT_PARSE_TIME, Grammar, parser};

    /// Both forms of a tree agree, node by node.
    fn same(flat: Node<'_>, node: tree_sitter::Node<'_>, path: &mut Vec<usize>) {
        assert_eq!(flat.kind_id(), node.kind_id(), "{path:?}");
        assert_eq!((flat.start_byte(), flat.end_byte()), (node.start_byte(), node.end_byte()), "{path:?}");
        let flags = (flat.is_named(), flat.is_error(), flat.is_missing(), flat.has_error());
        assert_eq!(flags, (node.is_named(), node.is_error(), node.is_missing(), node.has_error()), "{path:?}");
        assert_eq!(flat.children().count(), node.child_count() as usize, "{path:?}");
        assert_eq!(flat.named_child_count(), node.named_child_count(), "{path:?}");
        // Below an error the flat form keeps the fields of the fragments; the tree does not tell them.
        let fields = if node.is_error() { 0 } else { node.language().field_count() as u16 };
        for field in 1..=fields {
            let of = node.child_by_field_id(field).map(|child| (child.start_byte(), child.kind_id()));
            assert_eq!(flat.child_by_field_id(field).map(|child| (child.start_byte(), child.kind_id())), of, "{path:?} {node}");
        }
        for (index, child) in flat.children().enumerate() {
            path.push(index);
            same(child, node.child(index as u32).unwrap(), path);
            path.pop();
        }
    }

    #[test]
    fn a_flat_tree_is_the_tree() {
        let java = "package a.b; import x.*; @A(1) class T<U> extends V<U> implements W { int f = 1, g[] = {2}; // c\n\
            T(int a, String... b) throws E { this(a); for (int i = 0; i < a; i++) { x.y.z(i ? 1 : -2, () -> { }); } }\n\
            void m() { try (R r = o()) { switch (a) { case 1 -> b(); default: break; } } catch (E | F e) { } finally { } } }";
        let c = "#include <a.h>\nstatic const char *f(int a, struct s { int x : 3; } *b) { int c[2] = {[0] = 1}, *d = &a;\n\
            if (a) { goto l; } else b->x += sizeof(int); switch (a) { case 1: case 2: break; } l: return (char *)d; }";
        let broken = "class A { void f() { int = ; } void g() { h(1) } int } } /* open";
        let cases =
            [(Grammar::Java, java), (Grammar::C, c), (Grammar::Java, broken), (Grammar::C, "int f( { ] }"), (Grammar::C, "")];
        for (grammar, text) in cases {
            let tree = parser::tree(grammar, text, DEFAULT_PARSE_TIME).unwrap();
            same(Nodes::new(grammar, &tree).root(), tree.root_node(), &mut Vec::new());
        }
    }
}
