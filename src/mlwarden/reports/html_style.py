"""The head of the HTML report, with its style sheet."""

from __future__ import annotations

# The policy forbids the page everything but its own style sheet, whatever the scanned files smuggle into it.
PAGE_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>mlwarden report</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
header, main, footer { display: block; }
h1 { font-size: 1.4rem; margin: .5rem 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 0; }
small, .count, .place, .why, footer { color: #777; font-weight: normal; }
.place { font-family: ui-monospace, monospace; font-size: .85rem; }
.summary { font-size: 1.1rem; }
.filters { border: 1px solid var(--line); border-radius: .5rem; display: flex; gap: 1rem; flex-wrap: wrap; }
.finding { border: 1px solid var(--line); border-left: .4rem solid; border-radius: .4rem; }
.finding { margin: .8rem 0; padding: .7rem 1rem; }
.finding p { margin: .4rem 0; }
.critical { border-left-color: #b00040; } .high { border-left-color: #d9480f; }
.medium { border-left-color: #e0a800; } .low { border-left-color: #1c7ed6; }
.finding.accepted { opacity: .7; border-left-style: dashed; }
.badge { font-size: .75rem; padding: .1rem .5rem; border-radius: 1rem; color: #fff; background: #555; }
.critical .badge { background: #b00040; } .high .badge { background: #c2410c; }
.medium .badge { background: #8a6100; } .low .badge { background: #1864ab; }
pre { background: var(--soft); padding: .6rem; overflow-x: auto; border-radius: .3rem; margin: .6rem 0; }
pre .number { color: #777; user-select: none; }
mark { background: #ffd43b; color: #000; border-radius: .15rem; }
.fix { border-left: .2rem solid #2b8a3e; padding-left: .6rem; }
td, th { text-align: left; padding: .1rem 1.5rem .1rem 0; }
body:has(#show-critical:not(:checked)) .finding.critical,
body:has(#show-high:not(:checked)) .finding.high,
body:has(#show-medium:not(:checked)) .finding.medium,
body:has(#show-low:not(:checked)) .finding.low,
body:has(#show-accepted:not(:checked)) .finding.accepted { display: none; }
</style>
</head>
<body>"""
