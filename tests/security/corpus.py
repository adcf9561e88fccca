"""Texts with which hubs, template languages, spreadsheets and databases were broken into."""

TEMPLATE_ESCAPES = (
    "{{7*7}}", "{{config}}", "{% load static %}", "{% debug %}", "{{ request.user.password }}", "${7*7}", "#{7*7}",
    "<%= 7*7 %>", "{{''.__class__.__mro__[1].__subclasses__()}}", "{0.__class__.__init__.__globals__}",
    "{self.__dict__}", "{settings.SECRET_KEY}", "{name.__class__}", "{name!r}", "{name:>10000000000}", "%(name)s %s %n",
    "{name[0]}",
    "{name|attr('__class__')}", "{name|slice(0,999999999)}", "{name|pad(999999999)}", "{today + 99999999d}",
    "{serial:../../etc/passwd}", "$(id)", "`id`", "\\x41", "{" * 2000, "{name}" * 400, "{name" + "|upper" * 1000 + "}",
)  # fmt: skip
MARKUP = (
    "<hostile-tag onclick=alert(1)>", "\"><hostile-tag onmouseover=\"alert(1)", "'><hostile-tag autofocus onfocus='x'",
    "</script><hostile-tag>", "</title><hostile-tag>", "javascript:alert(1)", "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>", "&lt;hostile-tag&gt;", "<!--<hostile-tag>-->", "]]><hostile-tag>",
    "<hostile-tag hx-get=/x>",
)  # fmt: skip
UNSEEN = (
    "\u202egnp.exe",
    "a\u200b\u200d\ufeffb",
    "\u2066x\u2069",
    "é" + "\u0301" * 60,
    "\ufffe",
    "\x7f\x1b[31m",
    "𝕳𝖔𝖘𝖙𝖎𝖑𝖊",
)
QUERIES = ("'; DROP TABLE jobs_job; --", "1 OR 1=1", "%' OR '%'='", "\\'; --", "x' UNION SELECT 1 --")
ADDRESSES = (
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "//evil.invalid/x",
)
FORMULAS = ("=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-1+1")
EVERYTHING = (*TEMPLATE_ESCAPES, *MARKUP, *UNSEEN, *QUERIES, *ADDRESSES, *FORMULAS)
# Engines that backtrack take minutes for these.
PATTERNS = (
    ("(a+)+$", "a" * 900 + "!"), ("(a|aa)+$", "a" * 900 + "!"), ("(.*)*x", "a" * 900), ("([a-z]+)*\\d", "a" * 900),
    ("(x+x+)+y", "x" * 900), ("(a?){80}a{80}", "a" * 79), ("((a{1,30}){1,30}){1,10}", "b" * 900),
)  # fmt: skip
