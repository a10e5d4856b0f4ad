"""YAML as people mean it: YAML 1.2's scalars, and one clear finding for whatever is odd or hostile."""

import time

import pytest

from batuta.errors import Finding
from batuta.reading.source import TEXT_CHARS_MAX, tree_from_text


def data(text: str) -> object:
    root, report = tree_from_text(text)
    assert root is not None, report.findings
    assert report.findings == []
    return root.data()


def findings(text: str | bytes) -> list[Finding]:
    return tree_from_text(text, "f.yaml")[1].findings


def codes(text: str | bytes) -> list[str]:
    return [f"{finding.code} {finding.place}" for finding in findings(text)]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("1:30", "1:30"),
        ("010", "010"),
        ("01234", "01234"),
        ("0o17", 15),
        ("0xff", 255),
        ("1_000", "1_000"),
        ("2020-01-01", "2020-01-01"),
        ("2020-01-01T10:00:00Z", "2020-01-01T10:00:00Z"),
        ("12.50", 12.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-0.0", -0.0),
        ("123456789012345678", 123456789012345678),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775807", 2**63 - 1),
        ("1.2.3", "1.2.3"),
        ("+1", 1),
        ("-", ["-"]),
        ("'no'", "no"),
        ('"1"', "1"),
        ("!!str 1", "1"),
        ("! 12", "12"),
        ("!!float 1", 1.0),
        ("=", "="),
    ],
)
def test_a_scalar_is_what_yaml_1_2_says_and_digits_with_a_leading_zero_stay_text(
    scalar: str, value: object
) -> None:
    if scalar == "-":
        assert data("a:\n- '-'") == {"a": value}
        return
    got = data(f"a: {scalar}")
    assert got == {"a": value}
    assert repr(got) == repr({"a": value})


def test_words_that_old_yaml_takes_for_booleans_are_keys_like_any_other() -> None:
    assert data("on: 1\nno: 2\ny: 3") == {"on": 1, "no": 2, "y": 3}


def test_an_alias_stands_for_a_copy_of_its_own() -> None:
    copied = data("a: &x {b: [1]}\nc: *x")
    assert copied == {"a": {"b": [1]}, "c": {"b": [1]}}
    assert isinstance(copied, dict)
    copied["a"]["b"].append(2)
    assert copied["c"] == {"b": [1]}


def test_a_byte_order_mark_is_no_content_and_does_not_shift_places() -> None:
    assert data("\ufeffa: 1") == {"a": 1}
    assert codes("\ufeffa: 1\na: 2".encode()) == ["B005 f.yaml:2:1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2", ["B003 f.yaml:1:9"]),
        ("\ta: 1", ["B003 f.yaml:1:1"]),
        ("a: b: c", ["B003 f.yaml:1:5"]),
        ("a: \x01", ["B003 f.yaml:1:4"]),
        ("%YAML 9.9\n---\na: 1", ["B003 f.yaml:1:1"]),
        ("", ["B004 f.yaml:1:1"]),
        ("# nothing\n", ["B004 f.yaml:1:1"]),
        ("a: 1\n---\nb: 2", ["B014 f.yaml:2:1"]),
        ("a: 1\nb: 2\na: 3\nb: 4", ["B005 f.yaml:3:1", "B005 f.yaml:4:1"]),
        ("a: {x: 1, x: 2}", ["B005 f.yaml:1:11"]),
        ("1: x", ["B006 f.yaml:1:1"]),
        (
            "null: x\ntrue: y\n[a]: z\n{b: c}: d\n1.5: e",
            [f"B006 f.yaml:{n}:1" for n in range(1, 6)],
        ),
        ("a: !foo 1\nb: !!binary x\nc: !!set {}", [f"B009 f.yaml:{n}:4" for n in range(1, 4)]),
        ("a: !!int x", ["B009 f.yaml:1:4"]),
        ("a: !!python/object/apply:os.system [ls]", ["B009 f.yaml:1:4"]),
        ("a: .nan\nb: -.inf\nc: 1e999", [f"B010 f.yaml:{n}:4" for n in range(1, 4)]),
        ("a: 9223372036854775808", ["B010 f.yaml:1:4"]),
        ("a: -9223372036854775809", ["B010 f.yaml:1:4"]),
        ("a: " + "9" * 100_000, ["B010 f.yaml:1:4"]),
        ("a: *x", ["B011 f.yaml:1:4"]),
        ("a: &a [*a]", ["B011 f.yaml:1:8"]),
        ("a: &a {b: 1}\nc: {<<: *a}", ["B012 f.yaml:2:5"]),
        (b"a: 1\nb: \xff", ["B001 f.yaml:2:4"]),
        ("a: 1\nb: \ud800", ["B001 f.yaml:2:4"]),
    ],
)
def test_what_is_wrong_is_told_with_a_code_and_a_place(
    text: str | bytes, expected: list[str]
) -> None:
    assert codes(text) == expected


def test_every_finding_says_what_to_do() -> None:
    for text in ("a: [", "a: 1\na: 2", "a: .nan", "1: 1", "a: !x 1", "a: *b", "<<: 1", "", b"\xff"):
        assert [finding for finding in findings(text) if not finding.remedy] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 1_000_000, "B007"),
        ("{a: " * 100_000, "B007"),
        ("- " * 1_000_000, "B007"),
        ("? " * 1_000_000, "B007"),
        ("\n".join(" " * i + "a:" for i in range(1_000)), "B007"),
        ("".join(f"a{i}: &a{i} [{f'*a{i - 1}' if i else 1}]\n" for i in range(100)), "B007"),
        (
            "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
            + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 20)),
            "B008",
        ),
        ("a: &a '" + "x" * 1_000_000 + "'\nb: [" + "*a, " * 1_000 + "]", "B008"),
        ("a: [" + "1," * 1_000_000 + "]", "B008"),
        ("a: " + "x" * (TEXT_CHARS_MAX + 1), "B002"),
        ("a: '" + "x" * (TEXT_CHARS_MAX - 10), "B003"),
        ("k: 1\n" * 500_000, "B005"),
    ],
)
def test_hostile_text_is_refused_in_bounded_time(text: str, code: str) -> None:
    begin = time.process_time()
    found = findings(text)
    assert found[0].code == code
    assert time.process_time() - begin < 20  # seconds; about one on an idle machine
