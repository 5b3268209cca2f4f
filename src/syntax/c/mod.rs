//! C before parsing: conditionals evaluated, macros expanded where the parse or values need it, extensions the grammar
//! does not know rewritten, every position mapped back to the original.
//! Must not know trees or the IR. See `scan` for the order of work.

mod adapt;
mod cond;
mod expand;
mod groups;
mod headers;
mod lex;
mod macros;
mod predefined;
mod scan;
#[cfg(test)]
mod tests;
mod words;

pub use headers::{HeaderScan, HeaderTable};

pub(crate) use cond::integer;
pub(crate) use lex::each_word;

use crate::base::{FastMap, FastSet, Problem};
use crate::syntax::MappedText;

/// What the command line or compile_commands.json gives.
#[derive(Debug, Clone, Default)]
pub struct CppOptions {
    /// `NAME` or `NAME=VALUE`, in order.
    pub defines: Vec<String>,
    /// Names taken as not defined.
    pub undefines: Vec<String>,
    /// Folders that includes are looked up in, relative to the scan's root.
    pub include_dirs: Vec<String>,
}

/// A preprocessed file.
#[derive(Debug, Default)]
pub struct Preprocessed {
    /// The text to parse, and the way back.
    pub mapped: MappedText,
    /// What was wrong; `file` is left to the caller.
    pub problems: Vec<Problem>,
}

/// Macros and facts that hold for every file.
#[derive(Debug, Default)]
pub(super) struct BaseMacros {
    macros: FastMap<Box<str>, macros::Macro<'static>>,
    values: FastMap<&'static str, i128>,
    undefined: FastSet<Box<str>>,
    kept: FastSet<&'static str>,
}

/// Preprocesses files: options compiled once, shared by all threads.
#[derive(Debug, Default)]
pub struct Preprocessor {
    base: BaseMacros,
    headers: HeaderTable,
    include_dirs: Vec<String>,
}

impl Preprocessor {
    /// Without headers, which [`Preprocessor::scan_header`] and [`Preprocessor::set_headers`] bring in.
    #[must_use]
    pub fn new(options: &CppOptions) -> Self {
        let mut base = BaseMacros {
            values: predefined::DEFINED.iter().copied().collect(),
            undefined: predefined::UNDEFINED.iter().map(|name| Box::from(*name)).collect(),
            kept: predefined::KEPT.iter().copied().collect(),
            macros: FastMap::default(),
        };
        for define in &options.defines {
            let line = match define.split_once('=') {
                Some((name, value)) => format!("{name} {value}"),
                None => format!("{define} 1"),
            };
            if let Some((name, mac)) = macros::parse_define(&line) {
                base.undefined.remove(name);
                base.values.remove(name);
                base.macros.insert(Box::from(name), mac.into_owned());
            }
        }
        for name in &options.undefines {
            base.values.remove(name.as_str());
            base.macros.remove(name.as_str());
            base.undefined.insert(Box::from(name.as_str()));
        }
        Preprocessor { base, headers: HeaderTable::default(), include_dirs: options.include_dirs.clone() }
    }

    /// One header's macros; independent of all others, so any thread may scan any header.
    #[must_use]
    pub fn scan_header(&self, path: &str, text: &str) -> HeaderScan {
        let none = HeaderTable::default();
        scan::Scanner::new(path, text, &self.base, headers::View::new(&none)).scan_header()
    }

    /// Makes all scanned headers' macros visible to the files that include them.
    pub fn set_headers(&mut self, headers: Vec<(String, HeaderScan)>) {
        self.headers = HeaderTable::new(headers, &self.include_dirs);
    }

    /// Preprocesses a file; the path is relative to the scan's root, `/` between the parts.
    #[must_use]
    pub fn preprocess(&self, path: &str, text: &str) -> Preprocessed {
        let mut done = scan::Scanner::new(path, text, &self.base, headers::View::new(&self.headers)).run();
        done.mapped = adapt::adapt(done.mapped);
        done
    }
}
