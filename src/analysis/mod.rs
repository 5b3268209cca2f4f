//! The engine: abstract values and states over the IR, summaries, and the rules that are decided on them.
//! Must not know files' texts, output formats or settings.
