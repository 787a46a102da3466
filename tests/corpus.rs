//! Capture files made by others: how many packets each holds by tshark's count, and what is in them by libpcap.
use rawshake::source::*;
use std::path::*;
#[test]
fn look() {
    let dir = PathBuf::from(std::env::var("RAWSHAKE_CORPUS").unwrap());
    let table = std::fs::read_to_string(dir.join("files.tsv")).unwrap();
    let mut same = 0;
    for row in table.lines().skip(1) {
        let c: Vec<_> = row.split('\t').collect();
        if !c[2].starts_with("pcap") || c[2].ends_with("+gz") { continue }
        let frames: u64 = c[4].parse().unwrap();
        let mut n = 0; let mut errs = vec![];
        match CaptureFile::open(&dir.join(c[0])) {
            Ok(mut f) => loop { match f.next() { Ok(Some(_)) => n += 1, Ok(None) => break, Err(e) => errs.push(e) } },
            Err(e) => errs.push(e),
        }
        if n == frames && errs.is_empty() == (c[6] == "0") { same += 1; continue }
        println!("{} {} {n} vs {frames} exit {}: {}", c[0], c[2], c[6], errs.iter().map(|e| format!("{e:?}")).collect::<Vec<_>>().join(" | "));
    }
    println!("same {same}");
}
