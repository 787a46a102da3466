//! Why tshark and the tracer differ.

use rawshake::trace::{Mark, Marks};

use super::facts::Fact;

/// Who has a flag that the other lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Ours,
    Theirs,
}
use Who::{Ours, Theirs};

/// Which segments a reason holds for.
#[derive(Debug)]
pub(crate) enum When {
    /// Those of which the captured numbers say this.
    Fact(Fact),
    /// Those with one of the marks.
    Now(&'static [Mark]),
    /// Those with one of them, and all behind them on the connection.
    Since(&'static [Mark]),
    /// All of a connection that has one of them.
    With(&'static [Mark]),
    /// Those of a file.
    In(&'static str),
}

/// A reason.
#[derive(Debug)]
pub(crate) struct Kind {
    flags: &'static [&'static str],
    who: Who,
    when: When,
    pub(crate) why: &'static str,
}

/// What is to be explained: the marks of a segment, of those before it, and of all on its connection.
pub(crate) struct Case<'a> {
    pub(crate) file: &'a str,
    pub(crate) now: Marks,
    pub(crate) behind: Marks,
    pub(crate) all: Marks,
    pub(crate) facts: &'a [Fact],
}

impl Kind {
    pub(crate) fn explains(&self, flag: &str, who: Who, case: &Case<'_>) -> bool {
        let any = |marks: &[Mark], of: &Marks| marks.iter().any(|mark| of.has(*mark));
        let holds = match &self.when {
            When::Fact(fact) => case.facts.contains(fact),
            When::Now(marks) => any(marks, &case.now),
            When::Since(marks) => any(marks, &case.now) || any(marks, &case.behind),
            When::With(marks) => any(marks, &case.all),
            When::In(file) => case.file.ends_with(file),
        };
        self.who == who && holds && self.flags.contains(&flag)
    }
}

const fn kind(flags: &'static [&'static str], who: Who, when: When, why: &'static str) -> Kind {
    Kind { flags, who, when, why }
}

/// Marks of segments that their receiver drops.
pub(crate) const DROPPED: &[Mark] = &[
    Mark::OldTimestamp,
    Mark::SecondSynAck,
    Mark::BadChecksum,
    Mark::Malformed,
    Mark::OutsideWindow,
    Mark::ResetOutsideWindow,
    Mark::ResetInexact,
    Mark::WithoutAck,
];

const SEEN: &str = "its first number was captured before: it is sent again, no matter how soon";
const PROBES: &str =
    "an old number into a closed window probes it, with or without an octet (RFC 9293 section 3.8.6.1)";
const UNSCALED: &str = "the window before stood on a SYN and was not scaled (RFC 7323 section 2.2): it did not change";

/// What captures/ shows.
pub(crate) const KINDS: &[Kind] = &[
    kind(
        &["retransmission", "spurious_retransmission", "duplicate_ack", "out_of_order"],
        Theirs,
        When::Now(&[Mark::DuplicatePacket]),
        "one packet that was captured twice was not sent twice",
    ),
    kind(
        &["retransmission", "out_of_order", "lost_segment", "duplicate_ack"],
        Theirs,
        When::Since(DROPPED),
        "tshark counts the numbers of a segment that its receiver drops (RFC 9293 section 3.10.7.4)",
    ),
    kind(
        &["duplicate_ack"],
        Theirs,
        When::Fact(Fact::NothingWaits),
        "an ACK is a duplicate only while something waits for one (RFC 5681 section 2)",
    ),
    kind(
        &["ack_lost_segment"],
        Theirs,
        When::Fact(Fact::AcksKnown),
        "all that it acknowledges was captured, or acknowledged before; tshark counts as sent only what follows without \
         a break or an overlap, and by the length in the record",
    ),
    kind(
        &["lost_segment"],
        Theirs,
        When::Fact(Fact::Continues),
        "nothing is missing before it that is not acknowledged, or told already; tshark forgets the acknowledgment, and \
         takes the length in the record for that of the packet",
    ),
    kind(
        &["lost_segment", "ack_lost_segment", "reused_ports", "retransmission"],
        Theirs,
        When::Since(&[Mark::HalfOpen]),
        "the numbers of another connection are none of this one's (RFC 9293 section 3.5.1)",
    ),
    kind(
        &["retransmission", "window_update"],
        Theirs,
        When::With(&[Mark::SimultaneousOpen, Mark::SplitHandshake, Mark::SelfConnect]),
        "the SYN,ACK behind a bare SYN is the first to acknowledge the peer's (RFC 9293 section 3.5), and its window \
         is not scaled (RFC 7323 section 2.2)",
    ),
    kind(
        &["reused_ports"],
        Theirs,
        When::With(&[Mark::SecondSynAck]),
        "both SYN,ACKs answer the one SYN; no port is used again",
    ),
    kind(&["retransmission", "spurious_retransmission"], Ours, When::Fact(Fact::Repeats), SEEN),
    kind(&["out_of_order"], Theirs, When::Fact(Fact::Repeats), SEEN),
    kind(&["zero_window_probe", "zero_window_probe_ack"], Ours, When::Since(&[Mark::ZeroWindowProbe]), PROBES),
    kind(&["keep_alive"], Theirs, When::Now(&[Mark::ZeroWindowProbe]), PROBES),
    kind(&["keep_alive_ack"], Ours, When::Fact(Fact::AfterSyn), UNSCALED),
    kind(&["window_update"], Theirs, When::Fact(Fact::AfterSyn), UNSCALED),
];

const FIRST_TIME: &str = "its first number was never captured before, so it may only have come late";
const ASKED: &str =
    "repeated acknowledgments have asked for it: it is sent again, no matter how soon (RFC 5681 section 3.2)";
const COMPRESSED: &str = "what IPComp (RFC 3173) holds is not read, and so missing";
const REWRITTEN: &str = "each segment is there twice, before and behind a device that moves the numbers by a constant";

/// What only captures made by others show.
pub(crate) const CORPUS_KINDS: &[Kind] = &[
    kind(
        &["lost_segment"],
        Ours,
        When::Fact(Fact::First),
        "the other end's acknowledgment tells where its numbers should begin; tshark begins with the first that it sees",
    ),
    kind(
        &["ack_lost_segment"],
        Ours,
        When::Fact(Fact::AcksMissing),
        "it acknowledges what was not captured; tshark says so once, until the other end acknowledges something new, and \
         not of what is missing before the first segment of an end",
    ),
    kind(
        &["lost_segment"],
        Ours,
        When::Since(&[Mark::BadChecksum]),
        "a segment that fails its checksum is missing until it is acknowledged all the same",
    ),
    kind(
        &["ack_lost_segment"],
        Theirs,
        When::Now(&[Mark::UnacceptableAck]),
        "what lies beyond the window that was seen to be offered cannot have been sent (RFC 9293 section 3.10.7.4)",
    ),
    kind(&["retransmission"], Ours, When::Fact(Fact::AskedFor), ASKED),
    kind(&["out_of_order"], Theirs, When::Fact(Fact::AskedFor), ASKED),
    kind(&["retransmission"], Theirs, When::Fact(Fact::New), FIRST_TIME),
    kind(&["out_of_order"], Ours, When::Fact(Fact::New), FIRST_TIME),
    kind(
        &["fast_retransmission"],
        Theirs,
        When::Fact(Fact::NotAskedFor),
        "no acknowledgment came twice, which would have asked for it (RFC 5681 section 3.2)",
    ),
    kind(
        &["keep_alive_ack"],
        Ours,
        When::Now(&[Mark::Gap]),
        "it answers the probe, whatever the capture lacks before it",
    ),
    kind(
        &["keep_alive"],
        Theirs,
        When::Fact(Fact::Repeats),
        "an octet that was not acknowledged yet is sent again, and probes for nothing (RFC 9293 section 3.8.4)",
    ),
    kind(
        &["reused_ports"],
        Theirs,
        When::Fact(Fact::AcksKnown),
        "the SYN,ACK acknowledges the SYN of this connection; a forged RST before it had another number",
    ),
    kind(&["lost_segment"], Ours, When::In("AH-IPcomp-IPv4.pcap"), COMPRESSED),
    kind(&["lost_segment", "ack_lost_segment"], Ours, When::In("AH-IPcomp-IPv6.pcap"), COMPRESSED),
    kind(&["ack_lost_segment", "retransmission", "spurious_retransmission"], Ours, When::In("packet-c.cap"), REWRITTEN),
    kind(
        &["ack_lost_segment", "fast_retransmission", "lost_segment", "out_of_order", "retransmission", "reused_ports"],
        Theirs,
        When::In("packet-c.cap"),
        REWRITTEN,
    ),
    kind(
        &["lost_segment", "ack_lost_segment", "retransmission", "spurious_retransmission"],
        Ours,
        When::In("fuzz-72.pcap"),
        "a fuzzer has changed numbers and acknowledgments at random",
    ),
    kind(
        &["lost_segment", "ack_lost_segment", "retransmission", "out_of_order", "spurious_retransmission"],
        Theirs,
        When::In("fuzz-72.pcap"),
        "a fuzzer has changed numbers and acknowledgments at random",
    ),
];

/// By how many the counts of a flag differ in the corpus, added up over the files in which the tracer, or tshark, finds
/// more.
pub(crate) const CORPUS: &[(&str, Who, usize)] = &[
    ("ack_lost_segment", Ours, 92),
    ("ack_lost_segment", Theirs, 218),
    ("duplicate_ack", Theirs, 394),
    ("fast_retransmission", Theirs, 5),
    ("keep_alive", Theirs, 4),
    ("keep_alive_ack", Ours, 3),
    ("lost_segment", Ours, 23),
    ("lost_segment", Theirs, 308),
    ("out_of_order", Ours, 2),
    ("out_of_order", Theirs, 119),
    ("retransmission", Ours, 94),
    ("retransmission", Theirs, 451),
    ("reused_ports", Theirs, 19),
    ("spurious_retransmission", Ours, 4),
    ("spurious_retransmission", Theirs, 1),
    ("window_update", Theirs, 3),
    ("zero_window_probe", Ours, 3),
    ("zero_window_probe_ack", Ours, 3),
];
