//! Bodies at rest: a large program's bodies are kept as bytes, and are unpacked where they are read.
//!
//! A body in memory takes five to eight bytes a byte of source, in thousands of small vectors between which the
//! allocator cannot use what parsing gave back; packed it is one piece of a fifth of that. Unpacking costs some percent of
//! an analysis, so that small programs stay as they are.
//! Must not know what a body means, nor who decides that a program is large.

use std::ops::Deref;

use super::Body;

/// A function's code: its body, or the bytes of it.
#[derive(Debug)]
pub struct Code(Repr);

#[derive(Debug)]
enum Repr {
    Open(Box<Body>),
    Packed(Box<[u8]>),
}

/// A body to read: borrowed, or unpacked for the reader.
#[derive(Debug)]
pub struct BodyRef<'a>(Reading<'a>);

#[derive(Debug)]
enum Reading<'a> {
    Open(&'a Body),
    Unpacked(Box<Body>),
}

impl From<Body> for Code {
    fn from(body: Body) -> Self {
        Code(Repr::Open(Box::new(body)))
    }
}

impl Code {
    /// Turns the body into bytes, which only this process can read: names and types are numbers of its tables.
    pub fn pack(&mut self) {
        if let Repr::Open(body) = &self.0
            && let Ok(bytes) = postcard::to_stdvec(&**body)
        {
            self.0 = Repr::Packed(bytes.into_boxed_slice());
        }
    }

    /// The body to change, as long as it is not packed.
    pub fn open_mut(&mut self) -> Option<&mut Body> {
        match &mut self.0 {
            Repr::Open(body) => Some(body),
            Repr::Packed(_) => None,
        }
    }

    /// The body. Bytes that are not a body's cannot be met; they would be an empty, broken one.
    #[must_use]
    pub fn body(&self) -> BodyRef<'_> {
        match &self.0 {
            Repr::Open(body) => BodyRef(Reading::Open(body)),
            Repr::Packed(bytes) => {
                let body = postcard::from_bytes(bytes).unwrap_or_else(|_| Body { broken: true, ..Body::default() });
                BodyRef(Reading::Unpacked(Box::new(body)))
            }
        }
    }
}

impl Deref for BodyRef<'_> {
    type Target = Body;

    fn deref(&self) -> &Body {
        match &self.0 {
            Reading::Open(body) => body,
            Reading::Unpacked(body) => body,
        }
    }
}
