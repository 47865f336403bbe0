import type { FastifyReply } from 'fastify';
import type { ProblemAnswer } from './problem.ts';

/** RFC 9457 §3: `application/problem+json`, the status in the body as on the line. */
export function sendProblem(reply: FastifyReply, { problem, headers }: ProblemAnswer): FastifyReply {
  return reply
    .code(problem.status)
    .headers(headers)
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem));
}
