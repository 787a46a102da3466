//! Zeek's words and letters.

use super::script::*;
use crate::trace::{ConnState, History};

const OPEN: &str = "C S 0 -; S SA 0 1; C A 1 1";

/// Segments, and what Zeek says of them. `OPEN` stands for a handshake.
const ROWS: &[(&str, &str, &str)] = &[
    ("C S 0 -; C S 0 -", "S0", "S"),
    ("OPEN", "S1", "ShA"),
    ("OPEN; C FA 1 1; S A 1 2", "S2", "ShAFa"),
    ("OPEN; S FA 1 1; C A 1 2", "S3", "ShAf"),
    ("OPEN; C FA 1 1; S FA 1 2; C A 2 2", "SF", "ShAFf"),
    ("C S 0 -; S RA 0 1", "REJ", "Sr"),
    ("OPEN; C RA 1 1", "RSTO", "ShAR"),
    ("OPEN; S RA 1 1", "RSTR", "ShAr"),
    ("OPEN; C PA 1 1 len=5; S R 1 -", "RSTR", "ShADr"),
    ("C S 0 -; C R 1 -", "RSTOS0", "SR"),
    ("C S 0 -; C A 1 1; C R 1 -", "OTH", "SAR"),
    ("S SA 0 1; S R 1 -", "RSTRH", "^hr"),
    ("C S 0 -; C FA 1 1", "SH", "SF"),
    ("S SA 0 1; S FA 1 1", "SHR", "^hf"),
    ("C PA 1 1 len=5; S A 1 6", "OTH", "Da"),
    ("S SA 0 1; C A 1 1", "S1", "^hA"),
    // An end that ends by FIN and reset has closed if its peer does, too.
    ("OPEN; C FA 1 1; C RA 2 1", "RSTO", "ShAFR"),
    ("OPEN; C FA 1 1; C RA 2 1; S FA 1 2", "SF", "ShAFRf"),
    ("OPEN; C FA 1 1; S FA 1 2; C R 2 -", "SF", "ShAFfR"),
    // A SYN,ACK that an ACK goes before, a SYN that crosses another, one behind the middle of a stream.
    ("C S 0 -; S A 5 1; S SA 0 1; C A 1 1", "S1", "SahA"),
    ("C S 0 -; S S 0 -; C SA 0 1; S SA 0 1", "S1", "Ss"),
    ("C A 0 1; C S 0 -", "S0", "AS"),
    // Flags that no TCP sends together.
    ("C SF 0 -; S RA 0 1", "RSTR", "Qr"),
    ("C FR 0 -", "OTH", "I"),
    ("C S 0 - ; S SA 0 1; C A 1 1 win=0; S PA 1 1 len=3; S PA 1 1 len=3", "S1", "ShAWdt"),
    // Letters come again with another number.
    ("OPEN; C R 30 -; C R 30 -; C R 40 -", "RSTO", "ShARR"),
    // A window of 0 says nothing in a reset, nor to an end that has sent its FIN.
    ("OPEN; S FA 1 1; C A 1 2 win=0; C RA 1 2 win=0", "RSTO", "ShAfR"),
    // A wrong checksum counts as that alone.
    ("OPEN; C PA 1 1 len=5 corrupt; S FA 1 1; C A 1 2", "S3", "ShACf"),
    // Octets that the capture lacks are their sender's.
    ("OPEN; C PA 9 1 len=5; S A 1 14", "S1", "ShADaG"),
    // Five seconds after its end, Zeek has logged it.
    ("OPEN; S RA 1 1; +5000 C PA 1 1 len=5", "RSTR", "ShArD"),
    ("OPEN; S RA 1 1; +5001 C PA 1 1 len=5", "RSTR", "ShAr"),
];

#[test]
fn words_and_letters() {
    for (segments, word, letters) in ROWS {
        let summary = sent(&segments.replace("OPEN", OPEN));
        let found = (summary.conn_state.name(), summary.history.to_string());
        assert_eq!(found, (*word, (*letters).to_owned()), "{segments}");
    }
}

#[test]
fn every_word_has_its_row() {
    for state in ConnState::ALL {
        assert!(ROWS.iter().any(|(_, word, _)| *word == state.name()), "{}", state.name());
    }
}

#[test]
fn what_happens_often_is_told_at_powers_of_ten() {
    let segments = |times: usize| vec!["S A 1 1 win=0"; times].join("; ");
    for (times, letters) in [(9, "ShAaw"), (10, "ShAaww"), (99, "ShAaww"), (100, "ShAawww")] {
        assert_eq!(sent(&format!("{OPEN}; {}", segments(times))).history.as_str(), letters);
    }
}

#[test]
fn letters_are_bounded() {
    let resets: Vec<_> = (1..100).map(|number| format!("C R {} -", 20 * number)).collect();
    let history = sent(&format!("{OPEN}; {}", resets.join("; "))).history;
    assert_eq!(history.as_str(), format!("ShA{}", "R".repeat(History::MOST - 3)));
}
