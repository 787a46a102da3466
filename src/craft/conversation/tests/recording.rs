//! From segments to a conversation.

use super::*;

/// Whole conversations behind a handshake: a name, the segments, both scripts.
const TABLE: &[(&str, &[Row<'_>], &[&str])] = &[
    (
        "a request, a second one, and both FINs",
        &[
            (10, Client, ACK, 1, 1, b"one", 0),
            (15, Server, ACK, 1, 4, b"ONE", 0),
            (115, Client, ACK, 4, 4, b"two!", 0),
            (117, Server, ACK, 4, 8, b"TWO", 0),
            (120, Client, FIN.with(ACK), 8, 7, b"", 0),
            (121, Server, ACK, 7, 9, b"", 0),
            (141, Server, FIN.with(ACK), 7, 9, b"", 0),
            (142, Client, ACK, 9, 8, b"", 0),
        ],
        &[
            "client 8 ms after 0: 0..3",
            "client 100 ms after 3: 3..7",
            "client 3 ms after 6: FIN",
            "server 5 ms after 3: 0..3",
            "server 2 ms after 7: 3..6",
            "server 21 ms after 7 and FIN: FIN",
        ],
    ),
    (
        "segments of one send(), repeated, out of order and overlapping",
        &[
            (10, Client, ACK, 1, 1, b"abcd", 0),
            (10, Client, ACK, 9, 1, b"ij", 0),
            (10, Client, ACK, 1, 1, b"abcd", 0),
            (11, Client, ACK, 3, 1, b"cdefgh", 0),
            (11, Client, ACK, 0, 1, b"?a", 0),
            (500, Client, ACK, 11, 1, b"k", 0),
        ],
        &["client 8 ms after 0: 0..10", "client 490 ms after 0: 10..11"],
    ),
    (
        "the server speaks first, and resets in the end",
        &[
            (5, Server, ACK, 1, 1, b"220 hello", 0),
            (6, Client, ACK, 1, 10, b"QUIT", 0),
            (7, Server, RST.with(ACK), 10, 5, b"", 0),
            (8, Client, ACK, 5, 10, b"never heard", 0),
        ],
        &["client 1 ms after 9: 0..4", "server 3 ms after 0: 0..9", "server 1 ms after 4: RST"],
    ),
    (
        "a half close, a FIN with data, and a reset that is not exact",
        &[
            (3, Client, FIN.with(ACK), 1, 1, b"ask", 0),
            (4, Server, RST, 99, 0, b"", 0),
            (9, Server, ACK, 1, 5, b"answer", 0),
            (9, Server, FIN.with(ACK), 7, 5, b"", 0),
        ],
        &[
            "client 1 ms after 0: 0..3",
            "client 0 ms after 0: FIN",
            "server 6 ms after 3 and FIN: 0..6",
            "server 0 ms after 3 and FIN: FIN",
        ],
    ),
];

#[test]
fn what_was_done_and_after_what() {
    for (name, rows, expected) in TABLE {
        let conversation = record(&[&HANDSHAKE, *rows].concat()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(scripts(&conversation), *expected, "{name}");
    }
}

#[test]
fn both_streams_are_put_together() {
    let streams = |place: usize| {
        let conversation = record(&[&HANDSHAKE, TABLE[place].1].concat()).unwrap();
        let text = |role| String::from_utf8(conversation.part(role).octets.clone()).unwrap();
        (text(Client), text(Server), conversation.turns().len(), conversation.closed_first())
    };
    assert_eq!(streams(0), ("onetwo!".to_owned(), "ONETWO".to_owned(), 4, Some(Client)));
    assert_eq!(streams(1), ("abcdefghijk".to_owned(), String::new(), 1, None));
    assert_eq!(streams(2), ("QUIT".to_owned(), "220 hello".to_owned(), 2, Some(Server)));
}

#[test]
fn what_cannot_be_had_again_is_refused_with_the_reason() {
    let data: Row<'_> = (10, Client, ACK, 1, 1, b"one", 0);
    let [syn, syn_ack, ack] = HANDSHAKE;
    let table: &[(&[Row<'_>], &str)] = &[
        (&[], "the capture lacks its handshake: no SYN of the client was seen"),
        (&[data], "the capture lacks its handshake: no SYN of the client was seen"),
        (&[syn, ack, data], "the capture lacks its handshake: no SYN of the server was seen"),
        (&[syn], "it never opened: no SYN of the server answers that of the client"),
        (&[syn, (1, Server, RST.with(ACK), 0, 1, b"", 0)], "it never opened"),
        (
            &[syn, syn_ack, ack, (10, Client, ACK, 3, 1, b"e", 0)],
            "the capture lacks octets of the client, from octet 0",
        ),
        (
            &[syn, syn_ack, ack, data, (11, Server, ACK, 1, 9, b"", 0)],
            "the capture lacks octets of the client, from octet 3",
        ),
        (
            &[syn, syn_ack, ack, (10, Server, FIN.with(ACK), 5, 1, b"", 0)],
            "the capture lacks octets of the server, from octet 0",
        ),
        (
            &[syn, syn_ack, ack, (10, Server, ACK, 1, 1, b"on", 1)],
            "its packets are cut: octets of the server are missing from octet 2",
        ),
        (
            &[syn, syn_ack, ack, (10, Server, ACK, 1, 1, b"", 3), (11, Server, ACK, 4, 1, b"", 3)],
            "its packets are cut: octets of the server are missing from octet 0",
        ),
    ];
    for (rows, expected) in table {
        let error = record(rows).unwrap_err().to_string();
        assert!(error.starts_with(expected) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn what_is_kept_has_a_bound() {
    let mut rows = HANDSHAKE.to_vec();
    for number in 0..200 {
        rows.push((10 * number, Client, ACK, 1 + 100 * number as u32, 1, &[b'x'; 100], 0));
    }
    assert!(record(&rows).is_ok());
    assert_eq!(record_within(20_000, &rows), Err(Refusal::TooLong(20_000)));
    // Ahead of order, too.
    rows.remove(3);
    assert_eq!(record_within(20_000, &rows), Err(Refusal::TooLong(20_000)));
}

#[test]
fn options_and_silence_are_those_of_the_recording() {
    let conversation = record(&[&HANDSHAKE, TABLE[1].1].concat()).unwrap();
    assert_eq!(conversation.longest_silence(), Duration::from_millis(490));
    let offer = conversation.part(Client).offer;
    assert_eq!(
        (offer.mss, offer.window_scale, offer.sack, offer.timestamps, offer.ecn),
        (None, None, false, false, false)
    );
}
