import assert from 'node:assert/strict';
import { test } from 'node:test';
import { surveyHtml } from './html-survey.ts';
import { unsubscribeTargets, whyLeft, type LinkContext } from './link-rules.ts';

const CONTEXT: LinkContext = { unsubscribe: unsubscribeTargets([]), unicode: true };

/** Why the first web link of a piece of HTML stays, or that it may be tracked; undefined when there is none. */
function decision(html: string, context: LinkContext = CONTEXT): string | undefined {
  const { links, texts } = surveyHtml(html);
  const [link] = links;
  if (link?.marked === true) return 'marked';
  return link && (whyLeft(link, texts.of(link), context) ?? 'tracked');
}

const link = (href: string, text = 'Read more'): string => `<a href="${href}">${text}</a>`;

for (const href of [
  'http://example.com',
  'https://example.com/a/b?c=d&amp;e=f#g',
  'HTTPS://EXAMPLE.COM/',
  ' https://example.com/ ',
  'https://example.com/caf%C3%A9%20bar',
  'https://example.com/?filter[status]=open&amp;a[b][c]=1',
  'https://[2001:db8::1]:8080/',
  'https://user@example.com:8080/?q=a+b&amp;q=%zz&amp;&amp;=#?#',
  'https://m\u00fcnchen.example/stra\u00dfe?\u00fc=1',
  'https://example.com/%E2%82%AC%20caf%e9s%20and%20more',
  'https://example.com/?id={3F2504E0-4F89-11D3-9A0C-0305E82C3301}&amp;&amp;x',
  'https://example.com/100%25/a-b-c/@user/~home/$5?q=a|b&amp;price=$5',
]) {
  test(`a link to ${href} may be tracked`, () => {
    assert.equal(decision(link(href)), 'tracked');
  });
}

for (const href of [
  'mailto:ann@example.com',
  'tel:+4989123',
  'sms:+4989123',
  'cid:logo@example.com',
  'data:text/html,http://example.com',
  'javascript:location="http://example.com"',
  'ftp://example.com/',
  '#top',
  '',
  '/relative',
  '//example.com/',
  'https:example.com',
  'https:/example.com',
  'https:\\\\example.com',
  '{{ url }}',
  '*|UNSUB|*',
  '[unsubscribe]',
]) {
  test(`a link to ${href === '' ? 'nothing' : href} is no link to track`, () => {
    assert.equal(decision(link(href)), undefined);
  });
}

for (const href of [
  'https://example.com/{{name}}',
  'https://{{ host }}/',
  'https://example.com/{% url %}',
  'https://example.com/?n=${name}',
  'https://example.com/{name}',
  'https://example.com/{$unsubscribe}',
  'https://example.com/*|EMAIL|*',
  'https://example.com/[[name]]',
  'https://example.com/?n=[name]',
  'https://[unsubscribe]/',
  'https://example.com/&lt;%= name %&gt;',
  'https://example.com/%%name%%',
  'https://example.com/%recipient.name%',
  'https://example.com/?s=%SENDER_INFO%',
  'https://example.com/#{name}',
  'https://example.com/%7B%7Bname%7D%7D',
  'https://example.com/?u=*%7CEMAIL%7C*',
  'https://example.com/?u=%ADDRESS%',
  'https://example.com/?u=[First Name]',
  'https://example.com/?u=-name-',
  'https://example.com/?u=##name##',
  'https://example.com/?u=@@name@@',
  'https://example.com/?u=$name$',
  'https://example.com/?u=$name',
  'https://$domain/',
  'https://example.com/?u=%s',
  'https://example.com/?u={0}',
  'https://example.com/?u={name|default}',
  'https://example.com/?u=__NAME__',
  'https://example.com/?u=\u00abname\u00bb',
  'https://example.com/?u=&lt;?php echo $name ?&gt;',
  'https://example.com/?u=@Model.Name',
]) {
  test(`a template’s placeholder stays: ${href}`, () => {
    assert.equal(decision(link(href)), 'placeholder');
  });
}

for (const href of [
  'https://',
  'https://exa mple.com/',
  'https://example.com:99999/',
  'https://example.com/\u0001x',
]) {
  test(`an address that leads nowhere stays: ${JSON.stringify(href)}`, () => {
    assert.equal(decision(link(href)), 'malformed');
  });
}

for (const [href, text] of [
  ['https://example.com/unsubscribe?u=1', 'here'],
  ['https://example.com/l/opt-out', 'here'],
  ['https://example.com/x', 'Unsubscribe'],
  ['https://example.com/x', 'Hier <b>abmelden</b>'],
  ['https://example.com/x', 'Se d&eacute;sabonner'],
  ['https://example.com/x', '退订'],
]) {
  test(`a link to leave a list stays: ${href} “${text}”`, () => {
    assert.equal(decision(link(href ?? '', text)), 'unsubscribe');
  });
}

test('an address shown when the pointer rests on a link counts as visible', () => {
  assert.equal(
    decision('<a title="https://example.com/" href="https://example.com/x">Read</a>'),
    'shows-address',
  );
  assert.equal(decision('<a title="Our news" href="https://example.com/x">Read</a>'), 'tracked');
});

test('a link that another server tracks already stays', () => {
  const token = 'A'.repeat(54);
  assert.equal(
    decision(link(`https://track.example.net/l/${token}?to=https%3A%2F%2Fexample.com%2F`)),
    'already-tracked',
  );
});

test('a target of List-Unsubscribe stays, however its address is spelled', () => {
  const context = { ...CONTEXT, unsubscribe: unsubscribeTargets(['https://example.com/p?a=%C3%BC']) };
  for (const href of ['HTTPS://Example.com:443/p?a=%c3%bc', 'https://example.com/p?a=\u00fc#top']) {
    assert.equal(decision(link(href), context), 'unsubscribe', href);
  }
});

test('a target of List-Unsubscribe stays, whatever its words', () => {
  const context = { ...CONTEXT, unsubscribe: unsubscribeTargets(['https://example.com/p?a=1&b=2']) };
  assert.equal(decision(link('https://example.com/p?a=1&amp;b=2'), context), 'unsubscribe');
  assert.equal(decision(link('https://example.com/p?a=1'), context), 'tracked');
});

for (const text of [
  'https://example.com/',
  'http://Example.COM',
  'www.example.com',
  'example.com',
  'Visit example.com today',
  'exam<b>ple</b>.com',
  'exam&shy;ple.com',
  'example&#46;com',
  'ann@example.com',
  'https://example.com',
  'm\u00fcnchen.de',
  '请访问example.com。',
  'xn--mnchen-3ya.xn--p1ai',
  'EXAMPLE。COM',
  '192.0.2.1',
  'Go to http://[2001:db8::1]/',
  'example.com:8080/path',
  '<img src="x.png" alt="www.example.com">',
]) {
  test(`a link that shows an address stays: ${text}`, () => {
    assert.equal(decision(link('https://example.com/', text)), 'shows-address');
  });
}

for (const text of [
  'Read more',
  'Read more.',
  'Version 3.5 is out',
  'Invoice 2026.11.pdf',
  'Report.docx',
  'e.g. this, i.e. that, 10 a.m.',
  'Wait ... there is more',
  '€ 1.299,00',
  '<img src="https://example.com/x.png" alt="">',
  '',
]) {
  test(`a link that shows other text is tracked: ${text}`, () => {
    assert.equal(decision(link('https://example.com/', text)), 'tracked');
  });
}

for (const mark of [
  'data-waybill="off"',
  'data-waybill=OFF',
  'clicktracking="off"',
  'disable-tracking="true"',
  'ses:no-track',
]) {
  test(`a link marked ${mark} stays`, () => {
    assert.equal(decision(`<a ${mark} href="https://example.com/">Sign in</a>`), 'marked');
  });
}

test('a query in a character set that browsers encode in their own way stays', () => {
  const legacy = { ...CONTEXT, unicode: false };
  assert.equal(decision(link('https://example.com/?q=\u00fc'), legacy), 'malformed');
  assert.equal(decision(link('https://example.com/\u00fc?q=u#\u00fc'), legacy), 'tracked');
});
