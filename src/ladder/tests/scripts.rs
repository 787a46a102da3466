//! Connections of every kind, as scripts.

use std::time::Duration;

use super::super::fixture::*;
use crate::tcp::{Call, State};
use crate::trace::{
    Acked, Belief, Certainty, Event, Handshake, IcmpEvent, Mark, Origin, Pair, Preview, SegmentEvent, Termination,
};
use crate::wire::{OptionSummary, Options};

pub(crate) const CLIENT: &str = "192.0.2.1:40123";
const SERVER: &str = "192.0.2.2:80";

pub(crate) fn whole() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    script.handshake().data(micros(40), Client, b"hello").ack(micros(29), Server).four_segments();
    script.end(|_| ())
}

pub(crate) fn refused() -> Vec<Event> {
    let mut script = Script::new(CLIENT, "192.0.2.2:81");
    script
        .segment(micros(0), Client, SYN, 0, [Some(State::SynSent), Some(State::SynReceived)], |segment| {
            segment.options = linux();
            segment.calls[0] = Some(call(Client, Call::Connect));
        })
        .segment(micros(31), Server, RST_ACK, 0, [Some(State::Closed), Some(State::Closed)], |_| ());
    script.end(|summary| {
        summary.handshake = Handshake::Refused;
        summary.termination = Termination::Reset;
        summary.reset_by = Some(Server);
    })
}

/// SYNs at 0, 1 and 3 seconds.
pub(crate) fn unanswered() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    for (copy, after) in [(1, 0), (2, 1_000_000), (3, 2_000_000)] {
        syn_again(&mut script, copy, micros(after));
    }
    script.end(|summary| {
        summary.handshake = Handshake::Unanswered;
        summary.syns = 3;
        summary.retransmissions.client = 2;
        summary.marks.set(Mark::SynRetransmission);
    })
}

fn syn_again(script: &mut Script, copy: u16, after: Duration) {
    script.segment(after, Client, SYN, 0, [Some(State::SynSent), Some(State::SynReceived)], |segment| {
        again(segment, copy, 0);
        segment.since_first = if copy == 1 { micros(0) } else { micros(1_000_000 * u64::from(copy)) };
        segment.options = linux();
        if copy == 1 {
            segment.calls[0] = Some(call(Client, Call::Connect));
        } else {
            marked(segment, Mark::SynRetransmission);
        }
    });
}

/// A router answers the SYN.
pub(crate) fn unreachable() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    syn_again(&mut script, 1, micros(0));
    script.icmp(micros(1500), icmp_error(State::Closed));
    script.end(|summary| summary.handshake = Handshake::Unreachable)
}

fn icmp_error(state: State) -> IcmpEvent {
    let belief = |state| Belief { state: Some(state), certainty: Certainty::Observed };
    IcmpEvent {
        number: 2,
        from: "192.0.2.254".parse().unwrap(),
        about: Client,
        v6: false,
        kind: 3,
        code: 1,
        mtu: None,
        quoted_seq: None,
        plausible: true,
        after: Pair { client: belief(state), server: belief(State::SynReceived) },
    }
}

/// A transfer, with a window update and a hole, folded.
pub(crate) fn bulk() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    script.handshake().data(micros(40), Client, b"GET /a-file-of-some-length HTTP/1.1\r\nHost: example\r\n\r\n");
    for _ in 0..17 {
        script.data(micros(60), Server, &[b'x'; 1448]).data(micros(3), Server, &[b'y'; 1448]).ack(micros(20), Client);
    }
    // One is lost, and the next one tells.
    script.data(micros(60), Server, &[b'L'; 1448]).data(micros(60), Server, &[b'm'; 1448]);
    let missing = script.acknowledged_of(Server);
    for _ in 0..2 {
        script.segment(micros(20), Client, ACK, 0, [None, None], |segment| {
            marked(segment, Mark::DuplicateAck);
            rewind_ack(segment, missing);
        });
    }
    script
        .segment(micros(9000), Server, PSH_ACK, 1448, [None, None], |segment| {
            marked(segment, Mark::Retransmission);
            again(segment, 2, missing);
            segment.since_first = micros(9100);
        })
        .ack(micros(20), Client)
        .data(micros(50), Server, b"end")
        .ack(micros(20), Client)
        .four_segments();
    script.end(|summary| {
        summary.retransmissions.server = 1;
        summary.marks = [Mark::Retransmission, Mark::DuplicateAck].into_iter().collect();
    })
}

/// The server resets after the client's data; the client's own kernel speaks too.
pub(crate) fn reset() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    script
        .handshake()
        .segment(micros(6), Client, RST, 0, [None, None], |segment| {
            segment.origin = Origin::OwnKernel;
            marked(segment, Mark::OwnKernelReset);
            marked(segment, Mark::ResetOutsideWindow);
        })
        .data(micros(40), Client, b"\x16\x03\x01\x02\0caf\xc3\xa9 \xe2\x80\xae\xff")
        .segment(micros(30), Server, RST_ACK, 0, [Some(State::Closed), Some(State::Closed)], |_| ());
    script.end(|summary| {
        summary.termination = Termination::Reset;
        summary.reset_by = Some(Server);
        summary.closed_first = Some(Server);
        summary.marks = [Mark::OwnKernelReset].into_iter().collect();
    })
}

/// A capture that began too late and lacks something, between long addresses.
pub(crate) fn mid_stream() -> Vec<Event> {
    let (client, server) = ("[2001:db8:1234:5678:9abc:def0:1234:5678]:40123", "[2001:db8::2]:443");
    let mut script = Script::known(client, server, [Certainty::Inferred; 2], [None; 2]);
    script
        .segment(micros(0), Server, PSH_ACK, 100, [Some(State::Established), Some(State::Established)], |segment| {
            segment.preview = Preview::of(&[0x17; 32]);
            segment.scaled_window = None;
            segment.window_shift = None;
        })
        .ack(micros(30), Client)
        .segment(micros(700_000), Server, PSH_ACK, 100, [None, None], |segment| {
            segment.gap = 1448;
            marked(segment, Mark::Gap);
        })
        .ack(micros(30), Client)
        .segment(micros(70_000_000), Server, ACK, 0, [None, None], |segment| {
            marked(segment, Mark::BadChecksum);
        })
        .segment(micros(5_000_000), Client, ACK, 0, [None, None], |segment| {
            marked(segment, Mark::ZeroWindow);
            segment.window = 0;
            segment.scaled_window = None;
        })
        .segment(micros(5_000_000), Client, FIN_ACK, 0, [Some(State::FinWait1), Some(State::CloseWait)], |_| ())
        .segment(micros(40), Server, ACK, 0, [None, Some(State::FinWait2)], |segment| {
            segment.acked = Acked { octets: 0, syn: false, fin: true };
        })
        .data(micros(1000), Server, b"still here");
    script.end(|summary| {
        summary.handshake = Handshake::MidStream;
        summary.termination = Termination::OneSided;
        summary.closed_first = Some(Client);
        summary.half_close = true;
        summary.marks = [Mark::Gap, Mark::BadChecksum, Mark::ZeroWindow].into_iter().collect();
    })
}

/// The first SYN is lost, the second one is answered; then a half-close, and three segments where it could be four.
pub(crate) fn second_try() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    syn_again(&mut script, 1, micros(0));
    syn_again(&mut script, 2, micros(1_000_000));
    script
        .segment(micros(900), Server, SYN_ACK, 0, [None, Some(State::Established)], |segment| {
            segment.options.mss = Some(1400);
            segment.options.sack_permitted = true;
        })
        .segment(micros(11), Client, ACK, 0, [None, Some(State::Established)], |segment| {
            segment.calls[0] = Some(returns(Server, Call::Accept));
        })
        .segment(micros(30), Client, FIN_ACK, 0, [Some(State::FinWait1), Some(State::CloseWait)], |segment| {
            segment.calls[0] = Some(call(Client, Call::ShutdownWrite));
            segment.calls[1] = Some(returns(Server, Call::Recv(0)));
        })
        .segment(micros(30), Server, FIN_ACK, 0, [Some(State::LastAck), Some(State::TimeWait)], |segment| {
            segment.calls[0] = Some(call(Server, Call::Close));
            segment.acked = Acked { octets: 0, syn: false, fin: true };
        })
        .segment(micros(30), Client, ACK, 0, [None, Some(State::Closed)], |segment| {
            segment.acked = Acked { octets: 0, syn: false, fin: true };
        });
    script.end(|summary| {
        summary.termination = Termination::ThreeSegment;
        summary.closed_first = Some(Client);
        summary.time_wait.client = true;
        summary.syns = 2;
        summary.retransmissions.client = 1;
        summary.offered.client = Some(linux());
        let mss = Some(1400);
        summary.offered.server = Some(OptionSummary { mss, sack_permitted: true, ..OptionSummary::default() });
    })
}

/// Each mark on a segment of its own.
pub(crate) fn every_mark() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    script.handshake();
    for (index, mark) in Mark::all().enumerate() {
        let from = if index % 2 == 0 { Client } else { Server };
        script.segment(micros(1000), from, ACK, 0, [None, None], |segment| marked(segment, mark));
    }
    script.end(|summary| summary.marks = Mark::all().collect())
}

/// Windows that are scaled, closed, probed and opened again; selective acknowledgments.
pub(crate) fn windows() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    script.handshake();
    let window = |window, mark: Option<Mark>| {
        move |segment: &mut SegmentEvent| {
            (segment.window, segment.window_shift, segment.scaled_window) =
                (window, Some(7), Some(u32::from(window) << 7));
            mark.into_iter().for_each(|mark| marked(segment, mark));
        }
    };
    script
        .segment(micros(50), Server, PSH_ACK, 100, [None, None], window(509, None))
        .segment(micros(50), Client, ACK, 0, [None, None], window(0, Some(Mark::ZeroWindow)))
        .segment(micros(200_000), Server, ACK, 0, [None, None], |segment| {
            marked(segment, Mark::ZeroWindowProbe);
            again(segment, 1, 100);
        })
        .segment(micros(50), Client, ACK, 0, [None, None], window(502, Some(Mark::WindowUpdate)))
        .segment(micros(50), Client, ACK, 0, [None, None], |segment| {
            segment.options = Options(&[5, 10, 0, 0, 0, 95, 0, 0, 0, 195]).summary();
            marked(segment, Mark::DuplicateAck);
        });
    script.end(|summary| summary.marks = [Mark::ZeroWindow, Mark::ZeroWindowProbe].into_iter().collect())
}

/// Each end sends a SYN before it sees the other's; each answers with a SYN ACK of the same number.
pub(crate) fn simultaneous_open() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    script
        .segment(micros(0), Client, SYN, 0, [Some(State::SynSent), None], |segment| segment.options = linux())
        .segment(micros(300), Server, SYN, 0, [Some(State::SynSent), Some(State::SynReceived)], |segment| {
            segment.options = linux();
        })
        .segment(micros(10), Client, SYN_ACK, 0, [None, Some(State::Established)], |segment| again(segment, 1, 0))
        .segment(micros(50), Server, SYN_ACK, 0, [None, Some(State::Established)], |segment| again(segment, 1, 0));
    script.end(|summary| {
        summary.handshake = Handshake::SimultaneousOpen;
        summary.offered = Pair::both(Some(linux()));
    })
}
