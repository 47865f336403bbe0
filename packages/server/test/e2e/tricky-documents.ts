const IMAGE = 'https://images.example/flower.png';

/** Long enough that filters do not count images: the carrier is an image element. */
const WORDS = 'The pallets leave the yard on Thursday, and the driver calls an hour before. '.repeat(50);

/** Written for this test: markup in which one more element shows, moves something, or changes what a rule selects. */
export const TRICKY_DOCUMENTS: Readonly<Record<string, string>> = {
  'a fragment': '<div dir="ltr">Hello Bob,<div><br></div><div>see you at ten.</div></div>',
  'text alone': 'Hello Bob, see you at ten.',
  'a long fragment': `<p>${WORDS}</p>`,
  'layout tables with a preheader': `<!doctype html><html><head><title>News</title></head><body style="margin:0">
    <div style="display:none;max-height:0;overflow:hidden">What the preview shows</div>
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
    <table width="560"><tr><td><img src="${IMAGE}" width="560" height="80" alt="A flower"></td></tr>
    <tr><td><h1>News</h1><p>${WORDS}</p><a href="https://shop.example/a?b=1&amp;c=2">Read more</a></td></tr></table>
    </td></tr></table></body></html>`,
  'conditional comments around the end': `<html><body><!--[if mso]><table><tr><td><![endif]--><p>${WORDS}</p>
    <img src="${IMAGE}" alt=""><!--[if mso]></td></tr></table><![endif]--></body></html>`,
  'a body that is a flex container': `<html><head><style>body{display:flex;flex-direction:column;gap:20px}
    body>*{padding:10px;background:#eee}</style></head><body><p>One</p><p>Two</p></body></html>`,
  'a body that is a grid, with an image': `<html><head><style>body{display:grid;grid-template-columns:1fr 1fr;gap:9px}
    </style></head><body><p>One</p><img src="${IMAGE}" alt="A flower"><p>Two</p></body></html>`,
  'rules for all images': `<html><head><style>img{width:100%!important;height:auto!important;display:block!important;
    border:4px solid red;margin:20px!important;padding:8px}</style></head><body><p>One</p><img src="${IMAGE}" alt="">
    <p>Two</p></body></html>`,
  'rules for everything': `<html><head><style>*{display:block!important;border:1px solid blue;padding:3px!important;
    margin:7px!important;position:relative;float:none;box-shadow:0 0 3px red}</style></head><body>One<b>two</b></body></html>`,
  'rules by what follows': `<html><head><style>body>:last-child{color:#c00;background:#ffc}
    p:nth-last-child(2){text-decoration:underline}</style></head><body><p>One</p><p>Two</p><p>Three</p></body></html>`,
  'rules from both ends': `<html><head><style>body>:first-child{color:#00c}body>:last-child{color:#c00;border:3px solid}
    p:nth-child(2){background:#eee}</style></head><body><p>One</p><p>Two</p><p>Three</p></body></html>`,
  'rules by type from both ends': `<html><head><style>p:first-of-type{color:#00c}p:last-of-type{color:#c00}</style></head>
    <body><p>One</p><img src="${IMAGE}" alt="A flower"><p>Two</p><table><tr><td>Three</td></tr></table></body></html>`,
  'owls and gaps': `<html><head><style>body{display:flex;flex-direction:column;justify-content:space-between;height:600px;
    gap:7px}*+*{margin-top:5px}body>*+*{border-top:1px solid red}</style></head><body><p>One</p><p>Two</p></body></html>`,
  'counted elements': `<html><head><style>body{counter-reset:n}*{counter-increment:n}body::after{content:counter(n)}
    </style></head><body><p>One</p><img src="${IMAGE}" alt=""></body></html>`,
  'images replaced and turned': `<html><head><style>img{content:url(${IMAGE});transform:scale(9);filter:invert(1)}</style>
    </head><body><p>One</p><img src="${IMAGE}" alt="A flower"><p>Two</p></body></html>`,
  'a body of its own height that overflows': `<html><head><style>body{position:relative;height:300px;overflow:auto}
    </style></head><body><p>${WORDS}</p></body></html>`,
  'three columns by a rule': `<html><head><style>body{column-count:3}</style></head><body><p>${WORDS}</p></body></html>`,
  'rules for empty elements and for attributes': `<html><head><style>span:empty,img:empty{padding:20px;background:red}
    [alt=""],[width="1"]{outline:4px solid red!important;width:90px!important}</style></head><body><p>One</p></body></html>`,
  'a body with a background of its own': `<html><body background="${IMAGE}" bgcolor="#ddeeff" text="#112233">
    <center>${WORDS}</center></body></html>`,
  'preformatted text to the end': `<html><body><pre>one\n  two\n    three</pre></body></html>`,
  'preformatted by style': `<html><body style="white-space:pre-wrap">one\n\n  two\n\n</body></html>`,
  'an unclosed table': '<html><body><table border="1"><tr><td>One</td><td>Two',
  'an unclosed list and quote': '<html><body><blockquote style="border-left:1px solid"><ul><li>One<li>Two',
  'text behind the end': '<html><body><p>One</p></body></html>\n<p>Two</p>\nThree',
  'two documents in one': `<html><body><p>Reply</p></body></html><html><body><p>Original ${WORDS}</p></body></html>`,
  columns: `<html><body style="column-count:2"><p>${WORDS}</p></body></html>`,
  'floats to the end': `<html><body><p><img src="${IMAGE}" align="left" alt="A flower">Beside it</p></body></html>`,
  'from right to left': `<html dir="rtl"><body><p>${WORDS}</p></body></html>`,
  'wider than the window': `<html><body><table width="1500"><tr><td>${WORDS}</td></tr></table></body></html>`,
};

const LINK = '<a href="https://shop.example/a?b=1&amp;c=2">Read more</a>';

/** The same for one more anchor. Each has a link, and no rule that counts anchors. */
export const LINKED_DOCUMENTS: Readonly<Record<string, string>> = {
  'short mail': `<p>Hello Bob,</p><p>see you at ten. ${LINK}</p>`,
  'words after an inline link': `<html><body>Hello ${LINK}\n</body></html>`,
  'links as buttons': `<html><head><style>a{display:inline-block;padding:12px 20px!important;background:#c00;color:#fff;
    border:3px solid;border-radius:4px;min-width:90px;min-height:30px;box-shadow:0 0 3px red;margin:9px}</style></head>
    <body><p>${WORDS}</p>${LINK}</body></html>`,
  'words and images before and after each link': `<html><head><style>a::before{content:"» "}a:after{content:url(${IMAGE})}
    a[href^=http]::after{position:absolute;top:0;left:0;width:50px;height:50px;background:red}</style></head>
    <body><p>${WORDS}</p>${LINK}</body></html>`,
  'rules for everything': `<html><head><style>*{display:block!important;border:1px solid blue;padding:3px!important;
    margin:7px!important;float:none;outline:2px solid green}a:focus{outline:4px solid red}</style></head>
    <body>One<b>two</b>${LINK}</body></html>`,
  'a body that is a grid, with an image': `<html><head><style>body{display:grid;grid-template-columns:1fr 1fr;gap:9px}
    </style></head><body><p>One</p><img src="${IMAGE}" alt="A flower"><p>${WORDS}</p>${LINK}</body></html>`,
  'rules by what follows': `<html><head><style>body>:last-child{color:#c00;background:#ffc}
    p:nth-last-child(2){text-decoration:underline}</style></head><body><p>One</p><p>Two ${LINK}</p></body></html>`,
  'rules from both ends': `<html><head><style>body>:first-child{color:#00c}body>:last-child{color:#c00;border:3px solid}
    p:nth-child(2){background:#eee}</style></head><body><p>One</p><p>Two ${LINK}</p><p>Three</p></body></html>`,
  'links beside links': `<html><head><style>a+a{margin-left:40px}a~a{color:red}</style></head>
    <body>${WORDS}${LINK} ${LINK}</body></html>`,
};
