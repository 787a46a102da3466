//! What is not sent unless somebody says so, and what is said before.

use std::process::Stdio;

use crate::cable::{bytes, captures, command, on_cable, packets, replay, write};
use crate::plain::numbered;

fn capture(name: &str) -> std::path::PathBuf {
    captures().into_iter().find(|path| path.ends_with(name)).expect("a capture")
}

#[test]
fn foreign_addresses_take_a_yes() {
    on_cable(|cable| {
        let path = capture("refused.pcap");
        let said = replay(&path, "--onto near");
        assert_eq!(
            (said.code, said.out.as_str(), said.err.as_str()),
            (
                Some(2),
                "",
                "rawshake: others may hear what goes through near, and the capture holds packets from 192.0.2.1, \
                 192.0.2.2, addresses that this machine does not own: --yes sends them all the same, --dry-run shows \
                 them; nothing was sent\n"
            )
        );
        let said = replay(&path, "--onto near --limit 1 --filter tcp[13]=2");
        assert!(said.err.contains("192.0.2.1, an address that this machine does not own"), "{said:?}");
        let add = std::process::Command::new("ip").args(["address", "add", "192.0.2.1/24", "dev", "near"]).status();
        assert!(add.unwrap().success());
        let said = replay(&path, "--onto near --filter tcp[13]=2");
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "what this machine owns needs no yes");
        let sent = packets(&path);
        assert_eq!(bytes(&cable.heard(1)), bytes(&sent[..1]), "and nothing before");
        let said = replay(&path, "--onto lo --filter tcp[13]=20");
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "loopback is heard by nobody else");
        let mut pipe = command("-".as_ref(), "--onto near");
        let said = pipe.stdin(Stdio::from(std::fs::File::open("/dev/null").unwrap())).output().unwrap();
        assert!(String::from_utf8_lossy(&said.stderr).contains("what comes through a pipe"), "{said:?}");
        assert_eq!(said.status.code(), Some(2));
    });
}

#[test]
fn packets_to_many_are_left_out_unless_asked_for() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let mut frames = numbered(4, 10);
        frames[1].bytes[..6].fill(0xff);
        frames[2].bytes[..6].copy_from_slice(&[1, 0, 0x5e, 0, 0, 1]);
        let path = write(folder.path(), "many.pcapng", &frames);
        let said = replay(&path, "--onto near");
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        assert!(said.out.contains("Left out 2 to broadcast or multicast addresses (--allow-broadcast)"), "{said:?}");
        assert_eq!(bytes(&cable.heard(2)), [&*frames[0].bytes, &*frames[3].bytes]);
        let said = replay(&path, "--onto near --allow-broadcast");
        assert!(!said.out.contains("Left out"), "{said:?}");
        assert_eq!(bytes(&cable.heard(4)), bytes(&frames));
        let said = replay(&path, "--onto near --filter multicast");
        assert_eq!(said.code, Some(1));
        assert_eq!(said.err, "Nothing was sent: 2 packets to broadcast or multicast addresses, and no other.\n");
    });
}

#[test]
fn a_dry_run_says_what_would_be_sent_and_sends_nothing() {
    on_cable(|cable| {
        let path = capture("three-segment.pcap");
        let said = replay(&path, "--onto near --dry-run --pps 100");
        let count = packets(&path).len();
        let octets: usize = packets(&path).iter().map(|packet| packet.bytes.len()).sum();
        let first = format!("Would send {count} packets, {octets} bytes in {}.0 ms\n", (count - 1) * 10);
        assert!(said.out.starts_with(&first), "{said:?} {first}");
        for part in [
            "Through    near\n",
            "Rate       100 packets/s, ",
            "\nFrom       To            Packets\n192.0.2.1  192.0.2.2",
        ] {
            assert!(said.out.contains(part), "{part}: {}", said.out);
        }
        let yes =
            "It takes --yes: there are packets from 192.0.2.1, 192.0.2.2, addresses that this machine does not own.\n";
        assert_eq!((said.code, said.err.as_str()), (Some(0), yes));
        let said = replay(&path, "--onto near --dry-run --format json --top-speed");
        let forecast: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!((said.err.as_str(), forecast["packets"].as_u64()), ("", Some(count as u64)));
        assert!(forecast["seconds"].is_null() && forecast["foreign"][1] == "192.0.2.2", "{forecast}");
        for (arguments, rows) in [
            ("--limit 1", "Would send 1 packet, 74 bytes in 0 µs\nThrough    near\n\n"),
            ("--top-speed --loop 3", "takes them\nRounds     3 of this\n\n"),
            ("--loop 0", "bit/s\nRounds     of this until Ctrl-C\n\n"),
            (
                "--loop 0 --duration 60",
                "Rounds     of this, one after the other\nEnds       after 60.0 s at the latest\n\n",
            ),
            ("--loop 0 --duration 0.0001", "bit/s\n\nFrom"),
        ] {
            let said = replay(&path, &format!("--onto near --dry-run {arguments}"));
            assert!(said.out.contains(rows) && said.code == Some(0), "{arguments}: {}", said.out);
        }
        let said = replay(&path, "--onto near --dry-run --limit 2 --one-at-a-time");
        assert!(said.out.starts_with("Would send 2 packets, ") && said.out.contains("press of Enter"), "{said:?}");
        assert!(cable.heard(0).is_empty());
    });
}
