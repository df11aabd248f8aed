/** `make`, called when its value is first asked for and never again: for tables that a cold function should not pay for before it needs them. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
