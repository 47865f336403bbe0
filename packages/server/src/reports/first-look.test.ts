import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstLook } from './first-look.ts';

test('reports of every kind are let through by their header alone', () => {
  const headers = {
    'a report by its type': [
      'From: x@example.net',
      'Content-Type: multipart/report; report-type=delivery-status',
    ],
    'a bounce with a null sender': ['Return-Path: <>', 'From: x@example.net', 'Subject: hello'],
    'a bounce of a daemon': ['From: Mail Delivery System <MAILER-DAEMON@mx.example.net>', 'Subject: x'],
    'a bounce by its subject': ['From: it@example.net', 'Subject: Undeliverable: offer'],
    'a list of failed recipients': ['From: x@example.net', 'X-Failed-Recipients: bob@example.net'],
    'an answer by a machine': ['From: bob@example.net', 'Auto-Submitted: auto-replied'],
    'an answer by an old machine': ['From: bob@example.net', 'X-Autoreply: yes'],
    'a complaint': ['From: staff@hotmail.com', 'Subject: complaint about message from 192.0.2.1'],
  };
  for (const [name, lines] of Object.entries(headers)) assert.ok(firstLook(bytes(lines)).mayBeReport, name);
});

test('what people write to each other is not fetched', () => {
  const lines = ['Return-Path: <bob@example.net>', 'From: Bob <bob@example.net>', 'Subject: lunch?'];
  assert.equal(firstLook(bytes(lines)).mayBeReport, false);
  assert.equal(firstLook(bytes(lines), ['multipart/mixed', 'text/plain', 'image/png']).mayBeReport, false);
});

test('a report that a gateway wrapped is known by its parts', () => {
  const lines = ['From: Bob <bob@example.net>', 'Content-Type: multipart/mixed; boundary=x'];
  assert.ok(
    firstLook(bytes(lines), ['multipart/mixed', 'text/plain', 'MESSAGE/Delivery-Status']).mayBeReport,
  );
});

test('every message that is answered is named, folded or without brackets', () => {
  const look = firstLook(
    bytes([
      'Message-ID: <3@b>',
      'Date: Mon, 23 Nov 2026 10:00:00 +0000',
      'References: <1@a>',
      '\t<2@a>',
      'In-Reply-To: 4@a',
    ]),
  );
  assert.deepEqual(look.answers, ['<1@a>', '<2@a>', '<4@a>']);
  assert.equal(look.messageId, '<3@b>');
  assert.equal(look.date, 'Mon, 23 Nov 2026 10:00:00 +0000');
});

test('any bytes give a result', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (header) => void firstLook(header)));
});

function bytes(lines: readonly string[]): Uint8Array {
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
