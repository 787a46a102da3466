//! Scripts against a target and a clock of the test's own.

use std::time::Duration;

use super::*;
use crate::craft::packet::{IpSpec, OptionSpec, TcpSpec, Transport};
use crate::craft::probe::{Course as _, Shot, Step};
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, Time, decode, emit, option_kind};

const SYN_ACK: Flags = Flags::SYN.with(Flags::ACK);
const MS: Duration = Duration::from_millis(1);

fn spec(flags: Flags, payload: &str) -> PacketSpec {
    PacketSpec {
        source: "192.0.2.1".parse().unwrap(),
        destination: "192.0.2.2".parse().unwrap(),
        ip: IpSpec { id: 1, ..IpSpec::default() },
        transport: Transport::Tcp(TcpSpec {
            source_port: 40_000,
            destination_port: 80,
            seq: 1000,
            flags,
            window: 500,
            ..TcpSpec::default()
        }),
        payload: payload.as_bytes().to_vec(),
    }
}

fn tcp(spec: &mut PacketSpec) -> &mut TcpSpec {
    let Transport::Tcp(tcp) = &mut spec.transport else { panic!("no segment") };
    tcp
}

fn send(flags: Flags, payload: &str) -> Action {
    Action::Send(Box::new(Template { spec: spec(flags, payload), seq: None, ack: None }))
}

fn send_at(flags: Flags, seq: &str, ack: Option<&str>) -> Action {
    let number = |text: &str| text.parse::<Relative>().unwrap();
    Action::Send(Box::new(Template { spec: spec(flags, ""), seq: Some(number(seq)), ack: ack.map(number) }))
}

fn expect(what: What, numbers: &[(Number, &str)]) -> Action {
    let numbers = numbers.iter().map(|(number, text)| (*number, text.parse().unwrap())).collect();
    Action::Expect(Expectation { what, numbers, within: 100 * MS })
}

/// A segment of the target: flags, seq, ack, window, payload.
type Answer<'a> = (Flags, u32, u32, u16, &'a str);

fn answer((flags, seq, ack, window, payload): Answer<'_>, options: &[u8]) -> Vec<u8> {
    let fields = SegmentFields {
        flags,
        seq,
        ack,
        window,
        options: options.to_vec(),
        payload: payload.as_bytes().to_vec(),
        ..SegmentFields::default()
    };
    let sockets = ("192.0.2.2:80".parse().unwrap(), "192.0.2.1:40000".parse().unwrap());
    emit::segment(sockets.0, sockets.1, &IpFields::default(), &fields).unwrap()
}

/// Runs a script whose `n`th packet is answered with the `n`th of `answers`; gives seq and ack of what was sent, and what
/// became of the expectations.
fn play(actions: Vec<Action>, answers: &[&[Vec<u8>]]) -> (Vec<(u32, u32)>, Run) {
    let lines = actions.into_iter().enumerate().map(|(at, action)| Line { number: at + 1, action }).collect();
    let mut run = Run::new(lines, "192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    let (mut now, mut sent) = (Time::from_nanos(1), Vec::new());
    loop {
        match run.step(now).unwrap() {
            Step::Send(shot) => {
                let Shot { index, mut spec, .. } = *shot;
                run.left(index, now);
                sent.push((tcp(&mut spec).seq, tcp(&mut spec).ack));
                for bytes in answers.get(sent.len() - 1).copied().unwrap_or_default() {
                    let original_len = bytes.len() as u32;
                    let packet = Packet { time: now + MS, link: LinkType::RAW, original_len, bytes };
                    assert_eq!(run.arrive(now + MS, &decode(&packet)).unwrap().rtt, MS);
                }
            }
            Step::WaitUntil(until) => {
                assert!(until > now);
                now = until;
            }
            Step::Done => return (sent, run),
        }
    }
}

fn complaints(run: &Run) -> Vec<String> {
    run.outcomes().iter().map(|outcome| outcome.complaint.map_or("ok".to_owned(), |it| format!("{it:?}"))).collect()
}

fn handshake() -> Vec<Action> {
    vec![
        send(Flags::SYN, ""),
        expect(What::Segment(SYN_ACK), &[(Number::Ack, "irs+1"), (Number::Ack, "rcv.nxt")]),
        send(Flags::ACK, ""),
    ]
}

fn opened() -> Vec<u8> {
    answer((SYN_ACK, 5000, 1001, 100, ""), &[])
}

#[test]
fn numbers_follow_the_connection() {
    let mut script = handshake();
    script.extend([
        send(Flags::PSH | Flags::ACK, "hello"),
        expect(What::Rfc, &[]),
        expect(What::Segment(Flags::PSH | Flags::ACK), &[(Number::Seq, "snd.nxt"), (Number::Len, "2")]),
        send(Flags::FIN | Flags::ACK, ""),
        expect(What::Anything, &[(Number::Ack, "rcv.nxt"), (Number::Window, "90")]),
        send_at(Flags::ACK, "rcv.nxt+rcv.wnd", Some("iss+1")),
    ]);
    let data =
        [answer((Flags::ACK, 5001, 1006, 95, ""), &[]), answer((Flags::PSH | Flags::ACK, 5001, 1006, 95, "hi"), &[])];
    let last = [answer((Flags::ACK, 5003, 1007, 90, ""), &[])];
    let (sent, run) = play(script, &[&[opened()], &[], &data, &last]);
    assert_eq!(complaints(&run), ["ok"; 4]);
    assert_eq!(sent, [(1000, 0), (1001, 5001), (1001, 5001), (1006, 5003), (1007 + 90, 5001)]);
    assert_eq!((run.sent(), run.unexpected(), run.not_reached()), (5, 0, 0));
    assert_eq!(run.outcomes().iter().map(|outcome| outcome.line).collect::<Vec<_>>(), [2, 5, 6, 8]);
}

#[test]
fn each_complaint_says_what_is_wrong() {
    let rst = answer((Flags::RST, 7, 0, 0, ""), &[]);
    let cases: [(Action, Option<Vec<u8>>, &str); 8] = [
        (expect(What::Segment(Flags::ACK), &[]), None, "Silence"),
        (expect(What::Nothing, &[]), None, "ok"),
        (expect(What::Anything, &[]), Some(rst.clone()), "ok"),
        (expect(What::Nothing, &[]), Some(rst.clone()), "Other"),
        (expect(What::Segment(Flags::ACK), &[]), Some(rst.clone()), "Other"),
        (expect(What::Datagram, &[]), Some(rst.clone()), "Other"),
        (expect(What::Icmp(None, None), &[]), Some(rst.clone()), "Other"),
        (expect(What::Segment(Flags::RST), &[(Number::Seq, "irs-1")]), Some(rst), "Number(Seq, "),
    ];
    for (expectation, came, words) in cases {
        let came: Vec<_> = came.into_iter().collect();
        let (_, run) = play(vec![send(Flags::SYN, ""), expectation], &[&came]);
        let found = complaints(&run).remove(0);
        assert!(found.starts_with(words), "{found}, not {words}");
    }
    let number = |relative: Relative| relative.to_string();
    let (_, run) = play(
        vec![send(Flags::SYN, ""), expect(What::Segment(Flags::RST), &[(Number::Seq, "irs-1")])],
        &[&[answer((Flags::RST, 1007, 0, 0, ""), &[])]],
    );
    let Some(Complaint::Number(Number::Seq, found)) = run.outcomes()[0].complaint else { panic!("{run:?}") };
    assert_eq!(number(found), "irs+7");
    let (_, run) = play(vec![expect(What::Rfc, &[])], &[]);
    assert_eq!(complaints(&run), ["NothingSent"]);
}

#[test]
fn what_may_come_may_stay_away() {
    let maybe = |what| match expect(what, &[]) {
        Action::Expect(expectation) => Action::Maybe(expectation),
        other => other,
    };
    let data = answer((Flags::PSH | Flags::ACK, 5001, 1006, 100, "hi"), &[]);
    let ack = answer((Flags::ACK, 5001, 1006, 100, ""), &[]);
    for answers in [vec![data.clone()], vec![ack, data]] {
        let mut script = handshake();
        script.extend([
            send(Flags::PSH | Flags::ACK, "hello"),
            maybe(What::Segment(Flags::ACK)),
            expect(What::Segment(Flags::PSH | Flags::ACK), &[(Number::Seq, "snd.nxt")]),
            maybe(What::Anything),
        ]);
        let (_, run) = play(script, &[&[opened()], &[], &answers]);
        assert_eq!((complaints(&run), run.unexpected()), (vec!["ok".to_owned(); 2], 0));
    }
}

#[test]
fn a_syn_within_a_connection_leaves_its_numbers_alone() {
    let mut script = handshake();
    script.extend([send_at(Flags::SYN, "rcv.nxt+7", None), expect(What::Rfc, &[]), send(Flags::ACK, "x")]);
    let challenge = [answer((Flags::ACK, 5001, 1001, 100, ""), &[])];
    let (sent, run) = play(script.clone(), &[&[opened()], &[], &challenge]);
    assert_eq!((complaints(&run), sent[2..].to_vec()), (vec!["ok".to_owned(); 2], vec![(1008, 0), (1001, 5001)]));
    let reset = [answer((Flags::RST, 0, 0, 0, ""), &[])];
    let (_, run) = play(script, &[&[opened()], &[], &reset]);
    assert!(complaints(&run)[1].starts_with("Rule("), "{run:?}");
}

#[test]
fn what_the_target_did_not_take_is_sent_from_the_same_number() {
    let mut bad = spec(Flags::ACK, "damaged");
    tcp(&mut bad).bad_checksum = true;
    let damaged = Action::Send(Box::new(Template { spec: bad, seq: None, ack: None }));
    let mut script = handshake();
    script.extend([
        damaged,
        expect(What::Rfc, &[]),
        send(Flags::ACK, "one"),
        expect(What::Segment(Flags::ACK), &[(Number::Ack, "rcv.nxt-3")]),
        send(Flags::ACK, "two"),
        send(Flags::ACK, "three"),
        expect(What::Segment(Flags::ACK), &[(Number::Ack, "rcv.nxt-5")]),
        send(Flags::ACK, ""),
    ]);
    let refused = [answer((Flags::ACK, 5001, 1001, 100, ""), &[])];
    let first = [answer((Flags::ACK, 5001, 1004, 100, ""), &[])];
    let (sent, run) = play(script, &[&[opened()], &[], &[], &refused, &[], &first]);
    let seqs: Vec<_> = sent.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(seqs, [1000, 1001, 1001, 1001, 1001, 1004, 1009], "{run:?}");
    assert_eq!(complaints(&run), ["ok"; 4], "{run:?}");
}

#[test]
fn windows_are_scaled_where_both_sides_scale() {
    for (ours, theirs, window) in [(true, true, 100 << 3), (true, false, 100), (false, true, 100)] {
        let mut syn = spec(Flags::SYN, "");
        if ours {
            tcp(&mut syn).options = vec![OptionSpec::long(option_kind::WINDOW_SCALE, [1])];
        }
        let options: &[u8] = if theirs { &[3, 3, 3, 0] } else { &[] };
        let mut script = handshake();
        script[0] = Action::Send(Box::new(Template { spec: syn, seq: None, ack: None }));
        script.extend([
            send(Flags::ACK, "x"),
            expect(What::Segment(Flags::ACK), &[]),
            send_at(Flags::RST, "rcv.nxt+rcv.wnd", None),
        ]);
        let open = [answer((SYN_ACK, 5000, 1001, 100, ""), options)];
        let (sent, _) = play(script, &[&open, &[], &[answer((Flags::ACK, 5001, 1002, 100, ""), &[])]]);
        assert_eq!(sent[3].0, 1002 + window, "{ours} {theirs}");
    }
}

#[test]
fn a_reset_ends_a_connection_and_a_syn_begins_another() {
    let mut script = handshake();
    script.extend([
        send(Flags::RST, ""),
        expect(What::Rfc, &[]),
        send_at(Flags::SYN, "9000", None),
        expect(What::Segment(SYN_ACK), &[(Number::Ack, "irs+1")]),
        send(Flags::ACK, ""),
        expect(What::Segment(Flags::RST), &[]),
        send(Flags::ACK, "late"),
        expect(What::Rfc, &[]),
    ]);
    let again = [answer((SYN_ACK, 70, 9001, 100, ""), &[])];
    let reset = [answer((Flags::RST, 71, 0, 0, ""), &[])];
    let answers: &[&[_]] = &[&[opened()], &[], &[], &again, &reset, &reset];
    let (sent, run) = play(script, answers);
    assert_eq!(complaints(&run), ["ok"; 5]);
    assert_eq!(sent[4..], [(9001, 71), (9001, 71)]);
}

#[test]
fn a_syn_after_one_that_nobody_answered_begins_the_connection() {
    let mut script = vec![send(Flags::SYN, ""), expect(What::Nothing, &[]), send_at(Flags::SYN, "2000", None)];
    script.extend([expect(What::Segment(SYN_ACK), &[(Number::Ack, "irs+1")]), send(Flags::ACK, "")]);
    let open = [answer((SYN_ACK, 5000, 2001, 100, ""), &[])];
    let (sent, run) = play(script, &[&[], &open]);
    assert_eq!((complaints(&run), sent), (vec!["ok".to_owned(); 2], vec![(1000, 0), (2000, 0), (2001, 5001)]));
}

#[test]
fn a_stop_leaves_lines_behind() {
    let lines = vec![
        Line { number: 1, action: Action::Wait(5 * MS) },
        Line { number: 2, action: send(Flags::SYN, "") },
        Line { number: 4, action: expect(What::Anything, &[]) },
    ];
    let mut run = Run::new(lines, "192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    let now = Time::from_nanos(1);
    assert_eq!(run.step(now), Ok(Step::WaitUntil(now + 5 * MS)));
    run.stop();
    assert_eq!((run.step(now), run.not_reached(), run.sent()), (Ok(Step::Done), 3, 0));
}
