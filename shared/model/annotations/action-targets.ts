/** Where redirects and rewrites lead: members that are absent or empty are as in the request. */
import * as z from 'zod/mini';
import { requestVariables as inRequest, variable } from '#shared/cloud/alb/defaults.ts';
import type { PlainAction } from '#shared/cloud/alb/port.ts';
import { type Form, redirectPathForm, rewritePathForm, targetHostForm, targetQueryForm } from './forms.ts';
import { maybe, member } from './member.ts';

/** A member that may be absent or empty; both mean its default. */
const orEmpty = ({ pattern, allowed }: Form, standard: string) =>
  maybe(member(z.string().check(z.refine((written) => written === '' || pattern.test(written))), allowed), standard);

const standing = (written: string | undefined, standard: string): string => (written === undefined || written === '' ? standard : written);

const protocolForm: Form = { pattern: /^(?:https?|\$\{protocol\})$/i, allowed: `HTTP, HTTPS, ${inRequest.protocol}` };
/** 63335 is the service's own bound. */
const portForm: Form = {
  pattern: /^(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-2][0-9]{3}|63[0-2][0-9]{2}|633[0-2][0-9]|6333[0-5]|\$\{port\})$/,
  allowed: `a port from 1 to 63335, in quotes, or ${inRequest.port}`,
};

const redirectMembers = () =>
  z.object({
    protocol: orEmpty(protocolForm, inRequest.protocol),
    host: orEmpty(targetHostForm, inRequest.host),
    port: orEmpty(portForm, inRequest.port),
    path: orEmpty(redirectPathForm, inRequest.path),
    query: orEmpty(targetQueryForm, inRequest.query),
    httpCode: maybe(member(z.enum(['301', '302', '303', '307', '308', '']), '301, 302, 303, 307, 308, in quotes'), '301'),
  });

type Redirect = z.output<ReturnType<typeof redirectMembers>>;

function redirectConfigOf(config: Redirect) {
  const protocol = standing(config.protocol, inRequest.protocol);
  return {
    protocol: /^https?$/i.test(protocol) ? protocol.toUpperCase() : inRequest.protocol,
    host: standing(config.host, inRequest.host),
    port: standing(config.port, inRequest.port),
    path: standing(config.path, inRequest.path),
    query: standing(config.query, inRequest.query),
    httpCode: config.httpCode || '301',
  } as const;
}

const leadsElsewhere = (config: Redirect): boolean => {
  const { httpCode: _httpCode, ...target } = redirectConfigOf(config);
  return Object.entries(target).some(([name, value]) => value !== variable(name));
};

/** ALB refuses a redirect to where the request already was. */
export const redirectSchema = () =>
  redirectMembers().check(z.refine(leadsElsewhere, 'something besides httpCode that is not as in the request'));

/** Every member is filled in; the protocol is in upper case, as the service wants it. */
export const makeRedirect = (config: Redirect): PlainAction => ({
  type: 'Redirect',
  redirectConfig: redirectConfigOf(config),
});

const rewriteMembers = () =>
  z.object({
    Host: orEmpty(targetHostForm, inRequest.host),
    Path: orEmpty(rewritePathForm, inRequest.path),
    Query: orEmpty(targetQueryForm, inRequest.query),
  });

const isAnything = (config: object): boolean => Object.values(config).some((value) => value !== undefined && value !== '');

/** `RewriteConfig`. */
export const rewriteSchema = () => rewriteMembers().check(z.refine(isAnything, 'Host, Path or Query'));

/** Every member is filled in. */
export const makeRewrite = ({ Host, Path, Query }: z.output<ReturnType<typeof rewriteSchema>>): PlainAction => ({
  type: 'Rewrite',
  rewriteConfig: { host: standing(Host, inRequest.host), path: standing(Path, inRequest.path), query: standing(Query, inRequest.query) },
});
