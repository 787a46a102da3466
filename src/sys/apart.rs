//! Something that is found out in a process of its own, which has given up all privileges: for who needs the answer to open what
//! takes a privilege, and may not look at octets of somebody else before.

use std::io::{self, PipeWriter, Read as _, Write as _};

use super::confine::{self, Needs};
use super::process::{self, Fork};
use super::{Error, Result};

/// What `work` answers in that process; none where it has no answer, or came to its end without one. To be called before any
/// thread is there.
///
/// # Errors
/// No process can be had, or it could not give everything up.
pub fn ask(work: impl FnOnce() -> Option<u16>) -> Result<Option<u16>> {
    let failed = |source| Error::os("ask a process without privileges", source);
    let (mut answer, asked) = io::pipe().map_err(failed)?;
    match process::fork()? {
        Fork::Child => {
            drop(answer);
            reply(asked, work);
            process::leave()
        }
        Fork::Parent(child) => {
            drop(asked);
            let mut octets = Vec::new();
            answer.by_ref().take(LONGEST).read_to_end(&mut octets).map_err(failed)?;
            // Nobody waits for it where children are let go.
            let _ = process::wait_for(child);
            read(&octets)
        }
    }
}

/// An answer begins with one of these.
const ANSWER: u8 = b'a';
const REFUSAL: u8 = b'r';
/// Octets of an answer or of the reason why there is none.
const LONGEST: u64 = 4096;

fn reply(mut asked: PipeWriter, work: impl FnOnce() -> Option<u16>) {
    process::set_name(c"rawshake apart");
    let octets = match confine::enter(Needs::default()) {
        Ok(_) => work().map_or_else(Vec::new, |answer| [&[ANSWER][..], &answer.to_be_bytes()].concat()),
        Err(error) => [&[REFUSAL][..], error.to_string().as_bytes()].concat(),
    };
    // Who asked may be gone.
    let _ = asked.write_all(&octets);
}

fn read(octets: &[u8]) -> Result<Option<u16>> {
    match octets {
        [ANSWER, answer @ ..] => Ok(answer.try_into().ok().map(u16::from_be_bytes)),
        [REFUSAL, why @ ..] => {
            let why = String::from_utf8_lossy(why).into_owned();
            Err(Error::os("ask a process without privileges", io::Error::other(why)))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_number_a_reason_or_none() {
        assert_eq!(read(&[ANSWER, 1, 2]).unwrap(), Some(0x0102));
        assert!(read(&[]).unwrap().is_none() && read(&[ANSWER, 1]).unwrap().is_none());
        assert!(read(b"rno way").unwrap_err().to_string().contains("no way"));
    }
}
