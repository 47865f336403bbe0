/**
 * Marks of template languages that some later step will fill in: Liquid, Handlebars, Jinja, Mailchimp, Salesforce,
 * SendGrid, ERB, PHP, Mailjet, Mailgun, Campaign Monitor, ActiveCampaign, ColdFusion, Razor, Velocity, printf. Wrapped
 * and encoded, nobody would recognise them.
 */
const PLACEHOLDER = new RegExp(
  [
    /\{\{|\}\}|\{%|%\}|\{#|[$#@%]\{|\\\{/, // {{name}} {%tag%} ${name} #{name} @{name} %{name}
    /\{(?![0-9a-f]{8}-)[^{}a-z_]*[a-z_][^{}]*\}|\{\d+\}/, // {name} {$name} {!name} {name|default} {0}, but no GUID
    /\*\||\|\*|\|[a-z_]+\|/, // *|NAME|* |name|
    /\[\[|\]\]|\[%|%\]/, // [[name]] [%name%]
    /^https?:\/\/\[(?![0-9a-f:.]+\])/, // http://[unsubscribe]
    /\[[a-z_][\w .:|-]*\](?![=[])/, // [name], but not the array index of a query, a[b]=
    /<%|%>|<\?|<[a-z]+>|<<|\u00ab/, // <%name%> <?name?> <name> <<name>> «name»
    /%%/, // %%name%%
    /%[a-z]+_[a-z_]+%/, // %SENDER_INFO%
    /%(?![0-9a-f]{2})[a-z][\w.]*%|%[a-z][\w.]{2,}%(?![0-9a-f]{2})/, // %recipient.name% %ADDRESS%, but not %C3%A9
    /%\d+\$[a-z]|%s\b/, // %1$s %s
    /[=/]-[a-z_]+-(?=[&/?#]|$)/, // -name-
    /[=/:](?:![a-z_]+!|:[a-z_]+:(?!\d)|\(\([a-z_ ]+\)\))/, // !name! :name: ((name))
    /~[a-z]+\.[a-z]+~/, // ~Contact.Name~
    /##|@@|&&[a-z_]+&&|#[a-z_]+#/, // ##name## @@name@@ &&name&& #name#
    /__[a-z]+(?:_[a-z]+)*__/, // __NAME__
    /\$[a-z_]\w*\$|\$\(|[=/]\$[a-z_!]/, // $name$ $(name) =$name
    /[=/]@[a-z]+\.[a-z]+(?=[&/#]|$)/, // =@Model.Name
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/** Brackets, bars and percent signs that an editor encoded, as it does in addresses. */
const ENCODED = /%(?:2[35]|5[BCD]|7[BCD]|3[CE])/i;

/** Whether a template's placeholder stands in an address. */
export function holdsPlaceholder(address: string): boolean {
  if (PLACEHOLDER.test(address)) return true;
  return (
    ENCODED.test(address) &&
    PLACEHOLDER.test(
      address.replaceAll(/%(?:2[35]|5[BCD]|7[BCD]|3[CE])/gi, (code) => decodeURIComponent(code)),
    )
  );
}
