"""What counts as one client where addresses are counted."""

import ipaddress


def network(address: str) -> str:
    """What is counted as one address: of IPv6 the /64, of which every customer has at least one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
