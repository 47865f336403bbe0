import { isLoopbackUrl } from '../../relay/relay.ts';
import type { Finding } from './finding.ts';

const TOPIC = 'from outside';
const PATIENCE_MS = 8_000;
const PIXEL_BYTES = 43;

/** Asks for a pixel by its public address, as a reader would: through DNS, proxy and TLS, but from this machine. */
export async function checkOutside(publicUrl: string, isRunning: boolean): Promise<Finding[]> {
  if (isLoopbackUrl(publicUrl)) return [];
  if (!isRunning) {
    return [
      { topic: TOPIC, level: 'unknown', text: 'the server does not run; start it and call the doctor again' },
    ];
  }
  const advice = 'Let the reverse proxy or port forwarding lead there to WAYBILL_EDGE_LISTEN.';
  try {
    const answer = await fetch(`${publicUrl}/o/doctor.gif`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      redirect: 'manual',
    });
    const bytes = (await answer.arrayBuffer()).byteLength;
    if (answer.status === 200 && bytes === PIXEL_BYTES) {
      return [
        {
          topic: TOPIC,
          level: 'unknown',
          text: `${publicUrl} answers with the pixel, asked from here; whether others get through only they can tell: open ${publicUrl}/healthz on a phone without Wi-Fi`,
        },
      ];
    }
    return [
      {
        topic: TOPIC,
        level: 'problem',
        text: `${publicUrl} answers with status ${answer.status} and no pixel: something else is there`,
        advice,
      },
    ];
  } catch (error) {
    const { cause, message } = error as Error & { cause?: Error };
    const why = cause?.message ?? message;
    // Said already, where the name is looked up.
    if (/ENOTFOUND|EAI_AGAIN/.test(why)) {
      const text = `${publicUrl} was not asked for an image, since its name has no address here`;
      return [{ topic: TOPIC, level: 'unknown', text }];
    }
    const isRefusedHere = /ECONNREFUSED|timeout|EHOSTUNREACH|ENETUNREACH/i.test(why);
    return [
      {
        topic: TOPIC,
        level: isRefusedHere ? 'warning' : 'problem',
        text: `${publicUrl} cannot be reached from here: ${why}${isRefusedHere ? '; some routers do not let a network reach itself this way' : ''}`,
        advice,
      },
    ];
  }
}
