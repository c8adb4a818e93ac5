"""Numbers, names and scripts: a word is found however it is joined, split, or written, and no other word is taken for it."""

import pytest

from search.engine import Query
from tests.search.conftest import Pair, document

SPELLINGS = {
    "part": ("Firmware of the radio", "Flash the NRF52840 before you go on."),
    "other-part": ("Firmware of the modem", "Flash the SIM7600 before you go on."),
    "order": ("Find an order", "Search by its number, which has eleven digits."),
    "baud": ("Speed of the port", "Choose 115200 in the list."),
    "hex": ("Update fails", "Windows says 0xC1900101 and rolls back."),
    "knowledge": ("Known updates", "KB5034441 needs more room."),
    "board": ("Choose a board", "The RP2040-B2 is newer."),
    "hash": ("Check a download", "Compare the MD-5 sum, or the one of BLAKE2b."),
    "system": ("Supported systems", "It runs on Debian13 and macOS."),
    "pages": ("Size of the log", "It keeps 25,000 lines."),
    "camel": ("Read a sensor", "Call readSensorValue(3) in the loop."),
    "snake": ("Close a file", "Call close_file_handle when you are done."),
    "acronym": ("Parse a page", "Use the class HTMLPageParser."),
    "shy": ("Payment", "Choose pay\u00adment me\u200bthod in the menu, in ac\u2060count set\u200dtings."),
    "others": ("Colours", "Red, green and blue."),
}
SCRIPTS = {
    "hi-one": ("पता", "अपना पता यहाँ लिखें।"),
    "hi-other": ("पिता", "पिता का नाम यहाँ लिखें।"),
    "bn-one": ("দিন", "এক দিন পরে।"),
    "bn-other": ("দান", "দান করুন।"),
    "ta-one": ("கலை", "கலை பற்றி."),
    "ta-other": ("கல்", "கல் பற்றி."),
    "th-one": ("ม้า", "ซื้อม้าได้ที่ไหน"),
    "th-other": ("หมา", "ซื้อหมาได้ที่ไหน"),
    "km-one": ("ទឹក", "ទឹកនៅទីនេះ"),
    "ar": ("فاتورة", "رقم الفاتورة ٤٧١١ هنا"),
    "fa": ("حساب", "رمز ۸۸۹۹ را بنویسید"),
}


@pytest.fixture
def spelt(pair: Pair) -> Pair:
    """Both engines with numbers and names."""
    pair.fill([document(slug, title, ("", text)) for slug, (title, text) in SPELLINGS.items()])
    return pair


@pytest.fixture
def scripts(pair: Pair) -> Pair:
    """Both engines with words that differ by a sign."""
    pair.fill([document(slug, title, ("", text)) for slug, (title, text) in SCRIPTS.items()])
    return pair


def first(pair: Pair, text: str) -> str:
    hits = pair.search(Query(text)).hits
    return hits[0].slug if hits else ""


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("how do I update the NRF52840 firmware", "part"),
        ("firmware NRF52840", "part"),
        ("firmware SIM7600", "other-part"),
        ("what is 115200 for?", "baud"),
        ("my update fails with 0xC1900101, what can I do?", "hex"),
        ("what is KB5034441?", "knowledge"),
        ("KB 5034441", "knowledge"),
    ],
)
def test_a_number_that_an_article_holds_is_asked_for(spelt: Pair, text: str, slug: str) -> None:
    assert first(spelt, text) == slug


def test_a_number_in_no_article_is_left_out_and_told(spelt: Pair) -> None:
    found = spelt.search(Query("where is my order 44556677889? write to me@example.com please", with_reasons=True))
    assert found.hits[0].slug == "order"
    assert found.explanation is not None
    assert {"44556677889", "me@example.com"} <= {*found.explanation.left_out}
    assert "order" in [word.typed for word in found.explanation.words]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("rp2040b2", "board"),
        ("RP2040 B2", "board"),
        ("rp-2040-b2", "board"),
        ("rp 2040b2", "board"),
        ("which sum is md5?", "hash"),
        ("blake 2b", "hash"),
        ("BLAKE-2-b", "hash"),
        ("does it run on debian 13?", "system"),
        ("debian-13", "system"),
        ("kb-5034441", "knowledge"),
        ("25000", "pages"),
    ],
)
def test_letters_and_digits_join_and_split(spelt: Pair, text: str, slug: str) -> None:
    assert first(spelt, text) == slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("readSensorValue", "camel"),
        ("readsensorvalue", "camel"),
        ("read sensor value", "camel"),
        ("read_sensor_value", "camel"),
        ("SensorValue", "camel"),
        ("where is the value of a sensor?", "camel"),
        ("close_file_handle", "snake"),
        ("closeFileHandle", "snake"),
        ("closefilehandle", "snake"),
        ("file handle", "snake"),
        ("html page", "acronym"),
        ("PageParser", "acronym"),
        ("htmlpageparser", "acronym"),
        ("what does mac os need?", "system"),
    ],
)
def test_names_of_programs_are_found_whole_and_in_parts(spelt: Pair, text: str, slug: str) -> None:
    assert first(spelt, text) == slug


def test_the_part_of_a_name_that_was_asked_for_is_marked(spelt: Pair) -> None:
    assert "read<mark>Sensor</mark>Value" in spelt.search(Query("which sensor is it?")).hits[0].snippet


@pytest.mark.parametrize("text", ["payment method", "pay\u00adment meth\u00adod", "account settings", "a\u200bccount set\u200btings", "\ufeffpayment"])
def test_characters_that_nobody_sees_cut_no_word(spelt: Pair, text: str) -> None:
    found = spelt.search(Query(text))
    assert (found.hits[0].slug, found.corrected) == ("shy", None)
    assert found.answered or found.confidence > 0.6


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        *((title, slug) for slug, (title, _) in SCRIPTS.items()),
        ("पिता का नाम कहाँ लिखें?", "hi-other"),
        ("فــاتــورة", "ar"),
        ("فاتورة 4711", "ar"),
        ("۴۷۱۱", "ar"),
        ("8899", "fa"),
    ],
)
def test_words_that_differ_by_a_sign_are_told_apart(scripts: Pair, text: str, slug: str) -> None:
    assert first(scripts, text) == slug


@pytest.mark.parametrize("text", ["पात", "দিনি", "கலி", "ทหมึ"])
def test_a_word_with_other_signs_is_not_answered(scripts: Pair, text: str) -> None:
    assert scripts.search(Query(text)).confidence < 0.6
