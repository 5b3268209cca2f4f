//! Compiled rules and the catalogue's items. Must not know YAML.

use std::sync::OnceLock;

use regex::Regex;

use super::SourceKinds;
use super::config::ConfigMatcher;
use crate::base::Symbol;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalText {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

/// The language of messages and reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// Korean.
    Ko,
    /// English.
    #[default]
    En,
}

impl LocalText {
    /// The text in a language.
    #[must_use]
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::Ko => &self.ko,
            Locale::En => &self.en,
        }
    }
}

/// How bad a finding is if true.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::EnumString,
    strum::EnumIter,
    strum::IntoStaticStr,
    strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// How likely a finding is true.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::EnumString,
    strum::EnumIter,
    strum::IntoStaticStr,
    strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// The language that a rule or an item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Language {
    Java,
    C,
}

/// One of the guideline's seven categories (유형).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// 1 to 7.
    pub number: u8,
    /// `input-validation` and so on.
    pub id: String,
    /// Its name.
    pub name: LocalText,
}

/// An item of the guideline's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// `J1-01`.
    pub id: String,
    /// Java or C.
    pub language: Language,
    /// 1 to 7.
    pub category: u8,
    /// Its name.
    pub name: LocalText,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    /// The item of the national standard: `K1-01`.
    pub kisa49: Option<String>,
    /// The checklist's question, exactly as in the guideline.
    pub question: String,
    /// How it can be found.
    pub detect: String,
}

/// A rule, ready to run.
#[derive(Debug)]
pub struct Rule {
    /// `java/sql-injection`; also the path of its file under `rules/`, category folder left out.
    pub id: String,
    /// The languages it runs on, from the id's first segment (`web/` rules run on JSP, XML and properties and count as Java).
    pub language: Language,
    /// A `web/` rule: runs on JSP, XML, properties and YAML instead of Java files.
    pub is_web: bool,
    /// Its file in its rule folder, for errors found when it is compiled further.
    pub file: String,
    /// Guideline items (`J1-01`), national-standard items without counterpart (`K1-08`), or empty for CWE-only rules.
    pub items: Vec<String>,
    /// CWE numbers, the most fitting first.
    pub cwe: Vec<u32>,
    /// 1 to 7: the first item's category.
    pub category: u8,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Version of haechi that brought it.
    pub since: String,
    /// Title.
    pub title: LocalText,
    /// Message; `{name}` is filled from the finding's evidence.
    pub message: LocalText,
    /// What to do about it.
    pub remedy: LocalText,
    /// How it is found.
    pub kind: RuleKind,
}

/// How a rule finds.
#[derive(Debug)]
pub enum RuleKind {
    /// Data flow from sources to sinks.
    Taint(TaintRule),
    /// A call, constructor or annotation, with conditions on resolved values.
    Call(Vec<CallMatcher>),
    /// An order of operations on one object.
    Typestate(TypestateRule),
    /// Code with metavariables, as JSON of ast-grep's rule objects (`rule`, `constraints`, `utils`, `examined`): compiled
    /// and matched by `syntax::pattern` while the tree is live.
    Pattern(String),
    /// XML, properties, YAML: evaluated by `analysis::config`.
    Config(Vec<ConfigMatcher>),
    /// Built into the engine.
    Check(CheckKind),
}

/// A taint rule.
#[derive(Debug)]
pub struct TaintRule {
    /// Kinds of input that count.
    pub from: SourceKinds,
    /// Sink kinds, as named in models.
    pub to: Vec<Symbol>,
    /// Kinds of sanitizing that clear, as named in models; `number` (parsed or declared numeric) is one of them.
    pub cleared_by: Vec<Symbol>,
}

/// A matcher of calls.
#[derive(Debug)]
pub struct CallMatcher {
    /// What is called.
    pub target: CallTarget,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// Where the call must stand, if it matters.
    pub within: Option<Within>,
    /// Where it must not stand.
    pub not_within: Option<Within>,
    /// Only where the result is not used.
    pub result_unused: bool,
    /// Only where no way through the function hands the same call something else that does not pass the last condition:
    /// then a setting decides, and the program has a safe choice.
    pub unless_chosen: bool,
}

/// What a matcher looks for.
#[derive(Debug, Clone)]
pub enum CallTarget {
    /// A Java method of a class or its subtypes; a trailing `*` in a name matches any rest. `<init>`: constructors.
    Method {
        /// Fully qualified classes; empty: any.
        types: Vec<Symbol>,
        /// Names.
        names: Vec<Symbol>,
    },
    /// C functions.
    Function(Vec<Symbol>),
    /// A use of an annotation (its arguments are the conditions' properties).
    Annotation(Vec<Symbol>),
}

/// A place around a call.
#[derive(Debug, Clone, Default)]
pub struct Within {
    /// In a class that is or extends one of these.
    pub types: Vec<Symbol>,
    /// In a method of one of these names.
    pub functions: Vec<Symbol>,
    /// In a class or method with one of these annotations.
    pub annotations: Vec<Symbol>,
}

/// A condition of a matcher.
#[derive(Debug)]
pub struct Condition {
    /// What is tested.
    pub subject: Subject,
    /// Of the subject's object, this property: what `setX(v)` stored under `x`, or `setFeature("f", v)` under `f`.
    pub property: Option<Symbol>,
    /// The test.
    pub test: Test,
}

/// What a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An argument, from 0.
    Arg(u8),
    /// Any argument.
    AnyArg,
    /// The receiver.
    Receiver,
    /// The number of arguments.
    ArgCount,
}

/// A test of a resolved value. On a value with several possible constants, one that passes is enough; on an unknown
/// value every test but [`Test::Unknown`], [`Test::NotConstant`] and [`Test::Tainted`] fails.
#[derive(Debug)]
pub enum Test {
    /// Equal to one of these.
    In(Vec<ConstPattern>),
    /// A constant, and equal to none of these; for properties: also where never set on an object made in view.
    NotIn(Vec<ConstPattern>),
    /// A constant string that matches.
    Matches(LazyRegex),
    /// A constant string that does not match.
    NotMatches(LazyRegex),
    /// An integer below.
    Less(i64),
    /// An integer above.
    Greater(i64),
    /// A constant of the source (null left out).
    Constant,
    /// Not a constant.
    NotConstant,
    /// Null.
    Null,
    /// Nothing known.
    Unknown,
    /// Of a type or its subtypes.
    Type(Vec<Symbol>),
    /// Tainted by one of these.
    Tainted(SourceKinds),
}

/// A regular expression that is compiled when first used: most scans use few of them, and loading must be quick.
#[derive(Debug, Clone)]
pub struct LazyRegex {
    pattern: String,
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    /// Of a pattern; see [`LazyRegex::check`] for whether it is one.
    #[must_use]
    pub fn new(pattern: &str) -> LazyRegex {
        LazyRegex { pattern: pattern.to_owned(), compiled: OnceLock::new() }
    }

    /// Why the pattern is none, if so.
    ///
    /// # Errors
    /// The regex crate's message.
    pub fn check(&self) -> Result<(), String> {
        Regex::new(&self.pattern).map(|_| ()).map_err(|error| error.to_string())
    }

    /// Whether it is found in the text. A pattern that is none, which loading rejects, is found in nothing.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.get_or_init(|| Regex::new(&self.pattern).ok()).as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }
}

/// A constant in a test.
#[derive(Debug, Clone, PartialEq)]
pub enum ConstPattern {
    /// A string; with `ignore_case`, in any case.
    Str {
        /// The text.
        text: String,
        /// Whether case is ignored.
        ignore_case: bool,
    },
    /// An integer or character.
    Int(i64),
    /// A boolean.
    Bool(bool),
}

/// A typestate rule.
#[derive(Debug)]
pub struct TypestateRule {
    /// What goes wrong.
    pub kind: TypestateKind,
    /// Resource kinds, as named by `acquires` in models.
    pub resources: Vec<Symbol>,
}

/// What can go wrong with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum TypestateKind {
    /// Not released on some path out.
    Leak,
    /// Released twice.
    DoubleRelease,
    /// Used after release.
    UseAfterRelease,
}

/// Checks built into the engine, by the name a rule gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::EnumString, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the rules' texts say it")]
pub enum CheckKind {
    NullDereference,
    NullDereferenceOfResult,
    RedundantNullCheck,
    ConstantCondition,
    DivisionByZero,
    ReachableAssertion,
    MissingReturn,
    FormatArguments,
    RemovableWipe,
    LargeVariable,
    IntegerOverflow,
    IntegerUnderflow,
    IntegerTruncation,
    SignExtension,
    ShiftDistance,
    DoubleLock,
    UnlockNotHeld,
    LockOrder,
    SleepUnderLock,
    DataRace,
    SignedToUnsigned,
    UnsignedToSigned,
    StackOverflow,
    HeapOverflow,
    PathBuffer,
    BufferUnderwrite,
    OutOfBoundsRead,
    UncheckedIndex,
    UninitializedUse,
    ReturnOfStackAddress,
    FreeNotHeap,
    ImproperNullTermination,
    EndlessLoop,
    UncontrolledRecursion,
    TimeOfCheckTimeOfUse,
    PartialPathComparison,
    EmptyCatch,
    UncheckedReturnValue,
    UncheckedOutput,
    UnusedValue,
    UnusedVariable,
    UnusedField,
    ReturnsInternalArray,
    StoresExternalArray,
    MutablePublicStatic,
    EqualsWithoutHashCode,
    ReferenceComparison,
    UnsynchronizedOverride,
    SingletonField,
    DoubleCheckedLocking,
    ThreadRunCall,
    HardCodedPassword,
    HardCodedAccount,
    HardCodedKey,
    HardCodedSalt,
    MissingSalt,
    SensitiveComment,
    SensitiveMarkupComment,
    PasswordFieldShown,
    WrongReturnValueCheck,
    PasswordInQuery,
    StateChangingGet,
    MissingAuthorization,
    MissingNullParameterCheck,
    SerialVersionUid,
    SensitiveInnerClass,
    HeapInspection,
    DebugMain,
    ReturnInFinally,
    MissingReturnAfterRedirect,
    MapperInjection,
    RawOutput,
    InvalidSuppression,
    SizeOfPointer,
    MultipleBinds,
    LeastPrivilege,
    ChrootWithoutChdir,
    MacroMisuse,
    ClassComparisonByName,
    UnrestrictedUpload,
}
