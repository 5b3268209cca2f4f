//! What gcc on x86-64 Linux predefines, and what it certainly does not: data for conditions.
//! Must not know how it is asked.

/// Names with an integer value.
pub(super) static DEFINED: &[(&str, i128)] = &[
    ("__STDC__", 1),
    ("__STDC_VERSION__", 201_112),
    ("__STDC_HOSTED__", 1),
    ("__GNUC__", 12),
    ("__GNUC_MINOR__", 2),
    ("__GNUC_PATCHLEVEL__", 0),
    ("__GNUC_STDC_INLINE__", 1),
    ("__GNUC_PREREQ", 1),
    ("__GLIBC_PREREQ", 1),
    ("__OPTIMIZE__", 1),
    ("__linux__", 1),
    ("__linux", 1),
    ("linux", 1),
    ("__gnu_linux__", 1),
    ("__unix__", 1),
    ("__unix", 1),
    ("unix", 1),
    ("__GLIBC__", 2),
    ("__GLIBC_MINOR__", 36),
    ("__x86_64__", 1),
    ("__x86_64", 1),
    ("__amd64__", 1),
    ("__amd64", 1),
    ("__LP64__", 1),
    ("_LP64", 1),
    ("__ELF__", 1),
    ("__CHAR_BIT__", 8),
    ("__SIZEOF_SHORT__", 2),
    ("__SIZEOF_INT__", 4),
    ("__SIZEOF_LONG__", 8),
    ("__SIZEOF_LONG_LONG__", 8),
    ("__SIZEOF_POINTER__", 8),
    ("__SIZEOF_SIZE_T__", 8),
    ("__SIZEOF_INT128__", 16),
    ("__SIZEOF_WCHAR_T__", 4),
    ("__SIZEOF_FLOAT__", 4),
    ("__SIZEOF_DOUBLE__", 8),
    ("__BYTE_ORDER__", 1234),
    ("__ORDER_LITTLE_ENDIAN__", 1234),
    ("__ORDER_BIG_ENDIAN__", 4321),
    ("__BYTE_ORDER", 1234),
    ("__LITTLE_ENDIAN", 1234),
    ("__BIG_ENDIAN", 4321),
    ("BYTE_ORDER", 1234),
    ("LITTLE_ENDIAN", 1234),
    ("BIG_ENDIAN", 4321),
    ("__WORDSIZE", 64),
    ("__SSE__", 1),
    ("__SSE2__", 1),
    ("CHAR_BIT", 8),
    ("CHAR_MAX", 127),
    ("CHAR_MIN", -128),
    ("SCHAR_MAX", 127),
    ("UCHAR_MAX", 255),
    ("SHRT_MAX", 32_767),
    ("SHRT_MIN", -32_768),
    ("USHRT_MAX", 65_535),
    ("INT_MAX", 2_147_483_647),
    ("INT_MIN", -2_147_483_648),
    ("UINT_MAX", 4_294_967_295),
    ("LONG_MAX", i64::MAX as i128),
    ("LONG_MIN", i64::MIN as i128),
    ("ULONG_MAX", u64::MAX as i128),
    ("LLONG_MAX", i64::MAX as i128),
    ("ULLONG_MAX", u64::MAX as i128),
    ("SIZE_MAX", u64::MAX as i128),
    ("__INT_MAX__", 2_147_483_647),
    ("__LONG_MAX__", i64::MAX as i128),
];

/// Names that are not defined there.
pub(super) static UNDEFINED: &[&str] = &[
    "__cplusplus",
    "c_plusplus",
    "__OBJC__",
    "__ASSEMBLER__",
    "__ASSEMBLY__",
    "_WIN32",
    "_WIN64",
    "WIN32",
    "WIN64",
    "__WIN32__",
    "_WIN32_WCE",
    "WINCE",
    "UNDER_CE",
    "_WINDOWS",
    "__WINDOWS__",
    "__MINGW32__",
    "__MINGW64__",
    "__CYGWIN__",
    "__CYGWIN32__",
    "_MSC_VER",
    "_MSC_EXTENSIONS",
    "__BORLANDC__",
    "__WATCOMC__",
    "__DMC__",
    "__POCC__",
    "__LCC__",
    "__SALFORDC__",
    "__INTEL_COMPILER",
    "__ICC",
    "__SUNPRO_C",
    "__SUNPRO_CC",
    "__HP_cc",
    "__HP_aCC",
    "__IBMC__",
    "__xlC__",
    "__TINYC__",
    "__ARMCC_VERSION",
    "__CC_ARM",
    "__IAR_SYSTEMS_ICC__",
    "__CODEGEARC__",
    "__PGI",
    "__COMPCERT__",
    "__DECC",
    "__DECC_VER",
    "__MWERKS__",
    "__APPLE__",
    "__MACH__",
    "__DARWIN__",
    "__MACOSX__",
    "TARGET_OS_MAC",
    "TARGET_OS_IPHONE",
    "macintosh",
    "Macintosh",
    "__FreeBSD__",
    "__FreeBSD_kernel__",
    "__NetBSD__",
    "__OpenBSD__",
    "__DragonFly__",
    "__bsdi__",
    "sun",
    "__sun",
    "__sun__",
    "__SVR4",
    "__svr4__",
    "__hpux",
    "__hpux__",
    "hpux",
    "_hpux",
    "_AIX",
    "__sgi",
    "__osf__",
    "__ultrix",
    "__QNX__",
    "__QNXNTO__",
    "__VXWORKS__",
    "__vxworks",
    "OS_VXWORKS",
    "__HAIKU__",
    "__BEOS__",
    "__OS2__",
    "OS2",
    "__EMX__",
    "MSDOS",
    "__MSDOS__",
    "__DJGPP__",
    "__GO32__",
    "NETWARE",
    "N_PLAT_NLM",
    "__NOVELL_LIBC__",
    "AMIGA",
    "__AMIGA__",
    "__amigaos4__",
    "__VMS",
    "VMS",
    "OPENSSL_SYS_VMS",
    "__riscos__",
    "__SYMBIAN32__",
    "__TANDEM",
    "__OS400__",
    "__MVS__",
    "__EMSCRIPTEN__",
    "__wasm__",
    "__ANDROID__",
    "ANDROID",
    "__minix",
    "__GNU__",
    "__i386__",
    "__i386",
    "i386",
    "_M_IX86",
    "_M_X64",
    "_M_AMD64",
    "_M_ARM",
    "_M_ARM64",
    "__arm__",
    "__arm",
    "__aarch64__",
    "__mips__",
    "__mips",
    "__powerpc__",
    "__powerpc64__",
    "__ppc__",
    "__ppc64__",
    "__PPC__",
    "__PPC64__",
    "_ARCH_PPC",
    "__s390__",
    "__s390x__",
    "__sparc__",
    "__sparc",
    "__sparc64__",
    "__alpha__",
    "__alpha",
    "__hppa__",
    "__hppa",
    "__ia64__",
    "__ia64",
    "__m68k__",
    "__sh__",
    "__riscv",
    "__loongarch__",
    "__xtensa__",
    "__ILP32__",
    "__ARMEL__",
    "__ARMEB__",
    "__THUMB_INTERWORK__",
    "__ARM_NEON",
    "__ARM_NEON__",
    "__ARM_ARCH",
    "__VFP_FP__",
    "__clang__",
    "__clang_major__",
    "__clang_analyzer__",
    "__CHECKER__",
    "__CHECKER",
    "__COVERITY__",
    "__KLOCWORK__",
    "__LINT__",
    "lint",
    "S_SPLINT_S",
    "__CPPCHECK__",
    "DOXYGEN",
    "__DOXYGEN__",
    "SWIG",
    "__BIG_ENDIAN__",
    "__STRICT_ANSI__",
    "__CHAR_UNSIGNED__",
    "__STDC_NO_ATOMICS__",
    "__STDC_NO_VLA__",
    "__STDC_NO_THREADS__",
    "__SANITIZE_ADDRESS__",
    "__AVX__",
    "__AVX2__",
    "__AVX512F__",
    "__CUDACC__",
    "__OPENCL_VERSION__",
];

/// Names that are left as they are though a file may define them: the grammar or the lowering knows them.
pub(super) static KEPT: &[&str] = &[
    "NULL",
    "TRUE",
    "FALSE",
    "true",
    "false",
    "bool",
    "offsetof",
    "va_arg",
    "va_start",
    "va_end",
    "va_copy",
    "typeof",
    "__typeof__",
    "alignof",
    "inline",
    "__inline",
    "__inline__",
    "const",
    "volatile",
    "restrict",
    "static",
    "int",
    "char",
    "long",
    "short",
    "unsigned",
    "void",
    "errno",
    "stdin",
    "stdout",
    "stderr",
    "EOF",
    "if",
    "else",
    "for",
    "while",
    "do",
    "switch",
    "return",
    "sizeof",
    "assert",
    "asm",
    "__asm__",
];

/// Whether a word starts a type (or a statement): no expression starts with it.
pub(super) fn is_type_word(word: &str) -> bool {
    matches!(
        word,
        "struct"
            | "union"
            | "enum"
            | "const"
            | "volatile"
            | "unsigned"
            | "signed"
            | "int"
            | "char"
            | "long"
            | "short"
            | "float"
            | "double"
            | "void"
            | "typeof"
            | "__typeof__"
            | "_Bool"
            | "bool"
            | "size_t"
            | "ssize_t"
            | "static"
            | "extern"
            | "return"
            | "goto"
            | "break"
            | "continue"
            | "if"
            | "for"
            | "while"
            | "do"
            | "switch"
            | "register"
            | "uint8_t"
            | "uint16_t"
            | "uint32_t"
            | "uint64_t"
            | "int8_t"
            | "int16_t"
            | "int32_t"
            | "int64_t"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "s8"
            | "s16"
            | "s32"
            | "s64"
            | "__u8"
            | "__u16"
            | "__u32"
            | "__u64"
            | "__s8"
            | "__s16"
            | "__s32"
            | "__s64"
            | "__be16"
            | "__be32"
            | "__be64"
            | "__le16"
            | "__le32"
            | "__le64"
            | "else"
            | "case"
            | "default"
            | "typedef"
    )
}
