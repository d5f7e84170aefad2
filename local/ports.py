"""Ports on this machine: is one taken, which are free."""

import socket

from local.settings import HOST, LocalCloudError, Settings


def free_ports(count: int) -> list[int]:
    """That many different ports that nothing listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def require_free(settings: Settings) -> None:
    """Raise LocalCloudError naming the variable that moves the first port that is taken."""
    wanted = {
        "CLOUD_PORT": settings.cloud_port,
        "API_PORT": settings.api_port,
        "SMTP_PORT": settings.smtp_port,
    } | ({"STRIPE_PORT": settings.stripe_port} if settings.bills else {})
    for name, port in wanted.items():
        if _taken(port):
            raise LocalCloudError(
                f"Port {port} on {HOST} is taken by another program. Choose another: {name}=<port> make run"
            )


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do, so that a port in TIME_WAIT after the last run counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
