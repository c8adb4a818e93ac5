"""Markdown documents with raw HTML of every kind, made up by hypothesis."""

from hypothesis import strategies as st


def _words(text: str) -> list[str]:
    return text.split()


TAGS = [
    *_words("a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br button canvas caption"),
    *_words("center cite code col colgroup command data datalist dd del details dfn dialog dir div dl dt em embed fencedframe fieldset figcaption"),
    *_words("figure font footer form frame frameset h1 h2 h6 head header hgroup hr html i iframe image img input ins isindex kbd keygen label legend"),
    *_words("li link listing main map mark marquee menu menuitem meta meter multicol nav nextid nobr noembed noframes noscript object ol optgroup"),
    *_words("option output p param picture plaintext portal pre progress q rb rp rt rtc ruby s samp script search section select slot small source"),
    *_words("spacer span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var"),
    *_words("video wbr xmp x-y kb-player math mi mo mn ms mtext mglyph malignmark annotation annotation-xml semantics maction mstyle"),
    *_words("foreignObject desc animate animateTransform set use image feImage handler a:b svg:script g path circle textPath script/ style/"),
]
HANDLERS = ["onerror", "onload", "onclick", "ontoggle", "onfocus", "onbegin", "onanimationstart", "onpointerrawupdate", "ONMOUSEOVER", "onbeforematch", "on"]
NAMES = [
    *_words("href src srcset srcdoc style action formaction xlink:href data poster background ping http-equiv content id name class is target rel"),
    *_words("data-player data-src data-title data-copy-link data-x tabindex contenteditable autofocus popover popovertarget accesskey draggable dir"),
    *_words("lang title alt width height loading decoding controls preload autoplay type value for form method enctype ismap usemap longdesc"),
    *_words("codebase classid archive profile cite manifest dynsrc lowsrc xmlns xmlns:xlink attributeName from to values by sandbox allow role"),
    *_words("aria-label slot part nonce integrity crossorigin referrerpolicy open colspan rowspan scope start reversed datetime language event"),
]
ADDRESSES = [
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)"),
    *("&#106;avascript:alert(1)", "&#x6A;&#x61;vascript&#58;1", "javascript&colon;alert(1)", "java&Tab;script:1", "java&NewLine;script:1", "&#1;javascript:1"),
    *("data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml,<svg onload=1>", "vbscript:x", "blob:https://a/b", "file:///etc/passwd", "view-source:x"),
    *(
        "feed:javascript:1",
        "jar:http://a!/b",
        "intent://x",
        "ms-word:ofe|u|http://x",
        "about:blank",
        "filesystem:http://a/b",
        "chrome://x",
        "ws://a",
        "ftp://a/b",
    ),
    *("//evil.example", "/\\evil.example", "\\\\evil", "/%5Cevil.example", "https:evil.example", "http:/\\evil", "///evil", "https://a.example/?q=<script>"),
    *("mailto:a@b.example?bcc=c@d.example", "tel:+1234", "sms:+1;ext=2?body=x", "MAILTO:a@b.example", "https://www.youtube.com/watch?v=abcdefghijk"),
    *("https://www.youtube-nocookie.com/embed/abcdefghijk", "https://x.example/a.mp4", "http://[::1", "#main", "#x", "other.md", "img/a.png", "?q=1", "", " "),
]
BROKEN = [
    *("<!--", "-->", "--!>", "<!-->", "<!--->", "<!- x -->", "<![CDATA[", "]]>", "<?php ?>", "<!DOCTYPE html>", "<!ENTITY x>", "</", "<", ">", "<>", "</>"),
    *("<svg><style><!--</style><img title='--><img src onerror=1>'>", "<math><mtext><table><mglyph><style><img src onerror=1>"),
    *(
        "<noscript><p title='</noscript><img src onerror=1>'>",
        "<textarea><p title='</textarea><img src onerror=1>'>",
        "<title><p title='</title><script>1</script>'>",
    ),
    *(
        "<iframe><meta http-equiv=refresh content='0;url=//e'></iframe>",
        "<iframe><details open ontoggle=1></iframe>",
        "<iframe><p title='</iframe><script>1</script>'>",
    ),
    *(
        "<xmp><script>1</script></xmp>",
        "<noembed><img src onerror=1></noembed>",
        "<noframes><a href='javascript:1'>x</a></noframes>",
        "<plaintext>",
        "<listing>\n<b>",
    ),
    *("<form><math><mtext></form><form><mglyph><style></math><img src onerror=1>", "<svg></p><style><a id='</style><img src=1 onerror=1>'>"),
    *(
        "<select><option><style></select><script>1</script>",
        "<template><script>1</script></template>",
        "<table><a><tr><td></a><script>1</script>",
        "<svg><foreignObject><iframe>",
    ),
    *(
        "<a href=x><table><a href=javascript:1>y",
        "<p><video><source src=x onerror=1></video>",
        "<annotation-xml encoding=text/html><script>1</script>",
        "<br/ onclick=1>",
        "<img src=x / onerror=1>",
    ),
    *(
        '<a href="x"onclick="1">y</a>',
        "<a title='\">' href=javascript:1>",
        "<p style='display:none'>",
        "<p class=alert-title",
        "\0",
        "<\0script>",
        "<scr\0ipt>",
        "&lt;script&gt;",
        "&amp;lt;b",
    ),
    *(
        "&#0;",
        "&#x80;",
        "&#xD800;",
        "&#x110000;",
        "&notit;",
        "&quot;onload=1",
        "\u202e",
        "\uffff",
        "\u2028",
        "<a id=main name=search>",
        "<a name='cookie'>",
        "<a id='x' id='y'>",
    ),
]
MARKDOWN = [
    *(
        "word",
        "**b**",
        "`c<d>`",
        "# h {#id .c}",
        "## <b>h",
        "> q",
        "> [!NOTE] x",
        "- l",
        "1. l",
        "| a | b |\n|---|---|\n| c | d |",
        "```js onload=1\n<script>\n```",
        "    code",
    ),
    *(
        "x[^1]\n\n[^1]: note",
        "---",
        "{#id .class onclick=1}",
        "~~s~~",
        "<https://a.example>",
        "https://a.example/x",
        "[r]: javascript:1",
        "[x][r]",
        "*",
        "**",
        "[",
        "](",
        "![",
        "~~~",
    ),
]


def documents() -> st.SearchStrategy[str]:
    """Pieces of every kind beside and inside each other, on lines of their own or in one."""
    pieces = st.recursive(_leaves(), _nested, max_leaves=8)
    return st.lists(st.tuples(pieces, st.sampled_from(["\n\n", "\n", "", " ", "\n> ", "\n- ", "\n    ", "|"])), min_size=1, max_size=8).map(
        lambda parts: "".join(part for pair in parts for part in pair)
    )


def _leaves() -> st.SearchStrategy[str]:
    addresses = st.sampled_from(ADDRESSES)
    links = st.tuples(st.sampled_from(["[x]({})", "![x]({})", "[x](<{}>)", '[x]({} "t")', "<{}>", "[x][r]\n\n[r]: {}\n\n", "[x]({}){{#i .c}}"]), addresses)
    text = st.text(st.characters(codec="utf-8"), max_size=12)
    return st.one_of(st.sampled_from(MARKDOWN), st.sampled_from(BROKEN), links.map(lambda pair: pair[0].format(pair[1])), _opening(), text)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    ends = st.sampled_from(["</{}>", "</{}>", "</{}\n>", "", "</{}", "</p>", "<{}/>", "</{} x=1>"])
    element = st.tuples(_opening(), st.lists(inner, max_size=4).map("".join), ends, st.sampled_from(TAGS))

    def whole(parts: tuple[str, str, str, str]) -> str:
        opening, content, end, other = parts
        name = opening.lstrip("<").split()[0].strip("/>") if opening.strip("<>/ \n") else other
        return opening + content + end.format(name)

    return element.map(whole)


def _opening() -> st.SearchStrategy[str]:
    return st.tuples(_tag(), st.lists(_attribute(), max_size=4), st.sampled_from([">", ">", ">", "/>", " >", "\n>", ""])).map(
        lambda parts: f"<{parts[0]}{''.join(parts[1])}{parts[2]}"
    )


def _tag() -> st.SearchStrategy[str]:
    return st.sampled_from(TAGS) | st.sampled_from(TAGS).map(str.upper)


def _attribute() -> st.SearchStrategy[str]:
    names = st.sampled_from(NAMES) | st.sampled_from(HANDLERS) | st.sampled_from(NAMES).map(str.upper)
    texts = [
        "1",
        "alert(1)",
        "x",
        "main",
        "search",
        "display:none",
        "text-align:center",
        "background:url(//evil.example)",
        "</iframe><script>1</script>",
        "a>b",
        "&quot;",
        "0;url=//e",
    ]
    values = st.sampled_from(ADDRESSES) | st.sampled_from(texts) | st.sampled_from(BROKEN)
    quotes = st.sampled_from(["{}='{}'", '{}="{}"', "{}={}", "{} = '{}'", "{}=`{}`", "{}", '{}="{}', "/{}='{}'", "\n{}='{}'"])
    return st.tuples(st.sampled_from([" ", " ", "\n", "/", "\t", ""]), quotes, names, values).map(lambda parts: parts[0] + parts[1].format(parts[2], parts[3]))
