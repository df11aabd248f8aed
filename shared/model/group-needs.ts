/** What the service lets nobody combine in one group, and what says nothing without another. Told of the Ingress that asks for it. */
import type { ServerGroupSettings } from '#shared/cloud/alb/port.ts';
import type { Problem } from '#shared/problem.ts';
import { type Annotation, alone, readAnnotation, unused } from './annotations/annotation.ts';
import type { RowsReading, Values } from './annotations/read-rows.ts';
import { serverGroup } from './annotations/server-group.ts';
import { problemOf, refOf } from './object-ref.ts';
import type { Ingress } from './wish.ts';

type Reading = RowsReading<typeof serverGroup>;
type Checked = Values<typeof serverGroup>;

/** As the service spells them. */
export const schedulers: Readonly<Record<Checked['scheduler'], ServerGroupSettings['scheduler']>> = {
  wrr: 'Wrr',
  wlc: 'Wlc',
  sch: 'Sch',
  uch: 'Uch',
};

const textOf = (row: Annotation<unknown>, value: unknown): string => `${row.keys[0]}: ${String(value)}`;

/**
 * An annotation that asks for something, what it cannot go with, and why. What edition Basic lacks is not here: no AlbConfig can ask for that
 * edition.
 */
interface Conflict {
  readonly row: Annotation<unknown>;
  readonly first: string;
  /** What contradicts; `undefined`: nothing does, or the annotation does not ask for anything. */
  readonly second: (values: Checked) => string | undefined;
  readonly detail: (values: Checked) => string;
}

const conflicts: readonly Conflict[] = [
  {
    row: serverGroup.slowStart,
    first: textOf(serverGroup.slowStart, true),
    second: (values) => (values.slowStart && values.scheduler !== 'wrr' ? textOf(serverGroup.scheduler, values.scheduler) : undefined),
    detail: ({ scheduler }) =>
      `"The ${schedulers[scheduler]} and true are mismatched": only wrr, which goes by weights alone, can give a new server less at first`,
  },
  {
    row: serverGroup.crossZone,
    first: textOf(serverGroup.crossZone, false),
    second: (values) => (!values.crossZone && values.sticky ? textOf(serverGroup.sticky, true) : undefined),
    detail: () => 'the server that a client came to first may be in another zone',
  },
];

/** A value without which another annotation cannot be carried out. */
interface Need {
  readonly row: Annotation<unknown>;
  readonly asks: (values: Checked) => string | undefined;
  readonly needed: 'uchValue' | 'cookie';
  readonly detail: string;
}

const needs: readonly Need[] = [
  {
    row: serverGroup.scheduler,
    asks: ({ scheduler }) => (scheduler === 'uch' ? textOf(serverGroup.scheduler, scheduler) : undefined),
    needed: 'uchValue',
    detail: 'it says which query parameter is hashed',
  },
  {
    row: serverGroup.stickyType,
    asks: ({ sticky, stickyType }) => (sticky && stickyType === 'Server' ? textOf(serverGroup.stickyType, stickyType) : undefined),
    needed: 'cookie',
    detail: 'it says which cookie of the application is rewritten (invalid server group Cookie)',
  },
];

/** What must be switched on for an annotation to say anything; the first that is not is told. */
interface Switch {
  readonly row: Annotation<unknown>;
  readonly on: (values: Checked) => boolean;
  readonly value: string | boolean;
}

const stickySwitch: Switch = { row: serverGroup.sticky, on: (values) => values.sticky, value: true };
const stickyTypeSwitch = (type: Checked['stickyType']): Switch => ({
  row: serverGroup.stickyType,
  on: ({ stickyType }) => stickyType === type,
  value: type,
});

const dependents: readonly { readonly row: Annotation<unknown>; readonly switches: readonly Switch[] }[] = [
  {
    row: serverGroup.uchValue,
    switches: [{ row: serverGroup.scheduler, on: ({ scheduler }) => scheduler === 'uch', value: 'uch' }],
  },
  { row: serverGroup.slowStartDuration, switches: [{ row: serverGroup.slowStart, on: (values) => values.slowStart, value: true }] },
  { row: serverGroup.drainTimeout, switches: [{ row: serverGroup.drain, on: (values) => values.drain, value: true }] },
  { row: serverGroup.stickyType, switches: [stickySwitch] },
  { row: serverGroup.cookieTimeout, switches: [stickySwitch, stickyTypeSwitch('Insert')] },
  { row: serverGroup.cookie, switches: [stickySwitch, stickyTypeSwitch('Server')] },
];

const at = (row: Annotation<unknown>): string => `metadata.annotations[${row.keys[0]}]`;

const isAbout = (problem: Problem, row: Annotation<unknown>): boolean => problem.path === at(row);

/** The switch that is off for a row; none: it has its say. */
const offFor = (row: Annotation<unknown>, values: Checked): Switch | undefined =>
  dependents.find((one) => one.row === row)?.switches.find(({ on }) => !on(values));

/** Who wrote `false` knows that the others wait; a switch that cannot be read is told of itself. */
function isKnownOff({ row }: Switch, ingress: Ingress, written: readonly Annotation<unknown>[]): boolean {
  if (!written.includes(row)) return false;
  const { value } = readAnnotation(row, ingress);
  return value === undefined || value === false;
}

function waiting(ingress: Ingress, { values, written, problems }: Reading): readonly Problem[] {
  return written.flatMap((row) => {
    const off = offFor(row, values);
    if (off === undefined || isKnownOff(off, ingress, written) || problems.some((one) => isAbout(one, row))) return [];
    return alone(row, ingress, textOf(off.row, off.value));
  });
}

/** Refused values of what is switched off do no harm. */
function refused({ values, problems }: Reading): readonly Problem[] {
  return problems.map((problem) => {
    const row = Object.values(serverGroup).find((one) => isAbout(problem, one));
    const off = row === undefined ? undefined : offFor(row, values);
    return off === undefined ? problem : unused(problem, textOf(off.row, off.value));
  });
}

/** Everything that is wrong with what an Ingress says of its groups, but for their health check and protocol. */
export function groupProblems(ingress: Ingress, reading: Reading): readonly Problem[] {
  const { values, problems } = reading;
  const ref = refOf(ingress);
  const isReadable = (row: Annotation<unknown>): boolean => !problems.some((one) => isAbout(one, row));
  return [
    ...refused(reading),
    ...waiting(ingress, reading),
    ...needs.flatMap(({ row, asks, needed, detail }) => {
      const annotation = asks(values);
      const missing = annotation !== undefined && values[needed] === '' && isReadable(serverGroup[needed]);
      return missing ? [problemOf('ANNOTATION-NEEDS', ref, { annotation, other: serverGroup[needed].keys[0], detail }, at(row))] : [];
    }),
    ...conflicts.flatMap(({ row, first, second, detail }) => {
      const other = second(values);
      return other === undefined ? [] : [problemOf('ANNOTATION-CONFLICT', ref, { first, second: other, detail: detail(values) }, at(row))];
    }),
  ];
}
