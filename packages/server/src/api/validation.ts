import type { z } from 'zod';
import { AppError } from '../kernel/errors.ts';

export interface FieldError {
  field: string;
  message: string;
}

/** The part of a request that a schema describes. */
export type RequestPart = 'body' | 'query' | 'path';

/** @throws AppError `invalid-input` with one entry for each invalid field */
export function validate<S extends z.ZodType>(schema: S, value: unknown, part: RequestPart): z.output<S> {
  const result = schema.safeParse(value, { error: messageOf });
  if (result.success) return result.data;
  const fields = result.error.issues.flatMap((issue) => fieldErrorsOf(issue, part));
  const names = [...new Set(fields.map(({ field }) => field))];
  throw new AppError(
    'invalid-input',
    fields.length === 1
      ? `${fields[0]?.field}: ${fields[0]?.message}.`
      : `${names.length} fields are not valid: ${names.slice(0, 10).join(', ')}.`,
    { fields: fields.slice(0, 100) },
  );
}

/** `to[1]`, `headers.Reply-To`, or the part's name for the whole. */
export function fieldName(path: readonly PropertyKey[], part: RequestPart): string {
  // A parameter is one text, whatever a schema made of it.
  if (part === 'query') return String(path[0] ?? part);
  const name = path.reduce<string>((joined, key) => {
    if (typeof key === 'number') return `${joined}[${key}]`;
    return joined === '' ? String(key) : `${joined}.${String(key)}`;
  }, '');
  return name === '' ? part : name;
}

function fieldErrorsOf(issue: z.core.$ZodIssue, part: RequestPart): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldName([...issue.path, key], part),
      message: part === 'query' ? 'there is no such parameter' : 'there is no such field',
    }));
  }
  return [{ field: fieldName(issue.path, part), message: issue.message }];
}

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** Plain words in place of the library's; schemas with a message of their own keep it. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return 'is required';
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    }
    case 'invalid_value':
      if (issue.input === undefined) return 'is required';
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return issue.input === undefined ? 'is required' : 'has an unknown value';
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return undefined;
  }
}
