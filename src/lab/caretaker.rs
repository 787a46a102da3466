//! What a killed lab cannot do any more.
//!
//! A connection whose program is gone is the kernel's: it sends the FIN, and again, until it is answered or minutes have
//! passed, and so long it keeps the network namespace with all that is in it. Where the wire was a process, or the other
//! host had nobody left and was gone first, nothing is ever answered. So each host of a lab has a process that waits for the
//! lab's end, ends the connections that are left, and ends.

use std::io::{self, Read as _};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::host::{HOSTS, SERVER, YOU};
use super::process::OWN;
use super::{Error, Lab};
use crate::sys::{self, Interface, process, sockdiag};

/// How long programs of the lab may take to die, which hold connections until then.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks at what is left.
const PAUSE: Duration = Duration::from_millis(5);

/// A process that waits for the end of the lab. It has ended when this is dropped.
#[derive(Debug)]
pub(super) struct Caretaker {
    /// Closed by the kernel when this process ends, however it does.
    life: Option<UnixStream>,
    child: Child,
}

impl Caretaker {
    /// Starts it on the host of this thread.
    pub(super) fn start() -> Result<Self, Error> {
        let failed = |source| Error::Program(sys::Error::os("start the caretaker of the lab", source));
        let (life, end) = UnixStream::pair().map_err(failed)?;
        let mut command = Command::new(OWN);
        // In a group of its own: Ctrl-C is not for it.
        command.args(["lab", "caretaker"]).process_group(0).stdin(std::os::fd::OwnedFd::from(end));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(failed)?;
        Ok(Self { life: Some(life), child })
    }
}

impl Drop for Caretaker {
    fn drop(&mut self) {
        drop(self.life.take());
        let _ = self.child.wait();
    }
}

impl Lab {
    /// Has what is left of its connections ended with this process, however that ends. It is for programs whose executable
    /// understands `lab caretaker`.
    ///
    /// # Errors
    /// No process can be had.
    pub fn take_care(&mut self) -> Result<(), Error> {
        self.caretakers = vec![Caretaker::start()?, self.on_server(Caretaker::start)??];
        Ok(())
    }
}

/// Waits for the end of the lab on whose host this process is, and ends the connections that are left there.
///
/// # Errors
/// This is no host of a lab, or the kernel refuses.
pub fn take_care() -> Result<(), Error> {
    let is_host = |name: &str, mac| Interface::named(name).is_ok_and(|interface| interface.mac == Some(mac));
    if ![YOU, SERVER].iter().any(|host| is_host(host.name, host.mac)) {
        return Err(Error::NoLab);
    }
    process::set_name(c"caretaker");
    // Nothing is ever said: it is the end that is waited for.
    let _ = io::stdin().read(&mut [0]);
    let own: Vec<IpAddr> = HOSTS.iter().flat_map(|host| [host.v4.into(), host.v6.into()]).collect();
    let began = Instant::now();
    while sockdiag::end_connections(&own).map_err(Error::Program)? > 0 && began.elapsed() < PATIENCE {
        sleep(PAUSE);
    }
    Ok(())
}
