import pg from 'pg';

const PATIENCE_MS = 5_000;

/**
 * The version of a PostgreSQL server, as a whole number such as 150004. Nothing is changed there, and nothing is made.
 * @throws Error when it cannot be reached or does not let us in
 */
export async function postgresVersion(url: string): Promise<number> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
  });
  // A connection that breaks while nothing is asked has nobody else to tell.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('show server_version_num');
    return Number(rows[0]?.server_version_num);
  } finally {
    await client.end().catch(() => undefined);
  }
}
