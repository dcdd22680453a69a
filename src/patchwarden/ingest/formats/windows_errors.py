"""What the commonest errors of the Windows Update Agent mean, by their HRESULT.

https://learn.microsoft.com/windows/deployment/update/windows-update-error-reference
"""

_NO_ANSWER = "the update server cannot be reached"
_NO_NAME = "the name of the update server or of its proxy cannot be resolved"
_POLICY = "a policy forbids to ask Microsoft's servers"
_DISABLED = "the service Windows Update is disabled or stopped"
_MEANINGS = {
    "0x80070005": "access is denied; run it as an administrator",
    "0x80070422": _DISABLED,
    "0x8024001E": _DISABLED,
    "0x8024002E": _POLICY,
    "0x80240438": _NO_ANSWER,
    "0x80244010": "the update server has too much to tell; scan again",
    "0x80244017": "the update server or its proxy asks for a password (HTTP 401)",
    "0x80244018": "the update server or its proxy refuses (HTTP 403)",
    "0x80244019": "the update server does not know what is asked (HTTP 404)",
    "0x8024401C": "the update server did not answer in time (HTTP 408)",
    "0x80244022": "the update server is overloaded or stopped (HTTP 503)",
    "0x8024402C": _NO_NAME,
    "0x8024500C": _POLICY,
    "0x80072EE2": "the update server did not answer in time",
    "0x80072EE7": _NO_NAME,
    "0x80072EFD": _NO_ANSWER,
    "0x80072EFE": _NO_ANSWER,
    "0x80072F8F": "the certificate of the update server or the clock of the machine is wrong",
}


def in_words(message: str, hresult: str) -> str:
    """Give an error in words, with its number.

    COM knows no words for the errors of the update agent: its message repeats the number.
    """
    if hresult not in message:
        return f"{message} {hresult}".strip()
    meaning = _MEANINGS.get(hresult)
    return f"{meaning}, {hresult}" if meaning else message
