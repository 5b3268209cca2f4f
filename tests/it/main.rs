//! The one integration test binary: the rules of the house, and the command from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod cli;
mod command;
mod docs;
mod fixtures;
mod git;
mod layers;
mod licences;
mod metamorphic;
mod random;
mod robustness;
mod rules;
mod shop;
mod tidy;
mod tree;
