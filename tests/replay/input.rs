//! What is read: several files, one after the other or by time, compressed, damaged, in fragments.

use std::io::Write as _;

use rawshake::wire::LinkType;

use crate::program::{Kept, Said, bytes, command, packets, pcapng, replay, replay_bytes};

const LINES: &str = "--format lines";

#[test]
fn several_files_are_one_stream_in_order() {
    let both = replay("--format lines reset.pcap refused.pcap");
    assert_eq!(both.out, replay("--format lines reset.pcap").out + &replay("--format lines refused.pcap").out);
    assert_eq!(both.code, Some(0));
    let numbers = replay("--list --format json reset.pcap refused.pcap");
    assert!(numbers.out.contains("\"connection\":1,") && numbers.out.contains("\"connection\":2,"), "{numbers:?}");
}

/// Every packet of a capture in one of two files, as two hosts would have captured them.
#[test]
fn files_are_merged_by_time() {
    let packets = packets("data-both-ways.pcap");
    let whole = replay("--format lines data-both-ways.pcap");
    let folder = tempfile::tempdir().expect("a folder");
    let half = |name: &str, rest: usize| {
        let path = folder.path().join(name);
        std::fs::write(&path, pcapng(packets.iter().skip(rest).step_by(2))).expect("a file");
        path
    };
    let halves = [half("even.pcapng", 0), half("odd.pcapng", 1)];
    let run = |arguments: &str| Said::of(command(arguments).args(&halves).output().expect("the program"));
    assert_eq!(run("--merge --format lines").out, whole.out);
    assert_ne!(run("--format lines").out, whole.out, "in order, not by time");
}

#[test]
fn compression_is_seen_through() {
    let plain = replay("--format lines four-segment.pcap");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&bytes("four-segment.pcap")).expect("gzip");
    assert_eq!(replay_bytes(&gzip.finish().expect("gzip"), LINES).out, plain.out);
    let zstd = zstd::encode_all(&bytes("four-segment.pcap")[..], 3).expect("zstd");
    assert_eq!(replay_bytes(&zstd, LINES).out, plain.out);
}

#[test]
fn a_missing_file_does_not_hide_the_others() {
    let said = replay("--format lines reset.pcap no-such.pcap refused.pcap");
    assert_eq!(said.code, Some(2));
    assert_eq!(said.out, replay("--format lines reset.pcap refused.pcap").out);
    assert_eq!(
        said.err,
        "rawshake: cannot open capture file \"no-such.pcap\": No such file or directory (os error 2); look whether the name and its folder are right\n"
    );
    let alone = replay("no-such.pcap");
    assert_eq!((alone.code, &*alone.out, alone.err), (Some(2), "", said.err));
}

#[test]
fn every_damage_is_told_and_nothing_is_lost() {
    let whole = bytes("reset.pcap");
    let folder = tempfile::tempdir().expect("a folder");
    let cut = folder.path().join("cut.pcap");
    std::fs::write(&cut, &whole[..whole.len() - 1]).expect("a file");
    let said = Said::of(command(LINES).args([&cut, &cut]).arg("refused.pcap").output().expect("the program"));
    assert_eq!(said.code, Some(2));
    let complaints: Vec<_> = said.err.lines().filter(|line| line.contains("cut.pcap\"")).collect();
    assert_eq!(complaints.len(), 2, "{said:?}");
    assert!(said.out.ends_with(&replay("--format lines refused.pcap").out), "{said:?}");
}

#[test]
fn an_unknown_link_type_is_said_with_its_place() {
    let mut packets = packets("reset.pcap");
    let lines = replay_bytes(&pcapng(&packets), LINES).out;
    for place in [2, 4] {
        packets.insert(place, Kept { link: LinkType(147), ..packets[0].clone() });
    }
    let said = replay_bytes(&pcapng(&packets), LINES);
    assert_eq!((said.code, said.out), (Some(2), lines));
    let complaint = ": packet 3 has link type 147, which this program does not read; 2 such packets in all\n";
    assert!(said.err.ends_with(complaint), "{}", said.err);
}

#[test]
fn frames_of_other_protocols_are_no_loss() {
    let mut packets = packets("reset.pcap");
    let lines = replay_bytes(&pcapng(&packets), LINES).out;
    // ARP, LLDP, MACsec's key agreement, and what a switch sends to itself.
    for (place, ethertype) in [0x0806_u16, 0x88cc, 0x888e, 0x9000].into_iter().enumerate() {
        let mut frame = Kept { bytes: vec![2; 60], original_len: 60, ..packets[0].clone() };
        frame.bytes[12..14].copy_from_slice(&ethertype.to_be_bytes());
        packets.insert(place, frame);
    }
    let said = replay_bytes(&pcapng(&packets), LINES);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (Some(0), lines.as_str(), ""));
}

#[test]
fn a_packet_that_was_cut_too_short_is_said_with_its_place() {
    let mut packets = packets("reset.pcap");
    packets[3].bytes.truncate(14 + 20 + 12);
    let said = replay_bytes(&pcapng(&packets), LINES);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains(": packet 4 is cut before the end of its TCP header"), "{}", said.err);
}

/// The IPv4 packet behind an Ethernet header, in two fragments; the first has `first` octets behind the IP header.
fn fragments(packet: &Kept, first: usize) -> [Kept; 2] {
    let (headers, payload) = packet.bytes.split_at(14 + 20);
    let part = |payload: &[u8], field: u16| {
        let mut bytes = [headers, payload].concat();
        bytes[16..18].copy_from_slice(&(20 + payload.len() as u16).to_be_bytes());
        bytes[20..22].copy_from_slice(&field.to_be_bytes());
        Kept { original_len: bytes.len() as u32, bytes, ..packet.clone() }
    };
    [part(&payload[..first], 0x2000), part(&payload[first..], first as u16 / 8)]
}

#[test]
fn fragments_are_put_together() {
    let packets = packets("data-both-ways.pcap");
    let whole = replay_bytes(&pcapng(&packets), LINES);
    let data = packets.iter().position(|packet| packet.bytes.len() > 120).expect("a segment with data");
    let [first, second] = fragments(&packets[data], 24);
    let in_parts = packets
        .iter()
        .enumerate()
        .flat_map(|(at, packet)| if at == data { vec![&second, &first] } else { vec![packet] });
    let said = replay_bytes(&pcapng(in_parts), "--format lines -v");
    assert_eq!(said.out.matches(" [fragmented]").count(), 1, "{}", said.out);
    assert_eq!(said.out.replace(" [fragmented]", ""), whole.out);
    assert!(said.err.contains("2 IP fragments, 1 packet put together from them"), "{}", said.err);
    let missing = packets.iter().enumerate().map(|(at, packet)| if at == data { &first } else { packet });
    let said = replay_bytes(&pcapng(missing), LINES);
    assert!(said.err.contains("1 packet of which fragments are missing"), "{}", said.err);
}

#[test]
fn a_full_table_is_said() {
    let said = replay("--max-connections 1 --list unanswered.pcap reset.pcap refused.pcap");
    assert_eq!(said.code, Some(0));
    let expected = "3 files: 1 connection taken for ended too early: more than 1 at once (--max-connections)\n";
    assert_eq!(said.err, expected);
    let said = replay("--max-connections 1 --list reset.pcap refused.pcap unanswered.pcap");
    assert_eq!((said.code, &*said.err), (Some(0), ""), "what is over makes room, and nothing of it is lost");
}

#[test]
fn what_cannot_go_together_is_refused() {
    assert_eq!(replay("--follow reset.pcap refused.pcap").code, Some(2));
    assert_eq!(replay("--follow --merge reset.pcap").code, Some(2));
    assert_eq!(replay("-n 2 reset.pcap").code, Some(2));
}

/// As `cat` joins them, though they are not of the same kind.
#[test]
fn captures_that_were_joined_are_read_one_after_the_other() {
    let joined = [bytes("refused.pcap"), bytes("reset.pcap")].concat();
    let said = replay_bytes(&joined, LINES);
    let apart = replay("--format lines refused.pcap reset.pcap");
    assert_eq!((said.code, said.out, &*said.err), (Some(0), apart.out, ""));
}

#[test]
fn what_is_compressed_twice_is_named() {
    let pack = |bytes: &[u8]| zstd::encode_all(bytes, 0).expect("memory");
    let said = replay_bytes(&pack(&pack(&bytes("reset.pcap"))), LINES);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("compressed more than once, the second time with zstd"), "{}", said.err);
}

/// The last packet before the one that came before it: the connection took as long all the same.
#[test]
fn a_capture_out_of_order_takes_its_time() {
    let mut packets = packets("four-segment.pcap");
    let last = packets.len() - 1;
    let duration = |bytes: &[u8]| {
        let said = replay_bytes(bytes, "--list --format json");
        let row: serde_json::Value = serde_json::from_str(&said.out).expect("one row");
        row["duration_ms"].as_f64().expect("a number")
    };
    let in_order = duration(&pcapng(&packets));
    packets.swap(last - 1, last);
    let swapped = duration(&pcapng(&packets));
    assert!(in_order > 0.0 && (in_order - swapped).abs() < 1e-9, "{in_order} and {swapped}");
}

#[test]
fn arguments_come_back_without_what_steers_a_terminal() {
    for arguments in
        ["reset.pcap --only \u{202e}", "\u{202e}\u{1b}[2J", "reset.pcap --\u{202e}", "reset.pcap --where \u{202e}"]
    {
        let said = replay(arguments);
        assert_eq!(said.code, Some(2));
        assert!(said.err.starts_with("rawshake: ") && said.err.contains("\\u{202e}"), "{}", said.err);
        assert!(said.err.chars().all(|char| char == '\n' || !char.is_control() && char != '\u{202e}'), "{}", said.err);
    }
}

#[test]
fn a_number_that_is_not_there_is_an_error_and_a_filter_without_match_is_none() {
    let said = replay("reset.pcap -n 99");
    assert_eq!(said.code, Some(2));
    assert_eq!(said.err, "rawshake: there is no connection 99 in \"reset.pcap\": it holds 1 connection\n");
    assert_eq!(replay("reset.pcap -f udp").code, Some(1));
}

#[test]
fn packets_that_are_out_of_order_are_named_once_for_each_file() {
    let mut packets = packets("four-segment.pcap");
    packets.swap(4, 8);
    let said = replay_bytes(&pcapng(&packets), "--list");
    assert!(said.err.contains("packet 6 is ") && said.err.contains("older than the one before it"), "{}", said.err);
    assert_eq!((said.err.matches("in the order of time").count(), said.code), (1, Some(0)), "{}", said.err);
    // The verdict is read twice here, and the order told once.
    let said = replay_bytes(&pcapng(&packets), "--only three-way,mid-stream");
    assert_eq!(said.err.matches("in the order of time").count(), 1, "{}", said.err);
    assert!(!said.err.contains("--merge"), "it would not help: {}", said.err);
}

#[test]
fn files_of_the_same_time_are_told_to_be_merged() {
    let folder = tempfile::tempdir().expect("a folder");
    let halves = [0, 1].map(|odd| {
        let file = folder.path().join(format!("{odd}.pcapng"));
        let all = packets("four-segment.pcap");
        let half: Vec<_> =
            all.into_iter().enumerate().filter(|(at, _)| at % 2 == odd).map(|(_, packet)| packet).collect();
        std::fs::write(&file, pcapng(&half)).expect("a file");
        file.display().to_string()
    });
    let files = halves.join(" ");
    let (chained, merged) = (replay(&format!("--list {files}")), replay(&format!("--list --merge {files}")));
    assert!(chained.err.contains("--merge orders the packets"), "{}", chained.err);
    assert_eq!(merged.err, "");
}

/// What Wireshark does, too: behind a record that cannot be, the next one is looked for.
#[test]
fn behind_a_damaged_record_reading_goes_on_where_another_is_found() {
    let good = bytes("four-segment.pcap");
    let starts = {
        let mut starts = vec![24];
        while let Some(header) = good.get(starts[starts.len() - 1]..).filter(|rest| rest.len() >= 16) {
            let captured = u32::from_le_bytes(header[8..12].try_into().expect("four octets"));
            starts.push(starts[starts.len() - 1] + 16 + captured as usize);
        }
        starts
    };
    let mut damaged = good.clone();
    damaged[starts[4] + 8..starts[4] + 12].copy_from_slice(&0xffff_ffff_u32.to_le_bytes());
    let said = replay_bytes(&damaged, "--list --format json");
    let skipped = starts[5] - starts[4];
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains(&format!("at byte {}, in packet 5: ", starts[4])), "{}", said.err);
    assert!(said.err.contains(&format!("{skipped} bytes were passed over")), "{}", said.err);
    let row: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(row["segments"], packets("four-segment.pcap").len() - 1);
    // Nothing behind it looks like a record.
    damaged.truncate(starts[4] + 16);
    damaged.extend((0..5000_u32).flat_map(|number| (number.wrapping_mul(2_654_435_761) | 0x8080_8080).to_le_bytes()));
    let said = replay_bytes(&damaged, "--list");
    assert!(said.err.contains("nothing behind this place can be read"), "{}", said.err);
}

/// The same in pcapng, where a block says twice how long it is.
#[test]
fn behind_a_block_of_a_wrong_length_reading_goes_on() {
    let all = packets("four-segment.pcap");
    let good = pcapng(&all);
    let mut starts = vec![0];
    while let Some(length) = good.get(starts[starts.len() - 1] + 4..).and_then(|rest| rest.first_chunk()) {
        starts.push(starts[starts.len() - 1] + u32::from_le_bytes(*length) as usize);
    }
    // Section and interface stand before the packets.
    let (fifth, sixth) = (starts[2 + 4], starts[2 + 5]);
    for (at, length) in [(fifth + 4, 7_u32), (fifth + 4, 0), (fifth + 4, 64), (sixth - 4, 0xffff_fff0)] {
        let mut damaged = good.clone();
        damaged[at..at + 4].copy_from_slice(&length.to_le_bytes());
        let said = replay_bytes(&damaged, "--list --format json");
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(
            said.err.contains(&format!("at byte {fifth}, in packet 5: a block has a wrong length")),
            "{}",
            said.err
        );
        assert!(said.err.contains(&format!("{} bytes were passed over", sixth - fifth)), "{}", said.err);
        let row: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(row["segments"], all.len() - 1, "{length}");
    }
    let mut hopeless = good[..fifth].to_vec();
    hopeless.extend((0..5000_u32).flat_map(|number| (number.wrapping_mul(2_654_435_761) | 0x8080_8080).to_le_bytes()));
    hopeless[fifth + 4..fifth + 8].copy_from_slice(&7_u32.to_le_bytes());
    let said = replay_bytes(&hopeless, "--list");
    assert!(said.code == Some(2) && said.err.contains("nothing behind this place can be read"), "{}", said.err);
}

#[test]
fn errors_say_what_to_do_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = folder.path().join("cut.pcap");
    std::fs::write(&header, &bytes("reset.pcap")[..20]).expect("a file");
    let (folder, header) = (folder.path().display(), header.display());
    let nowhere = format!("{folder}/no/such.pcap");
    for (arguments, says) in [
        (format!("{folder}"), "it is a folder: name files in it"),
        (nowhere.clone(), "look whether the name and its folder are right"),
        (format!("--quiet reset.pcap --pcap {nowhere}"), "look whether the name and its folder are right"),
        (format!("{header}"), "damaged at byte 0, in its header: "),
    ] {
        let said = replay(&arguments);
        assert!(said.code == Some(2) && said.err.contains(says), "{arguments}: {}", said.err);
    }
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let said = Said::of(command("reset.pcap").stdout(full).output().expect("the program"));
    assert!(said.code == Some(2) && said.err.contains("make room, or write elsewhere"), "{}", said.err);
}
