/** Waiting for a condition that another part of the process brings about, with an end (ms). */
export async function until(holds: () => boolean | Promise<boolean>, what = 'the condition', withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} did not come about within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
