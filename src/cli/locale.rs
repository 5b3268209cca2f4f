//! Which language to speak. Must not hold any text.

use crate::rules::Locale;

/// The environment's: `LC_ALL`, else `LC_MESSAGES`, else `LANG`, as POSIX has it.
pub(super) fn from_environment() -> Locale {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    of_posix(&set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")).unwrap_or_default())
}

/// `ko_KR.UTF-8`, `ko`: Korean; anything else English.
fn of_posix(name: &str) -> Locale {
    let language = name.split(['_', '.', '@', '-']).next().unwrap_or_default();
    if language.eq_ignore_ascii_case("ko") { Locale::Ko } else { Locale::En }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posix_names_are_read() {
        assert_eq!(of_posix("ko_KR.UTF-8"), Locale::Ko);
        assert_eq!(of_posix("ko"), Locale::Ko);
        assert_eq!(of_posix("kok_IN"), Locale::En);
        assert_eq!(of_posix("C.UTF-8"), Locale::En);
        assert_eq!(of_posix(""), Locale::En);
    }
}
