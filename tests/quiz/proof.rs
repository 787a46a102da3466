//! Every answer, derived from the octets of the capture.

use serde_json::Value;

use crate::altered::{Shown, corrections};
use crate::ends::End;
use crate::raw::{self, Raw};
use crate::{captures, questions, quiz};

/// At least so many questions have to be held against the captures.
const ENOUGH: usize = 500;

/// One question, and the packets that it is about.
struct Case<'a> {
    question: &'a Value,
    packets: &'a [Raw],
    /// The packet asked about.
    packet: &'a Raw,
}

impl<'a> Case<'a> {
    fn new(question: &'a Value, packets: &'a [Raw]) -> Self {
        let number = question["packet"].as_u64().expect("a number");
        Self { question, packets, packet: packet(packets, number) }
    }

    /// All that went between the same two sockets, from the last SYN on that opened them, up to the next.
    fn connection(&self) -> Vec<&'a Raw> {
        let (from, to) = (&self.packet.source, &self.packet.destination);
        let is_between =
            |one: &&Raw| (&one.source, &one.destination) == (from, to) || (&one.destination, &one.source) == (from, to);
        let opens = |one: &Raw| one.syn() && !one.has_ack();
        let all: Vec<_> = self.packets.iter().filter(is_between).collect();
        // A SYN that crosses another opens the same connection.
        let crosses = |at: usize| at > 0 && opens(all[at - 1]) && all[at - 1].source != all[at].source;
        let begins = |at: &usize| opens(all[*at]) && !crosses(*at);
        let begin = (0..all.len()).rev().find(|at| begins(at) && all[*at].number <= self.packet.number);
        let begin = begin.expect("a first SYN");
        let later = |at: &usize| all[*at].number <= self.packet.number || !begins(at);
        (begin..all.len()).take_while(later).map(|at| all[at]).collect()
    }

    /// What went before.
    fn before(&self) -> Vec<&'a Raw> {
        self.connection().into_iter().take_while(|one| one.number < self.packet.number).collect()
    }

    /// The initial number of the sender of the packet, or of its receiver.
    fn initial(&self, of_sender: bool) -> u32 {
        let socket = if of_sender { &self.packet.source } else { &self.packet.destination };
        let syn = self.connection().into_iter().find(|one| one.syn() && one.source == *socket);
        // Who refuses has no number of its own: it answers by 0 (RFC 9293 section 3.10.7.1).
        let refusal = || self.connection().into_iter().find(|one| one.flags == 0x14 && one.source == *socket);
        syn.or_else(refusal).map(|one| one.seq).unwrap_or_else(|| panic!("no SYN: {}", self.question))
    }

    /// The number behind all that one of them sent before, counted from its initial number.
    fn sent(&self, by_sender: bool) -> u32 {
        let socket = if by_sender { &self.packet.source } else { &self.packet.destination };
        let own = self.before().into_iter().filter(|one| one.source == *socket);
        own.map(|one| one.end().wrapping_sub(self.initial(by_sender))).max().expect("a segment before")
    }

    /// The right answer.
    fn derived(&self) -> String {
        match self.question["kind"].as_str().expect("a kind") {
            "next-flags" => self.packet.names(),
            "next-seq" => {
                let relative = self.packet.seq.wrapping_sub(self.initial(true));
                assert_eq!(relative, self.sent(true), "it does not follow: {}", self.question);
                relative.to_string()
            }
            "next-ack" => {
                let relative = self.packet.ack.wrapping_sub(self.initial(false));
                assert_eq!(relative, self.sent(false), "it does not follow: {}", self.question);
                relative.to_string()
            }
            "order" => self.order(),
            "cause" => self.cause().to_owned(),
            "next-state" => self.chosen(self.end(true).state()),
            "returns" => self.chosen(self.end(true).returns(&self.end(false), self.packet)),
            "wrong" => self.altered(),
            other => panic!("nothing derives the answer to {other}"),
        }
    }

    /// The end that is asked about, with all that went up to the packet, or before it.
    fn end(&self, with_packet: bool) -> End {
        let connection = self.connection();
        let is_client = self.question["side"] == "client";
        let last = self.packet.number + u64::from(with_packet);
        let went = connection.iter().copied().take_while(|one| one.number < last);
        End::of(went, &connection[0].source, is_client)
    }

    /// The choice with that text, as it is written as an answer; it is offered once.
    fn chosen(&self, text: &str) -> String {
        let choices = self.question["choices"].as_array().expect("choices");
        assert_eq!(choices.iter().filter(|choice| *choice == text).count(), 1, "{text}: {}", self.question);
        let at = choices.iter().position(|choice| choice == text).expect("the right one");
        format!("{}. {text}", at + 1)
    }

    /// The call behind the packet, by its flags and data; the first copy of them.
    fn cause(&self) -> &'static str {
        let is_again = self.before().iter().any(|one| {
            one.source == self.packet.source
                && one.seq == self.packet.seq
                && one.end() == self.packet.end()
                && one.end() != one.seq
        });
        assert!(!is_again, "sent again: {}", self.question);
        match (self.packet.names().as_str(), self.packet.len) {
            ("SYN" | "SYN ECE CWR" | "SYN ECE CWR AE", 0) => "1. connect()",
            ("ACK" | "PSH ACK", 1..) => "2. send()",
            ("FIN ACK", 0) => "3. close() or shutdown()",
            ("ACK" | "SYN ACK" | "SYN ACK ECE", 0) => "4. none: its kernel answers by itself",
            _ => panic!("{}", self.question),
        }
    }

    /// The row and the field that are not as they were captured; no other correction makes the rows fit.
    fn altered(&self) -> String {
        let rows = self.question["rows"].as_array().expect("rows");
        let shown: Vec<Shown> = rows.iter().map(Shown::of).collect();
        let differs = rows.iter().zip(&shown).flat_map(|(row, shown)| {
            let fields = self.differing(row, shown);
            fields.into_iter().map(|field| format!("{} {field}", shown.label))
        });
        let differs: Vec<_> = differs.collect();
        assert_eq!(differs.len(), 1, "{differs:?}: {}", self.question);
        assert_eq!(corrections(&shown), differs, "{}", self.question);
        differs.into_iter().next().expect("one")
    }

    /// What of a row is not what its packet says.
    fn differing(&self, row: &Value, shown: &Shown) -> Vec<&'static str> {
        let raw = packet(self.packets, row["packet"].as_u64().expect("a number"));
        let is_sender = raw.source == self.packet.source;
        let relative = |number: u32, of_sender| i64::from(number.wrapping_sub(self.initial(of_sender)));
        let ack = raw.has_ack().then(|| relative(raw.ack, !is_sender));
        let same = [
            ("flags", shown.flags == raw.names()),
            ("seq", shown.seq == relative(raw.seq, is_sender)),
            ("ack", shown.ack == ack),
            ("len", shown.len == i64::from(raw.len)),
        ];
        same.into_iter().filter(|field| !field.1).map(|field| field.0).collect()
    }

    /// The labels by the numbers of their packets; no other order may fit what is shown.
    fn order(&self) -> String {
        let mut rows: Vec<&Value> = self.question["rows"].as_array().expect("rows").iter().collect();
        rows.sort_by_key(|row| row["packet"].as_u64());
        let shown: Vec<Shown> = rows.iter().map(|row| Shown::of(row)).collect();
        assert_eq!(orders(&shown), 1, "more than one order is possible: {}", self.question);
        rows.iter().map(|row| row["label"].as_str().expect("a label")).collect::<Vec<_>>().join(" ")
    }
}

fn packet(packets: &[Raw], number: u64) -> &Raw {
    packets.iter().find(|packet| packet.number == number).expect("a segment")
}

/// In how many orders the segments can have been sent, each end beginning with its lowest number, sending without a gap,
/// and acknowledging no less than before and nothing that was not sent.
fn orders(segments: &[Shown]) -> usize {
    let begin = |from: &str| segments.iter().filter(|one| one.from == from).map(|one| one.seq).min();
    let ends: Vec<_> =
        ["\"client\"", "\"server\""].iter().map(|from| (*from, begin(from).unwrap_or(i64::MAX), 0)).collect();
    let rest: Vec<&Shown> = segments.iter().collect();
    count(&ends, &rest)
}

/// `ends`: each end's name, what it sends next, and what it acknowledged.
fn count(ends: &[(&str, i64, i64)], rest: &[&Shown]) -> usize {
    if rest.is_empty() {
        return 1;
    }
    let mut orders = 0;
    for (at, one) in rest.iter().enumerate() {
        let (own, peer) = if ends[0].0 == one.from { (0, 1) } else { (1, 0) };
        let ack = one.ack.unwrap_or_default();
        if one.seq == ends[own].1 && ack <= ends[peer].1 && ack >= ends[own].2 {
            let mut next = ends.to_vec();
            next[own] = (ends[own].0, one.end(), ack);
            let others: Vec<&Shown> =
                rest.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, one)| *one).collect();
            orders += count(&next, &others);
        }
    }
    orders
}

/// Whether the rows that hide nothing say what the packets do.
fn rows_are_true(case: &Case<'_>) {
    for row in case.question["rows"].as_array().expect("rows") {
        let number = row["packet"].as_u64().expect("a number");
        if row["segment"].as_str().is_some_and(|text| text.contains('?')) {
            assert_eq!(number, case.packet.number, "{}", case.question);
            continue;
        }
        let differs = case.differing(row, &Shown::of(row));
        let altered = case.question["kind"] == "wrong" && number == case.packet.number;
        assert!(differs.is_empty() || altered, "{differs:?}: {}", case.question);
    }
}

#[test]
fn every_answer_follows_from_the_octets_of_the_capture() {
    let mut count = std::collections::BTreeMap::<String, usize>::new();
    for path in captures() {
        let said = quiz(&[path.to_str().expect("UTF-8"), "--seed", "1", "-n", "1000", "--format", "json"], "");
        if said.err.contains("nothing to ask about") {
            continue;
        }
        let packets = raw::read(&path);
        for question in questions(&said) {
            // Those are held against tshark.
            if question["kind"] == "phenomenon" {
                continue;
            }
            let case = Case::new(&question, &packets);
            assert_eq!(question["answer"], case.derived(), "{}: {question}", path.display());
            rows_are_true(&case);
            *count.entry(question["kind"].to_string()).or_default() += 1;
        }
    }
    assert!(count.values().sum::<usize>() >= ENOUGH, "{count:?}");
    assert!(count.values().all(|of_kind| *of_kind >= 20), "{count:?}");
}
