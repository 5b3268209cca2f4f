//! The one integration test binary: the rules of the house, and the command from outside.

mod docs;
mod layers;
mod licences;
mod rules;
mod tidy;
mod tree;
