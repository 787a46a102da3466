//! What is given up before the first packet of somebody else is decoded, as the kernel tells it while packets are decoded.

#[path = "../common/mod.rs"]
mod common;
mod failing;
mod program;
mod status;
mod traced;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::support::program::{RAWSHAKE, Said};
use program::{LIVE, USER, behind_sudo, command, folder_of, is_root};
use status::Running;

/// Runs of which each goes on after its first line.
#[test]
fn in_the_lab_nothing_is_left_while_packets_are_decoded() {
    if !program::has_lab() {
        return;
    }
    for arguments in LIVE {
        let running = Running::start(&mut command(arguments));
        for thread in running.threads() {
            thread.assert_confined(true);
            if is_root() {
                assert_eq!(thread.ids("Uid"), [65534; 4], "{arguments}: {thread:?}");
                assert_eq!((thread.ids("Gid"), thread.get("Groups")), (vec![65534; 4], ""), "{arguments}: {thread:?}");
            }
        }
    }
}

#[test]
fn behind_sudo_it_carries_on_as_who_called() {
    if !is_root() {
        return common::impossible("only root can stand for sudo");
    }
    for arguments in LIVE {
        let running = Running::start(&mut behind_sudo(arguments));
        for thread in running.threads() {
            thread.assert_confined(true);
            assert_eq!(thread.ids("Uid"), [USER; 4], "{arguments}: {thread:?}");
            assert_eq!((thread.ids("Gid"), thread.get("Groups")), (vec![USER; 4], ""), "{arguments}: {thread:?}");
        }
    }
}

/// Calls that are made until this goes, also by a test that fails.
struct Calls<'a>(&'a AtomicBool);

impl Drop for Calls<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn whoever_watches_others_has_given_up_before() {
    common::in_own_network(|| {
        let folder = folder_of(if is_root() { USER } else { rustix::process::geteuid().as_raw() });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let address = listener.local_addr().expect("an address");
        let named = folder.path().join("out.pcap");
        let watch = format!("watch -i lo --format lines --immediate --rotate-size 0.001 --pcap {}", named.display());
        let of_kernel = format!("{watch} --kernel");
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let calls = Calls(&stop);
            // The namespace of a thread is that of who starts it.
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    drop((TcpStream::connect(address), listener.accept()));
                    // What is told of each must not be more than can be shown.
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
            let runs = [command(&watch), behind_sudo(&watch), behind_sudo(&of_kernel)];
            for mut command in runs.into_iter().take(if is_root() { 3 } else { 1 }) {
                let is_behind_sudo = command.get_envs().any(|(_, value)| value.is_some());
                let running = Running::start(&mut command);
                for thread in running.threads() {
                    thread.assert_confined(true);
                    let user = if is_behind_sudo { USER } else { 65534 };
                    assert!(!is_root() || thread.ids("Uid") == [user; 4], "{thread:?}");
                }
                // Who opens the later files: for root with root's rights, otherwise as who called, and nothing is run there.
                let door = running.children().into_iter().find(|child| child.get("Name") == "rawshake files");
                let door = door.expect("a process at the door");
                assert_eq!((door.get("NoNewPrivs"), door.get("Seccomp")), ("1", "2"), "{door:?}");
                assert!(!is_behind_sudo || door.ids("Uid") == [USER; 4] && door.get("Groups").is_empty(), "{door:?}");
                if command.get_args().any(|word| word == "--kernel") {
                    // It says more than a pipe holds that nobody reads.
                    continue;
                }
                let rotated = folder.path().join("out-00003.pcap");
                while !rotated.exists() {
                    assert!(running.threads().iter().all(|thread| !thread.get("State").starts_with('Z')), "it ended");
                    std::thread::sleep(Duration::from_millis(5));
                }
                let owner = fs::metadata(&rotated).expect("a later file").uid();
                assert!(!is_root() || owner == if is_behind_sudo { USER } else { 0 }, "{owner}");
                drop(running);
                fs::read_dir(folder.path()).expect("the folder").for_each(|file| {
                    fs::remove_file(file.expect("a file").path()).expect("it goes");
                });
            }
            drop(calls);
        });
    });
}

#[test]
fn whoever_sends_a_capture_has_given_up_before() {
    common::in_own_network(|| {
        let sending = "replay captures/four-segment.pcap --onto lo --yes --multiplier 0.001";
        let runs = [command(sending), behind_sudo(sending)];
        for (mut command, user) in runs.into_iter().zip([65534, USER]).take(if is_root() { 2 } else { 1 }) {
            let running = Running::start_silent(&mut command);
            // The filters come last; before them nothing of the capture is decoded.
            while running.threads().iter().any(|thread| thread.get("Seccomp") != "2") {
                std::thread::sleep(Duration::from_millis(2));
            }
            for thread in running.threads() {
                thread.assert_confined(true);
                assert!(!is_root() || thread.ids("Uid") == [user; 4], "{thread:?}");
            }
        }
    });
}

#[test]
fn who_keeps_the_user_can_run_no_program() {
    for thread in Running::start(&mut command("sockets --watch 1")).threads() {
        assert_eq!((thread.get("NoNewPrivs"), thread.get("Seccomp")), ("1", "2"), "{thread:?}");
    }
}

#[test]
fn files_that_only_root_may_read_are_opened_before_or_at_the_door() {
    if !is_root() {
        return common::impossible("only root has files of root");
    }
    // Of root alone, and so of nobody later.
    let folder = folder_of(0);
    let (named, copy) = (folder.path().join("in.pcap"), folder.path().join("out.pcap"));
    fs::copy("captures/three-segment.pcap", &named).expect("a copy");
    let run = |arguments: String| Said::of(command(&arguments).output().expect("the program"));
    let (named, copy) = (named.display().to_string(), copy.display().to_string());
    let said = run(format!("replay {named} {named} --only three-segment --pcap {copy} -q"));
    assert!(said.code.is_some_and(|code| code < 2), "{said:?}");
    let said = run(format!("replay {named} --list --pcap {copy} --force"));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(fs::metadata(&copy).expect("the copy").uid(), 0);
    assert_eq!(fs::read(&copy).expect("the copy").len(), fs::read(&named).expect("the capture").len());
    let said = run(format!("replay {named}.none --list --pcap {copy}.none"));
    assert_eq!((said.code, fs::exists(format!("{copy}.none")).ok()), (Some(2), Some(false)), "{said:?}");
    assert!(said.err.contains("No such file or directory"), "{said:?}");
    // Behind sudo these are not the files of who called.
    let said = Said::of(behind_sudo(&format!("replay {named} --list")).output().expect("the program"));
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("Permission denied"), "{said:?}");
}

#[test]
fn behind_sudo_groups_of_root_open_no_file() {
    if !is_root() {
        return common::impossible("only root can stand for sudo");
    }
    if !program::has_lab() {
        return;
    }
    // Any group that who called is not in.
    const GROUP: u32 = 4_242;
    let folder = folder_of(USER);
    let named = folder.path().join("in.pcap");
    fs::copy("captures/three-segment.pcap", &named).expect("a copy");
    chown(&named, Some(0), Some(GROUP)).expect("a file given away");
    fs::set_permissions(&named, fs::Permissions::from_mode(0o640)).expect("a mode");
    for (owner, code) in [(0, 2), (USER, 0)] {
        chown(&named, Some(owner), None).expect("a file given away");
        // It is opened before anything is given up.
        let run = behind_sudo(&format!("trace --lab -q --send-file {}", named.display()));
        let mut command = Command::new("setpriv");
        command.args(["--groups", &GROUP.to_string()]).arg(run.get_program()).args(run.get_args());
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        command.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said = Said::of(command.output().expect("setpriv"));
        assert_eq!(said.code, Some(code), "{said:?}");
        assert_eq!(said.err.contains("Permission denied"), code == 2, "{said:?}");
    }
}

#[test]
fn with_capabilities_of_the_file_the_same() {
    if !is_root() {
        return common::impossible("only root gives a file capabilities");
    }
    if !common::support::installed("with_capabilities_of_the_file_the_same", "setcap") {
        return common::skip("setcap is not installed");
    }
    common::in_own_network(|| {
        let folder = folder_of(USER);
        let own = folder.path().join("rawshake");
        program::copy(RAWSHAKE, &own);
        let done = Command::new("setcap").arg("cap_net_raw,cap_net_admin+ep").arg(&own).output().expect("setcap");
        if !done.status.success() {
            return common::impossible(&format!("setcap: {}", String::from_utf8_lossy(&done.stderr)));
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let file = folder.path().join("out.pcap");
        let runs = [
            format!("trace 127.0.0.1:{port} --close none --wait 60 --format lines --pcap {}", file.display()),
            "ping 127.0.0.1 -i 0.2".to_owned(),
            format!("send 127.0.0.1:{port} -S -c 100 --format lines"),
        ];
        for arguments in runs {
            let mut command = Command::new(&own);
            command.args(arguments.split(' ')).uid(USER).gid(USER);
            let running = Running::start(&mut command);
            for thread in running.threads() {
                // Without CAP_SETPCAP the bounding set stays, which is void without new privileges.
                thread.assert_confined(false);
                assert_eq!(thread.ids("Uid"), [USER; 4], "{thread:?}");
            }
        }
        assert_eq!(fs::metadata(&file).expect("the capture").uid(), USER);
    });
}

#[test]
fn output_files_are_of_who_called_and_where_they_may_be() {
    if !is_root() {
        return common::impossible("only root can stand for sudo");
    }
    let (own, others) = (folder_of(USER), tempfile::tempdir().expect("a folder"));
    for (arguments, name) in [
        ("trace --lab -q --pcap FOLDER/out.pcap", "out.pcap"),
        ("lab run --pcap FOLDER/lab.pcap -- true", "lab.pcap"),
        ("lab run --out FOLDER/lab.txt -- true", "lab.txt"),
        ("lab serve -c 1 --pcap FOLDER/serve.pcap -q", "serve.pcap"),
        ("quiz captures/three-segment.pcap --seed 1 --export FOLDER/sheet", "sheet.key"),
    ] {
        let run = |folder: &std::path::Path| {
            let arguments = arguments.replace("FOLDER", &folder.display().to_string());
            Said::of(behind_sudo(&arguments).output().expect("the program"))
        };
        let said = run(own.path());
        assert_eq!(said.code, Some(0), "{said:?}");
        let metadata = fs::metadata(own.path().join(name)).expect("the file");
        assert_eq!((metadata.uid(), metadata.gid()), (USER, USER), "{arguments}");
        let said = run(others.path());
        assert_eq!(said.code, Some(2), "root may write there, who called may not: {said:?}");
        assert!(said.err.contains("permission denied") || said.err.contains("Permission denied"), "{said:?}");
        assert_eq!(fs::read_dir(others.path()).expect("the folder").count(), 0, "{arguments}");
    }
}

#[test]
fn what_is_held_and_what_is_gone_is_told() {
    if !program::has_lab() {
        return;
    }
    let said = Said::of(command("trace --lab -v").output().expect("the program"));
    // Ours, and those of the lab's server for each IP version.
    assert!(said.err.contains("Held: ") && said.err.contains(" listening TCP sockets"), "{said:?}");
    assert!(said.err.contains("1 packet socket") && said.err.contains("1 raw socket"), "{said:?}");
    let gone = "no capability in any set; no new privileges; system calls filtered; ";
    assert!(said.err.contains("Given up: ") && said.err.contains(gone), "{said:?}");
    assert_eq!(said.err.contains("user 65534, group 65534, no other group"), is_root(), "{said:?}");
}

#[test]
fn set_user_id_is_refused() {
    if !is_root() {
        return common::impossible("only root gives a program away");
    }
    let folder = folder_of(USER);
    let own = folder.path().join("rawshake");
    program::copy(RAWSHAKE, &own);
    chown(&own, Some(0), Some(0)).expect("root's");
    for (mode, is_refused) in [(0o755, false), (0o4755, true), (0o2755, true)] {
        fs::set_permissions(&own, fs::Permissions::from_mode(mode)).expect("a mode");
        let output = Command::new(&own).args(["explain", "SYN"]).uid(USER).gid(USER).output().expect("the program");
        let said = Said::of(output);
        assert_eq!(said.code, Some(if is_refused { 2 } else { 0 }), "{mode:o}: {said:?}");
        assert_eq!(said.err.contains("does not run set-user-ID"), is_refused, "{mode:o}: {said:?}");
    }
}

#[test]
fn an_invoker_who_does_not_exist_is_refused() {
    if !is_root() {
        return common::impossible("only root is asked who it was");
    }
    for (variable, value) in [("SUDO_UID", "1x"), ("SUDO_UID", ""), ("SUDO_UID", "3999999999"), ("SUDO_GID", "0")] {
        let mut command = behind_sudo("explain SYN");
        let said = Said::of(command.env(variable, value).output().expect("the program"));
        assert_eq!(said.code, Some(2), "{variable}={value}: {said:?}");
        assert!(said.err.contains(&format!("{variable} is {value:?}, which names nobody here")), "{said:?}");
    }
}

#[test]
fn behind_sudo_the_environment_configures_colours_alone() {
    if !is_root() {
        return common::impossible("only root can stand for sudo");
    }
    let folder = folder_of(USER);
    let [text, shell, mark] = ["text", "shell", "mark"].map(|name| folder.path().join(name));
    fs::write(&text, format!("#!/bin/sh\n: > {}\n", mark.display())).expect("a script");
    program::copy(&text.display().to_string(), &shell);
    fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).expect("a mode");
    let odd = |command: &mut Command| -> Said {
        for (name, value) in [("COLUMNS", "31"), ("TZ", "UTC-9"), ("RUST_BACKTRACE", "full"), ("HOME", "/nowhere")] {
            command.env(name, value);
        }
        Said::of(command.env("SHELL", &shell).stdin(std::process::Stdio::null()).output().expect("the program"))
    };
    for arguments in
        ["replay captures/three-segment.pcap", "replay --help", "replay captures/none.pcap", "learn --list"]
    {
        let plain = Said::of(behind_sudo(arguments).output().expect("the program"));
        let said = odd(&mut behind_sudo(arguments));
        assert_eq!((said.code, said.out, said.err), (plain.code, plain.out, plain.err), "{arguments}");
    }
    let colours = "replay captures/three-segment.pcap";
    let said = Said::of(behind_sudo(colours).env("CLICOLOR_FORCE", "1").output().expect("the program"));
    assert!(said.out.contains("\x1b["), "{said:?}");
    if program::has_lab() {
        odd(&mut behind_sudo("lab shell"));
        assert!(!mark.exists(), "the shell of an environment that is not ours was run");
        odd(&mut command("lab shell"));
        assert!(mark.exists(), "the shell of our own was not run");
        let said = odd(&mut behind_sudo("lab run -- /usr/bin/env"));
        assert!(
            said.out.contains("HOME=/nowhere\n"),
            "what is asked for has the environment that it is given: {said:?}"
        );
    }
}
