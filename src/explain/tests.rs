//! Sentences against the facts they state.

use std::time::Duration;

use super::*;
use crate::tcp::{Call, State};
use crate::trace::{
    Belief, CallNote, CallRole, Certainty, CutOff, Handshake, IcmpEvent, Mark, Millis, Pair, ResetNumber, Side, Stage,
    Summary, Termination,
};
use crate::wire::{Flags, OptionSummary, Time};

#[test]
fn times_as_a_person_says_them() {
    let table = [
        (0, "0 µs", "0 µs"),
        (850, "850 ns", "850 ns"),
        (48_000, "48 µs", "48 µs"),
        (999_499, "999 µs", "999 µs"),
        (999_500, "1.0 ms", "1.0 ms"),
        (1_240_000, "1.2 ms", "1.2 ms"),
        (12_340_000, "12.3 ms", "12 ms"),
        (99_960_000, "100 ms", "100 ms"),
        (999_600_000, "1.0 s", "1.0 s"),
        (131_000_000_000, "131 s", "131 s"),
        (600_000_000_000, "10.0 min", "10 min"),
        (7_200_000_000_000, "2.0 h", "2.0 h"),
        (864_000_000_000_000, "10.0 d", "10 d"),
        (i64::MAX, "106752 d", "106752 d"),
    ];
    for (nanos, full, brief) in table {
        let time = Duration::from_nanos(nanos as u64);
        assert_eq!((duration(time).as_str(), brief_duration(time).as_str()), (full, brief));
    }
}

#[test]
fn numbers_in_words() {
    assert_eq!(grouped(0), "0");
    assert_eq!(grouped(999), "999");
    assert_eq!(grouped(1_448_000), "1,448,000");
    assert_eq!(count(1, "byte"), "1 byte");
    let ordinals = [1, 2, 3, 4, 11, 12, 13, 21, 102, 1113].map(ordinal);
    assert_eq!(ordinals, ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "1,113th"]);
}

#[test]
fn payloads_never_reach_a_terminal_as_they_are() {
    let table: [(&[u8], u32, bool, &str); 11] = [
        (b"hello", 5, false, "\"hello\""),
        (b"hello", 500, false, "\"hello…\""),
        (b"it's \"so\"\r\n", 11, false, "\"it's \\\"so\\\"\\r\\n\""),
        ("naïve".as_bytes(), 6, false, "\"naïve\""),
        ("naïve".as_bytes(), 6, true, "\"na\\u{ef}ve\""),
        (b"\x1b[2J\x07", 5, false, "\"\\x1b[2J\\x07\""),
        ("a\u{202e}b".as_bytes(), 5, false, "\"a\\u{202e}b\""),
        ("שלום".as_bytes(), 8, false, "\"\\u{5e9}\\u{5dc}…\""),
        ("日本".as_bytes(), 6, false, "\"日本\""),
        (&"日本".as_bytes()[..5], 6, false, "\"日…\""),
        (b"\xff\xfe\x80\x81\x82", 5, false, "\"\\xff\\xfe\\x80\\x81…\""),
    ];
    for (octets, total, ascii, expected) in table {
        assert_eq!(payload(octets, total, ascii), expected);
    }
    assert_eq!(safe("a\x1b]0;b\u{7}c", 40), "a\\x1b]0;b\\x07c");
    assert_eq!(safe("a-rather-long-name", 8), "a-rather…");
}

/// What `connect()` reports on Linux; the rows of IPv4 were measured there.
#[test]
fn errors_of_connect() {
    let v4 = [
        (3, 0, Some("ENETUNREACH")),
        (3, 1, Some("EHOSTUNREACH")),
        (3, 2, Some("ENOPROTOOPT")),
        (3, 3, Some("ECONNREFUSED")),
        (3, 4, None),
        (3, 5, Some("EOPNOTSUPP")),
        (3, 6, Some("ENETUNREACH")),
        (3, 7, Some("EHOSTDOWN")),
        (3, 8, Some("ENONET")),
        (3, 9, Some("ENETUNREACH")),
        (3, 10, Some("EHOSTUNREACH")),
        (3, 11, Some("ENETUNREACH")),
        (3, 12, Some("EHOSTUNREACH")),
        (3, 13, Some("EHOSTUNREACH")),
        (4, 0, None),
        (5, 1, None),
        (11, 0, Some("EHOSTUNREACH")),
        (11, 1, None),
        (12, 0, Some("EPROTO")),
    ];
    for (kind, code, errno) in v4 {
        assert_eq!(icmp_words(false, kind, code).errno, errno, "type {kind}, code {code}");
    }
    let v6 = [(1, 0, Some("ENETUNREACH")), (1, 1, Some("EACCES")), (1, 4, Some("ECONNREFUSED")), (2, 0, None)];
    for (kind, code, errno) in v6 {
        assert_eq!(icmp_words(true, kind, code).errno, errno, "v6 type {kind}, code {code}");
    }
}

#[test]
fn calls_fit_in_the_margin() {
    let note = |call, role, certainty| CallNote { side: Side::Client, call, role, certainty };
    let table = [
        (note(Call::Connect, CallRole::Causes, Certainty::Observed), "connect()"),
        (note(Call::Accept, CallRole::Returns, Certainty::Inferred), "accept() ✓"),
        (note(Call::Close, CallRole::Causes, Certainty::Unknown), "close()?"),
        (note(Call::Recv(0), CallRole::Returns, Certainty::Inferred), "recv()=0"),
        (note(Call::Send(u32::MAX), CallRole::Causes, Certainty::Inferred), "send(…)"),
        (note(Call::Recv(u32::MAX), CallRole::Returns, Certainty::Unknown), "recv()=…?"),
        (note(Call::ShutdownWrite, CallRole::Causes, Certainty::Inferred), "shutdown(WR)"),
    ];
    for (note, expected) in table {
        assert_eq!(call(&note), expected);
    }
}

#[test]
fn certainty_of_all_that_stands_in_the_margins() {
    let names = names(Some(Side::Client), None);
    let mut known = Known::default();
    assert_eq!(known.line(&names), "");
    known.states.client.note(Certainty::Observed);
    known.states.server.note(Certainty::Inferred);
    assert_eq!(known.line(&names), "your states: observed · server's states: inferred");
    known.calls.server.note(Certainty::Inferred);
    known.calls.client.note(Certainty::Observed);
    assert_eq!(known.line(&names), "your states and calls: observed · server's states and calls: inferred");
    known.states.server.note(Certainty::Unknown);
    assert!(known.line(&names).ends_with(" · ? means unknown"));
    let by_hand = Known { stateless: Some(Side::Client), ..Known::default() };
    assert_eq!(by_hand.line(&names), "you: by hand, no state");
}

fn names(you: Option<Side>, peer: Option<&str>) -> Names {
    let sockets = Pair { client: "192.0.2.1:40123".parse().unwrap(), server: "192.0.2.2:80".parse().unwrap() };
    Names::new(Some(sockets), you.map(|side| sockets[side]), peer)
}

#[test]
fn who_is_who() {
    let ours = names(Some(Side::Server), None);
    assert_eq!((ours.the(Side::Server).as_str(), ours.the(Side::Client).as_str()), ("you", "the client"));
    assert_eq!((ours.whose(Side::Server).as_str(), ours.theirs(Side::Server).as_str()), ("your", "yours"));
    let named = names(Some(Side::Client), Some("example.com"));
    assert_eq!(named.whose(Side::Server), "example.com's");
    // A name is for the peer of our own end; in a capture there is none.
    assert_eq!(names(None, Some("example.com")).label(Side::Server), "server");
}

fn summary() -> Summary {
    let linux =
        OptionSummary { mss: Some(1460), window_scale: Some(7), sack_permitted: true, ..OptionSummary::default() };
    let belief = |state| Belief { state: Some(state), certainty: Certainty::Inferred };
    let sockets = ("192.0.2.1:40123".parse().unwrap(), "192.0.2.2:80".parse().unwrap());
    Summary {
        last: Time::from_nanos(7_000_000_000),
        segments: 9,
        handshake_rtt: Some(Millis(Duration::from_micros(48))),
        handshake_time: Some(Millis(Duration::from_micros(59))),
        syns: 3,
        offered: Pair::both(Some(linux)),
        states: Pair { client: belief(State::Established), server: belief(State::Established) },
        ..fixture::summary(sockets.0, sockets.1, Time::from_nanos(0))
    }
}

fn lines(summary: &Summary) -> String {
    let statements = verdict(summary, &names(Some(Side::Client), None));
    statements.iter().map(|line| format!("{}: {}\n", line.subject, line.text)).collect()
}

fn icmp() -> IcmpEvent {
    IcmpEvent {
        number: 2,
        from: "192.0.2.254".parse().unwrap(),
        about: Side::Client,
        v6: false,
        kind: 3,
        code: 13,
        mtu: None,
        quoted_seq: None,
        plausible: true,
        after: Pair::default(),
    }
}

#[test]
fn every_opening_has_its_words() {
    use Handshake::*;
    let mut all = String::new();
    for handshake in [
        ThreeWay,
        SimultaneousOpen,
        Split,
        FastOpen,
        Refused,
        Unanswered,
        Unreachable,
        SynReceived,
        Aborted,
        OneWay,
        MidStream,
    ] {
        let mut summary = Summary { handshake, ..summary() };
        match handshake {
            Unreachable => summary.icmp = Some(icmp()),
            MidStream => summary.offered = Pair::default(),
            OneWay => (summary.one_way, summary.offered.server) = (Some(Side::Client), None),
            SynReceived => summary.states.server.state = Some(State::SynReceived),
            Aborted => summary.reset_by = Some(Side::Client),
            _ => {}
        }
        all += &format!("{handshake:?}\n{}\n", lines(&summary));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn of_an_end_that_was_not_captured_nothing_is_said() {
    let [client, server] = Side::BOTH.map(|side| {
        let offered = Pair { client: summary().offered.client.filter(|_| side == Side::Client), server: None };
        let offered = if side == Side::Client { offered } else { Pair { server: summary().offered.server, ..offered } };
        Summary { handshake: Handshake::OneWay, one_way: Some(side), offered, bytes_client: 5, ..summary() }
    });
    let closed = Summary { completeness: 16, termination: Termination::OneSided, bytes_server: 7, ..server };
    let reset = Summary { reset_by: Some(Side::Client), termination: Termination::Reset, ..client };
    let middle = Summary { handshake: Handshake::MidStream, offered: Pair::default(), ..client };
    // Both were captured, but for the SYN.
    let first = Summary { one_way: None, handshake: Handshake::MidStream, ..server };
    let told = [client, server, closed, reset, middle].map(|summary| lines(&summary)).join("\n");
    assert!(!told.contains("three-way") && !told.contains("nothing by"), "{told}");
    insta::assert_snapshot!(told + "\n" + &lines(&first));
}

/// The same segments as `send` sends them, with an answer and without.
#[test]
fn every_probe_has_its_words() {
    let (reset, error) = ((2, Some(Side::Server), None), (1, None, Some(icmp())));
    let silence = (1, None, None);
    let table = [
        (Flags::RST, None, silence),
        (Flags::SYN | Flags::RST, Some(Mark::SynReset), silence),
        (Flags::FIN, Some(Mark::BareFin), silence),
        (Flags::FIN, Some(Mark::BareFin), reset),
        (Flags::ACK, None, silence),
        (Flags::ACK, None, reset),
        (Flags::ACK, None, error),
        (Flags::SYN | Flags::ACK, None, reset),
    ];
    let mut all = String::new();
    for (first_flags, mark, (segments, reset_by, icmp)) in table {
        let marks = mark.into_iter().collect();
        let states = Pair::default();
        let handshake = Handshake::Probe;
        let summary = Summary { handshake, first_flags, segments, reset_by, icmp, marks, states, ..summary() };
        all += &format!("{first_flags}, {segments}\n{}\n", lines(&summary));
    }
    let marks = [Mark::SynFin].into_iter().collect();
    let summary = Summary { handshake: Handshake::Unanswered, segments: 1, marks, ..summary() };
    let summary = Summary { first_flags: Flags::SYN | Flags::FIN, ..summary };
    insta::assert_snapshot!(all + &format!("SYN FIN, 1\n{}", lines(&summary)));
}

/// Who answers data with a reset because its program has closed has sent its FIN. Data that crossed the reset of an end
/// that had not are no reason for it.
#[test]
fn data_after_a_reset_are_no_reason_for_it() {
    const FIN: u8 = 16;
    let marks = [Mark::DataAfterClose].into_iter().collect();
    let reset = Summary {
        termination: Termination::Reset,
        closed_first: Some(Side::Server),
        reset_by: Some(Side::Server),
        marks,
        ..summary()
    };
    let told =
        |completeness| lines(&Summary { completeness, ..reset }).contains("data came for a program that had closed");
    assert!(told(reset.completeness | FIN));
    assert!(!told(reset.completeness & !FIN));
}

#[test]
fn every_ending_has_its_words() {
    use Termination::*;
    let mut all = String::new();
    for (termination, half_close) in [
        (FourSegment, false),
        (FourSegment, true),
        (ThreeSegment, false),
        (SimultaneousClose, false),
        (OneSided, true),
        (Reset, false),
        (None, false),
    ] {
        let mut summary = Summary { termination, half_close, bytes_client: 5, ..summary() };
        summary.closed_first = (termination != None).then_some(Side::Server);
        summary.termination_time = Some(Millis(Duration::from_millis(3)));
        summary.reset_by = (termination == Reset).then_some(Side::Client);
        summary.time_wait.server = matches!(termination, FourSegment | ThreeSegment | SimultaneousClose);
        summary.time_wait.client = termination == SimultaneousClose;
        if termination == OneSided {
            summary.states.server.state = Some(State::FinWait2);
            summary.states.client.state = Some(State::CloseWait);
        }
        all += &format!("{termination:?}, half close: {half_close}\n{}\n", lines(&summary));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_was_agreed() {
    let plain = OptionSummary::default();
    let full = OptionSummary {
        mss: Some(1460),
        window_scale: Some(7),
        sack_permitted: true,
        timestamps: Some((1, 0)),
        ..plain
    };
    let table = [
        (Some(full), Some(full), "Agreed: mss 1460/1460, window scale 7/7, SACK, timestamps\n"),
        (
            Some(full),
            Some(plain),
            "Agreed: mss 1460/536 (not said); not SACK, timestamps, window scale: only you offered\n",
        ),
        (Some(plain), Some(plain), "Agreed: mss 536 (not said)/536 (not said)\n"),
        (None, Some(full), "Agreed: unknown: your SYN is not in the capture\n"),
    ];
    for (client, server, expected) in table {
        let text = lines(&Summary { offered: Pair { client, server }, ..summary() });
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn oddities_are_named_and_repetitions_counted() {
    let marks = [Mark::Retransmission, Mark::ZeroWindow, Mark::WindowUpdate].into_iter().collect();
    let text = lines(&Summary { marks, retransmissions: Pair { client: 0, server: 12 }, ..summary() });
    assert!(text.contains("Odd: 12 segments sent again by the server, window closed to 0\n"), "{text}");
    // What one mark says of a segment, the other need not say again.
    let odd = |marks: [Mark; 2]| lines(&Summary { marks: marks.into_iter().collect(), ..summary() });
    assert!(!odd([Mark::SynWithData, Mark::FastOpen]).contains("Odd"));
    assert!(odd([Mark::SynWithData, Mark::FastOpenRequest]).contains("Odd: data on the SYN\n"));
    assert!(odd([Mark::UnacceptableAck, Mark::HalfOpen]).contains("Odd: half-open connection discovered\n"));
}

#[test]
fn what_our_own_listener_did_with_a_syn_is_no_guess() {
    let (states, syns) = (Pair::default(), 3);
    for (handshake, lost, no_place, words) in [
        (Handshake::Unanswered, 3, 0, "taken as lost by the server, as asked; connect() would fail with ETIMEDOUT"),
        (Handshake::Unanswered, 0, 3, "dropped by the server: the backlog was full; connect()"),
        (Handshake::Unanswered, 1, 2, "1 taken as lost by the server, as asked, and 2 dropped: the backlog was full"),
        (Handshake::Refused, 0, 1, "by the server, as asked: the backlog was full; connect() would fail with ECONN"),
    ] {
        let reception = Some(crate::trace::Reception { lost, no_place });
        let said = lines(&Summary { handshake, syns, states, reception, ..summary() });
        assert!(said.contains(words) && !said.contains("firewall"), "{said}");
    }
}

#[test]
fn what_few_unanswered_syns_tell() {
    let unanswered = |syns| lines(&Summary { handshake: Handshake::Unanswered, syns, ..summary() });
    assert!(!unanswered(1).contains("connect()") && unanswered(1).contains("no answer was seen"), "{}", unanswered(1));
    assert!(unanswered(3).contains("ETIMEDOUT"), "{}", unanswered(3));
}

#[test]
fn a_reset_of_the_own_kernel_is_not_yours() {
    let marks = [Mark::OwnKernelReset].into_iter().collect();
    let reset_by = Some(Side::Client);
    for (handshake, termination) in [(Handshake::Aborted, Termination::None), (Handshake::ThreeWay, Termination::Reset)]
    {
        let text = lines(&Summary { handshake, termination, reset_by, marks, ..summary() });
        assert!(text.contains("your own kernel") && !text.contains("by you:"), "{text}");
    }
}

#[test]
fn every_connection_that_was_open_has_a_closing_line() {
    let mut summary = summary();
    summary.states.client.state = Some(State::Closed);
    let text = lines(&summary);
    assert!(text.contains("Closed: at your end only; the server took no notice of it\n"), "{text}");
    summary.states.server.state = Some(State::Closed);
    assert!(lines(&summary).contains("Closed: at both ends"));
}

#[test]
fn a_reset_that_is_all_there_is_comes_after_nothing() {
    let termination = Termination::Reset;
    let text = lines(&Summary { termination, termination_time: Some(Millis(Duration::ZERO)), ..summary() });
    assert!(text.contains("Closed: by a reset from one end\n"), "{text}");
}

#[test]
fn a_reset_says_how_far_it_got_what_it_cut_off_and_whether_it_counts() {
    let cut = |unread, unacknowledged, unanswered| Some(CutOff { unread, unacknowledged, unanswered });
    let rows = [
        (Some(Stage::AfterAck), cut(0, 0, 0), Some(ResetNumber::Exact)),
        (Some(Stage::AfterFirstData), cut(0, 0, 17), None),
        (Some(Stage::Later), cut(1448, 9, 1457), Some(ResetNumber::InWindow)),
        (None, cut(0, 9, 9), Some(ResetNumber::Outside)),
    ];
    let mut all = String::new();
    for (reset_by, row) in Side::BOTH.into_iter().flat_map(|side| rows.map(|row| (Some(side), row))) {
        let (stage, cut_off, reset_number) = row;
        let termination = Termination::Reset;
        let text = lines(&Summary { termination, reset_by, stage, cut_off, reset_number, ..summary() });
        all += text.lines().find(|line| line.starts_with("Closed")).expect("a closing line");
        all.push('\n');
    }
    insta::assert_snapshot!(all);
}

#[test]
fn ecn_is_agreed_or_only_offered() {
    let ecn = |client, server| lines(&Summary { ecn: Pair { client, server }, ..summary() });
    assert!(ecn(true, true).contains("SACK, ECN\n"), "{}", ecn(true, true));
    assert!(ecn(true, false).contains("; not ECN: only you offered\n"), "{}", ecn(true, false));
    assert!(!ecn(false, true).contains("ECN"));
}
