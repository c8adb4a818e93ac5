"""Each language by real sentences: stop words, word forms, accents, and text without spaces."""

from pathlib import Path

import pytest

from search.embedded import EmbeddedEngine
from search.engine import Query
from search.store import Store
from search.words import words
from tests.search.conftest import Pair, document

SHELVES = {
    "en": ("Change your password", "Reset passwords in the account settings.", "Cancel an order", "Orders may be cancelled until they are shipped."),
    "es": (
        "Cambiar la contraseña",
        "Restablezca las contraseñas en la configuración de la cuenta.",
        "Cancelar un pedido",
        "Los pedidos se cancelan antes del envío.",
    ),
    "pt": ("Alterar a senha", "Redefina as senhas nas configurações da conta.", "Cancelar uma encomenda", "As encomendas são canceladas antes da expedição."),
    "fr": (
        "Changer le mot de passe",
        "Réinitialisez les mots de passe dans les réglages.",
        "Annuler une commande",
        "Les commandes annulées avant l'expédition sont remboursées.",
    ),
    "de": (
        "Passwort ändern",
        "Setzen Sie Passwörter in den Kontoeinstellungen zurück.",
        "Eine Bestellung stornieren",
        "Bestellungen werden vor dem Versand storniert.",
    ),
    "it": (
        "Cambiare la password",
        "Reimpostare le password nelle impostazioni dell'account.",
        "Annullare un ordine",
        "Gli ordini vengono annullati prima della spedizione.",
    ),
    "nl": (
        "Wachtwoord wijzigen",
        "Stel wachtwoorden opnieuw in bij de accountinstellingen.",
        "Een bestelling annuleren",
        "Bestellingen worden vóór verzending geannuleerd.",
    ),
    "zh": ("修改密码", "您可以在账户设置中重置密码。", "取消订单", "订单发货之前可以取消。"),
    "ja": ("パスワードを変更する", "アカウント設定でパスワードをリセットできます。", "注文をキャンセルする", "発送前の注文はキャンセルできます。"),
}

QUESTIONS = [
    ("en", "how can I reset my passwords?", "password"),
    ("en", "I would like my orders to be canceled", "order"),
    ("es", "¿Cómo puedo restablecer mis contrasenas?", "password"),
    ("es", "quiero cancelar los pedidos que hice", "order"),
    ("pt", "como faço para redefinir minhas senhas?", "password"),
    ("pt", "quero cancelar a minha encomenda", "order"),
    ("fr", "comment réinitialiser mes mots de passe ?", "password"),
    ("fr", "je voudrais annuler ma commande avant l’expedition", "order"),
    ("de", "Wie kann ich meine Passwörter zurücksetzen?", "password"),
    ("de", "ich möchte meine Bestellungen stornieren", "order"),
    ("it", "come posso reimpostare la mia password?", "password"),
    ("it", "vorrei annullare gli ordini", "order"),
    ("nl", "hoe kan ik mijn wachtwoorden wijzigen?", "password"),
    ("nl", "ik wil mijn bestellingen annuleren", "order"),
    ("zh", "怎么重置我的密码？", "password"),
    ("zh", "我想取消已经下的订单", "order"),
    ("ja", "パスワードを忘れたのでリセットしたい", "password"),
    ("ja", "注文をキャンセルしたいのですが", "order"),
]


@pytest.fixture
def shelves(pair: Pair) -> Pair:
    """Both engines with every language beside every other."""
    both = []
    for locale, (title, text, other, other_text) in SHELVES.items():
        both += [document(f"password-{locale}", title, ("", text), locale=locale), document(f"order-{locale}", other, ("", other_text), locale=locale)]
    pair.fill(both)
    return pair


def test_questions_find_their_article_in_each_language(shelves: Pair) -> None:
    for locale, text, topic in QUESTIONS:
        found = shelves.search(Query(text, locale=locale))
        assert [hit.slug for hit in found.hits][:1] == [f"{topic}-{locale}"], text
        assert "<mark>" in found.hits[0].snippet + found.hits[0].title_marked, text


def test_a_single_language_site_needs_no_locale(tmp_path: Path) -> None:
    for locale, (title, text, other, other_text) in SHELVES.items():
        engine = EmbeddedEngine(Store(tmp_path / f"{locale}.sqlite"))
        engine.sync([document("password", title, ("", text), locale=locale), document("order", other, ("", other_text), locale=locale)])
        for asked, question, topic in QUESTIONS:
            if asked == locale:
                assert engine.search(Query(question)).hits[0].slug == topic, question


def test_typing_errors_are_forgiven_in_other_languages(shelves: Pair) -> None:
    for locale, text, topic in (("de", "Pasword ändern", "password"), ("es", "canselar pedido", "order"), ("fr", "anuler commande", "order")):
        assert shelves.search(Query(text, locale=locale)).hits[0].slug == f"{topic}-{locale}"


def test_text_is_cut_into_words() -> None:
    assert words("Crème brûlée, l'été") == ["creme", "brulee", "l", "ete"]
    assert words("don't C++ C# naïve") == ["dont", "cplusplus", "csharp", "naive"]
    assert words("密码重置 wifi設定") == ["密码", "码重", "重置", "wifi", "設定"]
    assert words("Straße snake_case 1.8.19") == ["strasse", "snake", "case", "1", "8", "19"]


def test_german_umlauts_may_be_typed_as_two_letters(pair: Pair) -> None:
    pair.fill([document("delete", "Passwort löschen", ("", "Passwörter"), locale="de"), document("quit", "Abo kündigen", ("", "Vertrag"), locale="de")])
    for text, slug in (("Passwoerter loeschen", "delete"), ("Wie kuendige ich das Abo?", "quit")):
        found = pair.search(Query(text, locale="de"))
        assert (found.hits[0].slug, found.corrected) == (slug, None), text
    assert pair.search(Query("kuend", locale="de", is_typing=True)).hits[0].slug == "quit"
