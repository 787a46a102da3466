//! The files in captures/, as they are and as other programs would have written them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use rawshake::sink::capture::{CaptureWriter, Format};
use rawshake::source::{CaptureFile, Source as _};

/// What is around the packets of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// The file as it is: pcap.
    Plain,
    PcapNg,
    Gzip,
    Zstd,
    /// pcapng within gzip.
    PackedPcapNg,
}

impl Wrapping {
    pub(crate) const ALL: [Self; 5] = [Self::Plain, Self::PcapNg, Self::Gzip, Self::Zstd, Self::PackedPcapNg];

    pub(crate) const fn is_packed(self) -> bool {
        matches!(self, Self::Gzip | Self::Zstd | Self::PackedPcapNg)
    }

    /// The ending that other programs would give to such a file.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Plain => "pcap",
            Self::PcapNg => "pcapng",
            Self::Gzip => "pcap.gz",
            Self::Zstd => "pcap.zst",
            Self::PackedPcapNg => "pcapng.gz",
        }
    }

    fn wrap(self, pcap: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => pcap.to_vec(),
            Self::PcapNg => pcapng(pcap),
            Self::Gzip => gzip(pcap),
            Self::Zstd => zstd::encode_all(pcap, 0).expect("memory takes everything"),
            Self::PackedPcapNg => gzip(&pcapng(pcap)),
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

fn pcapng(pcap: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = CaptureFile::new(pcap, "a capture").expect("a capture");
    let mut writer = CaptureWriter::new(&mut bytes, Format::PcapNg).expect("memory takes everything");
    while let Some(packet) = file.next().expect("a packet") {
        writer.write(&packet).expect("memory takes everything");
    }
    writer.finish().expect("memory takes everything");
    bytes
}

/// A file.
pub(crate) struct Capture {
    pub(crate) name: String,
    pub(crate) wrapping: Wrapping,
    pub(crate) bytes: Vec<u8>,
}

/// Every file in captures/ in every wrapping; those of one wrapping one after the other.
pub(crate) fn captures() -> Vec<Capture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let entries = fs::read_dir(folder).expect("captures/").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let files: BTreeMap<_, _> = files.map(|path| (name(&path), fs::read(&path).expect("a file"))).collect();
    let wrapped = |wrapping: Wrapping| {
        let wrap = move |(name, pcap): (&String, &Vec<u8>)| Capture {
            name: format!("{name}.{}", wrapping.ending()),
            wrapping,
            bytes: wrapping.wrap(pcap),
        };
        files.iter().map(wrap).collect::<Vec<_>>()
    };
    Wrapping::ALL.into_iter().flat_map(wrapped).collect()
}
