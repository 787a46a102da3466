//! Trials against a program that only reacts: it answers a request and closes.

use super::tests::{ISN, ISS, arrive, arrive_with, config, sent};
use super::*;

const ACK: Flags = Flags::ACK;
const FIN_ACK: Flags = Flags::FIN.with(ACK);
const REQUEST: &[u8] = b"QUIT";
/// Flags, then the octets of ours and the numbers of its before.
type Last = (Flags, u32, u32);
const NOW: Time = Time::from_nanos(10_000_000_000);

/// An open connection, with what was sent then.
fn open(target: Target, request: &[u8]) -> (Trial, Vec<(Flags, u32, u32, usize)>) {
    let mut trial = Trial::with_request(config(target, Program::Reacts), request.to_vec());
    assert_eq!(sent(&mut trial, NOW).len(), 1, "a SYN");
    arrive(&mut trial, NOW, Flags::SYN | ACK, ISS, ISN.wrapping_add(1));
    let after = sent(&mut trial, NOW);
    (trial, after)
}

/// Our next number, behind `octets` of a request.
fn ours(octets: u32) -> u32 {
    ISN.wrapping_add(1).wrapping_add(octets)
}

#[test]
fn it_is_asked_and_its_answer_acknowledged_but_not_its_fin() {
    let (mut trial, after) = open(Target::FinWait1, REQUEST);
    assert_eq!(after, [(ACK, ours(0), ISS + 1, 0), (Flags::PSH | ACK, ours(0), ISS + 1, 4)]);
    arrive_with(&mut trial, NOW, (ACK, ISS + 1, ours(4)), b"so ");
    assert_eq!(sent(&mut trial, NOW), [(ACK, ours(4), ISS + 4, 0)]);
    // The rest of it, with the FIN.
    arrive_with(&mut trial, NOW, (FIN_ACK, ISS + 4, ours(4)), b"long");
    assert_eq!(sent(&mut trial, NOW), [(ACK, ours(4), ISS + 8, 0)]);
    assert_eq!(trial.poll(NOW), TrialAction::Ready);
    let peer = trial.variables();
    assert_eq!((peer.snd_una, peer.snd_nxt, peer.rcv_nxt), (Seq(ISS + 8), Seq(ISS + 9), Seq(ours(4))));
    // The FIN again, without the octets that were acknowledged: no answer.
    let shot = Arriving { seq: Seq(0), ack: Seq(0), flags: Flags::NONE, len: 0, signed: false };
    trial.fire(NOW, Shot { packets: vec![vec![1]], uncut: None, sent: shot, damage: None });
    arrive(&mut trial, NOW, FIN_ACK, ISS + 8, ours(4));
    assert_eq!(trial.heard(), None);
    arrive(&mut trial, NOW, ACK, ISS + 9, ours(4));
    assert!(trial.heard().is_some());
}

#[test]
fn each_state_has_its_last_segments() {
    let rows: [(Target, &[Last]); 4] = [
        (Target::FinWait1, &[]),
        (Target::FinWait2, &[(ACK, 4, 2)]),
        (Target::Closing, &[(FIN_ACK, 4, 1)]),
        (Target::TimeWait, &[(FIN_ACK, 4, 2)]),
    ];
    for (target, last) in rows {
        let (mut trial, _) = open(target, REQUEST);
        arrive(&mut trial, NOW, FIN_ACK, ISS + 1, ours(4));
        let last: Vec<_> = last.iter().map(|(flags, octets, ack)| (*flags, ours(*octets), ISS + ack, 0)).collect();
        assert_eq!(sent(&mut trial, NOW), last, "{target:?}");
        if matches!(target, Target::Closing | Target::TimeWait) {
            arrive(&mut trial, NOW, ACK, ISS + 2, ours(5));
        }
        assert_eq!(trial.poll(NOW), TrialAction::Ready, "{target:?}");
    }
}

#[test]
fn our_fin_makes_it_close() {
    let (mut trial, after) = open(Target::LastAck, b"");
    assert_eq!(after.iter().map(|sent| sent.0).collect::<Vec<_>>(), [ACK, FIN_ACK]);
    // Its ACK and its FIN in one.
    arrive(&mut trial, NOW, FIN_ACK, ISS + 1, ours(1));
    assert_eq!(trial.poll(NOW), TrialAction::Ready);
    assert_eq!(trial.variables().snd_una, Seq(ISS + 1));
}

#[test]
fn without_a_request_its_close_is_waited_for_all_the_same() {
    let (mut trial, after) = open(Target::FinWait2, b"");
    assert_eq!(after.len(), 1, "no request");
    arrive(&mut trial, NOW, FIN_ACK, ISS + 1, ours(0));
    assert_eq!(sent(&mut trial, NOW), [(ACK, ours(0), ISS + 2, 0)]);
    assert_eq!(trial.poll(NOW), TrialAction::Ready);
}

#[test]
fn what_goes_wrong_on_the_way_is_told_apart() {
    let (mut hasty, _) = open(Target::CloseWait, b"");
    arrive(&mut hasty, NOW, FIN_ACK, ISS + 1, ours(1));
    assert_eq!((hasty.poll(NOW), hasty.failure()), (TrialAction::Done, Some(Failure::Closed)));
    let (mut broken, _) = open(Target::FinWait1, REQUEST);
    arrive(&mut broken, NOW, Flags::RST | ACK, ISS + 1, ours(4));
    assert_eq!((broken.poll(NOW), broken.failure()), (TrialAction::Done, Some(Failure::Broken)));
    let (mut mute, _) = open(Target::FinWait1, REQUEST);
    for second in 11..15 {
        let _ = mute.poll(Time::from_parts(second, 0));
    }
    assert_eq!(mute.failure(), Some(Failure::Missing(Sign::Fin)));
}

#[test]
fn it_stays_in_its_state_for_a_while_if_asked_to() {
    let pause = Duration::from_secs(2);
    let mut trial = Trial::new(TrialConfig { pause, ..config(Target::SynReceived, Program::Reacts) });
    assert_eq!(sent(&mut trial, NOW).len(), 1);
    arrive(&mut trial, NOW, Flags::SYN | ACK, ISS, ISN.wrapping_add(1));
    assert_eq!(trial.poll(NOW), TrialAction::WaitUntil(NOW + pause));
    // What it sends meanwhile is no answer.
    arrive(&mut trial, NOW + Duration::from_secs(1), Flags::SYN | ACK, ISS, ISN.wrapping_add(1));
    assert_eq!(trial.poll(NOW + pause), TrialAction::Ready);
}
