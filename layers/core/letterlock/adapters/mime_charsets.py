"""Octets to text: whatever a mail declares, text comes out, without NULs and without surrogates.

Labels are looked up in a table of our own, never in Python's: a hostile label would else reach codecs that are slow by
nature (punycode, idna), and each unknown one would stay in Python's codec cache for ever.
"""

from __future__ import annotations

import re
from typing import Final

_LABELS: Final = {
    "utf_8": "utf8 unicode11utf8 xunicode20utf8 utf8mb4 cp65001",
    "utf_7": "utf7 unicode11utf7 xunicode20utf7 unicode20utf7",
    "utf_16": "utf16 ucs2 unicode iso10646ucs2",
    "utf_16_le": "utf16le",
    "utf_16_be": "utf16be",
    "utf_32": "utf32 ucs4",
    # What calls itself Latin-1 is windows-1252 on the web and in mail (WHATWG, "Encoding", section 4.2).
    "cp1252": "iso88591 88591 latin1 l1 cp819 ibm819 windows1252 cp1252 xcp1252 iso885911987 xansi ansi win1252",
    "iso8859_2": "iso88592 latin2 l2 iso885921987",
    "iso8859_3": "iso88593 latin3 l3",
    "iso8859_4": "iso88594 latin4 l4",
    "iso8859_5": "iso88595 cyrillic",
    "iso8859_6": "iso88596 arabic iso88596e iso88596i",
    "iso8859_7": "iso88597 greek",
    "iso8859_8": "iso88598 hebrew iso88598e iso88598i",
    "cp1254": "iso88599 latin5 l5 windows1254 cp1254",
    "iso8859_10": "iso885910 latin6",
    "cp874": "iso885911 tis620 windows874 cp874",
    "iso8859_13": "iso885913 latin7",
    "iso8859_14": "iso885914 latin8",
    "iso8859_15": "iso885915 latin9 latin0",
    "iso8859_16": "iso885916 latin10",
    "cp1250": "windows1250 cp1250 xcp1250",
    "cp1251": "windows1251 cp1251 xcp1251",
    "cp1253": "windows1253 cp1253",
    "cp1255": "windows1255 cp1255",
    "cp1256": "windows1256 cp1256",
    "cp1257": "windows1257 cp1257",
    "cp1258": "windows1258 cp1258",
    "koi8_r": "koi8r koi8",
    "koi8_u": "koi8u koi8ru",
    "cp437": "ibm437 cp437",
    "cp850": "ibm850 cp850",
    "cp852": "ibm852 cp852",
    "cp858": "ibm858 cp858",
    "cp866": "ibm866 cp866",
    "mac_roman": "macintosh macroman xmacroman mac",
    "mac_cyrillic": "xmaccyrillic maccyrillic",
    "mac_latin2": "xmacce xmaccentraleurope",
    "mac_greek": "xmacgreek macgreek",
    "mac_turkish": "xmacturkish macturkish",
    "mac_iceland": "xmacicelandic",
    "koi8_t": "koi8t",
    "gb18030": "gb18030 gb2312 gbk cp936 windows936 euccn xgbk csgb2312 gb231280 xmacchinesesimp",
    "hz": "hz hzgb2312",
    "big5hkscs": "big5 big5hkscs cnbig5 xxbig5 cp950 windows950 xmacchinesetrad",
    "cp932": "shiftjis sjis xsjis mskanji cp932 windows31j csshiftjis ms932 xmacjapanese xsjisdocomo xsjiskddi",
    "euc_jp": "eucjp xeucjp ujis",
    # The widest member of the family reads what the narrower ones write.
    "iso2022_jp_ext": "iso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jpms csiso2022jp cp50220 cp50221",
    "cp949": "euckr ksc56011987 ksc5601 cp949 windows949 ksc56011989 uhc xwindows949 xmackorean",
    "iso2022_jp_2004": "iso2022jp2004",
    "iso2022_kr": "iso2022kr",
    "johab": "johab cp1361",
}
_CODEC_OF: Final = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_LABEL_NOISE: Final = re.compile(r"[^a-z0-9]")
_LABEL_CHARACTERS: Final = 64
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks: no other charset's text begins so (they are in no UTF-8, and "ÿþ" and "þÿ" in Latin-1)."""
_BEYOND_ASCII: Final = bytes(range(128, 256))
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def codec_of(label: str) -> str:
    """The Python codec a charset label stands for; empty for ASCII, no label and one we do not know."""
    return _CODEC_OF.get(_LABEL_NOISE.sub("", label[:_LABEL_CHARACTERS].lower()), "")


def decode(data: bytes, label: str = "") -> str:
    """Text of `data`, by its declared charset if that can be, else by what the octets look like. Never raises."""
    codec = "utf_16" if data.startswith(_UTF_16_MARKS) else codec_of(label)
    return clean(_decode_as(data, codec) if codec else _guess(data)).removeprefix("\ufeff")


def clean(text: str) -> str:
    """Without NULs; surrogates, which UTF-8 cannot carry, become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if not text.isascii():
        text = _SURROGATES.sub("\ufffd", text)
    return text


def _decode_as(data: bytes, codec: str) -> str:
    if codec == "cp1252":
        return _guess(data)  # what says that it is Latin-1, and is UTF-8 to the last octet, is UTF-8
    try:
        return data.decode(codec)
    except UnicodeError:
        if codec == "utf_7":
            return _guess(data)  # replacing each fault takes Python's UTF-7 a microsecond an octet
        text = data.decode(codec, "replace")
    if codec != "utf_8":
        return text
    # A few broken sequences are damage; where most of what is not ASCII is broken, it never was UTF-8.
    beyond_ascii = len(data) - len(data.translate(None, _BEYOND_ASCII))
    return text if text.count("\ufffd") * 2 < beyond_ascii else data.decode("cp1252", "replace")


def _guess(data: bytes) -> str:
    """ASCII, UTF-8, ISO-2022-JP by its escape sequences, else windows-1252, which reads anything."""
    if b"\x1b$" in data and data.isascii():
        return data.decode("iso2022_jp_ext", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeError:
        return data.decode("cp1252", "replace")
