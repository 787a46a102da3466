//! What is typed, marked, changed and told, as tables.

use proptest::prelude::*;

use super::*;
use crate::tcp::{Call, Seq, State, Variables};
use crate::wire::{Flags, IpFields, SegmentFields, emit};

const SA: Flags = Flags::SYN.with(Flags::ACK);
const FA: Flags = Flags::FIN.with(Flags::ACK);
const PA: Flags = Flags::PSH.with(Flags::ACK);

/// The server that was called by 192.0.2.1, whose SYN had number 1000; its own had 5000.
const RECEIVER: Variables = Variables {
    iss: Seq(5000),
    snd_una: Seq(5001),
    snd_nxt: Seq(5006),
    max_snd_wnd: 64_240,
    irs: Seq(1000),
    rcv_nxt: Seq(1001),
    rcv_wnd: 65_535,
    passive: true,
};

const ORIGINS: Origins = Origins { seq: Seq(1000), ack: Seq(5000), receiver: RECEIVER };

fn outgoing(seq: u32, ack: u32, flags: Flags, payload: &[u8]) -> Outgoing {
    let (local, remote) = ("192.0.2.1:40000".parse().unwrap(), "192.0.2.2:7".parse().unwrap());
    let fields = SegmentFields { seq, ack, flags, window: 502, payload: payload.to_vec(), ..SegmentFields::default() };
    Outgoing::of(&emit::segment(local, remote, &IpFields::default(), &fields).unwrap()).unwrap()
}

#[test]
fn every_word_is_an_order_where_it_can_be_typed() {
    let rows = [
        ("", Mode::Send, Order::Go),
        ("  send ", Mode::Send, Order::Go),
        ("S", Mode::Send, Order::Go),
        ("", Mode::Guess, Order::Go),
        ("", Mode::Read, Order::Go),
        ("n", Mode::Read, Order::Go),
        ("D", Mode::Send, Order::Drop),
        ("drop", Mode::Guess, Order::Drop),
        ("e", Mode::Send, Order::Changes),
        ("u", Mode::Send, Order::Undo),
        ("p", Mode::Send, Order::Predict),
        ("predict", Mode::Guess, Order::Predict),
        ("b", Mode::Read, Order::Back),
        ("?", Mode::Read, Order::Help),
        ("h", Mode::Guess, Order::Help),
        ("q", Mode::Send, Order::Stop),
        ("Quit", Mode::Read, Order::Stop),
    ];
    for (typed, mode, expected) in rows {
        assert_eq!(order(typed, mode), Ok(expected), "{typed:?} {mode:?}");
    }
    for (typed, mode) in [("b", Mode::Send), ("drop", Mode::Read), ("SA", Mode::Send), ("sequence 1", Mode::Send)] {
        assert!(
            order(typed, mode).is_err() || matches!(order(typed, mode), Ok(Order::Foretell(_))),
            "{typed} {mode:?}"
        );
    }
    assert_eq!(order("SA", Mode::Send), Err(Unread::Word));
    assert_eq!(order("hello", Mode::Guess), Err(Unread::Prediction));
}

#[test]
fn help_names_everything_that_can_be_typed() {
    for mode in [Mode::Send, Mode::Guess, Mode::Read] {
        for (words, text) in help(mode) {
            assert!(!text.is_empty());
            for word in words.split(", ").filter(|word| *word != "Enter") {
                assert!(order(word, mode).is_ok(), "{word} {mode:?}: {:?}", order(word, mode));
            }
        }
    }
}

#[test]
fn a_change_makes_the_field_what_was_typed() {
    // (typed, flags, seq, ack, window) from PSH ACK 1001:5006 with window 502
    let rows = [
        ("flags SA", SA, 1001, 5006, 502),
        ("flags=[F.]", FA, 1001, 5006, 502),
        ("flags +FIN", PA.with(Flags::FIN), 1001, 5006, 502),
        ("f -P", Flags::ACK, 1001, 5006, 502),
        ("flags none", Flags::NONE, 1001, 5006, 502),
        ("seq +1", PA, 1002, 5006, 502),
        ("SEQ -1001", PA, 0, 5006, 502),
        ("seq -1002", PA, u32::MAX, 5006, 502),
        ("seq 7", PA, 1007, 5006, 502),
        ("seq 0x10", PA, 1016, 5006, 502),
        ("seq rcv.nxt+rcv.wnd", PA, 66_536, 5006, 502),
        ("ack 0", PA, 1001, 5000, 502),
        ("ack: 6", PA, 1001, 5006, 502),
        ("ack snd.nxt + 1", PA, 1001, 5007, 502),
        ("window 0", PA, 1001, 5006, 0),
        ("win 65535", PA, 1001, 5006, 65_535),
    ];
    for (typed, flags, seq, ack, window) in rows {
        let Ok(Order::Change(change)) = order(typed, Mode::Send) else { panic!("{typed}") };
        let mut segment = outgoing(1001, 5006, PA, b"hello");
        change.apply(&mut segment, &ORIGINS);
        let fields = &segment.fields;
        assert_eq!((fields.flags, fields.seq, fields.ack, fields.window), (flags, seq, ack, window), "{typed}");
        assert_eq!(Outgoing::of(&segment.bytes().unwrap()), Ok(segment), "{typed}");
    }
}

#[test]
fn an_acknowledgment_number_brings_the_flag_that_makes_it_count() {
    let Ok(Order::Change(change)) = order("ack 1", Mode::Send) else { panic!() };
    let mut syn = outgoing(1000, 0, Flags::SYN, b"");
    change.apply(&mut syn, &ORIGINS);
    assert_eq!((syn.fields.flags, syn.fields.ack), (SA, 5001));
}

#[test]
fn what_a_field_wants_is_told() {
    for (typed, field) in [
        ("flags", "flags"),
        ("flags hello", "flags"),
        ("seq", "seq"),
        ("seq one", "seq"),
        ("ack +rcv.nxt", "ack"),
        ("window 65536", "window"),
        ("win -1", "window"),
    ] {
        let Err(Unread::Change(error)) = order(typed, Mode::Send) else { panic!("{typed}") };
        assert_eq!(error.field, field, "{typed}");
        assert!(error.to_string().ends_with('.'));
    }
}

#[test]
fn predictions_are_marked_part_by_part() {
    let syn_ack = Fact { flags: SA, seq: 0, ack: Some(1), len: 0, state: Some(State::SynReceived) };
    let data = Fact { flags: PA, seq: 1, ack: Some(6), len: 5, state: Some(State::Established) };
    let syn = Fact { flags: Flags::SYN, seq: 0, ack: None, len: 0, state: None };
    let rows: [(&str, Fact, &[&str]); 12] = [
        ("SA seq 0 ack 1", syn_ack, &["flags SYN ACK: right", "seq 0: right", "ack 1: right"]),
        ("sa", syn_ack, &["flags SYN ACK: right"]),
        ("syn ack", syn_ack, &["flags SYN ACK: right"]),
        ("[S.], seq=0, ack=2", syn_ack, &["flags SYN ACK: right", "seq 0: right", "ack 2: wrong, it is 1"]),
        ("SYN seq 0 ack 1", syn_ack, &["flags SYN ACK: right", "seq 0: right", "ack 1: right"]),
        ("SYN", syn_ack, &["flags SYN: wrong, it is SYN ACK"]),
        ("state syn_received", syn_ack, &["state SYN-RECEIVED: right"]),
        ("LISTEN", syn_ack, &["state LISTEN: wrong, it is SYN-RECEIVED"]),
        (
            "psh ack seq 1 ack 5 len 5",
            data,
            &["flags PSH ACK: right", "seq 1: right", "ack 5: wrong, it is 6", "len 5: right"],
        ),
        ("S ack 0", syn, &["flags SYN ACK: wrong, it is SYN", "ack 0: wrong, it has none"]),
        ("ack seq 1", data, &["flags ACK: wrong, it is PSH ACK", "seq 1: right"]),
        ("CLOSED", syn, &[]),
    ];
    for (typed, fact, expected) in rows {
        for mode in [Mode::Guess, Mode::Read] {
            let Ok(Order::Foretell(prediction)) = order(typed, mode) else { panic!("{typed}") };
            let marks = prediction.marks(&fact);
            let texts: Vec<&str> = marks.iter().map(|mark| mark.text.as_str()).collect();
            assert_eq!(texts, expected, "{typed}");
            assert!(marks.iter().all(|mark| mark.is_right == mark.text.ends_with(": right")));
        }
    }
}

/// A conversation from our end: what is made and what comes, in turn.
enum Turn {
    Made(u32, u32, Flags, u32),
    Came(u32, u32, Flags, u32),
}
use Turn::{Came, Made};

#[test]
fn every_number_is_a_sum_of_what_was_sent_before() {
    let (syn, ack) = (Flags::SYN, Flags::ACK);
    // What is made, with the words for SEG.SEQ and SEG.ACK.
    let rows: [(Turn, &str, &str); 11] = [
        (Made(1000, 0, syn, 0), "0, your initial number: 1000 on the wire", ""),
        (Came(5000, 1001, SA, 0), "", ""),
        (
            Made(1001, 5001, ack, 0),
            "1 = 0 + 1: behind your SYN, which takes one number; a bare ACK takes no number",
            "1 = 0 + 1: the server's SYN, which takes one number",
        ),
        (
            Made(1001, 5001, PA, 5),
            "1 = 0 + 1: behind your SYN, which takes one number",
            "1 still: the next number that the server is to send",
        ),
        (Came(5001, 1006, PA, 5), "", ""),
        (
            Made(1006, 5006, ack, 0),
            "6 = 1 + 5: behind your 5 bytes; a bare ACK takes no number",
            "6 = 1 + 5: the server's 5 bytes",
        ),
        (
            Made(1001, 5006, PA, 5),
            "1 once more: from there on nothing is acknowledged",
            "6 still: the next number that the server is to send",
        ),
        (
            Made(1006, 5006, FA, 0),
            "6 = 1 + 5: behind your 5 bytes",
            "6 still: the next number that the server is to send",
        ),
        (Came(5006, 1007, FA.with(Flags::PSH), 3), "", ""),
        (
            Made(1007, 5010, ack, 0),
            "7 = 6 + 1: behind your FIN, which takes one number; a bare ACK takes no number",
            "10 = 6 + 3 + 1: the server's 3 bytes and FIN",
        ),
        (
            Made(2000, 5010, ack, 0),
            "1000, by no segment before it",
            "10 still: the next number that the server is to send",
        ),
    ];
    let mut ledger = Ledger::default();
    let piece = |seq, ack, flags, len| Piece { seq: Seq(seq), ack: Seq(ack), flags, len };
    for (turn, seq_words, ack_words) in rows {
        match turn {
            Came(seq, ack, flags, len) => ledger.came(&piece(seq, ack, flags, len)),
            Made(seq, ack, flags, len) => {
                let piece = piece(seq, ack, flags, len);
                let zero = ledger.ours(&piece);
                assert_eq!(ledger.seq_words(&piece, zero), seq_words);
                let words = ledger.ack_words(&piece, ledger.theirs(), "the server");
                assert_eq!(words.unwrap_or_default(), ack_words);
                ledger.made(&piece);
            }
        }
    }
}

#[test]
fn what_comes_twice_is_new_once() {
    let mut ledger = Ledger::default();
    let piece = |seq, flags, len| Piece { seq: Seq(seq), ack: Seq(1), flags, len };
    ledger.came(&piece(u32::MAX, SA, 0));
    assert_eq!(ledger.since(), Since { any: true, syn: true, ..Since::default() });
    ledger.made(&piece(1, Flags::ACK, 0));
    assert_eq!(ledger.since(), Since::default());
    ledger.came(&piece(u32::MAX, SA, 0));
    assert_eq!(ledger.since(), Since { any: true, ..Since::default() });
    ledger.came(&piece(0, PA, 5));
    ledger.came(&piece(0, PA, 5));
    ledger.came(&piece(3, PA, 4));
    ledger.came(&piece(7, FA, 0));
    ledger.came(&piece(7, FA, 0));
    assert_eq!(ledger.since(), Since { any: true, octets: 7, fin: true, ..Since::default() });
}

#[test]
fn another_number_of_the_syn_moves_what_follows() {
    let mut ledger = Ledger::default();
    ledger.made(&Piece { seq: Seq(1000), flags: Flags::SYN, ..Piece::default() });
    ledger.begun_at(Seq(7000));
    let next = Piece { seq: Seq(7001), flags: Flags::ACK, ..Piece::default() };
    assert!(ledger.seq_words(&next, ledger.ours(&next)).starts_with("1 = 0 + 1: behind your SYN"));
}

fn proposal(segment: Outgoing, states: [State; 3], call: Option<Call>) -> Proposal {
    let [from, before, to] = states;
    Proposal { segment, from, before, to, calls: [call, None] }
}

#[test]
fn each_segment_has_its_reason_and_its_states() {
    use State::{CloseWait, Closed, Established, FinWait1, LastAck, SynSent};
    let rows = [
        (
            outgoing(1000, 0, Flags::SYN, b""),
            [Closed, Closed, SynSent],
            Some(Call::Connect),
            "connect(): asks the server for a connection, and tells it your initial number",
            "CLOSED → SYN-SENT, with this segment",
        ),
        (
            outgoing(1001, 5001, Flags::ACK, b""),
            [SynSent, Established, Established],
            None,
            "the SYN ACK of the server came: acknowledging it completes the handshake",
            "SYN-SENT → ESTABLISHED, by what has come since",
        ),
        (
            outgoing(1001, 5001, PA, b"hello"),
            [Established; 3],
            Some(Call::Send(5)),
            "send(5): your 5 bytes on their way",
            "ESTABLISHED, and stays so",
        ),
        (
            outgoing(1001, 5001, FA, b""),
            [Established, Established, FinWait1],
            Some(Call::Close),
            "close(): you have no more to say; the server may still send",
            "ESTABLISHED → FIN-WAIT-1, with this segment",
        ),
        (
            outgoing(1001, 5001, FA, b""),
            [Established, CloseWait, LastAck],
            Some(Call::Close),
            "close(): the server has closed its direction; this closes yours",
            "ESTABLISHED → CLOSE-WAIT, by what has come since; → LAST-ACK, with this one",
        ),
        (
            outgoing(1001, 5001, Flags::RST, b""),
            [Established, Established, Closed],
            Some(Call::Abort),
            "abort: ends the connection at once, and wants no answer",
            "ESTABLISHED → CLOSED, with this segment",
        ),
        (
            outgoing(1001, 5001, Flags::RST, b""),
            [SynSent; 3],
            None,
            "the server acknowledged what you never sent: a reset tells it so",
            "SYN-SENT, and stays so",
        ),
    ];
    let mut ledger = Ledger::default();
    ledger.came(&Piece { seq: Seq(5000), ack: Seq(1001), flags: SA, len: 0 });
    for (segment, states, call, why, state) in rows {
        let told = words(&proposal(segment, states, call), &ledger, (Seq(1000), Seq(5000)), "the server");
        let of = |subject| told.iter().find(|line| line.subject == subject).map(|line| line.text.as_str());
        assert_eq!((of("Why"), of("State")), (Some(why), Some(state)));
    }
}

#[test]
fn acknowledgments_name_what_they_answer() {
    type Came<'a> = &'a [(u32, Flags, u32)];
    let rows: [(Came<'_>, &str); 5] = [
        (&[(5001, PA, 5)], "5 bytes of the server came: this acknowledges them"),
        (&[(5001, FA, 0)], "the FIN of the server came: this acknowledges it"),
        (&[(5001, PA, 1), (5002, FA, 0)], "1 byte and the FIN of the server came: this acknowledges both"),
        (&[(4000, PA, 0)], "the server sent what is here already, or cannot be: this tells it where you stand"),
        (&[], "it tells the server where you stand"),
    ];
    for (came, expected) in rows {
        let mut ledger = Ledger::default();
        ledger.made(&Piece { seq: Seq(1000), flags: Flags::SYN, ..Piece::default() });
        ledger.came(&Piece { seq: Seq(5000), ack: Seq(1001), flags: SA, len: 0 });
        ledger.made(&Piece { seq: Seq(1001), ack: Seq(5001), flags: Flags::ACK, len: 0 });
        came.iter().for_each(|(seq, flags, len)| {
            ledger.came(&Piece { seq: Seq(*seq), ack: Seq(1001), flags: *flags, len: *len });
        });
        let segment = outgoing(1001, 5001, Flags::ACK, b"");
        let told =
            words(&proposal(segment, [State::Established; 3], None), &ledger, (Seq(1000), Seq(5000)), "the server");
        assert_eq!(told[1].text, expected);
    }
}

#[test]
fn what_is_sent_again_says_so() {
    let mut ledger = Ledger::default();
    let syn = outgoing(1000, 0, Flags::SYN, b"");
    let first = proposal(syn, [State::Closed, State::Closed, State::SynSent], Some(Call::Connect));
    ledger.made(&first.piece());
    let told = words(&first, &ledger, (Seq(1000), Seq(0)), "the server");
    assert_eq!(told[1].text, "once more: nothing acknowledged it before your retransmission timer went off");
}

#[test]
fn changes_are_told_beside_what_was_made() {
    let made = outgoing(1001, 5001, Flags::ACK, b"");
    let mut now = made.clone();
    let texts = |now: &Outgoing| -> Vec<String> {
        changed_words(&made, now, (Seq(1000), Seq(5000))).into_iter().map(|line| line.text).collect()
    };
    assert_eq!(texts(&now), ["ACK  seq 1  ack 1  window 502", "nothing"]);
    now.fields.flags = Flags::NONE;
    now.fields.seq = 999;
    assert_eq!(texts(&now), ["no flag  seq 4294967295  window 502", "flags ACK → no flag, seq 1 → 4294967295"]);
}

proptest! {
    #[test]
    fn whatever_is_typed_is_read_or_refused(typed in "\\PC{0,40}") {
        for mode in [Mode::Send, Mode::Guess, Mode::Read] {
            match order(&typed, mode) {
                Ok(Order::Change(change)) => {
                    let mut segment = outgoing(1001, 5001, PA, b"hello");
                    change.apply(&mut segment, &ORIGINS);
                    prop_assert!(segment.bytes().is_ok());
                }
                Ok(_) => {}
                Err(error) => prop_assert!(!error.to_string().contains(char::is_control)),
            }
        }
    }

    #[test]
    fn a_packet_taken_apart_is_the_same_built_again(
        v6: bool, seq: u32, ack: u32, bits in 0..512_u16, window: u16, ttl: u8, tos: u8, id: u16, df: bool,
        flow in 0..0x10_0000_u32, options in 0..10_usize, payload in proptest::collection::vec(any::<u8>(), 0..50),
    ) {
        let (local, remote) = if v6 { ("[2001:db8::1]:1", "[2001:db8::2]:7") } else { ("192.0.2.1:1", "192.0.2.2:7") };
        let ip = IpFields { ttl, tos, identification: id, dont_fragment: df, flow_label: flow };
        let fields = SegmentFields {
            seq, ack, flags: Flags::from_bits(bits), window, urgent: 3, options: vec![1; options * 4], payload,
        };
        let bytes = emit::segment(local.parse().unwrap(), remote.parse().unwrap(), &ip, &fields).unwrap();
        prop_assert_eq!(Outgoing::of(&bytes).unwrap().bytes().unwrap(), bytes);
    }
}
