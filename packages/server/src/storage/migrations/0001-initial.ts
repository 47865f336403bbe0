import { sql, type ColumnDataType, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { EngineName } from '../schema.ts';

type Column = 'text' | 'int' | 'real' | 'bytes';

/** `?` at the end of a column's name: it may be null. */
interface Table {
  columns: Record<string, Column>;
  primaryKey: string[];
  unique?: string[][];
  indexes?: string[][];
}

const TABLES: Record<string, Table> = {
  workspaces: {
    columns: {
      id: 'int',
      name: 'text',
      mode: 'text',
      disclosure: 'text',
      'address_retention_days?': 'int',
      created_at: 'int',
      'disabled_at?': 'int',
    },
    primaryKey: ['id'],
  },
  users: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      email: 'text',
      name: 'text',
      password_hash: 'text',
      created_at: 'int',
    },
    primaryKey: ['id'],
    unique: [['email']],
  },
  sessions: {
    columns: {
      id_hash: 'text',
      user_id: 'text',
      workspace_id: 'int',
      created_at: 'int',
      expires_at: 'int',
      'ip?': 'text',
    },
    primaryKey: ['id_hash'],
    indexes: [['user_id'], ['expires_at']],
  },
  sender_addresses: {
    columns: { workspace_id: 'int', ip: 'text', seen_at: 'int' },
    primaryKey: ['workspace_id', 'ip'],
  },
  sign_in_links: {
    columns: { token_hash: 'text', created_at: 'int', expires_at: 'int', 'consumed_at?': 'int' },
    primaryKey: ['token_hash'],
  },
  api_keys: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      name: 'text',
      prefix: 'text',
      secret_hash: 'text',
      created_at: 'int',
      'last_used_at?': 'int',
      'revoked_at?': 'int',
    },
    primaryKey: ['id'],
    unique: [['secret_hash']],
    indexes: [['workspace_id']],
  },
  smtp_credentials: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      'user_id?': 'text',
      label: 'text',
      username: 'text',
      secret_hash: 'text',
      created_at: 'int',
      'last_used_at?': 'int',
      'revoked_at?': 'int',
    },
    primaryKey: ['id'],
    unique: [['username']],
    indexes: [['workspace_id']],
  },
  messages: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      from_address: 'text',
      subject: 'text',
      to_json: 'text',
      cc_json: 'text',
      'message_id_header?': 'text',
      mode: 'text',
      source: 'text',
      size_bytes: 'int',
      created_at: 'int',
      'sent_at?': 'int',
      'last_sign_at?': 'int',
    },
    primaryKey: ['id'],
    indexes: [
      ['workspace_id', 'created_at', 'id'],
      ['workspace_id', 'message_id_header'],
    ],
  },
  deliveries: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      message_id: 'text',
      tracking_number: 'text',
      recipient: 'text',
      'pixel_url?': 'text',
      'untouched_code?': 'text',
      'untouched_text?': 'text',
      transport: 'text',
      verdict_state: 'text',
      verdict_confidence: 'real',
      verdict_reasons: 'text',
      verdict_settled: 'int',
      'settle_at?': 'int',
      created_at: 'int',
      'sent_at?': 'int',
      'last_sign_at?': 'int',
      'objected_at?': 'int',
    },
    primaryKey: ['id'],
    unique: [['tracking_number']],
    indexes: [['message_id'], ['workspace_id', 'recipient'], ['settle_at']],
  },
  links: {
    columns: { workspace_id: 'int', message_id: 'text', link_index: 'int', url: 'text' },
    primaryKey: ['message_id', 'link_index'],
  },
  hits: {
    columns: {
      epoch: 'text',
      seq: 'int',
      workspace_id: 'int',
      'delivery_id?': 'text',
      message_id: 'text',
      kind: 'text',
      'link_index?': 'int',
      'url?': 'text',
      at: 'int',
      method: 'text',
      'ip?': 'text',
      headers: 'text',
      mode: 'text',
    },
    primaryKey: ['epoch', 'seq'],
    indexes: [['delivery_id', 'at'], ['message_id'], ['workspace_id', 'at']],
  },
  events: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      'delivery_id?': 'text',
      message_id: 'text',
      position: 'int',
      at: 'int',
      type: 'text',
      'actor?': 'text',
      'confidence?': 'real',
      'reasons?': 'text',
      'place?': 'text',
      'client?': 'text',
      'network?': 'text',
      'ip?': 'text',
      'link?': 'text',
      source: 'text',
      rules_version: 'int',
    },
    primaryKey: ['id'],
    unique: [['source'], ['position']],
    indexes: [
      ['delivery_id', 'at'],
      ['message_id', 'at'],
      ['workspace_id', 'position'],
      ['workspace_id', 'at'],
    ],
  },
  counters: { columns: { name: 'text', value: 'int' }, primaryKey: ['name'] },
  cursors: { columns: { epoch: 'text', seq: 'int' }, primaryKey: ['epoch'] },
  channels: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      name: 'text',
      kind: 'text',
      config: 'text',
      created_at: 'int',
      'last_error?': 'text',
      'last_sent_at?': 'int',
    },
    primaryKey: ['id'],
    indexes: [['workspace_id']],
  },
  rules: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      name: 'text',
      trigger: 'text',
      channel_ids: 'text',
      enabled: 'int',
      created_at: 'int',
    },
    primaryKey: ['id'],
    indexes: [['workspace_id']],
  },
  outbox: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      channel_id: 'text',
      idempotency_key: 'text',
      payload: 'text',
      state: 'text',
      attempts: 'int',
      next_attempt_at: 'int',
      'last_error?': 'text',
      created_at: 'int',
      'sent_at?': 'int',
    },
    primaryKey: ['id'],
    unique: [['idempotency_key']],
    indexes: [['state', 'next_attempt_at'], ['channel_id']],
  },
  contents: {
    columns: { id: 'text', workspace_id: 'int', raw: 'bytes', size_bytes: 'int', created_at: 'int' },
    primaryKey: ['id'],
  },
  queue: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      'delivery_id?': 'text',
      'message_id?': 'text',
      content_id: 'text',
      envelope_from: 'text',
      envelope_to: 'text',
      envelope_options: 'text',
      state: 'text',
      attempts: 'int',
      next_attempt_at: 'int',
      'last_error?': 'text',
      'outcome?': 'text',
      created_at: 'int',
      expires_at: 'int',
      'finished_at?': 'int',
    },
    primaryKey: ['id'],
    indexes: [['state', 'next_attempt_at'], ['content_id']],
  },
  captured: {
    columns: {
      id: 'text',
      workspace_id: 'int',
      'delivery_id?': 'text',
      'tracking_number?': 'text',
      recipient: 'text',
      from_address: 'text',
      subject: 'text',
      raw: 'bytes',
      captured_at: 'int',
    },
    primaryKey: ['id'],
    indexes: [['workspace_id', 'captured_at', 'id']],
  },
  objections: {
    columns: { workspace_id: 'int', address: 'text', 'delivery_id?': 'text', at: 'int' },
    primaryKey: ['workspace_id', 'address'],
  },
  deny_entries: {
    columns: {
      version: 'int',
      workspace_id: 'int',
      kind: 'text',
      target: 'text',
      effect: 'text',
      created_at: 'int',
    },
    primaryKey: ['version'],
    indexes: [['kind', 'target']],
  },
  idempotency_keys: {
    columns: {
      workspace_id: 'int',
      key: 'text',
      request_hash: 'text',
      status: 'int',
      response: 'text',
      created_at: 'int',
    },
    primaryKey: ['workspace_id', 'key'],
    indexes: [['created_at']],
  },
  settings: { columns: { name: 'text', value: 'text' }, primaryKey: ['name'] },
};

const TYPES: Record<EngineName, Record<Column, ColumnDataType>> = {
  sqlite: { text: 'text', int: 'integer', real: 'real', bytes: 'blob' },
  postgres: { text: 'text', int: 'bigint', real: 'double precision', bytes: 'bytea' },
};

/** The first schema, from one table of tables, so that both engines cannot drift apart. */
export function initial(engine: EngineName): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const [name, table] of Object.entries(TABLES)) await createTable(db, engine, name, table);
      await sql`insert into counters (name, value) values ('position', 0)`.execute(db);
    },
  };
}

async function createTable(
  db: Kysely<unknown>,
  engine: EngineName,
  name: string,
  table: Table,
): Promise<void> {
  let builder = db.schema.createTable(name);
  const generated = name === 'deny_entries' ? 'version' : undefined;
  for (const [declared, type] of Object.entries(table.columns)) {
    const column = declared.replace('?', '');
    const dataType = column === generated && engine === 'postgres' ? 'bigserial' : TYPES[engine][type];
    builder = builder.addColumn(column, dataType, (c) => {
      if (column === generated) return engine === 'sqlite' ? c.primaryKey().autoIncrement() : c.primaryKey();
      return declared.endsWith('?') ? c : c.notNull();
    });
  }
  if (generated === undefined) {
    builder = builder.addPrimaryKeyConstraint(`${name}_pk`, table.primaryKey as never[]);
  }
  for (const columns of table.unique ?? []) {
    builder = builder.addUniqueConstraint(`${name}_${columns.join('_')}_unique`, columns as never[]);
  }
  await builder.execute();
  for (const columns of table.indexes ?? []) {
    await db.schema
      .createIndex(`${name}_${columns.join('_')}_index`)
      .on(name)
      .columns(columns as never[])
      .execute();
  }
}
