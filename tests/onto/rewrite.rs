//! Packets that are rewritten: what tshark reads in them at the far end.

use std::path::Path;
use std::process::Command;

use rawshake::wire::LinkType;

use crate::cable::{Cable, Kept, bytes, captures, on_cable, packets, replay, write};
use crate::common;

/// Fields of every packet, as tshark reads them with all checksums checked; none where it is not installed.
fn tshark(file: &Path, fields: &[&str]) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-n", "-T", "fields", "-E", "occurrence=f"]);
    for protocol in ["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"] {
        command.args(["-o", &format!("{protocol}:TRUE")]);
    }
    fields.iter().for_each(|field| _ = command.args(["-e", field]));
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            Some(text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
        }
        Err(error) => {
            common::skip(&format!("tshark: {error}"));
            None
        }
    }
}

/// Wireshark's words for a checksum: 0 is bad.
const CHECKSUMS: [&str; 5] = [
    "ip.checksum.status",
    "tcp.checksum.status",
    "udp.checksum.status",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
];

/// Plays every capture with these arguments; gives all packets as they were, and as they were heard.
fn play_all(cable: &Cable, arguments: &str) -> (Vec<Kept>, Vec<Kept>) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for path in captures() {
        let sent = packets(&path);
        // There the checksum over the port is in another fragment, and the program says so.
        let ports = if path.ends_with("fragments.pcap") { "" } else { "--map-port 7=7007" };
        let said = replay(&path, &format!("--onto near --yes --allow-broadcast --top-speed {ports} {arguments}"));
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", path.display());
        let heard = cable.heard(sent.len());
        assert_eq!(heard.len(), sent.len(), "{}", path.display());
        before.extend(sent);
        after.extend(heard);
    }
    (before, after)
}

#[test]
fn every_capture_arrives_with_other_addresses_and_good_checksums() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let arguments = "--map-ip 192.0.2.0/24=10.9.8.0/24 --map-ip 2001:db8::/32=fd00:1::/32 --ttl 33 --fix-checksums \
                         --dest-mac 02:aa:bb:cc:dd:ee --vlan 77";
        let (before, after) = play_all(cable, arguments);
        let fields = [&CHECKSUMS[..], &["eth.dst", "vlan.id", "ip.src", "ipv6.src", "tcp.port"]].concat();
        let [before, after] = [("before.pcapng", before), ("after.pcapng", after)]
            .map(|(name, packets)| tshark(&write(folder.path(), name, &packets), &fields));
        let (Some(before), Some(after)) = (before, after) else { return };
        assert!(before.len() > 800 && before.len() == after.len());
        for (number, (before, after)) in before.iter().zip(&after).enumerate() {
            let place = format!("packet {}: {before:?} became {after:?}", number + 1);
            assert!(after[..5].iter().all(|status| status != "0"), "{place}");
            assert_eq!((after[5].as_str(), after[6].as_str()), ("02:aa:bb:cc:dd:ee", "77"), "{place}");
            let v4 = before[7].replacen("192.0.2.", "10.9.8.", 1);
            assert_eq!(after[7..9], [v4, before[8].replacen("2001:db8:", "fd00:1:", 1)], "{place}");
            assert_eq!(before[9] == "7", after[9] == "7007", "{place}");
        }
    });
}

#[test]
fn without_fixing_checksums_are_as_good_or_bad_as_they_were() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let (before, after) = play_all(cable, "--map-ip 192.0.2.1=198.51.100.9 --ttl 2");
        let [before, after] = [("before.pcapng", before), ("after.pcapng", after)]
            .map(|(name, packets)| tshark(&write(folder.path(), name, &packets), &CHECKSUMS));
        let (Some(before), Some(after)) = (before, after) else { return };
        let apart: Vec<_> =
            (1..).zip(before.iter().zip(&after)).filter(|(_, (before, after))| before != after).collect();
        assert!(before.len() > 800 && apart.is_empty(), "{apart:?}");
        assert!(before.iter().flatten().any(|status| status == "0"), "some are bad on purpose");
    });
}

#[test]
fn raw_and_cooked_captures_become_ethernet() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let path = captures().into_iter().find(|path| path.ends_with("ipv6.pcap")).unwrap();
        let frames = packets(&path);
        let cooked = |kept: &Kept| {
            let header = [&[0, 4, 0, 1, 0, 6][..], &kept.bytes[6..12], &[0, 0], &kept.bytes[12..14]].concat();
            let bytes = [&header, &kept.bytes[14..]].concat();
            Kept { link: LinkType::LINUX_SLL, original_len: bytes.len() as u32, bytes, ..kept.clone() }
        };
        let raw = |kept: &Kept| {
            let bytes = kept.bytes[14..].to_vec();
            Kept { link: LinkType::RAW, original_len: bytes.len() as u32, bytes, ..kept.clone() }
        };
        let to = |mac: [u8; 6], from: Option<[u8; 6]>| {
            let with = |kept: &Kept| {
                let from = from.unwrap_or(*kept.bytes[6..].first_chunk().unwrap());
                [&mac[..], &from, &kept.bytes[12..]].concat()
            };
            frames.iter().map(with).collect::<Vec<_>>()
        };
        let arguments = "--onto near --yes --top-speed --dest-mac 02:00:00:00:00:02";
        let file = write(folder.path(), "cooked.pcapng", &frames.iter().map(cooked).collect::<Vec<_>>());
        assert_eq!(replay(&file, arguments).code, Some(0));
        assert_eq!(bytes(&cable.heard(frames.len())), to([2, 0, 0, 0, 0, 2], None));
        let file = write(folder.path(), "raw.pcapng", &frames.iter().map(raw).collect::<Vec<_>>());
        assert_eq!(replay(&file, arguments).code, Some(0));
        let own = crate::cable::NEAR.mac;
        assert_eq!(bytes(&cable.heard(frames.len())), to([2, 0, 0, 0, 0, 2], Some(own)));
    });
}

#[test]
fn what_is_too_long_or_cut_can_be_made_to_fit() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        assert!(Command::new("ip").args(["link", "set", "near", "mtu", "600"]).status().unwrap().success());
        let path = captures().into_iter().find(|path| path.ends_with("super-segment.pcap")).unwrap();
        let cut = |kept: &Kept| Kept { bytes: kept.bytes[..kept.bytes.len().min(80)].to_vec(), ..kept.clone() };
        let file = write(folder.path(), "cut.pcapng", &packets(&path).iter().map(cut).collect::<Vec<_>>());
        for file in [&path, &file] {
            let said = replay(file, "--onto near --yes --top-speed --mtu-trim --snap-pad --fix-checksums");
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
            let heard = cable.heard(packets(&path).len());
            let lengths = |kept: &[Kept]| kept.iter().map(|kept| kept.bytes.len().min(614)).collect::<Vec<_>>();
            assert_eq!(lengths(&heard), lengths(&packets(&path)));
            assert!(
                heard.iter().any(|kept| kept.bytes.len() == 614) && heard.iter().all(|kept| kept.bytes.len() <= 614)
            );
            let after = write(folder.path(), "after.pcapng", &heard);
            let Some(after) = tshark(&after, &CHECKSUMS) else { return };
            assert!(after.iter().flatten().all(|status| status != "0"), "{after:?}");
        }
    });
}

#[test]
fn ethernet_addresses_and_tags_become_others() {
    on_cable(|cable| {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
        // A frame of VLAN 5 with a type for experiments, there and back.
        let tagged = |to: [u8; 6], from: [u8; 6]| [&to[..], &from, &[0x81, 0, 0, 5, 0x88, 0xb5], &[7; 42]].concat();
        let bare = |to: [u8; 6], from: [u8; 6]| [&to[..], &from, &[0x88, 0xb5], &[7; 42]].concat();
        let frames = [tagged(two, one), tagged(one, two)];
        let kept = |bytes: &Vec<u8>| Kept::ethernet(rawshake::wire::Time::default(), bytes.clone());
        let file = write(folder.path(), "tagged.pcapng", &frames.each_ref().map(kept));
        let (other, third) = ([2, 0, 0, 0, 0, 9], [2, 0, 0, 0, 0, 0xaa]);
        for (arguments, expected) in [
            ("--no-vlan", [bare(two, one), bare(one, two)]),
            ("--map-mac 02:00:00:00:00:01=02:00:00:00:00:09", [tagged(two, other), tagged(other, two)]),
            ("--source-mac 2-0-0-0-0-aa", [tagged(two, third), tagged(one, third)]),
            ("--dest-mac 2:0:0:0:0:AA --no-vlan", [bare(third, one), bare(third, two)]),
        ] {
            let said = replay(&file, &format!("--onto near --top-speed {arguments}"));
            assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
            assert_eq!(bytes(&cable.heard(2)), expected.each_ref().map(Vec::as_slice), "{arguments}");
        }
    });
}
