//! What the kernel answers who has given everything up: the calls are made, in processes of their own.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output};

use libc::c_long;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::*;

/// Some of what somebody would do who has taken the process over. Where they are not forbidden, such arguments do no harm.
const DEADLY: [(&str, c_long); 20] = [
    ("execve", libc::SYS_execve),
    ("execveat", libc::SYS_execveat),
    ("ptrace", libc::SYS_ptrace),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("mount", libc::SYS_mount),
    ("chroot", libc::SYS_chroot),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("setresuid", libc::SYS_setresuid),
    ("setgroups", libc::SYS_setgroups),
    ("capset", libc::SYS_capset),
    ("setns", libc::SYS_setns),
    ("unshare", libc::SYS_unshare),
    ("bpf", libc::SYS_bpf),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("finit_module", libc::SYS_finit_module),
    ("keyctl", libc::SYS_keyctl),
    ("clock_settime", libc::SYS_clock_settime),
];

/// The test that is such a process: the harness takes the second name for one more test, of which there is none.
const BODY: &str = "sys::confine::tests::a_process_of_its_own";
/// Begins the name of a deadly call that is made behind the filter for these alone.
const ALONE: &str = "alone-";

fn process(what: &str) -> Output {
    let own = std::env::current_exe().expect("this program");
    let mut command = Command::new(own);
    command.args(["--exact", "--ignored", "--nocapture", BODY, what]).output().expect("this program once more")
}

#[test]
fn calls_of_who_has_taken_a_process_over_end_it() {
    let behind_all = DEADLY.map(|(name, _)| name.to_owned());
    let names = behind_all.into_iter().chain([format!("{ALONE}execve"), format!("{ALONE}ptrace")]);
    for name in names {
        let output = process(&name);
        assert_eq!(output.status.signal(), Some(libc::SIGSYS), "{name}: {output:?}");
    }
}

#[test]
fn what_is_not_needed_is_refused() {
    for what in ["refused", "landlocked"] {
        let output = process(what);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && out.contains("test result: ok. 1 passed"), "{what}: {out}{err}");
    }
}

#[test]
#[ignore = "other tests run it, each time in a process of its own"]
fn a_process_of_its_own() {
    let Some(what) = std::env::args().next_back().filter(|word| word != BODY) else { return };
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).unwrap();
    let (alone, name) = what.strip_prefix(ALONE).map_or((false, &*what), |name| (true, name));
    let deadly = DEADLY.iter().find(|(deadly, _)| *deadly == name);
    match (name, deadly) {
        ("landlocked", _) => only_landlocked(),
        ("refused", _) => all_refused(),
        (_, Some((_, call))) => {
            if alone { forbid_deadly_calls() } else { enter(Needs::default()).map(drop) }.unwrap();
            // SAFETY: no pointer leads anywhere, and no descriptor is one.
            unsafe { libc::syscall(*call, -1, 0, 0, 0, 0, 0) };
        }
        // The harness may have been asked for all that is ignored.
        _ => {}
    }
}

/// Without the filters: files can be read, and nothing else.
fn only_landlocked() {
    let Some(ruleset) = readonly::ruleset().unwrap() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let out = std::fs::File::create_new(folder.path().join("out")).unwrap();
    threads::give_up(&Giving::new(None, false, Some(&ruleset))).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    let writing = std::fs::OpenOptions::new().write(true).open(&file).map(drop);
    let attempts = [
        writing,
        std::fs::File::create_new(folder.path().join("new")).map(drop),
        std::fs::remove_file(&file),
        std::fs::create_dir(folder.path().join("folder")),
        std::process::Command::new("/bin/true").spawn().map(drop),
    ];
    for (number, attempt) in attempts.into_iter().enumerate() {
        let kind = attempt.expect_err("a refusal").kind();
        assert_eq!(kind, io::ErrorKind::PermissionDenied, "attempt {number}");
    }
    io::Write::write_all(&mut &out, b"what is open is written to").unwrap();
}

/// A call, and the error that it ends with.
type Refused = (&'static str, c_long, [c_long; 6], i32);

/// Behind everything, in both threads of the harness.
fn all_refused() {
    let (path, page) = (c"/dev/null".as_ptr() as c_long, 4096);
    let here = c_long::from(libc::AT_FDCWD);
    let parent = c_long::from(rustix::process::getppid().unwrap().as_raw_nonzero().get());
    let private = c_long::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    let open = |flags: i32| [here, path, c_long::from(flags), 0o600, 0, 0];
    let map = |protection: i32| [0, page, c_long::from(protection), private, -1, 0];
    let one = |first: i32, second: i32| [c_long::from(first), c_long::from(second), 0, 0, 0, 0];
    enter(Needs::default()).unwrap();
    let (none, denied) = (libc::ENOSYS, libc::EPERM);
    let rows: [Refused; 26] = [
        ("open to write", libc::SYS_openat, open(libc::O_WRONLY), none),
        ("open to read and write", libc::SYS_openat, open(libc::O_RDWR), none),
        ("create", libc::SYS_openat, open(libc::O_CREAT), none),
        ("cut", libc::SYS_openat, open(libc::O_TRUNC), none),
        ("make a file without a name", libc::SYS_openat, open(libc::O_TMPFILE), none),
        ("openat2", libc::SYS_openat2, open(0), none),
        ("map code", libc::SYS_mmap, map(libc::PROT_READ | libc::PROT_EXEC), none),
        ("make code", libc::SYS_mprotect, [0, page, c_long::from(libc::PROT_EXEC), 0, 0, 0], none),
        ("start a process", libc::SYS_clone, one(libc::SIGCHLD, 0), none),
        ("clone3", libc::SYS_clone3, [0; 6], none),
        ("ask for the parent", libc::SYS_kill, [parent, 0, 0, 0, 0, 0], none),
        ("ask for everybody", libc::SYS_kill, one(-1, 0), none),
        ("ask for the parent's thread", libc::SYS_tgkill, [parent, parent, 0, 0, 0, 0], none),
        ("read the parent's limits", libc::SYS_prlimit64, [parent, 0, 0, 0, 0, 0], none),
        ("remove", libc::SYS_unlinkat, [here, path, 0, 0, 0, 0], none),
        ("rename", libc::SYS_renameat2, [here, path, here, path, 0, 0], none),
        ("make a folder", libc::SYS_mkdirat, [here, path, 0o700, 0, 0, 0], none),
        ("lay a link", libc::SYS_symlinkat, [path, here, path, 0, 0, 0], none),
        ("change permissions", libc::SYS_fchmodat, [here, path, 0o600, 0, 0, 0], none),
        ("give away", libc::SYS_fchownat, [here, path, -1, -1, 0, 0], none),
        ("make a file in memory", libc::SYS_memfd_create, [path, 0, 0, 0, 0, 0], none),
        ("type on a terminal", libc::SYS_ioctl, [0, 0x5412, path, 0, 0, 0], none),
        ("be dumped", libc::SYS_prctl, one(libc::PR_SET_DUMPABLE, 1), none),
        ("filter otherwise", libc::SYS_seccomp, [1, 0, 0, 0, 0, 0], none),
        ("hear all packets", libc::SYS_socket, one(libc::AF_PACKET, libc::SOCK_RAW), denied),
        ("send any packet", libc::SYS_socket, [2, c_long::from(libc::SOCK_RAW), 6, 0, 0, 0], denied),
    ];
    let is_let_pass = |(what, call, [a, b, c, d, e, f], error): Refused| {
        // SAFETY: paths are strings; what is not refused changes nothing that matters.
        let (answer, why) = unsafe { (libc::syscall(call, a, b, c, d, e, f), io::Error::last_os_error()) };
        ((answer, why.raw_os_error()) != (-1, Some(error))).then(|| format!("{what}: {answer}, {why}"))
    };
    let passed: Vec<_> = rows.into_iter().filter_map(is_let_pass).collect();
    assert!(passed.is_empty(), "{passed:#?}");
    assert!(std::fs::File::open("/dev/null").is_ok(), "files can be read");
}
