//! A recorded connection that was had again: what was other than before.

use serde::Serialize;

use super::verdict::Statement;
use super::words::{count, grouped, quoted};
use crate::trace::{Handshake, Side, Summary, Termination};
use crate::wire::OptionSummary;

/// How one side of a recorded connection was played, and what the other side did.
#[derive(Clone, Debug, Serialize)]
pub struct Rerun {
    /// Which recording: `connection 2 of capture.pcap`.
    pub recording: String,
    /// The side that was played.
    #[serde(rename = "as")]
    pub ours: Side,
    /// Octets that were to be said.
    pub said: Share,
    /// Octets that were to be heard.
    pub heard: Share,
    /// Whether something may have differed in the octets that counts as equal.
    pub ignores: bool,
    /// The first octet of the other side that was another one.
    pub bytes: Option<Bytes>,
    /// What else was other than recorded.
    pub differences: Vec<Difference>,
    /// What went wrong altogether.
    pub failure: Option<String>,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Share {
    /// In the live connection.
    pub live: u64,
    /// In the recording.
    pub recorded: u64,
}

/// Where two streams part. Untrusted octets.
#[derive(Clone, Debug, Serialize)]
pub struct Bytes {
    /// Place in the recorded stream, from 0.
    pub recorded_at: u64,
    /// Place in the live stream, from 0.
    pub live_at: u64,
    /// Which turn of the conversation it is in, from 1, and how many there are.
    pub turn: (usize, usize),
    /// What came before, in both.
    #[serde(serialize_with = "escaped")]
    pub before: Vec<u8>,
    /// What was recorded from there on; nothing where the recording ends.
    #[serde(serialize_with = "escaped")]
    pub recorded: Vec<u8>,
    /// What came in its place; nothing where no more came.
    #[serde(serialize_with = "escaped")]
    pub live: Vec<u8>,
}

fn escaped<S: serde::Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&octets.escape_ascii())
}

/// Something beside the octets that was other than recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What.
    pub what: Facet,
    /// As it was.
    pub recorded: String,
    /// As it is.
    pub live: String,
}

/// What is compared beside octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Facet {
    /// The handshake.
    Opening,
    /// What the other side's SYN offers.
    Options,
    /// Flags of its SYN beside SYN and ACK.
    Flags,
    /// Who closed first, and how.
    Closing,
}

impl Facet {
    /// The first word of a line about it.
    #[must_use]
    pub const fn subject(self) -> &'static str {
        match self {
            Self::Opening => "Opening",
            Self::Options => "Options",
            Self::Flags => "Flags",
            Self::Closing => "Closing",
        }
    }
}

/// What can be said of one facet of a connection; the side is the one that was not played.
type Words = fn(&Summary, Side) -> Vec<String>;

/// In which ways the `live` connection is not as the `recorded` one, apart from octets; `peer` is the side that was not
/// played.
#[must_use]
pub fn differences(recorded: &Summary, live: &Summary, peer: Side) -> Vec<Difference> {
    let words: [(Facet, Words); 4] = [
        (Facet::Opening, |summary, _| vec![opening(summary.handshake).to_owned()]),
        (Facet::Flags, |summary, peer| vec![if summary.ecn[peer] { "ECE, for ECN" } else { "no ECE" }.to_owned()]),
        (Facet::Options, |summary, peer| summary.offered[peer].as_ref().map_or_else(Vec::new, options)),
        (Facet::Closing, |summary, _| vec![closing(summary)]),
    ];
    let differ = |(what, words): (Facet, Words)| {
        let (recorded, live) = (words(recorded, peer), words(live, peer));
        // A SYN that never came offers nothing.
        let is_missing = recorded.is_empty() || live.is_empty();
        let only = |these: &[String], others: &[String]| {
            these.iter().filter(|word| !others.contains(word)).cloned().collect::<Vec<_>>().join(", ")
        };
        let differs = recorded != live && !is_missing;
        differs.then(|| Difference { what, recorded: only(&recorded, &live), live: only(&live, &recorded) })
    };
    let mut found: Vec<_> = words.into_iter().filter_map(differ).collect();
    // What never opened closed in no way.
    if found.first().is_some_and(|first| first.what == Facet::Opening) {
        found.retain(|difference| difference.what != Facet::Closing);
    }
    found
}

const fn opening(handshake: Handshake) -> &'static str {
    match handshake {
        // The data on the SYN is said behind the handshake.
        Handshake::ThreeWay | Handshake::FastOpen => "three-way handshake",
        Handshake::SimultaneousOpen => "simultaneous open",
        Handshake::Split => "split handshake",
        Handshake::Refused => "refused",
        Handshake::Unanswered => "not answered",
        Handshake::Unreachable => "unreachable",
        Handshake::SynReceived => "never completed",
        Handshake::Aborted => "reset before it was complete",
        Handshake::OneWay | Handshake::MidStream | Handshake::Probe => "not seen",
    }
}

/// Each option of a SYN as a word or two, whether it is there or not.
fn options(options: &OptionSummary) -> Vec<String> {
    let or_none =
        |name: &str, value: Option<u32>| value.map_or(format!("no {name}"), |value| format!("{name} {value}"));
    let there = |name: &str, is_there: bool| if is_there { name.to_owned() } else { format!("no {name}") };
    vec![
        or_none("mss", options.mss.map(u32::from)),
        or_none("window scale", options.window_scale.map(u32::from)),
        there("SACK", options.sack_permitted),
        there("timestamps", options.timestamps.is_some()),
    ]
}

/// Whether three segments or four close a connection depends on who was slow, so it is no difference.
fn closing(summary: &Summary) -> String {
    if let Some(by) = summary.reset_by {
        return format!("reset by the {}", by.name());
    }
    match (summary.closed_first, summary.termination) {
        (_, Termination::None) | (None, _) => "left open".to_owned(),
        (_, Termination::SimultaneousClose) => "both FINs crossed".to_owned(),
        (Some(first), Termination::OneSided) => format!("the {} alone closed", first.name()),
        (Some(first), _) => format!("the {} closed first", first.name()),
    }
}

impl Rerun {
    /// Whether the other side said the same as before.
    #[must_use]
    pub const fn is_same(&self) -> bool {
        self.bytes.is_none() && self.failure.is_none()
    }

    /// The verdict, in lines that each begin with their subject.
    #[must_use]
    pub fn statements(&self, ascii: bool) -> Vec<Statement> {
        let (ours, peer) = (self.ours.name(), self.ours.other().name());
        let recording = &self.recording;
        let said = share(self.said);
        let mut statements = vec![Statement {
            subject: "Played",
            text: format!("the {ours} of {recording}: {said} said, {} heard", share(self.heard)),
        }];
        let mut add = |subject, text| statements.push(Statement { subject, text });
        match (&self.bytes, &self.failure) {
            (Some(bytes), _) => {
                let (turn, turns) = bytes.turn;
                let at = grouped(bytes.recorded_at);
                add(
                    "Bytes",
                    format!("the {peer}'s differ from byte {at} on, in turn {turn} of {turns}{}", bytes.after(ascii)),
                );
                add("Recorded", excerpt(&bytes.recorded, "nothing more", ascii));
                add("Live", excerpt(&bytes.live, "nothing more came", ascii));
            }
            (None, None) if self.ignores => {
                add("Bytes", format!("the {peer}'s are those of the recording, but for what is ignored"))
            }
            (None, None) => add("Bytes", format!("the {peer}'s are those of the recording")),
            (None, Some(_)) => {}
        }
        for Difference { what, recorded, live } in &self.differences {
            add(what.subject(), format!("{live}; recorded: {recorded}"));
        }
        if let Some(failure) = &self.failure {
            add("Failed", failure.clone());
        }
        statements
    }
}

impl Bytes {
    /// What came before, if anything did.
    fn after(&self, ascii: bool) -> String {
        if self.before.is_empty() { String::new() } else { format!(", behind {}", quoted(&self.before, ascii)) }
    }

    /// What the other connection has there, for a mark in the ladder of this one.
    #[must_use]
    pub fn mark(&self, in_live: bool, ascii: bool) -> String {
        let (here, there) = if in_live { ("live", "recorded") } else { ("recorded", "live") };
        let (at, octets) = if in_live {
            (self.live_at, [&self.live, &self.recorded])
        } else {
            (self.recorded_at, [&self.recorded, &self.live])
        };
        let [this, other] = octets.map(|octets| excerpt(octets, "nothing more", ascii));
        format!("byte {}: {here} {this}, {there} {other}", grouped(at))
    }
}

impl Difference {
    /// What the other connection has there, for a mark in the ladder of this one.
    #[must_use]
    pub fn mark(&self, in_live: bool) -> String {
        if in_live { format!("recorded: {}", self.recorded) } else { format!("live: {}", self.live) }
    }
}

fn share(share: Share) -> String {
    if share.live == share.recorded {
        return count(share.live, "byte");
    }
    format!("{} of {}", grouped(share.live), count(share.recorded, "byte"))
}

fn excerpt(octets: &[u8], nothing: &str, ascii: bool) -> String {
    if octets.is_empty() { nothing.to_owned() } else { quoted(octets, ascii) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rerun() -> Rerun {
        let share = Share { live: 1000, recorded: 1000 };
        Rerun {
            recording: "connection 1 of a.pcap".to_owned(),
            ours: Side::Client,
            said: share,
            heard: share,
            ignores: false,
            bytes: None,
            differences: Vec::new(),
            failure: None,
        }
    }

    fn told(rerun: &Rerun) -> Vec<String> {
        rerun.statements(false).iter().map(|said| format!("{}: {}", said.subject, said.text)).collect()
    }

    #[test]
    fn the_same_is_said_in_two_lines() {
        let played = "Played: the client of connection 1 of a.pcap: 1,000 bytes said, 1,000 bytes heard";
        assert_eq!(told(&rerun()), [played, "Bytes: the server's are those of the recording"]);
        let ignores = Rerun { ignores: true, ..rerun() };
        assert_eq!(told(&ignores)[1], "Bytes: the server's are those of the recording, but for what is ignored");
        assert!(rerun().is_same());
    }

    #[test]
    fn what_differs_is_shown_escaped() {
        let bytes = Bytes {
            recorded_at: 1234,
            live_at: 1230,
            turn: (4, 20),
            before: b"Length: ".to_vec(),
            recorded: b"2\r\n\x1b[31m".to_vec(),
            live: Vec::new(),
        };
        let rerun = Rerun {
            ours: Side::Server,
            heard: Share { live: 7, recorded: 10 },
            bytes: Some(bytes),
            differences: vec![Difference { what: Facet::Options, recorded: "SACK".into(), live: "no SACK".into() }],
            ..rerun()
        };
        assert_eq!(
            told(&rerun)[1..],
            [
                "Bytes: the client's differ from byte 1,234 on, in turn 4 of 20, behind \"Length: \"",
                "Recorded: \"2\\r\\n\\x1b[31m\"",
                "Live: nothing more came",
                "Options: no SACK; recorded: SACK",
            ]
        );
        assert!(told(&rerun)[0].ends_with("1,000 bytes said, 7 of 10 bytes heard"));
        let marks = rerun.bytes.iter().flat_map(|bytes| [bytes.mark(true, true), bytes.mark(false, true)]);
        let expected = [
            "byte 1,230: live nothing more, recorded \"2\\r\\n\\x1b[31m\"",
            "byte 1,234: recorded \"2\\r\\n\\x1b[31m\", live nothing more",
        ];
        assert_eq!(marks.collect::<Vec<_>>(), expected);
        assert!(!rerun.is_same());
    }

    #[test]
    fn a_failure_is_no_equality() {
        let rerun = Rerun { failure: Some("nobody called".to_owned()), ..rerun() };
        assert_eq!(told(&rerun)[1..], ["Failed: nobody called"]);
        assert!(!rerun.is_same());
    }
}
