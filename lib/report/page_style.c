#include "report/page_style.h"

static const char *const rules[] = {
    ":root{color-scheme:light dark;--text:#1a1d21;--muted:#5b6470;--line:#dfe3e8;--surface:#fff;"
    "--page:#f4f6f8;--accent:#0069b4}\n",
    "@media screen and (prefers-color-scheme:dark){:root{--text:#e8eaed;--muted:#a2abb7;"
    "--line:#363c45;--surface:#1b1f24;--page:#121519;--accent:#58a6ff}}\n",
    "*{box-sizing:border-box}\n",
    "html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}\n",
    "@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}\n",
    "body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"
    "\"Segoe UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\",sans-serif}\n",
    "header,main,footer{max-width:1080px;margin:0 auto;padding:0 20px}\n",
    "header{padding-top:36px}\n",
    ".over{margin:0;color:var(--muted);font-size:13px;letter-spacing:.06em;"
    "text-transform:uppercase}\n",
    "h1{margin:2px 0 0;font-size:34px;line-height:1.2;overflow-wrap:anywhere}\n",
    ".sub{margin:4px 0 0;color:var(--muted)}\n",
    "h2{margin:0 0 6px;font-size:22px;line-height:1.3}\n",
    "h3{margin:0 0 10px;font-size:15px;font-weight:600}\n",
    "main{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);grid-auto-flow:dense;"
    "gap:18px;margin-top:18px;margin-bottom:18px}\n",
    "section{grid-column:1/-1;background:var(--surface);border:1px solid var(--line);"
    "border-radius:12px;padding:22px 24px 24px;scroll-margin-top:90px;min-width:0}\n",
    "section.half{grid-column:auto}\n",
    "section>p{margin:0 0 18px;max-width:72ch;color:var(--muted)}\n",
    "section>p strong{color:var(--text);font-weight:600}\n",
    ".show{display:flex;flex-wrap:wrap;gap:24px 40px;align-items:flex-start}\n",
    ".all{flex:1 1 100%;min-width:0}\n",
    ".table{flex:0 1 auto;min-width:0;max-width:100%;padding-top:7px}\n",
    ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:12px;"
    "margin:22px 0;padding:0;list-style:none}\n",
    ".cards li{background:var(--surface);border:1px solid var(--line);border-radius:12px;"
    "padding:12px 16px;min-width:0}\n",
    ".cards span,.cards small{display:block;font-size:13px;color:var(--muted)}\n",
    ".cards b{display:block;font-size:24px;font-weight:600;line-height:1.3;"
    "overflow-wrap:anywhere}\n",
    ".cards b.word{font-size:15px;line-height:2.08}\n",
    "nav{position:sticky;top:0;z-index:1;background:var(--page);border-bottom:1px solid "
    "var(--line)}\n",
    "nav ul{display:flex;flex-wrap:wrap;gap:4px;max-width:1080px;margin:0 auto;padding:8px "
    "12px;list-style:none;"
    "overflow-x:auto;scrollbar-width:thin}\n",
    "nav a{display:block;padding:4px 9px;border-radius:8px;color:var(--text);text-decoration:none;"
    "font-size:14px;white-space:nowrap}\n",
    "nav a:hover{background:var(--line)}\n",
    "a:focus-visible,summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}\n",
    "figure{margin:0}\n",
    ".chart{flex:1 1 400px;min-width:0}\n",
    ".chart svg{display:block;width:100%;height:auto}\n",
    ".wide{flex-basis:100%}\n",
    ".scroll{overflow-x:auto}\n",
    "table{border-collapse:collapse;font-size:14px;min-width:min(100%,360px)}\n",
    "th,td{padding:6px 22px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid "
    "var(--line)}\n",
    ".dense th,.dense td{padding-right:13px}\n",
    "tr>:last-child{padding-right:0}\n",
    "thead th{color:var(--muted);font-weight:500;white-space:nowrap}\n",
    "tbody th{font-weight:500;color:var(--muted)}\n",
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n",
    "details{margin-top:10px}\n",
    "summary{cursor:pointer;color:var(--accent);font-size:14px}\n",
    ".gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));"
    "gap:20px 16px}\n",
    ".gallery.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr))}\n",
    ".pictures{display:flex;gap:4px;align-items:center;margin-bottom:6px}\n",
    ".pictures img{flex:0 1 auto;min-width:0;height:auto;max-width:100%;"
    "border-radius:6px;display:block}\n",
    ".gallery:not(.wide) .pictures{height:150px;justify-content:center;background:var(--page);"
    "border-radius:8px}\n",
    ".pictures img{object-fit:contain}.gallery:not(.wide) img{height:146px;width:auto}\n",
    "figcaption{font-size:13.5px;line-height:1.4;overflow-wrap:anywhere}\n",
    "figcaption>*{display:block}\n",
    "figcaption strong{font-weight:600}\n",
    "figcaption span,figcaption small{color:var(--muted)}\n",
    "figcaption small{font-size:12px;white-space:nowrap;overflow:hidden;"
    "text-overflow:ellipsis}\n",
    "footer{padding-bottom:40px;color:var(--muted);font-size:13px}\n",
    "@media (max-width:900px){section.half{grid-column:1/-1}}\n",
    "@media (max-width:600px){header,main,footer{padding-left:12px;padding-right:12px}"
    "header{padding-top:22px}h1{font-size:27px}section{padding:16px 14px 18px}"
    ".cards{grid-template-columns:1fr 1fr;gap:8px}.cards b{font-size:20px}"
    ".cards b.word{font-size:13px;line-height:2}"
    "nav ul{flex-wrap:nowrap}.chart{flex-basis:100%;overflow-x:auto}.chart.wide "
    "svg{min-width:620px}"
    ".gallery{grid-template-columns:repeat(auto-fill,minmax(130px,1fr))}}\n",
    "@media print{body{background:#fff;font-size:11pt}nav{display:none}"
    "main{display:block}section{border:0;padding:0;margin:0 0 22pt}h2,h3{break-after:avoid}"
    "figure,tr,.cards li{break-inside:avoid}details>:not(summary){display:block}"
    ".scroll,.chart{overflow:visible}}\n"};

void iv_page_style(iv_text *out)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        iv_text_add(out, rules[i]);
}
