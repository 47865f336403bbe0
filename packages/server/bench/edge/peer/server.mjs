/**
 * `nodemailer-mail-tracking` as its README shows it, on Express, with what a careful user would add: each view is a row
 * in SQLite before the answer. Prints the port and a few hundred valid paths.
 */
import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import express from 'express';

const require = createRequire(import.meta.url);
const { expressApp } = require('nodemailer-mail-tracking');
const jwt = require('jsonwebtoken');

const PATHS = 500;
const jwtSecret = 'bench';
const database = new DatabaseSync(process.argv[2] ?? ':memory:');
database.exec(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE views (at INTEGER, recipient TEXT)',
);
const insert = database.prepare('INSERT INTO views VALUES (?, ?)');
const onBlankImageView = async (/** @type {{ recipient: string }} */ { recipient }) => {
  insert.run(Date.now(), recipient);
};
const app = express();
app.use('/o', expressApp({ baseUrl: '', jwtSecret, onBlankImageView, onLinkClick: async () => {} }));
const server = app.listen(0, '127.0.0.1', () => {
  const paths = Array.from(
    { length: PATHS },
    (_, n) => `/o/blank-image/${jwt.sign({ recipient: `reader${n}@example.org` }, jwtSecret)}`,
  );
  process.stdout.write(`${JSON.stringify({ port: server.address().port, paths })}\n`);
});
