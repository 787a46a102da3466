//! SYNs and datagrams in place of echo requests, at kernels that listen, refuse, and stay silent.

use std::io::{self, Read as _};
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use rawshake::lab::{Lab, Options};

use crate::common::skip;
use crate::programs::{Outcome, RAWSHAKE, masked, run};
use crate::{NOBODY, SERVER, SILENT, beside_iputils, beside_iputils_in, quiet};

/// `rawshake ping` with the options in `options`.
fn ping(options: &str, host: &str) -> Outcome {
    let arguments: Vec<_> = ["ping"].into_iter().chain(options.split(' ')).chain([host]).collect();
    run(RAWSHAKE, &arguments)
}

/// The lines of the replies, without their times.
fn replies(outcome: &Outcome) -> Vec<String> {
    masked(&outcome.out).lines().skip(1).take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Works on the far host, on a thread of its own.
fn on_server<T: Send + 'static>(
    lab: &Lab,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> JoinHandle<io::Result<T>> {
    lab.on_server(move || std::thread::spawn(work)).expect("the far host is there")
}

/// A listening socket on the far host; nobody accepts what its kernel lets in.
fn listener(lab: &Lab, address: &str) -> (TcpListener, String) {
    let address = SocketAddr::new(address.parse().expect("an address"), 0);
    let bound = lab.on_server(move || TcpListener::bind(address)).expect("the far host is there");
    let listener = bound.expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let port = listener.local_addr().expect("an address").port().to_string();
    (listener, port)
}

#[test]
fn a_syn_is_answered_by_listener_and_kernel() {
    beside_iputils(|lab| {
        for host in SERVER {
            let (_listener, port) = listener(lab, host);
            let open = ping(&format!("--tcp {port} -c 2 -i 0.01"), host);
            let closed = ping("--tcp 81 -c 2 -i 0.01", host);
            let line = |what: &str, seq: u8, state: &str| {
                format!("{what} from {host}: tcp_seq={seq} ttl=64 time=# ms {state}")
            };
            assert_eq!(replies(&open), [1, 2].map(|seq| line("SYN-ACK", seq, "open")), "{open:?}");
            assert_eq!(replies(&closed), [1, 2].map(|seq| line("RST", seq, "closed")), "{closed:?}");
            for outcome in [open, closed] {
                assert!(outcome.out.contains("2 packets transmitted, 2 received, 0% packet loss"), "{outcome:?}");
                assert_eq!((outcome.code, outcome.err.as_str()), (Some(0), ""));
            }
        }
    });
}

/// The flags of what passed, by tshark.
fn flags(file: &str) -> Vec<String> {
    let read = run("tshark", &["-r", file, "-Y", "tcp", "-T", "fields", "-e", "tcp.flags"]);
    assert_eq!(read.code, Some(0), "{read:?}");
    read.out.lines().map(|flags| flags.trim_start_matches("0x").trim_start_matches('0').to_owned()).collect()
}

/// What a SYN has opened is ended as the user wants it: the program behind the port hears nothing, or an end of file; and
/// never a segment that our kernel made up.
#[test]
fn what_a_syn_has_opened_is_ended_politely() {
    if let Err(error) = Command::new("tshark").arg("-v").output() {
        return skip(&format!("tshark: {error}"));
    }
    beside_iputils(|lab| {
        let folder = tempfile::tempdir().expect("a folder");
        for (number, host) in SERVER.into_iter().enumerate() {
            let (listener, port) = listener(lab, host);
            let file = |end: &str| folder.path().join(format!("{end}{number}.pcap")).display().to_string();
            let reset = ping(&format!("--tcp {port} -c 1 --pcap {}", file("rst")), host);
            assert_eq!(reset.code, Some(0), "{reset:?}");
            assert_eq!(flags(&file("rst")), ["2", "12", "4"], "SYN, SYN-ACK, RST");
            let heard = listener.accept().map(drop).map_err(|error| error.kind());
            assert_eq!(heard, Err(io::ErrorKind::WouldBlock), "nothing was accepted");

            let server = on_server(lab, move || {
                listener.set_nonblocking(false)?;
                let (mut stream, _) = listener.accept()?;
                let mut text = String::new();
                stream.read_to_string(&mut text).map(|length| (length, text))
            });
            let fin = ping(&format!("--tcp {port} --tcp-end fin -c 1 --pcap {}", file("fin")), host);
            assert_eq!(fin.code, Some(0), "{fin:?}");
            let said = server.join().expect("no panic").expect("an end of file, not a reset");
            assert_eq!(said, (0, String::new()));
            let flags = flags(&file("fin"));
            assert_eq!(flags[..3], ["2", "12", "11"], "SYN, SYN-ACK, FIN");
            // Its acknowledgment may travel with its FIN.
            let rest: Vec<_> = flags[3..].iter().filter(|flags| *flags != "10").collect();
            assert!(rest == ["11"] && flags.last().is_some_and(|flags| flags == "10"), "FIN, and our ACK: {flags:?}");
        }
    });
}

/// One that never closes is reset when the run is over.
#[test]
fn a_server_that_does_not_close_is_reset() {
    beside_iputils(|lab| {
        let (listener, port) = listener(lab, SERVER[0]);
        let ours = ping(&format!("--tcp {port} --tcp-end fin -c 1"), SERVER[0]);
        assert_eq!(ours.code, Some(0), "{ours:?}");
        let (_stream, client) = listener.accept().expect("the kernel has let it in");
        let server = listener.local_addr().expect("an address");
        assert_eq!(lab.server_state(server, client).expect("sock_diag"), None, "it would be in CLOSE-WAIT");
    });
}

#[test]
fn a_datagram_is_answered_by_program_and_kernel() {
    beside_iputils(|lab| {
        for host in SERVER {
            let address: IpAddr = host.parse().expect("an address");
            let bound = lab.on_server(move || UdpSocket::bind((address, 0))).expect("the far host is there");
            let socket = bound.expect("a free port");
            let port = socket.local_addr().expect("an address").port();
            let server = on_server(lab, move || {
                let mut buffer = vec![0; 1 << 16];
                (0..3).try_for_each(|_| {
                    let (length, from) = socket.recv_from(&mut buffer)?;
                    socket.send_to(&buffer[..length.min(1_000)], from).map(drop)
                })
            });
            let open = ping(&format!("--udp {port} -c 2 -i 0.3 -s 30"), host);
            let line = |what: &str, seq: u8, state: &str| {
                format!("{what} from {host}: udp_seq={seq} ttl=64 time=# ms {state}")
            };
            assert_eq!(replies(&open), [1, 2].map(|seq| line("30 bytes", seq, "open")), "{open:?}");
            // Longer than the path: the far kernel puts its fragments together again.
            let long = ping(&format!("--udp {port} -c 1 -s 5000"), host);
            assert_eq!(replies(&long), [line("1000 bytes", 1, "open")], "{long:?}");
            server.join().expect("no panic").expect("a server");
            let closed = ping("--udp 81 -c 2 -i 0.01", host);
            assert_eq!(replies(&closed), [1, 2].map(|seq| line("Port unreachable", seq, "closed")), "{closed:?}");
            assert_eq!(
                [open, long, closed].map(|outcome| (outcome.code, outcome.err)),
                [0, 0, 0].map(|code| (Some(code), String::new()))
            );
        }
    });
}

#[test]
fn nobody_answers() {
    beside_iputils(|_lab| {
        for [silent, nobody] in [[SILENT[0], NOBODY[0]], [SILENT[1], NOBODY[1]]] {
            for probe in ["--tcp", "--udp"] {
                let ours = ping(&format!("{probe} 7 -c 2 -i 0.01 -W 0.1 -O"), silent);
                assert_eq!(replies(&ours), [format!("no answer yet for {}_seq=1", &probe[2..])], "{ours:?}");
                assert!(ours.code == Some(1) && ours.out.contains(" 0 received, 100% packet loss"), "{ours:?}");
                let ours = ping(&format!("{probe} 7 -c 1 -v"), nobody);
                assert!(ours.code == Some(1) && ours.out.contains(&format!("{}_seq=1 Dest", &probe[2..])), "{ours:?}");
                assert!(ours.out.contains(&format!("> {nobody}, ")) && ours.out.contains(" to port 7; "), "{ours:?}");
            }
        }
    });
}

#[test]
fn answers_are_doubled_and_damaged() {
    // Every other frame is a reset.
    let wire = "dup=4 corrupt=8".parse().expect("words");
    beside_iputils_in(&Options { wire: Some(wire), ..Options::default() }, |lab| {
        quiet(lab, &[SERVER[0]]);
        let ours = ping("--tcp 81 -c 5 -i 0.3 -W 0.3", SERVER[0]);
        for said in ["closed (DUP!)\n", "closed (BAD CHECKSUM!)\n", "+1 duplicates, +1 corrupted"] {
            assert!(ours.out.contains(said), "{said}: {ours:?}");
        }
    });
}

#[test]
fn objects_say_what_was_sent_and_what_answered() {
    beside_iputils(|_lab| {
        let told = |options: &str| -> Vec<serde_json::Value> {
            let ours = ping(&format!("--format json -c 1 {options}"), SERVER[0]);
            ours.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
        };
        for (options, [probe, answer], port) in [
            ("--tcp 7", ["tcp", "syn-ack"], Some(7)),
            ("--tcp 81", ["tcp", "reset"], Some(81)),
            ("--udp 81", ["udp", "port-unreachable"], Some(81)),
            ("-n", ["icmp", "echo-reply"], None::<u16>),
        ] {
            let objects = told(options);
            assert_eq!((&objects[0]["probe"], &objects[0]["port"]), (&probe.into(), &port.into()), "{options}");
            assert_eq!((&objects[1]["answer"], &objects[1]["departure"]), (&answer.into(), &"kernel".into()));
            assert_eq!(objects[2]["received"], 1, "{objects:?}");
        }
    });
}

/// So many at once that the ports of the oldest are given up while the run goes on.
#[test]
fn a_flood_of_syns_needs_few_descriptors() {
    beside_iputils(|_lab| {
        for end in ["rst", "fin"] {
            let ours = Command::new("sh")
                .args(["-c", "ulimit -n 300; exec \"$0\" ping -f -q -c 1000 --tcp 7 --tcp-end \"$1\" \"$2\""])
                .args([RAWSHAKE, end, SERVER[0]])
                .stdin(Stdio::null())
                .output()
                .map(Outcome::of)
                .expect("rawshake");
            // A server that does not accept as fast drops one or another.
            assert!(ours.out.contains("1000 packets transmitted, "), "{end}: {ours:?}");
            assert_eq!((ours.code, ours.err.as_str()), (Some(0), ""), "{end}: {ours:?}");
        }
    });
}

#[test]
fn what_probes_cannot_have() {
    for (options, said) in [
        ("--tcp 0", "'0'"),
        ("--udp 70000", "70000"),
        ("--tcp 7 --udp 7", "--udp"),
        ("--tcp 7 -s 5", "--size"),
        ("--tcp 7 -R", "--record-route"),
        ("--udp 7 -e 5", "--identifier"),
        ("--udp 7 -s 65508", "-s 65507"),
        ("--tcp-end fin", "--tcp"),
        ("--tcp 7 --tcp-end slam", "slam"),
        ("--tcp 7 -c 1 -I 192.0.2.77", "192.0.2.77"),
    ] {
        let ours = ping(options, "127.0.0.1");
        assert_eq!((ours.code, ours.out.as_str()), (Some(2), ""), "{options}: {ours:?}");
        assert!(ours.err.lines().count() == 1 && ours.err.contains(said), "{options}: {ours:?}");
    }
}
