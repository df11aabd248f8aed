/** Types of conditions in `conditions.<service>`, a row each. What they make is what the service is told. */
import * as z from 'zod/mini';
import type { RuleCondition, RuleDirection } from '#shared/cloud/alb/port.ts';
import { type Kind, kind } from './element-kind.ts';
import {
  cookieForm,
  type Form,
  hostForm,
  matchedHeaderForm,
  matchedValueForm,
  methods,
  pathForm,
  queryKeyForm,
  queryValueForm,
} from './forms.ts';
import { member, oneOf, some, text } from './member.ts';

const both: readonly RuleDirection[] = ['Request', 'Response'];
const responses: readonly RuleDirection[] = ['Response'];

/** Metadata of the API: 50 values in one condition, 10 methods, 5 sources. How many a rule may have in all is counted where it is built. */
const most = 50;

const formed = (form: Form) => text(form.pattern, form.allowed);
const anyOf = <S extends z.ZodMiniType>(value: S, limit = most) => z.object({ values: some(value, limit) });
const anyOfHeader = () => z.object({ key: formed(matchedHeaderForm), values: some(formed(matchedValueForm), most) });
const anyPair = (key: Form, value: Form) => z.object({ values: some(z.object({ key: formed(key), value: formed(value) }), most) });

const network = () => {
  const networks = [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()] as const;
  return member(
    z.string().check(z.refine((written) => networks.some((one) => z.safeParse(one, written).success))),
    'an IPv4 or IPv6 address, or a block of them such as 10.0.0.0/8',
  );
};

/** A new type is a new row. */
export const conditionKinds: readonly Kind<RuleCondition>[] = [
  kind({
    type: 'Host',
    config: ['hostConfig'],
    schema: () => anyOf(formed(hostForm)),
    make: (hostConfig) => ({ type: 'Host', hostConfig }),
    directions: both,
    text: 'Hosts besides that of the rule: any of them is enough.',
  }),
  kind({
    type: 'Path',
    config: ['pathConfig'],
    schema: () => anyOf(formed(pathForm)),
    make: (pathConfig) => ({ type: 'Path', pathConfig }),
    directions: both,
    text: 'Paths besides that of the rule: any of them is enough.',
  }),
  kind({
    type: 'Header',
    config: ['headerConfig'],
    schema: () => anyOfHeader(),
    make: (headerConfig) => ({ type: 'Header', headerConfig }),
    directions: both,
    text: 'A request header with any of the values. Several conditions must all hold.',
  }),
  kind({
    type: 'QueryString',
    config: ['queryStringConfig'],
    schema: () => anyPair(queryKeyForm, queryValueForm),
    make: (queryStringConfig) => ({ type: 'QueryString', queryStringConfig }),
    directions: both,
    text: 'Any of the query parameters. Several conditions must all hold.',
  }),
  kind({
    type: 'Cookie',
    config: ['cookieConfig'],
    schema: () => anyPair(cookieForm, cookieForm),
    make: (cookieConfig) => ({ type: 'Cookie', cookieConfig }),
    directions: both,
    text: 'Any of the cookies. Several conditions must all hold.',
  }),
  kind({
    type: 'Method',
    config: ['methodConfig'],
    schema: () => anyOf(oneOf(...methods), 10),
    make: (methodConfig) => ({ type: 'Method', methodConfig }),
    directions: both,
    text: 'Any of the methods.',
  }),
  kind({
    type: 'SourceIp',
    config: ['sourceIpConfig'],
    // One rule holds five; more of them are spread over several rules.
    schema: () => anyOf(network()),
    make: (sourceIpConfig) => ({ type: 'SourceIp', sourceIpConfig }),
    directions: both,
    text: 'Clients at any of the addresses.',
  }),
  kind({
    type: 'ResponseHeader',
    config: ['responseHeaderConfig', 'headerConfig'],
    schema: () => anyOfHeader(),
    make: (responseHeaderConfig) => ({ type: 'ResponseHeader', responseHeaderConfig }),
    directions: responses,
    text: 'A header of the answer with any of the values. Several conditions must all hold.',
  }),
  kind({
    type: 'ResponseStatusCode',
    config: ['responseStatusCodeConfig'],
    schema: () => anyOf(text(/^[1-5](?:[0-9]{2}|xx)$/, 'a status in quotes, such as "404" or "5xx"')),
    make: (responseStatusCodeConfig) => ({ type: 'ResponseStatusCode', responseStatusCodeConfig }),
    directions: responses,
    text: 'Any of the statuses of the answer.',
  }),
];
