"""Stop words of Chinese and Japanese questions. Neither script has spaces, so they are cut out of the text."""

import re
from functools import lru_cache

from search.text.normalizer import fold, is_cjk, language
from search.text.tokenizer import words

# Characters that begin or end many other words (能 in 功能, 到 in 到期) stand only inside longer ones here.
_CHINESE = """的时候 什么时候 什麼時候 是什么 是什麼 为什么 為什麼 什么 什麼 怎么办 怎麼辦 怎么样 怎麼樣 怎么回事 怎么 怎麼 怎样 怎樣 如何 多少 多久
    多长时间 多長時間 在哪里 在哪裡 在哪儿 在哪 到哪里 到哪裡 到哪 去哪里 去哪裡 去哪 哪里 哪裡 哪儿 哪个 哪個 哪些 能不能 可不可以 可以 是不是 是否
    有没有 有沒有 不能 不了 不到 不上 不会 不會 无法 無法 没有 沒有 应该 應該 需要 想要 请问 請問 请教 請教 麻烦 麻煩 谢谢 謝謝 你好 您好 我想 我要
    我们 我們 你们 你們 他们 他們 咱们 自己 这个 這個 那个 那個 这些 這些 那些 这里 這裡 一下 一直 已经 已經 因为 因為 所以 但是 如果 的话 的話 还是
    還是 还有 還有 继续 之后 之前 然后 (?<!目)的(?!确) 了(?!解) 吗 嗎 呢 吧 啊 我 你 您 他 她 它 们 們 不 都 也 很 就 把 被 与 或 请 請 跟"""
_JAPANESE = """どうすればいいですか どうすればよいですか どうすれば どうしたら どうやって どのように いいですか よいですか でしょうか のでしょうか
    のですが んですが ですが ですか ますか ませんか ません ましたが ました ます です できません できますか できます できない できなく できる できず
    してください ください くださいませ いただけますか いただきたい お願いします 教えて したいです したいのです したい したく したら すれば しません
    しました します している していない していて して する した しない されません されました されます される された されない られますか られません
    られます られない られる れません れます なりません なりました なります なった なって なくなった なければ ならない ならず なる ない なく なかった
    たいのです たいです たい という といった について ている ています ていない てしまいました てしまった ておりません から まで より など こと もの
    ため とき ところ だけ ので のに には では とは でも ても ては まだ もう また すぐ いつ どこ どの どちら どう なぜ なに どれ これ それ あれ この
    その あの ここ そこ ある あります ありません ありますか いる います いません 私の 何か 場合 方法 自分"""
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff]")
_PARTICLE = "(?<![\u3041-\u309f])[がをにはのともでへやか]|[おご](?=[\u4e00-\u9fff])"
"""A Japanese particle stands after a word that is not written in hiragana; `お` and `ご` are polite, and stand before one that is not."""


def question_words(text: str, locales: tuple[str, ...]) -> list[str]:
    """The folded words of a question in order; of Chinese and Japanese in `locales` without their fillers, also where a single character is left."""
    if text.isascii():
        return words(text)
    folded = fold(text)
    fillers = _fillers_of(folded, {language(locale) for locale in locales})
    return (words(fillers.sub(" ", folded)) or words(folded)) if fillers else words(folded)


def is_filler(char: str) -> bool:
    """Whether a character often stands for nothing: one of those above, or hiragana."""
    return bool(_KANA.match(char)) or char in _weak()


def _fillers_of(text: str, languages: set[str]) -> re.Pattern[str] | None:
    if "ja" in languages and (_KANA.search(text) or "zh" not in languages):
        return _pattern("ja")
    return _pattern("zh") if "zh" in languages and any(map(is_cjk, text)) else None


@lru_cache(maxsize=2)
def _pattern(script: str) -> re.Pattern[str]:
    listed = sorted((_CHINESE if script == "zh" else _JAPANESE).split(), key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(listed)})+か?|{_PARTICLE}" if script == "ja" else "|".join(listed))


@lru_cache(maxsize=1)
def _weak() -> frozenset[str]:
    return frozenset(char for char in _CHINESE + "能会會要有到上在是来來下个個这這那去用让讓给給和" if is_cjk(char)) - frozenset("时間长需麻烦谢应")
