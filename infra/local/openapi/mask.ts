/** Parameters as they may be shown: what looks like a secret is masked. */
const secret = /(secret|password|privatekey|securitytoken|signature)/i;

/** The flat parameters of a call for its journal line. */
export const maskedParameters = (parameters: readonly (readonly [string, string])[]): Readonly<Record<string, string>> =>
  Object.fromEntries(parameters.map(([name, value]) => [name, secret.test(name) ? '***' : value]));
