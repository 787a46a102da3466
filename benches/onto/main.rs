//! `make bench`: packets a second that `rawshake replay --onto` sends at top speed, and how late packets depart at recorded
//! speed, beside tcpreplay and a bare loop around sendmmsg(2), on the same cable in the same run.
//!
//! The cable joins two network namespaces of this process. At its far end nobody takes the frames: they are for another
//! station. The contenders take turns, and the best turn of each counts. Lateness is measured at the far end, by the kernel's
//! stamps of arrival, so that everybody's clock is the same one.

mod cable;
mod lateness;
mod speed;

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let far = match cable::make() {
        Ok(far) => far,
        Err(error) => return writeln!(out, "skipped: {error}"),
    };
    let folder = tempfile::tempdir()?;
    for octets in [96, 1514] {
        speed::table(&mut out, folder.path(), octets)?;
    }
    lateness::table(&mut out, folder.path(), &far)
}
