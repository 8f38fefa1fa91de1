"""The page's style sheet: light and dark, printable, no web fonts."""

CSS = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1f2328;--soft:#5b6470;--line:#d8dce1;--grid:#d8dce1;--panel:#f6f7f9;
--accent:#0072b2;--good:#1a7f4b;--bad:#b3402a}
@media(prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e6e8eb;--soft:#9aa4b0;--line:#323942;--grid:#323942;
--panel:#1c2127;--accent:#5fb0e8;--good:#5cc790;--bad:#f0907a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1020px;margin:0 auto;padding:2.5rem 1.5rem 4rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .35rem;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:2.6rem 0 .7rem;padding-top:1.1rem;border-top:1px solid var(--line)}
h3{font-size:.95rem;margin:1.3rem 0 .4rem}
p{margin:.55rem 0;max-width:44rem}
.lead{font-size:1.12rem;color:var(--accent);font-weight:600;margin:0 0 1rem}
.next{border-left:3px solid var(--good);padding:.1rem 0 .1rem .8rem}
.soft,figcaption,caption{color:var(--soft);font-size:.86rem}
figure{margin:1.6rem 0 0}
figure svg{max-width:100%;height:auto;display:block}
figure svg text{font-family:inherit!important}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.84rem;line-height:1.35}
caption{text-align:left;padding:0 0 .4rem}
th,td{padding:.36rem .5rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--line)}
td{white-space:nowrap}
th:first-child,td:first-child{text-align:left}
th{font-weight:600;color:var(--soft);vertical-align:bottom}
.arm th{color:var(--ink);text-align:left;padding-top:.9rem}
td.said{white-space:normal;text-align:left;min-width:18rem}
.advice tbody th{text-align:left;color:var(--ink);max-width:16rem}
td small{display:block;color:var(--soft);font-size:.9em}
.down{color:var(--bad)}.up{color:var(--good)}
details{margin:.5rem 0}
summary{cursor:pointer}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.rung>summary{font-weight:600;padding:.3rem 0}
.sample{border:1px solid var(--line);border-radius:6px;padding:.75rem .9rem;margin:.6rem 0}
.sample header{display:flex;gap:.9rem;flex-wrap:wrap;font-size:.84rem;color:var(--soft)}
.badge{font-weight:600}
.correct{color:var(--good)}.wrong{color:var(--bad)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:0 .9rem}
pre{background:var(--panel);border-radius:4px;padding:.6rem .75rem;margin:.35rem 0;font:12.5px/1.5 ui-monospace,
SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;max-height:24rem;overflow-y:auto}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.label{font-size:.78rem;color:var(--soft);margin:.6rem 0 0}
ul{padding-left:1.15rem;max-width:44rem}
li{margin:.25rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;font-size:.86rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
@media print{details{display:block}pre{max-height:none}main{padding:0}}
"""
