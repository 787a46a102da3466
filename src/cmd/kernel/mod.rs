//! `--kernel`: what the kernel of the far end tells, among what passes on the wire.

mod listening;
mod merge;

use std::io::Write;
use std::net::SocketAddr;

use super::exit::remark;
use super::output::Format;
use crate::drive::kernel::Account;
use crate::lab::Lab;
use crate::sink::Sink;
use crate::sys::sockdiag::Inspector;
use merge::Merge;

/// The kernel's side.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct KernelArgs {
    /// Show what the lab server's kernel says: system calls, states, resets, drops (as root; else its states when asked)
    #[arg(long, requires = "lab", help_heading = "Lab")]
    pub(super) kernel: bool,
}

/// The kernel's account, as far as it is to be had.
pub(super) struct Kernel {
    /// None where the kernel can only be asked for states.
    account: Option<Account>,
}

impl Kernel {
    /// Begins the account if it is asked for: before the lab is entered, so that its server's first calls are seen.
    ///
    /// # Errors
    /// What is to be told cannot be written.
    pub(super) fn open(args: KernelArgs, err: &mut dyn Write) -> anyhow::Result<Option<Self>> {
        if !args.kernel {
            return Ok(None);
        }
        let account = match Account::open() {
            Ok(account) => Some(account),
            Err(error) => {
                let words =
                    "so it is asked for its states after each packet: what lies between is not seen, and no calls";
                remark(err, &format!("{error}; {words}"))?;
                None
            }
        };
        Ok(Some(Self { account }))
    }

    /// Gives `sink`, which writes `format`, what the kernel tells beside what it is given. `ours` is our own, hand-made
    /// end, of which the kernel knows nothing.
    ///
    /// # Errors
    /// The far kernel cannot be asked.
    pub(super) fn beside<'a>(
        self,
        sink: Box<dyn Sink + 'a>,
        format: Format,
        ours: SocketAddr,
        lab: &Lab,
    ) -> anyhow::Result<Box<dyn Sink + 'a>> {
        let inspector = lab.on_server(Inspector::open)??;
        // A ladder is drawn when its connection is over; so its rows can be put in order first.
        let sorted = format == Format::Ladder;
        Ok(Box::new(Merge::new(sink, self.account, inspector, ours, sorted)))
    }
}
