//! Clients on the same machine, over loopback, in a network of the test's own.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener};

use rawshake::sys::Version;

use crate::common::in_own_network;
use crate::program::{PORT, RAWSHAKE, connect, listening};

#[test]
fn a_client_of_this_machine_is_served() {
    in_own_network(|| {
        for host in ["127.0.0.1", "127.3.2.1", "::1"] {
            let server = SocketAddr::new(host.parse().unwrap(), PORT);
            if !Version::of(server.ip()).is_supported() {
                crate::common::impossible("this kernel has no IPv6");
                continue;
            }
            let running = listening("-c 1");
            let mut stream = connect(server);
            // More than one window, in segments that loopback joins to long packets.
            let text: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
            let writer = std::thread::spawn({
                let (mut stream, text) = (stream.try_clone().unwrap(), text.clone());
                move || {
                    stream.write_all(&text).unwrap();
                    stream.shutdown(Shutdown::Write).unwrap();
                }
            });
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            writer.join().unwrap();
            assert!(answer == text, "{host}: {} of {} octets", answer.len(), text.len());
            let said = running.said();
            assert_eq!(said.code, Some(0), "{}", said.err);
            assert_eq!(
                (&said.verdict()["bytes_client"], &said.verdict()["bytes_server"]),
                (&200_000.into(), &200_000.into())
            );
        }
    });
}

#[test]
fn a_port_that_is_taken_is_said() {
    in_own_network(|| {
        let _other = TcpListener::bind(("0.0.0.0", PORT)).unwrap();
        let mut command = std::process::Command::new(RAWSHAKE);
        let output = command.args(["listen", &PORT.to_string()]).output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(words.contains(&format!("port {PORT} of 0.0.0.0 is in use by another program")), "{words}");
    });
}
