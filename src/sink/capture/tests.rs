use super::*;
use crate::wire::Time;

fn packet(link: LinkType, bytes: &[u8]) -> Packet<'_> {
    Packet { time: Time::from_parts(1_700_000_000, 123_456_789), link, original_len: 1514, bytes }
}

/// A disk with room for so many bytes.
struct Disk {
    bytes: Vec<u8>,
    room: usize,
}

impl Write for &mut Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match bytes.len().min(self.room - self.bytes.len()) {
            0 => Err(io::ErrorKind::StorageFull.into()),
            count => {
                self.bytes.extend(&bytes[..count]);
                Ok(count)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn pcap_octet_by_octet() {
    let mut out = Vec::new();
    let mut writer = CaptureWriter::new(&mut out, Format::Pcap).unwrap();
    writer.write(&packet(LinkType::RAW, b"abc")).unwrap();
    writer.finish().unwrap();
    assert_eq!(
        out,
        b"\x4d\x3c\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x65\0\0\0\
          \x00\xf1\x53\x65\x15\xcd\x5b\x07\x03\0\0\0\xea\x05\0\0abc"
    );
}

#[test]
fn pcapng_octet_by_octet() {
    let mut out = Vec::new();
    let mut writer = CaptureWriter::new(&mut out, Format::PcapNg).unwrap();
    writer.write(&packet(LinkType::RAW, b"abc")).unwrap();
    writer.finish().unwrap();
    let version = concat!("rawshake ", env!("CARGO_PKG_VERSION"));
    let padded = version.len().next_multiple_of(4);
    let section = 28 + 4 + padded + 4;
    assert_eq!(out[..12], [&b"\x0a\x0d\x0d\x0a"[..], &(section as u32).to_le_bytes(), b"\x4d\x3c\x2b\x1a"].concat());
    assert_eq!(out[12..24], *b"\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_eq!(out[24..28], [4, 0, version.len() as u8, 0]);
    assert_eq!(&out[28..28 + version.len()], version.as_bytes());
    assert_eq!(
        &out[section..],
        b"\x01\0\0\0\x20\0\0\0\x65\0\0\0\0\0\x04\0\x09\0\x01\0\x09\0\0\0\0\0\0\0\x20\0\0\0\
          \x06\0\0\0\x24\0\0\0\0\0\0\0\xfe\x9c\x97\x17\x15\xcd\x85\x3d\x03\0\0\0\xea\x05\0\0abc\0\x24\0\0\0"
    );
}

#[test]
fn the_name_decides_the_format() {
    for (name, format) in [
        ("a.pcapng", Format::PcapNg),
        ("A.PCAPNG", Format::PcapNg),
        ("a.pcap", Format::Pcap),
        ("pcapng", Format::Pcap),
        ("a", Format::Pcap),
    ] {
        assert_eq!(Format::of(Path::new(name)), format, "{name}");
    }
}

#[test]
fn a_pcap_file_refuses_a_second_link_type_and_stays_whole() {
    let mut out = Vec::new();
    let mut writer = CaptureWriter::new(&mut out, Format::Pcap).unwrap();
    writer.write(&packet(LinkType::RAW, b"abc")).unwrap();
    let error = writer.write(&packet(LinkType::ETHERNET, b"abc")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().ends_with("write to a name that ends in .pcapng"), "{error}");
    writer.write(&packet(LinkType::RAW, b"abc")).unwrap();
    writer.finish().unwrap();
    assert_eq!(out.len(), 24 + 2 * (16 + 3));
}

#[test]
fn times_that_do_not_fit_are_refused_before_anything_is_written() {
    let early = Packet { time: Time::from_nanos(-1), ..packet(LinkType::RAW, b"abc") };
    let late = Packet { time: Time::from_nanos(i64::MAX), ..early };
    let mut out = Vec::new();
    let mut writer = CaptureWriter::new(&mut out, Format::Pcap).unwrap();
    assert_eq!(writer.write(&early).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert_eq!(writer.write(&late).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    drop(writer);
    assert!(out.is_empty());

    let mut writer = CaptureWriter::new(&mut out, Format::PcapNg).unwrap();
    assert_eq!(writer.write(&early).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    writer.write(&late).unwrap();
}

#[test]
fn a_file_without_packets_has_a_header() {
    let mut out = Vec::new();
    CaptureWriter::new(&mut out, Format::Pcap).unwrap().finish().unwrap();
    assert_eq!(out.len(), 24);
}

#[test]
fn each_packet_is_out_when_write_returns() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.pcap");
    let mut writer = CaptureWriter::create(&path).unwrap();
    for count in 1..4 {
        writer.write(&packet(LinkType::RAW, b"abc")).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 24 + count * 19);
    }
}

#[test]
fn a_packet_longer_than_readers_take_is_cut() {
    let mut out = Vec::new();
    let mut writer = CaptureWriter::new(&mut out, Format::Pcap).unwrap();
    let bytes = vec![1; 300_000];
    writer.write(&Packet { original_len: 300_000, ..packet(LinkType::RAW, &bytes) }).unwrap();
    assert_eq!(out[24 + 8..24 + 16], [262_144_u32, 300_000].map(u32::to_le_bytes).concat());
    assert_eq!(out.len(), 24 + 16 + 262_144);
}

#[test]
fn a_full_disk_is_reported_by_every_write_from_then_on() {
    let mut disk = Disk { bytes: Vec::new(), room: 24 + 19 + 5 };
    let mut writer = CaptureWriter::new(&mut disk, Format::Pcap).unwrap();
    writer.write(&packet(LinkType::RAW, b"abc")).unwrap();
    assert_eq!(writer.write(&packet(LinkType::RAW, b"abc")).unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert!(writer.write(&packet(LinkType::RAW, b"abc")).is_err());
    assert!(writer.finish().is_err());
    assert_eq!(disk.bytes.len(), 24 + 19 + 5);
}
