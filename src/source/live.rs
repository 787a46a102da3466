//! Packets as they come, from a network interface, by libpcap.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use pcap::{Active, Capture, Linktype, Precision};
use socket2::{Domain, Socket, Type};

use super::filter::message;
use super::{Error, link};
use crate::wire::{LinkType, Packet, Time};

/// All interfaces.
pub(super) const ANY: &str = "any";

/// How to capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// Octets to keep of each packet; at most, and where it is 0, 262,144.
    pub snaplen: u32,
    /// Bytes of the kernel's buffer, up to 2 GiB; 0 takes libpcap's default, 2 MiB.
    pub buffer_size: u32,
    /// Whether to see frames that are meant for other stations too.
    pub promiscuous: bool,
    /// How long packets may be kept in the kernel until they are given, many at once: a blocked buffer takes several times
    /// as many packets, and takes less time for each. None gives each packet at once.
    pub batch: Option<Duration>,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self { snaplen: 262_144, buffer_size: 0, promiscuous: false, batch: None }
    }
}

/// A live capture. Packets are there as soon as the kernel has them, or [`LiveOptions::batch`] later, and each call returns at once: wait on
/// [`AsFd::as_fd`] for the next. On the loopback interface, where the kernel shows each packet going out and coming in,
/// it comes once.
pub struct Live {
    capture: Capture<Active>,
    interface: String,
    link: LinkType,
    /// What was lost, and where the kernel's counter stood when that was last asked.
    dropped: u64,
    counter: u32,
}

impl Live {
    /// Starts to capture on `interface` ("any" is all of them) what passes `filter`, in the language of pcap-filter(7).
    /// The filter runs in the kernel, and no packet from before it was set comes through.
    ///
    /// # Errors
    /// No such interface, no permission, a filter that libpcap does not accept, or what else libpcap said.
    pub fn open(interface: &str, filter: Option<&str>, options: LiveOptions) -> Result<Self, Error> {
        let capture = start(interface, options).map_err(|error| explain(interface, error))?;
        let failed = |error| Error::Live { interface: interface.to_owned(), message: message(error) };
        let mut capture = capture.setnonblock().map_err(failed)?;
        if interface == ANY {
            // Its header has the interface. Where libpcap is older than 1.10, the one without does, too.
            let _ = capture.set_datalink(Linktype(link::to_dlt(LinkType::LINUX_SLL2)));
        }
        let dlt = capture.get_datalink();
        let link = link::from_dlt(dlt.0).ok_or_else(|| Error::Live {
            interface: interface.to_owned(),
            message: format!("its link type, DLT {}, is not known", dlt.0),
        })?;
        if let Some(expression) = filter {
            capture.filter(expression, true).map_err(|error| Error::Filter {
                expression: expression.to_owned(),
                link: Some(link),
                message: message(error),
            })?;
        }
        Ok(Self { capture, interface: interface.to_owned(), link, dropped: 0, counter: 0 })
    }

    /// The next packet, or none when none is waiting.
    ///
    /// # Errors
    /// What libpcap says, above all when the interface has disappeared. One that is down is silent, as it may come up.
    #[expect(clippy::should_implement_trait, reason = "it lends its packets, which an iterator cannot")]
    pub fn next(&mut self) -> Result<Option<Packet<'_>>, Error> {
        match self.capture.next_packet() {
            Ok(packet) => Ok(Some(Packet {
                // With nanosecond precision libpcap gives nanoseconds in the field for microseconds.
                time: Time::from_parts(packet.header.ts.tv_sec, packet.header.ts.tv_usec),
                link: self.link,
                original_len: packet.header.len,
                bytes: packet.data,
            })),
            Err(pcap::Error::TimeoutExpired | pcap::Error::NoMorePackets) => Ok(None),
            Err(error) => Err(Error::Live { interface: self.interface.clone(), message: message(error) }),
        }
    }

    /// Packets that passed the filter but were lost, because the kernel's buffer was full, since the capture began. On
    /// loopback each may count twice: once going out, once coming in. The kernel counts in 32 bits: whoever asks before
    /// they have gone round knows them all.
    ///
    /// # Errors
    /// What libpcap says.
    pub fn dropped(&mut self) -> Result<u64, Error> {
        match self.capture.stats() {
            Ok(statistics) => {
                self.dropped += u64::from(statistics.dropped.wrapping_sub(self.counter));
                self.counter = statistics.dropped;
                Ok(self.dropped)
            }
            Err(error) => Err(Error::Live { interface: self.interface.clone(), message: message(error) }),
        }
    }

    /// What the first bytes of every packet are.
    #[must_use]
    pub fn link_type(&self) -> LinkType {
        self.link
    }
}

impl AsFd for Live {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.capture.as_fd()
    }
}

fn start(interface: &str, options: LiveOptions) -> Result<Capture<Active>, pcap::Error> {
    let clamped = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let mut capture = Capture::from_device(interface)?
        .immediate_mode(options.batch.is_none())
        .precision(Precision::Nano)
        .promisc(options.promiscuous)
        .snaplen(clamped(options.snaplen));
    if let Some(time) = options.batch {
        capture = capture.timeout(i32::try_from(time.as_millis()).unwrap_or(i32::MAX).max(1));
    }
    if options.buffer_size > 0 {
        capture = capture.buffer_size(clamped(options.buffer_size));
    }
    capture.open()
}

/// libpcap tells its reasons in words only, so the two that a person can do something about are looked for.
fn explain(interface: &str, error: pcap::Error) -> Error {
    let interface = interface.to_owned();
    if let Err(denied) = Socket::new(Domain::PACKET, Type::RAW, None)
        && denied.kind() == std::io::ErrorKind::PermissionDenied
    {
        return Error::NotPermitted { interface };
    }
    let known: Vec<_> = pcap::Device::list().unwrap_or_default().into_iter().map(|device| device.name).collect();
    if !known.is_empty() && !known.contains(&interface) {
        return Error::NoInterface { interface, known };
    }
    Error::Live { interface, message: message(error) }
}
