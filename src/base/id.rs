//! Typed `u32` indices shared by more than one folder. Must not know what they index.

index_vec::define_index_type! {
    /// A scanned file: its index in the walk's sorted list, the same on any number of threads.
    pub struct FileId = u32;
    DEFAULT = FileId::from_raw_unchecked(0);
}

index_vec::define_index_type! {
    /// A rule: its index in the loaded rule set, which is sorted by rule id.
    pub struct RuleId = u32;
    DEFAULT = RuleId::from_raw_unchecked(0);
}
