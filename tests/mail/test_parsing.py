"""Mail as people really send it. The samples beside this file are read as a mailbox would get them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from letterlock.adapters.mime_parser import MimeParser
from letterlock.domain.mail import Address, Mail, Protection

SAMPLES = Path(__file__).parent / "samples"


def read(name: str) -> Mail:
    return MimeParser().parse((SAMPLES / f"{name}.eml").read_bytes())


def parse(*lines: str | bytes) -> Mail:
    return MimeParser().parse(b"\r\n".join(each.encode() if isinstance(each, str) else each for each in lines))


# ---- what a mail says ------------------------------------------------------------------------------------------------


def test_a_plain_mail_is_read_whole() -> None:
    mail = read("utf8_quoted_printable")

    assert mail.subject == "Dónde está mi paquete?"
    assert mail.sender == Address("ana@customer.example", "Ana Pérez")
    assert mail.to == (Address("support@acme.example", "Acme Support"),)
    assert mail.date == datetime(2026, 11, 2, 9, 29, 58, tzinfo=UTC)
    assert mail.message_id == "1@customer.example"
    assert mail.in_reply_to == ("0@acme.example",)
    assert mail.references == ("a@acme.example", "0@acme.example")
    assert mail.text == "Hola, ¿dónde está mi paquete? Lo espero desde hace una semana y media.\n\nAna"
    assert mail.html == ""
    assert mail.attachments == ()


def test_japanese_mail_in_its_seven_bit_charset_is_read() -> None:
    mail = read("iso_2022_jp")

    assert mail.subject == "荷物はどこですか"
    assert mail.sender == Address("hanako@customer.example", "山田花子")
    assert mail.text == "こんにちは。\n荷物はまだですか。"
    assert mail.date == datetime(2026, 11, 2, 9, 29, 58, tzinfo=UTC)


def test_windows_characters_in_a_mail_that_calls_itself_latin_1_are_read() -> None:
    assert read("windows_1252_said_latin_1").text == "Das macht 12 € \u2013 für „alles“."


def test_a_charset_nobody_knows_does_not_cost_the_mail() -> None:
    assert read("unknown_charset").text == "Grüße vom Mars"


def test_raw_utf_8_in_a_header_is_read() -> None:
    mail = read("utf8_headers")

    assert mail.subject == "Schöne Grüße 🎉"
    assert mail.sender == Address("jürgen@müller.example", "Jürgen Müller")


@pytest.mark.parametrize(
    ("charset", "octets", "text"),
    [
        ("us-ascii", "naïve".encode(), "naïve"),
        ("utf-8", "naïve".encode("cp1252"), "naïve"),
        ("utf-8", "äöü".encode() + b"\xff", "äöü\ufffd"),
        ("gb2312", "镕".encode("gb18030"), "镕"),
        ("ks_c_5601-1987", "똠방각하".encode("cp949"), "똠방각하"),
        ("shift_jis", "①髙".encode("cp932"), "①髙"),
        ("utf-7", b"Hi Mom -+Jjo--!", "Hi Mom -☺-!"),
        ("utf-16", "wide".encode("utf-16"), "wide"),
        ("", "\ufeffBOM".encode(), "BOM"),
        ("utf-8", "wide".encode("utf-16"), "wide"),
        ("iso-8859-1", "日本".encode(), "日本"),
        ("iso-8859-1", "é".encode("latin-1"), "é"),
        ("x-mac-greek", "Γειά".encode("mac_greek"), "Γειά"),
        ("x-mac-japanese", "日本".encode("shift_jis"), "日本"),
        ("iso-2022-kr", "안녕".encode("iso2022_kr"), "안녕"),
        ("gb18030", "中文😀".encode("gb18030"), "中文😀"),
        ("hz-gb-2312", "中文".encode("hz"), "中文"),
        ("unknown-8bit", "naïve".encode("cp1252"), "naïve"),
        ("punycode", b"plain", "plain"),
        ("../../etc/passwd", b"plain", "plain"),
    ],
)
def test_text_is_read_whatever_charset_is_declared(charset: str, octets: bytes, text: str) -> None:
    assert parse(f'Content-Type: text/plain; charset="{charset}"', "", octets).text == text


def test_html_says_its_charset_itself_where_the_mail_does_not() -> None:
    html = b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">' + "Привет".encode("koi8_r")

    assert "Привет" in parse("Content-Type: text/html", "", html).html


def test_undeclared_octets_in_a_header_are_read_as_the_body_says_and_as_utf_8_where_they_are() -> None:
    mail = parse(
        b"Subject: " + "Привет".encode("koi8_r"),
        b"From: " + "Анна".encode("koi8_r") + b" <anna@customer.example>",
        b"To: " + "Поддержка".encode() + b" <support@acme.example>",
        *("Content-Type: multipart/alternative; boundary=b", "", "--b", "Content-Type: text/plain; charset=koi8-r", ""),
        *("Привет".encode("koi8_r"), "--b--"),
    )

    assert (mail.subject, mail.text) == ("Привет", "Привет")
    assert mail.sender == Address("anna@customer.example", "Анна")
    assert mail.to == (Address("support@acme.example", "Поддержка"),)


def test_text_that_flows_is_read_in_paragraphs() -> None:
    mail = parse(
        "Content-Type: text/plain; format=Flowed; delsp=no", "", "One line ", "that goes on.", "", "-- ", "Ana"
    )

    assert mail.text == "One line that goes on.\n\n-- \nAna"


# ---- broken mail is mail ---------------------------------------------------------------------------------------------


def test_a_mail_without_a_message_id_is_still_a_mail() -> None:
    mail = parse("From: ana@customer.example", "Subject: Hello", "", "Hi")

    assert (mail.message_id, mail.subject, mail.text) == ("", "Hello", "Hi")


def test_a_mail_without_a_sender_is_still_a_mail() -> None:
    assert parse("Subject: Hello", "", "Hi").sender is None
    assert parse("From: root", "Subject: Hello", "", "Hi").sender is None
    assert parse("From: undisclosed-recipients:;", "", "Hi").sender is None


@pytest.mark.parametrize("raw", [b"", b"\n", b"\r\n\r\n", b"\x00", b"\xff\xfe\x00\x01" * 100])
def test_octets_that_are_no_mail_give_an_empty_one(raw: bytes) -> None:
    mail = MimeParser().parse(raw)

    assert (mail.subject, mail.sender, mail.message_id, mail.html, mail.attachments) == ("", None, "", "", ())


def test_text_without_any_header_is_kept_as_the_body() -> None:
    assert read("no_header").text == "This is no mail at all,\nbut somebody sent it: here it is."


def test_a_damaged_header_gives_what_can_be_read_of_it() -> None:
    mail = read("broken_header")

    assert mail.subject.startswith("A subject that some gateway folded without the space")
    assert mail.message_id == "3@customer.example"
    assert mail.in_reply_to == ("0@acme.example",)
    assert mail.date == datetime(2026, 11, 2, 9, 29, 58, tzinfo=UTC)
    assert mail.text == "Still readable."


def test_a_body_that_follows_the_header_without_an_empty_line_is_kept() -> None:
    mail = parse("From: ana@customer.example", "Subject: Hello", "Dear team,", "where is my parcel?")

    assert mail.subject == "Hello"
    assert mail.text == "Dear team,\nwhere is my parcel?"


def test_parts_that_follow_the_header_without_an_empty_line_are_kept() -> None:
    mail = parse("Content-Type: multipart/mixed; boundary=b", "--b", "Content-Type: text/plain", "", "inside", "--b--")

    assert mail.text == "inside"


def test_a_multipart_without_its_delimiters_keeps_its_content() -> None:
    assert read("no_delimiters").text == "The sender forgot the delimiters."


def test_a_type_without_a_semicolon_after_it_still_has_its_parameters() -> None:
    mail = parse(
        *("Content-Type: multipart/mixed", "\tboundary=b", "", "--b", "", "The body.", "--b"),
        *("Content-Type: image/png name=cup.png", "Content-Disposition: attachment filename=cup.png", "", "x", "--b--"),
    )

    assert mail.text == "The body."
    assert [(each.name, each.media_type) for each in mail.attachments] == [("cup.png", "image/png")]


@pytest.mark.parametrize("boundary", ["", "; bo", "; boundary=", "; boundary=another", "; boundary=" + "b" * 300])
def test_a_multipart_that_lacks_its_boundary_or_names_another_is_read_by_its_delimiters(boundary: str) -> None:
    mail = parse(
        *(f"Content-Type: multipart/mixed{boundary}", "", "A MIME mail.", "--real=_1", "", "one"),
        *("--real=_1", "Content-Type: application/pdf; name=a.pdf", "", "%PDF", "--real=_1--"),
    )

    assert mail.text == "one"
    assert [each.name for each in mail.attachments] == ["a.pdf"]


def test_delimiters_that_only_begin_with_the_boundary_are_taken_where_there_are_no_others() -> None:
    header = ("Content-Type: multipart/mixed; boundary=b", "")

    assert parse(*header, "--bc", "Content-Type: text/plain", "", "inside").text == "inside"
    assert parse(*header, "--b", "", "inside", "--bc", "Content-Type: text/plain", "--b--").text == (
        "inside\n--bc\nContent-Type: text/plain"
    )


def test_a_delimiter_of_an_inner_multipart_that_could_end_the_outer_one_does_not() -> None:
    mail = parse(
        *(
            'Content-Type: multipart/mixed; boundary="x"',
            "",
            "--x",
            'Content-Type: multipart/mixed; boundary="x--"',
            "",
        ),
        *("--x--", "Content-Type: text/plain", "", "inside", "--x----", "--x", "", "outside", "--x--"),
    )

    assert mail.text == "inside\noutside"


def test_text_behind_the_last_delimiter_is_read_only_where_there_is_nothing_else() -> None:
    header = ("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain", "")

    assert parse(*header, "", "--b--", "", "All there is.").text.strip() == "All there is."
    assert parse(*header, "The body.", "--b--", "", "An epilogue.").text == "The body."


def test_parts_behind_the_last_delimiter_are_kept() -> None:
    mail = parse(
        *("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "one", "--b--", "--b", ""),
        *("two", "--b", "Content-Type: application/pdf; name=a.pdf", "", "%PDF", "--b--"),
    )

    assert mail.text == "one\ntwo"
    assert [each.name for each in mail.attachments] == ["a.pdf"]


def test_a_part_whose_base64_was_cut_short_keeps_what_arrived() -> None:
    mail = read("truncated_base64")

    assert mail.text == "The end of the photo is missing."
    assert mail.attachments[0].name == "photo.jpg"
    assert mail.attachments[0].content == (b"JFIF" * 30)[: len(mail.attachments[0].content)]
    assert len(mail.attachments[0].content) >= 116


def test_nuls_never_come_out() -> None:
    mail = read("nulls")

    assert mail.subject == "Nulls"
    assert mail.sender == Address("ana@customer.example", "Ana")
    assert mail.text == "Zero sum."


def test_mail_with_bare_line_feeds_or_bare_carriage_returns_is_read() -> None:
    for line_end in ("\n", "\r", "\r\n"):
        mail = MimeParser().parse(line_end.join(["Subject: Hello", "", "one", "two"]).encode())
        assert (mail.subject, mail.text) == ("Hello", "one\ntwo")


def test_the_envelope_line_of_an_mbox_file_is_skipped() -> None:
    assert parse("From ana@customer.example Mon Nov  2 10:29:58 2026", "Subject: Hello", "", "Hi").subject == "Hello"


def test_a_from_field_with_space_before_its_colon_is_no_envelope_line() -> None:
    mail = parse(
        "From  : Ana <ana@customer.example>", "Subject : Hello", "Date: 2 Nov 2026 10(o'clock): 29 :58 +0100", ""
    )

    assert mail.sender == Address("ana@customer.example", "Ana")
    assert (mail.subject, mail.date) == ("Hello", datetime(2026, 11, 2, 9, 29, 58, tzinfo=UTC))


def test_a_header_field_cannot_smuggle_a_line_break_into_the_subject() -> None:
    assert parse("Subject: =?utf-8?q?Hi=0D=0ABcc:_x@evil.example?=", "", "").subject == "Hi Bcc: x@evil.example"


# ---- what its sender did to it ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "protection"),
    [
        ('multipart/signed; protocol="application/pkcs7-signature"; boundary=b', Protection.SMIME_SIGNED),
        ('multipart/signed; protocol="application/pgp-signature"; boundary=b', Protection.PGP_SIGNED),
        ('multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b', Protection.PGP_ENCRYPTED),
        ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", Protection.SMIME_SIGNED),
        ("application/x-pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", Protection.SMIME_ENCRYPTED),
        ("application/pkcs7-mime; name=smime.p7m", Protection.SMIME_ENCRYPTED),
        ("multipart/mixed; boundary=b", None),
        ("text/plain", None),
    ],
)
def test_a_mail_that_is_signed_or_encrypted_is_kept_and_said_to_be(kind: str, protection: Protection | None) -> None:
    mail = parse(f"Content-Type: {kind}", "", "--b", "Content-Type: application/octet-stream", "", "sealed", "--b--")

    assert mail.protection is protection
    assert mail.attachments or mail.text


def test_a_signed_mail_that_a_list_wrapped_up_is_still_signed_and_one_within_a_mail_is_not() -> None:
    outer = ("Content-Type: multipart/mixed; boundary=o", "", "--o")
    signed = ('Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=i', "", "--i", "", "Hi")

    assert parse(*outer, *signed, "--i--", "--o", "", "A footer.", "--o--").protection is Protection.PGP_SIGNED
    assert parse(*outer, "Content-Type: message/rfc822", "", *signed, "--i--", "--o--").protection is None


@pytest.mark.parametrize(
    ("text", "protection"),
    [
        ("\n-----BEGIN PGP MESSAGE-----\n\nhQ==", Protection.PGP_ENCRYPTED),
        ("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHi", Protection.PGP_SIGNED),
        ("You wrote:\n> -----BEGIN PGP MESSAGE-----", None),
    ],
)
def test_pgp_within_the_text_is_said_too(text: str, protection: Protection | None) -> None:
    assert parse("Subject: x", "", text).protection is protection


# ---- who it went to --------------------------------------------------------------------------------------------------


def test_groups_comments_and_quoted_commas_in_address_lists_are_understood() -> None:
    mail = read("forwarding_mailbox")

    assert mail.to == (
        Address("bob@other.example"),
        Address("carol@other.example", "Carol, the second"),
        Address("info@company.example"),
    )
    assert mail.cc == (Address("dana@other.example", "Dana"), Address("erik@other.example", "Erik"))
    assert mail.reply_to == (Address("private@customer.example", "Ana"),)


def test_every_author_of_a_mail_is_kept() -> None:
    mail = parse(
        "From: Ana <ana@customer.example>, ben@customer.example", "From: Cleo <cleo@customer.example>", "", "Hi"
    )

    assert mail.sender == Address("ana@customer.example", "Ana")
    assert mail.co_authors == (Address("ben@customer.example"), Address("cleo@customer.example", "Cleo"))


def test_a_forwarded_mailbox_says_where_the_mail_was_meant_for() -> None:
    assert read("forwarding_mailbox").delivered_to == (
        "support@acme.example",
        "desk@acme.example",
        "old-name@acme.example",
    )


# ---- files -----------------------------------------------------------------------------------------------------------


def test_file_names_are_read_in_every_form_they_come_in_and_made_up_where_there_is_none() -> None:
    mail = read("rfc2231_names")

    assert [each.name for each in mail.attachments] == ["€ rates für 2026.pdf", "Übersicht.pdf", "attachment-3.pdf"]
    assert {each.media_type for each in mail.attachments} == {"application/pdf"}
    assert {each.content for each in mail.attachments} == {b"%PDF-1.4 a file"}
    assert mail.text == "Three files."


def test_a_mail_within_a_mail_stays_whole_as_a_file() -> None:
    mail = read("forwarded_mail")

    (inner,) = mail.attachments
    assert mail.text == "See the mail I got."
    assert (inner.name, inner.media_type, inner.inline) == ("Your order № 7.eml", "message/rfc822", True)
    assert MimeParser().parse(inner.content).attachments[0].name == "inner.pdf"


def test_a_subject_with_a_slash_in_it_still_names_the_mail_within_a_mail() -> None:
    mail = parse(
        *("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: message/rfc822", ""),
        *("Subject: 24/7 support", "", "x"),
    )

    assert [each.name for each in mail.attachments] == ["24_7 support.eml"]


def test_a_mail_within_a_mail_without_a_subject_gets_a_name() -> None:
    mail = parse(
        "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: message/rfc822", "", "From: a@b", "", "x"
    )

    assert [each.name for each in mail.attachments] == ["message.eml"]


def test_an_image_in_the_html_is_a_file_that_the_html_can_refer_to() -> None:
    mail = read("inline_image")

    (image,) = mail.attachments
    assert (image.name, image.content_id, image.inline) == ("cup.png", "cup@customer.example", True)
    assert image.content == b"\x89PNG\r\n\x1a\n"
    assert mail.text == "Look at the cup."
    assert "cid:cup@customer.example" in mail.html


def test_a_calendar_invitation_is_a_file() -> None:
    mail = read("calendar_invitation")

    assert [(each.name, each.media_type) for each in mail.attachments] == [("attachment-1.ics", "text/calendar")]
    assert mail.text == "You are invited."


def test_a_text_file_that_is_attached_stays_out_of_the_body() -> None:
    mail = parse(
        *("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "The body.", "--b"),
        *("Content-Type: text/plain", "Content-Disposition: attachment; filename=notes.txt", "", "The notes.", "--b"),
        *("Content-Type: text/plain; name=log.txt", "", "The log.", "--b--"),
    )

    assert mail.text == "The body."
    assert [(each.name, each.content) for each in mail.attachments] == [
        ("notes.txt", b"The notes."),
        ("log.txt", b"The log."),
    ]


def test_a_mail_that_is_nothing_but_a_file_has_no_text() -> None:
    mail = parse("Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64", "", "JVBERg==")

    assert mail.text == ""
    assert [(each.name, each.content) for each in mail.attachments] == [("a.pdf", b"%PDF")]


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\bill.pdf", "bill.pdf"),
        ("bill\u202efdp.exe", "billfdp.exe"),
        ("..", "attachment-1.bin"),
        ("two\tlines.txt", "two lines.txt"),
        ("n" * 4_000 + ".pdf", "n" * 251 + ".pdf"),
    ],
)
def test_a_file_name_is_never_a_path_nor_a_disguise(declared: str, shown: str) -> None:
    mail = parse("Content-Type: application/x-any", f'Content-Disposition: attachment; filename="{declared}"', "", "x")

    assert mail.attachments[0].name == shown


def test_a_boundary_that_is_the_beginning_of_another_does_not_end_the_wrong_part() -> None:
    mail = parse(
        *(
            "Content-Type: multipart/mixed; boundary=ab",
            "",
            "--ab",
            "Content-Type: multipart/alternative; boundary=abc",
        ),
        *("", "--abc", "", "one", "--abc", "Content-Type: text/html", "", "<b>one</b>", "--abc--", "--ab", "", "two"),
        *("--ab--",),
    )

    assert mail.text == "one\ntwo"
    assert mail.html == "<b>one</b>"


# ---- text and HTML ---------------------------------------------------------------------------------------------------


def test_a_mail_that_has_html_only_is_readable_as_text() -> None:
    mail = read("html_only")

    assert mail.text.splitlines() == [
        "Dear customer,",
        "",
        "our café & bar offers:",
        "",
        "- coffee",
        "- tea",
        "",
        "> You wrote: hello",
        "",
        "Total  5 €",
    ]
    assert "<script>" in mail.html  # kept as sent; it is sanitised where it is shown


def test_text_beside_html_that_says_something_else_is_not_lost() -> None:
    assert read("mailing_list_footer").text == "The news, in HTML.\n_____\nLeave this list any time."


def test_a_newsletter_with_an_empty_text_part_is_readable_as_text() -> None:
    mail = parse(
        *("Content-Type: multipart/alternative; boundary=b", "", "--b", "Content-Type: text/plain", "", " ", "--b"),
        *("Content-Type: text/html", "", "<p>The offer</p>", "--b--"),
    )

    assert mail.text == "The offer"
