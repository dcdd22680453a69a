import subprocess
import sys

import pytest

FOLDERS = ("apt", "dnf", "zypper")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_scan_loads_the_scanner_of_its_package_manager_alone(folder: str) -> None:
    program = f"""
import sys
from patchwarden_agent import scan, scanners
from patchwarden_agent.host import Host
from patchwarden_agent.target import Target

try:
    scanners.scan_{folder}(Target(root=sys.argv[1]), Host())
except Exception:
    pass
names = [name.split(".") for name in sys.modules if name.endswith(".scanner")]
print(*sorted(name[1] for name in names if name[0] == "patchwarden_agent"))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, "/nowhere"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [folder]
