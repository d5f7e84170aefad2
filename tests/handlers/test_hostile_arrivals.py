"""Mails made to hurt, through the whole inbound handler: each ends in the ledger, and what can be read of it is there."""

from typing import Any

import pytest

from tests.handlers.stack import Stack

HEAD = b"From: ana@customer.example\r\nSubject: Hostile\r\n"
BODY = "Where is my parcel?"
PLAIN = b"\r\n" + BODY.encode() + b"\r\n"


def arrived(stack: Stack, raw: bytes) -> Any:
    """The one message that a mail became. It is taken in, and a second mail after it as well."""
    assert stack.mail(raw) == {"batchItemFailures": []}
    assert stack.mail(HEAD + b"\r\nthe next one", ses_message_id="next") == {"batchItemFailures": []}
    [line] = stack.api("GET", "/v1/ingest-summary")[1]["mailboxes"]
    assert line["received"] == 2
    for status in ("open", "quarantined"):
        for card in stack.api("GET", "/v1/conversations", query={"status": status})[1]["conversations"]:
            path = f"/v1/conversations/{card['id']}"
            [message] = stack.api("GET", path)[1]["messages"]
            whole = stack.api("GET", f"{path}/messages/{message['id']}")[1]
            if "the next one" not in whole["text"]:
                return whole
    raise AssertionError("it is nowhere")


def quarantined(stack: Stack, raw: bytes) -> str:
    message = arrived(stack, raw)
    assert message["raw_only"]
    reason: str = message["quarantine"]
    return reason


def read(stack: Stack, raw: bytes) -> Any:
    message = arrived(stack, raw)
    assert message["quarantine"] is None
    return message


# ---- structure -------------------------------------------------------------------------------------------------------


@pytest.mark.attack("depth 1,000")
def test_parts_in_parts_a_thousand_deep_are_kept_unread(stack: Stack) -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (each, each) for each in range(1_000)
    )
    assert quarantined(stack, HEAD + nested + PLAIN) == "nested_too_deep"


@pytest.mark.attack("depth 1,000")
def test_mails_in_mails_a_thousand_deep_are_one_mail_with_a_file(stack: Stack) -> None:
    message = read(stack, HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1_000 + HEAD + PLAIN)
    [file] = message["attachments"]
    assert file["media_type"] == "message/rfc822"


@pytest.mark.attack("200,000 parts")
def test_200_000_parts_are_kept_unread(stack: Stack) -> None:
    parts = b"--b\r\n\r\nx\r\n" * 200_000
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n"
    assert quarantined(stack, raw) == "too_many_parts"


# ---- headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.attack("71 kB Content-Type")
@pytest.mark.parametrize(
    "value", [b"x=" + b"y" * 71_000, b"x=y; " * 14_200, b'x="' + b"\\" * 71_000], ids=lambda each: each[:4]
)
def test_a_content_type_of_71_kb_hides_no_text(stack: Stack, value: bytes) -> None:
    header = b"Content-Type: text/plain; charset=utf-8; " + value + b"\r\n"
    assert read(stack, HEAD + header + PLAIN)["text"].strip() == BODY


@pytest.mark.attack("Message-ID: <<<")
@pytest.mark.parametrize("value", [b"<<<", b"<<<@>>>", b"<" * 900, b"", b"<\x00@x>", b"<a b@x> <c@x>"], ids=ascii)
def test_a_message_id_that_is_none_keeps_no_mail_out(stack: Stack, value: bytes) -> None:
    assert read(stack, HEAD + b"Message-ID: " + value + b"\r\n" + PLAIN)["text"].strip() == BODY


@pytest.mark.attack("From: ((((")
@pytest.mark.parametrize(
    "value",
    [b"(" * 1_000, b"(" * 100_000, b"<" * 1_000, b'"' * 1_001, b"@", b"=?utf-8?q?"],
    ids=lambda each: ascii(each[:9]),
)
def test_a_sender_that_is_none_is_nobody_and_the_text_is_there(stack: Stack, value: bytes) -> None:
    message = read(stack, b"From: " + value + b"\r\nSubject: Hostile\r\n" + PLAIN)
    assert message["text"].strip() == BODY
    assert message["sender"] is None or "@" not in message["sender"]["address"].strip("@")


@pytest.mark.attack("8,000 addresses")
@pytest.mark.parametrize("field", [b"To", b"Cc", b"From", b"Reply-To"])
def test_8_000_addresses_are_a_mail_like_another(stack: Stack, field: bytes) -> None:
    crowd = b", ".join(b"u%d@a.example" % each for each in range(8_000))
    head = (
        HEAD.replace(b"From: ana@customer.example", b"From: " + crowd)
        if field == b"From"
        else HEAD + field + b": " + crowd + b"\r\n"
    )
    message = read(stack, head + PLAIN)
    assert message["text"].strip() == BODY
    assert message["sender"]["address"] == ("u0@a.example" if field == b"From" else "ana@customer.example")
    assert len(message["to"]) + len(message["cc"]) <= 400


# ---- letters ---------------------------------------------------------------------------------------------------------


@pytest.mark.attack("unknown charset")
@pytest.mark.parametrize(
    "charset", ["x-nobody-knows", "base64", "idna", "unicode_escape", "\\x00", "../../etc/passwd", "x" * 5_000, ""]
)
def test_a_charset_that_nobody_knows_hides_no_text(stack: Stack, charset: str) -> None:
    raw = HEAD + f'Content-Type: text/plain; charset="{charset}"\r\n'.encode() + PLAIN
    assert read(stack, raw)["text"].strip() == BODY


@pytest.mark.attack("NUL")
def test_nuls_anywhere_leave_the_rest_of_the_mail(stack: Stack) -> None:
    raw = (
        b"From: a\x00na@customer.example\r\nSubject: Hos\x00tile\x00\r\nX\x00: y\r\n\r\nWhere is\x00 my parcel?\x00\r\n"
    )
    message = read(stack, raw)
    assert "Where is" in message["text"]
    assert "my parcel?" in message["text"]
    assert "\x00" not in str(message)
    assert "Hos" in stack.api("GET", "/v1/conversations", query={"limit": "2"})[1]["conversations"][1]["subject"]


@pytest.mark.attack("NUL")
def test_a_mail_of_nothing_but_nuls_is_a_mail(stack: Stack) -> None:
    assert arrived(stack, b"\x00" * 100_000)["text"].strip() == ""


@pytest.mark.attack("surrogates")
@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"text/plain; charset=utf-7", b"+2AA-Where is my parcel?"),
        (b"text/plain; charset=utf-8", b"\xed\xa0\x80Where is my parcel?"),
        (b"text/plain; charset=utf-16", "\ufeffWhere is my parcel?".encode("utf-16-le") + b"\x00\xd8"),
        (b"text/html; charset=utf-8", b"&#xD800;&#55296;Where is my parcel?"),
    ],
    ids=["UTF-7", "UTF-8", "UTF-16", "character references"],
)
def test_halves_of_letters_do_not_keep_the_mail_from_being_stored_and_read(
    stack: Stack, header: bytes, body: bytes
) -> None:
    message = read(stack, HEAD + b"Content-Type: " + header + b"\r\n\r\n" + body)
    assert BODY in message["text"]
    assert str(message).isprintable()


@pytest.mark.attack("1 MB of >")
@pytest.mark.parametrize("kind", [b"plain", b"html"])
@pytest.mark.parametrize("piece", [b">", b">\r\n", b"> ", b"&gt;"], ids=ascii)
def test_a_megabyte_of_quote_marks_is_stored_and_what_was_written_is_shown(
    stack: Stack, kind: bytes, piece: bytes
) -> None:
    marks = piece * (1_000_000 // len(piece))
    message = read(stack, HEAD + b"Content-Type: text/" + kind + b"\r\n" + PLAIN + b"\r\n<br>\r\n" + marks)
    assert message["visible_text"].startswith(BODY)
    assert len(message["text"]) > 100_000


# ---- names of files --------------------------------------------------------------------------------------------------


def file_named(stack: Stack, parameter: bytes) -> str:
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + PLAIN + b"--b\r\nContent-Type: application/pdf\r\n"
        b"Content-Disposition: attachment; " + parameter + b"\r\n\r\n%PDF-1.4\r\n--b--\r\n"
    )  # fmt: skip
    message = read(stack, raw)
    [file] = message["attachments"]
    assert (message["text"].strip(), file["size"]) == (BODY, 8)
    name: str = file["name"]
    assert name
    assert not set(name) & set("/\\\r\n\x00\u202e\u2066\u200f")
    assert len(name) <= 255
    return name


@pytest.mark.attack("file name with ../")
@pytest.mark.parametrize(
    "name",
    [b"../../etc/passwd", b"..\\..\\windows\\x.pdf", b"/etc/passwd", b"C:\\x.pdf", b"..", b".", b"a/../../x.pdf", b"%2e%2e%2fx.pdf"],
    ids=ascii,
)  # fmt: skip
def test_a_file_s_name_is_no_path(stack: Stack, name: bytes) -> None:
    shown = file_named(stack, b'filename="' + name.replace(b"\\", b"\\\\") + b'"')
    assert shown not in (".", "..")
    assert not shown.startswith("../")


@pytest.mark.attack("file name with ../")
def test_a_file_s_name_is_no_path_once_it_is_decoded_either(stack: Stack) -> None:
    assert ".." not in file_named(stack, b"filename*=utf-8''%2e%2e%2f%2e%2e%2fx.pdf").split(".pdf")[0]


@pytest.mark.attack("file name that reads from right to left")
@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u200f"], ids=ascii)
def test_a_file_s_name_reads_as_what_it_is(stack: Stack, mark: str) -> None:
    assert file_named(stack, f'filename="invoice{mark}fdp.exe"'.encode()) == "invoicefdp.exe"


@pytest.mark.attack("file name with CRLF")
@pytest.mark.parametrize(
    "parameter",
    [b"filename*=utf-8''a%0d%0aContent-Type:%20text/html%0d%0a%0d%0a.pdf", b'filename="=?utf-8?q?a=0D=0ASet-Cookie:_x?=.pdf"', b"filename*=utf-8''a%00.exe%00.pdf"],
    ids=["RFC 2231", "RFC 2047", "NUL"],
)  # fmt: skip
def test_a_file_s_name_is_one_line(stack: Stack, parameter: bytes) -> None:
    file_named(stack, parameter)


@pytest.mark.attack("file name of 4 kB")
@pytest.mark.parametrize("letter", ["x", "\u3042", "\U0001f600"], ids=ascii)
def test_a_file_s_name_is_as_long_as_a_file_s_may_be(stack: Stack, letter: str) -> None:
    long = letter * (4_096 // len(letter.encode()))
    assert file_named(stack, f'filename="{long}.pdf"'.encode()).endswith(".pdf")
