//! What a crafted segment was to bring, against what it brought.

use std::io::{self, Write};

use serde::Serialize;

use super::Format;
use super::json::write_object;
use super::ladder::write_line;
use crate::explain::{Case, damage_words, why_linux_differs};
use crate::ladder::{Settings, Verbosity, statements};
use crate::tcp::{Answer, Basis, Heard, Judgement, Number, Observed, Seq, State, Verdict};
use crate::wire::Flags;

/// Writes `case` to `out` in `format`; a list of connections has no place for it.
///
/// # Errors
/// The destination could not be written to.
pub fn judgement(format: Format, settings: &Settings, case: &Case, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Ladder if settings.verbosity == Verbosity::Quiet => Ok(()),
        Format::Ladder => {
            writeln!(out)?;
            statements(&case.statements(), settings).iter().try_for_each(|line| write_line(out, line))
        }
        Format::Lines => writeln!(out, "{}", case.line()),
        Format::Json => write_object(out, &object(case)),
        Format::Csv | Format::Picture(_) => Ok(()),
    }
}

/// One object: `"event":"judgement"`.
#[derive(Serialize)]
struct Object {
    event: &'static str,
    sent: Sent,
    /// None where no state fits.
    state: Option<String>,
    /// No program holds the peer's end.
    orphan: bool,
    expected: Expected,
    observed: Seen,
    /// None where it is not judged.
    agrees: Option<bool>,
    /// The stack that is known to answer so, where it is not what RFC 9293 asks.
    known: Option<&'static str>,
    rfc_section: &'static str,
    note: Option<&'static str>,
}

#[derive(Serialize)]
struct Sent {
    source_port: u16,
    destination_port: u16,
    flags: Flags,
    seq: Seq,
    ack: Seq,
    len: u32,
    relative_seq: Option<String>,
    relative_ack: Option<String>,
    damaged: bool,
    /// What is wrong with it, where it is damaged.
    damage: Option<&'static str>,
    /// With an MD5 signature.
    signed: bool,
}

/// An answer by its rules; `reply` is none for silence.
#[derive(Serialize)]
struct Expected {
    reply: Option<Flags>,
    seq: Option<Number>,
    ack: Option<Number>,
    /// As `state` where it stays there.
    next_state: String,
}

#[derive(Serialize)]
struct Seen {
    reply: Option<Flags>,
    seq: Option<Number>,
    ack: Option<Number>,
    seq_number: Option<Seq>,
    ack_number: Option<Seq>,
    icmp: Option<String>,
    next_state: Option<State>,
}

fn object(case: &Case) -> Object {
    let Judgement { standing, expected, observed, verdict, .. } = case.ruling.judgement;
    let cause = case.cause();
    Object {
        event: "judgement",
        sent: Sent {
            source_port: case.ruling.ports.0,
            destination_port: case.ruling.ports.1,
            flags: case.ruling.sent.flags,
            seq: case.ruling.sent.seq,
            ack: case.ruling.sent.ack,
            len: case.ruling.sent.len,
            relative_seq: case.relative_seq(),
            relative_ack: case.relative_ack(),
            damaged: case.ruling.damage.is_some(),
            damage: case.ruling.damage.map(damage_words),
            signed: case.ruling.sent.signed,
        },
        state: match case.ruling.basis {
            Basis::Neither => None,
            Basis::Either => Some(case.state()),
            _ => Some(standing.state.to_string()),
        },
        orphan: standing.orphan,
        expected: asked(case, standing.state, expected.answer),
        observed: seen(&observed, case.error.as_deref()),
        agrees: (verdict != Verdict::NotJudged).then_some(verdict == Verdict::Agrees),
        known: cause.map(|_| "Linux"),
        rfc_section: expected.section,
        note: cause.map(why_linux_differs),
    }
}

fn asked(case: &Case, before: State, answer: Answer) -> Expected {
    let shape = answer.reply.shape(before);
    Expected {
        reply: shape.map(|shape| shape.flags),
        seq: shape.map(|shape| shape.seq),
        ack: shape.and_then(|shape| shape.ack),
        next_state: match case.ruling.basis {
            Basis::Either if answer.state == before => case.state(),
            _ => answer.state.to_string(),
        },
    }
}

fn seen(observed: &Observed, error: Option<&str>) -> Seen {
    let segment = match observed.heard {
        Some(Heard::Segment { flags, seq, ack }) => Some((flags, seq, ack)),
        _ => None,
    };
    Seen {
        reply: segment.map(|(flags, ..)| flags),
        seq: observed.seq,
        ack: observed.ack,
        seq_number: segment.map(|(_, seq, _)| seq),
        ack_number: segment.filter(|(flags, ..)| flags.ack()).map(|(.., ack)| ack),
        icmp: error.map(str::to_owned),
        next_state: observed.state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::{Arriving, Ruling, Standing, Variables, judge, judge_by_answer};

    const VARIABLES: Variables = Variables {
        iss: Seq(7000),
        snd_una: Seq(7001),
        snd_nxt: Seq(7001),
        max_snd_wnd: 64_240,
        irs: Seq(90_000),
        rcv_nxt: Seq(90_001),
        rcv_wnd: 64_240,
        passive: true,
    };

    /// A segment without data, `beyond` behind RCV.NXT, at a peer that was brought into its state.
    fn case(state: State, flags: Flags, beyond: u32, heard: Option<Heard>, after: Option<State>) -> Case {
        let sent = Arriving { seq: VARIABLES.rcv_nxt + beyond, ack: VARIABLES.snd_nxt, flags, len: 0, signed: false };
        let judgement = judge(Standing::held(state), &VARIABLES, Some(&sent), heard, after);
        let basis = if after.is_some() { Basis::Told } else { Basis::Made };
        let (how, ports) = (Some("by hand"), (40_000, 80));
        let ruling = Ruling { sent, ports, damage: None, variables: VARIABLES, judgement, basis };
        Case { ruling, how, error: None }
    }

    /// The same at a peer of which nothing is known.
    fn blind(flags: Flags, heard: Option<Heard>, error: Option<&str>) -> Case {
        let case = case(State::Listen, flags, 0, None, None);
        let (judgement, basis) = judge_by_answer(&VARIABLES, Some(&case.ruling.sent), heard);
        Case { ruling: Ruling { judgement, basis, ..case.ruling }, how: None, error: error.map(str::to_owned) }
    }

    fn segment(flags: Flags, seq: u32, ack: u32) -> Option<Heard> {
        Some(Heard::Segment { flags, seq: Seq(seq), ack: Seq(ack) })
    }

    fn cases() -> [(&'static str, Case); 10] {
        let (syn, rst, ack) = (Flags::SYN, Flags::RST, Flags::ACK);
        let challenge = segment(ack, 7001, 90_001);
        [
            ("agrees", case(State::Established, rst, 100, challenge, Some(State::Established))),
            ("known", case(State::TimeWait, syn, 1, segment(syn | ack, 1, 90_003), Some(State::SynReceived))),
            ("differs", case(State::Established, rst, 100, segment(rst, 1, 0), Some(State::Closed))),
            ("unseen", case(State::Established, Flags::NONE, 0, None, None)),
            ("listens", blind(syn, segment(syn | ack, 1, 90_002), None)),
            ("either", blind(ack, segment(rst, 7001, 0), None)),
            ("silent", blind(Flags::FIN, None, None)),
            ("reset", blind(rst, None, None)),
            ("nobody", blind(syn, None, None)),
            ("filtered", blind(syn, Some(Heard::Error), Some("administratively prohibited"))),
        ]
    }

    fn written(format: Format, settings: &Settings, case: &Case) -> String {
        let mut out = Vec::new();
        judgement(format, settings, case, &mut out).unwrap();
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn each_outcome_in_words() {
        let (mut text, mut lines) = (String::new(), String::new());
        let settings = Settings { width: 80, ..Settings::default() };
        for (name, case) in cases() {
            text += &format!("-- {name}{}", written(Format::Ladder, &settings, &case));
            lines += &written(Format::Lines, &settings, &case);
        }
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!("text", text);
        insta::assert_snapshot!("lines", lines);
        let quiet = Settings { verbosity: Verbosity::Quiet, ..settings };
        assert_eq!(written(Format::Ladder, &quiet, &cases()[0].1), "");
    }

    #[test]
    fn each_outcome_in_json() {
        let values = cases().map(|(_, case)| {
            let line = written(Format::Json, &Settings::default(), &case);
            assert!(line.ends_with('\n') && line.lines().count() == 1);
            serde_json::from_str::<serde_json::Value>(&line).unwrap()
        });
        let agrees = values.each_ref().map(|value| value["agrees"] == true);
        assert_eq!(agrees, [true, false, false, true, true, true, true, true, false, false]);
        let known = &values[1];
        assert_eq!(known["state"], "TIME-WAIT");
        assert_eq!(known["sent"]["relative_seq"], "RCV.NXT+1");
        let asked =
            serde_json::json!({"reply": ["ACK"], "seq": "SND.NXT", "ack": "RCV.NXT", "next_state": "TIME-WAIT"});
        assert_eq!(known["expected"], asked);
        assert_eq!(known["observed"]["reply"], serde_json::json!(["SYN", "ACK"]));
        assert_eq!(known["observed"]["next_state"], "SYN-RECEIVED");
        assert_eq!((&known["known"], &known["rfc_section"]), (&"Linux".into(), &"3.10.7.4".into()));
        assert!(known["note"].as_str().unwrap().contains("RFC 6191"));
        assert_eq!((&values[2]["known"], &values[2]["note"]), (&serde_json::Value::Null, &serde_json::Value::Null));
        assert_eq!(
            (&values[5]["state"], &values[5]["expected"]["next_state"]),
            (&"LISTEN or CLOSED".into(), &"LISTEN or CLOSED".into())
        );
        assert_eq!(
            (&values[8]["state"], &values[8]["observed"]["reply"]),
            (&serde_json::Value::Null, &serde_json::Value::Null)
        );
        assert_eq!(values[9]["observed"]["icmp"], "administratively prohibited");
        assert!(values[8]["agrees"] == false && values[9]["agrees"].is_null());
    }
}
