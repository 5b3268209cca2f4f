//! The `haechi` command: everything is in the library's `cli`.

fn main() {}
