import sdk from '@alicloud/alb20200616';
import { describe, expect, it } from 'vitest';
import { albActions } from '#shared/cloud/alb/actions.ts';

interface Model {
  names(): Readonly<Record<string, string>>;
}

/** The models of an action, by the SDK's own naming. */
const modelOf = (action: string, part: 'Request' | 'ResponseBody'): Model => {
  const model = (sdk as unknown as Readonly<Record<string, Model>>)[`${action}${part}`]; // looked up by name
  if (model === undefined) throw new Error(`the SDK has no ${action}${part}`);
  return model;
};
const parameters = (action: string, part: 'Request' | 'ResponseBody'): readonly string[] => Object.values(modelOf(action, part).names());

describe('the table of ALB actions', () => {
  it.each(Object.entries(albActions))('says of %s nothing that the SDK does not know', (action, row) => {
    const request = parameters(action, 'Request');
    expect(request).toEqual(expect.arrayContaining([...row.required]));
    expect(request.includes('ClientToken')).toBe(row.token === true);
    if (row.page !== undefined) expect(request).toEqual(expect.arrayContaining(['MaxResults', 'NextToken']));
    // A job is named in the answer exactly where the table says that one is to be followed.
    expect(parameters(action, 'ResponseBody').includes('JobId')).toBe(row.follow === 'job');
  });

  it('gives a token to every write but tagging', () => {
    const without = Object.entries(albActions).filter(([, row]) => row.write && row.token !== true);
    expect(without.map(([action]) => action)).toEqual(['TagResources', 'UnTagResources']);
  });

  it('calls reads what the service calls reads', () => {
    for (const [action, row] of Object.entries(albActions))
      expect([action, row.write]).toEqual([action, !/^(List|Get|Describe)/.test(action)]);
  });
});
