/** The look of the report: one column, two schemes, no request to anywhere. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#faf8f4;--ink:#23211d;--soft:#6f6a60;--line:#e2ddd2;--card:#fff;
--ours:#b07d12;--tfjs:#3d7ea6;--jax:#8a5a9e;--third:#4c8a5b;--peak:#a94438}
@media (prefers-color-scheme:dark){:root{--paper:#171613;--ink:#ebe6da;--soft:#a39c8d;--line:#34312b;--card:#1f1d19;
--ours:#e0ad3c;--tfjs:#6fb1da;--jax:#bd8fd2;--third:#7cc08c;--peak:#e07a6d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,"Segoe UI",sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 20px 80px}
h1{font-size:clamp(1.7rem,5vw,2.6rem);line-height:1.15;margin:0 0 .3em;letter-spacing:-.02em}
h2{font-size:1.25rem;margin:0 0 .2em}
p{margin:.3em 0 1em;color:var(--soft);max-width:72ch}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:26px 0}
.fact,section{background:var(--card);border:1px solid var(--line);border-radius:12px}
.fact{padding:14px 16px}.fact b{display:block;font-size:1.45rem;letter-spacing:-.01em}.fact span{color:var(--soft);font-size:.85rem}
section{padding:22px;margin:18px 0}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:18px}.two section{margin:0}
svg{width:100%;max-width:760px;height:auto;display:block}svg text{fill:var(--soft);font-size:15px}svg .grid{stroke:var(--line)}svg .axis{fill:var(--ink)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:.88rem}.legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.case{display:grid;grid-template-columns:minmax(150px,230px) 1fr;gap:4px 14px;align-items:center;padding:9px 0;border-top:1px solid var(--line)}
.case:first-child{border:0}.case b{font-weight:500;font-size:.92rem}
.bar{display:flex;align-items:center;gap:8px;height:19px;font-size:.8rem;font-variant-numeric:tabular-nums;padding-right:118px;position:relative}
.bar i{display:block;height:11px;border-radius:0 4px 4px 0;min-width:2px;flex:none}.bar span{white-space:nowrap;color:var(--soft)}
@media (max-width:560px){.case{grid-template-columns:1fr}section{padding:16px}}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th{text-align:left;color:var(--soft);font-weight:500}td,th{padding:6px 12px 6px 0;border-bottom:1px solid var(--line);white-space:nowrap}
.n{text-align:right}.win{color:var(--third);font-weight:600}.lose{color:var(--peak);font-weight:600}
footer{color:var(--soft);font-size:.85rem;margin-top:26px}
`;
