//! A tree laid out flat, as ast-grep's crates see a document. Must not know rules.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use ast_grep_core::Position;
use ast_grep_core::language::Language;
use ast_grep_core::source::{Doc, Edit, SgNode};

use super::language::TreeLanguage;
use crate::syntax::{Grammar, Node, Nodes};

/// No node.
const NONE: u32 = u32::MAX;

/// A text and its tree.
#[derive(Clone)]
pub(super) struct FlatDocument(Rc<Shared>);

struct Shared {
    text: String,
    nodes: Nodes,
    /// Each node's parent: matching looks up as well as down.
    parents: Vec<u32>,
    language: TreeLanguage,
}

/// A node of it.
#[derive(Clone, Copy)]
pub(super) struct FlatNode<'r> {
    shared: &'r Shared,
    node: Node<'r>,
}

impl FlatDocument {
    /// Copies the text, which ast-grep wants to own.
    pub(super) fn new(grammar: Grammar, text: &str, nodes: Nodes) -> FlatDocument {
        let mut parents = Vec::with_capacity(nodes.len());
        // The nodes around the one in hand, and where each ends.
        let mut open: Vec<(u32, u32)> = Vec::new();
        for node in nodes.iter() {
            let index = node.index();
            while open.last().is_some_and(|(_, next)| *next <= index) {
                open.pop();
            }
            parents.push(open.last().map_or(NONE, |(parent, _)| *parent));
            open.push((index, node.next_index()));
        }
        FlatDocument(Rc::new(Shared { text: text.to_owned(), nodes, parents, language: TreeLanguage(grammar) }))
    }

    /// A node by its index.
    pub(super) fn node(&self, index: u32) -> FlatNode<'_> {
        FlatNode { shared: &self.0, node: self.0.nodes.at(index) }
    }

    /// The tree again; none where somebody else still holds the document.
    pub(super) fn into_nodes(self) -> Nodes {
        Rc::into_inner(self.0).map(|shared| shared.nodes).unwrap_or_default()
    }
}

impl Doc for FlatDocument {
    type Source = String;
    type Lang = TreeLanguage;
    type Node<'r> = FlatNode<'r>;

    fn get_lang(&self) -> &TreeLanguage {
        &self.0.language
    }

    fn get_source(&self) -> &String {
        &self.0.text
    }

    fn do_edit(&mut self, _: &Edit<String>) -> Result<(), String> {
        Err("a scanned document is not edited".to_owned())
    }

    fn root_node(&self) -> FlatNode<'_> {
        FlatNode { shared: &self.0, node: self.0.nodes.root() }
    }

    fn get_node_text<'a>(&'a self, node: &FlatNode<'a>) -> Cow<'a, str> {
        Cow::Borrowed(self.0.text.get(node.range()).unwrap_or_default())
    }
}

impl<'r> FlatNode<'r> {
    fn with(self, node: Node<'r>) -> FlatNode<'r> {
        FlatNode { shared: self.shared, node }
    }

    fn siblings(self) -> Vec<FlatNode<'r>> {
        self.parent().map(|parent| parent.children().collect()).unwrap_or_default()
    }

    fn position(self, at: usize) -> Position {
        let before = self.shared.text.get(..at).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before.as_bytes()).count();
        let start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |newline| newline + 1);
        Position::new(line, at - start, at)
    }
}

impl<'r> SgNode<'r> for FlatNode<'r> {
    fn parent(&self) -> Option<Self> {
        let parent = self.shared.parents.get(self.node.id()).copied().filter(|parent| *parent != NONE)?;
        Some(self.with(self.shared.nodes.at(parent)))
    }

    fn children(&self) -> impl ExactSizeIterator<Item = Self> {
        let children: Vec<Self> = self.node.children().map(|child| self.with(child)).collect();
        children.into_iter()
    }

    fn named_children(&self) -> impl Iterator<Item = Self> {
        self.node.named_children().map(|child| self.with(child))
    }

    fn kind(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.shared.language.kind_name(self.node.kind_id()))
    }

    fn kind_id(&self) -> u16 {
        self.node.kind_id()
    }

    fn node_id(&self) -> usize {
        self.node.id()
    }

    fn range(&self) -> Range<usize> {
        self.node.start_byte()..self.node.end_byte()
    }

    fn start_pos(&self) -> Position {
        self.position(self.node.start_byte())
    }

    fn end_pos(&self) -> Position {
        self.position(self.node.end_byte())
    }

    /// From the parent up.
    fn ancestors(&self, _: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    fn dfs(&self) -> impl Iterator<Item = Self> {
        (self.node.index()..self.node.next_index()).map(|index| self.with(self.shared.nodes.at(index)))
    }

    fn child(&self, nth: usize) -> Option<Self> {
        self.node.children().nth(nth).map(|child| self.with(child))
    }

    fn next_all(&self) -> impl Iterator<Item = Self> {
        let id = self.node.id();
        self.siblings().into_iter().filter(move |sibling| sibling.node.id() > id)
    }

    fn prev_all(&self) -> impl Iterator<Item = Self> {
        let id = self.node.id();
        self.siblings().into_iter().rev().filter(move |sibling| sibling.node.id() < id)
    }

    fn next(&self) -> Option<Self> {
        self.next_all().next()
    }

    fn prev(&self) -> Option<Self> {
        self.prev_all().next()
    }

    fn is_named(&self) -> bool {
        self.node.is_named()
    }

    fn is_named_leaf(&self) -> bool {
        self.node.named_children().next().is_none()
    }

    fn is_leaf(&self) -> bool {
        self.node.first_child().is_none()
    }

    fn is_missing(&self) -> bool {
        self.node.is_missing()
    }

    fn is_error(&self) -> bool {
        self.node.is_error()
    }

    fn is_extra(&self) -> bool {
        self.node.is_extra()
    }

    fn field(&self, name: &str) -> Option<Self> {
        self.child_by_field_id(self.shared.language.field_to_id(name)?)
    }

    fn field_children(&self, field_id: Option<u16>) -> impl Iterator<Item = Self> {
        let children = self.node.children().filter(move |child| field_id == Some(u16::from(child.field_id())));
        children.map(|child| self.with(child))
    }

    fn child_by_field_id(&self, field_id: u16) -> Option<Self> {
        self.node.child_by_field_id(field_id).map(|child| self.with(child))
    }
}
