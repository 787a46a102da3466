//! What can go wrong: one clear line, the right exit code, and how many packets were sent before.

use std::process::{Command, Stdio};

use rawshake::wire::LinkType;
use rustix::process::{Pid, Signal, kill_process};

use crate::cable::{Kept, Said, bytes, captures, command, on_cable, replay, write};
use crate::plain::numbered;

#[test]
fn a_packet_that_cannot_be_sent_ends_the_run_behind_those_before_it() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let good = numbered(2, 10);
        let cut = Kept { original_len: 1514, ..good[0].clone() };
        let wireless = Kept { link: LinkType::RADIOTAP, ..good[0].clone() };
        let raw =
            Kept { link: LinkType::RAW, bytes: [&[0x45][..], &[0; 19]].concat(), original_len: 20, ..good[0].clone() };
        let short = Kept::ethernet(good[0].time, vec![0; 13]);
        for (bad, why) in [
            (cut, "the capture kept 60 of its 1514 octets (--snap-pad fills it up with zeros)"),
            (
                wireless,
                "its link type, 127, cannot be put onto Ethernet (Ethernet, raw IP, BSD loopback and Linux cooked captures can)",
            ),
            (
                raw,
                "it was captured without the Ethernet address that it goes to (--dest-mac says which; ip neighbour lists those of your hosts)",
            ),
            (short, "with 13 octets it is shorter than its link-layer header"),
        ] {
            let packets = [&good[..], &[bad], &good[..]].concat();
            let path = write(folder.path(), "bad.pcapng", &packets);
            let said = replay(&path, "--onto near");
            let line = format!("cannot be sent: {why}; 2 packets were sent before\n");
            assert!(said.err.starts_with("rawshake: packet 3 of ") && said.err.ends_with(&line), "{said:?}");
            assert_eq!((said.code, said.err.lines().count()), (Some(2), 1));
            assert!(said.out.contains("2 packets, 120 bytes"), "{said:?}");
            assert_eq!(bytes(&cable.heard(2)), bytes(&good));
            let said = replay(&path, "--onto near --dry-run");
            assert!(
                said.err.starts_with("rawshake: packet 3 of ")
                    && said.err.ends_with(&format!("cannot be sent: {why}\n"))
            );
            assert!(said.out.starts_with("Would send 2 packets, 120 bytes") && said.code == Some(2), "{said:?}");
        }
    });
}

#[test]
fn packets_longer_than_the_interface_allows_are_counted() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let status = Command::new("ip").args(["link", "set", "near", "mtu", "1500"]).status().unwrap();
        assert!(status.success());
        let mut packets = numbered(4, 10);
        packets[1].bytes.resize(1515, 7);
        packets[1].original_len = 1515;
        let path = write(folder.path(), "long.pcapng", &packets);
        for via in ["xdp", "batch", "packet"] {
            for rate in ["--top-speed", "--pps 1000"] {
                let said = replay(&path, &format!("--onto near --via {via} {rate}"));
                let line = "rawshake: 1 packet was not sent: longer than interface near allows (MTU 1500; --mtu-trim cuts them); 3 packets were sent\n";
                assert_eq!((said.code, said.err.as_str()), (Some(2), line));
                let others = [&packets[..1], &packets[2..]].concat();
                assert_eq!(bytes(&cable.heard(3)), bytes(&others), "{via} {rate}");
            }
        }
        let said = replay(&path, "--onto near --dry-run");
        let line = "rawshake: 1 packet would not be sent: longer than interface near allows (MTU 1500; --mtu-trim cuts them)\n";
        assert_eq!((said.code, said.err.as_str()), (Some(2), line), "a dry run fails where a run would");
        assert!(said.out.starts_with("Would send 3 packets, 180 bytes in "), "{said:?}");
        assert_eq!(replay(&path, "--onto near --dry-run --mtu-trim").code, Some(0));
    });
}

#[test]
fn an_interface_that_goes_down_or_away_in_mid_run_ends_it() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "many.pcapng", &numbered(100_000, 1000));
        for via in ["xdp", "packet"] {
            assert!(Command::new("ip").args(["link", "set", "near", "up"]).status().unwrap().success());
            let arguments = format!("--onto near --pps 5000 --via {via}");
            let child = command(&path, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            assert!(!cable.heard(20).is_empty());
            assert!(Command::new("ip").args(["link", "set", "near", "down"]).status().unwrap().success());
            let said = Said::of(child.wait_with_output().unwrap());
            assert!(said.err.contains("takes no more packets: the interface is down; "), "{via}: {said:?}");
            assert_eq!(said.code, Some(2));
            drop(cable.heard(usize::MAX));
        }
        assert!(Command::new("ip").args(["link", "set", "near", "up"]).status().unwrap().success());
        // What is taken away goes down first, and a packet may come in between.
        for (ending, whys) in [
            (["link", "set", "near", "down"], &["the interface is down"][..]),
            (["link", "delete", "dev", "near"], &["the interface is gone", "the interface is down"]),
        ] {
            let child = command(&path, "--onto near").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            assert!(!cable.heard(20).is_empty());
            assert!(Command::new("ip").args(ending).status().unwrap().success());
            let said = Said::of(child.wait_with_output().unwrap());
            let line = |why| format!("rawshake: interface near takes no more packets: {why}; ");
            assert!(whys.iter().any(|why| said.err.starts_with(&line(why))), "{said:?}");
            assert!(said.err.ends_with(" packets were sent before\n"), "{said:?}");
            assert_eq!((said.code, said.err.lines().count()), (Some(2), 1));
            let sent = said.err.rsplit("; ").next().unwrap().split(' ').next().unwrap();
            assert!(said.out.contains(&format!("{sent} packets")), "{said:?}");
            if ending[3] == "down" {
                drop(cable.heard(usize::MAX));
                let said = replay(&path, "--onto near");
                let line = "rawshake: interface near is down, and nothing was sent; ip link set near up brings it up\n";
                assert_eq!((said.code, said.err.as_str()), (Some(2), line));
                assert!(Command::new("ip").args(["link", "set", "near", "up"]).status().unwrap().success());
            }
        }
    });
}

#[test]
fn a_capture_without_packets_sends_none() {
    on_cable(|_| {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "empty.pcapng", &[]);
        for arguments in ["--onto near", "--onto near --loop 0 --top-speed"] {
            let said = replay(&path, arguments);
            assert!(said.err.ends_with("empty.pcapng: nothing was sent.\n"), "{said:?}");
            assert!(said.err.starts_with("There is no packet in "), "{said:?}");
            assert_eq!((said.code, said.err.lines().count()), (Some(1), 1));
        }
        let said = replay(&path, "--onto near --dry-run");
        assert!(said.err.ends_with("empty.pcapng: nothing would be sent.\n") && said.code == Some(1), "{said:?}");
        let some = captures().remove(0);
        for (dry, was) in [("", "was"), ("--dry-run", "would be")] {
            let said = replay(&some, &format!("--onto near {dry} --filter sctp"));
            assert!(said.err.ends_with(&format!(" passes --filter \"sctp\": nothing {was} sent.\n")), "{said:?}");
            assert_eq!((said.code, said.err.lines().count()), (Some(1), 1));
            let said = replay(&some, &format!("--onto near --yes {dry} --connection 77"));
            assert!(said.err.starts_with("rawshake: there is no connection 77 in "), "{said:?}");
            assert!(said.err.ends_with(&format!(", and nothing {was} sent\n")) && said.code == Some(2), "{said:?}");
        }
        std::fs::write(&path, "").unwrap();
        let said = replay(&path, "--onto near");
        assert!(said.err.contains("is empty: whoever wrote it captured nothing"), "{said:?}");
        assert_eq!(said.code, Some(2));
        let said = replay(&folder.path().join("nosuch"), "--onto near");
        assert!(said.err.contains("cannot open capture file"), "{said:?}");
        assert_eq!((said.code, said.err.lines().count()), (Some(2), 1));
    });
}

#[test]
fn who_may_not_send_is_told_the_ways_out() {
    on_cable(|_| {
        let path = captures().remove(0);
        let mut dropped = Command::new("setpriv");
        dropped.args(["--bounding-set=-net_raw", "--inh-caps=-net_raw", env!("CARGO_BIN_EXE_rawshake"), "replay"]);
        match dropped.arg(&path).args(["--onto", "near", "--yes"]).output() {
            Ok(output) => {
                let said = Said::of(output);
                let line = "rawshake: cannot send frames through interface near: operation not permitted; ";
                assert!(said.err.starts_with(line) && said.err.contains("setcap"), "{said:?}");
                assert!(said.err.ends_with("; nothing was sent\n"), "{said:?}");
                assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
            }
            Err(error) => crate::common::skip(&format!("setpriv: {error}")),
        }
    });
}

#[test]
fn ctrl_c_stops_and_still_reports() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "many.pcapng", &numbered(10, 100_000_000));
        for arguments in ["--onto near", "--onto near --loop 0 --pps 5000", "--onto near --loop 0 --mbps 1"] {
            let child = command(&path, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            assert!(!cable.heard(1).is_empty());
            kill_process(Pid::from_child(&child), Signal::INT).unwrap();
            let said = Said::of(child.wait_with_output().unwrap());
            assert_eq!((said.code, said.err.as_str()), (Some(130), ""), "{arguments}");
            assert!(said.out.starts_with("Sent ") && said.out.contains("near via batch"), "{said:?}");
            drop(cable.heard(usize::MAX));
        }
    });
}

#[test]
fn a_cable_whose_far_end_goes_down_in_mid_run_ends_it() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "many.pcapng", &numbered(100_000, 1000));
        let ways =
            ["", "--top-speed --loop 0", "--via packet --top-speed --loop 0", "--via batch --top-speed --loop 0"];
        for arguments in ways {
            let mut command = command(&path, &format!("--onto near {arguments}"));
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            cable.wait_for_frames();
            cable.set_far("down");
            let said = Said::of(child.wait_with_output().unwrap());
            let line = "rawshake: interface near takes no more packets: it has no carrier any more: its cable, or the \
                        other end, is down; ";
            assert!(said.err.starts_with(line) && said.err.ends_with(" packets were sent before\n"), "{said:?}");
            assert_eq!((said.code, said.err.lines().count()), (Some(2), 1), "{arguments}");
            let said = replay(&path, "--onto near");
            let line =
                "rawshake: interface near has no carrier, and nothing was sent: its cable, or the other end, is down\n";
            assert_eq!((said.code, said.err.as_str(), said.out.as_str()), (Some(2), line, ""));
            cable.set_far("up");
        }
    });
}
