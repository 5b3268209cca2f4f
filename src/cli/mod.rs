//! The command line: arguments, settings file, progress, exit codes.
//! The only folder that may print and that uses anyhow.
