//! What the lab's kernel answers, and how that is shown.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Said, command_of, has_lab, send};

#[test]
fn each_segment_has_its_answer() {
    if !has_lab() {
        return;
    }
    let table: [(&str, i32, &[&str]); 14] = [
        ("", 0, &["client SYN", "server SYN ACK"]),
        ("-6", 0, &["client SYN", "server SYN ACK"]),
        ("server:81", 0, &["client SYN", "server RST ACK"]),
        ("-f A", 0, &["client ACK", "server RST"]),
        ("-S -A --ack 1000", 0, &["client SYN ACK", "server RST"]),
        ("-f A -s 80 -p 40000", 0, &["client ACK", "server RST"]),
        ("-f 0xfff --timeout 0.1", 0, &["client SYN FIN RST PSH ACK URG ECE CWR AE"]),
        ("-f FPU --timeout 0.1", 0, &["client FIN PSH URG"]),
        ("--bad-checksum --timeout 0.1", 0, &["client SYN"]),
        ("-f S --fragment 16 --payload hello", 0, &["client SYN", "server SYN ACK"]),
        ("-f R --timeout 0.1", 0, &["client RST"]),
        ("server:81 -f SR --timeout 0.1", 0, &["client SYN RST"]),
        ("silent --timeout 0.1", 1, &["client SYN"]),
        ("silent -f A --timeout 0.1", 1, &["client ACK"]),
    ];
    for (arguments, code, segments) in table {
        let said = send(&format!("--lab {arguments} --format json"));
        assert_eq!(said.code, Some(code), "{arguments}: {said:?}");
        assert_eq!(said.segments(), segments, "{arguments}");
        assert_eq!(said.events()[1]["origin"], "hand-made");
        assert_eq!(said.err.is_empty(), code == 0, "{arguments}: {}", said.err);
    }
}

/// What stands under the ladder says the same as what stands in it: nobody opened or closed anything.
#[test]
fn segments_of_no_connection_open_and_close_nothing() {
    if !has_lab() {
        return;
    }
    for flags in ["R", "SR", "FR", "RA", "0", "F", "FPU", "A", "SA"] {
        for host in ["server", "server:81", "silent"] {
            let said = send(&format!("--lab {host} -f {flags} -W 0.1"));
            let (is_reset, has_ack) = (flags.contains('R'), flags.contains('A'));
            let learned = match (is_reset, has_ack, host) {
                (true, ..) => "silence tells nothing",
                (_, true, "silent") => "no reset came",
                (_, true, _) => "has none either",
                (_, _, "server:81") => "nobody listens",
                _ => "no answer: the server listens, or a firewall",
            };
            let out = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(out.contains("Probed by ") && out.contains(learned), "{flags} {host}: {}", said.out);
            for word in ["Opened ", "Agreed ", "Closed ", "Left ", "ESTABLISHED", "SYN-RECEIVED", "your states"] {
                assert!(!said.out.contains(word), "{flags} {host}: {}", said.out);
            }
            let is_closed = host == "server:81" && !is_reset && !has_ack;
            assert_eq!(said.out.contains("┊ CLOSED"), is_closed, "{flags} {host}: {}", said.out);
        }
    }
}

#[test]
fn headers_that_the_kernel_would_correct_go_out_as_they_are() {
    if !has_lab() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sent.pcap");
    for (arguments, at, octets) in [
        ("--id 0", 4, &[0, 0][..]),
        ("--bad-length=30", 2, &[0, 30]),
        ("--bad-length", 2, &[0, 48]),
        ("--bad-length -6", 4, &[0, 28]),
        ("--udp --bad-length", 24, &[0, 16]),
        ("--id 0x1234 --df --ttl 9 --tos 0xb8", 1, &[0xb8, 0, 40, 0x12, 0x34, 0x40, 0, 9, 6]),
        ("-6 --flow-label 0xabcde --tos 0x10 --ttl 7", 0, &[0x61, 0x0a, 0xbc, 0xde, 0, 20, 6, 7]),
        ("--mf --frag-offset 16", 6, &[0x20, 2]),
        ("--ip-opt 0101", 20, &[1, 1, 0, 0]),
    ] {
        let said = send(&format!("--lab {arguments} -W 0.1 --format json --force --pcap {}", path.display()));
        assert!(said.code != Some(2), "{arguments}: {said:?}");
        let file = std::fs::read(&path).expect("a capture");
        // File header, record header, Ethernet header.
        let packet = &file[24 + 16 + 14..];
        assert_eq!(&packet[at..at + octets.len()], octets, "{arguments}");
    }
    let said = send(&format!("--lab --bad-ip-checksum -W 0.1 --force --pcap {}", path.display()));
    assert_eq!(said.code, Some(0), "no answer is asked for: {said:?}");
    let file = std::fs::read(&path).expect("a capture");
    let header = etherparse::Ipv4HeaderSlice::from_slice(&file[54..]).expect("a header");
    assert_ne!(header.header_checksum(), header.to_header().calc_header_checksum());
    let said = send("--lab 127.0.0.1 --id 0");
    assert!(said.code == Some(2) && said.err.contains("use another address of this machine"), "{said:?}");
}

/// What is no segment to anybody, and what nobody may answer, is told all the same, with its reason.
#[test]
fn what_no_ladder_shows_is_told() {
    if !has_lab() {
        return;
    }
    for (arguments, what, why) in [
        ("--mf", "SYN to port 80", "a fragment, the rest of which never comes"),
        ("--frag-offset 8", "SYN to port 80", "a fragment, the rest of which never comes"),
        ("-O 4", "SYN to port 80", "its data offset is wrong"),
        ("-O 15", "SYN to port 80", "its data offset is wrong"),
        ("--bad-length=20", "SYN to port 80", "the length in its IP header is not its own"),
        ("--bad-length", "SYN to port 80", "the length in its IP header is not its own"),
        ("--icmp 3/3", "ICMP type 3 code 3", "nobody may answer (RFC 1122 section 3.2.2)"),
        ("--icmp 11", "ICMP type 11 code 0", "nobody may answer (RFC 1122 section 3.2.2)"),
        ("-6 --icmp 1/4", "ICMP type 1 code 4", "nobody may answer (RFC 4443 section 2.4)"),
    ] {
        let said = send(&format!("--lab {arguments} -W 0.1"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments}: {said:?}");
        assert!(said.out.lines().all(|line| line.chars().count() <= 80), "{arguments}: {said:?}");
        let out = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = out.split_once("Sent: ").unwrap_or_else(|| panic!("{arguments}: {said:?}")).1;
        assert!(line.starts_with(what) && line.contains(why), "{arguments}: {line}");
        let said = send(&format!("--lab {arguments} -W 0.1 --format json"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments}: {said:?}");
        let told = said.events().into_iter().find(|event| event["event"] == "packet").expect("the packet");
        assert!(told["why"].as_str().is_some_and(|told| told.contains(why)), "{told}");
    }
    for arguments in ["", "-1", "--udp", "--fragment 16", "-f 0", "--bad-checksum"] {
        let said = send(&format!("--lab {arguments} -W 0.1"));
        assert!(!said.out.contains("Sent: "), "{arguments}: {said:?}");
    }
}

#[test]
fn a_syn_whose_number_is_acknowledged_has_arrived() {
    if !has_lab() {
        return;
    }
    let said = send("--lab --payload-random 40");
    let arrow = said.out.lines().find(|line| line.contains("0.000000")).unwrap_or_else(|| panic!("{said:?}"));
    assert!(arrow.contains("▶│ SYN-RECEIVED") && !arrow.contains('?'), "{said:?}");
}

#[test]
fn damage_is_named() {
    if !has_lab() {
        return;
    }
    for (arguments, words) in [
        ("--bad-checksum", "its checksum is wrong"),
        ("--bad-ip-checksum", "its IP header checksum is wrong"),
        ("--bad-length", "the length in its IP header is not its own"),
        ("-O 4", "its data offset is wrong"),
        ("--mf", "a fragment, the rest of which never comes"),
        ("--from listen --bad-checksum", "its checksum is wrong"),
    ] {
        let said = send(&format!("--lab {arguments} -W 0.1"));
        let out = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.code == Some(0) && out.contains(&format!("to be dropped: {words}")), "{arguments}: {said:?}");
        for wrong in ["0 SYNs", "8 bytes", "8 octets", "data on a SYN"] {
            assert!(!out.contains(wrong), "{arguments}: {wrong}: {said:?}");
        }
        let said = send(&format!("--lab {arguments} -W 0.1 --format json"));
        let judged = said.events().pop().expect("a judgement");
        assert_eq!((&judged["sent"]["damaged"], &judged["sent"]["damage"]), (&true.into(), &words.into()), "{judged}");
    }
}

#[test]
fn what_is_stopped_is_not_judged() {
    if !has_lab() {
        return;
    }
    let mut child = command_of("send", "--lab silent -W 20 --format json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut lines = String::new();
    // Once the SYN is told it has been sent.
    while !lines.contains("\"segment\"") {
        assert!(out.read_line(&mut lines).expect("a line") > 0, "{lines}");
    }
    kill_process(Pid::from_child(&child), Signal::INT).expect("a signal");
    out.read_to_string(&mut lines).expect("the rest");
    let said = Said::of(child.wait_with_output().expect("an end"));
    assert_eq!((said.code, said.err.as_str()), (Some(130), "stopped before an answer came: not judged\n"), "{said:?}");
    assert!(!lines.contains("judgement"), "{lines}");
}

#[test]
fn too_long_a_packet_is_told_how_to_fit() {
    if !has_lab() {
        return;
    }
    for (version, fragment) in [("-4", "--fragment 1480"), ("-6", "--fragment 1448")] {
        let arguments = format!("--lab {version} --payload-random 3000 --format json");
        let said = send(&arguments);
        assert!(said.code == Some(2) && said.err.contains(&format!("try {fragment}\n")), "{said:?}");
        let said = send(&format!("{arguments} {fragment}"));
        assert_eq!((said.code, said.segments()), (Some(0), vec!["client SYN".to_owned(), "server SYN ACK".to_owned()]));
    }
}

#[test]
fn a_foreign_source_is_for_the_lab() {
    if !has_lab() {
        return;
    }
    let said = send("--lab --source 198.51.100.9 --allow-spoof --timeout 0.1 --format json");
    assert_eq!((said.code, said.segments()), (Some(0), vec!["client SYN".to_owned()]), "{said:?}");
    assert_eq!(said.err, "not judged: an answer goes to 198.51.100.9, which is not ours\n");
    assert!(!said.out.contains("judgement"), "{said:?}");
    assert!(said.events()[0]["client"].as_str().is_some_and(|socket| socket.starts_with("198.51.100.9:")));
}

#[test]
fn the_guard_keeps_our_kernel_quiet() {
    if !has_lab() {
        return;
    }
    // Twice in a row, so that what the kernel says after the first reply is seen in any case.
    let arguments = "--lab -c 2 -i 50ms --keep --seq 1 --format json";
    let said = send(&format!("{arguments} --rst-guard off"));
    let events = said.events();
    let origins: Vec<_> = events.iter().filter(|event| event["event"] == "segment").map(|e| &e["origin"]).collect();
    assert!(origins.iter().any(|origin| **origin == "own-kernel"), "{said:?}");
    let said = send(arguments);
    assert!(!said.out.contains("own-kernel"), "{said:?}");
}

#[test]
fn datagrams_and_messages_are_exchanges() {
    if !has_lab() {
        return;
    }
    for (arguments, protocol, last) in [
        ("--udp -p 53 --payload hi", "udp", "message-error"),
        ("--icmp echo", "icmp-echo", "message"),
        ("-1 -6", "icmp-echo", "message"),
        ("--icmp timestamp", "icmp-timestamp", "message"),
    ] {
        let said = send(&format!("--lab {arguments} --format json"));
        assert_eq!(said.code, Some(0), "{arguments}: {said:?}");
        let events = said.events();
        let kinds: Vec<_> = events.iter().filter_map(|event| event["event"].as_str()).collect();
        assert_eq!(kinds, ["exchange-began", "message", last, "exchange-ended"], "{arguments}");
        assert!(events.iter().all(|event| event["protocol"] == protocol), "{said:?}");
    }
}

#[test]
fn many_ports_are_a_list() {
    if !has_lab() {
        return;
    }
    let said = send("--lab -p 7,81-83 --rate 1000");
    assert_eq!(said.code, Some(0), "{said:?}");
    let rows: Vec<_> = said.out.lines().take_while(|line| !line.is_empty()).collect();
    let found: Vec<_> = rows.iter().map(|row| row.split("  ").next().unwrap_or_default()).collect();
    assert_eq!(found, ["7/tcp", "81/tcp", "82/tcp", "83/tcp"], "{said:?}");
    assert!(rows[0].contains("SYN ACK") && rows[1..].iter().all(|row| row.contains("RST ACK")), "{said:?}");
    assert!(said.out.contains("4 packets sent, 4 answered"), "{said:?}");
    let said = send("--lab -c 3 -i u100 -q");
    assert!(said.code == Some(0) && said.out.starts_with("3 packets sent, 3 answered\nReply times: "), "{said:?}");
    assert!(said.out.lines().all(|line| line.chars().count() <= 80), "{said:?}");
}

#[test]
fn what_users_of_hping3_and_nping_type_is_understood() {
    if !has_lab() {
        return;
    }
    for (arguments, sent) in [
        ("-S -p 80 -c 2 --fast", 2),
        ("-S -c 20 --faster", 20),
        ("--scan 80-82 -S", 3),
        ("-8 80-82 -S", 3),
        ("-T -S -p 80", 1),
        ("--tcp --flags syn --dest-port 80 -c 2 --rate 1000 -e you", 2),
        ("-2 -p ++33434 -c 2 -i u100", 2),
        ("-1 -c 2 --delay 1ms", 2),
    ] {
        let said = send(&format!("--lab server {arguments}"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments}: {said:?}");
        let summary = if sent > 1 { format!("{sent} packets sent, {sent} answered") } else { "80/tcp".to_owned() };
        assert!(said.out.contains(&summary), "{arguments}: {said:?}");
    }
    let [big, small] = ["-V", "-v"].map(|letter| send(&format!("--lab server -S {letter}")));
    assert_eq!((big.code, big.err.lines().count()), (small.code, small.err.lines().count()));
    assert!(big.err.contains("RST guard"), "{}", big.err);
}

#[test]
fn every_octet_is_explained() {
    if !has_lab() {
        return;
    }
    let said = send("--lab --hex --opt mss=1460 --width 100 --color never");
    for words in ["Packet 1, sent: 44 octets", "Packet 2, received: 44 octets", "maximum segment size 1460", "0014"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert!(said.out.lines().all(|line| line.chars().count() <= 100 && !line.contains('\u{1b}')), "{}", said.out);
    let said = send("--lab -j --format json");
    let explained: Vec<_> = said.events().into_iter().filter(|event| event["event"] == "octets").collect();
    assert_eq!(explained.len(), 2, "{said:?}");
    assert_eq!(explained[1]["sent"], false);
}
