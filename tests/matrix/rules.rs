//! The transition table of the crate against `table.txt`, and that against a measured one where it is at hand.

use rawshake::tcp::{
    Answer, Arriving, Cause, Number, Reply, Seq, Shape, Standing, State, Variables, expected, linux_differs,
};

use crate::common;
use crate::table::{Cell, Comes, cells, letters, variables};

fn comes(before: State, answer: Answer) -> Comes {
    Comes { reply: letters(answer.reply.shape(before).map(|shape| shape.flags)), state: answer.state }
}

#[test]
fn every_cell_is_as_the_rfc_asks() {
    for cell in cells() {
        let receiver = variables(cell.state);
        let arriving = cell.probe.arriving(&receiver);
        let asked = expected(cell.state, &receiver, (!cell.probe.damaged).then_some(&arriving));
        assert_eq!(comes(cell.state, asked.answer), cell.rfc, "{} gets {}: {arriving:?}", cell.state, cell.probe.name);
    }
}

/// The table of differences is complete, and names none that is not there.
#[test]
fn every_cell_is_as_linux_does() {
    let mut causes = Vec::new();
    for cell in cells() {
        let receiver = variables(cell.state);
        let arriving = cell.probe.arriving(&receiver);
        let segment = (!cell.probe.damaged).then_some(&arriving);
        let standing = Standing { state: cell.state, orphan: cell.orphan };
        let differs = linux_differs(standing, &receiver, segment);
        let linux = differs.map_or(expected(cell.state, &receiver, segment).answer, |(answer, _)| answer);
        assert_eq!(comes(cell.state, linux), cell.linux, "{standing:?} gets {}: {arriving:?}", cell.probe.name);
        assert_eq!(differs.is_some(), cell.linux != cell.rfc, "{standing:?} gets {}", cell.probe.name);
        causes.extend(differs.map(|(_, cause)| cause));
    }
    assert_eq!(causes.len(), 54);
    causes.extend(cells().iter().filter_map(signed).map(|(_, cause)| cause));
    for cause in Cause::ALL {
        assert!(causes.contains(&cause), "{cause:?} explains nothing");
    }
}

/// What Linux does otherwise with the segment of `cell`, signed with MD5.
fn signed(cell: &Cell) -> Option<(Answer, Cause)> {
    let receiver = variables(cell.state);
    let arriving = Arriving { signed: true, ..cell.probe.arriving(&receiver) };
    let standing = Standing { state: cell.state, orphan: cell.orphan };
    linux_differs(standing, &receiver, (!cell.probe.damaged).then_some(&arriving))
}

/// Without a key, what is signed meets with silence and changes nothing, but at the small substitutes of sockets, which do
/// not look for it: they answer with no reset.
#[test]
fn what_is_signed_meets_with_silence() {
    for cell in cells() {
        let (asked, differs) = (cell.rfc.clone(), signed(&cell));
        let comes = differs.map_or(asked.clone(), |(answer, _)| comes(cell.state, answer));
        let substitute = cell.state == State::TimeWait || cell.orphan;
        match differs {
            _ if !substitute => assert_eq!((comes.reply, comes.state), ("-", cell.state), "{cell:?}"),
            Some((answer, Cause::Signed)) => assert_eq!((answer.reply, answer.state), (Reply::Nothing, State::Closed)),
            _ => assert_eq!(comes, cell.linux, "{cell:?}"),
        }
    }
}

/// A line of comma-separated values, with quotes around those that hold a comma.
fn values(line: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => values.push(String::new()),
            c => values.last_mut().expect("one at least").push(c),
        }
    }
    values
}

/// The names of the measured segments, in the order of our table.
#[rustfmt::skip]
const MEASURED: [(&str, &str); 33] = [
    ("SYN, next number", "SYN in-window (seq=RCV.NXT)"),
    ("SYN, repeated", "SYN original dup (seq=IRS)"),
    ("SYN, beyond the window", "SYN new ISN (RCV.NXT+1e6, beyond window)"),
    ("SYN, below the window", "SYN old (RCV.NXT-1e6)"),
    ("SYN ACK, next number", "SYN,ACK (RCV.NXT, ack=SND.NXT)"),
    ("SYN ACK, repeated", "SYN,ACK dup (IRS, ack=SND.NXT)"),
    ("SYN ACK of what was never sent", "SYN,ACK bad ack (SND.NXT+1000)"),
    ("ACK", "ACK correct"),
    ("ACK of what was never sent", "ACK of unsent (SND.NXT+1000)"),
    ("ACK of long ago", "ACK very old (SND.UNA-1e6)"),
    ("ACK, one number back", "ACK seq=RCV.NXT-1 (keepalive)"),
    ("ACK, beyond the window", "ACK seq beyond window"),
    ("FIN without ACK", "FIN bare (no ACK)"),
    ("FIN ACK", "FIN,ACK"),
    ("FIN ACK without our FIN", "FIN,ACK not acking our FIN (ack=SND.UNA)"),
    ("FIN ACK, out of order", "FIN,ACK out of order (RCV.NXT+100)"),
    ("RST, exact", "RST exact"),
    ("RST, in the window", "RST in window (+100)"),
    ("RST, beyond the window", "RST out of window (+1e6)"),
    ("RST ACK, exact", "RST,ACK exact seq, ack=SND.NXT"),
    ("RST ACK, number 0", "RST,ACK seq=0 ack=SND.NXT"),
    ("no flag", "NULL"),
    ("FIN PSH URG", "XMAS FIN,PSH,URG"),
    ("FIN PSH URG ACK", "XMAS+ACK"),
    ("data", "data PSH,ACK 5B"),
    ("data, out of order", "data 5B out of order (+100)"),
    ("data without ACK", "data no ACK flag"),
    ("data, once more", "data already received (-5)"),
    ("SYN FIN", "SYN,FIN"),
    ("SYN RST", "SYN,RST"),
    ("all six flags", "all flags SFRPAU"),
    ("FIN RST", "FIN,RST"),
    ("data, damaged", "data bad checksum"),
];

/// An answer as it was measured: `SYN,ACK seq=ISS ack=SEG.SEQ+1`, and what else was sent behind a semicolon. None for silence.
fn measured(detail: &str, receiver: &Variables, segment: &Arriving) -> Option<(String, Option<Seq>, Option<Seq>)> {
    let first = detail.split(';').next().expect("one part").trim();
    let mut words = first.split(' ').filter(|word| !word.is_empty());
    let flags = words.next()?.replace(',', " ");
    let mut numbers = words.map(|word| word.split_once('=').expect("a number").1);
    let mut number = || {
        let (name, more) = numbers.next().map(|text| text.split_once('+').unwrap_or((text, "0")))?;
        let origin = match name {
            "0" => Seq(0),
            "ISS" => receiver.iss,
            "SND.NXT" => receiver.snd_nxt,
            "RCV.NXT" => receiver.rcv_nxt,
            "SEG.SEQ" => segment.seq,
            "SEG.ACK" => segment.ack,
            "new" => return None,
            _ => panic!("what is {name}?"),
        };
        Some(origin + more.parse::<u32>().expect("a number"))
    };
    Some((flags, number(), number()))
}

/// What Linux answers by our tables, in the same way.
fn by_our_tables(cell: &Cell) -> Option<(String, Option<Seq>, Option<Seq>)> {
    let receiver = variables(cell.state);
    let arriving = cell.probe.arriving(&receiver);
    let segment = (!cell.probe.damaged).then_some(&arriving);
    let standing = Standing { state: cell.state, orphan: cell.orphan };
    let asked = expected(cell.state, &receiver, segment);
    let answer = linux_differs(standing, &receiver, segment).map_or(asked.answer, |(answer, _)| answer);
    let Shape { flags, seq, ack } = answer.reply.shape(cell.state)?;
    let value = |rule: Number| rule.value(&asked.after, &arriving);
    Some((flags.to_string(), value(seq), ack.and_then(value)))
}

/// `table.txt` against the measurements that it is to agree with, where they lie beside the project: state, segment,
/// the reply and next state of the RFC and of Linux, and the numbers of Linux's reply; for each state the first 33 segments
/// in the order of our table.
#[test]
fn the_table_is_the_measured_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/tcp_expected_vs_linux.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        return common::impossible("the measured table is not beside the project");
    };
    let rows: Vec<Vec<String>> = text.lines().skip(1).map(values).collect();
    let cells = cells();
    assert_eq!(rows.len(), 33 * 12);
    for (index, row) in rows.iter().enumerate() {
        let cell = &cells[index % 33 * 12 + index / 33];
        let name = if cell.orphan { format!("{}(orphan)", cell.state) } else { cell.state.to_string() };
        let said = |comes: &Comes| [comes.reply.to_owned(), comes.state.to_string()];
        let Cell { rfc, linux, .. } = cell;
        assert_eq!((&row[0], &row[2..4], &row[4..6]), (&name, &said(rfc)[..], &said(linux)[..]), "{row:?} {cell:?}");
        assert_eq!((cell.probe.name, row[1].as_str()), MEASURED[index % 33]);
        let receiver = variables(cell.state);
        let detail = measured(&row[7], &receiver, &cell.probe.arriving(&receiver));
        assert_eq!(by_our_tables(cell), detail, "{row:?} {cell:?}");
    }
}
