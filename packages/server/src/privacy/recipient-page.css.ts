/** The page loads nothing, so its style is part of it; the policy below allows it by its hash. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1d1c1a;--soft:#5d5a54;--line:#e2dfd8;--accent:#0b5d7a;--on-accent:#fff;--good:#e8f2ec;--good-ink:#1c4d33}
@media (prefers-color-scheme:dark){:root{--paper:#161513;--card:#1f1e1b;--ink:#efece6;--soft:#b1aca2;--line:#37342f;--accent:#7cc4de;--on-accent:#0d2129;--good:#1d3327;--good-ink:#b9e3c9}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/24px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main{max-width:40rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.625rem;line-height:2rem;font-weight:600;margin:0 0 .75rem;letter-spacing:-.01em}
h2{font-size:1.0625rem;line-height:1.5rem;font-weight:600;margin:2.25rem 0 .5rem}
p{margin:0 0 .75rem;max-width:62ch}
.soft{color:var(--soft)}
dl{margin:1.5rem 0 0;border-top:1px solid var(--line)}
dl div{display:flex;gap:1rem;padding:.625rem 0;border-bottom:1px solid var(--line)}
dt{flex:0 0 6rem;color:var(--soft)}
dd{margin:0;min-width:0}
ol{list-style:none;margin:.75rem 0 0;padding:0}
ol>li{position:relative;padding:0 0 1.25rem 1.75rem}
ol>li::before{content:"";position:absolute;left:.25rem;top:.5rem;width:.625rem;height:.625rem;border:2px solid var(--soft);border-radius:50%;background:var(--paper)}
ol>li.person::before{border-color:var(--accent);background:var(--accent)}
ol>li:not(:last-child)::after{content:"";position:absolute;left:.53rem;top:1.375rem;bottom:-.25rem;width:1px;background:var(--line)}
li strong{font-weight:600}
li ul{list-style:none;margin:.125rem 0 0;padding:0;color:var(--soft);font-size:.9375rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin-top:.75rem}
.done{background:var(--good);color:var(--good-ink);border-color:transparent}
.card p:last-child{margin-bottom:0}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;border:0;border-radius:.5rem;background:var(--accent);color:var(--on-accent);cursor:pointer}
button:focus-visible,a:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.875rem;line-height:1.375rem}
@media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#333;--line:#999;--good:#fff;--good-ink:#000}main{max-width:none;padding:0}form{display:none}.card,.done{border:1px solid var(--line);padding:.75rem 1rem}h2{break-after:avoid}ol>li,dl div,.card{break-inside:avoid}ol>li.person::before{background:#000;border-color:#000;print-color-adjust:exact}}
@media (max-width:26rem){dl div{display:block}main{padding-top:1.5rem}button{width:100%}}
`;
