//! A file's bytes to text, in whatever encoding it was saved. Must not know what the text means beyond the charset
//! declarations of XML and JSP.
//!
//! Order: byte-order mark; UTF-16 without one; binary; valid UTF-8 (whatever is declared: text that is valid UTF-8
//! by accident does not occur); the declared charset; then CP949, the guess of chardetng, or UTF-8 with replacements.

use std::fs::File;
use std::io::Read;

use encoding_rs::{EUC_KR, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::{FileKind, SourceFile, SourceText};
use crate::base::{FileId, Problem, ProblemKind};

/// Size from which a file is left out, unless set otherwise.
pub const DEFAULT_MAX_FILE_SIZE: u64 = 5 * 1024 * 1024;

/// A NUL byte this early makes a file binary. Git looks as far.
const BINARY_PROBE: usize = 8000;
/// Charset declarations are looked for this early.
const DECLARATION_PROBE: usize = 4096;

/// Bounds of reading one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// Larger files are not read.
    pub max_bytes: u64,
}

impl Default for ReadLimits {
    fn default() -> Self {
        ReadLimits { max_bytes: DEFAULT_MAX_FILE_SIZE }
    }
}

/// Why a file has no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct ReadError {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The operating system's words, or the limit.
    pub detail: String,
}

impl ReadError {
    /// The notification about it.
    #[must_use]
    pub fn into_problem(self, file: FileId) -> Problem {
        Problem { file: Some(file), span: None, kind: self.kind, detail: self.detail }
    }
}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        ReadError { kind: ProblemKind::Unreadable, detail: error.to_string() }
    }
}

/// Reads and decodes a file.
///
/// # Errors
/// When it cannot be opened or read, is no regular file, is over the limit, or is no text.
pub fn read(file: &SourceFile, limits: &ReadLimits) -> Result<SourceText, ReadError> {
    let too_large = || ReadError { kind: ProblemKind::TooLarge, detail: limits.max_bytes.to_string() };
    if file.size > limits.max_bytes {
        return Err(too_large());
    }
    // Opening a pipe would wait for a writer.
    if !std::fs::metadata(&file.absolute)?.is_file() {
        return Err(ReadError { kind: ProblemKind::Unreadable, detail: String::from("not a regular file") });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(file.size).unwrap_or(0).saturating_add(1));
    // One more than allowed tells whether the file has grown past the limit since the walk.
    File::open(&file.absolute)?.take(limits.max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits.max_bytes {
        return Err(too_large());
    }
    decode(bytes, file.kind)
}

/// Decodes a file's bytes. No copy is made of valid UTF-8 without a byte-order mark.
///
/// # Errors
/// When they are no text.
pub fn decode(bytes: Vec<u8>, kind: FileKind) -> Result<SourceText, ReadError> {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        return Ok(decode_as(encoding, bytes.get(mark..).unwrap_or_default()));
    }
    let probe = bytes.get(..BINARY_PROBE).unwrap_or(&bytes);
    if memchr::memchr(0, probe).is_some() {
        return match unmarked_utf16(probe) {
            Some(encoding) => Ok(decode_as(encoding, &bytes)),
            None => Err(ReadError { kind: ProblemKind::Binary, detail: String::new() }),
        };
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceText { text, encoding: UTF_8.name(), lossy: false }),
        Err(error) => Ok(decode_legacy(error.as_bytes(), kind)),
    }
}

fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> SourceText {
    let (text, lossy) = encoding.decode_without_bom_handling(bytes);
    SourceText { text: text.into_owned(), encoding: encoding.name(), lossy }
}

/// UTF-16 saved without its mark: source code is mostly ASCII, so every other byte is zero, and no character is.
fn unmarked_utf16(probe: &[u8]) -> Option<&'static Encoding> {
    let pairs = probe.len() / 2;
    let zeros = |first: usize| probe.iter().skip(first).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let encoding = if odd > even { UTF_16LE } else { UTF_16BE };
    let (most, rest) = (odd.max(even), odd.min(even));
    let nul = probe.chunks_exact(2).any(|pair| pair == [0, 0]);
    (pairs >= 2 && !nul && most * 10 >= pairs * 6 && rest * 10 <= pairs * 2).then_some(encoding)
}

/// Text that is not valid UTF-8.
fn decode_legacy(bytes: &[u8], kind: FileKind) -> SourceText {
    if is_damaged_utf8(bytes) {
        return decode_as(UTF_8, bytes);
    }
    if let Some(declared) = declared_charset(bytes, kind) {
        let source = decode_as(declared, bytes);
        if !source.lossy {
            return source;
        }
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(Some(b"kr"), chardetng::Utf8Detection::Deny);
    if guess.is_single_byte() || guess == EUC_KR {
        // A single Korean word among thousands of ASCII bytes is too little for the detector's statistics, and a
        // western guess of such a file is nearly always wrong: what is valid CP949 and mostly Hangul is Korean.
        let korean = hangul_share(bytes);
        if guess == EUC_KR || korean.is_some_and(|share| share >= 0.5) {
            return decode_as(EUC_KR, bytes);
        }
    }
    decode_as(guess, bytes)
}

/// Whether the text is UTF-8 with a few bad bytes, a truncated end for example.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= 4 * bad
}

/// The share of Hangul syllables of KS X 1001 among the two-byte characters, one bad pair at the very end (a
/// truncated file) forgiven; `None` where the bytes are not CP949.
fn hangul_share(bytes: &[u8]) -> Option<f64> {
    let (mut pairs, mut hangul) = (0usize, 0usize);
    let mut at = 0;
    while let Some(&lead) = bytes.get(at) {
        if lead < 0x80 {
            at += 1;
            continue;
        }
        let Some(&trail) = bytes.get(at + 1) else { break };
        let known = match trail {
            0x41..=0x5A | 0x61..=0x7A | 0x81..=0xA0 => (0x81..=0xC6).contains(&lead),
            0xA1..=0xFE => (0x81..=0xFE).contains(&lead),
            _ => false,
        };
        if !known {
            return None;
        }
        pairs += 1;
        hangul += usize::from((0xB0..=0xC8).contains(&lead) && trail >= 0xA1);
        at += 2;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share; files are far below 2^52 bytes")]
    (pairs > 0).then(|| hangul as f64 / pairs as f64)
}

/// The charset that an XML prolog or a JSP directive names.
fn declared_charset(bytes: &[u8], kind: FileKind) -> Option<&'static Encoding> {
    let head = bytes.get(..DECLARATION_PROBE).unwrap_or(bytes);
    let keys: &[&[u8]] = match kind {
        FileKind::Xml => &[b"encoding"],
        FileKind::Jsp => &[b"pageEncoding", b"charset", b"encoding"],
        FileKind::Java | FileKind::C | FileKind::CHeader | FileKind::Properties | FileKind::Yaml => return None,
    };
    keys.iter().find_map(|key| {
        let after = head.get(memchr::memmem::find(head, key)? + key.len()..)?;
        let value = after.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        let end = value.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"-_.:".contains(byte)))?;
        let label = value.get(..end)?;
        // Java's and Windows' names for what the web calls EUC-KR.
        match label.to_ascii_lowercase().as_slice() {
            b"ms949" | b"cp949" | b"uhc" | b"x-windows-949" => Some(EUC_KR),
            _ => Encoding::for_label(label),
        }
    })
}

impl SourceText {
    /// A text that was not read from a file.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> SourceText {
        SourceText { text: text.into(), encoding: UTF_8.name(), lossy: false }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{ReadLimits, decode, read};
    use crate::base::ProblemKind;
    use crate::source::{FileKind, SourceFile, SourceText};

    fn java(bytes: &[u8]) -> SourceText {
        decode(bytes.to_vec(), FileKind::Java).unwrap()
    }

    fn korean(text: &str) -> Vec<u8> {
        let (bytes, _, bad) = encoding_rs::EUC_KR.encode(text);
        assert!(!bad);
        bytes.into_owned()
    }

    #[test]
    fn byte_order_marks_decide_and_are_dropped() {
        let utf8 = java("\u{feff}class 가 {}".as_bytes());
        assert_eq!((utf8.text.as_str(), utf8.encoding, utf8.lossy), ("class 가 {}", "UTF-8", false));
        let little: Vec<u8> = "\u{feff}class 가 {}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!((java(&little).text.as_str(), java(&little).encoding), ("class 가 {}", "UTF-16LE"));
        let big: Vec<u8> = "\u{feff}class 가 {}".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!((java(&big).text.as_str(), java(&big).encoding), ("class 가 {}", "UTF-16BE"));
    }

    #[test]
    fn utf16_without_a_mark_is_text() {
        let little: Vec<u8> = "<a>가</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(little, FileKind::Xml).unwrap().text, "<a>가</a>");
    }

    #[test]
    fn nul_bytes_make_a_file_binary() {
        assert_eq!(decode(b"\xca\xfe\xba\xbe\0\0\0\x34".to_vec(), FileKind::Java).unwrap_err().kind, ProblemKind::Binary);
        assert_eq!(decode(b"int a;\0\0\0\0".to_vec(), FileKind::C).unwrap_err().kind, ProblemKind::Binary);
    }

    #[test]
    fn korean_without_a_declaration_is_cp949_even_when_it_is_one_word() {
        for text in [
            "// 사용자 정보를 조회한다\nclass A {}",
            "// 가\nclass A { String caption; }",
            "/* 똠방각하 펲시콜라 햏 */ int x;",
            "String s = \"값\";",
        ] {
            let source = java(&korean(text));
            assert_eq!((source.text.as_str(), source.encoding, source.lossy), (text, "EUC-KR", false));
        }
    }

    #[test]
    fn western_text_is_not_taken_for_korean() {
        let source = java(b"// Caf\xe9 \xa9 2009 Jos\xe9 Mart\xednez, d\xe9j\xe0 vu\nclass A {}");
        assert_eq!((source.text.lines().next().unwrap(), source.lossy), ("// Café © 2009 José Martínez, déjà vu", false));
    }

    #[test]
    fn declared_charsets_are_believed_where_the_bytes_are_no_utf8() {
        let xml = korean("<?xml version=\"1.0\" encoding='euc-kr'?><a>각</a>");
        assert_eq!(decode(xml, FileKind::Xml).unwrap().text, "<?xml version=\"1.0\" encoding='euc-kr'?><a>각</a>");
        let jsp = korean("<%@ page contentType=\"text/html; charset=MS949\" %>각");
        assert!(decode(jsp, FileKind::Jsp).unwrap().text.ends_with('각'));
        let mut latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>".to_vec();
        latin.extend(b"\xb0\xa1</a>");
        assert_eq!(decode(latin, FileKind::Xml).unwrap().encoding, "windows-1252");
        // Saved as UTF-8 though declared otherwise.
        let wrong = "<%@ page pageEncoding=\"EUC-KR\" %>한글";
        assert!(decode(wrong.as_bytes().to_vec(), FileKind::Jsp).unwrap().text.ends_with("한글"));
    }

    #[test]
    fn damaged_text_keeps_its_encoding_and_says_so() {
        let mut utf8 = "// 사용자 정보\nclass A {} // 끝".as_bytes().to_vec();
        utf8.pop();
        let source = java(&utf8);
        assert_eq!((source.encoding, source.lossy), ("UTF-8", true));
        assert!(source.text.starts_with("// 사용자 정보\nclass A {}"));
        let mut cp949 = korean("// 사용자 정보를 조회한다\nclass A {} // 끝");
        cp949.pop();
        let source = java(&cp949);
        assert_eq!((source.encoding, source.lossy), ("EUC-KR", true));
        assert!(source.text.starts_with("// 사용자 정보를 조회한다\nclass A {}"));
    }

    fn file(path: PathBuf, size: u64) -> SourceFile {
        SourceFile { path: String::from("a.java"), absolute: path, kind: FileKind::Java, size, is_test: false }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let limits = ReadLimits { max_bytes: 10 };
        let kind = |name: &str, size| read(&file(dir.path().join(name), size), &limits).unwrap_err().kind;
        assert_eq!(kind("missing.java", 0), ProblemKind::Unreadable);
        std::fs::create_dir(dir.path().join("folder.java")).unwrap();
        assert_eq!(kind("folder.java", 0), ProblemKind::Unreadable);
        std::fs::write(dir.path().join("big.java"), "12345678901").unwrap();
        assert_eq!(kind("big.java", 11), ProblemKind::TooLarge);
        // Grown since the walk.
        assert_eq!(kind("big.java", 3), ProblemKind::TooLarge);
        std::fs::write(dir.path().join("fits.java"), "1234567890").unwrap();
        assert_eq!(read(&file(dir.path().join("fits.java"), 10), &limits).unwrap().text, "1234567890");
    }
}
