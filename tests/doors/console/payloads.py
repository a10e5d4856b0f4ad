"""Markup that others have got through where they should not have: as text, it is only text."""

_SCRIPTS = [
    "alert(1)", "fetch('http://127.0.0.1:9/stolen')", "document.title='owned'", "location='http://127.0.0.1:9/'",
]  # fmt: skip
_FRAMES = [
    "<script>{}</script>",
    "<ScRiPt>{}</sCrIpT>",
    "</pre></textarea></title><script>{}</script>",
    '"><script>{}</script>',
    "<img src=x onerror={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    '" autofocus onfocus="{}" x="',
    "' onmouseover='{}' x='",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    '<a href="javascript:{}">here</a>',
    "<math><mtext></form><form><mglyph><style></math><img src onerror={}>",
    "<details open ontoggle={}>",
    "<video><source onerror={}></video>",
    "<body onload={}>",
]
_OTHERS = [
    "<img src='http://127.0.0.1:9/pixel.png'>",
    "![a](http://127.0.0.1:9/pixel.png)",
    "<link rel=stylesheet href=http://127.0.0.1:9/a.css>",
    "<style>@import 'http://127.0.0.1:9/a.css';</style>",
    "<base href='http://127.0.0.1:9/'>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<form action='http://127.0.0.1:9/'><button>Approve</button></form>",
    "<object data='http://127.0.0.1:9/a.svg'></object>",
    "<div hx-get='/runs' hx-trigger='load'>x</div>",
    "<div id='content' hx-swap-oob='true'>gone</div>",
    "<template><svg><a id='box-pay' hx-swap-oob='true'></a></svg></template>",
    "{{ 7 * 7 }}{% for x in () %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "\u202e<script>\u202c",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00<script>alert(1)</script>",
]

PAYLOADS = [frame.replace("{}", script) for frame in _FRAMES for script in _SCRIPTS] + _OTHERS
