"""The examples that stand under the help of every command."""


def examples(*lines: str) -> str:
    """Give an epilog for click that shows command lines as they are typed."""
    # click keeps the line breaks of a paragraph that begins with this mark.
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
