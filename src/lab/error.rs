//! Why there is no lab.

use crate::sys;

/// What can go wrong with the lab.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel refused something; the message says what and why.
    #[error("cannot set up the lab: {}", words(.0))]
    Sys(#[from] sys::Error),
    /// There is no such server.
    #[error("there is no lab server {name:?}; choose one of: {known}")]
    UnknownServer {
        /// The name that was asked for.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// There is no such client.
    #[error("there is no lab client {name:?}; choose one of: {known}")]
    UnknownClient {
        /// The name that was asked for.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// A program of the lab was refused something.
    #[error(transparent)]
    Program(sys::Error),
    /// A program of the lab says why it cannot do what it is to do.
    #[error("{why}")]
    Refused {
        /// Its words.
        why: String,
    },
    /// A lab of this user runs already.
    #[error(
        "a lab of yours runs already, and others find one lab only: join it with rawshake lab client, or end it; \
         with --clients several labs can run"
    )]
    Taken,
    /// No lab of this user runs.
    #[error("no lab of yours runs on this machine: start one in another terminal with rawshake lab serve")]
    NoLab,
    /// Somebody else calls something of theirs by the name of our lab.
    #[error("what answers instead of a lab of yours belongs to user {user}: it is not joined")]
    Stranger {
        /// Their number.
        user: u32,
    },
    /// What a program of the lab has to say cannot be told.
    #[error("cannot tell how it went: {0}")]
    Telling(#[from] std::io::Error),
    /// The thread that keeps the server's host has ended.
    #[error("the lab's server host has ended")]
    Gone,
}

/// Inside the lab no privilege of this user is missing, so the usual ways out lead nowhere.
fn words(error: &sys::Error) -> String {
    match error {
        sys::Error::NotPermitted { operation, .. } => format!(
            "cannot {operation}: operation not permitted, not even in namespaces of our own; \
             a security module or a container forbids it; run with sudo, or outside the container"
        ),
        other => other.to_string(),
    }
}
