/** Work that can be left and taken up again: it yields whenever a bounded amount of it is done. */
export type Steps<T> = Generator<undefined, T>;

/** Does all of it at once. */
export function toEnd<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
