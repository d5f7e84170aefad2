# ruff: noqa: RUF001 - these are words of many languages
"""What mail programs write around a quoted mail, by language. A further language is a further entry.

`…` stands for anything. Case, kinds of blank and the blank before a colon do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


def _split(text: str) -> tuple[str, ...]:
    """Words that are separated by bars."""
    return tuple(each.strip() for each in text.split("|") if each.strip())


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Each field is a list separated by bars.

    `attributions`: the line above a quote. `senders`, `dates`, `recipients`, `subjects`: the labels of a header block.
    `originals`, `forwards`: what stands between dashes above a mail that is answered, or handed on. `sent_from`: the
    line that a program adds at the end; the gap must name a device or a program of `DEVICES`.
    """

    attributions: str = ""
    senders: str = ""
    dates: str = ""
    recipients: str = ""
    subjects: str = ""
    originals: str = ""
    forwards: str = ""
    sent_from: str = ""


LANGUAGES: Final = {
    "English": Words(
        attributions="On … wrote: | … wrote: | … wrote on …: | In … wrote:",
        senders="From",
        dates="Sent | Date | Sent on | Sent at",
        recipients="To | Cc | Bcc",
        subjects="Subject",
        originals="Original Message | Original Appointment | Original Mail | Original Email | Reply message",
        forwards="Forwarded message | Begin forwarded message | Forwarded mail | Forwarded email",
        sent_from="Sent from … | Sent via … | Sent with … | Sent using … | Get Outlook for … | Download Outlook for …",
    ),
    "German": Words(
        attributions="Am … schrieb …: | Am … schrieb: | Am … geschrieben: | … schrieb am …: | … schrieb:"
        " | Zitat von …:",
        senders="Von",
        dates="Gesendet | Datum | Gesendet am",
        recipients="An | Cc | Kopie | Bcc",
        subjects="Betreff",
        originals="Ursprüngliche Nachricht | Originalnachricht | Urspr. Nachricht | Original-Nachricht"
        " | Ursprünglicher Termin",
        forwards="Weitergeleitete Nachricht | Anfang der weitergeleiteten Nachricht"
        " | Anfang der weitergeleiteten E-Mail | Beginn der weitergeleiteten Nachricht",
        sent_from="Von meinem … gesendet | Von meiner … gesendet | Gesendet von … | Gesendet mit … | Gesendet über …"
        " | Diese Nachricht wurde von meinem … gesendet | Holen Sie sich Outlook für … | Outlook für … herunterladen"
        " | Outlook für … beziehen",
    ),
    "French": Words(
        attributions="Le … a écrit: | … a écrit: | Le … écrivait: | … a écrit le …:",
        senders="De | Expéditeur",
        dates="Envoyé | Envoyé le | Date",
        recipients="À | A | Cc | Cci | Destinataire",
        subjects="Objet | Sujet",
        originals="Message d'origine | Message original | Message initial | E-mail d'origine | Mail original"
        " | Rendez-vous d'origine",
        forwards="Message transféré | Début du message transféré | Début du message réexpédié | Message réexpédié"
        " | Message transmis | Courriel transféré | Début de l'e-mail transféré",
        sent_from="Envoyé de … | Envoyé depuis … | Envoyé à partir de … | Envoyé via … | Envoyé avec …"
        " | Obtenez Outlook pour … | Télécharger Outlook pour … | Téléchargez Outlook pour … | Provenance: …",
    ),
    "Spanish": Words(
        attributions="El … escribió: | … escribió: | El … ha escrito: | … escribió el …:",
        senders="De | Remitente",
        dates="Enviado | Enviado el | Enviada | Enviada el | Fecha",
        recipients="Para | Cc | A | Destinatario",
        subjects="Asunto",
        originals="Mensaje original | Correo original | Cita original",
        forwards="Mensaje reenviado | Inicio del mensaje reenviado | Comienzo del mensaje reenviado | Correo reenviado"
        " | Inicio del correo reenviado",
        sent_from="Enviado desde … | Enviado con … | Enviado por … | Obtener Outlook para … | Obtén Outlook para …"
        " | Descargar Outlook para …",
    ),
    "Portuguese": Words(
        attributions="Em … escreveu: | No dia … escreveu: | A … escreveu: | Às … escreveu: | … escreveu:"
        " | … escreveu …: | … escreveu no dia …:",
        senders="De | Remetente",
        dates="Enviado | Enviada | Enviado em | Enviada em | Enviado a | Data",
        recipients="Para | Cc | Destinatário",
        subjects="Assunto",
        originals="Mensagem original | Mensagem inicial | E-mail original | Compromisso original",
        forwards="Mensagem encaminhada | Mensagem reencaminhada | Mensagem reenviada | Início da mensagem encaminhada"
        " | Início da mensagem reencaminhada | Começo da mensagem encaminhada | E-mail encaminhado",
        sent_from="Enviado do … | Enviado da … | Enviado de … | Enviado pelo … | Enviado via … | Enviado a partir do …"
        " | Enviado a partir de … | Enviado com … | Obter o Outlook para … | Obtenha o Outlook para …"
        " | Baixe o Outlook para …",
    ),
    "Italian": Words(
        attributions="Il … ha scritto: | … ha scritto: | Il … scrisse: | … ha scritto il …:",
        senders="Da | Mittente",
        dates="Inviato | Inviato il | Data",
        recipients="A | Cc | Destinatario",
        subjects="Oggetto",
        originals="Messaggio originale | Messaggio di origine | E-mail originale | Appuntamento originale",
        forwards="Messaggio inoltrato | Inizio messaggio inoltrato | Inizio del messaggio inoltrato | E-mail inoltrata",
        sent_from="Inviato da … | Inviato dal … | Inviato con … | Inviata da … | Ottieni Outlook per …"
        " | Scarica Outlook per …",
    ),
    "Dutch": Words(
        attributions="Op … schreef …: | Op … schreef: | Op … geschreven: | … schreef op …: | … schreef:",
        senders="Van | Afzender",
        dates="Verzonden | Verstuurd | Datum | Verzonden op",
        recipients="Aan | Cc | Kopie | Ontvanger",
        subjects="Onderwerp",
        originals="Oorspronkelijk bericht | Origineel bericht | Oorspronkelijke bericht | Oorspronkelijke afspraak",
        forwards="Doorgestuurd bericht | Begin doorgestuurd bericht | Doorgestuurde e-mail"
        " | Doorgestuurd e-mailbericht",
        sent_from="Verstuurd vanaf … | Verstuurd met … | Verstuurd via … | Verzonden vanaf … | Verzonden met …"
        " | Verzonden via … | Verzonden vanuit … | Outlook voor … downloaden | Download Outlook voor …"
        " | Outlook downloaden voor …",
    ),
    "Swedish, Danish, Norwegian": Words(
        attributions="Den … skrev …: | Den … skrev: | … skrev …: | … skrev: | På … skrev …:",
        senders="Från | Fra",
        dates="Skickat | Sendt | Datum | Dato",
        recipients="Till | Til | Kopia | Kopi | Cc",
        subjects="Ämne | Emne",
        originals="Ursprungligt meddelande | Originalmeddelande | Oprindelig meddelelse | Opprinnelig melding"
        " | Original meddelelse",
        forwards="Vidarebefordrat meddelande | Vidarebefordrat brev | Videresendt meddelelse | Videresendt melding"
        " | Start på videresendt besked | Start på videresendt melding",
        sent_from="Skickat från … | Sendt fra … | Sendt med … | Hämta Outlook för … | Hent Outlook til …",
    ),
    "Finnish": Words(
        attributions="… kirjoitti …: | … kirjoitti:",
        senders="Lähettäjä",
        dates="Lähetetty | Päivämäärä | Päiväys",
        recipients="Vastaanottaja | Kopio",
        subjects="Aihe",
        originals="Alkuperäinen viesti",
        forwards="Välitetty viesti | Välitetty viesti alkaa",
        sent_from="Lähetetty … | Hanki Outlook …",
    ),
    "Polish": Words(
        attributions="W dniu … napisał(a): | … napisał(a): | W dniu … pisze: | … napisał: | … napisała: | … pisze:",
        senders="Od",
        dates="Wysłano | Wysłane | Data",
        recipients="Do | DW | Kopia",
        subjects="Temat",
        originals="Oryginalna wiadomość | Wiadomość oryginalna",
        forwards="Przekazana wiadomość | Treść przekazanej wiadomości | Wiadomość napisana przez",
        sent_from="Wysłane z … | Wysłano z … | Pobierz program Outlook dla …",
    ),
    "Czech, Slovak": Words(
        attributions="Dne … napsal(a): | … napsal(a): | … napsal: | … napsala: | Dňa … napísal: | … napísal(a):",
        senders="Od",
        dates="Odesláno | Odoslané | Datum | Dátum",
        recipients="Komu | Kopie | Kópia | Pro",
        subjects="Předmět | Predmet",
        originals="Původní zpráva | Původní e-mail | Pôvodná správa",
        forwards="Přeposlaná zpráva | Preposlaná správa",
        sent_from="Odesláno z … | Odoslané z … | Získat Outlook pro …",
    ),
    "Hungarian": Words(
        attributions="… ezt írta (…): | … ezt írta: | … írta:",
        senders="Feladó",
        dates="Elküldve | Dátum",
        recipients="Címzett | Másolatot kap",
        subjects="Tárgy",
        originals="Eredeti üzenet",
        forwards="Továbbított üzenet",
        sent_from="Az … küldve | … küldve",
    ),
    "Romanian": Words(
        attributions="În … a scris: | Pe … a scris: | … a scris:",
        senders="De la",
        dates="Trimis | Data",
        recipients="Către | Cc",
        subjects="Subiect",
        originals="Mesaj original | Mesajul original",
        forwards="Mesaj redirecționat | Mesaj transmis",
        sent_from="Trimis de pe … | Trimis din …",
    ),
    "Turkish": Words(
        attributions="… şunu yazdı: | … yazdı: | … şunları yazdı:",
        senders="Kimden | Gönderen",
        dates="Gönderildi | Gönderme Tarihi | Tarih",
        recipients="Kime | Bilgi",
        subjects="Konu",
        originals="Orijinal İleti | Özgün İleti | Orijinal Mesaj",
        forwards="Yönlendirilen ileti | İletilen ileti | Yönlendirilmiş ileti",
        sent_from="… gönderildi",
    ),
    "Russian, Ukrainian": Words(
        attributions="… написал(а): | … пишет: | … написал: | … написала: | … пише:",
        senders="От | Від",
        dates="Отправлено | Дата | Надіслано",
        recipients="Кому | Копия | Копія",
        subjects="Тема",
        originals="Исходное сообщение | Первоначальное сообщение | Оригинальное сообщение",
        forwards="Пересылаемое сообщение | Пересланное сообщение | Начало переадресованного сообщения",
        sent_from="Отправлено с … | Отправлено из … | Надіслано з …",
    ),
    "Chinese": Words(
        attributions="… 写道: | …写道: | … 寫道: | …寫道:",
        senders="发件人 | 寄件者 | 寄件人",
        dates="发送时间 | 日期 | 寄件日期",
        recipients="收件人 | 收件者 | 抄送 | 副本",
        subjects="主题 | 主旨",
        originals="原始邮件 | 原始郵件",
        forwards="转发的邮件 | 轉寄的郵件 | Forwarded message",
        sent_from="发自我的… | 從我的…傳送",
    ),
    "Japanese": Words(
        attributions="…のメール: | … wrote:",
        senders="差出人 | From",
        dates="送信日時 | 日時 | 日付",
        recipients="宛先 | CC",
        subjects="件名",
        originals="元のメッセージ | 元のメール",
        forwards="転送されたメッセージ | 転送されたメール",
        sent_from="…から送信",
    ),
    "Korean": Words(
        attributions="…님이 작성: | …작성:",
        senders="보낸 사람 | 보낸사람",
        dates="보낸 날짜 | 날짜",
        recipients="받는 사람 | 받는사람 | 참조",
        subjects="제목",
        originals="원본 메시지 | 원본 메일",
        forwards="전달된 메시지 | 전달된 메일",
        sent_from="…에서 보냄",
    ),
}

FORWARD_SUBJECTS: Final = _split(
    "fw | fwd | wg | tr | rv | enc | i | doorst | vb | vs | vl | pd | ilt | redir | továbbítás | továbbítva"
    " | 转发 | 轉寄 | 전달"
)
"""What stands before the colon of a subject when a mail is handed on."""

DEVICES: Final = _split(
    "iphon | ipad | ipod | android | galaxy | samsung | huawei | xiaomi | redmi | pixel | oneplus | oppo | nokia | sony"
    " | xperia | htc | motorola | blackberry | windows | ios | macbook | imac | mac | phone | smartphone | mobil"
    " | handy | téléphone | telefon | teléfono | móvil | celular | telemóvel | cellulare | telefoon | tablet"
    " | outlook | yahoo | gmail | gmx | web.de | aol | proton | spark | airmail | mailspring | k-9 | fairemail"
    " | t-mobile | verizon | vodafone | orange | sfr | thunderbird | device"
)
"""Longer ones with any ending: `iPhonu`, `telefono`."""


def words(field: str) -> tuple[str, ...]:
    """All languages' entries of one field, each once."""
    return tuple(dict.fromkeys(each for language in LANGUAGES.values() for each in _split(getattr(language, field))))
