/** Which Pods a Service takes. */

/** Whether a selector takes what carries these labels. One that is absent or empty takes nothing, and not everything. */
export function selects(selector: Readonly<Record<string, string>> = {}, labels: Readonly<Record<string, string>> = {}): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
