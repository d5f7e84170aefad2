"""What a look into a file finds, and what it does not hold against it."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.hostile_files import HOSTILE, HostileFile, archive, gif, jpeg, png, tar_of
from letterlock.adapters.archive_examiner import examine_zip
from letterlock.adapters.file_examiner import FileExaminer
from letterlock.domain.files import Finding

examine = FileExaminer().examine


@pytest.mark.parametrize("file", HOSTILE, ids=lambda file: file.what)
def test_a_file_that_lies_or_would_hurt_is_told_from_one_that_is_what_it_says(file: HostileFile) -> None:
    assert examine(file.make(), file.name, file.media_type).finding == file.finding


@settings(deadline=None)
@given(
    st.binary(max_size=2_000), st.sampled_from(("a.zip", "a.gz", "a.tar", "a.png", "a.jpg", "a.svg", "a.pdf", "a", ""))
)
def test_whatever_is_in_a_file_the_look_ends(content: bytes, name: str) -> None:
    examine(content, name, "application/octet-stream")


@settings(deadline=None)
@given(st.data())
def test_whatever_was_changed_in_a_file_the_look_ends(data: st.DataObject) -> None:
    made = data.draw(st.sampled_from((archive("a.txt", "b.txt"), tar_of("a", "b"), png(), jpeg(), gif())))
    content = bytearray(made)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for name in ("a.zip", "a.tgz", "a.png"):
        examine(bytes(content[:cut]), name, "")
        examine(bytes(content), name, "")


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=20).filter(lambda name: "/" not in name), min_size=1, max_size=5))
def test_a_zip_of_plain_names_is_let_through_unless_one_is_a_programs_or_an_archives(names: list[str]) -> None:
    plain = [f"folder/{number}.txt" for number, _ in enumerate(names)]
    assert examine_zip(archive(*plain)) is None


@pytest.mark.parametrize("size", [1_000_000, 5_000_000])
def test_no_photograph_is_a_page_by_chance(size: int) -> None:
    found = examine(jpeg()[:-2] + os.urandom(size), "a.jpg", "image/jpeg")
    assert found.finding is None
    assert found.media_type == "image/jpeg"


def test_the_last_extension_counts_as_windows_reads_it() -> None:
    assert examine(b"x", "invoice.pdf.SCR ", "").finding is Finding.PROGRAM
    assert examine(b"x", "no extension", "").finding is None
