"""Reads `apt-get -s dist-upgrade`: what apt would install now, and so what it keeps back."""

import re
from collections.abc import Mapping

from patchwarden_agent.findings import Slot

# Inst libgcrypt20 [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable [amd64]) []
# Inst libext2fs2 [1.47.0-2] (1.47.0-2+b2 Debian:12/oldstable [amd64]) [e2fsprogs:amd64 ]
# Inst libfoo2:i386 (2.0 Example:1/stable [i386]) []
# Conf libgcrypt20 (1.10.1-3+deb12u1 Debian:12.15/oldstable [amd64])
# Remv libbar1 [1.0]
_INSTALL = re.compile(
    r"^Inst (?P<name>[^\s:]+)(?::(?P<architecture>\S+))?(?: \[[^\]]*\])? \((?P<version>\S+) ",
    re.MULTILINE,
)


def read_simulation(text: str, native_architecture: str) -> Mapping[Slot, str]:
    """Give the version that apt would install of each package that it would install."""
    return {
        Slot(match["name"], match["architecture"] or native_architecture): match["version"]
        for match in _INSTALL.finditer(text)
    }
