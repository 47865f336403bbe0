import assert from 'node:assert/strict';
import type { DeliveryDetail, Message, MessageSummary, Page } from '@waybill/sdk';
import { eventually } from '../support/server.ts';
import type { FilterChain } from './filter-chain.ts';

export async function messages({ waybill }: FilterChain): Promise<MessageSummary[]> {
  const page = (await (await waybill.api('/api/v1/messages?limit=100')).json()) as Page<MessageSummary>;
  return page.items;
}

export async function messageDeliveries(
  { waybill }: FilterChain,
  id: string,
): Promise<Message['deliveries']> {
  return ((await (await waybill.api(`/api/v1/messages/${id}`)).json()) as Message).deliveries;
}

export async function messageBySubject(chain: FilterChain, subject: string): Promise<Message> {
  const found = (await messages(chain)).filter((message) => message.subject === subject);
  assert.equal(found.length, 1, `“${subject}” is one message`);
  return (await (await chain.waybill.api(`/api/v1/messages/${found[0]?.id}`)).json()) as Message;
}

export function deliveryWith(
  { waybill }: FilterChain,
  number: string,
  type: string,
): Promise<DeliveryDetail> {
  return eventually(`${number} is ${type}`, async () => {
    const delivery = (await (await waybill.api(`/api/v1/deliveries/${number}`)).json()) as DeliveryDetail;
    return delivery.events.some((event) => event.type === type) && delivery;
  });
}
