//! The one integration test binary: the rules of the house, and the command from outside.

mod cli;
mod command;
mod docs;
mod git;
mod layers;
mod licences;
mod random;
mod robustness;
mod rules;
mod shop;
mod tidy;
mod tree;
