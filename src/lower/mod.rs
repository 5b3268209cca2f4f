//! Syntax trees to the IR, one function at a time; the tree is dropped right after.
//! Must not know rules (beyond the ids of syntactic hits it hands on), other files, or the engine.
