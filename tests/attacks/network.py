"""Attacks that try to speak to anything outside. The runner listens at the addresses in HOST, and says if it heard."""

from .attack import Attack

ATTACKS = (
    Attack(
        "network_tcp",
        """
import socket
attempt("tcp", socket.create_connection, tuple(HOST["tcp"]), 0.2)
attempt("tcp6", socket.socket, socket.AF_INET6, socket.SOCK_STREAM)
attempt("listen", socket.create_server, ("127.0.0.1", 0))
""",
    ),
    Attack(
        "network_udp",
        """
import socket
def send():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"out", tuple(HOST["udp"]))
attempt("udp", send)
""",
    ),
    Attack(
        "network_unix",
        """
import socket
def connect(address):
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect(address)
for address in (HOST["unix"], "\\0" + HOST["abstract"], "/run/dbus/system_bus_socket", "/var/run/docker.sock"):
    attempt(address, connect, address)
""",
    ),
    Attack(
        "network_through_a_pair",
        # A pair of datagram sockets is a socket already made: may it be pointed elsewhere?
        """
import socket
for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_STREAM):
    try:
        ours, _ = socket.socketpair(socket.AF_UNIX, kind)
    except OSError as error:
        refused("socketpair", error)
        continue
    ours.settimeout(0.2)
    for address in (HOST["datagram"], HOST["unix"], "\\0" + HOST["abstract_datagram"]):
        for what, call in (
            ("sendto", lambda: ours.sendto(b"out", address)),
            ("sendmsg", lambda: ours.sendmsg([b"out"], [], 0, address)),
            ("connect", lambda: ours.connect(address)),
        ):
            try:
                call()
                print("went through without an error", what, address)  # the runner's ears decide
            except OSError as error:
                refused(f"{what} {address}", error)
""",
    ),
    Attack(
        "network_passes_descriptors",
        """
import array, socket
for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
    try:
        ours, _ = socket.socketpair(socket.AF_UNIX, kind)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
        ours.sendmsg([b"out"], rights, 0, "\\0" + HOST["abstract_datagram"])
        print("went through without an error")  # the runner's ears decide
    except OSError as error:
        refused("rights", error)
""",
    ),
    Attack(
        "network_raw",
        """
import socket
for what, family, kind, protocol in (
    ("icmp", socket.AF_INET, socket.SOCK_RAW, 1),
    ("ping", socket.AF_INET, socket.SOCK_DGRAM, 1),
    ("packet", socket.AF_PACKET, socket.SOCK_RAW, 0x300),
    ("netlink", socket.AF_NETLINK, socket.SOCK_RAW, 0),
    ("uevent", socket.AF_NETLINK, socket.SOCK_DGRAM, 15),
    ("vsock", socket.AF_VSOCK, socket.SOCK_STREAM, 0),
    ("kernel crypto", socket.AF_ALG, socket.SOCK_SEQPACKET, 0),
    ("bluetooth", 31, socket.SOCK_RAW, 1),
    ("can", socket.AF_CAN, socket.SOCK_RAW, 1),
):
    attempt(what, socket.socket, family, kind, protocol)
""",
    ),
    Attack(
        "network_names",
        """
import socket, urllib.request
attempt("getaddrinfo", socket.getaddrinfo, "example.com", 80)
attempt("gethostbyname", socket.gethostbyname, "example.com")
attempt("urlopen", urllib.request.urlopen, "http://%s:%d/" % tuple(HOST["tcp"]), None, 0.2)
""",
    ),
    Attack(
        "network_raw_calls",
        """
for family in range(0, 46):
    for kind in (1, 2, 3, 5):
        attempt(f"socket {family} {kind}", syscall, 41, family, kind, 0)
        if family != 1:
            attempt(f"socketpair {family} {kind}", syscall, 53, family, kind, 0, ctypes.create_string_buffer(8))
for name, number in (("bind", 49), ("listen", 50), ("accept", 43), ("accept4", 288)):
    reaches_kernel(name, number, -1, 0, 0, 0)
""",
    ),
)
