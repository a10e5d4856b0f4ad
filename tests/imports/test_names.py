"""Foreign names become names of ours, the same ones each time."""

from batuta.imports.names import NAME_CHARS_MAX, local_names


def test_a_name_in_our_letters_stays_and_others_are_written_in_them() -> None:
    assert local_names(["find_note", "find note/all", "naïve", "…"]) == {
        "find_note": "find_note",
        "find note/all": "find_note_all",
        "naïve": "na_ve",
        "…": "_",
    }


def test_two_that_would_be_one_are_told_apart_and_the_one_in_our_letters_keeps_its_name() -> None:
    found = local_names(["a b", "a/b", "a_b"])
    assert found == local_names(["a_b", "a/b", "a b"])
    assert found["a_b"] == "a_b"
    assert len(set(found.values())) == 3


def test_long_names_are_cut_and_stay_apart() -> None:
    found = local_names(["x" * 100 + "1", "x" * 100 + "2"])
    assert len(set(found.values())) == 2
    assert {len(name) for name in found.values()} == {NAME_CHARS_MAX}
