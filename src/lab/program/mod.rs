//! The programs of the lab: servers of every model and their clients, each a process of its own with the kernel's sockets.
//!
//! The lab starts its own executable again, with a [`Program`] in words, on one of its hosts. So a server that forks can
//! fork: it has one thread. Such a process ends with the lab, whatever ends that.

mod calling;
mod datagram;
mod event;
mod listening;
mod models;
mod serving;
mod session;

use std::ffi::CStr;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

pub use calling::Calling;
pub use serving::{Manner, Model, Serving, Speech};

use super::Error;
use crate::sys::{confine, process};

/// What a process of the lab is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Program {
    /// Listen, and serve whoever calls.
    Serve(Serving),
    /// Call, as often as that says.
    Call(Calling),
}

/// What a server says on its standard output when clients may call; anything else is why it cannot serve.
pub const READY: &str = "ready";

impl Program {
    /// Does it, as a process that `parent` has started. A server never returns but for an error, which `out` is told, too.
    /// True where everything went as it should.
    ///
    /// # Errors
    /// The sockets are not to be had, or `out` cannot be written to.
    pub fn run(&self, parent: u32, out: &mut dyn Write) -> Result<bool, Error> {
        process::end_with(parent)?;
        process::set_name(self.name());
        match self {
            Self::Serve(serving) => {
                let Err(error) = serving.serve(&mut || {
                    // It has its port, and needs no more. Who changes the user has to be bound to the parent anew; and a
                    // parent who has changed, too, could not end anybody else.
                    confine::become_invoker().and_then(|()| process::end_with(parent)).map_err(io::Error::other)?;
                    say(out, READY)
                });
                say(out, &error.to_string()).map(|()| false).map_err(Error::from)
            }
            Self::Call(calling) => {
                let mut told = Ok(());
                let all_served = calling.call(&mut |line| {
                    if told.is_ok() {
                        told = say(out, line);
                    }
                });
                told.map(|()| all_served).map_err(Error::from)
            }
        }
    }
}

impl Program {
    fn name(&self) -> &'static CStr {
        match self {
            Self::Serve(_) => c"server",
            Self::Call(_) => c"client",
        }
    }
}

fn say(out: &mut dyn Write, line: &str) -> io::Result<()> {
    writeln!(out, "{line}").and_then(|()| out.flush())
}
