//! Names that messages fill in: what a source is. Language-neutral where it can be; `report` translates the rest.
//! Must not know formats.

use crate::base::Symbol;
use crate::rules::SourceKinds;

/// A key that `report` turns into words in the reader's language, and the name in the code: `web:getParameter`.
pub(super) fn source_name(kinds: SourceKinds, name: Symbol) -> String {
    let kind = [
        (SourceKinds::WEB, "web"),
        (SourceKinds::SOCKET, "socket"),
        (SourceKinds::FILE, "file"),
        (SourceKinds::DB, "db"),
        (SourceKinds::ENV, "env"),
        (SourceKinds::SECRET, "secret"),
        (SourceKinds::SYSTEM, "system"),
        (SourceKinds::RANDOM, "random"),
        (SourceKinds::CLAIM, "claim"),
        (SourceKinds::ARBITRARY, "random"),
        (SourceKinds::PAGE, "page"),
        (SourceKinds::WEAK_ALGORITHM, "weak-algorithm"),
        (SourceKinds::CALLER, "caller"),
    ]
    .into_iter()
    .find(|(kind, _)| kinds.contains(*kind))
    .map_or("input", |(_, name)| name);
    format!("{kind}:{name}")
}
