import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { openSqlite } from '../../src/storage/engine.ts';
import { openNotifyStore } from '../support/notify-database.ts';
import { testNotifyStore } from './notify-store.ts';

const directory = await mkdtemp(join(tmpdir(), 'waybill-notify-'));
const engine = await openSqlite(join(directory, 'waybill.db'));
after(async () => {
  await engine.db.destroy();
  await rm(directory, { recursive: true });
});

testNotifyStore('SQLite', () => openNotifyStore(engine));
