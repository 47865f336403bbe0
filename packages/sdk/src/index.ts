export * from './types.ts';
export { WaybillClient, type MessageQuery, type QueueQuery, type WaybillClientOptions } from './client.ts';
export { WaybillError } from './error.ts';
export type { StreamOptions } from './event-stream.ts';
