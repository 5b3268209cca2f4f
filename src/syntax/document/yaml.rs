//! YAML flattened to dotted keys with positions, the way Spring reads it: `a.b[0].c`. Aliases and merge keys are
//! resolved; several documents in one file follow each other.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::Entry;
use crate::base::{FastMap, Span};

/// Deeper nesting is left out.
const MAX_DEPTH: usize = 100;
/// Keys are cut here: a path is repeated for every value below it.
const MAX_KEY_BYTES: usize = 256;
/// Aliases of aliases grow without bound.
const MAX_ENTRIES: usize = 200_000;

/// What was read, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct YamlReading {
    pub entries: Vec<Entry>,
    pub complaint: Option<(Span, String)>,
    pub too_deep: bool,
}

pub(super) fn parse(text: &str) -> YamlReading {
    let reading = read(text, text);
    if reading.complaint.is_none() {
        return reading;
    }
    // Placeholders of build tools and templates are no YAML. With them blanked out, most files are.
    let tamed = tame(text);
    if tamed == text {
        return reading;
    }
    let second = read(&tamed, text);
    if second.complaint.is_none() || second.entries.len() > reading.entries.len() { second } else { reading }
}

/// The same text, byte for byte as long, with `@name@`, `{{ … }}` and tabs replaced by what YAML takes.
fn tame(text: &str) -> String {
    let mut tamed = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if body.starts_with("{{") && body.ends_with("}}") {
            // A line of the template language.
            tamed.extend(line.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { char::from(byte) } else { ' ' }));
        } else {
            let mut template = false;
            let mut rest = line;
            while let Some(character) = rest.chars().next() {
                let two = rest.get(..2);
                match character {
                    '{' if two == Some("{{") => template = true,
                    _ => {}
                }
                match character {
                    '@' | '`' => tamed.push('_'),
                    '\t' => tamed.push(' '),
                    '{' | '}' | '"' | '\'' | ':' | '#' | ',' | '[' | ']' | '|' if template => tamed.push('_'),
                    other => tamed.push(other),
                }
                if template && two == Some("}}") {
                    tamed.push('_');
                    template = false;
                    rest = rest.get(2..).unwrap_or_default();
                } else {
                    rest = rest.get(character.len_utf8()..).unwrap_or_default();
                }
            }
        }
    }
    tamed
}

/// An open collection.
struct Frame {
    /// The key of everything in it.
    path: String,
    kind: FrameKind,
    /// The anchor it defines, if any, and the entries before it.
    anchor: usize,
    first_entry: usize,
}

enum FrameKind {
    /// The key whose value comes next.
    Map(Option<(String, Span)>),
    List(usize),
}

struct Flattener<'t> {
    original: &'t str,
    /// Bytes of each character, where they are not the same.
    bytes: Option<Vec<u32>>,
    frames: Vec<Frame>,
    /// Collections beyond the depth limit.
    beyond: usize,
    /// Anchor: its entries and the length of its own path.
    anchors: FastMap<usize, (std::ops::Range<usize>, usize)>,
    reading: YamlReading,
}

fn read(text: &str, original: &str) -> YamlReading {
    let bytes = (!text.is_ascii()).then(|| {
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        starts.map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect()
    });
    let mut flat = Flattener {
        original,
        bytes,
        frames: Vec::new(),
        beyond: 0,
        anchors: FastMap::default(),
        reading: YamlReading::default(),
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => flat.event(event, Span::new(flat.byte(span.start.index()), flat.byte(span.end.index()))),
            Err(error) => {
                let at = flat.byte(error.marker().index());
                flat.reading.complaint = Some((Span::new(at, at), error.info().to_owned()));
                break;
            }
        }
    }
    flat.reading
}

impl Flattener<'_> {
    fn byte(&self, character: usize) -> usize {
        match &self.bytes {
            None => character.min(self.original.len()),
            Some(bytes) => bytes.get(character).or(bytes.last()).map_or(0, |&at| at as usize),
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::MappingStart(anchor, _) => self.open(FrameKind::Map(None), anchor),
            Event::SequenceStart(anchor, _) => self.open(FrameKind::List(0), anchor),
            Event::MappingEnd | Event::SequenceEnd => self.close(),
            Event::DocumentStart(_) | Event::DocumentEnd => {
                self.frames.clear();
                self.beyond = 0;
            }
            _ if self.beyond > 0 => {}
            Event::Scalar(value, style, anchor, _) => self.scalar(&value, style, anchor, span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
            // Comments, where the parser tells of them.
            #[expect(unreachable_patterns, reason = "the enumeration may grow")]
            _ => {}
        }
    }

    fn open(&mut self, kind: FrameKind, anchor: usize) {
        if self.frames.len() >= MAX_DEPTH || self.beyond > 0 {
            self.beyond += 1;
            self.reading.too_deep = true;
            return;
        }
        // A collection as a key is nothing that a configuration has; it is read as if it had no name.
        let path = self.path().0;
        let first_entry = self.reading.entries.len();
        self.frames.push(Frame { path, kind, anchor, first_entry });
    }

    fn close(&mut self) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else if let Some(frame) = self.frames.pop()
            && frame.anchor > 0
        {
            self.anchors.insert(frame.anchor, (frame.first_entry..self.reading.entries.len(), frame.path.len()));
        }
        if self.beyond == 0 {
            self.advance();
        }
    }

    /// The path of the value that comes now, and its key's place.
    fn path(&self) -> (String, Option<Span>) {
        let Some(frame) = self.frames.last() else { return (String::new(), None) };
        match &frame.kind {
            FrameKind::Map(Some((key, span))) if key == "<<" => (frame.path.clone(), Some(*span)),
            FrameKind::Map(Some((key, span))) if frame.path.is_empty() => (key.clone(), Some(*span)),
            FrameKind::Map(Some((key, span))) => (format!("{}.{key}", frame.path), Some(*span)),
            FrameKind::Map(None) => (frame.path.clone(), None),
            FrameKind::List(index) => (format!("{}[{index}]", frame.path), None),
        }
    }

    /// A value is done.
    fn advance(&mut self) {
        match self.frames.last_mut().map(|frame| &mut frame.kind) {
            Some(FrameKind::Map(key)) => *key = None,
            Some(FrameKind::List(index)) => *index += 1,
            None => {}
        }
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, anchor: usize, span: Span) {
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let value_span = if quoted && span.len() >= 2 { Span { lo: span.lo + 1, hi: span.hi - 1 } } else { span };
        // What was blanked out for the parser stands in the original.
        let value = match style {
            ScalarStyle::Plain if !value.contains('\n') && value_span.len() == value.len() => {
                Cow::Borrowed(value_span.text(self.original))
            }
            _ => Cow::Borrowed(value),
        };
        if let Some(Frame { kind: FrameKind::Map(key @ None), .. }) = self.frames.last_mut() {
            let mut end = value.len().min(MAX_KEY_BYTES);
            while !value.is_char_boundary(end) {
                end -= 1;
            }
            *key = Some((value.get(..end).unwrap_or_default().to_owned(), span));
            return;
        }
        let first = self.reading.entries.len();
        let (path, key_span) = self.path();
        let length = path.len();
        self.push(Entry { key: path, value: value.into_owned(), span: key_span.map_or(span, |key| key.to(span)), value_span });
        if anchor > 0 {
            self.anchors.insert(anchor, (first..self.reading.entries.len(), length));
        }
        self.advance();
    }

    /// The anchor's entries again, under this path.
    fn alias(&mut self, anchor: usize, span: Span) {
        if let Some(Frame { kind: FrameKind::Map(key @ None), .. }) = self.frames.last_mut() {
            *key = Some((String::new(), span));
            return;
        }
        let path = self.path().0;
        if let Some((range, prefix)) = self.anchors.get(&anchor).cloned() {
            for index in range {
                let Some(entry) = self.reading.entries.get(index) else { break };
                let below = entry.key.get(prefix..).unwrap_or_default();
                let key = if path.is_empty() { below.trim_start_matches('.').to_owned() } else { format!("{path}{below}") };
                // Where an anchor stood at the top, nothing parts the keys.
                let key =
                    if prefix == 0 && !path.is_empty() && !below.starts_with('[') { format!("{path}.{below}") } else { key };
                let copy = Entry { key, value: entry.value.clone(), span: entry.span, value_span: entry.value_span };
                self.push(copy);
            }
        }
        self.advance();
    }

    fn push(&mut self, entry: Entry) {
        if self.reading.entries.len() < MAX_ENTRIES {
            self.reading.entries.push(entry);
        } else {
            self.reading.too_deep = true;
        }
    }
}
