//! What is about to be sent, and why, in words.

use super::ledger::{Ledger, Piece, Since};
use super::outgoing::Outgoing;
use super::prediction::Fact;
use crate::explain::{Statement, count};
use crate::tcp::{Call, Seq, State};
use crate::wire::Flags;

/// A segment of ours that is about to be sent.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// As it was made.
    pub segment: Outgoing,
    /// Our state when our last segment had left.
    pub from: State,
    /// Our state before this one leaves.
    pub before: State,
    /// Our state once it has left.
    pub to: State,
    /// The calls that cause it.
    pub calls: [Option<Call>; 2],
}

impl Proposal {
    /// What matters to the numbers.
    #[must_use]
    pub fn piece(&self) -> Piece {
        piece(&self.segment)
    }

    /// What a prediction is held against. Numbers count from `zeros`: those of SEG.SEQ and SEG.ACK.
    #[must_use]
    pub fn fact(&self, (seq, ack): (Seq, Seq)) -> Fact {
        let piece = self.piece();
        let shown_ack = piece.flags.ack().then(|| piece.ack - ack);
        Fact { flags: piece.flags, seq: piece.seq - seq, ack: shown_ack, len: piece.len, state: Some(self.to) }
    }
}

fn piece(segment: &Outgoing) -> Piece {
    let fields = &segment.fields;
    let len = u32::try_from(fields.payload.len()).unwrap_or(u32::MAX);
    Piece { seq: Seq(fields.seq), ack: Seq(fields.ack), len, flags: fields.flags }
}

fn flags(flags: Flags) -> String {
    if flags == Flags::NONE { "no flag".to_owned() } else { flags.to_string() }
}

/// A segment on one line: flags, numbers from `zeros`, length and window.
fn line(segment: &Outgoing, (seq, ack): (Seq, Seq)) -> String {
    let piece = piece(segment);
    let mut line = format!("{}  seq {}", flags(piece.flags), piece.seq - seq);
    if piece.flags.ack() {
        line += &format!("  ack {}", piece.ack - ack);
    }
    if piece.len > 0 {
        line += &format!("  {}", count(u64::from(piece.len), "byte"));
    }
    line + &format!("  window {}", segment.fields.window)
}

/// What is about to be sent, and why: numbers from `zeros`, `peer` with its article.
#[must_use]
pub fn words(proposal: &Proposal, ledger: &Ledger, zeros: (Seq, Seq), peer: &str) -> Vec<Statement> {
    let piece = proposal.piece();
    let statement = |subject, text| Statement { subject, text };
    let mut all = vec![
        statement("Segment", line(&proposal.segment, zeros)),
        statement("Why", why(proposal, ledger, peer)),
        statement("Seq", ledger.seq_words(&piece, zeros.0)),
    ];
    all.extend(ledger.ack_words(&piece, zeros.1, peer).map(|text| statement("Ack", text)));
    all.push(statement("State", states(proposal)));
    all
}

/// What is different from the segment as it was made.
#[must_use]
pub fn changed_words(made: &Outgoing, now: &Outgoing, (seq, ack): (Seq, Seq)) -> Vec<Statement> {
    let (old, new) = (&made.fields, &now.fields);
    let shown = |number: u32, zero: Seq| (Seq(number) - zero).to_string();
    let rows = [
        ("flags", flags(old.flags), flags(new.flags)),
        ("seq", shown(old.seq, seq), shown(new.seq, seq)),
        ("ack", shown(old.ack, ack), shown(new.ack, ack)),
        ("window", old.window.to_string(), new.window.to_string()),
    ];
    let changes: Vec<_> = rows
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(name, old, new)| format!("{name} {old} → {new}"))
        .collect();
    let line = Statement { subject: "Segment", text: line(now, (seq, ack)) };
    let text = if changes.is_empty() { "nothing".to_owned() } else { changes.join(", ") };
    vec![line, Statement { subject: "Changed", text }]
}

/// The states on the way.
fn states(proposal: &Proposal) -> String {
    let Proposal { from, before, to, .. } = *proposal;
    match () {
        () if from == to => format!("{to}, and stays so"),
        () if before == to => format!("{from} → {to}, by what has come since"),
        () if from == before => format!("{from} → {to}, with this segment"),
        () => format!("{from} → {before}, by what has come since; → {to}, with this one"),
    }
}

/// Why it is sent.
fn why(proposal: &Proposal, ledger: &Ledger, peer: &str) -> String {
    let piece = proposal.piece();
    let since = ledger.since();
    let calls: Vec<String> = proposal.calls.iter().flatten().map(ToString::to_string).collect();
    let calls = if calls.is_empty() { String::new() } else { format!("{}: ", calls.join(" and ")) };
    if ledger.is_again(&piece) {
        return "once more: nothing acknowledged it before your retransmission timer went off".to_owned();
    }
    let flags = piece.flags;
    match (flags.syn(), flags.fin(), piece.len > 0) {
        _ if flags.rst() && proposal.to == State::Closed && proposal.calls[0].is_some() => {
            format!("{calls}ends the connection at once, and wants no answer")
        }
        _ if flags.rst() => format!("{peer} acknowledged what you never sent: a reset tells it so"),
        (true, ..) if flags.ack() => format!("the SYN of {peer} is here, too: this acknowledges it"),
        (true, ..) => format!("{calls}asks {peer} for a connection, and tells it your initial number"),
        (_, true, _) if proposal.to == State::LastAck => {
            format!("{calls}{peer} has closed its direction; this closes yours")
        }
        (_, true, false) => format!("{calls}you have no more to say; {peer} may still send"),
        (_, true, true) => format!("{calls}your last {}, and the end of them", count(u64::from(piece.len), "byte")),
        (_, _, true) => format!("{calls}your {} on their way", count(u64::from(piece.len), "byte")),
        _ => acknowledges(since, peer),
    }
}

/// Why an acknowledgment without anything else is sent.
fn acknowledges(since: Since, peer: &str) -> String {
    let bytes = count(u64::from(since.octets), "byte");
    match (since.syn, since.octets > 0, since.fin) {
        (true, ..) => format!("the SYN ACK of {peer} came: acknowledging it completes the handshake"),
        (_, true, true) => format!("{bytes} and the FIN of {peer} came: this acknowledges both"),
        (_, true, false) => format!("{bytes} of {peer} came: this acknowledges them"),
        (_, _, true) => format!("the FIN of {peer} came: this acknowledges it"),
        _ if since.any => format!("{peer} sent what is here already, or cannot be: this tells it where you stand"),
        _ => format!("it tells {peer} where you stand"),
    }
}
