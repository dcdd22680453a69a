"""What the contract leaves open: one field per question, our pick, the alternative, the evidence.

A choice that turns out wrong is changed here, or in the settings of one installation, and
nowhere else. docs/decisions/0005-choices.md says how they were made.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The picks in force on one server."""

    state_spelling: Literal["published", "service"] = "published"
    """How State is spelled in answers: `INSTALLED_OTHER` as the model publishes it, or
    `InstalledOther` as the live service sends it (contract 2.4). Filters take both."""

    last_page: Literal["with-token", "without-token"] = "with-token"
    """NextToken on the last page: the empty string in the operations whose documentation says
    so, or left out of all. Loops that ask whether the member is there, and not whether it is
    empty, need `without-token`; the outputs that AWS shows lack it too (contract 1.6)."""

    apt_approval_delay: Literal["ignored", "honoured"] = "ignored"
    """Whether ApproveAfterDays counts on Debian, Ubuntu and Raspbian. The documentation says it
    is not supported and the original's agent ignores it (contract 4.5). `honoured` counts from
    the date of the advisory where the catalog has one, else from when this server first saw the
    version."""

    cve_ids: Literal["published", "known"] = "published"
    """Whether CVEIds are shown on Debian, Ubuntu, Raspbian and macOS too, where they are known. The
    original shows none there (contract 2.6)."""

    approved_patches_bypass_global_filters: bool = True
    """The user guide approves an explicitly approved patch even if a global filter discards it;
    the original's apt code tests the filters first (contract 3.2, step 3)."""

    default_page_size: int = 50
    """Records in a page of DescribeInstancePatches without MaxResults (contract 2.8)."""

    token_lifetime_s: int = 3600
    """How long a page token can be used, and so how long a superseded evaluation is kept for
    those who page through it. The original's lifetime is not established."""

    stale_after_s: int = 30 * 24 * 3600
    """The age from which the last report of a node no longer counts as knowledge."""

    connection_lost_after_s: int = 16 * 60
    """Without a sign of life for so long, PingStatus is ConnectionLost instead of Online. The
    agent sends a heartbeat every five minutes unless it is told otherwise: two may be missed, and
    the third be a minute late. After how long the original says so is not published."""
