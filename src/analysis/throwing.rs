//! Which calls may leave by an exception, as far as resources are concerned. Must not know which resources are open.

use super::frame::Frame;
use crate::ir::{CallId, CallKind};

impl Frame<'_> {
    /// Whether a call only puts one stream or reader around another: nothing goes wrong between the two.
    pub(super) fn only_wraps(&self, call: CallId) -> bool {
        let (Some(target), Some(call)) = (self.types.calls.get(call), self.body.calls.get(call)) else { return false };
        let wraps = |name: &str| {
            name.starts_with("Buffered")
                || matches!(
                    name,
                    "InputStreamReader" | "OutputStreamWriter" | "PrintWriter" | "DataInputStream" | "DataOutputStream"
                )
        };
        call.kind == CallKind::New
            && call.args.len() == 1
            && target.owner.is_some_and(|owner| owner.as_str().starts_with("java.io.") && wraps(owner.simple_name()))
    }

    /// Whether a call throws a checked exception: what it declares, or, of a library, what its package is known for.
    pub(super) fn throws_checked(&self, call: CallId) -> bool {
        let types = self.types;
        let (Some(target), Some(call)) = (types.calls.get(call), self.body.calls.get(call)) else { return false };
        if let Some(callee) = target.callees.first() {
            let function = self.ctx.program.function(*callee).1;
            let closes = ["close", "release", "disconnect"].iter().any(|word| function.name.as_str().starts_with(word));
            return !closes && !function.throws.is_empty();
        }
        // Whoever closes one resource cannot be asked to guard the others against that.
        let model = target.model.and_then(|hit| self.models.model(hit.name, hit.index));
        if model.is_some_and(|model| !model.releases.is_empty())
            || call.kind == CallKind::New && model.is_none_or(|model| model.acquires.is_none())
        {
            return false;
        }
        let Some(owner) = target.owner else { return false };
        let (package, class) = owner.as_str().rsplit_once('.').unwrap_or_default();
        let quiet = [
            "PrintWriter",
            "PrintStream",
            "File",
            "StringWriter",
            "StringReader",
            "ByteArrayOutputStream",
            "ByteArrayInputStream",
            "CharArrayWriter",
            "Paths",
            "Path",
        ];
        matches!(
            package,
            "java.io" | "java.sql" | "javax.sql" | "javax.naming" | "javax.naming.directory" | "org.apache.commons.net.ftp"
        ) && !quiet.contains(&class)
    }
}
