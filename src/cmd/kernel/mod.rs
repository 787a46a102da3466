//! `--kernel`: what the kernel of the far end tells, among what passes on the wire.

mod listening;
mod merge;

use std::io::Write;

use super::exit::remark;
use super::output::Format;
use crate::drive::kernel::Account;
use crate::lab::{self, Host, Lab};
use crate::sink::Sink;
use crate::sys::sockdiag::Inspector;
use crate::sys::{Version, confine};
use merge::{Asked, Merge};

/// The kernel's side.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct KernelArgs {
    /// Show what the kernel of the lab's other host says: system calls, states, resets, drops; as root, else its states when asked
    #[arg(long, requires = "lab", help_heading = "Lab")]
    pub(super) kernel: bool,
}

/// Whose kernels are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// That of the lab's other host: our own end is made by hand.
    Far,
    /// Those of both hosts.
    Both,
}

fn asked(host: &Host, inspector: Inspector) -> Asked {
    Asked { addresses: [Version::V4, Version::V6].map(|version| host.ip(version)), inspector }
}

/// The kernel's account, as far as it is to be had.
pub(super) struct Kernel {
    /// None where the kernel can only be asked for states.
    account: Option<Account>,
}

/// Gives `sink`, which writes `format`, what the kernel of the lab's far host tells, where that was asked for.
///
/// # Errors
/// The far kernel cannot be asked.
pub(super) fn beside<'a>(
    kernel: Option<(Kernel, &Lab)>,
    format: Format,
    sink: Box<dyn Sink + 'a>,
) -> anyhow::Result<Box<dyn Sink + 'a>> {
    match kernel {
        Some((kernel, lab)) => kernel.beside(sink, format, lab, Whose::Far),
        None => Ok(sink),
    }
}

impl Kernel {
    /// Begins the account if it is asked for: before the lab is entered, so that its server's first calls are seen.
    ///
    /// # Errors
    /// What is to be told cannot be written.
    pub(super) fn open(asked: bool, err: &mut dyn Write) -> anyhow::Result<Option<Self>> {
        if !asked {
            return Ok(None);
        }
        // The kernel's files are root's, behind sudo, too.
        let account = match confine::as_self(Account::open)? {
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

    /// Gives `sink`, which writes `format`, what these kernels tell. To be called by the thread that is in the lab.
    ///
    /// # Errors
    /// A kernel cannot be asked.
    pub(super) fn beside<'a>(
        self,
        sink: Box<dyn Sink + 'a>,
        format: Format,
        lab: &Lab,
        whose: Whose,
    ) -> anyhow::Result<Box<dyn Sink + 'a>> {
        let mut hosts = vec![asked(&lab::SERVER, lab.on_server(Inspector::open)??)];
        if whose == Whose::Both {
            hosts.push(asked(&lab::YOU, Inspector::open()?));
        }
        // A ladder is drawn when its connection is over; so its rows can be put in order first.
        let sorted = format == Format::Ladder || format.is_picture();
        Ok(Box::new(Merge::new(sink, self.account, hosts, sorted)))
    }
}
