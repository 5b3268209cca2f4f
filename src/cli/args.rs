//! The command line, as clap sees it. Must not know how a command does its work.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Finds security weaknesses in Java and C source code and fills in the secure-coding checklist.
#[derive(Debug, Parser)]
#[command(name = "haechi", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = "Exit codes: 0 clean, 1 findings at or above --fail-on, 2 the run failed or was used wrongly.")]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scan files and folders
    Scan(Box<ScanArgs>),
    /// Fill in the guideline's checklist, from a scan or from SARIF files
    Checklist(Box<ChecklistArgs>),
    /// List rules, or show one with its item, texts and remedy
    Rules(RulesArgs),
    /// List what is known about libraries
    Models(ModelsArgs),
    /// Check the expectations (BAD, GOOD) in a folder of fixtures
    Test(TestArgs),
    /// Print a stage of one file's way through haechi
    Dump(DumpArgs),
    /// Write haechi.toml and a pre-commit entry for this project
    Init(InitArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What is scanned and how: shared by `scan` and `checklist`.
#[derive(Debug, Args, Default)]
pub(super) struct InputArgs {
    /// Files and folders to scan [default: the settings' `scan.paths`, else the current folder]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// Only files that fit this glob (repeatable)
    #[arg(long, value_name = "GLOB", help_heading = "What is scanned")]
    pub include: Vec<String>,
    /// No file that fits this glob (repeatable)
    #[arg(long, value_name = "GLOB", help_heading = "What is scanned")]
    pub exclude: Vec<String>,
    /// Largest file read, e.g. 5MiB or 800KiB [default: 5MiB]
    #[arg(long, value_name = "SIZE", help_heading = "What is scanned")]
    pub max_file_size: Option<String>,
    /// Only files changed since REV, untracked ones included; REV's merge base with HEAD counts [REV default: HEAD]
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "HEAD", require_equals = true)]
    #[arg(conflicts_with = "staged", help_heading = "What is scanned")]
    pub changed: Option<String>,
    /// Only staged files, as they are in git's index; the work tree is not touched
    #[arg(long, help_heading = "What is scanned")]
    pub staged: bool,
    /// A folder of own rules and models, beside the built-in ones (repeatable)
    #[arg(long, value_name = "DIR", help_heading = "Rules")]
    pub rules: Vec<PathBuf>,
    /// Only these: rule (java/sql-injection), item (J1-01, K1-01), category (1 or input-validation), CWE-89
    #[arg(long, value_name = "WHAT", value_delimiter = ',', help_heading = "Rules")]
    pub only: Vec<String>,
    /// All but these; takes the same as --only
    #[arg(long, value_name = "WHAT", value_delimiter = ',', help_heading = "Rules")]
    pub skip: Vec<String>,
    /// Report nothing below this severity
    #[arg(long, value_name = "LEVEL", help_heading = "Rules")]
    pub severity: Option<SeverityArg>,
    /// Report nothing below this confidence [default: low]
    #[arg(long, value_name = "LEVEL", help_heading = "Rules")]
    pub confidence: Option<ConfidenceArg>,
    /// Define a C macro, NAME or NAME=VALUE (repeatable)
    #[arg(short = 'D', value_name = "NAME[=V]", help_heading = "C")]
    pub define: Vec<String>,
    /// Search this folder for included C files (repeatable)
    #[arg(short = 'I', value_name = "DIR", help_heading = "C")]
    pub include_dir: Vec<PathBuf>,
    /// A compilation database, for macros and include folders of C files
    #[arg(long, value_name = "FILE", help_heading = "C")]
    pub compile_commands: Option<PathBuf>,
    /// Worker threads; 0 is one a core [default: 0]
    #[arg(long, value_name = "N", help_heading = "How it runs")]
    pub threads: Option<usize>,
    /// Reserved: there is no cache between runs yet
    #[arg(long, help_heading = "How it runs")]
    pub no_cache: bool,
}

/// What is printed: shared by most commands.
#[derive(Debug, Args, Default)]
pub(super) struct ShowArgs {
    /// Language of messages and reports [default: from the locale]
    #[arg(long, value_name = "LANG", global = true)]
    pub lang: Option<LangArg>,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: ColorArg,
    /// Nothing on standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// `haechi scan`.
#[derive(Debug, Args, Default)]
pub(super) struct ScanArgs {
    /// Input.
    #[command(flatten)]
    pub input: InputArgs,
    /// Format of the output; the n-th belongs to the n-th -o, without -o to standard output [default: text]
    #[arg(long, short, value_name = "FORMAT", help_heading = "Output")]
    pub format: Vec<FormatArg>,
    /// Write to a file instead of standard output; the format is guessed from the ending where --format does not say
    /// it: .sarif, .jsonl, .json, .xml (JUnit), .md, .html, .csv (checklist), .txt (repeatable)
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Vec<PathBuf>,
    /// Fit SARIF to a consumer [default: full]
    #[arg(long, value_name = "PROFILE", help_heading = "Output")]
    pub sarif_profile: Option<ProfileArg>,
    /// Exit with 1 when a finding that counts is at least this severe [default: low]
    #[arg(long, value_name = "LEVEL", help_heading = "Output")]
    pub fail_on: Option<FailArg>,
    /// SARIF of an earlier scan: what it holds is known and does not fail the run
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub baseline: Option<PathBuf>,
    /// Print files, sizes, times of each stage, memory, and the unmodelled calls met most often
    #[arg(long, help_heading = "Output")]
    pub stats: bool,
    /// How it is shown.
    #[command(flatten)]
    pub show: ShowArgs,
}

/// `haechi checklist`.
#[derive(Debug, Args, Default)]
pub(super) struct ChecklistArgs {
    /// Input; files ending in .sarif or .json are read as results of earlier scans.
    #[command(flatten)]
    pub input: InputArgs,
    /// Format [default: guessed from -o, else md]
    #[arg(long, short, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<ChecklistFormatArg>,
    /// Write to a file instead of standard output; .md, .html or .csv
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// How it is shown.
    #[command(flatten)]
    pub show: ShowArgs,
}

/// `haechi rules`.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// A rule (java/sql-injection), item (J1-01), category or CWE-89; none: all
    pub what: Option<String>,
    /// A folder of own rules and models (repeatable)
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
    /// List the checks built into the engine
    #[arg(long)]
    pub checks: bool,
    /// How it is shown.
    #[command(flatten)]
    pub show: ShowArgs,
}

/// `haechi models`.
#[derive(Debug, Args)]
pub(super) struct ModelsArgs {
    /// Only names that hold this text
    pub text: Option<String>,
    /// A folder of own rules and models (repeatable)
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
}

/// `haechi test`.
#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// Folder with fixtures: LANGUAGE/NAME/… or any folder of marked files
    pub dir: PathBuf,
    /// A folder of own rules and models (repeatable)
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,
    /// How it is shown.
    #[command(flatten)]
    pub show: ShowArgs,
}

/// `haechi dump`.
#[derive(Debug, Args)]
pub(super) struct DumpArgs {
    /// The stage.
    pub stage: StageArg,
    /// The file; for `program` a folder will do.
    pub file: PathBuf,
    /// Define a C macro (repeatable)
    #[arg(short = 'D', value_name = "NAME[=V]")]
    pub define: Vec<String>,
    /// Search this folder for included C files (repeatable)
    #[arg(short = 'I', value_name = "DIR")]
    pub include_dir: Vec<PathBuf>,
}

/// `haechi init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Overwrite a haechi.toml that is there
    #[arg(long)]
    pub force: bool,
}

/// A stage to dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum StageArg {
    /// The syntax tree, or the typed document.
    Syntax,
    /// The lowered functions.
    Ir,
    /// Their control-flow graphs, in Graphviz's language.
    Cfg,
    /// The program's index.
    Program,
}

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArg {
    /// For people.
    Text,
    /// SARIF 2.1.0.
    Sarif,
    /// One JSON object a line.
    Json,
    /// JUnit XML.
    Junit,
    /// The checklist; Markdown, or what the file's ending says.
    Checklist,
}

/// A checklist format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ChecklistFormatArg {
    #[value(alias = "markdown")]
    Md,
    Html,
    Csv,
}

/// Colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub(super) enum ColorArg {
    #[default]
    Auto,
    Always,
    Never,
}

/// A language of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LangArg {
    Ko,
    En,
}

/// A SARIF profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProfileArg {
    Full,
    Github,
    Gitlab,
    Jenkins,
}

/// A severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SeverityArg {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// The gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailArg {
    Info,
    Low,
    Medium,
    High,
    Critical,
    Never,
}

/// A confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ConfidenceArg {
    Low,
    Medium,
    High,
}
