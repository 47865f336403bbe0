import { AppError } from '../../kernel/errors.ts';
import type { ChannelSender, OwnMail, SendResult } from './channel.ts';

/** A plain-text mail. */
export function emailSender(ownMail: OwnMail): ChannelSender<'email'> {
  return {
    kind: 'email',
    send: ({ to }, { notification, words }, { idempotencyKey }) =>
      queue(ownMail, {
        workspaceId: notification.workspaceId,
        to,
        subject: words.subject,
        text: words.body,
        idempotencyKey,
      }),
  };
}

/** An SMS through a carrier's e-mail-to-SMS address: the gateway sends on what is in the body. */
export function smsMailSender(ownMail: OwnMail): ChannelSender<'sms-mail'> {
  return {
    kind: 'sms-mail',
    send: ({ to }, { notification, words }, { idempotencyKey }) =>
      queue(ownMail, {
        workspaceId: notification.workspaceId,
        to,
        subject: 'Waybill',
        text: `${words.sms}\n`,
        idempotencyKey,
      }),
  };
}

async function queue(ownMail: OwnMail, mail: Parameters<OwnMail['send']>[0]): Promise<SendResult> {
  try {
    await ownMail.send(mail);
    return { ok: true, detail: 'The mail is in the queue.' };
  } catch (error) {
    if (!(error instanceof AppError))
      return { ok: false, permanent: false, detail: 'The mail could not be queued.' };
    return { ok: false, permanent: error.code === 'invalid-input', detail: error.message };
  }
}
