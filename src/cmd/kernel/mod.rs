//! `--kernel`: what the kernel of the far end tells, among what passes on the wire.

mod asked;
mod datagrams;
mod listening;
mod merge;

use std::io::Write;

use anyhow::{anyhow, ensure};

use super::exit::remark;
use super::output::Format;
use super::target::Target;
use crate::drive::kernel::Account;
use crate::lab::{self, Host, Lab};
use crate::sink::Sink;
use crate::sys::sockdiag::Inspector;
use crate::sys::{self, Version, confine};
use asked::{Asked, Which};
use merge::Merge;

/// The kernel's side.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct KernelArgs {
    /// Show what the kernel at the other end says, in the lab or where that is this machine, too: system calls, states, resets,
    /// drops; as root, else its states when asked
    #[arg(long, help_heading = "Kernel")]
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

/// The kernel's account, as far as it is to be had.
pub(super) struct Kernel {
    /// None where the kernel can only be asked for states.
    account: Option<Account>,
    /// What is asked; of the lab's hosts nothing is known before it is entered.
    asked: Vec<Asked>,
    patient: bool,
}

/// Gives `sink`, which writes `format`, what the kernel tells, where that was asked for.
pub(super) fn beside<'a>(kernel: Option<Kernel>, format: Format, sink: Box<dyn Sink + 'a>) -> Box<dyn Sink + 'a> {
    match kernel {
        Some(kernel) => kernel.beside(sink, format),
        None => sink,
    }
}

impl KernelArgs {
    /// Begins the account of a run in the lab, if it is asked for: before the lab is entered, so that its server's first
    /// calls are seen.
    ///
    /// # Errors
    /// What is to be told cannot be written.
    pub(super) fn before(self, in_lab: bool, err: &mut dyn Write) -> anyhow::Result<Option<Kernel>> {
        if in_lab { Kernel::open(self.kernel, err) } else { Ok(None) }
    }

    /// The account of a conversation with `target`: what [`Self::before`] began, in the lab that was entered meanwhile, or
    /// one that begins now.
    ///
    /// # Errors
    /// The target is another machine; its kernel cannot be asked.
    pub(super) fn at(
        self,
        begun: Option<Kernel>,
        lab: Option<&Lab>,
        target: &Target,
        err: &mut dyn Write,
    ) -> anyhow::Result<Option<Kernel>> {
        match lab {
            Some(lab) => begun.map(|kernel| kernel.in_lab(lab, Whose::Far)).transpose(),
            None if self.kernel => Kernel::of_peer(target, err).map(Some),
            None => Ok(None),
        }
    }
}

impl Kernel {
    /// Begins the account of a lab, if it is asked for.
    ///
    /// # Errors
    /// What is to be told cannot be written.
    pub(super) fn open(asked: bool, err: &mut dyn Write) -> anyhow::Result<Option<Self>> {
        if asked { Self::with(Account::open, Vec::new(), err).map(Some) } else { Ok(None) }
    }

    /// That of a peer which is this machine, and of the programs that listen there.
    fn of_peer(target: &Target, err: &mut dyn Write) -> anyhow::Result<Self> {
        let remote = target.remote;
        ensure!(
            target.route.loopback,
            "{remote} is another machine, whose kernel cannot be asked from here: rawshake watch --kernel shows it there, and \
             --lab has a kernel to be asked"
        );
        let asked = Asked { which: Which::Only(remote), inspector: Inspector::open()? };
        let kernel = Self::with(|| Account::open_for(remote), vec![asked], err)?;
        if kernel.account.as_ref().is_some_and(|account| !account.knows_callers()) {
            remark(err, &format!("No program of this machine listens at {remote}, so no calls are told"))?;
        }
        Ok(kernel)
    }

    /// That of this process and of all that it makes, about datagrams: there is nothing that could be asked in its place.
    ///
    /// # Errors
    /// The kernel's tracing is not to be had.
    pub(super) fn of_datagrams() -> anyhow::Result<Self> {
        let account = confine::as_self(Account::open)?.map_err(|error| {
            anyhow!("{error}; of a datagram socket there is no state to be asked for in place of its calls: run it with sudo")
        })?;
        Ok(Self { account: Some(account), asked: Vec::new(), patient: true })
    }

    /// That of this machine and all its programs; at port `but` is an end that is made by hand.
    ///
    /// # Errors
    /// The kernel cannot be asked.
    pub(super) fn of_machine(but: Option<u16>, err: &mut dyn Write) -> anyhow::Result<Self> {
        let asked = Asked { which: Which::machine(but), inspector: Inspector::open()? };
        Ok(Self { patient: false, ..Self::with(Account::open_machine, vec![asked], err)? })
    }

    fn with(
        open: impl FnOnce() -> Result<Account, sys::Error>,
        asked: Vec<Asked>,
        err: &mut dyn Write,
    ) -> anyhow::Result<Self> {
        // The kernel's files are root's, behind sudo, too.
        let account = match confine::as_self(open)? {
            Ok(account) => {
                ensure!(
                    account.is_taken_care_of(),
                    "the kernel's account was begun too late: this process has threads"
                );
                Some(account)
            }
            Err(error) => {
                let words =
                    "so it is asked for its states after each packet: what lies between is not seen, and no calls";
                remark(err, &format!("{error}; {words}"))?;
                None
            }
        };
        Ok(Self { account, asked, patient: true })
    }

    /// Asks these hosts of the lab. To be called by the thread that is in it.
    ///
    /// # Errors
    /// A kernel cannot be asked.
    pub(super) fn in_lab(mut self, lab: &Lab, whose: Whose) -> anyhow::Result<Self> {
        self.asked.push(host(&lab::SERVER, lab.on_server(Inspector::open)??));
        if whose == Whose::Both {
            self.asked.push(host(&lab::YOU, Inspector::open()?));
        }
        Ok(self)
    }

    /// Gives `sink`, which writes `format`, what the kernel tells.
    pub(super) fn beside<'a>(self, sink: Box<dyn Sink + 'a>, format: Format) -> Box<dyn Sink + 'a> {
        // A ladder is drawn when its connection is over; so its rows can be put in order first.
        let sorted = format == Format::Ladder || format.is_picture();
        let merge = Merge::new(sink, self.account, self.asked, sorted);
        Box::new(if self.patient { merge.with_datagrams() } else { merge.impatient() })
    }
}

fn host(host: &Host, inspector: Inspector) -> Asked {
    Asked { which: Which::Host([Version::V4, Version::V6].map(|version| host.ip(version))), inspector }
}
