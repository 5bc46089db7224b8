"""Lines that stand for code the model did not write, such as `# ... rest unchanged ...`."""

import re

_OPENS = r"(?:#+|//+|/\*+|\*+|--+|<!--|;+|%+|\{/\*|\{\{/\*|\{\{!(?:--)?|\{#|<%#|\"{3}|'{3}|'(?= \.{3} )|REM\b)"
_CLOSES = r"(?:\*/\}{0,2}|-->|(?:--)?\}\}|#\}|%>|\"{3}|'{3})"
_COMMENT = re.compile(rf"^{_OPENS}\s*(?P<text>.*?)\s*{_CLOSES}?$")
_DOTS = re.compile(r"\.{3,}|\u2026")
_BRACKETS = "()[]<>{}\uff08\uff09\u3010\u3011 "
_LEFT_OUT = re.compile(
    r"\b(?:rest|remaining|remainder|existing|unchanged|previous|original|other|same|omitted|truncated|snip(?:ped)?|keep|your|more"
    r"|implement(?:ation)?|code|logic|methods?|functions?|class(?:es)?|content|lines|imports|as is|as before|here)\b",
    re.IGNORECASE,
)
_CERTAIN = re.compile(
    r"\b(?:rest|remaining|remainder|existing|unchanged|omitted|truncated|snip(?:ped)?|as (?:is|before)|same as)\b",
    re.IGNORECASE,
)
_WHAT = (
    r"(?:code|file|methods?|functions?|class(?:es)?|implementation|content|logic|tests?|imports?|lines|body|module"
    r"|exports?|styles?|rules|handlers?|routes?|helpers?|definitions?|declarations?|script|markup|config(?:uration)?|page)"
)
_SAYS_SO = re.compile(
    rf"^(?:todo:? )?(?:keep )?(?:the )?(?:rest|remainder)(?: of (?:the |this |your )?(?:\w+ )?{_WHAT})?(?P<how>.*)$"
    rf"|^(?:todo:? )?(?:keep )?(?:all )?(?:the )?(?:remaining|existing|previous|original|other) (?:\w+ )?{_WHAT}(?P<also>.*)$"
    r"|^(?:code )?(?:unchanged|omitted|snip(?:ped)?|truncated)(?: (?:code|lines|for brevity))?$"
    r"|^(?:same as (?:before|above)|no changes?(?: here)?|keep (?:the rest )?(?:as is|unchanged))$"
    r"|^(?:everything|all) else (?:\w+ ){0,3}(?:the same|unchanged|as (?:it )?(?:is|was|before))$"
    r"|^no (?:further |more |other )?changes (?:(?:are )?(?:needed|required|made|necessary) )?"
    r"(?:below|after|beyond|past|from|to)\b.*$"
    r"|^(?:then )?(?:continue|proceed)s? with (?:the )?(?:rest|remaining|existing|previous|original)\b.{0,40}$"
    r"|^(?:(?:existing|original|previous|the|your) )?(?:code|file|implementation) continues"
    r"(?: here| below| as before| unchanged)?$"
    r"|^(?:todo:? )?(?:your|the) (?:(?:existing|previous|original|other) )?(?:code|logic|implementation)(?: goes)?"
    r" (?:here|below)$"
    r"|^(?:and so on|etc)$",
    re.IGNORECASE,
)
_ABROAD = re.compile(
    r"^(?:(?:其[他余它]|剩余|原有|现有)的?(?:代码|部分|内容|方法|逻辑|函数).{0,6}(?:不变|省略|同上)"
    r"|(?:残り|既存|以下|他)の?(?:コード|部分|処理).{0,6}(?:同じ|省略|変更なし|そのまま)"
    r"|(?:나머지|기존|이하) ?(?:코드|부분).{0,6}(?:동일|생략|유지|그대로)"
    r"|(?:el )?resto del (?:código|archivo)\b.{0,20}|(?:le )?reste du (?:code|fichier)\b.{0,20}"
    r"|(?:der )?rest(?:licher)? (?:des codes|code|der datei)\b.{0,20}|(?:o )?rest(?:o|ante) do (?:código|arquivo)\b.{0,20}"
    r"|остальной код\b.{0,20})$",
    re.IGNORECASE,
)
"""The same in Chinese, Japanese, Korean, Spanish, French, German, Portuguese and Russian."""
_HOW = re.compile(
    r"^[ ,:]*(?:(?:it|was|were|is|are|goes?|stays?|remains?|continues?|follows?|exactly|the|same|unchanged|untouched|unmodified"
    r"|identical|here|below|above|as|before|omitted|for brevity|not shown|not changed|[(),]) *)*$",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"^(?:(?:the )?(?:output|response|file|content|text|result)s? (?:was |is |has been )?(?:truncated|clipped|omitted|cut off)"
    r"|(?:showing|displaying) lines? \d+ ?(?:-|to|\u2013) ?\d+\b.*"
    r"|(?:\d+ )?(?:more |other |further )?(?:lines|characters|tokens) (?:were |are )?(?:truncated|clipped|omitted|hidden)"
    r"(?: for brevity)?)$",
    re.IGNORECASE,
)
"""What tools that show files write where they stop."""
_BRACKETED = re.compile(r"^(?:\[[^\[\]]*\]|\([^()]*\)|<[^<>]*>)\.?$")
_PLAIN_WORDS = re.compile(r"[\w ,;'\u2019-]+")
MAX_LENGTH = 160


def is_ellipsis(line: str) -> bool:
    """Whether a line can stand for lines that are left out: dots alone, dots and a word for it, or a comment that says so."""
    text = line.strip()
    if not text or len(text) > MAX_LENGTH:
        return False
    comment = _COMMENT.match(text)
    said = (comment["text"] if comment else text).strip()
    bare = said.strip(_BRACKETS + ".\u2026-=*~:\u2702\u2014\u2013")
    bracketed = bool(_BRACKETED.match(said)) and " " in bare
    if (comment or bracketed) and (_NOTE.match(bare) or _says_so(bare)):
        return True
    return bool(_DOTS.search(said)) and _is_dotted(said, comment=comment is not None)


def says_what_is_left_out(line: str) -> bool:
    """Whether a line of prose says that there is more of a file, which stays as it is."""
    return _says_so(line.strip().strip(_BRACKETS + ".*_:"))


def is_placeholder(line: str, *, python: bool) -> bool:
    """Whether a new line stands for code. `...` alone is a statement of Python."""
    return is_ellipsis(line) and not (python and line.strip() == "...")


def _is_dotted(said: str, *, comment: bool) -> bool:
    bare = said.strip(_BRACKETS)
    words = _DOTS.sub("", bare).strip(_BRACKETS)
    begins, ends = bool(_DOTS.match(bare)), bare.endswith(("...", "\u2026"))
    if not words:
        return True
    if _DOTS.search(bare.strip(".\u2026")):
        return False  # dots between words are prose
    if not begins or _is_spread(bare):
        return comment and _says_so(words)
    if comment and ends:
        return True  # in whichever language
    if comment or ends:
        return bool(_LEFT_OUT.search(words))
    # A doctest goes on behind dots too.
    return " " in bare and bool(_PLAIN_WORDS.fullmatch(words) and _CERTAIN.search(words))


def _is_spread(text: str) -> bool:
    # `...rest`, `...args` and `...existing,` are JavaScript.
    return bool(re.match(r"\.{3}[\w$(\[{]", text)) and not re.search(r"\w \w", text)


def _says_so(text: str) -> bool:
    if _ABROAD.match(text):
        return True
    found = _SAYS_SO.match(text)
    return found is not None and bool(_HOW.match(found["how"] or found["also"] or ""))
