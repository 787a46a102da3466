//! Segments of no connection, sent by hand.

use super::script::{Stage, socket};
use crate::tcp::State;
use crate::trace::{Handshake, Side, Summary, Termination, TracerOptions};

fn stage() -> Stage {
    Stage::new(TracerOptions { ours: Some(socket(Side::Client)), probes: true, ..TracerOptions::default() })
}

fn play(script: &str) -> Summary {
    let mut stage = stage();
    stage.play(script);
    let summaries = stage.end();
    assert_eq!(summaries.len(), 1, "{script}");
    summaries[0]
}

#[test]
fn what_is_sent_by_hand_tells_nothing_of_states() {
    for (script, termination) in [
        ("C R 0 -   | - -", Termination::None),
        ("C RA 0 5  | - -", Termination::None),
        ("C SR 0 -  | - - | syn-reset", Termination::None),
        ("C A 0 5   | - -\n S R 5 - | - -", Termination::Reset),
        ("C SA 0 5  | - -\n S R 5 - | - -", Termination::Reset),
        ("C A 0 5   | - -\n S A 9 1 | - -", Termination::None),
        ("C A 0 5   | - -\n +50 C A 0 5 | - -", Termination::None),
    ] {
        let summary = play(script);
        assert_eq!((summary.handshake, summary.termination), (Handshake::Probe, termination), "{script}");
        let reset_by = (termination == Termination::Reset).then_some(Side::Server);
        assert_eq!((summary.reset_by, summary.closed_first), (reset_by, reset_by), "{script}");
    }
}

#[test]
fn number_zero_answers_from_closed_ports_only() {
    let mut stage = stage();
    stage.packet(&stage.raw("C F 0 -"), crate::trace::Hint::default());
    // The server's ISN is 7000: its reset has number 0 on the wire.
    stage.play(&format!("S RA {} 1 | - CLOSED", 0_u32.wrapping_sub(7000)));
    assert_eq!(stage.end()[0].reset_by, Some(Side::Server));
}

#[test]
fn an_error_about_it_is_believed() {
    let mut stage = stage();
    stage.play("C A 3 5 | - -");
    let event = stage.icmp(3, 13, "C A 3 5");
    assert!(event.plausible);
    let summary = stage.end()[0];
    assert_eq!((summary.handshake, summary.icmp.map(|icmp| icmp.code)), (Handshake::Probe, Some(13)));
}

#[test]
fn a_syn_asks_for_a_connection_all_the_same() {
    let mut stage = stage();
    stage.play("C S 0 - | - SYN-RECEIVED\n S SA 0 1 | - SYN-RECEIVED");
    assert_eq!(stage.end()[0].handshake, Handshake::SynReceived);
}

#[test]
fn nobody_is_in_a_state_where_segments_are_sent_by_hand() {
    let opened = "C S 0 - | - SYN-RECEIVED\n S SA 0 1 | - SYN-RECEIVED\n C A 1 1 | - ESTABLISHED\n";
    let told = |rest: &str| {
        let summary = play(&format!("{opened}{rest}"));
        (summary.states.client.state, summary.states.server.state, summary.time_wait.client)
    };
    assert_eq!(told(""), (None, Some(State::Established), false));
    // The answer acknowledges no FIN: what was sent lies outside the window.
    let far = "C FA 10000001 1 | - ESTABLISHED | outside-window\n S A 1 1 | - ESTABLISHED";
    assert_eq!(told(far), (None, Some(State::Established), false));
    // Whether the FIN has arrived, nobody has said.
    assert_eq!(told("C FA 1 1 | - CLOSE-WAIT"), (None, None, false));
    let closed = "C FA 1 1 | - CLOSE-WAIT\n S FA 1 2 | - LAST-ACK\n C A 2 2 | - CLOSED";
    assert_eq!(told(closed), (None, Some(State::Closed), false), "no TIME-WAIT without a TCP");
}

#[test]
fn numbers_count_from_the_first_that_is_seen() {
    let mut stage = stage();
    stage.play("C SA 7 5 | - -\n S R 5 - | - -\n C A 9 5 | - -");
    let numbers: Vec<_> = stage.segments().iter().map(|segment| (segment.relative_seq, segment.relative_ack)).collect();
    assert_eq!(numbers, [(0, Some(1)), (1, None), (2, Some(1))]);
}
