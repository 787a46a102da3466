//! What pictures do not go with.

use std::process::Command;

use super::replay;
use crate::common::support::program::{RAWSHAKE, Said};

#[test]
fn what_draws_no_ladder_refuses_pictures() {
    for (arguments, line) in [
        ("four-segment.pcap --format svg --list", "--format svg draws ladders, and --list and --stats are none"),
        (
            "four-segment.pcap --format mermaid --stats",
            "--format mermaid draws ladders, and --list and --stats are none",
        ),
        ("four-segment.pcap --format json --handout blank", "--handout makes sheets of ladders: take another --format"),
        (
            "four-segment.pcap --handout blank --list",
            "--handout makes sheets of ladders, and --list and --stats are none",
        ),
        ("four-segment.pcap --format svg --against 192.0.2.7", "--against compares two connections"),
    ] {
        let said = replay(arguments);
        assert!(said.err.starts_with(&format!("rawshake: {line}")) && said.err.lines().count() == 1, "{said:?}");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    }
}

/// The same of other commands, before they open or send anything.
#[test]
fn live_commands_refuse_pictures_of_what_is_no_ladder() {
    for (arguments, line) in [
        ("watch --list --format svg", "--format svg draws ladders, and --list, --stats and --brief are none"),
        ("watch --stats --format html", "--format html draws ladders, and --list, --stats and --brief are none"),
        (
            "watch --brief --handout blank",
            "--handout makes sheets of ladders, and --list, --stats and --brief are none",
        ),
        ("lab serve --clients 1 --list --format svg", "--format svg draws ladders, and --list is none"),
        ("lab serve --clients 1 --list --handout blank", "--handout makes sheets of ladders, and --list is none"),
        (
            "trace --lab --kernel-client --format markdown",
            "--format markdown draws ladders, and --kernel-client shows two beside each other",
        ),
        (
            "trace --lab --kernel-client --handout blank",
            "--handout makes sheets of ladders, and --kernel-client shows two beside each other",
        ),
        ("trace --lab --count 2 --handout blank", "--handout is made of one ladder, and --count makes a table"),
    ] {
        let said = Said::of(Command::new(RAWSHAKE).args(arguments.split(' ')).output().expect("the program"));
        assert!(said.err.contains(&format!("rawshake: {line}")), "{said:?}");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    }
}

/// A picture is as wide as was asked for, and otherwise the same on every screen.
#[test]
fn width_is_obeyed() {
    let narrow = replay("four-segment.pcap --format svg --width 60").out;
    let wide = replay("four-segment.pcap --format svg --width 120").out;
    assert!(narrow.contains("width=\"660\"") && wide.contains("width=\"1320\""), "{narrow} {wide}");
}
