/** The look of the report: one column, two schemes, no request to anywhere. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#faf8f4;--ink:#23211d;--soft:#6f6a60;--line:#e2ddd2;--card:#fff;
--ours:#b07d12;--tfjs:#3d7ea6;--jax:#8a5a9e;--third:#4c8a5b;--peak:#a94438}
@media (prefers-color-scheme:dark){:root{--paper:#171613;--ink:#ebe6da;--soft:#a39c8d;--line:#34312b;--card:#1f1d19;
--ours:#e0ad3c;--tfjs:#6fb1da;--jax:#bd8fd2;--third:#7cc08c;--peak:#e07a6d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,"Segoe UI",sans-serif}
main{max-width:1180px;margin:0 auto;padding:40px 20px 80px}
h1{font-size:clamp(1.7rem,5vw,2.6rem);line-height:1.15;margin:0 0 .3em;letter-spacing:-.02em}
h2{font-size:1.25rem;margin:0 0 .2em}
p{margin:.3em 0 1em;color:var(--soft);max-width:90ch}.gist{color:var(--ink);margin-bottom:0}
small{font-size:.8em;font-weight:400;color:var(--soft)}sup{font-size:.72em;line-height:0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(145px,1fr));gap:12px;margin:26px 0}
.fact,section{background:var(--card);border:1px solid var(--line);border-radius:12px}
.fact{padding:13px}.fact b{display:block;font-size:1.5rem;letter-spacing:-.01em;white-space:nowrap}.fact b small{font-size:.85rem;letter-spacing:0}
.fact span{display:block;color:var(--soft);font-size:.85rem;line-height:1.35}
section{padding:22px;margin:18px 0}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:18px}.two section{margin:0}
svg{width:100%;max-width:820px;height:auto;display:block;margin:0 auto}svg text{fill:var(--soft);font-size:15px}svg .grid{stroke:var(--line)}svg text.axis{fill:var(--ink)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:.88rem}.legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.legend i.dashes{border-radius:0;height:0;width:18px;border-top:2px dashed;background:none;vertical-align:4px}
.bars{display:grid;gap:6px 34px}.columns2{grid-template-columns:repeat(2,1fr)}.columns3{grid-template-columns:repeat(3,1fr)}
.case{padding:9px 0;border-top:1px solid var(--line);min-width:0}
.case h3{display:flex;justify-content:space-between;font-weight:500;font-size:.92rem;margin:0 0 2px}.case h3 b{color:var(--ours)}
.bar{display:flex;align-items:center;gap:8px;height:18px;font-size:.8rem;font-variant-numeric:tabular-nums;padding-right:112px}
.bar.noted{padding-right:165px}
.bar i{display:block;height:11px;border-radius:0 4px 4px 0;min-width:2px;flex:none}.bar span{white-space:nowrap;color:var(--soft)}
.slopes{margin-top:14px;font-size:.85rem;font-variant-numeric:tabular-nums}.slopes p{margin:0 0 .4em}
.slopes div{display:flex;flex-wrap:wrap;gap:5px;align-items:center;margin-bottom:6px}.slopes b{min-width:82px;font-weight:500}
.slopes span{border:1px solid;border-radius:7px;padding:1px 7px;white-space:nowrap}
.slopes em{font-style:normal;min-width:92px}.win{color:var(--third)}.open{color:var(--ours)}.lose{color:var(--peak)}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th{text-align:left;color:var(--soft);font-weight:500}td,th{padding:5px 14px 5px 0;border-bottom:1px solid var(--line)}
th.group{color:var(--ink);font-weight:600;padding-top:16px}
.n{text-align:right;white-space:nowrap}.share{width:30%;text-align:right;padding-right:0;white-space:nowrap}
.share div{display:inline-block;width:calc(100% - 52px);height:9px;background:var(--line);border-radius:3px;text-align:left;vertical-align:middle}
.share span{display:inline-block;width:52px}td.share{min-width:96px}.share i{display:block;height:9px;background:var(--ours);border-radius:3px}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:0 34px;margin:8px 0 0;font-size:.88rem;font-variant-numeric:tabular-nums}
dl div{display:flex;justify-content:space-between;gap:14px;border-bottom:1px solid var(--line);padding:5px 0}dt{color:var(--soft)}dd{margin:0;white-space:nowrap}
footer{color:var(--soft);font-size:.85rem;margin-top:26px;max-width:90ch}
@media (max-width:900px){.columns3{grid-template-columns:1fr}}
@media (max-width:640px){main{padding:24px 12px 60px}section{padding:16px}.columns2{grid-template-columns:1fr}
.rate{display:none}td,th{padding-right:10px}.share{width:27%}svg text{font-size:21px}}
`;
