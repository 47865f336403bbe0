import nodemailer from 'nodemailer';
import type { RunningServer } from './server.ts';

/** The demo SMTP credential as the server printed it. */
export function demoCredential(server: Pick<RunningServer, 'stdout'>): { user: string; pass: string } {
  const match = /user (\S+), password (\S+)/.exec(server.stdout());
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new Error(`no demo credential in:\n${server.stdout()}`);
  }
  return { user: match[1], pass: match[2] };
}

/** Nodemailer as a mail program that submits to the server. */
export function mailProgram(
  server: Pick<RunningServer, 'smtp'>,
  auth: { user: string; pass: string },
  options: { pool?: boolean; maxConnections?: number } = {},
) {
  return nodemailer.createTransport({
    host: server.smtp?.host ?? '127.0.0.1',
    port: server.smtp?.port ?? 0,
    secure: false,
    auth,
    tls: { rejectUnauthorized: false },
    ...(options.pool === true ? { pool: true as const, maxConnections: options.maxConnections ?? 5 } : {}),
  });
}
