/** The attributes a queue can be given, with their ranges and defaults (MNS reference, 4.1). */
import { Refusal } from './refusal.ts';

const ranges = {
  DelaySeconds: { from: 0, to: 604_800, otherwise: 0 },
  MaximumMessageSize: { from: 1024, to: 65_536, otherwise: 65_536 },
  MessageRetentionPeriod: { from: 60, to: 604_800, otherwise: 345_600 },
  VisibilityTimeout: { from: 1, to: 43_200, otherwise: 30 },
  PollingWaitSeconds: { from: 0, to: 30, otherwise: 0 },
} as const;

type NumberName = keyof typeof ranges;

export type QueueAttributes = Readonly<Record<NumberName, number>> & { readonly LoggingEnabled: boolean };

const numberNames = Object.keys(ranges) as readonly NumberName[]; // keys of a constant

export const defaultAttributes: QueueAttributes = {
  DelaySeconds: ranges.DelaySeconds.otherwise,
  MaximumMessageSize: ranges.MaximumMessageSize.otherwise,
  MessageRetentionPeriod: ranges.MessageRetentionPeriod.otherwise,
  VisibilityTimeout: ranges.VisibilityTimeout.otherwise,
  PollingWaitSeconds: ranges.PollingWaitSeconds.otherwise,
  LoggingEnabled: false,
};

/** A whole number within a range, or a refusal that names the field. */
export function wholeNumber(name: string, text: string, from: number, to: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= from && value <= to)) throw new Refusal('InvalidArgument', `${name} must be a whole number from ${from} to ${to}`);
  return value;
}

export function truth(name: string, text: string): boolean {
  const known: Readonly<Record<string, boolean>> = { true: true, false: false };
  const value = known[text.toLowerCase()];
  if (value === undefined) throw new Refusal('InvalidArgument', `${name} must be True or False`);
  return value;
}

/** The attributes that a `Queue` document gives, on top of `base`. An element that is not an attribute is refused. */
export function readAttributes(fields: Readonly<Record<string, string>>, base: QueueAttributes): QueueAttributes {
  let attributes = base;
  for (const [name, text] of Object.entries(fields)) {
    const numberName = numberNames.find((one) => one === name);
    if (numberName !== undefined) {
      const { from, to } = ranges[numberName];
      attributes = { ...attributes, [numberName]: wholeNumber(name, text, from, to) };
    } else if (name === 'LoggingEnabled') {
      attributes = { ...attributes, LoggingEnabled: truth(name, text) };
    } else {
      throw new Refusal('InvalidArgument', `${name} is not an attribute of a queue that can be set`);
    }
  }
  return attributes;
}

export const sameAttributes = (a: QueueAttributes, b: QueueAttributes): boolean =>
  a.LoggingEnabled === b.LoggingEnabled && numberNames.every((name) => a[name] === b[name]);
