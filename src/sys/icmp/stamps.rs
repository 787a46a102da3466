//! The kernel's stamps of departures (SO_TIMESTAMPING, Documentation/networking/timestamping.rst).

use std::os::fd::AsFd;

use crate::sys::sockopt;
use crate::wire::Time;

/// Stamps made by software, when a packet is given to the interface; counted, and without the packet itself.
const FLAGS: libc::c_uint = libc::SOF_TIMESTAMPING_TX_SOFTWARE
    | libc::SOF_TIMESTAMPING_SOFTWARE
    | libc::SOF_TIMESTAMPING_OPT_ID
    | libc::SOF_TIMESTAMPING_OPT_TSONLY;

/// Asks for the stamps of what `socket` sends, in its error queue. Old kernels and some interfaces give none.
pub(in crate::sys) fn ask_for_departures(socket: impl AsFd) -> bool {
    sockopt::set_bytes(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPING, &FLAGS.to_ne_bytes()).is_ok()
}

/// The stamp in the three of `struct scm_timestamping`: the first is that of the software, by CLOCK_REALTIME.
pub(in crate::sys) fn software(stamps: [libc::timespec; 3]) -> Option<Time> {
    let [software, ..] = stamps;
    (software.tv_sec != 0).then(|| Time::from_parts(software.tv_sec, software.tv_nsec))
}
