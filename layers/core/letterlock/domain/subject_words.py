"""What mail programs put before a subject, and subjects that say nothing. A further language is a few further words.

Case, and what stands for a colon, do not matter.
"""

from __future__ import annotations

from typing import Final

from letterlock.domain.quote_words import FORWARD_SUBJECTS


def _split(text: str) -> frozenset[str]:
    """Words that are separated by bars."""
    return frozenset(each.strip() for each in text.split("|") if each.strip())


REPLIES: Final = _split(
    "re | aw | antw | antwort | sv | vs | vast | odp | ref | rif | r | res | rép | rv | ynt | yan | atb | ats | bls"
    " | vá | válasz | răsp | απ | σχετ | hb | отв | ответ | відп | відповідь | השב | תשובה | رد | 回复 | 回覆 | 答复"
    " | 答覆 | 返信 | 회신 | 답장 | тл | trả lời | tr | antwoord"
)
"""What stands before the colon when a mail is answered."""
PREFIXES: Final = REPLIES | frozenset(FORWARD_SUBJECTS)

GENERIC: Final = _split(
    # no subject at all
    "no subject | without subject | kein betreff | ohne betreff | sans objet | aucun objet | sin asunto | sem assunto"
    " | nessun oggetto | senza oggetto | geen onderwerp | inget ämne | intet emne | ei aihetta | brak tematu"
    " | bez předmětu | nincs tárgy | fără subiect | konu yok | без темы | без теми | 无主题 | 無主旨 | 件名なし"
    " | 제목 없음"
    # a greeting
    " | hi | hi there | hello | hello there | hey | dear sir or madam | good morning | hallo | guten tag | moin"
    " | bonjour | salut | hola | buenos días | olá | oi | bom dia | ciao | buongiorno | goedendag | hej | hei | moi"
    " | cześć | dzień dobry | dobrý den | szia | bună | merhaba | привет | здравствуйте | 你好 | こんにちは"
    " | 안녕하세요"
    # a want
    " | question | a question | questions | quick question | help | help me | please help | urgent | important | asap"
    " | request | inquiry | enquiry | info | information | problem | issue | error | bug | support | support request"
    " | contact | contact us | contact form | new message | message | complaint | feedback | update | reminder"
    " | follow up"
    " | frage | eine frage | anfrage | hilfe | bitte um hilfe | dringend | wichtig | problem | fehler | kontakt"
    " | kontaktanfrage | kontaktformular | nachricht | beschwerde | rückfrage | reklamation | erinnerung"
    " | aide | besoin d aide | demande | demande d information | renseignement | problème | réclamation | rappel"
    " | pregunta | consulta | ayuda | urgente | información | problema | contacto | queja | duda"
    " | pergunta | dúvida | ajuda | informação | contato | domanda | aiuto | richiesta | informazioni | contatto"
    " | vraag | hulp | verzoek | informatie | probleem | klacht | fråga | spørgsmål | spørsmål | kysymys"
    " | pytanie | pomoc | dotaz | kérdés | întrebare | soru | вопрос | помощь | 问题 | 質問 | 문의"
    # a thing that there are many of
    " | order | my order | invoice | payment | refund | return | delivery | account | password | login | document"
    " | documents | attachment | attached | photo | photos | picture | image | scan | file | files | quote | offer"
    " | booking | reservation | subscription | cancellation | application | meeting | appointment | report | newsletter"
    " | bestellung | meine bestellung | rechnung | zahlung | rückgabe | lieferung | konto | passwort | dokument"
    " | anhang | foto | fotos | bild | angebot | buchung | kündigung | bewerbung | termin"
    " | commande | ma commande | facture | paiement | remboursement | livraison | compte | pièce jointe | devis"
    " | réservation | résiliation | candidature | rendez vous | pedido | mi pedido | factura | pago | envío | cuenta"
    " | documento | reserva | fatura | pagamento | entrega | conta | ordine | fattura | spedizione | allegato"
    " | preventivo | prenotazione | bestelling | factuur | betaling | levering | rekening | bijlage | offerte"
    " | beställning | faktura | ordre | tilaus | lasku | zamówienie | objednávka | megrendelés | számla | comandă"
    " | factură | sipariş | fatura | заказ | счет | счёт | 订单 | 发票 | 注文 | 請求書 | 주문"
    # nothing
    " | test | testing | mail | e mail | email | thanks | thank you | many thanks | ok | okay | yes | no | danke"
    " | vielen dank | merci | gracias | obrigado | obrigada | grazie | bedankt | tack | takk | kiitos | dziękuję"
    " | děkuji | köszönöm | mulțumesc | teşekkürler | спасибо | 谢谢 | ありがとう | 감사합니다"
)
"""Bare subjects by which two mails of one person need not be about one matter; letters and digits only."""
