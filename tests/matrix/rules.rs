//! The transition table of the crate against `table.txt`, and that against a measured one where it is at hand.

use rawshake::tcp::{Answer, Cause, Standing, State, expected, linux_differs};

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
    assert_eq!(causes.len(), 40);
    for cause in Cause::ALL {
        assert!(causes.contains(&cause), "{cause:?} explains nothing");
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

/// `table.txt` against the measurements that it is to agree with, where they lie beside the project: state, segment,
/// and the reply and next state of the RFC and of Linux, for each state the first 33 segments in the order of our table.
#[test]
fn the_table_is_the_measured_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/tcp_expected_vs_linux.csv");
    let Ok(text) = std::fs::read_to_string(path) else {
        return common::impossible("the measured table is not beside the project");
    };
    let measured: Vec<Vec<String>> = text.lines().skip(1).map(values).collect();
    let cells = cells();
    assert_eq!(measured.len(), 33 * 12);
    for (index, row) in measured.iter().enumerate() {
        let cell = &cells[index % 33 * 12 + index / 33];
        let name = if cell.orphan { format!("{}(orphan)", cell.state) } else { cell.state.to_string() };
        let said = |comes: &Comes| [comes.reply.to_owned(), comes.state.to_string()];
        let Cell { rfc, linux, .. } = cell;
        assert_eq!((&row[0], &row[2..4], &row[4..6]), (&name, &said(rfc)[..], &said(linux)[..]), "{row:?} {cell:?}");
    }
}
