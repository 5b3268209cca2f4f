//! Which folders hold what a build made rather than what somebody wrote. Must not know what a scan takes.

use std::path::Path;

/// Whether a folder holds what a build made: by its name together with a build file beside it or a mark in it.
pub(super) fn is_build_output(folder: &Path) -> bool {
    let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { return false };
    let beside = |names: &[&str]| names.iter().any(|name| folder.with_file_name(name).exists());
    let inside = |names: &[&str]| names.iter().any(|name| folder.join(name).exists());
    match name {
        "node_modules" | "bower_components" | "CMakeFiles" => true,
        "target" => beside(&["pom.xml", "build.sbt", "Cargo.toml"]) || inside(&["classes", "CACHEDIR.TAG"]),
        "build" => {
            beside(&["build.gradle", "build.gradle.kts", "build.xml"]) || inside(&["CMakeCache.txt", "classes", "build.ninja"])
        }
        "bin" => beside(&[".classpath"]),
        "out" => beside(&[".idea"]) || inside(&["production"]),
        "cmake-build-debug" | "cmake-build-release" => inside(&["CMakeCache.txt"]),
        _ => false,
    }
}
