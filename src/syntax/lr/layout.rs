//! Trees as the driver makes them, laid out flat: what the grammar hides seen through, aliases and fields as a tree-sitter cursor
//! tells them. Must not know how the trees came about.

use super::stack::{Forest, Tree};
use super::tables::Tables;
use crate::syntax::Nodes;
use crate::syntax::nodes::Kind;

/// A tree whose children are being laid out.
struct Open<'f> {
    children: &'f [u32],
    production: u16,
    /// Children seen, comments not counted.
    seen: usize,
    /// The field of what is hidden here, for its children.
    field: u8,
    /// Its node, where it is shown.
    node: Option<u32>,
}

/// Lays a tree out.
pub(super) fn lay_out(tables: &Tables, forest: &Forest, root: u32) -> Nodes {
    let mut nodes = Nodes::with_capacity(forest.trees.len());
    let Some(tree) = forest.get(root) else { return nodes };
    let node = nodes.open(kind(tables, tree.symbol, tree), 0, tree.start, tree.end);
    let mut open =
        vec![Open { children: forest.children(tree), production: tree.production, seen: 0, field: 0, node: Some(node) }];
    while let Some(parent) = open.last_mut() {
        let Some((child, rest)) = parent.children.split_first() else {
            if let Some(node) = parent.node {
                nodes.close(node);
            }
            open.pop();
            continue;
        };
        parent.children = rest;
        let Some(tree) = forest.get(*child) else { continue };
        let (alias, mut field) = if tree.is_extra {
            (0, 0)
        } else {
            let seen = parent.seen;
            parent.seen += 1;
            (tables.alias(parent.production, seen), tables.field(parent.production, seen))
        };
        if field == 0 && !tree.is_extra {
            field = parent.field;
        }
        let node = shown(tables, tree, alias).map(|symbol| nodes.open(kind(tables, symbol, tree), field, tree.start, tree.end));
        if tree.count > 0 {
            let field = if node.is_some() { 0 } else { field };
            open.push(Open { children: forest.children(tree), production: tree.production, seen: 0, field, node });
        }
    }
    nodes
}

fn kind(tables: &Tables, symbol: u16, tree: &Tree) -> Kind {
    let (id, is_named) = tables.kind(symbol);
    Kind { id, is_named, is_extra: tree.is_extra }
}

/// What a tree is shown as, if it is.
fn shown(tables: &Tables, tree: &Tree, alias: u16) -> Option<u16> {
    if alias != 0 {
        return Some(alias);
    }
    tables.visible.get(usize::from(tree.symbol)).is_some_and(|visible| *visible).then_some(tree.symbol)
}
