/**
 * What planning the rules of one ALB costs: from the objects of the cluster to the calls, for 200 rules and several changes. Run by
 * `npx tsx test/bench/plan-rules.ts`; exits 1 when a plan takes more than the promised 50 ms of CPU, or a change makes other calls than it
 * should. The very first plan, before the engine has compiled anything, is printed beside it: a cold function pays it once.
 */
import { planListeners, specifyRules } from '#functions/rule/listener-plan.ts';
import type { NewRule, Rule } from '#shared/cloud/alb/port.ts';
import { buildStack } from '#shared/model/build-stack.ts';
import type { Ingress, Wish } from '#shared/model/wish.ts';
import type { RulePhase } from '#shared/plan/rules.ts';
import { anIngress, aPath, aService, aSite, aWish } from '#test/support/objects.ts';
import { aScene } from '#test/support/scenes.ts';

const rules = 200;
const promisedMs = 50;
const runs = 25;

const site = { ...aSite, rulesPerLoadBalancer: rules };
const services = Array.from({ length: rules }, (_, index) => aService(`service-${index}`));

const ingress = (index: number, service = index, annotations: Readonly<Record<string, string>> = {}): Ingress =>
  anIngress({
    name: `ingress-${String(index).padStart(3, '0')}`,
    host: `host-${index}.example.com`,
    paths: [aPath('/tea', `service-${service}`)],
    annotations,
  });

const ingresses: readonly Ingress[] = Array.from({ length: rules }, (_, index) => ingress(index));
const wishOf = (some: readonly Ingress[]): Wish => aWish({ ingresses: some, services });

const listenerId = 'lsn-1';

/** From the wish to the calls. */
function planned(wish: Wish, observed: readonly Rule[]): readonly RulePhase[] {
  const stack = buildStack(wish, site);
  const groups = Object.fromEntries(stack.groups.map((group) => [group.identity, `sgp-${group.identity}`]));
  const scene = aScene({ stack, ledger: { listeners: { 'HTTP:80': listenerId }, groups } });
  const question = { observed, wanted: specifyRules(observed, scene), keepOwners: new Set<string>(), room: rules };
  return planListeners(question, scene).flatMap((plan) => plan.phases);
}

const asRule = (rule: NewRule, index: number): Rule => ({ ...rule, ruleId: `rule-${index}`, listenerId, status: 'Available' });

const cpuMs = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

let made: readonly RulePhase[] = [];
const coldMs = cpuMs(() => {
  made = planned(wishOf(ingresses), []);
});
const standing: readonly Rule[] = made.flatMap((phase) => (phase.kind === 'create' ? phase.rules : [])).map(asRule);

interface Case {
  readonly what: string;
  readonly wish: Wish;
  readonly observed: readonly Rule[];
  readonly calls: string;
}

const cases: readonly Case[] = [
  { what: 'nothing changed', wish: wishOf(ingresses), observed: standing, calls: '' },
  { what: 'one changed', wish: wishOf(ingresses.with(100, ingress(100, 7))), observed: standing, calls: 'update 1' },
  { what: 'one moved first', wish: wishOf(ingresses.with(199, ingress(199, 199, { order: '1' }))), observed: standing, calls: 'update 1' },
  { what: 'one inserted', wish: wishOf(ingresses), observed: standing.toSpliced(100, 1), calls: 'create 1' },
  { what: 'all new', wish: wishOf(ingresses), observed: [], calls: 'create 100, create 100' },
];

console.log(`cold: ${coldMs.toFixed(1)} ms for ${rules} rules`);
// The engine compiles in threads of its own, whose time counts too: what is promised is a function that is warm.
for (let run = 0; run < runs; run += 1) planned(wishOf(ingresses), standing);

let failed = false;
for (const { what, wish, observed, calls } of cases) {
  let found = '';
  const times = Array.from({ length: runs }, () =>
    cpuMs(() => {
      found = planned(wish, observed)
        .map((phase) => `${phase.kind} ${phase.rules.length}`)
        .join(', ');
    }),
  );
  const median = times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
  const wrong = found !== calls || median > promisedMs;
  failed ||= wrong;
  console.log(`${wrong ? 'FAILED ' : ''}${what}: ${median.toFixed(1)} ms, calls: ${found || 'none'}`);
}
process.exitCode = failed ? 1 : 0;
