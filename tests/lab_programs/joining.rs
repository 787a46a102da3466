//! A lab that waits, and those who come in by its door.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, Stdio};

use rawshake::sys::unix;
use rustix::process::{Pid, Signal, kill_process};

use crate::common::in_own_network;
use crate::program::{Said, command, has_lab, lab, wire};

/// The user without any privilege.
const NOBODY: u32 = 65534;

/// A lab that waits for clients. It is killed when it is dropped.
pub(crate) struct Waiting {
    child: Child,
    err: BufReader<ChildStderr>,
}

impl Waiting {
    /// Starts it with these arguments and waits until it says that it waits.
    pub(crate) fn start(arguments: &str) -> Self {
        let mut child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut said = String::new();
        while !said.contains("waits for") {
            assert!(err.read_line(&mut said).expect("UTF-8") > 0, "{said}");
        }
        Self { child, err }
    }

    /// Ctrl-C, and what it has said.
    pub(crate) fn interrupt(mut self) -> Said {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process")).expect("a process");
        kill_process(pid, Signal::INT).expect("a signal");
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().expect("a pipe").read_to_string(&mut out).expect("UTF-8");
        self.err.read_to_string(&mut err).expect("UTF-8");
        Said { out, err, code: self.child.wait().expect("an end").code() }
    }

    fn kill(&mut self) {
        self.child.kill().expect("a signal");
        self.child.wait().expect("an end");
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn clients_of_another_terminal_join_the_lab() {
    if has_lab() {
        in_own_network(|| {
            let waiting = Waiting::start("serve --half-close --model event --format json");
            // They speak on after the server's FIN, though nobody has told them here.
            let clients = lab("client 2");
            assert_eq!((clients.code, clients.out.matches("said 18 octets, heard 6: served").count()), (Some(0), 2));
            let nobody = lab("client --port 99");
            assert!(nobody.code == Some(1) && nobody.out.contains("refused (ECONNREFUSED)"), "{nobody:?}");
            let said = waiting.interrupt();
            let talk = ">S <S. >P. <P. <F. >P. >P. >F.";
            assert_eq!((said.code, wire(&said)), (Some(0), [talk, talk, ">S <R."].map(str::to_owned).to_vec()));
        });
    }
}

#[test]
fn a_lab_is_found_as_long_as_it_lives() {
    if has_lab() {
        in_own_network(|| {
            let none = lab("client");
            assert!(none.code == Some(2) && none.err.contains("no lab of yours runs"), "{none:?}");
            let mut waiting = Waiting::start("serve");
            let second = lab("serve");
            assert!(second.code == Some(2) && second.err.contains("runs already"), "{second:?}");
            // One that ends by itself has no door.
            assert_eq!(lab("serve -c 1").code, Some(0));
            waiting.kill();
            assert_eq!(lab("client").code, Some(2));
            assert_eq!(Waiting::start("serve").interrupt().code, Some(0));
        });
    }
}

#[test]
fn nobody_joins_the_lab_of_somebody_else() {
    if !has_lab() {
        return;
    }
    if !rawshake::sys::privilege::is_root() {
        return crate::common::impossible("to be two users needs root");
    }
    in_own_network(|| {
        let _waiting = Waiting::start("serve");
        // The path of this program need not be readable by the other user; the descriptor of it is.
        let program = std::fs::File::open(crate::program::RAWSHAKE).expect("the program");
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&program));
        rustix::io::fcntl_setfd(&program, rustix::io::FdFlags::empty()).expect("inherited");
        let stranger = || {
            let mut command = std::process::Command::new(&path);
            Said::of(command.args(["lab", "client"]).uid(NOBODY).gid(NOBODY).output().expect("the program"))
        };
        let said = stranger();
        assert!(said.code == Some(2) && said.err.contains("no lab of yours runs"), "{said:?}");
        // A door that somebody else has put where ours would be.
        let name = SocketAddr::from_abstract_name(format!("rawshake-lab-{NOBODY}")).expect("a name");
        let _trap = UnixListener::bind_addr(&name).expect("a socket");
        let said = stranger();
        assert!(said.code == Some(2) && said.err.contains("belongs to user 0: it is not joined"), "{said:?}");
        assert_eq!(unix::own_user(), 0);
    });
}
