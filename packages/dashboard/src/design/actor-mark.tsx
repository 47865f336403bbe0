import type { Event } from '@waybill/sdk';
import { isCapture, isSure, kindOf } from '../deliveries/actor-words.ts';
import { classes } from './classes.ts';
import { Icon, type IconName } from './icon.tsx';

function glyph(event: Pick<Event, 'type' | 'actor' | 'confidence' | 'reasons'>): IconName {
  switch (event.type) {
    case 'accepted':
      return 'mail';
    case 'relayed':
      return isCapture(event) ? 'inbox' : 'truck';
    case 'delivered':
      return 'truck';
    case 'deferred':
      return 'clock';
    case 'bounced':
    case 'complained':
      return 'warning';
    case 'objected':
      return 'stop';
    case 'receipt':
      return 'check';
    case 'replied':
    case 'auto-replied':
      return 'reply';
    case 'opened':
    case 'clicked':
      break;
  }
  if (event.actor === 'unknown' || event.actor === undefined) return 'question';
  if (event.actor === 'scanner') return 'shield';
  if (kindOf(event.actor) === 'machine') return 'gear';
  return event.type === 'clicked' ? 'link' : 'person';
}

/**
 * Who made an event, as a shape: a person is a solid circle, a probable person a heavy open circle, a machine
 * an outlined square, the sender and strangers a dotted circle, the mail's own travel a bare icon.
 */
function shape(event: Pick<Event, 'type' | 'actor' | 'confidence' | 'reasons'>): string {
  if (event.type === 'bounced' || event.type === 'complained' || event.type === 'deferred')
    return 'text-amber';
  if (event.type === 'replied') return 'rounded-full bg-person text-on-person';
  if (event.type === 'receipt') return 'rounded-full border-2 border-person text-person';
  if (event.type === 'auto-replied') return 'rounded-sm border border-machine text-machine';
  if (event.type !== 'opened' && event.type !== 'clicked') return 'text-faint';
  if (isSure(event)) return 'rounded-full bg-person text-on-person';
  if (kindOf(event.actor) === 'person') return 'rounded-full border-2 border-person text-person';
  if (kindOf(event.actor) === 'machine') return 'rounded-sm border border-machine text-machine';
  return 'rounded-full border border-dashed border-machine text-machine';
}

export function ActorMark({ event }: { event: Pick<Event, 'type' | 'actor' | 'confidence' | 'reasons'> }) {
  return (
    <span
      aria-hidden="true"
      className={classes('flex size-7 shrink-0 items-center justify-center bg-paper', shape(event))}
    >
      <Icon name={glyph(event)} size={15} />
    </span>
  );
}
