//! Sockets as data: JSON, and name=value.

use std::io::{self, Write};
use std::net::SocketAddr;

use serde::Serialize;

use super::family::Families;
use super::view::{Owner, Row, View};
use super::words;
use crate::explain::safe;
use crate::trace::SCHEMA;
use crate::wire::Time;

/// A socket. Fields that do not apply are left out.
#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    event: &'static str,
    time: Time,
    protocol: &'static str,
    ip: u8,
    state: &'static str,
    kernel_state: &'static str,
    local: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dual_stack: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accept_queue: Option<Places>,
    receive_queue: u32,
    send_queue: u32,
    drops: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    timer: Option<Timer>,
    cookie: u64,
    /// The cookie of the listening socket that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    listener: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inode: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    owner: &'static str,
    processes: Vec<Process<'a>>,
    more_processes: usize,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct Places {
    used: u32,
    allowed: u32,
}

#[derive(Serialize)]
struct Timer {
    kind: &'static str,
    left_ms: u64,
    expired: u8,
}

#[derive(Serialize)]
struct Process<'a> {
    pid: u32,
    fd: u32,
    command: &'a str,
}

impl<'a> Object<'a> {
    fn of(row: &'a Row, time: Time, listener: Option<u64>) -> Self {
        let socket = &row.socket;
        let (owner, held) = match &row.owner {
            Owner::Processes(held) => ("processes", Some(held)),
            Owner::Nobody => ("nobody", None),
            Owner::Unseen => ("unseen", None),
        };
        let process = |holder: &'a crate::sys::processes::Holder| Process {
            pid: holder.pid,
            fd: holder.descriptor,
            command: &holder.command,
        };
        Self {
            schema: SCHEMA,
            event: "socket",
            time,
            protocol: socket.transport.name(),
            ip: if socket.local.is_ipv4() { 4 } else { 6 },
            state: row.state_name(),
            kernel_state: socket.state.name(),
            local: socket.local,
            remote: (row.remote() != "*").then_some(socket.remote),
            interface: row.interface.as_deref(),
            dual_stack: socket.v6_only.map(|_| row.is_dual_stack()),
            accept_queue: row
                .is_listening()
                .then_some(Places { used: socket.receive_queue, allowed: socket.send_queue }),
            receive_queue: socket.receive_queue,
            send_queue: socket.send_queue,
            drops: socket.drops,
            timer: socket.timer.map(|timer| Timer {
                kind: words::timer_name(timer.kind),
                left_ms: timer.left.as_millis().try_into().unwrap_or(u64::MAX),
                expired: timer.expired,
            }),
            cookie: socket.cookie,
            listener,
            inode: Some(socket.inode).filter(|inode| *inode != 0),
            uid: socket.uid,
            owner,
            processes: held.map(|held| held.by.iter().map(process).collect()).unwrap_or_default(),
            more_processes: held.map_or(0, |held| held.more),
            remarks: words::remarks(row),
        }
    }
}

/// One line of JSON for each.
///
/// # Errors
/// Those of `out`.
pub(super) fn json(view: &View, time: Time, out: &mut dyn Write) -> io::Result<()> {
    let parents = Families::of(&view.rows).parents(view.rows.len());
    for (row, parent) in view.rows.iter().zip(parents) {
        let listener = parent.map(|parent| view.rows[parent].socket.cookie);
        serde_json::to_writer(&mut *out, &Object::of(row, time, listener))?;
        writeln!(out)?;
    }
    Ok(())
}

/// One line of name=value for each; the remarks come last, and may hold blanks.
///
/// # Errors
/// Those of `out`.
pub(super) fn lines(view: &View, out: &mut dyn Write) -> io::Result<()> {
    for row in &view.rows {
        let socket = &row.socket;
        write!(
            out,
            "{} {} kernel={} local={} remote={} recv-q={} send-q={} drops={}",
            socket.transport.name(),
            row.state_name(),
            socket.state.name(),
            row.local(),
            row.remote(),
            socket.receive_queue,
            socket.send_queue,
            socket.drops,
        )?;
        if let Some(timer) = socket.timer {
            write!(
                out,
                " timer={} left={:.3} expired={}",
                words::timer_name(timer.kind),
                timer.left.as_secs_f64(),
                timer.expired
            )?;
        }
        if let Some(uid) = socket.uid {
            write!(out, " uid={uid}")?;
        }
        if let Owner::Processes(held) = &row.owner {
            for holder in &held.by {
                let command = safe(&holder.command, usize::MAX).replace(' ', "_");
                write!(out, " process={command},{},{}", holder.pid, holder.descriptor)?;
            }
        }
        writeln!(out, " remarks={}", words::remarks(row).join("; "))?;
    }
    Ok(())
}
