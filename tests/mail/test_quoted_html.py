"""HTML-only mail, as each mail program marks what it quotes: the same lines as in plain text, so the same is shown."""

import pytest

from letterlock.adapters.html_lines import DELIMITER
from letterlock.adapters.html_text import RULE, to_text
from letterlock.domain.spans import visible
from letterlock.domain.visible import hidden_spans

HISTORY = "<div>Shall we send it?</div><div><br></div><div>Tom</div>"
OUTLOOK = (
    "<b>{}:</b> Tom &lt;tom@shop.example&gt;<br><b>{}:</b> Tuesday, March 12, 2024 10:30<br>"
    "<b>{}:</b> Ana &lt;ana@home.example&gt;<br><b>{}:</b> Your order"
)
ENGLISH = OUTLOOK.format("From", "Sent", "To", "Subject")
NOT_IN_THE_TABLE = OUTLOOK.format("Kutoka", "Imetumwa", "Kwa", "Mada")
YAHOO = "On Tuesday, March 12, 2024 at 10:30:00 AM GMT+1, Tom &lt;tom@shop.example&gt; wrote:"

MAILS = {
    "Gmail": '<div dir="ltr">Yes, please.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr"'
    ' class="gmail_attr">On Tue, Mar 12, 2024 at 10:30\u202fAM Tom &lt;<a href="mailto:tom@shop.example">'
    'tom@shop.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0">{history}</blockquote>',
    "Gmail, a language that is not in the table": '<div dir="ltr">Yes, please.</div><br><div class="gmail_quote"><div'
    ' class="gmail_attr">Jumanne, 12 Machi 2024 saa 10:30 Tom &lt;tom@shop.example&gt; aliandika:<br></div>'
    '<blockquote class="gmail_quote">{history}</blockquote></div>',
    "Gmail, with a signature": '<div dir="ltr"><div>Yes, please.</div><div><br></div><span class="gmail_signature_prefix'
    '">-- </span><br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature"><div>Ana</div></div></div>'
    '<br><div class="gmail_quote"><div class="gmail_attr">On Tue, Mar 12, 2024 at 10:30 AM Tom &lt;tom@shop.example&gt;'
    " wrote:<br></div><blockquote>{history}</blockquote></div>",
    "Gmail, a signature without its dashes": '<div>Yes, please.</div><div class="gmail_signature"><div>Ana</div></div>',
    "Apple Mail": '<html><body>Yes, please.<br><div><br><blockquote type="cite"><div>On 12 Mar 2024, at 10:30, Tom &lt;'
    'tom@shop.example&gt; wrote:</div><br class="Apple-interchange-newline"><div>{history}</div></blockquote></div>',
    "iPhone": '<div dir="ltr">Yes, please.</div><div dir="ltr"><br>Sent from my iPhone</div><div dir="ltr"><br>'
    '<blockquote type="cite">On 12 Mar 2024, at 10:30, Tom &lt;tom@shop.example&gt; wrote:<br><br></blockquote></div>'
    '<blockquote type="cite"><div dir="ltr">{history}</div></blockquote>',
    "Thunderbird": '<p>Yes, please.</p><div class="moz-cite-prefix">On 12/03/2024 10:30, Tom wrote:<br></div>'
    '<blockquote type="cite" cite="mid:1@shop.example">{history}</blockquote><pre class="moz-signature" cols="72">-- \n'
    "Ana</pre>",
    "Yahoo": '<div class="ydp1yahoo-style-wrap"><div>Yes, please.</div><div><br></div></div><div id="yahoo_quoted_1"'
    ' class="yahoo_quoted"><div><div>' + YAHOO + "</div><div><br></div>{history}</div></div>",
    "Yahoo, a language that is not in the table": '<div>Yes, please.</div><div id="yahoo_quoted_1" class="yahoo_quoted">'
    "<div>Jumanne, 12 Machi 2024 10:30, Tom &lt;tom@shop.example&gt; aliandika:</div>{history}</div>",
    "Outlook on the web": '<div class="elementToProof">Yes, please.</div><div id="appendonsend"></div><hr tabindex="-1">'
    '<div id="divRplyFwdMsg" dir="ltr"><font>' + ENGLISH + "</font></div>{history}",
    "Outlook on the web, a language that is not in the table": '<div>Yes, please.</div><div id="appendonsend"></div><hr>'
    '<div id="divRplyFwdMsg" dir="ltr">' + NOT_IN_THE_TABLE + "</div>{history}",
    "Outlook for mobile": '<div>Yes, please.</div><div id="ms-outlook-mobile-signature"><div>Get Outlook for iOS</div>'
    '</div><div id="mail-editor-reference-message-container"><hr><div id="divRplyFwdMsg">'
    + ENGLISH
    + "</div>{history}</div>",
    "Outlook": '<p class=MsoNormal>Yes, please.<o:p></o:p></p><p class=MsoNormal>&nbsp;</p><div style="border:none;'
    'border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal>' + ENGLISH + "</p></div>{history}",
}


@pytest.mark.parametrize("name", MAILS)
def test_each_program_s_markup(name: str) -> None:
    text = to_text(MAILS[name].replace("{history}", HISTORY))
    hidden = hidden_spans(text, "Re: Your order")
    assert visible(text, hidden) == "Yes, please."
    assert "{history}" not in MAILS[name] or "Shall we send it?" in text


def test_forwarded_mail_is_shown_with_its_markup() -> None:
    outlook = to_text(MAILS["Outlook on the web"].replace("{history}", HISTORY))
    assert hidden_spans(outlook, "FW: Your order") == ()
    gmail = to_text(
        '<div>Look.<br><br><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>'
        f"From: Tom &lt;tom@shop.example&gt;<br>Subject: Your order<br></div><br>{HISTORY}</div></div>"
    )
    assert hidden_spans(gmail, "Fwd: Your order") == ()


def test_a_mark_is_a_line_that_plain_text_would_have_once() -> None:
    assert to_text('a<div id="divRplyFwdMsg">b</div>') == f"a\n{RULE}\nb"
    assert to_text('a<div class="gmail_signature">b</div>') == f"a\n{DELIMITER}\nb"
    assert to_text('a<br>-- <br><div class="gmail_signature">b</div>') == f"a\n{DELIMITER}\nb"
    assert to_text('<blockquote>a<div class="gmail_signature">b</div></blockquote>') == f"> a\n> {DELIMITER}\n> b"
    assert to_text(f'a<div title="{"x" * 300}" id="divRplyFwdMsg">b</div>') == "a\nb"
