"""Which addresses of the Internet may be called: those that anybody may have a server at, and no others.

Whoever names a host chooses the address that it resolves to. So what is asked is not the name but the address, and what
is known to be of this machine, of its network, or a way around these, is refused.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), IPv4 Multicast (RFC 5771). Python's
`is_global` is not asked: what it says has changed between patch releases.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

NOT_PUBLIC_4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network (RFC 791); 0.0.0.0 is this machine
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # shared by a provider's customers (RFC 6598)
            "127.0.0.0/8",  # loopback (RFC 1122)
            "169.254.0.0/16",  # link-local (RFC 3927): AWS's metadata and credentials
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments (RFC 6890)
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.31.196.0/24",  # AS112 (RFC 7535)
            "192.52.193.0/24",  # AMT (RFC 7450)
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112 (RFC 7534)
            "198.18.0.0/15",  # benchmarks (RFC 2544)
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved (RFC 1112), and broadcast
        ),
    )
)
GLOBAL_6: Final = IPv6Network("2000::/3")
"""All that is given out of IPv6 (RFC 4291). Outside: ::1, IPv4-mapped and -compatible, NAT64 (64:ff9b::/96 and
64:ff9b:1::/48), discard, unique local, link-local and multicast addresses.
"""
NOT_PUBLIC_6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo (RFC 4380), benchmarks, ORCHID
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4 (RFC 3056): an IPv4 address within
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


def is_public(address: str) -> bool:
    """Of an address as a resolver answers it. What is no address (a zone behind it, say) is not public."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        return found.scope_id is None and found in GLOBAL_6 and not any(found in each for each in NOT_PUBLIC_6)
    return not any(found in each for each in NOT_PUBLIC_4)
