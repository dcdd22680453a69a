import pytest

from patchwarden.protocol.java_pattern import matcher
from patchwarden.protocol.service_model import ServiceModel, Shape

INSTANCE_ID = r"(^i-(\w{8}|\w{17})$)|(^mi-\w{17}$)"
TAG = r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$"


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (INSTANCE_ID, "i-12345678"),
        (INSTANCE_ID, "mi-0123456789abcdef0"),
        (TAG, ""),
        (TAG, "Größe 世界 ٣\u00a0@"),
        (r"(?i)all|[0-9]{12}", "ALL"),
        (r"[$]LATEST|[$]DEFAULT|^[1-9][0-9]*$", "$LATEST"),
        (r"[$]LATEST|[$]DEFAULT|^[1-9][0-9]*$", "10"),
        (r"[\s\S]*\S[\s\S]*", "\n\u00a0é\U0001f600\n"),
        (r".{2}", "é\U0001f600"),
        (r"\.[.]", ".."),
        (r"\\.", "\\x"),
        (r"[\w-\/]+", "a-b/c_9"),
        (r"[\]a]+", "]a"),
        (r"\W\D\S", "éé\u2003"),
        (r"[\W][\D][\S]", "éé\u2003"),
        (r"\w\d\s", "_0\v"),
    ],
)
def test_what_java_matches_is_matched(pattern: str, value: str) -> None:
    assert matcher(pattern)(value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (INSTANCE_ID, "i-1234567"),
        (INSTANCE_ID, "i-12345678\n"),
        (INSTANCE_ID, "i-1234567é"),
        (INSTANCE_ID, "xi-12345678"),
        (TAG, "a!"),
        (TAG, "a\n"),
        (r"(?i)all|[0-9]{12}", "allx"),
        (r"[0-9]", "٣"),
        (r"\d", "٣"),
        (r"[\d]", "٣"),
        (r"\w", "é"),
        (r"\s", "\u00a0"),
        (r"[\s]", "\u00a0"),
        (r"\S", "\v"),
        (r"\D", "5"),
        (r"\W", "_"),
        (r"[\W]", "[_"),
        (r"[\w-.]", ","),
        (r".", "\n"),
        (r".", "\r"),
        (r".", "\x85"),
        (r".", "\u2028"),
        (r".", "\u2029"),
        (r"\.", "x"),
        (r"[.]", "x"),
    ],
)
def test_what_java_does_not_match_is_not_matched(pattern: str, value: str) -> None:
    assert not matcher(pattern)(value)


def model_patterns() -> list[str]:
    waiting: list[Shape] = [each.input for each in ServiceModel.load().operations.values()]
    seen: set[Shape] = set()
    while waiting:
        shape = waiting.pop()
        if shape not in seen:
            seen.add(shape)
            waiting.extend(shape.members.values())
    return sorted({shape.pattern for shape in seen if shape.pattern})


# A pattern that backtracks without end would not get through this before the test times out.
@pytest.mark.parametrize("pattern", model_patterns())
def test_no_short_value_keeps_a_pattern_of_the_model_busy(pattern: str) -> None:
    matches = matcher(pattern)
    for unit in ("a", "a-", "0", "/", " ", "é", "a.", "arn:aws:", "AWS:", "x@"):
        for ending in ("", "!", "\n", " "):
            matches((unit * 64)[: 64 - len(ending)] + ending)


def test_a_match_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        matcher(r"(x+x+)+y")("x" * 5000)
