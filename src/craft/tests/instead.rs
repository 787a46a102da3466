//! Segments that somebody changed before they left.

use super::bench::{Bench, ISS, MS, Sent, sockets};
use crate::craft::Outcome;
use crate::tcp::State;
use crate::wire::{Flags, IpFields, LinkType, Packet, SegmentFields, decode, emit};

/// What was sent last leaves as `change` makes it.
fn changed(bench: &mut Bench, own: &Sent, change: impl FnOnce(&mut SegmentFields)) {
    let (local, remote) = sockets();
    let raw = |bytes| Packet { time: bench.now, link: LinkType::RAW, original_len: 0, bytes };
    let packet = raw(&own.emit.packet);
    let (_, own) = decode(&packet).segment().map(|(ip, segment)| (*ip, *segment)).expect("a segment");
    let mut fields = SegmentFields {
        seq: own.seq,
        ack: own.ack,
        flags: own.flags,
        payload: own.payload.to_vec(),
        ..SegmentFields::default()
    };
    change(&mut fields);
    let bytes = emit::segment(local, remote, &IpFields::default(), &fields).unwrap();
    let packet = raw(&bytes);
    let (_, sent) = decode(&packet).segment().map(|(ip, segment)| (*ip, *segment)).expect("a segment");
    bench.endpoint.sent_instead(bench.now, &own, &sent);
}

/// The one segment that is sent now.
fn one(bench: &mut Bench) -> Sent {
    let mut sent = bench.sent();
    assert_eq!(sent.len(), 1);
    sent.remove(0)
}

#[test]
fn another_number_of_the_syn_is_the_initial_one() {
    let mut bench = Bench::new(|config| config.payload = b"hello".to_vec());
    let syn = one(&mut bench);
    changed(&mut bench, &syn, |fields| fields.seq = ISS.wrapping_add(1000));
    bench.say(Flags::SYN | Flags::ACK, 0, 1001, b"");
    assert_eq!(bench.state(), State::Established);
    bench.expect(&["ACK 1001:1", "PSH ACK 1001:1 +5"]);
}

#[test]
fn a_syn_that_left_as_something_else_is_sent_again() {
    let mut bench = Bench::new(|_| {});
    let syn = one(&mut bench);
    changed(&mut bench, &syn, |fields| fields.flags = Flags::ACK);
    assert_eq!(bench.state(), State::SynSent);
    bench.pass(MS * 1000);
    bench.expect(&["SYN 0"]);
}

#[test]
fn a_reset_ends_it() {
    let mut bench = Bench::established(|config| config.payload = b"hello".to_vec());
    let sent = bench.sent();
    changed(&mut bench, &sent[1], |fields| fields.flags = Flags::RST);
    assert_eq!((bench.state(), bench.run_out()), (State::Closed, (vec![], Outcome::Aborted)));
}

#[test]
fn a_fin_behind_all_data_closes() {
    let mut bench = Bench::established(|config| config.payload = b"hello".to_vec());
    let sent = bench.sent();
    changed(&mut bench, &sent[1], |fields| fields.flags |= Flags::FIN);
    assert_eq!(bench.state(), State::FinWait1);
    bench.ack(1, 7);
    assert_eq!(bench.state(), State::FinWait2);
    bench.fin(1, 7);
    assert_eq!(bench.state(), State::TimeWait);
    bench.expect(&["ACK 7:2"]);
}

#[test]
fn a_fin_anywhere_else_is_not_ours() {
    let mut bench = Bench::established(|config| config.payload = b"hello".to_vec());
    let sent = bench.sent();
    changed(&mut bench, &sent[0], |fields| fields.flags |= Flags::FIN);
    assert_eq!(bench.state(), State::Established);
}

#[test]
fn what_is_missing_is_sent_again() {
    let mut bench = Bench::established(|config| config.payload = b"hello".to_vec());
    let sent = bench.sent();
    changed(&mut bench, &sent[1], |fields| fields.payload.clear());
    bench.pass(MS * 1000);
    bench.expect(&["PSH ACK 1:1 +5"]);
    let mut bench = Bench::established(|_| {});
    bench.expect(&["ACK 1:1"]);
    bench.pass(MS * 300);
    let fin = one(&mut bench);
    changed(&mut bench, &fin, |fields| fields.flags = Flags::ACK);
    assert_eq!(bench.state(), State::FinWait1, "to itself it has closed");
    bench.pass(MS * 1000);
    bench.expect(&["FIN ACK 1:1"]);
}
