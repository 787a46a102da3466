//! Every output of `rawshake replay`, from its own tree of arguments: a new format joins by itself.

use std::path::Path;
use std::sync::OnceLock;

use crate::run::replay;

/// What is shown: segments, rows, sums.
const MODES: [&str; 3] = ["", "--list", "--stats"];
/// The options beside it: the usual, and the most that there can be. Where the first of a row is refused, the next is tried.
const MANNERS: [&[&str]; 3] = [
    &["--color never"],
    &["--color always -p all -vv --absolute", "--color always -vv"],
    &["--color never --ascii -q"],
];

/// One output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: String,
    pub(crate) arguments: Vec<String>,
}

impl Output {
    /// The first of its manners.
    pub(crate) fn is_usual(&self) -> bool {
        self.arguments.ends_with(&["never".to_owned()])
    }
}

/// The names of all formats.
fn formats() -> Vec<String> {
    let command = rawshake::cmd::command();
    let replay = command.find_subcommand("replay").expect("replay");
    let is_format = |argument: &&clap::Arg| argument.get_long() == Some("format");
    let values = replay.get_arguments().find(is_format).expect("--format").get_possible_values();
    values.iter().map(|value| value.get_name().to_owned()).collect()
}

/// Every output that the program accepts; each format has one at least.
pub(crate) fn outputs() -> Vec<Output> {
    static FOUND: OnceLock<Vec<Output>> = OnceLock::new();
    FOUND.get_or_init(find).clone()
}

fn find() -> Vec<Output> {
    let sound = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/four-segment.pcap");
    let mut outputs = Vec::new();
    for format in formats() {
        let before = outputs.len();
        for mode in MODES {
            let output = |manner: &&str| {
                let line = format!("--format {format} {mode} {manner}");
                Output { format: format.clone(), arguments: line.split_whitespace().map(str::to_owned).collect() }
            };
            let is_accepted = |output: &Output| replay(&output.arguments, &sound).status.success();
            let some = |manners: &&[&str]| manners.iter().map(output).find(is_accepted);
            outputs.extend(MANNERS.iter().filter_map(some));
        }
        assert!(outputs.len() > before, "no way to show {format} is accepted");
    }
    outputs
}
