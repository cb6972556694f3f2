#include "report/sections.hpp"

namespace quarry::report {

std::string_view style() {
  // Blue against grey and orange: told apart by every kind of colour vision,
  // and by lightness alone.
  return R"css(
:root{color-scheme:light dark;--bg:#f8f7f4;--card:#fff;--ink:#1d1c1a;
--dim:#67635d;--line:#e3dfd8;--pick:#0a5fc2;--pool:#c3beb5;--wait:#dcd7ce;
--block:#db8300;--bad:#a8321f;--track:#f0ede7}
@media (prefers-color-scheme:dark){:root{--bg:#131417;--card:#1b1d21;
--ink:#ebe9e5;--dim:#a5a19a;--line:#32353b;--pick:#68aefc;--pool:#5d616a;
--wait:#474b53;--block:#f0a63a;--bad:#ff9a86;--track:#25272c}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",
"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums;
-webkit-text-size-adjust:100%}
main{max-width:1120px;margin:0 auto;padding:28px 20px 56px}
header{margin:0 0 24px}
.eyebrow{margin:0;color:var(--dim);font-size:13px;letter-spacing:.04em}
h1{margin:2px 0 6px;font-size:clamp(25px,4.4vw,38px);line-height:1.15;
letter-spacing:-.015em;text-wrap:balance;overflow-wrap:anywhere}
h2{margin:0;font-size:19px;line-height:1.3;letter-spacing:-.005em}
.lede{margin:0;font-size:17px;color:var(--dim);max-width:70ch}
.note{margin:3px 0 0;color:var(--dim);font-size:14px;max-width:78ch}
.alert{margin:16px 0 0;padding:10px 14px;border-left:4px solid var(--block);
background:var(--card);border-radius:0 8px 8px 0;font-size:15px}
dl.figures{display:flex;flex-wrap:wrap;
gap:1px;margin:20px 0 0;background:var(--line);border:1px solid var(--line);
border-radius:12px;overflow:hidden}
.figures div{flex:1 1 128px;background:var(--card);padding:12px 16px}
dt{color:var(--dim);font-size:13px}
.figures dd{margin:0;font-size:23px;font-weight:650;letter-spacing:-.01em;
line-height:1.25}
.figures dd small{font-size:14px;font-weight:400;color:var(--dim);
letter-spacing:0}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;
padding:18px 20px 20px;margin:0 0 16px;min-width:0}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),
1fr));gap:0 16px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));
gap:16px 12px;margin:16px 0 0;padding:0;list-style:none}
.grid li{min-width:0;font-size:13px;line-height:1.35}
.shot{position:relative;aspect-ratio:1;border-radius:8px;overflow:hidden;
background:var(--track);display:grid;place-items:center;color:var(--dim);
font-size:12px;text-align:center}
.shot img{width:100%;height:100%;object-fit:contain;display:block}
.shot img.small{image-rendering:pixelated}
.rank{position:absolute;left:5px;top:5px;padding:0 6px;border-radius:6px;
background:rgba(0,0,0,.62);color:#fff;font-size:12px;line-height:18px}
.who{margin-top:5px;font-weight:600;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis}
.id{color:var(--dim);white-space:nowrap;overflow:hidden;
text-overflow:ellipsis;display:block;direction:rtl;text-align:left}
.val{color:var(--dim)}
details{margin:16px 0 0}
summary{cursor:pointer;font-size:14px;font-weight:600;color:var(--pick);
padding:4px 0}
.scroll{overflow-x:auto;margin:8px 0 0}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:right;font-weight:600;color:var(--dim);font-size:13px;
border-bottom:1px solid var(--line);padding:5px 0 5px 16px;
vertical-align:bottom}
td{text-align:right;padding:5px 0 5px 16px;border-bottom:1px solid var(--line);
vertical-align:top}
tr:last-child td{border-bottom:0}
th:first-child,td:first-child,.text{text-align:left;padding-left:0}
td.text,th.text{padding-left:16px;overflow-wrap:anywhere}
td.text:first-child,th.text:first-child{padding-left:0}
td.long{min-width:15em}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin:12px 0 0;padding:0;
list-style:none;font-size:13px;color:var(--dim)}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;
margin-right:6px;vertical-align:-1px}
.pick{background:var(--pick)}.pool{background:var(--pool)}
.busy{background:var(--pick)}.starved{background:var(--wait)}
.blocked{background:var(--block)}.idle{background:var(--track)}
svg{display:block;width:100%;margin:16px 0 0;
border-bottom:1px solid var(--line)}
svg.of-pool{height:104px;fill:var(--pool)}svg.of-pick{
height:52px;margin-top:6px;
fill:var(--pick)}svg.ranks{height:150px;padding-top:2px}
svg polyline{fill:none;stroke:var(--pick);stroke-width:2;
vector-effect:non-scaling-stroke}
.axis{display:flex;justify-content:space-between;font-size:13px;
color:var(--dim);padding-top:4px}
.rows{display:grid;grid-template-columns:minmax(0,9em) 1fr auto;gap:7px 12px;
align-items:center;margin:14px 0 0;font-size:14px}
.rows .name{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.rows .num{text-align:right;color:var(--dim);font-size:13px;white-space:nowrap}
.rows .num b{color:var(--ink);font-weight:600}
.bars{display:grid;gap:2px}
.bar{display:flex;height:8px;border-radius:2px;overflow:hidden}
.track .bar{height:18px;border-radius:5px;background:var(--track)}
.note.more{margin-top:20px}
.lane{display:flex;justify-content:space-between;gap:12px;margin:14px 0 0;
font-size:14px}.lane span+span{color:var(--dim);font-size:13px}
svg.lane-work{height:38px;margin:3px 0 0;background:var(--track);border:0}
svg.lane-queue{height:16px;margin:2px 0 0;border:0;border-bottom:1px solid
var(--line);fill:var(--pool)}
path.busy{fill:var(--pick)}path.blocked{fill:var(--block)}
path.starved{fill:var(--wait)}
.kind{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",
monospace;font-size:13px;color:var(--bad)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,
250px),1fr));gap:10px 20px;margin:14px 0 0}
.facts dd{margin:0;overflow-wrap:anywhere}
footer{color:var(--dim);font-size:13px;margin:20px 0 0}
@media (max-width:560px){main{padding:18px 12px 36px}section{padding:15px 14px
17px}.grid{grid-template-columns:repeat(auto-fill,minmax(88px,1fr));
gap:14px 9px}
.rows{grid-template-columns:minmax(0,6.5em) 1fr auto;gap:7px 9px}
.figures div{padding:10px 13px}.figures dd{font-size:20px}}
@media print{body{background:#fff}section{break-inside:avoid}}
)css";
}

}  // namespace quarry::report
