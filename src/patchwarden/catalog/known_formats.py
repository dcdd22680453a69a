"""The formats that `catalog import` knows, in the order in which they are tried."""

from patchwarden.catalog.feed import Format
from patchwarden.catalog.formats import (
    available_patches,
    csaf,
    debian_lists,
    debian_tracker,
    epss,
    kev,
    msrc_cvrf,
    osv,
    suse_cvrf,
    ubuntu_notices,
    updateinfo,
)

FORMATS: tuple[Format, ...] = (
    available_patches.FORMAT,
    updateinfo.FORMAT,
    msrc_cvrf.FORMAT,
    suse_cvrf.FORMAT,
    osv.FORMAT,
    csaf.FORMAT,
    debian_tracker.FORMAT,
    debian_lists.ADVISORIES,
    debian_lists.CVES,
    ubuntu_notices.FORMAT,
    kev.FORMAT,
    epss.FORMAT,
)
