//! Every fixed sentence of the reports, in Korean and English, and the filling of message templates.
//! Must not know any format.

use crate::base::{FileStatus, ProblemKind};
use crate::findings::{AllowNoteKind, Finding, Step, StepKind};
use crate::rules::{Confidence, LocalText, Locale, Rule, Severity};

/// A finding's message: the rule's template filled with the finding's evidence.
#[must_use]
pub fn message(rule: &Rule, finding: &Finding, locale: Locale) -> String {
    sentence(rule.message.get(locale), locale, |name| {
        finding.args.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
    })
}

/// The rule's message where no evidence is: what it says of any finding.
pub(super) fn general_message(rule: &Rule, locale: Locale) -> String {
    sentence(rule.message.get(locale), locale, |_| None)
}

/// A filled message. What begins an English one with words, not with a name of the code, begins with a capital letter.
fn sentence(template: &str, locale: Locale, value: impl Fn(&str) -> Option<String>) -> String {
    let known = |name: &str| value(name).filter(|value| !value.trim().is_empty());
    let filled = fill(template, locale, |name| match name {
        "source" => known(name).map(|key| source(&key, locale)),
        _ => known(name),
    });
    let first = template.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(name, _)| name);
    let is_code = first.is_some_and(|name| match known(name) {
        Some(key) => key != "<init>" && (name != "source" || source(&key, locale) == key),
        None => false,
    });
    let mut letters = filled.chars();
    match letters.next() {
        Some(letter) if locale == Locale::En && !is_code => letter.to_uppercase().chain(letters).collect(),
        _ => filled,
    }
}

/// In words, what a source is: the analysis names it `KIND:NAME`, the name being that of a call, parameter or field.
fn source(key: &str, locale: Locale) -> String {
    let Some((kind, name)) = key.split_once(':') else { return key.to_owned() };
    let (ko, en) = match kind {
        "web" => ("HTTP 요청 값", "an HTTP request value"),
        "socket" => ("네트워크에서 받은 데이터", "network data"),
        "file" => ("파일에서 읽은 내용", "file contents"),
        "db" => ("데이터베이스에서 읽은 값", "a database value"),
        "env" => ("환경 값", "an environment value"),
        "secret" => ("민감한 정보", "sensitive data"),
        "system" => ("시스템 정보", "system information"),
        "random" => ("난수", "a random value"),
        "page" => ("출처를 확인할 수 없는 값", "a value of unknown origin"),
        "claim" => ("클라이언트가 바꿀 수 있는 값", "a value the client can change"),
        "weak-algorithm" => ("취약한 알고리즘", "a weak algorithm"),
        "caller" => ("호출자가 넘긴 값", "what callers pass"),
        "input" => ("외부 입력값", "untrusted data"),
        _ => return key.to_owned(),
    };
    let words = pick(locale, ko, en);
    match name.trim() {
        "" => words.to_owned(),
        name if locale == Locale::En => format!("{words} ({name})"),
        name => format!("{words}({name})"),
    }
}

/// Fills the `{name}` places of a template; a name without a value gets a general word. Korean particles after a place
/// (`이(가)`, `을(를)`, `은(는)`, `과(와)`, `(으)로`) are chosen by the filled word's last sound.
#[must_use]
pub fn fill(template: &str, locale: Locale, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        out.push_str(before);
        let name = after.get(1..).and_then(|inner| inner.split_once('}'));
        match name.filter(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')) {
            Some((name, tail)) => {
                let word = match value(name).filter(|value| !value.trim().is_empty()) {
                    // How the IR calls every constructor.
                    Some(value) if value == "<init>" => pick(locale, "생성자", "a constructor").to_owned(),
                    Some(value) => value,
                    None => general(name, locale).to_owned(),
                };
                out.push_str(&word);
                rest = particle(&mut out, &word, tail);
            }
            None => {
                out.push('{');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// The word for a place without evidence.
fn general(name: &str, locale: Locale) -> &'static str {
    let (ko, en) = match name {
        "source" => ("외부 입력값", "untrusted data"),
        "sink" | "callee" => ("호출", "a call"),
        "value" => ("값", "a value"),
        "name" => ("항목", "an item"),
        "type" => ("타입", "a type"),
        _ => ("값", "a value"),
    };
    pick(locale, ko, en)
}

/// The sound at a word's end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Vowel,
    Consonant,
    /// `ㄹ`, after which it is `로` and not `으로`.
    Rieul,
    Unknown,
}

/// Particles as written in templates: the whole, after a consonant, after a vowel.
const PARTICLES: [(&str, &str, &str); 10] = [
    ("이(가)", "이", "가"),
    ("가(이)", "이", "가"),
    ("을(를)", "을", "를"),
    ("를(을)", "을", "를"),
    ("은(는)", "은", "는"),
    ("는(은)", "은", "는"),
    ("과(와)", "과", "와"),
    ("와(과)", "과", "와"),
    ("(으)로", "으로", "로"),
    ("으로(로)", "으로", "로"),
];

fn particle<'t>(out: &mut String, word: &str, tail: &'t str) -> &'t str {
    // A quotation mark may stand between the word and its particle.
    let mark = tail.chars().next().filter(|mark| matches!(mark, '\'' | '"' | '`' | '’' | '”' | ')'));
    let after = mark.map_or(tail, |mark| tail.get(mark.len_utf8()..).unwrap_or_default());
    for (written, consonant, vowel) in PARTICLES {
        let Some(rest) = after.strip_prefix(written) else { continue };
        let chosen = match ending(word) {
            Ending::Unknown => return tail,
            Ending::Vowel => vowel,
            Ending::Rieul if vowel == "로" => vowel,
            Ending::Consonant | Ending::Rieul => consonant,
        };
        out.extend(mark);
        out.push_str(chosen);
        return rest;
    }
    tail
}

/// Brackets at the end are not spoken: `환경 값(getenv)` ends as `환경 값` does, `readLine()` as `readLine`.
fn ending(word: &str) -> Ending {
    let spoken = word.strip_suffix(')').and_then(|inner| inner.rsplit_once('(')).map_or(word, |(before, _)| before);
    let word = if spoken.trim().is_empty() { word } else { spoken };
    let Some(last) = word.chars().rev().find(|character| character.is_alphanumeric()) else { return Ending::Unknown };
    match last {
        '가'..='힣' => match (u32::from(last) - 0xAC00) % 28 {
            0 => Ending::Vowel,
            8 => Ending::Rieul,
            _ => Ending::Consonant,
        },
        '1' | '7' | '8' => Ending::Rieul,
        '0' | '3' | '6' => Ending::Consonant,
        '2' | '4' | '5' | '9' => Ending::Vowel,
        'a' | 'e' | 'f' | 'h' | 'i' | 'j' | 'o' | 'q' | 'r' | 's' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z' => Ending::Vowel,
        'l' => Ending::Rieul,
        'm' | 'n' => Ending::Consonant,
        // Read by their names: L, M, N, R end in a consonant.
        'L' | 'R' => Ending::Rieul,
        'M' | 'N' => Ending::Consonant,
        'A'..='Z' => Ending::Vowel,
        // `exec`, `get`: depends on how it is read.
        _ => Ending::Unknown,
    }
}

pub(super) fn pick(locale: Locale, ko: &'static str, en: &'static str) -> &'static str {
    match locale {
        Locale::Ko => ko,
        Locale::En => en,
    }
}

/// A sentence for a step of a trace.
pub(super) fn step(step: &Step, locale: Locale) -> String {
    let named = !step.name.is_empty();
    let (ko, en) = match (step.kind, named) {
        (StepKind::Source, true) => ("외부 데이터가 들어옵니다: {name}", "data comes in: {name}"),
        (StepKind::Source, false) => ("외부 데이터가 들어옵니다", "data comes in"),
        (StepKind::Store, true) => ("{name}에 저장됩니다", "it is stored in {name}"),
        (StepKind::Store, false) => ("저장됩니다", "it is stored"),
        (StepKind::Through, true) => ("{name}을(를) 거칩니다", "it goes through {name}"),
        (StepKind::Through, false) => ("호출을 거칩니다", "it goes through a call"),
        (StepKind::Pass, true) => ("{name}(으)로 전달됩니다", "it is passed to {name}"),
        (StepKind::Pass, false) => ("함수로 전달됩니다", "it is passed to a function"),
        (StepKind::Return, true) => ("{name}에서 반환됩니다", "it comes back from {name}"),
        (StepKind::Return, false) => ("함수에서 반환됩니다", "it comes back from a function"),
        (StepKind::Sink, true) => ("{name}에서 사용됩니다", "it is used in {name}"),
        (StepKind::Sink, false) => ("여기에서 사용됩니다", "it is used here"),
        (StepKind::Acquire, true) => ("{name}을(를) 할당합니다", "{name} is acquired"),
        (StepKind::Acquire, false) => ("자원을 할당합니다", "a resource is acquired"),
        (StepKind::Release, true) => ("{name}을(를) 해제합니다", "{name} is released"),
        (StepKind::Release, false) => ("자원을 해제합니다", "the resource is released"),
        (StepKind::Null, true) => ("{name}이(가) 널일 수 있습니다", "{name} may be null"),
        (StepKind::Null, false) => ("값이 널일 수 있습니다", "the value may be null"),
        (StepKind::Condition, true) => ("조건이 결정됩니다: {name}", "the condition is decided: {name}"),
        (StepKind::Condition, false) => ("조건이 결정됩니다", "a condition is decided"),
        (StepKind::Note, true) => ("참고: {name}", "note: {name}"),
        (StepKind::Note, false) => ("참고할 위치입니다", "see also here"),
    };
    fill(pick(locale, ko, en), locale, |_| Some(step.name.clone()))
}

/// A sentence for a problem.
pub(super) fn problem(kind: ProblemKind, detail: &str, locale: Locale) -> String {
    let (ko, en) = match kind {
        ProblemKind::Unreadable => ("파일을 읽을 수 없어 점검하지 못했습니다", "the file could not be read and was not analysed"),
        ProblemKind::Binary => ("텍스트 파일이 아니어서 점검하지 않았습니다", "not a text file; it was not analysed"),
        ProblemKind::TooLarge => {
            ("파일이 크기 제한을 넘어 점검하지 않았습니다", "the file is over the size limit and was not analysed")
        }
        ProblemKind::BadEncoding => {
            ("인코딩에 맞지 않는 바이트를 바꾸어 읽었습니다", "bytes that do not fit the encoding were replaced")
        }
        ProblemKind::SyntaxError => (
            "구문을 해석할 수 없는 부분을 제외하고 점검했습니다",
            "a region does not parse and was left out; the rest was analysed",
        ),
        ProblemKind::TooDeep => {
            ("중첩이 제한보다 깊은 함수를 제외하고 점검했습니다", "a function nested deeper than the limit was left out")
        }
        ProblemKind::BoundHit => (
            "분석 한도에 도달하여 결과가 완전하지 않을 수 있습니다",
            "a bound of the analysis was reached; findings may be incomplete",
        ),
        ProblemKind::TimedOut => {
            ("시간 제한을 넘어 점검을 중단했습니다", "the file took longer than its time limit and was given up")
        }
        ProblemKind::Internal => {
            ("내부 오류로 파일을 점검하지 못했습니다", "an internal error was caught; the file was left out")
        }
        ProblemKind::FunctionFailed => {
            ("내부 오류로 함수 하나를 점검하지 못했습니다", "an internal error was caught; one function was left out")
        }
        ProblemKind::UnbalancedConditional => {
            ("조건부 컴파일 지시문의 짝이 맞지 않습니다", "a conditional directive has no counterpart")
        }
        ProblemKind::BadDocument => {
            ("문서 형식이 올바르지 않아 점검하지 못한 부분이 있습니다", "the document is not well-formed")
        }
        ProblemKind::BadSuppression => ("예외 처리 주석을 해석할 수 없습니다", "the suppression cannot be understood"),
        ProblemKind::NotFollowed => ("폴더 또는 링크를 따라가지 않았습니다", "a folder or link was not followed"),
    };
    let sentence = pick(locale, ko, en);
    if detail.is_empty() { sentence.to_owned() } else { format!("{sentence} ({detail})") }
}

/// A sentence about a suppression.
pub(super) fn allow_note(kind: &AllowNoteKind, rule: &str, locale: Locale) -> String {
    let (ko, en, value) = match kind {
        AllowNoteKind::Unused => {
            ("{name} 예외 처리가 아무 결과에도 해당하지 않습니다", "the suppression of {name} suppresses nothing", rule)
        }
        AllowNoteKind::Expired(date) => (
            "예외 처리 기한({name})이 지나 다시 집계했습니다",
            "the suppression expired on {name}; its findings count again",
            date.as_str(),
        ),
        AllowNoteKind::NoReason => (
            "{name} 예외 처리에 사유가 없어 인정하지 않았습니다",
            "the suppression of {name} gives no reason and is not honoured",
            rule,
        ),
        AllowNoteKind::BadDate(date) => {
            ("예외 처리 기한을 해석할 수 없습니다: {name}", "the suppression's date is none: {name}", date.as_str())
        }
        AllowNoteKind::UnknownRule => {
            ("예외 처리한 규칙이 없습니다: {name}", "the suppression names an unknown rule: {name}", rule)
        }
        AllowNoteKind::NoRule => ("예외 처리에 규칙이 지정되지 않았습니다", "the suppression names no rule", rule),
    };
    fill(pick(locale, ko, en), locale, |_| Some(value.to_owned()))
}

/// A severity's name.
pub(super) fn severity(severity: Severity, locale: Locale) -> &'static str {
    match severity {
        Severity::Critical => pick(locale, "매우 높음", "critical"),
        Severity::High => pick(locale, "높음", "high"),
        Severity::Medium => pick(locale, "보통", "medium"),
        Severity::Low => pick(locale, "낮음", "low"),
        Severity::Info => pick(locale, "참고", "info"),
    }
}

/// A severity's name in machine-readable output.
pub(super) fn severity_id(severity: Severity) -> &'static str {
    self::severity(severity, Locale::En)
}

/// A confidence's name in machine-readable output.
pub(super) fn confidence_id(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

/// A confidence's name.
pub(super) fn confidence(confidence: Confidence, locale: Locale) -> &'static str {
    match confidence {
        Confidence::High => pick(locale, "높음", "high"),
        Confidence::Medium => pick(locale, "보통", "medium"),
        Confidence::Low => pick(locale, "낮음", "low"),
    }
}

/// How a file ended, in machine-readable output.
pub(super) fn status_id(status: FileStatus) -> &'static str {
    match status {
        FileStatus::Analysed => "analysed",
        FileStatus::Partly => "partly",
        FileStatus::Failed => "failed",
    }
}

/// A text's own language or, where it is empty, the other one.
pub(super) fn either(text: &LocalText, locale: Locale) -> &str {
    let own = text.get(locale);
    if own.is_empty() { text.get(if locale == Locale::Ko { Locale::En } else { Locale::Ko }) } else { own }
}

#[cfg(test)]
mod tests {
    use super::{fill, general_message, sentence, step};
    use crate::base::{FileId, FileSpan, Span};
    use crate::findings::testing::rule;
    use crate::findings::{Step, StepKind};
    use crate::rules::{Locale, Severity};

    fn ko(template: &str, word: &str) -> String {
        fill(template, Locale::Ko, |_| Some(word.to_owned()))
    }

    #[test]
    fn particles_follow_the_last_sound() {
        assert_eq!(ko("{source}이(가) 쓰입니다", "HTTP 요청 파라미터"), "HTTP 요청 파라미터가 쓰입니다");
        assert_eq!(ko("{source}이(가) 쓰입니다", "입력값"), "입력값이 쓰입니다");
        assert_eq!(ko("'{name}'을(를) 호출", "readLine()"), "'readLine()'를 호출");
        assert_eq!(ko("{name}을(를) 닫지 않음", "stream"), "stream을 닫지 않음");
        assert_eq!(ko("{name}(으)로 전달", "메일"), "메일로 전달");
        assert_eq!(ko("{name}(으)로 전달", "명령"), "명령으로 전달");
        assert_eq!(ko("{name}은(는) 약함", "MD5"), "MD5는 약함");
        assert_eq!(ko("{name}과(와) 비교", "SHA-1"), "SHA-1과 비교");
        assert_eq!(ko("{name}을(를) 호출", "exec"), "exec을(를) 호출");
    }

    #[test]
    fn places_without_a_value_get_a_general_word_and_braces_stay() {
        let made = rule("java/x", &[], 89, Severity::High);
        assert_eq!(general_message(&made, Locale::Ko), "외부 입력값이 검증 없이 사용됩니다");
        assert_eq!(general_message(&made, Locale::En), "Untrusted data is used unchecked");
        assert_eq!(fill("${a.b} {", Locale::En, |_| None), "${a.b} {");
        // What is filled in is not looked at again.
        assert_eq!(fill("{name}", Locale::En, |_| Some("{value}".to_owned())), "{value}");
    }

    #[test]
    fn sources_are_told_in_words() {
        let ko = |key: &str| sentence("{source}이(가) 검증 없이 쓰입니다", Locale::Ko, |_| Some(key.to_owned()));
        let en = |key: &str| sentence("{source} is used unchecked", Locale::En, |_| Some(key.to_owned()));
        assert_eq!(en("web:getParameter"), "An HTTP request value (getParameter) is used unchecked");
        assert_eq!(en("file:read"), "File contents (read) is used unchecked");
        assert_eq!(en("db:"), "A database value is used unchecked");
        assert_eq!(en("getenv"), "getenv is used unchecked");
        assert_eq!(ko("web:getParameter"), "HTTP 요청 값(getParameter)이 검증 없이 쓰입니다");
        assert_eq!(ko("env:getenv"), "환경 값(getenv)이 검증 없이 쓰입니다");
        assert_eq!(ko("socket:recv"), "네트워크에서 받은 데이터(recv)가 검증 없이 쓰입니다");
        let inside = |locale, template| sentence(template, locale, |_| Some("claim:getHeader".to_owned()));
        assert_eq!(
            inside(Locale::En, "A condition is decided by {source}"),
            "A condition is decided by a value the client can change (getHeader)"
        );
        assert_eq!(inside(Locale::Ko, "값({source})으로 판단"), "값(클라이언트가 바꿀 수 있는 값(getHeader))으로 판단");
    }

    #[test]
    fn a_name_begins_a_message_as_it_is_and_a_missing_one_as_a_word() {
        let filled = |name: &'static str| sentence("{callee} has {name} items", Locale::En, move |_| Some(name.to_owned()));
        assert_eq!(filled("gets"), "gets has gets items");
        assert_eq!(filled(""), "A call has an item items");
        assert_eq!(filled(" "), "A call has an item items");
        assert_eq!(filled("<init>"), "A constructor has a constructor items");
    }

    #[test]
    fn steps_say_what_happens() {
        let at = FileSpan { file: FileId::from(0usize), span: Span::default() };
        let made = Step { at, kind: StepKind::Through, name: "trim".to_owned() };
        assert_eq!(step(&made, Locale::Ko), "trim을 거칩니다");
        assert_eq!(step(&Step { name: String::new(), ..made }, Locale::En), "it goes through a call");
    }
}
