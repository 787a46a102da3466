//! The lines of a script: what each of them says.

use std::time::Duration;

use clap::Parser as _;

use super::words::split;
use crate::cmd::host::visible;
use crate::cmd::in_one_line;
use crate::cmd::number::number;
use crate::cmd::send::args::PacketArgs;
use crate::cmd::send::notation::{Bits, interval};
use crate::craft::script::{Expectation, Number, What};
use crate::tcp::Relative;

/// Lines of a script at most.
const MOST: usize = 10_000;

/// A line that says something.
#[derive(Debug)]
pub(super) struct Statement {
    /// Its number in the file, from 1.
    pub(super) number: usize,
    /// As it was written, fit to be shown.
    pub(super) text: String,
    /// What it says.
    pub(super) says: Says,
}

/// What a line says.
#[derive(Debug)]
pub(super) enum Says {
    Send(Box<LineArgs>),
    Expect(Expectation),
    Maybe(Expectation),
    Wait(Duration),
}

/// The options of one packet.
#[derive(Debug, clap::Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_version_flag = true)]
pub(super) struct LineArgs {
    #[command(flatten)]
    pub(super) packet: PacketArgs,
    /// Destination port
    #[arg(short = 'p', long = "ports", value_name = "PORT", value_parser = number::<u16>, alias = "dest-port")]
    pub(super) port: Option<u16>,
    /// Source port
    #[arg(short = 's', long, value_name = "PORT", value_parser = number::<u16>, alias = "baseport")]
    pub(super) source_port: Option<u16>,
}

/// What is wrong with a script, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {what}")]
pub(super) struct SyntaxError {
    /// The number of the line, from 1.
    pub(super) line: usize,
    /// What is wrong.
    pub(super) what: String,
}

/// Reads a whole script; `patience` is how long an expectation waits that does not say it.
///
/// # Errors
/// The first line that is wrong, and why.
pub(super) fn parse(text: &str, patience: Duration) -> Result<Vec<Statement>, SyntaxError> {
    let mut statements: Vec<Statement> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        let wrong = |what| SyntaxError { line: number, what };
        if number > MOST {
            return Err(wrong(format!("a script has {MOST} lines at most")));
        }
        let words = split(line).map_err(wrong)?;
        let Some(says) = statement(&words, patience).map_err(wrong)? else { continue };
        check(&says, &statements).map_err(wrong)?;
        statements.push(Statement { number, text: visible(line.trim()), says });
    }
    Ok(statements)
}

fn statement(words: &[String], patience: Duration) -> Result<Option<Says>, String> {
    let Some(first) = words.first() else { return Ok(None) };
    let rest = &words[1..];
    Ok(Some(match first.as_str() {
        "expect" => Says::Expect(expectation(rest, patience)?),
        "maybe" => Says::Maybe(expectation(rest, patience)?),
        "wait" => match rest {
            [time] => Says::Wait(interval(time)?),
            _ => return Err("wait takes one time, as in wait 200ms".to_owned()),
        },
        "send" => send(rest)?,
        option if option.starts_with('-') => send(words)?,
        other => {
            let other = visible(other);
            return Err(format!(
                "a line begins with an option of rawshake send, or with send, expect, maybe or wait: not {other}"
            ));
        }
    }))
}

fn send(words: &[String]) -> Result<Says, String> {
    let args = LineArgs::try_parse_from(words).map_err(|error| {
        let told = visible(&in_one_line(&error.render().to_string()));
        told.strip_prefix("error: ").map_or(told.clone(), str::to_owned)
    })?;
    match args.packet.ip.ttl.0.as_slice() {
        [_] => Ok(Says::Send(Box::new(args))),
        _ => Err("a line sends one packet: --ttl takes one number here".to_owned()),
    }
}

fn expectation(words: &[String], patience: Duration) -> Result<Expectation, String> {
    const FORM: &str = "what shall come? Flags such as SA, or nothing, anything, rfc, udp, icmp";
    let (first, mut rest) = words.split_first().ok_or(FORM)?;
    let mut what = what(first)?;
    if let (What::Icmp(..), Some((message, more))) = (what, rest.split_first().filter(|(word, _)| !word.contains('=')))
    {
        (what, rest) = (icmp(message)?, more);
    }
    let mut expectation = Expectation { what, numbers: Vec::new(), within: patience };
    for word in rest {
        term(word, &mut expectation)?;
    }
    Ok(expectation)
}

fn what(word: &str) -> Result<What, String> {
    Ok(match word {
        "nothing" => What::Nothing,
        "anything" => What::Anything,
        "rfc" => What::Rfc,
        "udp" => What::Datagram,
        "icmp" => What::Icmp(None, None),
        "none" => return Err("write nothing where nothing shall come, or 0 for a segment without flags".to_owned()),
        flags => match flags.parse::<Bits>()? {
            Bits { flags, reserved: 0 } => What::Segment(flags),
            _ => return Err("the reserved bits of what comes are not looked at".to_owned()),
        },
    })
}

/// `TYPE[/CODE]`.
fn icmp(word: &str) -> Result<What, String> {
    let (kind, code) = word.split_once('/').map_or((word, None), |(kind, code)| (kind, Some(code)));
    let wrong = |error| format!("icmp is followed by TYPE or TYPE/CODE: {error}");
    Ok(What::Icmp(Some(number(kind).map_err(wrong)?), code.map(number).transpose().map_err(wrong)?))
}

/// `within=TIME`, `seq=NUMBER` and the like.
fn term(word: &str, expectation: &mut Expectation) -> Result<(), String> {
    let names = || Number::ALL.map(|(_, name)| name).join("=, ");
    let unknown = || format!("{} is none of {}=, within=", visible(word), names());
    let (name, value) = word.split_once('=').ok_or_else(unknown)?;
    if name == "within" {
        expectation.within = interval(value)?;
        return Ok(());
    }
    let (number, _) = Number::ALL.into_iter().find(|(_, known)| *known == name).ok_or_else(unknown)?;
    if !expectation.what.has(number) {
        return Err(format!("what is expected here has no {name}"));
    }
    let value: Relative = value.parse().map_err(|error| format!("{name}: {error}"))?;
    if value.needs_connection() && matches!(number, Number::Window | Number::Len) {
        return Err(format!("{name} is a number of octets, and counts from nothing"));
    }
    expectation.numbers.push((number, value));
    Ok(())
}

/// Numbers that count from a connection need one; a SYN before them can have begun it.
fn check(says: &Says, before: &[Statement]) -> Result<(), String> {
    let numbers: Vec<(&str, Relative)> = match says {
        Says::Send(args) => {
            let tcp = &args.packet.tcp;
            [("--seq", tcp.seq), ("--ack", tcp.ack)]
                .into_iter()
                .filter_map(|(name, number)| Some((name, number?)))
                .collect()
        }
        Says::Expect(expectation) | Says::Maybe(expectation) => {
            expectation.numbers.iter().map(|(number, value)| (number.name(), *value)).collect()
        }
        Says::Wait(_) => return Ok(()),
    };
    let opens = |statement: &Statement| match &statement.says {
        Says::Send(args) => args.packet.tcp.flags().syn() && !args.packet.other.is_other(),
        Says::Expect(_) | Says::Maybe(_) | Says::Wait(_) => false,
    };
    match numbers.iter().find(|(_, number)| number.needs_connection()) {
        Some((name, number)) if !before.iter().any(opens) => {
            Err(format!("{name} {number} counts from a connection, and no line before sends a SYN"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Flags;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_line_says_one_thing() {
        let script =
            "# A handshake.\n\n-f S --opt mss=1460\nexpect SA ack=irs+1 within=200ms\nsend -A\nwait 0.1\nsend\n";
        let statements = parse(script, SECOND).unwrap();
        assert_eq!(statements.iter().map(|statement| statement.number).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
        assert_eq!(statements[1].text, "expect SA ack=irs+1 within=200ms");
        let Says::Expect(expectation) = &statements[1].says else { panic!("{statements:?}") };
        assert_eq!(expectation.what, What::Segment(Flags::SYN | Flags::ACK));
        assert_eq!((expectation.numbers.len(), expectation.within), (1, SECOND / 5));
        assert!(matches!(&statements[2].says, Says::Send(args) if args.packet.tcp.flags() == Flags::ACK));
        let maybe = parse("maybe A len=0", SECOND).unwrap();
        assert!(matches!(&maybe[0].says, Says::Maybe(expectation) if expectation.numbers.len() == 1));
        assert!(matches!(statements[3].says, Says::Wait(time) if time == SECOND / 10));
        assert!(matches!(&statements[4].says, Says::Send(args) if args.packet.tcp.flags() == Flags::SYN));
    }

    #[test]
    fn what_can_be_expected() {
        for (line, what) in [
            ("nothing", What::Nothing),
            ("anything len=0", What::Anything),
            ("rfc", What::Rfc),
            ("udp len=5", What::Datagram),
            ("icmp", What::Icmp(None, None)),
            ("icmp 3", What::Icmp(Some(3), None)),
            ("icmp 3/1 within=1", What::Icmp(Some(3), Some(1))),
            ("syn,ack", What::Segment(Flags::SYN | Flags::ACK)),
            ("R.", What::Segment(Flags::RST | Flags::ACK)),
            ("0", What::Segment(Flags::NONE)),
        ] {
            let statements = parse(&format!("expect {line}"), SECOND).unwrap();
            assert!(matches!(&statements[0].says, Says::Expect(expectation) if expectation.what == what), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (line, words) in [
            ("syn", "a line begins with an option of rawshake send, or with send, expect, maybe or wait: not syn"),
            ("expect", "what shall come? Flags such as SA, or nothing"),
            ("maybe", "what shall come?"),
            ("expect Q", "Q is no flag"),
            ("expect none", "write nothing where nothing shall come"),
            ("expect 0xfff", "the reserved bits"),
            ("expect SA sq=1", "sq=1 is none of seq=, ack=, window=, len=, within="),
            ("expect SA seq", "seq is none of"),
            ("expect SA seq=rcv.next", "seq: \"rcv.next\" is neither a number"),
            ("expect SA window=rcv.nxt", "window is a number of octets"),
            ("expect SA within=x", "not a time"),
            ("expect nothing seq=1", "what is expected here has no seq"),
            ("expect udp ack=1", "what is expected here has no ack"),
            ("expect icmp x", "icmp is followed by TYPE or TYPE/CODE: not a number from 0 to 255"),
            ("expect SA ack=irs+1", "ack irs+1 counts from a connection, and no line before sends a SYN"),
            ("-f A --seq rcv.nxt+1", "--seq rcv.nxt+1 counts from a connection"),
            ("wait", "wait takes one time"),
            ("wait 1 2", "wait takes one time"),
            ("wait soon", "not a time"),
            ("-f Q", "Q is no flag"),
            ("-f S -c 3", "unexpected argument '-c' found"),
            ("-f S extra", "unexpected argument 'extra' found"),
            ("--ttl 1-3", "a line sends one packet"),
            ("--payload \"a", "a \" is not closed"),
            ("--window 70000", "not a number from 0 to 65535"),
            ("--udp --icmp 8", "cannot be used with"),
            ("\u{1b}[31m", "not \\u{1b}[31m"),
            ("--\u{1b}[31m", "unexpected argument"),
        ] {
            let error = parse(&format!("\n# one line\n{line}\n-f S"), SECOND).unwrap_err();
            assert!(error.line == 3 && error.what.contains(words), "{line}: {error}");
            assert!(!error.what.contains(['\n', '\u{1b}']), "{line}: {error}");
        }
        let error = parse(&"\n".repeat(MOST + 1), SECOND).unwrap_err();
        assert_eq!(error.to_string(), "10001: a script has 10000 lines at most");
    }

    proptest! {
        #[test]
        fn any_text_is_a_script_or_refused(text in "(send|expect|wait|-f|SA|seq=|rcv.nxt|[ \\n'\"#=]|\\PC){0,40}") {
            let _ = parse(&text, SECOND);
        }
    }
}
