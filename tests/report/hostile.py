"""Names and descriptions that would do harm if they were taken for anything but text."""

HOSTILE = [
    "<script>window.harm = 1</script>",
    "</script><script>window.harm = 1</script>",
    "<img src=x onerror='window.harm = 1'>",
    "\"' onmouseover='window.harm = 1' x=\"",
    "{{ 7 * 7 }}{% raw %}",
    '=HYPERLINK("http://192.0.2.1", "click")',
    "right \u202etfel\u202c, \u2067isolated\u2069 and \u0007 bell",
    "<!-- </style> ]]> &amp; --> \\u003cscript\\u003e",
]
