/** Records by id, in order of creation. Every change is told, so that the data plane follows without asking. */
export interface Table<R extends { readonly id: string }> {
  get(id: string): R | undefined;
  put(record: R): void;
  /** Changes a record that may be gone meanwhile; then nothing happens. */
  change(id: string, how: (record: R) => R): void;
  remove(id: string): void;
  all(): readonly R[];
}

/** An empty table. `changed` is called after every change. */
export function createTable<R extends { readonly id: string }>(changed: () => void): Table<R> {
  const records = new Map<string, R>();
  const put = (record: R) => {
    records.set(record.id, record);
    changed();
  };
  return {
    get: (id) => records.get(id),
    put,
    change: (id, how) => {
      const record = records.get(id);
      if (record !== undefined) put(how(record));
    },
    remove: (id) => {
      if (records.delete(id)) changed();
    },
    all: () => [...records.values()],
  };
}
