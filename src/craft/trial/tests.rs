//! Trials against a peer that is a few lines of script.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::*;
use crate::tcp::{Basis, Judgement, Number, Observed, State, Verdict, judge, judge_by_answer};
use crate::wire::{Flags, LinkType, Packet, SegmentFields, decode, emit};

pub(super) const ISS: u32 = 5000;
pub(super) const ISN: u32 = u32::MAX - 1;
const WINDOW: u16 = 29_200;

fn sockets() -> (SocketAddr, SocketAddr) {
    ("192.0.2.1:40000".parse().unwrap(), "192.0.2.2:80".parse().unwrap())
}

fn trial(target: Target) -> Trial {
    Trial::new(config(target, Program::Obeys))
}

pub(super) fn config(target: Target, program: Program) -> TrialConfig {
    let (local, remote) = sockets();
    TrialConfig {
        target,
        program,
        local,
        remote,
        ip: IpFields::default(),
        isn: Seq(ISN),
        guess: Seq(900),
        window: 64_240,
        timeout: Duration::from_secs(1),
        retries: 2,
        pause: Duration::ZERO,
        patience: Duration::from_millis(500),
    }
}

fn raw(bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::default(), link: LinkType::RAW, original_len: bytes.len() as u32, bytes }
}

/// A segment of the peer arrives.
pub(super) fn arrive(trial: &mut Trial, now: Time, flags: Flags, seq: u32, ack: u32) {
    arrive_with(trial, now, (flags, seq, ack), b"");
}

/// The same with a payload.
pub(super) fn arrive_with(trial: &mut Trial, now: Time, (flags, seq, ack): (Flags, u32, u32), payload: &[u8]) {
    let (local, remote) = sockets();
    let payload = payload.to_vec();
    let fields = SegmentFields { seq, ack, flags, window: WINDOW, payload, ..SegmentFields::default() };
    let bytes = emit::segment(remote, local, &IpFields::default(), &fields).unwrap();
    let packet = raw(&bytes);
    let decoded = decode(&packet);
    let (ip, segment) = decoded.segment().unwrap();
    trial.arrive(now, ip, segment);
}

/// What is sent until there is something to wait for: flags, numbers and octets of payload.
pub(super) fn sent(trial: &mut Trial, now: Time) -> Vec<(Flags, u32, u32, usize)> {
    let mut sent = Vec::new();
    while let TrialAction::Send(emit) = trial.poll(now) {
        let packet = raw(&emit.packet);
        let decoded = decode(&packet);
        let (_, segment) = decoded.segment().unwrap();
        sent.push((segment.flags, segment.seq, segment.ack, segment.payload.len()));
    }
    sent
}

const SYN: Flags = Flags::SYN;
const ACK: Flags = Flags::ACK;
const FIN: Flags = Flags::FIN;

/// The peer of the script: its next number, and what it has from us.
struct Peer {
    nxt: u32,
    received: u32,
    /// What it says next.
    says: VecDeque<(Flags, u32, u32)>,
}

impl Peer {
    fn say(&mut self, flags: Flags) {
        self.says.push_back((flags, self.nxt, self.received));
        self.nxt += flags.sequence_len();
    }

    fn hear(&mut self, packet: &[u8]) {
        let packet = raw(packet);
        let decoded = decode(&packet);
        let (_, segment) = decoded.segment().unwrap();
        if segment.sequence_len() > 0 {
            self.received = segment.seq.wrapping_add(segment.sequence_len());
            self.say(if segment.flags.syn() { SYN | ACK } else { ACK });
        }
    }
}

/// Leads a trial into its state; gives the flags of what we sent.
fn lead(trial: &mut Trial) -> Vec<String> {
    let now = Time::from_parts(10, 0);
    let mut peer = Peer { nxt: ISS, received: 0, says: VecDeque::new() };
    let mut sent = Vec::new();
    for _ in 0..50 {
        match trial.poll(now) {
            TrialAction::Send(emit) => {
                peer.hear(&emit.packet);
                sent.push(decode(&raw(&emit.packet)).segment().unwrap().1.flags.to_string());
            }
            TrialAction::Act(Deed::Connect) => peer.say(SYN),
            TrialAction::Act(Deed::ShutdownWrite | Deed::Close) => peer.say(FIN | ACK),
            TrialAction::WaitUntil(_) => {
                let (flags, seq, ack) = peer.says.pop_front().expect("nothing comes");
                arrive(trial, now, flags, seq, ack);
            }
            TrialAction::Ready => return sent,
            TrialAction::Done => panic!("{:?}", trial.failure()),
        }
    }
    panic!("it never gets there");
}

#[test]
fn the_peers_numbers_in_each_state() {
    // SND.NXT - ISS, numbers not acknowledged, RCV.NXT - IRS, what we sent
    let rows: [(Target, u32, u32, u32, &[&str]); 10] = [
        (Target::SynSent, 1, 1, 1, &[]),
        (Target::SynReceived, 1, 1, 1, &["SYN"]),
        (Target::Established, 1, 0, 1, &["SYN", "ACK"]),
        (Target::FinWait1, 2, 1, 1, &["SYN", "ACK"]),
        (Target::FinWait2, 2, 0, 1, &["SYN", "ACK", "ACK"]),
        (Target::FinWait2Orphan, 2, 0, 1, &["SYN", "ACK", "ACK"]),
        (Target::CloseWait, 1, 0, 2, &["SYN", "ACK", "FIN ACK"]),
        (Target::Closing, 2, 1, 2, &["SYN", "ACK", "FIN ACK"]),
        (Target::LastAck, 2, 1, 2, &["SYN", "ACK", "FIN ACK"]),
        (Target::TimeWait, 2, 0, 2, &["SYN", "ACK", "FIN ACK"]),
    ];
    for (target, sent, unacknowledged, received, ours) in rows {
        let mut trial = trial(target);
        assert_eq!(lead(&mut trial), ours, "{target:?}");
        let peer = trial.variables();
        let numbers = (peer.snd_nxt - peer.iss, peer.snd_nxt - peer.snd_una, peer.rcv_nxt - peer.irs);
        assert_eq!(numbers, (sent, unacknowledged, received), "{target:?}");
        assert_eq!((peer.iss, peer.irs, peer.rcv_wnd), (Seq(ISS), Seq(ISN), u32::from(WINDOW)), "{target:?}");
        assert_eq!(peer.passive, target != Target::SynSent);
    }
    for target in [Target::Closed, Target::Listen] {
        let mut trial = trial(target);
        assert!(lead(&mut trial).is_empty());
        assert_eq!((trial.variables().rcv_nxt, trial.variables().snd_nxt), (Seq(ISN) + 1, Seq(901)));
    }
}

#[test]
fn a_silent_peer_is_asked_again_and_given_up() {
    let mut trial = trial(Target::Established);
    let (mut now, mut syns) = (Time::from_parts(10, 0), 0);
    let waited = loop {
        match trial.poll(now) {
            TrialAction::Send(_) => syns += 1,
            TrialAction::WaitUntil(until) => now = until,
            TrialAction::Done => break now.since(Time::from_parts(10, 0)),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((syns, trial.failure()), (3, Some(Failure::Missing(Sign::SynAck))));
    assert_eq!(waited, Duration::from_secs(3));
}

#[test]
fn a_reset_or_an_icmp_error_on_the_way_ends_it() {
    let now = Time::from_parts(10, 0);
    let mut trial = trial(Target::SynReceived);
    assert!(matches!(trial.poll(now), TrialAction::Send(_)));
    arrive(&mut trial, now, Flags::RST | ACK, 0, ISN.wrapping_add(1));
    assert_eq!((trial.poll(now), trial.failure()), (TrialAction::Done, Some(Failure::Reset)));
}

#[test]
fn what_is_not_ours_is_passed_over() {
    let now = Time::from_parts(10, 0);
    let mut trial = trial(Target::SynReceived);
    assert!(matches!(trial.poll(now), TrialAction::Send(_)));
    let (local, remote) = sockets();
    let fields = SegmentFields { seq: ISS, ack: ISN.wrapping_add(1), flags: SYN | ACK, ..SegmentFields::default() };
    let other = SocketAddr::new(remote.ip(), remote.port() + 1);
    let mut damaged = emit::segment(remote, local, &IpFields::default(), &fields).unwrap();
    damaged[36] ^= 1;
    for bytes in [emit::segment(other, local, &IpFields::default(), &fields).unwrap(), damaged] {
        let packet = raw(&bytes);
        let decoded = decode(&packet);
        let (ip, segment) = decoded.segment().unwrap();
        trial.arrive(now, ip, segment);
        assert!(matches!(trial.poll(now), TrialAction::WaitUntil(_)));
    }
}

/// In `target` this segment is fired.
fn fired(target: Target, flags: Flags, seq: &str, ack: &str) -> Trial {
    let mut trial = trial(target);
    lead(&mut trial);
    let number = |text: &str| text.parse::<crate::tcp::Relative>().unwrap().resolve(trial.variables());
    let segment = Arriving { seq: number(seq), ack: number(ack), flags, len: 0, signed: false };
    let now = Time::from_parts(20, 0);
    trial.fire(now, Shot { packets: vec![vec![1], vec![2]], uncut: None, sent: segment, damage: None });
    for octet in [1, 2] {
        let TrialAction::Send(emit) = trial.poll(now) else { panic!("not sent") };
        assert_eq!(emit.packet, [octet]);
    }
    trial
}

fn verdict(trial: &Trial, state: Option<State>) -> Judgement {
    let standing = trial.config().target.row().standing;
    judge(standing, trial.variables(), trial.segment(), trial.heard(), state)
}

#[test]
fn a_repeated_fin_is_no_answer() {
    let now = Time::from_parts(20, 1000);
    let mut trial = fired(Target::FinWait1, Flags::RST, "rcv.nxt+100", "0");
    arrive(&mut trial, now, FIN | ACK, ISS + 1, ISN.wrapping_add(1));
    assert_eq!(trial.heard(), None);
    arrive(&mut trial, now, ACK, ISS + 2, ISN.wrapping_add(1));
    let judgement = verdict(&trial, Some(State::FinWait1));
    assert_eq!(judgement.verdict, Verdict::Agrees);
    let Observed { seq, ack, .. } = judgement.observed;
    assert_eq!((seq, ack), (Some(Number::SndNxt), Some(Number::RcvNxt)));
    // Once there is an answer, not much more is waited for.
    assert!(matches!(trial.poll(now), TrialAction::WaitUntil(until) if until < Time::from_parts(20, 100_000_000)));
    assert_eq!(trial.poll(Time::from_parts(20, 100_000_000)), TrialAction::Done);
}

#[test]
fn a_repeated_syn_ack_answers_a_syn_only_before_its_timer() {
    for (flags, seconds, answers) in [(SYN, 0, true), (SYN, 2, false), (Flags::PSH, 0, false)] {
        let mut trial = fired(Target::SynReceived, flags, "irs", "0");
        arrive(&mut trial, Time::from_parts(10 + seconds, 100), SYN | ACK, ISS, ISN.wrapping_add(1));
        assert_eq!(trial.heard().is_some(), answers, "{flags} after {seconds} s");
    }
    let mut trial = fired(Target::SynReceived, SYN, "irs", "0");
    arrive(&mut trial, Time::from_parts(10, 100), SYN | ACK, ISS, ISN.wrapping_add(1));
    let judgement = verdict(&trial, Some(State::SynReceived));
    assert_eq!(judgement.verdict, Verdict::Known(crate::tcp::Cause::RepeatsSynAck));
    assert_eq!(judgement.observed.seq, Some(Number::Iss));
}

/// A redirect quotes a segment that went on: neither the way into the state nor the segment has failed.
#[test]
fn advice_ends_nothing() {
    let (local, _) = sockets();
    let router = "192.0.2.254".parse().unwrap();
    let told = |trial: &mut Trial, kind: u8| {
        let mut bytes = emit::header(router, local.ip(), &IpFields::default(), 1, 8).unwrap();
        bytes.extend([kind, 1, 0, 0, 0, 0, 0, 0]);
        let packet = raw(&bytes);
        let decoded = decode(&packet);
        let crate::wire::Content::Icmp(icmp) = &decoded.content else { panic!("{decoded:?}") };
        trial.icmp(Time::from_parts(20, 5), decoded.ip.as_ref().unwrap(), icmp);
    };
    let mut early = trial(Target::Established);
    told(&mut early, 5);
    assert_eq!(early.failure(), None);
    let mut late = fired(Target::Established, Flags::NONE, "rcv.nxt", "0");
    told(&mut late, 5);
    assert_eq!(late.heard(), None);
    told(&mut late, 3);
    assert_eq!(late.heard(), Some(Heard::Error));
}

#[test]
fn silence_is_an_answer_too() {
    let trial = fired(Target::Established, Flags::NONE, "rcv.nxt", "0");
    assert_eq!(verdict(&trial, Some(State::Established)).verdict, Verdict::Agrees);
    assert_eq!(verdict(&trial, Some(State::Closed)).verdict, Verdict::Differs);
    assert_eq!(verdict(&trial, None).verdict, Verdict::Agrees, "nobody could tell the state");
}

#[test]
fn a_number_that_follows_no_rule_is_none() {
    let mut trial = fired(Target::Established, ACK, "rcv.nxt-1", "snd.nxt");
    arrive(&mut trial, Time::from_parts(20, 1), ACK, ISS + 77, ISN.wrapping_add(1));
    let judgement = verdict(&trial, None);
    assert_eq!((judgement.verdict, judgement.observed.seq), (Verdict::Differs, None));
    assert_eq!(judgement.observed.ack, Some(Number::RcvNxt));
}

#[test]
fn a_damaged_segment_is_to_be_met_with_silence() {
    let mut trial = trial(Target::Established);
    lead(&mut trial);
    let sent = Arriving { seq: Seq(1), ack: Seq(2), flags: ACK, len: 3, signed: false };
    trial.fire(
        Time::from_parts(20, 0),
        Shot { packets: vec![vec![1]], uncut: None, sent, damage: Some(Damage::Checksum) },
    );
    let judgement = verdict(&trial, Some(State::Established));
    assert_eq!((judgement.verdict, judgement.expected.section), (Verdict::Agrees, "3.1"));
}

#[test]
fn without_a_connection_the_answer_tells_the_state() {
    let rows = [
        (SYN, None, State::Listen, Basis::Neither),
        (SYN, Some((SYN | ACK, 1234, ISN.wrapping_add(1))), State::Listen, Basis::Answer),
        (SYN, Some((Flags::RST | ACK, 0, ISN.wrapping_add(1))), State::Closed, Basis::Answer),
        (SYN, Some((Flags::RST | ACK, 7, ISN.wrapping_add(1))), State::Listen, Basis::Neither),
        (ACK, Some((Flags::RST, 901, 0)), State::Listen, Basis::Either),
        (FIN, None, State::Listen, Basis::Answer),
    ];
    for (flags, answer, state, basis) in rows {
        let mut trial = fired(Target::Listen, flags, "irs", "snd.nxt");
        if let Some((flags, seq, ack)) = answer {
            arrive(&mut trial, Time::from_parts(20, 1), flags, seq, ack);
        }
        let (judgement, found) = judge_by_answer(trial.variables(), trial.segment(), trial.heard());
        assert_eq!((judgement.standing.state, found), (state, basis), "{flags} {answer:?}");
    }
}

#[test]
fn a_shot_is_what_the_peer_gets() {
    use crate::craft::packet::{IpSpec, PacketSpec, TcpSpec, Transport};
    let (local, remote) = sockets();
    let tcp = TcpSpec { seq: 5, ack: 6, flags: FIN, ..TcpSpec::default() };
    let spec = |tcp: TcpSpec, fragment_size, more_fragments| PacketSpec {
        source: local.ip(),
        destination: remote.ip(),
        ip: IpSpec { fragment_size, more_fragments, ..IpSpec::default() },
        transport: Transport::Tcp(tcp),
        payload: b"hello".to_vec(),
    };
    let sent = Arriving { seq: Seq(5), ack: Seq(6), flags: FIN, len: 5, signed: false };
    let shot = Shot::of(&spec(tcp.clone(), None, false)).unwrap();
    assert_eq!((shot.packets.len(), &shot.uncut, shot.segment()), (1, &None, Some(&sent)));
    let shot = Shot::of(&spec(tcp.clone(), Some(16), false)).unwrap();
    assert_eq!((shot.packets.len(), shot.segment()), (2, Some(&sent)), "in fragments");
    assert_eq!(shot.uncut.map(|packet| packet.len()), Some(20 + 20 + 5));
    let shot = Shot::of(&spec(tcp.clone(), None, true)).unwrap();
    assert_eq!((shot.segment(), shot.sent), (None, sent), "never whole");
    assert_eq!(shot.damage, Some(Damage::Fragment));
    let ip = IpSpec { length: crate::craft::packet::IpLength::Says(30), ..IpSpec::default() };
    let shot = Shot::of(&PacketSpec { ip, ..spec(tcp.clone(), None, false) }).unwrap();
    assert_eq!((shot.segment(), shot.sent), (None, sent), "the header is cut");
    assert_eq!(shot.damage, Some(Damage::IpLength));
    let (checksum, offset) = (TcpSpec { bad_checksum: true, ..tcp.clone() }, TcpSpec { data_offset: Some(4), ..tcp });
    for (bad, damage) in [(checksum, Damage::Checksum), (offset, Damage::DataOffset)] {
        let shot = Shot::of(&spec(bad, None, false)).unwrap();
        assert_eq!((shot.segment(), shot.sent, shot.damage), (None, sent, Some(damage)));
    }
}

#[test]
fn interruption_ends_it_wherever_it_is() {
    let now = Time::from_parts(30, 0);
    let mut early = trial(Target::Established);
    early.stop(now);
    assert_eq!(early.poll(now), TrialAction::Done);
    let mut late = fired(Target::Established, Flags::NONE, "rcv.nxt", "0");
    late.stop(Time::from_parts(20, 5));
    assert_eq!(late.poll(Time::from_parts(20, 5)), TrialAction::Done);
}
