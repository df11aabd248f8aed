/** What the references leave open about ALB's data plane, as switches (`PUT /_/settings` of the ALB, member `dataPlane`). */
import * as z from 'zod';

export const dataPlaneSettingsSchema = z.strictObject({
  /** What happens when no server of a group passes its checks: `refuse` answers 503, `forward` tries them all the same. */
  whenAllUnhealthy: z.enum(['refuse', 'forward']).default('refuse'),
  /**
   * How many other servers are tried when one cannot be connected to. Nothing has been sent then, so trying again is safe for every
   * method. A server that fails after bytes were sent is never tried again: the answer is 502.
   */
  connectRetries: z.int().min(0).max(10).default(1),
  /** Whether a listener probes groups that its rules name with weight 0. */
  weightlessGroups: z.enum(['probed', 'not-probed']).default('probed'),
  /** Requests to a server that leaves a group without ConnectionDrain, or fails its checks there: cut off, or finished all the same. */
  removedConnections: z.enum(['cut', 'finish']).default('cut'),
  /** When a sticky group plants its cookie: for clients that bring none which holds, or with every answer, so that it lasts from the last one. */
  stickyCookie: z.enum(['once', 'every-answer']).default('once'),
  /** The zone that all requests come in by; empty: connections take turns over the zones of the load balancer. */
  arrivalZone: z.string().max(64).default(''),
  /** A request for a group without CrossZoneEnabled that has no server in service in its zone: answered 503, or sent to another zone. */
  emptyZone: z.enum(['refuse', 'other-zones']).default('refuse'),
  /** Requests that may pass a TrafficLimit at once after a pause. 1 was measured: there is no burst allowance. */
  trafficLimitBurst: z.int().min(1).max(1000).default(1),
  /** Whether a Location names a port that its protocol has anyway. */
  redirectUsualPort: z.enum(['shown', 'left-out']).default('shown'),
  /** Cookie of ServerGroupStickySession; the service's own name for it is not published. */
  groupCookie: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default('ALBGROUP'),
  /** InsertHeader that refers to a header which the request does not have. */
  missingReference: z.enum(['no-header', 'empty']).default('no-header'),
  corsPreflightStatus: z.union([z.literal(200), z.literal(204)]).default(200),
  /** A preflight from an origin that is not allowed: answered without any CORS header, or left to the other actions of the rule. */
  corsForeignPreflight: z.enum(['answer-bare', 'forward']).default('answer-bare'),
  /** A MaxAge of -1: said to browsers, which then keep nothing, or not mentioned. */
  corsNegativeMaxAge: z.enum(['sent', 'left-out']).default('sent'),
  /** Which rules for responses apply when several match an answer. */
  responseRules: z.enum(['first', 'every']).default('first'),
  /** Whether rules for responses also apply to what the load balancer answers itself: redirects, fixed responses, errors. */
  responseRulesOnOwnAnswers: z.boolean().default(false),
  /** Longest body that is mirrored, in bytes; a request with a longer one is not copied. */
  mirrorBodyBytes: z.int().min(0).max(67_108_864).default(1_048_576),
  /** Copies of one rule on their way at once; beyond that, requests are not copied. */
  mirrorsAtOnce: z.int().min(0).max(10_000).default(100),
});

export type DataPlaneSettings = Readonly<z.infer<typeof dataPlaneSettingsSchema>>;

export const defaultSettings: DataPlaneSettings = dataPlaneSettingsSchema.parse({});
