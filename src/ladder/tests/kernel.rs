//! What kernels tell, in the ladder.

use super::super::fixture::*;
use super::super::{Settings, Verbosity};
use super::{at, text};
use crate::tcp::State;
use crate::trace::{CallEvent, Comparison, Detail, Event, KernelKind, Process, Teller, Text};

fn call(name: &'static str, descriptor: Option<i32>, detail: Option<Detail>, thread: u32) -> CallEvent {
    let process = Process { process: 4711, thread, name: Text::of(b"echo") };
    CallEvent { call: name, descriptor, detail, process }
}

fn state(old: State, new: State) -> KernelKind {
    KernelKind::State { old: Some(old), new }
}

impl Script {
    /// A call of the server's that returns at once.
    fn calls(&mut self, name: &'static str, descriptor: Option<i32>, result: i64) -> &mut Self {
        let call = call(name, descriptor, None, 4712);
        self.kernel(micros(7), Server, KernelKind::Called(call)).kernel(
            micros(3),
            Server,
            KernelKind::Returned { call, result, errno: None },
        )
    }
}

/// A server that listens, a client that is served, and a comparison with nothing to complain of.
pub(crate) fn served() -> Vec<Event> {
    use State::{CloseWait, Closed, Established, LastAck, Listen, SynReceived};
    let listen = call("listen", Some(3), Some(Detail::Backlog(5)), 4711);
    let close = call("close", Some(4), None, 4712);
    let mut script = Script::new("192.0.2.1:40123", "192.0.2.2:80");
    script.calls("socket", None, 3).calls("bind", Some(3), 0);
    script
        .kernel(micros(3), Server, KernelKind::Called(listen))
        .kernel(micros(3), Server, state(Closed, Listen))
        .kernel(micros(3), Server, KernelKind::Returned { call: listen, result: 0, errno: None })
        .handshake()
        .kernel(micros(6), Server, state(Listen, SynReceived))
        .kernel(micros(6), Server, state(SynReceived, Established));
    script.calls("accept4", Some(3), 4).data(micros(40), Client, b"hello").ack(micros(29), Server);
    script.calls("recvfrom", Some(4), 5);
    script
        .segment(micros(100), Client, FIN_ACK, 0, [Some(State::FinWait1), Some(CloseWait)], |_| ())
        .kernel(micros(6), Server, state(Established, CloseWait))
        .kernel(micros(6), Server, KernelKind::Called(close))
        .kernel(micros(6), Server, state(CloseWait, LastAck))
        .segment(micros(9), Server, FIN_ACK, 0, [Some(LastAck), Some(State::TimeWait)], |_| ())
        .kernel(micros(2), Server, KernelKind::Returned { call: close, result: 0, errno: None })
        .segment(micros(9), Client, ACK, 0, [None, Some(Closed)], |_| ())
        .kernel(micros(4), Server, state(LastAck, Closed))
        .kernel(micros(0), Server, KernelKind::Compared(Comparison { agreed: 5, contradictions: 0, beyond: 0 }));
    script.end(|_| ())
}

/// Everything that can go wrong, on both sides.
fn troubled() -> Vec<Event> {
    let mut script = Script::new("192.0.2.1:40123", "192.0.2.2:80");
    let connect = call("connect", Some(3), None, 1);
    let setting = call("setsockopt", Some(3), Some(Detail::Option("TCP_DEFER_ACCEPT")), 1);
    let errno = Some("ECONNREFUSED");
    script
        .kernel(micros(1), Client, KernelKind::Called(setting))
        .kernel(micros(1), Client, KernelKind::Returned { call: setting, result: -1, errno: None })
        .kernel(micros(1), Client, KernelKind::Called(connect))
        .handshake()
        .kernel(micros(3), Client, KernelKind::Returned { call: connect, result: -111, errno })
        .kernel(micros(1), Server, KernelKind::Dropped { reason: Text::of(b"TCP_LISTEN_OVERFLOW\x1b[31m") })
        .kernel(micros(1_000_000), Server, KernelKind::Again { syn_ack: true })
        .kernel(micros(1), Client, KernelKind::Again { syn_ack: false })
        .kernel(micros(1), Server, KernelKind::ResetSent { reason: Text::of(b"NO_SOCKET") })
        .kernel(micros(1), Client, KernelKind::ResetReceived)
        .told(Server, Teller::SockDiag, KernelKind::State { old: None, new: State::SynReceived })
        .kernel(micros(1), Server, KernelKind::Lost { records: 12_345 })
        .kernel(
            micros(1),
            Server,
            KernelKind::Contradiction { inferred: Some(State::Established), observed: Some(State::SynReceived) },
        )
        .kernel(micros(0), Server, KernelKind::Compared(Comparison { agreed: 0, contradictions: 1, beyond: 0 }));
    script.end(|_| ())
}

/// Thousands of calls among as many segments.
fn busy() -> Vec<Event> {
    let mut script = Script::new("192.0.2.1:40123", "192.0.2.2:80");
    script.handshake();
    for _ in 0..3000 {
        script.data(micros(40), Client, b"hello").ack(micros(29), Server).calls("recvfrom", Some(4), 5);
        let nothing = call("recvfrom", Some(4), None, 4712);
        let returned = KernelKind::Returned { call: nothing, result: -11, errno: Some("EAGAIN") };
        script.kernel(micros(1), Server, KernelKind::Called(nothing)).kernel(micros(1), Server, returned);
    }
    script.end(|_| ())
}

#[test]
fn a_server_at_every_width() {
    for width in [40, 60, 80, 120] {
        insta::assert_snapshot!(format!("kernel-served-at-{width}"), text(&served(), &at(width)));
        insta::assert_snapshot!(format!("kernel-troubled-at-{width}"), text(&troubled(), &at(width)));
    }
}

#[test]
fn what_a_kernel_tells_is_escaped_and_can_be_ascii() {
    for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
        let drawn = text(&troubled(), &Settings { ascii: true, verbosity, ..at(80) });
        assert!(drawn.is_ascii() && !drawn.contains('\x1b'), "{drawn}");
    }
}

#[test]
fn observed_calls_stand_in_place_of_inferred_ones() {
    let with = text(&served(), &at(80));
    assert!(with.contains("accept4(3) = 4") && !with.contains("accept() ✓"), "{with}");
    let without: Vec<Event> =
        served().into_iter().filter(|event| !matches!(event.kind, crate::trace::EventKind::Kernel(_))).collect();
    assert!(text(&without, &at(80)).contains("accept() ✓"));
}

#[test]
fn calls_that_are_alike_are_folded_and_those_that_did_nothing_left_out() {
    let drawn = text(&busy(), &at(80));
    assert!(drawn.lines().count() < 60, "{} lines", drawn.lines().count());
    assert!(drawn.contains("calls") && !drawn.contains("EAGAIN"), "{drawn}");
    insta::assert_snapshot!("kernel-busy", drawn);
}
