//! Text made from another (preprocessed C, JSP as Java) and the way back to the original's positions.
//! Must not know either language.

use crate::base::Span;

/// A text and where each stretch of it came from.
#[derive(Debug, Default, Clone)]
pub struct MappedText {
    /// The made text: what is parsed.
    pub text: String,
    /// The way back.
    pub map: PosMap,
}

/// A monotone list of segments of the made text.
#[derive(Debug, Default, Clone)]
pub struct PosMap {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    /// Start in the made text.
    made: u32,
    /// Start in the original.
    original: u32,
    /// Length in the original where the stretch was not copied as it is: every position of it maps to all of this.
    /// `None`: copied byte for byte.
    replaced: Option<u32>,
}

impl MappedText {
    /// Appends a stretch copied byte for byte from `original` on.
    pub fn copy(&mut self, text: &str, original: usize) {
        self.segment(original, None);
        self.text.push_str(text);
    }

    /// Appends a made stretch that stands for the original's range.
    pub fn replace(&mut self, text: &str, original: Span) {
        self.segment(original.lo as usize, Some(original.hi.saturating_sub(original.lo)));
        self.text.push_str(text);
    }

    fn segment(&mut self, original: usize, replaced: Option<u32>) {
        let made = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let original = u32::try_from(original).unwrap_or(u32::MAX);
        if let Some(last) = self.map.segments.last_mut() {
            if last.made == made {
                *last = Segment { made, original, replaced };
                return;
            }
            // A copy that goes on where the last one ended needs no segment of its own.
            if replaced.is_none() && last.replaced.is_none() && original.wrapping_sub(last.original) == made - last.made {
                return;
            }
        }
        self.map.segments.push(Segment { made, original, replaced });
    }
}

impl PosMap {
    /// The original's range for a range of the made text. An empty map is the identity.
    #[must_use]
    pub fn to_original(&self, span: Span) -> Span {
        if self.segments.is_empty() {
            return span;
        }
        let (lo, _) = self.point(span.lo);
        let hi = if span.is_empty() { lo } else { self.point(span.hi - 1).1 };
        Span { lo, hi: hi.max(lo) }
    }

    /// The original's byte at a made position, and one past the last byte of what stands there.
    fn point(&self, at: u32) -> (u32, u32) {
        let index = self.segments.partition_point(|segment| segment.made <= at);
        match index.checked_sub(1).and_then(|index| self.segments.get(index)) {
            None => (at, at + 1),
            Some(Segment { original, replaced: Some(length), .. }) => (*original, original + length),
            Some(Segment { made, original, replaced: None }) => (original + (at - made), original + (at - made) + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MappedText;
    use crate::base::Span;

    #[test]
    fn positions_map_back_through_copies_and_replacements() {
        let original = "int NAME = MAX + 1;";
        let mut mapped = MappedText::default();
        mapped.copy(&original[..11], 0);
        mapped.replace("(4096)", Span::new(11, 14));
        mapped.copy(&original[14..], 14);
        assert_eq!(mapped.text, "int NAME = (4096) + 1;");
        assert_eq!(mapped.map.to_original(Span::new(4, 8)), Span::new(4, 8));
        assert_eq!(mapped.map.to_original(Span::new(12, 16)), Span::new(11, 14));
        assert_eq!(mapped.map.to_original(Span::new(11, 21)), Span::new(11, 18));
        assert_eq!(mapped.map.to_original(Span::new(20, 21)), Span::new(17, 18));
    }
}
