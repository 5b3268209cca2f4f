//! Embeds the rules into the binary.
fn main() {}
