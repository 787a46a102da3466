//! `--from STATE`: the target is brought into a state, and what it answers is held against what it is to answer.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use rawshake::sys::sockdiag::tcp_state;
use serde_json::{Value, json};

use crate::common::in_own_network;
use crate::program::{Said, has_lab, send};

/// The last object: what was to come and what came.
fn judgement(said: &Said) -> Value {
    let last = said.events().pop().unwrap_or_else(|| panic!("{said:?}"));
    assert_eq!(last["event"], "judgement", "{said:?}");
    last
}

#[test]
fn expected_and_observed_stand_below_the_ladder() {
    if !has_lab() {
        return;
    }
    let said = send("--lab --from established -f R --seq rcv.nxt+100");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let (_, below) = said.out.split_once("\nSent ").expect("what was sent");
    assert_eq!(
        format!("Sent {below}"),
        "Sent      RST seq=RCV.NXT+100\n\
         To        ESTABLISHED, as its kernel says (the three-way handshake)\n\
         Expected  ACK seq=SND.NXT ack=RCV.NXT; it stays in ESTABLISHED (RFC 9293 section\n          3.10.7.4)\n\
         Observed  ACK seq=SND.NXT ack=RCV.NXT; it stays in ESTABLISHED\n\
         Verdict   as RFC 9293 asks\n"
    );
    let said = send("--lab --from time-wait -f S --seq rcv.nxt+1 --ascii");
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""), "{said:?}");
    assert!(said.out.contains("but what Linux is known to do") && said.out.contains("RFC 6191"), "{said:?}");
    assert!(said.out.is_ascii() && said.out.lines().all(|line| line.len() <= 80), "{said:?}");
    let said = send("--lab --from established -f A --hex");
    let (hex, below) = (said.out.find("Packet 4, sent: 40 octets"), said.out.find("\nSent "));
    assert!(hex.is_some() && hex < below, "{said:?}");
    let said = send("--lab --from established -f R --format lines -v");
    assert!(
        said.out.lines().last().is_some_and(|line| line.starts_with("to ESTABLISHED: RST seq=RCV.NXT;")),
        "{said:?}"
    );
    assert!(said.err.contains("RST guard: listening sockets"), "{said:?}");
}

#[test]
fn numbers_count_from_the_connection() {
    if !has_lab() {
        return;
    }
    for (numbers, seq, ack) in [
        ("", "RCV.NXT", "SND.NXT"),
        ("--seq rcv.nxt+100 --ack snd.una-1", "RCV.NXT+100", "ISS"),
        ("--seq RCV.NXT+rcv.wnd-1 --ack snd.nxt+0x10", "RCV.NXT+64239", "SND.NXT+16"),
        ("--seq irs --ack iss+2", "IRS", "SND.NXT+1"),
    ] {
        let said = send(&format!("--lab --from established -f A {numbers} --format json"));
        let told = judgement(&said);
        assert_eq!(
            (&told["sent"]["relative_seq"], &told["sent"]["relative_ack"]),
            (&json!(seq), &json!(ack)),
            "{told}"
        );
        let fired = said.events().into_iter().filter(|event| event["event"] == "segment").nth(3).expect("the segment");
        assert_eq!((&told["sent"]["seq"], &told["sent"]["ack"]), (&fired["seq"], &fired["ack"]), "{said:?}");
    }
    let said = send("--lab --from established -f R --seq 7 --format json");
    assert_eq!(judgement(&said)["sent"]["seq"], 7);
}

#[test]
fn a_segment_in_fragments_is_one_segment() {
    if !has_lab() {
        return;
    }
    for version in ["-4", "-6"] {
        let said =
            send(&format!("--lab {version} --from established -f PA --payload hello --fragment 24 --format json"));
        let told = judgement(&said);
        assert_eq!((said.code, &told["sent"]["len"]), (Some(0), &json!(5)), "{said:?}");
        let whole = ["client SYN", "server SYN ACK", "client ACK", "client PSH ACK", "server ACK"];
        assert_eq!(said.segments(), whole, "{said:?}");
        assert_eq!(said.verdict()["bytes_client"], 5);
    }
}

#[test]
fn without_a_state_the_answer_tells_it() {
    if !has_lab() {
        return;
    }
    for (arguments, code, state, agrees) in [
        ("", 0, json!("LISTEN"), true),
        ("-6", 0, json!("LISTEN"), true),
        ("server:81", 0, json!("CLOSED"), true),
        ("-f A", 0, json!("LISTEN or CLOSED"), true),
        ("server:81 -f SF", 0, json!("CLOSED"), true),
        ("-f SF -W 0.1", 1, json!("LISTEN"), false),
        ("silent -W 0.1", 1, Value::Null, false),
    ] {
        let said = send(&format!("--lab {arguments} --format json"));
        let told = judgement(&said);
        assert_eq!(
            (said.code, &told["state"], &told["agrees"]),
            (Some(code), &state, &json!(agrees)),
            "{arguments}: {told}"
        );
        assert!(told["observed"]["next_state"].is_null() && told["sent"]["relative_seq"].is_null(), "{told}");
    }
    for arguments in ["--ip-opt 0704000a", "-6 --fragment 8 --opt mss=1460", "--from established --ip-opt 0704000a"] {
        let said = send(&format!("--lab {arguments} --format json"));
        let told = judgement(&said);
        assert!(said.code == Some(1) && told["agrees"].is_null(), "it never got there: {said:?}");
        assert!(told["observed"]["icmp"].is_string(), "{told}");
    }
    let said = send("--lab -p 80,81 -c 2 --rate 1000 --format json");
    let states: Vec<_> = said.events().into_iter().filter(|event| event["event"] == "judgement").collect();
    assert_eq!(states.iter().map(|told| &told["state"]).collect::<Vec<_>>(), ["LISTEN", "CLOSED", "LISTEN", "CLOSED"]);
    let said = send("--lab --keep -c 3 -i 10ms --format json");
    assert_eq!(said.events().iter().filter(|event| event["event"] == "judgement").count(), 1, "the others come later");
}

/// Whether this end of a connection is no more; it may take the kernel a moment.
fn is_gone(server: SocketAddr, client: SocketAddr) -> bool {
    (0..100).any(|_| {
        let gone = tcp_state(server, client).expect("sock_diag").is_none();
        if !gone {
            std::thread::sleep(Duration::from_millis(10));
        }
        gone
    })
}

/// Without the lab no program obeys; what our side alone brings about works with any server, and leaves nothing behind.
#[test]
fn an_ordinary_server_can_be_brought_into_five_states() {
    in_own_network(|| {
        let listener = TcpListener::bind("127.0.0.1:7000").expect("a server");
        let server = listener.local_addr().expect("its address");
        for (arguments, state, reply) in [
            ("7000 --from listen -f S", "LISTEN", json!(["SYN", "ACK"])),
            ("7001 --from closed -f S", "CLOSED", json!(["RST", "ACK"])),
            ("7000 --from syn-received -f R", "SYN-RECEIVED", Value::Null),
            ("7000 --from established -f PA --payload hello", "ESTABLISHED", json!(["ACK"])),
            ("7000 --from close-wait -f A --seq rcv.nxt-1", "CLOSE-WAIT", json!(["ACK"])),
        ] {
            let said = send(&format!("127.0.0.1 {arguments} -W 250ms --format json"));
            let told = judgement(&said);
            assert_eq!((said.code, &told["agrees"]), (Some(0), &json!(true)), "{arguments}: {said:?}");
            assert_eq!((&told["state"], &told["observed"]["reply"]), (&json!(state), &reply), "{arguments}: {told}");
            assert!(told["observed"]["next_state"].is_string(), "the kernel of this machine can be asked");
            let port = told["sent"]["source_port"].as_u64().expect("a port");
            if told["state"] != "LISTEN" {
                assert!(is_gone(server, SocketAddr::from(([127, 0, 0, 1], port as u16))), "{arguments}: {told}");
            }
        }
        // It accepts nothing, and so it never closes.
        let said = send("127.0.0.1 7000 --from last-ack -f A");
        assert_eq!((said.code, said.err.lines().count()), (Some(1), 1), "{said:?}");
        assert!(said.err.contains("did not come into LAST-ACK: its program did not close"), "{said:?}");
        let said = send("127.0.0.1 7001 --from established -f A --timeout 0.1");
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains("did not come into ESTABLISHED: it sent a RST"), "{said:?}");
        let said = send("127.0.0.1 7001 --from listen");
        assert!(said.code == Some(2) && said.err.contains("is not in LISTEN, but in CLOSED"), "{said:?}");
    });
}

/// A program that answers a request, up to an empty line, and closes; it closes as well when it reads the end.
fn answer(listener: &TcpListener) {
    for connection in listener.incoming() {
        let mut connection = connection.expect("a connection");
        let mut request = Vec::new();
        let mut octet = [0];
        while !request.ends_with(b"\r\n\r\n") && connection.read(&mut octet).is_ok_and(|read| read > 0) {
            request.extend(octet);
        }
        if request.starts_with(b"STOP") {
            return;
        }
        if !request.is_empty() {
            // Whoever asks may be gone.
            let _ = connection.write_all(&[b'x'; 4000]);
        }
    }
}

/// A real host's program reacts: by what we send it comes into the other states, as its kernel confirms.
#[test]
fn a_program_that_closes_first_can_be_brought_into_five_more() {
    in_own_network(|| {
        let listener = TcpListener::bind("127.0.0.1:7000").expect("a server");
        let server = listener.local_addr().expect("its address");
        let program = std::thread::spawn(move || answer(&listener));
        for (arguments, code, state, reply, known) in [
            ("fin-wait-1 -f A --seq rcv.nxt-1", 0, "FIN-WAIT-1", json!(["ACK"]), false),
            ("fin-wait-1 -f PA --payload x", 1, "FIN-WAIT-1", json!(["RST"]), true),
            ("fin-wait-2 -f A --seq rcv.nxt-1", 0, "FIN-WAIT-2", json!(["ACK"]), false),
            ("fin-wait-2 -f PA --payload x", 1, "FIN-WAIT-2", json!(["RST"]), true),
            ("closing -f R --seq rcv.nxt+9", 0, "CLOSING", json!(["ACK"]), false),
            ("last-ack -f A --seq rcv.nxt-1", 0, "LAST-ACK", json!(["ACK"]), false),
            ("time-wait -f S --seq rcv.nxt+1", 1, "TIME-WAIT", json!(["SYN", "ACK"]), true),
            ("time-wait -f A -i 50ms --request WHO\\r\\n\\r\\n", 0, "TIME-WAIT", Value::Null, false),
        ] {
            let said = send(&format!("127.0.0.1 7000 --from {arguments} -W 250ms --format json"));
            let told = judgement(&said);
            assert_eq!((said.code, &told["agrees"]), (Some(code), &json!(!known)), "{arguments}: {said:?}");
            assert_eq!((&told["state"], &told["observed"]["reply"]), (&json!(state), &reply), "{arguments}: {told}");
            assert_eq!(told["known"].is_string(), known, "{arguments}: {told}");
            assert!(told["observed"]["next_state"].is_string(), "the kernel of this machine can be asked");
            let port = told["sent"]["source_port"].as_u64().expect("a port");
            assert!(is_gone(server, SocketAddr::from(([127, 0, 0, 1], port as u16))), "{arguments}: {told}");
        }
        let said = send("127.0.0.1 7000 --from fin-wait-2 -f A --request no-empty-line");
        assert_eq!((said.code, said.err.lines().count()), (Some(1), 1), "{said:?}");
        assert!(said.err.contains("its program did not close; --request says what it is asked"), "{said:?}");
        let mut last = TcpStream::connect(server).expect("the server");
        last.write_all(b"STOP\r\n\r\n").expect("its attention");
        program.join().expect("its end");
    });
}

/// The same with a server of the lab that does not obey, over both versions.
#[test]
fn servers_of_the_lab_react_too() {
    if !has_lab() {
        return;
    }
    for version in ["-4", "-6"] {
        for state in ["fin-wait-1", "fin-wait-2", "closing", "last-ack", "time-wait"] {
            let said = send(&format!(
                "--lab --lab-server http --lab-think 0.01 {version} --from {state} -f A --seq rcv.nxt-1 --format json"
            ));
            let told = judgement(&said);
            assert_eq!((said.code, &told["agrees"]), (Some(0), &json!(true)), "{version} {state}: {said:?}");
            assert_eq!(told["state"], state.to_uppercase(), "{version} {told}");
        }
    }
}

#[test]
fn the_segment_is_shown_in_other_words_below_what_came_of_it() {
    if !has_lab() {
        return;
    }
    let said = send("--lab --from established -f R --seq rcv.nxt+100 -i 5ms --show-equivalent --absolute");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let (ladder, commands) = said.out.split_once("\nhping3 -c 1 -R ").expect("a command under the verdict");
    let number = commands.split_once(" -M ").and_then(|(_, rest)| rest.split(' ').next()).expect("its number");
    assert!(ladder.contains(&format!("RST  seq {number}")), "it is the one that was sent: {said:?}");
}

#[test]
fn a_host_that_is_not_there_does_not_agree_by_its_silence() {
    if !has_lab() {
        return;
    }
    let said = send("--lab 192.0.2.9:80 --from listen -f F -W 0.1");
    assert!(said.code == Some(1) && said.err.starts_with("nothing left "), "{said:?}");
    assert!(said.out.contains("FIN  seq 0") && !said.out.contains("Expected"), "what was sent is shown: {said:?}");
    let said = send("--lab silent:80 --from fin-wait-1 -f A");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("did not come into FIN-WAIT-1: a SYN,ACK never came"), "{said:?}");
}

#[test]
fn what_does_not_go_with_a_state_is_refused() {
    for (arguments, words) in [
        ("--from nowhere", "possible values: closed, listen, syn-sent"),
        ("--from listen --udp", "cannot be used with"),
        ("--from listen --icmp echo", "cannot be used with"),
        ("--from listen --rate 5", "cannot be used with"),
        ("--from listen --show-equivalent --format json", "leave out --format"),
        ("--from listen -c 2", "one segment: leave out --count"),
        ("--from listen -p 1-3", "one segment: leave out all ports but one"),
        ("--from listen --ttl 1-3", "one segment: leave out all times to live but one"),
        ("--from listen --sweep 1-3", "one segment: leave out --sweep"),
        ("--from listen --sweep ttl=1-3", "one segment: leave out --sweep"),
        ("--from syn-sent", "--from syn-sent needs --lab: only the target's program can call connect() to us"),
        ("--from fin-wait-2-orphan", "fin-wait-2 is the same state; elsewhere: closed, listen,"),
        ("--from last-ack --request x", "--from last-ack needs none"),
        ("--request x", "required"),
        ("--from time-wait --request \\x", "a backslash begins one of \\r"),
        ("--from listen --seq rcv.next", "is neither a number from 0 to 4294967295 nor one of: rcv.nxt, irs"),
        ("--seq rcv.nxt", "--seq rcv.nxt counts from a connection: say with --from STATE from which"),
        ("-f A --ack snd.una-1", "--ack snd.una-1 counts from a connection"),
    ] {
        let said = send(&format!("127.0.0.1 {arguments}"));
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{arguments}: {said:?}");
        assert!(said.err.contains(words) && said.err.lines().count() == 1, "{arguments}: {}", said.err);
    }
}

#[test]
fn a_port_is_not_closed_while_somebody_listens() {
    if !has_lab() {
        return;
    }
    for (arguments, words) in [
        ("--from closed --lab-server echo", "192.0.2.2:7 is not in CLOSED, but in LISTEN, as its kernel says"),
        ("--from listen --lab-server refuses", "is not in LISTEN, but in CLOSED, as its kernel says"),
    ] {
        let said = send(&format!("--lab {arguments}"));
        assert!(said.code == Some(2) && said.err.contains(words), "{arguments}: {said:?}");
        assert!(!said.out.contains("Verdict"), "{arguments}: {said:?}");
    }
    in_own_network(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let said = send(&format!("{address} --from closed"));
        assert!(said.code == Some(2) && said.err.contains("not in CLOSED, but in LISTEN"), "{said:?}");
        drop(listener);
        let said = send(&format!("{address} --from closed"));
        assert!(said.code == Some(0) && said.out.contains("To        CLOSED, as its kernel says"), "{said:?}");
    });
}
