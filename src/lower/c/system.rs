//! Constants of system headers, for the headers are not read: what arrays are declared with, and what texts are put
//! together of. Must not know syntax.

/// As Linux has them (x86-64), and Windows those of its own.
const SIZES: &[(&str, i128)] = &[
    ("BUFSIZ", 8192),
    ("FILENAME_MAX", 4096),
    ("HOST_NAME_MAX", 64),
    ("IFNAMSIZ", 16),
    ("IF_NAMESIZE", 16),
    ("INET6_ADDRSTRLEN", 46),
    ("INET_ADDRSTRLEN", 16),
    ("LOGIN_NAME_MAX", 256),
    ("L_tmpnam", 20),
    ("MAXHOSTNAMELEN", 64),
    ("MAXPATHLEN", 4096),
    ("MAX_COMPUTERNAME_LENGTH", 15),
    ("MAX_PATH", 260),
    ("MB_LEN_MAX", 16),
    ("NAME_MAX", 255),
    ("NI_MAXHOST", 1025),
    ("NI_MAXSERV", 32),
    ("PATH_MAX", 4096),
    ("UCHAR_MAX", 255),
    ("_MAX_PATH", 260),
];

/// The value of a system header's constant.
pub(super) fn constant(name: &str) -> Option<i128> {
    let at = SIZES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    SIZES.get(at).map(|(_, value)| *value)
}

/// The text of a system header's macro that stands among string literals.
pub(super) fn text(name: &str) -> Option<&'static str> {
    // `stdio.h`: where temporary files go.
    (name == "P_tmpdir").then_some("/tmp")
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_sorted() {
        assert!(super::SIZES.is_sorted_by(|(a, _), (b, _)| a < b));
        assert_eq!(super::constant("PATH_MAX"), Some(4096));
        assert_eq!(super::constant("MY_MAX"), None);
    }
}
