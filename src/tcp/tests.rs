//! The rules of section 3.10, by state. Each row: a segment, what is sent for it, the state afterwards.

use proptest::prelude::*;

use super::*;
use crate::wire::Flags;
use Reply::{Ack, ChallengeAck, Nothing, Reset, ResetAck, SynAck};
use State::{
    CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived, SynSent, TimeWait,
};

const ISS: Seq = Seq(1000);
const IRS: Seq = Seq(50_000);
const WINDOW: u32 = 64_240;
/// What we have sent and what we have received, in every synchronized state.
const SND_NXT: Seq = Seq(1101);
const RCV_NXT: Seq = Seq(50_101);

const S: Flags = Flags::SYN;
const A: Flags = Flags::ACK;
const F: Flags = Flags::FIN;
const R: Flags = Flags::RST;

/// A segment: flags, SEQ as distance from RCV.NXT, ACK as distance from SND.NXT, octets.
type Sketch = (Flags, i32, i32, u32);

fn variables() -> Variables {
    Variables {
        iss: ISS,
        snd_una: SND_NXT,
        snd_nxt: SND_NXT,
        max_snd_wnd: WINDOW,
        irs: IRS,
        rcv_nxt: RCV_NXT,
        rcv_wnd: WINDOW,
        passive: true,
    }
}

fn syn_sent() -> (State, Variables) {
    (
        SynSent,
        Variables {
            snd_una: ISS,
            snd_nxt: ISS + 1,
            irs: Seq(0),
            rcv_nxt: Seq(0),
            rcv_wnd: 0,
            passive: false,
            ..variables()
        },
    )
}

fn syn_received(passive: bool) -> (State, Variables) {
    (SynReceived, Variables { snd_una: ISS, snd_nxt: ISS + 1, rcv_nxt: IRS + 1, passive, ..variables() })
}

fn synchronized(state: State) -> (State, Variables) {
    let fin_in_flight = matches!(state, FinWait1 | Closing | LastAck);
    (state, Variables { snd_una: SND_NXT - u32::from(fin_in_flight), ..variables() })
}

fn check((state, variables): (State, Variables), rows: &[(Sketch, Reply, State)]) {
    for ((flags, seq, ack, len), reply, next) in rows {
        let arriving = Arriving {
            seq: variables.rcv_nxt + *seq as u32,
            ack: variables.snd_nxt + *ack as u32,
            flags: *flags,
            len: *len,
            signed: false,
        };
        let response = respond(state, &variables, &arriving);
        assert_eq!(
            (response.reply, response.state),
            (*reply, *next),
            "{state} gets {arriving:?}: {:?}",
            response.events
        );
        assert_eq!(response.section, section_of(state));
    }
}

#[test]
fn closed() {
    check(
        synchronized(Closed),
        &[
            ((R, 0, 0, 0), Nothing, Closed),
            ((R | A, 0, 0, 0), Nothing, Closed),
            ((A, 0, 0, 0), Reset, Closed),
            ((S | A, 0, 0, 0), Reset, Closed),
            ((S, 0, 0, 0), ResetAck, Closed),
            ((F, 0, 0, 0), ResetAck, Closed),
            ((Flags::NONE, 0, 0, 5), ResetAck, Closed),
        ],
    );
}

#[test]
fn listen() {
    check(
        synchronized(Listen),
        &[
            ((R, 0, 0, 0), Nothing, Listen),
            ((A, 0, 0, 0), Reset, Listen),
            ((S | A, 0, 0, 0), Reset, Listen),
            ((S, 0, 0, 0), SynAck, SynReceived),
            ((S | R, 0, 0, 0), Nothing, Listen),
            ((F, 0, 0, 0), Nothing, Listen),
            ((Flags::NONE, 0, 0, 0), Nothing, Listen),
        ],
    );
}

#[test]
fn syn_sent_rows() {
    check(
        syn_sent(),
        &[
            ((S | A, 700, 0, 0), Ack, Established),
            ((S, 700, 0, 0), SynAck, SynReceived),
            ((S | A, 700, 1, 0), Reset, SynSent),
            ((S | A, 700, -1, 0), Reset, SynSent),
            ((A, 700, 1000, 0), Reset, SynSent),
            ((A, 700, 0, 0), Nothing, SynSent),
            ((R | A, 0, 0, 0), Nothing, Closed),
            ((R | A, 0, 1, 0), Nothing, SynSent),
            ((R, 700, 0, 0), Nothing, SynSent),
            ((F, 0, 0, 0), Nothing, SynSent),
        ],
    );
}

#[test]
fn syn_received_rows() {
    check(
        syn_received(true),
        &[
            ((A, 0, 0, 0), Nothing, Established),
            ((A, 0, 0, 5), Ack, Established),
            ((A | F, 0, 0, 0), Ack, CloseWait),
            ((A | F, 100, 0, 0), Ack, Established),
            ((A, 0, 1, 0), Reset, SynReceived),
            ((A, 0, -1, 0), Reset, SynReceived),
            ((S, -1, 0, 0), Ack, SynReceived),
            ((S, 0, 0, 0), Nothing, Listen),
            ((R, 0, 0, 0), Nothing, Listen),
            ((R, 100, 0, 0), ChallengeAck, SynReceived),
            ((R, 1_000_000, 0, 0), Nothing, SynReceived),
            ((Flags::PSH, 0, 0, 5), Nothing, SynReceived),
            ((S | A, -1, 0, 0), Ack, SynReceived),
        ],
    );
}

#[test]
fn syn_received_from_an_active_open() {
    check(
        syn_received(false),
        &[
            ((S | A, -1, 0, 0), Nothing, Established), // figure 7
            ((S, 0, 0, 0), ChallengeAck, SynReceived),
            ((R, 0, 0, 0), Nothing, Closed),
            ((A, 0, 0, 0), Nothing, Established),
        ],
    );
}

/// Rows that hold in every synchronized state.
#[test]
fn what_every_synchronized_state_does() {
    for state in [Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait] {
        check(
            synchronized(state),
            &[
                ((S, 0, 0, 0), ChallengeAck, state),
                ((S, 1_000_000, 0, 0), ChallengeAck, state),
                ((S | A, -100, 0, 0), ChallengeAck, state),
                ((A, 0, 1000, 0), ChallengeAck, state),
                ((A, 0, -1_000_000, 0), ChallengeAck, state),
                ((A, -1, 0, 0), Ack, state),
                ((A, 70_000, 0, 5), Ack, state),
                ((A, -5, 0, 5), Ack, state),
                ((R, 0, 0, 0), Nothing, Closed),
                ((R | S | F, 0, 0, 0), Nothing, Closed),
                ((R, 100, 0, 0), ChallengeAck, state),
                ((R, 70_000, 0, 0), Nothing, state),
                ((Flags::PSH, 0, 0, 5), Nothing, state),
                ((F, 0, 0, 0), Nothing, state),
            ],
        );
    }
}

#[test]
fn established() {
    check(
        synchronized(Established),
        &[
            ((A, 0, 0, 0), Nothing, Established),
            ((A, 0, 0, 5), Ack, Established),
            ((A, 100, 0, 5), Ack, Established),
            ((A | F, 0, 0, 0), Ack, CloseWait),
            ((A | F, -5, 0, 5), Ack, CloseWait),
            ((A | F, 100, 0, 0), Ack, Established),
        ],
    );
}

#[test]
fn fin_wait_1() {
    check(
        synchronized(FinWait1),
        &[
            ((A, 0, 0, 0), Nothing, FinWait2),
            ((A, 0, -1, 0), Nothing, FinWait1),
            ((A, 0, 0, 5), Ack, FinWait2),
            ((A | F, 0, 0, 0), Ack, TimeWait),
            ((A | F, 0, -1, 0), Ack, Closing),
            ((A | F, 100, 0, 0), Ack, FinWait2),
        ],
    );
}

#[test]
fn fin_wait_2() {
    check(
        synchronized(FinWait2),
        &[((A, 0, 0, 5), Ack, FinWait2), ((A | F, 0, 0, 0), Ack, TimeWait), ((A | F, 100, 0, 0), Ack, FinWait2)],
    );
}

#[test]
fn close_wait() {
    check(
        synchronized(CloseWait),
        &[
            ((A, 0, 0, 0), Nothing, CloseWait),
            ((A, 0, 0, 5), Nothing, CloseWait),
            ((A, 100, 0, 5), Ack, CloseWait),
            ((A | F, 0, 0, 0), Ack, CloseWait),
        ],
    );
}

#[test]
fn closing_and_last_ack() {
    for (state, next) in [(Closing, TimeWait), (LastAck, Closed)] {
        check(
            synchronized(state),
            &[
                ((A, 0, 0, 0), Nothing, next),
                ((A | F, 0, 0, 0), Nothing, next),
                ((A, 0, 0, 5), Nothing, next),
                ((A, 0, -1, 0), Nothing, state),
                ((A | F, 0, -1, 0), Nothing, state),
            ],
        );
    }
}

#[test]
fn time_wait() {
    check(
        synchronized(TimeWait),
        &[
            ((A, 0, 0, 0), Nothing, TimeWait),
            ((A | F, 0, 0, 0), Ack, TimeWait),
            ((A | F, -1, 0, 0), Ack, TimeWait),
            ((A, 0, 0, 5), Ack, TimeWait),
        ],
    );
}

/// Figures 12 and 13 of RFC 9293, and the calls around them.
#[test]
fn calls_and_timeouts() {
    let rows = [
        (Closed, Event::PassiveOpen, Nothing, Listen),
        (Closed, Event::ActiveOpen, Reply::Syn, SynSent),
        (Listen, Event::ActiveOpen, Reply::Syn, SynSent),
        (Listen, Event::Send, Reply::Syn, SynSent),
        (SynSent, Event::Close, Nothing, Closed),
        (SynReceived, Event::Close, Reply::Fin, FinWait1),
        (Established, Event::Close, Reply::Fin, FinWait1),
        (CloseWait, Event::Close, Reply::Fin, LastAck),
        (Established, Event::Abort, Reset, Closed),
        (TimeWait, Event::Abort, Nothing, Closed),
        (SynSent, Event::UserTimeout, Nothing, Closed),
        (LastAck, Event::RetransmissionTimeout, Nothing, LastAck),
        (TimeWait, Event::TimeWaitTimeout, Nothing, Closed),
    ];
    for (state, event, reply, next) in rows {
        let rule = rule_for(state, event).unwrap_or_else(|| panic!("no rule for {event:?} in {state}"));
        assert_eq!((rule.reply, next_state(state, event, true)), (reply, next), "{event:?} in {state}");
    }
    assert!(rule_for(FinWait1, Event::Close).is_none(), "it is closing already");
    assert_eq!(Event::of_call(Call::ShutdownWrite), Some(Event::Close));
    assert_eq!(Event::of_call(Call::Accept), None);
}

proptest! {
    /// Whatever arrives, each event that it amounts to has a rule in the state it meets.
    #[test]
    fn no_event_without_a_rule(
        state in 0..11_usize, bits in 0..0x200_u16, seq in -70_000..70_000_i32, ack in -70_000..70_000_i32, len in 0..3000_u32, passive: bool,
    ) {
        let state = State::ALL[state];
        let variables = Variables { passive, ..synchronized(state).1 };
        let arriving =
            Arriving { seq: RCV_NXT + seq as u32, ack: SND_NXT + ack as u32, flags: Flags::from_bits(bits), len, signed: false };
        let response = respond(state, &variables, &arriving);
        let last = response.events.iter().fold(state, |state, event| {
            let rule = rule_for(state, event).unwrap_or_else(|| panic!("{event:?} in {state}"));
            rule.leads_to(state, passive)
        });
        prop_assert_eq!(last, response.state);
    }
}
