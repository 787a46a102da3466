//! A process that takes away the trace buffers of this one when it has ended, or is done: they are root's, and this one has
//! given up to be root by then, or was killed.

use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use rustix::fs::{AtFlags, Dir, Mode, OFlags, open, unlinkat};

use super::instance::{Tracefs, of_process};
use crate::sys::process::{self, Fork};
use crate::sys::{Error, Result, confine};

/// From one attempt to the next: the kernel keeps a buffer for as long as somebody has it open.
const PAUSE: Duration = Duration::from_millis(10);
/// So many attempts; the next run takes away what is left then.
const ATTEMPTS: usize = 500;

/// The process, which is waited for when this is dropped.
#[derive(Debug)]
pub(super) struct Remover {
    /// Nothing is ever written: that it is closed is what is told.
    alive: Option<PipeWriter>,
    process: u32,
}

impl Remover {
    /// Starts it; none where this process has several threads, so that it cannot be.
    ///
    /// # Errors
    /// The kernel's tracing is not to be had, or no process.
    pub(super) fn start() -> Result<Option<Self>> {
        let tracefs = Tracefs::find()?;
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let failed = |source| Error::NoTrace { source };
        let instances = open(tracefs.instances(), flags, Mode::empty()).map_err(|errno| failed(errno.into()))?;
        let (end, alive) = io::pipe().map_err(failed)?;
        let own = process::own_number();
        match process::fork() {
            Ok(Fork::Child) => {
                drop(alive);
                // Nobody is there to be told.
                let _ = wait(end, &instances);
                remove(&instances, own);
                process::leave()
            }
            Ok(Fork::Parent(process)) => Ok(Some(Self { alive: Some(alive), process })),
            Err(Error::Threads { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Waits until nobody has the other end, with nothing but the user and what is needed for that.
fn wait(mut end: PipeReader, instances: &OwnedFd) -> Result<()> {
    process::set_name(c"rawshake trace");
    process::outlive_parent()?;
    process::ignore_everything()?;
    process::close_all_but(&[end.as_raw_fd(), instances.as_raw_fd()]);
    confine::keep_user_alone()?;
    while end.read(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {}
    Ok(())
}

/// Takes away the buffers of a process.
fn remove(instances: &OwnedFd, process: u32) {
    for _ in 0..ATTEMPTS {
        let Ok(folder) = Dir::read_from(instances) else { return };
        let names = folder.flatten().map(|entry| entry.file_name().to_owned());
        let own: Vec<_> = names.filter(|name| name.to_str().ok().and_then(of_process) == Some(process)).collect();
        let gone = |name: &&std::ffi::CString| unlinkat(instances, name.as_c_str(), AtFlags::REMOVEDIR).is_ok();
        if own.iter().filter(gone).count() == own.len() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

impl Drop for Remover {
    fn drop(&mut self) {
        drop(self.alive.take());
        // It ends by itself; who cannot wait for it need not.
        let _ = process::wait_for(self.process);
    }
}
