"""`make prove-attachments`: a file goes in and out whole, and what would do harm goes nowhere.

On a local cloud of its own: upload, scan, reply, and the mail in the outbox has the same octets; a mail's file is
fetched under the headers that it is promised to have; then each of `bench.hostile_files` is uploaded, and ends as it
should. What the look into the worst of them takes is measured in a process of its own, as is what a file of 29 MB takes
of memory (`bench.file_costs`).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.file_costs import MEGABYTES, bounded, costs_of_large_file, costs_of_looks, worst
from bench.hostile_files import HOSTILE, HostileFile
from local.client import Api
from local.demo import temporary_cloud
from local.files import FORBIDDEN, NO_CONTENT, Files, each_way, expect, post_form
from local.main import run
from local.progress import Progress
from local.settings import LocalCloudError

_SMALL: Final = 6
"""The small form takes each sixth case."""


def a_form_is_bound(files: Files, progress: Progress) -> None:
    """Raises LocalCloudError where S3 takes another file, or what was uploaded second is the one."""
    with progress.step("A form takes no larger file, no other place, no other type") as step:
        form = files.announced("a.txt", "text/plain", 5)["form"]
        for changed in ({"key": form["fields"]["key"] + "0"}, {"Content-Type": "text/html"}):
            expect("Another form", post_form(form | {"fields": form["fields"] | changed}, b"12345"), FORBIDDEN)
        too_large = post_form(form, b"123456")
        if too_large == NO_CONTENT:
            raise LocalCloudError("S3 took a larger file than the form was signed for.")
        step.found(f"403, 403, {too_large}")
    with progress.step("A form that is used twice: the first file stays") as step:
        upload = files.announced("a.txt", "text/plain", 5)
        expect("The first", post_form(upload["form"], b"first"), NO_CONTENT)
        expect("It", files.looked_into(upload["id"])["state"], "clean")
        expect("The second", post_form(upload["form"], b"other"), NO_CONTENT)
        expect("It", files.looked_into(upload["id"])["state"], "clean")
        step.found("clean, as it was")


def hostile(files: Files, cases: tuple[HostileFile, ...], progress: Progress) -> int:
    """How many of them end as they should. All are uploaded before the first is looked for."""
    with progress.step(f"{len(cases)} files that lie, or would hurt, or do not") as step:
        sent = [(each, files.uploaded(each.name, each.media_type, each.make())) for each in cases]
        right = 0
        for each, attachment in sent:
            found = files.looked_into(attachment)
            as_expected = found["finding"] == each.finding
            right += as_expected
            if not as_expected:
                progress.say(f"    {each.what}: {found['finding']}, expected {each.finding}")
        step.found(f"{right} as expected")
    return right


def main(progress: Progress, *, small: bool = False) -> int:
    cases = HOSTILE[:: _SMALL if small else 1]
    with temporary_cloud(progress) as (_, connection):
        files = Files(Api(connection))
        each_way(connection, progress, [])
        a_form_is_bound(files, progress)
        right = hostile(files, cases, progress)
    with progress.step("What the looks take, and a large file"):
        looks = costs_of_looks(cases)
        with tempfile.TemporaryDirectory() as folder:
            large = costs_of_large_file(Path(folder))
    progress.say()
    for each in [*worst(looks), *large]:
        progress.say(str(each))
    progress.say(f"memory above the base, at most {MEGABYTES} MB allowed; {len(cases)} cases, {right} as expected")
    return 0 if right == len(cases) and bounded([*looks, *large]) else 1


if __name__ == "__main__":
    sys.exit(run(lambda progress: main(progress, small="--small" in sys.argv[1:])))
