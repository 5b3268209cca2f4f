//! Each output format one file; none computes anything that is not in the findings.
//! Must not know the engine or the IR.
