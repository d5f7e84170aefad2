"""AWS's answers as they were given once, given again: what is measured then is ours, and nothing of the stand-in's."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.response import StreamingBody
from botocore.session import Session
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber


@dataclass
class Answers:
    """Of one invocation, in the order of its calls: `sent` as HTTP, `parsed` as the SDK hands it over."""

    sent: list[tuple[int, Any, bytes]] = field(default_factory=list)
    parsed: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Canned:
    """Hangs on the SDK's hooks beneath its retries, and in the place of its calls."""

    _answers: Answers | None = None
    _waiting: deque[tuple[int, Any, bytes]] | None = None

    def attach(self, session: Session) -> None:
        hooks = session.get_component("event_emitter")
        hooks.register_first("before-send", self._send)
        hooks.register_last("before-send", self._let_moto_again)

    @contextmanager
    def noted(self) -> Iterator[Answers]:
        """What moto answers within."""
        self._answers, call = Answers(), BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001
        answers = self._answers

        def noting(client: Any, operation: str, params: Any) -> Any:
            said = call(client, operation, params)
            answers.parsed.append(dict(said))
            return said

        BaseClient._make_api_call = noting  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            yield answers
        finally:
            BaseClient._make_api_call = call  # type: ignore[attr-defined]  # noqa: SLF001
            self._answers = None
        if len(answers.sent) != len(answers.parsed):
            raise AssertionError("a call was refused, or tried again: such a run is no measure")

    @contextmanager
    def below_the_sdk(self, answers: Answers) -> Iterator[None]:
        self._waiting, botocore_stubber.enabled = deque(answers.sent), False
        try:
            yield
            _all_taken(self._waiting)
        finally:
            self._waiting, botocore_stubber.enabled = None, True

    @contextmanager
    def instead_of_the_sdk(self, answers: Answers) -> Iterator[None]:
        waiting, call = deque(answers.parsed), BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001
        contents = deque(content for _, _, content in answers.sent)

        def answer(_client: Any, _operation: str, _params: Any) -> Any:
            said, content = waiting.popleft(), contents.popleft()
            return said | {"Body": StreamingBody(io.BytesIO(content), len(content))} if "Body" in said else said

        BaseClient._make_api_call = answer  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            yield
            _all_taken(waiting)
        finally:
            BaseClient._make_api_call = call  # type: ignore[attr-defined]  # noqa: SLF001

    def _send(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        if self._waiting is not None:
            status, headers, content = self._waiting.popleft()
            return AWSResponse(request.url, status, headers, MockRawResponse(content))
        if self._answers is None:
            return None
        answer = botocore_stubber(event_name, request)
        if answer is None:
            raise AssertionError(f"moto does not know {request.url}")
        content = bytes(answer.content)
        self._answers.sent.append((answer.status_code, answer.headers, content))
        botocore_stubber.enabled = False  # or it would do it again
        return AWSResponse(request.url, answer.status_code, answer.headers, MockRawResponse(content))  # type: ignore[arg-type]

    def _let_moto_again(self, **_: Any) -> None:
        botocore_stubber.enabled = self._waiting is None


def _all_taken(waiting: deque[Any]) -> None:
    if waiting:
        raise AssertionError(f"{len(waiting)} answers were not asked for: this run went another way")
