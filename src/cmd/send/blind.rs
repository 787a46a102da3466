//! Segments to a peer of whose state nothing is known: the answer tells it.

use std::collections::HashMap;

use crate::craft::packet::{PacketSpec, Transport};
use crate::craft::probe::{Answer, Series};
use crate::craft::trial::Shot;
use crate::explain::{self, Case};
use crate::tcp::{Heard, Ruling, Seq, Variables, judge_by_answer};

/// Segments of a run that are judged at most.
const MOST: u64 = 1000;

/// The first answer to each packet at the beginning of a run.
#[derive(Debug, Default)]
pub(super) struct Answers(HashMap<u64, Answer>);

impl Answers {
    /// Takes a first answer.
    pub(super) fn take(&mut self, index: u64, answer: Answer) {
        if index < MOST {
            self.0.insert(index, answer);
        }
    }

    /// What came of those of the first `sent` segments of `series` that can be judged.
    pub(super) fn cases(&self, series: &Series, sent: u64) -> anyhow::Result<Vec<Case>> {
        let judged = (0..sent.min(MOST)).take_while(|index| is_judged(series, *index));
        judged.map(|index| case(&series.spec(index), self.0.get(&index))).collect()
    }
}

/// Whether nothing that was sent before has changed the state of the peer, and the segment is to get there at all.
pub(super) fn is_judged(series: &Series, index: u64) -> bool {
    let Transport::Tcp(tcp) = &series.template.transport else { return false };
    let opens = tcp.flags.syn() && !tcp.flags.ack() && !tcp.flags.rst();
    let again = series.keep_source_port && !series.step_port && index >= series.per_round();
    series.hops() == 1 && !(opens && again)
}

/// What came of one segment.
pub(super) fn case(spec: &PacketSpec, answer: Option<&Answer>) -> anyhow::Result<Case> {
    let shot = Shot::of(spec)?;
    let (heard, error) = match answer {
        Some(Answer::Segment { flags, seq, ack, .. }) => {
            (Some(Heard::Segment { flags: *flags, seq: *seq, ack: *ack }), None)
        }
        Some(Answer::Error { v6, kind, code }) => {
            (Some(Heard::Error), Some(explain::icmp_words(*v6, *kind, *code).says.to_owned()))
        }
        Some(Answer::Datagram { .. } | Answer::Message { .. }) | None => (None, None),
    };
    let variables = nobodys(shot.sent.seq);
    let ports = match &spec.transport {
        Transport::Tcp(tcp) => (tcp.source_port, tcp.destination_port),
        _ => (0, 0),
    };
    let (judgement, basis) = judge_by_answer(&variables, shot.segment(), heard);
    let ruling = Ruling { sent: shot.sent, ports, damage: shot.damage, variables, judgement, basis };
    Ok(Case { ruling, how: None, error })
}

/// Where there is no connection, there are no numbers either, and no rule looks at them.
const fn nobodys(seq: Seq) -> Variables {
    let none = Seq(0);
    Variables {
        iss: none,
        snd_una: none,
        snd_nxt: none,
        max_snd_wnd: 0,
        irs: seq,
        rcv_nxt: seq,
        rcv_wnd: 0,
        passive: true,
    }
}
