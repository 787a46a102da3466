//! Packets as they are: every octet, in order, none lost, none early.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use rawshake::wire::Time;

use crate::cable::{Kept, bytes, captures, command, on_cable, packets, replay, write};

/// Frames of 60 octets, the first of which hold their number, so many microseconds apart.
pub(crate) fn numbered(count: u32, micros: i64) -> Vec<Kept> {
    let frame = |number: u32| {
        let mut bytes = vec![0; 60];
        bytes[..6].copy_from_slice(&[2, 0, 0, 0, 0, 2]);
        // An EtherType for experiments (IEEE 802).
        bytes[12..18].copy_from_slice(&[0x88, 0xb5, 0, 0, 0, 0]);
        bytes[14..18].copy_from_slice(&number.to_be_bytes());
        Kept::ethernet(Time::from_parts(1_700_000_000, i64::from(number) * micros * 1000), bytes)
    };
    (0..count).map(frame).collect()
}

#[test]
fn every_capture_arrives_as_it_was_by_every_way() {
    on_cable(|cable| {
        for (index, path) in captures().into_iter().enumerate() {
            let via = ["xdp", "batch", "packet"][index % 3];
            let sent = packets(&path);
            let said = replay(&path, &format!("--onto near --yes --allow-broadcast --top-speed --via {via}"));
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}: {said:?}", path.display());
            assert!(said.out.contains(&format!("near via {via}")), "{said:?}");
            let heard = cable.heard(sent.len());
            assert_eq!(bytes(&heard), bytes(&sent), "{} via {via}", path.display());
        }
    });
}

#[test]
fn packets_keep_their_distance_and_none_is_early() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "numbered.pcapng", &numbered(200, 1000));
        for (arguments, micros) in [
            ("", 1000),
            ("--multiplier 2", 500),
            ("--pps 4000", 250),
            ("--mbps 0.96", 500),
            ("--multiplier 4 --via packet", 250),
        ] {
            let said = replay(&path, &format!("--onto near --format json {arguments}"));
            assert_eq!(said.code, Some(0), "{said:?}");
            let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
            assert_eq!((report["packets"].as_u64(), report["bytes"].as_u64()), (Some(200), Some(12_000)), "{report}");
            assert_eq!(report["end"], "complete");
            let late = &report["lateness"];
            assert!(late["longest_ns"].as_u64() >= late["p99_ns"].as_u64(), "{report}");
            assert!(late["stamped"].as_u64() > Some(190), "the kernel stamps departures on a cable: {report}");
            let heard = cable.heard(200);
            assert_eq!(bytes(&heard), bytes(&numbered(200, 0)), "{arguments}");
            // However late the first was: from the start of the schedule on, no packet is early.
            let longest = Duration::from_nanos(late["longest_ns"].as_u64().unwrap() + 100_000);
            for (number, frame) in heard.iter().enumerate() {
                let due = Duration::from_micros(micros * number as u64);
                let since = frame.time.since(heard[0].time);
                assert!(since + longest >= due, "{arguments}: frame {number} after {since:?}, due after {due:?}");
            }
        }
    });
}

#[test]
fn rounds_limits_and_filters_choose_what_is_sent() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "numbered.pcapng", &numbered(5, 10));
        let numbers = |count| -> Vec<u32> {
            let heard = cable.heard(count);
            heard.iter().map(|frame| u32::from_be_bytes(*frame.bytes[14..].first_chunk().unwrap())).collect()
        };
        for (arguments, expected) in [
            ("--loop 2", vec![0, 1, 2, 3, 4, 0, 1, 2, 3, 4]),
            ("--limit 3", vec![0, 1, 2]),
            ("--loop 0 --limit 7 --top-speed", vec![0, 1, 2, 3, 4, 0, 1]),
        ] {
            let said = replay(&path, &format!("--onto near {arguments}"));
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
            assert_eq!(numbers(expected.len()), expected, "{arguments}");
        }
        let filtered = command(&path, "--onto near --limit 1").args(["--filter", "ether[17] > 2"]).output().unwrap();
        assert_eq!(filtered.status.code(), Some(0));
        assert_eq!(numbers(1), [3]);
        // A schedule of a thousand seconds ends after its first packet.
        let slow = write(folder.path(), "slow.pcapng", &numbered(2, 1_000_000_000));
        let said = replay(&slow, "--onto near --duration 0.2 --format json");
        assert!(said.out.contains(r#""end":"timeout","packets":1,"#), "{said:?}");
        assert_eq!((said.code, numbers(1)), (Some(0), vec![0]));
    });
}

#[test]
fn one_connection_of_many_is_sent_alone() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str| packets(&captures().into_iter().find(|path| path.ends_with(name)).unwrap());
        let parts = ["refused.pcap", "ipv6.pcap", "ttl-exceeded.pcap", "udp-echo.pcap"].map(of);
        // One packet of each in turn, at times that keep this order.
        let longest = parts.iter().map(Vec::len).max().unwrap();
        let turns = (0..longest).flat_map(|turn| parts.iter().filter_map(move |part| part.get(turn)));
        let mixed: Vec<_> =
            (0..).zip(turns).map(|(index, kept)| Kept { time: Time::from_nanos(index), ..kept.clone() }).collect();
        let path = write(folder.path(), "mixed.pcapng", &mixed);
        for (number, part) in (1..).zip(&parts[..3]) {
            let said = replay(&path, &format!("--onto near --yes --top-speed --connection {number}"));
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
            assert_eq!(bytes(&cable.heard(part.len())), bytes(part), "connection {number}");
        }
        let fragments = captures().into_iter().find(|path| path.ends_with("fragments.pcap")).unwrap();
        let said = replay(&fragments, "--onto near --yes --connection 1");
        let rest = &packets(&fragments)[1..];
        assert_eq!(bytes(&cable.heard(6)), bytes(rest), "all fragments once it is known: {said:?}");
        let said = replay(&path, "--onto near --yes --connection 4");
        assert!(said.err.starts_with("rawshake: there is no connection 4 in ") && said.code == Some(2), "{said:?}");
    });
}

#[test]
fn a_capture_that_is_still_written_is_sent_as_it_comes() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let bytes_of = |packets: &[Kept]| std::fs::read(write(folder.path(), "part.pcapng", packets)).unwrap();
        let (part, whole) = (bytes_of(&numbered(3, 0)), bytes_of(&numbered(5, 0)));
        let mut child = command("-".as_ref(), "--onto near --yes --pps 1000")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(&part).unwrap();
        pipe.flush().unwrap();
        assert_eq!(bytes(&cable.heard(3)), bytes(&numbered(3, 0)), "before there is more");
        pipe.write_all(&whole[part.len()..]).unwrap();
        drop(pipe);
        assert_eq!(bytes(&cable.heard(2)), bytes(&numbered(5, 0)[3..]));
        assert_eq!(child.wait().unwrap().code(), Some(0));
    });
}

#[test]
fn each_packet_waits_for_its_own_enter() {
    on_cable(|cable| {
        let path = captures().into_iter().find(|path| path.ends_with("refused.pcap")).unwrap();
        let sent = packets(&path);
        let mut child = command(&path, "--onto near --yes --one-at-a-time")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        for packet in &sent[..2] {
            pipe.write_all(b"\n").unwrap();
            assert_eq!(bytes(&cable.heard(1)), [&*packet.bytes]);
        }
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(said.contains("Flags [S]") && said.contains("Flags [R.]"), "{said}");
    });
}
