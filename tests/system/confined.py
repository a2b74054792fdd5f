"""Runs a command as ops/bihuan.service would, as far as any user can without systemd: `confined.py FOLDER COMMAND…` takes from the
unit its system calls, socket families, limits and umask; all is read-only but FOLDER and a /tmp and /dev of its own; no capability,
no new privileges, no memory that is written and run. The command keeps this process's number, so that signals reach it.

With BIHUAN_CONFINED=1 every broker of the system tests is started so."""

import ctypes
import os
import platform
import re
import resource
import struct
import subprocess
import sys

UNIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../ops/bihuan.service")
LIBC = ctypes.CDLL(None, use_errno=True)

NEWNS, NEWIPC, NEWUSER = 0x20000, 0x8000000, 0x10000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 2, 4, 4096, 16384, 1 << 18, 2
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, RDONLY = 442, -100, 0x8000, 1
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 24, 38, 22
PROT_WRITE, PROT_EXEC = 2, 4
DEVICES = ("null", "zero", "full", "random", "urandom")
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}


def settings():
    """Of the unit: each key's values in order."""
    found = {}
    with open(UNIT, encoding="utf-8") as unit:
        for line in unit:
            key, equals, value = line.strip().partition("=")
            if equals and not key.startswith("#"):
                found.setdefault(key, []).append(value)
    return found


def call(name, *arguments):
    if getattr(LIBC, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}{arguments}: {os.strerror(error)}")


def mount(source, target, kind=None, flags=0):
    call("mount", *(text.encode() if text else None for text in (source, target, kind)), ctypes.c_ulong(flags), None)


def set_mount(path, on, off, flags=0):
    attributes = struct.pack("QQQQ", on, off, 0, 0)
    call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), flags, attributes, ctypes.c_size_t(len(attributes)))


# --- what it sees ---

def leave_namespaces():
    """As the same user, in namespaces of our own."""
    uid, gid = os.getuid(), os.getgid()
    call("unshare", NEWUSER | NEWNS | NEWIPC)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def private_devices():
    """At /mnt until it is whole."""
    mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID)
    for name in DEVICES:
        open(f"/mnt/{name}", "w", encoding="ascii").close()
        mount(f"/dev/{name}", f"/mnt/{name}", None, MS_BIND)
    os.mkdir("/mnt/shm")
    mount("/mnt", "/dev", None, MS_BIND | MS_REC)
    call("umount2", b"/mnt", MNT_DETACH)


def see_only(folder):
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    kept = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    private_devices()
    mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV)
    os.makedirs(folder, exist_ok=True)
    mount(f"/proc/self/fd/{kept}", folder, None, MS_BIND)
    set_mount("/", RDONLY, 0, AT_RECURSIVE)
    for writable in (folder, "/tmp"):
        set_mount(writable, 0, RDONLY)
    os.close(kept)


# --- what it may call ---

def named_calls(name):
    """Those of a group of systemd's, or the one."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], check=True, capture_output=True, text=True).stdout
    lines = [line.strip() for line in listed.splitlines()[1:]]
    return set().union(*(named_calls(line) for line in lines if line and not line.startswith("#")))


def allowed_calls(filters):
    calls = set()
    for line in filters:
        takes = line.startswith("~")
        named = set().union(*(named_calls(name) for name in line.lstrip("~").split()))
        calls = calls - named if takes else calls | named
    return calls


def numbers():
    with open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", encoding="ascii") as header:
        return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", header.read())}


LOAD, EQUAL, ANY_OF, RETURN = 0x20, 0x15, 0x45, 0x06  # of classic BPF
ALLOW, REFUSE, NO_SUCH_CALL, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # EPERM, ENOSYS
ANY_NAMESPACE = 0x7E020080  # in clone's flags
X86_64, AT_CALL, AT_ARCHITECTURE = 0xC000003E, 0, 4


def argument(n):
    return 16 + 8 * n


def program(unit):
    """The filter, as instructions (code, if true, if false, k)."""
    known = numbers()
    families = [FAMILIES[name] for name in unit["RestrictAddressFamilies"][0].split()]
    code = [(LOAD, 0, 0, AT_ARCHITECTURE), (EQUAL, 1, 0, X86_64), (RETURN, 0, 0, KILL), (LOAD, 0, 0, AT_CALL)]
    code += [(EQUAL, 0, 3 + len(families), known["socket"]), (LOAD, 0, 0, argument(0))]
    code += [(EQUAL, len(families) - i, 0, family) for i, family in enumerate(families)]
    code += [(RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    for name, forbidden in (("mprotect", PROT_EXEC), ("pkey_mprotect", PROT_EXEC)):
        code += [(EQUAL, 0, 4, known[name]), (LOAD, 0, 0, argument(2)), (ANY_OF, 0, 1, forbidden), (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    code += [(EQUAL, 0, 5, known["mmap"]), (LOAD, 0, 0, argument(2)), (ANY_OF, 0, 2, PROT_EXEC), (ANY_OF, 0, 1, PROT_WRITE),
             (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    code += [(EQUAL, 0, 4, known["clone"]), (LOAD, 0, 0, argument(0)), (ANY_OF, 0, 1, ANY_NAMESPACE), (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    for name, answer in (("unshare", REFUSE), ("setns", REFUSE), ("clone3", NO_SUCH_CALL)):
        code += [(EQUAL, 0, 1, known[name]), (RETURN, 0, 0, answer)]
    for name in sorted(allowed_calls(unit["SystemCallFilter"])):
        if name in known:
            code += [(EQUAL, 0, 1, known[name]), (RETURN, 0, 0, ALLOW)]
    return code + [(RETURN, 0, 0, REFUSE)]


def load(code):
    packed = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in code))
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(packed)))
    call("prctl", PR_SET_SECCOMP, 2, filter_, 0, 0)


# --- all of it ---

def confine(folder):
    unit = settings()
    code = program(unit)
    leave_namespaces()
    see_only(os.path.realpath(folder))
    for name, limit in (("LimitCORE", resource.RLIMIT_CORE), ("LimitNOFILE", resource.RLIMIT_NOFILE)):
        most, hard = int(unit[name][0]), resource.getrlimit(limit)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))
    os.umask(int(unit["UMask"][0], 8))
    for capability in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    load(code)


def why_not():
    """Why nothing can be confined on this machine; None when it can."""
    if platform.machine() != "x86_64":
        return "the filter is written for x86-64"
    tried = subprocess.run([sys.executable, os.path.abspath(__file__), "/tmp", "/bin/true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else (tried.stderr.strip().splitlines() or ["it ended"])[-1]


if __name__ == "__main__":
    confine(sys.argv[1])
    os.execv(sys.argv[2], sys.argv[2:])
