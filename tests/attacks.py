"""Names that would become markup or code in a page that does not escape them."""

ATTACKS = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "</title><img src=x onerror=alert(1)>",
    "\u2028\u2029&quot;&lt;'\"\\u003c{data}{script}",
)
