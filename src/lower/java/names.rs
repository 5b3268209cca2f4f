//! What names mean in one file: its package, imports, the types it declares, and `java.lang`.
//! Must not know scopes: those are [`super::resolve`]'s.

use std::sync::LazyLock;

use crate::base::{FastMap, FastSet, Symbol};
use crate::ir::{TyId, TypeIdx};

/// The public types of `java.lang`, Java 21.
const JAVA_LANG: &[&str] = &[
    "AbstractMethodError",
    "Appendable",
    "ArithmeticException",
    "ArrayIndexOutOfBoundsException",
    "ArrayStoreException",
    "AssertionError",
    "AutoCloseable",
    "Boolean",
    "BootstrapMethodError",
    "Byte",
    "CharSequence",
    "Character",
    "Class",
    "ClassCastException",
    "ClassCircularityError",
    "ClassFormatError",
    "ClassLoader",
    "ClassNotFoundException",
    "ClassValue",
    "CloneNotSupportedException",
    "Cloneable",
    "Comparable",
    "Compiler",
    "Deprecated",
    "Double",
    "Enum",
    "EnumConstantNotPresentException",
    "Error",
    "Exception",
    "ExceptionInInitializerError",
    "Float",
    "FunctionalInterface",
    "IllegalAccessError",
    "IllegalAccessException",
    "IllegalArgumentException",
    "IllegalCallerException",
    "IllegalMonitorStateException",
    "IllegalStateException",
    "IllegalThreadStateException",
    "IncompatibleClassChangeError",
    "IndexOutOfBoundsException",
    "InheritableThreadLocal",
    "InstantiationError",
    "InstantiationException",
    "Integer",
    "InternalError",
    "InterruptedException",
    "Iterable",
    "LayerInstantiationException",
    "LinkageError",
    "Long",
    "MatchException",
    "Math",
    "Module",
    "ModuleLayer",
    "NegativeArraySizeException",
    "NoClassDefFoundError",
    "NoSuchFieldError",
    "NoSuchFieldException",
    "NoSuchMethodError",
    "NoSuchMethodException",
    "NullPointerException",
    "Number",
    "NumberFormatException",
    "Object",
    "OutOfMemoryError",
    "Override",
    "Package",
    "Process",
    "ProcessBuilder",
    "ProcessHandle",
    "Readable",
    "Record",
    "ReflectiveOperationException",
    "Runnable",
    "Runtime",
    "RuntimeException",
    "RuntimePermission",
    "SafeVarargs",
    "ScopedValue",
    "SecurityException",
    "SecurityManager",
    "Short",
    "StackOverflowError",
    "StackTraceElement",
    "StackWalker",
    "StrictMath",
    "String",
    "StringBuffer",
    "StringBuilder",
    "StringIndexOutOfBoundsException",
    "StringTemplate",
    "SuppressWarnings",
    "System",
    "Thread",
    "ThreadDeath",
    "ThreadGroup",
    "ThreadLocal",
    "Throwable",
    "TypeNotPresentException",
    "UnknownError",
    "UnsatisfiedLinkError",
    "UnsupportedClassVersionError",
    "UnsupportedOperationException",
    "VerifyError",
    "VirtualMachineError",
    "Void",
    "WrongThreadException",
];

static JAVA_LANG_NAMES: LazyLock<FastMap<Symbol, Symbol>> =
    LazyLock::new(|| JAVA_LANG.iter().map(|name| (Symbol::new(name), Symbol::new(&format!("java.lang.{name}")))).collect());

/// First segments that name a package and no variable.
const PACKAGE_ROOTS: &[&str] =
    &["com", "edu", "egovframework", "io", "jakarta", "java", "javax", "jdk", "kr", "net", "org", "sun"];

/// Fields that are spelt like types and seldom are.
const FIELD_LIKE: &[&str] = &["LOG", "LOGGER", "INSTANCE", "THIS"];

/// The names of a file.
#[derive(Default)]
pub(super) struct FileNames {
    /// Explicitly imported types, by simple name.
    pub(super) imports: FastMap<Symbol, Symbol>,
    /// Explicit static imports, by member name: `Type.member`.
    pub(super) static_imports: FastMap<Symbol, Symbol>,
    /// Types of the file by the enclosing type and simple name; top-level types have none.
    pub(super) members: FastMap<(Option<TypeIdx>, Symbol), TypeIdx>,
    /// Types of the file by full name.
    pub(super) by_name: FastMap<Symbol, TypeIdx>,
    /// Names without arguments, as types.
    types: FastMap<Symbol, TyId>,
    /// Names taken by types, to tell equal local classes apart.
    pub(super) taken: FastSet<Symbol>,
}

impl FileNames {
    /// The type of a class name.
    pub(super) fn named(&mut self, name: Symbol) -> TyId {
        *self.types.entry(name).or_insert_with(|| TyId::named(name))
    }
}

/// The full name of a type of `java.lang`.
pub(super) fn java_lang(name: Symbol) -> Option<Symbol> {
    JAVA_LANG_NAMES.get(&name).copied()
}

/// Whether a name starts like a type's.
pub(super) fn is_capitalized(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

/// Whether a name is written like a constant's: no lower-case letter, more than one letter.
pub(super) fn is_all_caps(name: &str) -> bool {
    name.len() > 1 && !name.chars().any(char::is_lowercase)
}

/// Whether an unresolved name is a type's by its spelling.
pub(super) fn looks_like_type(name: &str) -> bool {
    is_capitalized(name) && !(is_all_caps(name) && (name.contains('_') || FIELD_LIKE.contains(&name)))
}

/// Whether a name is the first segment of a package.
pub(super) fn is_package_root(name: &str) -> bool {
    PACKAGE_ROOTS.contains(&name)
}
