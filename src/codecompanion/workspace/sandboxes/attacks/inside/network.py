"""A31-A39: reach anything over a network, or learn of one."""

import os
import socket

from codecompanion.workspace.sandboxes.attacks.inside.aims import Aims, Try

AF_PACKET, AF_ALG, AF_VSOCK, AF_NETLINK = 17, 38, 40, 16
METADATA = ("169.254.169.254", 80)
LOOPBACK = "lo"


def _tcp(aims: Aims) -> str:
    with socket.create_connection(("127.0.0.1", aims.tcp_port), 1):
        return "a server of the machine answers"


def _udp(aims: Aims) -> str:
    """The host looks whether it arrived."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(aims.token.encode(), ("127.0.0.1", aims.udp_port))
    return ""


def _metadata(_aims: Aims) -> str:
    with socket.create_connection(METADATA, 0.5):
        return "the cloud's metadata service answers"


def _foreign_interfaces() -> list[str]:
    return sorted(name for _, name in socket.if_nameindex() if name != LOOPBACK)


def _listen(_aims: Aims) -> str:
    with socket.create_server(("0.0.0.0", 0)):
        found = _foreign_interfaces()
    return f"a port is open on {', '.join(found)}" if found else ""


def _raw(_aims: Aims) -> str:
    for family in (AF_PACKET, socket.AF_INET):
        try:
            socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
        except OSError:
            continue
        return f"a raw socket of family {family} was made"
    return ""


def _netlink(_aims: Aims) -> str:
    socket.socket(AF_NETLINK, socket.SOCK_RAW).close()
    found = _foreign_interfaces()
    return f"netlink names {', '.join(found)}" if found else ""


def _vsock(_aims: Aims) -> str:
    socket.socket(AF_VSOCK, socket.SOCK_STREAM).close()
    return "a socket to the hypervisor was made"


def _kernel_crypto(_aims: Aims) -> str:
    socket.socket(AF_ALG, socket.SOCK_SEQPACKET).close()
    return "a socket to the kernel's cryptography was made"


def _hostname(aims: Aims) -> str:
    return "the machine's name is seen" if os.uname().nodename == aims.hostname else ""


TRIES: dict[str, Try] = {
    "A31": _tcp,
    "A32": _udp,
    "A33": _metadata,
    "A34": _listen,
    "A35": _raw,
    "A36": _netlink,
    "A37": _vsock,
    "A38": _kernel_crypto,
    "A39": _hostname,
}
