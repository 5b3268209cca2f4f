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

    /// The text with stretches of it replaced: `(start, end, text)`, in order and apart. Positions keep leading to the
    /// original.
    #[must_use]
    pub fn edited(&self, edits: &[(usize, usize, std::borrow::Cow<'_, str>)]) -> MappedText {
        let mut out = MappedText::default();
        out.text.reserve(self.text.len() + edits.len() * 8);
        let mut at = 0;
        let mut segment = 0;
        for (start, end, text) in edits {
            if *start < at {
                continue;
            }
            segment = self.copy_to(&mut out, at, *start, segment);
            if !text.is_empty() {
                out.replace(text, self.map.to_original(Span::new(*start, *end)));
            }
            at = (*end).max(*start);
        }
        self.copy_to(&mut out, at, self.text.len(), segment);
        out
    }

    /// Copies `[at, end)` with its positions; `segment` is where to look first, and the result where to look next.
    fn copy_to(&self, out: &mut MappedText, mut at: usize, end: usize, mut segment: usize) -> usize {
        if self.map.segments.is_empty() {
            out.copy(self.text.get(at..end).unwrap_or_default(), at);
            return 0;
        }
        while at < end {
            while self.map.segments.get(segment + 1).is_some_and(|next| next.made as usize <= at) {
                segment += 1;
            }
            let stop = self.map.segments.get(segment + 1).map_or(end, |next| end.min(next.made as usize));
            let text = self.text.get(at..stop).unwrap_or_default();
            match self.map.segments.get(segment) {
                Some(Segment { made, original, replaced: None }) if *made as usize <= at => {
                    out.copy(text, *original as usize + at - *made as usize)
                }
                Some(Segment { original, replaced: Some(length), .. }) => {
                    out.replace(text, Span { lo: *original, hi: original.saturating_add(*length) });
                }
                _ => out.copy(text, at),
            }
            at = stop;
        }
        segment
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
        let behind = self.segments.partition_point(|segment| segment.made <= span.lo);
        let (lo, _) = self.point(behind, span.lo);
        if span.is_empty() {
            return Span { lo, hi: lo };
        }
        // Most ranges end in the stretch in which they begin.
        let rest = self.segments.get(behind..).unwrap_or_default();
        let more = match rest.first() {
            Some(next) if next.made < span.hi => rest.partition_point(|segment| segment.made < span.hi),
            _ => 0,
        };
        let (_, hi) = self.point(behind + more, span.hi - 1);
        Span { lo, hi: hi.max(lo) }
    }

    /// Parts of a range of the original that nothing in the made text stands for.
    pub fn left_out(&self, within: Span) -> impl Iterator<Item = Span> + '_ {
        let first = self.segments.partition_point(|segment| segment.original <= within.lo).saturating_sub(1);
        let rest = self.segments.get(first..).unwrap_or_default();
        let pairs = rest.iter().zip(rest.iter().skip(1));
        pairs.take_while(move |(segment, _)| segment.original < within.hi).filter_map(move |(segment, next)| {
            let length = segment.replaced.unwrap_or(next.made - segment.made);
            let lo = segment.original.saturating_add(length).max(within.lo);
            let hi = next.original.min(within.hi);
            (lo < hi).then_some(Span { lo, hi })
        })
    }

    /// The original's byte at a made position, and one past the last byte of what stands there; so many segments begin
    /// before it or at it.
    fn point(&self, index: usize, at: u32) -> (u32, u32) {
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

        let edited = mapped.edited(&[(0, 3, "long".into()), (11, 11, "/**/".into())]);
        assert_eq!(edited.text, "long NAME = /**/(4096) + 1;");
        assert_eq!(edited.map.to_original(Span::new(0, 4)), Span::new(0, 3));
        assert_eq!(edited.map.to_original(Span::new(5, 9)), Span::new(4, 8));
        assert_eq!(edited.map.to_original(Span::new(16, 22)), Span::new(11, 14));
        assert_eq!(edited.map.to_original(Span::new(25, 26)), Span::new(17, 18));
    }
}
