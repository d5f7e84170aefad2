"""A mail's HTML over the API: its own images, those of others, and mails that are longer than an answer may be."""

import json
from base64 import b64encode
from email.message import EmailMessage
from typing import Any

import pytest

from tests.handlers.stack import Stack, rest_event

LAMBDA_OCTETS = 6_291_556
"""What a function may answer (AWS Lambda, "Lambda quotas")."""
HTML = (
    '<p>Our <a href="https://shop.example/">cups</a></p><script>alert(1)</script>'
    '<img src="cid:cup@customer.example"><img src="cid:another@customer.example" alt="another">'
    '<img src="https://tracker.example/p.gif"><img src="http://tracker.example/q.gif">'
)


def mail(html: str, text: str = "", *, images: tuple[str, ...] = ()) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ana@customer.example", "support@acme.example", "A cup"
    if text:
        mail.set_content(text, cte="base64")
    (mail.add_alternative if text else mail.set_content)(html, subtype="html", cte="base64")
    for each in images:
        mail.add_attachment(b"GIF89a", "image", "gif", filename="cup.gif", cid=f"<{each}>", disposition="inline")
    return mail.as_bytes()


def read(stack: Stack, raw: bytes, **query: str) -> tuple[str, Any]:
    """The path of the mail's message, and the message whole."""
    stack.mail(raw)
    _, listed, _ = stack.api("GET", "/v1/conversations")
    conversation = listed["conversations"][0]["id"]
    _, thread, _ = stack.api("GET", f"/v1/conversations/{conversation}")
    path = f"/v1/conversations/{conversation}/messages/{thread['messages'][0]['id']}"
    status, whole, _ = stack.api("GET", path, query=query)
    assert status == 200
    return path, whole


def test_images_of_the_mail_are_shown_from_its_own_files_and_no_others(stack: Stack) -> None:
    path, whole = read(stack, mail(HTML, images=("cup@customer.example",)))
    (cup,) = whole["attachments"]

    assert f'<img src="{path}/attachments/{cup["id"]}"' in whole["html"]
    assert whole["html"].count(" src=") == 1
    assert 'alt="another"' in whole["html"]
    assert "script" not in whole["html"]


def test_of_two_files_with_one_content_id_the_first_is_shown(stack: Stack) -> None:
    path, whole = read(stack, mail(HTML, images=("cup@customer.example", "cup@customer.example")))

    assert f"{path}/attachments/{whole['attachments'][0]['id']}" in whole["html"]


def test_images_from_elsewhere_are_shown_when_asked_for(stack: Stack) -> None:
    path, whole = read(stack, mail(HTML))
    assert "tracker.example" not in whole["html"]
    assert whole["remote_images"] == 2

    _, whole, _ = stack.api("GET", path, query={"remote_images": "true"})
    assert '<img src="https://tracker.example/p.gif" referrerpolicy="no-referrer">' in whole["html"]
    assert "http://tracker.example" not in whole["html"]
    assert whole["remote_images"] == 1

    status, _, _ = stack.api("GET", path, query={"remote_images": "perhaps"})
    assert status == 400


def test_a_mail_without_html_has_none(stack: Stack) -> None:
    path, whole = read(stack, b"From: ana@customer.example\r\nSubject: x\r\n\r\nHello <b>you</b>.\r\n")
    assert (whole["html"], whole["remote_images"]) == (None, 0)

    _, page, _ = stack.api("GET", f"{path}/html")
    assert "<pre>Hello &lt;b&gt;you&lt;/b&gt;." in page


# ---- as a page -------------------------------------------------------------------------------------------------------


def policy_of(headers: dict[str, list[str]]) -> dict[str, list[str]]:
    [said] = headers["Content-Security-Policy"]
    return {name: values for name, *values in (each.split() for each in said.split(";"))}


def test_a_page_is_under_a_policy_that_lets_nothing_run_and_nothing_leave(stack: Stack) -> None:
    path, _ = read(stack, mail(HTML))
    _, page, headers = stack.api("GET", f"{path}/html")
    policy = policy_of(headers)

    assert headers["Content-Type"] == ["text/html; charset=utf-8"]
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert policy["img-src"] == [
        "'self'",
        "https://downloads.s3.eu-west-1.amazonaws.com",
        "https://downloads.s3.amazonaws.com",
    ]
    assert "allow-scripts" not in policy["sandbox"]
    assert "allow-forms" not in policy["sandbox"]
    assert "script-src" not in policy
    assert "tracker.example" not in page


def test_a_page_shows_the_mail_s_own_images_wherever_the_api_is_served(stack: Stack) -> None:
    path, whole = read(stack, mail(HTML, images=("cup@customer.example",)))
    _, page, _ = stack.api("GET", f"{path}/html")

    assert f'<img src="attachments/{whole["attachments"][0]["id"]}"' in page


def test_a_page_with_images_from_elsewhere_says_so_in_its_policy(stack: Stack) -> None:
    path, _ = read(stack, mail(HTML))
    _, page, headers = stack.api("GET", f"{path}/html", query={"remote_images": "true"})

    assert policy_of(headers)["img-src"] == ["'self'", "https:"]
    assert 'src="https://tracker.example/p.gif" referrerpolicy="no-referrer"' in page
    assert headers["Referrer-Policy"] == ["no-referrer"]


# ---- long mails ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["word ", "\u3042", '"', "&", "\\", "\U0001f600"], ids=ascii)
def test_the_longest_mail_is_answered_and_says_that_there_is_more(stack: Stack, word: str) -> None:
    long = "\n".join([word * (900 // len(word.encode()))] * 2_200)
    path, whole = read(stack, mail(f"<p>{long.replace('&', '&amp;')}</p>", long))

    assert whole["truncated"]
    for where in (path, f"{path}/html"):
        answer = stack.call("conversations_api", rest_event("GET", where, None, token=stack.token))
        assert answer["statusCode"] == 200
        assert len(json.dumps(answer, ensure_ascii=False).encode()) < LAMBDA_OCTETS
    assert len(whole["text"]) > 60_000
    assert whole["visible_text"].startswith(whole["text"][:10_000])
    assert word == "&" or len(whole["html"]) > 100_000  # written out, five times as long: kept as a file


def test_a_mail_of_the_usual_length_is_answered_whole(stack: Stack) -> None:
    long = b64encode(bytes(150_000)).decode()
    _, whole = read(stack, mail(f"<p>{long}</p>", long))

    assert not whole["truncated"]
    assert whole["text"].strip() == long
    assert whole["html"] == f"<p>{long}</p>"
